"""The account of a reading: every row read is analysed or left out for a named reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from textwrap import wrap

from ..core.errors import UsageError
from ..core.vocabulary import vocabulary
from .how_read import HowRead

# The note of simulated answers, and the column that says so in files which do not come from `omstilling simulate` directly.
SYNTHETIC = "synthetic_data"

# The line in which all rows of withheld people stand.
WITHHELD = "withheld"

# The reason of answers that a selection does not take.
NOT_SELECTED = "not_selected"

# Characters of a line of notes.
_WIDTH = 96


@dataclass(frozen=True, kw_only=True)
class Source:
    """A file that was read: its name (never its folder) and the SHA-256 of its bytes, which released answers do not tell."""

    name: str
    sha256: str | None


@dataclass(frozen=True, kw_only=True)
class Account:
    """rows_read = rows_analysed + the sum of left_out (reason key to number of rows); files: how each was read."""

    rows_read: int
    rows_analysed: int
    left_out: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    files: tuple[HowRead, ...] = field(default=(), repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.rows_read != self.rows_analysed + sum(self.left_out.values()):
            raise ValueError(f"the account does not balance: {self}")

    def __str__(self) -> str:
        """The balance, and below it what was left out and what was noticed, in words."""
        words = vocabulary("en")
        total = sum(self.left_out.values())
        lines = [f"rows read {self.rows_read} = analysed {self.rows_analysed}" + (f" + left out {total}" if total else "")]
        width = len(str(max(self.left_out.values(), default=0)))
        for reason, count in self.left_out.items():
            # A reason of a codebook's own is said in its own words.
            lines.append(f"  {count:>{width}}  {words.texts.get(f'left_out_{reason}', reason)}")
        for note in self.notes:
            lines += wrap(f"note: {words.note(note)}", _WIDTH, subsequent_indent="  ")
        return "\n".join(lines)

    def leaving_out(self, reason: str, rows: int) -> Account:
        """The account where some of the rows analysed so far are left out too, or come back where rows is negative."""
        left_out = {**self.left_out, reason: self.left_out.get(reason, 0) + rows}
        return replace(
            self,
            rows_analysed=self.rows_analysed - rows,
            left_out={reason: number for reason, number in left_out.items() if number},
            files=self.files if not rows else tuple(file.without_values() for file in self.files),
        )

    def __add__(self, other: Account) -> Account:
        """The account of both. Parts of one file add up to what is selected of it, whose rows were read once.

        Raises UsageError where the parts are more than the file holds, so that some answers are in both.
        """
        if self.sources and self.sources == other.sources:
            return self._of_one_file(other)
        reasons = sorted({*self.left_out, *other.left_out})
        return Account(
            rows_read=self.rows_read + other.rows_read,
            rows_analysed=self.rows_analysed + other.rows_analysed,
            left_out={reason: self.left_out.get(reason, 0) + other.left_out.get(reason, 0) for reason in reasons},
            notes=tuple(dict.fromkeys(self.notes + other.notes)),
            files=tuple(sorted((*self.files, *other.files), key=str)),
            sources=tuple(sorted({*self.sources, *other.sources}, key=lambda source: (source.name, source.sha256 or ""))),
        )

    def _of_one_file(self, other: Account) -> Account:
        analysed = self.rows_analysed + other.rows_analysed
        left_out = {reason: rows for reason, rows in self.left_out.items() if other.left_out.get(reason) == rows}
        left_out.pop(NOT_SELECTED, None)
        rest = self.rows_read - analysed - sum(left_out.values())
        if rest < 0:
            names = ", ".join(source.name for source in self.sources)
            raise UsageError(
                f"answers of the same file ({names}) overlap: {analysed} together, of {analysed + rest} that it has. Add "
                "selections that have no answers in common."
            )
        return Account(
            rows_read=self.rows_read,
            rows_analysed=analysed,
            left_out={**left_out, NOT_SELECTED: rest} if rest else left_out,
            notes=tuple(dict.fromkeys(self.notes + other.notes)),
            sources=self.sources,
            files=tuple(file.without_values() for file in self.files),
        )
