"""``rin-claims store equivalent``: a row of the ledger rests on trials made again."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from report_samples import BASE, claim, training

from claims import papers
from claims.cli import main
from claims.commands import equivalent as command
from claims.kinds import Below
from claims.model import Arm
from claims.paper import Registry, bare_papers
from claims.run import equivalence, retrained, stored
from reference_results import Draw
from reference_results.equivalent_code import equivalent_code, parse_equivalent_code
from reference_results.recorded import dumps
from reproductions.checkpoint import CheckpointFile
from reproductions.recipe_data import as_data
from reproductions.recipes import Adding, Probe, Recipe
from reproductions.running.executor import default_run
from reproductions.store.definitions import Module, module
from reproductions.store.fingerprint import recipe_fingerprint
from reproductions.store.outcomes import outcome_as_data
from reproductions.trials import Trial

RIN = dataclasses.replace(training("rin"), task=Adding(6, 40, 20), updates=8, evaluations=2)
TIME = Probe("any", "step-cost")
OLD = "0" * 64


def demand(recipe: Recipe, profile: str, seeds: int) -> Any:
    prediction = Below(**BASE, arm="rin", threshold=0.1)
    name = recipe.name if isinstance(recipe, Probe) else "rin"
    return claim(f"rin-2018/adding/low/{name}", prediction, arms={profile: (Arm("rin", (recipe,)),)}, seeds={profile: seeds})


def draw(recipe: Recipe, seed: int, folder: Path, **changes: Any) -> Draw:
    outcome = outcome_as_data(default_run(Trial(recipe, seed), CheckpointFile(folder / "x.pt")), "x")
    return Draw(as_data(recipe), seed, OLD, {**outcome, **changes})


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder with two recorded draws of older code, under a registry of one claim and an empty ledger."""
    monkeypatch.setattr(papers, "registry", lambda: Registry(bare_papers((demand(RIN, "smoke", 2), demand(TIME, "smoke", 1)))))
    monkeypatch.setattr("reference_results.equivalent_code.equivalent_code", tuple)
    monkeypatch.chdir(tmp_path)
    Path("draws.jsonl").write_text(dumps([draw(RIN, 0, tmp_path, seconds=9.0), draw(RIN, 1, tmp_path, seconds=2.0)]))
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    code = main(["store", "equivalent", *argv])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_the_cheapest_draw_of_a_pair_is_made_again_and_its_row_says_what_was_compared(
    world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, "draws.jsonl", "--csv")
    (row,) = parse_equivalent_code(out)
    assert (code, row.old, row.new, row.what) == (0, OLD, recipe_fingerprint(RIN), "adding T=6, rin, adam")
    assert row.evidence.startswith(f"trial {Trial(RIN, 1).address}, 8 updates, bit-identical on ")
    assert ", torch 2" in row.evidence
    assert err == f"rin-claims: 1 of 1: adding T=6, rin, adam: {row.evidence}\n"
    assert run(capsys, "draws.jsonl")[1] == "1 pair of fingerprints compared, 0 without a row\n"


def test_rows_that_are_there_are_not_made_again(world: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    _, rows, _ = run(capsys, "draws.jsonl", "--csv")
    Path("rows.csv").write_text(rows)
    monkeypatch.setattr(equivalence, "default_run", None)  # nothing may be made
    assert run(capsys, "draws.jsonl", "--csv", "--have", "rows.csv") == (0, rows, "")


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (lambda outcome: outcome["metrics"].update(train_loss=outcome["metrics"]["train_loss"] * (1 + 2**-52)), "metrics"),
        (lambda outcome: outcome["curves"]["train_loss"].reverse(), "curves"),
        (lambda outcome: outcome.update(status="converged"), "status"),
        (lambda outcome: outcome.update(updates=7), "updates"),
    ],
)
def test_a_difference_is_exit_code_1_a_line_and_no_row(world: Path, capsys: pytest.CaptureFixture[str], change: Any, name: str) -> None:
    one = draw(RIN, 1, world, seconds=2.0)
    change(one.outcome)
    Path("draws.jsonl").write_text(dumps([draw(RIN, 0, world, seconds=9.0), one]))
    code, out, err = run(capsys, "draws.jsonl", "--csv")
    assert (code, parse_equivalent_code(out)) == (1, ())
    assert f"trial {Trial(RIN, 1).address} differs from its recorded draw in {name}" in err


def test_a_diverged_draw_stands_for_a_pair_only_where_there_is_no_other(world: Path) -> None:
    diverged = Draw(as_data(RIN), 2, OLD, {"status": "diverged", "seconds": 0.1})
    found = [Draw(as_data(RIN), 0, OLD, {"status": "budget", "seconds": 9.0}), diverged]
    recipes = {diverged.digest: RIN}
    assert [pair.trial.seed for pair in equivalence.pairs(found, recipes, {})] == [0]
    assert [pair.trial.seed for pair in equivalence.pairs([diverged], recipes, {})] == [2]
    assert equivalence.pairs(found, recipes, {recipe_fingerprint(RIN): (OLD,)}) == []
    assert equivalence.pairs(found, {}, {}) == []


