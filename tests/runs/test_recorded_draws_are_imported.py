"""Every recorded draw still counts: ``rin-claims store import`` takes the files of ``reference_results/recorded``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import reference_results
from claims.cli import main
from reference_results.recorded import text_of_draws

RECORDED = sorted((Path(reference_results.__file__).parent / "recorded").glob("*.jsonl.gz"))


@pytest.mark.parametrize("file", RECORDED, ids=lambda file: file.name)
def test_every_recorded_draw_is_imported_into_an_empty_store(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where it fails, `rin-claims store equivalent FILE --csv` makes the rows that are missing in recorded/equivalent_code.csv."""
    code = main(["store", "import", str(file), "--claims-store", str(tmp_path / "store"), "--json"])
    captured = capsys.readouterr()
    assert code == 0, captured.err[-500:]
    draws = len(text_of_draws(file).splitlines())
    assert json.loads(captured.out)["new"] == draws
    main(["store", "status", "--claims-store", str(tmp_path / "store"), "--json"])
    status = json.loads(capsys.readouterr().out)
    assert (status["entries"], status["of_other_code"]) == (draws, 0)


def test_no_record_has_lost_draws() -> None:
    draws = {file.name.partition("-2")[0]: len(text_of_draws(file).splitlines()) for file in RECORDED}
    assert draws["smoke"] >= 673
    assert sum(draws.values()) >= 673 + 2125
