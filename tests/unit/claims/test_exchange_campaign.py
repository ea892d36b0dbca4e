"""A campaign of short slices on fresh machines loses nothing: unfinished trials travel with their states."""

from __future__ import annotations

import base64
import dataclasses
import functools
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from exchange_samples import run
from report_samples import BASE, claim

from claims import papers
from claims.json_data import encode
from claims.judging.judge import judge_claim
from claims.kinds import Greater
from claims.model import Arm
from claims.paper import Registry, bare_papers
from reference_results import ReferenceDataError, admitted
from reference_results.recorded import line_of, sha256
from reproductions.checkpoint import CheckpointFile
from reproductions.recipes import Adding, Network, Optimizer, Recipe, Training
from reproductions.running.deadline import OutOfTime
from reproductions.running.executor import LocalExecutor, default_run
from reproductions.store import environment, exchange, fingerprint
from reproductions.store.outcomes import Store
from reproductions.trials import Outcome, Trial

SLICES, UPDATES, UPDATES_A_SLICE = 10, 40, 16
RIN, IRNN = (Training("smoke", Adding(6, 40, 20), Network(cell, 1, 8), Optimizer("adam", 1e-2), 16, UPDATES, 4) for cell in ("rin", "irnn"))
CLAIM = claim(
    "rin-2018/adding/rin-better/T6",
    Greater(**BASE | {"metric": "test_mse"}, better="rin", worse="irnn", smallest_effect=0.1),
    arms={"smoke": (Arm("rin", (RIN,)), Arm("irnn", (IRNN,)))},
    seeds={"smoke": 2},
)
TRIALS = [Trial(recipe, seed) for recipe in (RIN, IRNN) for seed in (0, 1)]


class Slice:
    """A deadline that passes after so many updates, whatever the clock says."""

    def __init__(self, updates: int) -> None:
        self._left = updates

    def passed(self) -> bool:
        self._left -= 1
        return self._left < 0

    def startable(self, trials: Any) -> Any:
        return trials if self._left > 0 else []


def train(folder: Path, updates: int = 10**9) -> bool:
    """Trains what the store lacks, for one slice; says whether nothing is left."""
    deadline: Any = Slice(updates)
    executor = LocalExecutor(Store(folder), functools.partial(default_run, deadline=deadline), deadline=deadline)
    try:
        executor.ensure(TRIALS)
    except OutOfTime:
        return False
    return True


def verdict(folder: Path) -> str:
    store = Store(folder)

    def lookup(recipe: Recipe, seed: int) -> Outcome:
        return store.get(Trial(recipe, seed)) or pytest.fail("lost")

    return json.dumps(encode(dataclasses.asdict(judge_claim(CLAIM, "smoke", lookup, {}).verdict)))


def measured(outcome: Outcome | None) -> Any:
    assert outcome is not None
    return {**dataclasses.asdict(outcome), "seconds": 0, "provenance": None}


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(papers, "registry", lambda: Registry(bare_papers([CLAIM])))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Makes this a machine of another name, as its provenance says."""
    software = environment._software

    def rename(name: str) -> None:
        monkeypatch.setattr(environment, "_software", lambda root: {**software(root), "platform": name})

    return rename


# --- Slices ---


def test_ten_slices_on_fresh_machines_give_the_bytes_of_one_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], machine: Callable[[str], None]
) -> None:
    done = []
    for number in range(SLICES):
        machine(f"machine {number}")
        folder = tmp_path / f"store {number}"
        if number:
            assert run(capsys, "import", f"{number - 1}.jsonl", store=folder)[::2] == (0, "")
        done.append(train(folder, UPDATES_A_SLICE))
        assert run(capsys, "export", f"{number}.jsonl", "--checkpoints", store=folder)[::2] == (0, "")
    assert done == [*[False] * (SLICES - 1), True]  # every slice was needed
    train(tmp_path / "whole")
    whole, last = Store(tmp_path / "whole"), Store(folder)
    assert [measured(last.get(trial)) for trial in TRIALS] == [measured(whole.get(trial)) for trial in TRIALS]
    assert verdict(folder) == verdict(tmp_path / "whole")
    trained = [(last.get(trial) or pytest.fail("lost")).provenance for trial in TRIALS]
    machines = [[one["platform"] for one in (*made.get("earlier", ()), made)] for made in trained]
    assert sorted({name for names in machines for name in names}) == [f"machine {number}" for number in range(SLICES)]
    assert all(names == sorted(names) for names in machines)
    assert all(made["started"] <= made["ended"] for made in trained)


def test_a_trial_that_went_on_where_it_was_names_no_earlier_machine(tmp_path: Path) -> None:
    while not train(tmp_path, UPDATES_A_SLICE):
        pass
    assert all("earlier" not in (Store(tmp_path).get(trial) or pytest.fail("lost")).provenance for trial in TRIALS)


def test_the_state_that_is_further_is_the_one_to_go_on_from(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, updates in (("short", 5), ("long", 9)):
        train(tmp_path / name, updates)
        run(capsys, "export", f"{name}.jsonl", "--checkpoints", store=tmp_path / name)
    for file, store, counted, position in (("long", "short", (1, 0), 10), ("short", "long", (0, 1), 10)):
        _, out, _ = run(capsys, "import", f"{file}.jsonl", "--json", store=tmp_path / store)
        assert (json.loads(out)["begun"], json.loads(out)["begun_kept"]) == counted
        assert CheckpointFile(Store(tmp_path / store).checkpoint_path(TRIALS[0])).position() == position


def test_a_trial_that_is_done_or_that_a_process_trains_takes_no_state(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train(tmp_path / "begun", 5)
    run(capsys, "export", "begun.jsonl", "--checkpoints", store=tmp_path / "begun")
    train(tmp_path / "done")
    _, out, _ = run(capsys, "import", "begun.jsonl", "--json", store=tmp_path / "done")
    assert json.loads(out) == {"new": 0, "kept": 0, "differing": 0, "begun": 0, "begun_kept": 1}
    assert not list((tmp_path / "done" / "checkpoints").iterdir())
    store = Store(tmp_path / "busy")
    with store.lease(TRIALS[0]):
        _, out, _ = run(capsys, "import", "begun.jsonl", "--json", store=store.folder)
    assert json.loads(out)["begun_kept"] == 1
    assert not store.checkpoint_path(TRIALS[0]).exists()


# --- Files ---


@pytest.fixture
def file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A campaign of one finished trial and one begun."""
    train(tmp_path / "full", UPDATES + 5)
    code, out, err = run(capsys, "export", "campaign.jsonl", "--checkpoints", store=tmp_path / "full")
    assert (code, out, err) == (0, "1 draw of 1 recipe and 1 unfinished trial written to campaign.jsonl\n", "")
    return Path("campaign.jsonl")


