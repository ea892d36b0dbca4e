"""The upkeep of a store: a check of everything in it, and the removal of what nobody needs any more.

Nothing here looks at a clock. The locks say whether a file is in use, and they end with the process that holds them.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import filelock

from reproductions.checkpoint import CheckpointFile
from reproductions.recipe_data import digest
from reproductions.recipes import Recipe
from reproductions.store.files import StoredFileError, set_aside
from reproductions.store.listing import Listing
from reproductions.store.outcomes import SUFFIX, Store

UNFINISHED, CHECKPOINT, LEASE, OTHER_CODE, SET_ASIDE = "unfinished write", "checkpoint", "lease", "outcome of other code", "set aside"


@dataclass(frozen=True)
class Removable:
    """A file that may go: what it is, why it is not needed, and its size in bytes."""

    path: Path
    what: str
    why: str
    size: int


def verify(store: Store) -> list[str]:
    """Read every outcome and every checkpoint that no process is writing.

    Returns one line for each file that had to be set aside or cannot be read. A file that is neither an outcome nor a checkpoint is set
    aside too, whatever program made it. A hidden file is left to the system that made it.
    """
    problems = [*store.verify(), *_foreign(store)]
    for path in sorted((store.folder / "checkpoints").glob("*.pt")):
        checkpoint = CheckpointFile(path, store.folder / "set-aside")
        with _noting(problems), _unclaimed(store, path.stem) as free:
            if free:
                checkpoint.content()
        problems += checkpoint.reports
    return problems


@contextlib.contextmanager
def _noting(problems: list[str]) -> Iterator[None]:
    """Report in ``problems`` what is wrong with one file, so that the next one has its turn."""
    try:
        yield
    except StoredFileError as error:
        problems.append(str(error))


def _foreign(store: Store) -> list[str]:
    problems: list[str] = []
    for folder, suffix in (("outcomes", SUFFIX), ("checkpoints", ".pt")):
        for name in sorted(os.listdir(store.folder / folder)):
            path = store.folder / folder / name
            if not name.startswith(".") and not name.endswith((suffix, ".part")):
                with _noting(problems), store.locked():
                    moved = set_aside(path, "is no file of a store", store.folder / "set-aside")
                    problems.append(f"{path} is no file of a store; it was set aside as {moved}")
    return problems


def removable(store: Store, known: Iterable[Recipe], other_code: bool = False, aside: bool = False) -> list[Removable]:
    """List what may be removed from ``store``; ``known`` are the recipes of the claims at hand.

    These may go: parts of files left by killed writes; checkpoints of trials whose outcome is stored; for a known recipe, checkpoints whose
    code is gone; lease files that nobody holds; with ``other_code`` the outcomes of other code; with ``aside`` what was set aside. What a
    running process uses stays. So does every file that is not the store's own. So does every outcome of another repository, whose code is
    not known here. A file that cannot be read or locked stays too, with a line in the store's reports.
    """
    return list(_removable(store, known, other_code, aside))  # a list, because the look at a lease holds it for the moment


def _removable(store: Store, known: Iterable[Recipe], other_code: bool, aside: bool) -> Iterator[Removable]:
    present = {digest(recipe)[:16]: store.fingerprint(recipe)[:16] for recipe in set(known)}
    yield from _files(store.folder / "outcomes", "*.json.*.part", UNFINISHED, "its write was killed")
    for path in sorted((store.folder / "checkpoints").glob("*.pt*")):
        name = path.name.partition(".pt")[0]
        with _noting(store.reports), _unclaimed(store, name) as free:
            if free and path.suffix == ".part":
                yield from _file(path, UNFINISHED, "its write was killed")
            elif free and path.suffix == ".pt" and any(store.entries([name + SUFFIX])):
                yield from _file(path, CHECKPOINT, "its outcome is stored")
            elif free and path.suffix == ".pt" and name.rpartition("-")[2] != present.get(name.partition("-")[0], name.rpartition("-")[2]):
                yield from _file(path, CHECKPOINT, "the code that made it is gone")
    for path in sorted((store.folder / "leases").glob("*.lock")):
        with _noting(store.reports):
            if not _is_held(path):
                yield from _file(path, LEASE, "no process holds it")
    if other_code:
        for entry in Listing(store).of_other_code():
            yield from _file(entry.path, OTHER_CODE, "the code that made it is gone")
    if aside:
        yield from _files(store.folder / "set-aside", "*", SET_ASIDE, "it could not be trusted")


def remove(store: Store, found: Iterable[Removable]) -> list[Removable]:
    """Remove what ``removable`` found and is still not in use; return what is gone.

    A file that cannot be removed stays, with a line in the store's reports.
    """
    gone = []
    for item in found:
        name = item.path.name.partition(".")[0]
        # a write of an outcome holds the store's lock, a write of a checkpoint holds the lease
        with _noting(store.reports), store.locked(), _unclaimed(store, name) as free:
            if not free:
                continue
            try:
                item.path.unlink(missing_ok=True)
            except OSError as error:
                raise StoredFileError(
                    f"{item.path} cannot be removed ({error.strerror or error}); mend the permissions of its folder"
                ) from error
            gone.append(item)
    return gone


@contextlib.contextmanager
def _unclaimed(store: Store, name: str) -> Iterator[bool]:
    """Yield whether no process holds the lease ``name``; while the context lasts, no process can take it.

    Makes no lease file where there is none.
    """
    path = store.folder / "leases" / f"{name}.lock"
    if not path.is_file():
        yield True
        return
    lock = filelock.FileLock(path, timeout=0)
    try:
        lock.acquire()
    except filelock.Timeout:
        yield False
        return
    except OSError as error:
        raise StoredFileError(f"{path} cannot be locked ({error.strerror or error}); mend its permissions") from error
    try:
        yield True
    finally:
        lock.release()


def _is_held(path: Path) -> bool:
    """Say whether a process holds the lease file ``path``.

    It asks the system itself, because there may be a lease file for every trial that was run.
    """
    try:
        handle = os.open(path, os.O_RDWR)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)  # what filelock takes, which needs a tenth of a millisecond for it
        finally:
            os.close(handle)
    except BlockingIOError:
        return True
    except (FileNotFoundError, IsADirectoryError):
        return False
    except OSError as error:
        raise StoredFileError(f"{path} cannot be locked ({error.strerror or error}); mend its permissions") from error
    return False


def _files(folder: Path, pattern: str, what: str, why: str) -> Iterator[Removable]:
    for path in sorted(folder.glob(pattern)):
        yield from _file(path, what, why)


def _file(path: Path, what: str, why: str) -> Iterator[Removable]:
    """Yield the file or link at ``path`` as removable.

    Yields nothing if it is a folder or another process has just removed it.
    """
    with contextlib.suppress(FileNotFoundError):
        if path.is_symlink() or path.is_file():
            yield Removable(path, what, why, path.lstat().st_size)
