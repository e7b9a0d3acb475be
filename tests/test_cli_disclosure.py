"""The policy on the command line: what is said first, which checksums are written, and what two outputs tell together."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from omstilling_psychometrics.cli import run
from omstilling_psychometrics.core.errors import DataError, UsageError
from omstilling_psychometrics.core.files import sha256
from omstilling_psychometrics.reporting.against import Output, earlier_output, few_apart
from omstilling_psychometrics.reporting.price import price
from omstilling_psychometrics.reporting.validation import validate
from omstilling_psychometrics.survey.disclosure import Disclosure
from omstilling_psychometrics.survey.instrument import load_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns
from omstilling_psychometrics.survey.reading import read
from omstilling_psychometrics.survey.text import quoted
from omstilling_psychometrics.topics.items.analysis import items
from omstilling_psychometrics.topics.reliability.analysis import reliability
from omstilling_psychometrics.topics.roles.analysis import role_comparison

Capture = pytest.CaptureFixture[str]
ITEMS = [item.key for item in load_instrument().items]


def survey(folder: Path, *, rows: int = 60, bosses: int = 0, name: str = "answers.csv") -> Path:
    """Employees in two waves and by sex, three of whom are in wave 2, and some superiors."""
    random = np.random.default_rng(4)
    lines = [",".join(["role", "leader", "wave", "sex", *ITEMS])]
    for row in range(rows + bosses):
        given = np.where(random.random(5) < 0.2, "ved_ikke", random.integers(1, 6, 5).astype(str)).tolist()
        role, wave = ("medarbejder" if row < rows else "overordnet"), "2" if row in (7, 8, 9) else "1"
        lines.append(",".join([role, f"l{row % 6}", wave, "mf"[row % 2], *given]))
    path = folder / name
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return path


def counted(keys: dict[str, list[str]]) -> ResponsePatterns:
    answers = np.column_stack([1 + np.arange(9) % 5] * 5)
    return ResponsePatterns.count(load_instrument(), answers, {name: Key.of(values) for name, values in keys.items()})


def analyse(file: Path, output: Path, *more: str) -> int:
    return run(["analyse", str(file), "--analyses", "items,missingness", "--output", str(output), *more])


def test_checksums_of_files_are_told_and_not_written(tmp_path: Path, capsys: Capture) -> None:
    file, output = survey(tmp_path), tmp_path / "r.json"
    assert analyse(file, output) == 0
    assert f"answers.csv: SHA-256 {sha256(file)}" in capsys.readouterr().out
    assert sha256(file) not in output.read_text(encoding="utf-8")
    assert analyse(file, output, "--disclosure", "none", "--quiet") == 0
    assert sha256(file) in output.read_text(encoding="utf-8")
    assert run(["counts", str(file), "--output", str(tmp_path / "c.parquet")]) == 0
    assert sha256(file).encode() not in (tmp_path / "c.parquet").read_bytes()


def test_the_first_line_of_an_output_by_groups_says_whose_its_totals_are(tmp_path: Path, capsys: Capture) -> None:
    output = tmp_path / "r.json"
    assert analyse(survey(tmp_path), output, "--by", "sex") == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert first.startswith("note: totals are those of the groups that are released and differ from totals without --by")
    notes = json.loads(output.read_text(encoding="utf-8"))["provenance"]["rows"]["notes"]
    assert notes[0] == "totals_of_groups"
    assert analyse(survey(tmp_path), output, "--by", "sex", "--disclosure", "none") == 0
    assert not capsys.readouterr().out.startswith("note")


def test_counts_by_groups_say_so_first_and_so_does_what_is_made_of_them(tmp_path: Path, capsys: Capture) -> None:
    file, target = survey(tmp_path), tmp_path / "c.parquet"
    assert run(["counts", str(file), "--by", "sex", "--output", str(target)]) == 0
    first = capsys.readouterr().out
    assert first.startswith("note: totals are those of the groups that are released and differ from totals without --by")
    assert analyse(target, tmp_path / "r.json") == 0
    assert capsys.readouterr().out.startswith("note: totals are those")
    assert run(["counts", str(file), "--output", str(target)]) == 0
    assert not capsys.readouterr().out.startswith("note: totals")


def test_a_small_wave_and_a_small_role_are_null_rows_and_one_line(tmp_path: Path) -> None:
    output = tmp_path / "r.json"
    assert analyse(survey(tmp_path, bosses=4), output, "--quiet") == 0
    content = json.loads(output.read_text(encoding="utf-8"))
    assert content["provenance"]["rows"]["left_out"] == {"withheld": 7}
    wave = [row for row in content["results"] if row["method"] == "any/wave=2"]
    boss = [row for row in content["results"] if row["role"] == "overordnet"]
    assert len(wave) == 1
    assert {row["quantity"] for row in boss} >= {"mean", "proportion", "scale_mean", "rate"}
    for row in (*wave, *boss):
        assert row["note"] == "suppressed"
        assert {row[name] for name in ("cluster", "estimate", "std_error", "conf_low", "statistic", "df", "p_value", "n")} == {
            None
        }
    means = [row for row in content["results"] if row["role"] == "medarbejder" and row["quantity"] == "pattern_count"]
    assert sum(row["estimate"] for row in means) == 57


def test_roles_mixed_on_purpose_are_without_withheld_people(tmp_path: Path) -> None:
    with_bosses, without = (survey(tmp_path, bosses=bosses, name=f"{bosses}.csv") for bosses in (4, 0))
    results = []
    for file in (with_bosses, without):
        assert analyse(file, tmp_path / "r.json", "--roles", "all", "--quiet") == 0
        results.append(json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["results"])
    assert results[0] == results[1]
    assert {row["role"] for row in results[0]} == {"all"}


def test_outputs_that_are_a_few_apart_are_named(tmp_path: Path, capsys: Capture) -> None:
    for rows in (60, 57, 50):
        assert analyse(survey(tmp_path, rows=rows, name=f"{rows}.csv"), tmp_path / f"{rows}.json", "--quiet") == 0
    arguments = ["--quiet", "--against", str(tmp_path / "57.json"), "--against", str(tmp_path / "50.json")]
    assert analyse(tmp_path / "60.csv", tmp_path / "new.json", *arguments) == 0
    told = capsys.readouterr().err
    assert "57.json: medarbejder: n = 57 here and 54 there, 3 apart: " in told
    assert "50.json" not in told or "50.json: medarbejder: n = 57 here" not in told
    assert run(["counts", str(tmp_path / "60.csv"), "--output", str(tmp_path / "c.parquet"), *arguments]) == 0
    assert "57.json: medarbejder: n = 57 here and 54 there, 3 apart: " in capsys.readouterr().err


def output(n: int | None, *, by: str | None = None, group: str | None = None, name: str = "e.json", role: str = "a") -> Output:
    row = {
        "analysis": "items",
        "role": role,
        "group": group,
        "quantity": "mean",
        "item": None,
        "category": None,
        "method": None,
    }
    return Output(name=name, rows=[{**row, "n": n}], by=by, instrument=None)


@pytest.mark.parametrize(("there", "named"), [(100, False), (99, True), (96, True), (95, False), (None, False)])
def test_one_to_the_minimum_less_one_is_a_few(there: int | None, named: bool) -> None:
    assert bool(few_apart(output(100), [output(there)], Disclosure())) is named
    # Nothing is withheld from this output, and the other one may be published none the less.
    assert bool(few_apart(output(100), [output(there)], Disclosure.none())) is named
    assert few_apart(output(100), [output(97)], Disclosure(minimum_respondents=3)) == []


def test_groups_are_those_of_the_same_column() -> None:
    one = output(100, by="sex", group="1")
    assert few_apart(one, [output(98, by="sex", group="1")], Disclosure())
    assert few_apart(one, [output(98, by="age", group="1")], Disclosure())[0].startswith("e.json: a: n = 100 here and 98 there")


def test_groups_and_roles_together_are_compared_with_totals(tmp_path: Path, capsys: Capture) -> None:
    """With and without --by, by sex and by age: what one of two outputs lacks is the difference of their sums."""
    sums = [Output(name=by, rows=[*output(30, group="m").rows, *output(n, group="f").rows], by=by, instrument=None)
            for by, n in (("sex", 27), ("age", 29))]  # fmt: skip
    assert few_apart(output(60), sums, Disclosure()) == [
        "sex: a: n = 60 here and 57 there, 3 apart: items mean",
        "age: a: n = 60 here and 59 there, 1 apart: items mean",
    ]
    assert few_apart(sums[0], sums[1:], Disclosure()) == ["age: a: n = 57 here and 59 there, 2 apart: items mean"]
    mixed = output(59, role="all")
    assert few_apart(mixed, [output(60)], Disclosure()) == ["e.json: all: n = 59 here and 60 there, 1 apart: items mean"]

    # Two employees without a sex are in the totals alone.
    file = survey(tmp_path)
    lines = file.read_text(encoding="utf-8").splitlines()
    lines[1:3] = [line.replace(",m,", ",,").replace(",f,", ",,") for line in lines[1:3]]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert analyse(file, tmp_path / "all.json", "--quiet") == 0
    assert analyse(file, tmp_path / "sex.json", "--by", "sex", "--quiet", "--against", str(tmp_path / "all.json")) == 0
    assert "all.json: medarbejder: n = 55 here and 57 there, 2 apart: " in capsys.readouterr().err
    counts = ["counts", str(file), "--output", str(tmp_path / "c.parquet"), "--quiet", "--against", str(tmp_path / "sex.json")]
    assert run(counts) == 0
    assert "sex.json: medarbejder: n = 57 here and 55 there, 2 apart: " in capsys.readouterr().err
    lines[5:6] = []
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert run([*counts, "--by", "sex"]) == 0
    assert "sex.json: medarbejder, m: n = 27 here and 28 there, 1 apart: " in capsys.readouterr().err


def test_groups_add_up_in_every_analysis_of_answers(tmp_path: Path, capsys: Capture) -> None:
    """Intercepts of a factor model are means: those of all and of two groups give the means of two people without a group."""
    random = np.random.default_rng(4)
    given = np.clip(random.integers(2, 5, (102, 1)) + random.integers(-1, 2, (102, 5)), 1, 5)
    lines = [",".join(["medarbejder", "" if row < 2 else "mf"[row % 2], *map(str, given[row])]) for row in range(102)]
    file = tmp_path / "answers.csv"
    file.write_text("\n".join([",".join(["role", "sex", *ITEMS]), *lines, ""]), encoding="utf-8")
    cfa = ["analyse", str(file), "--analyses", "cfa", "--quiet", "--output"]
    assert run([*cfa, str(tmp_path / "all.json")]) == 0
    assert run([*cfa, str(tmp_path / "sex.json"), "--by", "sex", "--against", str(tmp_path / "all.json")]) == 0
    sums = []
    for name in ("all", "sex"):
        rows = json.loads((tmp_path / f"{name}.json").read_text(encoding="utf-8"))["results"]
        about = {"quantity": "intercept", "item": ITEMS[0], "method": "ML"}
        sums.append(sum(row["estimate"] * row["n"] for row in rows if row["n"] and about.items() <= row.items()))
    assert sums[0] - sums[1] == pytest.approx(given[:2, 0].sum(), abs=1e-3)
    assert "all.json: medarbejder: n = 100 here and 102 there, 2 apart: cfa " in capsys.readouterr().err


def test_earlier_outputs_of_one_name_are_all_compared(tmp_path: Path, capsys: Capture) -> None:
    against = []
    for rows in (60, 59):
        (tmp_path / str(rows)).mkdir()
        against += ["--against", str(tmp_path / str(rows) / "results.json")]
        file = survey(tmp_path, rows=rows)
        assert analyse(file, tmp_path / str(rows) / "results.json", "--quiet") == 0
    assert analyse(survey(tmp_path), tmp_path / "r.json", "--disclosure", "none", "--quiet", *against) == 0
    told = capsys.readouterr().err
    for rows in (60, 59):
        # The three people of a small wave are withheld there and shown here.
        assert f"{rows}/results.json: medarbejder: n = 60 here and {rows - 3} there, {63 - rows} apart: " in told
    assert max(map(len, told.splitlines())) < 400


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[]", "no results.json"),
        ('{"schema": 1, "results": [3]}', "no results.json"),
        ('{"schema": 1, "results": [{"analysis": "items"', "no results.json"),
        ('{"schema": 1, "results": ' + "[" * 100_000, "no results.json"),
        ("PAR1", "no results.json"),
        (
            '{"schema": 1, "results": [{"analysis": "items", "n": 3}]}',
            "without category, group, item, method.*earlier version",
        ),
        ('{"schema": 1, "results": [ROW]}'.replace("ROW", json.dumps(output(1).rows[0] | {"n": "3"})), "damaged"),
        ('{"schema": 1, "results": [ROW]}'.replace("ROW", json.dumps(output(1).rows[0] | {"item": []})), "damaged"),
        ('{"schema": 1, "results": [ROW]}'.replace("ROW", json.dumps(output(1).rows[0]).replace("1}", "1e999}")), "damaged"),
        ('{"schema": 1, "results": [], "provenance": {"instrument": {"key": "another"}}}', "another instrument"),
    ],
)
def test_files_that_cannot_be_compared_are_refused(tmp_path: Path, capsys: Capture, content: str, message: str) -> None:
    (tmp_path / "e.json").write_text(content, encoding="utf-8")
    for command, target in (("analyse", "r.json"), ("counts", "c.parquet"), ("report", "r.html")):
        arguments = [command, str(survey(tmp_path)), "--output", str(tmp_path / target), "--against", str(tmp_path / "e.json")]
        assert run(arguments) == 1
        assert re.search(message, capsys.readouterr().err)
        assert not (tmp_path / target).exists()


def test_results_of_an_earlier_version_that_say_less_of_themselves_are_compared(tmp_path: Path, capsys: Capture) -> None:
    assert analyse(survey(tmp_path, rows=59), tmp_path / "e.json", "--quiet") == 0
    content = json.loads((tmp_path / "e.json").read_text(encoding="utf-8"))
    del content["provenance"]
    (tmp_path / "e.json").write_text("\ufeff" + json.dumps(content), encoding="utf-8")
    assert analyse(survey(tmp_path), tmp_path / "r.json", "--quiet", "--against", str(tmp_path / "e.json")) == 0
    assert "e.json: medarbejder: n = 57 here and 56 there, 1 apart" in capsys.readouterr().err


def test_raw_values_are_short_but_for_those_that_have_to_be_typed(tmp_path: Path, capsys: Capture) -> None:
    assert quoted("x" * 41) == "'" + "x" * 40 + "…'"
    assert quoted("x" * 40) == "'" + "x" * 40 + "'"
    long = "Afdelingen for " + "x" * 60
    answers = counted({"sex": [long] * 9, "leader": ["Anne Holm"] * 9, "score": ["1,5.2" + "0" * 60] * 9})
    for refused in (
        lambda: answers.select(sex="x" * 50),
        lambda: answers.select(leader="Anne Holn"),
        lambda: answers.select(**{long: "y"}),
        lambda: answers.released().of_roles(long),
        lambda: role_comparison(answers, external=["score"]),
    ):
        with pytest.raises(UsageError) as caught:
            refused()
        assert not re.search(r"x{41,}|0{41,}|Holm", str(caught.value))
    label = "Hverken enig eller uenig i det, som lederen har sagt om det"
    file = survey(tmp_path)
    file.write_text(file.read_text(encoding="utf-8").replace(",ved_ikke", f',"{label}"'), encoding="utf-8")
    assert analyse(file, tmp_path / "r.json") == 1
    assert f"'{label}'" in capsys.readouterr().err


def with_forms(folder: Path, name: str, *, few: int) -> Path:
    """Sixty employees about six leaders in form A, but for some in form B."""
    lines = [line.split(",") for line in survey(folder, name=name).read_text(encoding="utf-8").splitlines()]
    lines[0].append("form")
    for place, line in enumerate(lines[1:]):
        line[2] = "1"
        line.append("B" if place < few else "A")
    (folder / name).write_text("\n".join(map(",".join, lines)) + "\n", encoding="utf-8")
    return folder / name


def anonymised(file: Path, capsys: Capture, *more: str) -> dict[str, str]:
    """The table of prices that the command prints."""
    target = file.with_suffix(".anonymous.csv")
    assert run(["anonymise", str(file), "--output", str(target), "--key", str(file.with_suffix(".key")), *more]) == 0
    table = capsys.readouterr().out.partition("what can be written, before and after\n")[2]
    return {name.strip(): told for name, _, told in (line.strip().partition("  ") for line in table.splitlines())}


NAMES = ("answers", "leaders", "mean scale score", "alpha", "omega", "loadings", "rates of non-answers")


def test_the_price_of_anonymising_is_what_the_policy_lets_be_written(tmp_path: Path, capsys: Capture) -> None:
    file = with_forms(tmp_path, "forms.csv", few=0)
    told = anonymised(file, capsys)
    assert tuple(told) == tuple(f"medarbejder: {name}" for name in NAMES)
    written = read(file.with_suffix(".anonymous.csv")).released()
    after = [row for analysis in (items, reliability) for row in analysis(written).rows()]
    (mean,) = (row["estimate"] for row in after if row["quantity"] == "scale_mean")
    (alpha,) = (row["estimate"] for row in after if (row["quantity"], row["method"]) == ("alpha", "listwise"))
    assert told["medarbejder: mean scale score"].strip() == f"{mean:.3f} (the same)"
    assert told["medarbejder: alpha"].strip() == f"{alpha:.3f} (the same)"
    assert told["medarbejder: answers"].strip() == "60 (the same)"
    twelve = survey(tmp_path, rows=12, name="twelve.csv")
    twelve.write_text(twelve.read_text(encoding="utf-8").replace(",2,", ",1,"), encoding="utf-8")
    assert anonymised(twelve, capsys)["medarbejder: answers"].strip() == "12 (the same)"


def test_the_price_gives_no_withheld_people_back(tmp_path: Path, capsys: Capture) -> None:
    """Three people in a form of their own are withheld before, and in the anonymised file, where their form is emptied, they
    are not: before less after is what they answered."""
    file = with_forms(tmp_path, "three.csv", few=3)
    exact = read(file)
    means, n = [], []
    for answers in (exact, exact.pool("form")):
        (row,) = (row for row in validate(answers, ("items",), rng=1).rows if row["quantity"] == "scale_mean")
        means.append(row["estimate"])
        n.append(row["n"])
    three = exact.select(form="B")
    theirs = float(np.nansum(np.nanmean(three.values(), axis=1) @ np.diag(three.table()[1])))
    assert round(means[1], 3) * n[1] - round(means[0], 3) * n[0] == pytest.approx(theirs, abs=0.06)
    told = anonymised(file, capsys)
    assert any(name.startswith("not told: before and after are fewer than 5 respondents") for name in told)
    told = {name: one for name, one in told.items() if name.startswith("medarbejder: ")}
    assert tuple(told) == tuple(f"medarbejder: {name}" for name in NAMES)
    assert {one.partition("->")[2].strip() for one in told.values()} == {"not told"}
    apart = anonymised(with_forms(tmp_path, "seven.csv", few=7), capsys, "--minimum-respondents", "7")
    assert apart["medarbejder: answers"].strip() == "60 (the same)"


def test_nothing_before_and_nothing_after_is_said(tmp_path: Path) -> None:
    exact = read(survey(tmp_path))
    assert price(exact, exact.keys, Disclosure(minimum_respondents=99)).startswith("nothing can be written")


def test_an_earlier_output_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot"):
        earlier_output(tmp_path / "absent.json")
