"""bAbI question answering: section 3.3, Table 3."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from claims.kinds import Above, Below, Greater, MatchesPublished, MoreStable
from claims.model import ABSTRACT, Arm, Claim, Locator
from claims.papers.read_as import FINAL, LEVEL, PRINTED
from claims.papers.rin_2018 import printed_cells, printed_orders, protocol
from claims.papers.rin_2018.arms import NAMES, arms, seeds
from claims.papers.rin_2018.printed_cells import CELL_OF, PrintedCell, matches_cell, table3_cells
from claims.papers.rin_2018.smallest_effects import ROSE_ONCE, SMALLEST_GAP, WHY_ROSE_ONCE
from reproductions.recipes import Cell, Training

TASKS = tuple(range(1, 21))
QUESTIONS = 1_000  # of a task's test set (section 3.3)
# On tasks 5, 14, 15, 16 and 18 the networks of Table 3 lie 19 to 46 points apart, on no other more than 11. Of the gaps between two
# neighbours there, 36.7 against 23.2 on task 14, RIN and LSTM, is the smallest that sets the RIN apart from both others.
USEFUL_WIDTH = 13.5  # points of one task's accuracy
WHY_USEFUL = (
    "on task 14 Table 3 sets the RIN's 36.7 apart from the next network's 23.2; a wider interval could hold both and would tell neither. "
    "Two test sets of 1,000 questions alone make it 10.6 points wide near 50 % with 8 seeds"
)
USEFUL_MEAN_WIDTH = 3.2  # points of the mean of 20 tasks: twice 52.6 - 51.0
WHY_USEFUL_MEAN = (
    "the closest means of two networks trained here are 52.6 and 51.0; an interval of less than twice this gap around one does not "
    "hold the other. Two times 20,000 questions alone make it 2.4 points wide with 8 seeds"
)
# 48.9 - 5 x 19.1 / 20: a quarter of the tasks each lose 19.1 points, the least of the five large differences above (task 14, 36.7 - 17.6).
MANY_TASKS_FAILED = 44.1
NOTE_EPOCHS = 'The paper profile alone: its bAbI fits hours on two cores, and compact\'s 20 epochs are not "maximum 100 epochs".'
ACCURACY: Mapping[str, Any] = {"metric": "test_accuracy", "unit": "points"}
COMPARISON_SEEDS: Mapping[str, int] = {**seeds(), "paper": printed_cells.SEEDS}  # paper: as Table 3's cells, whose runs are shared


def tasks(profile: str) -> tuple[int, ...]:
    """Return the tasks that a profile averages over: the simulated tasks in smoke, all 20 otherwise."""
    return protocol.SMOKE_BABI_TASKS if profile == "smoke" else TASKS


def _recipes(profile: str, cell: Cell) -> Sequence[Training]:
    return [protocol.babi(profile, cell, task) for task in tasks(profile)]


def _printed(cell: PrintedCell) -> Claim:
    """Build the claim about a cell of Table 3, or of its last row, the means."""
    task, model = cell.keys
    is_mean = task == "mean"
    numbers = TASKS if is_mean else (int(task),)
    network = f"{'a' if model == 'RIN' else 'an'} {model}"
    what = f"the mean of {network} over the 20 bAbI tasks" if is_mean else f"{network} on bAbI task {task}"
    return matches_cell(
        f"rin-2018/babi/mean/{model}" if is_mean else f"rin-2018/babi/table3/{task}/{model}",
        cell,
        Locator(section="3.3", table="3", cell=f"{task}/{model}"),
        f"The {cell.printed} % that Table 3 prints for {what} is what one more run of ours could reach.",
        {"paper": (Arm(model, tuple(protocol.babi("paper", CELL_OF[model], number) for number in numbers)),)},
        {"paper": printed_cells.SEEDS},
        useful_width=USEFUL_MEAN_WIDTH if is_mean else USEFUL_WIDTH,
        test_items=QUESTIONS * len(numbers),
        why=WHY_USEFUL_MEAN if is_mean else WHY_USEFUL,
        note=NOTE_EPOCHS,
    )


def _table_order() -> Claim:
    def cells(profile: str) -> tuple[Arm, ...]:
        return tuple(
            Arm(printed_orders.table3_arm(task, model), (protocol.babi(profile, CELL_OF[model], int(task)),))
            for task, model in (cell.keys for cell in printed_orders.task_cells())
        )

    return Claim(
        id="rin-2018/babi/table3-order",
        paper="rin-2018",
        quote="Table 3: Test accuracy (%) of 20 bAbI Question Answering Tasks.",
        locator=Locator(section="3.3", table="3"),
        statement="On each bAbI task our RIN, IRNN and LSTM keep more than three quarters of the order in which Table 3 prints them.",
        prediction=printed_orders.table3_order(),
        arms={"compact": cells("compact")},
        seeds={"compact": COMPARISON_SEEDS["compact"]},
        # in eight seeds they gave a median share of 0.833, which would have been reproduced
        not_run="That a whole table is judged at one look was settled after the draws of paper had been seen, so they judge nothing here",
    )


def _beats(other: Cell, printed: str) -> Claim:
    both: dict[str, tuple[Arm, ...]] = arms(["rin", other], _recipes)
    return Claim(
        id=f"rin-2018/babi/rin-mean-beats/{other}",
        paper="rin-2018",
        quote="Mean Performance 52.6 48.9 51.0 52.3 49.2",
        locator=Locator(section="3.3", table="3", cell=f"mean/RIN-{NAMES[other]}"),
        statement="The level of test accuracy at which the RIN ends, mean over the bAbI tasks (20 in the paper), is higher than the "
        f"{NAMES[other]}'s.",
        prediction=Greater(
            **ACCURACY,
            **LEVEL,
            better="RIN",
            worse=NAMES[other],
            smallest_effect=SMALLEST_GAP,
            why=f"Table 3 prints {printed}; less than one point of the mean would not carry the comparison",
        ),
        arms=both,
        seeds=COMPARISON_SEEDS,
        note=f"smoke averages over the simulated tasks {', '.join(map(str, protocol.SMOKE_BABI_TASKS))} alone.",
    )


def _other_papers() -> tuple[Claim, ...]:
    """Compare the RIN's mean with the means that Table 3 takes from other papers."""
    row = {cell.model: cell for cell in table3_cells() if cell.keys[0] == "mean"}
    rin, taken = arms(["rin"], _recipes, ("paper",)), {"paper": printed_cells.SEEDS}
    return (
        Claim(
            id="rin-2018/babi/rin-mean-like-jing",
            paper="rin-2018",
            quote="RINs can reach mean performance similar to the state-of-the-art performance reported in Jing et al. (2017).",
            locator=Locator(section="3.3", table="3", cell="mean/RIN-Jing"),
            statement=f"The {row['Jing'].printed} % that Jing et al. (2017) report as mean over the 20 bAbI tasks is what one more run of "
            "our RIN could reach.",
            prediction=MatchesPublished(
                **ACCURACY,
                **PRINTED,
                arm="RIN",
                published=float(row["Jing"].printed),
                useful_width=USEFUL_MEAN_WIDTH,
                test_items=QUESTIONS * len(TASKS),
                why=f"similar means that the numbers cannot be told apart; {WHY_USEFUL_MEAN}",
            ),
            arms=rin,
            seeds=taken,
            family=ABSTRACT,  # abstract, "reach state-of-the-art performance on the bAbI question answering dataset"
            note=NOTE_EPOCHS,
        ),
        Claim(
            id="rin-2018/babi/rin-mean-beats/weston",
            paper="rin-2018",
            quote=row["Weston"].row,
            locator=Locator(section="3.3", table="3", cell="mean/RIN-Weston"),
            statement=f"The RIN's mean test accuracy over the 20 bAbI tasks is higher than the {row['Weston'].printed} % of "
            "Weston et al. (2015).",
            prediction=Above(
                **ACCURACY,
                **FINAL,
                arm="RIN",
                threshold=float(row["Weston"].printed),
                why="Table 3 prints 52.6 against 49.2, the mean of another paper's network; an order needs no margin",
            ),
            arms=rin,
            seeds=taken,
            note=NOTE_EPOCHS,
        ),
    )


