"""The open questions of the IRNN paper's review that its own sections raise; the others are the RIN paper's."""

from __future__ import annotations

from claims.readings import Comparison, Option, Reading

OPEN_QUESTIONS = (
    Reading(
        question="How wide are the input weights W of an IRNN at the start, in the language model and in speech?",
        options=("Glorot uniform, as in the networks it is compared with", "N(0, 1e-3), as the RIN paper's IRNN"),
        choice="Glorot uniform, as in the networks it is compared with",
        evidence="The review speaks of the recurrent matrix and the biases alone. It matters: with N(0, 1e-3) the language model ends "
        "higher at both rates that were tried. Recorded verdicts on the adding problem and pixel MNIST have the RIN paper's IRNN.",
        claims=("irnn-2015/language-model/*", "irnn-2015/speech/*"),
        comparisons=tuple(
            Comparison(
                recipe=f"language model 1-128 at {rate}, validation text",
                metric="test_loss",
                unit="nats a word",
                seeds=(10_000,),
                options=(Option("Glorot uniform", (glorot,)), Option("N(0, 1e-3)", (normal,))),
                command="python benchmarks/pilots.py --section language-model --seeds 1",
                date="2026-11-30",
            )
            for rate, glorot, normal in (("2e-3", 3.692, 3.924), ("5e-3", 3.622, 3.689))
        ),
    ),
)
