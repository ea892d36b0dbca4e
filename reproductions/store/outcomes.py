"""The store of outcomes: one checksummed JSON file per trial, addressed by recipe, seed and a fingerprint of the numerics code.

A file is trusted only if its schema, checksum, recipe, seed and fingerprint are all right; any other is set aside (moved into
``set-aside/`` beside a file that says why, never deleted), reported, and treated as missing. The first outcome of a trial is kept:
a verdict may already rest on it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import math
import numbers
import os
import stat
import tempfile
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import filelock

from reproductions import outside, user_folders
from reproductions.recipes import Recipe, as_data, from_data
from reproductions.store import fingerprint
from reproductions.trials import Outcome, Trial

SCHEMA = 1
LOCK_SECONDS = 60  # the store's own lock is held for milliseconds; a minute means that something is wrong
REMEDY = "name another folder with --claims-store=DIR or RIN_CLAIMS_STORE"


class StoreError(ValueError):
    """A store that cannot be read or written; the message names the folder or file and the remedy."""


class StoredFileError(StoreError):
    """One file of a store that cannot be read, moved or removed; the others may be sound."""


@dataclass(frozen=True)
class Entry:
    """A valid file of the store; ``recipe`` is the recipe as data (``recipes.as_data``)."""

    path: Path
    recipe: Mapping[str, Any]
    seed: int
    fingerprint: str
    outcome: Outcome


class Store:
    """Outcomes by trial, shared by any number of processes.

    ``fingerprint`` gives the fingerprint of the numerics code that a recipe runs. ``equivalent`` gives, by fingerprint, those of older
    code that makes the same numbers: an outcome under one of them counts as one of the present code. ``reports`` collects one line for
    every file that was set aside, or that a look at many files could not read. Raises StoreError when the folder cannot be made or written.
    """

    def __init__(
        self,
        folder: Path | str,
        fingerprint: Callable[[Recipe], str] = fingerprint.recipe_fingerprint,
        equivalent: Mapping[str, Collection[str]] = MappingProxyType({}),
    ) -> None:
        self.folder = Path(folder).absolute()
        self._equivalent = equivalent
        self.reports: list[str] = []
        self._fingerprint = fingerprint
        try:
            for name in ("outcomes", "leases", "checkpoints", "set-aside"):
                (self.folder / name).mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.folder / "outcomes"):
                pass  # a folder can exist and yet refuse to be written
        except OSError as error:
            raise StoreError(f"the store {self.folder} cannot be written ({error.strerror or error}); {REMEDY}") from error

    @staticmethod
    def default_folder() -> Path:
        """``RIN_CLAIMS_STORE``, or the user's data folder of the platform. Raises StoreError where there is neither."""
        if named := os.environ.get("RIN_CLAIMS_STORE"):
            return Path(named)
        try:
            return user_folders.data() / "store"
        except user_folders.NoHomeError as error:
            raise StoreError(f"{error}, or {REMEDY}") from error

    def fingerprint(self, recipe: Recipe) -> str:
        """The fingerprint of the numerics code that a recipe runs now, as 64 hexadecimal digits."""
        return self._fingerprint(recipe)

    def accepted(self, recipe: Recipe) -> tuple[str, ...]:
        """The fingerprints whose outcomes count as those of the present code: the present one, then those of equivalent code."""
        own = self.fingerprint(recipe)
        return own, *self._equivalent.get(own, ())

    def is_of_other_code(self, entry: Entry) -> bool:
        """Whether numerics code that is no longer here made an entry; False where its recipe is of another repository, or its kind is."""
        try:
            recipe = from_data(entry.recipe)
            return not any(outside.names(recipe)) and entry.fingerprint not in self.accepted(recipe)
        except KeyError:
            return False
        except (TypeError, ValueError):  # a recipe of another version
            return True

    def name(self, trial: Trial) -> str:
        """The trial's address with the first 16 digits of the code fingerprint."""
        return f"{trial.address}-{self.fingerprint(trial.recipe)[:16]}"

    def path(self, trial: Trial) -> Path:
        return self.folder / "outcomes" / f"{self.name(trial)}.json"

    def checkpoint_path(self, trial: Trial) -> Path:
        return self.folder / "checkpoints" / f"{self.name(trial)}.pt"

    def files(self, trial: Trial) -> list[Path]:
        """The files that may hold the trial's outcome and are there: that of the present code, then those of equivalent code."""
        paths = (self.folder / "outcomes" / f"{trial.address}-{code[:16]}.json" for code in self.accepted(trial.recipe))
        return [path for path in paths if path.exists()]

    def has(self, trial: Trial) -> bool:
        """Whether there is a file for the trial; only ``get`` says whether it is sound."""
        return bool(self.files(trial))

    def entry(self, trial: Trial, locked: bool = False) -> Entry | None:
        """The file of the trial's outcome, or None when it is missing or had to be set aside. ``locked``: the store's lock is held."""
        return next((entry for path in self.files(trial) if (entry := self._read(path, trial, locked))), None)

    def get(self, trial: Trial) -> Outcome | None:
        """The trial's outcome, or None when it is missing or its file had to be set aside. Raises StoredFileError."""
        entry = self.entry(trial)
        return entry.outcome if entry else None

    def readable_entry(self, trial: Trial) -> Entry | None:
        """Return what ``entry`` returns, for a look at many trials: a file that cannot be read is reported and counts as missing."""
        return self._reporting(lambda: self.entry(trial))

    def of_other_code(self, trial: Trial) -> list[Entry]:
        """The sound outcomes of the trial's recipe and seed that other numerics code made, the youngest first."""
        mine = self.files(trial)
        paths = (path for path in (self.folder / "outcomes").glob(f"{trial.address}-*.json") if path not in mine)
        found = [entry for entry in self._readable(paths) if entry.recipe == as_data(trial.recipe)]
        return sorted(found, key=lambda entry: str(entry.outcome.provenance.get("ended", "")), reverse=True)

    def put(self, trial: Trial, outcome: Outcome, code: str | None = None) -> Outcome:
        """Writes an outcome and returns the one that is now on file: the first one stays where there are two.

        ``code`` is the fingerprint of the code that made it, one of those that are ``accepted`` (None: the present one).
        NaN and infinity are written as None; mappings and sequences inside ``provenance`` come back as JSON has them.
        Raises StoreError (disk full, read-only folder, a value JSON cannot hold); what was on file before stays.
        """
        code = code or self.fingerprint(trial.recipe)
        payload = {
            "recipe": as_data(trial.recipe),
            "seed": trial.seed,
            "fingerprint": code,
            "outcome": outcome_as_data(outcome, trial.label),
        }
        document = {"schema": SCHEMA, "checksum": _checksum(payload), "payload": payload}
        with self.locked():
            kept = self.entry(trial, locked=True)
            if kept:
                return kept.outcome
            write_atomically(self.folder / "outcomes" / f"{trial.address}-{code[:16]}.json", (_canonical(document) + "\n").encode())
        return outcome_from_data(payload["outcome"])

    @contextlib.contextmanager
    def lease(self, trial: Trial) -> Iterator[bool]:
        """Claims a trial for this process without waiting; yields whether the claim succeeded.

        The claim is an operating-system lock on ``leases/<name>.lock``: it ends with the process, however that dies.
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

    def entries(self) -> list[Entry]:
        """All valid entries, of every recipe and fingerprint, sorted by file name.

        The others are reported, and set aside where they could be read.
        """
        return list(self._readable(sorted((self.folder / "outcomes").glob("*.json"))))

    def verify(self) -> list[str]:
        """Reads every entry; one line for each that had to be set aside or cannot be read."""
        before = len(self.reports)
        self.entries()
        return self.reports[before:]

    def status(self) -> dict[str, Any]:
        """Counts and sizes: folder, entries, bytes, checkpoints, set_aside. Reads no entry."""
        outcomes = list((self.folder / "outcomes").glob("*.json"))
        return {
            "folder": str(self.folder),
            "entries": len(outcomes),
            "bytes": sum(path.lstat().st_size for path in outcomes),
            "checkpoints": len(list((self.folder / "checkpoints").glob("*.pt"))),
            "set_aside": len([path for path in (self.folder / "set-aside").iterdir() if path.suffix != ".reason"]),
        }

    def _readable(self, paths: Iterable[Path]) -> Iterator[Entry]:
        """The entries in ``paths`` that are sound; a file that cannot be read or set aside is reported, and the next one is read."""
        for path in paths:
            if entry := self._reporting(lambda path=path: self._read(path)):
                yield entry

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
        """The entry in a file. Raises FileNotFoundError, StoredFileError, or a ValueError that says what is wrong with it."""
        content, problem = content_of(path)
        if problem:
            raise ValueError(problem)
        try:
            document = json.loads(content, parse_constant=_refuse_constant)
            checksum = _checksum(document["payload"]) if isinstance(document, dict) and "payload" in document else ""
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
        """Holds the store's own lock, under which outcomes are written, set aside and removed. Raises StoreError."""
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


