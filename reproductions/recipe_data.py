"""Recipes as plain JSON data, and the digest that is their address in the store."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from reproductions.openings import Opening
from reproductions.recipes import (
    ADDED_LATER,
    Adding,
    Babi,
    Network,
    Optimizer,
    PixelMnist,
    Probe,
    Recipe,
    Training,
)
from reproductions.step_tasks import Language, Speech

_DIGEST = "_digest"  # an attribute of a recipe that is no field of it


def as_data(value: Any) -> Any:
    """Write a recipe, or a part of one, as plain JSON data.

    A dataclass carries its class name under "kind".
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        data: dict[str, Any] = {"kind": type(value).__name__}
        for part in dataclasses.fields(value):
            own = getattr(value, part.name)
            if part.metadata != ADDED_LATER or own != part.default:
                data[part.name] = as_data(own)
        return data
    if isinstance(value, (tuple, list)):
        return [as_data(item) for item in value]
    return value


def from_data(data: Any) -> Any:
    """Read the recipe that ``as_data`` wrote.

    Raises KeyError, TypeError or RecipeError for data of another version or another repository.
    """
    if isinstance(data, Mapping):
        kinds = {kind.__name__: kind for kind in (Training, Opening, Probe, Network, Optimizer, Adding, PixelMnist, Babi, Language, Speech)}
        return kinds[data["kind"]](**{name: from_data(value) for name, value in data.items() if name != "kind"})
    return tuple(map(from_data, data)) if isinstance(data, list) else data


def digest(recipe: Recipe) -> str:
    """Compute the SHA-256 of the recipe's canonical JSON, as 64 hexadecimal digits."""
    known = vars(recipe)  # a run asks for it once a trial and look; kept by object, because 1 and 1.0 are equal and have two digests
    if _DIGEST not in known:
        text = json.dumps(as_data(recipe), sort_keys=True, separators=(",", ":"), allow_nan=False)
        known[_DIGEST] = hashlib.sha256(text.encode()).hexdigest()
    return str(known[_DIGEST])
