"""Guards: cheap checks that fail where an experiment is broken.

They check data, networks, recurrences, training steps and measurements. Most treat the part under test as a black box and compare it with
arithmetic written out beside it, or with a property it must have; none trains more than a few updates. A guard takes a seed and says what
is wrong in one line, "" where it finds nothing. Guards on random data refuse only what chance hardly ever does (``chance.CHANCE``), so that
a sound experiment raises no alarm.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reproductions.guards import data, networks, recurrences

Guard = Callable[[int], str]

GUARDS: Mapping[str, Guard] = {
    guard.__name__.replace("_", "-"): guard
    for guard in (
        data.two_markers,
        data.marker_positions,
        data.target_is_marked_sum,
        data.constant_baseline,
        data.no_leak,
        data.one_permutation,
        data.label_marginals,
        data.labels_fit_images,
        data.answers_are_in_stories,
        data.splits_are_disjoint,
        data.memory_does_not_score,
        networks.identity_bits,
        networks.initial_weights,
        recurrences.memory_cell_carries,
        recurrences.fast_forward_is_reference,
        recurrences.fast_backward_is_reference,
        networks.padding_is_inert,
        networks.question_is_read,
        networks.last_state_is_read,
        networks.first_step_size,
        networks.every_weight_trains,
        networks.seeds_differ,
        networks.estimation_error_by_hand,
    )
}


def alarms(seed: int) -> dict[str, str]:
    """Return what every guard that fails with ``seed`` says, by the guard's name."""
    found = {name: guard(seed) for name, guard in GUARDS.items()}
    return {name: message for name, message in found.items() if message}
