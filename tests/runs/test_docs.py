"""Every command and every block of code in the documents runs, in a copy of this repository.

A page runs from its top to its end. A block is named by its language: ``sh`` is run line by line, ``python`` is executed and ``pycon``
compared with what it prints, all blocks of a page in one namespace. ``file=`` writes a block to a file of the copy. ``into=`` puts a
``diff`` into one, and a claim at the end of the module of its section.
"""

from __future__ import annotations

import doctest
import glob
import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from claims import cli
from reference_results.expected import expected_verdicts
from tests.runs.repositories import run_module

ROOT = Path(__file__).parents[2]
PAGES = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md"]  # the example's: test_example_project.py
LANGUAGES = {"sh", "python", "toml", "pycon", "diff", "csv", "mermaid", "text", "yaml"}
COPIED = ("claims", "reproductions", "reference_results", "tests/claims")

# What a page's command is run as, where running it to the letter would take too long or needs what a test must not need, and why.
RUN_AS = {
    "pytest -m full --claims-profile=compact": ("pytest -m full --claims-profile=compact --collect-only -q", "trains for hours"),
    "rin-claims run --profile compact --time-budget 9m": (
        "rin-claims run --profile compact --time-budget 20s -- -k formal/dt-depth -n 0",
        "would use up its nine minutes",
    ),
    "rin-claims plan --profile compact": (
        "rin-claims plan --profile compact --claim rin-2018/formal/*",
        "calibrates by training for six seconds",
    ),
    "rin-claims doctor": ("rin-claims doctor --help", "calibrates by training for several seconds; test_doctor.py runs it"),
    "rin-claims plan --profile paper --claim rin-2018/babi/table3/1/*": (
        "rin-claims plan --profile paper --claim rin-2018/formal/*",
        "calibrates by training for six seconds",
    ),
    "rin-claims plan --profile compact --executor ray": (
        "rin-claims plan --profile compact --claim rin-2018/formal/* --executor local",
        "starts a cluster; tests/machines has one",
    ),
    "pytest -m full --claims-profile compact --claims-executor ray": (
        "pytest -m full --claims-profile compact --claims-executor local --collect-only -q",
        "trains for hours",
    ),
    "rin-claims data fetch mnist": ("rin-claims data fetch --help", "needs the network"),
    "rin-claims data fetch babi": ("rin-claims data fetch --help", "needs the network"),
    "rin-claims data fetch wikitext-2": ("rin-claims data fetch --help", "needs the network"),
}
# What is not run here at all, because it takes minutes or needs the network, and the line of .ci/run that runs it.
LEFT_OUT = {
    "pytest -m smoke": "pytest -m smoke -n 2",
    "python3 -m venv .venv": 'python3 -m venv "$work/venv"',
    ". .venv/bin/activate": '. "$work/venv/bin/activate"',
    'pip install -c constraints.txt -e ".[gpu]"': (
        'pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"'  # which has what gpu has
    ),
    "pip install -c constraints.txt -e .": ("pip install --quiet --disable-pip-version-check -c constraints.txt -e"),
    "python3 -m venv .venv && . .venv/bin/activate": 'python3 -m venv "$work/venv"',
    'pip install -c constraints.txt -e ".[dev]"': ('pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"'),
    "pytest tests/unit": "pytest tests/unit",
    "git clone <this repository> rin-claims && cd rin-claims": "on a clean checkout",
}
MOST_WORDS_OF_THE_README = 600


@dataclass(frozen=True)
class Block:
    language: str
    options: dict[str, str]
    text: str


