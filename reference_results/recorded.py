"""Recorded draws: files of JSON lines, one line a trial, admitted whole or not at all.

README.md gives the rule and its reasons. The format and the rule stand here, on plain data. What a recipe trains is no matter of this
package, so the caller passes in which seeds each recipe must have. A line is ``{"schema": 1, "checksum": SHA-256 of the payload's canonical
JSON, "payload": {...}}``; the payload holds recipe, digest, seed, fingerprint (of the numerics code that made it) and outcome.
"""

from __future__ import annotations

import datetime
import hashlib
import io
import json
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

from reference_results.errors import ReferenceDataError
from reference_results.texts import text_of, unwrapped

SCHEMA = 1
# Written in full here because this package imports nothing of the others; tests hold them against reproductions.
PILOT_SEEDS_FROM = 10_000
STATUSES = ("converged", "budget", "diverged")
# The global state that every number of this project is made with.
PRECISION = {"default_dtype": "torch.float32", "float32_matmul": "highest", "deterministic_algorithms": False}
OUTCOME_FIELDS = ("status", "metrics", "curves", "updates", "diverged_at", "seconds", "provenance")

_AGAIN = "write the file anew with `rin-claims store export`"
_HEX = frozenset("0123456789abcdef")


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

    Raises RefusedDrawsError with every reason against the file, which ``file`` names. ``demanded`` gives the seeds that a recipe, by
    digest, must have; a recipe it does not name is refused. ``present(digest)`` are the seeds that are at hand already, which the file need
    not repeat. ``refuse(draw)`` is the caller's own reason against a line, or "".
    """
    draws, refusals = _lines(text, file)
    refusals += [f"{file} line {draw.line}: {reason}" for draw in draws if (reason := refuse(draw))]
    if not refusals:  # a line that was refused would count once more, as a seed that is missing
        refusals = list(_shortages(draws, file, demanded, present))
    if refusals:
        raise RefusedDrawsError(refusals)
    return tuple(draws)


def recorded_draws(demanded: Mapping[str, Collection[int]]) -> dict[str, tuple[Draw, ...]]:
    """Return the draws of every ``recorded/*.jsonl`` by file name; each file stands by itself.

    Raises RefusedDrawsError.
    """
    files = (file for file in (resources.files("reference_results") / "recorded").iterdir() if file.name.endswith(".jsonl"))
    return {
        file.name: admitted(text_of(file, name := f"reference_results/recorded/{file.name}"), name, demanded)
        for file in sorted(files, key=lambda file: file.name)
    }


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
        document = json.loads(line, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):  # not JSON, NaN or infinity, or nested without end
        raise ValueError(f"is cut short or no JSON; {_AGAIN}") from None
    _fields(document, ("schema", "checksum", "payload"), "the line")
    if document["schema"] != SCHEMA:
        raise ValueError(f"has schema {document['schema']!r}, and this version reads {SCHEMA}; export it with this version")
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
        raise ValueError(f"the seed is {seed!r}, not a whole number of at least 0; {_AGAIN}")
    if seed >= PILOT_SEEDS_FROM:
        raise ValueError(f"seed {seed} is a pilot seed ({PILOT_SEEDS_FROM} and up), which enters no verdict; use seeds 0, 1, 2, ...")
    fingerprint = payload["fingerprint"]
    if not (isinstance(fingerprint, str) and len(fingerprint) == 64 and set(fingerprint) <= _HEX):
        raise ValueError(f"the fingerprint of the code is not 64 hexadecimal digits; {_AGAIN}")
    _check_outcome(payload["outcome"], trained=recipe["kind"] != "Probe")
    return Draw(recipe, seed, fingerprint, payload["outcome"], number)


def _check_outcome(outcome: Any, trained: bool) -> None:
    _fields(outcome, OUTCOME_FIELDS, "the outcome")
    status, metrics, curves = outcome["status"], outcome["metrics"], outcome["curves"]
    if status not in STATUSES:
        raise ValueError(f"the status {status!r} is unknown; it must be one of {', '.join(STATUSES)}")
    if not (isinstance(metrics, dict) and all(map(_number_or_none, metrics.values()))):
        raise ValueError(f"the metrics are not numbers by name; {_AGAIN}")
    if not (isinstance(curves, dict) and all(isinstance(curve, list) and all(map(_number_or_none, curve)) for curve in curves.values())):
        raise ValueError(f"the curves are not lists of numbers by name; {_AGAIN}")
    if not metrics and status != "diverged" and (trained or not any(curves.values())):  # a probe may measure a curve and nothing else
        raise ValueError("holds no metric though the run did not diverge; a recorded number is admitted as raw draws, one a seed")
    if not _whole(outcome["updates"]) or not (outcome["diverged_at"] is None or _whole(outcome["diverged_at"])):
        raise ValueError(f"the updates are not counted in whole numbers; {_AGAIN}")
    if outcome["seconds"] is None or not _number_or_none(outcome["seconds"]):
        raise ValueError(f"the seconds are missing; {_AGAIN}")
    missing = list(_missing_provenance(outcome["provenance"]))
    if not missing:
        for name, value in outcome["provenance"]["precision"].items():
            if value != PRECISION.get(name, value):
                raise ValueError(f"was measured with {name} = {value}, not {PRECISION[name]}, so with other numbers; measure it anew")
    if missing:
        raise ValueError(f"the provenance lacks {', '.join(missing)}; measure it with `pytest`, which records them")


def _missing_provenance(provenance: Any) -> Iterator[str]:
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
    yield from (name for name, value in needed.items() if not isinstance(value, str) or not value)
    if not _whole(told("torch_threads")) or told("torch_threads") == 0:
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


def _fields(value: Any, names: tuple[str, ...], what: str) -> None:
    """Raise ValueError unless ``value`` is an object with exactly these fields."""
    if not isinstance(value, dict):
        raise ValueError(f"{what} is no JSON object; {_AGAIN}")
    for name in names:
        if name not in value:
            raise ValueError(f"{what} has no field {name!r}; {_AGAIN}")
    for name in value:
        if name not in names:
            raise ValueError(f"{what} has the unknown field {name!r}; {_AGAIN}")


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _number_or_none(value: Any) -> bool:
    return value is None or (isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value))


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
