"""Results on the cells and the order of Tables 1 and 3, judged from made-up runs.

A run ends at the printed accuracy of its cell, give or take a tenth of a point or two by its seed. Nothing here is a measurement.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping

from claims import papers
from claims.judging.judge import judge_claim
from claims.judging.result import Result
from claims.model import Claim, Lookup
from claims.papers.rin_2018.arms import NAMES
from claims.papers.rin_2018.printed_cells import table1_cells, table3_cells
from claims.report.build import build_report
from claims.report.model import Report
from reproductions.recipes import Babi, Recipe, Training
from reproductions.trials import Outcome

TABLE1, TABLE3 = "rin-2018/pixel-mnist/table1", "rin-2018/babi/table3"
UPDATES = (100, 200, 300, 400)
PRINTED: Mapping[tuple[str, ...], float] = {
    cell.keys: float(cell.printed) for cell in (*table1_cells(), *table3_cells())
}  # by (order, network, model) or (task, model)


def key(recipe: Recipe) -> tuple[str, ...]:
    """The cell that a recipe of one of the two tables measures."""
    assert isinstance(recipe, Training)
    model = NAMES[recipe.network.cell]  # type: ignore[index]
    if isinstance(recipe.task, Babi):
        return str(recipe.task.task), model
    return recipe.task.order, f"{recipe.network.layers}-{recipe.network.hidden}", model  # type: ignore[attr-defined]


def away(seed: int) -> float:
    """How far a run of this seed ends from its cell's level: 0 for the first, then a thirtieth of a point below and above, then two."""
    return (-1) ** seed * -(-seed // 2) / 30


def outcome(recipe: Recipe, seed: int, level: Callable[[tuple[str, ...]], float | None] = PRINTED.__getitem__) -> Outcome:
    """A run that ends at ``level`` of its cell, None: diverged."""
    middle = level(key(recipe))
    if middle is None:
        return Outcome("diverged", {}, {}, 1, 1)
    ends = middle + away(seed)
    curve = (10.0, 20.0, 30.0, ends)
    return Outcome("budget", {"test_accuracy": ends}, {"updates": UPDATES, "test_accuracy": curve}, UPDATES[-1], None, 60.0)


def claims_of(*beginnings: str) -> list[Claim]:
    return [claim for claim in papers.all_claims() if claim.id.startswith(beginnings)]


def judged(profile: str, lookup: Lookup = outcome, *beginnings: str) -> list[Result]:
    """The results of the claims on both tables, or of those whose ids have one of ``beginnings``."""
    return [judge_claim(claim, profile, functools.cache(lookup), {}) for claim in claims_of(*(beginnings or (TABLE1, TABLE3)))]


def report(results: list[Result], profile: str = "compact") -> Report:
    return build_report(results, {}, "2026-01-01T00:00:00", profile=profile, papers=papers.registry().papers)
