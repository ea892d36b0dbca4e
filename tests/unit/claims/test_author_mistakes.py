"""A claim author's mistake is one line with file, line, claim and remedy, and exit code 2."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from claims.cli import main

CONFTEST = """
from pathlib import Path
def pytest_claims_registry():
    from my_claims import CLAIMS
    return CLAIMS
def pytest_claims_expected_verdicts():
    return Path(__file__).with_name("expected_verdicts.csv")
"""
CLAIMS = """from claims import Above, Arm, Claim, Locator
from reproductions.recipes import Probe

PAPER = "x-2020"

def measured(function, **arguments):
    return {"smoke": (Arm("A", (Probe("smoke", f"mine.measure:{function}", tuple(arguments.items())),)),)}

def one(slug, **changes):
    return Claim(
        id=f"{PAPER}/nets/{slug}",
        paper=PAPER,
        locator=Locator(section="1"),
        statement="It is large.",
        seeds={"smoke": 5},
        **{"quote": "large", "arms": measured("size", units=4), **changes},
    )

CLAIMS = (
    Claim(
        id=PAPER + "/nets/large",
        paper=PAPER,
        quote="large",
        locator=Locator(section="1"),
        prediction=Above("size", "units", "a reason", arm="A", threshold=1.0),
        statement="It is large.",
        arms=measured("size", units=4),
        seeds={"smoke": 5},
    ),
    *(one(slug, prediction=Above("size", "units", "a reason", arm="A", threshold=1.0)) for slug in ("a", "b")),
)
"""
MEASURE = "import not_installed_anywhere\n\ndef size(seed, units, scale=1):\n    return {'size': units * scale}\n"
LARGE = "claim 'x-2020/nets/large': "


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with three claims, and nothing imported of another one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setenv("RIN_CLAIMS_STORE", str(tmp_path / "store"))
    monkeypatch.delitem(sys.modules, "my_claims", raising=False)
    (tmp_path / "mine").mkdir()
    files = {"conftest.py": CONFTEST, "my_claims.py": CLAIMS, "mine/__init__.py": "", "mine/measure.py": MEASURE}
    files["expected_verdicts.csv"] = "claim,profile,expected,date,reason\nx-2020/nets/large,smoke,reproduced,2026-01-31,seen\n"
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def refusal(capsys: pytest.CaptureFixture[str], command: str) -> str:
    code = main([command])
    said = capsys.readouterr()
    assert (code, said.out, said.err.count("\n")) == (2, "", 1), said.err
    assert said.err.startswith("rin-claims: error: ")
    return said.err.removeprefix("rin-claims: error: ").rstrip("\n")


def test_without_a_mistake_it_is_listed(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    assert "3 measured claims" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            '"a reason", arm="A", threshold=1.0),\n        st',
            'arm="A", threshold=1.0),\n        st',
            "line 25, " + LARGE + "Above lacks `why`; fill it in",
        ),
        (
            '"units", "a reason", arm="A", threshold=1.0),\n        st',
            '"units", " ", arm="A", threshold=1.0),\n        st',
            LARGE + "the reason",
        ),
        ('        quote="large",\n', "", "line 20, " + LARGE + "Claim lacks `quote`; fill it in"),
        (
            "threshold=1.0),\n        st",
            "treshold=1.0),\n        st",
            "line 25, " + LARGE + "Above takes no `treshold`; did you mean threshold?",
        ),
        ('        statement="It is large.",\n        arms', '        statment="It is large.",\n        arms', "did you mean statement?"),
        (
            'PAPER = "x-2020"',
            'PAPER = "X-2020"',
            "claim 'X-2020/nets/large': the id must read <paper>/<section>/<slug>[/<variant>...], the paper in",
        ),
        ('{"quote": "large", "arms"', '{"quote": "", "arms"', "line 10, claim 'x-2020/nets/a': the quote is missing; copy the sentence"),
        ("threshold=1.0)) for", "threshold=1 / 0)) for", "line 30: ZeroDivisionError: division by zero; correct it"),
        (
            "one(slug, prediction",
            "one(slug, predicton",
            "line 10, claim 'x-2020/nets/a': Claim takes no `predicton`; did you mean prediction?",
        ),
        (
            "threshold=1.0),\n        st",
            "threshold=int('x')),\n        st",
            "line 25, " + LARGE + "ValueError: invalid literal for int() with base 10: 'x'",
        ),
        ('"smoke": (Arm("A"', '"smokey": (Arm("A"', "profile 'smokey' states no number of seeds"),
        ("CLAIMS = (", "CLAIMS = ((", "my_claims.py, line 19: '(' was never closed; correct it"),
        ("from claims import Above", "from claims import Abov", "my_claims.py, line 1: ImportError: cannot import name 'Abov'"),
        (
            'PAPER = "x-2020"',
            "import nothing_of_this_name",
            "line 4: ModuleNotFoundError: No module named 'nothing_of_this_name'; correct it",
        ),
    ],
)
def test_a_mistake_in_the_claims_names_the_place_and_the_claim(
    repository: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, said: str
) -> None:
    assert old in CLAIMS
    (repository / "my_claims.py").write_text(CLAIMS.replace(old, new, 1))
    message = refusal(capsys, "list")
    assert message.startswith("my_claims.py, line ")
    assert said in message


def test_a_profile_that_no_protocol_has_is_refused_with_the_nearest(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "my_claims.py").write_text(CLAIMS.replace('"smoke"', '"smok"'))
    assert refusal(capsys, "list") == f"my_claims.py, line 20, {LARGE}unknown profile 'smok'; did you mean smoke?"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"size", units=4),\n        seeds', '"siz", units=4),\n        seeds', "mine.measure has no function 'siz'; did you mean size?"),
        ('"size", units=4),\n        seeds', '"size", unit=4),\n        seeds', "did you mean units?"),
        (
            '"size", units=4),\n        seeds',
            '"size"),\n        seeds',
            "missing a required argument: 'units'; it takes seed, units, scale",
        ),
        ("mine.measure:", "mine.mesure:", "there is no module 'mine.mesure'; correct the name"),
        ("mine.measure:", "nowhere.measure:", "there is no package 'nowhere' here"),
        ('f"mine.measure:{function}"', '"gradient-decy"', "unknown measurement 'gradient-decy'; did you mean gradient-decay?"),
        (
            'f"mine.measure:{function}"',
            '"gradient-decay"',
            "missing a required argument: 'cell'; it takes seed, cell, steps, hidden, recurrent",
        ),
    ],
)
def test_a_measurement_that_is_not_there_or_takes_other_arguments_is_known_before_anything_is_imported(
    repository: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, said: str
) -> None:
    assert old in CLAIMS
    (repository / "my_claims.py").write_text(CLAIMS.replace(old, new, 1))
    message = refusal(capsys, "plan")  # the module itself cannot be imported here
    assert message.startswith(f"my_claims.py, line 20, {LARGE}")
    assert said in message
    assert "mine" not in sys.modules


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("nets/large", "nets/larg", "there is no claim 'x-2020/nets/larg'; did you mean x-2020/nets/large?"),
        (",smoke,", ",smok,", "unknown profile 'smok' of x-2020/nets/large; did you mean smoke?"),
    ],
)
def test_a_typo_in_the_recorded_verdicts_is_refused_with_the_nearest(
    repository: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, said: str
) -> None:
    table = repository / "expected_verdicts.csv"
    table.write_text(table.read_text().replace(old, new))
    assert refusal(capsys, "list") == f"{table} line 2: {said}"


def test_help_is_given_where_the_claims_are_broken(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "--help"]) == 0
    assert "rin-claims show x-2020/nets/large" in capsys.readouterr().out
    (repository / "my_claims.py").write_text("!")
    sys.modules.pop("my_claims")
    assert main(["show", "--help"]) == 0
    assert "rin-claims show ID" in capsys.readouterr().out


def test_what_fails_in_the_conftest_itself_names_its_line(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "conftest.py").write_text(CONFTEST.replace("    return CLAIMS\n", "    return CLAIMS[7]\n"))
    assert refusal(capsys, "list") == "conftest.py, line 5: IndexError: tuple index out of range; correct it"