def payloads(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line)["payload"] for line in path.read_text().splitlines()]


def write(path: Path, lines: list[Mapping[str, Any]]) -> None:
    path.write_text("".join(map(line_of, lines)))


def test_what_comes_in_is_what_went_out(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "import", str(file), store=tmp_path / "other")
    lines = ["1 trial imported, 0 in the store already and kept", "1 unfinished trial imported, 0 as far here already and kept"]
    assert (code, out.splitlines(), err) == (0, lines, "")
    full, other = Store(tmp_path / "full"), Store(tmp_path / "other")
    received = other.get(TRIALS[0])
    assert received.provenance.pop("imported").startswith(f"from {file.name} on 20")
    assert received == full.get(TRIALS[0])
    assert other.checkpoint_path(TRIALS[1]).read_bytes() == full.checkpoint_path(TRIALS[1]).read_bytes()
    run(capsys, "export", "again.jsonl", "--checkpoints", store=tmp_path / "other")
    assert Path("again.jsonl").read_bytes() == file.read_bytes()


def test_without_the_option_states_stay_and_all_seeds_are_asked_for(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "export", "draws.jsonl", store=tmp_path / "full")
    assert len(payloads(Path("draws.jsonl"))) == 1
    assert "lacks seed 1" in run(capsys, "import", "draws.jsonl", store=tmp_path / "other")[2]


def test_the_record_of_this_project_takes_no_unfinished_trial(file: Path) -> None:
    with pytest.raises(ReferenceDataError, match=r"unknown field|has no field"):
        admitted(file.read_text(), str(file), {})


def other_state(payload: dict[str, Any]) -> None:
    """Puts the state of seed 0 where seed 1 is asked for."""
    payload["seed"] = 0


def altered(payload: dict[str, Any]) -> None:
    content = bytearray(base64.b64decode(payload["state"]))
    del content[len(content) // 2 :]
    payload["state"] = base64.b64encode(bytes(content)).decode()


def of_another_recipe(payload: dict[str, Any]) -> None:
    payload["recipe"]["updates"] = 50
    payload["digest"] = sha256(payload["recipe"])


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda p: p.update(fingerprint="0" * 64), "made by other numerics code (fingerprint 0000000000000000, here "),
        (of_another_recipe, "belongs to no claim of this version"),
        (other_state, "holds the state of another trial"),
        (altered, "holds no state that this torch reads"),
        (lambda p: p.update(state="?"), "the state is no base64"),
        (lambda p: p.update(seed=10_001), "seed 10001 is a pilot seed"),
        (lambda p: p.update(update=41), "has a state after 41 updates, and its recipe trains 40"),
        (lambda p: p.update(update=3), "says another update or other machines than its state"),
        (lambda p: p.update(made_by=[]), "does not say which machines made the state"),
        (lambda p: p["made_by"][0].pop("cpu"), "the provenance lacks the processor"),
        (lambda p: p["made_by"][0].update(torch_threads="1"), "(provenance.torch_threads: '1' is no"),
        (lambda p: p["made_by"][0]["precision"].update(float32_matmul="medium"), "float32_matmul = medium"),
        (lambda p: p.pop("update"), "has no field 'update'"),
        (lambda p: p.update(more=1), "has the unknown field 'more'"),
    ],
)
def test_one_bad_state_refuses_the_file_in_one_line(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], change: Callable[[dict[str, Any]], Any], complaint: str
) -> None:
    *before, state = payloads(file)
    change(state)
    write(file, [*before, state])
    assert complaint in refused(capsys, file, tmp_path)


