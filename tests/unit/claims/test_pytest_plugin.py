"""The plugin maps verdicts to outcomes as the design says, and refuses bad usage.

A refusal is one line with exit code 2.
"""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from claims.faults.made_up_outcomes import one_diverged
from claims.judging.judge import trials_of
from claims.judging.result import Result
from claims.kinds import NearZero
from claims.model import Claim, Locator
from claims.paper import Registry
from claims.papers import find, registry
from claims.protocol import STANDARD
from claims.pytest_plugin import markers, parametrize, pytest_cmdline_main
from claims.results import Verdict, VerdictName
from claims.run.session import ClaimsRun
from claims.run.test_outcomes import conclude, judges_claims
from claims.run.usage import UsageError
from reproductions.checkpoint import CheckpointFile
from reproductions.data_files import DataError
from reproductions.running import executor
from reproductions.store.outcomes import Store
from reproductions.trials import Outcome, Trial

CLAIM = Claim(
    id="rin-2018/example/slug",
    paper="rin-2018",
    quote="a quote",
    locator=Locator(section="1"),
    prediction=NearZero(metric="m", unit="u", why="w", arm="RIN", tolerance=1.0),
    statement="A statement.",
    not_run="needs data",
)
PASSES = None


def result(verdict: VerdictName, expected: VerdictName | None) -> Result:
    return Result(CLAIM, "smoke", Verdict(verdict, "because"), expected, "recorded because")


@pytest.mark.parametrize(
    ("verdict", "expected", "outcome"),
    [
        ("reproduced", "reproduced", PASSES),
        ("reproduced", None, PASSES),
        ("reproduced", "inconclusive", PASSES),
        ("reproduced", "contradicted", pytest.fail.Exception),
        ("contradicted", "contradicted", pytest.xfail.Exception),
        ("contradicted", "inconclusive", pytest.xfail.Exception),
        ("contradicted", "reproduced", pytest.fail.Exception),
        ("contradicted", None, pytest.fail.Exception),
        ("inconclusive", "reproduced", pytest.xfail.Exception),
        ("inconclusive", "contradicted", pytest.xfail.Exception),
        ("not run", "reproduced", pytest.skip.Exception),
    ],
)
def test_a_verdict_becomes_the_outcome_the_design_gives_it(
    verdict: VerdictName, expected: VerdictName | None, outcome: type[BaseException] | None
) -> None:
    if outcome is None:
        conclude(result(verdict, expected), "report")
    else:
        with pytest.raises(outcome, match="because"):
            conclude(result(verdict, expected), "report")


def test_an_inconclusive_verdict_fails_only_when_asked_to() -> None:
    with pytest.raises(pytest.fail.Exception, match=CLAIM.id):
        conclude(result("inconclusive", "inconclusive"), "fail")


def test_a_claim_is_marked_with_the_profiles_that_run_it() -> None:
    (parameters,) = parametrize([CLAIM]).args[1:]
    assert parameters[0].id == CLAIM.id
    assert markers(CLAIM) == ()
    assert markers(find("rin-2018/adding/below-baseline/rin/T300")) == ("full",)
    assert markers(find("rin-2018/adding/below-baseline/rin/T200")) == ("smoke", "full")
    assert markers(find("rin-2018/tables/headline-12-67")) == ("smoke", "full")


def workers(claims: tuple[Claim, ...] = (), store: Path | None = None, **changed: object) -> int | None:
    """How many workers the plugin asks xdist for, by pytest's options; ``workerinput`` is what xdist gives a worker's own pytest."""
    claims_options = {"profile": None, "report": "report", "store": store, "inconclusive": "report", "drift": "report", "executor": "local"}
    changed = {f"claims_{name}": value for name, value in {**claims_options, "seeds_max": None, "time_budget": None}.items()} | changed
    option = SimpleNamespace(**{"markexpr": "smoke", "numprocesses": None, "dist": "no", "collectonly": False, **changed})
    hook = SimpleNamespace(pytest_claims_papers=lambda: None, pytest_claims_registry=lambda: claims)
    whose = {"workerinput": {}} if changed.get("is_worker") else {}
    config = SimpleNamespace(option=option, hook=hook, rootpath=Path.cwd(), stash=pytest.Stash(), **whose)
    pytest_cmdline_main(config)  # type: ignore[arg-type]
    return option.numprocesses


def test_a_claims_run_uses_every_core_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1, 2}, raising=False)
    assert workers() == 3
    assert workers(markexpr="full") == 3
    assert workers(numprocesses=0) == 0
    assert workers(numprocesses=8) == 8
    assert workers(markexpr="") is None  # the ordinary tests
    assert workers(collectonly=True) is None
    assert workers(claims_executor="ray") is None  # one process, and the cluster's


def test_a_run_that_trains_nothing_takes_no_workers_but_those_it_is_told_to_take(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1, 2}, raising=False)
    claim = find("rin-2018/adding/below-baseline/rin/T200").under(STANDARD)  # one look
    store = Store(tmp_path / "store")
    *trials, last = trials_of(claim, "smoke")
    for trial in trials:
        store.put(trial, one_diverged(claim)(trial.recipe, trial.seed))
    assert workers((claim,), store.folder) == 3
    store.put(last, one_diverged(claim)(last.recipe, last.seed))
    assert workers((claim,), store.folder) is None
    assert workers((claim,), store.folder, numprocesses=2) == 2


