"""Recorded draws are admitted whole: every field of the written rule is needed.

Each refusal is one line with a remedy.
"""

from __future__ import annotations

import copy
import dataclasses
import functools
import hashlib
import json
import os
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from claims import papers
from claims.papers.rin_2018 import protocol
from claims.run.demands import demands
from reference_results import Draw, RefusedDrawsError, admitted, draw_schema, recorded, recorded_draws
from reproductions import trials
from reproductions.recipe_data import as_data, digest
from reproductions.recipes import Probe
from reproductions.running import executor
from reproductions.store.outcomes import outcome_as_data, outcome_from_data
from reproductions.trials import Outcome, Trial

RECIPE = protocol.adding("smoke", "rin", 200)
DIGEST = digest(RECIPE)
FINGERPRINT = "0123456789abcdef" * 4
PROVENANCE = {
    "packages": {"rin-claims": "0.1.0", "torch": "2.13.0+cpu", "numpy": "2.3.0", "scipy": None},
    "python": "3.12.1",
    "platform": "Linux-6.1-x86_64",
    "cpu": "Some CPU @ 2.0 GHz",
    "cpu_count": 2,
    "device": "cpu",
    "gpu": None,
    "torch_threads": 1,
    "precision": {"default_dtype": "torch.float32", "float32_matmul": "highest"},
    "git": {"commit": "abc123", "dirty": False},
    "started": "2026-01-02T03:04:05+00:00",
    "ended": "2026-01-02T03:05:05+00:00",
}
OUTCOME = {
    "status": "budget",
    "metrics": {"test_mse": 0.0123, "updates_to_half_baseline": None},
    "curves": {"updates": [400, 800], "test_mse": [0.17, 0.0123]},
    "updates": 800,
    "diverged_at": None,
    "seconds": 12.5,
    "provenance": PROVENANCE,
    "first_losses": {"updates": [1, 2], "train_loss": [0.3, 0.2], "gradient_norm": [1.5, 0.5]},
}


def draw(seed: int = 0, **outcome: Any) -> Draw:
    return Draw(as_data(RECIPE), seed, FINGERPRINT, {**copy.deepcopy(OUTCOME), **outcome})


def sha256(data: Any) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def altered(change: Callable[[dict[str, Any]], object], sign: bool = True) -> str:
    """A file of one draw whose payload ``change`` has altered; ``sign`` makes the checksum right again, as a forger would."""
    document = json.loads(recorded.dumps([draw()]))
    change(document["payload"])
    if sign:
        document["checksum"] = sha256(document["payload"])
    return json.dumps(document)


def refusals(text: str, seeds: tuple[int, ...] = (0,), **options: Any) -> tuple[str, ...]:
    with pytest.raises(RefusedDrawsError) as refused:
        admitted(text, "draws.jsonl", {DIGEST: seeds}, **options)
    assert all("\n" not in line and line.startswith("draws.jsonl") for line in refused.value.refusals)
    return refused.value.refusals


# --- What is written is read ---


def test_draws_come_back_equal_whatever_their_order() -> None:
    draws = [draw(seed) for seed in (2, 0, 1)]
    text = recorded.dumps(draws)
    assert text == recorded.dumps(reversed(draws))
    assert admitted(text, "draws.jsonl", {DIGEST: (0, 1, 2)}) == tuple(sorted(draws, key=lambda one: one.seed))


def test_a_line_carries_everything_the_rule_names() -> None:
    document = json.loads(recorded.dumps([draw(3)]))
    payload = document["payload"]
    assert document["schema"] == 1
    assert document["checksum"] == sha256(payload)
    assert payload["digest"] == DIGEST == sha256(payload["recipe"])
    assert (payload["seed"], payload["fingerprint"]) == (3, FINGERPRINT)
    assert payload["outcome"]["provenance"] == PROVENANCE


numbers = st.floats(allow_nan=False, allow_infinity=False)


@given(
    metrics=st.dictionaries(st.text(max_size=4), st.none() | numbers, min_size=1),
    curve=st.lists(st.none() | numbers, max_size=4),
    seconds=st.floats(0, allow_infinity=False),
    updates=st.integers(0, RECIPE.updates),
)
def test_every_finite_outcome_survives_the_round_trip(metrics: dict[str, Any], curve: list[Any], seconds: float, updates: int) -> None:
    one = draw(metrics=metrics, curves={"a curve": curve}, seconds=seconds, updates=updates)
    assert admitted(recorded.dumps([one]), "draws.jsonl", {DIGEST: (0,)}) == (one,)


