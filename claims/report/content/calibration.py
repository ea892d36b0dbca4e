"""The part of the methods section that says how often verdicts are false: the table kept in ``reference_results/calibration.csv``."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from claims.judging.looks import SPENDING
from claims.kinds import KINDS, load
from claims.protocol import LOOKS
from claims.statistics.intervals import ALPHA
from claims.statistics.sequential import SequentialDesign
from claims.text import enumeration
from reference_results.calibration import CalibrationRow, CalibrationTable

SCENARIO_MEANINGS: Mapping[str, str] = {
    "null": "the truth is on the boundary, or one part of a claim that has several; the printed run is one more of ours",
    "edge": "the truth is on the other boundary where there are two (the smallest effect of interest, the other margin), and every part "
    "of a claim is; the printed run lies a useful width away",
    "clear effect": "the claim is true by three standard deviations of the per-seed effect",
    "heavy tails": "on the boundary; Student t with two degrees of freedom",
    "skew": "on the boundary; exponential",
    "two-point": "on the boundary; every run is solved or not, nothing between",
    "10 % divergence": "on the boundary; one run in ten diverges",
    "30 % divergence": "on the boundary; three runs in ten diverge",
    "unequal variances": "on the boundary; every seed has a standard deviation of its own, from 0.2 to 5",
    "ties": "on the boundary; values rounded to whole standard deviations, so that many are equal",
}
COLUMNS = (
    "Kind",
    "Scenario",
    "Seeds",
    "Looks at",
    "Reproduced %",
    "Contradicted %",
    "Inconclusive %",
    "Mean seeds",
    "False %",
    "Upper limit",
    "Cannot be",
)
WORST_COLUMNS = (
    "Kind",
    "Seeds",
    "Looks at",
    "False %, at most",
    "Upper limit",
    "In the scenario",
    "Clear effect reproduced %",
    "Mean seeds",
)
FEWEST = 5  # seeds a clear effect is promised from


@dataclass(frozen=True)
class Calibration:
    """What a report shows of the simulations.

    ``summary`` are sentences, ``cells`` (rows, COLUMNS) the table as text: designs with several looks, and the fixed ones. ``worst``
    (rows, WORST_COLUMNS) has a row for each kind and design: the scenario with the most frequent false verdict, and what becomes of a
    clear effect.
    """

    summary: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]
    worst: tuple[tuple[str, ...], ...]

    @property
    def csv(self) -> str:
        """The whole table as comma-separated text."""
        return pd.DataFrame(list(self.cells), columns=list(COLUMNS)).to_csv(index=False, lineterminator="\n")


def calibration(table: CalibrationTable) -> Calibration:
    """Return what the report shows of ``table``.

    A sequential row with one look repeats the fixed one and is left out.
    """
    shown = [row for row in table.rows if row.design == "fixed" or len(row.looks) > 1]
    return Calibration(tuple(_summary(shown, table.facts)), tuple(map(_cells, shown)), tuple(_worst(shown)))


def _worst(rows: Sequence[CalibrationRow]) -> Iterator[tuple[str, ...]]:
    """Write a row for each kind and design, in the order of the table."""
    designs: dict[tuple[str, tuple[int, ...]], list[CalibrationRow]] = {}
    for row in rows:
        designs.setdefault((row.kind, row.looks), []).append(row)
    for (kind, looks), of_one in designs.items():
        worst = max(of_one, key=lambda row: row.false_rate)
        clear = next((_rate(row.reproduced, row.simulations) for row in of_one if row.scenario == "clear effect"), "–")
        mean = max(row.mean_seeds for row in of_one)
        false = (f"{100 * worst.false_rate:.2f}", f"{100 * worst.false_upper:.2f}", worst.scenario if worst.false_rate else "any")
        yield kind, str(worst.n), " and ".join(map(str, looks)), *false, clear, f"at most {mean:.2f}" if len(looks) > 1 else f"{mean:.0f}"


def _cells(row: CalibrationRow) -> tuple[str, ...]:
    return (
        row.kind,
        row.scenario,
        str(row.n),
        " and ".join(map(str, row.looks)),
        _rate(row.reproduced, row.simulations),
        _rate(row.contradicted, row.simulations),
        _rate(row.inconclusive, row.simulations),
        f"{row.mean_seeds:.2f}",
        f"{100 * row.false_rate:.2f}",
        f"{100 * row.false_upper:.2f}",
        " or ".join(row.out_of_reach) or "–",
    )


def _rate(rate: float, simulations: int) -> str:
    """Write a rate in percent with its binomial standard error."""
    return f"{100 * rate:.1f} ± {100 * math.sqrt(rate * (1 - rate) / simulations):.1f}"


def _summary(rows: Sequence[CalibrationRow], facts: Mapping[str, str]) -> list[str]:
    worst = max(rows, key=lambda row: (row.false_rate, row.n))
    clear = [row for row in rows if row.scenario == "clear effect" and row.n >= FEWEST]
    weakest = min(clear, key=lambda row: row.reproduced)
    return [
        f"Claims whose truth is known were simulated, {worst.simulations:,} for each row of the table, and judged by the code that judges "
        f"measured runs. The most frequent false verdict occurs in {100 * worst.false_rate:.1f} % of the claims (95 % upper limit "
        f"{100 * worst.false_upper:.1f} %; {_where(worst)}); a verdict's error rate is set to {100 * ALPHA:g} % each way.",
        f"A clear effect, three standard deviations, is reproduced by {FEWEST} seeds or more in at least {100 * weakest.reproduced:.1f} % "
        f"of the claims ({_where(weakest)}).",
        *_too_few(rows),
        *_sequential(rows),
        f"{enumeration([name for name in KINDS if load(name).basis == 'exact'])} compute exactly, so their verdicts have no error rate. "
        "A rate is given with its binomial standard error, the largest rate of a false verdict with its upper 95 % limit.",
        f"Made by {facts['command']} on {facts['date']}, seed {facts['seed']}, with {facts['versions']}.",
    ]


def _where(row: CalibrationRow) -> str:
    return f"{row.kind}, {row.scenario}, {row.n} seeds, {row.design} design"


def _too_few(rows: Sequence[CalibrationRow]) -> list[str]:
    """Write a sentence for each number of seeds and verdict that it cannot bring, with the kinds concerned."""
    every = dict.fromkeys(row.kind for row in rows)
    kinds: dict[tuple[int, str], dict[str, None]] = {}
    for row in rows:
        for verdict in row.out_of_reach:
            kinds.setdefault((row.n, verdict), {})[row.kind] = None
    return [f"{n} seeds are too few to be {verdict} for {_named(found, every)}." for (n, verdict), found in sorted(kinds.items())]


def _named(kinds: Iterable[str], every: Iterable[str]) -> str:
    """Write ``kinds``, or the kinds that are missing of ``every`` where they are fewer."""
    found = [f"“{kind}”" for kind in kinds]
    others = [f"“{kind}”" for kind in every if f"“{kind}”" not in found]
    if len(found) <= len(others):
        return enumeration(found)
    return f"every kind but {enumeration(others)}" if others else "every kind"


def _sequential(rows: Sequence[CalibrationRow]) -> list[str]:
    """Write a sentence for each schedule of looks, and one on where there is none."""
    schedules: dict[tuple[int, ...], list[CalibrationRow]] = {}
    for row in rows:
        if len(row.looks) > 1:
            schedules.setdefault(row.looks, []).append(row)
    lines = []
    for looks, bought in sorted(schedules.items()):
        clear = [row.mean_seeds for row in bought if row.scenario == "clear effect"]
        lines.append(
            f"With seeds bought look by look, after {enumeration([str(look) for look in looks])} seeds, false verdicts occur in at most "
            f"{100 * max(row.false_rate for row in bought):.1f} %, and a clear effect uses {max(clear):.1f} of {looks[-1]} seeds."
        )
    used = SequentialDesign(LOOKS, spending=SPENDING)
    lines.append(
        f"The standard schedule, looks after {enumeration([str(look) for look in used.looks])} seeds, errs in "
        f"{100 * used.error():.2f} % at most, by enumeration."
    )
    rest = "A kind that is not decided by one sign test each way has one look, which is the fixed design; so has any with fewer seeds."
    return [*lines, rest]
