"""A result in one call as LaTeX, Word or Excel: the numbers of the report, and of nobody who is withheld."""

from __future__ import annotations

from pathlib import Path

import docx
import numpy as np
import openpyxl
import pytest

import omstilling_psychometrics as op
from made_up import awkward_scale
from omstilling_psychometrics.core.errors import DataError, UsageError
from omstilling_psychometrics.core.results import Result
from omstilling_psychometrics.core.vocabulary import vocabulary
from omstilling_psychometrics.present.latex import escaped
from omstilling_psychometrics.present.wording import Wording
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns

AWKWARD = awkward_scale().released()
ITEMS = op.items(AWKWARD)


def test_excel_has_numbers_with_the_decimals_of_the_report(tmp_path: Path) -> None:
    path = tmp_path / "items.xlsx"
    ITEMS.write(path, quantities=["mean", "proportion"], language="da")
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["day shift", "Nat hold"], "a sheet has no slash in its name"
    sheet = book["day shift"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[0][0] == "Itemanalyse, day shift"
    assert rows[1] == ["størrelse", "item", "kategori", "estimat", "standardfejl", "nedre grænse", "øvre grænse", "n"]
    of_mean = ITEMS.get("mean", role="day shift", item="=fun")
    low, high = of_mean.confidence_interval()
    line = next(row for row in rows if row[:2] == ["gennemsnit", "=fun"])
    assert line[3:] == [
        round(of_mean.estimate or 0, 2),
        *(round(one, 2) for one in (of_mean.std_error or 0, low, high)),
        of_mean.n,
    ]
    place = rows.index(line) + 1
    assert (sheet.cell(place, 4).number_format, sheet.cell(place, 8).number_format) == ("#,##0.00", "#,##0")
    assert sheet.cell(place, 2).data_type == "s", "an item that begins with = is no formula"
    share = ITEMS.get("proportion", role="day shift", item="d", category=3)
    line = next(row for row in rows if row[:3] == ["andel af svarene", "d", 3])
    assert line[3] == pytest.approx(round(share.estimate or 0, 3), abs=1e-12)
    assert sheet.cell(rows.index(line) + 1, 4).number_format == '#,##0.0%" (a)"', "the footnote's letter"
    assert rows[-2][0].startswith("95\N{NO-BREAK SPACE}%-interval. Gennemsnit: ")
    assert rows[-1][0] == "a: vendt item: kategorierne er vist, som de tæller i scoren"
    assert sheet.freeze_panes == "A3"


def test_latex_has_the_rows_and_says_once_what_they_share(tmp_path: Path) -> None:
    path = tmp_path / "alpha.tex"
    result = op.reliability(AWKWARD)
    result.write(path, quantities="lambda2")
    text = path.read_text(encoding="utf-8")
    row = result.get("lambda2", role="day shift")
    low, high = row.confidence_interval()
    assert (
        f"Guttman's $\\lambda$2 & {row.estimate:.3f} & {row.std_error:.3f} & {low:.3f} & {high:.3f} \\\\\n\\bottomrule" in text
    )
    assert f"n = {row.n}. 95\\% interval. " in text
    assert text.count(r"\begin{tabular}{@{}lrrrr@{}}") == text.count(r"\toprule") == 2
    assert r"\caption{Reliability, Nat/hold}" in text


def test_long_tables_of_latex_go_on_over_pages_under_their_head(tmp_path: Path) -> None:
    ITEMS.write(tmp_path / "t.tex")
    text = (tmp_path / "t.tex").read_text(encoding="utf-8")
    assert text.count(r"\begin{longtable}") == text.count(r"\endfirsthead") == text.count(r"\endhead") == 2


def test_nothing_in_a_text_is_a_command_of_latex() -> None:
    assert escaped(r"\input{x} 50% of $a_1 & #b ~^ <c>") == (
        r"\textbackslash{}input\{x\} 50\% of \$a\_1 \& \#b \textasciitilde{}\textasciicircum{} \textless{}c\textgreater{}"
    )
    assert escaped("χ² ≥ 3") == r"$\chi^2$ $\geq$ 3"


@pytest.mark.parametrize("language", ["en", "da"])
def test_every_sign_of_the_vocabulary_can_be_printed(language: str) -> None:
    words = vocabulary(language)  # type: ignore[arg-type]
    texts = [text for term in words.quantities.values() for text in (term.name, term.symbol, term.definition)]
    texts += [*words.notes.values(), *words.methods.values()]
    beyond = {sign for text in texts for sign in escaped(text) if ord(sign) > 255}
    assert not beyond, "LaTeX has no letter for these"


def test_word_has_the_same_table_under_the_same_caption(tmp_path: Path) -> None:
    result = op.reliability(AWKWARD)
    result.write(tmp_path / "alpha.docx", quantities=["alpha", "lambda2"])
    paper = docx.Document(str(tmp_path / "alpha.docx"))
    assert [table.rows[0].cells[0].text for table in paper.tables] == ["quantity"] * 2
    assert [one.text for one in paper.paragraphs if one.style.name == "Caption"] == [
        "Reliability, day shift", "Reliability, Nat/hold",
    ]  # fmt: skip
    shown = [[cell.text for cell in row.cells] for row in paper.tables[1].rows[1:]]
    assert shown[0][:3] == ["coefficient alpha", "complete rows", f"{result.value('alpha', role='Nat/hold'):.3f}"]


@pytest.mark.parametrize("ending", ["tex", "docx", "xlsx"])
def test_who_is_withheld_is_in_none_of_them(ending: str, tmp_path: Path) -> None:
    scale = plain_instrument((1, 2, 3, 4), ("a", "b", "c"), roles=("team", "boss"))
    codes = np.random.default_rng(1).integers(1, 5, (27, 3))
    role = {"role": Key.of(["team"] * 25 + ["boss"] * 2)}
    written = []
    for place, last in enumerate((codes[25:], 5 - codes[25:])):
        answers = ResponsePatterns.count(scale, np.vstack([codes[:25], last]), role)
        path = tmp_path / f"{place}.{ending}"
        op.missingness(answers.released()).write(path, quantities=["rate", "pattern_count"])
        written.append(path.read_bytes())
    assert written[0] == written[1], "and the same answers are the same bytes"
    if ending == "tex":
        assert rb"rate & a & any reason & --\textsuperscript{a} \\" in written[0]
        assert rb"\textsuperscript{a} suppressed" in written[0]


def test_few_answers_have_few_digits(tmp_path: Path) -> None:
    codes = np.random.default_rng(3).integers(1, 100, (29, 2))
    answers = ResponsePatterns.count(plain_instrument(tuple(range(1, 101)), ("a", "b")), codes)
    result = op.items(answers.released())
    result.write(tmp_path / "t.xlsx", quantities="mean")
    row = next(openpyxl.load_workbook(tmp_path / "t.xlsx").active.iter_rows(min_row=3, max_row=3, values_only=True))
    exact = result.value("mean", item="a")
    assert row[2] == float(f"{exact:.3g}") != round(exact, 2)


def test_wrong_usage_is_said_before_anything_is_written(tmp_path: Path) -> None:
    for arguments, message in (
        (
            {"path": tmp_path / "t.csv"},
            "written as LaTeX, Word or Excel, so the name ends in .tex or .docx or .xlsx",
        ),
        (
            {"path": tmp_path / "t.tex", "quantities": "maen"},
            "no 'maen' in this result; .* Did you mean 'mean'",
        ),
    ):
        with pytest.raises(UsageError, match=message):
            ITEMS.write(**arguments)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="does not exist"):
        ITEMS.write(tmp_path / "absent" / "t.tex")
    with pytest.raises(UsageError, match="a table is written of released answers alone"):
        op.items(awkward_scale()).write(tmp_path / "t.tex")
    assert not list(tmp_path.iterdir())


