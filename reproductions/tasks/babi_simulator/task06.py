"""bAbI task 6, yes/no questions: people move and handle things; is one of them in some room?"""

from __future__ import annotations

from collections.abc import Sequence

from numpy.random import Generator

from reproductions.tasks.babi import QuestionLine
from reproductions.tasks.babi_simulator import rounds
from reproductions.tasks.babi_simulator.rounds import Fact
from reproductions.tasks.babi_simulator.world import MOVE, ROOMS, World, moves


def story(rng: Generator) -> list[str | QuestionLine]:
    """Tell moves, takings and droppings with five questions."""
    return rounds.story(World(rng).tell, _ask, rng)


def _ask(facts: Sequence[Fact], about: Fact) -> Sequence[QuestionLine]:
    """Ask whether the person who made the move ``about`` is in some room.

    There is no question from taking or dropping something.
    """
    if about.kind != MOVE:
        return ()
    last = moves(facts, about.person)[-1]
    return [
        QuestionLine(f"Is {last.person} in the {room}? ", "yes" if room == last.what else "no", (last.statement,))
        for room in rounds.rooms_to_ask_about(last.what, ROOMS)
    ]
