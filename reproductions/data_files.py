"""The files of the data sets: their names, mirrors and checksums, and where they are on this machine.

A file is looked for in the folders of ``RIN_CLAIMS_DATA``, then in the user's cache. A folder may hold ``mnist/`` and ``babi/``, or the
files directly.
"""

from __future__ import annotations

import functools
import importlib.resources
import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from reproductions import user_folders
from reproductions.wrappings import unwrapped

BABI_FOLDER = "tasks_1-20_v1-2/en/"


class DataError(ValueError):
    """A data file that is missing, damaged or not the published one.

    The message names the file and the command that mends it.
    """


@dataclass(frozen=True)
class DataFile:
    """A file as it is distributed: its possible names, and the mirrors that hold it, tried in order.

    ``folders`` are the names of folders that may hold its content instead.
    """

    dataset: str
    names: tuple[str, ...]
    urls: tuple[str, ...]
    folders: tuple[str, ...] = ()


def mnist_file(stem: str) -> DataFile:
    name = stem + ".gz"
    # PyTorch's mirror, Google's CVDF mirror, the original site (often closed to programs)
    mirrors = (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
        "http://yann.lecun.com/exdb/mnist/",
    )
    unpacked = (stem, stem.replace("-idx", ".idx"))  # the second as some programs write it
    return DataFile("mnist", (name, *unpacked), tuple(mirror + name for mirror in mirrors))


MNIST_FILES = {  # split -> (images, labels), number of images
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", 60_000),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", 10_000),
}
BABI_ARCHIVE = DataFile(
    "babi",
    tuple(
        stem + suffix
        for suffix in (".tar.gz", ".tgz", ".tar")
        for stem in ("tasks_1-20_v1-2", "tasks_1-20_v1-2_en", "babi_tasks_1-20_v1-2", "babi")
    ),
    (  # the mirror of the Keras examples, Facebook's file server, the author's page, ParlAI's archive
        "https://s3.amazonaws.com/text-datasets/babi_tasks_1-20_v1-2.tar.gz",
        "https://dl.fbaipublicfiles.com/babi/tasks_1-20_v1-2.tar.gz",
        "http://www.thespermwhale.com/jaseweston/babi/tasks_1-20_v1-2.tar.gz",
        "http://parl.ai/downloads/babi/babi.tar.gz",
    ),
    ("tasks_1-20_v1-2/en", "tasks_1-20_v1-2", "tasks_1-20_v1-2_en/en", "tasks_1-20_v1-2_en", "en", ""),
)
WIKITEXT_PARTS = ("train", "valid", "test")
WIKITEXT_FOLDER = "wikitext-2/"  # before the names of its files in SHA256SUMS


def wikitext_file(part: str) -> DataFile:
    # the files of PyTorch's word_language_model example at one commit: from GitHub in two ways, and from a network that mirrors it
    commit = "77f55b912142e11fcfdf5b530231fb9c52f181e8"
    mirrors = (
        f"https://raw.githubusercontent.com/pytorch/examples/{commit}/",
        f"https://github.com/pytorch/examples/raw/{commit}/",
        f"https://cdn.jsdelivr.net/gh/pytorch/examples@{commit}/",
    )
    urls = tuple(f"{mirror}word_language_model/data/wikitext-2/{part}.txt" for mirror in mirrors)
    return DataFile("wikitext-2", (f"{part}.txt", f"wiki.{part}.tokens"), urls)


DATASETS: dict[str, tuple[DataFile, ...]] = {
    "mnist": tuple(mnist_file(stem) for images, labels, _ in MNIST_FILES.values() for stem in (images, labels)),
    "babi": (BABI_ARCHIVE,),
    "wikitext-2": tuple(wikitext_file(part) for part in WIKITEXT_PARTS),
}


def content_name(file: DataFile) -> str:
    """Return the name under which SHA256SUMS has the content of a file that is no archive."""
    return WIKITEXT_FOLDER + file.names[0] if file.dataset == "wikitext-2" else file.names[0].removesuffix(".gz")


@functools.cache
def checksums() -> dict[str, str]:
    """Read ``tasks/data/SHA256SUMS``: the SHA-256 of the uncompressed content, by file or archive member.

    Where no SHA-256 is known it is the SHA-1, which has 40 digits.
    """
    text = unwrapped(importlib.resources.files("reproductions").joinpath("tasks/data/SHA256SUMS").read_bytes()).decode()
    pairs = (line.split("  ", 1) for line in text.splitlines() if line and not line.startswith("#"))
    return {name: digest for digest, name in pairs}


def babi_members() -> list[str]:
    return [name for name in checksums() if name.startswith(BABI_FOLDER)]


# --- Finding ---


def cache_folder() -> Path:
    """Return the user's cache folder of the platform, where downloads go.

    Raises DataError if there is no home folder.
    """
    try:
        return user_folders.cache()
    except user_folders.NoHomeError as error:
        raise DataError(f"{error}, or name the folders that hold the data sets in RIN_CLAIMS_DATA") from error


def folders() -> list[Path]:
    """List the folders that may hold data: the folders of ``RIN_CLAIMS_DATA``, then the cache if there is one.

    Raises DataError if RIN_CLAIMS_DATA is wrong.
    """
    named = [Path(name) for name in os.environ.get("RIN_CLAIMS_DATA", "").split(os.pathsep) if name]
    for folder in named:
        if not os.path.isdir(folder):  # pathlib raises for a name that is too long
            raise DataError(f"RIN_CLAIMS_DATA names {folder}, which is not a folder; correct it or unset RIN_CLAIMS_DATA")
    try:
        return [*named, cache_folder()]
    except DataError:  # without a cache, what is in the folders can still be read
        return named


def find(file: DataFile) -> Path | None:
    """Find the first file, or folder of texts, that has one of the names.

    Returns None if there is none. Raises DataError if there is none and a folder could not be read.
    """
    denied, texts = None, {PurePosixPath(member).name for member in babi_members()}
    for place in (folder / sub for folder in folders() for sub in (file.dataset, "")):
        try:
            for path in (place / name for name in file.names):
                if path.is_file():
                    return path
            for path in (place / name for name in file.folders):
                if path.is_dir() and not texts.isdisjoint(os.listdir(path)):
                    return path
        except OSError as error:
            denied = denied or DataError(f"{place} cannot be read ({error.strerror}); mend its permissions or those of what it is in")
    if denied is not None:
        raise denied
    return None


def in_cache(path: Path) -> bool:
    try:
        return path.is_relative_to(cache_folder())
    except DataError:
        return False


def remedy(dataset: str, path: Path) -> str:
    first = "" if in_cache(path) else "remove it, then "
    return f"{first}run `rin-claims data fetch {dataset}`"
