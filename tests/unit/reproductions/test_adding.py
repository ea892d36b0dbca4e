"""The adding problem's data is what section 3.1 describes, and its streams follow from its seed."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from reproductions.recipes import Adding
from reproductions.tasks import adding, build
from reproductions.tasks.adding import AddingProblem


def data(length=9, count=500, seed=0):
    return adding.generate(length, count, np.random.default_rng(seed))


# --- The data ---


@given(length=st.integers(2, 12), count=st.integers(1, 30), seed=st.integers(0, 1000))
@settings(max_examples=50, deadline=None)
def test_every_sequence_has_two_marks_and_its_target_is_the_sum_of_the_marked_numbers(length, count, seed):
    drawn = data(length, count, seed)
    inputs, targets = drawn.inputs().numpy(), drawn.targets().numpy()
    assert inputs.shape == (length, count, 2)
    assert targets.shape == (count,)
    numbers, mask = inputs[..., 0], inputs[..., 1]
    assert set(np.unique(mask)) <= {0.0, 1.0}
    assert (mask.sum(axis=0) == 2).all()
    assert (numbers >= 0).all()
    assert (numbers < 1).all()
    for b in range(count):
        first, second = (numbers[t, b] for t in range(length) if mask[t, b])
        assert targets[b] == np.float32(first + second)


def test_rows_are_picked_by_index_and_by_slice():
    drawn = data()
    rows = np.array([7, 3, 3])
    assert torch.equal(drawn.inputs(rows), drawn.inputs()[:, [7, 3, 3]])
    assert torch.equal(drawn.targets(rows), drawn.targets()[[7, 3, 3]])
    assert torch.equal(drawn.inputs(slice(2, 5)), drawn.inputs()[:, 2:5])


def test_numbers_are_uniform():
    values = data(count=2_000).values
    assert values.dtype == np.float32
    assert stats.kstest(values.ravel(), "uniform").pvalue > 1e-4


def test_marked_positions_are_uniform_over_all_ordered_pairs_of_distinct_steps():
    length, count = 7, 20_000
    first, second = data(length, count).positions.T
    pairs = np.zeros((length, length))
    np.add.at(pairs, (first, second), 1)
    assert not pairs.diagonal().any()
    assert stats.chisquare(pairs[~np.eye(length, dtype=bool)]).pvalue > 1e-4  # 42 equally likely pairs


def test_a_sequence_of_two_numbers_asks_for_their_sum():
    drawn = data(length=2)
    assert torch.equal(drawn.targets(), drawn.inputs()[..., 0].sum(dim=0))


def test_predicting_one_costs_a_sixth():
    count = 200_000
    squared = (data(length=5, count=count).targets().double() - 1).square()
    # the sum of two U(0, 1) has variance 2/12 and fourth central moment 1/15, so a squared error has variance 1/15 - 1/36
    standard_error = ((1 / 15 - 1 / 36) / count) ** 0.5
    assert abs(squared.mean().item() - 1 / 6) < 4 * standard_error
    assert math.isclose(adding.BASELINE_MSE, 1 / 12 + 1 / 12)
    assert round(adding.BASELINE_MSE, 3) == 0.167  # as section 3.1 prints it


# --- The problem of a seed ---

TASK = Adding(length=8, train_size=60, test_size=30)


def training_set(problem):
    return problem.batch(torch.arange(60))


def test_a_seed_fixes_the_data_and_another_seed_changes_it():
    first, again, other = build(TASK, 1), build(TASK, 1), build(TASK, 2)
    for sample in (training_set, lambda problem: (problem.samples(30),)):
        assert all(torch.equal(a, b) for a, b in zip(sample(first), sample(again), strict=True))
        assert not any(torch.equal(a, b) for a, b in zip(sample(first), sample(other), strict=True))


def test_training_and_test_sequences_are_different():
    same_size = AddingProblem(Adding(length=8, train_size=40, test_size=40), 1)
    train, test = same_size.batch(torch.arange(40))[0], same_size.samples(40)
    assert train.shape == test.shape
    assert not (train[..., 0].T.unsqueeze(1) == test[..., 0].T.unsqueeze(0)).all(dim=2).any()  # no sequence is in both


def test_a_batch_is_made_of_the_rows_asked_for():
    problem = build(TASK, 1)
    inputs, targets = training_set(problem)
    some, some_targets = problem.batch(torch.tensor([5, 59, 0]))
    assert torch.equal(some, inputs[:, [5, 59, 0]])
    assert torch.equal(some_targets, targets[[5, 59, 0]])


def test_streamed_batches_are_new_at_every_update_and_the_same_for_every_arm_of_a_seed():
    def stream(seed):
        problem = build(Adding(8, None, 10), seed)
        return [problem.fresh_batch(16, update)[0] for update in (1, 2, 3)]

    first, again, other = stream(1), stream(1), stream(2)
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not any(torch.equal(a, b) for a, b in zip(first, other, strict=True))
    numbers = torch.cat([batch[..., 0] for batch in first], dim=1).T
    assert len(torch.unique(numbers, dim=0)) == 48  # no sequence twice


def test_the_stream_and_the_test_set_do_not_share_sequences():
    problem = build(Adding(8, None, 16), 1)
    assert not torch.equal(problem.fresh_batch(16, 1)[0], problem.samples(16))


# --- Loss and metrics ---


def test_the_loss_is_the_mean_squared_error():
    loss = build(TASK, 1).loss(torch.tensor([[1.0], [0.5], [2.0]]), torch.tensor([1.0, 1.0, 1.0]))
    assert loss.item() == pytest.approx((0 + 0.25 + 1) / 3)


@pytest.mark.parametrize("chunk", [1, 7, 1000])
def test_the_test_metric_is_the_mean_over_all_test_sequences_however_they_are_chunked(monkeypatch, chunk):
    monkeypatch.setattr(adding, "EVALUATION_BATCH", chunk)
    problem = build(TASK, 1)

    def first_number(inputs):  # a model that answers with the first number of each sequence
        return inputs[0, :, :1]

    x = problem.samples(30).numpy()
    errors = [(x[0, b, 0] - (x[:, b, 0] * x[:, b, 1]).sum()) ** 2 for b in range(30)]
    assert problem.evaluate(first_number) == {"test_mse": pytest.approx(np.mean(errors), rel=1e-6)}
