"""The speech features are torchaudio's, by numbers that it gave, and what formulas say of simple sounds."""

from __future__ import annotations

import numpy as np
import pytest

from reproductions.speech import log_mel

RATE = 16_000
N = np.arange(RATE // 2)
SOUND = 0.3 * np.sin(0.2 * N) + 0.2 * np.sin(1.3 * N + 0.5) + 0.05 * np.cos(2.9 * N)


def test_the_bands_are_those_of_torchaudio() -> None:
    """torchaudio 2.11.1: spectrogram(n_fft=512, win_length=400, hop_length=160, power=2), melscale_fbanks(257, 0, 8000, 40, 16000).

    It puts the window of 400 samples in the middle of 512, so that its first frame begins at sample 56.
    """
    bands = log_mel.log_mel(SOUND[56:], RATE)
    np.testing.assert_allclose(bands[3, [0, 5, 20, 39]], [-10.511589, -5.410417, -16.439345, 3.650508], atol=2e-5)
    np.testing.assert_allclose(bands[30, [1, 9, 30, 38]], [-9.087675, 5.003969, -11.278728, 2.25188], atol=2e-5)
    filters = log_mel.mel_filters(512, RATE)
    np.testing.assert_allclose(filters.sum(axis=0)[[0, 10, 39]], [1.32011050, 2.67105903, 16.09168571], rtol=1e-5)


def test_a_tone_is_loudest_in_the_band_around_it() -> None:
    """On the mel scale 1,000 Hz is 1,000 mel and 8,000 Hz 2,840, so that the 40 centres lie 69.3 mel apart."""
    tone = np.sin(2 * np.pi * 1_000 * N / RATE)
    bands = log_mel.log_mel(tone, RATE)
    assert set(bands.argmax(axis=1)) == {round(999.99 / (2840.02 / 41)) - 1}


def test_twice_as_loud_is_four_times_the_power_and_silence_has_a_logarithm() -> None:
    loud, quiet = (log_mel.log_mel(scale * SOUND, RATE) for scale in (2.0, 1.0))
    np.testing.assert_allclose(loud - quiet, np.log(4.0), atol=1e-6)
    assert (log_mel.log_mel(np.zeros(RATE), RATE) == np.log(log_mel.SMALLEST_POWER)).all()


def test_deltas_are_the_slope_and_ends_are_repeated() -> None:
    """By hand: of a line the slope, of 0, 0, 1, 1 the sums (1 x difference of neighbours + 2 x of those two away) / 10."""
    line = 3.0 * np.arange(20)[:, None] + np.array([[1.0, -5.0]])
    np.testing.assert_allclose(log_mel.deltas(line)[2:-2], 3.0)
    step = np.array([0.0, 0.0, 1.0, 1.0])[:, None]
    np.testing.assert_allclose(log_mel.deltas(step)[:, 0], [0.2, 0.3, 0.3, 0.2])


@pytest.mark.parametrize(("rate", "sizes"), [(16_000, (400, 160)), (22_050, (551, 220))])
def test_frames_of_25_ms_lie_every_10_ms_inside_the_waveform(rate: int, sizes: tuple[int, int]) -> None:
    window, step = log_mel.frame_sizes(rate)
    assert (window, step) == sizes
    assert [log_mel.frame_count(samples, rate) for samples in (0, window - 1, window, window + step - 1, window + step)] == [0, 0, 1, 1, 2]
    assert log_mel.features(np.zeros(window + 3 * step), rate).shape == (4, log_mel.FEATURES)
    assert log_mel.frame_centres(window + step, rate).tolist() == [window // 2, window // 2 + step]
