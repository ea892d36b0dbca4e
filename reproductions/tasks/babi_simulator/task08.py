"""bAbI task 8, lists and sets: what somebody carries."""

from __future__ import annotations

from collections.abc import Sequence

from numpy.random import Generator

from reproductions.tasks.babi import QuestionLine
from reproductions.tasks.babi_simulator import rounds
from reproductions.tasks.babi_simulator.rounds import Fact
from reproductions.tasks.babi_simulator.world import MOVE, TAKE, World


def story(rng: Generator) -> list[str | QuestionLine]:
    """Tell moves, takings and droppings with five questions."""
    return rounds.story(World(rng).tell, _ask, rng)


def _ask(facts: Sequence[Fact], about: Fact) -> Sequence[QuestionLine]:
    """Ask what the person carries who takes or drops something in ``about``.

    Answer and support go through the things in the order in which the person first took them: "football,milk" when both are held and
    the football came first, even if it was dropped and taken again. All 2,000 published answers and supports have this order.
    """
    if about.kind == MOVE:
        return ()
    handled: dict[str, list[Fact]] = {}  # thing -> what the person did with it
    for fact in facts:
        if fact.kind != MOVE and fact.person == about.person:
            handled.setdefault(fact.what, []).append(fact)
    carried = [thing for thing, acts in handled.items() if acts[-1].kind == TAKE]
    supporting = tuple(fact.statement for acts in handled.values() for fact in acts)
    return (QuestionLine(f"What is {about.person} carrying? ", ",".join(carried) or "nothing", supporting),)
