"""The registry: every claim of every paper, in reading order. A paper is one folder and one line in MODULES per section."""

from __future__ import annotations

import functools
import importlib
import re
from collections.abc import Iterable
from types import ModuleType

from claims.model import Claim, ClaimError, Locator
from claims.text import did_you_mean

# The order of papers and of their sections in lists and reports.
MODULES = (
    "claims.papers.rin_2018.formal",
    "claims.papers.rin_2018.tables",
    "claims.papers.rin_2018.adding",
    "claims.papers.rin_2018.pixel_mnist",
    "claims.papers.rin_2018.iterative_estimation",
    "claims.papers.rin_2018.babi",
    "claims.papers.rin_2018.robustness",
    "claims.papers.irnn_2015.formal",
    "claims.papers.irnn_2015.adding",
    "claims.papers.irnn_2015.pixel_mnist",
    "claims.papers.irnn_2015.language_model",
    "claims.papers.irnn_2015.speech",
    "claims.papers.mechanism",
)


@functools.cache
def all_claims() -> tuple[Claim, ...]:
    """Every registered claim: modules in the order of MODULES, within one in the order of the paper. ClaimError for a double id."""
    return collect(_section(name) for name in MODULES)


def _section(name: str) -> ModuleType:
    """The module of a section, whose CLAIMS is a tuple of claims. ClaimError, which names the module, where it is not."""
    try:
        module = importlib.import_module(name)
    except SyntaxError as error:
        raise ClaimError(f"the claims module {name} is no Python ({error}); mend it") from None
    except ModuleNotFoundError as error:
        if error.name != name:  # a fault of the module's own
            raise
        raise ClaimError(f"there is no claims module {name}; correct MODULES in claims/papers/__init__.py") from None
    claims = getattr(module, "CLAIMS", None)
    if not isinstance(claims, tuple) or not all(isinstance(claim, Claim) for claim in claims):
        raise ClaimError(f"the claims module {name} has no CLAIMS, a tuple of claims; add it")
    return module


def find(claim_id: str, claims: Iterable[Claim] | None = None) -> Claim:
    """The claim with this id, of ``claims`` or of all. ClaimError, with the nearest ids there are, for an unknown one."""
    known = {claim.id: claim for claim in (all_claims() if claims is None else claims)}
    if claim_id in known:
        return known[claim_id]
    raise ClaimError(f"unknown claim {claim_id!r}; {did_you_mean(claim_id, known, '`rin-claims list` shows every id')}")


def collect(modules: Iterable[ModuleType]) -> tuple[Claim, ...]:
    """The CLAIMS of ``modules``, in reading order within each. ClaimError for an id used twice."""
    found: dict[str, Claim] = {}
    for module in modules:
        for claim in sorted(module.CLAIMS, key=lambda claim: reading_position(claim.locator)):
            if claim.id in found:
                raise ClaimError(f"the id {claim.id!r} is used twice, the second time in {module.__name__}; rename one")
            found[claim.id] = claim
    return tuple(found.values())


def reading_position(locator: Locator) -> tuple[tuple[object, ...], ...]:
    """A sort key that puts locators of one paper in the order they are read: abstract, sections, appendices.

    Within a section, running text comes before equations, figures and tables, each by number. A locator without a section stands after
    those with one. Claims with equal keys keep the order of their module, which for table cells is that of the table.
    """
    return tuple(map(_natural, (_place(locator.section), locator.equation, locator.figure, locator.table)))


def _place(section: str | None) -> str:
    if section is None:
        return "3"
    if section == "abstract":
        return "0"
    return f"1.{section}" if section[0].isdigit() else f"2.{section}"


def _natural(text: str | None) -> tuple[object, ...]:
    """ "3.10" as (1, 3, ".", 10), so that numbers compare as numbers; nothing at all comes first."""
    if text is None:
        return ()
    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.findall(r"\d+|\D+", text))
