"""The simulated bAbI tasks about where people are (1 and 9 to 14) look like the published ones."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from reproductions.tasks.babi_simulator import rounds, task01, task09, task10, task12, task13, task14
from reproductions.tasks.babi_simulator.sampling import pick
from tests.simulator.babi_solvers_people import TIMES, subjects
from tests.simulator.babi_stories import (
    Line,
    Observations,
    Sentence,
    differences,
    layout,
    parts,
    simulated,
    stories,
    tilted,
    told_before,
)

QUESTIONS = {1: 7500} | dict.fromkeys(range(9, 15), 3000)  # simulated, five to a story as published


def moving(story: list[Line]) -> Observations:
    """Task 1."""
    statements, questions = parts(story)
    seen: Observations = {
        "layout": layout(story),
        "first statement": statements[0][0],
        "first way to move": statements[0][1:-2],
        "last way to move": statements[-1][1:-2],
        "last destination": statements[-1][-1],
        "people": len({words[0] for words in statements}),
        "people asked about": len({words for words, _, _ in questions}),
    }
    for k, (words, answer, supporting) in enumerate(questions, start=1):
        seen[f"answer {k}"] = answer
        seen[f"statements since the supporting one, question {k}"] = 2 * k - supporting[0]
        seen[f"statements about the person asked, question {k}"] = sum(s[0] == words[-1] for s in statements[: 2 * k])
    return seen


def form(words: Sentence, people: tuple[str, ...]) -> Sentence:
    """A statement without names and rooms."""
    return tuple(word for word in words[:-1] if word not in people and word not in task10.ROOMS)


def staying(story: list[Line]) -> Observations:
    """Tasks 9 to 13."""
    statements, questions = parts(story)
    about: list[tuple[str, ...]] = []
    for words in statements:
        about.append(subjects(words, about[-1] if about else ()))
    forms = [form(words, people) for words, people in zip(statements, about, strict=True)]
    pairs = list(pairwise(about))
    seen: Observations = {
        "layout": layout(story),
        "people": len({name for names in about for name in names}),
        "about the same as before": sum(set(a) == set(b) for a, b in pairs),
        "about none of those before": sum(not set(a) & set(b) for a, b in pairs),
        "people of the first statement": about[0],
        "different rooms": len({words[-1] for words in statements}),
        "people asked about": len({words for words, _, _ in questions}),
        "answers": len({answer for _, answer, _ in questions}),
    }
    for place in (0, 1, 8, 9):
        seen[f"form {place}"] = forms[place]
        seen[f"room {place}"] = statements[place][-1]
    for word in (
        "no",
        "not",
        "is",
        "either",
        "then",
        "afterwards",
        "following",
        "went",
        "she",
        "he",
        "daniel",
        "mary",
        "fred",
        "garden",
        "park",
    ):
        seen[f"statements with {word}"] = sum(word in words for words in statements)
    last: dict[str, Sentence] = {}  # the last statement about everybody
    again = 0
    for words, people in zip(statements, about, strict=True):
        again += sum(words[-1] in last.get(name, ()) for name in people)
        last |= dict.fromkeys(people, words)
    seen["rooms named twice in a row for somebody"] = again
    for k, (words, answer, supporting) in enumerate(questions, start=1):
        basis = statements[supporting[-1]]
        seen[f"answer {k}"] = answer
        seen[f"statements since the supporting one, question {k}"] = 2 * k - supporting[-1]
        seen[f"form of it, question {k}"] = form(basis, about[supporting[-1]])[:2] if len(words) == 5 else None
        seen[f"how it names the room asked, question {k}"] = (words[-1] == basis[-1], words[-1] in basis, answer)
        seen[f"room asked named before, question {k}"] = any(words[-1] in told for told in statements[: 2 * k])
        person = words[1] if len(words) == 5 else words[2]
        seen[f"person asked about is named, question {k}"] = (basis + ("",) * 3).index(person) if person in basis else None
        seen[f"statements about the person, question {k}"] = sum(person in names for names in about[: 2 * k])
    return seen


def at_times(story: list[Line]) -> Observations:
    """Task 14."""
    statements, questions = parts(story)
    texts = [" ".join(words) for words in statements]
    times = [next(number for number, time in enumerate(TIMES) if time in text) for text in texts]
    people = [next(name for name in ("bill", "fred", "julie", "mary") if name in words) for words in statements]
    ways = [words[words.index(name) + 1 : words.index("to")] for words, name in zip(statements, people, strict=True)]
    order = {name: "".join(str(time) for time, who in zip(times, people, strict=True) if who == name) for name in people}
    seen: Observations = {
        "layout": layout(story),
        "first times": tuple(times[:2]),
        "times of all": tuple(sorted(times)),
        "last times": tuple(times[-2:]),
        "one person in the first two, three, four": tuple(len(set(people[:n])) for n in (2, 3, 4)),
        "one person in the last two": len(set(people[-2:])),
        "first person": people[0],
        "first way to move": ways[0],
        "last way to move": ways[-1],
        "where the time stands": tuple(text.startswith(TIMES) for text in texts[:3]),
        "moves of everybody": tuple(sorted(map(len, order.values()))),
        "different questions": len({words for words, _, _ in questions}),
        "people asked about": len({words[2] for words, _, _ in questions}),
        "answers": len({answer for _, answer, _ in questions}),
    }
    for number, name in enumerate(sorted(order)):
        seen[f"order of times {number}"] = order[name]
    for k, (words, answer, (there, before)) in enumerate(questions):
        told = told_before(story)[k]
        seen[f"answer {k + 1}"] = answer
        seen[f"room {k + 1}"] = words[-1]
        seen[f"times {k + 1}"] = (times[before], times[there])
        seen[f"places {k + 1}"] = (told - there, told - before)
        seen[f"place of the arrival {k + 1}"] = told - there
    return seen


OBSERVE = {1: moving} | dict.fromkeys(range(9, 14), staying) | {14: at_times}


@pytest.mark.parametrize("task", QUESTIONS)
def test_simulated_stories_are_distributed_like_the_published_ones(task: int, published_babi) -> None:
    assert differences(task, published_babi, OBSERVE[task], QUESTIONS[task]) == {}


def any_room(items, than, rng: np.random.Generator):
    return pick(items, rng)


@pytest.mark.parametrize(
    ("task", "module", "name", "wrong"),
    [
        (1, task01, "RECENT_STATEMENTS", 4),
        (1, task01, "RECENT_STATEMENTS", 10),
        (1, task01, "pick", tilted),
        (9, task09, "pick_other", any_room),
        (10, task10, "pick", tilted),
        (10, rounds, "RECENT_FACTS", 4),
        (11, rounds, "RECENT_FACTS", 4),
        (12, rounds, "RECENT_FACTS", 4),
        (12, task12, "pick", tilted),
        (13, rounds, "RECENT_FACTS", 8),
        (13, task13, "pick_other", lambda items, than, rng: tilted(items, rng)),
        (14, task14, "_cycle", lambda size, rng: rng.permutation(size).tolist()),
        (14, task14, "pick", tilted),
    ],
)
def test_a_slightly_wrong_simulator_is_told_apart(
    task: int, module: object, name: str, wrong: object, published_babi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, name, wrong)
    assert differences(task, published_babi, OBSERVE[task], QUESTIONS[task]) != {}


@pytest.mark.parametrize("task", [1, 11, 12, 13])
def test_nobody_moves_to_where_they_already_are(task: int) -> None:
    for story in stories(simulated(task, 1000)):
        rooms: dict[str, str] = {}
        people: tuple[str, ...] = ()
        for words in parts(story)[0]:
            people = subjects(words, people)
            assert words[-1] not in [rooms.get(name) for name in people]
            rooms |= dict.fromkeys(people, words[-1])


def test_a_room_is_denied_only_to_somebody_not_known_to_be_elsewhere() -> None:
    for story in stories(simulated(9, 1000)):
        last: dict[str, Sentence] = {}
        for words in parts(story)[0]:
            if {"no", "not"} & set(words) and words[0] in last:
                known = last[words[0]]
                assert (words[-1] == known[-1]) != bool({"no", "not"} & set(known))
            last[words[0]] = words


def test_everybody_moves_at_the_times_of_day_in_order_and_two_such_moves_in_a_row_are_told_in_reverse() -> None:
    for story in stories(simulated(14, 1000)):
        statements, _ = parts(story)
        seen = [at_times(story)[f"order of times {n}"] for n in range(4) if f"order of times {n}" in at_times(story)]
        assert all(sorted(order) == list("0123"[: len(order)]) for order in seen)
        told = 0
        for before in told_before(story):
            if before - told == 2:
                (one, two) = (" ".join(words) for words in statements[told:before])
                name = next(name for name in ("bill", "fred", "julie", "mary") if name in one.split())
                if name in two.split():
                    assert [time in one for time in TIMES].index(True) == [time in two for time in TIMES].index(True) + 1
            told = before
