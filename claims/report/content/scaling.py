"""The part of the methods section that says what each profile of a protocol trains."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from claims.protocol import Protocol
from claims.report.content.measured import data, settings
from claims.text import plural
from reproductions.recipes import RecipeError, Training

NOT_MEASURED = "not measured"


def rows(protocol: Protocol, profiles: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Say what is trained on what, from the recipes themselves.

    There is a row for each of ``protocol.trained`` and a cell for each of ``profiles``.
    """
    return tuple((name, *(_cell(recipe, profile) for profile in profiles)) for name, recipe in protocol.trained.items())


def _cell(recipe: Callable[[str], Training], profile: str) -> str:
    try:
        trained = recipe(profile)
    except RecipeError:
        return NOT_MEASURED
    whole = trained.last_update == trained.updates
    evaluations = trained.evaluations + trained.early_evaluations if whole else len(trained.checkpoints)
    return f"{data([trained])}; {settings(trained)}, {plural(evaluations, 'evaluation')}"
