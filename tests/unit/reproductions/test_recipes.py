"""A recipe's digest is its address for ever: equal recipes share one, different recipes do not.

Impossible recipes are refused.
"""

import dataclasses
import hashlib
import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reproductions.recipe_data import as_data, digest
from reproductions.recipes import CELLS, Adding, Babi, Network, Optimizer, PixelMnist, Probe, RecipeError, Training
from reproductions.step_tasks import SPEECH_SOURCES, TEXT_SOURCES, Language, Speech
from reproductions.trials import Trial

RECIPE = Training("smoke", Adding(50, 100, 10), Network("rin"), Optimizer("adam", 1e-3, 100.0), 32, 10, 2)


# --- Digests ---


def test_digests_are_pinned():
    """Stored outcomes are found by them. If this fails, every trial ever stored has lost its address."""
    assert digest(RECIPE) == "f69b9e7ed4270dc0cfbbf3327a7ebf009eca952a1cd6c7a73bbbd1a3189ebf22"
    assert digest(Probe("smoke", "baseline-mse", (("length", 200), ("printed", 0.167)))) == (
        "7ccdd330d4d8cb9b340ffbc7fe247f9eba6807a610e17db5ffe41de58ddce7a0"
    )


def test_a_digest_is_the_sha_256_of_canonical_json():
    text = (
        '{"batch_size":32,"early_evaluations":0,"estimation_error":false,"evaluations":2,'
        '"kind":"Training","network":{"cell":"rin","embedding":200,"hidden":100,"kind":"Network","layers":1},'
        '"optimizer":{"clip":100.0,"kind":"Optimizer","learning_rate":0.001,"name":"adam"},'
        '"patience":null,"profile":"smoke",'
        '"task":{"kind":"Adding","length":50,"test_size":10,"train_size":100},"updates":10}'
    )
    assert digest(RECIPE) == hashlib.sha256(text.encode()).hexdigest()
    assert as_data(RECIPE) == json.loads(text)


