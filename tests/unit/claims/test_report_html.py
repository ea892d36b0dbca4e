"""The page: nothing hostile gets through, nothing is fetched, every claim is there and can be linked to."""

from __future__ import annotations

import base64
import dataclasses
import gzip
import re
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest
from report_samples import (
    DIVERGED,
    HOSTILE,
    MANY_SEEDS,
    MISSING,
    NOT_RUN,
    PAPERS,
    PICTURE,
    QUESTION,
    RESULTS,
    SAME_LEVEL,
    TABLE_CELL,
    UNBOUNDED,
    evidence,
    identities,
    report,
)

from claims.judging.judge import result_not_run
from claims.judging.result import Result
from claims.papers import all_claims
from claims.report.build import entry_of
from claims.report.content import first_screen
from claims.report.content.trials import by_recipe, same_facts, trial_rows, trials_by_seed, trials_show_the_arms
from claims.report.drawings.figures import curve_drawing
from claims.report.formats import challenge, github, html, markdown
from claims.report.metric_words import worded
from claims.report.model import Price
from claims.report.words import SYMBOLS
from claims.results import VERDICTS, Evidence, Look, Verdict
from claims.statistics.rankings import ranking

VOID = {"meta", "input", "link", "br", "hr", "img"}


class Page(HTMLParser):
    """Collects what the tests ask about and checks that elements nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.scripts = ""
        self.words = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.handle_startendtag(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        attributes = dict(attrs)
        self.elements.append((tag, attributes))
        if attributes.get("id"):
            self.ids.append(attributes["id"])

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "script":
            self.scripts += data
        elif self.open and self.open[-1] != "style":
            self.words += data

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def page() -> Page:
    return Page(html.dumps(report()))


@pytest.mark.parametrize("results", [[], [NOT_RUN], identities(100)], ids=["none", "not run", "many"])
def test_html_is_well_formed_for_any_number_of_claims(results):
    found = Page(html.dumps(report(results, pictures=())))
    assert len([a for a in found.all("article") if "claim" in (a.get("class") or "").split()]) == len(results)


def test_every_claim_and_section_has_an_anchor_and_every_link_arrives(page):
    assert len(set(page.ids)) == len(page.ids)
    assert {result.claim.id for result in RESULTS} <= set(page.ids)
    assert {"rin-2018/adding", "irnn-2015/pixel-mnist", "methods"} <= set(page.ids)
    targets = [a["href"] for a in page.all("a") if "download" not in a and not a["href"].startswith("https://")]
    assert {"#" + result.claim.id for result in RESULTS} <= set(targets)
    assert {target[1:] for target in targets} <= set(page.ids)


def test_a_claim_under_two_profiles_has_two_anchors():
    again = dataclasses.replace(SAME_LEVEL, profile="compact")
    found = Page(html.dumps(report([SAME_LEVEL, again])))
    assert {SAME_LEVEL.claim.id, SAME_LEVEL.claim.id + "@compact"} <= set(found.ids)


def test_hostile_text_stays_text(page):
    assert len(page.all("script")) == 1
    assert "alert(1)" not in page.scripts
    assert HOSTILE in page.words
    assert "inside <b>the</b> margin" in page.words
    assert not page.all("b") or all(attributes == {} for attributes in page.all("b"))
    assert "A note with <i>markup</i>." in page.words
    assert not page.all("i")


def test_nothing_is_fetched(page):
    for element, attributes in page.elements:
        if element == "a" and attributes["href"] in {paper.link for paper in PAPERS}:
            continue  # a paper's own address, which is fetched when a reader follows it
        for name in ("src", "srcset", "href", "xlink:href", "action", "data", "poster"):
            assert (attributes.get(name) or "#").startswith(("#", "data:text/csv", "data:application/gzip"))
    assert not page.all("link")
    assert not page.all("img")
    style_text = html.dumps(report()).partition("<style>")[2].partition("</style>")[0]
    assert "url(" not in style_text
    assert "@import" not in style_text
    assert "default-src 'none'" in next(a["content"] for a in page.all("meta") if "http-equiv" in a)


def test_tables_have_scoped_headers_and_pictures_have_words(page):
    assert page.all("th")
    assert all(attributes.get("scope") in ("col", "row", "rowgroup", "colgroup") for attributes in page.all("th"))
    drawings = page.all("svg")
    # same-level, lstm-worst, rin-faster, three identities, babi, and the section's curves
    assert len(drawings) == 8
    assert all(attributes.get("role") == "img" and attributes.get("aria-label") for attributes in drawings)


def test_verdicts_have_word_and_symbol(page):
    for verdict in VERDICTS:
        assert f"{SYMBOLS[verdict]} {verdict}" in page.words
    assert len(set(SYMBOLS.values())) == len(VERDICTS)


def test_the_page_tells_all_that_an_auditor_needs(page):
    told = " ".join(page.words.split())
    for part in (
        report().outcome,
        "section 3.1, Fig. 2",
        "-∞, -0.3",
        "2 diverged",
        "about 11 seeds would decide",
        "91.6 - 24.06 = 67.54",
        "needs profile paper: pytest -m full --claims-profile paper",
        QUESTION.question,
        "at most 0.2 false verdicts",
        "4 trials behind it",
        "the spread of the pilot",
        "packages torch",
    ):
        assert part in told, part


def test_a_card_says_how_to_judge_again_and_its_terms_lead_to_the_glossary(page):
    told = " ".join(page.words.split())
    assert f"pytest -m smoke -k '{SAME_LEVEL.claim.id}', then rin-claims show {SAME_LEVEL.claim.id}" in told
    words = {a["href"] for a in page.all("a") if a["href"].startswith("#term-")}
    assert {"#term-interval", "#term-diverged", "#term-region", "#term-profile"} <= words
    assert {word[1:] for word in words} <= set(page.ids)
    assert "irnn ahead" in told
    assert "rin ahead" in told


def test_papers_are_named_with_their_authors_and_address(page):
    told = " ".join(page.words.split())
    for paper in PAPERS[:2]:
        assert paper.citation in told
        assert paper.link in {a["href"] for a in page.all("a")}


def test_a_picture_leads_to_its_claims_and_a_claim_to_its_pictures():
    shown = dataclasses.replace(PICTURE, claims=(SAME_LEVEL.claim.id,))
    found = Page(html.dumps(report(pictures=(shown,))))
    targets = [a["href"][1:] for a in found.all("a") if a["href"].startswith("#")]
    assert targets.count(html.figure_name(shown)) == 1
    assert f"on-{html.figure_name(shown)}" in targets
    assert {html.figure_name(shown), f"on-{html.figure_name(shown)}"} <= set(found.ids)


def test_rows_of_claims_that_were_not_run_are_folded_and_headings_count_verdicts():
    text = html.dumps(report([SAME_LEVEL, DIVERGED, *not_run(2, "rin-2018/adding")], pictures=()))
    section = text[text.index('id="rin-2018/adding"') :]
    assert section.index('<details class="unrun"><summary>2 claims not run</summary>') > section.index('<details class="row reproduced"')
    heading = " ".join(Page(section[section.index("<h2>") : section.index("</h2>") + 5]).words.split())
    assert heading == "Adding RIN 2018 ✓ 1 reproduced✗ 1 contradicted– 2 not run"


def test_metrics_are_shown_in_words():
    of_curves = Evidence(0.1, None, 0.2, 6, 0, "test", "MSE", details=("early_accuracy of 3 seeds",))
    result = dataclasses.replace(
        SAME_LEVEL, verdict=Verdict("inconclusive", "|eq1/layer2| is 0.3 times activation_scale/layer2", of_curves)
    )
    told = " ".join(Page(html.dumps(report([result]))).words.split())
    assert (
        "because size of the mean distance of the state from the last state (layer 2) is 0.3 times "
        "size of the last state (root mean square) (layer 2)" in told
    )
    assert "mean test accuracy of the first fifth of training of 3 seeds" in told
    assert not re.search(r"\b(early_accuracy|eq1/layer2|activation_scale)\b", told)


@pytest.mark.parametrize("render", [html.dumps, markdown.dumps, github.dumps, challenge.dumps])
def test_the_unit_of_a_headline_is_shown_in_words(render):
    text = render(report([SAME_LEVEL]))
    told = Page(text).words if render is html.dumps else text
    assert "decades of MSE" in told
    assert "log10 MSE" not in told


def test_every_metric_that_a_claim_looks_at_has_words():
    assert {name for claim in all_claims() if worded(name := claim.prediction.metric) == name} == set()


def test_the_first_screen_says_when_where_from_what_and_what_it_costs():
    arms = {"paper": SAME_LEVEL.claim.arms["smoke"]}
    of_paper = dataclasses.replace(SAME_LEVEL.claim, id="rin-2018/adding/of-paper", arms=arms, seeds={"paper": 5})
    drawn = tuple({**one, "made": "2026-01-01 on a CPU", "imported": "from draws.jsonl on 2026-01-02"} for one in TRIALS)
    whole = report(
        [dataclasses.replace(SAME_LEVEL, trials=drawn), result_not_run(of_paper, "smoke", "needs profile paper", {})],
        prices=(Price("paper", "pytest -m full --claims-profile paper", 1, 5, 2_000_000.0),),
    )
    told = {fact.term: fact for fact in first_screen.facts(whole, trial_rows(whole))}
    assert list(told) == ["Claimed", "Profile", "How sure", "When and where", "Code", "Data", "Runs", "Not run", "Repeat"]
    assert told["Claimed"].text == ("2 quoted sentences, figures and table cells; 2 stand in an abstract: the headline claims below")
    assert told["Profile"].text.startswith("smoke: ")
    assert told["When and where"].text == "2026-01-02 03:04 UTC, a | b <c>, torch 2.13"
    assert told["How sure"].text == ("at most 5 % of such measured claims get a false verdict each way, at most 0.05 here")
    assert (told["Data"].text, told["Data"].commands) == ("generated data", ())
    both = dataclasses.replace(whole, data=("MNIST: `get mnist`", "the text: `get text`", "the text, whole: `get text`"))
    of_both = {fact.term: fact for fact in first_screen.facts(both, ())}["Data"]
    assert (of_both.text, of_both.commands) == ("MNIST; the text; the text, whole", ("get mnist", "get text"))
    assert told["Runs"].text == "4 trials: 4 imported from draws.jsonl on 2026-01-02 (made 2026-01-01 on a CPU by code c0ffee)"
    assert told["Not run"].text == "1 claim: 1 under paper (5 trials, about 23 days of one core)"
    assert told["Not run"].commands == ("pytest -m full --claims-profile paper",)
    assert told["Repeat"].commands == ("pytest -m smoke",)
    so_far = dataclasses.replace(SAME_LEVEL, missing=MISSING)
    for trials, seconds, takes in ((4, 120.0, "4 trials, about 2 min of one core"), (0, 0.0, "the store has every trial")):
        more = report([so_far, NOT_RUN], prices=(Price("smoke", "pytest -m smoke", 1, trials, seconds),))
        of_more = {fact.term: fact for fact in first_screen.facts(more, ())}["Not run to the end"]
        assert of_more.text == f"2 claims: 1 under smoke ({takes}); 1 that no profile measures"


def test_a_printed_table_is_open_with_a_symbol_and_a_link_a_cell():
    text = html.dumps(report([TABLE_CELL], pictures=()))
    shown = f'91.64 <a href="#{TABLE_CELL.claim.id}">✓ 91<span class="hidden"> reproduced</span></a> <small>[88, 94]</small>'
    assert f'<td class="cell reproduced">{shown}</td>' in text
    start = text.index('class="cell reproduced"')
    assert text.rindex("<section", 0, start) > text.rindex("<details", 0, start)  # not folded


def test_filters_know_every_verdict_section_and_claim(page):
    assert {a["value"] for a in page.all("input") if a.get("name") == "verdict"} == set(VERDICTS)
    rows = [a for a in page.all("details") if "data-verdict" in a]
    shown = [entry for section in report().sections for entry in sorted(section.entries, key=lambda entry: entry.verdict == "not run")]
    assert [row["data-verdict"] for row in rows] == [entry.verdict for entry in shown]
    assert [a["id"] for a in page.all("article") if a.get("class") == "claim"] == [entry.id for entry in shown]
    choices = {*(section.slug for section in report().sections), "rin-2018", "irnn-2015", "smoke"}
    assert {a.get("value") for a in page.all("option")} == {"", *choices}
    for entry in shown:
        assert {entry.paper, f"{entry.paper}/{entry.section}", entry.profile} <= choices


def test_a_claim_links_to_its_trials_and_the_trials_stand_once(page):
    assert f"{SAME_LEVEL.claim.id}:trials" in page.ids
    targets = {a["href"] for a in page.all("a")}
    recipes = {trial["trial"].rpartition("-")[0] for trial in SAME_LEVEL.trials}
    assert [name.removeprefix("trials-") for name in page.ids if name.startswith("trials-")] == ["heading", *sorted(recipes)]
    assert {f"#trials-{recipe}" for recipe in recipes} <= targets


def not_run(count: int, section: str) -> list[Result]:
    return [
        dataclasses.replace(NOT_RUN, claim=dataclasses.replace(NOT_RUN.claim, id=f"{section}/unrun-{i}", paper="rin-2018"))
        for i in range(count)
    ]


def trial(recipe: str, arm: str, seed: int, **fields):
    facts = {"label": f"recipe {recipe} seed {seed}", "status": "budget", "updates": 400, "commit": "c0ffee", "mse": seed + 0.5}
    return {"trial": f"{recipe}-{seed}", "arm": arm, "seed": seed, **facts, **fields}


TRIALS = (
    *(trial("aa", "rin", seed) for seed in (0, 1)),
    trial("bb", "irnn", 0),
    trial("bb", "irnn", 1, status="diverged", mse=None, updates=7),
)


def test_the_trials_behind_a_claim_are_a_line_a_recipe_and_a_column_a_seed():
    (entry,) = report([dataclasses.replace(SAME_LEVEL, trials=TRIALS)]).entries
    assert [(line.arm, line.label, dict(line.by_seed)) for line in trials_by_seed(entry)] == [
        ("rin", "recipe aa", {0: "0.5", 1: "1.5"}),
        ("irnn", "recipe bb", {0: "0.5", 1: "diverged"}),
    ]


def test_what_all_trials_share_is_told_once():
    rows = trial_rows(report([dataclasses.replace(SAME_LEVEL, trials=TRIALS)]))
    assert same_facts(rows) == {"commit": "c0ffee"}
    first, second = by_recipe(rows, told=same_facts(rows))
    assert first.same == {"claims": 1, "status": "budget", "updates": 400}
    assert (first.columns, first.rows) == (("seed", "mse"), ((0, 0.5), (1, 1.5)))
    assert second.columns == ("seed", "status", "updates", "mse")
    assert second.rows == ((0, "budget", 400, 0.5), (1, "diverged", 7, None))


def test_the_numbers_of_the_arms_stand_in_one_table():
    """The trials show them, unless several recipes make up a value or it is another than what was measured."""

    def entry(trials, **arms):
        shown = evidence(0.0, None, None, seeds=(0, 1), values=(0.0, 0.0), arms=arms)
        return entry_of(dataclasses.replace(SAME_LEVEL, verdict=Verdict("inconclusive", "", shown), trials=trials))

    assert trials_show_the_arms(entry(TRIALS, rin=(0.5, 1.5), irnn=(0.5, None)))
    assert not trials_show_the_arms(entry(TRIALS, rin=(-0.3, 0.2), irnn=(0.5, None)))  # logarithms
    assert not trials_show_the_arms(entry((), rin=(0.5, 1.5)))
    two_tasks = (*TRIALS, trial("cc", "rin", 0, mse=9.5), trial("cc", "rin", 1, mse=9.5))
    assert not trials_show_the_arms(entry(two_tasks, rin=(0.5, 1.5), irnn=(0.5, None)))


def test_every_look_of_a_sequential_claim_is_shown():
    looks = (Look(3, 0.0, None, None, "inconclusive"), Look(6, 0.0421, -0.125, 0.75, "inconclusive"))
    watched = dataclasses.replace(UNBOUNDED, verdict=Verdict("inconclusive", "", evidence(0.5, -0.125, 0.75, looks=2, trace=looks)))
    told = " ".join(Page(html.dumps(report([watched]))).words.split())
    assert "6 seeds, 0 diverged, 2 looks" in told
    assert "60.0421-0.1250.75? inconclusive" in told  # the cells of a row


def test_dots_of_one_step_of_a_ranking_are_said_to_be_that():
    arms = {"lstm": [0.1, 0.2, 0.3], "irnn": [0.3, 0.5, 0.6], "rin": [0.4, 0.6, 0.9]}
    found = ranking(arms, [["rin"], ["irnn"], ["lstm"]], unit="points")
    result = dataclasses.replace(SAME_LEVEL, verdict=Verdict("inconclusive", "undecided", found))
    words = " ".join(Page(html.dumps(report([result, MANY_SEEDS]))).words.split())
    assert words.count("one dot a seed, of the step that is least sure") == 1
    assert words.count("one dot a seed") == 2


def test_every_picture_offers_its_numbers(page):
    offered = {a["download"]: a["href"].partition(",")[2] for a in page.all("a") if "download" in a}
    tables = {"calibration.csv.gz"}
    assert len(offered.keys() - tables) == len(page.all("svg"))
    claim = unquote(offered[SAME_LEVEL.claim.id.replace("/", "-") + ".csv"])
    assert claim.splitlines() == [
        "seed,effect (log10 MSE),rin,irnn",
        *("0,0.1,0.1,0.2", "1,-0.04,,inf"),
        *("estimate,0.03,,", "lower,-0.2,,", "upper,0.31,,"),
    ]
    picture = gzip.decompress(base64.b64decode(offered["adding-t-50.csv.gz"])).decode()
    assert picture.splitlines()[1:3] == ["100,0.16,0.16,0.17", "200,0.08,0.1,0.3"]


def test_a_report_makes_the_same_bytes_again():
    first = html.dumps(report())
    curve_drawing.cache_clear()
    assert html.dumps(report()) == first
