"""The page in a real browser: filters, links, keyboard, light and dark, a phone and paper.

It says no word to the network.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import table_samples
from browser import NAMES, Browser, executable
from report_samples import DIVERGED, MANY_SEEDS, NOT_RUN, PICTURE, RESULTS, SAME_LEVEL, TABLE, TABLE_CELL, claim, report

from claims.judging.result import Result
from claims.kinds import Above
from claims.report.drawings.figures import data
from claims.report.write import write_report
from claims.results import VERDICTS

pytestmark = pytest.mark.skipif(executable() is None, reason=f"no headless browser here; install one of {', '.join(NAMES)}")

COMPACT = dataclasses.replace(SAME_LEVEL, profile="compact")
LONG_STATEMENT = Result(
    claim(
        "rin-2018/babi/mean/irnn",
        Above(metric="mse", unit="points", why="w", arm="irnn", threshold=50.0),
        statement="A statement that takes several lines of a telephone, because it says at length what is claimed of which network.",
    ),
    "smoke",
    MANY_SEEDS.verdict,
)
SOON = "new Promise((done) => setTimeout(done, 50))"
SHOWN = [*RESULTS, COMPACT, TABLE_CELL, LONG_STATEMENT]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp())
    write_report(report(SHOWN), path)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def started() -> Iterator[Browser]:
    profile = Path(tempfile.mkdtemp())
    one = Browser(profile)
    yield one
    one.close()
    shutil.rmtree(profile, ignore_errors=True)  # Chromium's children may still write into it


@pytest.fixture
def browser(started: Browser) -> Browser:
    started.resize(1280)
    started.media()  # for the last test may have left it on paper
    return started


@pytest.fixture
def page(browser: Browser, folder: Path) -> Browser:
    browser.open(address(folder))
    return browser


def address(folder: Path, anchor: str = "") -> str:
    return (folder / "index.html").as_uri() + anchor


def shown(page: Browser) -> list[str]:
    """The ids of the claims whose rows a reader sees, in their order; where they are folded, whose rows the fold has."""
    return page.run(
        "[...document.querySelectorAll('details.row')].filter((one) => !one.closest('[hidden]'))"
        ".map((one) => one.querySelector('article').id)"
    )


def opened(page: Browser) -> list[str]:
    """The ids of the claims whose cards are open."""
    return page.run("[...document.querySelectorAll('article.claim')].filter((one) => one.checkVisibility()).map((one) => one.id)")


def choose(page: Browser, name: str, value: str) -> None:
    """What a reader does: the control takes the value and says so."""
    page.run(
        f"(() => {{ const box = document.getElementById({json.dumps(name)}); box.value = {json.dumps(value)}; "
        "box.dispatchEvent(new Event('input', {bubbles: true})); })()"
    )


def test_the_page_is_quiet_and_asks_nobody(page):
    assert page.requests() == [page.run("location.href")]
    assert page.complaints() == []


def test_a_script_that_complains_and_a_picture_from_elsewhere_would_be_noticed(browser, folder, tmp_path):
    spoilt = (folder / "index.html").read_text(encoding="utf-8")
    spoilt = spoilt.replace("</main>", '<img alt="" src="http://127.0.0.1:9/x.png"><script>console.error("lost")</script></main>')
    (tmp_path / "index.html").write_text(spoilt, encoding="utf-8")
    browser.open(address(tmp_path))
    complaints = " ".join(browser.complaints())
    assert "lost" in complaints
    assert "Content Security Policy" in complaints


def test_every_filter_shows_exactly_the_claims_that_fit(page):
    entries = report(SHOWN).entries
    everything = shown(page)
    assert len(everything) == len(entries)

    def fitting(fits):
        return [anchor for anchor, entry in zip(everything, sorted_as_shown, strict=True) if fits(entry)]

    by_section = report(SHOWN).sections
    sorted_as_shown = [entry for one in by_section for entry in sorted(one.entries, key=lambda entry: entry.verdict == "not run")]
    for name, value, fits in (
        ("paper", "irnn-2015", lambda entry: entry.paper == "irnn-2015"),
        ("section", "rin-2018/adding", lambda entry: (entry.paper, entry.section) == ("rin-2018", "adding")),
        ("profile", "compact", lambda entry: entry.profile == "compact"),
        ("text", "LSTM-worst", lambda entry: "lstm-worst" in entry.id),
        ("text", "ab-0", lambda entry: any(trial["trial"] == "ab-0" for trial in entry.trials)),
    ):
        choose(page, name, value)
        expected = fitting(fits)
        assert expected
        assert shown(page) == expected, name
        assert page.run("document.getElementById('shown').textContent") == f"{len(expected)} of {len(entries)} claims"
        choose(page, name, "")
    for basis, other in (("measured", "exact"), ("exact", "measured")):
        page.run(f"document.querySelector('input[value={basis}]').click()")
        assert shown(page) == fitting(lambda entry, kept=other: entry.basis == kept)
        page.run(f"document.querySelector('input[value={basis}]').click()")
    page.run("document.querySelector('input[value=reproduced]').click()")
    assert shown(page) == fitting(lambda entry: entry.verdict != "reproduced")
    choose(page, "section", "irnn-2015/pixel-mnist")
    assert shown(page) == [NOT_RUN.claim.id]
    page.run("document.querySelector('button[type=reset]').click()")
    assert page.run("new Promise((done) => setTimeout(() => done(document.getElementById('shown').textContent)))").startswith(
        f"{len(entries)} of"
    )
    assert shown(page) == everything


def test_a_search_without_a_hit_says_so(page):
    choose(page, "text", "no such words")
    assert shown(page) == []
    assert page.run("document.getElementById('nothing').checkVisibility()")


def test_a_link_arrives_though_a_filter_hides_its_claim(page):
    choose(page, "text", "no such words")
    page.run(f"location.hash = {json.dumps('#' + TABLE.claim.id)}; new Promise((done) => setTimeout(done, 50))")
    assert TABLE.claim.id in shown(page)
    assert opened(page) == [TABLE.claim.id]
    top = f"document.getElementById({json.dumps(TABLE.claim.id)}).getBoundingClientRect().top"
    assert 0 <= page.run(top) < 800


def test_what_is_chosen_is_kept_in_the_address_with_the_card_that_is_open(page, browser):
    choose(page, "text", "lstm-worst")
    page.run("document.querySelector('input[value=reproduced]').click()")
    page.run("document.querySelector('button[data-sort=verdict]').click()")
    page.run(f"document.getElementById({json.dumps(DIVERGED.claim.id)}).parentElement.querySelector('summary').click(); {SOON}")
    kept = page.run("location.href")
    assert kept.partition("#")[2] == (f"{DIVERGED.claim.id}?q=lstm-worst&verdict=contradicted%2Cinconclusive%2Cnot+run&sort=verdict")
    before = shown(page)
    browser.open("about:blank")
    browser.open(kept)
    assert (shown(page), opened(page)) == (before, [DIVERGED.claim.id])
    assert page.run("document.getElementById('text').value") == "lstm-worst"
    assert page.run("document.querySelector('[data-sort=verdict]').ariaPressed") == "true"


def test_rows_are_sorted_and_go_back_to_their_sections(page):
    in_the_paper = shown(page)
    verdicts = "[...document.querySelectorAll('details.row')].map((one) => one.dataset.verdict)"
    page.run("document.querySelector('button[data-sort=verdict]').click()")
    assert page.run(verdicts) == sorted(page.run(verdicts), key=VERDICTS.index)
    page.run("document.querySelector('button[data-sort=claim]').click()")
    assert shown(page) == sorted(in_the_paper)
    page.run("document.querySelector('button[data-sort=paper]').click()")
    assert shown(page) == in_the_paper
    assert page.run("document.querySelectorAll('.paper-section > .row').length") > 0


def test_a_link_opens_its_card_without_scripts(browser, folder):
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open("about:blank")
        browser.open(address(folder, f"#{NOT_RUN.claim.id}"))
        seen = browser.call("DOM.getDocument", depth=-1)["root"]
        card = browser.call("DOM.querySelector", nodeId=seen["nodeId"], selector=f'[id="{NOT_RUN.claim.id}"]')["nodeId"]
        assert browser.call("DOM.getBoxModel", nodeId=card)["model"]["height"] > 0
    finally:
        browser.call("Emulation.setScriptExecutionDisabled", value=False)


def test_the_filters_stay_on_screen(page):
    page.run("document.getElementById('glossary').scrollIntoView()")
    assert 0 <= page.run("document.getElementById('text').getBoundingClientRect().top") < 100


def test_every_link_of_the_page_leads_to_something_visible(page):
    hidden = page.run(
        "(async () => { const hidden = [];"
        "for (const link of document.querySelectorAll('a[href^=\"#\"]')) {"
        "  location.hash = link.getAttribute('href'); await new Promise((done) => setTimeout(done));"
        "  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));"
        "  if (!target || !target.checkVisibility()) hidden.push(link.getAttribute('href'));"
        "} return hidden; })()"
    )
    assert hidden == []


def test_a_claim_leads_to_its_trials_and_from_there_to_their_recipe(page, folder):
    page.open("about:blank")
    page.open(address(folder, f"#{SAME_LEVEL.claim.id}:trials"))
    assert page.run(f"document.getElementById({json.dumps(SAME_LEVEL.claim.id + ':trials')}).open")
    recipe = SAME_LEVEL.trials[0]["trial"].rpartition("-")[0]
    page.run(f"document.querySelector('a[href=\"#trials-{recipe}\"]').click(); new Promise((done) => setTimeout(done, 50))")
    assert page.run(f"document.getElementById('trials-{recipe}').checkVisibility()")


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_is_wider_than_the_screen(page, width):
    page.resize(width, phone=width < 768)
    page.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert page.run("innerWidth") == width
    assert page.run("document.documentElement.scrollWidth") <= width
    beyond = (
        "[...document.querySelectorAll('body *')].filter((one) => one.checkVisibility() && !one.closest('.scroll, svg, .skip, .hidden') "
        "&& one.getBoundingClientRect().right > innerWidth + 1).map((one) => one.outerHTML.slice(0, 80))"
    )
    assert page.run(beyond) == []


def test_a_table_that_is_wider_than_a_phone_is_moved_in_its_own_frame(browser, tmp_path):
    """The words for whoever hears the page stand beside the numbers and must not make the page wide."""
    write_report(table_samples.report(table_samples.judged("smoke"), "smoke"), tmp_path)
    browser.resize(390, phone=True)
    browser.open(address(tmp_path))
    browser.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert browser.run("document.querySelector('.printed .scroll').scrollWidth") > 390
    assert browser.run("document.documentElement.scrollWidth") == 390


def test_a_phone_shows_the_seeds_of_an_effect_and_a_claim_that_is_linked_to(page, folder):
    page.resize(390, phone=True)
    page.open("about:blank")
    page.open(address(folder, f"#{LONG_STATEMENT.claim.id}"))
    row = f"document.getElementById({json.dumps(LONG_STATEMENT.claim.id)}).parentElement"
    assert page.run(f"{row}.querySelector('svg .seeds').checkVisibility()")
    assert page.run(f"{row}.querySelector('summary').offsetHeight") > 90  # of several lines
    below = (
        f"{row}.querySelector('summary').getBoundingClientRect().top - document.getElementById('filters').getBoundingClientRect().bottom"
    )
    assert page.run(below) >= 0


def test_outcome_counts_and_headlines_are_on_the_first_screen(page):
    for selector in (".outcome", ".counts", "#headlines"):
        assert page.run(f"document.querySelector({json.dumps(selector)}).getBoundingClientRect().bottom") <= 800, selector


def test_the_keyboard_reaches_the_claims_past_the_header(page):
    page.press("Tab")
    assert page.run("document.activeElement.className") == "skip"
    assert page.run("document.activeElement.getBoundingClientRect().left") >= 0
    page.press("Enter")
    page.press("Tab")
    assert page.run("document.activeElement.closest('main') !== null")


def test_light_dark_and_paper_have_their_colours(page):
    behind = "getComputedStyle(document.body).backgroundColor"
    line = (
        "(() => { const ink = getComputedStyle(document.querySelector('.drawing')).color; "
        "return [...document.querySelectorAll('.drawing path')].map((one) => getComputedStyle(one).stroke)"
        ".find((stroke) => stroke !== 'none' && stroke !== ink); })()"
    )
    colours = {}
    for scheme, medium in (("light", "screen"), ("dark", "screen"), ("dark", "print")):
        page.media(scheme, medium)
        colours[scheme, medium] = page.run(behind), page.run(line)
    assert colours["light", "screen"][0] == "rgb(255, 255, 255)"
    assert all(a != b for a, b in zip(colours["light", "screen"], colours["dark", "screen"], strict=True))
    assert colours["dark", "print"] == colours["light", "screen"]
    assert page.run("document.getElementById('filters').checkVisibility()") is False


def test_a_click_downloads_a_pictures_numbers(page, tmp_path):
    page.download_to(tmp_path)
    page.run(f"document.querySelector('a[download=\"{MANY_SEEDS.claim.id.replace('/', '-')}.csv\"]').click()")
    file = page.downloaded()
    assert file.read_text(encoding="utf-8").splitlines()[:2] == ["seed,effect (log10 MSE)", "0,50"]
    assert page.requests() == [page.run("location.href")]


def test_the_numbers_of_a_curve_are_unpacked_by_a_click(page, tmp_path):
    page.download_to(tmp_path)
    page.run("document.querySelector('a[download=\"adding-t-50.csv.gz\"]').click()")
    file = page.downloaded()
    assert file.read_text(encoding="utf-8") == data(PICTURE)
    named = next(event["params"]["suggestedFilename"] for event in page.events if "suggestedFilename" in event["params"])
    assert named == "adding-t-50.csv"
    assert page.complaints() == []
