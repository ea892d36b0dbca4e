"""``rin-claims store train`` and ``export --seeds``: a record may hold more seeds than the claims ask for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from exchange_samples import CLAIMS, IRNN, RIN, TRIALS, outcome, run
from report_samples import TABLE

from claims import papers
from claims.paper import Registry, bare_papers
from claims.run.demands import demanded_trials
from claims.run.recording import make, trials_to_record
from reference_results.recorded import text_of_draws
from reproductions.recipe_data import digest
from reproductions.store.outcomes import Store
from reproductions.trials import Trial


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A store with seeds 0 to 5 of both trainings of three claims, under a registry of these claims and an empty working directory."""
    monkeypatch.setattr(papers, "registry", lambda: Registry(bare_papers(CLAIMS)))
    monkeypatch.chdir(tmp_path)
    full = Store(tmp_path / "full")
    for recipe in (RIN, IRNN):
        for seed in range(6):
            full.put(Trial(recipe, seed), outcome(Trial(recipe, seed)))
    return tmp_path / "full"


def test_a_record_has_the_seeds_that_claims_demand_and_as_many_of_each_training_as_asked_for() -> None:
    assert set(trials_to_record(CLAIMS, ["smoke"])) == set(TRIALS)
    assert set(trials_to_record(CLAIMS, ["smoke"], 5)) == {Trial(recipe, seed) for recipe in (RIN, IRNN) for seed in range(5)}
    assert set(trials_to_record(CLAIMS, ["smoke"], 1)) == set(TRIALS)
    assert trials_to_record(CLAIMS, ["paper"], 5) == ()


@pytest.mark.parametrize(("seeds", "rin", "irnn"), [((), 3, 2), (("--seeds", "4"), 4, 4), (("--seeds", "9"), 6, 6)])
def test_an_export_takes_along_the_stored_seeds_that_are_asked_for(
    seeds: tuple[str, ...], rin: int, irnn: int, store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = run(capsys, "export", "draws.jsonl.gz", *seeds, store=store)
    assert (code, err) == (0, "")
    payloads = [json.loads(line)["payload"] for line in text_of_draws(tmp_path / "draws.jsonl.gz").splitlines()]
    found = {digest(recipe): sorted(one["seed"] for one in payloads if one["digest"] == digest(recipe)) for recipe in (RIN, IRNN)}
    assert found == {digest(RIN): list(range(rin)), digest(IRNN): list(range(irnn))}
    code, out, _ = run(capsys, "import", "draws.jsonl.gz", "--json", store=tmp_path / "other")
    assert (code, json.loads(out)["new"]) == (0, rin + irnn)


def test_what_is_stored_is_not_trained_again(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.read_bytes() for path in store.rglob("*.json")}
    code, out, _ = run(capsys, "train", "--profile", "smoke", "--seeds", "6", "--json", store=store)
    assert (code, json.loads(out)) == (0, {"folder": str(store), "trials": 12, "trained": 0})
    assert {path: path.read_bytes() for path in store.rglob("*.json")} == before


@pytest.mark.parametrize("seeds", ["0", "10001", "few"])
def test_a_number_of_seeds_that_is_none_or_reaches_the_pilot_seeds_is_refused_in_a_line(
    seeds: str, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, "train", "--seeds", seeds, store=store)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "--seeds" in err
    assert seeds in err


def test_claims_without_trials_are_named_with_the_remedy(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "train", "--claim", TABLE.claim.id, "--profile", "smoke", store=store)
    assert code == 2
    assert len(err.splitlines()) == 1
    assert "--claim" in err


def test_processes_make_the_missing_trials_and_the_first_error_is_raised(tmp_path: Path) -> None:
    claims = [claim for claim in papers.all_claims() if claim.id.startswith("irnn-2015/formal/")]
    trials = demanded_trials(claims, ["smoke"])  # probes of a few milliseconds
    assert set(make(trials, tmp_path / "store", 2)) == set(trials)
    assert all(Store(tmp_path / "store").has(trial) for trial in trials)
