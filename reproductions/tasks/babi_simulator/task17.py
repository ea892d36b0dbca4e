"""bAbI task 17, positional reasoning: how two shapes lie to a third, and so to each other."""

from __future__ import annotations

from numpy.random import Generator

from reproductions.tasks.babi import QuestionLine
from reproductions.tasks.babi_simulator.neighbours import stated
from reproductions.tasks.babi_simulator.sampling import pick

SHAPES = ("blue square", "pink rectangle", "red sphere", "red square", "triangle", "yellow square")
RELATIONS = {"above": (0, 1), "below": (0, -1), "to the left of": (-1, 0), "to the right of": (1, 0)}
QUESTIONS = 8  # in each of the 250 published stories


def story(rng: Generator) -> list[str | QuestionLine]:
    """Tell two statements and eight questions about the shapes at the ends, half of them with the answer yes."""
    first, middle, last = (str(shape) for shape in rng.permutation(SHAPES)[:3])
    places = {middle: (0, 0)}
    while len(set(places.values())) < 3:  # the ends are next to the middle, each on a side of its own
        places[first], places[last] = (pick(tuple(RELATIONS.values()), rng) for _ in range(2))
    edges = stated([(first, middle), (middle, last)], rng)
    lines: list[str | QuestionLine] = [f"The {b} is {_relations(places, b, a, True)[0]} the {a}." for a, b in edges]
    for _ in range(QUESTIONS):
        one, other = (first, last) if rng.integers(2) else (last, first)
        truth = bool(rng.integers(2))
        relation = pick(_relations(places, one, other, truth), rng)
        supporting = (0, 1) if one in edges[0] else (1, 0)
        lines.append(QuestionLine(f"Is the {one} {relation} the {other}?", "yes" if truth else "no", supporting))
    return lines


def _relations(places: dict[str, tuple[int, int]], one: str, other: str, truth: bool) -> list[str]:
    """Return the relations that do hold, or do not, between two shapes.

    A shape is above another in whatever column it is.
    """
    (x, y), (u, v) = places[one], places[other]
    return [relation for relation, (right, up) in RELATIONS.items() if ((x - u) * right + (y - v) * up > 0) == truth]
