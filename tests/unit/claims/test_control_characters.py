"""What comes from a file and is printed shows its control characters, and the terminal obeys none of them."""

from __future__ import annotations

import ast
import json
import unicodedata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from exchange_samples import CLAIMS, TRIALS, outcome, run
from hypothesis import given
from hypothesis import strategies as st
from report_samples import report

from claims import papers, pytest_plugin
from claims.cli import main
from claims.paper import Registry, bare_papers
from claims.report.formats import json as report_json
from claims.report.model import ReportError
from claims.report.write import write_report
from claims.run.usage import UsageError
from claims.text import one_line, visible
from reference_results import Draw
from reference_results.recorded import dumps
from reproductions.recipe_data import as_data
from reproductions.running import cost
from reproductions.store.outcomes import Store, outcome_as_data

ROOT = Path(__file__).parents[3]
HOSTILE = "\x1b[31m\x9b2J\x07\x7f\r\u202e\u2066\u200f\u2028\ud800"
TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}  # Unicode's names of what turns the direction of writing


def obeyed(text: str) -> set[str]:
    """The characters of a text that a terminal obeys, as the Unicode database has them."""
    control = {one for one in set(text) - {"\n", "\t"} if unicodedata.category(one) in ("Cc", "Cs", "Zl", "Zp")}
    return control | {one for one in set(text) if unicodedata.bidirectional(one) in TURNING}


def assert_shown(text: str) -> None:
    assert obeyed(text) == set()
    assert "\\u001b[31m\\u009b2J" in text, text  # it was printed at all, and visibly


# --- The one function ---


@given(st.text(st.characters(exclude_categories=())))
def test_no_control_character_is_left_and_json_means_the_same(text: str) -> None:
    assert obeyed(visible(text)) == set()
    assert "\n" not in one_line(text)
    assert json.loads(visible(json.dumps({text: [text]}, ensure_ascii=False))) == {text: [text]}


@given(st.text(st.characters(exclude_categories=("C", "Zl", "Zp"))))
def test_what_is_no_control_character_stays(text: str) -> None:
    assert visible(f"{text}\n\t{text}") == f"{text}\n\t{text}"


def printing(path: Path) -> list[str]:
    """The calls that print past ``claims.commands.terminal``."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    calls = [ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)]
    return [name for name in calls if name in ("print", "tqdm.write", "sys.stdout.write", "sys.stderr.write")]


@pytest.mark.parametrize("path", [*(ROOT / "claims").rglob("*.py"), *(ROOT / "reproductions").rglob("*.py")], ids=str)
def test_everything_is_printed_in_one_place(path: Path) -> None:
    if path != ROOT / "claims" / "commands" / "terminal.py":
        assert printing(path) == []


# --- Commands ---


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Store:
    monkeypatch.setattr(papers, "registry", lambda: Registry(bare_papers(CLAIMS)))
    monkeypatch.setattr(cost, "calibrate", lambda trials: cost.Calibration())
    monkeypatch.chdir(tmp_path)
    return Store(tmp_path / "store")


def draws(change: Any) -> str:
    """A signed file of the draws of every trial, each changed by ``change``."""
    found = []
    for trial in TRIALS:
        payload = {"recipe": as_data(trial.recipe), "seed": trial.seed, "fingerprint": Store("x").fingerprint(trial.recipe)}
        payload["outcome"] = outcome_as_data(outcome(trial), trial.label)
        change(payload)
        found.append(Draw(**payload))
    return dumps(found)


CHANGES = {
    "profile": lambda p: p["recipe"].update(profile=HOSTILE),
    "name of a cell": lambda p: p["recipe"]["network"].update(cell=HOSTILE),
    "commit": lambda p: (p.update(fingerprint="0" * 64), p["outcome"]["provenance"]["git"].update(commit=HOSTILE)),
    "precision": lambda p: p["outcome"]["provenance"]["precision"].update(default_dtype=HOSTILE),
    "field of the provenance": lambda p: p["outcome"]["provenance"].update({HOSTILE: [1]}),
    "metric": lambda p: p["outcome"]["metrics"].update({HOSTILE: "x"}),
    "commit's field": lambda p: p["outcome"]["provenance"]["git"].update({HOSTILE: 1}),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_an_import_shows_what_it_refuses(store: Store, capsys: pytest.CaptureFixture[str], change: Any) -> None:
    Path("draws.jsonl").write_text(draws(change))
    code, out, err = run(capsys, "import", "draws.jsonl", store=store.folder)
    assert (code, out) == (2, "")
    assert obeyed(err) == set()
    assert len(err.splitlines()) == len(TRIALS) + 1 or "belongs to no claim" in err
    assert "u001b" in err or "x1b" in err


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_plan_shows_what_the_store_says(store: Store, capsys: pytest.CaptureFixture[str], options: tuple[str, ...]) -> None:
    old = Store(store.folder, lambda recipe: "0" * 64)
    for trial in TRIALS:
        old.put(trial, outcome(trial, provenance={"code": {HOSTILE: "1"}}))
    assert main(["plan", *options, "--claims-store", str(store.folder)]) == 0
    assert_shown(capsys.readouterr().out)


@pytest.mark.parametrize(
    "command", ["verify outcomes/{}.json", "verify checkpoints/{}", "status outcomes/{}.json", "gc outcomes/{}.json.x.part"]
)
@pytest.mark.parametrize("options", [(), ("--json",)])
def test_names_of_files_are_shown(store: Store, capsys: pytest.CaptureFixture[str], command: str, options: tuple[str, ...]) -> None:
    action, name = command.split(" ")
    (store.folder / name.format(HOSTILE[:-1] + "\n")).write_text("{")  # without the surrogate, which no name has
    _, out, err = run(capsys, action, *options, store=store.folder)
    assert_shown(out + err)


def test_an_argument_is_shown(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    name = HOSTILE[:-1]
    for argv in (["show", HOSTILE], ["data", "fetch", HOSTILE], [HOSTILE], ["store", "import", name], ["report", "--from", name]):
        assert main(argv) == 2
        assert obeyed(capsys.readouterr().err) == set()


# --- Reports ---


def places(data: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [path] if isinstance(data, str) else [way for key, value in items for way in places(value, (*path, key))]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report.json in which every text that may be any text holds control characters."""
    data = json.loads(report_json.dumps(report()))
    for way in places(data):
        *front, last = way
        inside = data
        for key in front:
            inside = inside[key]
        before, inside[last] = inside[last], inside[last] + HOSTILE
        try:
            report_json.loads(json.dumps(data))
        except ReportError:  # one of a few words
            inside[last] = before
    path = tmp_path_factory.mktemp("hostile") / "report.json"
    path.write_text(json.dumps(data))
    return path


