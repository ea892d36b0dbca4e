"""The first lines of ``pytest -m full``: which profile, why, at what price, and how to bound it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from claims.run import opening_lines as module
from claims.run.opening_lines import opening_lines
from claims.run.session import ClaimsRun
from reproductions.store.outcomes import Store
from tests.unit.claims import look_samples
from tests.unit.claims.look_samples import CLAIMS, CLEAR


def option(**given: Any) -> SimpleNamespace:
    return SimpleNamespace(
        **{"claims_profile": None, "keyword": "", "file_or_dir": [], "numprocesses": 2, "claims_time_budget": None, **given}
    )


@pytest.mark.parametrize(
    ("cuda", "named", "why"),
    [
        ((True, ""), None, "the largest, because torch sees a CUDA device; --claims-profile names another"),
        ((False, ""), None, "the smallest that is full, because torch sees no CUDA device; --claims-profile names another"),
        (
            (False, "the driver is too old"),
            None,
            "the smallest that is full, because the driver is too old; --claims-profile names another",
        ),
        ((False, ""), "compact", "as --claims-profile says"),
    ],
)
def test_the_profile_and_why_it_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path, cuda, named, why) -> None:
    monkeypatch.setattr(module.environment, "cuda", lambda: cuda)
    run = ClaimsRun("compact", Store(tmp_path))
    assert opening_lines(run, CLAIMS, option(claims_profile=named))[0] == f"claims: profile compact, {why}"


@pytest.mark.parametrize("selected", [{"keyword": "one"}, {"file_or_dir": ["tests/claims/test_adding.py::test_adding_claim[one]"]}])
def test_no_price_of_the_whole_profile_stands_over_a_part_of_it(monkeypatch: pytest.MonkeyPatch, tmp_path, selected) -> None:
    monkeypatch.setattr(module.environment, "cuda", lambda: (False, ""))
    (line,) = opening_lines(ClaimsRun("compact", Store(tmp_path)), CLAIMS, option(**selected))
    assert "profile compact" in line


def test_the_price_and_how_to_bound_it(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setattr(module, "cores", lambda: 2)
    monkeypatch.setattr(module.environment, "cuda", lambda: (False, ""))
    run = ClaimsRun("compact", Store(tmp_path), run=look_samples.run)
    _, price, bound = opening_lines(run, CLAIMS, option())
    assert price.startswith(f"claims: {len(run.lacking())} trials to train, about ")
    assert "with 2 workers (by arithmetic; a GPU is not counted)" in price
    assert "--claims-time-budget 9m bounds it" in bound
    assert "--claims-time-budget 1h bounds it" in opening_lines(run, CLAIMS, option(claims_time_budget="1h"))[2]
    assert not list(tmp_path.glob("outcomes/*"))  # nothing was trained


def test_a_full_store_is_said_to_be_one(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setattr(module.environment, "cuda", lambda: (False, ""))
    run = ClaimsRun("compact", Store(tmp_path), run=look_samples.run)
    run.plan((CLEAR,))
    run.judge(CLEAR)
    assert opening_lines(run, (CLEAR,), option())[1] == "claims: nothing to train, the store has all that it takes"
