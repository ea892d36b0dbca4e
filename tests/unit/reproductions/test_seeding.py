"""Streams are pinned for ever: stored outcomes and recorded draws rest on them."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from reproductions import seeding

KEY = ("adding", 0, "weights")
parts = st.lists(st.one_of(st.text(max_size=6), st.integers(-(10**6), 10**20)), min_size=1, max_size=5)


def test_the_key_is_hashed_with_the_type_and_the_length_of_every_part():
    assert seeding.key_digest(*KEY) == hashlib.sha256(b"s6:addingi1:0s7:weights").digest()
    assert seeding.key_digest("ä") == hashlib.sha256(b"s2:" + "ä".encode()).digest()


def test_numpy_streams_are_pinned():
    assert seeding.numpy_generator(*KEY).bit_generator.random_raw(3).tolist() == [
        5231340044383057279,
        7774330047501338835,
        2308182449863202938,
    ]


def test_numpy_streams_are_pcg64_seeded_with_the_whole_digest():
    entropy = int(hashlib.sha256(b"s6:addingi1:0s7:weights").hexdigest(), 16)
    assert seeding.numpy_generator(*KEY).random(4).tolist() == np.random.Generator(np.random.PCG64(entropy)).random(4).tolist()


def test_torch_streams_are_pinned():
    generator = seeding.torch_generator(*KEY)
    assert generator.initial_seed() == 0xD1D54315AD2D005D
    assert torch.randint(0, 2**62, (2,), generator=generator).tolist() == [3365462497262298708, 3573183659511600880]


@given(first=parts, second=parts)
def test_different_keys_have_different_digests(first, second):
    assert (seeding.key_digest(*first) == seeding.key_digest(*second)) == (list(map(typed, first)) == list(map(typed, second)))


def typed(part):
    return type(part), part


@pytest.mark.parametrize(("first", "second"), [(("a", "bc"), ("ab", "c")), ((1,), ("1",)), (("a",), ("a", "")), (("i1:1",), (1,))])
def test_parts_do_not_run_together(first, second):
    assert seeding.key_digest(*first) != seeding.key_digest(*second)


def test_a_stream_does_not_depend_on_what_another_one_drew():
    other = seeding.numpy_generator("adding", 0, "batches")
    other.random(1000)
    assert seeding.numpy_generator(*KEY).random() == seeding.numpy_generator(*KEY).random() != other.random()


def test_numpy_integers_name_the_same_stream_as_python_integers():
    assert seeding.key_digest("a", np.int64(3)) == seeding.key_digest("a", 3)


@pytest.mark.parametrize("key", [(), ("a", 1.0), ("a", True), ("a", None), (b"a",)])
def test_a_key_of_anything_but_text_and_integers_is_refused(key):
    with pytest.raises(TypeError):
        seeding.key_digest(*key)


@pytest.mark.parametrize(
    "module", ["seeding", "datasets", "store.outcomes", "checkpoint", "running.executor", "store.fingerprint", "store.environment"]
)
def test_what_the_claims_import_does_not_load_torch(module):
    code = f"import sys, reproductions.{module}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
