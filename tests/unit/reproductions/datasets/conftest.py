"""Where the tests of this folder keep data: nowhere near the user's own, and without a network."""

import gzip

import pytest

from reproductions import data_files, user_folders
from tests.unit.reproductions.datasets.dataset_files import IMAGES, LABELS, TEXTS, idx, pin


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty cache, no data folder, no network."""
    monkeypatch.setattr(user_folders.platformdirs, "user_cache_path", lambda name: tmp_path / "cache" / name)
    monkeypatch.delenv("RIN_CLAIMS_DATA", raising=False)
    monkeypatch.setenv("RIN_CLAIMS_OFFLINE", "1")
    return tmp_path / "cache" / "rin-claims"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder named by RIN_CLAIMS_DATA."""
    folder = tmp_path / "data"
    folder.mkdir()
    monkeypatch.setenv("RIN_CLAIMS_DATA", str(folder))
    return folder


@pytest.fixture
def tiny_mnist(folder, monkeypatch):
    """A published MNIST of two test images, in the folder's mnist/."""
    contents = {"t10k-images-idx3-ubyte": idx(IMAGES), "t10k-labels-idx1-ubyte": idx(LABELS)}
    pin(monkeypatch, **contents)
    monkeypatch.setitem(data_files.MNIST_FILES, "test", ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", 2))
    (folder / "mnist").mkdir()
    for name, content in contents.items():
        (folder / "mnist" / f"{name}.gz").write_bytes(gzip.compress(content))
    return folder / "mnist"


@pytest.fixture
def tiny_babi(folder, monkeypatch):
    """A published bAbI of two texts; the archive is still to be written at the path."""
    pin(monkeypatch, **TEXTS)
    return folder / "tasks_1-20_v1-2.tar.gz"