def test_a_digest_does_not_depend_on_the_process():
    code = (
        "from reproductions.recipe_data import digest; from reproductions.recipes import *;"
        "print(digest(Training('smoke', Adding(50, 100, 10), Network('rin'), Optimizer('adam', 1e-3, 100.0), 32, 10, 2)))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert printed == digest(RECIPE)


OTHER_VALUES = {  # for every field of every part of a recipe, another valid value
    Training: {
        "profile": "paper",
        "task": Adding(60, 100, 10),
        "network": Network("irnn"),
        "optimizer": Optimizer("rmsprop", 1e-3, 100.0),
        "batch_size": 16,
        "updates": 11,
        "evaluations": 3,
        "early_evaluations": 1,
        "patience": 5,
        "estimation_error": True,
        "gradient_norms": True,
    },
    Adding: {"length": 51, "train_size": None, "test_size": 11},
    PixelMnist: {"order": "permuted", "pooling": 4, "source": "mnist", "train_size": 99, "test_size": 9, "interim_test_size": 5},
    Babi: {"task": 4, "source": "files", "train_size": 99, "test_size": 9, "combine": "time"},
    Language: {
        "source": "wikitext-2",
        "vocabulary": 11,
        "length": 6,
        "train_size": 9,
        "test_size": 5,
        "interim_test_size": 3,
        "cutoffs": (4,),
    },
    Speech: {"source": "timit", "frames": 6, "train_size": 9, "test_size": 5},
    Network: {"cell": "lstm", "layers": 2, "hidden": 200, "embedding": 100},
    Optimizer: {"name": "rmsprop", "learning_rate": 1e-4, "clip": None},
    Probe: {"profile": "paper", "name": "dual-gate", "arguments": (("cell", "gru"),)},
}
PARTS = [
    RECIPE,
    RECIPE.task,
    PixelMnist("sequential", 2, "embedded", 100, 10),
    Babi(1, "simulated", 100, 10),
    Language("stories", 10, 5, 8, 4),
    Speech("espeak", 5, 8, 4),
    RECIPE.network,
    RECIPE.optimizer,
    Probe("smoke", "eq8-identity"),
]


@pytest.mark.parametrize("part", PARTS, ids=lambda part: type(part).__name__)
def test_a_change_of_any_field_changes_the_digest(part):
    others = OTHER_VALUES[type(part)]
    assert set(others) == {field.name for field in dataclasses.fields(part)}
    digests = [digest(part), *(digest(dataclasses.replace(part, **{name: value})) for name, value in others.items())]
    assert len(set(digests)) == len(others) + 1


def test_a_field_younger_than_stored_outcomes_is_left_out_of_the_digest_at_its_default():
    # what a recipe of the first version read, written out
    pixels = dataclasses.replace(RECIPE, task=PixelMnist("permuted", 2, "embedded", 100, 10))
    assert set(as_data(pixels)["task"]) == {"kind", "order", "pooling", "source", "train_size", "test_size"}
    assert "gradient_norms" not in as_data(pixels)
    younger = dataclasses.replace(pixels, gradient_norms=True, task=dataclasses.replace(pixels.task, interim_test_size=5))
    assert as_data(younger)["gradient_norms"] is True
    assert as_data(younger)["task"]["interim_test_size"] == 5


def test_gradient_norms_need_a_task_that_reads_the_last_state():
    with pytest.raises(RecipeError, match="adding and pixel MNIST alone"):
        dataclasses.replace(RECIPE, task=Babi(1, "files", 1, 1), gradient_norms=True)


def test_tasks_of_different_kinds_have_different_digests():
    same_numbers = [Babi(1, "files", 100, 10), PixelMnist("sequential", 1, "mnist", 100, 10), Adding(28, 100, 10)]
    assert len({digest(dataclasses.replace(RECIPE, task=task)) for task in same_numbers}) == 3


sizes = st.integers(1, 3)
numbers = st.sampled_from([1, 1.0, 2, 1e-3, 0.001])
tasks = st.one_of(
    st.builds(Adding, st.integers(2, 4), st.one_of(st.none(), sizes), sizes),
    st.builds(PixelMnist, st.sampled_from(["sequential", "permuted"]), st.sampled_from([1, 2]), st.just("embedded"), sizes, sizes),
)
recipes = st.builds(
    Training,
    profile=st.sampled_from(["smoke", "paper"]),
    task=tasks,
    network=st.builds(Network, st.sampled_from(CELLS), sizes),
    optimizer=st.builds(Optimizer, st.sampled_from(["adam", "rmsprop"]), numbers, st.one_of(st.none(), numbers)),
    batch_size=sizes,
    updates=st.just(4),
    evaluations=sizes,
    patience=st.one_of(st.none(), sizes),
    estimation_error=st.booleans(),
)


@given(first=recipes, second=recipes)
def test_recipes_are_equal_exactly_when_their_digests_are(first, second):
    assert (first == second) == (digest(first) == digest(second))


@given(rate=numbers, clip=numbers)
def test_whole_numbers_may_be_written_without_a_point(rate, clip):
    written, as_floats = Optimizer("adam", rate, clip), Optimizer("adam", float(rate), float(clip))
    assert written == as_floats
    assert digest(written) == digest(as_floats)


def test_recipes_are_frozen_and_hashable():
    with pytest.raises(dataclasses.FrozenInstanceError):
        RECIPE.updates = 3
    assert len({RECIPE, dataclasses.replace(RECIPE)}) == 1


# --- What is refused ---

IMPOSSIBLE = {
    f"unknown cell 'gru'; known: {', '.join(CELLS)}": lambda: Network("gru"),
    "layers must be positive and finite, not 0": lambda: Network("rin", 0),
    "hidden must be positive and finite, not -1": lambda: Network("rin", 1, -1),
    "embedding must be positive and finite, not 0": lambda: Network("rin", embedding=0),
    "unknown optimizer 'sgd'; known: adam, rmsprop": lambda: Optimizer("sgd", 1e-3),
    "learning_rate must be positive and finite, not 0.0": lambda: Optimizer("adam", 0.0),
    "learning_rate must be positive and finite, not nan": lambda: Optimizer("adam", float("nan")),
    "learning_rate must be positive and finite, not inf": lambda: Optimizer("adam", float("inf")),
    "clip must be positive and finite, not -1": lambda: Optimizer("adam", 1e-3, -1),
    "the adding problem marks two distinct positions, so its length is at least 2, not 1": lambda: Adding(1, 10, 10),
    "train_size must be positive and finite, not 0": lambda: Adding(5, 0, 10),
    "test_size must be positive and finite, not 0": lambda: Adding(5, None, 0),
    "unknown pixel order 'random'; known: sequential, permuted": lambda: PixelMnist("random", 1, "mnist", 1, 1),
    "unknown pixel MNIST source 'web'; known: embedded, mnist": lambda: PixelMnist("permuted", 1, "web", 1, 1),
    "pooling must divide 28, not 3": lambda: PixelMnist("permuted", 3, "mnist", 1, 1),
    "pooling must divide 28, not 0": lambda: PixelMnist("permuted", 0, "mnist", 1, 1),
    "unknown bAbI source 'web'; known: simulated, files": lambda: Babi(1, "web", 1, 1),
    f"unknown bAbI task 0; known: {', '.join(map(str, range(1, 21)))}": lambda: Babi(0, "simulated", 1, 1),
    f"unknown bAbI task 21; known: {', '.join(map(str, range(1, 21)))}": lambda: Babi(21, "files", 1, 1),
    "unknown reading of 'concatenated' 'sum'; known: state, time": lambda: Babi(1, "files", 1, 1, "sum"),
    "batch_size must be positive and finite, not 0": lambda: dataclasses.replace(RECIPE, batch_size=0),
    "updates must be positive and finite, not 0": lambda: dataclasses.replace(RECIPE, updates=0),
    "evaluations must lie between 1 and updates=10, not 11": lambda: dataclasses.replace(RECIPE, evaluations=11),
    f"unknown text 'web'; known: {', '.join(TEXT_SOURCES)}": lambda: Language("web", 10, 5, 8, 4),
    "a vocabulary has at least 2 words, not 1": lambda: Language("stories", 1, 5, 8, 4),
    "interim_test_size must lie between 1 and test_size=4, not 5": lambda: Language("stories", 9, 5, 8, 4, interim_test_size=5),
    "the cutoffs of a softmax rise and lie below the 9 words, unlike (3, 9)": lambda: Language("stories", 9, 5, 8, 4, cutoffs=(3, 9)),
    "the cutoffs of a softmax rise and lie below the 9 words, unlike (3, 2)": lambda: Language("stories", 9, 5, 8, 4, cutoffs=(3, 2)),
    f"unknown speech 'radio'; known: {', '.join(SPEECH_SOURCES)}": lambda: Speech("radio", 5, 8, 4),
    "frames must be positive and finite, not 0": lambda: Speech("espeak", 0, 8, 4),
    "early_evaluations must lie between 0 and 0.2 x updates=10, not 3": lambda: dataclasses.replace(RECIPE, early_evaluations=3),
    "evaluations must lie between 1 and updates=10, not 0": lambda: dataclasses.replace(RECIPE, evaluations=0),
    "patience must be positive and finite, not 0": lambda: dataclasses.replace(RECIPE, patience=0),
    "estimation_error is measured on a stack that reads h_T, on adding and pixel MNIST alone; leave it False": lambda: dataclasses.replace(
        RECIPE, task=Babi(1, "files", 1, 1), estimation_error=True
    ),
    "gradient_norms are measured on one layer that reads h_T, on adding and pixel MNIST alone; leave them False": lambda: (
        dataclasses.replace(RECIPE, network=Network("rin", 2), gradient_norms=True)
    ),
    "interim_test_size must lie between 1 and test_size=10, not 11": lambda: PixelMnist("permuted", 1, "mnist", 10, 10, 11),
    "interim_test_size must lie between 1 and test_size=10, not 0": lambda: PixelMnist("permuted", 1, "mnist", 10, 10, 0),
    "patience may end a run before its last evaluation, the one on all test images; leave interim_test_size None": lambda: (
        dataclasses.replace(RECIPE, task=PixelMnist("permuted", 1, "mnist", 10, 10, 5), patience=2)
    ),
}


@pytest.mark.parametrize("message", IMPOSSIBLE)
def test_an_impossible_recipe_is_refused_in_one_line(message):
    with pytest.raises(RecipeError) as caught:
        IMPOSSIBLE[message]()
    assert str(caught.value) == message


# --- Labels and trials ---


@pytest.mark.parametrize(
    ("task", "network", "label"),
    [
        (Adding(50, None, 10), Network("rin"), "adding T=50 rin 1-100"),
        (PixelMnist("permuted", 2, "mnist", 1, 1), Network("lstm", 2, 200), "permuted MNIST T=196 lstm 2-200"),
        (Babi(15, "files", 1, 1), Network("irnn"), "bAbI 15 irnn 1-100"),
    ],
)
def test_labels_name_task_cell_and_network(task, network, label):
    training = dataclasses.replace(RECIPE, task=task, network=network)
    assert training.label == label
    assert Trial(training, 3).label == f"{label} seed 3"


def test_a_probes_label_names_it_with_its_arguments():
    assert Probe("smoke", "dual-gate", (("cell", "gru"), ("length", 5))).label == "probe dual-gate cell=gru length=5"


@pytest.mark.parametrize(("pooling", "steps"), [(1, 784), (2, 196), (4, 49)])
def test_pooling_shortens_the_sequence(pooling, steps):
    assert PixelMnist("sequential", pooling, "mnist", 1, 1).steps == steps


def test_a_trials_address_is_its_digest_and_its_seed():
    assert Trial(RECIPE, 12).address == "f69b9e7ed4270dc0-12"
    with pytest.raises(ValueError, match=r"^a seed is a non-negative integer, not -1$"):
        Trial(RECIPE, -1)


@pytest.mark.parametrize("module", ["recipes", "trials"])
def test_the_claims_can_name_recipes_without_loading_torch(module):
    code = f"import sys, reproductions.{module}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_early_evaluations_come_on_top_of_the_regular_ones_and_the_last_update_is_always_one():
    """By hand: every 200th of 1,000 updates, and four times in the first fifth."""
    recipe = dataclasses.replace(RECIPE, updates=1_000, evaluations=5, early_evaluations=4)
    assert sorted(recipe.checkpoints) == [50, 100, 150, 200, 400, 600, 800, 1_000]
    assert sorted(dataclasses.replace(RECIPE, updates=7, evaluations=3).checkpoints) == [2, 4, 7]
