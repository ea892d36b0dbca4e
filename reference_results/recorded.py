"""Recorded draws: files of JSON lines, one line a trial, admitted whole or not at all.

README.md gives the rule and its reasons. The format and the rule stand here, on plain data. What a recipe trains is no matter of this
package, so the caller passes in which seeds each recipe must have. A line is ``{"schema": 1, "checksum": SHA-256 of the payload's canonical
JSON, "payload": {...}}``; the payload holds recipe, digest, seed, fingerprint (of the numerics code that made it) and outcome.
"""

from __future__ import annotations

import datetime
import gzip
import hashlib
import io
import json
import math
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from reference_results.draw_schema import check_outcome
from reference_results.errors import ReferenceDataError
from reference_results.strict_json import JsonDataError, shown
from reference_results.texts import unwrapped

SCHEMA = 1
# Written in full here because this package imports nothing of the others; tests hold them against reproductions.
PILOT_SEEDS_FROM = 10_000
STATUSES = ("converged", "budget", "diverged")
# The global state that every number of this project is made with.
PRECISION = {"default_dtype": "torch.float32", "float32_matmul": "highest", "deterministic_algorithms": False}
OUTCOME_FIELDS = ("status", "metrics", "curves", "updates", "diverged_at", "seconds", "provenance")
OPTIONAL_FIELDS = ("first_losses",)  # what draws of older code lack

_AGAIN = "write the file anew with `rin-claims store export`"
_HEX = frozenset("0123456789abcdef")
# What a field of an outcome that the schema refuses is no longer.
_WRONG = {
    "metrics": "the metrics are not numbers by name",
    "curves": "the curves are not lists of numbers by name",
    "updates": "the updates are not counted in whole numbers",
    "diverged_at": "the updates are not counted in whole numbers",
    "seconds": "the seconds are missing or no time",
    "provenance": "the provenance holds what this project does not record",
    "first_losses": "the first losses are not lists of numbers by name",
}


@dataclass(frozen=True)
class Draw:
    """The measurement of one trial, as plain JSON data.

    ``line`` is its line in the file it was read from (0: in none).
    """

    recipe: Mapping[str, Any]
    seed: int
    fingerprint: str
    outcome: Mapping[str, Any]
    line: int = field(default=0, compare=False)

    @property
    def digest(self) -> str:
        """The SHA-256 of the recipe's canonical JSON, 64 hexadecimal digits."""
        return _sha256(self.recipe)


class RefusedDrawsError(ReferenceDataError):
    """A file of draws that is not admitted.

    ``refusals`` has one line for each reason, with the place and the remedy.
    """

    def __init__(self, refusals: Iterable[str]) -> None:
        self.refusals = tuple(refusals)
        super().__init__("; ".join(self.refusals))


def dumps(draws: Iterable[Draw]) -> str:
    """Write the file of ``draws``, sorted by digest, seed and fingerprint: the same draws give the same bytes."""
    payloads = [
        {"recipe": draw.recipe, "digest": draw.digest, "seed": draw.seed, "fingerprint": draw.fingerprint, "outcome": draw.outcome}
        for draw in sorted(draws, key=lambda draw: (draw.digest, draw.seed, draw.fingerprint))
    ]
    return "".join(_canonical({"schema": SCHEMA, "checksum": _sha256(payload), "payload": payload}) + "\n" for payload in payloads)


def admitted(
    text: str,
    file: str,
    demanded: Mapping[str, Collection[int]],
    present: Callable[[str], Collection[int]] = lambda digest: (),
    refuse: Callable[[Draw], str] = lambda draw: "",
) -> tuple[Draw, ...]:
    """Read the draws in ``text``.

    Raises RefusedDrawsError with every reason against the file, which ``file`` names. Bytes that are no UTF-8 stand in ``text`` as
    surrogates, so that their line alone is refused for them. ``demanded`` gives the seeds that a recipe, by
    digest, must have; a recipe it does not name is refused. ``present(digest)`` are the seeds that are at hand already, which the file need
    not repeat. ``refuse(draw)`` is the caller's own reason against a line, or "".
    """
    draws, refusals = _lines(text, file)
    refusals += [f"{file} line {draw.line}: {reason}" for draw in draws if (reason := refuse(draw))]
    refusals += [f"{file} line {draw.line}: {reason}" for draw in draws if draw.digest in demanded and (reason := _beyond(draw))]
    if not refusals:  # a line that was refused would count once more, as a seed that is missing
        refusals = list(_shortages(draws, file, demanded, present))
    if refusals:
        raise RefusedDrawsError(refusals)
    return tuple(draws)


def text_of_draws(file: Traversable, name: str = "") -> str:
    """Return the text of a file of draws, with surrogates for what is no UTF-8.

    A file whose name ends in ``.gz`` is read through gzip; messages call the file ``name``.
    Raises ReferenceDataError for a file that cannot be read.
    """
    try:
        content = file.read_bytes()
        content = gzip.decompress(content) if file.name.endswith(".gz") else content
    except (OSError, EOFError, zlib.error) as error:
        raise ReferenceDataError(f"{name or file} cannot be read ({error}); name a file that `rin-claims store export` wrote") from None
    if b"\0" in content:
        raise ReferenceDataError(f"{name or file} cannot be read (it is no text); name a file that `rin-claims store export` wrote")
    return content.decode(errors="surrogateescape")


