"""The command line as a new user meets it: what works, and what every wrong turn says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import omstilling_psychometrics as package
from omstilling_psychometrics.analysis.running import run as run_analyses
from omstilling_psychometrics.cli import run
from omstilling_psychometrics.cli.progress import Pace, progress
from omstilling_psychometrics.reporting.validation import validate
from omstilling_psychometrics.survey.instrument import load_instrument

SYNTHETIC = Path(__file__).parents[1] / "data" / "synthetic"
RAW = SYNTHETIC / "raw_export.csv"
CODEBOOK = SYNTHETIC / "raw_export.toml"
INSTRUMENT = Path(package.__file__).parent / "survey" / "instruments" / "ledelse_af_digital_omstilling.toml"
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    """Every 25th row of the synthetic survey: enough for every command, small enough to be quick."""
    lines = (SYNTHETIC / "answers.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    path = tmp_path / "answers.csv"
    path.write_text("".join([lines[0], *lines[1::25]]), encoding="utf-8")
    return path


def test_alone_it_says_where_to_start(capsys: Capture) -> None:
    assert run([]) == 0
    assert "omstilling simulate --output example" in capsys.readouterr().out


def test_analyse_writes_results(answers: Path, tmp_path: Path, capsys: Capture) -> None:
    output = tmp_path / "results.json"
    assert run(["analyse", str(answers), "--analyses", "items,reliability", "--output", str(output)]) == 0
    content = json.loads(output.read_text(encoding="utf-8"))
    assert {row["analysis"] for row in content["results"]} == {"items", "reliability"}
    assert content["provenance"]["seed"] == 1
    assert "written to" in capsys.readouterr().out


def test_quiet_is_quiet(answers: Path, tmp_path: Path, capsys: Capture) -> None:
    output = tmp_path / "r.json"
    assert run(["analyse", str(answers), "--analyses", "items", "--output", str(output), "--quiet"]) == 0
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "")


def test_roles_can_be_chosen_or_mixed_on_purpose(answers: Path, tmp_path: Path) -> None:
    found = {}
    for roles in ("leder", "all"):
        output = tmp_path / f"{roles}.json"
        assert run(["analyse", str(answers), "--analyses", "items", "--roles", roles, "--output", str(output), "--quiet"]) == 0
        found[roles] = {row["role"] for row in json.loads(output.read_text(encoding="utf-8"))["results"]}
    assert found == {"leder": {"leder"}, "all": {"all"}}


def test_by_adds_a_group(answers: Path, tmp_path: Path) -> None:
    output = tmp_path / "r.json"
    assert run(["analyse", str(answers), "--analyses", "items", "--by", "koen", "--output", str(output), "--quiet"]) == 0
    groups = {row["group"] for row in json.loads(output.read_text(encoding="utf-8"))["results"]}
    assert None not in groups
    assert len(groups) >= 2


def test_rows_that_were_not_asked_for_are_accounted_for(tmp_path: Path, capsys: Capture) -> None:
    items = ",".join(item.key for item in load_instrument().items)
    rows = ["medarbejder,a,1,2,3,4,5", "medarbejder,b,2,2,3,4,4", "medarbejder,,5,4,3,2,1", "leder,a,3,3,3,4,4"]
    file, output = tmp_path / "x.csv", tmp_path / "r.json"
    file.write_text("\n".join([f"role,team,{items}", *rows, ""]), encoding="utf-8")
    arguments = ["analyse", str(file), "--analyses", "items", "--by", "team", "--roles", "medarbejder", "--output", str(output)]
    assert run(arguments) == 2
    assert "2 values, 2 of which fewer than 5 respondents have" in capsys.readouterr().err
    assert run([*arguments, "--disclosure", "none"]) == 0
    found = json.loads(output.read_text(encoding="utf-8"))["provenance"]["rows"]
    assert (found["read"], found["analysed"]) == (4, 2)
    assert found["left_out"] == {"role_not_asked_for": 1, "no_group": 1}
    assert "rows read 4 = analysed 2 + left out 2" in capsys.readouterr().out


def test_the_report_and_its_results_come_from_one_computation(
    answers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr(validate.__wrapped__, "__defaults__", (("items", "missingness"),))  # type: ignore[attr-defined]
    computed: list[Sequence[str]] = []

    def counted(released: object, names: Sequence[str], **options: Any) -> Any:
        computed.append(names)
        return run_analyses(released, names, **options)  # type: ignore[arg-type]

    monkeypatch.setattr("omstilling_psychometrics.reporting.validation.run", counted)
    report, results, alone = (tmp_path / name for name in ("r.html", "r.json", "alone.json"))
    assert run(["report", str(answers), "--output", str(report), "--results", str(results)]) == 0
    assert computed == [("items", "missingness")]
    said = capsys.readouterr().out
    assert re.search(rf"report written to {re.escape(str(report))}\n\d+ rows written to {re.escape(str(results))}\n$", said)
    assert report.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert run(["analyse", str(answers), "--analyses", "items,missingness", "--output", str(alone), "--quiet"]) == 0
    assert results.read_bytes() == alone.read_bytes()


def test_nothing_is_computed_for_results_that_cannot_be_written(answers: Path, tmp_path: Path, capsys: Capture) -> None:
    for results, status, message in (
        (tmp_path / "absent" / "r.json", 1, "does not exist"),
        (tmp_path / "r.html", 2, "the results are written as JSON"),
    ):
        assert run(["report", str(answers), "--output", str(tmp_path / "a.html"), "--results", str(results)]) == status
        assert message in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == [answers.name]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["analyze", "x"], "Did you mean 'analyse'?"),
        (["compare"], "reserved"),
        (["plan"], "reserved"),
        (["analyse"], "Missing argument"),
        (["analyse", "{file}"], "Missing option '--output'"),
        (["report", "{file}"], "For example: omstilling report answers.csv --output report.html"),
        (["analyse", "{file}", "-o", "{folder}/r.json"], "Did you mean --output?"),
        (["analyse", "{file}", "--ouput", "{folder}/r.json"], "Did you mean '--output'?"),
        (
            ["analyse", "{file}", "--output", "{folder}/r.json", "--analyses", "relaibility"],
            "Did you mean 'reliability'?",
        ),
        (["analyse", "{file}", "--output", "{folder}/r.json", "--roles", "Medarbejdere"], "Did you mean 'medarbejder'?"),
        (["analyse", "{file}", "--output", "{file}"], "is read, and would be replaced"),
        (["report", "{file}", "--output", "{file}"], "is read, and would be replaced"),
        (["counts", "{file}", "--output", "{file}"], "is read, and would be replaced"),
        (["anonymise", "{file}", "--output", "{file}"], "is read, and would be replaced"),
        (["inspect", "{file}", "--write-codebook", "{file}"], "is read, and would be replaced"),
        (["counts", "{file}", "--output", "{folder}/counts.csv"], "Name it 'counts.parquet'"),
        (["analyse", "{file}", "--output", "{folder}/r.json", "--analyses", "itmes"], "Did you mean 'items'?"),
        (["analyse", "{file}", "--output", "{folder}/r.json", "--by", "kon"], "koen"),
        (["analyse", "{file}", "--output", "{folder}/r.json", "--roles", "chef"], "role 'chef' does not occur"),
        (["analyse", "{file}", "--output", "{folder}/r.json", "--seed", "x"], "not a valid integer"),
        (
            ["analyse", "{file}", "--output", "{folder}/r.json", "--disclosure", "none", "--minimum-leaders", "9"],
            "cannot be combined",
        ),
    ],
)
def test_wrong_usage_is_two(arguments: list[str], message: str, answers: Path, tmp_path: Path, capsys: Capture) -> None:
    before = answers.read_bytes()
    filled = [argument.format(file=answers, folder=tmp_path) for argument in arguments]
    assert run(filled) == 2
    assert message in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == [answers.name]
    assert answers.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["analyse", "{folder}/no.csv", "--output", "{folder}/r.json"], "no.csv"),
        (["analyse", "{folder}/answer.csv", "--output", "{folder}/r.json"], "Did you mean 'answers.csv'?"),
        (
            ["analyse", "{file}", "--codebook", "{folder}/answers.toml", "--output", "{folder}/r.json"],
            "Did you mean 'answers.csv'?",
        ),
        (["analyse", "{file}", "--instrument", "{codebook}", "--output", "{folder}/r.json"], "is given with --codebook"),
        (["analyse", "{file}", "--codebook", "{instrument}", "--output", "{folder}/r.json"], "is given with --instrument"),
        (["simulate", "--output", "{file}"], "it is a file"),
        (["analyse", "{file}", "--output", "{folder}/absent/r.json"], "does not exist"),
        (["analyse", "{file}", "{file}", "--output", "{folder}/r.json"], "given twice"),
        (["analyse", "{file}", "--instrument", "{folder}/no.toml", "--output", "{folder}/r.json"], "cannot be read"),
        (["analyse", "{folder}", "--output", "{folder}/r.json"], "folder"),
        (["simulate", "--output", "{folder}/a/b"], "does not exist"),
    ],
)
def test_unusable_data_is_one(arguments: list[str], message: str, answers: Path, tmp_path: Path, capsys: Capture) -> None:
    files = {"file": answers, "folder": tmp_path, "codebook": CODEBOOK, "instrument": INSTRUMENT}
    filled = [argument.format(**files) for argument in arguments]
    assert run(filled) == 1
    captured = capsys.readouterr()
    assert message in captured.err
    assert "Traceback" not in captured.err
    assert not (tmp_path / "r.json").exists()


def test_an_absent_folder_is_said_before_any_work(tmp_path: Path, capsys: Capture) -> None:
    # The input does not exist either: the output folder is complained about first.
    assert run(["analyse", str(tmp_path / "no.csv"), "--output", str(tmp_path / "absent" / "r.json")]) == 1
    assert "absent" in capsys.readouterr().err


def test_interruption_leaves_nothing(answers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("omstilling_psychometrics.reporting.validation.run", interrupt)
    output = tmp_path / "r.json"
    assert run(["analyse", str(answers), "--output", str(output)]) == 130
    assert "nothing was written" in capsys.readouterr().err
    assert not output.exists()


def test_an_interrupted_survey_leaves_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("omstilling_psychometrics.simulation.folder.write_sav", interrupt)
    kept = tmp_path / "kept"
    kept.mkdir()
    for folder in (tmp_path / "new", kept):
        assert run(["simulate", "--output", str(folder), "--quiet"]) == 130
    assert list(tmp_path.rglob("*")) == [kept]


def test_the_verdicts_are_shown_as_a_table_in_words(answers: Path, tmp_path: Path, capsys: Capture) -> None:
    assert run(["analyse", str(answers), "--analyses", "items", "--output", str(tmp_path / "r.json")]) == 0
    shown = capsys.readouterr().out
    assert "6. Is each item to be kept, reworded or dropped?" in shown
    assert "theme not shown" in shown
    assert "_" not in shown.replace(str(tmp_path), "")


def test_the_time_that_remains_follows_the_steps_that_are_done() -> None:
    pace = Pace({"a": 2, "b": 4, "c": 2}, start=100)
    assert (pace.done(100), pace.remaining(100)) == (0, 8)
    pace.begin("a", 100)
    assert pace.done(101) == 1
    pace.begin("b", 106)  # three times as slow as was thought
    assert pace.done(106) == 2
    assert pace.remaining(106) == pytest.approx(18)
    assert pace.remaining(112) == pytest.approx(12)
    assert pace.done(1000) == pytest.approx(2 + 0.95 * 4)  # never further than the step
    pace.begin("c", 118)
    assert pace.remaining(124) == pytest.approx(0.05 * 6)


def test_the_bar_shows_the_step_and_the_time_that_remains(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    with progress({"one": 60, "two": 120}, quiet=False) as step:
        step("one")
    shown = capsys.readouterr().err
    assert "one" in shown
    assert "about 0:0" in shown


def test_files_are_pooled_exactly(answers: Path, tmp_path: Path) -> None:
    lines = answers.read_text(encoding="utf-8").splitlines(keepends=True)
    halves = []
    for number, body in enumerate((lines[1:300], lines[300:])):
        path = tmp_path / f"half{number}.csv"
        path.write_text(lines[0] + "".join(body), encoding="utf-8")
        halves.append(str(path))
    outputs = []
    for files in ([str(answers)], halves):
        output = tmp_path / f"{len(files)}.json"
        assert run(["analyse", *files, "--analyses", "items,missingness", "--output", str(output), "--quiet"]) == 0
        outputs.append(json.loads(output.read_text(encoding="utf-8")))
    assert outputs[0]["results"] == outputs[1]["results"]
    assert outputs[0]["provenance"]["counts"] == outputs[1]["provenance"]["counts"]


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """Every 25th row of the raw export."""
    lines = RAW.read_bytes().splitlines(keepends=True)
    path = tmp_path / "raw.csv"
    path.write_bytes(b"".join([lines[0], *lines[1::25]]))
    return path


def test_inspect_drafts_a_codebook_that_reads_the_file(raw: Path, tmp_path: Path, capsys: Capture) -> None:
    draft, output = tmp_path / "draft.toml", tmp_path / "r.json"
    assert run(["inspect", str(raw), "--write-codebook", str(draft)]) == 0
    shown = capsys.readouterr().out
    assert "cp1252" in shown
    assert "'e-mail'" in shown
    arguments = ["analyse", str(raw), "--codebook", str(draft), "--analyses", "items", "--output", str(output), "--quiet"]
    assert run(arguments) == 0
    rows = json.loads(output.read_text(encoding="utf-8"))["provenance"]["rows"]
    assert rows["read"] == rows["analysed"] + sum(rows["left_out"].values())


def test_the_codebook_that_is_read_is_not_overwritten(raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book, link = tmp_path / "book.toml", tmp_path / "link.toml"
    book.write_bytes(CODEBOOK.read_bytes())
    link.symlink_to(book)
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path)
    for spelled in (str(book), "sub/../book.toml", "link.toml"):
        assert run(["inspect", str(raw), "--codebook", str(book), "--write-codebook", spelled]) == 2
        assert run(["inspect", str(raw), "--codebook", spelled, "--write-codebook", str(book)]) == 2
    assert book.read_bytes() == CODEBOOK.read_bytes()
    assert link.is_symlink()


def test_counts_stand_for_the_file(answers: Path, tmp_path: Path) -> None:
    counted = tmp_path / "counts.parquet"
    assert run(["counts", str(answers), "--disclosure", "none", "--quiet", "--output", str(counted)]) == 0
    found = []
    for source in (answers, counted):
        output = tmp_path / f"{source.stem}.json"
        arguments = ["analyse", str(source), "--analyses", "missingness", "--disclosure", "none", "--quiet"]
        assert run([*arguments, "--output", str(output)]) == 0
        rows = json.loads(output.read_text(encoding="utf-8"))["results"]
        found.append([(row["role"], row["item"], row["method"], row["estimate"], row["n"]) for row in rows])
    assert found[0] == found[1]


def test_anonymised_answers_name_nobody_and_give_the_same_results(raw: Path, tmp_path: Path) -> None:
    output, key = tmp_path / "anonymous.csv", tmp_path / "my.key"
    arguments = ["anonymise", str(raw), "--codebook", str(CODEBOOK), "--key", str(key), "--output", str(output), "--quiet"]
    assert run(arguments) == 0
    text = output.read_text(encoding="utf-8")
    assert "@" not in text
    assert "led0" not in text
    found = []
    for source, more in ((raw, ["--codebook", str(CODEBOOK)]), (output, [])):
        results = tmp_path / f"{source.stem}.json"
        assert run(["analyse", str(source), *more, "--analyses", "items", "--output", str(results), "--quiet"]) == 0
        found.append(json.loads(results.read_text(encoding="utf-8"))["results"])
    for one, other in zip(*found, strict=True):
        for name, value in one.items():
            # Leaders are added up in the order of their names, which pseudonyms change: equal but for rounding.
            assert other[name] == (pytest.approx(value, rel=1e-9) if isinstance(value, float) else value)


def test_the_key_stays_with_the_raw_file(raw: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    arguments = ["anonymise", str(raw), "--codebook", str(CODEBOOK), "--output", str(out / "anonymous.csv"), "--quiet"]
    assert run(arguments) == 0
    assert [path.name for path in out.iterdir()] == ["anonymous.csv"]
    assert raw.with_name("raw.csv.key").exists()


def test_lines_fit_where_the_output_is_no_terminal(raw: Path, answers: Path, tmp_path: Path, capsys: Capture) -> None:
    assert (
        run(["analyse", str(answers), "--analyses", "items,reliability,multilevel", "--output", str(tmp_path / "r.json")]) == 0
    )
    shown = capsys.readouterr().out
    (table,) = (part for part in shown.split("\n\n") if part.startswith("What must be decided"))
    assert re.search(r"to be printed, and how large is it\?\n  employee  \S coefficient alpha \d", table)
    assert re.search(r"kept, reworded or dropped\?\n  \S (?!.*employee)", table)  # one cell over all roles has the name of none
    assert run(["inspect", str(raw)]) == 0
    found = capsys.readouterr().out.partition("Drafted codebook")
    long = [line for line in (shown.replace(str(tmp_path), "") + found[0]).splitlines() if len(line) > 100]
    assert long == []
    assert found[2].strip().startswith("#")  # the draft is as it is, however long its lines


def test_a_home_that_cannot_be_written_in_is_no_warning() -> None:
    code = (
        "from omstilling_psychometrics.cli.progress import progress\n"
        "with progress({'plots': 1}, quiet=True) as step:\n"
        "    step('plots')\n"
        "    import matplotlib\n"
        "    print(matplotlib.get_cachedir())\n"
    )
    environment = {**os.environ, "HOME": "/proc/nowhere", "XDG_CACHE_HOME": "/proc/nowhere", "XDG_CONFIG_HOME": "/proc/nowhere"}
    environment.pop("MPLCONFIGDIR", None)
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)
    assert "matplotlib-" in found.stdout  # a folder that it has made for itself, of which it would warn
    assert found.stderr == ""
