"""Published content is read whatever it is wrapped in, and other content is refused in every wrapping."""

import gzip
import io
import os
import tarfile

import pytest

from reproductions import data_files, datasets, user_folders
from reproductions.data_files import content_name
from reproductions.wrappings import archived
from tests.unit.reproductions.datasets.dataset_files import IMAGES, LABELS, QA1, QA2, TEXTS, idx, pin, refusal

QA1_FILE, QA2_FILE = (name.rpartition("/")[2] for name in (QA1, QA2))
SMALL = {QA1_FILE: TEXTS[QA1], QA2_FILE: TEXTS[QA2]}
MNIST = {"t10k-images-idx3-ubyte": idx(IMAGES), "t10k-labels-idx1-ubyte": idx(LABELS)}
MNIST_WRAPPINGS = {
    "gzip": (lambda stem: f"{stem}.gz", gzip.compress),
    "raw": (lambda stem: stem, bytes),
    "raw with a dot in the name": (lambda stem: stem.replace("-idx", ".idx"), bytes),
    "raw under the name of the gzip file": (lambda stem: f"{stem}.gz", bytes),
    "gzip under the name of the raw file": (lambda stem: stem, gzip.compress),
}


@pytest.mark.parametrize("wrapping", MNIST_WRAPPINGS)
def test_digits_are_read_gzipped_or_not_and_checked_either_way(tiny_mnist, wrapping):
    name, wrap = MNIST_WRAPPINGS[wrapping]
    for path in tiny_mnist.iterdir():
        path.unlink()
    for stem, content in MNIST.items():
        (tiny_mnist / name(stem)).write_bytes(wrap(content))
    assert datasets.mnist("test")[1].tolist() == [7, 3]
    path = tiny_mnist / name("t10k-labels-idx1-ubyte")
    path.write_bytes(wrap(idx(LABELS[::-1])))
    line = refusal(datasets.mnist, "test")
    assert str(path) in line
    assert "the content has SHA-256" in line


def tarred(members, compressed):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz" if compressed else "w") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()


SPELLINGS = {
    "as published": "tasks_1-20_v1-2/en/{}",
    "from the folder": "./tasks_1-20_v1-2/en/{}",
    "another top folder": "babi-1.2/en/{}",
    "two top folders": "data/babi/en/{}",
    "the language alone": "en/{}",
    "no folder": "{}",
    "a folder of another name": "babi/{}",
    "backslashes": "tasks_1-20_v1-2\\en\\{}",
}


@pytest.mark.parametrize("name", ["tasks_1-20_v1-2.tar.gz", "tasks_1-20_v1-2_en.tgz", "babi_tasks_1-20_v1-2.tar", "babi.tar.gz"])
@pytest.mark.parametrize("compressed", [True, False], ids=["gzip", "plain"])
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_an_archive_is_read_gzipped_or_not_however_its_members_are_spelt(tiny_babi, name, compressed, spelling):
    members = {SPELLINGS[spelling].format(file): content for file, content in SMALL.items()}
    (tiny_babi.parent / name).write_bytes(tarred(members, compressed))
    assert datasets.babi_text(1, "train").encode() == TEXTS[QA1]
    assert datasets.babi_text(2, "test").encode() == TEXTS[QA2]


@pytest.mark.parametrize("order", [1, -1], ids=["english first", "english last"])
def test_texts_of_other_folders_do_not_stand_in_for_the_english_ones(tmp_path, order):
    members = {f"{folder}/{QA1_FILE}": folder.encode() for folder in ("en", "en-10k", "hn", "shuffled")}
    deep = {f"tasks_1-20_v1-2/{name}": content for name, content in members.items()}
    for given in (members, deep):
        path = tmp_path / "some.tar"
        path.write_bytes(tarred(dict(list(given.items())[::order]), compressed=False))
        assert archived(path, [QA1], 100) == {QA1: b"en"}
        assert archived(path, [QA2], 100) == {}


@pytest.mark.parametrize("inside", ["tasks_1-20_v1-2/en", "tasks_1-20_v1-2", "babi/tasks_1-20_v1-2/en", "babi/en", "babi", "en", "."])
def test_the_texts_may_lie_unpacked(tiny_babi, inside):
    place = tiny_babi.parent / inside
    place.mkdir(parents=True, exist_ok=True)
    for name, content in SMALL.items():
        (place / name).write_bytes(content)
    assert datasets.babi_text(1, "train").encode() == TEXTS[QA1]
    assert [str(path) for path in datasets.fetch("babi")] == [str(place)]
    (place / QA1_FILE).write_bytes(b"1 Mary went to the pub.\n")
    assert "the content has SHA-256" in refusal(datasets.babi_text, 1, "train")
    (place / QA1_FILE).unlink()
    assert "the folder has no such member" in refusal(datasets.babi_text, 1, "train")
    assert datasets.babi_text(2, "test").encode() == TEXTS[QA2]


