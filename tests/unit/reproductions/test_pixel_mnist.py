"""Pixel MNIST reads the right pixels in the right order, once, and keeps training and test digits apart."""

import hashlib
import math

import numpy as np
import pytest
import torch

from reproductions import data_files, datasets
from reproductions.recipes import PixelMnist
from reproductions.tasks import build, pixel_mnist

STEPS = (49, 196, 784)


def images(n=3, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, 28, 28), dtype=np.uint8)


def task(order="sequential", pooling=4, train_size=300, test_size=200):
    return PixelMnist(order, pooling, "embedded", train_size, test_size)


# --- Pixels ---


@pytest.mark.parametrize("pooling", [1, 2, 4])
def test_a_sequence_holds_the_block_means_row_by_row_from_the_top_left(pooling):
    pictures, side = images(), 28 // pooling
    expected = np.zeros((len(pictures), side * side))
    for n, picture in enumerate(pictures):
        for row in range(side):
            for column in range(side):
                block = [int(picture[row * pooling + i, column * pooling + j]) / 255 for i in range(pooling) for j in range(pooling)]
                expected[n, row * side + column] = sum(block) / len(block)
    sequences = pixel_mnist.pixels(pictures, pooling, "sequential")
    assert sequences.dtype == np.float32
    np.testing.assert_allclose(sequences, expected, rtol=1e-6)


def test_pixels_range_from_zero_to_exactly_one():
    assert pixel_mnist.pixels(np.full((1, 28, 28), 255, dtype=np.uint8), 2, "sequential").tolist() == [[1.0] * 196]
    assert not pixel_mnist.pixels(np.zeros((1, 28, 28), dtype=np.uint8), 2, "sequential").any()


@pytest.mark.parametrize("pooling", [1, 2, 4])
def test_permuted_pixels_are_the_sequential_ones_in_the_stored_order(pooling):
    sequential, permuted = (pixel_mnist.pixels(images(), pooling, order) for order in ("sequential", "permuted"))
    order = pixel_mnist.permutation(sequential.shape[1])
    assert [permuted[1, t] for t in range(10)] == [sequential[1, order[t]] for t in range(10)]
    assert np.array_equal(permuted[:, np.argsort(order)], sequential)


def test_the_sequence_comes_first_and_the_batch_second():
    inputs = pixel_mnist.as_sequence(torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]))
    assert inputs.tolist() == [[[1.0], [4.0]], [[2.0], [5.0]], [[3.0], [6.0]]]


# --- The permutation ---


@pytest.mark.parametrize("steps", STEPS)
def test_the_stored_permutation_is_a_permutation_and_the_one_that_was_drawn(steps):
    order = pixel_mnist.permutation(steps)
    assert sorted(order) == list(range(steps))
    assert not np.array_equal(order, np.arange(steps))
    assert np.array_equal(order, pixel_mnist.draw_permutation(steps))


def test_an_altered_permutation_file_is_refused_in_one_line(monkeypatch):
    monkeypatch.setitem(pixel_mnist.PERMUTATION_SHA256, 196, "0" * 64)
    with pytest.raises(data_files.DataError, match=r"^permutation_196\.txt was altered .*reinstall$"):
        pixel_mnist.pixels(images(), 2, "permuted")


def test_a_length_without_a_stored_permutation_is_refused_in_one_line():
    with pytest.raises(data_files.DataError, match=r"^no stored permutation of 16 pixels; stored: 49, 196, 784$"):
        pixel_mnist.pixels(images(), 7, "permuted")


@pytest.mark.parametrize("seed", [0, 1])
def test_training_and_test_digits_are_permuted_alike_for_every_seed(seed):
    sequential, permuted = build(task(), seed), build(task("permuted"), seed)
    order = torch.from_numpy(pixel_mnist.permutation(49))
    rows = torch.arange(50)
    assert torch.equal(permuted.batch(rows)[0], sequential.batch(rows)[0][order])
    assert torch.equal(permuted.samples(50), sequential.samples(50)[order])
    assert torch.equal(permuted.batch(rows)[1], sequential.batch(rows)[1])


# --- Which digits ---


def hashes(pictures):
    return [hashlib.sha256(picture.tobytes()).hexdigest() for picture in pictures]


def test_no_embedded_digit_is_in_both_training_and_test():
    train, _, test, _ = pixel_mnist.load("embedded", 4_000, 1_000)
    assert len(train) == 4_000
    assert len(test) == 1_000
    assert not set(hashes(train)) & set(hashes(test))


