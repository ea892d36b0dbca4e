"""The pictures of a run: the curves of its trials, drawn together as the figures of a paper group them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from claims.judging.result import Result
from claims.model import Arm, Lookup
from claims.paper import Figure, Paper
from claims.report.model import Curve, Picture
from reproductions.recipes import Recipe, Training
from reproductions.trials import Outcome, Trial

# Of all curves of a report together, by what they run over: a page holds each point as a number for download, in about two bytes. The
# 1,400 curves over updates of a `paper` run keep all their checkpoints; verdicts rest on every step and checkpoint anyway.
POINTS: Mapping[str, int] = {"step": 40_000, "updates": 750_000}
FEWEST_POINTS = 40  # of a curve, however many there are
DIGITS = 4  # of a value in a picture, which an accuracy on 10,000 images has at most; of one below 1, one less


def pictures(papers: Sequence[Paper], results: Sequence[Result], lookup: Lookup) -> tuple[Picture, ...]:
    """Return the pictures of the sections that were run: every seed of every trial behind the section's claims.

    ``lookup`` is asked only for seeds that are evidence of a judged claim. A trial that several claims share is drawn once. Within a
    section the pictures stand in the order of the numbers that their titles begin with.
    """
    groups: dict[tuple[str, Figure, str, str], dict[Trial, str]] = {}  # (paper, figure, title, curve) -> trials with their arm's name
    resting: dict[tuple[str, Figure, str, str], dict[str, None]] = {}  # the claims that rest on them
    order: dict[tuple[str, str], int] = {}
    of_section: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        of_section.setdefault((result.claim.paper, result.claim.section), []).append(result)
    for paper in papers:
        for figure in paper.figures:
            order.setdefault((paper.id, figure.section), len(order))
            for claim_id, arm, trial in _trials(of_section.get((paper.id, figure.section), ())):
                for curve, title in figure.panels(trial.recipe).items():
                    groups.setdefault((paper.id, figure, title, curve), {}).setdefault(trial, arm.name)
                    resting.setdefault((paper.id, figure, title, curve), {})[claim_id] = None
    counts = Counter(figure.over for (_, figure, _, _), arms in groups.items() for _ in arms)
    drawn = []
    for (paper_id, figure, title, curve), arms in sorted(
        groups.items(), key=lambda item: (order[item[0][0], item[0][1].section], _panels(item[0][2]))
    ):
        names = _names(arms)
        most = max(FEWEST_POINTS, POINTS[figure.over] // counts[figure.over])
        found = (_curve(names[trial], trial.seed, lookup(trial.recipe, trial.seed), curve, figure.over, most) for trial in arms)
        curves = tuple(curve for curve in found if curve is not None)
        if curves:
            drawn.append(
                Picture(
                    paper=paper_id,
                    section=figure.section,
                    title=title,
                    x_label=figure.over,
                    y_label=figure.y_label,
                    curves=curves,
                    log_y=figure.log_y,
                    higher_is_better=figure.higher_is_better,
                    baseline=figure.baseline,
                    claims=tuple(resting[paper_id, figure, title, curve]),
                )
            )
    return tuple(drawn)


def _panels(title: str) -> list[tuple[int, str]]:
    """Return the figures that a title names, with their panels.

    A title that begins with 3(a) and 6(b) names [(3, "a"), (6, "b")].
    """
    return [(int(figure), panel) for figure, panel in re.findall(r"(\d+)(?:\((\w)\))?", title.partition(":")[0])]


def _trials(results: Iterable[Result]) -> Iterator[tuple[str, Arm, Trial]]:
    for result in results:
        evidence = result.verdict.evidence
        if evidence is None:
            continue
        for arm in result.claim.arms.get(result.profile, ()):
            for recipe in arm.recipes:
                yield from ((result.claim.id, arm, Trial(recipe, seed)) for seed in evidence.seeds)


def _names(arms: Mapping[Trial, str]) -> Mapping[Trial, str]:
    """Name each trial's arm.

    The optimiser is added where one name stands for several recipes: a claim at another learning rate.
    """
    recipes: dict[str, set[Recipe]] = {}
    for trial, name in arms.items():
        recipes.setdefault(name, set()).add(trial.recipe)

    def full(trial: Trial, name: str) -> str:
        if len(recipes[name]) == 1 or not isinstance(trial.recipe, Training):
            return name
        return f"{name}, {trial.recipe.optimizer.name} {trial.recipe.optimizer.learning_rate:g}"

    return {trial: full(trial, name) for trial, name in arms.items()}


def _curve(name: str, seed: int, outcome: Outcome, curve: str, over: str, most: int) -> Curve | None:
    """Return a curve of an outcome over its updates or over a sequence's steps; None if it has none.

    The curve has at most ``most`` points, evenly spaced.
    """
    values = outcome.curves.get(curve, ())
    if not values:
        return None
    places = outcome.curves["updates"] if over == "updates" else range(1, len(values) + 1)
    kept = np.unique(np.linspace(0, len(values) - 1, min(len(values), most)).round().astype(int)).tolist()
    pairs = ((places[index], values[index]) for index in kept)
    points = [(float(at), _rounded(value)) for at, value in pairs if at is not None and value is not None]
    if not points:
        return None
    xs, ys = zip(*points, strict=True)
    return Curve(name, seed, xs, ys, diverged=outcome.diverged)


def _rounded(value: float) -> float:
    """Round finer than any picture shows; the store has all digits."""
    return float(f"{value:.{DIGITS - (abs(value) < 1)}g}")
