"""The workflow files of docs/ci.md are well-formed, and every command of this project in them runs."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.runs.repositories import run_module
from tests.runs.test_docs import ROOT, blocks, copy

__all__ = ["copy"]  # a fixture

PAGE = ROOT / "docs" / "ci.md"
FILES = {block.options["file"]: yaml.safe_load(block.text) for block in blocks(PAGE) if block.language == "yaml"}
GITHUB, GITLAB = FILES[".github/workflows/claims.yml"], FILES[".gitlab-ci.yml"]
# What is no command of this project, and what each is there for.
OTHERS = {"pip": "installs", "gh": "comments", "curl": "comments", "cat": "shows", "if": "asks"}
# pytest's whole suite takes minutes, so here it judges one claim; the rest of the line stays.
FEWER = ("-k", "rin-2018/formal/dt-depth", "-n", "0", "-p", "no:cacheprovider")


def steps() -> list[dict[str, Any]]:
    return GITHUB["jobs"]["claims"]["steps"]


def scripts() -> Iterator[tuple[str, str]]:
    """Every line of either file that a shell runs, in order, with the file."""
    for step in steps():
        yield from ((".github", line) for line in step.get("run", "").splitlines())
    for name in ("before_script", "script", "after_script"):
        yield from ((".gitlab", line) for line in GITLAB["claims"][name])


def own(line: str) -> list[str]:
    """The commands of this project in a line, without what the shell does with their output."""
    found = re.findall(r"(?:^|\$\()((?:rin-claims|pytest) [^>)]*)", line)
    assert found or line.split()[0] in OTHERS, line
    return [command.strip() for command in found]


def test_every_step_uses_an_action_of_a_fixed_version_or_runs_a_command() -> None:
    for step in steps():
        assert ("uses" in step) != ("run" in step)
        assert re.fullmatch(r"[\w./-]+@v\d+", step.get("uses", "a@v1"))


def test_both_install_torch_for_the_cpu_as_the_readme_says() -> None:
    index = re.search(r"--extra-index-url \S+/whl/cpu", (ROOT / "README.md").read_text())
    assert index
    installs = [line for _, line in scripts() if line.startswith("pip")]
    assert len(installs) == 2
    assert all(index[0] in line and "-c constraints.txt" in line for line in installs)


def test_the_store_is_kept_where_the_commands_look_for_it() -> None:
    job = GITHUB["jobs"]["claims"]
    folder = job["env"]["RIN_CLAIMS_STORE"].rpartition("/")[2]
    cached = [step["with"] for step in steps() if step.get("uses", "").startswith("actions/cache")]
    assert [each["path"] for each in cached] == [folder] * 2
    assert all("steps.key.outputs.key" in each["key"] for each in cached)
    assert GITLAB["claims"]["variables"]["RIN_CLAIMS_STORE"].endswith(f"/{GITLAB['claims']['cache']['paths'][0]}")


def test_the_report_is_handed_on_whatever_the_run_ended_with() -> None:
    (upload,) = (step for step in steps() if step.get("uses", "").startswith("actions/upload-artifact"))
    assert (upload["if"], upload["with"]["path"]) == ("always()", "report")
    assert GITLAB["claims"]["artifacts"]["when"] == "always"
    assert GITLAB["claims"]["artifacts"]["reports"]["junit"] == "report/junit.xml"


@pytest.mark.parametrize("service", [".github", ".gitlab"])
def test_the_commands_run_one_after_the_other(service: str, copy: Path) -> None:
    printed: dict[str, str] = {}
    for command in (command for of, line in scripts() if of == service for command in own(line)):
        program, *arguments = shlex.split(command)
        module = {"pytest": "pytest", "rin-claims": "claims.cli"}[program]
        done = run_module(copy, module, *arguments, *(FEWER if program == "pytest" else ()))
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        printed[command] = done.stdout
    assert re.fullmatch("[0-9a-f]{16}\n", printed["rin-claims store key --profile smoke"])
    badge = json.loads(printed["rin-claims report --format badge"])
    assert (badge["schemaVersion"], badge["label"], badge["color"]) == (1, "claims", "blue")
    assert printed["rin-claims report --format github"].startswith("## Claims against results")
    assert "<testcase" in (copy / "report" / "junit.xml").read_text()
