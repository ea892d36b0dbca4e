"""bAbI task 9, simple negation: who is in a room, who is not, and whether somebody is in some room."""

from __future__ import annotations

from collections.abc import Sequence

from numpy.random import Generator

from reproductions.tasks.babi import QuestionLine
from reproductions.tasks.babi_simulator import rounds
from reproductions.tasks.babi_simulator.rounds import Fact
from reproductions.tasks.babi_simulator.sampling import pick, pick_other
from reproductions.tasks.babi_simulator.world import MOVES, PEOPLE, ROOMS

IN, NOT_IN = "in", "not in"


def story(rng: Generator) -> list[str | QuestionLine]:
    """Tell ten statements and five questions.

    Behind every statement somebody goes to another room. It names the new room (three in four) or denies the old one, which explains
    that a room is only ever denied when the person was last said to be there, or the last statement about the person was a denial.
    """
    rooms = {person: pick(ROOMS, rng) for person in PEOPLE}

    def tell(statement: int, rng: Generator) -> tuple[str, Sequence[Fact]]:
        person = pick(PEOPLE, rng)
        left = rooms[person]
        rooms[person] = pick_other(ROOMS, left, rng)
        if rng.integers(2):
            return f"{person} {pick(MOVES, rng)} the {rooms[person]}.", (Fact(statement, IN, person, rooms[person]),)
        if rng.integers(2):
            return f"{person} is in the {rooms[person]}.", (Fact(statement, IN, person, rooms[person]),)
        return f"{person} is {pick(('no longer', 'not'), rng)} in the {left}.", (Fact(statement, NOT_IN, person, left),)

    return rounds.story(tell, _ask, rng)


def _ask(facts: Sequence[Fact], about: Fact) -> Sequence[QuestionLine]:
    """Ask whether the person of ``about`` is in some room; after a denial, in the room that was denied."""
    last = [fact for fact in facts if fact.person == about.person][-1]
    if last.kind == NOT_IN:
        return (QuestionLine(f"Is {last.person} in the {last.what}? ", "no", (last.statement,)),)
    return [
        QuestionLine(f"Is {last.person} in the {room}? ", "yes" if room == last.what else "no", (last.statement,))
        for room in rounds.rooms_to_ask_about(last.what, ROOMS)
    ]
