"""Smoke trains as the rule takes it from the kept pilots, and the rule does not see who is ahead."""

from __future__ import annotations

import dataclasses
import json
import statistics
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from claims.papers.rin_2018 import protocol
from reproductions.recipe_data import as_data
from reproductions.recipes import Training
from reproductions.trials import PILOT_SEEDS_FROM


@pytest.fixture
def pilots(benchmark: Callable[[str], ModuleType]) -> Any:
    return benchmark("protocol_pilots")


def test_smoke_is_trained_as_the_rule_takes_it_from_the_kept_pilots(pilots: Any) -> None:
    taken = pilots.taken(list(pilots.scored("smoke")))
    for order in ("sequential", "permuted"):
        own = protocol.pixel_mnist("smoke", "rin", order)
        assert (own.batch_size, own.optimizer.learning_rate, own.updates) == (taken.batch, taken.rate, taken.stop)
        assert own.updates // own.evaluations == taken.every


def test_the_pilots_are_of_pilot_seeds_and_whole(pilots: Any) -> None:
    rows = pilots.log()
    assert min(row.seed for row in rows) >= PILOT_SEEDS_FROM
    for candidate in pilots.CANDIDATES["smoke"]:
        own = [row for row in rows if (row.batch, row.rate, row.updates) == (candidate.batch, candidate.rate, candidate.updates)]
        assert len({(row.seed, row.order, row.cell) for row in own}) == len(own) == 3 * len(candidate.orders) * len(pilots.SEEDS)
        assert {len(row.accuracies) for row in own} == {candidate.updates // pilots.EVERY["smoke"]}


def test_the_rule_takes_the_same_whoever_is_ahead(pilots: Any) -> None:
    """Mirrored, each network is behind where it was ahead; what a level must reach is left alone."""
    found = list(pilots.scored("smoke"))
    mirrored = [
        dataclasses.replace(one, effects={order: tuple(-effect for effect in effects) for order, effects in one.effects.items()})
        for one in found
    ]
    taken, other = pilots.taken(found), pilots.taken(mirrored)
    assert (taken.batch, taken.rate, taken.stop, taken.every) == (other.batch, other.rate, other.stop, other.every)


def test_an_effect_is_the_mean_difference_of_levels_by_its_standard_deviation(pilots: Any) -> None:
    one = next(one for one in pilots.scored("smoke") if (one.batch, one.rate, one.stop, one.every) == (16, 5e-5, 1_600, 100))
    rows = [row for row in pilots.log() if (row.batch, row.rate, row.order) == (16, 5e-5, "permuted")]
    # evaluations after 1,300, 1,400, 1,500 and 1,600 updates, of every 50
    level = {(row.seed, row.cell): statistics.fmean(row.accuracies[place] for place in (25, 27, 29, 31)) for row in rows}
    gaps = [level[seed, "rin"] - level[seed, "lstm"] for seed in pilots.SEEDS]
    assert one.effects["permuted"][1] == pytest.approx(statistics.fmean(gaps) / statistics.stdev(gaps))


def test_of_scores_within_a_tenth_the_smallest_rate_is_taken_and_nothing_that_is_not_in_kind(pilots: Any) -> None:
    def scored(rate: float, stop: int, effect: float, level: float = 30.0) -> Any:
        effects, levels = {order: (effect,) * 3 for order in pilots.ORDERS}, {order: (level,) * 3 for order in pilots.ORDERS}
        return pilots.Scored(16, rate, stop, 50, levels, effects, 10.0)

    best, near, far = scored(1e-4, 2_000, 2.0), scored(5e-5, 4_000, -1.95), scored(2.5e-5, 8_000, 1.5)
    short, blind = scored(1e-5, 1_000, 9.0), scored(1e-4, 2_000, 9.0, level=19.0)
    assert pilots.taken([best, near, far, short, blind]) is near
    assert pilots.taken([best, far, short, blind]) is best
    assert pilots.taken([short, blind]) is None


def test_recorded_draws_give_levels_and_effects_of_the_paper_s_networks_at_their_five_first_seeds(pilots: Any, tmp_path: Path) -> None:
    """Levels 1, 2, ... of the RIN beside an IRNN at 0 and an LSTM at the seed's square: differences whose mean and deviation are known."""
    last = {"rin": lambda seed: seed + 1.0, "irnn": lambda seed: 0.0, "lstm": lambda seed: float(seed * seed)}
    file = tmp_path / "draws.jsonl"

    def draw(recipe: Training, cell: str, seed: int) -> dict[str, Any]:
        curves = {"updates": [1, 3, 4], "test_accuracy": [50.0, 50.0, last[cell](seed)]}
        return {"recipe": as_data(recipe), "seed": seed, "outcome": {"status": "budget", "curves": curves}}

    draws = [draw(protocol.pixel_mnist("smoke", cell, "permuted"), cell, seed) for cell in pilots.CELLS for seed in range(7)]
    draws += [draw(protocol.pixel_mnist("smoke", cell, "sequential"), cell, seed) for cell in ("rin", "irnn") for seed in range(5)]
    other = pilots.altered(protocol.pixel_mnist("smoke", "rin", "permuted"), None, None, None)
    draws.append(draw(dataclasses.replace(other, optimizer=dataclasses.replace(other.optimizer, name="adam")), "rin", 0))
    file.write_text("".join(json.dumps({"payload": one}) + "\n" for one in draws))

    rows = pilots.recorded([file]).splitlines()[2:]
    sd = statistics.stdev([1.0, 1.0, -1.0, -5.0, -11.0])
    assert [[cell.strip() for cell in row.split("|")[2:-1]] for row in rows] == [
        [
            "permuted",
            "5e-05 x 1,600, 16",
            "3.0 / 0.0 / 6.0",
            f"{3 / statistics.stdev(range(5)):.1f} / {-3 / sd:.1f} / {-6 / statistics.stdev([0, 1, 4, 9, 16]):.1f}",
        ]
    ]
