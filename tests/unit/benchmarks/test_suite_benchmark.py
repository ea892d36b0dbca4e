"""The benchmark suite prints the tables that its README describes. Its parts that start processes run in ``tests/runs``."""

import json
import math
import re
from pathlib import Path

import pytest

README = (Path(__file__).parents[3] / "benchmarks" / "README.md").read_text(encoding="utf-8")
IN_PROCESS = {"recurrences": "recurrences", "updates": "whole updates", "evaluation": "evaluation"}  # part and table


def described() -> dict[str, list[str]]:
    """The columns of every table, as the list in the README names them."""
    lines = re.findall(r"^- \*\*(.+?)\*\*.*?: columns (.*?)\.(?:\s|$)", README, re.MULTILINE | re.DOTALL)
    return {name: re.findall(r"`(\w+)`", columns) for name, columns in lines}


@pytest.fixture
def suite(benchmark, compiler, monkeypatch):
    monkeypatch.setenv("RIN_CLAIMS_KERNELS", "plain")
    found = benchmark("suite")
    monkeypatch.setattr(benchmark("recurrence"), "PEAK_LOOPS", 10_000)
    monkeypatch.setattr(benchmark("recurrence"), "WORK", 0.0)
    return found


@pytest.mark.parametrize(("part", "name"), IN_PROCESS.items())
def test_a_part_has_the_columns_that_the_readme_names(suite, part, name, capsys):
    suite.main(["--only", part, "--quick", "--json"])
    printed = json.loads(capsys.readouterr().out)
    assert list(printed["tables"]) == [name]
    assert list(printed["part_seconds"]) == [part]
    rows = printed["tables"][name]
    assert len(rows) == 2
    for row in rows:
        assert list(row) == described()[name]
        assert all(math.isfinite(value) for value in row.values() if not isinstance(value, str))


def test_the_tables_are_markdown_with_the_machine_at_the_head(suite, capsys, monkeypatch):
    monkeypatch.setattr(suite.os, "getloadavg", lambda: (2.5, 0.0, 0.0))
    suite.main(["--only", "evaluation", "--quick"])
    head, warning, _, title, _, header, *_ = capsys.readouterr().out.splitlines()
    assert head.startswith("Measured on ")
    assert "kernels plain" in head
    assert warning == "Warning: other programs keep the cores busy (load average 2.5): trust CPU seconds and ratios."
    assert title == "## Evaluation"
    assert [cell.strip() for cell in header.strip("|").split("|")] == described()["evaluation"]


def test_an_idle_machine_has_no_warning(suite, monkeypatch):
    monkeypatch.setattr(suite.os, "getloadavg", lambda: (0.1, 0.0, 0.0))
    assert "Warning" not in suite.head(suite.machine({"plain": 1.0}))


def test_an_unknown_part_is_one_line_with_the_parts_there_are(suite, capsys):
    with pytest.raises(SystemExit) as caught:
        suite.main(["--only", "nonsense"])
    assert caught.value.code == 2
    assert capsys.readouterr().err == (
        "suite.py: there is no part 'nonsense'; the parts are recurrences, updates, evaluation, commands, growth, smoke\n"
    )


def test_only_all_and_a_wish_for_it_train_the_smoke_suite(suite, capsys, monkeypatch):
    asked = []
    monkeypatch.setattr(suite, "PARTS", {name: lambda *_, name=name: asked.append(name) or () for name in suite.PARTS})
    for words in ([], ["--all"], ["--only", "smoke", "--only", "updates"]):
        suite.main([*words, "--json"])
    assert asked == [*(most := [name for name in suite.PARTS if name != "smoke"]), *most, "smoke", "smoke", "updates"]


def test_who_begins_changes_from_turn_to_turn_and_the_first_turn_does_not_count(benchmark):
    timing, calls = benchmark("timing"), []
    seconds = timing.take_turns({name: lambda name=name: calls.append(name) for name in "ab"}, 2)
    assert "".join(calls) == "abbaab"
    assert [len(found.wall) == len(found.cpu) == 2 for found in seconds.values()] == [True, True]


def test_a_share_of_evaluation_is_that_of_the_whole_run(benchmark, monkeypatch):
    """An update takes 1 s of a made-up clock, an evaluation 10 s, the last one 40 s: 16 updates with four looks 16 + 3 x 10 + 40 s."""
    whole_updates, protocol = benchmark("whole_updates"), benchmark("claims.papers.rin_2018.protocol")
    clock = [0.0]

    class Made:
        def __init__(self, recipe, seed, problem):
            self.recipe, self.update = recipe, 0

        def advance(self, update):
            self.update = update
            clock[0] += 1

        def evaluate(self):
            clock[0] += 40 if self.update == self.recipe.updates else 10

        def outcome(self):
            clock[0] += 1000

    monkeypatch.setattr(whole_updates, "Run", Made)
    real = whole_updates.timed
    monkeypatch.setattr(whole_updates, "timed", lambda function, seconds: real(function, seconds, lambda: clock[0]))
    recipe = whole_updates.dataclasses.replace(protocol.adding("smoke", "rin", 200), updates=16, evaluations=4)
    row = whole_updates.share(recipe, None)
    assert row["share_of_run"] == pytest.approx(70 / 86)
    assert (row["update_cpu_ms"], row["evaluation_cpu_ms"], row["last_cpu_ms"], row["inside_cpu_ms"]) == (1e3, 1e4, 4e4, 1e6)
