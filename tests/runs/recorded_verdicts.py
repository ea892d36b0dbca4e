"""Every verdict that the recorded draws give, as text, one JSON line a claim and profile.

``python -m tests.runs.recorded_verdicts`` writes the snapshot. Numbers have twelve significant digits: more than any reader or verdict
uses, and the same on every CPU.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

from claims import papers
from claims.json_data import encode
from claims.judging.judge import judge_claim
from claims.model import Claim
from reference_results.recorded import text_of_draws
from reproductions.recipe_data import digest
from reproductions.recipes import Recipe
from reproductions.store.outcomes import outcome_from_data
from reproductions.trials import Outcome

SNAPSHOT = Path(__file__).with_name("recorded_verdicts.jsonl")
FILES = {
    "smoke": ("smoke-2026-11-30.jsonl.gz",),
    "compact": (
        "compact-2026-11-21.jsonl.gz",
        "compact-language-2026-11-30.jsonl.gz",
        "compact-pixel-mnist-2026-11-30.jsonl.gz",
        "compact-speech-2026-11-30.jsonl.gz",
    ),
    "opening": ("opening-adding-2026-11-30.jsonl.gz",),
    "paper": ("paper-babi-2026-11-21.jsonl.gz",),
}
DIGITS = 12


class NotRecordedError(LookupError):
    """A draw that the recorded files lack."""


def snapshot() -> str:
    """The verdicts of all claims that the recorded draws of each profile decide, in reading order."""
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for profile in FILES for line in _verdicts(profile))


def _verdicts(profile: str) -> Iterator[dict[str, Any]]:
    outcomes: dict[tuple[str, int], Outcome] = {}
    for name in FILES[profile]:
        for line in text_of_draws(resources.files("reference_results") / "recorded" / name).splitlines():
            payload = json.loads(line)["payload"]
            outcomes[payload["digest"], payload["seed"]] = outcome_from_data(payload["outcome"])

    def lookup(recipe: Recipe, seed: int) -> Outcome:
        try:
            return outcomes[digest(recipe), seed]
        except KeyError:
            raise NotRecordedError from None

    for claim in papers.all_claims():
        try:
            yield _line(claim, profile, judge_claim(claim, profile, lookup, {}).verdict)
        except NotRecordedError:
            yield {"claim": claim.id, "profile": profile, "verdict": "not recorded"}


def _line(claim: Claim, profile: str, verdict: Any) -> dict[str, Any]:
    found = {"claim": claim.id, "profile": profile, "verdict": verdict.verdict, "reason": verdict.reason}
    if verdict.evidence is not None:
        found["evidence"] = _rounded(encode(dataclasses.asdict(verdict.evidence)))
    return found


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


if __name__ == "__main__":
    SNAPSHOT.write_text(snapshot(), encoding="utf-8")