@pytest.mark.parametrize("wrap", [lambda text: text.replace(b"\n", b"\r\n"), lambda text: b"\xef\xbb\xbf" + text], ids=["CRLF", "BOM"])
def test_texts_with_line_ends_of_another_platform_are_the_published_ones(tiny_babi, monkeypatch, wrap):
    monkeypatch.setattr(datasets, "_embedded_bytes", lambda: b"")
    for name, content in SMALL.items():
        (tiny_babi.parent / name).write_bytes(wrap(content))
    assert datasets.babi_text(1, "train").encode() == TEXTS[QA1]
    assert {row["state"] for row in datasets.status() if row["dataset"] == "babi"} == {"ok"}


def test_a_text_may_begin_with_a_byte_order_mark(folder, monkeypatch):
    pin(monkeypatch, **{"wikitext-2/valid.txt": b"the cat\nsat\n"})
    (folder / "valid.txt").write_bytes(b"\xef\xbb\xbfthe cat\r\nsat\r\n")
    assert datasets.wikitext_valid() == "the cat\nsat\n"


# --- One bad file among many ---


def unreadable(monkeypatch, *names):
    """Makes the system deny every look at a path that ends in one of ``names``: even root's."""

    def denying(function):
        def call(path, *args, **options):
            if str(path).endswith(names):
                raise PermissionError(13, os.strerror(13), str(path))
            return function(path, *args, **options)

        return call

    for function in ("open", "stat"):
        monkeypatch.setattr(datasets.Path, function, denying(getattr(datasets.Path, function)))


def test_one_unreadable_file_does_not_hide_the_state_of_the_others(tiny_mnist, monkeypatch):
    monkeypatch.setattr(datasets, "_embedded_bytes", lambda: b"")
    pin(monkeypatch, **MNIST, **TEXTS)
    for name, content in SMALL.items():
        (tiny_mnist.parent / name).write_bytes(content)
    unreadable(monkeypatch, "t10k-labels-idx1-ubyte.gz", QA1_FILE)
    states = {row["file"]: row["state"] for row in datasets.status() if row["dataset"] != "embedded"}
    assert states == {
        **dict.fromkeys(["train-images-idx3-ubyte", "train-labels-idx1-ubyte"], "missing"),
        "t10k-images-idx3-ubyte": "ok",
        "t10k-labels-idx1-ubyte": "altered",
        QA1: "altered",
        QA2: "ok",
        **{content_name(file): "missing" for file in data_files.DATASETS["wikitext-2"]},
    }
    assert sum("cannot be read (Permission denied)" in line for line in datasets.verify()) == 2


def test_a_folder_that_cannot_be_read_is_said_unless_another_one_has_the_file(tiny_mnist, tmp_path, monkeypatch):
    second = tmp_path / "second"
    second.mkdir()
    denied = "t10k-labels-idx1-ubyte.gz"
    unreadable(monkeypatch, f"mnist/{denied}")
    line = refusal(datasets.mnist, "test")
    assert f"{tiny_mnist} cannot be read (Permission denied); mend its permissions" in line
    (second / denied).write_bytes(gzip.compress(idx(LABELS)))
    monkeypatch.setenv("RIN_CLAIMS_DATA", os.pathsep.join([str(tiny_mnist.parent), str(second)]))
    assert datasets.mnist("test")[1].tolist() == [7, 3]


def test_fetching_names_every_altered_file_of_the_user(tiny_mnist, monkeypatch):
    monkeypatch.setitem(data_files.DATASETS, "mnist", tuple(map(data_files.mnist_file, MNIST)))
    for stem in MNIST:
        (tiny_mnist / f"{stem}.gz").write_bytes(gzip.compress(b"altered"))
    line = refusal(datasets.fetch, "mnist")
    assert all(str(tiny_mnist / f"{stem}.gz") in line for stem in MNIST)


# --- Without a home folder ---


def test_without_a_home_folder_data_in_a_named_folder_is_read(no_home, tiny_mnist, monkeypatch):
    monkeypatch.setattr(datasets, "_embedded_bytes", lambda: b"")
    assert datasets.mnist("test")[1].tolist() == [7, 3]
    assert len(datasets.verify()) == 5  # the training images and labels and the three texts, which are not there


@pytest.mark.usefixtures("no_home")
def test_without_a_home_folder_a_download_is_refused_in_one_line_with_the_options(monkeypatch):
    monkeypatch.setenv("RIN_CLAIMS_OFFLINE", "0")
    line = refusal(datasets.fetch, "babi")
    assert line == (
        "there is no home folder for a cache; set HOME or XDG_CACHE_HOME, or name the folders that hold the data sets in RIN_CLAIMS_DATA"
    )


def test_a_cache_folder_in_no_home_is_none(monkeypatch):
    monkeypatch.setattr(user_folders.platformdirs, "user_cache_path", lambda name: datasets.Path("~/.cache") / name)
    assert "HOME" in refusal(data_files.cache_folder)
