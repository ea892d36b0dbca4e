"""Results made by hand, with hostile content, for the tests of the report and the command line."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from claims.judging.result import Result
from claims.kinds import Above, Arithmetic, Greater, Identity, LearnsFaster, MatchesPublished, Similar
from claims.model import Arm, Claim, Locator, Prediction
from claims.papers import registry
from claims.readings import Reading
from claims.report.build import build_report
from claims.report.model import Curve, Picture, Report
from claims.results import Evidence, Verdict
from reproductions.recipes import Adding, Network, Optimizer, Training
from reproductions.trials import Trial

HOSTILE = 'He said: "<script>alert(1)</script>" | a *starred* `tick`,\nnext line & [link](http://example.org) $x_1$ \\ end'
UNIT = "log10 MSE"


def training(cell: str, rate: float = 1e-3) -> Training:
    return Training("smoke", Adding(50, 1000, 200), Network(cell, 1, 100), Optimizer("adam", rate, 100.0), 32, 400, 4)  # type: ignore[arg-type]


def claim(claim_id: str, prediction: Prediction, quote: str = "A quote.", **fields: Any) -> Claim:
    return Claim(
        id=claim_id,
        paper=claim_id.split("/")[0],
        quote=quote,
        locator=fields.pop("locator", Locator(section="3.1", figure="2")),
        prediction=prediction,
        statement=fields.pop("statement", "The prediction in English."),
        **fields,
    )


def evidence(estimate: float | None, lower: float | None, upper: float | None, **fields: Any) -> Evidence:
    return Evidence(
        estimate, lower, upper, fields.pop("n", 6), fields.pop("n_diverged", 0), "sign test", UNIT, **{"p_reproduced": 0.03, **fields}
    )


BASE: dict[str, str] = {"metric": "mse", "unit": "MSE", "why": "the spread of the pilot"}
ADDING_ARMS = {"smoke": (Arm("rin", (training("rin"),)), Arm("irnn", (training("irnn"),)))}
MISSING = tuple(Trial(training(model), seed) for model in ("rin", "irnn") for seed in (2, 3))  # of the next look at those arms

SAME_LEVEL = Result(
    claim(
        "rin-2018/adding/same-level/T200",
        Similar(**BASE, first="rin", second="irnn", margin=0.5),
        HOSTILE,
        statement="RIN and IRNN differ by < 0.5 & no more | at T=200.",
        family="abstract",
        arms=ADDING_ARMS,
        seeds={"smoke": 2},
    ),
    "smoke",
    Verdict(
        "reproduced",
        "inside <b>the</b> margin",
        evidence(0.03, -0.2, 0.31, n=2, values=(0.1, -0.04), seeds=(0, 1), arms={"rin": (0.1, None), "irnn": (0.2, math.inf)}),
    ),
    "reproduced",
    "pilot",
    tuple({"trial": f"ab-{seed}", "arm": arm, "seed": seed, "status": "budget", "mse": 0.25} for arm in ("rin", "irnn") for seed in (0, 1)),
)
DIVERGED = Result(
    claim("rin-2018/adding/lstm-worst/T200", Greater(**BASE, better="irnn", worse="lstm", smallest_effect=0.1), family="abstract"),
    "smoke",
    Verdict(
        "contradicted", "the LSTM is better", evidence(-math.inf, -math.inf, -0.3, n_diverged=2, values=(-0.5, -0.7, -math.inf, -math.inf))
    ),
    "reproduced",
)
UNBOUNDED = Result(
    claim("rin-2018/adding/rin-faster/T200", LearnsFaster(**BASE, faster="rin", slower="irnn", smallest_effect=1.1)),
    "smoke",
    Verdict("inconclusive", "too few seeds", evidence(0.5, None, None, n=4, values=(0.5, math.inf), detectable=0.4, seeds_needed=11)),
)
TABLE = Result(
    claim("rin-2018/tables/headline-12-67", Arithmetic(**BASE, check=evidence)),
    "smoke",
    Verdict("contradicted", "no gap is 12", evidence(10.26, None, None, n=1, p_reproduced=None, details=("91.6 - 24.06 = 67.54",))),
    "contradicted",
)
NOT_RUN = Result(
    claim(
        "irnn-2015/pixel-mnist/3-percent", MatchesPublished(**BASE, arm="irnn", published=97.0, useful_width=2.0), not_run="needs 784 steps"
    ),
    "smoke",
    Verdict("not run", "needs profile paper: pytest -m full --claims-profile paper"),
)
MANY_SEEDS = Result(
    claim("rin-2018/babi/mean/rin", Above(**BASE, arm="rin", threshold=50.0)),
    "smoke",
    Verdict(
        "reproduced", "above", evidence(60.0, 55.0, 65.0, n=200, values=tuple(50.0 + i / 10 for i in range(200)), seeds=tuple(range(200)))
    ),
)


def identities(count: int) -> list[Result]:
    return [
        Result(
            claim(f"rin-2018/formal/eq{i}-identity", Identity(**BASE, tolerance=1e-12)),
            "smoke",
            Verdict("reproduced", "exact", Evidence(3e-16, 3e-16, 3e-16, 1, 0, "largest absolute error", "absolute error", confidence=1.0)),
            "reproduced",
        )
        for i in range(count)
    ]


TABLE_CELL = Result(
    claim(
        "rin-2018/pixel-mnist/table1/sequential/1-100/rin",
        MatchesPublished(metric="test_accuracy", unit="points", why="w", arm="RIN", published=91.64, useful_width=8.0),
    ),
    "smoke",
    Verdict("reproduced", "inside", evidence(91.0, 88.0, 94.0, values=(90.0, 92.0), seeds=(0, 1), n=2)),
)
RESULTS = [SAME_LEVEL, DIVERGED, UNBOUNDED, TABLE, *identities(3), MANY_SEEDS, NOT_RUN]
PICTURE = Picture(
    "rin-2018",
    "adding",
    'adding T=50 <"&>',
    "updates",
    "test MSE",
    (
        Curve("RIN", 0, (100.0, 200.0, 300.0), (0.16, 0.08, 0.01)),
        Curve("RIN", 1, (100.0, 200.0, 300.0), (0.16, 0.1, 0.02)),
        Curve("IRNN", 0, (100.0, 200.0), (0.17, 0.3), diverged=True),
    ),
    log_y=True,
    baseline=1 / 6,
)
QUESTION = Reading(
    "Standard deviation | variance?", ("sd", "<variance>"), "sd", "the other overflows", ("rin-2018/adding/same-level/T200",)
)


# this project's papers, of which the first leaves the one question open
PAPERS = tuple(
    dataclasses.replace(paper, open_questions=(QUESTION,) if index == 0 else ()) for index, paper in enumerate(registry().papers)
)


def report(results: list[Result] | None = None, **fields: Any) -> Report:
    settings = {
        "profile": "smoke",
        "notes": ("A note with <i>markup</i>.",),
        "papers": PAPERS,
        "pictures": (PICTURE,),
    }
    provenance = {"python": "3.11", "cpu": "a | b <c>", "packages": {"torch": "2.13", "ratio": 0.5}, "gpu": None}
    return build_report(RESULTS if results is None else results, provenance, "2026-01-02T03:04:05+00:00", **{**settings, **fields})
