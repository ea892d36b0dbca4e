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
import re
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
TRIAL_FIELDS = ("recipe", "digest", "seed", "fingerprint")  # of every payload
OPTIONAL_FIELDS = ("first_losses",)  # what draws of older code lack

AGAIN = "write the file anew with `rin-claims store export`"
_HEX = frozenset("0123456789abcdef")
_DIGEST = re.compile(r'"digest": ?"([0-9a-f]{64})"')  # in the text of a line
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
        return sha256(self.recipe)


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
    return "".join(map(line_of, payloads))


def line_of(payload: Mapping[str, Any]) -> str:
    """Write one line of a file, with the checksum of its payload."""
    return _canonical({"schema": SCHEMA, "checksum": sha256(payload), "payload": payload}) + "\n"


def admitted(
    text: str,
    file: str,
    demanded: Mapping[str, Collection[int]],
    present: Callable[[str], Collection[int]] = lambda digest: (),
    refuse: Callable[[Draw], str] = lambda draw: "",
    take: Callable[[Mapping[str, Any], int], bool] = lambda payload, line: False,
    skip: Callable[[str], bool] = lambda line: False,
) -> tuple[Draw, ...]:
    """Read the draws in ``text``.

    Raises RefusedDrawsError with every reason against the file, which ``file`` names. Bytes that are no UTF-8 stand in ``text`` as
    surrogates, so that their line alone is refused for them. ``demanded`` gives the seeds that a recipe, by
    digest, must have; a recipe it does not name is refused. ``present(digest)`` are the seeds that are at hand already, which the file need
    not repeat. ``refuse(draw)`` is the caller's own reason against a line, or "". ``take(payload, line)`` says whether a line is the
    caller's and no draw; what it raises as ValueError is a reason against the line. ``skip(text of a line)`` says which lines are passed
    over unread.
    """
    draws, refusals = _lines(text, file, take, skip)
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
    return _admitted(files_of(), demanded)


def recorded_draws_of(demanded: Mapping[str, Collection[int]], profile: str | None = None) -> dict[str, tuple[Draw, ...]]:
    """Return the recorded draws of the recipes in ``demanded`` alone, by file name.

    Lines of other recipes are not looked at, nor files of another profile than ``profile`` (None: any). Raises RefusedDrawsError with every
    reason against what was read.
    """

    def skip(line: str) -> bool:
        found = _DIGEST.search(line)
        return found is not None and found[1] not in demanded

    return _admitted(files_of(profile), demanded, skip) if demanded else {}


def files_of(profile: str | None = None) -> list[Traversable]:
    """List the files of recorded draws of a profile (None: any), with which their names begin."""
    folder = resources.files("reference_results") / "recorded"
    found = (file for file in folder.iterdir() if file.name.endswith((".jsonl", ".jsonl.gz")))
    return sorted((file for file in found if profile is None or file.name.startswith(f"{profile}-")), key=lambda file: file.name)


def _admitted(
    files: Iterable[Traversable], demanded: Mapping[str, Collection[int]], skip: Callable[[str], bool] = lambda line: False
) -> dict[str, tuple[Draw, ...]]:
    draws: dict[str, tuple[Draw, ...]] = {}
    refusals: list[str] = []
    for file in files:
        name = f"reference_results/recorded/{file.name}"
        try:
            draws[file.name] = admitted(text_of_draws(file, name), name, demanded, skip=skip)
        except RefusedDrawsError as refused:
            refusals += refused.refusals
        except ReferenceDataError as unreadable:
            refusals.append(str(unreadable))
    if refusals:
        raise RefusedDrawsError(refusals)
    return draws


def _lines(
    text: str, file: str, take: Callable[[Mapping[str, Any], int], bool], skip: Callable[[str], bool]
) -> tuple[list[Draw], list[str]]:
    draws: list[Draw] = []
    refusals: list[str] = []
    seen: dict[tuple[str, int, str], int] = {}
    others = 0
    for number, line in enumerate(io.StringIO(unwrapped(text)), start=1):
        if skip(line):
            others += 1
            continue
        try:
            payload = _payload(line)
            if take(payload, number):
                others += 1
                continue
            draw = _checked(payload, number)
            key = (draw.digest, draw.seed, draw.fingerprint)
            if key in seen:
                raise ValueError(f"repeats the trial of line {seen[key]}; keep one of the two")
            seen[key] = number
            draws.append(draw)
        except RecursionError:
            refusals.append(f"{file} line {number}: is nested too deep to be a draw; {AGAIN}")
        except ValueError as problem:
            refusals.append(f"{file} line {number}: {problem}")
    if not draws and not refusals and not others:
        refusals.append(f"{file} holds no draw; {AGAIN}")
    return draws, refusals


def _payload(line: str) -> Mapping[str, Any]:
    """Read the payload of a line. Raises ValueError, which says what is wrong and what to do."""
    try:
        line.encode()  # what was no UTF-8 came as surrogates
    except UnicodeEncodeError:
        raise ValueError(f"cannot be read, because it is no UTF-8 text; {AGAIN}") from None
    try:
        document = json.loads(line, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):  # not JSON, NaN or infinity, or nested without end
        raise ValueError(f"is cut short or no JSON; {AGAIN}") from None
    check_fields(document, ("schema", "checksum", "payload"), "the line")
    if type(document["schema"]) is not int or document["schema"] != SCHEMA:
        raise ValueError(f"has schema {shown(document['schema'])}, and this version reads {SCHEMA}; export it with this version")
    payload = document["payload"]
    try:
        checksum = _checksum(line, document)
    except ValueError:
        raise ValueError(f"holds a number that overflows, so it is no finite number; {AGAIN}") from None
    if checksum != document["checksum"]:
        raise ValueError(f"does not match its checksum, so it was altered; {AGAIN}")
    if not isinstance(payload, dict):
        raise ValueError(f"the payload is no JSON object; {AGAIN}")
    return payload


