"""What a draft says that raw values mean: whole labels and the numbers beside them, and nothing by the order of the values.

Texts behind a number (5 - Helt enig) count only where the numbers agree with the labels that are known, as they are, shifted or
the other way round. What nobody knows is left for people; that all numbers may be shifted is said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from .codebook import BLANK_KEY, NOT_SHOWN_KEY
from .codebook_lines import Line, RawLine
from .coding import Meanings, code_values
from .drafted_columns import DraftedColumns, Values, has_too_many
from .question_texts import plain
from .scale import Instrument
from .survey_systems import SurveySystem
from .table import Table
from .text import canonical, quoted, without_mojibake
from .value_labels import code_by_names, names_in, says_no_answer, value_table

# Words and signs by which programs say that nothing was answered. Others ('N/A', '-', 'none') may be answers that were chosen.
_NOT_ANSWERED = (
    "ubesvaret|ikke besvaret|intet svar|no answer|not answered|unanswered|missing|blank|(blank)|na|<na>|nan|null|#null!|."
)

_WHOLE = re.compile(r"-?[0-9]{1,18}")
_CODE = re.compile(r"([a-z]{1,3})0*([1-9][0-9]?)")
_NUMBER_FIRST = re.compile(r"(-?[0-9]{1,18})\s*[-\u2010-\u2015.:=)]\s*(?![0-9])\S")
_NUMBER_LAST = re.compile(r"\S\s*[(\[](-?[0-9]{1,18})[)\]]$")


@dataclass
class DraftedCodes:
    """lines: raw value to its line; remarks: what is said above them."""

    lines: dict[str, Line] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    @property
    def unanswered(self) -> frozenset[str]:
        """Raw values that are taken for no answer."""
        return frozenset(
            raw for raw, line in self.lines.items() if line.meaning in (BLANK_KEY, NOT_SHOWN_KEY) and _is_settled(line)
        )

    def leave(self, raw: str, remark: str) -> None:
        self.lines[raw] = RawLine(raw, None, remark)

    def take(self, raw: str, meaning: int | str, remark: str) -> None:
        self.lines[raw] = RawLine(raw, meaning, remark)

    def propose(self, raw: str, meaning: int | str, remark: str) -> None:
        self.lines[raw] = RawLine(raw, meaning, remark, proposed=True)


@dataclass(frozen=True)
class _Answer:
    """A raw value of an item and what is known of it: said, its one label in the file or the text itself; code, what it is read
    as, None where nothing maps it."""

    raw: str
    said: str
    code: int | None

    @property
    def number(self) -> int | None:
        """The number beside the words."""
        text = canonical(self.said)
        match = _NUMBER_FIRST.match(text) or _NUMBER_LAST.search(text)
        return int(match[1]) if match is not None else None


def drafted_codes(
    columns: DraftedColumns, table: Table, instrument: Instrument, values: Values, known: Meanings, system: SurveySystem
) -> DraftedCodes:
    """Lines under [codes] for values of items that nothing maps, and for those that their labels contradict."""
    draft = DraftedCodes()
    read = [column for column in columns.items.values() if not has_too_many(values[column], known)]
    answers = _answers(read, table, values, known, draft)
    for answer in answers:
        if answer.code is None:
            draft.leave(answer.raw, f"what does it mean? {_accepted(instrument)}")
    _signs(draft, answers, system)
    _labels(draft, answers, instrument, known)
    _numbered_codes(draft, answers, instrument)
    _last_category(draft, answers, instrument, known)
    _shifted(draft, answers, instrument, known)
    _another_scale(draft, answers, instrument, known)
    contradicted = _contradicted(read, table, known)
    moved = _moved(read, table, instrument, known)
    draft.lines |= contradicted | moved
    return draft


def _accepted(instrument: Instrument) -> str:
    reasons = (*instrument.reason_keys, BLANK_KEY, NOT_SHOWN_KEY)
    return f"A category ({instrument.categories[0]} to {instrument.categories[-1]}) or {', '.join(map(repr, reasons))}".replace(
        "'", '"'
    )


def _answers(read: Sequence[str], table: Table, values: Values, known: Meanings, draft: DraftedCodes) -> list[_Answer]:
    """Every raw value of the items once. One that has different labels in different columns is left open."""
    labels: dict[str, dict[str, str]] = {}
    codes: dict[str, int | None] = {}
    for column in read:
        texts = [text for text in values[column] if text is not None]
        of_column = table.labels.get(column)
        for text, read_as in zip(texts, code_values(texts, known, of_column).codes, strict=True):
            label = of_column.labels.get(canonical(text), "") if of_column is not None else ""
            if label:
                labels.setdefault(text, {}).setdefault(canonical(label), label)
            codes[text] = (read_as or None) if codes.get(text, read_as) is not None else None
    answers = []
    for text, code in sorted(codes.items(), key=lambda pair: (len(pair[0]), pair[0])):
        labels_here = list(labels.get(text, {}).values())
        if len(labels_here) > 1:
            names = " and ".join(quoted(name) for name in labels_here)
            if code is None:
                draft.remarks.append(f"{quoted(text)} is labelled {names} in different columns: export them apart.")
        answers.append(_Answer(text, labels_here[0] if len(labels_here) == 1 else "" if labels_here else text, code))
    return answers


# ---------------------------------------------------------------- words


def _signs(draft: DraftedCodes, answers: Iterable[_Answer], system: SurveySystem) -> None:
    """What says that nothing was answered: in so many words, or as the system that wrote the file does."""
    for answer in answers:
        if answer.code is not None:
            continue
        sign = canonical(answer.raw)
        if sign in system.signs:
            draft.take(answer.raw, system.signs[sign], f"GUESS: {system.name} writes it so")
        elif canonical(answer.said) in _NOT_ANSWERED.split("|"):
            draft.take(answer.raw, BLANK_KEY, "GUESS: check it")


def _labels(draft: DraftedCodes, answers: Sequence[_Answer], instrument: Instrument, known: Meanings) -> None:
    """Whole labels of the instrument with a number, or another name, beside them."""
    by_names = {answer.raw: _code_of_names(answer, known) for answer in answers}
    places = {
        (number, code)
        for answer in answers
        if (code := by_names[answer.raw]) is not None and code > 0 and (number := answer.number) is not None
    }
    line = _line_through(places, known)
    guesses: dict[str, tuple[int, str]] = {}
    for answer in answers:
        if answer.code is not None or draft.lines[answer.raw].meaning is not None:
            continue
        code, number = by_names[answer.raw], answer.number
        if code is not None and (code < 0 or number is None or line is not None):
            contents = "" if number is None or code < 0 or _category(number, known) == code else "its label, not its number, "
            guesses[answer.raw] = code, f"GUESS: {contents}check it"
        elif code is None and number is not None and _may_be_a_category(answer, known):
            by_number = line(number) if line is not None else _category(number, known)
            if by_number is None or _calls_it_otherwise(by_number, instrument):
                continue
            sure = line is not None or _spans([answer.number for answer in answers], instrument)
            if sure:
                guesses[answer.raw] = by_number, "GUESS: the number beside it"
            else:
                draft.propose(answer.raw, instrument.categories[by_number - 1], "if the number beside it is the category")
    for raw, (code, remark) in guesses.items():
        unlike = _unlike(raw, code, answers, by_names, guesses, known)
        if unlike is None:
            draft.take(raw, known.meaning(code), remark)
        else:
            draft.propose(raw, known.meaning(code), f"only if it is the same as {quoted(unlike)}")


def _code_of_names(answer: _Answer, known: Meanings) -> int | None:
    """What the words of an answer mean: as a whole, by their letters ('Hverken / eller'), or one of the names in it. Words that
    were saved in the wrong encoding are read in the right one."""
    name = without_mojibake(answer.said)
    if _WHOLE.fullmatch(canonical(name)):
        return None
    code = known.of_label(name)
    if code is None:
        letters = plain(" ".join(names_in(name)))
        alike = {code for word, code in known.words.items() if plain(word) == letters} if letters else set()
        code = alike.pop() if len(alike) == 1 else code_by_names(name, known)
    return code


def _line_through(places: set[tuple[int, int]], known: Meanings) -> Callable[[int], int | None] | None:
    """The code of a number as the labels beside numbers say: as they are, shifted, or the other way round; None where they
    fit no such line, or where a single label does not fit the numbers as they are."""
    if places and all(_category(number, known) == code for number, code in places):
        return lambda number: _category(number, known)
    slope, start = _slope(places)
    if slope == 0:
        return None
    codes = range(1, len(known.instrument.categories) + 1)
    return lambda number: start + slope * number if start + slope * number in codes else None


def _slope(places: set[tuple[int, int]]) -> tuple[int, int]:
    """(s, a) with code = a + s · number for all of at least two places, s = 1 or -1; (0, 0) where there is none."""
    if len({number for number, _ in places}) >= 2:
        for slope in (1, -1):
            starts = {code - slope * number for number, code in places}
            if len(starts) == 1:
                return slope, starts.pop()
    return 0, 0


def _category(number: int, known: Meanings) -> int | None:
    return known.numbers.get(str(number))


def _may_be_a_category(answer: _Answer, known: Meanings) -> bool:
    """Does nothing in the words say that there is no answer?"""
    return not says_no_answer((canonical(answer.said), *names_in(answer.said)), known)


def _calls_it_otherwise(code: int, instrument: Instrument) -> bool:
    label = instrument.labels.get(instrument.categories[code - 1])
    return label is not None and bool(label.variants())


def _spans(numbers: Sequence[int | None], instrument: Instrument) -> bool:
    """Do these numbers go from the lowest category to the highest, and no further? Then they are not shifted."""
    beside = {number for number in numbers if number is not None}
    return (
        bool(beside) and beside <= {*instrument.categories} and {instrument.categories[0], instrument.categories[-1]} <= beside
    )


def _unlike(
    raw: str,
    code: int,
    answers: Sequence[_Answer],
    by_names: Mapping[str, int | None],
    guesses: Mapping[str, tuple[int, str]],
    known: Meanings,
) -> str | None:
    """Another text that means the same answer in other words. Names that mean it all are alike, in whatever language."""

    def strange(text: str) -> set[str]:
        names = names_in(without_mojibake(text))
        letters = {plain(word) for word, meant in known.words.items() if meant == code}
        return set() if plain(" ".join(names)) in letters else {name for name in names if plain(name) not in letters}

    words = strange(next(answer.said for answer in answers if answer.raw == raw))
    for other in answers if words else ():
        meant = guesses[other.raw][0] if other.raw in guesses else other.code if by_names[other.raw] is not None else None
        if meant == code and strange(other.said) != words:
            return other.raw
    return None


def _numbered_codes(draft: DraftedCodes, answers: Sequence[_Answer], instrument: Instrument) -> None:
    """Codes such as A1 to A5 may number the categories, or the answers as they stood on the screen: a proposal."""
    codes = {answer.raw: match for answer in answers if (match := _CODE.fullmatch(canonical(answer.said))) is not None}
    categories = {raw: int(match[2]) for raw, match in codes.items() if int(match[2]) in instrument.categories}
    if len(categories) > 1 and len({match[1] for match in codes.values()}) == 1:
        for raw, category in categories.items():
            draft.propose(raw, category, "if the codes count the categories from the lowest")


def _last_category(draft: DraftedCodes, answers: Sequence[_Answer], instrument: Instrument, known: Meanings) -> None:
    """The one text that is left for the one category that no text of the file means: only a proposal."""
    taken = {answer.code for answer in answers}
    taken |= {known.numbers.get(str(line.meaning)) for line in draft.lines.values() if isinstance(line.meaning, int)}
    left = [place for place in range(1, len(instrument.categories) + 1) if place not in taken]
    open_texts = [answer for answer in answers if answer.said == answer.raw and _is_an_open_text(answer, draft, known)]
    if len(left) == 1 and len(open_texts) == 1 and len(instrument.categories) > 2:
        category = instrument.categories[left[0] - 1]
        draft.propose(open_texts[0].raw, category, f"no other value is read as {category}: is it that?")


# ---------------------------------------------------------------- numbers


def _shifted(draft: DraftedCodes, answers: Sequence[_Answer], instrument: Instrument, known: Meanings) -> None:
    """Numbers, bare or beside words, that no known label explains, some of them outside the scale, that would all fit it if
    they were shifted: said, not taken."""
    texts: dict[int, list[str]] = {}
    for answer in answers:
        if (number := _unexplained_number(answer, draft, known)) is not None:
            texts.setdefault(number, []).append(answer.raw)
    outside = [number for number in sorted(texts) if number not in instrument.categories]
    if not outside:
        return
    c, lowest = len(instrument.categories), instrument.categories[0]
    fits = {start: [number for number in outside if start <= number < start + c] for start in (0, 1, lowest - 1, lowest + 1)}
    start = max(fits, key=lambda start: len(fits[start]))
    left = [value for value in instrument.categories if not start <= value < start + c]
    if not fits[start] or any(value in texts for value in left):
        return
    draft.remarks.append(
        f"{', '.join(map(str, fits[start]))} may be a category, since {', '.join(map(str, left))} never occurs: then all "
        f"numbers are {_how_far(start - lowest)}. If so, take these lines instead:"
    )
    for place, value in enumerate(instrument.categories):
        draft.remarks += [f"  {RawLine(raw, value)}" for raw in texts.get(start + place, [str(start + place)])]


def _how_far(shift: int) -> str:
    return f"{abs(shift)} {'higher' if shift > 0 else 'lower'} than the instrument's, as positions of answers may be"


def _unexplained_number(answer: _Answer, draft: DraftedCodes, known: Meanings) -> int | None:
    """A number without words, or beside words that are unknown and do not say that there is no answer; else None."""
    bare = canonical(answer.raw)
    if _WHOLE.fullmatch(bare) and (answer.said == answer.raw or _WHOLE.fullmatch(canonical(answer.said))):
        return int(bare)
    if _code_of_names(answer, known) is not None or not _may_be_a_category(answer, known):
        return None
    if _WHOLE.fullmatch(bare):
        return int(bare)
    return answer.number if answer.code is None and not _is_settled(draft.lines[answer.raw]) else None


def _another_scale(draft: DraftedCodes, answers: Sequence[_Answer], instrument: Instrument, known: Meanings) -> None:
    """More different answers than the instrument has may be answers on another scale."""
    strange = [answer for answer in answers if _is_an_open_text(answer, draft, known)]
    categories = {answer.code for answer in answers if answer.code is None or answer.code > 0}
    categories |= {known.numbers.get(str(line.meaning)) for line in draft.lines.values() if _is_settled(line)}
    categories -= {None}
    c = len(instrument.categories)
    if strange and len(strange) + len(categories) > c:
        draft.remarks.append(
            f"There are {len(strange) + len(categories)} different answers, and the instrument has {c} categories: the file "
            "may hold answers on another scale, or reasons for not answering."
        )


def _is_an_open_text(answer: _Answer, draft: DraftedCodes, known: Meanings) -> bool:
    """Words that nothing maps and that do not say that there is no answer."""
    return (
        answer.code is None
        and not _is_settled(draft.lines[answer.raw])
        and re.search(r"[^\W\d_]{2}", answer.said) is not None
        and not _CODE.fullmatch(canonical(answer.said))
        and _may_be_a_category(answer, known)
    )


def _is_settled(line: Line) -> bool:
    return line.meaning is not None and not line.proposed


# ---------------------------------------------------------------- labels of statistics files


def _contradicted(read: Iterable[str], table: Table, known: Meanings) -> dict[str, Line]:
    """Values whose labels in the file contradict them. A label that is another category is taken by `_moved` where all of them
    fit one shift, and only proposed here."""
    lines: dict[str, Line] = {}
    for column in read:
        for line in value_table(table.labels[column], known) if column in table.labels else ():
            if not line.conflict or line.value in lines:
                continue
            if line.confirms:
                remark = f"labelled {quoted(line.label)} in the file: {line.meaning} if the number is right"
                lines[line.value] = RawLine(line.value, None, remark)
            elif isinstance(line.meaning, int):
                remark = f"labelled {quoted(line.label)} in the file; then the other numbers may be shifted too"
                lines[line.value] = RawLine(line.value, line.meaning, remark, proposed=True)
            else:
                lines[line.value] = RawLine(line.value, line.meaning, "GUESS: what the label in the file says")
    return lines


def _moved(read: Iterable[str], table: Table, instrument: Instrument, known: Meanings) -> dict[str, Line]:
    """Codes for files whose labels say that the numbers are positions, or run the other way: value v is the category at place
    a + s v, s = 1 or -1, for every labelled category of every item; nothing where the numbers are right."""
    places: set[tuple[int, int]] = set()
    for column in read:
        for value, label in table.labels[column].labels.items() if column in table.labels else ():
            code = known.of_label(label)
            if code is None:
                code = code_by_names(label, known)
            if code is not None and code > 0 and _WHOLE.fullmatch(value):
                places.add((int(value), code))
    if all(_category(number, known) == code for number, code in places):
        return {}
    slope, start = _slope(places)
    if slope == 0:
        return {}
    return {
        str(slope * (code - start)): RawLine(str(slope * (code - start)), category, "GUESS: what the labels in the file say")
        for code, category in enumerate(instrument.categories, start=1)
    }