def test_the_words_written_here_in_full_are_those_of_the_rest_of_the_project() -> None:
    assert recorded.PILOT_SEEDS_FROM == trials.PILOT_SEEDS_FROM
    assert tuple(part.name for part in dataclasses.fields(Outcome)) == recorded.OUTCOME_FIELDS + recorded.OPTIONAL_FIELDS
    assert set(recorded.STATUSES) == set(trials.Status.__args__)
    assert draw().digest == digest(RECIPE)


def test_the_schema_knows_what_a_trial_records() -> None:
    trial = Trial(RECIPE, 0)
    measured = executor.with_provenance(trial, Outcome("budget", {"test_mse": 0.1}, updates=800), "2026-01-02T03:04:05+00:00")
    assert set(measured.provenance) <= draw_schema.KNOWN
    one = Draw(as_data(RECIPE), 0, FINGERPRINT, outcome_as_data(measured, trial.label))
    assert admitted(recorded.dumps([one]), "draws.jsonl", {DIGEST: (0,)}) == (one,)


# --- What is refused ---


@pytest.mark.parametrize(
    ("name", "value"), [("default_dtype", "torch.float64"), ("float32_matmul", "medium"), ("deterministic_algorithms", True)]
)
def test_draws_made_under_other_global_state_are_refused(name: str, value: object) -> None:
    provenance = {**PROVENANCE, "precision": {**PROVENANCE["precision"], name: value}}
    (said,) = refusals(recorded.dumps([draw(provenance=provenance)]))
    assert f"was measured with {name} = {value}, not {recorded.PRECISION[name]}" in said


PARTS = {
    "the version of this project": lambda p: (p["packages"].pop("rin-claims"), p.pop("git")),
    "the version of Python": lambda p: p.pop("python"),
    "the version of torch": lambda p: p["packages"].update(torch=None),
    "the version of numpy": lambda p: p["packages"].update(numpy=" "),
    "the platform": lambda p: p.pop("platform"),
    "the processor": lambda p: p.update(cpu=None),
    "the device": lambda p: p.pop("device"),
    "the GPU": lambda p: p.update(device="cuda:0"),
    "the precision": lambda p: p.pop("precision"),
    "the date it started": lambda p: p.update(started="yesterday"),
    "the date it ended": lambda p: p.update(ended="2026-01-02T03:05:05"),  # of which time zone?
    "the number of threads": lambda p: p.update(torch_threads=0),
}


@pytest.mark.parametrize("part", PARTS)
def test_provenance_is_needed_part_by_part(part: str) -> None:
    (line,) = refusals(altered(lambda payload: PARTS[part](payload["outcome"]["provenance"])))
    assert line == f"draws.jsonl line 1: the provenance lacks {part}; measure it with `pytest`, which records them"


def test_a_commit_stands_for_the_version_of_this_project() -> None:
    text = altered(lambda payload: payload["outcome"]["provenance"]["packages"].pop("rin-claims"))
    assert admitted(text, "draws.jsonl", {DIGEST: (0,)})


def test_no_provenance_at_all_is_one_line_that_names_everything() -> None:
    (line,) = refusals(altered(lambda payload: payload["outcome"].update(provenance={})))
    assert all(part in line for part in PARTS if part != "the GPU")


