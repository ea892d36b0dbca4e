"""bAbI task 12, conjunction: people move in pairs, and the question is where one of them is."""

from __future__ import annotations

from collections.abc import Sequence

from numpy.random import Generator

from reproductions.tasks.babi import QuestionLine
from reproductions.tasks.babi_simulator import rounds
from reproductions.tasks.babi_simulator.rounds import Fact
from reproductions.tasks.babi_simulator.sampling import pick
from reproductions.tasks.babi_simulator.world import MOVE, MOVES, PEOPLE, ROOMS, moves


def story(rng: Generator) -> list[str | QuestionLine]:
    """Tell ten statements about two people each, and five questions."""
    rooms = {person: pick(ROOMS, rng) for person in PEOPLE}

    def tell(statement: int, rng: Generator) -> tuple[str, Sequence[Fact]]:
        return tell_pair(statement, rooms, rng)

    return rounds.story(tell, _ask, rng)


def tell_pair(statement: int, rooms: dict[str, str], rng: Generator) -> tuple[str, Sequence[Fact]]:
    """Tell that two people move to a room where neither is.

    Pair and room are drawn again together when one of the two is there already. So two people who are in the same room go on together
    more often than others do: 694 of 3,600 times as published, against 600 if all pairs were equally likely.
    """
    while True:
        first, second = (str(person) for person in rng.permutation(PEOPLE)[:2])
        room = pick(ROOMS, rng)
        if room not in (rooms[first], rooms[second]):
            break
    rooms[first] = rooms[second] = room
    facts = Fact(statement, MOVE, first, room), Fact(statement, MOVE, second, room)
    return f"{first} and {second} {pick(MOVES, rng)} the {room}.", facts


def _ask(facts: Sequence[Fact], about: Fact) -> Sequence[QuestionLine]:
    last = moves(facts, about.person)[-1]
    return (QuestionLine(f"Where is {about.person}? ", last.what, (last.statement,)),)
