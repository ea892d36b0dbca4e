"""The pictures of a run: which curves of its trials are drawn together, as the RIN paper's Figs. 1 to 12 group them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from claims.judging.result import Result
from claims.model import Arm, Lookup
from claims.papers.rin_2018.adding import BASELINE
from claims.papers.rin_2018.iterative_estimation import FIGURE, FORMULA, PANEL
from claims.report.model import Curve, Picture
from reproductions.recipes import Adding, PixelMnist, Recipe, Training
from reproductions.trials import Outcome, Trial

# Of all curves of a report together, by what they run over: a page holds each point as a number for download, in about two bytes. The
# 1,400 curves over updates of a `paper` run keep all their checkpoints; verdicts rest on every step and checkpoint anyway.
POINTS: Mapping[str, int] = {"step": 40_000, "updates": 750_000}
FEWEST_POINTS = 40  # of a curve, however many there are
DIGITS = 4  # of a value in a picture, which an accuracy on 10,000 images has at most; of one below 1, one less
ADDING_PANEL = {200: "(a)", 300: "(b)", 400: "(c)"}
PAPER_STEPS = 784  # of a pixel sequence in the paper
STEP_CURVES = ("eq1", "eq3", "variance")


@dataclass(frozen=True)
class _Kind:
    """One kind of picture: which of a training's curves belong to it, by name and with the title of the picture each is drawn in."""

    section: str
    panels: Callable[[Training], Mapping[str, str]]
    x_label: str
    y_label: str
    log_y: bool = False
    higher_is_better: bool = False
    baseline: float | None = None


def _after(figure: str, exact: bool) -> str:
    """``figure``, or that a picture is scaled: it shows what the figure shows at another length or of another network."""
    return figure if exact else f"After {figure}"


def _adding(curve: str, figure: str, what: str) -> Callable[[Training], Mapping[str, str]]:
    def panels(recipe: Training) -> Mapping[str, str]:
        if not isinstance(recipe.task, Adding):
            return {}
        length = recipe.task.length
        place = _after(f"Fig. {figure}{ADDING_PANEL.get(length, '')}", length in ADDING_PANEL)
        return {curve: f"{place}: {what} of the adding problem, T = {length}"}

    return panels


def _pixel(curve: str, what: str, figure: str, panel: Mapping[str, str]) -> Callable[[Training], Mapping[str, str]]:
    """``figure`` shows the curve for every network and ``panel`` names its part for an order; Fig. 3 shows 1-200 apart, alike."""

    def panels(recipe: Training) -> Mapping[str, str]:
        if not isinstance(recipe.task, PixelMnist):
            return {}
        network, part = f"{recipe.network.layers}-{recipe.network.hidden}", f"({panel[recipe.task.order]})"
        figures = f"Figs. 3{part} and {figure}{part}" if network == "1-200" else f"Fig. {figure}{part}"
        place = _after(figures, recipe.task.steps == PAPER_STEPS)
        return {curve: f"{place}: {what} on {recipe.task.order} MNIST, {recipe.task.steps} steps, {network}"}

    return panels


def _estimation(curve: str, panel: str, what: str) -> Callable[[Training], Mapping[str, str]]:
    """A curve over steps of every layer: on adding Fig. 1, on sequential MNIST Figs. 4 and 8-12."""

    def panels(recipe: Training) -> Mapping[str, str]:
        network = f"{recipe.network.layers}-{recipe.network.hidden}"
        if isinstance(recipe.task, Adding):
            place = _after(f"Fig. 1({panel})", recipe.task.length in ADDING_PANEL)
            where = f"on the adding problem, T = {recipe.task.length}"
        elif isinstance(recipe.task, PixelMnist) and recipe.task.order == "sequential" and network in FIGURE:
            place = _after(f"Fig. {FIGURE[network]}({panel})", recipe.task.steps == PAPER_STEPS)
            where = f"on sequential MNIST, {network}"
        else:
            return {}
        layers = range(1, recipe.network.layers + 1)
        return {f"{curve}/layer{layer}": f"{place}: {what} {where}, layer {layer}" for layer in layers}

    return panels


def _equation(equation: Literal["eq1", "eq3"]) -> Callable[[Training], Mapping[str, str]]:
    return _estimation(equation, PANEL[equation], f"Eq. {equation[-1]}, {FORMULA[equation]},")


LOSS, ACCURACY = {"sequential": "a", "permuted": "c"}, {"sequential": "b", "permuted": "d"}  # panels of Figs. 3, 6 and 7
ERROR = "average estimation error"
KINDS = (
    _Kind("adding", _adding("test_mse", "2", "test error"), "updates", "test MSE", log_y=True, baseline=BASELINE),
    _Kind("adding", _adding("train_loss", "5", "training error"), "updates", "training MSE", log_y=True, baseline=BASELINE),
    _Kind("pixel-mnist", _pixel("train_loss", "training loss", "6", LOSS), "updates", "training loss (nats)"),
    _Kind(
        "pixel-mnist",
        _pixel("train_accuracy", "training accuracy (500 images)", "6", ACCURACY),
        "updates",
        "training accuracy (%)",
        higher_is_better=True,
    ),
    _Kind("pixel-mnist", _pixel("test_loss", "test loss", "7", LOSS), "updates", "test loss (nats)"),
    _Kind("pixel-mnist", _pixel("test_accuracy", "test accuracy", "7", ACCURACY), "updates", "test accuracy (%)", higher_is_better=True),
    _Kind("iterative-estimation", _equation("eq1"), "step", ERROR),
    _Kind("iterative-estimation", _equation("eq3"), "step", ERROR),
    _Kind("iterative-estimation", _estimation("variance_from_last", "a", "Var[h_t - h_T]"), "step", "variance"),
    _Kind("iterative-estimation", _estimation("variance", "b", "Var[h_t - h_(t-1)]"), "step", "variance"),
)


