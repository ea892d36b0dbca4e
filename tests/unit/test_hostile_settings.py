"""The ordinary tests hold on a busy machine, on any terminal, and beside packages that use what is deprecated."""

from __future__ import annotations

import shutil
import warnings

import hypothesis
import pytest


def warn_as(module: str, category: type[Warning]) -> None:
    warnings.warn_explicit("old", category, "file.py", 1, module)


def test_property_tests_have_no_deadline() -> None:
    assert hypothesis.settings.default.deadline is None


def test_the_terminal_that_the_tests_are_started_from_does_not_matter() -> None:
    assert shutil.get_terminal_size().columns == 80


@pytest.mark.parametrize("module", ["claims.cli", "reproductions.tasks.babi", "test_cli", "tests.unit.conftest"])
def test_what_is_deprecated_is_not_used_by_this_project(module: str) -> None:
    with pytest.raises(DeprecationWarning):
        warn_as(module, DeprecationWarning)


def test_another_package_may_use_what_is_deprecated_and_warn_of_nothing_else() -> None:
    with pytest.raises(RuntimeWarning):
        warn_as("matplotlib.mathtext", RuntimeWarning)
    with warnings.catch_warnings(record=True) as caught:
        for category in (DeprecationWarning, FutureWarning):
            warn_as("claimsmaker.matplotlib", category)
            warn_as("matplotlib.mathtext", category)
    assert len(caught) == 4
