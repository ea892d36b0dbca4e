"""Guards of what a run's trials measured: copies, unspent budgets, impossible scores, and training against test.

They read the outcomes alone, whoever trained them. A guard takes one recipe with the outcomes of its seeds and says what is wrong in
one line, "" where it finds nothing; ``findings`` runs them all.
"""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence

from reproductions import tasks
from reproductions.data_files import DataError
from reproductions.guards import of_speech, of_texts
from reproductions.guards.alarm import Finding, finding
from reproductions.guards.chance import CHANCE, deviations
from reproductions.recipes import EARLY_SHARE, Adding, Babi, PixelMnist, Recipe, Task, Training
from reproductions.step_tasks import Language, Speech
from reproductions.summary import LOSS_FLOOR, loss_curve
from reproductions.trials import Outcome, Trial

Seeds = Mapping[int, Outcome]  # the outcomes of one recipe

ROUNDING = 1e-4  # relative: losses are float32 sums over up to 10,000 items
LN_2 = math.log(2)
ITEM_SD = {"nats": 1.0, "mean": 2.0}  # largest standard deviation of one item's loss: cross-entropy in nats; a squared error in means
# (1.4 for normal errors). On the smoke profile's runs of 2026-11 the medians below stay within a third of what these allow.
FEWEST = 6  # comparisons of a training with a test loss below which a spike in one of them could decide
# Two runs of one recipe are near copies where they lie closer than NEAR times the median distance of two of its runs, at each of at least
# COLUMNS evaluations. The closest healthy pair of the 7,900 on record keeps 0.53 of it; a copy with every number moved by 1e-3 at most 0.2,
# because only evaluations count whose median distance is SPREAD of the value. A run whose loss did not FALL is left out: several runs
# whose units are all closed learn the same read-out.
NEAR, COLUMNS, SPREAD, FALL = 0.2, 5, 5e-3, 0.05
FEWEST_RUNS = 5  # of which no two lie close by chance; copies to the last digit are the matter of ``distinct_runs``


def distinct_runs(recipe: Recipe, outcomes: Seeds) -> str:
    """Check that runs of different seeds are different: ten copies of one run are no ten runs."""
    seen: dict[tuple[object, ...], list[int]] = {}
    for seed, outcome in outcomes.items():
        if content := _content(recipe, outcome):
            seen.setdefault(content, []).append(seed)
    for seeds in seen.values():
        if len(seeds) > 1:
            listed = ", ".join(map(str, sorted(seeds)))
            return f"the seeds {listed} gave one and the same run; the seed does not reach it, or one run's outcome was copied"
    return ""


def no_near_copies(recipe: Recipe, outcomes: Seeds) -> str:
    """Check that no run is another one with its numbers moved a little.

    Its losses must keep the distance that other pairs of runs keep.
    """
    if not isinstance(recipe, Training) or len(outcomes) < FEWEST_RUNS:
        return ""
    columns = []
    for name in ("train_loss", loss_curve(recipe)):
        curves = {seed: outcome.curves.get(name, ()) for seed, outcome in outcomes.items()}
        for place in range(min(map(len, curves.values()))):
            column = {seed: value for seed, curve in curves.items() if (value := curve[place]) is not None}
            apart = [abs(one - other) for one, other in itertools.combinations(column.values(), 2)]
            scale = statistics.median(apart) if len(column) == len(outcomes) else 0.0
            if scale > SPREAD * statistics.median(map(abs, column.values())):
                columns.append((column, scale))
    if len(columns) < COLUMNS:
        return ""
    learning = [seed for seed, outcome in outcomes.items() if _fall(outcome.curves["train_loss"]) >= FALL]
    for one, other in itertools.combinations(learning, 2):
        apart = [abs(column[one] - column[other]) / scale for column, scale in columns]
        if 0 < max(apart) < NEAR:
            return f"the seeds {one} and {other} gave nearly one and the same run; one run's outcome was copied and changed a little"
    return ""


def _fall(losses: Sequence[float | None]) -> float:
    """Compute by what share of its largest value a loss fell at most."""
    known = [loss for loss in losses if loss is not None]
    return (max(known) - min(known)) / max(known) if known and max(known) > 0 else 0.0


