"""Shell completion by argcomplete: the names that an option takes.

The registry is read only when a name of it is asked for.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence

Names = Sequence[str] | Mapping[str, str]  # with a mapping, what zsh and fish show beside each name


def complete(parser: argparse.ArgumentParser) -> None:
    """Give the shell its answer, in the protocol of argcomplete, and end the process.

    Where a path is wanted, the answer is the files there are.
    """
    import argcomplete  # here, because a command that runs needs none of it

    argcomplete.autocomplete(parser)


def completed_by(action: argparse.Action, names: Callable[[], Names]) -> None:
    """Make ``names`` complete the value of ``action``."""
    action.completer = lambda **_: names()  # type: ignore[attr-defined]


def claim_ids() -> dict[str, str]:
    """List every claim with its statement."""
    from claims.commands import repository  # here, because the registry takes its time

    return {claim.id: claim.statement for claim in repository.here().claims}


def claim_patterns() -> dict[str, str]:
    """List a pattern for every section, then every claim."""
    from claims.commands import repository
    from claims.commands.filters import section_patterns

    return dict.fromkeys(section_patterns(repository.here().claims), "every claim of the section") | claim_ids()


def values(field: str) -> Callable[[], Sequence[str]]:
    """Make the function that lists what the claims have for ``field``: their papers or sections."""

    def names() -> Sequence[str]:
        from claims.commands import repository
        from claims.commands.filters import values_of

        return list(values_of(field, repository.here().claims))

    return names


def profiles() -> Sequence[str]:
    """List the profiles of every paper."""
    from claims.commands import repository

    return list(repository.here().profiles)


def data_sets() -> Sequence[str]:
    from reproductions.data_files import DATASETS
    from reproductions.optional_data import NAMES

    return [*DATASETS, *NAMES]


def planted_faults() -> Sequence[str]:
    """List the faults of the kept table."""
    # from the kept table, because planting itself would bring in torch
    from reference_results.planted_faults import planted_faults

    return [row.fault for row in planted_faults().rows]
