"""The message about values that nothing maps: where each stands, what is accepted instead, and what to do."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from ..core.errors import DataError
from .codebook import BLANK_KEY, LEFT_OUT, NOT_SHOWN_KEY
from .coding import SIGNS_FOR_NOTHING, Meanings
from .header import is_import_key
from .identifiers import CPR_NUMBERS, kind_of_values
from .table import ROWS_TOLD, Table
from .text import canonical, listed, quoted, raw_text, without_mojibake

# How many different values a message shows: more would not help to see what is wrong.
_TOLD = 10


# What to do about a column that is read as an item and holds something else.
NO_ITEM = (
    "Such a column is no item. Name the column that holds the answers under [columns] in the codebook; if the item was not in "
    'this survey, write "not_shown" there as its column.'
)

_IMPORT_KEYS = (
    "Rows of question texts and import keys (ImportId), as Qualtrics writes them under the names of the columns, are no "
    "answers: leave them out of the data frame (frame.iloc[2:]), or give the file itself, with header_rows = 3 under [file] in "
    "the codebook."
)

# Values of a column without answers that a message shows.
_EXAMPLES = 3

# A message may be passed on: what identifies a person is not in it.
_NOT_SHOWN = {CPR_NUMBERS: "<a CPR number>", "e-mail addresses": "<an e-mail address>"}


def _shown(text: str, *, whole: bool = False) -> str:
    return _NOT_SHOWN.get(kind_of_values([text]) or "", quoted(text, whole=whole))


def _what_to_do(text: str, category: int, reasons: Sequence[str], by_arguments: bool) -> str:
    """Advice about a value that nothing maps. What may be a code of a survey system is put into an example; anything else may
    be a mistake, and an example with it would only make that mistake an answer. by_arguments: whether `op.read` was told of
    the values, and not a codebook."""
    if by_arguments:
        example = repr(int(text)) if re.fullmatch("-?[0-9]+", text) else _shown(text)
        return (
            f"Say what another value means in non_answers of op.read, for example non_answers={{{example}: "
            f'"{reasons[0] if reasons[0] != BLANK_KEY else "ved_ikke"}"}}, or correct it where it is a mistake.'
        )
    categories = f"(a category number, or one of {', '.join(reasons)})"
    plain = canonical(text)
    if plain in SIGNS_FOR_NOTHING or re.fullmatch(r"-?[0-9]+", plain):
        meaning = BLANK_KEY if plain in SIGNS_FOR_NOTHING else reasons[0]
        example = f'{_shown(text)} = "{meaning}" {categories}'
        return f"Say what another value means under [codes] in the codebook, for example {example}."
    return (
        "Correct the file where a value is a mistake; where it has a meaning, say which under [codes] in the codebook, as in "
        f'"the value" = {category} {categories}.'
    )


class Refusals:
    """Collects the values that nothing maps, of roles and items alike, so that one message tells of all of them. by_arguments:
    whether what values mean is said in arguments of `op.read`."""

    def __init__(self, table: Table, known: Meanings, *, by_arguments: bool = False) -> None:
        self.by_arguments = by_arguments
        self.table, self.instrument, self.most_values = table, known.instrument, known.most_values
        self._lines: list[str] = []
        self._number = 0
        self._advice: dict[str, None] = {}

    def items(self, column: str, cells: Collection[tuple[object, int]]) -> None:
        """Values of an item's column with the number of rows that hold each."""
        if len({canonical(raw_text(value) or "") for value, _ in cells}) > self.most_values:
            ordered = sorted(cells, key=lambda pair: (-pair[1], raw_text(pair[0]) or ""))
            self.too_many(column, [value for value, _ in ordered], f"{len(cells)} different values without a meaning")
            return
        worst = self._add(column, cells, whole=True)  # to be typed under [codes]
        if worst is None:
            return
        reasons = (*self.instrument.reason_keys, BLANK_KEY, NOT_SHOWN_KEY)
        below = str(min(self.instrument.categories) - 1)
        positions = ""
        if any(canonical(raw_text(value) or "") == below for value, _ in cells):
            first, second = sorted(self.instrument.categories)[:2]
            positions = (
                f" If the numbers are positions of the labels, map every one of them: {quoted(below)} = {first}, "
                f"{quoted(int(below) + 1)} = {second} and so on."
            )
        if any(is_import_key(raw_text(value) or "") for value, _ in cells):
            self._advise(_IMPORT_KEYS)
        what = _what_to_do(raw_text(worst) or "", self.instrument.categories[0], reasons, self.by_arguments)
        self._advise(
            f"Accepted are the categories {', '.join(map(str, self.instrument.categories))}, the labels of the instrument, its "
            f"non-answers, not_shown and empty cells. {what}{positions}"
        )

    def too_many(self, column: str, values: Sequence[object], number: str, *, role: bool = False) -> None:
        """A column with more different values than answers, or roles, have. values: some; number: how many, in words."""
        self._number += 1
        shown = ", ".join(_shown(raw_text(value) or "") for value in values[:_EXAMPLES])
        if role:
            self._lines.append(f"column {quoted(column)}, read as 'role': {number} ({shown}, …), which cannot be roles")
            self._advise('Roles are few. Name the column that holds them under [columns] in the codebook: role = "…".')
        else:
            self._lines.append(
                f"column {quoted(column)}: {number} ({shown}, …), and a column of answers has {self.most_values} at most"
            )
            self._advise(NO_ITEM)

    def roles(self, column: str, cells: Iterable[tuple[object, int]], known: Collection[str]) -> None:
        """Values of the role column with the number of rows that hold each; `known` are accepted."""
        if self._add(column, cells) is not None:
            self._advise(
                f"Roles that are known: {listed(known)}. Map another one under [roles] in the codebook to a role of the "
                f'instrument ({", ".join(self.instrument.role_keys)}) or to "{LEFT_OUT}".'
            )

    def raise_if_any(self) -> None:
        """DataError if anything was collected."""
        if not self._number:
            return
        advice = " ".join(self._advice)
        if self._number == 1:
            raise DataError(f"{self.table.name}: {self._lines[0]}. {advice}")
        more = [f"and {self._number - _TOLD} more values"] if self._number > _TOLD else []
        raise DataError("\n ".join([f"{self.table.name}: values that nothing maps:", *self._lines, *more]) + "\n" + advice)

    def _add(self, column: str, cells: Iterable[tuple[object, int]], *, whole: bool = False) -> object | None:
        """Take note of the values, the most frequent first; the first of them, None where there is none."""
        ordered = sorted(cells, key=lambda pair: (-pair[1], raw_text(pair[0]) or ""))
        self._number += len(ordered)
        # Where a value stands is looked up only for those that will be told of.
        for value, rows in ordered[: max(0, _TOLD - len(self._lines))]:
            spot = f"column {quoted(column)}: {self._spot(column, value, rows, whole)}"
            self._lines.append(f"{spot} has no meaning{self._hint(column, value)}")
        return (ordered[0][0] or "") if ordered else None

    def _advise(self, advice: str) -> None:
        # One example is enough, so the advice for the first column of a kind serves all.
        kind = advice.split(" ", 1)[0]
        if not any(advice.startswith(kind) for advice in self._advice):
            self._advice[advice] = None

    def _spot(self, column: str, value: object, rows: int, whole: bool) -> str:
        stands = self.table.where(column, value)
        text = raw_text(value)
        what = "an empty cell" if text is None else _shown(text, whole=whole)
        if not stands:
            return f"{what} in {rows} row{'s' if rows > 1 else ''}"
        return f"{what} in {stands}" if rows <= ROWS_TOLD else f"{what} in {rows} rows, first in {stands}"

    def _hint(self, column: str, value: object) -> str:
        """The value's label in the file, and what it would be in the right encoding."""
        text = raw_text(value) or ""
        labels = self.table.labels.get(column)
        label = labels.labels.get(canonical(text)) if labels is not None else None
        right = without_mojibake(text)
        hint = f" (labelled {quoted(label)} in the file)" if label else ""
        if right != text:
            hint += f" (it looks like {quoted(right)} saved in the wrong encoding: export the file again as UTF-8)"
        return hint
