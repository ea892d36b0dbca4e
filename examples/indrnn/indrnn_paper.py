"""The IndRNN paper as one object: its sections, table, figures, styles, open question, protocol, and the fault that must be noticed."""

from indrnn_claims import BASELINE, ID, adding, table1

from claims import Comparison, FaultClaims, Figure, NetworkStyle, Option, Paper, PrintedTable, Profile, Protocol, Reading, Section
from reproductions.recipes import Recipe, Training

SECTIONS = (("formal", "Formal"), ("adding", "Adding"), ("pixel-mnist", "Pixel MNIST"))
SMOKE = "the adding problem with 20 numbers in place of hundreds, on two layers of 32 units: a minute on two CPU cores"
TABLE1 = PrintedTable(
    name="table1",
    number="1",
    title="Table 1, test accuracy in percent",
    axis="test accuracy (%)",
    rows=table1,
    keys=("task", "network"),
    label=lambda row: f"{row['task']} MNIST",
    column=lambda row: row["network"],
    claim=lambda row: f"{ID}/pixel-mnist/table1/{row['task']}/{row['network']}",
    items=lambda row: 10_000,
)
COMPARED = adding("indrnn.model:IndRNN").label
MEASURED = (Option("uniform on [0, 1)", (0.003775, 0.003232, 0.003828)), Option("1 in every unit", (0.006713, 0.02367, 0.04137)))
START = Reading(
    question="How does the recurrent weight u of a unit start?",
    options=("uniform on [0, 1)", "1 in every unit"),
    choice="uniform on [0, 1)",
    evidence="The abstract does not say. Units that start at 1 forget nothing, and end with a larger error.",
    claims=(f"{ID}/adding/*",),
    comparisons=(Comparison(COMPARED, "test_mse", "MSE", (10000, 10001, 10002), MEASURED, "python pilots.py", "2026-11-29"),),
)


def learning_curves(recipe: Recipe) -> dict[str, str]:
    """The curve of a training that is drawn, with the title of its picture."""
    return {"test_mse": "Test error of the adding problem, 20 numbers"} if isinstance(recipe, Training) else {}


PAPER = Paper(
    id=ID,
    title="IndRNN 2018",
    citation="Li, Li, Cook, Zhu and Gao (2018), Independently Recurrent Neural Network (IndRNN), arXiv:1803.04831.",
    implementation="The IndRNN was written anew from the equation; task, LSTM and training are those of rin-claims.",
    sections=tuple(Section(name=name, title=title, claims="indrnn_claims") for name, title in SECTIONS),
    tables=(TABLE1,),
    figures=(Figure(section="adding", panels=learning_curves, y_label="test MSE", log_y=True, baseline=BASELINE),),
    styles=(
        NetworkStyle(slug="indrnn", light="#023a8c", dark="#4a90ff", line="-", marker="o"),
        NetworkStyle(slug="lstm", light="#a85000", dark="#e0a030", line="--", marker="^"),
    ),
    open_questions=(START,),
    protocol=Protocol(profiles=(Profile(name="smoke", meaning=SMOKE, marker="smoke"),), trained={"adding": lambda _: adding("lstm")}),
    faults=(FaultClaims(fault="indrnn.faults:ENTANGLED", claims=(f"{ID}/formal/independent-units",)),),
)