def _checked(payload: Mapping[str, Any], number: int) -> Draw:
    """Check the payload of a draw. Raises ValueError."""
    check_fields(payload, (*TRIAL_FIELDS, "outcome"), "the payload")
    check_trial(payload)
    _check_outcome(payload["outcome"], trained=payload["recipe"]["kind"] != "Probe")
    return Draw(payload["recipe"], payload["seed"], payload["fingerprint"], payload["outcome"], number)


def check_trial(payload: Mapping[str, Any]) -> None:
    """Check recipe, digest, seed and fingerprint of a payload. Raises ValueError."""
    recipe, seed = payload["recipe"], payload["seed"]
    if not (isinstance(recipe, dict) and isinstance(recipe.get("kind"), str) and isinstance(recipe.get("profile"), str)):
        raise ValueError(f"the recipe is no recipe as data; {AGAIN}")
    if sha256(recipe) != payload["digest"]:
        raise ValueError(f"the digest is not that of the recipe; {AGAIN}")
    if not is_whole(seed):
        raise ValueError(f"the seed is {shown(seed)}, not a whole number of at least 0; {AGAIN}")
    if seed >= PILOT_SEEDS_FROM:
        raise ValueError(f"seed {shown(seed)} is a pilot seed ({PILOT_SEEDS_FROM} and up), which enters no verdict; use seeds 0, 1, 2, ...")
    fingerprint = payload["fingerprint"]
    if not (isinstance(fingerprint, str) and len(fingerprint) == 64 and set(fingerprint) <= _HEX):
        raise ValueError(f"the fingerprint of the code is not 64 hexadecimal digits; {AGAIN}")


def _check_outcome(outcome: Any, trained: bool) -> None:
    check_fields(outcome, OUTCOME_FIELDS, "the outcome", OPTIONAL_FIELDS)
    if outcome["status"] not in STATUSES:
        raise ValueError(f"the status {shown(outcome['status'])} is unknown; it must be one of {', '.join(STATUSES)}")
    try:
        check_outcome(outcome)
    except JsonDataError as problem:
        name = problem.field.partition(".")[0].partition("[")[0]
        raise ValueError(f"{_WRONG.get(name, 'the outcome is none')} ({problem}); {AGAIN}") from None
    only_curves = not trained and any(outcome["curves"].values())  # a probe may measure a curve and nothing else
    if not outcome["metrics"] and outcome["status"] != "diverged" and not only_curves:
        raise ValueError("holds no metric though the run did not diverge; a recorded number is admitted as raw draws, one a seed")
    check_source(outcome["provenance"])


def check_source(provenance: Mapping[str, Any]) -> None:
    """Check that a provenance says what the rule asks for. Raises ValueError."""
    missing = list(_missing_provenance(provenance))
    if not missing:
        for name, value in provenance["precision"].items():
            if value != PRECISION.get(name, value):
                raise ValueError(f"was measured with {name} = {value}, not {PRECISION[name]}, so with other numbers; measure it anew")
    if missing:
        raise ValueError(f"the provenance lacks {', '.join(missing)}; measure it with `pytest`, which records them")


def _beyond(draw: Draw) -> str:
    """Return which count of a draw goes beyond the updates that its recipe trains, or ""."""
    budget = draw.recipe.get("updates", math.inf)  # a probe has none
    beyond = [f"{name} {draw.outcome[name]}" for name in ("updates", "diverged_at") if (draw.outcome[name] or 0) > budget]
    return f"has {' and '.join(beyond)}, and its recipe trains {budget} updates; {AGAIN}" if beyond else ""


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


def check_fields(value: Any, names: tuple[str, ...], what: str, optional: tuple[str, ...] = ()) -> None:
    """Raise ValueError unless ``value`` is an object with exactly these fields; ``optional`` ones may be missing."""
    if not isinstance(value, dict):
        raise ValueError(f"{what} is no JSON object; {AGAIN}")
    for name in names:
        if name not in value:
            raise ValueError(f"{what} has no field {name!r}; {AGAIN}")
    for name in value:
        if name not in (*names, *optional):
            raise ValueError(f"{what} has the unknown field {shown(name)}; {AGAIN}")


def is_whole(value: Any) -> bool:
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


def _checksum(line: str, document: Mapping[str, Any]) -> str:
    """Compute the checksum of the payload of ``document``, which was read from ``line``. Raises ValueError for infinities."""
    # in a line that nobody touched the payload's text is canonical; to write it once more takes longer than to read it
    begin, end = '{{"checksum":"{}","payload":', f',"schema":{SCHEMA}}}'
    line = line.removesuffix("\n")
    written = hashlib.sha256(line[len(begin.format("0" * 64)) : -len(end)].encode()).hexdigest()
    return written if line.startswith(begin.format(written)) and line.endswith(end) else sha256(document["payload"])


def sha256(value: Any) -> str:
    return hashlib.sha256(_canonical(value).encode()).hexdigest()
