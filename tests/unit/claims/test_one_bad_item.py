"""One file among many that cannot be read is one line; the command goes on with the others."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest
from exchange_samples import CLAIMS, TRIALS, outcome, run

from claims import papers
from claims.cli import main
from claims.paper import Registry, bare_papers
from reproductions.checkpoint import CheckpointFile
from reproductions.running import cost
from reproductions.store.outcomes import Store

BAD = (TRIALS[0], TRIALS[3])  # the others are sound
REASONS = {"permissions": errno.EACCES, "a broken disk": errno.EIO}


@pytest.fixture(params=REASONS.values(), ids=REASONS)
def store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Store:
    """A store with an outcome of every trial, two of which the system does not let anybody read."""
    monkeypatch.setattr(papers, "registry", lambda: Registry(bare_papers(CLAIMS)))
    monkeypatch.setattr(cost, "calibrate", lambda trials: cost.Calibration())
    monkeypatch.chdir(tmp_path)
    store = Store(tmp_path / "store")
    for trial in TRIALS:
        store.put(trial, outcome(trial))
    refuse(monkeypatch, [store.path(trial) for trial in BAD], request.param)
    return store


def refuse(monkeypatch: pytest.MonkeyPatch, paths: list[Path], reason: int) -> None:
    real = Path.read_bytes

    def read_bytes(path: Path) -> bytes:
        if path in paths:
            raise OSError(reason, os.strerror(reason))
        return real(path)

    monkeypatch.setattr(Path, "read_bytes", read_bytes)


def named(text: str, store: Store) -> bool:
    """Whether a text has one line for each file that cannot be read, and no other."""
    lines = text.splitlines()
    return len(lines) == len(BAD) and all(
        sum(f"{store.path(trial)} cannot be read (" in line and "; mend its permissions or name another folder" in line for line in lines)
        == 1
        for trial in BAD
    )


def test_verify_names_each_and_fails(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    store.path(TRIALS[4]).write_text("{")
    code, out, err = run(capsys, "verify", store=store.folder)
    *unreadable, damaged = sorted(out.splitlines(), key=lambda line: "set aside" in line)
    assert (code, err) == (1, "")
    assert named("\n".join(unreadable), store)
    assert damaged.startswith(f"{store.path(TRIALS[4])} is truncated or no JSON; it was set aside as ")


@pytest.mark.parametrize("action", [("status",), ("gc", "--stale")], ids=["status", "gc"])
def test_status_and_gc_go_on(store: Store, capsys: pytest.CaptureFixture[str], action: tuple[str, ...]) -> None:
    (store.folder / "outcomes" / "nowhere.json").symlink_to("nowhere")
    code, out, err = run(capsys, *action, "--json", store=store.folder)
    *unreadable, damaged = sorted(err.splitlines(), key=lambda line: "set aside" in line)
    assert code == 0
    assert json.loads(out) is not None
    assert named("\n".join(unreadable), store)
    assert "nowhere.json is a link to nowhere; it was set aside as " in damaged


def test_gc_names_what_it_cannot_remove_and_fails(
    store: Store, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    litter = [store.folder / "outcomes" / f"{name}.json.0.part" for name in "abc"]
    for path in litter:
        path.write_text("half")
    real = Path.unlink

    def unlink(path: Path, missing_ok: bool = False) -> None:
        if path == litter[0]:
            raise PermissionError(errno.EACCES, "Permission denied")
        real(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", unlink)
    code, out, err = run(capsys, "gc", "--json", store=store.folder)
    assert code == 1
    assert [item["path"] for item in json.loads(out) if item["what"] == "unfinished write"] == [str(path) for path in litter[1:]]
    assert sum(f"{litter[0]} cannot be removed (Permission denied)" in line for line in err.splitlines()) == 1


def test_export_takes_the_others(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "export", "draws.jsonl", "--json", store=store.folder)
    assert (code, json.loads(out)["draws"], json.loads(out)["missing"]) == (0, len(TRIALS) - len(BAD), len(BAD))
    assert named(err, store)


def test_import_keeps_the_unreadable_and_takes_the_others(
    store: Store, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    full = Store(tmp_path / "full")
    for trial in TRIALS:
        full.put(trial, outcome(trial))
    assert run(capsys, "export", "draws.jsonl", store=full.folder)[0] == 0
    os.unlink(store.path(TRIALS[1]))
    code, out, err = run(capsys, "import", "draws.jsonl", "--json", store=store.folder)
    assert (code, json.loads(out)) == (0, {"new": 1, "kept": 4, "differing": 0, "begun": 0, "begun_kept": 0})
    assert named(err, store)


def test_plan_shows_every_trial(store: Store, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    os.unlink(store.path(TRIALS[4]))
    saved = store.checkpoint_path(TRIALS[4])
    CheckpointFile(saved).save({"update": 3})
    saved.unlink()
    saved.symlink_to(saved.name)  # a link to itself: no user can read it
    code = main(["plan", "--json", "--claims-store", str(store.folder)])
    captured = capsys.readouterr()
    rows = {row["trial"]: (row["state"], row["why"]) for row in json.loads(captured.out)["trials"]}
    assert code == 0
    assert set(rows) == {trial.address for trial in TRIALS}
    assert [rows[trial.address] for trial in BAD] == [("to train", "its outcome cannot be read")] * 2
    assert rows[TRIALS[4].address] == ("to train", "its checkpoint cannot be read")
    *lines, _ = sorted(captured.err.splitlines(), key=lambda line: str(saved) in line)
    assert named("\n".join(lines), store)


@pytest.mark.parametrize("name", ["old.tex", "figures/old.svg"])
def test_a_report_is_written_beside_what_cannot_be_read(world_report: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    for kind in (Path.mkdir, lambda path: path.symlink_to(path.name), lambda path: path.symlink_to("nowhere"), os.mkfifo):
        path = world_report / name
        kind(path)
        assert main(["report", "--from", str(world_report / "report.json")]) == 0
        assert str(world_report / "index.html") in capsys.readouterr().out
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
        elif os.path.lexists(path):
            path.unlink()


def test_files_of_a_report_that_cannot_be_written_are_named_in_one_line_and_the_others_are_written(
    world_report: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = world_report.parent / "there"
    for name in ("index.html", "claims.csv"):
        (target / name).mkdir(parents=True)
    assert main(["report", "--from", str(world_report / "report.json"), "--to", str(target)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"cannot write the report to {target} (Is a directory: index.html, claims.csv); name a writable folder" in line
    assert {path.name for path in target.iterdir() if path.is_file()} >= {"report.md", "report.json", "summary.md"}


@pytest.fixture
def world_report(tmp_path: Path) -> Path:
    from report_samples import SAME_LEVEL, report

    from claims.report.write import write_report

    write_report(report([SAME_LEVEL]), tmp_path / "report")
    return tmp_path / "report"
