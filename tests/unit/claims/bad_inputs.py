"""What a user or a damaged disk may hand to ``rin-claims``.

Each case is a command, what is wrong, and what the one line must say. ``prepare(world)`` makes the bad thing; ``world`` is the working
directory, with a store, a report of its own and an empty cache.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import reference_results
from reference_results.recorded import Draw, dumps
from reproductions import data_files

NESTED = "[" * 100_000
HUGE_NUMBER = "9" * 5_000  # more digits than Python reads as an integer


@dataclass(frozen=True)
class BadInput:
    """``said`` are parts of the line; ``environment`` is set over the world's own; None leaves a variable out."""

    name: str
    argv: tuple[str, ...]
    said: tuple[str, ...]
    prepare: Callable[[Path], object] = lambda world: None
    environment: tuple[tuple[str, str], ...] = ()


def case(name: str, command: str, *said: str, prepare: Callable[[Path], object] = lambda world: None, **environment: str) -> BadInput:
    return BadInput(name, tuple(command.split(" ")) if command else (), said, prepare, tuple(environment.items()))


def text(name: str, content: str | bytes) -> Callable[[Path], object]:
    """Writes the file ``name`` of the world."""

    def prepare(world: Path) -> None:
        path = world / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    return prepare


# --- The command line ---

OPTIONS = [
    case("no command", "", "COMMAND"),
    case("an unknown command", "lost", "invalid choice: 'lost'"),
    case("an unknown option", "list --colour red", "--colour"),
    case("an argument too many", "data status mnist", "unrecognized arguments: mnist"),
    case("a group without its action", "store", "ACTION"),
    case("a claim without an id", "show", "required: id"),
    case("a mistyped claim", "show rin-2018/tables/headline-12-66", "did you mean rin-2018/tables/headline-12-67"),
    case("a claim of nowhere", "show zzz", "`rin-claims list` shows every id"),
    case("an empty id", "show ", "unknown claim ''"),
    case("a mistyped paper", "list --paper rin-2017", "did you mean rin-2018"),
    case("a mistyped section", "list --section ading", "did you mean adding"),
    case("a mistyped kind", "list --kind greater", "did you mean Greater"),
    case("a mistyped verdict", "list --verdict reproducd", "did you mean reproduced"),
    case("a mistyped profile", "list --profile smok", "did you mean smoke"),
    case(
        "an unknown profile to show",
        "show rin-2018/tables/headline-12-67 --profile huge",
        "no profile 'huge'",
        "smoke, compact, opening, paper",
    ),
    case("an unknown profile to run", "run --profile huge", "no profile 'huge'", "smoke"),
    case("an unknown profile to plan", "plan --profile papr", "did you mean paper"),
    case("an unknown selection to plan", "plan -m nightly", "no selection 'nightly'", "smoke, full"),
    case("a plan of no claim", "plan --claim lost/*", "no claim matches 'lost/*'"),
    case("no workers", "plan -n 0", "a whole number of workers from 1", "'0'"),
    case("fewer than no workers", "plan -n=-2", "a whole number of workers from 1", "'-2'"),
    case("workers in words", "plan -n many", "'many'"),
    case("half a worker", "plan -n 1.5", "'1.5'"),
    case("workers without end", f"plan -n {HUGE_NUMBER}", "from 1 to 1024"),
    case("no seeds", "power --seeds 0", "from 1 to 1000"),
    case("seeds that are no number", "power --seeds nan", "from 1 to 1000"),
    case("a negative seed", "calibrate --seed=-1", "at least 0"),
    case("an unknown fault", "faults --only gremlin", "gremlin"),
    case("two options of which one is meant", "faults --only x --quick", "not allowed with argument"),
    case("an unknown data set", "data fetch imagenet", "unknown data set 'imagenet'", "mnist, babi"),
    case("a store without a name", "store status --claims-store=", "--claims-store", "a folder"),
    case(
        "a store that is a file", "store status --claims-store notes.txt", "notes.txt", "--claims-store=DIR", prepare=text("notes.txt", "x")
    ),
    case("a plan in a file", "plan --claims-store notes.txt", "notes.txt", "--claims-store=DIR", prepare=text("notes.txt", "x")),
    case("a store below a file", "store gc --claims-store notes.txt/s", "cannot be written", prepare=text("notes.txt", "x")),
    case("a store with too long a name", f"store status --claims-store {'x' * 300}", "File name too long"),
]
BUDGETS = [
    case(f"the time budget {value!r}", f"run --time-budget={value}", "--time-budget takes a time such as 90s, 9m, 1h30m or 2h", repr(value))
    for value in ("-5m", "0s", "0h0m", "nan", "inf", "9", "1.5h", "m", "", "30m1h", "1e3s", "９m", "9minutes", "5000000000s")
]
BUDGETS.append(case("a time budget without end", f"run --time-budget={HUGE_NUMBER}s", "--time-budget takes a time such as"))
BUDGETS.append(BadInput("the time budget of words", ("run", "--time-budget", "9 minutes"), ("'9 minutes'",)))

