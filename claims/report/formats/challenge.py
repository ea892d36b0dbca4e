"""The report as a summary in the form of the ML Reproducibility Challenge: ``templates/summary.md.jinja``.

The five headings are from the challenge's report template (https://reproml.org). Everything under them is counted from the report.
"""

from __future__ import annotations

from collections import Counter

from claims.report.content import methods
from claims.report.content.trials import trial_rows
from claims.report.formats.templating import environment
from claims.report.model import Report, ReportedSection, count
from claims.report.words import exact

MOST = 5  # of the reasons, readings or claims named; the report has the rest


def dumps(report: Report) -> str:
    """Write the summary as Markdown text."""
    judged = [(entry, entry.evidence) for entry in report.entries if entry.evidence is not None]
    sampled = [(entry, evidence) for entry, evidence in judged if not exact(evidence)]
    trials = [trial.facts for trial in trial_rows(report)]
    seconds = [float(facts["seconds"]) for facts in trials if isinstance(facts.get("seconds"), (int, float))]
    papers = Counter(entry.paper for entry in report.entries)
    template = environment().get_template("summary.md.jinja")
    rendered = template.render(
        report=report,
        most=MOST,
        papers=[f"{report.paper_title(paper)} ({claims})" for paper, claims in papers.items()],
        implementations=dict.fromkeys(paper.implementation for paper in report.papers if paper.implementation),
        n_trials=len(trials),
        computing=_duration(sum(seconds)) if seconds else "",
        kinds=[f"{kind.name} ({kind.claims})" for kind in methods.kinds(report)],
        sections=[(section, _counted(section)) for section in report.sections if any(e.verdict != "not run" for e in section.entries)],
        n_exact=len(judged) - len(sampled),
        decided=sorted(evidence.n for entry, evidence in sampled if entry.verdict in ("reproduced", "contradicted")),
        widest=sorted(report.addendum, key=lambda reading: -sum(reading.touches(entry.id) for entry in report.entries))[:MOST],
        undecided=[entry for entry in report.entries if entry.verdict == "inconclusive"],
        borderline=[entry.id for entry in report.entries if entry.moves],
        n_diverged=sum(evidence.n_diverged > 0 for _, evidence in judged),
    )
    return rendered.rstrip() + "\n"


def _counted(section: ReportedSection) -> list[str]:
    return [f"{n} {verdict}" for verdict, n in count(entry.verdict for entry in section.entries).items() if n]


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} seconds" if seconds < 120 else f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.1f} hours"
