"""bAbI task 3, three supporting facts: the question is where a thing was before some room.

People carry things about.
"""

from __future__ import annotations

from collections.abc import Sequence

from numpy.random import Generator

from reproductions.tasks.babi import QuestionLine
from reproductions.tasks.babi_simulator import rounds
from reproductions.tasks.babi_simulator.rounds import Fact
from reproductions.tasks.babi_simulator.world import DROP, MOVE, OPTIONAL_THERE, World, last_handling, moves


def story(rng: Generator) -> list[str | QuestionLine]:
    """Tell moves, takings and droppings with five questions.

    Here, "there" is optional in every sentence that can have it.
    """
    return rounds.story(World(rng, there=OPTIONAL_THERE).tell, _ask, rng)


def _ask(facts: Sequence[Fact], about: Fact) -> Sequence[QuestionLine | None]:
    """Ask where the thing that ``about`` handles was before a room that its last holder carried it to.

    The room is that of any of the holder's moves with the thing, and stands for the last of them to that room, which the holder must
    have reached from another room with the thing in hand. (The likelihood of the 2,000 published questions prefers this to each room
    being equally likely, by 16 in its logarithm.)
    """
    if about.kind == MOVE:
        return ()
    last = last_handling(facts, about.what)
    if last.kind == DROP:
        taken = last_handling(facts[: last.statement], about.what)
        carried = moves(facts[taken.statement : last.statement], last.person)
    else:
        carried = moves(facts[last.statement :], last.person)
    arrivals = {move.what: place for place, move in enumerate(carried)}  # room -> the last of the moves to it
    return [_before(last, carried, arrivals[move.what]) for move in carried]


def _before(last: Fact, carried: Sequence[Fact], arrival: int) -> QuestionLine | None:
    if arrival == 0:
        return None
    before, there = carried[arrival - 1], carried[arrival]
    supporting = last.statement, there.statement, before.statement
    return QuestionLine(f"Where was the {last.what} before the {there.what}? ", before.what, supporting)
