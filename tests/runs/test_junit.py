"""An inconclusive claim passes nowhere: `i` on the terminal, skipped with its reason in JUnit XML."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.runs.repositories import run_pytest
from tests.runs.test_failure_stays_with_its_claim import reported, repository


@pytest.mark.parametrize("workers", ["0", "2"])
def test_an_inconclusive_claim_is_skipped_in_junit_xml_with_its_reason(tmp_path: Path, workers: str) -> None:
    folder = repository(tmp_path, ("fine", "torn"))
    measure = folder / "own" / "measure.py"
    measure.write_text(measure.read_text() + 'def torn(seed):\n    return {"score": 45.0 + 10 * (seed % 2)}\n')  # half above, half below 50
    done = run_pytest(folder, "-m", "smoke", "-n", workers, "--junitxml=junit.xml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed, 1 inconclusive" in done.stdout
    assert reported(folder)["torn"][0] == "inconclusive"
    cases = {case.get("name"): case.find("skipped") for case in ElementTree.parse(folder / "junit.xml").iter("testcase")}
    assert cases["test_claim[own-2026/results/fine]"] is None
    skipped = cases["test_claim[own-2026/results/torn]"]
    assert skipped is not None
    assert str(skipped.get("message")).startswith("inconclusive: ")
    assert reported(folder)["torn"][1] in str(skipped.get("message"))
