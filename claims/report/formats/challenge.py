"""The report as a summary in the form of the ML Reproducibility Challenge: ``templates/summary.md.jinja``.

The five headings are from the challenge's report template (https://reproml.org). Everything under them is counted from the report.
"""

from __future__ import annotations

from claims.report.content import methods
from claims.report.content.trials import trial_rows
from claims.report.counting import by_basis, tallies
from claims.report.formats.templating import environment
from claims.report.model import Report, counts_of

MOST = 5  # of the reasons, readings or claims named; the report has the rest


def dumps(report: Report) -> str:
    """Write the summary as Markdown text."""
    judged = [(entry, entry.evidence) for entry in report.entries if entry.evidence is not None]
    trials = [trial.facts for trial in trial_rows(report)]
    seconds = [float(facts["seconds"]) for facts in trials if isinstance(facts.get("seconds"), (int, float))]
    papers = dict.fromkeys(entry.paper for entry in report.entries)
    template = environment().get_template("summary.md.jinja")
    rendered = template.render(
        report=report,
        most=MOST,
        papers=[f"{report.paper_title(paper)} ({by_basis(e.basis for e in report.entries if e.paper == paper)})" for paper in papers],
        implementations=dict.fromkeys(paper.implementation for paper in report.papers if paper.implementation),
        n_trials=len(trials),
        computing=_duration(sum(seconds)) if seconds else "",
        kinds=[f"{kind.name} ({kind.claims})" for kind in methods.kinds(report)],
        sections=[
            (section, "; ".join(tallies(counts_of(section.entries))))
            for section in report.sections
            if any(e.verdict != "not run" for e in section.entries)
        ],
        n_exact=sum(entry.basis == "exact" for entry, _ in judged),
        decided=sorted(e.n for entry, e in judged if entry.basis == "measured" and entry.verdict in ("reproduced", "contradicted")),
        widest=sorted(report.addendum, key=lambda reading: -sum(reading.touches(entry.id) for entry in report.entries))[:MOST],
        undecided=[entry for entry in report.entries if entry.verdict == "inconclusive"],
        borderline=[entry.id for entry in report.entries if entry.moves],
        unrun=[entry for entry in report.entries if entry.verdict == "not run"],
        diverged=[entry for entry, evidence in judged if evidence.n_diverged],
    )
    return rendered.rstrip() + "\n"


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} seconds" if seconds < 120 else f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.1f} hours"
