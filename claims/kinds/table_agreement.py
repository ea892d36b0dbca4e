"""TableAgreement: our table puts the cells of a printed table in the printed order."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np

from claims.kinds import simulating
from claims.kinds.measuring import negative
from claims.kinds.sampled import Sampled
from claims.kinds.wording import bound, interval, quantity
from claims.model import Column, Simulation
from claims.regions import Region, Rule
from claims.results import CellBeside, Evidence, TablePlace, VerdictName
from claims.statistics.effects import DIGITS, count_diverged, level_effects
from claims.statistics.intervals import ALPHA, FloatArray
from claims.statistics.levels import level
from claims.statistics.tables import Pair, pairs_kept
from claims.text import number, plural, rounded

UNIT = "of the pairs"
SHOWN = 8  # pairs ordered otherwise that the evidence names, those with the widest printed gap first
SIMULATED_PAIRS, SIMULATED_SHARE = 20, 0.75  # so that a clear effect, three pairs, fits between the share and 1


@dataclass(frozen=True, kw_only=True)
class TableAgreement(Sampled):
    """Our table orders more than ``share`` of the printed pairs of cells as printed.

    Pairs are of one block and more than ``margin`` apart in print. A seed's effect is the share of pairs that its own runs order the same
    way; a tie counts one half. With ``about``, the arm of one cell, the pairs are that cell with the others in its row and its column.
    """

    cells: tuple[TablePlace, ...]
    margin: float
    share: float
    about: str = ""

    rule = Rule("share of a printed table's pairs of cells that our cells order as printed", "lies above the stated share", "lies below it")
    detects = "a difference of the share"

    @property
    def sequential(self) -> bool:
        """Whether it is judged look by look: one cell is, and a whole table has one look."""
        # exact for both; but a further look at a table would train every cell of it again
        return bool(self.about)

    @property
    def arm_names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for pair in self.pairs for name in pair))

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """The pairs of arms that are compared, the one with the larger printed number first, the widest gap first."""
        both = [pair for pair in combinations(self.cells, 2) if self._compares(*pair)]
        gaps = sorted(both, key=lambda pair: -abs(pair[0].printed - pair[1].printed))
        return tuple((one.arm, other.arm) if one.printed > other.printed else (other.arm, one.arm) for one, other in gaps)

    def _compares(self, one: TablePlace, other: TablePlace) -> bool:
        near = not self.about or (self.about in (one.arm, other.arm) and (one.row == other.row or one.column == other.column))
        return near and one.block == other.block and round(abs(one.printed - other.printed), DIGITS) > self.margin

    def problem(self) -> str:
        names = [cell.arm for cell in self.cells]
        if len(set(names)) < len(names):
            return f"two cells have the arm {max(names, key=names.count)!r}; give every cell an arm of its own"
        if self.about and self.about not in names:
            return f"`about` names no cell: {self.about!r}; write the arm of one of the cells"
        if not 0 < self.share < 1:
            return f"`share` must lie between 0 and 1, not {self.share!r}"
        found = super().problem() or negative(margin=self.margin)
        return found or ("" if self.pairs else f"no two cells are further apart than the margin, {number(self.margin)}; lower it")

    def evidence(self, arms: Mapping[str, Column], *, alpha: float = ALPHA) -> Evidence:
        kept = pairs_kept({name: arms[name] for name in self.arm_names}, self.pairs, higher_is_better=self.higher_is_better)
        found = level("above", kept.mean(axis=0).tolist(), self.share, unit=UNIT, alpha=alpha)
        return dataclasses.replace(found, n_diverged=count_diverged(*arms.values()), details=tuple(self._otherwise(kept)))

    def _otherwise(self, kept: FloatArray) -> Iterable[str]:
        """Name the pairs that more than half of the seeds order otherwise than printed."""
        printed = {cell.arm: cell.printed for cell in self.cells}
        lost = [pair for pair, seeds in zip(self.pairs, kept, strict=True) if seeds.mean() < 0.5]
        yield f"{plural(len(self.pairs), 'pair')} more than {number(self.margin)} apart in print; most seeds order {len(lost)} otherwise"
        for above, below in lost[:SHOWN]:
            yield f"otherwise than printed: {above} ({printed[above]:g}) above {below} ({printed[below]:g})"

    def settles(self, lower: float, upper: float, evidence: Evidence, alpha: float) -> tuple[bool, bool]:
        return lower > self.share, upper < self.share

    def beyond(self, estimate: float, evidence: Evidence) -> tuple[tuple[float, int], ...]:
        return ((abs(estimate - self.share), 1),)

    def region(self) -> Region:
        of = f"{self.about} and the cells in its row and column" if self.about else "the printed cells"
        share = f"{number(self.share)} of the {plural(len(self.pairs), 'pair')} of {of} ({self.metric_on_scale})"
        return Region(
            f"our cells keep the printed order of more than {share}",
            "they keep it of fewer",
            ((self.share, np.inf),),
            ((-np.inf, self.share),),
        )

    def finding(self, name: VerdictName, evidence: Evidence) -> str:
        pairs = "the one pair" if len(self.pairs) == 1 else f"{len(self.pairs)} pairs"
        median = f"a median share of {rounded(evidence.estimate)} ({bound(evidence, name)})"
        return f"{self._own_level(evidence)}of {pairs} of printed cells, {median} is ordered as printed; stated: {number(self.share)}"

    def _own_level(self, evidence: Evidence) -> str:
        """Say where the runs of the cell end that the claim is about, with an interval, beside the printed number."""
        own = next((one for one in self.beside(evidence) if one.cell.arm == self.about), None)
        if own is None:
            return ""
        ours = interval(dataclasses.replace(evidence, lower=own.lower, upper=own.upper))
        return f"{self.about} ends at {quantity(own.median, self.unit)} ({ours}), printed {own.cell.printed:g}; "

    def beside(self, evidence: Evidence) -> tuple[CellBeside, ...]:
        """Return every printed cell that ``evidence`` has runs of, in the table's order, with ours beside it."""
        measured = {name: level_effects(values, self.higher_is_better) for name, values in evidence.arms.items()}
        if not measured:
            return ()
        kept = pairs_kept(evidence.arms, self.pairs, higher_is_better=self.higher_is_better).mean(axis=1) > 0.5
        of = {name: [bool(one) for one, pair in zip(kept, self.pairs, strict=True) if name in pair] for name in measured}
        return tuple(
            CellBeside(cell, own.median, *own.bounds(1 - evidence.confidence), sum(of[cell.arm]), len(of[cell.arm]))
            for cell in self.cells
            if (own := measured.get(cell.arm)) is not None
        )

    @classmethod
    def simulations(cls) -> Sequence[Simulation]:
        """Simulate a cell that is printed above all others, and lies above as many as the seed's effect says.

        Where it diverges it lies above none.
        """
        others = {f"b{place}": float(place) for place in range(SIMULATED_PAIRS)}
        cells = (TablePlace("a", 1.0), *(TablePlace(name, 0.0) for name in others))  # all of one row
        claim = cls("score", "points", simulating.WHY, cells=cells, margin=0.0, share=SIMULATED_SHARE, about="a")

        def draw(claim: TableAgreement, scenario: str, size: tuple[int, int], rng: simulating.Rng) -> Iterable[simulating.JudgeAt]:
            effects = simulating.noise(scenario, size, rng) + simulating.level(scenario)
            above = np.round(SIMULATED_SHARE * SIMULATED_PAIRS + effects) - 0.5  # above 15 of 20 at an effect of 0
            below: Mapping[str, Column] = {name: [value] * size[1] for name, value in others.items()}
            return simulating.judged(claim, ({"a": row, **below} for row in simulating.diverging(scenario, above, rng)))

        return (Simulation("TableAgreement", lambda scenario: claim, draw),)
