"""The simulated bAbI tasks about relations (4 and 15 to 20) look like the published ones.

Three constants of the simulator were measured on the same files, so for what they govern (the middle in task 4, tries and repeated
statements in task 18) a pass says that the form is right, not the value.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from reproductions.tasks import babi
from reproductions.tasks.babi_simulator import task04, task15, task16, task17, task18, task19, task20
from reproductions.tasks.babi_simulator.sampling import pick
from tests.simulator import babi_solvers_logic as logic
from tests.simulator.babi_stories import Line, Observations, differences, layout, parts, simulated, stories, tilted

QUESTIONS = {4: 5_000, 15: 6_000, 16: 3_000, 17: 8_000, 18: 8_000, 19: 3_000, 20: 6_000}  # simulated


def rooms(story: list[Line]) -> Observations:
    """Task 4."""
    (first, second), ((words, answer, supporting),) = parts(story)
    middle = ({first[1], first[6]} & {second[1], second[6]}).pop()
    return {
        "directions": (first[3], second[3]),
        "middle is the object": (first[6] == middle, second[6] == middle),
        "question": (words[2] == "the", supporting, words[4] if words[2] == "the" else words[2]),
        "answer": answer,
        "middle": middle,
        "first room": first[1],
        "asks about the middle": (answer == middle, supporting),
    }


def animals(story: list[Line]) -> Observations:
    """Task 15."""
    statements, questions = parts(story)
    kind = {words[0]: words[3] for words in statements if words[1] == "is"}
    fear = {words[0]: words[4] for words in statements if words[1] == "are"}
    stated = list(fear)
    seen: Observations = {
        "layout": layout(story),
        "order of fears and kinds": "".join(words[1][0] for words in statements),
        "animals of a species": tuple(sorted(Counter(kind.values()).values())),
        "species that fear one": tuple(sorted(Counter(fear.values()).values())),
        "order of names": tuple(kind),
        "order of species": tuple(stated),
        "names asked about": len({words for words, _, _ in questions}),
        "fear": fear["cats"],
        "species of the first animal": [logic.SINGULAR[species] for species in stated].index(next(iter(kind.values()))),
        "species of the last animal": [logic.SINGULAR[species] for species in stated].index(list(kind.values())[-1]),
    }
    for k, (words, answer, supporting) in enumerate(questions, start=1):
        seen[f"answer {k}"] = answer
        seen[f"name {k}"] = words[2]
        seen[f"place of its statement {k}"] = supporting[0]
    return seen


def sizes(story: list[Line]) -> Observations:
    """Task 18."""
    statements, questions = parts(story)
    facts = [
        re.sub("the (.+) is bigger than the (.+)|the (.+) fits inside the (.+)", r"\2\3 < \1\4", " ".join(words)) for words in statements
    ]
    last = questions[-5:]
    seen: Observations = {
        "layout": layout(story),
        "different facts in the first block": len(set(facts[:5])),
        "first fact": facts[0],
        "fits inside in the first block": sum("fits" in words for words in statements[:5]),
        "different questions": len({words for words, _, _ in last}),
        "different supports": len({supporting for _, _, supporting in last}),
        "answers yes": sum(answer == "yes" for _, answer, _ in last),
    }
    for k, (words, answer, supporting) in enumerate(last, start=1):
        start, partner = supporting
        seen[f"form and answer {k}"] = (words[0], answer)
        seen[f"support {k}"] = supporting if len(facts) == 5 else None
        seen[f"statements since the start {k}"] = len(facts) - start
        seen[f"statements since the partner {k}"] = len(facts) - partner
        seen[f"things {k}"] = frozenset(" ".join(words).replace("box of chocolates", "sweets").split()) & {"sweets", "chocolate"}
        seen[f"occurrence of the start {k}"] = (facts[start] in facts[:start], facts[start] in facts[start + 1 :])
    return seen


def colours(story: list[Line]) -> Observations:
    """Task 16."""
    statements, ((words, answer, supporting),) = parts(story)
    species = {words[0]: words[3] for words in statements if words[2] == "a"}
    shown = {words[0]: words[2] for words in statements if words[2] != "a"}
    alike = [name for name in species if species[name] == species[words[3]] and name != words[3]]
    others = [name for name in species if name not in alike and name != words[3]]
    return {
        "order of species and colours": "".join("a" if words[2] == "a" else "c" for words in statements),
        "answer": answer,
        "name asked": words[3],
        "species asked": species[words[3]],
        "place of the name asked": supporting[0],
        "place of the other name": supporting[1],
        "place of its colour": supporting[2],
        "others of the species": len(alike),
        "their different colours": (len(alike), len({shown[name] for name in alike})),
        "colours": tuple(sorted(Counter(shown.values()).values())),
        "species": tuple(sorted(Counter(species.values()).values())),
        "different colours of the other species": (len(others), len({(species[name], shown[name]) for name in others})),
        "other animals of the colour": (len(alike), sum(shown[name] == answer for name in others)),
        "first name": statements[0][0],
        "first two colours": tuple(shown.values())[:2],
        "last colour": tuple(shown.values())[-1],
        "last name": statements[-1][0],
    }


def shapes(story: list[Line]) -> Observations:
    """Task 17."""
    statements, questions = parts(story)
    (one, how, other), (third, so, fourth) = (
        re.fullmatch(r"the (.+?) is (?:to the )?(above|below|left of|right of) the (.+)", " ".join(words)).groups() for words in statements
    )
    (middle,) = {one, other} & {third, fourth}
    seen: Observations = {
        "layout": layout(story),
        "directions": (how, so, one == middle, third == middle),
        "parallel": (how[-1] == so[-1], how, one == middle),
        "middle comes first": (one == middle, third == middle),
        "middle": middle,
        "ends": tuple(sorted({one, other, third, fourth} - {middle})),
        "first shape": one,
        "different questions": len({words for words, _, _ in questions}),
        "answers yes": sum(answer == "yes" for _, answer, _ in questions),
    }
    for relation in task17.RELATIONS:
        seen[f"questions {relation}"] = sum(f" {relation} " in " ".join(words) for words, _, _ in questions)
    for k, (words, answer, supporting) in enumerate(questions, start=1):
        text = " ".join(words)
        relation = next(relation for relation in task17.RELATIONS if f" {relation} " in text)
        seen[f"relation and answer {k}"] = (relation, answer)
        seen[f"relation was stated {k}"] = (any(f" {relation} " in " ".join(words) for words in statements), answer)
        seen[f"support {k}"] = supporting
        seen[f"first shape {k}"] = words[1:3]
    return seen


def ways(story: list[Line]) -> Observations:
    """Task 19."""
    statements, ((words, answer, supporting),) = parts(story)
    edges = [(words[1], words[6]) for words in statements]
    degree = Counter(room for edge in edges for room in edge)
    start, end = words[6], words[9]
    (middle,) = set(edges[supporting[0]]) - {start}
    first, second = edges[supporting[0]], edges[supporting[1]]
    told = [set(edge) for edge in edges]
    return {
        "answer": answer,
        "straight": answer[0] == answer[2],
        "support": supporting,
        "places of the support": tuple(sorted(supporting)),
        "start": start,
        "end": end,
        "neighbours": (degree[start], degree[middle], degree[end]),
        "neighbours of all": tuple(sorted(degree.values())),
        "how the support names the middle": (first[0] == middle, second[0] == middle),
        "directions in the support": (statements[supporting[0]][3], statements[supporting[1]][3]),
        "directions": tuple(sorted(Counter(words[3] for words in statements).values())),
        "first direction": statements[0][3],
        "last room": edges[-1][1],
        "rooms with one neighbour named first": sum(degree[a] == 1 for a, _ in edges),
        "the room with most neighbours named first": sum(degree[a] == max(degree.values()) for a, _ in edges),
        "last statement": tuple(degree[room] for room in edges[-1]),
        "first statement": tuple(degree[room] for room in edges[0]),
        "statements that share no room with those before": sum(not told[k] & set().union(*told[:k]) for k in range(1, 5)),
    }


def motives(story: list[Line]) -> Observations:
    """Task 20."""
    statements, questions = parts(story)
    needs = {words[0]: words[2] for words in statements if words[1] == "is"}
    people = [words[0] for words in statements]
    taking = [words for words in statements if words[-1] == "there"]
    going = [words for words in statements if words[1] != "is" and words[-1] != "there"]
    seen: Observations = {
        "layout": layout(story),
        "needs": tuple(sorted(Counter(needs.values()).values())),
        "first need": statements[0][2],
        "first person": people[0],
        "one person twice in a row": sum(a == b for a, b in pairwise(people)),
        "order of people": tuple(dict.fromkeys(people).keys()),
        "first way to go": going[0][1:-2],
        "last way to go": going[-1][1:-2],
        "first way to take": taking[0][1:-3],
        "last thing taken": taking[-1][-2],
        "last statement": statements[-1][1] == "is" or statements[-1][-1] == "there",
        "kinds": tuple("needs" if words[1] == "is" else "takes" if words[-1] == "there" else "goes" for words in statements[:5]),
    }
    for k, (words, answer, supporting) in enumerate(questions[:9]):
        seen[f"answer {k + 1}"] = answer
        seen[f"statements since the support {k + 1}"] = k - supporting[0]
        seen[f"form {k + 1}"] = (words[0], words[3])
    return seen


OBSERVE = {4: rooms, 15: animals, 16: colours, 17: shapes, 18: sizes, 19: ways, 20: motives}


@pytest.mark.parametrize("task", QUESTIONS)
def test_simulated_stories_are_distributed_like_the_published_ones(task: int, published_babi) -> None:
    assert differences(task, published_babi, OBSERVE[task], QUESTIONS[task]) == {}


def in_the_order_given(edges, rng: np.random.Generator):
    """Statements about neighbours turned round at random, in an order that does not depend on who has how many."""
    return [edge if rng.integers(2) else edge[::-1] for edge in rng.permutation(edges).tolist()]


@pytest.mark.parametrize(
    ("task", "module", "name", "wrong"),
    [
        (4, task04, "MIDDLE_IS_OBJECT", 0.5),
        (4, task04, "pick", tilted),
        (15, task15, "pick", tilted),
        (16, task16, "pick", tilted),
        (16, task16, "OTHERS_OF_THE_SPECIES", (1, 2, 3, 4)),
        (17, task17, "stated", in_the_order_given),
        (18, task18, "TRIES", 5),
        (18, task18, "REPEATED_MEANS_LAST", 0.0),
        (18, task18, "pick", tilted),
        (19, task19, "stated", in_the_order_given),
        (19, task19, "pick_other", lambda items, than, rng: pick([item for item in items if task04.OPPOSITE[item] != than], rng)),
        (20, task20, "pick", tilted),
    ],
)
def test_a_slightly_wrong_simulator_is_told_apart(
    task: int, module: object, name: str, wrong: object, published_babi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, name, wrong)
    assert differences(task, published_babi, OBSERVE[task], QUESTIONS[task]) != {}


def test_an_animal_comes_after_the_fear_of_its_species() -> None:
    for story in stories(simulated(15, 1000)):
        statements, _ = parts(story)
        feared = {logic.SINGULAR[words[0]]: place for place, words in enumerate(statements) if words[1] == "are"}
        assert all(feared[words[3]] < place for place, words in enumerate(statements) if words[1] == "is")


def test_a_species_keeps_its_colour_until_another_animal_of_it_is_introduced() -> None:
    for story in stories(simulated(16, 1000)):
        species: dict[str, str] = {}
        colour: dict[str, str] = {}
        for words in parts(story)[0]:
            if words[2] == "a":
                species[words[0]] = words[3]
                colour.pop(words[3], None)
            else:
                assert colour.setdefault(species[words[0]], words[2]) == words[2]


def test_the_support_of_a_yes_runs_from_large_to_small_and_of_a_no_from_small_to_large() -> None:
    for question in babi.parse(simulated(18, 1000), "simulated"):
        ((a, b),), ((c, d),) = (logic.size_order([question.story[position]]) for position in question.supporting)
        assert (a == d) if question.answer == "yes" else (b == c)


def test_sizes_never_contradict_each_other() -> None:
    for story in stories(simulated(18, 1000)):
        order = logic.size_order([words for words, answer, _ in story if answer is None])
        assert not any((b, a) in order for a, b in order)
        assert all(b not in ("chocolate", "box of chocolates") or (a, b) == ("chocolate", "box of chocolates") for a, b in order)


def test_a_thing_is_taken_once_and_by_somebody_who_needs_it() -> None:
    things = {"bored": "football", "hungry": "apple", "thirsty": "milk", "tired": "pajamas"}
    for story in stories(simulated(20, 1000)):
        statements, _ = parts(story)
        needs = {words[0]: words[2] for words in statements if words[1] == "is"}
        taken = [(words[0], words[-2]) for words in statements if words[-1] == "there"]
        assert len({thing for _, thing in taken}) == len(taken)
        assert all(things[needs[name]] == thing for name, thing in taken)
