"""The papers that come with this project, in the order of lists and reports.

A paper is one folder and one line here.
"""

from __future__ import annotations

import functools
import importlib

from claims.model import Claim
from claims.paper import Registry

# Modules that define PAPER. They are named and not imported, because some need none of them.
PAPERS = (
    "claims.papers.rin_2018.paper",
    "claims.papers.irnn_2015.paper",
    "claims.papers.mechanism.paper",
)


@functools.cache
def registry() -> Registry:
    """Return the papers; their claims are loaded when they are asked for."""
    return Registry(tuple(importlib.import_module(name).PAPER for name in PAPERS))


def all_claims() -> tuple[Claim, ...]:
    """Return every claim, in reading order. Raises AuthorError for an id used twice."""
    return registry().claims


def find(claim_id: str) -> Claim:
    """Return the claim with this id.

    Raises ClaimError for an unknown id, with the nearest ids there are.
    """
    return registry().find(claim_id)
