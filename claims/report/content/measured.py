"""What a claim was measured on, in words: task and length as trained, data, optimiser, budget.

A profile may scale what the paper used.
"""

from __future__ import annotations

from collections.abc import Sequence

from claims.model import Arm, Claim
from claims.text import number
from reproductions.recipes import Recipe, Training

EACH = "each of"
UNCLIPPED = "gradient not clipped"


def measured_on(claim: Claim, profile: str) -> tuple[str, ...]:
    """Write one line for each way in which ``profile`` measures the claim's arms.

    Arms that differ in nothing but the cell share a line.
    """
    if claim.always_runs:
        return ("printed numbers alone",)
    lines: dict[str, list[str]] = {}
    for arm in claim.arms.get(profile, ()):
        for line in _arm(arm, claim.at(profile).prediction.together):
            lines.setdefault(line, []).append(arm.name)
    return tuple(f"{', '.join(names)}: {line}" for line, names in lines.items())


def _arm(arm: Arm, together: str) -> list[str]:
    """Write a line for each task of the arm.

    Tasks that are described together share a line, and so do the settings of a grid.
    """
    groups: dict[object, list[Recipe]] = {}
    for recipe in arm.recipes:
        groups.setdefault(recipe.task.described_with if isinstance(recipe, Training) else None, []).append(recipe)
    if len(groups) > 1 and together != EACH:
        return [f"{together} {len(arm.recipes)} recipes, of which {_line(group, 'together')}" for group in groups.values()]
    return [_line(group, together) for group in groups.values()]


def _line(recipes: Sequence[Recipe], together: str) -> str:
    """Write one line for recipes whose tasks are described together; ``together`` says what becomes of their numbers."""
    trainings = [recipe for recipe in recipes if isinstance(recipe, Training)]
    if not trainings:
        return ", ".join(dict.fromkeys(recipe.label for recipe in recipes))
    line = f"{data(trainings)}; {settings(*trainings)}"
    grid = _grid(trainings)
    return f"{together} {grid}: {line}" if grid else line if len(recipes) == 1 else f"{together} {line}"


def data(recipes: Sequence[Recipe]) -> str:
    """Describe the tasks of ``recipes``, which are described together, with their data and the sizes of the two sets."""
    tasks = [recipe.task for recipe in recipes if isinstance(recipe, Training)]
    samples = "endless" if tasks[0].train_size is None else tasks[0].train_size
    return f"{type(tasks[0]).describe(tasks)}, {samples} training and {tasks[0].test_size} test samples"


def settings(*recipes: Training) -> str:
    """Write network, optimiser and budget of trainings in one line.

    A setting in which the trainings differ is left out, and so is no clipping.
    """
    same = [column[0] for column in zip(*map(_settings, recipes), strict=True) if len(set(column)) == 1]
    return ", ".join(phrase.format(value) for phrase, value in same if value != UNCLIPPED)


def _grid(recipes: Sequence[Training]) -> str:
    """Write the settings in which trainings differ.

    For example ``learning rate 1e-05, 0.001``, or ``batch 64, 200 updates; batch 128, 100 updates``.
    """
    columns: list[tuple[tuple[str, str], ...]] = [column for column in zip(*map(_settings, recipes), strict=True) if len(set(column)) > 1]
    if len(columns) == 1:
        return columns[0][0][0].format(", ".join(value for _, value in columns[0]))
    return "; ".join(", ".join(phrase.format(value) for phrase, value in row) for row in zip(*columns, strict=True))


def _settings(recipe: Training) -> list[tuple[str, str]]:
    """Return each setting as a phrase and the value that fills it, in the order a reader is told them."""
    optimizer = recipe.optimizer
    budget = str(recipe.updates) if recipe.last_update == recipe.updates else f"first {recipe.last_update} of {recipe.updates}"
    clip = UNCLIPPED if optimizer.clip is None else f"gradient norm clipped at {number(optimizer.clip)}"
    return [
        ("{}", f"{recipe.network.layers}-{recipe.network.hidden}"),
        ("{}", optimizer.name),
        ("learning rate {}", f"{optimizer.learning_rate:g}"),
        ("{}", clip),
        ("batch {}", str(recipe.batch_size)),
        ("{} updates", budget),
    ]
