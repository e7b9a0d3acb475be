"""`run_notebooks` on somebody's file: everything is written or nothing, and what stops it is named."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import nbformat
import pytest

from omstilling_psychometrics.core.errors import DataError, UsageError
from omstilling_psychometrics.notebooks import running
from omstilling_psychometrics.notebooks.parameters import TAG
from omstilling_psychometrics.notebooks.shelf import Shelved
from omstilling_psychometrics.survey.disclosure import Disclosure

ANSWERS = "kompetencer,forklare,vaerdi,kultur,itsikkerhed\n" + "4,4,4,3,5\n3,ved_ikke,4,2,4\n5,5,4,4,5\n2,3,2,2,4\n" * 3


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    (tmp_path / "my data").mkdir()
    path = tmp_path / "my data" / "it's mine.csv"
    path.write_text(ANSWERS, encoding="utf-8")
    return path


def put_on_the_shelf(monkeypatch: pytest.MonkeyPatch, folder: Path, **sources: list[str]) -> None:
    """Notebooks of the given code cells, after a cell with the parameters."""
    shelved = []
    for name, cells in sources.items():
        top = 'FILE = "x.csv"\nCODEBOOK = None\nSEED = 1\nMINIMUM_RESPONDENTS = 5'
        notebook = nbformat.v4.new_notebook(
            cells=[
                nbformat.v4.new_markdown_cell(f"# {name}\n\n> Is $\\alpha$ there?"),
                nbformat.v4.new_code_cell(top, metadata={"tags": [TAG]}),
                *(nbformat.v4.new_code_cell(source) for source in cells),
            ]
        )
        path = folder / f"{name}.ipynb"
        path.write_text(nbformat.writes(notebook), encoding="utf-8")
        shelved.append(Shelved(name, path))
    monkeypatch.setattr(running, "shelf", lambda: tuple(shelved))


def printed(path: Path) -> str:
    cells: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return "".join(line for cell in cells for output in cell.get("outputs", ()) for line in output.get("text", ()))


def test_a_run_writes_notebooks_pages_and_contents(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, answers: Path) -> None:
    source = "print(open(FILE, encoding='utf-8').readline(), SEED, MINIMUM_RESPONDENTS)"
    put_on_the_shelf(monkeypatch, tmp_path, **{"01_a": [source]})
    told: list[str] = []
    output = tmp_path / "out"
    written = running.run_notebooks(answers, output, seed=3, disclosure=Disclosure(minimum_respondents=2), progress=told.append)
    assert [path.name for path in written] == ["index.html", "01_a.html", "01_a.ipynb"]
    assert sorted(path.name for path in output.iterdir()) == sorted(path.name for path in written)
    assert told == ["01_a"]
    assert printed(output / "01_a.ipynb") == "kompetencer,forklare,vaerdi,kultur,itsikkerhed\n 3 2\n"
    source = (output / "01_a.ipynb").read_text(encoding="utf-8")
    assert "../my data/it's mine.csv" in source
    assert str(tmp_path) not in source + (output / "01_a.html").read_text(encoding="utf-8")
    first = {path.name: path.read_bytes() for path in written}
    running.run_notebooks(answers, output, seed=3, disclosure=Disclosure(minimum_respondents=2))
    assert {path.name: path.read_bytes() for path in written} == first


def test_a_notebook_that_stops_is_named_and_nothing_is_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, answers: Path
) -> None:
    bad = ["print(1)", "raise ValueError('no such thing')", "2"]
    put_on_the_shelf(monkeypatch, tmp_path, **{"01_good": ["1"], "02_bad": bad})
    with pytest.raises(DataError, match=r"02_bad stopped in cell \[3\] .*raise ValueError.*: ValueError: no such thing"):
        running.run_notebooks(answers, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_file_that_cannot_be_read_stops_the_run_before_it_begins(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, answers: Path
) -> None:
    put_on_the_shelf(monkeypatch, tmp_path, **{"01_a": ["1"]})
    told: list[str] = []
    answers.write_text(ANSWERS.replace("5,5,4,4,5", "5,5,4,4,7"), encoding="utf-8")
    with pytest.raises(DataError, match="'7'"):
        running.run_notebooks(answers, tmp_path / "out", progress=told.append)
    assert told == []
    assert not (tmp_path / "out").exists()


def test_output_that_cannot_be_written_is_refused_first(tmp_path: Path, answers: Path) -> None:
    with pytest.raises(DataError, match="does not exist"):
        running.run_notebooks(answers, tmp_path / "no" / "out")
    with pytest.raises(DataError, match="it is a file"):
        running.run_notebooks(answers, answers)


def test_without_the_extra_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, answers: Path) -> None:
    monkeypatch.setattr(running, "_EXTRA", ("nbclient", "no_such_library"))
    with pytest.raises(UsageError, match=r"no_such_library missing.*pip install 'omstilling-psychometrics\[notebooks\]'"):
        running.run_notebooks(answers, tmp_path / "out")


_COMMAND = """
import sys
from pathlib import Path
from omstilling_psychometrics.cli import main
from omstilling_psychometrics.notebooks import running
from omstilling_psychometrics.notebooks.shelf import Shelved

running.shelf = lambda: (Shelved("01_a", Path(sys.argv[1])),)
main(["notebooks", sys.argv[2], "--output", sys.argv[3], "--verbose"])
"""


@pytest.mark.skipif(os.name != "posix", reason="Windows sends no such signals to one process")
@pytest.mark.parametrize(
    ("sent", "in_a_cell", "status", "said"),
    [
        (signal.SIGINT, True, 130, "interrupted"),
        (signal.SIGINT, False, 130, "interrupted"),
        (signal.SIGTERM, True, 143, "terminated"),
    ],
)
def test_a_run_that_is_stopped_leaves_nothing_and_says_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, answers: Path, sent: int, in_a_cell: bool, status: int, said: str
) -> None:
    started, output = tmp_path / "started", tmp_path / "out"
    put_on_the_shelf(monkeypatch, tmp_path, **{"01_a": [f"open({str(started)!r}, 'w').close()", "import time; time.sleep(60)"]})
    arguments = [sys.executable, "-c", _COMMAND, str(tmp_path / "01_a.ipynb"), str(answers), str(output)]
    with subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True, encoding="utf-8") as process:
        assert process.stderr is not None
        while process.stderr.readline().strip() != "01_a":  # now the kernel is being started
            assert process.poll() is None
        while in_a_cell and not started.exists():
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(sent)
        lines = process.stderr.read().split("\n")
    assert process.returncode == status
    assert [line for line in lines if line] == [f"omstilling: {said}; nothing was written."]
    assert not output.exists()