def pictures(results: Sequence[Result], lookup: Lookup) -> tuple[Picture, ...]:
    """The pictures of the RIN paper's sections that were run: every seed of every training that the section's claims rest on.

    ``lookup`` is asked only for seeds that are evidence of a judged claim. A training that several claims share is drawn once. Within a
    section they stand in the order of the paper's figures.
    """
    groups: dict[tuple[_Kind, str, str], dict[Trial, str]] = {}  # (kind, title, curve) -> the trials of a picture with their arm's name
    for kind in KINDS:
        for arm, trial in _trainings(results, kind.section):
            for curve, title in kind.panels(trial.recipe).items() if isinstance(trial.recipe, Training) else ():
                groups.setdefault((kind, title, curve), {}).setdefault(trial, arm.name)
    counts = Counter(kind.x_label for (kind, _, _), arms in groups.items() for _ in arms)
    drawn = []
    sections = list(dict.fromkeys(kind.section for kind in KINDS))
    for (kind, title, curve), arms in sorted(groups.items(), key=lambda item: (sections.index(item[0][0].section), _panels(item[0][1]))):
        names = _names(arms)
        most = max(FEWEST_POINTS, POINTS[kind.x_label] // counts[kind.x_label])
        found = (_curve(names[trial], trial.seed, lookup(trial.recipe, trial.seed), curve, most) for trial in arms)
        curves = tuple(curve for curve in found if curve is not None)
        if curves:
            drawn.append(_picture(kind, title, curves))
    return tuple(drawn)


def _panels(title: str) -> list[tuple[int, str]]:
    """The figures that a title names, with their panels, as numbers and letters: [(3, "a"), (6, "a")] of ``Figs. 3(a) and 6(a): ...``."""
    return [(int(figure), panel) for figure, panel in re.findall(r"(\d+)(?:\((\w)\))?", title.partition(":")[0])]


def _trainings(results: Iterable[Result], section: str) -> Iterator[tuple[Arm, Trial]]:
    for result in results:
        evidence = result.verdict.evidence
        if evidence is None or (result.claim.paper, result.claim.section) != ("rin-2018", section):
            continue
        for arm in result.claim.arms.get(result.profile, ()):
            for recipe in arm.recipes:
                yield from ((arm, Trial(recipe, seed)) for seed in evidence.seeds)


def _names(arms: Mapping[Trial, str]) -> Mapping[Trial, str]:
    """The name of each trial's arm, with the optimiser where one name stands for several recipes (a claim at another learning rate)."""
    recipes: dict[str, set[Recipe]] = {}
    for trial, name in arms.items():
        recipes.setdefault(name, set()).add(trial.recipe)

    def full(trial: Trial, name: str) -> str:
        if len(recipes[name]) == 1 or not isinstance(trial.recipe, Training):
            return name
        return f"{name}, {trial.recipe.optimizer.name} {trial.recipe.optimizer.learning_rate:g}"

    return {trial: full(trial, name) for trial, name in arms.items()}


def _curve(name: str, seed: int, outcome: Outcome, curve: str, most: int) -> Curve | None:
    """A curve of an outcome over its updates, or over the steps of a sequence, at ``most`` of them, evenly; None if it has none."""
    values = outcome.curves.get(curve, ())
    if not values:
        return None
    places = range(1, len(values) + 1) if curve.startswith(STEP_CURVES) else outcome.curves["updates"]
    kept = np.unique(np.linspace(0, len(values) - 1, min(len(values), most)).round().astype(int)).tolist()
    pairs = ((places[index], values[index]) for index in kept)
    points = [(float(at), _rounded(value)) for at, value in pairs if at is not None and value is not None]
    if not points:
        return None
    xs, ys = zip(*points, strict=True)
    return Curve(name, seed, xs, ys, diverged=outcome.diverged)


def _rounded(value: float) -> float:
    """Finer than any picture shows; the store has all digits."""
    return float(f"{value:.{DIGITS - (abs(value) < 1)}g}")


def _picture(kind: _Kind, title: str, curves: tuple[Curve, ...]) -> Picture:
    return Picture(
        paper="rin-2018",
        section=kind.section,
        title=title,
        x_label=kind.x_label,
        y_label=kind.y_label,
        curves=curves,
        log_y=kind.log_y,
        higher_is_better=kind.higher_is_better,
        baseline=kind.baseline,
    )
