"""Unfinished trials in a file of draws: the latest state of each, under the rule of draws.

A campaign of short slices on fresh machines carries its store as such a file. Its first line announces how many draws and states follow, so
that a file that was cut off between two lines is noticed. It need not bring every seed that claims demand: the next slice goes on with what
is missing. The line of a state has recipe, digest, seed and fingerprint as that of a draw, then ``update``, the updates done; ``made_by``,
the provenance of each process that trained up to it; and ``state``, the bytes of the checkpoint in base64.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reference_results.draw_schema import check_provenance
from reference_results.recorded import AGAIN, TRIAL_FIELDS, Draw, check_fields, check_source, check_trial, dumps, is_whole, line_of, sha256
from reference_results.strict_json import JsonDataError, shown


@dataclass(frozen=True)
class State:
    """The latest state of one unfinished trial; ``line`` is as in a ``Draw``."""

    recipe: Mapping[str, Any]
    seed: int
    fingerprint: str
    update: int
    made_by: tuple[Mapping[str, Any], ...]
    content: bytes = field(repr=False)
    line: int = field(default=0, compare=False)

    @property
    def digest(self) -> str:
        """The SHA-256 of the recipe's canonical JSON, 64 hexadecimal digits."""
        return sha256(self.recipe)


def dumps_campaign(draws: Iterable[Draw], states: Iterable[State]) -> str:
    """Write the file of a campaign: the same draws and states give the same bytes."""
    finished, begun = list(draws), sorted(states, key=lambda state: (state.digest, state.seed))
    payloads = (
        {
            "recipe": state.recipe,
            "digest": state.digest,
            "seed": state.seed,
            "fingerprint": state.fingerprint,
            "update": state.update,
            "made_by": list(state.made_by),
            "state": base64.b64encode(state.content).decode(),
        }
        for state in begun
    )
    announced = line_of({"campaign": {"draws": len(finished), "states": len(begun)}})
    return announced + dumps(finished) + "".join(map(line_of, payloads))


class Campaign:
    """The lines of a file that are no draws; ``take`` is for ``recorded.admitted``.

    ``refuse(state)`` is the caller's own reason against a state, or "".
    """

    def __init__(self, refuse: Callable[[State], str] = lambda state: "") -> None:
        self.states: list[State] = []
        self.announced: Mapping[str, int] | None = None  # None: the file is no campaign's
        self._refuse = refuse
        self._seen: dict[tuple[str, int], int] = {}

    def take(self, payload: Mapping[str, Any], line: int) -> bool:
        """Take the payload of a line if it is no draw, and say whether it was taken.

        Raises ValueError, which says what is wrong with it and what to do.
        """
        if "campaign" in payload:
            self.announced = _announcement(payload)
        elif "state" in payload:
            if self.announced is None:
                raise ValueError(f"holds an unfinished trial, and no line before it announces a campaign; {AGAIN}")
            state = _state(payload, line)
            if (key := (state.digest, state.seed)) in self._seen:
                raise ValueError(f"repeats the trial of line {self._seen[key]}; keep one of the two")
            if reason := self._refuse(state):
                raise ValueError(reason)
            self._seen[key] = line
            self.states.append(state)
        else:
            return False
        return True

    def shortage(self, file: str, draws: int) -> str:
        """Say what the first line announced and the file, which has so many ``draws``, lacks, or ""."""
        found = {"draws": draws, "states": len(self.states)}
        if self.announced in (None, found):
            return ""
        announced, found_text = (f"{counts['draws']} draws and {counts['states']} states" for counts in (self.announced, found))
        return f"{file} announces {announced} and holds {found_text}, so it was cut off; copy it again"


def _announcement(payload: Mapping[str, Any]) -> Mapping[str, int]:
    check_fields(payload, ("campaign",), "the payload")
    announced = payload["campaign"]
    check_fields(announced, ("draws", "states"), "the campaign")
    if not all(map(is_whole, announced.values())):
        raise ValueError(f"the campaign counts {shown(announced)}, and not in whole numbers; {AGAIN}")
    return announced


def _state(payload: Mapping[str, Any], line: int) -> State:
    check_fields(payload, (*TRIAL_FIELDS, "update", "made_by", "state"), "the payload")
    check_trial(payload)
    recipe, update, made_by = payload["recipe"], payload["update"], payload["made_by"]
    budget = recipe.get("updates")
    if not (is_whole(update) and is_whole(budget) and 1 <= update <= budget):
        raise ValueError(f"has a state after {shown(update)} updates, and its recipe trains {shown(budget)}; {AGAIN}")
    if not (isinstance(made_by, list) and made_by and all(isinstance(one, dict) for one in made_by)):
        raise ValueError(f"does not say which machines made the state; {AGAIN}")
    try:
        for one in made_by:
            check_provenance(one)
            check_source(one)
    except JsonDataError as problem:
        raise ValueError(f"the provenance holds what this project does not record ({problem}); {AGAIN}") from None
    try:
        content = base64.b64decode(payload["state"], validate=True)
    except (TypeError, ValueError, binascii.Error):
        raise ValueError(f"the state is no base64; {AGAIN}") from None
    return State(recipe, payload["seed"], payload["fingerprint"], update, tuple(made_by), content, line)