def test_no_file_of_a_report_holds_a_control_character(hostile: Path, tmp_path: Path) -> None:
    for path in write_report(report_json.load_report(hostile), tmp_path):
        assert obeyed(path.read_text(encoding="utf-8")) == set(), path
    assert_shown((tmp_path / "index.html").read_text(encoding="utf-8"))
    assert_shown((tmp_path / "claims.csv").read_text(encoding="utf-8"))
    assert report_json.load_report(tmp_path / "report.json") == report_json.load_report(hostile)


FORMATS = ("github", "html", "markdown", "json", "csv", "summary")


@pytest.mark.parametrize("options", [*(("--format", name) for name in FORMATS), ("--json",)], ids=str)
def test_no_printed_report_holds_a_control_character(hostile: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...]) -> None:
    assert main(["report", "--from", str(hostile), *options]) == 0
    out = capsys.readouterr().out
    assert obeyed(out) == set()
    assert "u001b" in out


@pytest.mark.parametrize("options", [(), ("--json",), ("--format", "github")], ids=str)
def test_a_comparison_shows_control_characters(
    hostile: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...]
) -> None:
    (old,) = (path for path in write_report(report([]), tmp_path) if path.name == "report.json")
    assert main(["report", "--from", str(hostile), "--compare", str(old), *options]) == 0
    out = capsys.readouterr().out
    assert obeyed(out) == set()
    assert "u001b" in out


# --- pytest ---


def test_the_summary_of_a_run_and_its_errors_are_shown() -> None:
    lines: list[str] = []
    config = SimpleNamespace(get_terminal_writer=lambda: SimpleNamespace(markup=lambda text, **colours: text))
    session = SimpleNamespace(_summary=(HOSTILE,), run=SimpleNamespace(profile="smoke"), config=config)
    terminal = SimpleNamespace(section=lambda title: None, write_line=lines.append)
    pytest_plugin.Claims.pytest_terminal_summary(session, terminal)  # type: ignore[arg-type]
    assert_shown(lines[0])
    assert_shown(str(UsageError(f"{HOSTILE}\n")))
    assert "\n" not in str(UsageError(f"{HOSTILE}\n"))
