"""Stacks, read-outs and the bAbI network compute what section 3 describes.

Arms of one seed start from what they can share.
"""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from reproductions import networks, tasks
from reproductions.networks import BabiNetwork, SequenceNetwork, StoryBatch, at_length, join_in_time
from reproductions.recipes import CELLS, Adding, Babi, Network, Optimizer, PixelMnist, Training

ADDING = Adding(10, 100, 10)
PIXELS = PixelMnist("sequential", 4, "embedded", 100, 10)
BABI = Babi(1, "simulated", 100, 10)


def streams(part):
    return torch.Generator().manual_seed(sum(part.encode()))


def recipe(task, cell="rin", layers=1, hidden=8):
    return Training("smoke", task, Network(cell, layers, hidden, embedding=6), Optimizer("adam", 1e-3), 32, 10, 1)


def built(own, seed=0):
    """The network that the recipe's task builds."""
    return tasks.build(own.task, seed).network(own, seed)


def randomised(network, seed=0):
    """``network`` in float64 with every parameter drawn from N(0, 0.4^2): biases, too, must matter."""
    draws = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in network.double().parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=draws, dtype=torch.float64) * 0.4)
    return network


# --- Stacks and read-outs ---


@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("cell", CELLS)
def test_a_network_is_its_layers_composed_and_a_linear_read_out_of_the_last_state(cell, layers):
    network = randomised(SequenceNetwork(cell, 2, 5, layers, 3, streams))
    inputs = torch.rand(7, 4, 2, dtype=torch.float64, generator=streams("inputs"))
    assert len(network.stack.layers) == layers
    states = inputs
    for layer in network.stack.layers:
        states = layer.states(states)[0]  # the reference forward
    last, weight, bias = (tensor.detach().numpy() for tensor in (states[-1], network.readout.weight, network.readout.bias))
    np.testing.assert_allclose(network.stack(inputs).detach().numpy(), states.detach().numpy(), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(network(inputs).detach().numpy(), last @ weight.T + bias, rtol=1e-10, atol=1e-12)


def test_upper_layers_read_the_outputs_of_the_layer_below():
    network = SequenceNetwork("lstm", 2, 5, 3, 1, streams)
    assert [layer.inputs for layer in network.stack.layers] == [2, 5, 5]


@pytest.mark.parametrize(("task", "inputs", "outputs"), [(ADDING, 2, 1), (PIXELS, 1, 10)])
def test_each_task_gets_a_network_of_its_own_width(task, inputs, outputs):
    network = built(recipe(task, layers=2))
    assert network.stack.layers[0].inputs == inputs
    assert network(torch.zeros(4, 3, inputs)).shape == (3, outputs)


def test_read_outs_start_glorot_uniform_with_bias_zero_and_embeddings_uniform():
    network = BabiNetwork("rin", words=150, classes=40, embedding=30, hidden=100, combine="state", streams=streams)
    bound = (6 / 140) ** 0.5  # sqrt(6 / (100 + 40))
    assert 0.99 * bound < network.readout.weight.abs().max() <= bound
    assert not network.readout.bias.any()
    assert network.embedding.shape == (150, 30)
    assert 0.99 * 0.05 < network.embedding.abs().max() <= 0.05
    assert abs(float(network.embedding.detach().mean())) < 4 * 0.05 / (3 * 4500) ** 0.5  # four standard errors of a U(-0.05, 0.05) mean


# --- Initial weights of a seed ---


def parameters(cell, seed=0, task=PIXELS, layers=2):
    return dict(built(recipe(task, cell, layers), seed).named_parameters())


def test_a_rin_and_an_irnn_of_one_seed_start_from_the_same_input_weights_and_read_out():
    rin, irnn = parameters("rin"), parameters("irnn")
    shared = [name for name in rin if not name.endswith(".U")]
    assert len(shared) == 6
    assert all(torch.equal(rin[name], irnn[name]) for name in shared)


def test_all_arms_of_one_seed_share_the_read_out_and_the_embedding():
    for name in ("read-out", "embedding"):
        attribute = {"read-out": "readout.weight", "embedding": "embedding"}[name]
        values = [parameters(cell, task=BABI, layers=1)[attribute] for cell in CELLS]
        assert all(torch.equal(value, values[0]) for value in values)


@pytest.mark.parametrize("cell", CELLS)
def test_the_same_seed_gives_the_same_weights_and_another_seed_others(cell):
    first, again, other = parameters(cell, 1), parameters(cell, 1), parameters(cell, 2)
    assert all(torch.equal(first[name], again[name]) for name in first)
    not_drawn = ("b", "b1", "b2", "bias", *(["U"] if cell in ("irnn", "irnn-0.01", "irnn-glorot", "irnn-0.01-glorot") else []))
    fixed = [name for name in first if name.split(".")[-1] in not_drawn]
    assert all(torch.equal(first[name], other[name]) == (name in fixed) for name in first)


def test_no_two_layers_start_alike():
    network = built(recipe(PIXELS, "rin", layers=3))
    recurrent = [layer.U for layer in network.stack.layers]
    assert not any(torch.equal(a, b) for a, b in ((recurrent[0], recurrent[1]), (recurrent[0], recurrent[2]), (recurrent[1], recurrent[2])))
    babi = built(recipe(BABI))
    assert not torch.equal(babi.story.W, babi.question.W)


@pytest.mark.parametrize("task", [ADDING, PIXELS, BABI])
def test_building_neither_uses_nor_disturbs_the_global_generator(task):
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = built(recipe(task), 5).state_dict()
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    second = built(recipe(task), 5).state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)


# --- The bAbI network (section 3.3) ---