ROUNDING = [
    case("a kernel path of no machine", "rounding --path sse2", "no kernel path 'sse2'; it has", "torch, and native is"),
    case("an unknown profile to round under", "rounding --profile huge", "no profile 'huge'", "smoke"),
    case("claims that no kernel reaches", "rounding --claim rin-2018/tables/headline*", "is measured under smoke; nothing rounds"),
    case("kernel paths in no time", "rounding --time-budget=0s", "--time-budget takes a time such as"),
    case("kernel paths without workers", "rounding -n 0", "a whole number of workers from 1"),
    case("a table of rounding in no folder", "rounding --csv lost/rounding.csv", "no folder lost for --csv"),
    case("a table of rounding that is none", "rounding --csv a.csv", "a.csv: the header must read claim,", prepare=text("a.csv", "x\n")),
    case("verdicts by path of no repository", "rounding", "no tests of claims in this folder"),
]

# --- The environment ---

ENVIRONMENT = [
    case(
        "a store variable that names a file",
        "store status",
        "cannot be written",
        prepare=text("notes.txt", "x"),
        RIN_CLAIMS_STORE="notes.txt",
    ),
    case("a data folder that is not there", "data status", "RIN_CLAIMS_DATA names lost", RIN_CLAIMS_DATA="lost"),
    case("a data folder with too long a name", "data status", "which is not a folder", RIN_CLAIMS_DATA="x" * 300),
    case(
        "a data folder that is a file", "data verify", "which is not a folder", prepare=text("notes.txt", "x"), RIN_CLAIMS_DATA="notes.txt"
    ),
    case(
        "an unclear offline setting", "data fetch mnist", "RIN_CLAIMS_OFFLINE is 1 (no network) or 0, not 'yes'", RIN_CLAIMS_OFFLINE="yes"
    ),
    case("a download that is forbidden", "data fetch mnist", "RIN_CLAIMS_OFFLINE=1 forbids the download", "RIN_CLAIMS_DATA"),
    case("unknown kernels to plan with", "plan", "RIN_CLAIMS_KERNELS is one of native", "'nonsense'", RIN_CLAIMS_KERNELS="nonsense"),
]

# --- Files of the data sets; a download that was interrupted leaves a part ---


def archive(*members: tuple[str, bytes], kind: bytes = tarfile.REGTYPE) -> Callable[[Path], object]:
    """A bAbI archive with these members in the folder ``data``; with another ``kind`` they are links to a file outside."""

    def prepare(world: Path) -> None:
        (world / "data").mkdir()
        with tarfile.open(world / "data" / data_files.BABI_ARCHIVE.names[0], "w:gz") as stream:
            for name, content in members:
                member = tarfile.TarInfo(name)
                member.type, member.linkname = kind, "/etc/passwd"
                member.size = len(content) if kind == tarfile.REGTYPE else 0
                stream.addfile(member, io.BytesIO(content))

    return prepare


def data_case(name: str, data_set: str, *said: str, prepare: Callable[[Path], object]) -> BadInput:
    return case(name, f"data fetch {data_set}", *said, prepare=prepare, RIN_CLAIMS_DATA="data")


