"""The rows above the answers: titles, names, question texts and import keys, and files that have no names at all.

What stands there would be read as an answer, or hide the names. It is recognised and refused with the line under `[file]` that
settles it; with that line, none of it is read as a value.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from msgspec.structs import replace

from ..core.errors import DataError
from .codebook import MOST_HEADER_ROWS, FileForm
from .identifiers import kind_of_values
from .text import canonical, listed, normalised

# Rows from the first that are looked at.
ROWS_LOOKED_AT = MOST_HEADER_ROWS + 30

# Columns that must speak for it before a row is taken for no answer: one alone may be a mistake in the file.
_SEVERAL = 2

# A text that is so long and longer than every answer under it is a question.
_QUESTION = 20

# Digits of numbers that may count something.
_LONGEST_NUMBER = 18

# Qualtrics writes these under names and question texts.
_IMPORT_KEY = re.compile(r"""\s*\{\s*["']+ImportId["']+\s*:""")

# What SurveyMonkey writes under a question that is answered in one column.
_UNDER_QUESTIONS = frozenset(
    ("response", "open-ended response", "other (please specify)", "svar", "åbent svar", "andet (angiv venligst)")
)
_NUMBER = re.compile(r"[-+]?[0-9]+(?:[.,][0-9]+)?")


def is_import_key(cell: str) -> bool:
    """Is a cell a key by which Qualtrics imports, as it writes them under the names?"""
    return _IMPORT_KEY.match(cell) is not None


Rows = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Sought:
    """What is looked for. items: names of columns of items; names: those of keys and rules of the codebook; answers: what an
    answer may be, in the form of comparison."""

    items: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    answers: frozenset[str] = frozenset()

    def found_in(self, row: Sequence[str]) -> int:
        """How many names of items stand in a row."""
        return len(self.items.intersection(map(normalised, row)))


@dataclass(frozen=True)
class Header:
    """names of the columns, '' where there is none; texts that stand under a name, by place; rows: number of the first row of
    answers in the file, less one."""

    names: tuple[str, ...]
    rows: int
    texts: dict[int, str] = field(default_factory=dict)


class RowsAroundHeader(DataError):
    """Rows that are no answers stand above or under the names of the columns. `settled` is the [file] with which the file is
    read right."""

    def __init__(self, message: str, settled: FileForm) -> None:
        super().__init__(message)
        self.settled = settled


def header_of(rows: Rows, form: FileForm, sought: Sought, source: str, first: int = 1) -> Header:
    """The header of a table. rows: its first rows, cells as text; `first` is the number of the first of them in the file.
    Raises RowsAroundHeader where they hold more, or less, than one row of names and the codebook does not say so."""
    start = _start(rows, form, first)
    settled, notes = _settled(rows, start, form, sought, first)
    if notes:
        lines = [f"{key} = {getattr(settled, key)}" for key in ("skip_rows", "header_rows")
                 if getattr(settled, key) not in (None, getattr(form, key))]  # fmt: skip
        raise RowsAroundHeader(f"{source}: {' '.join(notes)} Say {' and '.join(lines)} under [file] in the codebook.", settled)
    count = 1 if form.header_rows is None else form.header_rows
    block = rows[start : start + count]
    width = max(map(len, block or rows[start : start + 1]), default=0)
    if not count:
        return Header(tuple(f"column {place}" for place in range(1, width + 1)), start + first - 1)
    names = _names(block, width, sought.names | sought.items)
    texts = {}
    for place, cells in enumerate(zip_longest(*block, fillvalue="")):
        others = [text for cell in cells if (text := normalised(cell)) and text != names[place] and not is_import_key(cell)]
        if others:
            texts[place] = " – ".join(dict.fromkeys(others))
    return Header(names, start + count + first - 1, texts)


def _start(rows: Rows, form: FileForm, first: int) -> int:
    """Place of the first row that is not blank behind the titles that the codebook says."""
    start = max(0, (form.skip_rows or 0) - first + 1)
    return next((place for place in range(start, len(rows)) if _filled(rows[place])), start)


def _filled(row: Sequence[str]) -> list[int]:
    """Places of cells that hold anything."""
    return [place for place, cell in enumerate(row) if cell and not cell.isspace()]


def _names(block: Rows, width: int, wanted: Collection[str]) -> tuple[str, ...]:
    """The name of each column: what the codebook calls it, by the first row that has that name; else its first text."""
    names = [""] * width
    given: set[str] = set()
    for row in block:
        here = {place: name for place, cell in enumerate(row) if (name := normalised(cell)) in wanted and name not in given}
        for place, name in here.items():
            names[place] = names[place] or name
        given.update(here.values())
    for row in block:
        for place, cell in enumerate(row):
            names[place] = names[place] or normalised(cell)
    return tuple(names)


# ---------------------------------------------------------------- what is recognised


def _settled(rows: Rows, start: int, form: FileForm, sought: Sought, first: int) -> tuple[FileForm, list[str]]:
    """The [file] under which the header is one, and what was found that the given one does not say."""
    notes: list[str] = []
    settled = form
    names = max(range(min(start, len(rows))), key=lambda place: sought.found_in(rows[place]), default=start)
    if names < start and sought.found_in(rows[names]) >= min(_SEVERAL, len(sought.items)) > 0:
        notes.append(f"skip_rows = {form.skip_rows} skips row {names + first}, which holds the names of the columns.")
        return replace(settled, skip_rows=names + first - 1), notes
    titles = _titles(rows, start, sought)
    if titles and form.header_rows in (None, 1):
        names = start + titles
        notes.append(
            f"{_row_numbers(range(start, names), first)} {'holds' if titles == 1 else 'hold'} a title or headings "
            f"({_some(rows[start])}), and row {names + first} the names of the columns."
        )
        settled = replace(settled, skip_rows=names + first - 1)
        start = names
    if form.header_rows is None and not notes and (values := _coming_back(rows, start, sought)):
        notes.append(
            f"row {start + first} holds values ({_some(values)}), not names: the file has no header. Put a row of names "
            "above the answers, or call the columns 'column 1', 'column 2' and so on in the codebook."
        )
        return replace(settled, header_rows=0), notes
    count, why = _header_rows(rows, start, sought)
    # Import keys are never answers; about the rest the codebook is believed.
    if count > (form.header_rows or 1) and (why == _IMPORT_KEYS or form.header_rows is None):
        notes.append(
            f"{_row_numbers(range(start + 1, start + count), first)} {why}, no answers: there are {count} header rows."
        )
        settled = replace(settled, header_rows=count)
    elif not notes and (answers := _answers_in(rows[start : start + (form.header_rows or 1)], sought)):
        notes.append(
            f"header_rows = {form.header_rows} takes row {start + answers + first} for texts under the names, and it holds "
            f"answers ({_some(rows[start + answers])})."
        )
        settled = replace(settled, header_rows=answers)
    return settled, notes


def _answers_in(block: Rows, sought: Sought) -> int:
    """Place of the first row of a header in which every item that has a cell has an answer; 0 where there is none. Numbers in
    their order number the questions."""
    names = _names(block, max(map(len, block), default=0), sought.names | sought.items)
    places = [place for place, name in enumerate(names) if name in sought.items]
    for number, row in enumerate(block[1:], start=1):
        cells = [cell for place in places if place < len(row) and (cell := canonical(row[place]))]
        if len(cells) >= min(_SEVERAL, len(sought.items)) and sought.answers.issuperset(cells) and not _in_order(cells):
            return number
    return 0


def _in_order(cells: Sequence[str]) -> bool:
    """Are cells whole numbers, each one more than that before it?"""
    whole = [int(cell) for cell in cells if cell.isdecimal() and len(cell) <= _LONGEST_NUMBER]
    return 1 < len(whole) == len(cells) and whole == list(range(whole[0], whole[0] + len(whole)))


def _row_numbers(places: range, first: int) -> str:
    numbers = [str(place + first) for place in places]
    return f"row {numbers[0]}" if len(numbers) == 1 else f"rows {', '.join(numbers[:-1])} and {numbers[-1]}"


def _some(row: Iterable[str]) -> str:
    """The first cells of a row, for a message, which may be passed on: what identifies people is not in it."""
    return listed([cell for cell in map(normalised, row) if cell and kind_of_values([cell]) is None], 3)


def _titles(rows: Rows, start: int, sought: Sought) -> int:
    """How many rows stand above the row of names."""
    if start >= len(rows):
        return 0
    here = sought.found_in(rows[start])
    if sought.items and here == len(sought.items):
        return 0
    best = max(range(start, min(len(rows), start + MOST_HEADER_ROWS)), key=lambda place: sought.found_in(rows[place]))
    if sought.found_in(rows[best]) > max(here, min(_SEVERAL, len(sought.items)) - 1):
        # Names that leave columns to the row above them are the second row of the header.
        shared = best > start and set(_filled(rows[best - 1])) - set(_filled(rows[best]))
        return best - 1 - start if shared else best - start
    if here:
        return 0
    # Nothing that is known: titles fill one cell of a table that has more columns.
    usual = Counter(len(_filled(row)) for row in rows[start:] if _filled(row)).most_common(1)
    names = next((place for place in range(start, len(rows)) if len(_filled(rows[place])) > 1), start)
    if names > start and usual[0][0] > _SEVERAL:
        return names - start
    return 1 if _headings(rows, start) else 0


def _headings(rows: Rows, start: int) -> bool:
    """Does the first row hold headings over groups of columns, and the second a name for every column?"""
    if start + 2 >= len(rows):
        return False
    above, below = _filled(rows[start]), _filled(rows[start + 1])
    return 2 * len(above) <= len(below) and set(above) <= set(below) and _texts_under(rows, start, below, above)


def _texts_under(rows: Rows, start: int, places: Collection[int], named: Collection[int]) -> bool:
    """Does the second row hold names for columns that have none in the first: texts that do not come back under them?"""
    below = rows[start + 1]
    unnamed = [place for place in places if place < len(below) and place not in named and normalised(below[place])]
    fresh = [
        place for place in unnamed
        if not _NUMBER.fullmatch(normalised(below[place])) and below[place] not in _column(rows[start + 2 :], place)
    ]  # fmt: skip
    return len(fresh) >= _SEVERAL and 2 * len(fresh) > len(unnamed)


def _column(rows: Rows, place: int) -> list[str]:
    """The cells of a column that hold anything."""
    return [row[place] for row in rows if place < len(row) and normalised(row[place])]


def _coming_back(rows: Rows, start: int, sought: Sought) -> list[str]:
    """The cells of the first row that come back under them, where that makes it one of answers. Numbers in their order may be
    names."""
    if start >= len(rows) or sought.found_in(rows[start]):
        return []
    cells = {place: normalised(rows[start][place]) for place in _filled(rows[start])}
    numbers = [cell for cell in cells.values() if _NUMBER.fullmatch(cell)]
    coming_back = [cell for place, cell in cells.items() if cell in map(normalised, _column(rows[start + 1 :], place))]
    answers = len(coming_back) >= _SEVERAL and 2 * max(len(numbers), len(coming_back)) >= len(cells)
    names = _in_order([cell for cell in numbers if cell.isdecimal()]) and set(coming_back) <= set(numbers)
    return coming_back if answers and not names else []


_IMPORT_KEYS = "hold question texts and import keys (ImportId), as Qualtrics writes them"


def _header_rows(rows: Rows, start: int, sought: Sought) -> tuple[int, str]:
    """How many rows the header has, and what the rows under the first hold."""
    for place in range(start + 1, min(len(rows), start + 5)):
        if any(map(is_import_key, rows[place])):
            return place - start + 1, _IMPORT_KEYS
    if start + 1 >= len(rows):
        return 1, ""
    names, below = rows[start], rows[start + 1]
    named, filled = _filled(names), _filled(below)
    if sought.found_in(below) > sought.found_in(names) and set(named) - set(filled):
        return 2, "holds names of columns too"
    if filled and all(normalised(below[place]).casefold() in _UNDER_QUESTIONS for place in filled):
        return 2, "holds what SurveyMonkey writes under its questions"
    if set(named) - set(filled) and _texts_under(rows, start, filled, named):
        return 2, "holds names of columns that have none above, as SurveyMonkey and merged cells have it"
    if len(filled) == 1 and len(named) > _SEVERAL and _is_heading(rows, start + 1, filled[0]):
        return 2, f"holds one cell alone ({_some(below)}), a heading"
    if _questions(rows, start, sought):
        return 2, f"holds texts under the names ({_some(below)})"
    return 1, ""


def _is_heading(rows: Rows, place: int, column: int) -> bool:
    """Is the only cell of a row a heading, and not the number of somebody who answered nothing: a text of another shape than
    what stands under it, over rows in which more stands?"""
    under, text = rows[place + 1 :], rows[place][column]
    shapes = {shape(cell) for cell in _column(under, column)}
    fuller = bool(under) and all(len(_filled(row)) > _SEVERAL for row in under[:_SEVERAL])
    return fuller and bool(shapes) and "a" in shape(text) and shape(text) not in shapes


def shape(text: str) -> str:
    """A text with one letter for every word and one digit for every number, by which cells of a column are alike."""
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"[0-9]+", "0", normalised(text)))


def _questions(rows: Rows, start: int, sought: Sought) -> bool:
    """Does the row under the names hold a question for several columns: a text where only numbers are under it, or one that is
    longer than all answers; each of its own?"""
    below, under = rows[start + 1], rows[start + 2 :]
    if any(_NUMBER.fullmatch(normalised(cell)) for cell in below):
        return False
    texts: list[str] = []
    for place in _filled(below):
        cell, answers = normalised(below[place]), [normalised(text) for text in _column(under, place)]
        if not answers or not re.search(r"[^\W\d_]", cell) or canonical(cell) in sought.answers:
            continue
        numbers = all(_NUMBER.fullmatch(answer) for answer in answers)
        longer = (
            len(cell) >= _QUESTION and len(cell) > max(map(len, answers)) and len(set(answers)) <= max(1, len(answers) // 2)
        )
        if numbers or longer:
            texts.append(cell)
    return len(texts) >= _SEVERAL and len(set(texts)) == len(texts)
