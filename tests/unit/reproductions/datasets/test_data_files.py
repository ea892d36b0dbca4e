"""Only genuine data is used; anything else is refused in one line that says how to mend it."""

import gzip
import hashlib
import os
import tarfile

import numpy as np
import pytest

from reproductions import data_files, datasets
from tests.unit.reproductions.datasets.dataset_files import IMAGES, LABELS, QA1, QA2, TEXTS, archive, idx, pin, refusal


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


def test_a_file_is_read_once_and_again_where_it_was_replaced(tiny_mnist, monkeypatch):
    first = datasets.mnist("test")
    assert not any(array.flags.writeable for array in first)  # all trials of a process share them
    with monkeypatch.context() as patch:
        patch.setattr(datasets, "uncompressed", None)
        assert all(again is array for again, array in zip(datasets.mnist("test"), first, strict=True))
    (tiny_mnist / "t10k-labels-idx1-ubyte.gz").write_bytes(b"replaced")
    assert "t10k-labels-idx1-ubyte" in refusal(datasets.mnist, "test")


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


def test_a_text_is_read_from_either_name_and_checked_by_the_digest_that_is_known(folder, monkeypatch):
    content = b"= A title =\n some words \n"
    known = {"wikitext-2/valid.txt": hashlib.sha256(content).hexdigest(), "wikitext-2/train.txt": hashlib.sha1(content).hexdigest()}
    monkeypatch.setattr(data_files, "checksums", lambda: known)
    (folder / "wikitext-2").mkdir()
    (folder / "wikitext-2" / "wiki.valid.tokens").write_bytes(content.replace(b"\n", b"\r\n"))
    (folder / "wikitext-2" / "train.txt").write_bytes(content)
    assert datasets.wikitext_valid() == datasets.wikitext_train() == content.decode()
    (folder / "wikitext-2" / "train.txt").write_bytes(content + b" ")
    line = refusal(datasets.wikitext_train)
    assert hashlib.sha1(content + b" ").hexdigest() in line
    assert "SHA-1" in line
    assert "remove it, then run `rin-claims data fetch wikitext-2`" in line
