"""Where the command line prints to, and Ctrl-C.

It prints to a terminal of some width, a pipe, a pipe that is closed, one without Unicode.
"""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from report_samples import SAME_LEVEL, report

from claims import papers
from claims.calibration import rates
from claims.cli import main
from claims.commands.output import print_json, print_table
from claims.kinds import Similar
from claims.papers.rin_2018 import protocol
from claims.report.write import write_report
from reproductions.running.cost import Calibration
from reproductions.store.outcomes import Store
from reproductions.trials import Outcome, Trial

ROOT = Path(__file__).parents[3]
HEADLINE = "rin-2018/tables/headline-12-67"
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2500-\u259f]")  # control codes but for line ends; drawn boxes and bars


@pytest.fixture(autouse=True)
def empty_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RIN_CLAIMS_STORE", "store")
    return tmp_path


@pytest.fixture
def terminal_of(monkeypatch: pytest.MonkeyPatch):
    """``terminal_of(columns)`` makes stdout a terminal of that width."""

    def make(columns: int) -> None:
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
        monkeypatch.setenv("COLUMNS", str(columns))

    return make


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    assert main(argv) == 0
    return capsys.readouterr().out


def started(code: str, folder: Path, **options) -> subprocess.CompletedProcess[str]:
    """A Python process of its own, which ends with the exit code that ``code`` gives to sys.exit."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, "-c", code], cwd=folder, env=environment, text=True, check=False, **options)


# --- On a terminal ---


@pytest.mark.parametrize("columns", [140, 120, 80])
def test_the_whole_registry_fits_a_terminal(capsys, terminal_of, columns):
    terminal_of(columns)
    out = run(capsys, "list")
    lines = out.splitlines()
    assert len(lines) == len(papers.all_claims()) + 4
    assert max(map(len, lines)) <= columns
    assert {line.split()[0] for line in lines[2:-2]} == {claim.id for claim in papers.all_claims()}  # each can be copied into show


def test_show_is_wrapped_to_a_terminal(capsys, terminal_of):
    terminal_of(70)
    assert max(map(len, run(capsys, "show", HEADLINE).splitlines())) <= 70
    terminal_of(7)  # too narrow for anything: lines run over
    assert run(capsys, "show", HEADLINE)


def test_a_table_runs_over_several_lines_on_a_terminal_that_is_too_narrow_and_loses_no_word(capsys, terminal_of):
    header = ("trial", "seeds", "why")
    row = ("adding T=200 rin 1-100, adam 0.001, batch 32", "0-4", "its checkpoint holds 4000 of 12000 updates")
    print_table(header, [row], wrap=("why", "trial"))
    whole = capsys.readouterr().out
    assert tuple(re.split(" {2,}", whole.splitlines()[2])) == row
    widest = max(map(len, whole.splitlines()))
    for columns in (widest, widest - 1, 80, 60, 50):
        terminal_of(columns)
        print_table(header, [row], wrap=("why", "trial"))
        out = capsys.readouterr().out
        assert max(map(len, out.splitlines())) <= columns
        assert sorted(re.sub("-{3,}", "", out).split()) == sorted(re.sub("-{3,}", "", whole).split())  # but for the rules
    terminal_of(10)  # too narrow for anything: lines run over, and columns keep a readable width
    print_table(header, [row], wrap=("why", "trial"))
    assert "its checkpoint" in capsys.readouterr().out


@pytest.mark.parametrize(
    "command",
    [
        "plan --claim rin-2018/formal/*",
        "plan --profile compact",
        "list",
        f"show {HEADLINE}",
        "data status",
        "store status",
        "store gc --dry-run",
        "power",
        "power --sequential",
        "calibrate --quick",
        "drift store store",
        "doctor",
        "report --help",
    ],
)
def test_what_a_command_prints_fits_a_terminal_of_80_columns(monkeypatch, capsys, terminal_of, command):
    monkeypatch.setattr("reproductions.running.timings.calibrated", lambda *given: Calibration())  # nothing is timed
    monkeypatch.setattr(rates, "cells", lambda **kwargs: [("Greater", "clear effect", 8)])
    monkeypatch.setattr("reproductions.datasets.status", lambda: [])  # what is here is another's
    if command.startswith("drift"):
        put(protocol.babi("compact", "rin", 1))
    terminal_of(80)
    out = run(capsys, *command.split())
    assert out
    where = str(Path("store").absolute())  # a long path is whole, so that it can be copied
    assert [line for line in out.splitlines() if len(line) > 80 and where not in line] == []


def put(recipe):
    store = Store("store")
    for seed in range(2):
        store.put(
            Trial(recipe, seed), Outcome("budget", {"test_accuracy": 50.0}, {"updates": (1, 2), "test_accuracy": (40.0, 50.0 + seed)})
        )


def test_a_row_that_no_wrapping_fits_stands_in_lines_of_its_own_with_what_is_copied_whole(capsys, terminal_of):
    header = ("fault", "noticed", "by")
    row = ("rin-without-identity", "yes", "rin-2018/formal/identity-is-not-trained\nmechanism/formal/rin-is-shifted-irnn")
    terminal_of(80)
    print_table(header, [row])
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80
    terminal_of(70)
    print_table(header, [row, ("near-copy-of-a-run", "yes", "")])
    assert capsys.readouterr().out.splitlines() == [
        "rin-without-identity",
        "    noticed: yes; by: rin-2018/formal/identity-is-not-trained,",
        "    mechanism/formal/rin-is-shifted-irnn",
        "near-copy-of-a-run",
        "    noticed: yes",
    ]


def test_colours_are_left_out_on_a_terminal_where_no_color_is_set(tmp_path):
    pty = pytest.importorskip("pty")
    reader, writer = pty.openpty()
    code = "import os, sys; os.environ['NO_COLOR'] = '1'; from claims.cli import main; sys.exit(main(['--help']))"
    assert started(code, tmp_path, stdout=writer, stderr=writer).returncode == 0
    os.close(writer)
    shown = os.read(reader, 65536).decode()
    os.close(reader)
    assert shown.startswith("usage: rin-claims")
    assert "\x1b" not in shown


# --- In a pipe ---


def test_what_goes_into_a_pipe_is_whole(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "40")
    for argv in (("list",), ("show", HEADLINE)):
        out = run(capsys, *argv)
        assert "…" not in out
        assert HEADLINE in out
    assert "The gains of the RIN over IRNN and LSTM, networks 1-100 and 1-200 on both tasks, span 12 to 67 percentage points." in out


@pytest.mark.parametrize(
    "command",
    [
        f"show {HEADLINE}",
        "list",
        "plan --claim rin-2018/tables/*",
        "power --seeds 6",
        "power --sequential",
        "calibrate --quick",
        "data status",
        "store status",
        "store verify",
        "store gc",
        "plan --help",
    ],
)
def test_a_pipe_gets_no_progress_bars_colours_or_control_codes_and_stderr_nothing(monkeypatch, capfd, command):
    monkeypatch.setattr(rates, "cells", lambda **kwargs: [("Greater", "clear effect", 8)])
    assert main(command.split()) == 0
    piped = capfd.readouterr()
    assert not CONTROL.findall(piped.out)
    assert (bool(piped.out), piped.err) == (True, "")


@pytest.mark.parametrize("argv", [["list", "--json"], ["--help"]])
def test_a_closed_pipe_is_quiet(tmp_path, argv):
    reader, writer = os.pipe()
    os.close(reader)
    ended = started(f"import sys; from claims.cli import main; sys.exit(main({argv}))", tmp_path, stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_pipe_without_unicode_gets_what_reads_the_same_and_json_that_is_still_json(monkeypatch, capsys):
    claim = next(claim.id for claim in papers.all_claims() if isinstance(claim.prediction, Similar))  # its region has a ±, "\\xb1"
    as_unicode = run(capsys, "show", claim, "--json")
    assert "±" in as_unicode
    printed = {}
    for options in ((), ("--json",)):
        pipe = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", pipe)
            assert main(["show", claim, *options]) == 0
        printed[options] = pipe.buffer.getvalue().decode("ascii")
    assert json.loads(printed["--json",]) == json.loads(as_unicode)
    assert "\\u" not in printed[()]
    assert "+-" in printed[()]


def test_infinities_are_json_strings(capsys):
    print_json({"upper": float("inf"), "empty": []})
    assert json.loads(capsys.readouterr().out) == {"upper": "inf", "empty": []}


# --- Start and end ---


def test_the_parser_is_made_without_the_packages_that_take_their_time_and_list_and_show_without_most(tmp_path):
    code = (
        "import sys; from claims.cli import main, parser; parser(); "
        "heavy = {'torch', 'pandas', 'scipy', 'statsmodels', 'numpy', 'matplotlib', 'argcomplete'} & set(sys.modules); "
        "assert not heavy, heavy; "
        "assert main(['list']) == 0; "
        "from claims import papers; a_kind = {claim.prediction.kind: claim.id for claim in papers.all_claims()}; "
        "assert not any(main(['show', claim]) for claim in a_kind.values()); "
        "heavy = {'torch', 'pandas', 'scipy.stats', 'matplotlib', 'argcomplete', 'jinja2', 'pytest'} & set(sys.modules); "
        "assert not heavy, heavy"
    )
    ended = started(code, tmp_path, capture_output=True)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_command_that_draws_prints_no_notice_of_matplotlib_and_pytest_starts_without_it(tmp_path, monkeypatch):
    for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, f"{os.devnull}/nowhere")  # where nothing can be kept
    monkeypatch.delenv("MPLCONFIGDIR", raising=False)
    write_report(report([SAME_LEVEL]), tmp_path / "report")
    code = (
        "import sys; import claims.pytest_plugin; assert 'matplotlib' not in sys.modules; "
        "from claims.cli import main; assert main(['report']) == 0; "
        "import logging; assert logging.getLogger('matplotlib').level == logging.NOTSET"
    )
    ended = started(code, tmp_path, capture_output=True)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_an_interrupted_command_says_so_in_one_line(monkeypatch, capsys):
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr(papers, "registry", interrupted)
    assert main(["list"]) == 130
    assert capsys.readouterr() == ("", "rin-claims: interrupted\n")
