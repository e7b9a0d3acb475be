"""One spelling per value: what counts as the same number, the same word, the same empty cell."""

from __future__ import annotations

import datetime
import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omstilling_psychometrics.core.errors import suggestion
from omstilling_psychometrics.survey.csv_text import safe_cell
from omstilling_psychometrics.survey.text import canonical, listed, normalised, quoted, raw_text, without_mojibake


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        ("", None),
        (" \u00a0\t", None),
        (math.nan, None),
        (3, "3"),
        (3.0, "3"),
        (3.5, "3.5"),
        (4.000000000000002, "4"),
        (3 - 4e-16, "3"),
        (0.1 + 0.2, "0.3"),
        (3 - 1e-9, "2.999999999"),  # more than doubles explain
        (math.inf, "inf"),
        (True, "True"),
        ("  Helt   enig ", "Helt enig"),
        ("a\u030a", "å"),
        (2**60 + 1, str(2**60 + 1)),
        (Decimal("3.000"), "3"),
        (Decimal("3.50"), "3.50"),
        (Decimal("NaN"), None),
        (Decimal("Infinity"), "Infinity"),
        (b"3", "3"),
        (datetime.date(2025, 3, 4), "2025-03-04"),
    ],
)
def test_cells_of_any_type_have_one_text(value: object, text: str | None) -> None:
    assert raw_text(value) == text


@pytest.mark.parametrize(
    ("text", "decimal", "expected"),
    [
        ("Helt Enig", None, "helt enig"),
        ("3", None, "3"),
        ("3.0", None, "3"),
        ("3,00", None, "3"),
        ("03", None, "3"),
        ("-0", None, "0"),
        ("-2", None, "-2"),
        ("3,5", None, "3,5"),
        ("4.000000000000002", None, "4"),
        ("3,9999999999999996", None, "4"),
        ("4.000000000000002", ",", "4.000000000000002"),
        ("2.999999999", None, "2.999999999"),
        ("3,000", None, "3,000"),  # three thousand or three?
        ("3,000", ",", "3"),
        ("3.0", ",", "3.0"),
        ("1e0", None, "1e0"),
        ("٣", None, "٣"),
        ("inf", None, "inf"),
    ],
)
def test_whole_numbers_are_compared_as_numbers_only_where_unambiguous(text: str, decimal: str | None, expected: str) -> None:
    assert canonical(text, decimal) == expected


@given(st.text())
def test_the_form_of_comparison_is_final(text: str) -> None:
    assert canonical(canonical(text)) == canonical(text)


@given(st.text(alphabet="æøåÆØÅé abc", max_size=20))
def test_mojibake_is_undone(text: str) -> None:
    assert without_mojibake(text.encode("utf-8").decode("cp1252", "ignore")) in (
        text,
        text.encode("utf-8").decode("cp1252", "ignore"),
    )
    assert without_mojibake("Ã¸nsker ikke at oplyse") == "ønsker ikke at oplyse"


@given(st.text())
def test_quoting_leaves_nothing_that_acts_on_a_terminal(text: str) -> None:
    assert quoted(text).isprintable()
    assert len(quoted(text)) < 800


def test_lists_and_suggestions_are_short() -> None:
    assert listed([]) == "none"
    assert listed(range(40)).endswith("and 10 more")
    assert suggestion("kompetence", ["kompetencer", "kultur"]) == " Did you mean 'kompetencer'?"
    assert suggestion("zzz", ["kompetencer"]) == ""


def test_an_apostrophe_that_marks_text_is_no_part_of_the_value() -> None:
    values = ["'=x", " '+1", "''-1", "'@", "'x", "x'=", "'", "''"]
    assert [raw_text(value) for value in values] == ["=x", "+1", "'-1", "@", "'x", "x'=", "'", "''"]
    assert canonical("'-") == canonical("''-") == "-"
    assert canonical("x'=") == "x'="


@given(st.text(alphabet="'=+-@1,. x", max_size=8).map(normalised).filter(bool))
def test_what_is_written_is_read(text: str) -> None:
    assert raw_text(safe_cell(text)) == text
