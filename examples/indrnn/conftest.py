"""What pytest needs to know of this repository: the plugin, the paper, and the verdicts on record."""

from pathlib import Path

from claims import Paper

pytest_plugins = ["claims.pytest_plugin"]


def pytest_claims_papers() -> tuple[Paper, ...]:
    """The papers of this repository, in reading order."""
    from indrnn_paper import PAPER  # here, so that a mistake in its claims is one line that names the claim

    return (PAPER,)


def pytest_claims_expected_verdicts() -> Path:
    """The verdicts on record, with date and reason."""
    return Path(__file__).with_name("expected_verdicts.csv")
