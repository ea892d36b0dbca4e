"""The rounds in which most tasks tell a story: two statements, then a question about something recent, five times.

Measured on the published files, and common to tasks 1 to 3 and 5 to 14. A question starts from one of the last five facts, each equally
likely, and is asked as soon as some recent fact allows one: no question of task 2 came later than it could have, and five of 2,000 of
task 3 did. Fifty tries, most of which are in vain there, predict seven; fifty are also what task 18 makes. A statement about two people
together is two facts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from numpy.random import Generator

from reproductions.tasks.babi import QuestionLine
from reproductions.tasks.babi_simulator.sampling import pick

QUESTIONS = 5  # in each of the 400 published stories of these tasks
STATEMENTS_PER_ROUND = 2
RECENT_FACTS = 5
TRIES = 50


@dataclass(frozen=True)
class Fact:
    """A fact that statement number ``statement`` of a story (from 0) says of ``person``.

    The fact is a room the person is in, or a thing the person handles.
    """

    statement: int
    kind: str
    person: str
    what: str
    to: str = ""  # the person who is given the thing


Tell = Callable[[int, Generator], tuple[str, Sequence[Fact]]]  # the next statement, given its position, and the facts that it states
# The questions that a recent fact leads to, given all facts, each equally likely; None for a try in vain.
Ask = Callable[[Sequence[Fact], Fact], Sequence[QuestionLine | None]]


def story(tell: Tell, ask: Ask, rng: Generator) -> list[str | QuestionLine]:
    """Tell rounds of two statements until five of them were followed by a question."""
    lines: list[str | QuestionLine] = []
    facts: list[Fact] = []
    statements = questions = 0
    while questions < QUESTIONS:
        for _ in range(STATEMENTS_PER_ROUND):
            line, told = tell(statements, rng)
            lines.append(line)
            facts.extend(told)
            statements += 1
        question = find_question(facts, ask, rng)
        if question is not None:
            lines.append(question)
            questions += 1
    return lines


def find_question(facts: Sequence[Fact], ask: Ask, rng: Generator) -> QuestionLine | None:
    """Return the first question that ``TRIES`` draws of a recent fact lead to.

    Returns None if no draw leads to one, or if there is none to find.
    """
    choices = [ask(facts, about) for about in facts[-RECENT_FACTS:]]
    if not any(question for questions in choices for question in questions):
        return None
    for _ in range(TRIES):
        questions = pick(choices, rng)
        question = pick(questions, rng) if questions else None
        if question is not None:
            return question
    return None


def rooms_to_ask_about(room: str, rooms: Sequence[str]) -> list[str]:
    """Return the other ``rooms``, and as many times ``room``.

    So questions whether somebody is there have the answer yes half of the time.
    """
    others = [other for other in rooms if other != room]
    return [*others, *[room] * len(others)]
