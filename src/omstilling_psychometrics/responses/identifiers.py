"""Values and column names that identify people: CPR numbers, e-mail addresses, and names of columns that hold such."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from .text import raw_text

_EMAIL = re.compile(r"[^@\s<>;,]+@[^@\s<>;,]+\.[A-Za-zæøåÆØÅ]{2,}")

# Day (civil registration adds 60 to it in replacement numbers), month, year, then four digits.
_DATE = r"(?:0[1-9]|[12][0-9]|3[01]|6[1-9]|[78][0-9]|9[01])(?:0[1-9]|1[0-2])[0-9]{2}"
_CPR_WRITTEN = re.compile(rf"(?<![0-9]){_DATE}[- ][0-9]{{4}}(?![0-9])")
_CPR_DIGITS = re.compile(rf"{_DATE}[0-9]{{4}}")

# Ten digits whose first six are a date can be chance (about one arbitrary number in 27); a column is taken to hold CPR
# numbers when many of its values look so. The spelling with a hyphen is never chance.
_SHARE_OF_DIGITS = 0.3

# Numbers of workplaces (P-numre) all begin with 100 or 101, which would make everybody born on the tenth.
_WORKPLACE = ("100", "101")
_NOT_CHANCE = 5

_NAMES = re.compile(
    r"(?:^|[\W_])(?:cpr(?:nr|nummer)?|personnummer|e-?mail(?:adresse)?|mail(?:adresse)?|epost|fornavn|efternavn|navn|name|"
    r"firstname|lastname|telefon(?:nummer)?|mobil(?:nummer)?|phone|adresse|address|ip(?:adresse|address)?)(?:$|[\W_])",
    re.IGNORECASE,
)


def kind_of_values(values: Iterable[str | None]) -> str | None:
    """'e-mail addresses' or 'CPR numbers' if distinct values of a column, as text, hold such, else None."""
    texts = [text for text in values if text is not None]
    if any("@" in text and _EMAIL.search(text) for text in texts):
        return "e-mail addresses"
    if any(_CPR_WRITTEN.search(text) for text in texts if len(text) >= 11):
        return "CPR numbers"
    # A CPR number stored as a number has lost its leading zero.
    numbers = [text.zfill(10) for text in texts if 9 <= len(text) <= 10 and text.isascii() and text.isdigit()]
    dated = [number for number in numbers if _CPR_DIGITS.fullmatch(number)]
    workplaces = len(dated) >= _NOT_CHANCE and all(number.startswith(_WORKPLACE) for number in dated)
    return "CPR numbers" if dated and len(dated) > _SHARE_OF_DIGITS * len(texts) and not workplaces else None


def kind_of_name(name: str) -> str | None:
    """'name suggests identifiers' for columns called e-mail, CPR, navn and the like, else None."""
    return "its name" if _NAMES.search(name) else None


def identifying_columns(head: Mapping[str, Sequence[object]]) -> dict[str, str]:
    """Columns of a file whose name or first values identify people: column to what gives it away."""
    found = {}
    for name, values in head.items():
        kind = kind_of_values(raw_text(value) for value in values) or kind_of_name(name)
        if kind is not None:
            found[name] = kind
    return found
