"""Which reading of a run's curve the claims of the papers here mean: one rule, by kind and words.

- Networks compared in what they reach (Greater, Ranking, Similar, Closer, LessSensitive, TableAgreement, on a metric that training
  evaluates): LEVEL.
- One network against a fixed number (Below, Above, FailsToConverge on such a metric): FINAL. MatchesPublished: PRINTED.
- Speed and stability have metrics of the whole curve, or of its early part, and no reading.

The rule asks what a sentence says and never what a reading decides. A test holds every claim to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LEVEL: Mapping[str, Any] = {
    "reading": "level",
    "why_reading": "the sentence compares what networks are able to when training ends, and names no evaluation: one evaluation adds its "
    "own noise to that, and the best of many favours the less steady network; final, where the paper says it, is the end of training as "
    "against its early stage",
}
FINAL: Mapping[str, Any] = {
    "reading": "final",
    "why_reading": "whether a network has learned is said of the network that training leaves behind",
}
PRINTED: Mapping[str, Any] = {
    "reading": "final",
    "why_reading": "a printed number is taken to be one evaluation of one run, the last: the interval for one more run has to hold the "
    "noise of one evaluation, which a level averages away; the other readings stand beside it",
}