CHANGES: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "seed a pilot": (lambda p: p.update(seed=10_000), "seed 10000 is a pilot seed"),
    "seed below 0": (lambda p: p.update(seed=-1), "the seed is -1"),
    "seed no number": (lambda p: p.update(seed=True), "the seed is True"),
    "no seed": (lambda p: p.pop("seed"), "no field 'seed'"),
    "another digest": (lambda p: p.update(digest="f" * 64), "the digest is not that of the recipe"),
    "another recipe": (lambda p: p["recipe"].update(updates=9), "the digest is not that of the recipe"),
    "no recipe": (lambda p: p.update(recipe="adding"), "the recipe is no recipe as data"),
    "no fingerprint": (lambda p: p.update(fingerprint="f" * 63), "the fingerprint of the code is not 64"),
    "unknown field": (lambda p: p.update(mean=0.1), "unknown field 'mean'"),
    "unknown status": (lambda p: p["outcome"].update(status="fine"), "the status 'fine' is unknown"),
    "no metrics": (lambda p: p["outcome"].update(metrics={}), "holds no metric though the run did not diverge"),
    "a metric in words": (lambda p: p["outcome"]["metrics"].update(test_mse="low"), "the metrics are not numbers"),
    "a curve that is a number": (lambda p: p["outcome"]["curves"].update(test_mse=0.1), "the curves are not lists"),
    "a curve of words": (lambda p: p["outcome"]["curves"].update(test_mse=["low"]), "the curves are not lists"),
    "first losses in words": (lambda p: p["outcome"]["first_losses"].update(train_loss=["low"]), "the first losses are not lists"),
    "a first loss that is none": (lambda p: p["outcome"]["first_losses"].update(train_loss=[None]), "the first losses are not lists"),
    "half an update": (lambda p: p["outcome"].update(updates=0.5), "not counted in whole numbers"),
    "no seconds": (lambda p: p["outcome"].update(seconds=None), "the seconds are missing"),
    "an outcome without status": (lambda p: p["outcome"].pop("status"), "the outcome has no field 'status'"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_draw_that_says_less_or_something_else_is_refused_by_name(name: str) -> None:
    change, complaint = CHANGES[name]
    (line,) = refusals(altered(change))
    assert line.startswith("draws.jsonl line 1: ")
    assert complaint in line
    assert ";" in line  # the remedy


def test_a_diverged_run_needs_no_metric_because_it_has_none() -> None:
    text = recorded.dumps([draw(status="diverged", metrics={}, curves={}, diverged_at=17)])
    assert admitted(text, "draws.jsonl", {DIGEST: (0,)})[0].outcome["diverged_at"] == 17


def test_a_draw_of_older_code_has_no_first_losses() -> None:
    older = draw()
    del older.outcome["first_losses"]
    assert admitted(text := recorded.dumps([older]), "draws.jsonl", {DIGEST: (0,)}) == (older,)
    read = outcome_from_data(older.outcome)
    assert read.first_losses == {}
    assert recorded.dumps([dataclasses.replace(older, outcome=outcome_as_data(read, "x"))]) == text  # as it came


def test_a_probe_may_measure_a_curve_alone_and_no_less() -> None:
    recipe = as_data(Probe("smoke", "gradient-decay"))
    seeds = {digest(Probe("smoke", "gradient-decay")): (0,)}
    text = recorded.dumps([dataclasses.replace(draw(metrics={}, curves={"decades": [0.0, 0.1]}), recipe=recipe)])
    assert admitted(text, "draws.jsonl", seeds)[0].outcome["curves"] == {"decades": [0.0, 0.1]}
    with pytest.raises(RefusedDrawsError, match="holds no metric"):
        admitted(recorded.dumps([dataclasses.replace(draw(metrics={}, curves={"decades": []}), recipe=recipe)]), "draws.jsonl", seeds)


def test_an_altered_number_does_not_pass_the_checksum() -> None:
    (line,) = refusals(altered(lambda payload: payload["outcome"]["metrics"].update(test_mse=0.0122), sign=False))
    assert "does not match its checksum" in line


@pytest.mark.parametrize("text", ["{", "[1]", "nonsense", '{"schema": 1, "checksum": "", "payload": NaN}', "[" * 100_000, "{}"])
def test_a_line_that_is_no_draw_is_refused(text: str) -> None:
    (line,) = refusals(text)
    assert "rin-claims store export" in line


def test_another_schema_is_refused() -> None:
    (line,) = refusals(recorded.dumps([draw()]).replace('"schema":1', '"schema":2'))
    assert "has schema 2, and this version reads 1" in line


def test_an_empty_file_is_refused() -> None:
    assert refusals("") == ("draws.jsonl holds no draw; write the file anew with `rin-claims store export`",)


def test_a_trial_given_twice_is_refused() -> None:
    text = recorded.dumps([draw()])
    assert refusals(text + text) == ("draws.jsonl line 2: repeats the trial of line 1; keep one of the two",)


def test_too_few_seeds_are_refused_unless_the_others_are_at_hand() -> None:
    text = recorded.dumps([draw(0), draw(3)])
    (line,) = refusals(text, seeds=(0, 1, 2, 3, 4))
    assert "(smoke, Adding, rin) lacks seeds 1, 2, 4 of the 5 that its claims demand" in line
    (line,) = refusals(text, seeds=(0, 1, 2, 3, 4), present=lambda digest: {1, 2})
    assert "lacks seed 4 of the 5" in line
    assert len(admitted(text, "draws.jsonl", {DIGEST: (0, 1, 2, 3)}, present=lambda digest: {1, 2})) == 2


def test_a_recipe_that_no_claim_uses_is_refused() -> None:
    with pytest.raises(RefusedDrawsError, match="belongs to no claim of this version"):
        admitted(recorded.dumps([draw()]), "draws.jsonl", {})


def test_every_refusal_of_a_file_is_named_and_the_caller_s_too() -> None:
    good, pilot = recorded.dumps([draw(0)]), altered(lambda payload: payload.update(seed=20_000)) + "\n"
    lines = refusals(pilot + good + "{\n", refuse=lambda one: f"seed {one.seed} is not wanted; leave it out")
    assert [line.split(":")[0] for line in lines] == ["draws.jsonl line 1", "draws.jsonl line 3", "draws.jsonl line 2"]
    assert lines[-1].endswith("seed 0 is not wanted; leave it out")


# --- Every field of a foreign file against its type and range ---

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6)
    | st.sampled_from(["\x1b[31m", "\ud800", "\u202e", 10**400, -(10**400), 10**4000, 2**63, -1e308, 1e308])
)
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3), max_leaves=6
)
DEEP: Any = 1
for _ in range(400):
    DEEP = [DEEP]