def blocks(page: Path) -> Iterator[Block]:
    """The fenced blocks of a page."""
    for info, text in re.findall(r"^```([^\n]*)\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
        language, *options = info.split() or [""]
        yield Block(language, dict(option.split("=", 1) for option in options), text)


def commands(page: Path) -> list[str]:
    return [line for block in blocks(page) if block.language == "sh" for line in block.text.splitlines()]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of what the commands of the documents need of this repository."""
    for name in COPIED:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    for name in ("conftest.py", "pyproject.toml", "rin_claims_plugin.py", "tests/__init__.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_page_runs_from_top_to_end(page: Path, copy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    namespace: dict[str, Any] = {"__name__": page.stem}
    changed = any({"file", "into"} & block.options.keys() for block in blocks(page))
    monkeypatch.chdir(copy)
    monkeypatch.setenv("RIN_CLAIMS_STORE", str(copy / "store"))  # where run_module has it too
    for block in blocks(page):
        write(block, copy)
        match block.language:
            case "sh":
                for command in filter(lambda line: line not in LEFT_OUT, block.text.splitlines()):
                    run(RUN_AS.get(command, (command,))[0], copy, own_process=changed)
            case "python" if "file" not in block.options and page.parent.name == "docs":  # a README may show a fragment
                exec(compile(block.text, page.name, "exec", dont_inherit=True), namespace)
            case "pycon":
                test = doctest.DocTestParser().get_doctest(block.text, namespace, page.name, str(page), 0)
                runner = doctest.DocTestRunner(verbose=False)
                runner.run(test, clear_globs=False)
                assert not runner.failures, capsys.readouterr().out
                namespace |= test.globs


def write(block: Block, copy: Path) -> None:
    """Puts a block where it says."""
    if name := block.options.get("file"):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        assert not (copy / name).exists(), f"{name} is there already"
        (copy / name).write_text(block.text, encoding="utf-8")
    elif name := block.options.get("into"):
        text = (copy / name).read_text(encoding="utf-8")
        if block.language == "diff":
            before, after = ("".join(line[1:] for line in block.text.splitlines(keepends=True) if line[0] in kept) for kept in (" -", " +"))
            assert text.count(before) == 1, f"{name} has not, or not once, {before}"
            text = text.replace(before, after)
        else:
            text += f"\n\n{block.text}\nCLAIMS = (*CLAIMS, CLAIM)\n"
        (copy / name).write_text(text, encoding="utf-8")


def run(command: str, folder: Path, own_process: bool) -> None:
    """Runs one command line as its reader would; ``own_process`` where the copy has other code than this process."""
    program, *words = shlex.split(command)
    arguments = [found for word in words for found in sorted(glob.glob(word, root_dir=folder)) or [word]]  # as a shell does it
    if program == "rin-claims" and arguments[0] != "run" and not own_process:
        assert cli.main(arguments) == 0, command
        return
    module = {"pytest": ["pytest"], "rin-claims": ["claims.cli"]}[program]
    quick = ["-p", "no:cacheprovider", "-n", "0"] if program == "pytest" else []  # a few claims alone, so no worker is started
    done = run_module(folder, *module, *arguments, *quick)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    if program == "pytest" or arguments[0] == "run":
        assert re.search(r"\d+ (passed|xfailed)|\d+/\d+ tests collected", done.stdout), f"{command} judged nothing\n{done.stdout}"


def test_no_exception_from_running_to_the_letter_is_left_over_and_what_is_left_out_runs_in_ci() -> None:
    written = {command for page in PAGES for command in commands(page)}
    assert {*RUN_AS, *LEFT_OUT} <= written
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert [line for line in LEFT_OUT.values() if line not in ci] == []


def test_the_readme_is_short_and_starts_with_a_picture() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.split()) <= MOST_WORDS_OF_THE_README
    title, picture, *_ = filter(None, text.splitlines())
    assert title.startswith("# ")
    match = re.fullmatch(r"!\[.+\]\((.+)\)", picture)
    assert match
    assert (ROOT / match[1]).is_file()


def test_the_table_of_smoke_in_the_findings_is_the_recorded_one() -> None:
    text = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8")
    recorded = {claim: verdict for (claim, profile), verdict in expected_verdicts().items() if profile == "smoke"}
    rows = {}
    for line in re.findall(r"^(?:→ )?(\S+ +[✓✗?] .+)$", text, re.MULTILINE):
        claim, verdict, _, _, _, _, expected, *_ = re.split(" {2,}", line)
        rows[claim] = (verdict[2:].rstrip("*"), expected)  # a star: not after the correction over its family
    assert rows
    assert rows == {claim: (recorded[claim].expected,) * 2 for claim in rows}


def test_every_link_between_pages_leads_somewhere() -> None:
    for page in PAGES:
        for target, heading in re.findall(r"\]\(([^)#:]*)(?:#([^)]*))?\)", page.read_text(encoding="utf-8")):
            file = page.parent / target if target else page
            assert file.is_file(), f"{page.name}: {target}"
            titles = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), re.MULTILINE) if heading else []
            assert not heading or heading in [re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles], heading


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda page: page.name)
def test_every_block_has_a_language_and_every_file_that_is_named_exists(page: Path, copy: Path) -> None:
    for block in blocks(page):
        assert block.language in LANGUAGES, block
        write(block, copy)
    prose = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    tops = "claims|reproductions|reference_results|tests|examples|docs"
    named = re.findall(rf"`((?:{tops})/[^`<> ]*)`", prose)
    missing = [name for name in named if not any((root / name).exists() for root in (copy, ROOT))]
    assert not missing
