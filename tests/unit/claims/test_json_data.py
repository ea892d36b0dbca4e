"""Dataclasses come back from JSON equal.

What is no such dataclass is refused in one line that names the field.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, make_dataclass
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.json_data import JsonDataError, decode, encode


@dataclass(frozen=True)
class Inner:
    name: str
    bounds: tuple[float, float]


@dataclass(frozen=True)
class Outer:
    values: tuple[float | None, ...]
    arms: Mapping[str, tuple[int, ...]]
    inner: Inner | None = None
    verdict: Literal["yes", "no"] = "yes"
    log: bool = False
    rest: tuple[Mapping[str, Any], ...] = ()


FLOATS = st.floats(allow_nan=False)
OUTERS = st.builds(
    Outer,
    values=st.lists(st.none() | FLOATS).map(tuple),
    arms=st.dictionaries(st.text(), st.lists(st.integers()).map(tuple)),
    inner=st.none() | st.builds(Inner, name=st.text(), bounds=st.tuples(FLOATS, FLOATS)),
    verdict=st.sampled_from(["yes", "no"]),
    log=st.booleans(),
    rest=st.lists(st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.text())).map(tuple),
)


@given(OUTERS)
def test_a_dataclass_comes_back_equal_from_strict_json(outer: Outer) -> None:
    assert decode(Outer, json.loads(json.dumps(encode(outer), allow_nan=False))) == outer


def test_infinities_are_text_wherever_they_stand() -> None:
    text = json.dumps(encode({"a": (math.inf, 1.5), "b": [Inner("x", (-math.inf, 0.0))]}), allow_nan=False)
    assert text == '{"a": ["inf", 1.5], "b": [{"name": "x", "bounds": ["-inf", 0.0]}]}'


def test_a_new_field_needs_no_code() -> None:
    newer = make_dataclass("Newer", [("papers", tuple[Inner, ...], ())], bases=(Outer,), frozen=True)
    one = newer(values=(1.0,), arms={}, papers=(Inner("x", (0.0, math.inf)),))
    assert decode(newer, encode(one)) == one
    assert decode(newer, encode(Outer((1.0,), {}))) == newer(values=(1.0,), arms={})


WHOLE = {"values": [1, None], "arms": {"a": [1]}, "inner": {"name": "x", "bounds": [0, "inf"]}}


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"values": ["one"]}, "values[0]: 'one' is no number"),
        ({"values": [True]}, "values[0]: True is no number"),
        ({"values": "12"}, "values: '12' is no list"),
        ({"values": {"a": 1}}, "values: {'a': 1} is no list"),
        ({"arms": [1]}, "arms: expected a mapping"),
        ({"arms": {"a": [1.5]}}, "arms['a'][0]: 1.5 is no int"),
        ({"inner": {"name": 5, "bounds": [0, 1]}}, "inner.name: 5 is no str"),
        ({"inner": {"name": "x", "bounds": [0]}}, "inner.bounds: Not enough values in [0] to structure as tuple[float, float]"),
        ({"inner": {"bounds": [0, 1]}}, "inner.name: required field missing"),
        ({"verdict": "perhaps"}, "verdict: unknown 'perhaps'; known: yes, no"),
        ({"log": 1}, "log: 1 is no bool"),
        ({"lag": 1}, "Outer: extra fields found (lag)"),
    ],
)
def test_what_is_no_such_dataclass_is_refused_by_field(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(JsonDataError) as refused:
        decode(Outer, WHOLE | changes)
    assert str(refused.value) == complaint


@pytest.mark.parametrize("data", [[], "x", 3, None, {"inner": "\n" * 9}, WHOLE | {"verdict": ["long\n"] * 999}])
def test_a_refusal_is_one_short_line(data: Any) -> None:
    with pytest.raises(JsonDataError) as refused:
        decode(Outer, data)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 250
