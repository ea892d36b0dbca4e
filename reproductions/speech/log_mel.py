"""Speech features: the logarithms of 40 mel bands, every 10 ms, and how they change.

A frame is 25 ms under a Hann window. Its power spectrum is summed by triangles that are equally wide on the mel scale of HTK, from 0 to
8,000 Hz. Frames lie inside the waveform.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BANDS = 40
FEATURES = 2 * BANDS  # the bands and their deltas
HIGHEST = 8_000.0  # Hz: half of TIMIT's rate
WINDOW_SECONDS, STEP_SECONDS = 0.025, 0.010
SMALLEST_POWER = 1e-10  # so that silence has a logarithm
DELTA_REACH = 2  # frames on either side

FloatArray = NDArray[np.float64]


def frame_sizes(rate: int) -> tuple[int, int]:
    """Return the samples of a window and of a step."""
    return round(WINDOW_SECONDS * rate), round(STEP_SECONDS * rate)


def frame_count(samples: int, rate: int) -> int:
    """Count the frames inside a waveform."""
    window, step = frame_sizes(rate)
    return max(0, 1 + (samples - window) // step)


def frame_centres(samples: int, rate: int) -> NDArray[np.int64]:
    """Return the sample in the middle of each frame, (frames,)."""
    window, step = frame_sizes(rate)
    return np.arange(frame_count(samples, rate)) * step + window // 2


def features(samples: FloatArray, rate: int) -> FloatArray:
    """Compute the features (frames, FEATURES) of a waveform with values in [-1, 1]."""
    bands = log_mel(samples, rate)
    return np.concatenate([bands, deltas(bands)], axis=1)


def log_mel(samples: FloatArray, rate: int) -> FloatArray:
    """Compute the logarithms of the mel bands, (frames, BANDS)."""
    window, step = frame_sizes(rate)
    size = 1 << (window - 1).bit_length()  # of the Fourier transform
    starts = np.arange(frame_count(len(samples), rate)) * step
    frames = samples[starts[:, None] + np.arange(window)]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)
    power = np.abs(np.fft.rfft(frames * hann, size)) ** 2
    return np.log(np.maximum(power @ mel_filters(size, rate), SMALLEST_POWER))


def mel_filters(size: int, rate: int) -> FloatArray:
    """Return the triangles (size // 2 + 1, BANDS) over the frequencies of a Fourier transform of ``size`` samples."""
    corners = _hertz(np.linspace(0.0, _mel(HIGHEST), BANDS + 2))
    frequencies = np.arange(size // 2 + 1) * rate / size
    rising = (frequencies[:, None] - corners[:-2]) / np.diff(corners)[:-1]
    falling = (corners[2:] - frequencies[:, None]) / np.diff(corners)[1:]
    return np.maximum(0.0, np.minimum(rising, falling))


def deltas(bands: FloatArray) -> FloatArray:
    """Return the slope of each band over the frames within DELTA_REACH, by least squares; the ends are repeated."""
    reach = np.arange(1, DELTA_REACH + 1)
    padded = np.pad(bands, ((DELTA_REACH, DELTA_REACH), (0, 0)), mode="edge")
    middle = np.arange(len(bands)) + DELTA_REACH
    rises = sum(step * (padded[middle + step] - padded[middle - step]) for step in reach)
    return np.asarray(rises / (2 * (reach**2).sum()))


def _mel(hertz: float) -> float:
    return float(2595.0 * np.log10(1.0 + hertz / 700.0))


def _hertz(mel: FloatArray) -> FloatArray:
    return 700.0 * (10.0 ** (mel / 2595.0) - 1.0)
