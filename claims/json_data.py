"""Dataclasses as JSON data, and back. JSON has no infinities: they are the strings "inf" and "-inf"."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args

from claims.text import shorten

if TYPE_CHECKING:
    from collections.abc import Callable

    from cattrs import BaseConverter, Converter

T = TypeVar("T")


class JsonDataError(ValueError):
    """Data that is no such dataclass; the message names the field and what is wrong with it."""


def encode(value: Any) -> Any:
    """Turn ``value`` into what ``json.dumps`` writes: dataclasses become dicts, infinities "inf" and "-inf"."""
    return _converter().unstructure(value)


def decode(kind: type[T], data: Any) -> T:
    """Build the dataclass ``kind`` from the JSON data that ``encode`` made of one.

    A field with a default may be missing. Raises JsonDataError for a field that is missing otherwise, unknown or of another type.
    """
    import cattrs

    try:
        return _converter().structure(data, kind)
    except (cattrs.BaseValidationError, AttributeError, TypeError) as error:
        problem, _, place = cattrs.transform_error(error, format_exception=_problem)[0].rpartition(" @ $")
        raise JsonDataError(f"{place.lstrip('.') or kind.__name__}: {shorten(problem, 200)}") from None


@functools.cache
def _converter() -> Converter:
    from cattrs import Converter  # here, because most commands read and write no JSON, and all must start fast

    def tuple_of_list(kind: Any, converter: BaseConverter) -> Callable[[Any, Any], Any]:
        as_list = list[kind.__args__[0]]
        structure = converter.get_structure_hook(as_list)
        return lambda value, _: tuple(structure(_same(value, list), as_list))  # a text would be taken for a list of letters

    converter = Converter(forbid_extra_keys=True)
    converter.register_unstructure_hook(float, lambda value: value if math.isfinite(value) else str(value))
    converter.register_structure_hook(float, _float)
    for kind in (str, int, bool):
        converter.register_structure_hook(kind, _same)
    converter.register_structure_hook_factory(lambda kind: getattr(kind, "__args__", ())[-1:] == (...,), tuple_of_list)
    converter.register_structure_hook_func(lambda kind: getattr(kind, "__origin__", None) is Literal, _one_of)
    return converter


def _float(value: Any, _: object) -> float:
    if type(value) not in (int, float) and value not in ("inf", "-inf", "nan"):
        raise ValueError(f"{value!r} is no number")
    return float(value)


def _same(value: Any, kind: type) -> Any:
    """Refuse what ``kind`` would convert: ``"3"`` is no int, and 3 is no text."""
    if type(value) is not kind:
        raise ValueError(f"{value!r} is no {kind.__name__}")
    return value


def _one_of(value: Any, kind: Any) -> Any:
    if value not in get_args(kind):
        raise ValueError(f"unknown {value!r}; known: {', '.join(get_args(kind))}")
    return value


def _problem(error: BaseException, kind: type | None) -> str:
    """Give the words of the errors that this project raises, and cattrs's own words for the rest."""
    from cattrs.v import format_exception

    if isinstance(error, AttributeError):  # a list or a text has no keys
        return "expected a mapping"
    return str(error) if isinstance(error, ValueError) else format_exception(error, kind)
