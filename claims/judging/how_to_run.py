"""How to judge a claim that was never judged: the profile's command, the data it needs, the device."""

from __future__ import annotations

from claims.model import Claim
from claims.text import enumeration
from reproductions.recipes import Training

DEVICE = "any CPU"  # training uses no other device


def how_to_run(claim: Claim, profile: str | None = None) -> str:
    """Say in one line what judges ``claim`` under ``profile``, or why nothing does.

    With None for ``profile`` the line is about each of the claim's profiles.
    """
    chosen = [name for name in claim.profiles if profile in (None, name)]
    if not chosen:
        others = f"the {profile} profile does not measure it; {enumeration(claim.profiles)} would"
        return claim.not_run or (others if claim.profiles else "no profile runs it")
    if len(chosen) > 1 and len({needs(claim, name) for name in chosen}) == 1:  # the same under each, so one is enough to name
        chosen = chosen[:1]
    ways = " or ".join(f"`{claim.protocol[name].command} -k '{claim.id}'` ({needs(claim, name)})" for name in chosen)
    return f"no report has judged it yet; run {ways}" + (f"; {claim.not_run}" if claim.not_run else "")


def rerun(claim: Claim, profile: str) -> str:
    """Return the command that judges ``claim``, under ``profile`` or else under the first profile that runs it.

    Returns "" if no profile does.
    """
    under = profile if profile in claim.profiles else next(iter(claim.profiles), "")
    return f"{claim.protocol[under].command} -k '{claim.id}'" if under else ""


def needs(claim: Claim, profile: str) -> str:
    """Name the data and the device that ``profile`` measures the claim with.

    Every data set comes with the way to get it.
    """
    if claim.always_runs:
        return "printed numbers alone, no training"
    recipes = [recipe for arm in claim.arms[profile] for recipe in arm.recipes]
    data = (recipe.task.needs if isinstance(recipe, Training) else "a probe, no training" for recipe in recipes)
    return f"{', '.join(dict.fromkeys(data))}; {DEVICE}"
