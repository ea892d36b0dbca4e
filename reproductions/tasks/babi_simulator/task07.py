"""bAbI task 7, counting: how many things somebody carries."""

from __future__ import annotations

from collections.abc import Sequence

from numpy.random import Generator

from reproductions.tasks.babi import QuestionLine
from reproductions.tasks.babi_simulator import rounds
from reproductions.tasks.babi_simulator.rounds import Fact
from reproductions.tasks.babi_simulator.world import MOVE, TAKE, World

NUMBERS = ("none", "one", "two", "three")
GIVES = 4  # as in task 5; the likelihood of the published statements with everybody's state known is highest at 4.0


def story(rng: Generator) -> list[str | QuestionLine]:
    """Tell moves, takings, droppings and givings with five questions."""
    return rounds.story(World(rng, gives=GIVES).tell, _ask, rng)


def _ask(facts: Sequence[Fact], about: Fact) -> Sequence[QuestionLine]:
    """Ask how many things the person of ``about``, who takes, drops or gives one, carries.

    All the person's handling of things is the support.
    """
    if about.kind == MOVE:
        return ()
    person = about.person
    handled = [fact for fact in facts if fact.kind != MOVE and person in (fact.person, fact.to)]
    carried = sum(1 if fact.kind == TAKE or fact.to == person else -1 for fact in handled)
    return (QuestionLine(f"How many objects is {person} carrying? ", NUMBERS[carried], tuple(fact.statement for fact in handled)),)