# --- Files ---


def write_atomically(path: Path, content: bytes) -> None:
    """Writes a file so that after a crash at any moment either the old or the new content is there. Raises StoreError."""
    temporary = path.with_name(f"{path.name}.{uuid.uuid4().hex}.part")  # not mkstemp, whose files the rest of a lab could not read
    try:
        with temporary.open("xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
        _sync_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise StoreError(f"{path} cannot be written ({error.strerror or error}); make room or {REMEDY}") from error


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":  # elsewhere a folder cannot be opened, and the rename itself is journalled
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def content_of(path: Path) -> tuple[bytes, str]:
    """Return the bytes of a file of the store and "", or no bytes and why it is no file that can be read.

    Raises FileNotFoundError where there is nothing, StoredFileError where the system does not let us read it.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISREG(mode):
            return path.read_bytes(), ""
        return b"", "is a folder" if stat.S_ISDIR(mode) else "is no regular file"  # to read a named pipe would take for ever
    except FileNotFoundError:
        if path.is_symlink():
            return b"", "is a link to nowhere"
        raise
    except OSError as error:
        raise StoredFileError(f"{path} cannot be read ({error.strerror or error}); mend its permissions or {REMEDY}") from error


def set_aside(path: Path, reason: str, folder: Path) -> Path:
    """Moves a file that cannot be trusted into ``folder``, with a ``.reason`` file beside it; the new path. Overwrites nothing.

    Raises FileNotFoundError where another process has moved it, StoredFileError where it cannot be moved.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        number = 0
        while os.path.lexists(target := folder / f"{path.name}.{number}"):
            number += 1
        os.replace(path, target)
        target.with_name(target.name + ".reason").write_text(f"{path.name} {reason}\n", encoding="utf-8")
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StoredFileError(
            f"{path} {reason} and cannot be set aside in {folder} ({error.strerror or error}); mend the permissions or {REMEDY}"
        ) from error
    return target


# --- Outcomes as JSON ---


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _refuse_constant(text: str) -> None:
    raise ValueError(f"{text} is no JSON")


def _checksum(payload: Any) -> str:
    return hashlib.sha256(_canonical(payload).encode()).hexdigest()


def outcome_as_data(outcome: Outcome, label: str) -> dict[str, Any]:
    """An outcome as JSON data, a field each. ``label`` names its trial in the StoreError for a value that JSON cannot hold."""
    return {field.name: _plain(getattr(outcome, field.name), label) for field in dataclasses.fields(Outcome)}


def outcome_from_data(data: Mapping[str, Any]) -> Outcome:
    """The outcome that ``outcome_as_data`` wrote. Raises KeyError, TypeError or AttributeError for data of another shape."""
    return Outcome(**{**data, "curves": {name: tuple(values) for name, values in data["curves"].items()}})


def _plain(value: Any, label: str) -> Any:
    """``value`` as JSON data: numbers of any library as int or float, NaN and infinity as None. Raises StoreError."""
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