BABI = next(name for name in data_files.checksums() if name.startswith(data_files.BABI_FOLDER))
IMAGES = "data/mnist/train-images-idx3-ubyte.gz"
AGAIN = "remove it, then run `rin-claims data fetch"
DATA = [
    data_case("an archive that leaves its folder", "babi", "outside its own folder", AGAIN, prepare=archive(("../../evil.txt", b"x"))),
    data_case("an archive with an absolute path", "babi", "outside its own folder ('/etc/evil')", prepare=archive(("/etc/evil", b"x"))),
    data_case("an archive with a link for a text", "babi", "no regular file", AGAIN, prepare=archive((BABI, b""), kind=tarfile.SYMTYPE)),
    data_case("an archive with an oversized text", "babi", "at most 16777216 bytes", prepare=archive((BABI, bytes(17 * 2**20)))),
    data_case("an archive with another text", "babi", "has SHA-256", "expected", AGAIN, prepare=archive((BABI, b"1 Mary went.\n"))),
    data_case("an archive with nothing of use", "babi", "no such member", AGAIN, prepare=archive(("README", b"x"))),
    data_case("an archive that is none", "babi", "no tar.gz archive", prepare=text("data/tasks_1-20_v1-2.tar.gz", b"\x00" * 99)),
    data_case("a truncated image file", "mnist", "truncated or no gzip file", AGAIN, prepare=text(IMAGES, gzip.compress(b"x" * 999)[:-9])),
    data_case("an image file of other content", "mnist", "has SHA-256", AGAIN, prepare=text(IMAGES, gzip.compress(b"hello"))),
    data_case(
        "an image file that unpacks without end", "mnist", "unpacks to more", prepare=text(IMAGES, gzip.compress(bytes(65 * 2**20), 1))
    ),
    case("a download that was interrupted", "data fetch babi", "is missing", prepare=text("cache/babi/tasks_1-20_v1-2.tar.gz.part", "x")),
]

# --- The last report ---


def edited_report(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], object]:
    def prepare(world: Path) -> None:
        path = world / "report" / "report.json"
        document = json.loads(path.read_text(encoding="utf-8"))
        change(document)
        path.write_text(json.dumps(document), encoding="utf-8")

    return prepare


def nan_estimate(document: dict[str, Any]) -> None:
    next(entry for entry in document["claims"] if entry["evidence"])["evidence"]["estimate"] = float("nan")


REPORT = "report/report.json"
REPORTS = [
    case("a report that is not there", "report --from lost.json", "no report at lost.json", "pytest -m smoke"),
    case("a report that is a folder", "report --from report", "cannot read the report"),
    case("a report that is cut short", "report", REPORT, "not JSON", prepare=text(REPORT, '{"schema": 1')),
    case("a report of nothing", "report", REPORT, "not JSON", prepare=text(REPORT, "")),
    case("a report nested without end", "list", REPORT, "not JSON", prepare=text(REPORT, NESTED)),
    case("a report with a number without end", "list", REPORT, "not JSON", prepare=text(REPORT, f'{{"schema": {HUGE_NUMBER}}}')),
    case("a report in Latin-1", "list", REPORT, "cannot read", prepare=text(REPORT, "é".encode("latin-1"))),
    case("a report that is a list", "list", REPORT, "report schema None", prepare=text(REPORT, "[1]")),
    case("a report of the future", "list", "report schema 99", prepare=edited_report(lambda document: document.update(schema=99))),
    case("a report without claims", "list", "not a complete report", prepare=edited_report(lambda document: document.pop("claims"))),
    case("a report with NaN for a number", "report", REPORT, "not JSON", "NaN", prepare=edited_report(nan_estimate)),
    case("a report with an unknown verdict", "list", "claims[0].verdict: unknown 'maybe'",
         prepare=edited_report(lambda document: document["claims"][0].update(verdict="maybe"))),
    case("a report to be written below a file", "report --to notes.txt/site", "notes.txt", prepare=text("notes.txt", "x")),
]  # fmt: skip

# --- Recorded results ---


def draws(
    change: Callable[[Draw], Draw] = lambda draw: draw, edit: Callable[[str], str | bytes] = lambda content: content
) -> Callable[[Path], object]:
    """Writes draws.jsonl: one draw of the world's recipe, changed and signed, then ``edit``ed as text."""

    def prepare(world: Path) -> None:
        content = edit(dumps([change(DRAWS[0])]))
        (world / "draws.jsonl").write_bytes(content if isinstance(content, bytes) else content.encode())

    return prepare


DRAWS: list[Draw] = []  # the test module puts the draw of its registry here


def outcome(**changes: Any) -> Callable[[Draw], Draw]:
    return lambda draw: Draw(draw.recipe, draw.seed, draw.fingerprint, {**draw.outcome, **changes})


def unused(draw: Draw) -> Draw:
    return Draw({**draw.recipe, "updates": 7}, draw.seed, draw.fingerprint, draw.outcome)