def packed(text: str, name: str) -> bytes:
    """Return the bytes of a file of draws called ``name``.

    They are packed by gzip where the name ends in ``.gz``. The same draws give the same bytes.
    """
    content = text.encode()
    return gzip.compress(content, mtime=0) if name.endswith(".gz") else content


def recorded_draws(demanded: Mapping[str, Collection[int]]) -> dict[str, tuple[Draw, ...]]:
    """Return the draws of every ``recorded/*.jsonl`` by file name; each file stands by itself.

    Raises RefusedDrawsError with every reason against any of the files.
    """
    files = (file for file in (resources.files("reference_results") / "recorded").iterdir() if file.name.endswith((".jsonl", ".jsonl.gz")))
    draws: dict[str, tuple[Draw, ...]] = {}
    refusals: list[str] = []
    for file in sorted(files, key=lambda file: file.name):
        name = f"reference_results/recorded/{file.name}"
        try:
            draws[file.name] = admitted(text_of_draws(file, name), name, demanded)
        except RefusedDrawsError as refused:
            refusals += refused.refusals
        except ReferenceDataError as unreadable:
            refusals.append(str(unreadable))
    if refusals:
        raise RefusedDrawsError(refusals)
    return draws


def _lines(text: str, file: str) -> tuple[list[Draw], list[str]]:
    draws: list[Draw] = []
    refusals: list[str] = []
    seen: dict[tuple[str, int, str], int] = {}
    for number, line in enumerate(io.StringIO(unwrapped(text)), start=1):
        try:
            draw = _draw(line, number)
            key = (draw.digest, draw.seed, draw.fingerprint)
            if key in seen:
                raise ValueError(f"repeats the trial of line {seen[key]}; keep one of the two")
            seen[key] = number
            draws.append(draw)
        except ValueError as problem:
            refusals.append(f"{file} line {number}: {problem}")
    if not draws and not refusals:
        refusals.append(f"{file} holds no draw; {_AGAIN}")
    return draws, refusals


def _draw(line: str, number: int) -> Draw:
    """Read the draw in a line. Raises ValueError, which says what is wrong and what to do."""
    try:
        line.encode()  # what was no UTF-8 came as surrogates
    except UnicodeEncodeError:
        raise ValueError(f"cannot be read, because it is no UTF-8 text; {_AGAIN}") from None
    try:
        document = json.loads(line, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):  # not JSON, NaN or infinity, or nested without end
        raise ValueError(f"is cut short or no JSON; {_AGAIN}") from None
    try:
        return _checked(document, number)
    except RecursionError:
        raise ValueError(f"is nested too deep to be a draw; {_AGAIN}") from None


def _checked(document: Any, number: int) -> Draw:
    _fields(document, ("schema", "checksum", "payload"), "the line")
    if type(document["schema"]) is not int or document["schema"] != SCHEMA:
        raise ValueError(f"has schema {shown(document['schema'])}, and this version reads {SCHEMA}; export it with this version")
    payload = document["payload"]
    _fields(payload, ("recipe", "digest", "seed", "fingerprint", "outcome"), "the payload")
    try:
        checksum = _sha256(payload)
    except ValueError:
        raise ValueError(f"holds a number that overflows, so it is no finite number; {_AGAIN}") from None
    if checksum != document["checksum"]:
        raise ValueError(f"does not match its checksum, so it was altered; {_AGAIN}")
    recipe, seed = payload["recipe"], payload["seed"]
    if not (isinstance(recipe, dict) and isinstance(recipe.get("kind"), str) and isinstance(recipe.get("profile"), str)):
        raise ValueError(f"the recipe is no recipe as data; {_AGAIN}")
    if _sha256(recipe) != payload["digest"]:
        raise ValueError(f"the digest is not that of the recipe; {_AGAIN}")
    if not _whole(seed):
        raise ValueError(f"the seed is {shown(seed)}, not a whole number of at least 0; {_AGAIN}")
    if seed >= PILOT_SEEDS_FROM:
        raise ValueError(f"seed {shown(seed)} is a pilot seed ({PILOT_SEEDS_FROM} and up), which enters no verdict; use seeds 0, 1, 2, ...")
    fingerprint = payload["fingerprint"]
    if not (isinstance(fingerprint, str) and len(fingerprint) == 64 and set(fingerprint) <= _HEX):
        raise ValueError(f"the fingerprint of the code is not 64 hexadecimal digits; {_AGAIN}")
    _check_outcome(payload["outcome"], trained=recipe["kind"] != "Probe")
    return Draw(recipe, seed, fingerprint, payload["outcome"], number)


