"""Raw values to codes: what each raw value of an item means, from instrument, codebook and the file's own value labels.

Works on the *distinct* values of a column, so its cost does not depend on the number of rows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..core.errors import DataError
from .codebook import NOT_SHOWN_KEY, Codebook
from .codes import BLANK, NOT_SHOWN, reason_codes
from .scale import Instrument
from .text import canonical, quoted, raw_text

# Different values that a column of answers may have however short its scale is: systems have several codes for no answer.
_MOST_VALUES = 25

# What survey systems write for "nothing", in the form in which values are compared. None of it is accepted unless a codebook
# maps it: the same sign stands for an empty answer in one system and for "don't know" in the next.
SIGNS_FOR_NOTHING = frozenset(
    (
        "na",
        "n/a",
        "nan",
        "null",
        "none",
        ".",
        "-",
        "--",
        "#null!",
        "#n/a",
        "ubesvaret",
        "intet svar",
        "ikke besvaret",
        "no answer",
        "missing",
    )
)


@dataclass(frozen=True)
class ValueLabels:
    """What a statistics file says about a column: labels and user-missing values, both by canonical raw value. tagged: a column
    of numbers whose letters are missing values, as Stata's .a to .z."""

    labels: Mapping[str, str] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()
    tagged: bool = False

    def is_missing(self, value: str) -> bool:
        """Does the file declare a raw value missing?"""
        return value in self.missing or (self.tagged and re.fullmatch("[a-z]", value) is not None)


def in_words(text: str, labels: ValueLabels | None) -> str:
    """A raw value in the form of comparison: its label in the file, else itself."""
    word = canonical(text)
    return canonical(labels.labels.get(word, text)) if labels is not None else word


@dataclass(frozen=True)
class Meanings:
    """Code of every accepted raw value. `explicit` comes from [codes] and wins over the instrument's own words."""

    instrument: Instrument
    explicit: Mapping[str, int]
    numbers: Mapping[str, int]
    words: Mapping[str, int]
    decimal: str | None = None

    @property
    def most_values(self) -> int:
        """Different values that a column of answers can have: every category and every way of not answering as a number, in
        Danish and in English, and what [codes] names; some more where that is little."""
        ways = len(self.instrument.categories) + len(reason_codes(self.instrument))
        return max(_MOST_VALUES, 3 * ways + len(self.explicit))

    def of(self, text: str) -> int | None:
        """Code of a raw text, None if nothing maps it."""
        key = canonical(text, self.decimal)
        for known in (self.explicit, self.numbers, self.words):
            if key in known:
                return known[key]
        return None

    def of_label(self, label: str) -> int | None:
        """Code that a value label stands for, None if neither [codes] nor the instrument knows it."""
        key = canonical(label, self.decimal)
        return self.explicit.get(key, self.words.get(key))

    def meaning(self, code: int) -> int | str:
        """A code as a codebook writes it: a category, or the key of a reason."""
        return self.instrument.categories[code - 1] if code > 0 else self.describe(code)

    def describe(self, code: int | None) -> str:
        """A code in the words of the instrument, for messages."""
        if code is None:
            return "nothing"
        if code > 0:
            return self.instrument.category_label(self.instrument.categories[code - 1], "da")
        return {value: key for key, value in reason_codes(self.instrument).items()}[code]


