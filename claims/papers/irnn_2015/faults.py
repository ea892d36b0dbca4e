"""The planted faults of texts and of speech.

Guards must notice them, as no claim about either is judged without training.
"""

from __future__ import annotations

from claims.paper import FaultClaims

FAULTS = (
    FaultClaims(fault="vocabulary-of-test-text"),
    FaultClaims(fault="state-not-carried-on"),
    FaultClaims(fault="half-of-text-scored"),
    FaultClaims(fault="labels-one-frame-late"),
    FaultClaims(fault="test-speakers-in-training"),
    FaultClaims(fault="half-of-speech-scored"),
)
