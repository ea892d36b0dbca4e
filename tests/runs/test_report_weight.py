"""The page of a whole ``paper`` run is one file, which opens at once and which a mail carries."""

from __future__ import annotations

import base64
import gzip
import re

import pytest
from paper_run_samples import paper_report

from claims import papers
from claims.report.content.trials import trial_rows
from claims.report.drawings.figures import data
from claims.report.formats import html
from claims.report.model import Report

MOST_BYTES = 14_000  # a claim: 5 MB for the 357 claims of the first version, and a mail still carries it for twice as many


@pytest.fixture(scope="module")
def report() -> Report:
    return paper_report()


@pytest.fixture(scope="module")
def page(report: Report) -> str:
    return html.dumps(report)


def test_the_page_of_a_whole_paper_run_is_light(report: Report, page: str) -> None:
    """`rin-claims plan --profile paper` counts 1,148 trials at the first looks and 717 more at most."""
    assert {entry.id for entry in report.entries if entry.verdict != "not run"} == {claim.id for claim in papers.all_claims()}
    assert 1_500 < len(trial_rows(report)) < 1_865
    assert len(page.encode()) < MOST_BYTES * len(papers.all_claims())


def test_what_makes_it_light_loses_no_number_of_a_picture(report: Report, page: str) -> None:
    packed = re.findall(r'href="data:application/gzip;base64,([^"]+)"', page)
    texts = {gzip.decompress(base64.b64decode(one)).decode() for one in packed}
    assert {data(picture) for picture in report.pictures} <= texts
    assert len(report.pictures) > 90
