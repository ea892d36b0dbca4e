"""The pictures of a run: which curves of its trials are drawn together, as the paper's figures group them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from claims.judging import Lookup
from claims.model import Arm, Result
from claims.report.model import Curve, Picture
from reproductions.recipes import Adding, PixelMnist, Recipe, Training
from reproductions.trials import Outcome, Trial

BASELINE_MSE = 0.167  # section 3.1, the dashed line of Fig. 2


@dataclass(frozen=True)
class _Kind:
    """One kind of picture: which trainings belong to it, and what of their outcomes is drawn."""

    section: str
    title: Callable[[Training], str | None]  # None: this training is not drawn here
    curve: str  # the name of the y curve in an outcome
    x_label: str
    y_label: str
    log_y: bool = False
    higher_is_better: bool = False
    baseline: float | None = None


def _adding(recipe: Training) -> str | None:
    return f"Test error of the adding problem, T = {recipe.task.length}" if isinstance(recipe.task, Adding) else None


def _pixel(recipe: Training) -> str | None:
    if not isinstance(recipe.task, PixelMnist):
        return None
    return f"Test accuracy on {recipe.task.order} MNIST, {recipe.task.steps} steps, {recipe.network.layers}-{recipe.network.hidden}"


def _estimation(equation: str, formula: str) -> Callable[[Training], str | None]:
    def title(recipe: Training) -> str | None:
        if isinstance(recipe.task, Adding):
            return f"Eq. {equation}: {formula} on the adding problem, T = {recipe.task.length}"
        if isinstance(recipe.task, PixelMnist) and recipe.task.order == "sequential":
            return f"Eq. {equation}: {formula} on sequential MNIST, {recipe.network.layers}-{recipe.network.hidden}, layer 1"
        return None

    return title


KINDS = (
    _Kind("adding", _adding, "test_mse", "updates", "test MSE", log_y=True, baseline=BASELINE_MSE),
    _Kind("pixel-mnist", _pixel, "test_accuracy", "updates", "test accuracy (%)", higher_is_better=True),
    _Kind("iterative-estimation", _estimation("1", "E[h_t - h_T]"), "eq1/layer1", "step", "average estimation error"),
    _Kind("iterative-estimation", _estimation("3", "E[h_t - h_(t-1)]"), "eq3/layer1", "step", "average estimation error"),
)


def pictures(results: Sequence[Result], lookup: Lookup) -> tuple[Picture, ...]:
    """The pictures of the RIN paper's sections that were run: every seed of every training that the section's claims rest on.

    ``lookup`` is asked only for seeds that are evidence of a judged claim. A training that several claims share is drawn once.
    """
    drawn: list[Picture] = []
    for kind in KINDS:
        groups: dict[str, dict[Trial, str]] = {}  # title -> the trials of a picture with the name of their arm
        for arm, trial, title in _trainings(results, kind):
            groups.setdefault(title, {}).setdefault(trial, arm.name)
        for title, arms in groups.items():
            names = _names(arms)
            found = (_curve(names[trial], trial.seed, lookup(trial.recipe, trial.seed), kind.curve) for trial in arms)
            curves = tuple(curve for curve in found if curve is not None)
            if curves:
                drawn.append(_picture(kind, title, curves))
    return tuple(drawn)


def _trainings(results: Iterable[Result], kind: _Kind) -> Iterator[tuple[Arm, Trial, str]]:
    for result in results:
        evidence = result.verdict.evidence
        if evidence is None or (result.claim.paper, result.claim.section) != ("rin-2018", kind.section):
            continue
        for arm in result.claim.arms.get(result.profile, ()):
            for recipe in arm.recipes:
                title = kind.title(recipe) if isinstance(recipe, Training) else None
                if title is not None:
                    yield from ((arm, Trial(recipe, seed), title) for seed in evidence.seeds)


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


def _curve(name: str, seed: int, outcome: Outcome, curve: str) -> Curve | None:
    """A curve of an outcome, over its updates or, for a curve over a sequence, its steps; None if the outcome has none."""
    values = outcome.curves.get(curve, ())
    per_step = "updates" not in outcome.curves or curve.startswith(("eq1", "eq3", "variance"))
    x = range(1, len(values) + 1) if per_step else outcome.curves["updates"]
    points = [(float(at), value) for at, value in zip(x, values, strict=True) if at is not None and value is not None]
    if not points:
        return None
    xs, ys = zip(*points, strict=True)
    return Curve(name, seed, xs, ys, diverged=outcome.diverged)


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
