"""The RIN paper: sections, tables, figures, colours, open questions, protocol and planted faults."""

from __future__ import annotations

from pathlib import Path

from claims.paper import NetworkStyle, Paper, Section
from claims.papers.rin_2018.faults import FAULTS
from claims.papers.rin_2018.figures import FIGURES
from claims.papers.rin_2018.open_questions import ADDENDUM
from claims.papers.rin_2018.printed_tables import TABLES, numbers
from claims.papers.rin_2018.protocol import PROTOCOL

FOLDER = "claims.papers.rin_2018"
KEPT = Path(__file__).parents[3] / "reference_results"  # not asked of the package, whose pandas takes its time
IMPLEMENTATION = "The networks, tasks and training were written anew from the paper's text."

# Caption of Fig. 6: blue for RIN, orange for IRNN, purple for LSTM and green for RIN-DT experiments.
# The tones keep a contrast of 4.5 to 1 with the page, and stay apart for colour-blind readers (a test computes both).
STYLES = (
    NetworkStyle(slug="rin", light="#023a8c", dark="#4a90ff", line="-", marker="o"),
    NetworkStyle(slug="irnn", light="#a85000", dark="#e0a030", line="--", marker="s"),
    NetworkStyle(slug="lstm", light="#ae1bc8", dark="#dd59c3", line="-.", marker="^"),
    NetworkStyle(slug="rin-dt", light="#037a5a", dark="#52db9e", line=":", marker="D"),
    NetworkStyle(slug="tanh", light="#6b6100", dark="#c9bc4a", line=":", marker="v"),
    NetworkStyle(slug="relu", light="#a8174f", dark="#ff8fb0", line="--", marker="P"),
)

PAPER = Paper(
    id="rin-2018",
    title="RIN 2018",
    citation="Hu, Huber, Anumula and Liu (2018), Overcoming the vanishing gradient problem in plain recurrent networks, arXiv:1801.06105; "
    "quoted as it was under review, anonymously, at ICLR 2018.",
    link="https://openreview.net/forum?id=Hyp3i2xRb",
    implementation=IMPLEMENTATION,
    sections=(
        Section(name="formal", title="Formal", claims=f"{FOLDER}.formal"),
        Section(name="tables", title="Tables", claims=f"{FOLDER}.tables"),
        Section(name="adding", title="Adding", claims=f"{FOLDER}.adding"),
        Section(name="pixel-mnist", title="Pixel MNIST", claims=f"{FOLDER}.pixel_mnist"),
        Section(name="iterative-estimation", title="Iterative estimation", claims=f"{FOLDER}.iterative_estimation"),
        Section(name="babi", title="bAbI", claims=f"{FOLDER}.babi"),
        Section(name="robustness", title="Robustness", claims=f"{FOLDER}.robustness"),
    ),
    tables=TABLES,
    numbers=numbers,
    figures=FIGURES,
    styles=STYLES,
    open_questions=ADDENDUM,
    protocol=PROTOCOL,
    faults=FAULTS,
    faults_table=KEPT / "planted_faults.csv",
    trained_faults_table=KEPT / "planted_faults_trained.csv",
)
