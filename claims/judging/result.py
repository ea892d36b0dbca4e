"""A claim judged: what the report, the pytest plugin and the command line pass around."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from claims.model import Claim
from claims.results import Verdict, VerdictName


@dataclass(frozen=True)
class Result:
    """A claim judged under a profile, with the verdict on record and the trials behind it."""

    claim: Claim
    profile: str
    verdict: Verdict
    expected: VerdictName | None = None  # recorded in reference_results/expected_verdicts.csv
    expected_reason: str = ""
    trials: tuple[Mapping[str, Any], ...] = ()  # digest, arm, seed, status, updates, seconds, data of every trial behind it
