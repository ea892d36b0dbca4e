"""The comparison with recorded draws, kept beside a store for runs that train nothing.

What the comparison looks at is in the name under which it is kept: the record, the tolerances, the outcomes, the claims and the code.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path

from claims.json_data import decode, encode
from claims.judging.result import Result
from claims.model import Lookup
from claims.report.drift import NOT_COMPARED, DriftResults
from claims.run.drift_sources import held_against_record, trials_behind
from reference_results.recorded import files_of
from reproductions.store.files import keep_newest
from reproductions.store.outcomes import Store

FOLDER, MOST_KEPT = "drift", 16  # in the folder of a store; one of these for each selection of claims that is run


def kept_against_record(store: Store, results: Sequence[Result], lookup: Lookup, profile: str) -> DriftResults:
    """Return what ``held_against_record`` finds in ``results`` on outcomes of ``store``, which may have been found before."""
    if not trials_behind(results, profile) or not files_of(profile):
        return NOT_COMPARED
    path = None
    with contextlib.suppress(OSError, ValueError):  # what cannot be looked at or read is compared anew
        looked_at = "\n".join(map(repr, _facts(store, results, profile)))
        path = store.folder / FOLDER / f"{hashlib.sha256(looked_at.encode()).hexdigest()}.json"
        return decode(DriftResults, json.loads(path.read_bytes()))
    found = held_against_record(results, lookup, profile)
    if path is not None and not found.refused:
        with contextlib.suppress(OSError):  # in a folder that cannot be written nothing is kept
            keep_newest(path, json.dumps(encode(found)).encode(), MOST_KEPT)
    return found


def _facts(store: Store, results: Sequence[Result], profile: str) -> Iterator[object]:
    """Yield everything that the comparison depends on."""
    yield profile
    for claim in (result.claim for result in results if result.verdict.evidence is not None):
        read = claim.prediction
        yield claim.id, read.metric, read.metric_as_read, read.log10, read.higher_is_better
    for path in (path for trial in trials_behind(results, profile) for path in store.files(trial)):
        yield path.name, (found := path.stat()).st_size, found.st_mtime_ns
    for file in files_of(profile):
        yield file.name, hashlib.sha256(file.read_bytes()).hexdigest()
    for package in ("claims", "reference_results"):
        folder = Path(str(resources.files(package)))
        for path in sorted(path for path in folder.rglob("*") if path.suffix in (".py", ".csv")):
            yield path.relative_to(folder).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest()
