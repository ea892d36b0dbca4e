"""Small data sets as files, whole and spoilt, for the tests of this folder."""

import hashlib
import io
import struct
import tarfile

import numpy as np
import pytest

from reproductions import data_files
from reproductions.data_files import DataError

QA1 = data_files.BABI_FOLDER + "qa1_single-supporting-fact_train.txt"
QA2 = data_files.BABI_FOLDER + "qa2_two-supporting-facts_test.txt"
TEXTS = {QA1: b"1 Mary moved to the bathroom.\n2 Where is Mary? \tbathroom\t1\n", QA2: b"1 John went to the hallway.\n"}


def idx(array):
    """An IDX file written by hand."""
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


IMAGES = np.arange(2 * 28 * 28, dtype=np.uint32).astype(np.uint8).reshape(2, 28, 28)
LABELS = np.array([7, 3], dtype=np.uint8)


def pin(monkeypatch, **contents):
    """Makes these contents the published ones."""
    monkeypatch.setattr(data_files, "checksums", lambda: {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()})


def archive(path, members, kind=tarfile.REGTYPE):
    """A tar.gz with the given members, whatever their names; with another ``kind`` they are links to a file outside."""
    with tarfile.open(path, "w:gz") as stream:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.type, member.size = kind, len(content) if kind == tarfile.REGTYPE else 0
            member.linkname = "/etc/passwd"
            stream.addfile(member, io.BytesIO(content))
    return path


def refusal(call, *args):
    with pytest.raises(DataError) as caught:
        call(*args)
    line = str(caught.value)
    assert "\n" not in line
    return line