def budget_is_spent(recipe: Recipe, outcomes: Seeds) -> str:
    """Check that a run that ended made the recipe's updates and was evaluated at the recipe's checkpoints."""
    if not isinstance(recipe, Training):
        return ""
    planned = sorted(recipe.checkpoints)
    for seed, outcome in outcomes.items():
        evaluated = list(outcome.curves.get("updates", ()))
        if outcome.status == "converged" and recipe.patience is None:
            return f"seed {seed} stopped as converged, but the recipe has no patience; the loop stops early"
        if outcome.status == "budget" and outcome.updates != recipe.last_update:
            return f"seed {seed} ended after {outcome.updates} of {recipe.last_update} updates; the budget was cut"
        if evaluated != planned[: len(evaluated)] or (outcome.status == "budget" and len(evaluated) < len(planned)):
            return f"seed {seed} was evaluated {len(evaluated)} times, not at the recipe's {len(planned)} checkpoints; the budget was cut"
    return ""


def final_score_is_the_last(recipe: Recipe, outcomes: Seeds) -> str:
    """Check that the final metrics are the last values of their curves.

    They must not be the best values, nor another run's.
    """
    if not isinstance(recipe, Training):
        return ""
    for seed, outcome in outcomes.items():
        for name in ("train_loss", "test_mse", "test_loss", "test_accuracy", "train_accuracy"):
            if outcome.metrics.get(name) is not None and outcome.metrics[name] != outcome.curves[name][-1]:
                found = f"{name} of seed {seed} is {outcome.metrics[name]:.6g}, the last value of its curve {outcome.curves[name][-1]:.6g}"
                return f"{found}; the best value is reported, or another run's"
    return ""


def metrics_follow_from_curves(recipe: Recipe, outcomes: Seeds) -> str:
    """Check that what is derived from the evaluations is what its definition makes of them.

    That is the mean over the early stage, the roughness of the training loss, and the first evaluation that reached a level.
    """
    if not isinstance(recipe, Training):
        return ""
    for seed, outcome in outcomes.items():
        for name, expected in _derived(recipe, outcome).items():
            found = outcome.metrics.get(name, expected)
            if found != expected and (found is None or expected is None or abs(found - expected) > ROUNDING * abs(expected)):
                both = f"{name} of seed {seed} is {_shown(found)}, and {_shown(expected)} by the definition on its curves"
                return f"{both}; another definition is reported"
    return ""


def _shown(value: float | None) -> str:
    return "none" if value is None else f"{value:.6g}"


def _derived(recipe: Training, outcome: Outcome) -> dict[str, float | None]:
    """Compute metrics from the curves of an outcome, none from one with a gap; {} of a diverged outcome."""
    curves = {name: [value for value in curve if value is not None] for name, curve in outcome.curves.items() if None not in curve}
    updates, losses = curves.get("updates", []), curves.get("train_loss", [])
    if outcome.diverged or not updates or not losses:
        return {}
    rises = [max(0.0, math.log10(max(after, LOSS_FLOOR) / max(before, LOSS_FLOOR))) for before, after in itertools.pairwise(losses)]
    found: dict[str, float | None] = {"train_loss_roughness": sum(rises)}
    levels = {"updates_to_half_baseline": ("test_mse", 1 / 12, -1), "updates_to_twice_chance": ("test_accuracy", 20.0, 1)}
    for name, (of, level, sign) in levels.items():
        if of in curves:
            found[name] = next((update for update, value in zip(updates, curves[of], strict=False) if sign * value >= sign * level), None)
    early = sum(update <= EARLY_SHARE * recipe.updates for update in updates)
    for name, of in (("early_loss", loss_curve(recipe)), ("early_accuracy", "test_accuracy")):
        if of in curves:
            found[name] = statistics.fmean(curves[of][:early]) if early else None
    return found


