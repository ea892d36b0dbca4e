"""``rin-claims store export`` and ``import``: draws travel from one store to another whole, or not at all."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from exchange_samples import BETTER, CLAIMS, IRNN, LEVEL, RIN, TRIALS, outcome, run

from claims import papers
from claims.judging.looks import first_look
from claims.paper import Registry, bare_papers
from claims.run.demands import demanded_trials, demands, further_trials
from reference_results import Draw
from reference_results.recorded import dumps
from reproductions.recipe_data import as_data, digest
from reproductions.store.outcomes import Store, outcome_as_data
from reproductions.trials import Trial


@pytest.fixture
def folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[Path, Path]:
    """A full store and the folder of an empty one, under a registry of three claims and an empty working directory."""
    monkeypatch.setattr(papers, "registry", lambda: Registry(bare_papers(CLAIMS)))
    monkeypatch.chdir(tmp_path)
    store = Store(tmp_path / "full")
    for trial in TRIALS:
        store.put(trial, outcome(trial))
    return tmp_path / "full", tmp_path / "empty"


def edit(path: Path, line: int, change: Any) -> None:
    """Changes a draw of a file and signs it again."""
    lines = path.read_text().splitlines()
    payload = json.loads(lines[line])["payload"]
    change(payload)
    payload.pop("digest")
    path.write_text("\n".join([*lines[:line], dumps([Draw(**payload)]).strip(), *lines[line + 1 :]]) + "\n")


def refused(capsys: pytest.CaptureFixture[str], file: str, store: Path) -> list[str]:
    """The refusals of an import, which must have left the store empty."""
    code, out, err = run(capsys, "import", file, store=store)
    assert (code, out) == (2, "")
    assert Store(store).status()["entries"] == 0
    *lines, last = err.splitlines()
    if not lines:  # a single reason stands in the error itself
        assert last.endswith(f"; nothing of {file} was imported")
        return [last]
    assert last.startswith(f"rin-claims: error: nothing of {file} was imported ({len(lines)} refusal")
    assert all(line.startswith("rin-claims: refused: draws.jsonl") for line in lines)
    return lines


# --- What the claims demand ---


def test_a_recipe_must_have_the_seeds_of_every_claim_that_uses_it() -> None:
    found = demands(CLAIMS)
    assert {key: demand.seeds for key, demand in found.items()} == {digest(RIN): {0, 1, 2}, digest(IRNN): {0, 1}}
    assert found[digest(RIN)].recipe == RIN
    assert set(demanded_trials(CLAIMS)) == set(TRIALS)
    assert demanded_trials([BETTER], ["paper"]) == ()
    assert len(demanded_trials([LEVEL], ["smoke", "paper"])) == 3


def test_seeds_beyond_the_first_look_may_be_recorded_and_are_not_demanded(
    monkeypatch: pytest.MonkeyPatch, folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    full, empty = folders
    undecided = dataclasses.replace(LEVEL, arms={"compact": LEVEL.arms["smoke"]}, seeds={"compact": 5})  # looks at 5, 9 and 12
    monkeypatch.setattr(papers, "registry", lambda: Registry(bare_papers([undecided])))
    assert demands([undecided])[digest(RIN)].seeds == set(range(5))
    assert {trial.seed for trial in further_trials([undecided])} == set(range(5, 12))
    assert further_trials([LEVEL]) == ()
    for seed in range(3, 9):
        Store(full).put(Trial(RIN, seed), outcome(Trial(RIN, seed)))
    _, out, _ = run(capsys, "export", "draws.jsonl", "--json", store=full)
    assert json.loads(out) == {"file": "draws.jsonl", "draws": 9, "recipes": 1, "missing": 0, "states": 0}
    _, out, _ = run(capsys, "import", "draws.jsonl", "--json", store=empty)
    assert json.loads(out)["new"] == 9


# --- There and back ---


def test_what_is_exported_from_one_store_is_imported_into_another(folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    full, empty = folders
    code, out, err = run(capsys, "export", "draws.jsonl", store=full)
    assert (code, out, err) == (0, "5 draws of 2 recipes written to draws.jsonl\n", "")
    code, out, err = run(capsys, "import", "draws.jsonl", store=empty)
    assert (code, out, err) == (0, "5 trials imported, 0 in the store already and kept\n", "")
    for trial in TRIALS:
        made, received = (Store(folder).get(trial) for folder in (full, empty))
        assert received.provenance.pop("imported").startswith("from draws.jsonl on 20")
        assert received == made
    assert run(capsys, "export", "again.jsonl", store=empty)[0] == 0
    assert Path("again.jsonl").read_bytes() == Path("draws.jsonl").read_bytes()
    code, out, _ = run(capsys, "import", "draws.jsonl", "--json", store=empty)
    assert (code, json.loads(out)) == (0, {"new": 0, "kept": 5, "differing": 0, "begun": 0, "begun_kept": 0})


def test_several_files_are_imported_together_or_none_of_them(folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    full, empty = folders
    run(capsys, "export", "all.jsonl", store=full)
    run(capsys, "export", "low.jsonl", "--claim", LEVEL.id, store=full)
    Path("cut.jsonl").write_text("".join(Path("low.jsonl").read_text().splitlines(keepends=True)[1:]))
    code, out, err = run(capsys, "import", "all.jsonl", "cut.jsonl", store=empty)
    assert (code, out) == (2, "")
    assert err.startswith("rin-claims: error: cut.jsonl")
    assert err.endswith("; nothing of these files was imported\n")
    assert Store(empty).status()["entries"] == 0
    code, out, _ = run(capsys, "import", "low.jsonl", "all.jsonl", store=empty)
    assert (code, out) == (0, "5 trials imported, 3 in the store already and kept\n")
    assert Store(empty).get(TRIALS[0]).provenance["imported"].startswith("from low.jsonl on 20")


def test_a_file_that_cannot_be_read_makes_no_store(folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    full, empty = folders
    run(capsys, "export", "all.jsonl", store=full)
    code, _, err = run(capsys, "import", "all.jsonl", "lost.jsonl", store=empty)
    assert code == 2
    assert "lost.jsonl cannot be read" in err
    assert not empty.exists()


def test_export_takes_what_the_named_claims_and_profile_rest_on(folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    full, _ = folders
    _, out, _ = run(capsys, "export", "low.jsonl", "--claim", "*rin-low*", "--json", store=full)
    assert json.loads(out) == {"file": "low.jsonl", "draws": 3, "recipes": 1, "missing": 0, "states": 0}
    assert {json.loads(line)["payload"]["digest"] for line in Path("low.jsonl").read_text().splitlines()} == {digest(RIN)}
    code, _, err = run(capsys, "export", "paper.jsonl", "--profile", "paper", store=full)
    assert code == 2
    assert "rest on no trials" in err
    assert not Path("paper.jsonl").exists()


def test_pilot_seeds_and_outcomes_of_other_code_stay_behind(folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    full, _ = folders
    Store(full).put(Trial(RIN, 10_000), outcome(Trial(RIN, 10_000)))
    old = Store(full, lambda recipe: "0" * 64)
    old.put(Trial(RIN, 7), outcome(Trial(RIN, 7)))
    _, out, _ = run(capsys, "export", "draws.jsonl", "--json", store=full)
    assert json.loads(out)["draws"] == 5


def test_an_outcome_in_the_store_is_kept_whatever_the_file_says(folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    full, empty = folders
    run(capsys, "export", "draws.jsonl", store=full)
    own = outcome(TRIALS[0], metrics={"final_mse": 0.5})
    Store(empty).put(TRIALS[0], own)
    code, out, _ = run(capsys, "import", "draws.jsonl", store=empty)
    assert code == 0
    assert out.splitlines() == [
        "4 trials imported, 1 in the store already and kept",
        "1 trial of these with other numbers in the file; those of the store stay",
    ]
    assert Store(empty).get(TRIALS[0]) == own


def test_a_file_may_bring_only_the_seeds_that_the_store_lacks(folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    full, empty = folders
    run(capsys, "export", "draws.jsonl", "--claim", LEVEL.id, store=full)
    first, *rest = Path("draws.jsonl").read_text().splitlines(keepends=True)
    Path("draws.jsonl").write_text("".join(rest))
    (line,) = refused(capsys, "draws.jsonl", empty)
    assert "lacks seed 0 of the 3" in line
    Store(empty).put(TRIALS[0], outcome(TRIALS[0]))
    assert run(capsys, "import", "draws.jsonl", store=empty)[1] == "2 trials imported, 0 in the store already and kept\n"
    assert json.loads(first)["payload"]["seed"] == 0


# --- What is refused ---


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda p: p["outcome"]["provenance"].pop("cpu"), "the provenance lacks the processor"),
        (lambda p: p.update(seed=10_001), "seed 10001 is a pilot seed"),
        (lambda p: p.update(fingerprint="0" * 64), "made by other numerics code (fingerprint 0000000000000000, here "),
        (lambda p: p["recipe"].update(updates=401), "belongs to no claim of this version"),
        (lambda p: p["outcome"]["metrics"].update(final_mse=10**400), "the metrics are not numbers by name (metrics['final_mse']: 1"),
        (lambda p: p["outcome"]["provenance"].update(gpu_numerics=[1]), "(provenance.gpu_numerics: [1] is no str)"),
        (lambda p: p["outcome"].update(seconds=-1e308), "no time (seconds: -1e+308 is less than 0)"),
        (lambda p: p["outcome"].update(updates=10**4000), "the updates are not counted in whole numbers (updates: 1"),
        (lambda p: p["outcome"].update(updates=401), "has updates 401, and its recipe trains 400 updates"),
        (lambda p: p["outcome"]["provenance"].update(git=None), "(provenance.git: "),
    ],
)
def test_a_file_with_one_bad_draw_is_refused_whole(
    folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str], change: Any, complaint: str
) -> None:
    full, empty = folders
    run(capsys, "export", "draws.jsonl", "--claim", LEVEL.id, store=full)
    edit(Path("draws.jsonl"), 1, change)
    lines = refused(capsys, "draws.jsonl", empty)
    assert any(complaint in line for line in lines)


def test_other_code_is_named_with_the_commit_where_the_draw_belongs(folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    full, empty = folders
    run(capsys, "export", "draws.jsonl", "--claim", LEVEL.id, store=full)
    for line in range(3):
        edit(Path("draws.jsonl"), line, lambda payload: payload.update(fingerprint="0" * 64))
    lines = refused(capsys, "draws.jsonl", empty)
    assert len(lines) == 3
    assert all("import it at commit abc123, or keep the file in reference_results/recorded as a record" in line for line in lines)


def test_every_bad_line_has_its_own_refusal(folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    full, empty = folders
    run(capsys, "export", "draws.jsonl", store=full)
    lines = Path("draws.jsonl").read_text().splitlines()
    Path("draws.jsonl").write_text("\n".join([lines[0][:-9], *lines[1:3], "{}", lines[4]]))
    assert ["line 1" in refused(capsys, "draws.jsonl", empty)[0], "line 4" in refused(capsys, "draws.jsonl", empty)[1]] == [True, True]


@pytest.mark.parametrize(
    ("argv", "complaint"),
    [
        (("export", "draws.jsonl", "--claim", "rin-2018/adding/rin-lov/T200"), "did you mean rin-2018/adding/rin-low/T200"),
        (("export", "draws.jsonl", "--profile", "smok"), "no profile 'smok'; did you mean smoke?"),
        (("export", "draws.jsonl", "--claim", "*headline*"), "rest on no trials"),
        (("export", "there.jsonl"), "there.jsonl exists already"),
        (("export", "no/such/folder.jsonl"), "No such file or directory"),
        (("import", "absent.jsonl"), "absent.jsonl cannot be read"),
        (("import", "binary.jsonl"), "binary.jsonl cannot be read"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str], argv: tuple[str, ...], complaint: str
) -> None:
    Path("there.jsonl").write_text("precious")
    Path("binary.jsonl").write_bytes(bytes(range(256)))
    code, out, err = run(capsys, *argv, store=folders[0])
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("rin-claims: error: ")
    assert complaint in err
    assert Path("there.jsonl").read_text() == "precious"


def test_an_empty_store_has_nothing_to_export(folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "export", "draws.jsonl", store=folders[1])
    assert code == 2
    assert "has none of the 5 trials wanted" in err


def test_a_damaged_outcome_is_reported_and_not_exported(folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    full, _ = folders
    Store(full).path(TRIALS[0]).write_text("{}")
    code, out, err = run(capsys, "export", "draws.jsonl", store=full)
    assert code == 0
    assert out.splitlines() == [
        "4 draws of 2 recipes written to draws.jsonl",
        "1 trial not in the store; an import that lacks seeds of a recipe is refused",
    ]
    assert "set aside" in err


def test_the_draws_of_a_claim_of_the_real_registry_are_demanded_under_each_of_its_profiles() -> None:
    real = papers.find("rin-2018/pixel-mnist/small-rin-beats-irnn/sequential/1-100")
    found = demands([real])
    assert {demand.recipe.profile for demand in found.values()} == {"smoke", "compact", "paper"}
    for demand in found.values():
        assert demand.seeds == set(range(first_look(real, demand.recipe.profile)))


def test_outcomes_travel_as_the_data_they_are() -> None:
    data = outcome_as_data(outcome(TRIALS[0]), TRIALS[0].label)
    assert data["curves"] == {"updates": [200, 400]}
    assert Draw(as_data(RIN), 0, "f" * 64, data).digest == digest(RIN)
