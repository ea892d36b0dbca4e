"""The guards of a run: of its code, its recipes, its outcomes and its verdicts.

The guards of the code and of the recipes run before or beside the trials; the others run when the run ends. A guard that fails fails the
run: what its claims say cannot be trusted, whatever their verdicts are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from claims.judging.result import Result
from claims.model import Lookup
from claims.report.guards import Alarm, GuardResults
from claims.run.every_run_counts import NAME, every_run_counts
from reproductions.recipes import Recipe, Training
from reproductions.trials import Trial

if TYPE_CHECKING:
    from reproductions.guards.alarm import Finding

SEED = 0  # of the guards of the code, which have data of their own


class StaticGuards:
    """The guards that need no outcome, run once.

    They run at once, or in a thread beside trials that other processes train.
    """

    def __init__(self, trials: Sequence[Trial], *, beside: bool, passed: Sequence[str] = ()) -> None:
        """Start the guards; ``beside`` only where this process trains nothing itself.

        Where the names of guards are known that ``passed`` on the same code, data and trials, none is started.
        """
        self._found: Future[tuple[Finding, ...]] = Future()
        if passed:
            from reproductions.guards.alarm import Finding

            self._found.set_result(tuple(Finding(name, ()) for name in passed))
        elif beside:
            pool = ThreadPoolExecutor(1, thread_name_prefix="claims guards")
            self._found = pool.submit(static_findings, trials)
            pool.shutdown(wait=False)
        else:
            self._found.set_result(static_findings(trials))

    def findings(self) -> tuple[Finding, ...]:
        """Wait for the guards to end, and return what they found."""
        return self._found.result()


def static_findings(trials: Sequence[Trial]) -> tuple[Finding, ...]:
    """Collect what the guards of the code, and of the tasks and recipes of ``trials``, find.

    Returns nothing where nothing is trained.
    """
    if not any(isinstance(trial.recipe, Training) for trial in trials):
        return ()
    from reproductions import guards
    from reproductions.guards import of_recipes
    from reproductions.guards.alarm import finding
    from reproductions.running import process

    with process.settled():
        of_code = tuple(finding(name, (), guard, SEED) for name, guard in guards.GUARDS.items())
        return (*of_code, *of_recipes.findings(trials))


def guard_results(static: Iterable[Finding], results: Sequence[Result], lookup: Lookup) -> GuardResults:
    """Collect all guards of a run that ended.

    They are the ``static`` findings, the findings on the outcomes behind ``results``, and the findings on the evidence of each result.
    """
    from reproductions.guards import of_outcomes

    judged = [result for result in results if result.verdict.evidence is not None]
    outcomes = {trial: lookup(trial.recipe, trial.seed) for result in judged for trial in _trials(result)}
    found = [*static, *(of_outcomes.findings(outcomes) if outcomes else ())]
    ran = dict.fromkeys(finding.guard for finding in found)
    rests = _claims_of(judged)
    alarms = [Alarm(each.guard, _subject(each.recipes), each.message, rests(each.recipes)) for each in found if each.message]
    if outcomes:
        ran[NAME] = None
    for result in judged:
        if message := every_run_counts(result, lambda recipe, seed: outcomes[Trial(recipe, seed)]):
            alarms.append(Alarm(NAME, result.claim.id, message, (result.claim.id,)))
    return GuardResults(tuple(ran), tuple(alarms))


def _trials(result: Result) -> tuple[Trial, ...]:
    """List the trials behind a result: every recipe of its arms with every seed of its rows."""
    seeds = sorted({int(row["seed"]) for row in result.trials})
    arms = result.claim.arms.get(result.profile, ())
    return tuple(dict.fromkeys(Trial(recipe, seed) for arm in arms for recipe in arm.recipes for seed in seeds))


def _subject(recipes: Sequence[Recipe]) -> str:
    labels = list(dict.fromkeys(recipe.label for recipe in recipes))
    return ", ".join(labels[:3]) + (f" and {len(labels) - 3} more" if len(labels) > 3 else "")


def _claims_of(results: Iterable[Result]) -> Callable[[Iterable[Recipe]], tuple[str, ...]]:
    """Return a function of recipes: the claims with one of them in an arm, in the order of ``results``."""
    found: dict[Recipe, dict[int, str]] = {}
    for place, result in enumerate(results):
        for arm in result.claim.arms.get(result.profile, ()):
            for recipe in arm.recipes:
                found.setdefault(recipe, {})[place] = result.claim.id

    def claims(recipes: Iterable[Recipe]) -> tuple[str, ...]:
        places = dict(place for recipe in recipes for place in found.get(recipe, {}).items())
        return tuple(places[place] for place in sorted(places))

    return claims
