"""bAbI task 4, two argument relations: two statements about three rooms in a row.

The statements are about neighbours, and one question asks about one of the rooms.
"""

from __future__ import annotations

from numpy.random import Generator

from reproductions.tasks.babi import QuestionLine
from reproductions.tasks.babi_simulator.sampling import pick
from reproductions.tasks.babi_simulator.world import ROOMS

OPPOSITE = {"north": "south", "south": "north", "east": "west", "west": "east"}
DIRECTIONS = tuple(OPPOSITE)
# "The <end> is west of the <middle>." rather than the other way round: measured, 2,622 of the 4,000 published statements.
MIDDLE_IS_OBJECT = 2622 / 4000


def story(rng: Generator) -> list[str | QuestionLine]:
    """Tell two statements and a question.

    The question names the object of a statement and asks for its subject, in one of two forms.
    """
    first, middle, last = (str(room) for room in rng.permutation(ROOMS)[:3])
    direction = pick(DIRECTIONS, rng)  # of the first room, seen from the middle
    statements = [_relation(first, direction, middle, rng), _relation(last, OPPOSITE[direction], middle, rng)]
    asked = int(rng.integers(2))
    subject, relation, thing = statements[asked]
    question = pick((f"What is {relation} of the {thing}?", f"What is the {thing} {OPPOSITE[relation]} of?"), rng)
    return [*(f"The {a} is {relation} of the {b}." for a, relation, b in statements), QuestionLine(question, subject, (asked,))]


def _relation(end: str, direction: str, middle: str, rng: Generator) -> tuple[str, str, str]:
    """Return subject, relation and object of the statement that ``end`` lies in ``direction`` of ``middle``."""
    if rng.random() < MIDDLE_IS_OBJECT:
        return end, direction, middle
    return middle, OPPOSITE[direction], end