def test_every_embedded_digit_keeps_its_label():
    pictures, labels = datasets.embedded_mnist()
    label_of = dict(zip(hashes(pictures), labels.tolist(), strict=True))
    train, train_labels, test, test_labels = pixel_mnist.load("embedded", 4_000, 1_000)
    assert [label_of[name] for name in hashes(train)] == train_labels.tolist()
    assert [label_of[name] for name in hashes(test)] == test_labels.tolist()


def test_embedded_splits_are_shuffled_and_fixed():
    train, labels, test, test_labels = pixel_mnist.load("embedded", 1_000, 500)
    again = pixel_mnist.load("embedded", 1_000, 500)
    assert all(np.array_equal(a, b) for a, b in zip((train, labels, test, test_labels), again, strict=True))
    assert np.bincount(labels, minlength=10).min() > 60  # about 100 each; the package's file is sorted by label
    assert np.bincount(test_labels, minlength=10).min() > 25


def test_a_larger_training_set_keeps_the_test_digits():
    assert hashes(pixel_mnist.load("embedded", 100, 300)[2]) == hashes(pixel_mnist.load("embedded", 4_000, 300)[2])


def test_asking_for_more_digits_than_there_are_is_refused_in_one_line(monkeypatch):
    with pytest.raises(data_files.DataError, match=r"^the embedded digits number 5000, fewer than 4500 \+ 501$"):
        pixel_mnist.load("embedded", 4_500, 501)
    monkeypatch.setattr(datasets, "mnist", lambda split: (images(4), np.zeros(4, dtype=np.uint8)))
    with pytest.raises(data_files.DataError, match=r"^MNIST has 4 training and 4 test images, not 5 and 2$"):
        pixel_mnist.load("mnist", 5, 2)


def test_the_full_data_set_keeps_its_published_splits(monkeypatch):
    published = {"train": (images(6, 1), np.arange(6, dtype=np.uint8)), "test": (images(5, 2), np.arange(5, dtype=np.uint8) + 5)}
    monkeypatch.setattr(datasets, "mnist", published.__getitem__)
    train, train_labels, test, test_labels = pixel_mnist.load("mnist", 4, 3)
    assert np.array_equal(train, published["train"][0][:4])
    assert np.array_equal(test, published["test"][0][:3])
    assert train_labels.tolist() == [0, 1, 2, 3]
    assert test_labels.tolist() == [5, 6, 7]


# --- Loss and metrics ---


def test_the_loss_is_the_mean_cross_entropy_of_a_softmax():
    scores = torch.tensor([[0.0, math.log(3)], [0.0, 0.0]])
    # softmax (1/4, 3/4) and (1/2, 1/2); labels 1 and 0
    assert build(task(), 0).loss(scores, torch.tensor([1, 0])).item() == pytest.approx((math.log(4 / 3) + math.log(2)) / 2)


@pytest.mark.parametrize("chunk", [1, 64, 500])
def test_test_metrics_are_means_over_all_test_digits_however_they_are_chunked(monkeypatch, chunk):
    monkeypatch.setattr(pixel_mnist, "EVALUATION_BATCH", chunk)

    def always_three(inputs):  # probability 1/2 for the digit 3, 1/18 for each other
        scores = torch.zeros(inputs.shape[1], 10)
        scores[:, 3] = math.log(9)
        return scores

    labels = pixel_mnist.load("embedded", 300, 200)[3]
    threes = int((labels == 3).sum())
    assert build(task(), 0).evaluate(always_three) == {
        "test_loss": pytest.approx((threes * math.log(2) + (200 - threes) * math.log(18)) / 200, rel=1e-6),
        "test_accuracy": pytest.approx(threes / 2),
        "train_accuracy": pytest.approx(100 * float((pixel_mnist.load("embedded", 300, 200)[1] == 3).mean())),
    }


def test_the_training_accuracy_is_of_the_first_training_images(monkeypatch):
    monkeypatch.setattr(pixel_mnist, "TRAIN_SCORED", 7)
    problem = build(task(), 0)
    labels = pixel_mnist.load("embedded", 300, 200)[1][:7]
    right = iter([torch.arange(200) % 10, torch.from_numpy(labels.astype(np.int64))])  # scores of the test, then of the training images

    def says(inputs):
        return torch.nn.functional.one_hot(next(right)[: inputs.shape[1]], 10).float()

    assert problem.evaluate(says)["train_accuracy"] == 100
