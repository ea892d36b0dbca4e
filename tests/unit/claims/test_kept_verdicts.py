"""``list`` and ``show`` say what the store holds, whichever way it came there, and judge nothing twice."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from report_samples import ADDING_ARMS, BASE, claim

from claims import papers
from claims.cli import main
from claims.judging.judge import result_not_run
from claims.kinds import Similar
from claims.model import Arm, Claim
from claims.paper import Registry, bare_papers
from claims.report.build import build_report
from claims.run import kept_verdicts, session
from claims.run.kept_verdicts import held, keep
from reproductions.recipes import Probe, Recipe
from reproductions.store.outcomes import Store
from reproductions.trials import Outcome, Trial

SEEDS = 5
RESTING = claim(
    "rin-2018/adding/rin-irnn-same-level/T200",
    Similar(**BASE, first="rin", second="irnn", margin=0.5),
    arms=ADDING_ARMS,
    seeds={"smoke": SEEDS},
)
PROBE = Probe("any", "dt-depth", (("steps", 5),))
PROBED = claim(
    "rin-2018/adding/probed",
    Similar(**BASE, first="a", second="b", margin=0.5),
    arms={"smoke": (Arm("a", (PROBE,)), Arm("b", (PROBE,)))},
    seeds={"smoke": SEEDS},
)


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Store:
    """An empty store and an empty working directory, for a registry of one claim that is trained and one that is not."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RIN_CLAIMS_STORE", str(tmp_path / "store"))
    monkeypatch.setattr(papers, "registry", lambda: Registry(bare_papers([RESTING, PROBED])))
    monkeypatch.setattr("reference_results.expected_verdicts", lambda *given: {})
    return Store(tmp_path / "store")


def put(store: Store, recipes: Iterable[Recipe], value: float = 0.1) -> None:
    for recipe in recipes:
        for seed in range(SEEDS):
            store.put(Trial(recipe, seed), Outcome("budget", {"mse": value + seed / 1000}, provenance={"git": {"commit": "made up"}}))


def trained() -> list[Recipe]:
    return [recipe for arm in RESTING.arms["smoke"] for recipe in arm.recipes]


def listed(capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, str], str]:
    """The verdicts by claim, and what was said on stderr."""
    assert main(["list", "--json"]) == 0
    piped = capsys.readouterr()
    return {row["id"]: row["verdict"] for row in json.loads(piped.out)}, piped.err


def kept_before(claims: Iterable[Claim], store: Store) -> None:
    """What a run that judged nothing keeps."""
    results = [result_not_run(claim, "smoke", "no time", {}) for claim in claims]
    keep(build_report(results, {}, "2026-01-02T03:04:05+00:00", profile="smoke"), store.folder, claims)


def never(*given: object) -> None:
    raise AssertionError("nothing is to be judged")


def test_outcomes_that_came_by_no_run_are_judged_once_and_then_known(
    store: Store, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert listed(capsys) == ({RESTING.id: "not run", PROBED.id: "not run"}, "")
    put(store, trained())
    found, said = listed(capsys)
    assert found == {RESTING.id: "reproduced", PROBED.id: "not run"}
    assert said == ""
    monkeypatch.setattr(session.ClaimsRun, "as_stored", never)
    assert listed(capsys) == (found, "")
    assert main(["show", RESTING.id]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "✓ reproduced: " in shown
    assert ", judged from the store as it was then" in shown


def test_verdicts_that_a_run_kept_are_judged_again_where_the_store_holds_more_than_then(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = trained()
    put(store, [first])
    kept_before([RESTING, PROBED], store)
    assert listed(capsys) == ({RESTING.id: "not run", PROBED.id: "not run"}, "")
    put(store, [second])
    assert listed(capsys)[0][RESTING.id] == "reproduced"


def test_verdicts_go_with_the_outcomes_that_they_rest_on(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    put(store, trained())
    assert listed(capsys)[0][RESTING.id] == "reproduced"
    next((store.folder / "outcomes").iterdir()).unlink()
    assert listed(capsys)[0][RESTING.id] == "not run"
    assert main(["show", RESTING.id]) == 0
    assert "the store lacks trials of it: pytest -m smoke -k" in " ".join(capsys.readouterr().out.split())


def test_what_every_profile_measures_alike_makes_none_of_them_judged(
    store: Store, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session.ClaimsRun, "as_stored", never)
    put(store, [PROBE])
    assert held([RESTING, PROBED], "smoke", store.folder) == ""
    assert listed(capsys) == ({RESTING.id: "not run", PROBED.id: "not run"}, "")


def test_a_store_that_cannot_be_written_is_listed_all_the_same(
    store: Store, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: Path, content: bytes) -> None:
        raise PermissionError("read-only")

    put(store, trained())
    monkeypatch.setattr(kept_verdicts, "replace_file", refused)
    for _ in range(2):  # each list judges anew
        assert listed(capsys) == ({RESTING.id: "reproduced", PROBED.id: "not run"}, "")


def test_what_is_held_is_of_the_claims_asked_about_and_of_no_other_recipe(store: Store) -> None:
    put(store, trained())
    before = held([RESTING], "smoke", store.folder)
    assert before
    other = dataclasses.replace(trained()[0], updates=800)  # type: ignore[type-var]
    put(store, [other])
    assert held([RESTING], "smoke", store.folder) == before
    assert held([RESTING], "compact", store.folder) == ""
    assert held([PROBED], "smoke", store.folder) == ""
