"""Solvers of the bAbI tasks about things that are taken, carried, dropped and given: 2, 3, 5, 7 and 8."""

from __future__ import annotations

import re
from collections.abc import Sequence

Sentence = tuple[str, ...]
TAKING = r"(?P<taker>\w+) (?:took|got|grabbed|picked up) the (?P<taken>\w+)(?: there)?"
DROPPING = r"(?P<dropper>\w+) (?:dropped|left|discarded|put down) the (?P<dropped>\w+)(?: there)?"
GIVING = r"(?P<giver>\w+) (?:gave|handed|passed) the (?P<given>\w+) to (?P<receiver>\w+)"
MOVING = r"(?P<walker>\w+) (?:went|went back|moved|journeyed|travelled) to the (?P<room>\w+)"
STATEMENT = re.compile(f"{TAKING}|{DROPPING}|{GIVING}|{MOVING}")
NUMBERS = ("none", "one", "two", "three")


def read(words: Sentence) -> dict[str, str]:
    """The roles in a statement."""
    found = STATEMENT.fullmatch(" ".join(words))
    assert found, words
    return {role: word for role, word in found.groupdict().items() if word}


def journeys(statements: Sequence[Sentence]) -> dict[str, list[str]]:
    """Thing -> the rooms in which it is known to have been, in order, none twice in a row."""
    rooms: dict[str, str] = {}
    holder: dict[str, str] = {}
    been: dict[str, list[str]] = {}

    def seen(thing: str, person: str) -> None:
        history = been.setdefault(thing, [])
        if person in rooms and history[-1:] != [rooms[person]]:
            history.append(rooms[person])

    for words in statements:
        match read(words):
            case {"walker": person, "room": room}:
                rooms[person] = room
                for thing in [thing for thing, by in holder.items() if by == person]:
                    seen(thing, person)
            case {"taker": person, "taken": thing}:
                holder[thing] = person
                seen(thing, person)
            case {"dropper": person, "dropped": thing}:
                holder.pop(thing, None)
                seen(thing, person)
    return been


def where_is(statements: Sequence[Sentence], question: Sentence) -> str | None:
    return next(iter(journeys(statements).get(question[-1], [])[-1:]), None)


def where_was(statements: Sequence[Sentence], question: Sentence) -> str | None:
    """Where a thing was before it last came to a room."""
    thing, room = question[3], question[-1]
    been = journeys(statements).get(thing, [])
    arrivals = [place for place in range(1, len(been)) if been[place] == room]
    return been[arrivals[-1] - 1] if arrivals else None


def who_gave_what(statements: Sequence[Sentence], question: Sentence) -> str | None:
    """The missing role in the last giving that has the roles of the question."""
    forms = {
        r"what did (?P<giver>\w+) give to (?P<receiver>\w+)": "given",
        r"who gave the (?P<given>\w+)(?: to (?P<receiver>\w+))?": "giver",
        r"who (?:received the|did (?P<giver>\w+) give the) (?P<given>\w+)(?: to)?": "receiver",
    }
    for form, asked in forms.items():
        if found := re.fullmatch(form, " ".join(question)):
            known = {role: word for role, word in found.groupdict().items() if word}
            givings = [roles for words in statements if "given" in (roles := read(words)) and known.items() <= roles.items()]
            return givings[-1][asked] if givings else None
    raise AssertionError(question)


def belongings(statements: Sequence[Sentence], person: str) -> dict[str, bool]:
    """The things that ``person`` ever held, in the order in which they first did, and whether they still do."""
    held: dict[str, bool] = {}
    for words in statements:
        match read(words):
            case {"taker": who, "taken": thing} if who == person:
                held[thing] = True
            case {"dropper": who, "dropped": thing} if who == person:
                held[thing] = False
            case {"giver": giver, "given": thing, "receiver": receiver} if person in (giver, receiver):
                held[thing] = person == receiver
    return held


def how_many(statements: Sequence[Sentence], question: Sentence) -> str | None:
    held = belongings(statements, question[4])
    return NUMBERS[sum(held.values())] if held else None


def which(statements: Sequence[Sentence], question: Sentence) -> str | None:
    held = belongings(statements, question[2])
    return ",".join(thing for thing, still in held.items() if still) or "nothing" if held else None


def handling(statements: Sequence[Sentence], person: str) -> set[int]:
    """The positions of the statements in which ``person`` takes, drops, gives or gets something."""
    return {place for place, words in enumerate(statements) if "walker" not in (roles := read(words)) and person in roles.values()}


def carrying(statements: Sequence[Sentence], question: Sentence) -> set[int]:
    """The positions of the statements that place the thing of "where was ...": its last handling, the arrival and the move before."""
    thing, room = question[3], question[-1]
    handled = [(place, roles) for place, words in enumerate(statements) if thing in (roles := read(words)).values()]
    last, roles = handled[-1]
    person = roles.get("dropper") or roles["taker"]
    start, end = (handled[-2][0], last) if "dropper" in roles else (last, len(statements))
    walks = [(place, walk["room"]) for place in range(start, end) if (walk := read(statements[place])).get("walker") == person]
    arrival = max(number for number, (_, there) in enumerate(walks) if there == room)
    return {last, walks[arrival][0], walks[arrival - 1][0]}
