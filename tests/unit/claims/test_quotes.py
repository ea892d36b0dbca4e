"""Every quote stands in its paper, word for word."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

import pytest

from claims import papers
from reference_results import hyperparameters

TEXTS = {  # paper of a claim -> files its quote may stand in
    "rin-2018": ("rin_2018.txt",),
    "irnn-2015": ("irnn_2015_review.md",),
    "mechanism": ("rin_2018.txt", "irnn_2015_review.md"),
}
TYPOGRAPHIC = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "−": "-", "\u00ad": ""})
LONGEST = 250  # characters: quotes are short, the papers are not ours to reprint


def folded(text: str) -> str:
    """``text`` with ligatures, quotes, dashes and subscripts in one form, and each run of white space one blank; line ends stay visible."""
    plain = unicodedata.normalize("NFKC", text).translate(TYPOGRAPHIC)
    return re.sub(r"[^\S\n]*\n\s*", "\n", re.sub(r"[^\S\n]+", " ", plain)).strip()


def occurs(quote: str, text: str) -> bool:
    """Whether ``quote`` stands in ``text``: white space may be a line end, and a word may be hyphenated at one."""
    parts = [r"\s" if character.isspace() else re.escape(character) + ("\n?" if character == "-" else "") for character in folded(quote)]
    return re.search("(?:-\n)?".join(parts), folded(text)) is not None


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ("difficult tasks", True),
        ("a learning task", True),  # hyphenated at a line end
        ("state-of-the-art performance", True),  # a real hyphen at a line end
        ('a "surrogate memory"', True),
        ("difficult learning", False),
        ("difficulttasks", False),
        ("state of the art", False),
    ],
)
def test_folding_forgives_typesetting_and_nothing_else(quote: str, found: bool) -> None:
    text = "It is a “surrogate memory” in diﬃcult\ntasks, and a learn-\ning  task with state-of-the-\nart performance"
    assert occurs(quote, text) is found


@pytest.mark.parametrize("paper", TEXTS)
def test_every_quote_stands_in_its_paper(paper: str, paper_text: Callable[[str], str]) -> None:
    texts = [paper_text(name) for name in TEXTS[paper]]
    quotes = {claim.quote: claim.id for claim in papers.all_claims() if claim.paper == paper}
    missing = {claim: quote for quote, claim in quotes.items() if not any(occurs(quote, text) for text in texts)}
    assert quotes
    assert not missing


def sections(text: str) -> dict[str, str]:
    """The paper's text by section, each up to the next heading, subsections apart: "3.1", "A"; what stands before section 1: "abstract"."""
    heading = re.compile(r"^(?:#+ )?([1-4](?:\.[1-9])?|[A-D])(?:(?<=\d)\.)?[ \t]+[A-Za-z]{3}", re.MULTILINE)
    places = [("abstract", 0), *((found[1], found.start()) for found in heading.finditer(text))]
    ends = [start for _, start in places[1:]] + [len(text)]
    return {name: text[start:end] for (name, start), end in zip(places, ends, strict=True)}


@pytest.mark.parametrize("paper", ["rin-2018", "irnn-2015"])
def test_every_quote_stands_in_the_section_that_its_locator_names(paper: str, paper_text: Callable[[str], str]) -> None:
    (name,) = TEXTS[paper]
    places = sections(paper_text(name))
    claims = [claim for claim in papers.all_claims() if claim.paper == paper]
    assert [claim.id for claim in claims if not occurs(claim.quote, places.get(claim.locator.section or "", ""))] == []


def test_every_figure_and_table_that_a_locator_names_has_a_caption(paper_text: Callable[[str], str]) -> None:
    text = paper_text("rin_2018.txt")
    for claim in papers.all_claims():
        if claim.paper == "rin-2018":
            for kind, named in (("Figure", claim.locator.figure), ("Table", claim.locator.table)):
                for number in re.findall(r"\d+", named or ""):
                    assert re.search(rf"^{kind} {number}:", text, re.MULTILINE), (claim.id, kind, number)


def test_every_printed_setting_quotes_the_paper(paper_text: Callable[[str], str]) -> None:
    text = paper_text("rin_2018.txt")
    settings = {f"{section}.{name}": setting for section, names in hyperparameters("rin_2018").items() for name, setting in names.items()}
    assert [name for name, setting in settings.items() if not occurs(setting.quote, text)] == []


def test_every_paper_of_the_registry_has_a_text() -> None:
    assert {claim.paper for claim in papers.all_claims()} <= set(TEXTS)


def test_quotes_are_short() -> None:
    assert [claim.id for claim in papers.all_claims() if len(claim.quote) > LONGEST] == []
