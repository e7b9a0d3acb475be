"""The value labels of a statistics file against what its numbers are read as: the table of each column, and where they differ.

A label contradicts a number where it means something else by the instrument's words or by the number that it begins with; where
the instrument has another label for that category; and where it says that there is no answer.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from ..core.errors import DataError
from .codes import reason_codes
from .coding import SIGNS_FOR_NOTHING, Meanings, ValueLabels, code_of_text
from .text import canonical, quoted, without_mojibake

# What a label says that means no answer, whatever the instrument calls it. Words that scales also use for their middle
# ('usikker', 'neutral') or their lowest category ('none') are not among them.
_NO_ANSWER = re.compile(
    r"(?:jeg |i )?(?:ved (?:det )?ikke|ikke (?:relevant|aktuel|besvare|oplys|anvendelig)|irrelevant|ønsker ikke"
    r"|vil ikke (?:svare|oplyse)|nægter|afviser|afslår"
    r"|kan ikke (?:svare|besvare|vurdere|bedømme)|ubesvaret|uoplyst|intet svar|ingen (?:mening|holdning)"
    r"|(?:don'?t|do not) (?:know|wish)|(?:can'?t|cannot) (?:say|answer|judge|assess|rate)"
    r"|not (?:applicable|relevant|answered)|prefer not|rather not|no (?:answer|response|opinion)|refus(?:ed|al|es?)|declined?)"
    r"\w*(?: (?:det|(?:at|to|for) \w+.*))?"
)
_NO_ANSWER_SIGNS = SIGNS_FOR_NOTHING - {"none"}

# The number of a label such as '5 - Helt enig', '5. Helt enig' or '5'; in '5 times' it may be a part of what is said.
_NUMBERED_LABEL = re.compile(r"(-?[0-9]+)(?:$|\s*[-–.:=)]\s*(?![0-9]))")
_WITH_A_NUMBER = re.compile(rf"{_NUMBERED_LABEL.pattern}|-?[0-9]+\s+(?![-–0-9])")

# Between several names in one label: 'Helt uenig / Strongly disagree', 'Helt uenig (1)'.
_BETWEEN_NAMES = re.compile(r"[/|()\[\]]")

_NUMBER_BEHIND = re.compile(r"\s*[(\[]-?[0-9]+[)\]]$")
_AROUND_NAMES = ' .,:;!*-–="'

# Columns, and lines for [codes], that one message writes out.
_COLUMNS_TOLD = 3
_CODES_TOLD = 10


@dataclass(frozen=True)
class LabelLine:
    """One line of a column's value table: raw value, its label in the file, what it is read as, and the conflict if any.

    meaning: what a codebook would settle the conflict with, as it is written there; it `confirms` the number where the label
    says nothing that is known, else it is what the label says.
    """

    value: str
    label: str
    read_as: str
    conflict: str = ""
    meaning: int | str | None = None
    confirms: bool = False


def value_table(labels: ValueLabels, known: Meanings) -> tuple[LabelLine, ...]:
    """Each labelled or user-missing value of a column against the instrument; `conflict` says where they disagree."""
    lines = []
    for value in sorted({*labels.labels, *labels.missing}, key=_numeric_order):
        label = labels.labels.get(value, "")
        code = code_of_text(value, known, labels)
        conflict = ("", None, False) if code is None else _conflict(value, label, code, labels, known)
        lines.append(LabelLine(value, label, known.describe(code), *conflict))
    return tuple(lines)


def _numeric_order(value: str) -> tuple[int, float, str]:
    try:
        return 0, float(value), value
    except ValueError:
        return 1, 0.0, value


def _conflict(value: str, label: str, code: int, labels: ValueLabels, known: Meanings) -> tuple[str, int | str | None, bool]:
    """(conflict, meaning, confirms) of a value that is read as `code`.

    A label of the instrument means one thing whatever [codes] says; everything else that a label says is settled once [codes]
    names the value.
    """
    says = known.of_label(label)
    meant = [says]
    settled = canonical(value, known.decimal) in known.explicit
    if says is None and not settled:
        meant = [code_by_names(label, known), _by_its_number(label, known)]
    for other in meant:
        if other is not None and other != code:
            return f"the label means {known.describe(other)}", known.meaning(other), False
    conflict = ""
    if not settled:
        conflict = _doubt(label, code, known) if meant[0] is None else ""
        if not conflict and code > 0 and value in labels.missing:
            conflict = "the file declares this value missing"
    return (conflict, known.meaning(code), True) if conflict else ("", None, False)


def _words_of(label: str) -> str:
    """A label in the form of comparison, without a number before or behind it."""
    plain = canonical(label).replace("\u2019", "'")
    numbered = _WITH_A_NUMBER.match(plain)
    return _NUMBER_BEHIND.sub("", plain[numbered.end() :] if numbered else plain).strip(_AROUND_NAMES)


def names_in(label: str) -> list[str]:
    """What a label says in words, in the form of comparison, without numbers beside it: ['helt uenig'] for '1 - Helt uenig'."""
    names = (part.strip(_AROUND_NAMES) for part in _BETWEEN_NAMES.split(_words_of(label)))
    return [name for name in names if re.search(r"[^\W\d_]", name)]


def code_by_names(label: str, known: Meanings) -> int | None:
    """Code that the words of a label stand for as a whole, or the names in it, whatever unknown ones are beside them:
    '3 - Hverken/eller', '1. Helt uenig / Strongly disagree'. None where none is known or they differ."""
    whole = known.of_label(_words_of(label))
    codes = {whole} if whole is not None else {known.of_label(name) for name in names_in(label)} - {None}
    return codes.pop() if len(codes) == 1 else None


def _by_its_number(label: str, known: Meanings) -> int | None:
    """Code of the category whose number a label begins with."""
    match = _NUMBERED_LABEL.match(label)
    return None if match is None else known.numbers.get(match[1])


def _doubt(label: str, code: int, known: Meanings) -> str:
    """Why a value that is read as `code` may be something else, where nothing knows its label; '' where nothing speaks against
    it: the label is only a number, or the instrument gives that category none."""
    names, ours, plain = names_in(label), _labels_of(code, known), canonical(label)
    if not names or any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", plain) for label in ours for name in names_in(label)):
        return ""
    # Scales of relevance begin with 'not relevant'.
    if code > 1 and says_no_answer((plain, *names), known):
        return "the label says that there is no answer"
    if not ours:
        return ""
    return f"the instrument calls that {' or '.join(map(quoted, ours))}"


def _labels_of(code: int, known: Meanings) -> tuple[str, ...]:
    """The labels that the instrument gives a category or a non-answer."""
    instrument = known.instrument
    if code > 0:
        value = instrument.categories[code - 1]
        return instrument.labels[value].variants() if value in instrument.labels else ()
    codes = reason_codes(instrument)
    return next((reason.label.variants() for reason in instrument.non_answers if codes[reason.key] == code), ())


def says_no_answer(texts: Iterable[str], known: Meanings) -> bool:
    words = "|".join(re.escape(word) for word, code in known.words.items() if code < 0)
    ours = re.compile(rf"(?<!\w)(?:{words})(?!\w)")
    return any(text in _NO_ANSWER_SIGNS or _NO_ANSWER.fullmatch(text) or ours.search(text) for text in texts)


def _as_code(line: LabelLine) -> str:
    """The line under [codes] that settles a conflict."""
    return f"{quoted(line.value)} = {line.meaning if isinstance(line.meaning, int) else quoted(line.meaning)}"


def refuse_contradictions(tables: Collection[tuple[str, tuple[LabelLine, ...]]], source: str) -> None:
    """DataError with the value table of every column whose labels contradict its numbers."""
    parts = []
    settling: dict[str, None] = {}
    confirming: dict[str, None] = {}
    for column, lines in tables:
        conflicts = [line for line in lines if line.conflict]
        if conflicts:
            rows = [
                f"  {quoted(line.value):>8}  {quoted(line.label):<32}  read as {line.read_as:<24}  {line.conflict}"
                for line in lines
            ]
            parts.append("\n".join([f" column {quoted(column)}:", *(row.rstrip() for row in rows)]))
            settling |= dict.fromkeys(_as_code(line) for line in conflicts if not line.confirms)
            confirming |= dict.fromkeys(_as_code(line) for line in conflicts if line.confirms)
    if not parts:
        return
    if len(parts) > _COLUMNS_TOLD:
        parts[_COLUMNS_TOLD:] = [f" and {len(parts) - _COLUMNS_TOLD} more columns"]
    advice = []
    if settling:
        advice.append(
            "The file may hold the position of each label instead of its value. Say under [codes] in the codebook what each "
            f"value means, for example {next(iter(settling))}."
        )
    if confirming:
        advice.append(
            "Where a number is right as it is read, confirm it under [codes] in the codebook: "
            f"{', '.join(list(confirming)[:_CODES_TOLD])}. Where its label is right, write there what that means: a category "
            "number or a non-answer."
        )
    garbled = next((line.label for _, lines in tables for line in lines if without_mojibake(line.label) != line.label), None)
    if garbled is not None:
        advice.insert(
            0,
            f"The label {quoted(garbled)} looks like {quoted(without_mojibake(garbled))} read in the wrong encoding: say "
            'encoding = "utf-8" under [file] in the codebook first.',
        )
    raise DataError("\n".join([f"{source}: the value labels in the file contradict the numbers.", *parts, " ".join(advice)]))
