"""bAbI task 5, three argument relations: who gave what to whom."""

from __future__ import annotations

from collections.abc import Sequence

from numpy.random import Generator

from reproductions.tasks.babi import QuestionLine
from reproductions.tasks.babi_simulator import rounds
from reproductions.tasks.babi_simulator.rounds import Fact
from reproductions.tasks.babi_simulator.world import GIVE, World

PEOPLE = ("Bill", "Fred", "Jeff", "Mary")
# Against 1 for each other kind of event: where the likelihood of 1,849 published statements with everybody's state known is highest, 3.6
# (standard error 0.2), rounded.
GIVES = 4


def story(rng: Generator) -> list[str | QuestionLine]:
    """Tell moves, takings, droppings and givings with five questions."""
    return rounds.story(World(rng, PEOPLE, gives=GIVES).tell, _ask, rng)


def _ask(facts: Sequence[Fact], about: Fact) -> Sequence[QuestionLine | None]:
    """Ask for thing, giver or receiver of the last giving of the thing that ``about`` gives.

    Each is equally likely to be asked for. "What did Mary give to Bill?" is not asked when she gave him something else since. (The
    published files ask that four times in 697, and mean the thing that was given earlier.)
    """
    if about.kind != GIVE:
        return ()
    givings = [fact for fact in facts if fact.kind == GIVE]
    given = [fact for fact in givings if fact.what == about.what][-1]
    giver, thing, receiver, supporting = given.person, given.what, given.to, (given.statement,)
    what = QuestionLine(f"What did {giver} give to {receiver}? ", thing, supporting)
    clear = given == [fact for fact in givings if (fact.person, fact.to) == (giver, receiver)][-1]
    return (
        *(what if clear else None for _ in range(2)),
        QuestionLine(f"Who gave the {thing}? ", giver, supporting),
        QuestionLine(f"Who gave the {thing} to {receiver}? ", giver, supporting),
        QuestionLine(f"Who received the {thing}? ", receiver, supporting),
        QuestionLine(f"Who did {giver} give the {thing} to? ", receiver, supporting),
    )