def drawn(name: str, *said: str, **made: Any) -> BadInput:
    return case(name, "store import draws.jsonl", "draws.jsonl", *said, prepare=draws(**made))


RECORDED = [
    case("draws that are not there", "store import lost.jsonl", "lost.jsonl cannot be read", "store export"),
    case("draws that are a folder", "store import report", "report cannot be read"),
    case("draws in a file with too long a name", f"store import {'x' * 300}", "cannot be read"),
    drawn("draws in Latin-1", "cannot be read", edit=lambda content: content.encode() + "é".encode("latin-1")),
    drawn("no draw at all", "holds no draw", edit=lambda content: ""),
    drawn("a draw cut short", "line 1", "cut short or no JSON", edit=lambda content: content[:-40]),
    drawn("a draw nested without end", "cut short or no JSON", edit=lambda content: NESTED),
    drawn("a draw with NaN", "cut short or no JSON", edit=lambda content: content.replace('"seconds":1.5', '"seconds":NaN')),
    drawn("a draw with infinity", "cut short or no JSON", edit=lambda content: content.replace('"seconds":1.5', '"seconds":Infinity')),
    drawn("a draw with a number that overflows", "no finite number", edit=lambda content: content.replace("1.5", "1e999")),
    drawn("a draw that was edited", "does not match its checksum", edit=lambda content: content.replace("0.01", "0.001")),
    drawn("a draw of the future", "schema 2", edit=lambda content: content.replace('"schema":1', '"schema":2')),
    drawn("a foreign object", "no field 'schema'", edit=lambda content: '{"hello": "world"}'),
    drawn("a draw given twice", "line 2", "repeats the trial of line 1", edit=lambda content: content + content),
    drawn("a pilot seed", "seed 10000 is a pilot seed", change=lambda draw: Draw(draw.recipe, 10_000, draw.fingerprint, draw.outcome)),
    drawn("a negative seed drawn", "not a whole number", change=lambda draw: Draw(draw.recipe, -1, draw.fingerprint, draw.outcome)),
    drawn("a draw of other code", "made by other numerics code", change=lambda draw: Draw(draw.recipe, draw.seed, "0" * 64, draw.outcome)),
    drawn("a draw without provenance", "the provenance lacks", change=outcome(provenance={})),
    drawn("a draw with an unknown status", "status 'lucky' is unknown", change=outcome(status="lucky")),
    drawn("a draw with text for a metric", "not numbers by name", change=outcome(metrics={"final_mse": "low"})),
    drawn("a draw that counts half updates", "whole numbers", change=outcome(updates=0.5)),
    drawn("a draw of no claim", "belongs to no claim", change=unused),
    case("an export over a file", "store export notes.txt", "notes.txt exists already", prepare=text("notes.txt", "precious")),
    case("an export into no folder", "store export lost/draws.jsonl", "No such file or directory"),
    case("an export of no claim", "store export new.jsonl --claim lost*", "no claim matches 'lost*'"),
    case("an export of no profile", "store export new.jsonl --profile smal", "no profile 'smal'", "smoke, compact, opening, paper"),
    case("an export with too long a name", f"store export {'x' * 300}", "cannot be written"),
]  # fmt: skip

# --- Reference numbers and recorded verdicts ---


