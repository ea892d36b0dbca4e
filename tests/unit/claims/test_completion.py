"""Shell completion, driven as a shell drives it: a line and the place of the cursor in, words out."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

import argcomplete
import pytest

from claims import cli, papers
from claims.commands.reports import FORMATS
from claims.kinds import KINDS
from claims.papers.rin_2018.protocol import PROFILE_NAMES
from claims.results import VERDICTS
from reference_results.planted_faults import planted_faults
from reproductions.data_files import DATASETS
from reproductions.optional_data import NAMES

ROOT = Path(__file__).parents[3]
CLAIMS = papers.all_claims()
IDS = [claim.id for claim in CLAIMS]
SECTIONS = list(dict.fromkeys(claim.section for claim in CLAIMS))
COMMANDS = [
    "list",
    "show",
    "plan",
    "run",
    "report",
    "power",
    "calibrate",
    "rounding",
    "starts",
    "drift",
    "faults",
    "doctor",
    "data",
    "store",
]


class Finder(argcomplete.CompletionFinder):
    """argcomplete's, without its log on file descriptor 9, which pytest may have in use."""

    def _init_debug_stream(self) -> None:
        argcomplete.io.debug_stream = io.StringIO()


@pytest.fixture
def completed(monkeypatch, tmp_path):
    """``completed(line)``: the words for a line with the cursor at its end, in a folder with a few files."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "report").mkdir()
    (tmp_path / "draws.jsonl").touch()

    def complete(line: str, **settings: str) -> list[str]:
        for name, value in {
            "_ARGCOMPLETE": "1",
            "_ARGCOMPLETE_IFS": "\n",
            "_ARGCOMPLETE_SHELL": "fish",  # which quotes and spaces words by itself
            "_ARGCOMPLETE_SUPPRESS_SPACE": "1",
            "COMP_LINE": line,
            "COMP_POINT": str(len(line)),
            **settings,
        }.items():
            monkeypatch.setenv(name, value)
        found = io.StringIO()
        Finder()(cli.parser(), exit_method=lambda code: None, output_stream=found)
        return found.getvalue().strip().split("\n")

    return complete


def words(found: list[str]) -> list[str]:
    """What is no option: those are offered everywhere."""
    return [word for word in found if word and not word.startswith("-")]


def test_commands_and_their_actions_are_completed(completed):
    assert words(completed("rin-claims ")) == COMMANDS
    assert completed("rin-claims pl") == ["plan"]
    assert words(completed("rin-claims store ")) == ["status", "verify", "gc", "key", "train", "export", "import", "equivalent"]
    assert "--sequential" in completed("rin-claims power --se")


def test_claims_are_completed_after_a_prefix(completed):
    assert words(completed("rin-claims show ")) == IDS
    assert completed("rin-claims show rin-2018/tables/headl") == ["rin-2018/tables/headline-12-67"]
    adding = [name for name in IDS if name.startswith("irnn-2015/adding/")]
    assert adding == completed("rin-claims show irnn-2015/adding/")
    assert words(completed("rin-claims show rin-2018/tables/headline-12-67 ")) == []


@pytest.mark.parametrize("command", ["plan", "store export draws.jsonl"])
def test_a_pattern_is_completed_by_sections_and_claims(completed, command):
    found = completed(f"rin-claims {command} --claim rin-2018/ad")
    assert found == ["rin-2018/adding/*", *(name for name in IDS if name.startswith("rin-2018/ad"))]


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("list --section ", SECTIONS),
        ("list --paper ", ["rin-2018", "irnn-2015", "mechanism"]),
        ("list --kind ", KINDS),
        ("list --verdict ", VERDICTS),
        ("list --profile ", PROFILE_NAMES),
        ("show rin-2018/tables/headline-12-67 --profile ", PROFILE_NAMES),
        ("plan --profile ", PROFILE_NAMES),
        ("run --profile ", PROFILE_NAMES),
        ("store export draws.jsonl --profile ", PROFILE_NAMES),
        ("plan -m ", ["smoke", "full"]),
        ("report --format ", FORMATS),
        ("faults --only ", [row.fault for row in planted_faults().rows]),
    ],
)
def test_an_option_is_completed_by_its_values_alone(completed, line, values):
    assert completed(f"rin-claims {line}") == list(values)


@pytest.mark.parametrize("line", ["list --section ", "list --kind ", "plan --profile ", "data fetch ", "show rin-2018/tables/headl"])
def test_zsh_and_fish_get_words_with_what_they_mean_or_without(completed, line):
    statement = next(claim.statement for claim in CLAIMS if claim.id.endswith("headline-12-67"))
    for shell, settings in (("zsh", {}), ("fish", {"_ARGCOMPLETE_DFS": "\t"})):
        for word in words(completed(f"rin-claims {line}", _ARGCOMPLETE_SHELL=shell, **settings)):
            name, _, meaning = word.partition(":" if shell == "zsh" else "\t")
            assert meaning == (statement if name == "rin-2018/tables/headline-12-67" else "")


def test_data_sets_are_completed(completed):
    assert words(completed("rin-claims data fetch ")) == [*DATASETS, *NAMES]


@pytest.mark.skipif(shutil.which("bash") is None, reason="argcomplete asks bash for files")
def test_where_a_path_is_wanted_files_are_offered(completed):
    assert completed("rin-claims report --from r") == ["report/"]
    assert completed("rin-claims store import dr") == ["draws.jsonl"]
    assert sorted(completed("rin-claims store status --claims-store ")) == ["draws.jsonl", "report/"]


def test_a_kind_of_value_is_completed_after_a_mistyped_option_too(completed):
    assert completed("rin-claims list --sectoin adding --verdict repr") == ["reproduced"]


@pytest.fixture
def in_bash(tmp_path):
    """``in_bash(line)``: what bash would put into COMPREPLY, by argcomplete's own shell function and a ``rin-claims`` on the path."""
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("needs bash")
    program = tmp_path / "rin-claims"
    program.write_text(f"#!{sys.executable}\nimport sys\nfrom claims.cli import main\nsys.exit(main())\n", encoding="utf-8")
    program.chmod(0o755)
    (tmp_path / "register").write_text(argcomplete.shellcode(["rin-claims"], shell="bash"), encoding="utf-8")

    def complete(line: str) -> list[str]:
        script = """
            source ./register
            COMP_LINE="$1" COMP_POINT=${#1} COMP_TYPE=9
            _python_argcomplete rin-claims
            printf '%s\\n' "${COMPREPLY[@]}"
        """
        environment = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
        ended = subprocess.run(
            [bash, "--norc", "-c", script, "bash", line], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
        )
        assert ended.stderr == ""
        return ended.stdout.splitlines()

    return complete


