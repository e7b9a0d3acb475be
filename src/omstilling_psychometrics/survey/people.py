"""Columns by whose values results would be results by person: told by their names, or by values that look like people's names
or numbers. What units, bands and years look like is let through."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .identifiers import kind_of_name

# Who a number or name may be of, in Danish and English; the short ones only where a word begins with them.
_WHO = (
    r"(?:medarbejder|ansat(?:te)?|personale?|person|leder|chef|forstander|direktør|rektor|bruger|respondent|deltager|kollega|tjeneste|løn|loen|"
    r"employee|staff|personnel|worker|manager|leader|superior|supervisor|director|boss|principal|participant|user|(?<![^_])(?:medarb|pers|ma|emp|mgr|resp))"
)
_NUMBER_OF = r"(?:nr|nummer|numre|no|num|number|id|ident|identifier|identitet|init|ini|initialer|initials|navn|name)"
# medarbejdernummer, leder_nr, ledernavn, employee id; id_leder; initialer, init, brugernavn.
_NAMES = re.compile(
    rf"{_WHO}(?:s|e?ns|e?rnes)?_?{_NUMBER_OF}(?![^_])|(?<![^_])(?:nr|nummer|id|init)_(?:på_|for_|of_)?{_WHO}(?![^_])|"
    r"(?<![^_])(?:init|ini|inits|initialer|initialerne|initials|brugernavn|username|login|loginnavn)(?![^_])"
)
# The column says who somebody is, or whether somebody is such: it depends on the values.
_SOMEBODY = re.compile(rf"(?:.*_)?[a-zæøå]*{_WHO}(?:en|e|s)?")
_UNIT = re.compile(
    r"afd(?:eling)?|enhed|institution|skole|organisation|kommune|region|forvaltning|kontor|sektion|center|område|omraade|sted|"
    r"team|hold|cvr|p_?n(?:r|ummer)|produktionsenhed|post_?n(?:r|ummer)|kreds|distrikt|department|dept|division|unit|office|"
    r"branch|school|municipality|company|site|location|district|postal|zip|cost_?cent|omkostning"
)

# Two to four words that begin with a capital letter, the family name first with a comma or last.
_NAME = re.compile(r"[A-ZÆØÅÄÖ][\w'’.-]*(?:,? [A-ZÆØÅÄÖ][\w'’.-]*){1,3}")
# Every second Dane has a family name on -sen; the others are told by the most frequent given names.
_FAMILY = re.compile(r"\b[A-ZÆØÅ][a-zæøå]+(?:sen|sson|gaard)\b")
_GIVEN = re.compile(
    r"\b(?:Peter|Michael|Lars|Jens|Thomas|Henrik|Søren|Christian|Martin|Jan|Morten|Jesper|Anders|Niels|Mads|Rasmus|Per|Hans|Kim|"
    r"Jørgen|Brian|Ole|Erik|Bo|Mette|Anne|Kirsten|Hanne|Anna|Helle|Susanne|Lene|Maria|Marianne|Inge|Lone|Camilla|Pia|Louise|"
    r"Charlotte|Bente|Tina|Gitte|Karen|Ida|Emma|Sofie|Julie|Mohammed|Ali|Fatima|John|David|Mary|Sarah|James|Robert|Linda)\b"
)
# The most frequent family names, which are none of anything else.
_FAMILY_ALONE = re.compile(
    r"(?:Niel|Jen|Han|Peder|Ander|Christen|Lar|Søren|Rasmus|Jørgen|Peter|Mad|Kristen|Ol|Thom|Christian|Poul|Johan|Mortens?)sen"
)
_SHARE_OF_NAMES = 1 / 3

# Digits of a person's number: telephone, staff or social security.
_NUMBER = re.compile(r"(?:\+?[0-9]{2}[ -]?)?(?:[0-9][ -]?){6,12}")
# 2019-2020 and 1000-4999 are bands, 2025-01 is a month.
_BAND = re.compile(r"([0-9]+) ?[-–] ?([0-9]+)")
_DATE = re.compile(r"(?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])(?:-[0-3][0-9])?")
# What people are called in short: ABC, abc1, B042324, L7, 12.
_SHORT = re.compile(r"[A-ZÆØÅ]{1,4}[0-9]*|[a-zæøå]{1,4}[0-9]+|[0-9]+")


def of_people(name: str, values: Sequence[str]) -> tuple[str, str] | None:
    """What results by a column of this name with these distinct values would tell of ('names of people' or the like), and what
    to do where it is none of that; None for other columns."""
    word = _as_word(name)
    if kind_of_name(name) or _NAMES.search(word):
        return (
            "names or numbers of people, by its name",
            'If it is none, name it otherwise in the codebook: [columns] unit = "…".',
        )
    if not values:
        return None
    if sum(map(_is_name, values)) > _SHARE_OF_NAMES * len(values):
        return "names of people", ""
    if not _UNIT.search(word) and all(map(_is_number, values)):
        return "numbers of people", 'Numbers of units need a name that says so in the codebook: [columns] afdeling = "…".'
    # Two values say whether somebody is such a person.
    if _SOMEBODY.fullmatch(word) and len(values) > 2 and all(map(_SHORT.fullmatch, values)):
        return "initials or numbers of people", ""
    return None


def _as_word(name: str) -> str:
    """leder_nr for 'Leder-nr.', lederNr and 'LEDER NR'."""
    parted = re.sub(r"(?<=[a-zæøå])(?=[A-ZÆØÅ])", "_", name)
    return re.sub(r"[\W_]+", "_", parted).strip("_").casefold()


def _is_name(value: str) -> bool:
    if " " in value and (value.isupper() or value.islower()):
        value = value.title()  # HANSEN, LARS
    if _NAME.fullmatch(value):
        return bool(_FAMILY.search(value) or _GIVEN.search(value))
    return bool(_GIVEN.fullmatch(value) or _FAMILY_ALONE.fullmatch(value))


def _is_number(value: str) -> bool:
    band = _BAND.fullmatch(value)
    if _DATE.fullmatch(value) or (band is not None and int(band[1]) < int(band[2]) and len(band[2]) - len(band[1]) in (0, 1)):
        return False
    return _NUMBER.fullmatch(value) is not None
