"""The iterative-estimation view: sections 2.1 and 3.2, Figs. 1, 4 and 8."""

from __future__ import annotations

from collections.abc import Sequence

from claims.model import Claim, Locator, NearZero
from claims.papers.rin_2018.arms import NAMES, arms, seeds
from reproductions import profiles
from reproductions.recipes import Cell, Training

# Shares of the root mean square activation of the last state, set from the axes of the paper's own figures before any real seed was run.
EQ3_TOLERANCE = 0.05
EQ1_TOLERANCE = 0.25
WHY = {
    "eq3": "the axis of Fig. 1(b), called close to 0, ends at +-0.02; a twentieth of the activations' size leaves room for larger states",
    "eq1": "the axis of Fig. 1(a) ends within +-0.25; an error of a quarter of the activations' size would be visible there",
}
EQUATION = {"eq1": ("1", "E[h_t - h_T]", EQ1_TOLERANCE), "eq3": ("3", "E[h_t - h_(t-1)]", EQ3_TOLERANCE)}
ONE_LAYER = {"1-100": "8", "1-200": "4"}  # network -> figure


def _prediction(name: str, arm: str) -> NearZero:
    return NearZero(
        metric=f"{name}/layer1",
        unit="share of the activations' root mean square",
        why=WHY[name],
        higher_is_better=False,
        arm=arm,
        scale="activation_scale/layer1",
        tolerance=EQUATION[name][2],
    )


def _lstm_adding(name: str) -> Claim:
    equation, formula, tolerance = EQUATION[name]
    return Claim(
        id=f"rin-2018/iterative-estimation/lstm-adding/{name}",
        paper="rin-2018",
        quote="The measured AEEs in Fig. 1 are close to 0 indicating that the LSTM model fulfills the view of IE.",
        locator=Locator(section="2.1", equation=equation, figure="1(a)" if name == "eq1" else "1(b)"),
        prediction=_prediction(name, "LSTM"),
        statement=f"In an LSTM trained on adding, {formula} stays within {tolerance:g} of the activations' size at every step.",
        arms=arms(["lstm"], lambda profile, cell: (profiles.adding(profile, cell, 200),)),
        seeds=seeds(),
        note="h is the memory cell state, as section 2.2 says; the expectation is over 128 test samples and the layer's units.",
    )


def _pixel(name: str, network: str, cell: Cell) -> Claim:
    equation, formula, tolerance = EQUATION[name]
    quotes = {
        "eq1": "RINs and IRNNs largely fulfill the view of IE",
        "eq3": "The levels of activations for all networks are always kept the same on an average",
    }
    run_by = profiles.PROFILE_NAMES if network == "1-100" and name == "eq3" else ("compact", "paper")

    def recipes(profile: str, cell: Cell) -> Sequence[Training]:
        return (profiles.pixel_mnist(profile, cell, "sequential", network),)

    return Claim(
        id=f"rin-2018/iterative-estimation/{name}/{network}/{cell}",
        paper="rin-2018",
        quote=quotes[name],
        locator=Locator(section="3.2", equation=equation, figure=f"{ONE_LAYER[network]}({'a' if name == 'eq1' else 'b'})"),
        prediction=_prediction(name, NAMES[cell]),
        statement=f"In a {network} {NAMES[cell]} trained on sequential MNIST, {formula} stays within {tolerance:g} of the activations' "
        "size at every step.",
        arms=arms([cell], recipes, run_by),
        seeds=seeds(run_by),
    )


_CELLS: tuple[Cell, ...] = ("rin", "irnn", "lstm")
CLAIMS: tuple[Claim, ...] = (
    *(_lstm_adding(name) for name in ("eq1", "eq3")),
    *(_pixel(name, network, cell) for name in ("eq1", "eq3") for network in ONE_LAYER for cell in _CELLS),
)
