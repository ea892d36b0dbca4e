"""What the guards of a run found, as plain data: which ran, and every alarm with its claims."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from claims.text import plural


@dataclass(frozen=True)
class Alarm:
    """A guard that failed.

    ``claims`` are the ids of the claims that rest on what the guard looked at; none: every trained claim does.
    """

    guard: str
    subject: str  # the recipe or claim it looked at; "" for the code
    message: str
    claims: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"guard {self.guard}: {self.subject}: {self.message}" if self.subject else f"guard {self.guard}: {self.message}"


@dataclass(frozen=True)
class GuardResults:
    """The names of the guards that ``ran`` and the ``alarms`` they raised."""

    ran: tuple[str, ...] = ()
    alarms: tuple[Alarm, ...] = ()

    @property
    def outcome(self) -> str:
        """The guards in a few words: "33 passed", or "31 passed, 2 failed"; "" where none ran."""
        failed = len({alarm.guard for alarm in self.alarms})
        if not self.ran:
            return ""
        return f"{len(self.ran) - failed} passed" + (f", {failed} failed with {plural(len(self.alarms), 'alarm')}" if failed else "")

    def on(self, claim_id: str) -> Sequence[Alarm]:
        """Return the alarms that put this claim in doubt by name."""
        return self._by_claim.get(claim_id, ())

    @cached_property
    def _by_claim(self) -> Mapping[str, Sequence[Alarm]]:
        found: dict[str, list[Alarm]] = {}
        for alarm in self.alarms:
            for claim_id in dict.fromkeys(alarm.claims):
                found.setdefault(claim_id, []).append(alarm)
        return found


NOT_GUARDED = GuardResults()