def test_bash_is_answered_by_the_command_itself(in_bash):
    assert words(in_bash("rin-claims ")) == COMMANDS
    assert in_bash("rin-claims show rin-2018/tables/headl") == ["rin-2018/tables/headline-12-67 "]
    assert in_bash("rin-claims run --profile=c") == ["compact "]  # bash has taken --profile= for a word of its own
    assert in_bash("rin-claims list --verdict n") == ["not\\ run "]


@pytest.mark.parametrize(
    ("line", "avoidable"),
    [
        ("rin-claims ", "torch pandas scipy statsmodels numpy matplotlib jinja2 pytest"),
        ("rin-claims run --profile ", "torch pandas scipy statsmodels numpy matplotlib jinja2 pytest"),
        ("rin-claims show rin", "torch pandas scipy.stats statsmodels matplotlib jinja2 pytest"),
        ("rin-claims faults --only ", "torch pandas matplotlib jinja2 scipy statsmodels pytest"),
    ],
)
def test_completing_imports_no_package_that_it_can_do_without(tmp_path, line, avoidable):
    code = (
        "import os, sys; from pathlib import Path; from claims.cli import main\n"
        "os._exit = lambda code: sys.exit(' '.join(sorted(set(sys.argv[1].split()) & set(sys.modules))) or code)\n"
        "main([])"
    )
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_STDOUT_FILENAME": str(tmp_path / "found"),
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
    }
    ended = subprocess.run([sys.executable, "-c", code, avoidable], env=environment, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr.strip()) == (0, "")  # argcomplete's log may begin with an empty line
    assert (tmp_path / "found").read_text()