def refused(capsys: pytest.CaptureFixture[str], file: Path, tmp_path: Path) -> str:
    """The one line that refuses a file, of which nothing was taken."""
    code, out, err = run(capsys, "import", str(file), store=tmp_path / "other")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"rin-claims: error: {file}")
    assert err.endswith(f"; nothing of {file} was imported\n")
    status = Store(tmp_path / "other").status()
    assert (status["entries"], status["checkpoints"]) == (0, 0)
    return err


def test_a_flipped_bit_breaks_the_checksum(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = file.read_text()
    place = text.index('"state":"') + 400
    file.write_text(text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :])
    assert "line 3: does not match its checksum" in refused(capsys, file, tmp_path)


@pytest.mark.parametrize("kept", [1, 2])
def test_a_file_cut_off_between_two_lines_is_noticed(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], kept: int) -> None:
    write(file, payloads(file)[:kept])
    assert f"announces 1 draws and 1 states and holds {kept - 1} draws and 0 states" in refused(capsys, file, tmp_path)


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        (lambda first, draw, state: [draw, state], "no line before it announces a campaign"),
        (lambda first, draw, state: [first, draw, state, state], "repeats the trial of line 3"),
        (lambda first, draw, state: [{"campaign": {"draws": "1", "states": 1}}, draw, state], "not in whole numbers"),
        (lambda first, draw, state: [{"campaign": {"draws": 1}}, draw, state], "has no field 'states'"),
    ],
)
def test_the_lines_of_a_campaign_are_in_order(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], lines: Callable[..., list[Mapping[str, Any]]], complaint: str
) -> None:
    write(file, lines(*payloads(file)))
    _, _, err = run(capsys, "import", str(file), store=tmp_path / "other")
    assert complaint in err
    assert Store(tmp_path / "other").status()["entries"] == 0


def test_a_state_of_other_gpu_kernels_does_not_go_on(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint = CheckpointFile(Store(tmp_path / "full").checkpoint_path(TRIALS[1]))
    state = checkpoint.load()
    assert state is not None
    made_by = [{**checkpoint.made_by[0], "gpu_numerics": "0" * 64}]
    checkpoint.save({**state, "made_by": made_by})
    _, out, err = run(capsys, "export", "old.jsonl", "--checkpoints", store=tmp_path / "full")
    assert "was made by other GPU kernels than those of this version; it stays here and is not exported" in err
    assert "1 draw of 1 recipe and 0 unfinished trials" in out
    assert checkpoint.load() is None
    assert "other GPU kernels" in checkpoint.reports[0]
    with monkeypatch.context() as patched:
        patched.setattr(exchange, "is_of_these_gpu_kernels", lambda made_by: True)
        checkpoint.save({**state, "made_by": made_by})
        run(capsys, "export", "old kernels.jsonl", "--checkpoints", store=tmp_path / "full")
    assert "other GPU kernels" in refused(capsys, Path("old kernels.jsonl"), tmp_path)


def test_a_state_that_does_not_say_who_made_it_stays(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checkpoint = CheckpointFile(Store(tmp_path / "full").checkpoint_path(TRIALS[1]))
    checkpoint.save(checkpoint.load() or {})
    _, _, err = run(capsys, "export", "old.jsonl", "--checkpoints", store=tmp_path / "full")
    assert err.count("\n") == 1
    assert "does not say which machines made it" in err


def test_a_checkpoint_of_another_trial_is_set_aside_in_one_line_and_its_trial_begins_anew(file: Path, tmp_path: Path) -> None:
    store = Store(tmp_path / "mixed")
    store.checkpoint_path(TRIALS[0]).write_bytes(Store(tmp_path / "full").checkpoint_path(TRIALS[1]).read_bytes())
    LocalExecutor(store).ensure(TRIALS[:1])
    (line,) = store.reports
    assert "holds the state of another trial; it was set aside as " in line
    assert line.endswith(" and its trial starts from the beginning")
    assert measured(store.get(TRIALS[0])) == measured(Store(tmp_path / "full").get(TRIALS[0]))


def test_a_damaged_state_is_set_aside_and_not_exported(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Store(tmp_path / "full").checkpoint_path(TRIALS[1]).write_bytes(b"hello")
    code, out, err = run(capsys, "export", "damaged.jsonl", "--checkpoints", store=tmp_path / "full")
    assert (code, err.count("\n")) == (0, 1)
    assert "0 unfinished trials" in out
    assert "set aside" in err


def test_an_empty_store_has_no_campaign(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "export", "none.jsonl", "--checkpoints", store=tmp_path / "empty")
    assert code == 2
    assert "has none of the 4 trials wanted" in err


def test_the_fingerprint_of_a_state_is_that_of_the_present_code(file: Path) -> None:
    assert payloads(file)[2]["fingerprint"] == fingerprint.recipe_fingerprint(RIN)
