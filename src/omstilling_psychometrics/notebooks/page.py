"""A page of a notebook: whatever is shown on it has been through the disclosure policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from ..core.errors import require
from ..core.results import Result
from ..core.vocabulary import Language
from ..present.blocks import Block, Paragraph, Plot, Plots
from ..present.plotting import NothingToDraw
from ..present.png import to_png
from ..present.released_rows import released_result, rows_of
from ..present.view import View
from ..present.wording import Wording
from ..reporting import closing, context
from ..reporting.fragment import to_html, to_text
from ..survey.disclosure import Disclosure
from ..survey.patterns import ResponsePatterns
from ..survey.released import ReleasedAnswers
from ..survey.unreleased import refuse_unreleased
from .layout import Wanted, laid_out, left_out, of_frame

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

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

    What `table`, `plot` and the others show names withheld groups with the note `suppressed`, joins rare answer patterns and
    has few digits where few answered: what is printed here may be handed on as far as the policy reaches
    (docs/disclosure.md). `answers` are the released ones: nobody who is withheld is in them, so nothing computed from them
    depends on those; compute from these.

    Parameters
    ----------
    answers : ResponsePatterns
        As `op.read` gives them.
    disclosure : Disclosure, optional
        The policy; the default one if none is given.
    language : {"en", "da"}, default "en"
        Of everything shown.
    level : float, default 0.95
        Of the intervals.

    See Also
    --------
    run_notebooks : Execute the shipped notebooks, which print with a page.
    report : All analyses in one HTML file instead.
    Disclosure : The policy.

    Examples
    --------
    >>> import omstilling_psychometrics as op
    >>> page = op.Page(op.draw_team(leaders=20, team_size=5, rng=1))
    >>> page.answers.n, page.withheld
    (100, ())
    >>> table = page.table(op.items(page.answers), columns=["mean"], interval=False)
    >>> print(repr(table).splitlines()[5])
    keeps our competences up to date  3.75  88
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
        """The scale as respondents see it.

        Parameters
        ----------
        language : {"en", "da"}, default "da"
            Of the wordings.

        Returns
        -------
        Shown
            Introduction, items in the wordings of each role, scale and non-answers.
        """
        return Shown(tuple(context.instrument(self._view([], language)).blocks), language)

    def participants(self) -> Shown:
        """Who took part.

        Returns
        -------
        Shown
            From rows read to answers analysed; participants by role; leaders with answers from several sides.
        """
        return Shown(self._reading(), self.language)

    def _reading(self) -> tuple[Block, ...]:
        blocks = context.participants(self._view([])).blocks
        return tuple(block for block in blocks if not isinstance(block, (Plot, Plots)))

    # ---------------------------------------------------------------- results

    def released(self, result: R) -> R:
        """The result as it may be written.

        Parameters
        ----------
        result : Result
            Of an analysis.

        Returns
        -------
        Result
            Of the same kind, without what is withheld.
        """
        return released_result(result, self._source(result), self.level)

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
    ) -> Shown:
        """A table of one result or several: a line per value of the keys `lines`, roles side by side.

        Parameters
        ----------
        result : Result or sequence of Result
            Of one analysis or several.
        columns : sequence, optional
            Quantities, (quantity, method) pairs or the wanted values of several keys, each shown with its interval, or with
            statistic, degrees of freedom and p value.
        lines : str or sequence of str, default "item"
            Keys whose values are the lines: quantity, item, category, method.
        only : mapping, optional
            Values that a row has to have to be shown.
        caption : str, optional
            Above the table; the name of the analysis unless told otherwise.
        heading : str, optional
            Of the column of lines.
        interval : bool, default True
            Whether intervals are shown.

        Returns
        -------
        Shown
            The table.
        """
        results = (result,) if isinstance(result, Result) else tuple(result)
        rows = [row for one in results for row in self._released_rows(one)]
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
        **options: Any,
    ) -> Picture | Shown:
        """The plot that belongs to a result.

        Parameters
        ----------
        result : Result
            Of an analysis.
        caption : str, optional
            What it shows in words, for those who do not see it; the name of the analysis unless told otherwise.
        **options
            As in `Result.plot`.

        Returns
        -------
        Picture or Shown
            A sentence where there is nothing left to draw.
        """
        self._source(result)
        words = self._wording().analysis(result.analysis) if caption is None else caption
        try:
            axes = result.plot(language=self.language, instrument=self.answers.instrument, level=self.level, **options)
        except NothingToDraw:
            rows = [row for row in self._released_rows(result) if row["estimate"] is None]
            return Shown((Paragraph(text=left_out(self._wording(), words, rows)),), self.language)
        return Picture(to_png(axes), words)

    def picture(self, axes: Axes, caption: str) -> Picture:
        """Axes of the notebook's own, drawn with matplotlib or pandas, as a picture. Nobody asks what they show, as of `frame`.

        Parameters
        ----------
        axes : matplotlib.axes.Axes
            Of the figure, which is closed.
        caption : str
            What it shows in words, for those who do not see it.

        Returns
        -------
        Picture
            With 100 dots per inch.
        """
        axes.figure.figure.set_layout_engine("constrained")
        return Picture(to_png(axes), caption)

    def verdicts(self, *results: Result) -> Shown:
        """Published criteria on these results.

        Parameters
        ----------
        *results : Result
            Of one analysis or several.

        Returns
        -------
        Shown
            Observed value with interval, n and verdict, by role.
        """
        rows = [row for result in results for row in self._released_rows(result)]
        section = closing.verdict_table(self._view(rows))
        return Shown(tuple(section.blocks), self.language)

    def frame(self, frame: pd.DataFrame, caption: str, *, digits: int = 3) -> Shown:
        """A data frame of the notebook's own as a table.

        Frames of answers, or of results of answers, that were not released are refused; of numbers that a notebook puts
        together itself nobody can tell, so compute them from the page's answers.

        Parameters
        ----------
        frame : pandas.DataFrame
            Its index heads the lines.
        caption : str
            Above the table.
        digits : int, default 3
            Decimals of numbers.

        Returns
        -------
        Shown
            The table.
        """
        refuse_unreleased(frame, "a page", self.disclosure)
        return Shown((of_frame(frame, caption, self._wording(), digits),), self.language)

    def _released_rows(self, result: Result) -> list[dict[str, Any]]:
        return rows_of(result, self._source(result), self.level)

    def _source(self, result: Result) -> ReleasedAnswers:
        """The released answers that it was computed from, the page's or some of them."""
        refuse_unreleased(result, "a page", self.disclosure)
        return result.answers or self.answers

    def _wording(self, language: Language | None = None) -> Wording:
        return Wording(language or self.language, self.answers.instrument)

    def _view(self, rows: Sequence[dict[str, Any]], language: Language | None = None) -> View:
        return View(answers=self.answers, rows=rows, wording=self._wording(language), level=self.level)
