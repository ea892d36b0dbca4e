"""The store of outcomes: one checksummed JSON file per trial.

A file's address is recipe, seed and a fingerprint of the numerics code. A file is trusted only if its schema, checksum, recipe, seed and
fingerprint are all right. Any other file is set aside, reported, and treated as missing. It is moved into ``set-aside/`` beside a file that
says why, and never deleted. The first outcome of a trial is kept, because a verdict may already rest on it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import math
import numbers
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import filelock

from reproductions import outside, user_folders
from reproductions.recipe_data import as_data, digest, from_data
from reproductions.recipes import Recipe
from reproductions.store import fingerprint
from reproductions.store.files import REMEDY, StoredFileError, StoreError, content_of, set_aside, write_atomically
from reproductions.store.possible import impossible
from reproductions.trials import Outcome, Trial

SCHEMA = 1
SUFFIX = ".json"  # of an outcome file, whose name is the trial's address and the first digits of the code fingerprint
LOCK_SECONDS = 60  # the store's own lock is held for milliseconds; a minute means that something is wrong


@dataclass(frozen=True)
class Entry:
    """A valid file of the store; ``recipe`` is the recipe as data (``recipe_data.as_data``)."""

    path: Path
    recipe: Mapping[str, Any]
    seed: int
    fingerprint: str
    outcome: Outcome


class Store:
    """Outcomes by trial, shared by any number of processes.

    ``fingerprint`` computes the fingerprint of the numerics code that a recipe runs. ``equivalent`` has, by fingerprint, the fingerprints
    of older code that stands for it, with the grade by which it was admitted: an outcome under one of these counts as an outcome of the
    present code, and says in its provenance that it was ``admitted`` by a grade other than "identical". ``reports`` collects
    one line for every file that was set aside, or that a look at many files could not read. Raises StoreError if the folder cannot be made
    or written.
    """

    def __init__(
        self,
        folder: Path | str,
        fingerprint: Callable[[Recipe], str] = fingerprint.recipe_fingerprint,
        equivalent: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
    ) -> None:
        self.folder = Path(folder).absolute()
        self._equivalent = equivalent
        self.reports: list[str] = []
        self._fingerprint = fingerprint
        self._fingerprints: dict[tuple[Recipe, str], str] = {}
        try:
            for name in ("outcomes", "leases", "checkpoints", "set-aside"):
                (self.folder / name).mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.folder / "outcomes"):
                pass  # a folder can exist and yet refuse to be written
        except OSError as error:
            raise StoreError(f"the store {self.folder} cannot be written ({error.strerror or error}); {REMEDY}") from error

    @staticmethod
    def default_folder() -> Path:
        """Return ``RIN_CLAIMS_STORE``, or a folder in the user's data folder of the platform.

        Raises StoreError if there is neither.
        """
        if named := os.environ.get("RIN_CLAIMS_STORE"):
            return Path(named)
        try:
            return user_folders.data() / "store"
        except user_folders.NoHomeError as error:
            raise StoreError(f"{error}, or {REMEDY}") from error

    def fingerprint(self, recipe: Recipe) -> str:
        """Fingerprint the numerics code that a recipe runs now, as 64 hexadecimal digits."""
        key = recipe, digest(recipe)  # equal recipes may differ in digest and run other code: True is 1
        if key not in self._fingerprints:
            self._fingerprints[key] = self._fingerprint(recipe)
        return self._fingerprints[key]

    def accepted(self, recipe: Recipe) -> tuple[str, ...]:
        """List the fingerprints whose outcomes count as outcomes of the present code.

        The present one comes first, then the fingerprints of equivalent code.
        """
        own = self.fingerprint(recipe)
        return own, *self._equivalent.get(own, ())

    def is_of_other_code(self, entry: Entry) -> bool:
        """Say whether numerics code that is no longer here made an entry.

        False if the recipe, or its kind, belongs to another repository.
        """
        try:
            recipe = from_data(entry.recipe)
            return not any(outside.names(recipe)) and entry.fingerprint not in self.accepted(recipe)
        except KeyError:
            return False
        except (TypeError, ValueError):  # a recipe of another version
            return True

    def names(self) -> list[str]:
        """List the names of all outcome files, sorted: one look at the folder."""
        return sorted(name for name in os.listdir(self.folder / "outcomes") if name.endswith(SUFFIX))

    def name(self, trial: Trial) -> str:
        """Return the trial's address with the first 16 digits of the code fingerprint."""
        return f"{trial.address}-{self.fingerprint(trial.recipe)[:16]}"

    def path(self, trial: Trial) -> Path:
        return self.folder / "outcomes" / f"{self.name(trial)}.json"

    def checkpoint_path(self, trial: Trial) -> Path:
        return self.folder / "checkpoints" / f"{self.name(trial)}.pt"

    def files(self, trial: Trial) -> list[Path]:
        """List the files that may hold the trial's outcome and are there.

        The file of the present code comes first, then the files of equivalent code.
        """
        return [Path(name) for name in self._file_names(trial) if os.path.exists(name)]

    def _file_names(self, trial: Trial) -> Iterator[str]:  # as text, because a run asks tens of thousands of times, and paths are slow
        folder, address = os.path.join(self.folder, "outcomes"), trial.address
        return (os.path.join(folder, f"{address}-{code[:16]}.json") for code in self.accepted(trial.recipe))

    def has(self, trial: Trial) -> bool:
        """Say whether there is a file for the trial; only ``get`` says whether it is sound."""
        return any(map(os.path.exists, self._file_names(trial)))

    def entry(self, trial: Trial, locked: bool = False) -> Entry | None:
        """Read the file of the trial's outcome; ``locked`` says that the caller holds the store's lock.

        Returns None if the file is missing or had to be set aside.
        """
        return next((entry for path in self.files(trial) if (entry := self._read(path, trial, locked))), None)

    def get(self, trial: Trial) -> Outcome | None:
        """Return the trial's outcome.

        Returns None if it is missing or its file had to be set aside. Raises StoredFileError.
        """
        entry = self.entry(trial)
        if entry is None or (grade := self.grade(trial, entry)) in ("", "identical"):
            return entry and entry.outcome
        return dataclasses.replace(entry.outcome, provenance={**entry.outcome.provenance, "admitted": grade})

    def grade(self, trial: Trial, entry: Entry) -> str:
        """Return the grade by which an entry counts as the trial's, "" where the present code made it."""
        return self._equivalent.get(self.fingerprint(trial.recipe), {}).get(entry.fingerprint, "")

    def readable_entry(self, trial: Trial) -> Entry | None:
        """Return what ``entry`` returns, but report a file that cannot be read and count it as missing.

        This is for a look at many trials.
        """
        return self._reporting(lambda: self.entry(trial))

    def put(self, trial: Trial, outcome: Outcome, code: str | None = None) -> Outcome:
        """Store an outcome and return the one that is now on file: an earlier one stays.

        ``code`` is the fingerprint of the code that made it, which must be ``accepted`` (None: the present one). NaN and infinity are
        written as None. Mappings and sequences inside ``provenance`` come back as JSON has them. Raises StoreError (disk full, read-only
        folder, a value that JSON cannot hold or no trial has); what was on file before stays.
        """
        code = code or self.fingerprint(trial.recipe)
        payload = {
            "recipe": as_data(trial.recipe),
            "seed": trial.seed,
            "fingerprint": code,
            "outcome": outcome_as_data(outcome, trial.label),
        }
        if field := impossible(payload["outcome"]):
            remedy = "return numbers by name, and lists of them as curves"
            raise StoreError(f"the outcome of {trial.label} has a value in {field} that no trial has; {remedy}")
        with self.locked():
            kept = self.entry(trial, locked=True)
            if kept:
                return kept.outcome
            write_atomically(self.folder / "outcomes" / f"{trial.address}-{code[:16]}.json", file_content(payload))
        return outcome_from_data(payload["outcome"])

    @contextlib.contextmanager
    def lease(self, trial: Trial) -> Iterator[bool]:
        """Take a trial for this process without waiting, and yield whether it could be taken.

        The lease is an operating-system lock on ``leases/<name>.lock``. It ends with the process, however the process dies.
        """
        lock = filelock.FileLock(self.folder / "leases" / f"{self.name(trial)}.lock", timeout=0)
        with self._lock_errors():
            try:
                lock.acquire()
            except filelock.Timeout:
                lock = None
        if lock is None:
            yield False
            return
        try:
            yield True
        finally:
            lock.release()

    def entries(self, names: Iterable[str] | None = None) -> Iterator[Entry]:
        """Yield the valid entries in the files ``names`` (None: all of them, sorted), one at a time.

        A file that is no valid entry is reported, and set aside if it could be read. Then the next one is read.
        """
        # not a list, because a large store does not fit into memory
        for name in self.names() if names is None else names:
            if entry := self._reporting(lambda name=name: self._read(self.folder / "outcomes" / name)):
                yield entry

    def verify(self) -> list[str]:
        """Read every entry, and return one line for each that had to be set aside or cannot be read."""
        before = len(self.reports)
        for _ in self.entries():
            pass
        return self.reports[before:]

    def status(self) -> dict[str, Any]:
        """Count and measure, without reading an entry: folder, entries, bytes, checkpoints, set_aside."""
        with os.scandir(self.folder / "outcomes") as files:
            sizes = [file.stat(follow_symlinks=False).st_size for file in files if file.name.endswith(SUFFIX)]
        return {
            "folder": str(self.folder),
            "entries": len(sizes),
            "bytes": sum(sizes),
            "checkpoints": len(list((self.folder / "checkpoints").glob("*.pt"))),
            "set_aside": len([path for path in (self.folder / "set-aside").iterdir() if path.suffix != ".reason"]),
        }

    def _reporting(self, read: Callable[[], Entry | None]) -> Entry | None:
        try:
            return read()
        except StoredFileError as error:
            self.reports.append(str(error))
            return None

    def _read(self, path: Path, trial: Trial | None = None, locked: bool = False) -> Entry | None:
        try:
            return self._parse(path, trial)
        except FileNotFoundError:
            return None
        except StoredFileError:
            raise
        except ValueError:
            pass
        with contextlib.nullcontext() if locked else self.locked():
            try:
                return self._parse(path, trial)  # under the lock: another process may have set it aside and made it anew
            except FileNotFoundError:
                return None
            except StoredFileError:
                raise
            except ValueError as problem:
                moved = set_aside(path, str(problem), self.folder / "set-aside")
                self.reports.append(f"{path} {problem}; it was set aside as {moved} and its trial counts as missing, so run it again")
                return None

    def _parse(self, path: Path, trial: Trial | None) -> Entry:
        """Parse the entry in a file.

        Raises FileNotFoundError, StoredFileError, or a ValueError that says what is wrong with the file.
        """
        content, problem = content_of(path)
        if problem:
            raise ValueError(problem)
        try:
            document = json.loads(content, parse_constant=_refuse_constant)
            checksum = _checksum_in(content, document) if isinstance(document, dict) and "payload" in document else ""
        except (ValueError, RecursionError):  # not UTF-8, not JSON, NaN or infinity, or nested without end
            raise ValueError("is truncated or no JSON") from None
        if not isinstance(document, dict) or not {"schema", "checksum", "payload"} <= document.keys():
            raise ValueError("is no outcome of this project")
        if document["schema"] != SCHEMA:
            raise ValueError(f"has schema {document['schema']!r}, and this version reads schema {SCHEMA}")
        payload = document["payload"]
        if checksum != document["checksum"]:
            raise ValueError("does not match its checksum")
        try:
            if field := impossible(payload["outcome"]):
                raise ValueError(f"holds a value in {field} that no trial has")
            if not isinstance(payload["recipe"], dict) or type(payload["seed"]) is not int or payload["seed"] < 0:
                raise ValueError("holds no recipe with a seed")
            entry = Entry(path, payload["recipe"], payload["seed"], payload["fingerprint"], outcome_from_data(payload["outcome"]))
            name = f"{_checksum(entry.recipe)[:16]}-{entry.seed}-{entry.fingerprint[:16]}"
            gpu_numerics = entry.outcome.provenance.get("gpu_numerics")
        except (KeyError, TypeError, AttributeError):
            raise ValueError("is no outcome of this project") from None
        if name != path.stem:
            raise ValueError(f"holds the outcome of another trial ({name})")
        if gpu_numerics not in (None, fingerprint.gpu_fingerprint()):
            raise ValueError("was made by other GPU kernels than those of this version")
        if trial is not None and (entry.recipe != as_data(trial.recipe) or entry.fingerprint not in self.accepted(trial.recipe)):
            raise ValueError("holds another trial whose address begins with the same digits")
        return entry

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the store's own lock, under which outcomes are written, set aside and removed.

        Raises StoreError.
        """
        with self._lock_errors(), filelock.FileLock(self.folder / "store.lock", timeout=LOCK_SECONDS):
            yield

    @contextlib.contextmanager
    def _lock_errors(self) -> Iterator[None]:
        try:
            yield
        except filelock.Timeout:
            raise StoreError(f"the store {self.folder} has been locked for {LOCK_SECONDS} s; stop the process that holds it") from None
        except (OSError, NotImplementedError) as error:
            reason = getattr(error, "strerror", None) or error
            raise StoreError(f"the store {self.folder} cannot be locked or written ({reason}); {REMEDY}") from error


# --- Outcomes as JSON ---


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def file_content(payload: Mapping[str, Any]) -> bytes:
    """Write the file of an outcome; ``payload`` has recipe as data, seed, fingerprint and outcome as data."""
    return (_canonical({"schema": SCHEMA, "checksum": _checksum(payload), "payload": payload}) + "\n").encode()


def _checksum_in(content: bytes, document: Mapping[str, Any]) -> str:
    """Compute the checksum of the payload of ``document``, which was read from ``content``."""
    # in a file that nobody touched the payload's text is canonical; to write it once more takes longer than to read it
    begin, end = '{{"checksum":"{}","payload":', f',"schema":{SCHEMA}}}\n'.encode()
    written = hashlib.sha256(content[len(begin.format("0" * 64)) : -len(end)]).hexdigest()
    if content.startswith(begin.format(written).encode()) and content.endswith(end):
        return written
    return _checksum(document["payload"])


def _refuse_constant(text: str) -> None:
    raise ValueError(f"{text} is no JSON")


def _checksum(payload: Any) -> str:
    return hashlib.sha256(_canonical(payload).encode()).hexdigest()


def outcome_as_data(outcome: Outcome, label: str) -> dict[str, Any]:
    """Write an outcome as JSON data, one field each; without first losses it has no such field.

    ``label`` names its trial in the StoreError that a value raises which JSON cannot hold.
    """
    data = {field.name: _plain(getattr(outcome, field.name), label) for field in dataclasses.fields(Outcome)}
    return data if outcome.first_losses else {name: value for name, value in data.items() if name != "first_losses"}


def outcome_from_data(data: Mapping[str, Any]) -> Outcome:
    """Read the outcome that ``outcome_as_data`` wrote.

    Raises KeyError, TypeError or AttributeError for data of another shape.
    """
    lists = {"first_losses": {}, **data}  # older code kept none
    return Outcome(**data | {kind: {name: tuple(values) for name, values in lists[kind].items()} for kind in ("curves", "first_losses")})


def _plain(value: Any, label: str) -> Any:
    """Write ``value`` as JSON data: numbers of any library as int or float, NaN and infinity as None.

    Raises StoreError.
    """
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _plain(item, label) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, label) for item in value]
    raise StoreError(f"the outcome of {label} holds a {type(value).__name__}, which JSON cannot: return numbers, text, lists and mappings")
