"""TOML that no one writes: refused in a moment with its line, whatever it would do to the parser."""

from __future__ import annotations

import time

import pytest

from omstilling_psychometrics.core.errors import DataError, InstrumentError
from omstilling_psychometrics.survey.codebook import parse_codebook
from omstilling_psychometrics.survey.instrument import load_instrument, parse_instrument


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = " + "[" * 5000 + "]" * 5000, "some hundred deep"),
        ("x = " + "{a=" * 3000 + "1" + "}" * 3000, "some hundred deep"),
        ("x = " + "9" * 5000, "line 2 has a number of a thousand digits"),
        ("x = 0x" + "f" * 15_000, "line 2 has a number of a thousand digits"),
        (".".join("a" * 50_000) + " = 1", "line 2 has 100003 characters"),
        ("x = {" + ".".join("a" * 9_000) + " = 1}", "line 2 has a key of more than 50 parts"),
        (" . ".join(["'a b'"] * 60) + " = 1", "line 2 has a key of more than 50 parts"),
        ("a" * 100_000 + " = 1.5", "line 2 has 100006 characters"),
        ('x = "' + "a" * 1_000_000, "line 2 has 1000005 characters"),
        ("x = 99999999999999999999", "99999999999999999999"),
        ("x = inf", r"\[codes\], x"),
    ],
)
def test_what_would_break_the_parser_is_refused_at_once(text: str, said: str) -> None:
    start = time.perf_counter()
    with pytest.raises(DataError, match=said) as caught:
        parse_codebook(f"[codes]\n{text}".encode(), load_instrument(), "book.toml")
    assert str(caught.value).startswith("book.toml: ")
    assert len(str(caught.value)) < 1000
    if text.count("9") != 20 and "codes" not in said:
        with pytest.raises(InstrumentError, match=said):
            parse_instrument(f"[codes]\n{text}".encode(), "scale.toml")
    assert time.perf_counter() - start < 20


def test_json_in_one_long_line_is_still_named_as_json() -> None:
    with pytest.raises(DataError, match="this is JSON"):
        parse_codebook(('{"columns": {' + ",".join(f'"k{one}": 1' for one in range(3000)) + "}}").encode(), load_instrument())


def test_texts_with_many_dots_are_no_keys() -> None:
    sentence = "Ja. Nej. Måske. " * 100
    book = parse_codebook(f'[codes]\n"{sentence}" = 3\n'.encode(), load_instrument())
    assert list(book.codes) == [sentence]
