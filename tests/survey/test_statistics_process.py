"""SPSS and Stata files are read by a process of their own, from wherever Python runs, and a crash of it is one message."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from omstilling_psychometrics.cli import run
from omstilling_psychometrics.core.errors import DataError
from omstilling_psychometrics.survey import statistics_process
from omstilling_psychometrics.survey.codebook import FileForm
from omstilling_psychometrics.survey.patterns import ResponsePatterns
from omstilling_psychometrics.survey.reading import read
from omstilling_psychometrics.survey.statistics_file import StatisticsTable, open_statistics_file
from omstilling_psychometrics.survey.statistics_process import StatisticsProcess
from omstilling_psychometrics.survey.statistics_reader import Request

ITEMS = ["kompetencer", "forklare", "vaerdi", "kultur", "itsikkerhed"]
ANSWERS = [[1, 2, 3, 4, 5], [5, 5, 5, 5, 5], [8, 1, np.nan, 1, 1]]


def write(path: Path) -> Path:
    """The same answers as .sav, .zsav or .dta, with labels, a declared missing value and letters beyond ASCII."""
    labels: dict[str, Any] = {item: {1: "Helt uenig", 5: "Helt enig", 8: "Ved ikke"} for item in ITEMS}
    frame = pd.DataFrame(ANSWERS, columns=ITEMS).assign(leader=["Åse", "Bjørn", "Åse"])
    about = {"column_labels": [f"Spørgsmål {name}" for name in frame], "variable_value_labels": labels}
    if path.suffix == ".dta":
        pyreadstat.write_dta(frame, str(path), **about)
    else:
        ranges = {ITEMS[0]: [8], ITEMS[1]: [{"lo": 8, "hi": 99}]}
        pyreadstat.write_sav(frame, str(path), missing_ranges=ranges, compress=path.suffix == ".zsav", **about)
    return path


def opened(path: Path) -> StatisticsTable:
    return open_statistics_file(path, FileForm())


@pytest.mark.parametrize("ending", ["sav", "zsav", "dta"])
def test_everything_arrives(tmp_path: Path, ending: str) -> None:
    table = opened(write(tmp_path / f"x.{ending}"))
    assert table.columns == (*ITEMS, "leader")
    assert table.descriptions["leader"] == "Spørgsmål leader"
    assert table.labels[ITEMS[0]].labels == {"1": "Helt uenig", "5": "Helt enig", "8": "Ved ikke"}
    assert table.facts["encoding"] == ("not stated" if ending == "dta" else "UTF-8")
    if ending != "dta":
        assert table.labels[ITEMS[0]].missing == {"8"}
        assert {"8", "50", "99"} <= table.labels[ITEMS[1]].missing
    assert table.rows() == 3
    assert table.head(["leader", ITEMS[2]], 2) == {"leader": ["Åse", "Bjørn"], ITEMS[2]: [3.0, 5.0]}
    assert table.tallies(["leader", ITEMS[1]], 5) == {"leader": {"Åse": 2, "Bjørn": 1}, ITEMS[1]: {2.0: 1, 5.0: 1, 1.0: 1}}
    assert table.where("leader", "Bjørn") == "row 2"
    assert table.notes == ()


@pytest.mark.parametrize("ending", ["sav", "zsav", "dta"])
def test_without_a_process_the_same_is_read_and_noted(tmp_path: Path, ending: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / f"x.{ending}")
    there = read(path)
    # A program into which Python is frozen would start itself again; other programs that embed Python have other names.
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    here = read(path)
    assert here == there
    assert here.account is not None
    assert "read_without_process" in here.account.notes
    monkeypatch.undo()
    for program in ("", "/usr/lib/R/bin/exec/R", str(tmp_path / "python3")):
        monkeypatch.setattr(sys, "executable", program)
        assert StatisticsProcess().own is False
    monkeypatch.undo()
    monkeypatch.setattr(statistics_process, "_MODULE", "a_module_that_is_not_there")
    assert read(path) == there


@pytest.mark.parametrize("ending", ["sav", "zsav"])
def test_a_crash_of_the_reader_is_one_message(tmp_path: Path, ending: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One byte, which makes a number a text of 185 letters: pyreadstat 1.3.7 writes over memory that is not its own."""
    path = write(tmp_path / f"damaged.{ending}")
    content = bytearray(path.read_bytes())
    content[content.index(b"KULTUR  ") - 20] = 185
    path.write_bytes(content)
    for arguments in (["analyse", str(path), "--output", str(tmp_path / "r.json")], ["inspect", str(path)]):
        assert run(arguments) == 1
        told = capsys.readouterr().err
        assert told.startswith(f"omstilling: damaged.{ending}: ")
        assert "xport" in told
        assert told.count("\n") == 1
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_a_process_that_ends_in_the_middle_is_a_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = opened(write(tmp_path / "x.sav"))

    def killed(self: StatisticsProcess, request: Request) -> Any:
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        return ask(self, request)

    ask = StatisticsProcess.ask
    monkeypatch.setattr(StatisticsProcess, "ask", killed)
    with pytest.raises(DataError, match=r"x\.sav: damaged: what reads files of SPSS ended in the middle"):
        table.rows()


