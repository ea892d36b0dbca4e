"""bAbI task 19, path finding: six rooms, and the two steps from one of them to another."""

from __future__ import annotations

from numpy.random import Generator

from reproductions.tasks.babi import QuestionLine
from reproductions.tasks.babi_simulator.neighbours import stated
from reproductions.tasks.babi_simulator.sampling import pick, pick_other
from reproductions.tasks.babi_simulator.task04 import DIRECTIONS, OPPOSITE
from reproductions.tasks.babi_simulator.world import ROOMS


def story(rng: Generator) -> list[str | QuestionLine]:
    """Tell five statements that link six rooms, and ask the way between two rooms that share a neighbour.

    The other three rooms each lie next to one of the rooms on the way, on a side that is free: all eight such sides are equally likely.
    They may lie next to further rooms or even coincide (140 of 2,000 published stories); nothing is said of that.
    """
    start, middle, end, *others = (str(room) for room in rng.permutation(ROOMS))
    first = pick(DIRECTIONS, rng)
    second = pick_other(DIRECTIONS, OPPOSITE[first], rng)
    direction = {(start, middle): first, (middle, end): second}  # of the step from one room to the other
    taken = {(start, first), (middle, OPPOSITE[first]), (middle, second), (end, OPPOSITE[second])}
    sides = [(room, side) for room in (start, middle, end) for side in DIRECTIONS if (room, side) not in taken]
    for other, side in zip(others, rng.permutation(len(sides)), strict=False):
        room, step = sides[int(side)]
        direction[room, other] = step
    edges = stated(tuple(direction), rng)
    # where the first room lies, seen from the second
    lies = direction | {(b, a): OPPOSITE[step] for (a, b), step in direction.items()}
    lines = [f"The {a} is {OPPOSITE[lies[a, b]]} of the {b}." for a, b in edges]
    supporting = tuple(place for pair in ({start, middle}, {middle, end}) for place, edge in enumerate(edges) if set(edge) == pair)
    return [*lines, QuestionLine(f"How do you go from the {start} to the {end}?", f"{first[0]},{second[0]}", supporting)]
