"""Mistyped names and bad usage are one line on stderr that names what may have been meant.

The exit code is 2.
"""

from __future__ import annotations

import pytest

from claims.cli import main
from claims.text import did_you_mean

HEADLINE = "rin-2018/tables/headline-12-67"


@pytest.fixture(autouse=True)
def empty_folder(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RIN_CLAIMS_STORE", "store")


def refusal(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    """The one line that ``argv`` is refused with."""
    code = main(argv)
    said = capsys.readouterr()
    assert (code, said.out, said.err.count("\n")) == (2, "", 1), said
    return said.err.removesuffix("\n")


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--section", "ading", "no section 'ading'; did you mean adding?"),
        ("--paper", "rin-2017", "no paper 'rin-2017'; did you mean rin-2018 or irnn-2015?"),
        ("--kind", "similar", "no kind 'similar'; did you mean Similar?"),
        ("--verdict", "reproducd", "no verdict 'reproducd'; did you mean reproduced?"),
        ("--verdict", "NOT RUN", "no verdict 'NOT RUN'; did you mean not run?"),
        ("--verdict", "maybe", "no verdict 'maybe'; known: reproduced, contradicted, inconclusive, not run"),
        ("--profile", "smok", "no profile 'smok'; did you mean smoke?"),
    ],
)
def test_a_mistyped_filter_of_list_gets_the_nearest_value(capsys, option, value, message):
    assert refusal(capsys, "list", option, value) == f"rin-claims: error: {message}"


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("lst",), "rin-claims: error: argument COMMAND: invalid choice: 'lst'; did you mean list? see `rin-claims --help`"),
        (("store", "exprot"), "rin-claims store: error: argument ACTION: invalid choice: 'exprot'; did you mean export?"),
        (("list", "--sectoin", "adding"), "rin-claims list: error: unrecognized arguments: --sectoin adding; did you mean --section? see"),
        (("plan", "--porfile=smoke"), "unrecognized arguments: --porfile=smoke; did you mean --profile?"),
        (("run", "--profile", "smok"), "no profile 'smok'; did you mean smoke?"),
        (("report", "--format", "htm"), "argument --format: invalid choice: 'htm'; did you mean html?"),
        (("data", "fetch", "mnsit"), "unknown data set 'mnsit'; did you mean mnist?"),
        (("show", HEADLINE, "--profile", "papr"), "no profile 'papr'; did you mean paper?"),
        (("plan", "--profile", "compat"), "no profile 'compat'; did you mean compact?"),
        (("plan", "-m", "ful"), "no selection 'ful'; did you mean full?"),
        (("faults", "--only", "rin-without-identty"), "unknown fault 'rin-without-identty'; did you mean rin-without-identity?"),
    ],
)
def test_a_mistyped_command_option_or_value_gets_the_nearest_name(capsys, argv, message):
    assert message in refusal(capsys, *argv)


@pytest.mark.parametrize("mistyped", [HEADLINE[:-1], HEADLINE.upper(), "headline-12-67", "headline-12-66", "tables/headlin-12-67"])
def test_a_mistyped_or_shortened_claim_gets_the_nearest_id(capsys, mistyped):
    assert f"did you mean {HEADLINE}" in refusal(capsys, "show", mistyped)


@pytest.mark.parametrize("command", [("plan",), ("store", "export", "draws.jsonl")])
@pytest.mark.parametrize(
    ("pattern", "meant"),
    [("rin-2018/ading/*", "rin-2018/adding/*"), ("babi", "rin-2018/babi/*"), ("rin2018/formal/*", "rin-2018/formal/*")],
)
def test_a_pattern_that_matches_nothing_gets_the_nearest_sections_and_claims(capsys, command, pattern, meant):
    assert f"no claim matches {pattern!r}; did you mean {meant} or " in refusal(capsys, *command, "--claim", pattern)


def test_an_option_of_pytest_is_sent_to_where_it_belongs(capsys):
    for argv in (("-k", "babi"), ("--", "-k", "babi")):
        assert "here --claim PATTERN chooses claims" in refusal(capsys, "plan", *argv)
    assert "as in `rin-claims run -- -k WORD`" in refusal(capsys, "run", "-k", "adding")
    assert "`rin-claims report --json` prints what a run found" in refusal(capsys, "run", "--json")


@pytest.mark.parametrize("argv", [[], ["nonsense"], ["list", "--kind"], ["store"], ["store", "import"], ["show"], ["list", "more"]])
def test_bad_usage_names_the_help(capsys, argv):
    line = refusal(capsys, *argv)
    assert "see `rin-claims" in line
    assert line.endswith("--help`")


def test_a_near_miss_is_named_once_and_at_most_three_are():
    assert did_you_mean("b", ["ab", "abcd", "cab", "abd"], "") == "did you mean ab or abcd or cab?"
    assert did_you_mean("tail-1", ["a/b/tail-2"], "") == "did you mean a/b/tail-2?"  # like "b/tail-2" and like "tail-2"
    assert did_you_mean("", ["abc"], "none") == did_you_mean("zzz", ["abc"], "none") == "none"
