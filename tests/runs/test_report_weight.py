"""The page of a run is one file, which opens at once and which a mail carries."""

from __future__ import annotations

import base64
import gzip
import re

import pytest
from paper_run_samples import made_up_report

from claims import papers
from claims.report.content.trials import trial_rows
from claims.report.drawings.figures import data
from claims.report.formats import html
from claims.report.model import Report

MOST_BYTES = 14_000  # a claim: 5 MB for the 357 claims of the first version, and a mail still carries it for twice as many
MOST_BYTES_OF_SMOKE = 1_450_000  # so that the page stays under 1.5 MB when a claim or two are added


@pytest.fixture(scope="module")
def report() -> Report:
    return made_up_report()


@pytest.fixture(scope="module")
def page(report: Report) -> str:
    return html.dumps(report)


def test_the_page_of_a_whole_paper_run_is_light(report: Report, page: str) -> None:
    """`rin-claims plan --profile paper` counts 1,148 trials at the first looks and 717 more at most."""
    assert {entry.id for entry in report.entries if entry.verdict != "not run"} == {claim.id for claim in papers.all_claims()}
    assert 1_500 < len(trial_rows(report)) < 1_865
    assert len(page.encode()) < MOST_BYTES * len(papers.all_claims())


def test_the_page_of_a_smoke_run_is_light() -> None:
    """The runs are made up, and as many and as long as those of a real one."""
    smoke = made_up_report("smoke")
    judged = [entry for entry in smoke.entries if entry.verdict != "not run"]
    assert len(judged) > 100
    assert smoke.pictures
    assert len(html.dumps(smoke).encode()) < MOST_BYTES_OF_SMOKE


def test_what_makes_it_light_loses_no_number_of_a_picture(report: Report, page: str) -> None:
    packed = re.findall(r'href="data:application/gzip;base64,([^"]+)"', page)
    texts = {gzip.decompress(base64.b64decode(one)).decode() for one in packed}
    assert {data(picture) for picture in report.pictures} <= texts
    assert len(report.pictures) > 90