def score_is_possible(recipe: Recipe, outcomes: Seeds) -> str:
    """Check that nothing beats the possible.

    No loss is negative, an accuracy counts whole test items, and a loss is one that its errors allow. A wrong answer gives the right class
    a probability of at most 1/2, so that the mean cross-entropy is at least ln 2 times the share of wrong answers.
    """
    if not isinstance(recipe, Training):
        return ""
    for seed, outcome in outcomes.items():
        for name in ("train_loss", loss_curve(recipe)):
            if any(loss is not None and loss < 0 for loss in outcome.curves.get(name, ())):
                return f"seed {seed} has a negative {name}; it is no mean of squares or logarithms of probabilities"
        for update, loss, accuracy in zip(
            *(outcome.curves.get(name, ()) for name in ("updates", "test_loss", "test_accuracy")), strict=False
        ):
            if loss is None or accuracy is None or update is None:
                continue
            items = _test_items(recipe, int(update))
            where = f"after {update:g} updates seed {seed} has a test accuracy of {accuracy:.6g} %"
            if not 0 <= accuracy <= 100 or (items and abs(accuracy * items / 100 - round(accuracy * items / 100)) > 1e-6 * items):
                return f"{where}, which is no share of {items} test items; it was measured on other data, or averaged over runs"
            if loss < (1 - accuracy / 100) * LN_2 * (1 - ROUNDING):
                return (
                    f"{where} with a test loss of {loss:.3g}, less than its errors allow; loss and accuracy are of different data or runs"
                )
    return ""


def whole_test_is_scored(recipe: Recipe, outcomes: Seeds) -> str:
    """Check that accuracies count single test items.

    Where a p-th of the test is scored and p divides its size, every number of right answers is a multiple of p. Of sound runs each
    different number is one with probability 1/p.
    """
    if not isinstance(recipe, Training):
        return ""
    right: dict[int, set[int]] = {}
    for outcome in outcomes.values():
        for update, accuracy in zip(outcome.curves.get("updates", ()), outcome.curves.get("test_accuracy", ()), strict=False):
            items = _test_items(recipe, int(update)) if update is not None else None
            if items and accuracy is not None:
                right.setdefault(items, set()).add(round(accuracy * items / 100))
    for items, counts in right.items():
        for part in _prime_factors(items):
            if part ** -len(counts) < CHANCE and not any(count % part for count in counts):
                found = f"all {len(counts)} different numbers of right answers among {items} test items are multiples of {part}"
                return f"{found}; only {items // part} items were scored"
    return ""


