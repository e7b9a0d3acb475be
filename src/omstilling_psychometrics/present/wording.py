"""Words and numbers as a reader of one language sees them: the vocabulary, the instrument's labels, Babel's decimals."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from ..core.errors import OmstillingError
from ..core.note import Note, joined, notes_in
from ..core.vocabulary import Language, Vocabulary, vocabulary
from ..survey.scale import Instrument

# What stands after an estimate without an interval.
_NO_INTERVAL = " [–; –]"

_INDICES = {"H_ij": "H\u1d62\u2c7c", "H_i": "H\u1d62", "H^T": "H\u1d40"}


def plain(text: str) -> str:
    """Symbols with an index for where there is no typesetting."""
    for symbol, shown in _INDICES.items():
        text = text.replace(symbol, shown)
    return text


def clean(text: str) -> str:
    """Text without control characters, which neither SVG nor a page can hold."""
    return "".join(character if unicodedata.category(character) not in ("Cc", "Cs", "Cf") else " " for character in text)


@dataclass(frozen=True)
class Wording:
    """Labels and numbers in `language`; without an instrument, items and roles are called by their keys. by: the column that
    groups are values of."""

    language: Language
    instrument: Instrument | None = None
    by: str | None = None

    @cached_property
    def vocabulary(self) -> Vocabulary:
        return vocabulary(self.language)

    def text(self, key: str, /, **values: object) -> str:
        """A text of the vocabulary with its blanks filled in; an interval that is not known is left out."""
        return self.vocabulary.texts[key].format(**values).replace(_NO_INTERVAL, "")

    def has_text(self, key: str) -> bool:
        return key in self.vocabulary.texts

    # ---------------------------------------------------------------- names

    def quantity(self, key: str) -> str:
        term = self.vocabulary.quantities.get(key)
        return term.name if term else key.replace("_", " ")

    def symbol(self, key: str) -> str:
        """The symbol a quantity is printed with, its name where it has none."""
        term = self.vocabulary.quantities.get(key)
        return (term.symbol or term.name) if term else key.replace("_", " ")

    def column(self, key: str) -> str:
        return self.vocabulary.columns[key].name

    def analysis(self, key: str) -> str:
        term = self.vocabulary.analyses.get(key)
        return term.name if term else key

    def role(self, role: str) -> str:
        if role == "all":
            return self.text("everyone")
        return clean(self.instrument.role_label(role, self.language) if self.instrument else role)

    def unit(self, role: str, group: str | None) -> str:
        """Name of a column of results: the role, and the group where results are split. A wave or a form is called so, since
        '2' or 'B' alone tells a reader nothing."""
        if group is None:
            return self.role(role)
        named = self.by is not None and self.has_text(f"level_{self.by}")
        return f"{self.role(role)} · {self.level(str(self.by), group) if named else clean(group)}"

    def item(self, item: str | None) -> str:
        """Label of an item or of a pair of items; anything else (an answer pattern) as it is."""
        if not item:
            return ""
        if "~" in item:
            return " ~ ".join(self.item(key) for key in item.split("~"))
        if self.instrument and item in self.instrument.item_keys:
            return clean(self.instrument.item(item).label(self.language))
        if item == "other":
            return self.text("other_patterns")
        return clean(item)

    def reason(self, key: str) -> str:
        """A reason for not answering: the instrument's label, or the vocabulary's word for blank and any."""
        if self.instrument and key in self.instrument.reason_keys:
            return clean(self.instrument.reason_label(key, self.language))
        return self.vocabulary.methods.get(key, clean(key))

    def method(self, method: str | None) -> str:
        """A method in words, part by part; parts may be roles or groups that are compared ('leder~medarbejder')."""
        if not method:
            return ""
        pieces = [part.split("~") for part in method.split("/")]
        return ", ".join(self._part(labels[0]) if len(labels) == 1 else self._compared(labels) for labels in pieces)

    def _compared(self, labels: Sequence[str]) -> str:
        """Roles, or groups, whose names may be those of methods too ('f'); or a pair of items that a model has free."""
        if self.instrument and set(labels) <= set(self.instrument.item_keys):
            return self.text("pair_free", pair=self.item("~".join(labels)))
        roles = self.instrument.role_keys if self.instrument else ()
        return " \N{EN DASH} ".join(self.role(label) if label in roles else clean(label) for label in labels)

    def _part(self, part: str) -> str:
        if part in self.vocabulary.methods:
            return self.vocabulary.methods[part]
        if self.instrument and part in self.instrument.role_keys:
            return self.role(part)
        name, sign, value = part.partition("=")
        if sign:  # a value of a background variable: 'wave=2'
            return self.level(name, value)
        return self.key(part) if self.has_text(f"key_{part}") or part in self.vocabulary.columns else self.reason(part)

    def key(self, name: str) -> str:
        """A column that answers are told apart by, in words; one of the survey's own by its name."""
        if self.has_text(f"key_{name}"):
            return self.text(f"key_{name}")
        return self.column(name) if name in self.vocabulary.columns else clean(name)

    def level(self, name: str, value: str) -> str:
        """A value of such a column: 'wave 2'; of one of the survey's own, 'sector: health'."""
        shown = self.role(value) if name == "role" else clean(value)
        return self.text(f"level_{name}" if self.has_text(f"level_{name}") else "level", name=clean(name), value=shown)

    def category(self, value: float) -> str:
        return clean(self.instrument.category_label(int(value), self.language)) if self.instrument else str(int(value))

    def note(self, note: str) -> str:
        """A note in words; one that the vocabulary does not have (from another version's counts, say) as it stands."""
        named = joined(*(Note(part.key, self._named(part.detail)) for part in notes_in(note)))
        try:
            return clean(self.vocabulary.note(named or ""))
        except OmstillingError:
            return clean(note)

    def _named(self, detail: str) -> str:
        """What a note tells more, with items and roles called as everywhere; numbers may be keys too, and stay."""
        known: dict[str, str] = {}
        if self.instrument:
            known = {key: self.item(key) for key in self.instrument.item_keys}
            known |= {key: self.role(key) for key in self.instrument.role_keys}
        keys = sorted((re.escape(key) for key in known if not key.isdecimal()), key=lambda key: (-len(key), key))
        detail = detail.replace("<=", "≤")
        if not keys:
            return detail
        named = re.sub(rf"(?<![\w-])(?:{'|'.join(keys)})(?![\w-]| =)", lambda found: known[found[0]].replace(";", ","), detail)
        return re.sub(r"(?<=\S)~(?=\S)", " ~ ", named)

    # ---------------------------------------------------------------- numbers

    @cached_property
    def _symbols(self) -> dict[int, str]:
        """The language's signs in the place of ',' between thousands, '.' before decimals and '-'."""
        from babel.numbers import get_decimal_symbol, get_group_symbol, get_minus_sign_symbol

        signs = (get_group_symbol(self.language), get_decimal_symbol(self.language), get_minus_sign_symbol(self.language))
        return {ord(plain_sign): sign for plain_sign, sign in zip(",.-", signs, strict=True)}

    def decimal(self, value: float | None, digits: int) -> str:
        """A number with so many decimals; a dash where there is none."""
        if value is None or not math.isfinite(value):
            return "–"
        rounded = round(value, digits) + 0.0  # no minus sign on a zero
        return f"{rounded:,.{digits}f}".translate(self._symbols)

    def parsed(self, text: str) -> tuple[float, int] | None:
        """The number that a text shows, a percentage as a share, with its decimals; None where it is anything else."""
        plain_signs = str.maketrans({sign: chr(one) for one, sign in self._symbols.items()})
        shown, percent, _ = text.replace("\N{NO-BREAK SPACE}", "").partition("%")
        found = re.fullmatch(r"-?\d{1,3}(?:,?\d{3})*(?:\.(\d+))?", shown.translate(plain_signs))
        if found is None:
            return None
        value, decimals = float(found[0].replace(",", "")), len(found[1] or "")
        return (round(value / 100, decimals + 2), decimals + 2) if percent else (value, decimals)

    def count(self, value: float | None) -> str:
        return self.decimal(value, 0)

    def share(self, value: float | None, digits: int = 1) -> str:
        """A share between 0 and 1 as a percentage."""
        if value is None or not math.isfinite(value):
            return "–"
        sign = "\u00a0%" if self.language == "da" else "%"
        return self.decimal(100 * value, digits) + sign

    def p_value(self, value: float | None) -> str:
        """Three decimals; below a thousandth, only that it is."""
        if value is None or not math.isfinite(value):
            return "–"
        return f"< {self.decimal(0.001, 3)}" if value < 0.001 else self.decimal(value, 3)

    def number(self, quantity: str, value: float | None) -> str:
        """A value of a quantity with the digits that its words ask for: fewer where it is large."""
        term = self.vocabulary.quantities.get(quantity)
        digits = 3 if term is None else term.digits
        if value is None or not math.isfinite(value):
            return "–"
        if digits == "share":
            return self.share(value)
        if digits == 0:
            return self.count(value)
        if digits == 4:
            return self.decimal(value, 4)
        if digits == 2 or abs(value) >= 10:
            return self.decimal(value, 2 if abs(value) < 1000 else 1)
        return self.decimal(value, 3)

    def is_share(self, quantity: str) -> bool:
        """Is it written in per cent?"""
        term = self.vocabulary.quantities.get(quantity)
        return term is not None and term.digits == "share"

    def limit(self, quantity: str, value: float) -> str:
        """A cut-off of a quantity: two decimals, or whole per cent."""
        return self.share(value, 0) if self.is_share(quantity) else self.decimal(value, 2)

    def listed(self, names: Sequence[str]) -> str:
        """'a, b and c'."""
        *most, last = names
        return self.text("listed_last", most=", ".join(most), last=last) if most else last

    def interval(self, quantity: str, low: float | None, high: float | None) -> str:
        """Lower and upper bound; empty where there is no interval."""
        if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
            return ""
        return f"[{self.number(quantity, low)}; {self.number(quantity, high)}]"
