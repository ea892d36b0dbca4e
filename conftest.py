"""What pytest needs to know of this repository: its claims plugin, its papers and the verdicts on record."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from claims import papers
from claims.paper import Paper

pytest_plugins = ["claims.pytest_plugin"]


def pytest_claims_papers() -> Sequence[Paper]:
    """The papers of this project."""
    return papers.registry().papers


def pytest_claims_expected_verdicts() -> Path:
    """The verdicts on record, with date and reason."""
    return Path(__file__).parent / "reference_results" / "expected_verdicts.csv"
