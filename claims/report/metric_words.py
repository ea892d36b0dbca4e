"""The names of metrics and curves in words: what a reader is shown in place of ``early_accuracy`` or ``eq1/layer2``."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping

# By the name that an outcome has it under. Of a layer's curve or metric the name stands before its slash.
WORDS: Mapping[str, str] = {
    "test_accuracy": "test accuracy",
    "train_accuracy": "training accuracy",
    "test_mse": "test error (mean square)",
    "test_loss": "test loss",
    "train_loss": "training loss",
    "early_accuracy": "mean test accuracy of the first fifth of training",
    "early_loss": "mean test loss of the first fifth of training",
    "train_loss_roughness": "roughness of the training loss",
    "spiked": "whether the training loss jumped",
    "updates_to_half_baseline": "updates until the error is half the baseline's",
    "updates_to_twice_chance": "updates until the accuracy is twice chance",
    "max_abs_error": "largest absolute error",
    "disagreement": "disagreement with the printed number",
    "log10_ratio": "logarithm of the ratio",
    "abs_log10_ratio": "size of the ratio's logarithm",
    "time_ratio": "ratio of the times",
    "frame_error_rate": "share of frames that are wrong",
    "eq1": "mean distance of the state from the last state",
    "eq3": "mean change of the state in a step",
    "variance": "variance of the state's change in a step",
    "variance_from_last": "variance of the state's distance from the last state",
    "largest_variance_from_last": "largest variance of the state's distance from the last state",
    "late_variance_ratio": "variance of the late steps against the steps before",
    "activation_scale": "size of the last state (root mean square)",
    "gradient_decades": "decades between the gradient of a step and of the last step",
    "first_gradient_decades": "decades between the gradient of the first step and of the last",
}
_NAME = re.compile(
    rf"(?<![\w/|])\|?({'|'.join(sorted(map(re.escape, WORDS), key=len, reverse=True))})(?:/layer(\d+))?(/output)?\|?(?![\w/|])"
)

_LOGARITHM = re.compile(r"\blog10 (of |decades of )?(?=[a-zA-Z|])")


@functools.lru_cache(maxsize=4096)
def worded(text: str) -> str:
    """Write ``text`` with every metric that WORDS has in words, and the layer it is of."""
    return _LOGARITHM.sub(_logarithm, _NAME.sub(_in_words, text))


def _in_words(match: re.Match[str]) -> str:
    size = "size of the " if match[0].startswith("|") else ""
    name, layer, output = match[1], match[2], match[3]
    if name == "variance" and not layer:  # a word of the language too
        return match[0]
    places = ", ".join(
        part for part in (f"layer {layer}" if layer and layer != "1" else "", "read from its output" if output else "") if part
    )
    return f"{size}{WORDS[name]}{f' ({places})' if places else ''}"


def _logarithm(match: re.Match[str]) -> str:
    return "the logarithm of " if match[1] == "of " else "decades of "
