"""The list of surviving mutants speaks of the code as it stands: ``tests/mutation/survivors.csv``."""

from __future__ import annotations

import csv
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
KINDS = {"equivalent", "guard", "rounding"}  # tests/mutation/README.md says what each is
MUTATED = {
    "claims/judging/assess.py",
    *(path.relative_to(ROOT).as_posix() for folder in ("kinds", "statistics") for path in ROOT.glob(f"claims/{folder}/*.py")),
}


def one_line(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture(scope="module")
def survivors() -> list[dict[str, str]]:
    with (ROOT / "tests/mutation/survivors.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_survivor_changes_code_that_still_stands(survivors: list[dict[str, str]]) -> None:
    code = {file: one_line((ROOT / file).read_text(encoding="utf-8")) for file in MUTATED}
    gone = [f"{row['file']} {row['function']}: {row['original']}" for row in survivors if row["original"] not in code[row["file"]]]
    assert not gone, "run the mutants of the changed functions again, as tests/mutation/README.md says, and put the list right"


def test_every_survivor_is_argued(survivors: list[dict[str, str]]) -> None:
    assert survivors
    for row in survivors:
        assert row["kind"] in KINDS
        assert len(row["why"].split()) >= 4, row
        assert row["original"] != row["mutated"]
        assert row["tool"] in ("mutmut", "cosmic-ray")


def test_the_configuration_names_tests_that_exist_and_only_what_decides_verdicts() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mutmut"]
    assert {path.relative_to(ROOT).as_posix() for pattern in settings["only_mutate"] for path in ROOT.glob(pattern)} == MUTATED
    cosmic_ray = tomllib.loads((ROOT / "tests/mutation/cosmic_ray.toml").read_text(encoding="utf-8"))["cosmic-ray"]
    named = [
        *settings["pytest_add_cli_args_test_selection"],
        *(word for word in cosmic_ray["test-command"].split() if word.endswith(".py")),
    ]
    assert [name for name in named if not (ROOT / name).is_file()] == []
    assert cosmic_ray["module-path"] == ["claims/statistics", "claims/kinds", "claims/judging/assess.py"]
