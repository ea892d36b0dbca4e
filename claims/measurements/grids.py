"""What sets the recipes of one arm apart, in words: the tasks of a mean, the settings of a grid."""

from __future__ import annotations

from collections.abc import Sequence

from reproductions.recipes import Recipe, Training


def differences(recipes: Sequence[Recipe]) -> tuple[str, ...]:
    """Describe how each recipe differs from the others, for example ``learning rate 0.001`` or ``bAbI 4``.

    A setting that all recipes share is left out. An arm of one recipe, or of equal recipes, gives empty strings.
    """
    parts = [_parts(recipe) for recipe in recipes]
    return tuple(", ".join(text for name, text in own.items() if any(other.get(name) != text for other in parts)) for own in parts)


def _parts(recipe: Recipe) -> dict[str, str]:
    if not isinstance(recipe, Training):
        return {"probe": recipe.label}
    network, optimizer = recipe.network, recipe.optimizer
    size = f"{network.layers}-{network.hidden}"
    return {
        "task": recipe.label.removesuffix(f" {network.cell} {size}"),
        "network": f"{network.cell} {size}",
        "optimizer": optimizer.name,
        "learning rate": f"learning rate {optimizer.learning_rate:g}",
        "batch": f"batch {recipe.batch_size}",
        "updates": f"{recipe.updates} updates",
    }
