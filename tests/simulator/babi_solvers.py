"""Answers to bAbI questions by symbolic reasoning on the text, written without a look at the simulator.

A solver takes statements and a question, as words in lower case, and gives the answer that follows; None when none does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.simulator import babi_solvers_logic as logic
from tests.simulator import babi_solvers_people as people
from tests.simulator import babi_solvers_things as things

Sentence = tuple[str, ...]
Solver = Callable[[Sequence[Sentence], Sentence], str | None]

SOLVERS: dict[int, Solver] = {
    1: people.where_is,
    2: things.where_is,
    3: things.where_was,
    4: logic.which_room,
    5: things.who_gave_what,
    6: people.is_in,
    7: things.how_many,
    8: things.which,
    9: people.is_in,
    10: people.is_in,
    11: people.where_is,
    12: people.where_is,
    13: people.where_is,
    14: people.where_was,
    15: logic.afraid_of,
    16: logic.which_colour,
    17: logic.lies_so,
    18: logic.fits,
    19: logic.way,
    20: logic.motive,
}