def places(data: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The way to every value inside ``data``."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [way for key, value in items for way in ((*path, key), *places(value, (*path, key)))]


PAYLOAD = json.loads(recorded.dumps([draw()]))["payload"]
ADDED = [(*way, "new") for way in [(), *places(PAYLOAD)] if isinstance(functools.reduce(lambda data, key: data[key], way, PAYLOAD), dict)]


def in_range(outcome: Any) -> bool:
    """Whether an outcome is what a trial measures: the rule once more, by hand."""

    def finite(value: Any) -> bool:
        return type(value) in (int, float) and -sys.float_info.max <= value <= sys.float_info.max

    def whole(value: Any) -> bool:
        return type(value) is int and 0 <= value <= RECIPE.updates

    def plain(value: Any) -> bool:
        return value is None or type(value) in (str, bool) or finite(value)

    provenance, texts = outcome["provenance"], ("python", "platform", "cpu", "device", "started", "ended")
    return (
        {*recorded.OUTCOME_FIELDS} <= outcome.keys() <= {*recorded.OUTCOME_FIELDS, *recorded.OPTIONAL_FIELDS}
        and outcome["status"] in recorded.STATUSES
        and all(value is None or finite(value) for value in outcome["metrics"].values())
        and all(type(curve) is list and all(value is None or finite(value) for value in curve) for curve in outcome["curves"].values())
        and all(type(values) is list and all(map(finite, values)) for values in outcome.get("first_losses", {}).values())
        and whole(outcome["updates"])
        and (outcome["diverged_at"] is None or whole(outcome["diverged_at"]))
        and finite(outcome["seconds"])
        and outcome["seconds"] >= 0
        and all(type(provenance[name]) is str for name in texts)
        and type(provenance["torch_threads"]) is int
        and provenance["torch_threads"] > 0
        and all(type(provenance.get(name)) in (str, type(None)) for name in ("gpu", "gpu_numerics"))
        and all(value is None or type(value) is str for value in provenance["packages"].values())
        and all(plain(value) or all(map(plain, value.values())) for value in provenance.values())
    )


@given(way=st.sampled_from([*places(PAYLOAD), *ADDED]), value=JSON | st.just(DEEP), drop=st.booleans())
@example(way=("outcome", "metrics", "test_mse"), value=10**400, drop=False)
@example(way=("outcome", "provenance", "gpu_numerics"), value=[1], drop=False)
@example(way=("outcome", "seconds"), value=-1e308, drop=False)
@example(way=("outcome", "updates"), value=10**4000, drop=False)
@example(way=("outcome", "provenance", "git"), value=None, drop=False)
@example(way=("outcome", "provenance", "precision"), value=DEEP, drop=False)
@example(way=("seed",), value=10**4000, drop=False)
@example(way=("outcome", "first_losses"), value={}, drop=False)
@settings(deadline=None)
def test_any_value_in_any_field_is_in_range_or_refused_in_one_line(way: tuple[str | int, ...], value: Any, drop: bool) -> None:
    def change(payload: dict[str, Any]) -> None:
        inside = functools.reduce(lambda data, key: data[key], way[:-1], payload)
        if drop and way not in ADDED:
            del inside[way[-1]]
        else:
            inside[way[-1]] = value
        payload["digest"] = sha256(payload["recipe"]) if "recipe" in payload and way[0] == "recipe" else payload.get("digest")

    text = altered(change)
    try:
        (one,) = admitted(text, "draws.jsonl", {DIGEST: (0,)}, present=lambda digest: {0})
    except RefusedDrawsError as refused:
        (line,) = refused.refusals
        assert line.startswith("draws.jsonl")
        assert ";" in line
        assert len(line.splitlines()) == 1
        assert len(line) < 1000
        return
    assert in_range(one.outcome)
    assert one.recipe == as_data(RECIPE)
    written = {name: value for name, value in one.outcome.items() if name not in recorded.OPTIONAL_FIELDS or value}  # empty is absent
    assert outcome_as_data(outcome_from_data(one.outcome), "it") == written


@pytest.mark.parametrize("value", [True, 1.0, [1], 10**4000, {"a": DEEP}])
def test_the_schema_number_is_a_whole_number(value: Any) -> None:
    document = json.loads(recorded.dumps([draw()]))
    (line,) = refusals(json.dumps({**document, "schema": value}))
    assert "has schema " in line
    assert len(line) < 400


def test_a_line_that_is_no_utf8_is_refused_and_the_others_are_read() -> None:
    good = recorded.dumps([draw(1)])
    (line,) = refusals(recorded.dumps([draw()]).replace("Some CPU", "Some \udcff") + good)
    assert line.startswith("draws.jsonl line 1: cannot be read, because it is no UTF-8 text; ")


# --- The folder ---


def test_the_recorded_draws_of_this_project_pass_their_own_rule() -> None:
    demanded = {recipe: demand.seeds for recipe, demand in demands(papers.all_claims()).items()}
    for name, draws in recorded_draws(demanded).items():
        assert draws, name


def test_a_file_in_the_folder_that_breaks_the_rule_is_refused(tmp_path: os.PathLike[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorded.resources, "files", lambda package: tmp_path)
    folder = tmp_path / "recorded"  # type: ignore[operator]
    folder.mkdir()
    (folder / "README.md").write_text("not a file of draws")
    assert recorded_draws({}) == {}
    (folder / "adding.jsonl").write_text(recorded.dumps([draw(0), draw(1)]))
    assert [one.seed for one in recorded_draws({DIGEST: (0, 1)})["adding.jsonl"]] == [0, 1]
    with pytest.raises(RefusedDrawsError, match=r"reference_results/recorded/adding\.jsonl: recipe .* lacks seed 2"):
        recorded_draws({DIGEST: (0, 1, 2)})


def test_every_file_in_the_folder_that_breaks_the_rule_is_named(tmp_path: os.PathLike[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorded.resources, "files", lambda package: tmp_path)
    folder = tmp_path / "recorded"  # type: ignore[operator]
    folder.mkdir()
    (folder / "a.jsonl").write_text("no draw")
    (folder / "b.jsonl").write_text(recorded.dumps([draw(0), draw(1)]))
    (folder / "c.jsonl").write_bytes(b"\xff")
    (folder / "d.jsonl").write_text("{}\n[]\n")
    (folder / "e.jsonl").mkdir()
    with pytest.raises(RefusedDrawsError) as refused:
        recorded_draws({DIGEST: (0, 1)})
    named = [line.removeprefix("reference_results/recorded/")[:14] for line in refused.value.refusals]
    assert named == ["a.jsonl line 1", "c.jsonl line 1", "d.jsonl line 1", "d.jsonl line 2", "e.jsonl cannot"]
