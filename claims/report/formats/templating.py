"""The templates that HTML and Markdown are made from, with what every one of them may use."""

from __future__ import annotations

import functools
import re

from jinja2 import Environment, PackageLoader, StrictUndefined

from claims import text
from claims.report import counting, metric_words, words
from claims.report.content import calibration, drift, first_screen, glossary, looks, methods, planted_faults, printed_tables, trials
from claims.results import BASES, VERDICTS
from reference_results.calibration import calibration_table

_PUNCTUATION = re.compile(r"([\\`*_{}\[\]<>|#~&$])")
_BLOCK_START = re.compile(r"^(\d+(?=[.)])|)([-+=.)])")


@functools.cache
def environment() -> Environment:
    """Return the environment of the templates: HTML and SVG escape what they are given, Markdown escapes by the filter ``md``."""
    made = Environment(
        loader=PackageLoader("claims.report"),
        autoescape=lambda name: name is None or not name.endswith(".md.jinja"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "number": text.number,
        "plural": text.plural,
        "duration": text.duration,
        "about": text.about,
        "worded": metric_words.worded,
        "short_title": lambda picture: picture.title.partition(":")[0],
        "enumeration": text.enumeration,
        "interval": words.interval,
        "entry_line": words.entry_line,
        "confidence": words.confidence,
        "details": words.details,
        "with_symbol": words.with_symbol,
        "verdict_of": words.verdict_of,
        "by_basis": lambda entries: counting.by_basis(entry.basis for entry in entries),
        "rows_of": lambda headlines: [row for headline in headlines for row in headline.rows],
        "rounding_note": words.rounding_note,
        "cause_of_change": lambda entry, report: (
            words.cause_of_change(entry.verdict, entry.expected, entry.moves, report.drift.on(entry.id)) or words.UNKNOWN
        ),
        "md": escape_markdown,
    }
    made.globals |= {
        "verdicts": VERDICTS,
        "symbols": words.SYMBOLS,
        "meanings": words.VERDICT_MEANINGS,
        "bases": BASES,
        "basis_meanings": counting.BASIS_MEANINGS,
        "methods": methods,
        "looks": looks,
        "calibration": calibration,
        "calibration_table": calibration_table,
        "planted_faults": planted_faults,
        "printed_tables": printed_tables.printed_tables,
        "drift": drift,
        "trials": trials,
        "first_screen": first_screen,
        "glossary": glossary,
    }
    return made


def escape_markdown(source: object) -> str:
    """Write a text as one line that Markdown shows as it is.

    Nothing of the text is read as markup, HTML, a table's separator, a list or a heading.
    """
    escaped = _PUNCTUATION.sub(r"\\\1", text.one_line(str(source)))
    return _BLOCK_START.sub(lambda match: (match[1] or "") + "\\" + match[2], escaped)
