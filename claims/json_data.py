"""Dataclasses as JSON data, and back. JSON has no infinities: they are the strings "inf" and "-inf"."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any, TypeVar

from reference_results import strict_json
from reference_results.strict_json import Amount, Count, Finite, JsonDataError, Nested, Plain, Positive, Share

if TYPE_CHECKING:
    from cattrs import Converter

__all__ = ["Amount", "Count", "Finite", "JsonDataError", "Nested", "Plain", "Positive", "Share", "decode", "encode"]

T = TypeVar("T")


def encode(value: Any) -> Any:
    """Turn ``value`` into what ``json.dumps`` writes: dataclasses become dicts, infinities "inf" and "-inf"."""
    return _converter().unstructure(value)


def decode(kind: type[T], data: Any) -> T:
    """Build the dataclass ``kind`` from the JSON data that ``encode`` made of one.

    A field with a default may be missing. Raises JsonDataError for a field that is missing otherwise, unknown or of another type.
    """
    return strict_json.decode(kind, data, _converter())


@functools.cache
def _converter() -> Converter:
    converter = strict_json.strict_converter()
    converter.register_unstructure_hook(float, lambda value: value if math.isfinite(value) else str(value))
    converter.register_structure_hook(float, _float)
    return converter


def _float(value: Any, _: object) -> float:
    return float(value) if value in ("inf", "-inf") else strict_json.finite(value)
