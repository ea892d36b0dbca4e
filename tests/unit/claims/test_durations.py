"""A duration is read as it was written, or refused in one line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.text import DurationError, about, duration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("9m", 540), ("1h30m", 5400), ("2h", 7200), ("1h1m1s", 3661), ("1h5s", 3605), ("0h2m", 120)]
)
def test_a_duration_is_the_sum_of_its_parts(text: str, seconds: float) -> None:
    assert parse_duration(text, "--time-budget") == seconds


@given(st.integers(0, 99), st.integers(0, 99), st.integers(0, 99))
def test_every_duration_in_order_is_read_and_no_other_order(hours: int, minutes: int, seconds: int) -> None:
    total = 3600 * hours + 60 * minutes + seconds
    text = f"{hours}h{minutes}m{seconds}s"
    if total:
        assert parse_duration(text, "x") == total
    else:
        with pytest.raises(DurationError):
            parse_duration(text, "x")
    with pytest.raises(DurationError, match="--time-budget takes a time such as 90s, 9m, 1h30m or 2h, not "):
        parse_duration(f"{seconds}s{minutes}m", "--time-budget")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.2, "under 1 s"),
        (40, "40 s"),
        (99, "99 s"),
        (100, "2 min"),
        (540, "9 min"),
        (5400, "1 h 30 min"),
        (7199, "2 h"),
        (172_800, "2 days"),
        (190_000, "2 days 5 h"),
    ],
)
def test_a_sentence_has_two_units_at_most(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_an_estimate_below_a_second_is_not_about_a_bound() -> None:
    assert (about(0.2), about(540)) == ("under 1 s", "about 9 min")
