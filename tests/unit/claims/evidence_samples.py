"""What tests of whole evidence share."""

from __future__ import annotations

import dataclasses

import pytest

from claims.results import Evidence


def says(found: Evidence, expected: Evidence) -> None:
    """All fields agree; numbers up to rounding."""
    for field in dataclasses.fields(Evidence):
        value = getattr(expected, field.name)
        numeric = isinstance(value, float) or (isinstance(value, tuple) and value and isinstance(value[0], float))
        assert getattr(found, field.name) == (pytest.approx(value, rel=1e-12) if numeric else value), field.name
