"""What pytest needs to know of this repository: its claims plugin and its registry."""

from __future__ import annotations

from claims import papers
from claims.model import Claim

pytest_plugins = ["claims.pytest_plugin"]


def pytest_claims_registry() -> tuple[Claim, ...]:
    """Every claim of both papers, in reading order."""
    return papers.all_claims()
