"""The paper profile is the paper's protocol, number by number.

What the smaller profiles scale keeps what it says it keeps.
"""

import dataclasses
import itertools
import math

import pytest

from claims.papers.rin_2018 import protocol
from claims.papers.rin_2018.protocol import PROFILE_NAMES, TO_THE_END
from reproductions.recipes import CELLS, EARLY_SHARE, Adding, Babi, Network, Optimizer, PixelMnist, RecipeError

# --- The paper's own protocol (RIN paper, section 3) ---


@pytest.mark.parametrize(
    ("length", "rate"), [(200, 1e-4), (300, 1e-5), (400, 1e-6), (150, 1e-4)]
)  # 150: the IRNN paper's, at T = 200's rate
@pytest.mark.parametrize("cell", ["rin", "irnn", "lstm"])
def test_adding_is_section_3_1(cell, length, rate):
    recipe = protocol.adding("paper", cell, length)
    assert recipe.task == Adding(length=length, train_size=100_000, test_size=10_000)
    assert recipe.network == Network(cell, layers=1, hidden=100)
    assert recipe.optimizer == Optimizer("adam", rate, clip=100)
    assert recipe.batch_size == 32
    assert recipe.updates == 300 * 100_000 / 32  # 300 epochs
    assert recipe.evaluations == 300
    assert recipe.profile == "paper"


@pytest.mark.parametrize("order", ["sequential", "permuted"])
@pytest.mark.parametrize(
    ("cell", "name", "layers", "hidden"),
    [
        *[
            (cell, f"{layers}-{hidden}", layers, hidden)
            for cell in ("rin", "irnn", "lstm")
            for layers in (1, 2, 3)
            for hidden in (100, 200)
        ],
        ("rin-dt", "1-100", 1, 100),
    ],
)
def test_pixel_mnist_is_section_3_2(order, cell, name, layers, hidden):
    recipe = protocol.pixel_mnist("paper", cell, order, name)
    assert recipe.task == PixelMnist(order, pooling=1, source="mnist", train_size=60_000, test_size=10_000)
    assert recipe.task.steps == 784
    assert recipe.network == Network(cell, layers, hidden)
    assert recipe.optimizer == Optimizer("rmsprop", 1e-6, clip=None)
    assert recipe.batch_size == 128
    assert recipe.updates == 500 * math.ceil(60_000 / 128)  # 500 epochs
    assert recipe.evaluations == 500
    assert recipe.estimation_error


@pytest.mark.parametrize(("cell", "rate"), [("rin", 1e-3), ("lstm", 1e-3), ("irnn", 1e-4)])
@pytest.mark.parametrize("task", range(1, 21))
def test_babi_is_section_3_3(task, cell, rate):
    recipe = protocol.babi("paper", cell, task)
    assert recipe.task == Babi(task, "files", 1_000, 1_000, "state")
    assert recipe.network == Network(cell, 1, 100, embedding=200)
    assert recipe.optimizer == Optimizer("adam", rate, clip=None)
    assert recipe.batch_size == 32
    assert recipe.updates == 100 * math.ceil(1_000 / 32)  # 100 epochs
    assert recipe.evaluations == 100


def test_the_paper_profile_has_the_networks_of_table_1():
    assert protocol.NETWORKS == ("1-100", "1-200", "2-100", "2-200", "3-100", "3-200")


# --- What is scaled ---


@pytest.mark.parametrize("profile", ["smoke", "compact"])
def test_scaled_pixel_mnist_keeps_the_distance_a_weight_can_travel(profile):
    scaled, paper = (protocol.pixel_mnist(name, "rin", "permuted") for name in (profile, "paper"))

    def distance(recipe):
        return recipe.optimizer.learning_rate * recipe.updates

    assert distance(paper) == pytest.approx(0.2345)
    assert 1 / 3 < distance(scaled) / distance(paper) < 3  # the rule of benchmarks/protocol_pilots.py
    assert scaled.task.steps == 196


@pytest.mark.parametrize("profile", PROFILE_NAMES)
@pytest.mark.parametrize("cell", CELLS)
def test_the_arms_of_a_comparison_differ_in_nothing_but_the_cell(profile, cell):
    for recipe, rin in (
        (protocol.adding(profile, cell, 200), protocol.adding(profile, "rin", 200)),
        (protocol.pixel_mnist(profile, cell, "permuted", "2-200"), protocol.pixel_mnist(profile, "rin", "permuted", "2-200")),
    ):
        assert recipe.network == Network(cell, rin.network.layers, rin.network.hidden)
        assert [getattr(recipe, name) for name in ("profile", "task", "optimizer", "batch_size", "updates", "evaluations", "patience")] == [
            getattr(rin, name) for name in ("profile", "task", "optimizer", "batch_size", "updates", "evaluations", "patience")
        ]


