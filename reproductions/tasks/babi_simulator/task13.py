"""bAbI task 13, compound coreference: two people go somewhere, then they go somewhere else."""

from __future__ import annotations

from collections.abc import Sequence

from numpy.random import Generator

from reproductions.tasks.babi import QuestionLine
from reproductions.tasks.babi_simulator import rounds
from reproductions.tasks.babi_simulator.rounds import Fact
from reproductions.tasks.babi_simulator.sampling import pick, pick_other
from reproductions.tasks.babi_simulator.task11 import LINKS, ask
from reproductions.tasks.babi_simulator.task12 import tell_pair
from reproductions.tasks.babi_simulator.world import MOVE, MOVES, PEOPLE, ROOMS


def story(rng: Generator) -> list[str | QuestionLine]:
    """Tell five pairs of statements about two people, each followed by a question.

    Nobody moves to where they already are.
    """
    rooms = {person: pick(ROOMS, rng) for person in PEOPLE}
    pairs: list[tuple[str, str]] = []  # the people of each statement

    def tell(statement: int, rng: Generator) -> tuple[str, Sequence[Fact]]:
        if statement % 2 == 0:
            line, facts = tell_pair(statement, rooms, rng)
            pairs.append((facts[0].person, facts[1].person))
            return line, facts
        first, second = pairs[-1]
        rooms[first] = rooms[second] = room = pick_other(ROOMS, rooms[first], rng)
        facts = Fact(statement, MOVE, first, room), Fact(statement, MOVE, second, room)
        return f"{pick(LINKS, rng)} they {pick(MOVES, rng)} the {room}.", facts

    return rounds.story(tell, ask, rng)
