"""The help of every command: its examples work, and ``--json`` prints the keys that it promises."""

from __future__ import annotations

import argparse
import dataclasses
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from report_samples import DIVERGED, SAME_LEVEL, TABLE, report

from claims import cli, papers
from claims.calibration import rates
from claims.cli import main
from claims.commands import exchange, faults, statistics
from claims.faults.with_training import TrainedReport
from claims.faults.without_training import UntrainedReport
from claims.kinds import KINDS
from claims.report.formats.json import dumps
from claims.results import VERDICTS
from reference_results.planted_faults import planted_faults
from reproductions import datasets
from reproductions.running.cost import Calibration
from reproductions.store.exchange import Received, ReceivedStates
from reproductions.store.outcomes import Store


def parsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """``parser`` and those of its sub-commands."""
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from parsers(below)


def shown_examples(parser: argparse.ArgumentParser) -> list[str]:
    return re.findall(r"^  (rin-claims .*)$", parser.format_help(), re.MULTILINE)


PARSERS = tuple(parsers(cli.parser()))
EXAMPLES = tuple(dict.fromkeys(example for parser in PARSERS for example in shown_examples(parser)))
# Run to the letter elsewhere, because they need trained outcomes: in tests/runs/test_docs.py and test_rounding.py.
PARSED_ONLY = (
    "rin-claims drift",
    "rin-claims store export",
    "rin-claims store import",
    "rin-claims store equivalent",
    "rin-claims rounding",
)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A repository with a report, an older one and an empty store; what trains, simulates, plants faults or downloads does nothing."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RIN_CLAIMS_STORE", "store")
    monkeypatch.setenv("RIN_CLAIMS_OFFLINE", "1")
    document = dumps(report([SAME_LEVEL, DIVERGED, TABLE]))
    (tmp_path / "report").mkdir()
    for name in ("report/report.json", "OLD.json"):
        (tmp_path / name).write_text(document, encoding="utf-8")
    (tmp_path / "conftest.py").touch()  # without it `run` says that there are no tests of claims
    monkeypatch.setattr(pytest, "main", lambda argv: pytest.ExitCode.OK)
    monkeypatch.setattr(rates, "cells", lambda **kwargs: [("Greater", "clear effect", 8)])
    monkeypatch.setattr(statistics, "THOROUGH", 100)
    monkeypatch.setattr("reproductions.running.cost.calibrate", lambda trials: Calibration())
    monkeypatch.setattr(Calibration, "seconds", lambda *_: 1.0)
    monkeypatch.setattr("claims.run.recording.make", lambda *_: iter(()))
    monkeypatch.setattr("claims.run.rounding.paths_here", lambda: ("plain", "torch"))
    monkeypatch.setattr("claims.run.starts.starts_under", lambda choice, trials, _: {one: {("train_loss", 1): 1.0} for one in trials})
    monkeypatch.setattr(datasets, "fetch", lambda name: [tmp_path / name])
    monkeypatch.setattr(datasets, "verify", list)
    for check in ("check_faults", "check_trained_faults"):
        monkeypatch.setattr(faults, check, lambda arguments: 0)
    return tmp_path


def test_every_command_shows_an_example_of_its_own_and_tells_what_it_does():
    for parser in PARSERS:
        examples = shown_examples(parser)
        assert examples, parser.prog
        assert all(example.startswith(parser.prog) for example in examples), parser.prog
        assert parser.description or parser.prog in ("rin-claims data", "rin-claims store")


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_of_the_help_works(example, world, capsys):
    arguments = shlex.split(example.partition(" > ")[0])[1:]
    if example.startswith(PARSED_ONLY):
        cli.parser().parse_args(arguments)
    else:
        code = main(arguments)
        assert code == 0, capsys.readouterr().err
        assert "--json" not in arguments or arguments[0] == "faults" or json.loads(capsys.readouterr().out) is not None


