"""Codebook files: what is accepted, and precise errors for what is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from omstilling_psychometrics.core.errors import DataError
from omstilling_psychometrics.survey.codebook import Codebook, load_codebook, parse_codebook
from omstilling_psychometrics.survey.instrument import load_instrument

INSTRUMENT = load_instrument()


def parse(text: str) -> Codebook:
    return parse_codebook(text.encode(), INSTRUMENT, "book.toml")


def test_everything_at_once() -> None:
    book = parse(
        """
        [columns]
        kompetencer = "q1"
        kultur = "not_shown"
        role = "respondenttype"
        aldersgruppe = "alder"
        completed = "slut"
        [codes]
        "Helt enig" = 5
        6 = "ved_ikke"
        "-1" = "blank"
        [roles]
        "Sideordnet" = "left_out"
        [not_shown]
        column = "tema"
        values = ["nej", 0]
        [file]
        encoding = "cp1252"
        delimiter = "\\t"
        decimal = ","
        """
    )
    assert book.columns["kompetencer"] == "q1"
    assert book.codes == {"Helt enig": 5, "6": "ved_ikke", "-1": "blank"}
    assert book.background(INSTRUMENT) == ("aldersgruppe",)
    assert book.not_shown is not None
    assert book.not_shown.values == ("nej", 0)


def test_no_codebook_is_an_empty_one() -> None:
    assert load_codebook(None, INSTRUMENT) == Codebook()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[colums]", "an entry 'colums', which is not known; .* Did you mean 'columns'"),
        ("[columns]\nrole = 3", r"\[columns\], role is 3, a whole number; a text in quotes is needed"),
        ("[columns", "book.toml"),
        ('[codes]\n"9" = 6', "'9' to '6', which is no category"),
        ('[codes]\n"9" = "vedikke"', "Did you mean 'ved_ikke'"),
        ('[codes]\n"Helt enig" = "5"', "without quotes"),
        ('[codes]\n"3" = 3\n"3.0" = 4', "both"),
        ('[codes]\n"x" = true', r"\[codes\], x is True, true or false; a whole number or a text in quotes is needed"),
        ('[roles]\n"Chef" = "chef"', "no role of the instrument"),
        ('[columns]\nrole = "a"\nleader = "a"', "to both"),
        ('[columns]\ncount = "a"', "Rename"),
        ('[columns]\nrole = ""', "empty name"),
        ('[not_shown]\ncolumn = "a"\nvalues = []', "no values"),
        ('[not_shown]\ncolumn = "a"', "values"),
        ('[not_shown]\ncolum = "a"\nvalues = ["x"]', r"\[not_shown\] has an entry 'colum', .*Did you mean 'column'"),
        ('[[left_out]]\ncolumn = "a"\nvalue = ["x"]\nreason = "b"', r"\[\[left_out\]\] number 1 .*'value'.*mean 'values'"),
        ('[left_out]\ncolumn = "a"\nvalues = ["x"]\nreason = "b"', r"Write \[\[left_out\]\] over each one"),
        ('[[left_out]]\ncolumn = "a"\nvalues = ["x"]', r"\[\[left_out\]\] number 1 has no 'reason', which is needed"),
        ('[[left_out]]\ncolumn = "a"\nvalues = []\nreason = "b"', "has no values"),
        ('[[left_out]]\ncolumn = "a"\nvalues = ["x"]\nreason = " "', "from 1 to 80 characters"),
        ('[[left_out]]\ncolumn = "a"\nvalues = ["x"]\nreason = "duplicate"', "in other words"),
        ("[not_known]\nleader = []", "no values for 'leader'"),
        ('[not_known]\nleader = "."', r"\[not_known\], leader is '.', a text in quotes; a list"),
        ('[not_known]\nkultur = ["."]', r"an item.*\[codes\].*'\.' = \"blank\""),
        ('[not_known]\nrole = ["?"]', r"\[roles\], for example '\?' = \"left_out\""),
        ("[file]\nheader_row = 3", r"\[file\] has an entry 'header_row', .*Did you mean 'header_rows'"),
        ("[file]\nheader_rows = 51", "can be 0 to 50"),
        ("[file]\nskip_rows = -1", "can be 0 to 50"),
        ('[file]\nna_is_a_value = "yes"', "true or false is needed"),
        ('[file]\nrole = "medarbjder"', "no role of the instrument; accepted: .* Did you mean 'medarbejder'"),
        ('[columns]\nrole = "a"\n[file]\nrole = "leder"', "Take one of the two out"),
        ('{"columns": {"role": "a"}}', "this is JSON, not TOML"),
        ('[{"columns": "a"}]', "this is JSON, not TOML"),
        ("columns:\n  role: a\n", "this is YAML, not TOML"),
        ("q1;q2;q3\n1;2;3\n", r"this is a table of text \(CSV\), not TOML"),
        ("<html><body>", "an HTML or XML page"),
        ('[file]\nencoding = "klingon"', "not known"),
        ('[file]\nencoding = "rot13"', "encoding"),
        ('[file]\nencoding = "hex"', "encoding"),
        ('[file]\ndelimiter = ";;"', "one character"),
        ('[file]\ndecimal = "\'"', "','"),
        ("[columns]\n" + "\n".join(f'{item} = "not_shown"' for item in INSTRUMENT.item_keys), "every item"),
    ],
)
def test_errors_say_what_and_where(text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        parse(text)


def test_a_codebook_that_is_not_there_or_not_text(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        load_codebook(tmp_path / "none.toml", INSTRUMENT)
    path = tmp_path / "book.toml"
    path.write_bytes(b'[columns]\nrole = "\xe6"')
    with pytest.raises(DataError, match=r"not UTF-8 \(line 2\)"):
        load_codebook(path, INSTRUMENT)