def test_a_probe_that_measures_time_is_equivalent_where_it_reaches_what_it_reached(
    world: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("time.jsonl").write_text(dumps([draw(TIME, 0, world)]))
    monkeypatch.setattr(equivalence, "_at", lambda commit, name: module(name))
    code, out, err = run(capsys, "time.jsonl", "--csv")
    assert code == 0, err
    (row,) = parse_equivalent_code(out)
    assert "measures time, which no two runs share" in row.evidence

    def without_time_ratios(commit: str, name: str) -> Module:
        own = module(name)
        if not name.endswith("step_cost"):
            return own
        other = object.__new__(Module)
        other.statements = {key: value for key, value in own.statements.items() if key != "time_ratios"}
        return other

    monkeypatch.setattr(equivalence, "_at", without_time_ratios)
    code, out, err = run(capsys, "time.jsonl", "--csv")
    assert (code, parse_equivalent_code(out)) == (1, ())
    assert "measures time, and time_ratios read otherwise at commit" in err


def test_draws_of_code_in_the_ledger_are_imported_kept_as_they_are_and_found(
    world: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = ["--claims-store", str(world / "store")]
    assert main(["store", "import", "draws.jsonl", *store]) == 2
    assert "made by other numerics code" in capsys.readouterr().err
    rows = parse_equivalent_code(run(capsys, "draws.jsonl", "--csv")[1])
    monkeypatch.setattr(stored, "equivalent_code", lambda: rows)
    assert main(["store", "import", "draws.jsonl", *store]) == 0
    assert main(["store", "export", "again.jsonl", *store]) == 0
    assert Path("again.jsonl").read_text() == Path("draws.jsonl").read_text()
    capsys.readouterr()
    assert main(["plan", "--profile", "smoke", *store]) == 0
    assert "stored, admitted as identical" in capsys.readouterr().out
    assert main(["store", "gc", "--stale", "--dry-run", *store]) == 0
    assert "outcome of other code" not in capsys.readouterr().out
    monkeypatch.setattr(stored, "equivalent_code", tuple)  # a row that is taken back takes its outcomes with it
    assert main(["plan", "--profile", "smoke", *store]) == 0
    assert "the numerics code changed" in capsys.readouterr().out


def test_draws_that_no_longer_come_out_the_same_are_admitted_as_equivalent_where_that_is_asked_for(
    world: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    prediction = Below(**{**BASE, "metric": "test_mse"}, arm="rin", threshold=0.1)
    trained = claim("rin-2018/adding/low/rin", prediction, arms={"smoke": (Arm("rin", (RIN,)),)}, seeds={"smoke": 6})
    monkeypatch.setattr(papers, "registry", lambda: Registry(bare_papers((trained,))))
    monkeypatch.setattr(retrained, "cores", lambda: 1)
    old = [draw(RIN, seed, world) for seed in range(6)]
    for one in old:
        one.outcome["metrics"]["test_mse"] *= 1 + 1e-6  # another rounding
    Path("one.jsonl").write_text(dumps(old))
    code, out, err = run(capsys, "one.jsonl", "--csv")
    assert (code, parse_equivalent_code(out)) == (1, ())
    code, out, err = run(capsys, "one.jsonl", "--csv", "--grade", "equivalent")
    (row,) = parse_equivalent_code(out)
    assert (code, row.old, row.new, row.grade) == (0, OLD, recipe_fingerprint(RIN), "equivalent")
    assert f"({Trial(RIN, 0).address.removesuffix('-0')} seeds 6 to 20 against 6 recorded): not told apart in test_mse" in row.evidence
    monkeypatch.setattr(stored, "equivalent_code", lambda: (row,))
    store = ["--claims-store", str(world / "store")]
    assert main(["store", "import", "one.jsonl", *store]) == 0
    assert main(["store", "export", "again.jsonl", *store]) == 0
    assert Path("again.jsonl").read_text() == Path("one.jsonl").read_text()  # with its own provenance and no other
    assert main(["plan", "--profile", "smoke", *store]) == 0
    assert "stored, admitted as equivalent" in capsys.readouterr().out
    for one in old:
        one.outcome["metrics"]["test_mse"] /= 4
    Path("one.jsonl").write_text(dumps(old))
    code, out, err = run(capsys, "one.jsonl", "--csv", "--grade", "equivalent")
    assert (code, parse_equivalent_code(out)) == (1, ())
    assert "adding T=6, rin, adam: test_mse is told apart (p " in err


def test_the_draws_of_several_files_are_taken_together(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("more.jsonl").write_text(dumps([draw(RIN, 0, world, seconds=0.5), draw(RIN, 1, world, seconds=1.0)]))
    _, out, _ = run(capsys, "draws.jsonl", "more.jsonl", "--csv")
    (row,) = parse_equivalent_code(out)
    assert row.evidence.startswith(f"trial {Trial(RIN, 0).address}, ")


def test_first_losses_are_compared_where_both_have_them(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = [draw(RIN, seed, world) for seed in (0, 1)]
    for one in old:
        del one.outcome["first_losses"]
    Path("old.jsonl").write_text(dumps(old))
    assert run(capsys, "old.jsonl")[0] == 0
    for one in (other := [draw(RIN, seed, world) for seed in (0, 1)]):
        one.outcome["first_losses"]["gradient_norm"][0] *= 1 + 2**-40
    Path("other.jsonl").write_text(dumps(other))
    code, _, err = run(capsys, "other.jsonl")
    assert code == 1
    assert "differs from its recorded draw in first_losses" in err


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("draws.jsonl", "--grade", "similar"), "similar"),
        (("draws.jsonl", "lost.jsonl"), "lost.jsonl cannot be read"),
        (("lost.jsonl",), "lost.jsonl cannot be read"),
        (("draws.jsonl", "--have", "lost.csv"), "lost.csv cannot be read"),
        (("draws.jsonl", "--have", "draws.jsonl"), "draws.jsonl: the header must read old,new,grade,what,date,evidence"),
        (("draws.jsonl", "--profile", "smok"), "no profile 'smok'; did you mean smoke?"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(world: Path, capsys: pytest.CaptureFixture[str], argv: tuple[str, ...], said: str) -> None:
    code, out, err = run(capsys, *argv)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert said in err
    assert command.KEYS.split(", ") == list(dataclasses.asdict(equivalent_code()[0]))
