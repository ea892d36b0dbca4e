"""Published content in whatever wrapping: gzip or none, an archive or a folder, line ends of another platform.

Nothing is unpacked onto the disk. The reader of the content compares it with its checksum, so no wrapping needs to be trusted.
"""

from __future__ import annotations

import gzip
import tarfile
import zlib
from collections.abc import Collection
from pathlib import Path, PurePosixPath
from typing import IO

GZIP = b"\x1f\x8b"  # what a gzip file begins with (RFC 1952)
BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # of UTF-8


class WrappingError(ValueError):
    """A file that cannot be read, in one line that names it; the caller adds the remedy."""


def unwrapped(content: bytes) -> bytes:
    """Return a text's bytes without a byte-order mark and with ``\\n`` at the end of every line."""
    return content.removeprefix(BYTE_ORDER_MARK).replace(b"\r\n", b"\n")


def uncompressed(path: Path, limit: int) -> bytes:
    """Return the content of a file, gzipped or not, of at most ``limit`` bytes. Raises WrappingError."""
    try:
        with _opened(path) as stream:
            content = stream.read(limit + 1)
    except (EOFError, OSError, zlib.error) as error:
        raise WrappingError(_problem(path, "gzip file", error)) from error
    if len(content) > limit:
        raise WrappingError(f"{path} unpacks to more than {limit} bytes, which no published file does")
    return content


def archived(path: Path, wanted: Collection[str], limit: int) -> dict[str, bytes]:
    """Return the files of a tar archive, gzipped or not, that are ``wanted``, by their wanted names.

    ``folder/name`` is also found as ``name`` or ``other/name`` if the archive has no ``folder``, with any folders above ``folder``. The
    whole archive is refused if a name leaves the archive, or if a wanted member is no regular file of at most ``limit`` bytes. Raises
    WrappingError.
    """
    known = {PurePosixPath(name).parts[-2:]: name for name in wanted}
    alone = {file: name for (_, file), name in known.items()}
    found: dict[str, bytes] = {}
    try:
        with _opened(path) as stream, tarfile.open(fileobj=stream, mode="r:") as archive:
            for member in archive:
                place = PurePosixPath(member.name.replace("\\", "/"))
                if place.is_absolute() or ".." in place.parts:
                    raise WrappingError(f"{path} has a member outside its own folder ({member.name!r})")
                name = known.get(place.parts[-2:])
                if len(place.parts) <= 2 and alone.get(place.name) not in found:  # what is there already is from the wanted folder
                    name = name or alone.get(place.name)
                if name is None:
                    continue
                if not member.isreg() or member.size > limit:
                    raise WrappingError(f"{path}: {member.name} is no regular file of at most {limit} bytes")
                content = archive.extractfile(member)
                assert content is not None  # it is a regular file
                found[name] = content.read()
            while stream.read(2**20):
                pass  # to the end, where gzip keeps its own checksum: tarfile stops before it
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise WrappingError(_problem(path, "tar.gz archive, nor a tar archive", error)) from error
    return found


def one_line(error: BaseException) -> str:
    """Return an error's type and message in one line of moderate length."""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"


def _opened(path: Path) -> IO[bytes]:
    with path.open("rb") as stream:
        zipped = stream.read(len(GZIP)) == GZIP
    return gzip.open(path) if zipped else path.open("rb")


def _problem(path: Path, kind: str, error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:  # of the system, and not of the content
        return f"{path} cannot be read ({error.strerror})"
    return f"{path} is truncated or no {kind} ({one_line(error)})"