def test_a_worker_starts_no_workers() -> None:
    assert workers(is_worker=True) is None


def options(tmp_path: Path, **changed: str | int | None) -> SimpleNamespace:
    """pytest's options as a bare ``pytest -m smoke`` sets them, but for a store of the test's own."""
    defaults = {
        "profile": None,
        "inconclusive": "report",
        "drift": "report",
        "executor": "local",
        "seeds_max": None,
        "time_budget": None,
        "store": str(tmp_path / "store"),
        "report": str(tmp_path / "report"),
    }
    numprocesses = changed.pop("numprocesses", None)
    named = {f"claims_{name}": value for name, value in {**defaults, **changed}.items()}
    return SimpleNamespace(markexpr="smoke", numprocesses=numprocesses, **named)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"profile": "Smoke"}, "unknown profile 'Smoke'"),
        ({"inconclusive": "maybe"}, "--claims-inconclusive takes report or fail, not 'maybe'"),
        ({"drift": "maybe"}, "--claims-drift takes report or fail, not 'maybe'"),
        ({"executor": "cloud"}, "unknown executor 'cloud' for --claims-executor; choose local or ray"),
        ({"executor": "ray", "numprocesses": 2}, "--claims-executor=ray trains on the cluster, whatever -n is; leave -n out"),
        ({"seeds_max": "-1"}, "--claims-seeds-max takes a whole number of at least 1, not '-1'"),
        ({"seeds_max": "0"}, "not '0'"),
        ({"seeds_max": "many"}, "not 'many'"),
        ({"time_budget": "9 minutes"}, "--claims-time-budget takes a time such as 90s, 9m, 1h30m or 2h, not '9 minutes'"),
        ({"time_budget": "-5m"}, "not '-5m'"),
        ({"time_budget": "0s"}, "not '0s'"),
    ],
)
def test_every_bad_option_is_named_with_its_remedy(tmp_path: Path, changed: dict[str, str | int], named: str) -> None:
    with pytest.raises(UsageError) as refused:
        ClaimsRun.of(options(tmp_path, **changed), Registry())
    assert named in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("folder", ["file", "file/report", "lost", "lost/report"])
def test_a_report_folder_that_is_a_file_is_named_before_anything_is_trained(tmp_path: Path, folder: str) -> None:
    (tmp_path / "file").write_text("not a folder")
    (tmp_path / "lost").symlink_to("nowhere")
    stands = tmp_path / folder.partition("/")[0]
    with pytest.raises(UsageError) as refused:
        ClaimsRun.of(options(tmp_path, report=str(tmp_path / folder)), Registry())
    assert f"cannot write the report to {tmp_path / folder} ({stands} is no folder); name a writable folder" in str(refused.value)
    assert not (tmp_path / "store").exists()


def test_a_store_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(UsageError, match=r"file/store cannot be written .* --claims-store=DIR or RIN_CLAIMS_STORE"):
        ClaimsRun.of(options(tmp_path, store=str(tmp_path / "file" / "store")), Registry())


def test_a_run_takes_at_most_the_seeds_it_is_allowed_and_the_longest_trials_first(tmp_path: Path) -> None:
    run = ClaimsRun.of(options(tmp_path, seeds_max="2"), registry())
    run.plan([find("rin-2018/adding/lstm-worst/T200"), find("rin-2018/formal/dt-depth")])
    kinds = [(getattr(trial.recipe, "network", None) and trial.recipe.network.cell, trial.seed) for trial in run.trials]
    assert sorted(kinds[:2]) == [("lstm", 0), ("lstm", 1)]
    assert {seed for _, seed in kinds} == {0, 1}
    assert kinds[-1][0] is None  # the probe


def test_a_trial_that_cannot_be_made_fails_its_own_claim_and_no_other(tmp_path: Path) -> None:
    good, bad = find("rin-2018/formal/dt-depth"), find("rin-2018/formal/baseline-mse")
    real = executor.default_run

    def without_data(trial: Trial, checkpoint: CheckpointFile) -> Outcome:
        if trial.recipe == bad.arms["smoke"][0].recipes[0]:
            raise DataError("the data set is missing; get it with `rin-claims data fetch`")
        return real(trial, checkpoint)

    run = ClaimsRun("smoke", Store(tmp_path / "store"), run=without_data)
    run.plan([bad, good])
    assert run.judge(good).verdict.verdict == "reproduced"  # first, so that it meets the failure of the other
    with pytest.raises(UsageError, match="rin-claims data fetch"):
        run.judge(bad)


def test_cases_that_are_named_after_claims_are_not_watched_as_claims(tmp_path: Path) -> None:
    """A controller knows its workers' tests by their ids alone, and ordinary tests may have claim ids in theirs."""
    root = Path(__file__).parents[3]
    assert judges_claims(root / "tests" / "claims" / "test_adding.py")
    assert not judges_claims(root / "tests" / "unit" / "claims" / "test_quotes.py")
    assert not judges_claims(tmp_path / "gone.py")
