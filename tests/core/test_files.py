"""Files are written whole or not at all, under names that say what they hold, and nothing is left of runs that were ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from omstilling_psychometrics.cli import run
from omstilling_psychometrics.core import ending, files
from omstilling_psychometrics.core.errors import UsageError

SYNTHETIC = Path(__file__).parents[2] / "data" / "synthetic"
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    path = tmp_path / "answers.csv"
    lines = (SYNTHETIC / "answers.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join([lines[0], *lines[1::25]]), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("arguments", "name", "said"),
    [
        (
            ["analyse", "--output"],
            "x.csv",
            "written as JSON, so the name ends in .json; 'x.csv' ends in '.csv'. Name it 'x.json'.",
        ),
        (["analyse", "--output"], "results", "'results' has no ending. Name it 'results.json'."),
        (
            ["report", "--output"],
            "r.pdf",
            "so the name ends in .html or .htm or .docx; 'r.pdf' ends in '.pdf'. Name it 'r.html'.",
        ),
        (["counts", "--output"], "c.csv", "so the name ends in .parquet; 'c.csv' ends in '.csv'"),
        (["anonymise", "--output"], "a.xlsx", "so the name ends in .csv; 'a.xlsx' ends in '.xlsx'"),
        (["inspect", "--write-codebook"], "book.csv", "so the name ends in .toml; 'book.csv' ends in '.csv'"),
    ],
)
def test_a_name_that_says_something_else_is_refused_before_any_work(
    tmp_path: Path, capsys: Capture, arguments: list[str], name: str, said: str
) -> None:
    """The file to be read does not even exist, which would be said first if anything were done."""
    command, option = arguments
    assert run([command, str(tmp_path / "absent.csv"), option, str(tmp_path / name)]) == 2
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_results_and_reports_are_refused_under_other_names_in_python(answers: Path, tmp_path: Path) -> None:
    from omstilling_psychometrics.reporting.validation import report, validate
    from omstilling_psychometrics.survey.reading import read

    result = validate(read(answers), ("items",), rng=1)
    with pytest.raises(UsageError, match=r"Name it 'r\.json'"):
        result.write_results(tmp_path / "r.csv")
    with pytest.raises(UsageError, match=r"Name it 'r\.html'"):
        result.write_report(tmp_path / "r.pdf", "en")
    with pytest.raises(UsageError, match=r"Name it 'r\.html'"):
        report(read(answers), tmp_path / "r.odt", rng=1)
    result.write_results(tmp_path / "R.JSON")
    assert (tmp_path / "R.JSON").exists()


def test_what_a_killed_run_left_is_removed_by_the_next_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "r.json"
    code = (
        "import os, signal, sys\n"
        "from omstilling_psychometrics.core.files import atomic_path\n"
        "with atomic_path(sys.argv[1]) as temporary:\n"
        "    temporary.write_text('half')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(target)], check=False)
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".r.json.")
    others = [tmp_path / name for name in (".r.json.swp", ".other.json.abcdefgh.json", ".r.json.abcdefgh.txt")]
    for other in others:
        other.write_text("kept", encoding="utf-8")
    with files.atomic_path(target) as mine:
        mine.write_text("whole", encoding="utf-8")
        with files.atomic_path(target) as second:  # of a run that goes on at the same time
            second.write_text("second", encoding="utf-8")
        assert mine.exists()
    assert target.read_text(encoding="utf-8") == "whole"
    assert sorted(tmp_path.iterdir()) == sorted([target, *others])


def test_where_files_cannot_be_locked_their_age_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "fcntl", None)
    old, new = tmp_path / ".r.json.abcdefgh.json", tmp_path / ".r.json.abcdefgi.json"
    for one in (old, new):
        one.write_text("half", encoding="utf-8")
    os.utime(old, (time.time() - 7200,) * 2)
    files.write_text(tmp_path / "r.json", "whole")
    assert sorted(path.name for path in tmp_path.iterdir()) == [new.name, "r.json"]


_COMMAND = """
import os, signal, sys
from omstilling_psychometrics.analysis import running
from omstilling_psychometrics.cli import main

def stopped(*arguments, _run=running.stream, **options):
    try:
        os.kill(os.getpid(), getattr(signal, sys.argv[1]))
        for _ in range(1000):
            pass
    except BaseException:
        pass  # as some libraries do while they are imported
    return _run(*arguments, **options)

running.stream = stopped
main(["analyse", sys.argv[2], "--analyses", "items,missingness", "--output", sys.argv[3]])
"""


@pytest.mark.parametrize(("sent", "status", "said"), [("SIGTERM", 143, "terminated"), ("SIGINT", 130, "interrupted")])
def test_a_signal_that_a_library_catches_and_forgets_is_obeyed(
    answers: Path, tmp_path: Path, sent: str, status: int, said: str
) -> None:
    output = tmp_path / "out"
    output.mkdir()
    arguments = [sys.executable, "-c", _COMMAND, sent, str(answers), str(output / "r.json")]
    run = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr.strip(), run.stdout) == (status, f"omstilling: {said}; nothing was written.", "")
    assert list(output.iterdir()) == []


def test_what_was_written_before_the_end_is_named(
    answers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def terminated(*_: object) -> None:
        raise ending.Terminated

    output = tmp_path / "r.json"
    monkeypatch.setattr("omstilling_psychometrics.cli.results.say", terminated)
    assert run(["analyse", str(answers), "--analyses", "items", "--output", str(output)]) == 143
    assert capsys.readouterr().err == f"omstilling: terminated; only '{output}' was written.\n"
    assert output.exists()


@pytest.mark.parametrize("seed", range(6))
def test_a_short_run_ends_at_any_moment_with_143(answers: Path, tmp_path: Path, seed: int) -> None:
    output = tmp_path / "out"
    output.mkdir()
    code = "import sys; from omstilling_psychometrics.cli import main; print('begun', flush=True); main(sys.argv[1:])"
    arguments = [sys.executable, "-c", code, "analyse", str(answers), "--analyses", "items", "--output", str(output / "r.json")]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.05 + 0.1 * seed)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate()
    if process.returncode == 0:  # the machine was faster than the signal
        assert [path.name for path in output.iterdir()] == ["r.json"]
        return
    assert process.returncode in (143, -signal.SIGTERM)
    assert "Traceback" not in said
    assert [path for path in output.iterdir() if path.name != "r.json"] == []
