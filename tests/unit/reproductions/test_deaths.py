"""A trial in which processes of one run died is given up; the next run tries it again."""

import pytest

from reproductions.recipes import Probe
from reproductions.running import deaths
from reproductions.running.deaths import counted
from reproductions.running.executor import TrialError
from reproductions.trials import Trial

TRIAL = Trial(Probe("smoke", "dt-depth"), 3)


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setenv(deaths.RUN, "one")
    return tmp_path / "trial.runs"


def test_a_trial_is_given_up_after_two_deaths_and_by_every_process(path):
    for _ in range(deaths.MOST):
        with counted(TRIAL, path):
            assert path.exists()
            kept = path.read_text()
        path.write_text(kept)  # as a process leaves it that is killed meanwhile
    for _ in range(2):
        with pytest.raises(TrialError, match="the 2 processes that ran it were killed"), counted(TRIAL, path):
            raise AssertionError("it ran")


def test_deaths_of_another_run_and_marks_that_are_damaged_do_not_count(path, monkeypatch):
    for found in ("another 2", "one", "one two", ""):
        path.write_text(found)
        with counted(TRIAL, path):
            pass
    assert not path.exists()


def test_what_ends_with_an_error_has_not_died(path):
    with pytest.raises(RuntimeError), counted(TRIAL, path):
        raise RuntimeError
    assert not path.exists()


def test_a_run_of_one_process_counts_nothing(path, monkeypatch):
    monkeypatch.delenv(deaths.RUN)
    with counted(TRIAL, path):
        assert not path.exists()
