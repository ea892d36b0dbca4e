"""Wall and CPU seconds of what takes turns, and tables of them.

On a machine that others use too, CPU seconds hold what they say; wall seconds do not.
"""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from tabulate import tabulate

Name = TypeVar("Name", bound=Hashable)


@dataclass(frozen=True)
class Seconds:
    """Seconds of one contestant, turn by turn."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def columns(self) -> dict[str, float]:
        """Return the columns of a table that shows seconds."""
        return {
            "cpu_s": min(self.cpu),
            "median_cpu_s": statistics.median(self.cpu),
            "wall_s": min(self.wall),
            "median_wall_s": statistics.median(self.wall),
        }


def of_children() -> float:
    """Return the CPU seconds, user and system, of all child processes that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def timed(function: Callable[[], Any], seconds: Seconds, cpu: Callable[[], float] = time.process_time) -> None:
    """Call ``function`` and add what it took to ``seconds``."""
    wall, worked = time.perf_counter(), cpu()
    function()
    seconds.cpu.append(cpu() - worked)
    seconds.wall.append(time.perf_counter() - wall)


def take_turns(
    contestants: Mapping[Name, Callable[[], Any]], turns: int, cpu: Callable[[], float] = time.process_time, uncounted: int = 1
) -> dict[Name, Seconds]:
    """Return the seconds of every contestant in each of ``turns`` turns, after ``uncounted`` that do not count.

    Who begins changes from turn to turn, because whoever follows another's work finds the caches full of it.
    """
    seconds = {name: Seconds() for name in contestants}
    names = list(contestants)
    for turn in range(uncounted + turns):
        begin = turn % len(names)
        for name in (*names[begin:], *names[:begin]):
            timed(contestants[name], seconds[name] if turn >= uncounted else Seconds(), cpu)
    return seconds


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return the median over the turns of their time by ours."""
    return statistics.median(b / a for a, b in zip(ours, theirs, strict=True))


def milliseconds(values: Sequence[float]) -> float:
    """Return the median of seconds, in milliseconds."""
    return 1e3 * statistics.median(values)


def table(rows: Sequence[Mapping[str, Any]], hidden: Sequence[str] = ()) -> str:
    """Write rows as a table of Markdown without the columns ``hidden``: three digits of a broken number, all of a whole one."""
    shown = [{name: _cell(value) for name, value in row.items() if name not in hidden} for row in rows]
    return tabulate(shown, headers="keys", tablefmt="github", disable_numparse=True)


def _cell(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
