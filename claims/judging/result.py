"""A claim judged: what the report, the pytest plugin and the command line pass around."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from claims.model import Claim
from claims.results import PathVerdict, Verdict, VerdictName, rounding_moves
from reproductions.trials import Trial


@dataclass(frozen=True)
class Result:
    """A claim judged under a profile, with the verdict on record and the trials behind it."""

    claim: Claim
    profile: str
    verdict: Verdict
    expected: VerdictName | None = None  # recorded in reference_results/expected_verdicts.csv
    expected_reason: str = ""
    trials: tuple[Mapping[str, Any], ...] = ()  # digest, arm, seed, status, updates, seconds, data of every trial behind it
    moves: tuple[PathVerdict, ...] = ()  # of a borderline claim: what each kernel path gave
    missing: tuple[Trial, ...] = ()  # that the next look lacks, of a claim undecided after the looks that were taken
    earlier: bool = False  # judged from the store as it is, by a run that did not select the claim

    @property
    def so_far(self) -> bool:
        """Whether the claim is undecided after the looks that were taken, with more of them to come."""
        return bool(self.missing)

    @property
    def moved(self) -> bool:
        """Whether the verdict is not the recorded one, and rounding was seen to make that difference."""
        return rounding_moves(self.moves, self.verdict.verdict, self.expected)
