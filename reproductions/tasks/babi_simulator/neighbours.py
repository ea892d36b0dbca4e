"""Statements about which of two neighbours lies where, as tasks 17 and 19 order them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from numpy.random import Generator

from reproductions.tasks.babi_simulator.sampling import pick

Edge = tuple[str, str]


def stated(edges: Sequence[Edge], rng: Generator) -> list[Edge]:
    """Return every one of ``edges`` once, turned round or not, in the order in which they are first drawn.

    A draw is a node and one of its neighbours. So an edge is drawn from the side with fewer neighbours in proportion, and edges between
    nodes with many neighbours come late: of 2,227 published statements of task 19 between a room with one neighbour and a room with
    two, the former comes first in 1,486; and two of the five statements support the answer, but the last one does in 1,163 of 2,000.
    """
    degree = Counter(node for edge in edges for node in edge)
    neighbours = {node: [a if node == b else b for a, b in edges if node in (a, b)] for node in degree}
    drawn: dict[frozenset[str], Edge] = {}
    while len(drawn) < len(edges):
        node = pick(tuple(neighbours), rng)
        other = pick(neighbours[node], rng)
        drawn.setdefault(frozenset((node, other)), (node, other))
    return list(drawn.values())