def test_help_is_exit_code_0_and_keeps_paragraphs_and_examples_apart(capsys):
    for parser in PARSERS:
        assert main([*parser.prog.split()[1:], "--help"]) == 0
        out = capsys.readouterr().out
        *_, last = out.split("\n\n")
        assert last.startswith(("example:\n  rin-claims ", "examples:\n  rin-claims ")), parser.prog
    assert main(["run", "--help"]) == 0
    assert "\n\nWhat is printed is pytest's." in capsys.readouterr().out


def test_help_names_the_values_of_the_model_and_the_examples_name_what_there_is(capsys):
    main(["list", "--help"])
    words = " ".join(capsys.readouterr().out.split())
    assert all(f" {value}" in words for value in (*VERDICTS, *KINDS))
    ids = {claim.id for claim in papers.all_claims()}
    assert {shlex.split(example)[2] for example in EXAMPLES if example.startswith("rin-claims show")} <= ids
    named = {match[1] for example in EXAMPLES if (match := re.search(r"--only (\S+)", example))}
    assert named <= {row.fault for row in planted_faults().rows}


def test_every_option_that_takes_a_name_there_is_can_be_completed():
    names = {"--profile", "--claim", "--section", "--paper", "--verdict", "--kind", "--only", "--format", "-m"}
    taking = [(parser.prog, action) for parser in PARSERS for action in parser._actions if names & set(action.option_strings)]
    assert len(taking) >= len(names)
    assert [prog for prog, action in taking if not (action.choices or hasattr(action, "completer"))] == []


# --- --json ---


def promised(command: str) -> list[set[str]]:
    """The sets of keys that the help of ``--json`` gives, in its order."""
    (parser,) = (parser for parser in PARSERS if parser.prog == f"rin-claims {command}")
    (text,) = (action.help for action in parser._actions if "--json" in action.option_strings)
    return [set(keys.split(", ")) for keys in re.findall(r"(?:with|has|also) ((?:[a-z0-9_]+(?: share)?, )+[a-z0-9_ ]+)", text)]


def keys(value: object) -> set[str]:
    return set(value[0] if isinstance(value, list) else value)


def test_every_command_that_prints_something_to_parse_has_json():
    without = {parser.prog for parser in PARSERS if not any("--json" in action.option_strings for action in parser._actions)}
    assert without == {"rin-claims", "rin-claims run", "rin-claims data", "rin-claims store"}  # run prints what pytest does


@pytest.mark.parametrize(
    ("command", "place", "options"),
    [
        ("list", 0, ()),
        ("show", 0, ("rin-2018/tables/headline-12-67",)),
        ("plan", 0, ("--claim", "rin-2018/formal/*")),
        ("report", 0, ("--compare", "OLD.json")),
        ("power", 0, ("--seeds", "5")),
        ("power", 1, ("--sequential",)),
        ("calibrate", 0, ("--quick",)),
        ("data status", 0, ()),
        ("store status", 0, ()),
        ("store gc", 0, ()),
    ],
)
def test_json_has_the_keys_that_the_help_promises(command, place, options, world, capsys):
    (Store(world / "store").folder / "outcomes" / "x-0-y.json.0123.part").write_bytes(b"half")  # for gc to remove
    assert main([*command.split(), *options, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert keys(printed) == promised(command)[place]
    if command == "plan":
        assert keys(printed["trials"]) == promised(command)[1]


def test_json_of_faults_and_of_what_is_exchanged_has_the_keys_that_the_help_promises():
    def fields(data: type) -> set[str]:
        return {field.name for field in dataclasses.fields(data)}

    plain, trained = promised("faults")
    assert plain == fields(UntrainedReport)
    assert trained == fields(TrainedReport)
    assert promised("store import") == [fields(Received) | fields(ReceivedStates)]
    assert promised("store export") == [set(exchange.EXPORT_KEYS.split(", "))]


@pytest.mark.parametrize(
    "command", ["list --verdict inconclusive", "list --paper irnn-2015 --section tables", "data verify", "store verify", "store gc"]
)
def test_json_of_nothing_is_an_empty_list(command, world, capsys):
    assert main([*command.split(), "--json"]) == 0
    assert capsys.readouterr() == ("[]\n", "")