def meanings(instrument: Instrument, codebook: Codebook) -> Meanings:
    """Every accepted value per the contract: category numbers, labels in either language, non-answer keys and labels, the key
    `not_shown` (anonymised answers hold it), and what [codes] adds or overrides. Raises DataError where [codes] gives a label
    of the instrument another meaning."""
    position = {value: place + 1 for place, value in enumerate(instrument.categories)}
    reasons = reason_codes(instrument)
    words: dict[str, int] = {}
    for value, label in instrument.labels.items():
        for text in label.variants():
            _add(words, text, position[value], instrument)
    for reason in instrument.non_answers:
        for text in (reason.key, *reason.label.variants()):
            _add(words, text, reasons[reason.key], instrument)
    _add(words, NOT_SHOWN_KEY, NOT_SHOWN, instrument)
    explicit = {
        canonical(raw, codebook.file.decimal): position[meaning] if isinstance(meaning, int) else reasons[meaning]
        for raw, meaning in codebook.codes.items()
    }
    built = Meanings(instrument, explicit, {str(value): code for value, code in position.items()}, words, codebook.file.decimal)
    for raw in codebook.codes:
        ours = words.get(canonical(raw))
        theirs = explicit[canonical(raw, codebook.file.decimal)]
        if ours is not None and ours != theirs:
            raise DataError(
                f"labels contradict the numbers: [codes] reads {quoted(raw)} as {quoted(built.describe(theirs))}, but in the "
                f"instrument that label means {quoted(built.describe(ours))}. Correct [codes], or the labels of the instrument."
            )
    return built


def _add(words: dict[str, int], text: str, code: int, instrument: Instrument) -> None:
    key = canonical(text)
    position = {str(value): place + 1 for place, value in enumerate(instrument.categories)}
    if words.setdefault(key, code) != code or position.get(key, code) != code:
        raise DataError(
            f"instrument {quoted(instrument.key)}: {quoted(text)} stands for two different answers. Give every category and "
            "every non-answer a label of its own; a number can only be the label of its own category."
        )


@dataclass(frozen=True)
class Coded:
    """Codes of the distinct values of one column, 0 where nothing maps the value; those values stand in `unmapped`."""

    codes: tuple[int, ...]
    unmapped: tuple[object, ...]


def code_values(values: Sequence[object], known: Meanings, labels: ValueLabels | None = None) -> Coded:
    """Codes of distinct raw values (None and empty text: BLANK, unless [codes] maps ""). A value that is no category takes
    the meaning of its own value label in the file."""
    codes, unmapped = [], []
    for value in values:
        text = raw_text(value)
        code = known.explicit.get("", BLANK) if text is None else code_of_text(text, known, labels)
        codes.append(code or 0)
        if code is None:
            unmapped.append(value)
    return Coded(tuple(codes), tuple(unmapped))


# What may stand around the words of a label: '6 - Ved ikke', '6. Ved ikke', 'Ved ikke (6)', 'Ved ikke.'.
_BESIDE_A_LABEL = re.compile(r"^\s*-?[0-9]+\s*[-–.:=)]?\s+|\s*[(\[]-?[0-9]+[)\]]\s*$|\s*[.!]+\s*$")


def code_of_text(text: str, known: Meanings, labels: ValueLabels | None) -> int | None:
    """Code of a raw text, by itself or by its value label in the file; None if nothing maps it."""
    code = known.of(text)
    if code is None and labels is not None:
        label = labels.labels.get(canonical(text))
        code = None if label is None else known.of_label(label)
        if code is None and label is not None:
            code = known.of_label(_BESIDE_A_LABEL.sub("", label.replace("\u2019", "'")))
    return code


def merged_numbers(codes: Sequence[int], texts: Sequence[str | None], known: Meanings) -> tuple[str, str, int] | None:
    """Two different numbers of one column that are read as the same category although [codes] does not name both, and the
    code; None where there are none. Such a column holds other numbers than the scale, and was mapped halfway.

    codes: of the distinct values that occur, 0 where nothing maps one; texts: the values.
    """
    seen: dict[int, str] = {}
    for code, text in sorted(zip(codes, texts, strict=True), key=lambda pair: (pair[0], pair[1] or "")):
        number = "" if text is None else canonical(text, known.decimal)
        if code <= 0 or not re.fullmatch(r"-?[0-9]+", number):
            continue
        other = seen.setdefault(code, number)
        if other != number and not (other in known.explicit and number in known.explicit):
            return other, number, code
    return None
