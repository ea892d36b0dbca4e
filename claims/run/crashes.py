"""Workers that die while they train for the whole run: another worker gets their tests."""

from __future__ import annotations

from typing import Any

import pytest


class Crashes:
    """A plugin of the controller, which gives the tests that a dead worker had not begun to another."""

    def __init__(self) -> None:
        self._begun: set[str] = set()  # node ids

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._begun.add(nodeid)

    @pytest.hookimpl(optionalhook=True)
    def pytest_handlecrashitem(self, crashitem: str, report: pytest.TestReport, sched: Any) -> None:
        if crashitem not in self._begun:
            try:
                sched.mark_test_pending(crashitem)
            except NotImplementedError:  # xdist distributes tests by file, say, and gives none to another worker
                return
            report.outcome, report.when, report.longrepr = "passed", "setup", None  # which is counted nowhere