def training_against_test(recipe: Recipe, outcomes: Seeds) -> str:
    """Check that training data are not harder than test data.

    A loss that training has lowered is not above the loss on the test. A test loss is compared with the mean training loss of the updates
    after it, which is lower still where learning goes on. Two things make them differ by chance. Both are means over a finite number of
    items: the median over evaluations and seeds, which leaves out spikes, exceeds what is allowed with chance ``chance.CHANCE`` where one
    item's loss has a standard deviation of ITEM_SD. And the loss moves with the weights: a mean over updates has the spikes that most
    single evaluations miss, so the mean difference must also lie as many of its own standard errors above zero.
    """
    if not isinstance(recipe, Training) or not isinstance(recipe.task, Adding | PixelMnist | Babi):
        return ""
    gaps, tests, items = [], [], []
    for outcome in outcomes.values():
        updates, train, test = (outcome.curves.get(name, ()) for name in ("updates", "train_loss", loss_curve(recipe)))
        for k in range(len(updates) // 2, len(updates) - 1):
            before, after, here, later = updates[k], updates[k + 1], test[k], train[k + 1]
            if before is not None and after is not None and here is not None and later is not None:
                gaps.append(later - here)
                tests.append(here)
                items.append((_test_items(recipe, int(before)) or recipe.task.test_size, int(after - before) * recipe.batch_size))
    if len(gaps) < FEWEST:
        return ""
    fewest_test, fewest_train = (min(column) for column in zip(*items, strict=True))
    sd = ITEM_SD["mean"] * statistics.median(tests) if isinstance(recipe.task, Adding) else ITEM_SD["nats"]
    allowed = deviations() * sd * (1 / fewest_test + 1 / fewest_train) ** 0.5
    gap = statistics.median(gaps)
    moving = statistics.stdev(gaps) / len(gaps) ** 0.5
    if gap > allowed and statistics.fmean(gaps) > deviations() * moving:
        found = f"the training loss lies {gap:.2g} above the test loss, more than the {allowed:.2g} that chance explains"
        return f"{found}; training targets are wrong, or the test knows them"
    return ""


DISTINCT_NETWORKS = "distinct-networks"
OUTCOME_GUARDS: Mapping[str, Callable[[Recipe, Seeds], str]] = {
    guard.__name__.replace("_", "-"): guard
    for guard in (
        distinct_runs,
        no_near_copies,
        budget_is_spent,
        final_score_is_the_last,
        metrics_follow_from_curves,
        score_is_possible,
        whole_test_is_scored,
        training_against_test,
    )
}


def findings(outcomes: Mapping[Trial, Outcome]) -> tuple[Finding, ...]:
    """Return what every outcome guard says of every recipe, and DISTINCT_NETWORKS of every two."""
    by_recipe: dict[Recipe, dict[int, Outcome]] = {}
    for trial, outcome in outcomes.items():
        by_recipe.setdefault(trial.recipe, {})[trial.seed] = outcome
    found = [
        finding(name, (recipe,), guard, recipe, seeds) for name, guard in OUTCOME_GUARDS.items() for recipe, seeds in by_recipe.items()
    ]
    return (*found, *_distinct_networks(by_recipe), *_of_step_tasks(by_recipe))


# Of the tasks with a target at every step, the guards that take what all networks of a task measured.
STEP_GUARDS: Mapping[type[Task], Mapping[str, Callable[..., str]]] = {
    Language: of_texts.OUTCOME_GUARDS,
    Speech: of_speech.OUTCOME_GUARDS,
}


def _of_step_tasks(by_recipe: Mapping[Recipe, Seeds]) -> Iterator[Finding]:
    trained = [recipe for recipe in by_recipe if isinstance(recipe, Training) and type(recipe.task) in STEP_GUARDS]
    for task in dict.fromkeys(recipe.task for recipe in trained):
        own = {recipe: by_recipe[recipe] for recipe in trained if recipe.task == task}
        try:
            problem = tasks.build(task, min(min(seeds) for seeds in own.values()))
        except DataError:  # the outcomes were made elsewhere
            continue
        for name, guard in STEP_GUARDS[type(task)].items():
            yield finding(name, tuple(own), guard, problem, task, own)


def _distinct_networks(by_recipe: Mapping[Recipe, Seeds]) -> Iterator[Finding]:
    """Check that runs of different cells are different: two arms that are one run in every seed compare nothing.

    In single seeds small networks may agree: where every ReLU is closed, only the read-out's bias learns.
    """
    trained = [recipe for recipe in by_recipe if isinstance(recipe, Training)]
    same: dict[tuple[object, ...], dict[Training, None]] = {}  # recipes that agree in one seed at least
    for recipe in trained:
        for seed, outcome in by_recipe[recipe].items():
            if content := _content(recipe, outcome):
                same.setdefault((recipe.task, seed, content), {})[recipe] = None
    pairs = dict.fromkeys(pair for recipes in same.values() for pair in itertools.combinations(recipes, 2))
    for first, second in pairs:
        if first.network.cell != second.network.cell:
            shared = by_recipe[first].keys() & by_recipe[second].keys()
            contents = [(_content(first, by_recipe[first][seed]), _content(second, by_recipe[second][seed])) for seed in shared]
            if all(one and one == other for one, other in contents):
                message = f"the {first.network.cell} and the {second.network.cell} are one and the same run in every seed they share"
                yield Finding(DISTINCT_NETWORKS, (first, second), f"{message}; the cell of one of them is not what was trained")
    yield Finding(DISTINCT_NETWORKS, tuple(trained))


def _content(recipe: Recipe, outcome: Outcome) -> tuple[object, ...]:
    """Return what two different runs cannot share to the last digit; () where there is no such number."""
    if isinstance(recipe, Training):
        return tuple(outcome.curves[name] for name in ("train_loss", loss_curve(recipe)) if outcome.curves.get(name))
    measured = tuple(sorted(outcome.metrics.items()))
    return measured if any(value is not None and not float(value).is_integer() for _, value in measured) else ()


def _test_items(recipe: Training, update: int) -> int | None:
    """Return the test items behind the metrics of an evaluation.

    Returns None where the test counts something else than items.
    """
    match recipe.task:
        case PixelMnist(test_size=every, interim_test_size=interim):
            return interim if interim is not None and update != recipe.updates else every
        case Adding(test_size=every) | Babi(test_size=every):
            return every
    return None


def _prime_factors(number: int) -> Iterator[int]:
    """Yield the prime factors of a number, each once."""
    factor = 2
    while number > 1:
        if number % factor == 0:
            yield factor
            while number % factor == 0:
                number //= factor
        factor += 1
