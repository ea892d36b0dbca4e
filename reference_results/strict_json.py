"""JSON data of foreign files as dataclasses; a field that does not fit is refused by its name.

A field may be missing, unknown, of another type or out of range. Nothing is converted: ``"3"`` is no number, and 3 is no text.
"""

from __future__ import annotations

import functools
import math
import reprlib
from typing import TYPE_CHECKING, Any, Literal, NewType, TypeVar, get_args

if TYPE_CHECKING:
    from collections.abc import Callable

    from cattrs import BaseConverter, Converter

T = TypeVar("T")

LARGEST_COUNT = 2**63 - 1
DEEPEST = 20
LONGEST = 200  # characters of what is wrong that a message shows
if TYPE_CHECKING:  # a number of a range is a number to whoever holds one
    Count = int
    Positive = int
    Finite = float
    Amount = float
    Share = float
    Plain = Any
    Nested = Any
else:
    Count = NewType("Count", int)
    Positive = NewType("Positive", int)
    Finite = NewType("Finite", float)
    Amount = NewType("Amount", float)
    Share = NewType("Share", float)
    Plain = NewType("Plain", object)  # a text, a number, true, false or null
    Nested = NewType("Nested", object)  # what is plain, or lists and mappings of it, DEEPEST in one another
COUNTS = ((Count, 0), (Positive, 1))  # from here to LARGEST_COUNT
RANGES = ((Finite, -math.inf, math.inf), (Amount, 0, math.inf), (Share, 0, 1))  # of finite numbers

_short = reprlib.Repr()
_short.maxstring = _short.maxother = 80


class JsonDataError(ValueError):
    """Data that is no such dataclass; the one-line message names the ``field``, dotted, and the ``problem`` with it."""

    def __init__(self, field: str, problem: str) -> None:
        self.field, self.problem = field, problem
        super().__init__(f"{field}: {problem}")


def decode(kind: type[T], data: Any, converter: Converter | None = None) -> T:
    """Build the dataclass ``kind`` from JSON data.

    A field with a default may be missing. Numbers are finite; ``converter``, made by ``strict_converter``, may know others. Raises
    JsonDataError for the first field that is missing otherwise, unknown, of another type or out of range.
    """
    import cattrs

    try:
        return (converter or _finite_converter()).structure(data, kind)
    except (cattrs.BaseValidationError, AttributeError, TypeError, ValueError) as error:
        problem, _, place = cattrs.transform_error(error, format_exception=_problem)[0].rpartition(" @ $")
        raise JsonDataError(_shortened(place.lstrip(".")) or getattr(kind, "__name__", "data"), _shortened(problem)) from None


def strict_converter() -> Converter:
    """Return a new converter that refuses what cattrs would convert."""
    from cattrs import Converter  # here, because most commands read and write no JSON, and all must start fast

    converter = Converter(forbid_extra_keys=True)
    converter.register_structure_hook(float, _finite)
    for kind in (str, int, bool):
        converter.register_structure_hook(kind, _same)
    for count, lowest in COUNTS:
        converter.register_structure_hook(count, functools.partial(_count, lowest))
    for number, low, high in RANGES:
        converter.register_structure_hook(number, functools.partial(_within, low, high))
    converter.register_structure_hook(Plain, _plain)
    converter.register_structure_hook(Nested, _nested)
    converter.register_structure_hook_factory(lambda kind: getattr(kind, "__args__", ())[-1:] == (...,), _tuple_of_list)
    converter.register_structure_hook_func(lambda kind: getattr(kind, "__origin__", None) is Literal, _one_of)
    return converter


def finite(value: Any) -> float:
    """Return a JSON number as a float.

    Raises ValueError for anything else, and for a number that is no finite float.
    """
    if type(value) not in (int, float):
        raise ValueError(f"{shown(value)} is no number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ValueError(f"{shown(value)} is no finite number")
    return number


def shown(value: Any) -> str:
    """Return ``value`` as Python writes it, of a large one the beginning and the end."""
    return _short.repr(value)


@functools.cache
def _finite_converter() -> Converter:
    return strict_converter()


def _tuple_of_list(kind: Any, converter: BaseConverter) -> Callable[[Any, Any], Any]:
    as_list = list[kind.__args__[0]]
    structure = converter.get_structure_hook(as_list)
    return lambda value, _: tuple(structure(_same(value, list), as_list))  # a text would be taken for a list of letters


def _finite(value: Any, _: object) -> float:
    return finite(value)


def _within(low: float, high: float, value: Any, _: object) -> float:
    if (number := finite(value)) < low:
        raise ValueError(f"{shown(value)} is less than {low}")
    if number > high:
        raise ValueError(f"{shown(value)} is more than {high}")
    return number


def _count(lowest: int, value: Any, _: object) -> int:
    if type(value) is not int or not lowest <= value <= LARGEST_COUNT:
        raise ValueError(f"{shown(value)} is no whole number from {lowest} to {LARGEST_COUNT}")
    return value


def _plain(value: Any, _: object) -> Any:
    if value is None or type(value) in (str, bool):
        return value
    finite(value)
    return value


def _nested(value: Any, kind: object, deep: int = 0) -> Any:
    if type(value) not in (list, dict):
        return _plain(value, kind)
    if deep == DEEPEST:
        raise ValueError(f"{shown(value)} is nested too deep")
    for inside in value.values() if type(value) is dict else value:
        _nested(inside, kind, deep + 1)
    return value


def _same(value: Any, kind: type) -> Any:
    """Refuse what ``kind`` would convert."""
    if type(value) is not kind:
        raise ValueError(f"{shown(value)} is no {kind.__name__}")
    return value


def _one_of(value: Any, kind: Any) -> Any:
    if value not in get_args(kind):
        raise ValueError(f"unknown {shown(value)}; known: {', '.join(get_args(kind))}")
    return value


def _problem(error: BaseException, kind: type | None) -> str:
    """Give the words of the errors that are raised here, and cattrs's own words for the rest."""
    from cattrs.v import format_exception

    if isinstance(error, AttributeError):  # a list or a text has no keys
        return "expected a mapping"
    return str(error) if isinstance(error, ValueError) else format_exception(error, kind)


def _shortened(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]}…{text[-LONGEST // 2 :]}"
