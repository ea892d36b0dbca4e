"""Made-up outcomes of trained claims of the adding problem, so that the judging can be tried on what would take hours to measure.

They are the cases in which a wrong judging says something else: an arm with one seed in six that diverged, and one of which one seed in
six alone succeeds. Nothing here is a measurement, and no report holds it.
"""

from __future__ import annotations

from reproductions.recipes import Recipe, Training
from reproductions.trials import Outcome

EVERY = 6  # seeds: with six of them, five successes and a failure decide nothing, five successes alone do
GOOD, BAD = 0.01, 0.3  # test losses below and above the baseline of adding, 1/6


def outcome(recipe: Recipe, seed: int) -> Outcome:
    """A run of an IRNN fails but for every sixth seed; a run of any other network succeeds, but every sixth diverges."""
    assert isinstance(recipe, Training)
    odd_one = seed % EVERY == 0
    if recipe.network.cell != "irnn" and odd_one:
        return Outcome("diverged", {}, updates=1, diverged_at=1)
    level = (GOOD if recipe.network.cell != "irnn" or odd_one else BAD) + seed / 1000
    return Outcome("budget", {"test_mse": level}, updates=recipe.updates)