@pytest.mark.parametrize("cell", ["rin", "irnn", "lstm"])
@pytest.mark.parametrize(
    ("make", "epochs", "updates_an_epoch"),
    [
        *((lambda profile, cell, length=length: protocol.adding(profile, cell, length), 30, 100_000 / 32) for length in (200, 300, 400)),
        *(
            (lambda profile, cell, order=order: protocol.pixel_mnist(profile, cell, order), 20, math.ceil(60_000 / 128))
            for order in ("sequential", "permuted")
        ),
    ],
)
def test_opening_is_the_papers_protocol_stopped_after_its_first_epochs(make, cell, epochs, updates_an_epoch):
    opening, paper = make("opening", cell), make("paper", cell)
    assert opening.whole == paper
    assert opening.last_update == epochs * updates_an_epoch
    assert opening.checkpoints == {update for update in paper.checkpoints if update <= opening.last_update}
    assert len(opening.checkpoints) == epochs
    assert opening.last_update < EARLY_SHARE * paper.updates  # so its evaluations are all of the early stage


def test_the_epochs_of_opening_are_shares_of_the_axes_of_the_figures(paper_text):
    text = " ".join(paper_text("rin_2018.txt").split())
    assert "early stage of training (first 100 epochs)" in text  # the caption of Fig. 3
    assert text.count("100 200 300 400 500 epochs") + text.count("IOO 200 300 400 500 epochs") >= 3  # Figs. 3 and 6
    assert "50 IOO 150 200 250 300 epochs" in text  # Fig. 2; Fig. 5 has lost its last tick
    assert protocol.PIXEL_OPENING == 100 / 5
    assert protocol.ADDING_OPENING == 50 * 3 / 5


def test_smoke_needs_no_download():
    assert protocol.pixel_mnist("smoke", "rin", "permuted").task.source == "embedded"
    assert {protocol.babi("smoke", "rin", task).task.source for task in (1, 4, 15, 18)} == {"simulated"}


def test_embedded_digits_suffice_for_smoke():
    task = protocol.pixel_mnist("smoke", "rin", "permuted").task
    assert task.train_size + task.test_size <= 5_000


@pytest.mark.parametrize("profile", ["compact", "paper"])
def test_the_larger_profiles_use_the_published_data(profile):
    assert protocol.pixel_mnist(profile, "rin", "permuted").task.source == "mnist"
    assert protocol.babi(profile, "rin", 2).task.source == "files"


@pytest.mark.parametrize("profile", TO_THE_END)
def test_babi_is_evaluated_at_the_end_of_epochs(profile):
    recipe = protocol.babi(profile, "rin", 1)
    updates_between, remainder = divmod(recipe.updates, recipe.evaluations)
    assert remainder == 0
    assert updates_between % math.ceil(recipe.task.train_size / recipe.batch_size) == 0


@pytest.mark.parametrize("profile", ["smoke", "compact"])
def test_scaled_babi_keeps_the_distance_an_irnns_weight_can_travel(profile):
    scaled, paper = (protocol.babi(name, "irnn", 1) for name in (profile, "paper"))
    assert scaled.optimizer.learning_rate * scaled.updates == pytest.approx(paper.optimizer.learning_rate * paper.updates)
    assert protocol.babi(profile, "rin", 1).optimizer == protocol.babi("paper", "rin", 1).optimizer


