"""What ends a trial inside a pack is noted as it is outside one, and the other claims are judged."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest
from report_samples import BASE, claim

from claims.kinds import Greater
from claims.model import Arm
from claims.paper import Registry, bare_papers
from claims.run.session import ClaimsRun
from claims.run.usage import UsageError
from reproductions import packs, recurrence_gpu, training
from reproductions.data_files import DataError
from reproductions.kernel_choice import FALLBACK
from reproductions.recipes import Adding, Network, Optimizer, Training
from reproductions.running import gpu_check
from reproductions.running.gpu import GpuPacks
from reproductions.store.outcomes import Store

MISSING = "the data set is missing; get it with `rin-claims data fetch`"
LEVEL = Greater(**BASE | {"metric": "test_mse"}, better="a", worse="b", smallest_effect=0.1)


def recipe(rate: float, cell: str = "rin") -> Training:
    return Training("paper", Adding(6, 40, 20), Network(cell, 1, 8), Optimizer("adam", rate), 16, 8, 2)  # type: ignore[arg-type]


def claim_on(name: str, *recipes: Training) -> Any:
    arms = tuple(Arm(arm, (own,)) for arm, own in zip("ab", recipes, strict=True))
    return claim(f"rin-2018/packs/{name}", LEVEL, arms={"paper": arms}, seeds={"paper": 2})


GOOD, SICK = claim_on("good", recipe(1e-2), recipe(1e-3)), claim_on("sick", recipe(2e-2), recipe(1e-3))
LSTMS = claim_on("lstms", recipe(1e-2, "lstm"), recipe(1e-3, "lstm"))


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ClaimsRun:
    """A run whose trials all train in packs, on the CPU."""
    monkeypatch.setattr(GpuPacks, "of_this_process", lambda deadline, noting: GpuPacks("cpu", deadline, noting))
    run = ClaimsRun("paper", Store(tmp_path / "store"))
    run.plan([SICK, GOOD, LSTMS])
    return run


def break_run(monkeypatch: pytest.MonkeyPatch, method: str, error: BaseException) -> None:
    """Makes a method of the runs of SICK's own recipe raise."""
    own = getattr(training.Run, method)

    def breaking(self: training.Run, *arguments: Any) -> Any:
        if self.recipe == recipe(2e-2):
            raise error
        return own(self, *arguments)

    monkeypatch.setattr(training.Run, method, breaking)


@pytest.mark.parametrize("method", ["restore", "next_batch", "evaluate", "outcome"])
@pytest.mark.parametrize(
    ("error", "said"),
    [(DataError(MISSING), MISSING), (ZeroDivisionError("oh"), "adding T=6 rin 1-8 seed 0 failed: ZeroDivisionError: oh (")],
)
def test_the_trial_that_is_to_blame_is_refused_and_its_pack_goes_on(
    run: ClaimsRun, monkeypatch: pytest.MonkeyPatch, method: str, error: Exception, said: str
) -> None:
    if method == "restore":  # what is read while a run is made
        own = training.Run.of.__func__  # type: ignore[attr-defined]

        def making(cls: Any, trial: Any, *arguments: Any) -> Any:
            if trial.recipe == recipe(2e-2):
                raise error
            return own(cls, trial, *arguments)

        monkeypatch.setattr(training.Run, "of", classmethod(making))
    else:
        break_run(monkeypatch, method, error)
    assert run.judge(GOOD).verdict.verdict != "not run"
    with pytest.raises(UsageError) as refused:
        run.judge(SICK)
    assert str(refused.value).startswith(said)
    assert "\n" not in str(refused.value)


def test_what_no_trial_is_to_blame_for_refuses_its_pack_alone(run: ClaimsRun, monkeypatch: pytest.MonkeyPatch) -> None:
    losses = packs.Pack._losses

    def breaking(self: packs.Pack, batches: Any) -> Any:
        if self.runs[0].recipe.network.cell == "rin":
            raise RuntimeError("out of memory")
        return losses(self, batches)

    monkeypatch.setattr(packs.Pack, "_losses", breaking)
    assert run.judge(LSTMS).verdict.verdict != "not run"
    for item in (GOOD, SICK):
        with pytest.raises(UsageError, match=r"and \d+ trials in a pack with it failed: RuntimeError: out of memory"):
            run.judge(item)


def test_a_fallback_is_one_line_of_the_run_and_a_note_of_its_report(
    run: ClaimsRun, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(gpu_check, "believed", lambda recipe, device: contextlib.nullcontext())
    monkeypatch.setattr(recurrence_gpu, "provenance", lambda: {"recurrence": "torch", "fallback": f"{FALLBACK}: a test"})
    monkeypatch.setattr(GpuPacks, "of_this_process", lambda deadline, noting: GpuPacks("cpu:0", deadline, noting))
    for item in (GOOD, LSTMS):
        run.judge(item)
    _, page, remarks = run.report(Registry(bare_papers([GOOD, LSTMS])), {GOOD.id, LSTMS.id}, {}, tmp_path / "report")
    assert [line for line in remarks if line.startswith(FALLBACK)] == [f"{FALLBACK}: a test"]
    assert f"{FALLBACK}: a test" in page.read_text().replace("&#39;", "'")
