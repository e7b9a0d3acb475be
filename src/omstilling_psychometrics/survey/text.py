"""Raw cells as text: one spelling per value, so that the number 3, the cell "3" and the cell " 3 " are the same value."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from typing import cast

_INTEGER = re.compile(r"(-?)0*([0-9]+)(?:([.,])(0+))?")

# Numbers of doubles have 15 decimal digits for certain; what stands behind them is noise of computing (4.000000000000002).
_DIGITS = 15
_NOISY = re.compile(r"-?[0-9]{1,7}([.,])[0-9]*(?:0{9}|9{9})[0-9]{0,9}")

# An apostrophe before what a spreadsheet program would compute says that the cell is text. Several stand for one less.
_TEXT_MARKS = re.compile(r"^'+(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")

# Letters, digits, hyphens and low lines of ASCII: nothing in such a word has to be normalised.
_PLAIN = r"^[A-Za-z0-9][A-Za-z0-9_-]*$"

# Fewer texts are looked at one by one; so many, as identifiers are, are sifted by the engine before.
_MANY = 4096

# Longest piece of a cell that an error message repeats.
_SHOWN_CHARACTERS = 40


def normalised(text: str) -> str:
    """NFC (files from a Mac hold å as two characters), no space at the ends, every run of white space one space."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def without_text_mark(text: str) -> str:
    """'=x' for "'=x", as spreadsheet programs and our own CSV files write a text that is no formula; other text as it is."""
    return text[1:] if _TEXT_MARKS.match(text) else text


def raw_text(value: object) -> str | None:
    """A cell of any type as text; None where it is empty. Whole numbers lose their decimals: 3.0 is '3'."""
    if value is None:
        return None
    if isinstance(value, str):
        # Most values are plain words or numbers, for which there is nothing to do.
        return value if value.isascii() and value.isalnum() else without_text_mark(normalised(value)) or None
    if isinstance(value, float):
        if math.isnan(value):
            return None
        return str(int(value)) if value.is_integer() else _without_noise(value)
    if value != value:  # NaT and its like
        return None
    if isinstance(value, Decimal):
        return str(int(value)) if value.is_finite() and value == value.to_integral_value() else str(value)
    if isinstance(value, bytes):
        return normalised(value.decode("utf-8", "replace")) or None
    return normalised(str(value)) or None


def raw_texts(values: Sequence[object]) -> Sequence[str | None]:
    """`raw_text` of each value."""
    if len(values) < _MANY:
        return [raw_text(value) for value in values]
    types = set(map(type, values)) - {type(None)}
    if types <= {int}:
        return [None if value is None else str(value) for value in values]
    if not types <= {str}:
        return [raw_text(value) for value in values]
    import polars as pl

    texts = list(cast("Sequence[str | None]", values))
    for place in (~pl.Series(texts, dtype=pl.String).str.contains(_PLAIN)).arg_true():
        texts[place] = raw_text(texts[place])
    return texts


def _without_noise(number: float) -> str:
    """A number without the noise of computing, a whole one without decimals: '4' for 4.000000000000002, '0.3' for 0.1 + 0.2."""
    if not math.isfinite(number):
        return repr(number)
    plain = float(f"{number:.{_DIGITS}g}")
    return str(int(plain)) if plain.is_integer() else repr(plain)


def canonical(text: str, decimal: str | None = None) -> str:
    """The form in which values are compared: case does not matter, nor do apostrophes that mark text, and whole numbers are
    written without decimals.

    '3.0' and '3,00' are 3. With exactly three zeros the mark may separate thousands, so '3,000' is 3 only where the
    codebook declares that mark as the file's `decimal`; a declared mark also makes the other one no number.
    """
    if text.isascii() and text.isalnum():  # most values: one word, or digits alone
        if not text[0].isdecimal():
            return text.lower()
        if text.isdecimal():
            return text.lstrip("0") or "0"
    plain = _TEXT_MARKS.sub("", normalised(text).casefold())
    noisy = _NOISY.fullmatch(plain) if len(plain) > _DIGITS else None
    if noisy is not None and decimal in (None, noisy[1]):
        plain = _without_noise(float(plain.replace(",", ".")))
    matched = _INTEGER.fullmatch(plain)
    if matched is None:
        return plain
    sign, digits, mark, zeros = matched.groups()
    if mark is not None and (mark != decimal if decimal is not None else len(zeros) == 3):
        return plain
    return digits if digits == "0" else sign + digits


def perhaps_matching(pattern: str, texts: Sequence[str]) -> Sequence[str]:
    """The texts in which a regular expression is found; a few texts may be all of them, looked at by the caller anyhow."""
    if len(texts) < _MANY:
        return texts
    import polars as pl

    given = pl.Series(texts, dtype=pl.String)
    return given.filter(given.str.contains(pattern)).to_list()


def perhaps_among(texts: Sequence[str | None], words: Collection[str]) -> Sequence[int]:
    """Places of the texts whose form of comparison may be one of these words; all but plain words may."""
    if len(texts) < _MANY:
        return range(len(texts))
    import polars as pl

    # Zeros in front of a whole number do not matter, those of other words are taken away for good measure.
    given = pl.Series(texts, dtype=pl.String)
    among = given.str.to_lowercase().str.strip_chars_start("0").is_in([word.lstrip("0") for word in words])
    return (among | ~given.str.contains(_PLAIN)).fill_null(True).arg_true().to_list()


def without_mojibake(text: str) -> str:
    """'ønsker' for 'Ã¸nsker': UTF-8 that was read as Windows-1252, read right; other text as it is."""
    try:
        return text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return text


def briefly(error: BaseException) -> str:
    """What another library says about a file, short enough for a message of ours."""
    return normalised(str(error))[:200] or type(error).__name__


def quoted(value: object, *, whole: bool = False) -> str:
    """A raw value as error messages print it: in quotes, short unless it has to be typed as a `whole`, and without characters
    that could act on a terminal."""
    text = str(value)
    if len(text) > _SHOWN_CHARACTERS and not whole:
        text = text[:_SHOWN_CHARACTERS] + "…"
    return "'" + "".join(character if character.isprintable() else repr(character)[1:-1] for character in text) + "'"


def listed(names: Iterable[object], limit: int = 30) -> str:
    """Names in a row for an error message, at most `limit` of them."""
    everything = [quoted(name) for name in names]
    more = f" and {len(everything) - limit} more" if len(everything) > limit else ""
    return (", ".join(everything[:limit]) + more) or "none"
