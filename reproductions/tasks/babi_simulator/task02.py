"""bAbI task 2, two supporting facts: people carry things about, and the question is where one thing is."""

from __future__ import annotations

from collections.abc import Sequence

from numpy.random import Generator

from reproductions.tasks.babi import QuestionLine
from reproductions.tasks.babi_simulator import rounds
from reproductions.tasks.babi_simulator.rounds import Fact
from reproductions.tasks.babi_simulator.world import DROP, MOVE, TAKE, World, last_handling, last_move


def story(rng: Generator) -> list[str | QuestionLine]:
    """Tell moves, takings and droppings with five questions."""
    return rounds.story(World(rng).tell, _ask, rng)


def _ask(facts: Sequence[Fact], about: Fact) -> Sequence[QuestionLine]:
    """Ask where the thing is that ``about`` handles: where its holder last went with it, or where it was dropped.

    There is no question about a thing that was not moved since it was taken, nor about one dropped by somebody whose room is not known.
    """
    if about.kind == MOVE:
        return ()
    last = last_handling(facts, about.what)
    move = last_move(facts[: last.statement] if last.kind == DROP else facts, last.person)
    if move is None or (last.kind == TAKE and move.statement < last.statement):
        return ()
    return (QuestionLine(f"Where is the {last.what}? ", move.what, (last.statement, move.statement)),)