def declaring(path: Path, rows: int) -> Path:
    """A .dta or .sav whose header says that it has so many rows."""
    content = bytearray(write(path).read_bytes())
    if path.suffix == ".dta":
        at = content.index(b"<N>") + 3
        content[at : at + 8] = struct.pack("<Q", rows)
    else:
        content[80:84] = struct.pack("<i", rows)  # after 'rec_type', 'prod_name', layout, case size, compression and weight
    path.write_bytes(content)
    return path


# What is packed may shrink a thousandfold: the small number tells nothing of a .zsav.
@pytest.mark.parametrize(
    ("ending", "rows"), [("sav", 100_000), ("dta", 100_000), *((one, 1_000_000_000) for one in ("sav", "zsav", "dta"))]
)
def test_more_rows_than_the_file_can_hold_are_refused_before_room_is_made_for_them(
    tmp_path: Path, ending: str, rows: int
) -> None:
    path = declaring(tmp_path / f"x.{ending}", rows)
    with pytest.raises(DataError, match=rf"x\.{ending}.*(it declares {rows} rows of 6 variables|more than its size)"):
        read(path)


SCRIPT = """
import sys
{before}
from omstilling_psychometrics.survey.reading import read
print("once")
answers = read({path!r})
print(answers.n, answers.account.notes)
"""


@pytest.mark.parametrize(
    ("flags", "before"),
    [
        ([], ""),  # a script, whose last lines stand under no `if __name__`
        (["-I"], "sys.path.insert(0, {source!r})"),
        ([], "import pyarrow; sys.path.insert(0, '')"),  # as in a notebook
        ([], "import os; os.close(0)"),
    ],
)
def test_it_reads_wherever_python_runs(tmp_path: Path, flags: list[str], before: str) -> None:
    folder = tmp_path / "Målinger fra i år"
    folder.mkdir()
    path = write(folder / "Ærlige svar.sav")
    # A file of the user's own that bears the name of a library must not be taken for it.
    (folder / "pyarrow.py").write_text("raise SystemExit('not this one')", encoding="utf-8")
    script = tmp_path / "skript.py"
    source = str(Path(statistics_process.__file__).parents[2])
    script.write_text(SCRIPT.format(before=before.format(source=source), path=str(path)), encoding="utf-8")
    run = subprocess.run([sys.executable, *flags, str(script)], capture_output=True, text=True, cwd=folder, check=False)
    assert run.stdout.splitlines() == ["once", "3 ('no_role_column',)"], run.stderr
    assert run.stderr == ""


def test_reading_leaves_no_process_behind(tmp_path: Path) -> None:
    table: StatisticsTable | None = opened(write(tmp_path / "x.sav"))
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    before = set(children.read_text().split())
    assert before
    del table
    assert len(set(children.read_text().split())) == len(before) - 1


def test_memory_is_limited() -> None:
    code = (
        "from omstilling_psychometrics.survey.statistics_reader import _limit_memory\n"
        f"_limit_memory({__file__!r})\n"
        "bytearray(1 << 29)\n"
        "print('half a gigabyte', flush=True)\n"
        "bytearray(3 << 29)\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.stderr.endswith("MemoryError\n")
    assert run.stdout == "half a gigabyte\n"


def test_answers_of_every_kind_compare(tmp_path: Path) -> None:
    """Dates, times and Stata's lettered missing values beside numbers, through the process and without."""
    frame = pd.DataFrame(
        {
            "when": pd.to_datetime(["2026-01-01 10:00", None, "2026-02-01 00:00"]),
            "mixed": pd.Series([1.0, "a", 2.0], dtype=object),
            "text": ["æ", "", "å"],
        }
    )
    path = tmp_path / "x.dta"
    pyreadstat.write_dta(frame, str(path), missing_user_values={"mixed": ["a"]}, version=15)
    head = opened(path).head(["when", "mixed", "text"], 3)
    assert head["mixed"] == ["1", "a", "2"]
    assert head["text"] == ["æ", "", "å"]
    assert [str(value) for value in head["when"]] == ["2026-01-01 10:00:00", "None", "2026-02-01 00:00:00"]


def test_the_answers_are_those_that_were_written(tmp_path: Path) -> None:
    found = [read(write(tmp_path / f"x.{ending}")) for ending in ("sav", "zsav", "dta")]
    assert isinstance(found[0], ResponsePatterns)
    assert found[0] == found[1]
    assert sorted(found[0].patterns[:, 0].tolist()) == [-3, 1, 5]
