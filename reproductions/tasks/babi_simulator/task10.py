"""bAbI task 10, indefinite knowledge: somebody is in a room, or in one of two.

The question is whether they are in some room.
"""

from __future__ import annotations

from collections.abc import Sequence

from numpy.random import Generator

from reproductions.tasks.babi import QuestionLine
from reproductions.tasks.babi_simulator import rounds
from reproductions.tasks.babi_simulator.rounds import Fact
from reproductions.tasks.babi_simulator.sampling import pick, pick_other
from reproductions.tasks.babi_simulator.world import MOVES

PEOPLE = ("Bill", "Fred", "Julie", "Mary")
ROOMS = ("bedroom", "cinema", "kitchen", "office", "park", "school")
IN, EITHER = "in", "either in"


def story(rng: Generator) -> list[str | QuestionLine]:
    """Tell ten statements and five questions.

    Behind every statement somebody goes to another room. The statement names it, or names it and a second room in any order. The
    second is drawn from all six, so that "Bill is either in the park or the park." occurs (174 of 972 times as published).
    """
    rooms = {person: pick(ROOMS, rng) for person in PEOPLE}
    alternatives: dict[int, tuple[str, str]] = {}  # of the statements that name two rooms

    def tell(statement: int, rng: Generator) -> tuple[str, Sequence[Fact]]:
        person = pick(PEOPLE, rng)
        room = rooms[person] = pick_other(ROOMS, rooms[person], rng)
        if rng.integers(2):
            return f"{person} {pick(MOVES, rng)} the {room}.", (Fact(statement, IN, person, room),)
        if rng.integers(2):
            return f"{person} is in the {room}.", (Fact(statement, IN, person, room),)
        second = pick(ROOMS, rng)
        first, last = alternatives[statement] = (room, second) if rng.integers(2) else (second, room)
        return f"{person} is either in the {first} or the {last}.", (Fact(statement, EITHER, person, room),)

    def ask(facts: Sequence[Fact], about: Fact) -> Sequence[QuestionLine]:
        last = [fact for fact in facts if fact.person == about.person][-1]
        possible, answer = (alternatives[last.statement], "maybe") if last.kind == EITHER else ((last.what,), "yes")
        return [
            QuestionLine(f"Is {last.person} in the {room}? ", answer if room in possible else "no", (last.statement,))
            for room in rounds.rooms_to_ask_about(last.what, ROOMS)
        ]

    return rounds.story(tell, ask, rng)
