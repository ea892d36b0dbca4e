"""What pytest needs to know of this repository: the plugin, the claims, and the verdicts on record."""

from __future__ import annotations

from pathlib import Path

from claims import Claim

pytest_plugins = ["claims.pytest_plugin"]


def pytest_claims_registry() -> tuple[Claim, ...]:
    """Every claim of this repository, in reading order."""
    from indrnn_claims import CLAIMS  # here, so that a mistake in them is one line that names the claim

    return CLAIMS


def pytest_claims_expected_verdicts() -> Path:
    """The verdicts on record, with date and reason."""
    return Path(__file__).with_name("expected_verdicts.csv")
