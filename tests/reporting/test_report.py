"""`op.report`: the report from Python is the report from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

import omstilling_psychometrics as op
from omstilling_psychometrics.cli import run
from omstilling_psychometrics.reporting.validation import validate

ANSWERS = Path(__file__).parents[2] / "data" / "synthetic" / "answers.csv"


@pytest.fixture
def few_analyses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validate.__wrapped__, "__defaults__", (("items", "missingness"),))  # type: ignore[attr-defined]


@pytest.mark.usefixtures("few_analyses")
@pytest.mark.parametrize(
    ("language", "title"), [("da", "Ledelse af digital omstilling"), ("en", "Leadership of digital transformation")]
)
def test_python_and_command_line_write_the_same_bytes(language: str, title: str, tmp_path: Path) -> None:
    lines = ANSWERS.read_text(encoding="utf-8").splitlines(keepends=True)
    file = tmp_path / "answers.csv"
    file.write_text("".join([lines[0], *lines[1::25]]), encoding="utf-8")
    op.report(op.read(file), tmp_path / "python.html", language=language, rng=3)
    assert (
        run(["report", str(file), "--language", language, "--seed", "3", "--quiet", "--output", str(tmp_path / "cli.html")])
        == 0
    )
    written = (tmp_path / "python.html").read_text(encoding="utf-8")
    assert written == (tmp_path / "cli.html").read_text(encoding="utf-8")
    assert f'<html lang="{language}">' in written
    assert title in written
    assert 'id="missingness"' in written
    assert 'id="reliability"' not in written  # the fixture holds, or this takes a minute


def test_a_folder_that_is_not_there_is_said_before_any_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("omstilling_psychometrics.reporting.validation.run", lambda *_, **__: pytest.fail("worked"))
    with pytest.raises(op.DataError, match=r"'.*absent' does not exist"):
        op.report(op.read(ANSWERS), tmp_path / "absent" / "report.html", rng=1)