def _check_outcome(outcome: Any, trained: bool) -> None:
    _fields(outcome, OUTCOME_FIELDS, "the outcome", OPTIONAL_FIELDS)
    if outcome["status"] not in STATUSES:
        raise ValueError(f"the status {shown(outcome['status'])} is unknown; it must be one of {', '.join(STATUSES)}")
    try:
        check_outcome(outcome)
    except JsonDataError as problem:
        name = problem.field.partition(".")[0].partition("[")[0]
        raise ValueError(f"{_WRONG.get(name, 'the outcome is none')} ({problem}); {_AGAIN}") from None
    only_curves = not trained and any(outcome["curves"].values())  # a probe may measure a curve and nothing else
    if not outcome["metrics"] and outcome["status"] != "diverged" and not only_curves:
        raise ValueError("holds no metric though the run did not diverge; a recorded number is admitted as raw draws, one a seed")
    missing = list(_missing_provenance(outcome["provenance"]))
    if not missing:
        for name, value in outcome["provenance"]["precision"].items():
            if value != PRECISION.get(name, value):
                raise ValueError(f"was measured with {name} = {value}, not {PRECISION[name]}, so with other numbers; measure it anew")
    if missing:
        raise ValueError(f"the provenance lacks {', '.join(missing)}; measure it with `pytest`, which records them")


def _beyond(draw: Draw) -> str:
    """Return which count of a draw goes beyond the updates that its recipe trains, or ""."""
    budget = draw.recipe.get("updates", math.inf)  # a probe has none
    beyond = [f"{name} {draw.outcome[name]}" for name in ("updates", "diverged_at") if (draw.outcome[name] or 0) > budget]
    return f"has {' and '.join(beyond)}, and its recipe trains {budget} updates; {_AGAIN}" if beyond else ""


def _missing_provenance(provenance: Mapping[str, Any]) -> Iterator[str]:
    """Return what the admission rule asks for and ``provenance`` lacks: versions, hardware, threads, precision, date."""

    def told(*path: str) -> Any:
        value = provenance
        for name in path:
            value = value.get(name) if isinstance(value, Mapping) else None
        return value.strip() if isinstance(value, str) else value

    needed = {
        "the version of this project": told("packages", "rin-claims") or told("git", "commit"),
        "the version of Python": told("python"),
        "the version of torch": told("packages", "torch"),
        "the version of numpy": told("packages", "numpy"),
        "the platform": told("platform"),
        "the processor": told("cpu"),
        "the device": told("device"),
        "the precision": told("precision", "default_dtype"),
        "the date it started": _date(told("started")),
        "the date it ended": _date(told("ended")),
    }
    if str(told("device")).startswith("cuda"):
        needed["the GPU"] = told("gpu")
    yield from (name for name, value in needed.items() if not value)
    if not told("torch_threads"):
        yield "the number of threads"


def _shortages(
    draws: Iterable[Draw], file: str, demanded: Mapping[str, Collection[int]], present: Callable[[str], Collection[int]]
) -> Iterator[str]:
    """Return one line for each recipe that no claim uses or that lacks seeds."""
    seeds: dict[str, set[int]] = {}
    recipes: dict[str, Mapping[str, Any]] = {}
    for draw in draws:
        seeds.setdefault(draw.digest, set()).add(draw.seed)
        recipes.setdefault(draw.digest, draw.recipe)
    for digest, recipe in recipes.items():
        where = f"{file}: recipe {digest[:16]} ({describe(recipe)})"
        if digest not in demanded:
            yield f"{where} belongs to no claim of this version, so nothing says how many seeds it needs; leave its lines out"
            continue
        missing = sorted(set(demanded[digest]) - seeds[digest] - set(present(digest)))
        if missing:
            yield (
                f"{where} lacks {'seed' if len(missing) == 1 else 'seeds'} {', '.join(map(str, missing))} of the {len(demanded[digest])} "
                "that its claims demand; add their lines"
            )


def describe(recipe: Mapping[str, Any]) -> str:
    """Describe a recipe in a few words by which a person knows it: profile, task or probe, cell."""
    task, network = recipe.get("task"), recipe.get("network")
    kind, cell = (part.get(name) if isinstance(part, dict) else None for part, name in ((task, "kind"), (network, "cell")))
    return ", ".join(word for word in (recipe["profile"], recipe.get("name"), kind, cell) if isinstance(word, str))


def _fields(value: Any, names: tuple[str, ...], what: str, optional: tuple[str, ...] = ()) -> None:
    """Raise ValueError unless ``value`` is an object with exactly these fields; ``optional`` ones may be missing."""
    if not isinstance(value, dict):
        raise ValueError(f"{what} is no JSON object; {_AGAIN}")
    for name in names:
        if name not in value:
            raise ValueError(f"{what} has no field {name!r}; {_AGAIN}")
    for name in value:
        if name not in (*names, *optional):
            raise ValueError(f"{what} has the unknown field {shown(name)}; {_AGAIN}")


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _date(value: Any) -> str | None:
    """Return ``value`` where it is a date with its time zone, else None."""
    try:
        return value if datetime.datetime.fromisoformat(value).tzinfo is not None else None
    except (TypeError, ValueError):
        return None


def _refuse_constant(text: str) -> None:
    raise ValueError(f"{text} is no JSON")


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _sha256(value: Any) -> str:
    return hashlib.sha256(_canonical(value).encode()).hexdigest()
