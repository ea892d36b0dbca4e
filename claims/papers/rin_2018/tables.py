"""Tables 1 and 3 of the RIN paper against its own sentences: arithmetic on printed numbers, no training."""

from __future__ import annotations

from collections.abc import Callable

from claims.kinds import Arithmetic
from claims.model import ABSTRACT, Claim, Locator
from claims.papers.rin_2018 import table_checks
from claims.papers.rin_2018.table_checks import SMALL_NETWORKS, TASKS, table1, table3
from claims.results import Evidence

PAPER = "rin-2018"
EXACT = "the numbers are compared as printed; a printed digit stands for half a unit either way"

# Binomial noise of two accuracies of 10,000 images near 90 % has a standard deviation of 0.42 points. Five of these leave room for
# the seed, and stay far below the gaps of network 1-100 (8.09 and 16.78) that the same sentence calls "outperform".
SIMILAR_ACCURACY = "2"
WHY_SIMILAR = (
    "2 points are five standard deviations of the binomial noise of two accuracies on 10,000 images near 90 %; the paper calls gaps of 8 "
    "and 17 points outperforming, though also one of 1.74"
)
# 20 tasks of 1,000 questions near 50 %: the difference of two means has a binomial standard deviation of 0.5 points.
SIMILAR_MEAN = "1"
WHY_SIMILAR_MEAN = (
    "1 point is two standard deviations of the binomial noise of the difference of two means of 20 tasks with 1,000 questions"
)


def _claim(
    slug: str,
    quote: str,
    locator: Locator,
    statement: str,
    check: Callable[..., Evidence],
    arguments: tuple[str, ...],
    *,
    why: str = EXACT,
    unit: str = "percentage points",
    family: str = "",
    note: str = "",
    counterparts: tuple[str, ...] = (),
) -> Claim:
    return Claim(
        id=f"{PAPER}/tables/{slug}".lower(),
        paper=PAPER,
        quote=quote,
        locator=locator,
        prediction=Arithmetic("disagreement", unit, why, higher_is_better=False, check=check, arguments=arguments),
        statement=statement,
        family=family,
        note=note,
        counterparts=tuple(f"{PAPER}/{name}" for name in counterparts),
    )


MODELS_OF_TABLE3 = tuple(dict.fromkeys(model for _, model in table3()))
ROWS_OF_TABLE1 = tuple((task, network) for task in TASKS for network in dict.fromkeys(network for _, network, _ in table1()))

HEADLINE = (
    _claim(
        "headline-12-67",
        "small RIN models produce 12%-67% higher accuracy on the Sequential and Permuted MNIST datasets",
        Locator(section="abstract", table="1"),
        "The gains of the RIN over IRNN and LSTM, networks 1-100 and 1-200 on both tasks, span 12 to 67 percentage points.",
        table_checks.headline_range,
        (),
        why="12 and 67 are printed as whole numbers, so half a point either way",
        family=ABSTRACT,
        counterparts=tuple(f"pixel-mnist/small-rin-beats-irnn/{task}/{network}" for task in TASKS for network in SMALL_NETWORKS),
    ),
    _claim(
        "babi-state-of-the-art/best-mean",
        "reach state-of-the-art performance on the bAbI question answering dataset",
        Locator(section="abstract", table="3", cell="mean"),
        "The RIN's mean over the 20 bAbI tasks is at least every other column's mean.",
        table_checks.highest_mean,
        ("RIN",),
        family=ABSTRACT,
        counterparts=tuple(f"babi/rin-mean-beats/{other}" for other in ("irnn", "lstm", "weston")),
    ),
)

