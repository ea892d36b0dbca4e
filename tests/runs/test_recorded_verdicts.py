"""The recorded draws give the verdicts they gave: estimate, bounds, reason and every look.

A change of code that moves one is seen here.
"""

from __future__ import annotations

import json

from tests.runs.recorded_verdicts import SNAPSHOT, snapshot


def test_every_recorded_draw_is_judged_as_before() -> None:
    """Where a verdict is meant to change, ``python -m tests.runs.recorded_verdicts`` writes the snapshot anew, and the commit says why."""
    before, now = (text.splitlines() for text in (SNAPSHOT.read_text(encoding="utf-8"), snapshot()))
    assert [json.loads(line)["claim"] for line in now] == [json.loads(line)["claim"] for line in before]
    assert [line for line, old in zip(now, before, strict=True) if line != old] == []
