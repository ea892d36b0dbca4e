"""The hooks that a repository implements in its conftest.py: what it claims, and which verdicts it has on record."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from claims.model import Claim
    from claims.paper import Paper


@pytest.hookspec(firstresult=True)
def pytest_claims_papers() -> Sequence[Paper] | None:
    """Return the papers of the repository, in the order of lists and reports."""


@pytest.hookspec(firstresult=True)
def pytest_claims_registry() -> Sequence[Claim] | None:
    """Return claims alone, in reading order, of papers that bring nothing else."""


@pytest.hookspec(firstresult=True)
def pytest_claims_expected_verdicts() -> Path | None:
    """Return the repository's table of recorded verdicts; without a table every verdict is new.

    A table ``rounding.csv`` beside it, which ``rin-claims rounding --csv`` writes, says which verdicts move with rounding.
    """
