"""bAbI task 14, time reasoning: who went where at which time of day, told out of order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from numpy.random import Generator

from reproductions.tasks.babi import QuestionLine
from reproductions.tasks.babi_simulator.rounds import QUESTIONS, STATEMENTS_PER_ROUND, Fact, find_question
from reproductions.tasks.babi_simulator.sampling import pick
from reproductions.tasks.babi_simulator.task10 import PEOPLE, ROOMS
from reproductions.tasks.babi_simulator.world import MOVE, MOVES, moves

TIMES = ("yesterday", "this morning", "this afternoon", "this evening")


def story(rng: Generator) -> list[str | QuestionLine]:
    """Tell rounds of two moves until five of them were followed by a question.

    Before a question, the moves since the last one are shuffled. Everybody's moves take place at the times of day in order, the first one
    yesterday; so nobody moves more than four times. Each shuffle is a cycle through all places, which explains that two moves of one person
    always stand in reverse (376 of 376 times).
    """
    lines: list[str | QuestionLine] = []
    facts: list[Fact] = []  # in the order of events; ``statement`` is the place in the story once it is told
    told = questions = 0  # of the facts, how many have been told
    while questions < QUESTIONS:
        for _ in range(STATEMENTS_PER_ROUND):
            facts.append(_move(facts, rng))
        order = _cycle(len(facts) - told, rng)
        placed = facts[:told] + [replace(fact, statement=told + order.index(place)) for place, fact in enumerate(facts[told:])]
        question = find_question(placed, _ask, rng)
        if question is None:
            continue
        lines.extend(_sentence(placed, placed[told + place], rng) for place in order)
        lines.append(question)
        facts, told = placed, len(placed)
        questions += 1
    return lines


def _move(facts: Sequence[Fact], rng: Generator) -> Fact:
    """Move somebody who has not moved four times to a room where they are not.

    The move's place in the story is not known yet.
    """
    while True:
        person, room = pick(PEOPLE, rng), pick(ROOMS, rng)
        before = moves(facts, person)
        if len(before) < len(TIMES) and not (before and before[-1].what == room):
            return Fact(0, MOVE, person, room)


def _cycle(size: int, rng: Generator) -> list[int]:
    """Return a cyclic permutation of ``range(size)``, each equally likely (Sattolo, 1986): nothing stays in its place."""
    order = list(range(size))
    for place in range(size - 1, 0, -1):
        other = int(rng.integers(place))
        order[place], order[other] = order[other], order[place]
    return order


def _sentence(facts: Sequence[Fact], fact: Fact, rng: Generator) -> str:
    time = TIMES[moves(facts, fact.person).index(fact)]
    went = f"{fact.person} {pick(MOVES, rng)} the {fact.what}"
    return f"{went} {time}." if rng.integers(2) else f"{time.capitalize()} {went}."


def _ask(facts: Sequence[Fact], about: Fact) -> Sequence[QuestionLine]:
    """Ask where the person of ``about`` was before they last came to the room of this move.

    Returns None if they started there. (Of two arrivals in a room, 62 published questions mean the last one and none the first.)
    """
    walked = moves(facts, about.person)
    arrival = max(place for place, move in enumerate(walked) if move.what == about.what)
    if arrival == 0:
        return ()
    before, there = walked[arrival - 1], walked[arrival]
    return (QuestionLine(f"Where was {about.person} before the {about.what}? ", before.what, (there.statement, before.statement)),)
