"""Text tables: encodings, delimiters, line ends and quotes are told right, and a table that is not whole is refused."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omstilling_psychometrics.core.errors import DataError
from omstilling_psychometrics.survey import delimited
from omstilling_psychometrics.survey.codebook import FileForm
from omstilling_psychometrics.survey.delimited import examine
from omstilling_psychometrics.survey.header import Sought
from omstilling_psychometrics.survey.patterns import ResponsePatterns
from omstilling_psychometrics.survey.reading import read

Reader = Callable[..., ResponsePatterns]

TABLE = [
    ["role", "leader", "note", "kompetencer", "forklare", "vaerdi", "kultur", "itsikkerhed"],
    ["leder", "Åse Ærø", 'sagde "nej"; tak, ja', "1", "2", "3", "4", "5"],
    ["leder", "Bo", "to\nlinjer", "ønsker ikke at oplyse", "", "ved ikke", "Helt enig", "3"],
    ["medarbejder", "", "", "1", "1", "1", "1", "1"],
]


def written(delimiter: str, line_end: str, quoting: int) -> str:
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, lineterminator=line_end, quoting=quoting).writerows(TABLE)  # type: ignore[arg-type]
    return stream.getvalue()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_every_form_reads_the_same(read_text: Reader, delimiter: str, line_end: str, encoding: str) -> None:
    plain = read_text(written(",", "\n", csv.QUOTE_MINIMAL))
    for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_ALL):
        assert read_text(written(delimiter, line_end, quoting).encode(encoding)) == plain
    assert plain.keys["leader"].levels == ("Bo", "Åse Ærø")


def test_the_codebook_says_what_detection_cannot_know(read_text: Reader) -> None:
    text = written(",", "\n", csv.QUOTE_MINIMAL)
    book = '[file]\nencoding = "cp865"\n'
    assert read_text(text.encode("cp865"), codebook=book) == read_text(text)
    with pytest.raises(DataError, match=r"neither UTF-8 nor|has no meaning"):
        read_text(text.encode("cp865"))
    odd = "\n".join("^".join(row) for row in (TABLE[0], TABLE[3])) + "\n"
    assert read_text(odd, codebook='[file]\ndelimiter = "^"\n').n == 1


def test_a_wrong_encoding_in_the_codebook_is_refused(read_text: Reader) -> None:
    text = written(",", "\n", csv.QUOTE_MINIMAL).encode("cp1252")
    with pytest.raises(DataError, match=r"not 'utf-8'"):
        read_text(text, codebook='[file]\nencoding = "utf-8"\n')
    with pytest.raises(DataError):
        read_text(text, codebook='[file]\nencoding = "utf-16"\n')


@pytest.mark.parametrize(
    ("said", "encoding", "message"),
    [
        ("cp1252", "utf-16", "not 'cp1252', .* Its bytes are utf-16: leave it out"),
        ("latin-1", "utf-16-le", "not 'latin-1', .* Its bytes are utf-16"),
        ("utf-8", "utf-16", "not 'utf-8', .* Its bytes are utf-16"),
        ("cp1252", "utf-8-sig", "not 'cp1252', .* Its bytes are utf-8"),
        ("utf-16", "utf-8", "not 'utf-16', .* Leave it out"),
        ("utf-16-le", "cp1252", "not 'utf-16-le', .* Leave it out"),
    ],
)
def test_an_encoding_that_the_bytes_contradict_is_refused_by_name(
    read_text: Reader, said: str, encoding: str, message: str
) -> None:
    text = written(",", "\n", csv.QUOTE_MINIMAL).encode(encoding)
    with pytest.raises(DataError, match=message):
        read_text(text, codebook=f'[file]\nencoding = "{said}"\n')
    assert read_text(text, codebook=f'[file]\nencoding = "{encoding}"\n').n == 3


@pytest.mark.parametrize(
    "text",
    [
        "{header}\n{row}\n\n\n",
        "\n{header}\n\n{row}\n",
        "{header}\r\n{row}\r\n\r\n",
        "{header}\n{row}",
        "{header}\r{row}\r",
        "sep=,\n{header}\n{row}\n",
        "SEP=,\r\n{header}\r\n{row}\r\n",
    ],
)
def test_line_ends_blank_lines_and_excels_separator_line(read_text: Reader, text: str) -> None:
    header, row = "a,kompetencer,forklare,vaerdi,kultur,itsikkerhed", "x,1,2,3,4,5"
    answers = read_text(text.format(header=header, row=row))
    assert answers.n == 1
    assert answers.patterns.tolist() == [[1, 2, 3, 4, 5]]


def test_a_delimiter_at_the_end_of_every_row_is_a_column_without_a_name(read_text: Reader) -> None:
    assert read_text("kompetencer;forklare;vaerdi;kultur;itsikkerhed;;\n1;2;3;4;5;;\n").n == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('a,b\n1,2\nx"y,2\n', "row 3 .* quotation mark in the middle"),
        ('a,b\n1,"2\n3,4\n', "never closed"),
        ("a,b\n1,2\n1\n", "row 3 .* has 1 fields"),
        ("a,b\n1,2\n1,2,3\n1\n", "row 3 .* has 3 fields"),
        ("a,b\n1,2\n1", "row 3 .* has 1 fields"),
        ("a\n1\n1;2\n", "no delimiter found"),
        ("a,b\n1,\x002\n", "no text"),
        ("a" * (17 << 20), "first line is longer than 16 MB"),
    ],
)
def test_a_table_that_is_not_whole_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        examine(path, FileForm(), Sought(frozenset(("a", "b"))))


def test_mojibake_is_noticed_wherever_it_stands(read_text: Reader) -> None:
    answers = read_text("note,kompetencer,forklare,vaerdi,kultur,itsikkerhed\nsÃ¥dan,1,2,3,4,5\n")
    assert answers.account is not None
    assert "mojibake" in answers.account.notes


field = st.text(alphabet=st.sampled_from('a1;,"\n\r æ'), max_size=6)


@given(
    st.integers(2, 4).flatmap(lambda width: st.lists(st.lists(field, min_size=width, max_size=width), min_size=1, max_size=8)),
    st.integers(1, 40),
)
@settings(max_examples=40, deadline=None)
def test_fields_are_counted_as_the_standard_parser_counts_them(
    tmp_path_factory: pytest.TempPathFactory, table: list[list[str]], chunk: int
) -> None:
    """Whatever stands in the fields and however the file falls into blocks."""
    stream = io.StringIO()
    header = [f"c{place}" for place in range(len(table[0]))]
    csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([header, *table])
    path = tmp_path_factory.mktemp("fields") / "x.csv"
    path.write_bytes(stream.getvalue().encode())
    before = delimited._CHUNK_BYTES
    delimited._CHUNK_BYTES = chunk
    try:
        layout = examine(path, FileForm(delimiter=",", header_rows=1), Sought(frozenset(header)))
        cut = stream.getvalue().rstrip("\n") + ',"one more"\n'
        path.write_bytes(cut.encode())
        with pytest.raises(DataError, match=f"row {len(table) + 1} .* has {len(header) + 1} fields"):
            examine(path, FileForm(delimiter=",", header_rows=1), Sought(frozenset(header)))
    finally:
        delimited._CHUNK_BYTES = before
    assert layout.rows == len(table)
    assert layout.header.names == tuple(header)


@pytest.mark.parametrize("kind", ["bytes", "line", "lines"])
def test_much_nonsense_is_refused_at_once(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x.csv"
    content = {"bytes": bytes(range(256)) * 80_000, "line": b"abc " * 5_000_000, "lines": b"lorem ipsum, dolor\n" * 1_000_000}
    path.write_bytes(content[kind])
    with pytest.raises(DataError):
        read(path)


def test_a_file_of_very_many_columns_has_a_header_all_the_same(tmp_path: Path) -> None:
    """A first line of 600 kB, and three answers."""
    names = [
        "kompetencer",
        "forklare",
        "vaerdi",
        "kultur",
        "itsikkerhed",
        *(f"question_{one:05d}_" + "x" * 90 for one in range(6000)),
    ]
    rows = [["1"] * len(names), ["2"] * len(names), ["5"] * len(names)]
    path = tmp_path / "wide.csv"
    path.write_text("".join(",".join(row) + "\n" for row in [names, *rows]), encoding="utf-8")
    layout = examine(path, FileForm(), Sought(frozenset(names[:5])))
    assert (layout.header.names, layout.rows, layout.delimiter) == (tuple(names), 3, ",")
    path.write_text("".join(";".join(row) + "\n" for row in [names, *rows]), encoding="utf-16")
    layout = examine(path, FileForm(), Sought(frozenset(names[:5])))
    assert (layout.header.names, layout.rows, layout.delimiter) == (tuple(names), 3, ";")
