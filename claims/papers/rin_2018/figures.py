"""The figures of the RIN paper that are drawn anew, Figs. 1 to 12.

For each figure the module says which curves of which trainings belong to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from claims.paper import Figure
from reproductions.recipes import Adding, PixelMnist, Recipe, Training

Equation = Literal["eq1", "eq3"]
Panels = Callable[[Recipe], Mapping[str, str]]

FORMULA: Mapping[Equation, str] = {"eq1": "E[h_t - h_T]", "eq3": "E[h_t - h_(t-1)]"}
PANEL: Mapping[Equation, str] = {"eq1": "a", "eq3": "b"}
FIGURE = {"1-100": "8", "1-200": "4", "2-100": "9", "2-200": "10", "3-100": "11", "3-200": "12"}  # of sequential MNIST
BASELINE = 0.167  # section 3.1, "The baseline MSE of the task is 0.167"
ADDING_PANEL = {200: "(a)", 300: "(b)", 400: "(c)"}
PAPER_STEPS = 784  # of a pixel sequence in the paper


def _after(figure: str, exact: bool) -> str:
    """Name ``figure``, or say that a picture comes after it.

    Such a picture is scaled: it shows what the figure shows at another length or of another network.
    """
    return figure if exact else f"After {figure}"


def _first(recipe: Training) -> str:
    """Say how far an opening of the paper's own training goes."""
    return "" if recipe.last_update == recipe.updates else f", first {recipe.last_update} of {recipe.updates} updates"


def _adding(curve: str, figure: str, what: str) -> Panels:
    def panels(recipe: Recipe) -> Mapping[str, str]:
        if not isinstance(recipe, Training) or not isinstance(recipe.task, Adding):
            return {}
        length = recipe.task.length
        place = _after(f"Fig. {figure}{ADDING_PANEL.get(length, '')}", length in ADDING_PANEL)
        return {curve: f"{place}: {what} of the adding problem, T = {length}{_first(recipe)}"}

    return panels


def _pixel(curve: str, what: str, figure: str, panel: Mapping[str, str]) -> Panels:
    """Make the panels of a curve on pixel MNIST.

    ``figure`` shows the curve for every network, and ``panel`` names its part for an order. Fig. 3 shows the network 1-200 by itself, in
    the same parts.
    """

    def panels(recipe: Recipe) -> Mapping[str, str]:
        if not isinstance(recipe, Training) or not isinstance(recipe.task, PixelMnist):
            return {}
        network, part = f"{recipe.network.layers}-{recipe.network.hidden}", f"({panel[recipe.task.order]})"
        figures = f"Figs. 3{part} and {figure}{part}" if network == "1-200" else f"Fig. {figure}{part}"
        place = _after(figures, recipe.task.steps == PAPER_STEPS)
        return {curve: f"{place}: {what} on {recipe.task.order} MNIST, {recipe.task.steps} steps, {network}{_first(recipe)}"}

    return panels


def _estimation(curve: str, panel: str, what: str) -> Panels:
    """Make the panels of a curve over steps, one for every layer.

    On the adding problem it is in Fig. 1, on sequential MNIST in Figs. 4 and 8-12.
    """

    def panels(recipe: Recipe) -> Mapping[str, str]:
        if not isinstance(recipe, Training):
            return {}
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


def _equation(equation: Equation) -> Panels:
    return _estimation(equation, PANEL[equation], f"Eq. {equation[-1]}, {FORMULA[equation]},")


LOSS, ACCURACY = {"sequential": "a", "permuted": "c"}, {"sequential": "b", "permuted": "d"}  # panels of Figs. 3, 6 and 7
ESTIMATION, ERROR = "iterative-estimation", "average estimation error"
FIGURES = (
    Figure(section="adding", panels=_adding("test_mse", "2", "test error"), y_label="test MSE", log_y=True, baseline=BASELINE),
    Figure(section="adding", panels=_adding("train_loss", "5", "training error"), y_label="training MSE", log_y=True, baseline=BASELINE),
    Figure(section="pixel-mnist", panels=_pixel("train_loss", "training loss", "6", LOSS), y_label="training loss (nats)"),
    Figure(
        section="pixel-mnist",
        panels=_pixel("train_accuracy", "training accuracy (500 images)", "6", ACCURACY),
        y_label="training accuracy (%)",
        higher_is_better=True,
    ),
    Figure(section="pixel-mnist", panels=_pixel("test_loss", "test loss", "7", LOSS), y_label="test loss (nats)"),
    Figure(
        section="pixel-mnist",
        panels=_pixel("test_accuracy", "test accuracy", "7", ACCURACY),
        y_label="test accuracy (%)",
        higher_is_better=True,
    ),
    Figure(section=ESTIMATION, panels=_equation("eq1"), over="step", y_label=ERROR),
    Figure(section=ESTIMATION, panels=_equation("eq3"), over="step", y_label=ERROR),
    Figure(section=ESTIMATION, panels=_estimation("variance_from_last", "a", "Var[h_t - h_T]"), over="step", y_label="variance"),
    Figure(section=ESTIMATION, panels=_estimation("variance", "b", "Var[h_t - h_(t-1)]"), over="step", y_label="variance"),
)
