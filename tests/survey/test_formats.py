"""The same answers from every format, and damaged or disguised files refused with one message."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pyarrow.parquet as pq
import pyreadstat
import pytest
from openpyxl.styles import PatternFill

from omstilling_psychometrics.core.errors import DataError
from omstilling_psychometrics.survey import workbook
from omstilling_psychometrics.survey.inspection import inspect
from omstilling_psychometrics.survey.parquet_file import open_parquet
from omstilling_psychometrics.survey.patterns import ResponsePatterns
from omstilling_psychometrics.survey.reading import read

Reader = Callable[..., ResponsePatterns]

ITEMS = ["kompetencer", "forklare", "vaerdi", "kultur", "itsikkerhed"]
LABELS = {1.0: "Helt uenig", 5.0: "Helt enig", 8.0: "Ved ikke", 9.0: "Ønsker ikke at oplyse"}


@pytest.fixture
def frame() -> pd.DataFrame:
    """Sixty answers as numbers, 8 and 9 the non-answers, NaN blank."""
    rng = np.random.default_rng(3)
    content: dict[str, Any] = {"role": rng.choice(["medarbejder", "leder"], 60), "leader": rng.choice(["Åse", "Bo", ""], 60)}
    for item in ITEMS:
        content[item] = rng.choice([1.0, 2.0, 3.0, 4.0, 5.0, 8.0, 9.0, np.nan], 60)
    return pd.DataFrame(content)


@pytest.fixture
def plain(frame: pd.DataFrame, tmp_path: Path) -> ResponsePatterns:
    path = tmp_path / "plain.csv"
    words = {8.0: "ved_ikke", 9.0: "oensker_ikke_at_oplyse"}
    frame.assign(**{item: frame[item].map(lambda value: words.get(value, value)) for item in ITEMS}).to_csv(path, index=False)
    return read(path)


def write_sav(frame: pd.DataFrame, path: Path, **options: Any) -> None:
    ranges = {item: [8, {"lo": 9, "hi": 9}] for item in ITEMS}
    labels = dict.fromkeys(ITEMS, LABELS)
    pyreadstat.write_sav(frame, str(path), **{"variable_value_labels": labels, "missing_ranges": ranges, **options})


@pytest.mark.parametrize("name", ["x.sav", "x.zsav"])
def test_spss_keeps_reasons_and_blank_apart(frame: pd.DataFrame, plain: ResponsePatterns, tmp_path: Path, name: str) -> None:
    write_sav(frame, tmp_path / name, compress=name.endswith("zsav"))
    assert read(tmp_path / name) == plain


def test_spss_with_numbered_roles_and_a_range_of_missing_values(
    frame: pd.DataFrame, plain: ResponsePatterns, tmp_path: Path
) -> None:
    numbered = frame.assign(role=frame["role"].map({"medarbejder": 1.0, "leder": 2.0}))
    labels = {**dict.fromkeys(ITEMS, LABELS), "role": {1.0: "Medarbejder", 2.0: "Leder"}}
    path = tmp_path / "x.sav"
    write_sav(numbered, path, variable_value_labels=labels, missing_ranges={item: [{"lo": 8, "hi": 99}] for item in ITEMS})
    assert read(path) == plain


def test_spss_labels_that_contradict_are_refused_and_codes_resolve_it(
    frame: pd.DataFrame, plain: ResponsePatterns, tmp_path: Path, read_text: Reader
) -> None:
    moved = frame.copy()
    moved[ITEMS] = moved[ITEMS].where(moved[ITEMS] > 5, moved[ITEMS] - 1)
    labels = {0.0: "Helt uenig", 4.0: "Helt enig", 8.0: "Ved ikke", 9.0: "Ønsker ikke at oplyse"}
    path = tmp_path / "x.sav"
    write_sav(moved, path, variable_value_labels=dict.fromkeys(ITEMS, labels))
    with pytest.raises(DataError, match="contradict the numbers") as caught:
        read(path)
    assert "'Helt enig'" in str(caught.value)
    book = tmp_path / "book.toml"
    book.write_text("[codes]\n" + "\n".join(f"{value} = {value + 1}" for value in range(5)), encoding="utf-8")
    assert read(path, codebook=book) == plain


@pytest.mark.parametrize("ending", ["sav", "dta"])
@pytest.mark.parametrize(
    ("labels", "told", "codes"),
    [
        ({1: "Meget enig", 2: "Enig", 4: "Uenig", 5: "Meget uenig"}, "calls that 'Helt uenig' or", {1: 5, 2: 4, 4: 2, 5: 1}),
        ({1: "Helt uenig", 2: "Uenig", 3: "Enig", 5: "Ved ikke / ikke relevant"}, "label means ved_ikke", {5: '"ved_ikke"'}),
        ({1: "Helt uenig", 3: "Ikke relevant"}, "that there is no answer", {3: '"blank"'}),
    ],
)
def test_labels_that_nobody_knows_are_not_read_over(
    tmp_path: Path, ending: str, labels: dict[int, str], told: str, codes: dict[int, Any]
) -> None:
    path = tmp_path / f"x.{ending}"
    write = pyreadstat.write_sav if ending == "sav" else pyreadstat.write_dta
    frame = pd.DataFrame({item: [1.0, 2.0, 3.0, 4.0, 5.0] for item in ITEMS})
    write(frame, str(path), variable_value_labels=dict.fromkeys(ITEMS, labels))
    with pytest.raises(DataError, match=f"(?s)contradict the numbers.*{told}"):
        read(path)
    book = tmp_path / "book.toml"
    book.write_text("[codes]\n" + "".join(f"{value} = {meaning}\n" for value, meaning in codes.items()), encoding="utf-8")
    meant = {value: {'"ved_ikke"': -3, '"blank"': -1}.get(codes.get(value), codes.get(value, value)) for value in range(1, 6)}
    assert sorted(read(path, codebook=book).patterns[:, 0].tolist()) == sorted(meant.values())
    book.write_text("[codes]\n" + "".join(f"{value} = {value}\n" for value in codes), encoding="utf-8")
    assert read(path, codebook=book).patterns[:, 0].tolist() == [1, 2, 3, 4, 5]


def test_an_unlabelled_user_missing_value_is_refused(frame: pd.DataFrame, tmp_path: Path) -> None:
    write_sav(frame, tmp_path / "x.sav", variable_value_labels={})
    with pytest.raises(DataError, match=r"'8\.0'|'8'"):
        read(tmp_path / "x.sav")


def test_a_category_declared_missing_is_refused(frame: pd.DataFrame, tmp_path: Path) -> None:
    write_sav(frame, tmp_path / "x.sav", missing_ranges={"kultur": [5]})
    with pytest.raises(DataError, match="declares this value missing"):
        read(tmp_path / "x.sav")


def test_stata_with_its_lettered_missing_values(frame: pd.DataFrame, plain: ResponsePatterns, tmp_path: Path) -> None:
    coded = frame.copy()
    for item in ITEMS:
        coded[item] = frame[item].map(lambda value: {8.0: "a", 9.0: "b"}.get(value, value)).astype(object)
    labels = {1: "Helt uenig", 5: "Helt enig", "a": "Ved ikke", "b": "Ønsker ikke at oplyse"}
    path = tmp_path / "x.dta"
    pyreadstat.write_dta(
        coded,
        str(path),
        variable_value_labels=dict.fromkeys(ITEMS, labels),
        missing_user_values={item: ["a", "b"] for item in ITEMS},
        version=15,
    )
    assert read(path) == plain


def test_spss_out_and_in_loses_neither_reason_nor_label(frame: pd.DataFrame, tmp_path: Path) -> None:
    write_sav(frame, tmp_path / "x.sav")
    again, about = pyreadstat.read_sav(str(tmp_path / "x.sav"), user_missing=True)
    write_sav(again, tmp_path / "y.sav", variable_value_labels=about.variable_value_labels, missing_ranges=about.missing_ranges)
    assert read(tmp_path / "y.sav") == read(tmp_path / "x.sav")


def codebook_text() -> str:
    return '[codes]\n8 = "ved_ikke"\n9 = "oensker_ikke_at_oplyse"\n'


def test_excel_and_parquet(frame: pd.DataFrame, plain: ResponsePatterns, tmp_path: Path) -> None:
    book = tmp_path / "book.toml"
    book.write_text(codebook_text(), encoding="utf-8")
    frame.to_excel(tmp_path / "x.xlsx", index=False)
    frame.to_parquet(tmp_path / "x.parquet")
    assert read(tmp_path / "x.xlsx", codebook=book) == plain
    assert read(tmp_path / "x.parquet", codebook=book) == plain


@pytest.mark.parametrize("codes", [(6, 7), (98, 99), (-1, -2), ("Ved ikke", "Ønsker ikke at oplyse"), ("vi", "vil ikke")])
def test_other_codes_for_the_same_reasons_change_nothing(
    frame: pd.DataFrame, plain: ResponsePatterns, tmp_path: Path, codes: tuple[Any, Any]
) -> None:
    changed = frame.copy()
    for item in ITEMS:
        changed[item] = frame[item].map(lambda value: {8.0: codes[0], 9.0: codes[1]}.get(value, value)).astype(object)
    changed.to_csv(tmp_path / "x.csv", index=False)
    book = tmp_path / "book.toml"
    book.write_text(f'[codes]\n"{codes[0]}" = "ved_ikke"\n"{codes[1]}" = "oensker_ikke_at_oplyse"\n', encoding="utf-8")
    assert read(tmp_path / "x.csv", codebook=book) == plain


# ---------------------------------------------------------------- Excel


def sheet(rows: list[list[Any]], *, title: str = "Svar") -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = title
    for row in rows:
        page.append(row)
    return book


def test_excel_takes_the_sheet_with_the_answers(tmp_path: Path) -> None:
    book = sheet([["Vejledning"], ["Udfyld arket Svar"]], title="Læs mig")
    page = book.create_sheet("Svar & <data>")
    for row in ([], [None, *ITEMS], [None, 1, 2, 3.0, "4", None]):
        page.append(row)
    book.save(tmp_path / "x.xlsx")
    assert read(tmp_path / "x.xlsx").patterns.tolist() == [[1, 2, 3, 4, -1]]
    again = book.create_sheet("Svar 2")
    again.append(ITEMS)
    book.save(tmp_path / "x.xlsx")
    with pytest.raises(DataError, match="several sheets"):
        read(tmp_path / "x.xlsx")


@pytest.mark.parametrize("value", ["#REF!", "#DIV/0!", "=1/0", "=A1"])
def test_excel_errors_and_formulas_without_value_are_not_taken_for_blank(tmp_path: Path, value: str) -> None:
    book = sheet([["x", *ITEMS], [1, 1, 2, 3, 4, 5], [2, 1, value, 3, 4, 5]])
    book.save(tmp_path / "x.xlsx")
    with pytest.raises(DataError, match=r"'forklare': 1 cell.*rows 3"):
        read(tmp_path / "x.xlsx")
    book = sheet([["x", *ITEMS], [1, 1, 2, 3, 4, 5], [value, 1, 2, 3, 4, 5]])
    book.save(tmp_path / "x.xlsx")
    assert read(tmp_path / "x.xlsx").n == 2  # a column that is not read may hold anything


@pytest.mark.parametrize("sign", ["#N/A", "#NULL!"])
def test_excel_cells_that_say_that_nothing_is_there_are_read_as_that_sign(tmp_path: Path, sign: str) -> None:
    """In a key it is not known; in an item the codebook says what it means, as in a text file."""
    book = sheet(
        [["leader", *ITEMS], ["a", 1, 2, 3, 4, 5], [sign, 5, 4, 3, 2, 1], [sign, 1, 1, 1, 1, 1], [*[sign] * 5, 5], [sign] * 6]
    )
    book.active["B5"] = "=NA()"
    book.save(tmp_path / "x.xlsx")
    with pytest.raises(DataError, match=r"column 'kompetencer': 1 cell.*rows 5"):
        read(tmp_path / "x.xlsx")  # a formula that was never computed
    book.active["B5"] = sign
    book.save(tmp_path / "x.xlsx")
    with pytest.raises(DataError, match=f"(?s)'forklare': '{sign}' in row 5 .*\\[codes\\].*'{sign}' = \"blank\""):
        read(tmp_path / "x.xlsx")
    (tmp_path / "book.toml").write_text(f'[codes]\n"{sign}" = "blank"\n', encoding="utf-8")
    answers = read(tmp_path / "x.xlsx", codebook=tmp_path / "book.toml")
    assert answers.keys["leader"].levels == ("a",)
    assert answers.patterns.tolist() == [[-1, -1, -1, -1, 5], [1, 1, 1, 1, 1], [1, 2, 3, 4, 5], [5, 4, 3, 2, 1]]
    assert answers.account is not None
    assert f"sign_for_nothing: leader '{sign}' (3)" in answers.account.notes
    assert dict(answers.account.left_out) == {"empty": 1}  # the last row


def test_excel_bombs_are_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (1 << 27))
    with pytest.raises(DataError, match="unpacks to 134 MB"):
        read(path)
    sheet([ITEMS, [1, 2, 3, 4, 5]]).save(path)
    monkeypatch.setattr(workbook, "MAXIMUM_BYTES", 1000)
    with pytest.raises(DataError, match="It was not opened"):
        read(path)


def test_excel_cells_far_away_do_not_fill_the_memory(tmp_path: Path) -> None:
    for far in ("XFD1048576", "ZZ300000"):
        book = sheet([ITEMS, [1, 2, 3, 4, 5]])
        book.active[far] = "x"
        book.save(tmp_path / "x.xlsx")
        with pytest.raises(DataError, match="a cell far from the others makes the sheet"):
            read(tmp_path / "x.xlsx")


def test_excel_merged_cells_are_not_taken_for_blank(tmp_path: Path) -> None:
    book = sheet([["x", *ITEMS], [1, 1, 2, 3, 4, 5], [2, 1, 2, 3, 4, 5]])
    book.active.merge_cells("B2:B3")
    book.save(tmp_path / "x.xlsx")
    with pytest.raises(DataError, match=r"'kompetencer': 2 cell.*merged with others \(rows 2, 3\)"):
        read(tmp_path / "x.xlsx")
    book = sheet([["x", *ITEMS, "y", ""], [1, 1, 2, 3, 4, 5, 0, 0]])
    book.active.merge_cells("G1:H1")
    book.save(tmp_path / "x.xlsx")
    assert read(tmp_path / "x.xlsx").n == 1  # a header that is merged covers no answer


def test_excel_row_numbers_are_those_of_excel(tmp_path: Path) -> None:
    sheet([[], [], ITEMS, [1, 2, 3, 4, 5], [1, 2, 3, 4, "x"]]).save(tmp_path / "x.xlsx")
    with pytest.raises(DataError, match=r"'x' in row 5 has no meaning"):
        read(tmp_path / "x.xlsx")


@pytest.mark.parametrize("ghost", [None, " ", "\u00a0"])
def test_excel_rows_below_the_answers_are_no_respondents(tmp_path: Path, ghost: str | None) -> None:
    book = sheet([ITEMS, [1, 2, 3, 4, 5], [None] * 5, [5, 4, 3, 2, 1]])
    for row in range(5, 9):
        for column in range(1, 6):
            book.active.cell(row, column).fill = PatternFill("solid", fgColor="FFFF00")
            book.active.cell(row, column).value = ghost
    book.save(tmp_path / "x.xlsx")
    answers = read(tmp_path / "x.xlsx")
    # The empty row between answers is somebody who left everything blank, as in CSV.
    assert answers.patterns.tolist() == [[-1] * 5, [1, 2, 3, 4, 5], [5, 4, 3, 2, 1]]
    assert answers.account is not None
    assert answers.account.rows_analysed == 3
    below = 0 if ghost is None else 4  # cells that are formatted and hold nothing are not even stored as rows
    assert (answers.account.rows_read, dict(answers.account.left_out)) == (3 + below, {"empty": 4} if below else {})
    assert inspect(tmp_path / "x.xlsx").rows == 3


def test_excel_rows_below_the_answers_are_counted_together_with_other_empty_rows(tmp_path: Path) -> None:
    book = sheet([["role", *ITEMS], ["leder", 1, 2, 3, 4, 5], [None] * 6, ["leder", 5, 4, 3, 2, 1], [" "] * 6])
    book.save(tmp_path / "x.xlsx")
    answers = read(tmp_path / "x.xlsx")
    assert answers.account is not None
    assert (answers.n, answers.account.rows_read, dict(answers.account.left_out)) == (2, 4, {"empty": 2})
    sheet([ITEMS, [" "] * 5]).save(tmp_path / "x.xlsx")
    with pytest.raises(DataError, match="no row under it"):
        read(tmp_path / "x.xlsx")


# ---------------------------------------------------------------- damaged and disguised


def valid(folder: Path, frame: pd.DataFrame) -> dict[str, bytes]:
    write_sav(frame, folder / "v.sav")
    pyreadstat.write_dta(frame, str(folder / "v.dta"))
    frame.to_excel(folder / "v.xlsx", index=False)
    frame.to_parquet(folder / "v.parquet")
    return {ending: (folder / f"v{ending}").read_bytes() for ending in (".sav", ".dta", ".xlsx", ".parquet")}


@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.99])
def test_truncated_files_are_refused(frame: pd.DataFrame, tmp_path: Path, share: float) -> None:
    for ending, content in valid(tmp_path, frame).items():
        path = tmp_path / f"cut{ending}"
        path.write_bytes(content[: int(len(content) * share)])
        with pytest.raises(DataError, match=f"cut{ending}"):
            read(path)


@pytest.mark.parametrize("ending", [".csv", ".txt", ".xlsx", ".sav", ".zsav", ".dta", ".parquet", ".xls", ""])
@pytest.mark.parametrize(
    "content", [b"", b"\x00" * 100, bytes(range(256)) * 20, b"<html>log in</html>", b"PK\x03\x04", b"PAR1", b"$FL2"]
)
def test_nonsense_under_every_ending_is_refused(tmp_path: Path, ending: str, content: bytes) -> None:
    path = tmp_path / f"x{ending}"
    path.write_bytes(content)
    with pytest.raises(DataError):
        read(path)


def test_a_file_under_the_wrong_ending_says_what_it_is(frame: pd.DataFrame, tmp_path: Path) -> None:
    for ending, content in valid(tmp_path, frame).items():
        path = tmp_path / f"x{ending}.csv"
        path.write_bytes(content)
        with pytest.raises(DataError, match=f"ending .*{ending}"):
            read(path)
    path = tmp_path / "y.xlsx"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(DataError, match="not a file of Excel"):
        read(path)


def test_decimal_numbers_in_parquet(tmp_path: Path) -> None:
    values = [Decimal("3.000"), Decimal("5.000"), None]
    table = pa.table({item: pa.array(values, type=pa.decimal128(5, 3)) for item in ITEMS})
    pyarrow.parquet.write_table(table, tmp_path / "x.parquet")
    assert read(tmp_path / "x.parquet").patterns.tolist() == [[-1] * 5, [3] * 5, [5] * 5]
    table = table.set_column(0, ITEMS[0], pa.array([Decimal("3.500"), *values[1:]], type=pa.decimal128(5, 3)))
    pyarrow.parquet.write_table(table, tmp_path / "x.parquet")
    with pytest.raises(DataError, match=r"'3\.500' in row 1 has no meaning"):
        read(tmp_path / "x.parquet")


def test_columns_of_odd_types_in_parquet(tmp_path: Path) -> None:
    table = pa.table({item: pa.array([1, 2, None], type=pa.int8()) for item in ITEMS[:4]})
    table = table.append_column("itsikkerhed", pa.array(["3", "4", "x"]).dictionary_encode())
    pyarrow.parquet.write_table(table, tmp_path / "x.parquet")
    with pytest.raises(DataError, match=r"'x' in row 3 has no meaning"):
        read(tmp_path / "x.parquet")
    table = table.set_column(4, "itsikkerhed", pa.array([[1], [2], None]))
    pyarrow.parquet.write_table(table, tmp_path / "x.parquet")
    with pytest.raises(DataError):
        read(tmp_path / "x.parquet")


# ---------------------------------------------------------------- what Parquet can hold and declare


def test_parquet_with_decimals_of_any_width(tmp_path: Path) -> None:
    """Numbers of more than 38 digits, which the engine does not know, among the answers and beside them."""
    path = tmp_path / "x.parquet"
    numbers = {item: pa.array([Decimal(value) for value in (1, 3, 5)], pa.decimal256(50, 2)) for item in ITEMS}
    pq.write_table(pa.table({**numbers, "wide": pa.array([Decimal(10) ** 45] * 3, pa.decimal256(50, 0))}), path)
    assert sorted(read(path).patterns[:, 0].tolist()) == [1, 3, 5]
    table = open_parquet(path)
    assert table.head([ITEMS[0]], 1) == {ITEMS[0]: ["1.00"]}
    assert table.where(ITEMS[0], "3.00") == "row 2"
    assert "1" + "0" * 45 in str(table.head(["wide"], 1))
    assert "'wide'" in str(inspect(path))


def test_parquet_that_declares_more_rows_than_anybody_answered_is_refused(tmp_path: Path) -> None:
    """Eighteen million rows of one value take 300 kB; the memory for them would be another thing."""
    path = tmp_path / "x.parquet"
    ones = pa.array(np.ones(1 << 20, dtype=np.int8))
    with pq.ParquetWriter(path, pa.schema([(item, pa.int8()) for item in ITEMS])) as writer:
        for _ in range(17):
            writer.write_table(pa.table(dict.fromkeys(ITEMS, ones)))
    assert path.stat().st_size < 400_000
    with pytest.raises(DataError, match=r"x\.parquet: declares 17825792 rows in \d+ bytes"):
        read(path)


@pytest.mark.parametrize(
    ("kind", "number"), [(pa.date32(), 2**31 - 1), (pa.timestamp("ms"), 2**62), (pa.timestamp("us", tz="No/Where"), 2**62)]
)
def test_parquet_with_dates_on_no_calendar_is_refused_without_a_word_of_the_engine(
    kind: pa.DataType, number: int, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The engine prints its own failure for the first."""
    path = tmp_path / "x.parquet"
    width = pa.int32() if pa.types.is_date32(kind) else pa.int64()
    answers = {item: pa.array([1, 3]) for item in ITEMS}
    pq.write_table(pa.table({**answers, "when": pa.array([number, 1], width).cast(kind)}), path)
    for function in (read, inspect):
        with pytest.raises(DataError, match=r"x\.parquet: cannot be read as Parquet"):
            function(path)
    assert capfd.readouterr() == ("", "")


def test_parquet_with_text_that_is_none_is_refused(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 in a column of texts, which Arrow decodes without complaint."""
    path = tmp_path / "x.parquet"
    answers = {item: pa.array([1, 3]) for item in ITEMS}
    pq.write_table(pa.table({**answers, "leader": pa.array(["leader-A", "leader-B"])}), path, compression="none")
    assert read(path).keys["leader"].levels == ("leader-A", "leader-B")
    path.write_bytes(path.read_bytes().replace(b"leader-A", b"leader-\xff"))
    with pytest.raises(DataError, match=r"x\.parquet: cannot be read as Parquet .*UTF"):
        read(path)
