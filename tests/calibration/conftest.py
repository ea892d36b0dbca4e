"""What the simulations share."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module", autouse=True)
def _frozen_heap() -> Iterator[None]:
    """statsmodels' Holm collects garbage at every call; with the heap of a test run set aside that costs next to nothing."""
    gc.freeze()
    yield
    gc.unfreeze()