def test_every_result_can(tmp_path: Path) -> None:
    answers = op.draw_team(leaders=30, team_size=6, rng=1).released()
    results: list[Result] = [
        op.items(answers),
        op.correlation(answers),
        op.cfa(answers),
        op.irt(answers),
        op.multilevel(answers),
    ]
    for result in (*results, op.role_comparison(answers), op.dif(AWKWARD, by="role")):
        for ending in ("tex", "docx", "xlsx"):
            result.write(tmp_path / f"{result.analysis}.{ending}")
            assert (tmp_path / f"{result.analysis}.{ending}").stat().st_size > 400


@pytest.mark.parametrize(
    ("language", "text", "found"),
    [
        ("en", "1,234.50", (1234.5, 2)), ("en", "−3", None), ("en", "-0.5", (-0.5, 1)), ("en", "12.3%", (0.123, 3)),
        ("en", "< 0.001", None), ("en", "–", None), ("en", "[1; 2]", None), ("da", "1.234,5", (1234.5, 1)),
        ("da", "12,3\N{NO-BREAK SPACE}%", (0.123, 3)), ("da", "", None),
    ],
)  # fmt: skip
def test_a_shown_number_is_read_again(language: str, text: str, found: tuple[float, int] | None) -> None:
    assert Wording(language).parsed(text) == found  # type: ignore[arg-type]


def test_what_is_shown_of_any_number_is_read_again() -> None:
    for value in (-1234.5678, -0.5, 0.0, 0.12345, 3.0, 98765.4):
        for wording in (Wording("en"), Wording("da")):
            assert wording.parsed(wording.decimal(value, 3)) == (round(value, 3), 3)
