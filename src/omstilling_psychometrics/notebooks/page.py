"""A page of a notebook: whatever is shown on it has been through the disclosure policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import UsageError, require
from ..instrument import Language
from ..plots.png import to_png
from ..plots.wording import Wording
from ..reporting.blocks import Block, Paragraph, Plot, Plots
from ..reporting.fragment import to_html, to_text
from ..reporting.released_rows import as_written, withheld_rows
from ..reporting.sections import closing, context
from ..reporting.view import View, as_statistic
from ..responses.disclosure import Disclosure
from ..responses.patterns import ResponsePatterns
from ..responses.released import ReleasedAnswers
from ..responses.unreleased import refuse_unreleased
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

    `answers` are the released ones: nobody who is withheld is in them, so nothing computed from them depends on those; compute
    from these. What `table`, `plot` and the others show names withheld groups with the note `suppressed`, joins rare answer
    patterns and has few digits where few answered: what is printed here may be handed on as far as the policy reaches
    (docs/disclosure.md).
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
        self.answers = answers.released(disclosure)
        self.disclosure, self.withheld = self.answers.disclosure, self.answers.withheld_roles
        self.language: Language = language
        self.level = level

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
        blocks = context.participants(self._view([])).blocks
        return tuple(block for block in blocks if not isinstance(block, (Plot, Plots)))

    # ---------------------------------------------------------------- results

    def released(self, result: R, *, answers: ReleasedAnswers | None = None) -> R:
        """The result as it may be written. `answers`: those it was computed from, where they are not the page's."""
        rows = self._released_rows(result, answers)
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
        answers: ReleasedAnswers | None = None,
    ) -> Shown:
        """A table of one result or several: a line per value of the keys `lines` (quantity, item, category, method), roles
        side by side.

        columns: quantities, (quantity, method) pairs or the wanted values of several keys, each shown with its interval, or
        with statistic, degrees of freedom and p value; only: rows to keep; heading: of the column of lines; interval: False
        leaves intervals out.
        """
        results = (result,) if isinstance(result, Result) else tuple(result)
        rows = [row for one in results for row in self._released_rows(one, answers)]
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
        answers: ReleasedAnswers | None = None,
        **options: Any,
    ) -> Picture | Shown:
        """The plot that belongs to a result; a sentence where there is nothing left to draw."""
        released = self.released(result, answers=answers)
        words = self._wording().analysis(result.analysis) if caption is None else caption
        try:
            axes = released.plot(language=self.language, instrument=self.answers.instrument, level=self.level, **options)
        except UsageError:  # nothing in it can be drawn
            rows = [row for row in released.rows(self.level) if row["estimate"] is None]
            return Shown((Paragraph(text=left_out(self._wording(), words, rows)),), self.language)
        return Picture(to_png(axes), words)

    def verdicts(self, *results: Result) -> Shown:
        """Published criteria on these results: observed value with interval, n and verdict, by role."""
        rows = [row for result in results for row in self._released_rows(result, None)]
        section = closing.verdict_table(self._view(rows))
        return Shown(tuple(section.blocks), self.language)

    def frame(self, frame: pd.DataFrame, caption: str, *, digits: int = 3) -> Shown:
        """A data frame of the notebook's own as a table: its index heads the lines, numbers have so many decimals. Frames of
        answers, or of results of answers, that were not released are refused; of numbers that a notebook puts together itself
        nobody can tell, so compute them from the page's answers."""
        return Shown((of_frame(frame, caption, self._wording(), digits),), self.language)

    def _released_rows(self, result: Result, answers: ReleasedAnswers | None) -> list[dict[str, Any]]:
        source = self.answers if answers is None else answers
        refuse_unreleased(source, "a page", self.disclosure)
        refuse_unreleased(result, "a page", source.disclosure)
        roles = {*source.roles, "all"} if source.n else set()
        rows = as_written(source, [row for row in result.rows(self.level) if row["role"] in roles])
        wanted = {(row["quantity"], row["method"]) for row in rows}
        nulls = withheld_rows(source, result.analysis, rows)
        return [*rows, *(row for row in nulls if not wanted or (row["quantity"], row["method"]) in wanted)]

    def _wording(self, language: Language | None = None) -> Wording:
        return Wording(language or self.language, self.answers.instrument)

    def _view(self, rows: Sequence[dict[str, Any]], language: Language | None = None) -> View:
        return View(answers=self.answers, rows=rows, wording=self._wording(language), level=self.level)