HIGH_RATE = Claim(
    id="rin-2018/babi/irnn-fails-at-high-lr",
    paper="rin-2018",
    quote="IRNNs fail to converge with a higher learning rate on many tasks",
    locator=Locator(section="3.3"),
    statement="At learning rate 1e-3 so many bAbI tasks fail that the IRNN's mean test accuracy over the 20, a diverged run counting as "
    f"0 %, is below {MANY_TASKS_FAILED:g} %.",
    prediction=Below(
        **ACCURACY,
        **FINAL,
        arm="IRNN",
        threshold=MANY_TASKS_FAILED,
        diverged_value=0.0,  # a network without finite weights answers nothing
        why="Table 3 prints a mean of 48.9 for the IRNN at lr 1e-4. Many tasks are taken to be a quarter of the 20, and a failure to "
        "cost 19.1 points, the least of the large differences between networks in Table 3 (tasks 5, 14, 15, 16, 18): "
        "48.9 - 5 x 19.1 / 20 = 44.1",
    ),
    arms={
        profile: (Arm("IRNN", tuple(protocol.babi(profile, "irnn", task, learning_rate=rate) for task in TASKS)),)
        for profile, rate in protocol.HIGH_BABI_RATE.items()
    },
    seeds=seeds(tuple(protocol.HIGH_BABI_RATE)),
    note="A failure cannot be read as no better than always giving the commonest answer of the training set: on tasks 2, 5, 7, 8, 10 and "
    "18 that scores, in the published files, exactly what Table 3 prints for the IRNN at lr 1e-4.",
)


def _unstable(task: int, name: str) -> Claim:
    def recipe(profile: str, cell: Cell) -> Sequence[Training]:
        return [protocol.babi(profile, cell, task)]

    return Claim(
        id=f"rin-2018/babi/irnn-unstable-on-long/{task}",
        paper="rin-2018",
        quote="the use of ReLU as the activation function can lead to instability during training of IRNN for tasks that have lengthy "
        "statements",
        locator=Locator(section="3.3"),
        statement=f"On bAbI task {task}, {name}, an IRNN's training loss moves upwards more, in all, than a RIN's.",
        prediction=MoreStable(
            "train_loss_roughness",
            "decades of training loss",
            WHY_ROSE_ONCE,
            higher_is_better=False,
            steadier="RIN",
            rougher="IRNN",
            smallest_effect=ROSE_ONCE,
        ),
        arms=arms(["rin", "irnn"], recipe, ("compact", "paper")),
        seeds={profile: COMPARISON_SEEDS[profile] for profile in ("compact", "paper")},
        note="Each network at its own learning rate of section 3.3: the IRNN's is a tenth of the RIN's.",
    )


CLAIMS: tuple[Claim, ...] = (
    *(_printed(cell) for cell in table3_cells() if cell.model in ("RIN", "IRNN", "LSTM")),
    _table_order(),
    *_other_papers(),
    _beats("irnn", "52.6 against 48.9"),
    _beats("lstm", "52.6 against 51.0"),
    HIGH_RATE,
    _unstable(3, "Three Supporting Facts"),
    _unstable(5, "Three Arg. Relations"),
)
