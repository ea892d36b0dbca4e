"""The words of a report that a reader may not know, each with its meaning."""

from __future__ import annotations

from collections.abc import Mapping

from claims.report.model import Report
from claims.statistics.intervals import ALPHA
from claims.text import number
from reproductions.trials import PILOT_SEEDS_FROM

TERMS: Mapping[str, str] = {
    "claim": "A quoted sentence, figure or table cell of a paper, turned into one prediction about numbers that can be measured.",
    "headline": "A claim of the paper's abstract.",
    "verdict": "Reproduced, contradicted, inconclusive or not run. It is decided by where the interval lies, never by the estimate alone.",
    "measured": "The verdict rests on runs that were trained or sampled over seeds, so chance can make it false.",
    "exact": "The verdict rests on an identity or on arithmetic with printed numbers. Nothing was sampled, so it says nothing of what a "
    "network does.",
    "estimate": "The number that stands for the effect: of an order, the median over the seeds of one network minus the other.",
    "interval": f"The two bounds of the effect. Each is wrong in at most {number(ALPHA)} of all such claims. ∞ means that so few "
    "seeds give no bound on that side.",
    "region": "Where the whole interval must lie for a verdict: the green strip (✓) reproduces the claim, the red strip (✗) contradicts "
    "it. The strips may overlap between zero and the smallest effect of interest: an effect there is real and still too small to matter.",
    "seed": f"One run's start: first weights and order of the data. Runs of several networks with one seed are compared with each other. "
    f"Seeds from {PILOT_SEEDS_FROM:,} on chose settings and enter no verdict.",
    "diverged": "A run whose numbers overflowed. It counts as the worst of all runs and is never dropped.",
    "look": "A judgement after so many seeds. An undecided claim may buy more seeds and is looked at again; all looks share the error.",
    "family": "Claims that are read together: an abstract, or a table. After Holm's correction the chance of even one false verdict among "
    f"all of them is at most {number(ALPHA)}; a claim may then become inconclusive though it is decided by itself.",
    "borderline": "A claim whose verdict changes with the last digits, which another processor rounds otherwise.",
    "recorded": "The verdict that this project has on record for the claim and profile, with date and reason.",
    "compared": "What a number of this run is beside the recorded draws of the same training, whatever the verdicts are. Same bits: made "
    "in the same way, it equals its record to the last bit. Same start: made elsewhere, its first losses differ by no more than rounding "
    "moves. Equivalent: exact rank tests do not tell the seeds from the recorded ones, and a shift beyond the margin is excluded. Not told "
    "apart: they do not, and so few seeds cannot exclude it. Drifted: one of the three comparisons failed, and the reason says which.",
    "printed": "A number as the paper prints it, of one run unless the paper says otherwise.",
    "profile": "How big the measurements are. The same claim is measured smaller or larger; each profile has a verdict of its own.",
    "trial": "One run: what was trained, with one seed. A card leads to its trials, and the list at the end of the page has each once.",
    "points": "Percentage points of accuracy.",
    "decades": "Powers of ten: an error ten times as large is one decade more.",
    "network": "1-100 is a network of one layer with 100 units, 2-200 of two layers with 200.",
    "id": "A claim's name. A length in it, as T200, is the paper's own; what a profile trained in its place stands under “Measured on”.",
    "imported": "A run that was made elsewhere or earlier, recorded in a file, and taken into this machine's store from there.",
    "price": "What the missing runs would take on one core, scaled from what the runs behind this report took.",
}


def terms(report: Report) -> tuple[tuple[str, str], ...]:
    """Return the terms with their meanings, and the profiles of the report's papers among them."""
    profiles = dict((profile.name, profile.meaning) for paper in report.papers for profile in paper.profiles)
    return (*TERMS.items(), *((f"{name} (profile)", meaning) for name, meaning in profiles.items() if name not in TERMS))
