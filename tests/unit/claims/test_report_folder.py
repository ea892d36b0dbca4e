"""A folder holds one report; what another run left or writes there is named, as is another schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from report_samples import SAME_LEVEL, report

from claims.cli import main
from claims.paper import Registry
from claims.report import write
from claims.report.folder import to_be_replaced
from claims.report.formats import json as report_json
from claims.report.model import ReportError
from claims.report.write import write_report
from claims.run.session import ClaimsRun
from reproductions.store.outcomes import Store


def test_a_second_run_says_which_report_it_replaces(tmp_path: Path) -> None:
    run = ClaimsRun("smoke", Store(tmp_path / "store"))
    folder = tmp_path / "report"
    _, _, remarks = run.report(Registry(), set(), {}, folder)
    assert not [line for line in remarks if "replaces" in line]
    created = json.loads((folder / "report.json").read_text())["created"]
    _, _, remarks = run.report(Registry(), set(), {}, folder)
    (line,) = [line for line in remarks if "replaces" in line]
    assert line == (
        f"{folder} held the report of {created} (smoke profile), which this one replaces; --claims-report or --to names another folder"
    )


@pytest.mark.parametrize("content", ["{", "[]", "null", "{}", "[" * 100_000])
def test_a_report_that_cannot_be_read_is_replaced_with_a_word(tmp_path: Path, content: str) -> None:
    (tmp_path / "report.json").write_text(content)
    assert to_be_replaced(tmp_path).startswith(f"{tmp_path} held a report that cannot be read, which this one replaces")


def test_rendering_into_another_folder_says_what_it_replaces_and_beside_its_own_json_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("one", "other"):
        write_report(report([SAME_LEVEL]), tmp_path / name)
    source = str(tmp_path / "one" / "report.json")
    assert main(["report", "--from", source]) == 0
    assert capsys.readouterr().err == ""
    assert main(["report", "--from", source, "--to", str(tmp_path / "other")]) == 0
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"rin-claims: {tmp_path / 'other'} held the report of ")


def test_two_runs_that_write_at_once_leave_no_mixed_report_without_a_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = write.replace_file

    def beside(path: Path, content: bytes) -> None:
        real(path, content)
        if path.name == "report.json":  # the other run is a little slower
            real(path.with_name("report.md"), b"of the other run")

    monkeypatch.setattr(write, "replace_file", beside)
    with pytest.raises(ReportError, match=r"another run writes there now, report\.md are of its report\); name a writable folder"):
        write_report(report([]), tmp_path)


def test_reports_of_every_schema_that_is_read_can_be_compared_and_others_are_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = json.loads(report_json.dumps(report()))
    now, old = tmp_path / "now.json", tmp_path / "old.json"
    now.write_text(json.dumps(data))
    compare = ["report", "--from", str(now), "--compare", str(old)]
    claims = [{name: value for name, value in claim.items() if name != "so_far"} for claim in data["claims"]]
    older = {**data, "claims": claims}
    without_papers = {name: value for name, value in older.items() if name != "papers"}
    for schema, content in ((6, data), (5, older), (4, older), (3, older), (2, without_papers)):
        old.write_text(json.dumps({**content, "schema": schema}))
        assert main(compare) == 0
        assert "nothing changed" in capsys.readouterr().out
    others: list[Any] = [0, 1, 7, 99, 10**400, 4.0, True, "4", None, [4], {}]
    for schema in others:
        old.write_text(json.dumps({**data, "schema": schema}))
        assert main(compare) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith(f"rin-claims: error: {old} has report schema ")
        assert "this version reads 2, 3, 4, 5 and 6; use the version that wrote it, or write it anew with" in line


def test_what_cannot_be_compared_is_named_with_its_own_option(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    now = tmp_path / "now.json"
    now.write_text(report_json.dumps(report([])))
    for old in (tmp_path, tmp_path / "lost.json"):
        assert main(["report", "--from", str(now), "--compare", str(old)]) == 2
        assert "with --compare" in capsys.readouterr().err
