"""The first lines of a run of ``-m full``: its profile and why, what that takes, how to bound it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from claims.model import Claim
from claims.run.session import ClaimsRun
from claims.text import about, duration, plural
from reproductions.running import cost, timings
from reproductions.running.process import cores
from reproductions.store import environment


def opening_lines(run: ClaimsRun, claims: Sequence[Claim], option: Any) -> list[str]:
    """Return the lines for a run of ``claims`` with pytest's options; nothing is trained and nothing timed for them."""
    profile = f"claims: profile {run.profile}, {_why(option.claims_profile)}"
    if option.keyword or option.file_or_dir:  # what they select is known later
        return [profile]
    run.plan(claims)
    if not (trials := run.lacking()):
        return [profile, "claims: nothing to train, the store has all that it takes"]
    timed = timings.kept(trials, run.store.folder)
    seconds, workers = [timed.seconds(trial) for trial in trials], option.numprocesses or cores()
    how = "as timed here" if timed.update_seconds else "by arithmetic"
    on = f", {duration(cost.makespan(seconds, workers, cores()))} with {plural(workers, 'worker')}" if workers > 1 else ""
    work = f"claims: {plural(len(trials), 'trial')} to train, {about(sum(seconds))} of one core{on} ({how}; a GPU is not counted)"
    bound = f"--claims-time-budget {option.claims_time_budget or '9m'} bounds it"
    return [profile, work, f"claims: {bound}, and what is done stays; `rin-claims plan -m full` has the details"]


def _why(named: str | None) -> str:
    if named:
        return "as --claims-profile says"
    available, problem = environment.cuda()
    if available:
        return "the largest, because torch sees a CUDA device; --claims-profile names another"
    return f"the smallest that is full, because {problem or 'torch sees no CUDA device'}; --claims-profile names another"
