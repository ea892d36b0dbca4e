"""The papers that come with this project, in the order of lists and reports. A paper is one folder and one line here."""

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
    """The papers; their claims are loaded when they are asked for."""
    return Registry(tuple(importlib.import_module(name).PAPER for name in PAPERS))


def all_claims() -> tuple[Claim, ...]:
    """Every claim, in reading order. ClaimError for a double id."""
    return registry().claims


def find(claim_id: str) -> Claim:
    """The claim with this id. ClaimError, with the nearest ids there are, for an unknown one."""
    return registry().find(claim_id)
