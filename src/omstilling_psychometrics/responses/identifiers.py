"""Values and column names that identify people: CPR numbers, e-mail addresses, and names of columns that hold such."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from .text import raw_text

_EMAIL = re.compile(r"[^@\s<>;,]+@[^@\s<>;,]+\.[A-Za-zæøåÆØÅ]{2,}")

# Day (civil registration adds 60 to it in replacement numbers), month, year, then four digits.
_DATE = r"(?:0[1-9]|[12][0-9]|3[01]|6[1-9]|[78][0-9]|9[01])(?:0[1-9]|1[0-2])[0-9]{2}"
_CPR_WRITTEN = re.compile(rf"(?<![0-9]){_DATE}[- ][0-9]{{4}}(?![0-9])")
_CPR_DIGITS = re.compile(rf"{_DATE}[0-9]{{4}}")

# Ten digits whose first six are a date can be chance (about one arbitrary number in 27); a column is taken to hold CPR
# numbers when most of its values look so. The spelling with a hyphen is never chance.
_SHARE_OF_DIGITS = 0.5

_NAMES = re.compile(
    r"(?:^|[\W_])(?:cpr(?:nr|nummer)?|personnummer|e-?mail(?:adresse)?|mail(?:adresse)?|epost|fornavn|efternavn|navn|name|"
    r"firstname|lastname|telefon(?:nummer)?|mobil(?:nummer)?|phone|adresse|address|ip(?:adresse|address)?)(?:$|[\W_])",
    re.IGNORECASE,
)


def kind_of_values(values: Iterable[object]) -> str | None:
    """'e-mail addresses' or 'CPR numbers' if distinct values of a column hold such, else None."""
    texts = [text for text in map(raw_text, values) if text is not None]
    if any("@" in text and _EMAIL.search(text) for text in texts):
        return "e-mail addresses"
    if any(_CPR_WRITTEN.search(text) for text in texts if len(text) >= 11):
        return "CPR numbers"
    # A CPR number stored as a number has lost its leading zero.
    digits = sum(1 for text in texts if 9 <= len(text) <= 10 and text.isdigit() and _CPR_DIGITS.fullmatch(text.zfill(10)))
    if digits and digits > _SHARE_OF_DIGITS * len(texts):
        return "CPR numbers"
    return None


def kind_of_name(name: str) -> str | None:
    """'name suggests identifiers' for columns called e-mail, CPR, navn and the like, else None."""
    return "its name" if _NAMES.search(name) else None


def identifying_columns(head: dict[str, Sequence[object]]) -> dict[str, str]:
    """Columns of a file whose name or first values identify people: column to what gives it away."""
    found = {}
    for name, values in head.items():
        kind = kind_of_values(values) or kind_of_name(name)
        if kind is not None:
            found[name] = kind
    return found