TABLE1 = (
    *(
        _claim(
            f"small-rin-beats-irnn/{task}/{network}",
            "For small network sizes (1-100,1-200), RINs outperform IRNNs in their accuracy performance.",
            Locator(section="3.2", table="1", cell=f"{task}/{network}"),
            f"On {task} MNIST the {network} RIN has a higher printed accuracy than the IRNN.",
            table_checks.exceeds,
            (task, network, "RIN", "IRNN"),
        )
        for task, network in ROWS_OF_TABLE1
        if network in SMALL_NETWORKS
    ),
    *(
        _claim(
            f"bigger-similar/{task}/{network}",
            "For bigger networks, RINs and IRNNs achieve similar performance",
            Locator(section="3.2", table="1", cell=f"{task}/{network}"),
            f"On {task} MNIST the {network} RIN and IRNN have printed accuracies within {SIMILAR_ACCURACY} percentage points.",
            table_checks.within,
            (task, network, "RIN", "IRNN", SIMILAR_ACCURACY),
            why=WHY_SIMILAR,
        )
        for task, network in ROWS_OF_TABLE1
        if network not in SMALL_NETWORKS
    ),
    *(
        _claim(
            f"lstm-worst/{task}/{network}",
            "LSTMs perform the worst on both tasks in terms of both convergence speed and final accuracy.",
            Locator(section="3.2", table="1", cell=f"{task}/{network}"),
            f"On {task} MNIST the {network} LSTM has the lowest printed accuracy of the three networks.",
            table_checks.lowest_of_row,
            (task, network, "LSTM"),
        )
        for task, network in ROWS_OF_TABLE1
    ),
    *(
        _claim(
            f"dt-best/{task}",
            "achieve a better final accuracy",
            Locator(section="3.2", figure="3", table="1", cell=f"{task}/1-100/RIN-DT"),
            f"On {task} MNIST the printed accuracy of the RIN-DT 1-100 exceeds that of every other network in the table.",
            table_checks.highest_of_task,
            (task, "1-100", "RIN-DT"),
        )
        for task in TASKS
    ),
)

TABLE3 = (
    _claim(
        "babi-state-of-the-art/like-jing",
        "RINs can reach mean performance similar to the state-of-the-art performance reported in Jing et al. (2017)",
        Locator(section="3.3", table="3", cell="mean"),
        f"The RIN's printed mean over the 20 bAbI tasks is within {SIMILAR_MEAN} percentage point of that of Jing et al. (2017).",
        table_checks.mean_within,
        ("RIN", "Jing", SIMILAR_MEAN),
        why=WHY_SIMILAR_MEAN,
    ),
    *(
        _claim(
            f"babi-means/{model}",
            "Table 3: Test accuracy (%) of 20 bAbI Question Answering Tasks.",
            Locator(section="3.3", table="3", cell=f"mean/{model}"),
            f"The 20 printed accuracies of {model} average to the printed mean.",
            table_checks.column_mean,
            (model,),
        )
        for model in MODELS_OF_TABLE3
    ),
    *(
        _claim(
            f"babi-per-task/{other}",
            "Table 3: Test accuracy (%) of 20 bAbI Question Answering Tasks.",
            Locator(section="3.3", table="3"),
            f"The RIN has a higher printed accuracy than {other} on more bAbI tasks than it has a lower one.",
            table_checks.more_wins_than_losses,
            ("RIN", other),
            unit="tasks",
            why="tasks are counted; one more win than losses is the least that can be called more",
            note="Context: the paper speaks of means alone and does not claim this.",
        )
        for other in ("IRNN", "LSTM", "Jing")
    ),
)

POSSIBLE = tuple(
    _claim(
        f"possible-percentages/table{table}",
        quote,
        Locator(section=section, table=table),
        f"Every accuracy printed in Table {table} is a whole number of right answers out of {int(items):,} test items.",
        table_checks.possible_percentages,
        (f"table{table}", items),
        note=note,
    )
    for table, section, items, quote, note in (
        (
            "1",
            "3.2",
            "10000",
            "Table 1: Accuracies of RINs, IRNNs and LSTM on Sequential and Permuted MNIST.",
            "MNIST's test set has 10,000 images, so two printed decimals can miss it only by a slip.",
        ),
        (
            "3",
            "3.3",
            "1000",
            "1,000 training samples and 1,000 test samples",
            "One printed decimal is the resolution of 1,000 questions, so the check can catch only a slip.",
        ),
    )
)

CLAIMS: tuple[Claim, ...] = HEADLINE + TABLE1 + TABLE3 + POSSIBLE
