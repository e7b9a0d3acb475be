"""Values and column names that identify people: CPR numbers, e-mail addresses, and names of columns that hold such."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence

from .text import perhaps_matching, raw_text

CPR_NUMBERS = "CPR numbers"

_EMAIL = re.compile(r"[^@\s<>;,]+@[^@\s<>;,]+\.[A-Za-zæøåÆØÅ]{2,}")

# Day, month and year, as a CPR number begins; a replacement number has 60 added to the day.
_MONTH_AND_YEAR = r"(?:0[1-9]|1[0-2])[0-9]{2}"
_BORN = re.compile(rf"(?:0[1-9]|[12][0-9]|3[01]){_MONTH_AND_YEAR}")
_BORN_60_LATER = re.compile(rf"(?:6[1-9]|[78][0-9]|9[01]){_MONTH_AND_YEAR}")

_BEGINNINGS = (
    (_BORN, frozenset(f"{day:02}" for day in range(1, 32))),
    (_BORN_60_LATER, frozenset(f"{day:02}" for day in range(61, 92))),
)

# Random identifiers in hexadecimal digits hold dates too, by chance.
_HEXADECIMAL = re.compile(r"(?<![0-9A-Za-z])(?=[0-9-]*[A-Fa-f])[0-9A-Fa-f-]{16,}(?![0-9A-Za-z])")

# Six and four digits with a dash of whatever kind, a slash or a space between.
_WRITTEN = re.compile(r"(?<![0-9])([0-9]{6})(?: ?[-/\u2010-\u2015\u2212] ?| )([0-9]{4})(?![0-9])")

# Exactly ten digits, wherever they stand in a value, but not within a decimal number. A number that was stored as one has lost
# its leading zero, and perhaps gained decimals.
_TEN_DIGITS = re.compile(r"(?<![0-9])(?<![0-9][.,])[0-9]{10}(?![0-9])")
_NINE_DIGITS = re.compile(r"^[0-9]{9}(?=(?:[.,]0+)?$)", re.MULTILINE)

# An address has this sign, and a number so many digits, with one of these behind the sixth if not all are in one.
_WORTH_A_LOOK = "@|[0-9]{9}|[0-9]{6}[-/ \u2010-\u2015\u2212]"

# Arbitrary digits begin with a date too: 31 of 100 pairs are a day and 12 of 100 a month, about one number in 27. After a lost
# zero every pair is a day. Numbers are taken for CPR numbers when more begin with a date than this and four times its standard
# deviation explain, or all of them do.
_MONTHS = 12 / 100
_CHANCE = 31 / 100 * _MONTHS
_DEVIATIONS = 4

# Identifiers are not evenly spread: those from 1,000,000,000 to 2,147,483,647 all begin with a day. Among numbers that do,
# more than twice as many as chance gives must have a month next.
_TIMES_THE_MONTHS = 2

# Numbers of workplaces (P-numre) all begin with 100 to 103.
_WORKPLACE = ("100", "101", "102", "103")

# Where only some numbers begin with a date, those behind the number of a municipality share it; birthdays of as many people
# do not.
_MANY = 5
_SHARED = 3
_DAYS_TOLD_APART = 100

_NAMES = re.compile(
    r"(?:^|[\W_])(?:cpr(?:nr|nummer)?|personnummer|e-?mail(?:adresse)?|mail(?:adresse)?|epost|fornavn|efternavn|navn|name|"
    r"firstname|lastname|telefon(?:nummer)?|mobil(?:nummer)?|phone|adresse|address|ip(?:adresse|address)?)(?:$|[\W_])",
    re.IGNORECASE,
)


def kind_of_values(values: Iterable[str | None]) -> str | None:
    """'e-mail addresses' or 'CPR numbers' if distinct values of a column, as text, hold such, else None."""
    texts = perhaps_matching(_WORTH_A_LOOK, [text for text in values if text is not None])
    # One search through all of them; no pattern but that of e-mail reaches over the end of a line.
    lines = "\n".join(texts)
    if "@" in lines and any(_EMAIL.search(text) for text in texts):
        return "e-mail addresses"
    lines = _HEXADECIMAL.sub("", lines)
    written = {six + four for six, four in _WRITTEN.findall(lines)}
    whole, shortened = set(_TEN_DIGITS.findall(lines)), {f"0{number}" for number in _NINE_DIGITS.findall(lines)}
    workplaces = all(number.startswith(_WORKPLACE) for number in whole | shortened)
    are_cpr = _are_cpr_numbers(written, set()) or (not workplaces and _are_cpr_numbers(whole, shortened))
    return CPR_NUMBERS if are_cpr else None


def _are_cpr_numbers(whole: set[str], shortened: set[str]) -> bool:
    """Do more of these numbers begin with a date than chance explains? whole: of ten digits; shortened: with a zero put in
    front."""
    numbers = whole | shortened
    expected = _CHANCE * len(whole) + _MONTHS * len(numbers - whole)
    for born, days in _BEGINNINGS:
        dated = [number for number in numbers if born.match(number)]
        shared = _SHARED * len({number[:4] for number in dated}) <= min(len(dated), _DAYS_TOLD_APART)
        with_a_day = sum(number[:2] in days for number in numbers)
        if (
            dated
            and not (shared and _MANY <= len(dated) < len(numbers))
            and len(dated) > min(expected + _DEVIATIONS * math.sqrt(expected), len(numbers) - 1)
            and len(dated) > _TIMES_THE_MONTHS * _MONTHS * with_a_day
        ):
            return True
    return False


def kind_of_name(name: str) -> str | None:
    """'name suggests identifiers' for columns called e-mail, CPR, navn and the like, else None."""
    return "its name" if _NAMES.search(name) else None


def identifying_columns(head: Mapping[str, Sequence[object]]) -> dict[str, str]:
    """Columns of a file whose name or first values identify people: column to what gives it away."""
    kinds = {}
    for name, values in head.items():
        kind = kind_of_values(raw_text(value) for value in values) or kind_of_name(name)
        if kind is not None:
            kinds[name] = kind
    return kinds
