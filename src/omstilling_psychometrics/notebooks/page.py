"""A page of a notebook: whatever is shown on it has been through the disclosure policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from ..errors import UsageError, require
from ..instrument import Language
from ..plots.png import to_png
from ..plots.wording import Wording
from ..reporting.blocks import Block, Paragraph, Plot, Plots
from ..reporting.fragment import to_html, to_text
from ..reporting.sections import closing, context
from ..reporting.view import View, as_statistic
from ..responses.disclosure import Disclosure, group_sizes
from ..responses.patterns import ResponsePatterns
from ..results import Result
from .layout import Wanted, laid_out, left_out, of_frame

if TYPE_CHECKING:
    import pandas as pd

R = TypeVar("R", bound=Result)


@dataclass(frozen=True)
class Shown:
    """Tables and sentences that a notebook prints as HTML and a terminal as text."""

    blocks: tuple[Block, ...]
    language: Language

    def _repr_html_(self) -> str:
        return to_html(self.blocks, self.language)

    def __repr__(self) -> str:
        return to_text(self.blocks)


@dataclass(frozen=True)
class Picture:
    """A plot as PNG; `caption` says in words what it shows."""

    png: bytes = field(repr=False)
    caption: str

    def _repr_png_(self) -> tuple[bytes, dict[str, str]]:
        return self.png, {"alt": self.caption}

    def __repr__(self) -> str:
        return f"[plot: {self.caption}]"


class Page:
    """Answers as they may be written about, and the tables and plots of results that were computed from them.

    `answers` holds the roles that are large enough; compute from these. What `table`, `plot` and the others show is null with
    the note `suppressed` where a group is too small, and rare answer patterns are joined: what is printed here may be handed
    on as far as the policy reaches (docs/disclosure.md). Results themselves stay exact.
    """

    def __init__(
        self,
        answers: ResponsePatterns,
        disclosure: Disclosure | None = None,
        *,
        language: Language = "en",
        level: float = 0.95,
    ) -> None:
        require(answers, ResponsePatterns, "what the page is about", "answers as op.read gives them: op.Page(op.read(file))")
        self.everything = answers
        self.disclosure = Disclosure() if disclosure is None else disclosure
        self.language: Language = language
        self.level = level
        self.answers, self.withheld = _large_enough(answers, self.disclosure)

    def __repr__(self) -> str:
        return to_text(self._reading())

    def _repr_html_(self) -> str:
        return to_html(self._reading(), self.language)

    # ---------------------------------------------------------------- what was read

    def instrument(self, language: Language = "da") -> Shown:
        """Introduction, items in the wordings of each role, scale and non-answers, as respondents see them."""
        return Shown(tuple(context.instrument(self._view([], language)).blocks), language)

    def participants(self) -> Shown:
        """From rows read to answers analysed; participants by role; leaders with answers from several sides."""
        return Shown(self._reading(), self.language)

    def _reading(self) -> tuple[Block, ...]:
        view = View(patterns=self.everything, rows=[], wording=self._wording(), disclosure=self.disclosure, level=self.level)
        blocks = context.participants(view).blocks
        return tuple(block for block in blocks if not isinstance(block, (Plot, Plots)))

    # ---------------------------------------------------------------- results

    def released(self, result: R, *, by: str | None = None, answers: ResponsePatterns | None = None) -> R:
        """The result with what the policy withholds taken out. `answers`: those it was computed from, where they are not
        the page's; by: the key whose groups its rows describe."""
        rows = self._released_rows(result, by, answers)
        return replace(result, statistics=tuple(as_statistic(row) for row in rows))

    def table(
        self,
        result: Result | Sequence[Result],
        columns: Sequence[Wanted] = (),
        *,
        lines: str | Sequence[str] = "item",
        only: Mapping[str, object] | None = None,
        caption: str | None = None,
        heading: str | None = None,
        interval: bool = True,
        by: str | None = None,
        answers: ResponsePatterns | None = None,
    ) -> Shown:
        """A table of one result or several: a line per value of the keys `lines` (quantity, item, category, method), roles
        side by side.

        columns: quantities, (quantity, method) pairs or the wanted values of several keys, each shown with its interval, or
        with statistic, degrees of freedom and p value; only: rows to keep; heading: of the column of lines; interval: False
        leaves intervals out.
        """
        results = (result,) if isinstance(result, Result) else tuple(result)
        rows = [row for one in results for row in self._released_rows(one, by, answers)]
        words = self._wording().analysis(results[0].analysis) if caption is None else caption
        keys = (lines,) if isinstance(lines, str) else tuple(lines)
        view = self._view(rows)
        chosen = laid_out(
            view, rows, lines=keys, columns=columns, only=only or {}, caption=words, interval=interval, heading=heading
        )
        return Shown((chosen,), self.language)

    def plot(
        self,
        result: Result,
        *,
        caption: str | None = None,
        by: str | None = None,
        answers: ResponsePatterns | None = None,
        **options: Any,
    ) -> Picture | Shown:
        """The plot that belongs to a result; a sentence where there is nothing left to draw."""
        released = self.released(result, by=by, answers=answers)
        words = self._wording().analysis(result.analysis) if caption is None else caption
        try:
            axes = released.plot(language=self.language, instrument=self.answers.instrument, level=self.level, **options)
        except UsageError:  # nothing in it can be drawn
            rows = [row for row in released.rows(self.level) if row["estimate"] is None]
            return Shown((Paragraph(text=left_out(self._wording(), words, rows)),), self.language)
        return Picture(to_png(axes), words)

    def verdicts(self, *results: Result) -> Shown:
        """Published criteria on these results: observed value with interval, n and verdict, by role."""
        rows = [row for result in results for row in self._released_rows(result, None, None)]
        section = closing.verdict_table(self._view(rows))
        return Shown(tuple(section.blocks), self.language)

    def frame(self, frame: pd.DataFrame, caption: str, *, digits: int = 3) -> Shown:
        """A data frame of the notebook's own as a table: its index heads the lines, numbers have so many decimals. What is in
        it is the notebook's affair: no policy is asked."""
        return Shown((of_frame(frame, caption, self._wording(), digits),), self.language)

    def _released_rows(self, result: Result, by: str | None, answers: ResponsePatterns | None) -> list[dict[str, Any]]:
        rows = result.rows(self.level)
        for row in rows:
            if row["estimate"] is None and row["statistic"] is None and row["note"] is None:
                row["note"] = "not_computed"
        return self.disclosure.released(rows, self.answers if answers is None else answers, by)

    def _wording(self, language: Language | None = None) -> Wording:
        return Wording(language or self.language, self.answers.instrument)

    def _view(self, rows: Sequence[dict[str, Any]], language: Language | None = None) -> View:
        return View(
            patterns=self.answers, rows=rows, wording=self._wording(language), disclosure=self.disclosure, level=self.level
        )


def _large_enough(answers: ResponsePatterns, disclosure: Disclosure) -> tuple[ResponsePatterns, tuple[str, ...]]:
    """The answers of the roles that may be written about, and the roles that may not."""
    sizes = group_sizes(answers)
    withheld = tuple(role for role in answers.roles if disclosure.withholds(*sizes[role, None]))
    if not withheld:
        return answers, ()
    if len(withheld) < len(answers.roles):
        kept = answers.select(role=[role for role in answers.roles if role not in withheld])
        return replace(kept, account=answers.account), withheld  # a line of its own would count the withheld
    nothing = np.empty((0, len(answers.items)))
    return ResponsePatterns.count(answers.instrument, nothing, account=answers.account), withheld
