"""The iterative-estimation view: sections 2.1 and 3.2, appendix C, Figs. 1, 4 and 8-12.

Every equation is judged three ways. The claim itself sets the estimation error against the size of the activations. ``raw`` sets it against
the axes of the paper's figures. ``output`` looks at an LSTM's output h_t instead of its memory cell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from claims.kinds import Above, Below, NearZero
from claims.model import Claim, Locator, Prediction
from claims.papers.rin_2018 import protocol
from claims.papers.rin_2018.arms import NAMES, arms, seeds
from claims.papers.rin_2018.figures import FIGURE, FORMULA, PANEL, Equation
from claims.papers.rin_2018.pixel_mnist import LARGER, SCALED_NETWORK, SEEDS
from claims.papers.rin_2018.protocol import TO_THE_END
from reproductions.recipes import Cell, Training

Variant = Literal["", "raw", "output"]

CELLS: tuple[Cell, ...] = ("rin", "irnn", "lstm")
RELU_CELLS: tuple[Cell, ...] = ("rin", "irnn")


@dataclass(frozen=True)
class Tolerance:
    """How far from zero a curve may lie at any step, and why."""

    value: float
    why: str


# Shares of the root mean square activation of the last state, set from the axes of the paper's own figures before any real seed was run.
SCALED: Mapping[Equation, Tolerance] = {
    "eq1": Tolerance(
        0.25, "the axis of Fig. 1(a) ends within +-0.25; an error of a quarter of the activations' size would be visible there"
    ),
    "eq3": Tolerance(
        0.05, "the axis of Fig. 1(b), called close to 0, ends at +-0.02; a twentieth of the activations' size leaves room for larger states"
    ),
}

# In the units of the figures, as far as the paper's text shows an axis: Figs. 1(a), 1(b), 8, 10(b) and 12(b).
FIG_1A = Tolerance(0.20, "the axis of Fig. 1(a) has nine ticks that end in 0 and 5 by turns, so it ends at +-0.20")
FIG_1B = Tolerance(0.02, "the axis of Fig. 1(b) ends at +-0.02")
FIG_8 = Tolerance(0.125, "the axis printed with Fig. 8 ends at 0.125; the text does not say in which panel, so it stands for both")
FIG_10B = Tolerance(0.20, "the axis of Fig. 10(b) ends at 0.20")
FIG_12B = Tolerance(0.5, "the axis of Fig. 12(b) has ticks 0.1 apart and one above 0.4, so it ends at 0.5")


def _borrowed(figure: str, axis: Tolerance, which: str) -> Tolerance:
    return Tolerance(axis.value, f"the text shows no axis of Fig. {figure}; the widest of {which}: {axis.why}")


def _implied(figure: str) -> Tolerance:
    by_eq2 = "by Eq. 2 a change of 0.5 from one step to the next needs an E[h_t - h_T] of 0.25 on one side of it"
    return Tolerance(0.25, f"the text shows no axis of Fig. {figure}; {FIG_12B.why}, and {by_eq2}")


RAW: Mapping[tuple[Equation, str], Tolerance] = {
    ("eq1", "1-100"): FIG_8,
    ("eq1", "1-200"): _borrowed("4(a)", FIG_1A, "those shown for Eq. 1"),
    ("eq1", "2-100"): _borrowed("9(a)", FIG_1A, "those shown for Eq. 1"),
    ("eq1", "2-200"): _borrowed("10(a)", FIG_1A, "those shown for Eq. 1"),
    ("eq1", "3-100"): _implied("11(a)"),
    ("eq1", "3-200"): _implied("12(a)"),
    ("eq3", "1-100"): FIG_8,
    ("eq3", "1-200"): _borrowed("4(b)", FIG_8, "those shown for Eq. 3 and one layer"),
    ("eq3", "2-100"): _borrowed("9(b)", FIG_10B, "those shown for Eq. 3 and two layers"),
    ("eq3", "2-200"): FIG_10B,
    ("eq3", "3-100"): _borrowed("11(b)", FIG_12B, "those shown for Eq. 3 and three layers"),
    ("eq3", "3-200"): FIG_12B,
}
RAW_ADDING: Mapping[Equation, Tolerance] = {"eq1": FIG_1A, "eq3": FIG_1B}

NOTES: Mapping[Variant, str] = {
    "": "",
    "raw": "In the units of the figures, for comparison: the activations' size is the network's own choice, so this says less than the "
    "claim relative to it.",
    "output": "The LSTM's output, for comparison; the paper's h_t is the memory cell state (section 2.2).",
}

# Var[X - Y] <= E(X - Y)^2 <= 2 E X^2 + 2 E Y^2 for any X and Y, which is 4 E h_T^2 where no E h_t^2 exceeds E h_T^2.
VARIANCE_BOUND = 4.0
# The 95 % quantile of the ratio of two equal variances, each of 128 normal samples: F with 127 and 127 degrees of freedom.
GROWTH = 1.34


def _prediction(equation: Equation, variant: Variant, arm: str, layers: int, raw: Tolerance) -> NearZero:
    """Predict that every layer stays within one tolerance.

    A layer's scale is the scale of its own last state.
    """
    suffix = "/output" if variant == "output" else ""
    tolerance = raw if variant == "raw" else SCALED[equation]
    first, *others = [
        (f"{equation}/layer{layer}{suffix}", "" if variant == "raw" else f"activation_scale/layer{layer}{suffix}")
        for layer in range(1, layers + 1)
    ]
    return NearZero(
        metric=first[0],
        unit="units of h" if variant == "raw" else "share of the activations' root mean square",
        why=tolerance.why,
        higher_is_better=False,
        arm=arm,
        scale=first[1],
        tolerance=tolerance.value,
        also=tuple(others),
    )


def _within(prediction: NearZero, equation: Equation, variant: Variant) -> str:
    """Write what is predicted of the curve, for a statement."""
    formula = FORMULA[equation] + (" of the output" if variant == "output" else "")
    size = "" if variant == "raw" else " of the activations' size"
    return f"{formula} stays within {prediction.tolerance:g}{size} at every step"


def _id(*parts: str) -> str:
    return "/".join(("rin-2018", "iterative-estimation", *filter(None, parts)))


def _lstm_adding(equation: Equation, variant: Variant) -> Claim:
    prediction = _prediction(equation, variant, "LSTM", 1, RAW_ADDING[equation])
    note = "h is the memory cell state, as section 2.2 says; the expectation is over 128 test samples and the layer's units."
    return Claim(
        id=_id("lstm-adding", equation, variant),
        paper="rin-2018",
        quote="The measured AEEs in Fig. 1 are close to 0 indicating that the LSTM model fulfills the view of IE.",
        locator=Locator(section="2.1", equation=equation[-1], figure=f"1({PANEL[equation]})"),
        prediction=prediction,
        statement=f"In an LSTM trained on adding, {_within(prediction, equation, variant)}.",
        arms=arms(["lstm"], lambda profile, cell: (protocol.adding(profile, cell, 200),)),
        seeds=seeds(),
        note=NOTES[variant] or note,
    )


def _sequential(network: str | Mapping[str, str], cells: Sequence[Cell], run_by: Sequence[str]) -> dict[str, Any]:
    """Make ``arms`` and ``seeds`` of a claim about networks trained on sequential MNIST.

    ``network`` may differ by profile.
    """

    def recipes(profile: str, cell: Cell) -> Sequence[Training]:
        return (protocol.pixel_mnist(profile, cell, "sequential", network if isinstance(network, str) else network[profile]),)

    return {"arms": arms(cells, recipes, run_by), "seeds": {profile: SEEDS[profile] for profile in run_by}}


def _pixel(equation: Equation, network: str, cell: Cell, variant: Variant) -> Claim:
    layers, _ = protocol.parse_network(network)
    prediction = _prediction(equation, variant, NAMES[cell], layers, RAW[equation, network])
    in_text = network == "1-200"  # Fig. 4 and its discussion; the other networks are in appendix C
    quotes: Mapping[Equation, str] = {
        "eq1": "RINs and IRNNs largely fulfill the view of IE",
        "eq3": "The levels of activations for all networks are always kept the same on an average",
    }
    in_appendix = "Fig. 8-12 show validation of the Iterative Estimation hypothesis in all network types."
    where = "" if layers == 1 else " and in every layer"
    return Claim(
        id=_id(equation, network, cell, variant),
        paper="rin-2018",
        quote=quotes[equation] if in_text else in_appendix,
        locator=Locator(section="3.2" if in_text else "C", equation=equation[-1], figure=f"{FIGURE[network]}({PANEL[equation]})"),
        prediction=prediction,
        statement=f"In a {network} {NAMES[cell]} trained on sequential MNIST, {_within(prediction, equation, variant)}{where}.",
        note=NOTES[variant],
        **_sequential(network, [cell], TO_THE_END if network == SCALED_NETWORK else LARGER),
    )


FIG_4 = {"smoke": SCALED_NETWORK, "compact": SCALED_NETWORK, "paper": "1-200"}


def _variance(slug: str, cell: Cell, panel: str, quote: str, statement: str, prediction: Prediction, note: str) -> Claim:
    return Claim(
        id=_id(slug, cell),
        paper="rin-2018",
        quote=quote,
        locator=Locator(section="3.2", figure=f"4({panel})"),
        prediction=prediction,
        statement=statement,
        note=note + f" Fig. 4 shows network 1-200; the scaled profiles have {SCALED_NETWORK} in its place.",
        **_sequential(FIG_4, [cell], TO_THE_END),
    )


def _variance_bounded(cell: Cell) -> Claim:
    return _variance(
        "variance-bounded",
        cell,
        "a",
        "Fig. 4(a) suggests that all networks bound the variance across recurrent steps.",
        f"In a one-layer {NAMES[cell]} trained on sequential MNIST, Var[h_t - h_T] stays below {VARIANCE_BOUND:g} E[h_T^2] at every step.",
        Below(
            metric="largest_variance_from_last/layer1",
            unit="times the mean square of h_T",
            why="Var[h_t - h_T] is at most 2 E[h_t^2] + 2 E[h_T^2], so at most 4 E[h_T^2] for states whose mean square never exceeds the "
            "last one's; the paper prints no bound",
            higher_is_better=False,
            arm=NAMES[cell],
            threshold=VARIANCE_BOUND,
        ),
        "Above the bound, states before the last one were larger than it. States that grow up to the last step stay below it whatever "
        "their growth.",
    )


def _late_variance_grows(cell: Cell) -> Claim:
    return _variance(
        "late-variance-grows",
        cell,
        "b",
        "the magnitude of the variance becomes significantly larger at the last 200 steps in IRNN and RIN",
        f"In a one-layer {NAMES[cell]} trained on sequential MNIST, the mean variance of h_t - h_(t-1) over the last 200 of 784 steps is "
        f"more than {GROWTH:g} times that over the steps before.",
        Above(
            metric="late_variance_ratio/layer1",
            unit="times the variance before",
            why="1 is no growth; 1.34 is the smallest ratio of two variances over the figure's 128 samples that is significantly larger "
            "than 1 (at 5 %, by the F distribution for normal samples); no size is printed",
            arm=NAMES[cell],
            threshold=GROWTH,
        ),
        "A shorter sequence takes the same share of its steps as the late ones.",
    )


def _variants(cell: Cell) -> tuple[Variant, ...]:
    return ("", "raw", "output") if cell == "lstm" else ("", "raw")


EQUATIONS: tuple[Equation, ...] = ("eq1", "eq3")
CLAIMS: tuple[Claim, ...] = (
    *(_lstm_adding(equation, variant) for equation in EQUATIONS for variant in _variants("lstm")),
    *(
        _pixel(equation, network, cell, variant)
        for equation in EQUATIONS
        for network in protocol.NETWORKS
        for cell in CELLS
        for variant in _variants(cell)
    ),
    *map(_variance_bounded, CELLS),
    *map(_late_variance_grows, RELU_CELLS),
)
