"""How often processes died in a trial: one that kills whatever runs it is given up.

Such a trial may need more memory than there is. Deaths are counted within one run of several workers, in which another worker takes the
place of a dead one.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from reproductions.running.executor import TrialError
from reproductions.trials import Trial

MOST = 2
RUN = "PYTEST_XDIST_TESTRUNUID"  # what the workers of a run have in common


@contextlib.contextmanager
def counted(trial: Trial, path: Path) -> Iterator[None]:
    """Run a trial while ``path`` says that it runs, so that a death leaves it there.

    Raises TrialError after MOST deaths.
    """
    run = os.environ.get(RUN)
    if not run:
        yield
        return
    died = _died(path, run)
    if died >= MOST:
        said = f"the {died} processes that ran it were killed, perhaps for want of memory; run it with fewer workers"
        raise TrialError(f"{trial.label} failed: {said}")
    path.write_text(f"{run} {died + 1}", encoding="utf-8")
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _died(path: Path, run: str) -> int:
    """Read how many processes of ``run`` have left ``path`` behind."""
    try:
        found, count = path.read_text(encoding="utf-8").split()
    except (OSError, ValueError):  # none, or half of one
        return 0
    return int(count) if found == run and count.isdecimal() else 0
