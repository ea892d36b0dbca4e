"""Solvers of the bAbI tasks about relations: 4 and 15 to 20."""

from __future__ import annotations

import re
from collections.abc import Sequence

Sentence = tuple[str, ...]
OPPOSITE = {"north": "south", "south": "north", "east": "west", "west": "east"}
SINGULAR = {"cats": "cat", "mice": "mouse", "sheep": "sheep", "wolves": "wolf"}


def which_room(statements: Sequence[Sentence], question: Sentence) -> str | None:
    neighbours: dict[tuple[str, str], str] = {}  # (room, direction) -> the room that lies there
    for _, a, _, direction, _, _, b in statements:
        neighbours[b, direction], neighbours[a, OPPOSITE[direction]] = a, b
    if question[2] == "the":  # what is the <room> <direction> of
        return neighbours.get((question[3], OPPOSITE[question[4]]))
    return neighbours.get((question[5], question[2]))  # what is <direction> of the <room>


def afraid_of(statements: Sequence[Sentence], question: Sentence) -> str | None:
    kind = {words[0]: words[3] for words in statements if words[1:3] == ("is", "a")}
    fear = {SINGULAR[words[0]]: SINGULAR[words[4]] for words in statements if words[1:4] == ("are", "afraid", "of")}
    return fear.get(kind.get(question[2], ""))


def which_colour(statements: Sequence[Sentence], question: Sentence) -> str | None:
    """The colour of the last introduced other animal of the species."""
    species = {words[0]: words[3] for words in statements if words[2] == "a"}
    colours = {words[0]: words[2] for words in statements if words[2] != "a"}
    asked = question[3]
    alike = [name for name in species if name != asked and species[name] == species.get(asked)]
    return colours.get(alike[-1]) if alike else None


def lies_so(statements: Sequence[Sentence], question: Sentence) -> str | None:
    """Whether one shape lies in a direction of another, from coordinates."""
    steps = {"above": (0, 1), "below": (0, -1), "to the left of": (-1, 0), "to the right of": (1, 0)}
    relation = "|".join(steps)
    links = []
    for words in statements:
        one, how, other = re.fullmatch(f"the (.+?) is ({relation}) the (.+)", " ".join(words)).groups()
        links += [(other, one, *steps[how]), (one, other, *(-step for step in steps[how]))]
    one, how, other = re.fullmatch(f"is the (.+?) ({relation}) the (.+)", " ".join(question)).groups()
    places = {other: (0, 0)}
    for _ in links:
        places |= {b: (places[a][0] + right, places[a][1] + up) for a, b, right, up in links if a in places and b not in places}
    if one not in places:
        return None
    return "yes" if sum(x * step for x, step in zip(places[one], steps[how], strict=True)) > 0 else "no"


def size_order(statements: Sequence[Sentence]) -> set[tuple[str, str]]:
    """All (smaller, larger) that follow from the statements."""
    order = set()
    for words in statements:
        text = " ".join(words)
        if found := re.fullmatch("the (.+) fits inside the (.+)", text):
            order.add((found[1], found[2]))
        elif found := re.fullmatch("the (.+) is bigger than the (.+)", text):
            order.add((found[2], found[1]))
        else:
            raise AssertionError(text)
    while more := {(a, d) for a, b in order for c, d in order if b == c} - order:
        order |= more
    return order


def fits(statements: Sequence[Sentence], question: Sentence) -> str | None:
    text = " ".join(question)
    if found := re.fullmatch("does the (.+) fit in the (.+)", text):
        smaller, larger = found[1], found[2]
    else:
        found = re.fullmatch("is the (.+) bigger than the (.+)", text)
        larger, smaller = found[1], found[2]
    order = size_order(statements)
    assert not {(smaller, larger), (larger, smaller)} <= order, "the statements contradict each other"
    return "yes" if (smaller, larger) in order else "no" if (larger, smaller) in order else None


def way(statements: Sequence[Sentence], question: Sentence) -> str | None:
    """The shortest way between two rooms, as first letters of its steps."""
    steps: dict[str, dict[str, str]] = {}  # room -> neighbouring room -> direction of the step there
    for _, a, _, direction, _, _, b in statements:
        steps.setdefault(b, {})[a] = direction
        steps.setdefault(a, {})[b] = OPPOSITE[direction]
    start, end = question[6], question[9]
    ways = {start: ()}
    while end not in ways:
        longer = {there: (*ways[here], step) for here in ways for there, step in steps.get(here, {}).items() if there not in ways}
        if not longer:
            return None
        ways |= longer
    return ",".join(step[0] for step in ways[end])


def motive(statements: Sequence[Sentence], question: Sentence) -> str | None:
    """A need, or the room to which it leads."""
    needs = {words[0]: words[2] for words in statements if words[1] == "is"}
    need = needs.get(question[2])
    if question[0] == "why":
        return need
    return {"hungry": "kitchen", "thirsty": "kitchen", "bored": "garden", "tired": "bedroom"}.get(need or "")
