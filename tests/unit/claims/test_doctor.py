"""``rin-claims doctor``: a line a part, exit code 1 where something is broken and 0 where something is only absent."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from claims import papers
from claims.cli import main
from claims.commands import doctor
from claims.commands.doctor import Finding
from reproductions.recurrence import build
from reproductions.store import environment

PARTS = ["processor", "compiler", "kernels", "torch", "GPU", "data sets", "speech", "store", "disk"]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No profile is timed, and the store is empty."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RIN_CLAIMS_STORE", str(tmp_path / "store"))
    monkeypatch.setattr(doctor, "price", lambda profile, store: Finding(profile, "works", "priced"))
    environment.cuda.cache_clear()


def findings(capsys: pytest.CaptureFixture[str], code: int = 0) -> dict[str, tuple[str, str]]:
    assert main(["doctor", "--json"]) == code
    rows = json.loads(capsys.readouterr().out)
    assert [row["part"] for row in rows][: len(PARTS)] == PARTS
    assert [row["part"] for row in rows][len(PARTS) :] == list(papers.registry().profiles)
    return {row["part"]: (row["state"], row["said"]) for row in rows}


def test_a_sound_machine_has_nothing_broken(capsys: pytest.CaptureFixture[str]) -> None:
    found = findings(capsys)
    assert "broken" not in {state for state, _ in found.values()}
    assert found["kernels"][1].split(";")[0].endswith("outputs and gradients agree with double precision")
    assert str(torch.__version__) in found["torch"][1]
    assert main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0][2:].strip() for line in lines][: len(PARTS)] == PARTS


def test_kernels_that_compute_something_else_are_broken(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("reproductions.guards.recurrences.fast_backward_is_reference", lambda seed: "the gradient is wrong")
    state, said = findings(capsys, 1)["kernels"]
    assert (state, said.partition(": ")[2]) == ("broken", "the gradient is wrong")


def test_a_check_that_fails_is_one_line_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def fails() -> Finding:
        raise RuntimeError("no\nprocessor")

    monkeypatch.setattr(doctor, "processor", fails)
    assert findings(capsys, 1)["processor"] == ("broken", "no processor")


def test_a_machine_without_a_compiler_or_data_sets_is_told_and_is_not_broken(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def none() -> tuple[str, ...]:
        raise build.BuildError("there is no C++ compiler")

    monkeypatch.setattr(build, "find_compiler", none)
    row = {"dataset": "mnist", "file": "t10k", "where": None, "state": "missing", "problem": None}
    monkeypatch.setattr("reproductions.datasets.status", lambda: [row])
    found = findings(capsys)
    assert found["compiler"][0] == "absent"
    assert found["data sets"] == ("absent", "mnist not here, which smoke does without; `rin-claims data fetch mnist` downloads it")


@pytest.mark.parametrize(
    ("engine", "corpus", "state", "said"),
    [
        (
            "espeakng_loader",
            "/timit",
            "works",
            "compact labels what eSpeak NG synthesises, which is here; paper labels TIMIT, which is here",
        ),
        (
            None,
            "/timit",
            "absent",
            "synthesises: the speech synthesiser espeakng_loader is not installed; `pip install 'rin-claims[speech]'`",
        ),
        ("espeakng_loader", None, "absent", "; paper labels TIMIT, which is not here; TIMIT is licensed (LDC93S1"),
    ],
)
def test_the_speech_that_claims_need_has_a_line_with_the_way_to_get_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], engine: str | None, corpus: str | None, state: str, said: str
) -> None:
    rows = [{"dataset": "timit", "where": corpus}, {"dataset": "speech", "where": engine}]
    monkeypatch.setattr("reproductions.optional_data.status", lambda: rows)
    found = findings(capsys)["speech"]
    assert found[0] == state
    assert said in found[1]


@pytest.mark.parametrize(
    ("warning", "said"),
    [
        (
            "CUDA initialization: The NVIDIA driver on your system is too old (found version 11040). Please update your GPU driver.",
            f"the NVIDIA driver (CUDA 11.4) is too old for torch {torch.__version__}",
        ),
        ("CUDA unknown error", "torch cannot use CUDA (CUDA unknown error)"),
    ],
)
def test_a_gpu_that_cannot_be_used_is_broken_and_says_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], warning: str, said: str
) -> None:
    import warnings

    def unavailable() -> bool:
        warnings.warn(warning, stacklevel=1)
        return False

    monkeypatch.setattr(torch.cuda, "is_available", unavailable)
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    assert environment.cuda() == (False, said)
    state, line = findings(capsys, 1)["GPU"]
    assert (state, line) == ("broken", f"{said}; full runs take compact on the CPU until it is mended")
    environment.cuda.cache_clear()


def test_every_profile_is_priced_by_what_the_store_lacks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.undo()
    made = SimpleNamespace(
        missing=(SimpleNamespace(trial=1), SimpleNamespace(trial=2)), trials=(1, 2, 3), seconds=lambda timed: [60.0, 60.0]
    )
    monkeypatch.setattr("claims.run.plan.plan", lambda *given: made)
    monkeypatch.setattr("reproductions.running.timings.calibrated", lambda trials, folder: None)
    monkeypatch.setattr("reproductions.running.process.cores", lambda: 2)
    found = doctor.price("smoke", SimpleNamespace(folder=tmp_path))  # type: ignore[arg-type]
    assert found == Finding("smoke", "works", "2 of 3 trials to train: about 2 min of one core, 60 s on 2 cores")


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({"kernels": "triton", "problem": ""}, ("works", "H200: fused kernels agree with double precision")),
        ({"kernels": "torch", "problem": "no Triton"}, ("works", "H200: torch's own kernels train the packs, because no Triton")),
        ({"kernels": None, "problem": "wrong numbers"}, ("broken", "H200: wrong numbers")),
    ],
)
def test_the_kernels_of_a_gpu_are_those_that_its_check_believes(monkeypatch: pytest.MonkeyPatch, found, expected) -> None:
    monkeypatch.setattr("reproductions.running.gpu_check.status", lambda: {"device": "H200", **found})
    assert doctor.gpu_kernels() == expected