WORDS, CLASSES, PAD = 11, 4, 0
STORIES = [[3, 1, 4, 1, 5], [9, 2], [6, 5, 3]]
QUESTIONS = [[5, 8], [9, 7, 9, 3], [2]]


def padded(rows, extra=0, fill=PAD):
    """Right-padded ids (B, longest + extra) and lengths (B,)."""
    longest = max(map(len, rows)) + extra
    return torch.tensor([[*row, *[fill] * (longest - len(row))] for row in rows]), torch.tensor([len(row) for row in rows])


def batch(stories=STORIES, questions=QUESTIONS, extra=0, fill=PAD):
    return StoryBatch(*padded(stories, extra, fill), *padded(questions, extra, fill))


def babi_network(cell, combine, seed=0):
    return randomised(BabiNetwork(cell, WORDS, CLASSES, 6, 5, combine, streams), seed)


def scores_of_one(network, story, question):
    """The network of section 3.3 for one unpadded question, layer by layer with the reference forward: (classes,)."""

    def last_outputs(cell, inputs):
        return cell.states(inputs.unsqueeze(1))[0][:, 0]

    remembered = last_outputs(network.story, network.embedding[story])
    asked = last_outputs(network.question, network.embedding[question])
    if network.combine == "state":
        joined = torch.stack([torch.cat([remembered[-1], step]) for step in asked])
    else:
        joined = torch.cat([remembered, asked])
    decoded = last_outputs(network.decoder, joined)
    return network.readout.weight @ decoded[-1] + network.readout.bias


@pytest.mark.parametrize("combine", ["state", "time"])
@pytest.mark.parametrize("cell", ["rin", "lstm"])
def test_a_padded_batch_scores_as_each_question_alone_without_padding(cell, combine):
    network = babi_network(cell, combine)
    expected = torch.stack([scores_of_one(network, story, question) for story, question in zip(STORIES, QUESTIONS, strict=True)])
    torch.testing.assert_close(network(batch()), expected, rtol=1e-10, atol=1e-12)
    assert expected.std(dim=0).min() > 1e-3  # the three questions do score differently


words = st.lists(st.integers(1, WORDS - 1), min_size=1, max_size=6)


@pytest.mark.parametrize("combine", ["state", "time"])
@given(pairs=st.lists(st.tuples(words, words), min_size=1, max_size=4), extra=st.integers(0, 3), fill=st.integers(0, WORDS - 1))
@settings(max_examples=25, deadline=None)
def test_neither_the_amount_nor_the_content_of_padding_changes_a_score(combine, pairs, extra, fill):
    network, (stories, questions) = babi_network("rin", combine), zip(*pairs, strict=True)
    with torch.no_grad():
        plain, stretched = network(batch(stories, questions)), network(batch(stories, questions, extra, fill))
    torch.testing.assert_close(stretched, plain, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("cell", CELLS)
def test_a_small_vocabulary_is_read_one_hot_with_the_same_scores_and_gradients_as_through_its_vectors(cell, monkeypatch):
    def scores_and_gradients(**patches):
        with monkeypatch.context() as patch:
            for name, value in patches.items():
                patch.setattr(networks, name, value)
            network = randomised(BabiNetwork(cell, WORDS, CLASSES, WORDS + 1, 5, "state", streams), seed=3).double()
            scores = network(batch())
            scores.square().sum().backward()
        return scores.detach(), {name: weight.grad for name, weight in network.named_parameters()}

    def through_vectors(cell, words, embedding):
        return networks.unroll(cell, torch.nn.functional.embedding(words, embedding))

    widths = []

    def watched(cell, inputs, last_only=False, unroll=networks.unroll):
        widths.append(inputs.shape[2])
        return unroll(cell, inputs, last_only)

    scores, gradients = scores_and_gradients(unroll=watched)
    assert widths[:2] == [WORDS, WORDS]  # one-hot, not vectors of WORDS + 1 entries
    expected, expected_gradients = scores_and_gradients(unroll_words=through_vectors)
    torch.testing.assert_close(scores, expected)
    assert all(gradient is not None for gradient in gradients.values())
    torch.testing.assert_close(gradients, expected_gradients)


@pytest.mark.parametrize("combine", ["state", "time"])
def test_padding_receives_no_gradient(combine):
    network = babi_network("rin", combine)
    network(batch(extra=2)).square().sum().backward()
    used = {word for row in STORIES + QUESTIONS for word in row}
    assert {word for word in range(WORDS) if network.embedding.grad[word].any()} == used


def test_the_two_readings_of_concatenated_differ():
    state, time = babi_network("rin", "state"), babi_network("rin", "time")
    assert state.decoder.inputs == 10
    assert time.decoder.inputs == 5


def test_at_length_picks_the_last_real_step():
    outputs = torch.arange(12.0).reshape(3, 2, 2)  # step t, sequence b: (4 t + 2 b, 4 t + 2 b + 1)
    assert at_length(outputs, torch.tensor([3, 1])).tolist() == [[8, 9], [2, 3]]


def test_join_in_time_puts_the_second_sequence_right_after_the_real_steps_of_the_first():
    first = torch.tensor([[1.0, 10.0], [2.0, 99.0], [3.0, 99.0]]).unsqueeze(2)  # sequences (1, 2, 3) and (10); 99 is padding
    second = torch.tensor([[4.0, 20.0], [99.0, 30.0]]).unsqueeze(2)  # (4) and (20, 30)
    joined = join_in_time(first, torch.tensor([3, 1]), second, torch.tensor([1, 2]))
    assert joined.shape == (4, 2, 1)
    assert joined[:, 0, 0].tolist() == [1, 2, 3, 4]
    assert joined[:3, 1, 0].tolist() == [10, 20, 30]
