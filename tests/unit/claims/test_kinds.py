"""A kind of prediction is one module and one line of the registry: nothing else of the engine knows it."""

from __future__ import annotations

import ast
import dataclasses
from pathlib import Path

import pytest

import claims
from claims import kinds
from claims.kinds import KINDS, load, rules
from claims.model import Prediction
from claims.regions import Rule

ENGINE = Path(claims.__file__).parent
# What makes up outcomes of claims, and so must know what these claim.
MADE_UP = {"faults/made_up_outcomes.py": {"Above", "Below"}}
SHARED = {field.name for field in dataclasses.fields(Prediction)}


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_goes_by_its_name_and_its_own_fields_are_given_by_keyword(name: str) -> None:
    kind = load(name)
    assert kind is getattr(claims, name) is getattr(kinds, name)
    assert kind.__name__ == name
    assert issubclass(kind, Prediction)
    assert all(field.kw_only for field in dataclasses.fields(kind) if field.name not in SHARED)
    assert isinstance(rules()[name], Rule)


@pytest.mark.parametrize("name", KINDS)
def test_what_chance_can_make_false_is_simulated_under_the_name_of_its_kind(name: str) -> None:
    kind = load(name)
    labels = [simulation.label for simulation in kind.simulations()]
    assert bool(labels) == (kind.basis == "measured")
    for simulation in kind.simulations():
        assert simulation.label.partition(",")[0] == name
        assert type(simulation.claim("null")) is kind
        assert simulation.claim("null").problem() == ""
    assert len(set(labels)) == len(labels)


def test_an_unknown_kind_is_no_attribute() -> None:
    for package in (claims, kinds):
        with pytest.raises(AttributeError, match="has no attribute 'Nicer'"):
            _ = package.Nicer


def test_nothing_in_the_engine_but_the_kinds_themselves_names_a_kind() -> None:
    found: dict[str, set[str]] = {}
    for path in ENGINE.rglob("*.py"):
        part = path.relative_to(ENGINE)
        if part.parts[0] in ("kinds", "papers"):
            continue
        named = {node.id for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Name)} & KINDS.keys()
        if named:
            found[part.as_posix()] = named
    assert found.items() == MADE_UP.items()
