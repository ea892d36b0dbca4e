"""TIMIT is read as the LDC distributes it, from a miniature that the tests write."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from speech_files import PHONES, RATE, miniature_timit, phn, riff, sphere, spoken

from reproductions.data_files import DataError
from reproductions.speech import timit
from reproductions.step_tasks import Speech
from reproductions.tasks.speech import UNSCORED, SpeechProblem

FOLDED = ("sil", "sh", "ih", "hh", "eh", "sil", "jh", None, "ih", "sil")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder named by RIN_CLAIMS_DATA."""
    monkeypatch.setenv("RIN_CLAIMS_DATA", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("wav", ["sphere", "riff"])
@pytest.mark.parametrize("lower", [False, True])
def test_training_and_core_test_are_read_in_either_case_and_format_without_dialect_sentences(data: Path, lower: bool, wav: str) -> None:
    miniature_timit(data, lower, wav)
    train, test = timit.corpus()
    assert sorted({one.speaker for one in train}) == ["fcjf0", "mabc0"]
    assert {one.speaker for one in test} == {"mdab0"}  # fxyz0 is in the test set and not in its core
    assert (len(train), len(test)) == (6, 3)  # three sentences a speaker, the dialect sentence left out
    assert {one.phones for one in train} == {FOLDED}
    assert train[0].rate == RATE
    assert any(np.array_equal(train[0].samples, spoken(seed)) for seed in range(20))


@pytest.mark.parametrize("nested", ["timit", "TIMIT", "timit/TIMIT", "TIMIT/timit"])
def test_the_corpus_may_lie_one_folder_deeper(data: Path, nested: str) -> None:
    miniature_timit(data / "elsewhere")
    (data / nested).parent.mkdir(exist_ok=True)
    (data / "elsewhere" / "timit").rename(data / nested)
    assert len(timit.corpus()[0]) == 6


def test_of_the_free_sample_every_fourth_speaker_tests(data: Path) -> None:
    for number in range(8):
        folder = data / "timit" / f"dr{number % 8 + 1}-fab{number}0"
        folder.mkdir(parents=True)
        for sentence in ("sa1", "si2"):
            (folder / f"{sentence}.wav").write_bytes(riff(spoken(number)))
            (folder / f"{sentence}.phn").write_text(phn())
    train, test = timit.corpus()
    assert [one.speaker for one in test] == ["fab30", "fab70"]
    assert len(train) == 6


def test_the_61_phones_fold_to_39() -> None:
    """Lee and Hon (1989): 61 phones, of which q is dropped."""
    kept = {phone for phone in timit.KEPT if phone != timit.SILENCE}
    assert len(timit.KEPT) == 39
    assert len(kept | timit.FOLDED.keys()) == 61
    assert set(timit.FOLDED.values()) <= {*timit.KEPT, None}
    assert len(set(timit.CORE_TEST)) == 24
    assert sum(name.startswith("f") for name in timit.CORE_TEST) == 8  # a woman of each region


def test_a_frame_has_the_phone_at_its_centre_and_a_glottal_stop_is_not_scored(data: Path) -> None:
    """Phones of 1,600 samples; frame t has its centre at 160 t + 200."""
    miniature_timit(data)
    problem = SpeechProblem(Speech("timit", 120, 6, 3))
    labels = problem.targets(3)
    names = [FOLDED[(160 * frame + 200) // 1_600] for frame in range(98)]  # (16,000 - 400) // 160 + 1 frames
    expected = [UNSCORED if name is None else problem.phones.index(name) for name in names]
    assert labels[:98].T.tolist() == [expected] * 3
    assert (labels[98:] == UNSCORED).all()
    assert not problem.samples(3)[98:].any()


@pytest.mark.parametrize("order", ["01", "10"])
def test_a_sphere_file_is_read_in_either_byte_order(order: str) -> None:
    samples = np.array([0, 1, -2, 300, -32_768], dtype=np.int16)
    rate, found = timit.read_waveform(sphere(samples, order), "x.wav")
    assert (rate, found.tolist()) == (RATE, samples.tolist())


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"\x1f\x8bwhatever", "x.wav is neither a NIST SPHERE nor a RIFF waveform"),
        (b"NIST_1A\n   10", "x.wav has a damaged NIST SPHERE header"),
        (sphere(np.zeros(9, dtype=np.int16), sample_count="many"), "x.wav has a damaged NIST SPHERE header"),
        (sphere(np.zeros(9, dtype=np.int16))[:-4], "x.wav announces 9 samples and holds 7"),
        (sphere(np.zeros(9, dtype=np.int16), sample_coding="pcm,embedded-shorten-v2.00"), "unpack it with `w_decode -o pcm`"),
        (sphere(np.zeros(9, dtype=np.int16), channel_count=2), "x.wav has 2 channels of 2 bytes, coded pcm"),
        (riff(np.zeros(8, dtype=np.int16), channels=2), "x.wav has 2 channels of 2 bytes"),
        (riff(np.zeros(8, dtype=np.int16))[:20], "x.wav is a damaged RIFF waveform"),
    ],
)
def test_a_waveform_that_cannot_be_read_is_named_in_one_line(content: bytes, complaint: str) -> None:
    with pytest.raises(DataError) as refused:
        timit.read_waveform(content, "x.wav")
    assert complaint in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "x.phn is empty"),
        ("0 10\n", "x.phn, line 1: a line reads '<first sample> <end> <phone>', not '0 10'"),
        ("0 10 h#\n10 20 xx\n", "x.phn, line 2: 'xx' is none of TIMIT's 61 phones"),
        ("10 20 h#\n0 10 s\n", "x.phn, line 2: the phone begins before the one above it"),
    ],
)
def test_phones_that_cannot_be_read_are_named_in_one_line(text: str, complaint: str) -> None:
    with pytest.raises(DataError) as refused:
        timit.read_phones(text, "x.phn")
    assert complaint in str(refused.value)


def test_a_missing_corpus_is_said_with_its_licence(data: Path) -> None:
    with pytest.raises(DataError) as refused:
        SpeechProblem(Speech("timit", 120, 6, 3))
    assert str(refused.value) == f"the corpus is missing; {timit.LICENCE}"
    (data / "timit").mkdir()
    assert timit.folder() is None


def test_a_recipe_that_reads_more_than_there_is_says_so(data: Path) -> None:
    miniature_timit(data)
    with pytest.raises(DataError, match="timit has 6 training utterances, fewer than the 7 that the recipe reads"):
        SpeechProblem(Speech("timit", 120, 7, 3))


def test_the_phones_of_the_miniature_are_all_of_timit_s() -> None:
    assert set(PHONES) <= timit.FOLDED.keys() | set(timit.KEPT)