def references(world: Path) -> Path:
    """A copy of the reference results in the world, which the test makes the package read."""
    return Path(
        shutil.copytree(Path(reference_results.__file__).parent, world / "references", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    )


def reference(name: str, edit: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    """Changes the file ``name`` of the reference results."""

    def prepare(world: Path) -> None:
        path = references(world) / name
        path.write_bytes(edit(path.read_bytes()))

    return prepare


def without(name: str) -> Callable[[Path], object]:
    return lambda world: os.remove(references(world) / name)


def replaced(old: str, new: str) -> Callable[[bytes], bytes]:
    def edit(content: bytes) -> bytes:
        assert old.encode() in content
        return content.replace(old.encode(), new.encode("latin-1"), 1)

    return edit


VERDICTS, TABLE1 = "expected_verdicts.csv", "rin_2018/table1.csv"
HEADER = "claim,profile,expected,date,reason"
CELL = "show rin-2018/tables/headline-12-67"  # reads Table 1


def verdicts(name: str, row: str, *said: str) -> BadInput:
    return case(name, "list", "expected_verdicts.csv", *said, prepare=reference(VERDICTS, lambda content: f"{HEADER}\n{row}\n".encode()))


def cells(name: str, edit: Callable[[bytes], bytes], *said: str) -> BadInput:
    return case(name, CELL, "reference_results/rin_2018/table1.csv", *said, prepare=reference(TABLE1, edit))


EQ8 = "rin-2018/formal/eq8-identity"


def all_references() -> Iterator[BadInput]:
    yield verdicts(
        "a recorded verdict of an unknown profile",
        f"{EQ8},tiny,reproduced,2026-01-31,x",
        "line 2",
        "unknown profile 'tiny'",
    )
    yield verdicts("an unknown recorded verdict", f"{EQ8},smoke,maybe,2026-01-31,x", "unknown verdict 'maybe'")
    yield verdicts("a recorded verdict without a date", f"{EQ8},smoke,reproduced,yesterday,x", "'yesterday' is no date")
    yield verdicts("a recorded verdict without a reason", f"{EQ8},smoke,reproduced,2026-01-31,", "the reason is empty")
    yield verdicts("a recorded verdict with a comma too many", f"{EQ8},smoke,reproduced,2026-01-31,x,y", "6 values for 5 columns")
    yield verdicts("a recorded reason without end", f"{EQ8},smoke,reproduced,2026-01-31,{'x' * 200_000}", "is no CSV", "131072")
    yield verdicts("a recorded verdict of no claim", "rin-2018/formal/eq8-identiy,smoke,reproduced,2026-01-31,x", "eq8-identity?")
    yield case("recorded verdicts in Latin-1", "list", "is no UTF-8", prepare=reference(VERDICTS, lambda content: content + b"\xe9"))
    yield case("recorded verdicts of nothing", "list", "the header must read", prepare=reference(VERDICTS, lambda content: b""))
    yield case("recorded verdicts that are not there", "list", "expected_verdicts.csv is missing", prepare=without(VERDICTS))
    for value in ("nan", "inf", "-91.64", "9.1e1", "0.9164", "91,64", "ninety", ""):
        quoted = f'"{value}"' if "," in value else value
        yield cells(f"the printed number {value!r}", replaced(",91.64,", f",{quoted},"), "sequential/1-100/RIN")
    yield cells("a printed table in Latin-1", lambda content: content + b"\xe9", "is no UTF-8")
    yield cells("a printed table with a wrong unit", replaced(",91.64,percent", ",91.64,points"), "the unit 'points' is wrong")
    yield cells("a printed table without its header", lambda content: content.split(b"\n", 1)[1], "the header must name")
    yield cells("a printed table cut short", lambda content: content[: content.rindex(b"\n", 0, -1) + 1], "is missing", "instead of 38")
    yield case("a printed table that is not there", CELL, "table1.csv is missing", prepare=without(TABLE1))


# --- Claims: a registry whose one section is the module bad_section ---

SECTION = """
from claims import Above, Arm, Claim, Greater, Locator
from claims.papers.rin_2018.protocol import adding
ARMS = {"smoke": tuple(Arm(cell, (adding("smoke", cell, 200),)) for cell in ("rin", "irnn"))}
CLAIM = Claim(
    id="rin-2018/adding/bad",
    paper="rin-2018",
    quote="A quote.",
    locator=Locator(section="3.1"),
    prediction=Greater("final_mse", "MSE", "a reason", better="rin", worse="irnn", smallest_effect=0.1),
    statement="A statement.",
    arms=ARMS,
    seeds={"smoke": 5},
)
CLAIMS = (CLAIM,)
"""


HUGE = '(__import__("dataclasses").replace(CLAIM, arms={"huge": ARMS["smoke"]}, seeds={"huge": 5}),)'
BAD = "claim 'rin-2018/adding/bad': "
GREATER = 'Greater("final_mse", "MSE", "a reason", better="rin", worse="irnn", smallest_effect=0.1)'
ABOVE = 'Above("final_mse", "MSE", "a reason", arm="rin", threshold=float("nan"))'


def section(name: str, old: str, new: str, *said: str) -> BadInput:
    assert old in SECTION
    return case(name, "list", *said, prepare=text("bad_section.py", SECTION.replace(old, new)))


CLAIMS = [
    section("a claims module that is no Python", "CLAIMS = (", "CLAIMS = ((", "bad_section.py, line", "correct it"),
    section("a claims module without claims", "CLAIMS =", "NOTHING =", "bad_section has no CLAIMS"),
    section("a claims module with something else", "(CLAIM,)", "('claim',)", "bad_section has no CLAIMS, a tuple of claims"),
    section("a claim given twice", "(CLAIM,)", "(CLAIM, CLAIM)", "bad_section.py, line", f"{BAD}the id is used twice"),
    section(
        "a claim with a bad id", "rin-2018/adding/bad", "Bad claim", "line 5, claim 'Bad claim': the id must read <paper>/<section>/<slug>"
    ),
    section("a claim without a quote", "A quote.", " ", f"line 5, {BAD}the quote is missing; copy the sentence"),
    section("a claim without a place", 'section="3.1"', "", f"line 9, {BAD}a locator needs a section"),
    section("a margin without a reason", "a reason", "", f"line 5, {BAD}the reason for the margin is missing"),
    section(
        "a margin that is no number", "smallest_effect=0.1", "smallest_effect=float('nan')", "'rin-2018/adding/bad'", "smallest_effect"
    ),
    section("a margin without end", "smallest_effect=0.1", "smallest_effect=float('inf')", "'rin-2018/adding/bad'", "smallest_effect"),
    section("a threshold that is no number", GREATER, ABOVE, "`threshold` must be a finite number, not nan"),
    section("a negative margin", "smallest_effect=0.1", "smallest_effect=-0.1", "'rin-2018/adding/bad'", "smallest_effect"),
    section("a claim of an arm that is not there", 'better="rin"', 'better="gru"', "profile 'smoke' has no arm named 'gru'"),
    section("a claim of an unknown profile", "(CLAIM,)", HUGE, f"line 15, {BAD}unknown profile 'huge'"),
    section("a claim without seeds", '{"smoke": 5}', "{}", "profile 'smoke' states no number of seeds"),
    section("a recipe of an unknown length", ", 200)", ", 7)", "the smoke profile has no adding problem of length 7"),
    section("a recipe of an unknown cell", '("rin", "irnn"))', '("rin", "gru"))', "unknown cell 'gru'"),
]

REFERENCES = list(all_references())

# --- The conftest.py of a repository with claims of its own ---

HOOK = "def pytest_claims_registry():"
ONE_CLAIM = f"from claims import papers\n{HOOK}\n    return papers.all_claims()[:1]\n"
TABLE_HOOK = "from pathlib import Path\ndef pytest_claims_expected_verdicts():"
CONFTESTS = [
    case(
        "a conftest that does not parse",
        "list",
        "conftest.py, line 1: invalid syntax; correct it",
        prepare=text("conftest.py", f"{HOOK} !"),
    ),
    case(
        "a conftest that imports what is not here",
        "show x",
        "conftest.py, line 1: ModuleNotFoundError: No module named 'nowhere'; correct it",
        prepare=text("conftest.py", f"import nowhere\n{HOOK} ..."),
    ),
    case(
        "a registry that fails",
        "plan",
        "conftest.py, line 2: ValueError: over two lines; correct it",
        prepare=text("conftest.py", f"{HOOK}\n    raise ValueError('over\\ntwo lines')"),
    ),
    case("a registry without claims", "list", "pytest_claims_registry in conftest.py", prepare=text("conftest.py", f"{HOOK} return ()")),
    case("a registry of names", "store export x.jsonl", "a tuple of Claim", prepare=text("conftest.py", f"{HOOK} return ['a', 'b']")),
    case(
        "a claim of this project in another repository",
        "show rin-2018/tables/headline-12-67",
        "unknown claim",
        prepare=text("conftest.py", ONE_CLAIM),
    ),
    case(
        "a table of recorded verdicts that only the conftest knows",
        "list",
        "there is no table of recorded verdicts missing.csv",
        prepare=text("conftest.py", f"{ONE_CLAIM}{TABLE_HOOK} return Path('missing.csv')"),
    ),
    case(
        "a table of recorded verdicts that is a number",
        "list",
        "returns 7; it is to return the Path of a table",
        prepare=text("conftest.py", f"{ONE_CLAIM}{TABLE_HOOK} return 7"),
    ),
]

CASES = [*CONFTESTS, *OPTIONS, *BUDGETS, *ROUNDING, *ENVIRONMENT, *DATA, *REPORTS, *RECORDED, *REFERENCES, *CLAIMS]
