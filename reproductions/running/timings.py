"""Calibrations that are kept beside a store, so that a second estimate needs no second training.

A timing is used again on the machine, with the kernels, the versions and the code that it was made with, for MOST_AGE seconds.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import time
from collections.abc import Iterable
from pathlib import Path

from reproductions.recipe_data import digest
from reproductions.recipes import Training
from reproductions.running import cost
from reproductions.running.cost import Calibration
from reproductions.running.process import cores
from reproductions.store import environment, fingerprint
from reproductions.store.files import replace_file
from reproductions.trials import Trial

MOST_AGE = 7 * 24 * 3600.0  # seconds; a machine gets another clock rate, other memory, other neighbours
NAME = "timings.json"  # in the folder of a store


def calibrated(trials: Iterable[Trial], folder: Path) -> Calibration:
    """Calibrate the shapes of ``trials``, of which those with a timing kept in ``folder`` are not measured again.

    New timings are kept there. Where the file cannot be written they are measured again next time.
    """
    wanted = {trial: cost.shape(trial.recipe) for trial in trials if isinstance(trial.recipe, Training)}
    keys = {shape: _key(shape) for shape in cost.affordable(set(wanted.values()))}
    now, path = time.time(), folder / NAME
    kept = _read(path, now)
    known = {shape: kept[key] for shape, key in keys.items() if key in kept}
    lacking = [trial for trial, shape in wanted.items() if shape in keys and shape not in known]
    fresh = cost.calibrate(lacking) if lacking else Calibration(busy=cost.busy_now())
    new = {_key(shape): (seconds, now) for shape, seconds in fresh.update_seconds.items()}
    if new and not _fallback():
        with contextlib.suppress(OSError):
            replace_file(path, json.dumps({**kept, **new}, indent=1).encode())
    age = max((now - made for _, made in known.values()), default=0.0)
    return Calibration({shape: seconds for shape, (seconds, _) in known.items()} | fresh.update_seconds, fresh.took, fresh.busy, age)


def kept(trials: Iterable[Trial], folder: Path) -> Calibration:
    """Return the timings that are kept in ``folder`` for shapes of ``trials``; nothing is measured."""
    timed = _read(folder / NAME, time.time())
    shapes = {cost.shape(trial.recipe) for trial in trials if isinstance(trial.recipe, Training)} if timed else set()
    return Calibration({shape: timed[key][0] for shape in shapes if (key := _key(shape)) in timed})


def _fallback() -> str:
    """Say why the kernels that were asked for did not run; the next process may have them."""
    from reproductions.recurrence import build  # here, because it brings in torch

    return build.fallback()


def _read(path: Path, now: float) -> dict[str, tuple[float, float]]:
    """Read the timings that still count: by key the seconds of an update, and when they were measured."""
    try:
        found = {str(key): (float(seconds), float(made)) for key, (seconds, made) in json.loads(path.read_bytes()).items()}
    except (OSError, ValueError, TypeError, AttributeError):  # none yet, or no file of ours: it is written anew
        return {}
    return {key: pair for key, pair in found.items() if 0 < pair[0] < math.inf and 0 <= now - pair[1] <= MOST_AGE}


def _key(shape: Training) -> str:
    """Compute a digest of the shape, its code, the machine, the kernels and the versions."""
    facts = (digest(shape), fingerprint.recipe_fingerprint(shape), cores(), *environment.numerics_here())
    return hashlib.sha256(repr(facts).encode()).hexdigest()