@pytest.mark.parametrize("length", [150, 200, 300, 400])
def test_compact_adding_has_a_quarter_of_the_lengths(length):
    assert protocol.adding("compact", "rin", length).task == Adding(length // 4, 100_000, 5_000)


def test_smoke_adding_keeps_the_proportion_of_the_irnn_papers_lengths():
    assert [protocol.adding("smoke", "irnn", length).task.length for length in protocol.IRNN_ADDING_LENGTHS] == [30, 40]
    shorter, longer = (protocol.adding("smoke", "irnn", length) for length in protocol.IRNN_ADDING_LENGTHS)
    assert dataclasses.replace(shorter, task=longer.task) == longer


@pytest.mark.parametrize(
    "recipe",
    [
        *(protocol.adding("smoke", "rin", length) for length in (150, 200)),
        *(protocol.pixel_mnist("smoke", "rin", order) for order in ("sequential", "permuted")),
        *(protocol.babi("smoke", "rin", task) for task in (1, 4, 15, 18)),
    ],
    ids=lambda recipe: recipe.label,
)
def test_smoke_spends_less_than_15_percent_of_its_training_on_evaluations(recipe):
    looks = len(recipe.checkpoints)
    interim = getattr(recipe.task, "interim_test_size", None) or recipe.task.test_size
    tested = (looks - 1) * interim + recipe.task.test_size
    trained = 3 * recipe.updates * recipe.batch_size  # forward and backward take about three times the products of a forward
    assert tested / trained < 0.15
    assert sum(update <= 0.2 * recipe.updates for update in recipe.checkpoints) >= 2  # and yet there is an early loss


# --- Overrides ---


@pytest.mark.parametrize("profile", TO_THE_END)
def test_an_override_changes_that_setting_and_nothing_else(profile):
    adding, pixels = protocol.adding(profile, "irnn", 200), protocol.pixel_mnist(profile, "irnn", "sequential")
    babi = protocol.babi(profile, "irnn", 1)

    def with_optimizer(recipe, **changed):
        return dataclasses.replace(recipe, optimizer=dataclasses.replace(recipe.optimizer, **changed))

    assert protocol.adding(profile, "irnn", 200, learning_rate=0.5) == with_optimizer(adding, learning_rate=0.5)
    assert protocol.adding(profile, "irnn", 200, optimizer="rmsprop") == with_optimizer(adding, name="rmsprop")
    assert protocol.babi(profile, "irnn", 1, learning_rate=0.5) == with_optimizer(babi, learning_rate=0.5)

    def sequential(**changed):
        return protocol.pixel_mnist(profile, "irnn", "sequential", **changed)

    assert sequential(learning_rate=0.5) == with_optimizer(pixels, learning_rate=0.5)
    assert sequential(optimizer="adam") == with_optimizer(pixels, name="adam")
    assert sequential(batch_size=7) == dataclasses.replace(pixels, batch_size=7)


# --- Sensitivity grids and rates that are not the profile's own ---


@pytest.mark.parametrize("dimension", protocol.DIMENSIONS)
@pytest.mark.parametrize("profile", TO_THE_END)
def test_a_grid_moves_one_setting_of_sequential_mnist_and_holds_the_profiles_own(profile, dimension):
    grid, own = protocol.sensitivity_grid(profile, "lstm", dimension), protocol.pixel_mnist(profile, "lstm", "sequential")
    assert grid.count(own) == 1

    def moved(recipe):
        return {
            "learning-rate": recipe.optimizer.learning_rate,
            "batch-size": recipe.batch_size,
            "optimizer": recipe.optimizer.name,
        }[dimension]

    def with_own(recipe):
        """``recipe`` with its moved setting put back."""
        if dimension == "batch-size":
            return dataclasses.replace(recipe, batch_size=own.batch_size)
        field = "name" if dimension == "optimizer" else "learning_rate"
        put_back = dataclasses.replace(recipe.optimizer, **{field: getattr(own.optimizer, field)})
        return dataclasses.replace(recipe, optimizer=put_back)

    assert len(set(map(moved, grid))) == len(grid)
    assert all(with_own(recipe) == own for recipe in grid)


@pytest.mark.parametrize("profile", TO_THE_END)
def test_learning_rates_span_three_decades_a_decade_apart_and_batches_at_least_a_factor_of_four(profile):
    rates, sizes = protocol.LEARNING_RATES[profile], protocol.BATCH_SIZES[profile]
    assert [math.log10(after / before) for before, after in itertools.pairwise(rates)] == pytest.approx([1, 1, 1])
    assert len(sizes) == 3
    assert max(sizes) / min(sizes) >= 4
    assert [recipe.optimizer.learning_rate for recipe in protocol.sensitivity_grid(profile, "rin", "learning-rate")] == list(rates)
    assert [recipe.batch_size for recipe in protocol.sensitivity_grid(profile, "rin", "batch-size")] == list(sizes)
    assert [recipe.optimizer.name for recipe in protocol.sensitivity_grid(profile, "rin", "optimizer")] == ["rmsprop", "adam"]


@pytest.mark.parametrize("profile", PROFILE_NAMES)
def test_the_rates_called_high_or_tuned_are_at_least_ten_times_the_networks_own(profile):
    def times_own(rate, recipe):
        return rate / recipe.optimizer.learning_rate

    if profile in protocol.TUNED_LSTM_RATE:
        assert times_own(protocol.TUNED_LSTM_RATE[profile], protocol.pixel_mnist(profile, "lstm", "sequential")) >= 9.99
    if profile in protocol.HIGH_BABI_RATE:
        assert times_own(protocol.HIGH_BABI_RATE[profile], protocol.babi(profile, "irnn", 1)) >= 9.99
    if profile in protocol.HIGH_ADDING_RATE:
        assert all(times_own(protocol.HIGH_ADDING_RATE[profile], protocol.adding(profile, "irnn", length)) >= 99.9 for length in (300, 400))


def test_the_papers_high_rates_are_the_papers():
    assert protocol.HIGH_ADDING_RATE["paper"] == 1e-3  # section 3.1, "high learning rates such as 1e-3 for T2 and T3"
    assert protocol.HIGH_BABI_RATE["paper"] == 1e-3  # section 3.3: that of RIN and LSTM, with which "IRNNs fail to converge"


# --- What is refused ---


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: protocol.adding("tiny", "rin", 200), "unknown profile 'tiny'; known: smoke, compact, opening, paper"),
        (lambda: protocol.pixel_mnist("tiny", "rin", "permuted"), "unknown profile 'tiny'; known: smoke, compact, opening, paper"),
        (lambda: protocol.babi("tiny", "rin", 1), "unknown profile 'tiny'; known: smoke, compact, opening, paper"),
        (lambda: protocol.babi("opening", "rin", 1), "the opening profile has adding and pixel MNIST alone"),
        (lambda: protocol.sensitivity_grid("opening", "rin", "optimizer"), "the opening profile has adding and pixel MNIST alone"),
        (lambda: protocol.adding("opening", "rin", 100), "the paper profile has no adding problem of length 100"),
        (lambda: protocol.adding("paper", "rin", 100), "the paper profile has no adding problem of length 100"),
        (lambda: protocol.adding("smoke", "rin", 300), "the smoke profile has no adding problem of length 300"),
        (
            lambda: protocol.adding("smoke", "gru", 200),
            f"unknown cell 'gru'; known: {', '.join(CELLS)}",
        ),
        (lambda: protocol.adding("smoke", "rin", 200, learning_rate=0.0), "learning_rate must be positive and finite, not 0.0"),
        (lambda: protocol.pixel_mnist("smoke", "rin", "permuted", batch_size=0), "batch_size must be positive and finite, not 0"),
        (lambda: protocol.pixel_mnist("smoke", "rin", "permuted", optimizer=""), "unknown optimizer ''; known: adam, rmsprop"),
        (
            lambda: protocol.sensitivity_grid("smoke", "rin", "depth"),
            "unknown dimension 'depth' of a sensitivity grid; known: learning-rate, batch-size, optimizer",
        ),
        (lambda: protocol.sensitivity_grid("tiny", "rin", "optimizer"), "unknown profile 'tiny'; known: smoke, compact, opening, paper"),
        (lambda: protocol.pixel_mnist("smoke", "rin", "sorted"), "unknown pixel order 'sorted'; known: sequential, permuted"),
        (lambda: protocol.babi("smoke", "rin", 21), f"unknown bAbI task 21; known: {', '.join(map(str, range(1, 21)))}"),
        (lambda: protocol.pixel_mnist("paper", "rin", "permuted", "0-100"), "layers must be positive and finite, not 0"),
        *[
            (
                lambda name=name: protocol.pixel_mnist("paper", "rin", "permuted", name),
                f"a network reads <layers>-<units>, for example 1-100, not {name!r}",
            )
            for name in ("100", "1x100", "a-b", "1-", "-1-100", "1-100-2", "²-100", "")
        ],
    ],
)
def test_what_no_profile_has_is_refused_in_one_line(ask, message):
    with pytest.raises(RecipeError) as caught:
        ask()
    assert str(caught.value) == message


@pytest.mark.parametrize(("name", "parsed"), [("1-100", (1, 100)), ("3-200", (3, 200))])
def test_networks_read_as_layers_and_units(name, parsed):
    assert protocol.parse_network(name) == parsed
