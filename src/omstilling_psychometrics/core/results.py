"""What every analysis returns: named statistics with convention, n, interval and, where one is missing, the reason."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from .errors import UsageError

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..survey.disclosure import Disclosure
    from ..survey.released import ReleasedAnswers
    from ..survey.scale import Instrument

# An interval is a function of the level, so that any level can be asked for later.
Interval = Callable[[float], tuple[float, float]]

NUMBERS = ("estimate", "std_error", "conf_low", "conf_high", "statistic", "df", "p_value", "n")
COLUMNS = ("analysis", "role", "group", "quantity", "item", "category", "method", "cluster", *NUMBERS, "note")

# Rows of a table shown in a terminal or notebook; the middle of a longer one is left out.
_MAX_ROWS = 60


def _three_decimals(value: float) -> str:
    return f"{value:.3f}"


def _number(value: float | None) -> float | None:
    """None for what does not apply or could not be computed, a plain float otherwise."""
    return None if value is None or not math.isfinite(value) else float(value)


def require_level(level: float) -> None:
    """UsageError unless an interval can have that level."""
    if not 0 < level < 1:
        raise UsageError(f"level is {level}; a number between 0 and 1 is needed, such as .95.")


@dataclass(frozen=True, kw_only=True)
class Statistic:
    """One number and everything needed to print it.

    Parameters
    ----------
    quantity : str
        What the number is: a key of [quantities] in the vocabulary.
    item : str, optional
        Item, pair of items (`i1~i2`) or answer pattern that it belongs to.
    category : int or float, optional
        Category, threshold, factor or point on the latent scale that it belongs to.
    method : str, optional
        Variant of the quantity; of several the plain one carries the default interval.
    role : str, default "all"
        Who answered.
    group : str, optional
        Value of the variable by which the analysis was split.
    cluster : str, optional
        Key by which answers depend on each other in the error; None for independent answers.
    estimate : float, optional
        The number; NaN with a note where it could not be computed, None where the row has only a test.
    std_error : float, optional
        Its standard error.
    interval : callable, optional
        From a level to both bounds.
    statistic : float, optional
        Value of the test statistic.
    df : float, optional
        Degrees of freedom of the test.
    p_value : float, optional
        Of the test.
    n : int, optional
        Answers used.
    note : str, optional
        Why there is no number, or what must be known to read it: a key of [notes] in the vocabulary, optionally followed by
        ': detail' in no particular language; several joined by '; '.
    """

    quantity: str
    item: str | None = None
    category: int | float | None = None
    method: str | None = None
    role: str = "all"
    group: str | None = None
    cluster: str | None = None
    estimate: float | None = None
    std_error: float | None = None
    interval: Interval | None = field(default=None, repr=False)
    statistic: float | None = None
    df: float | None = None
    p_value: float | None = None
    n: int | None = None
    note: str | None = None

    def confidence_interval(self, level: float = 0.95) -> tuple[float, float]:
        """Lower and upper bound of the estimate.

        Parameters
        ----------
        level : float, default 0.95
            Share of samples whose interval holds the true value, between 0 and 1.

        Returns
        -------
        tuple of float
            Both bounds; NaN where there is no interval.

        Raises
        ------
        UsageError
            For a level outside (0, 1).

        Examples
        --------
        >>> from omstilling_psychometrics.core.results import Statistic
        >>> Statistic(quantity="mean", estimate=3.0, interval=lambda level: (3 - level, 3 + level)).confidence_interval(0.9)
        (2.1, 3.9)
        """
        require_level(level)
        if self.interval is None:
            return math.nan, math.nan
        low, high = self.interval(level)
        return float(low), float(high)

    def row(self, analysis: str, level: float = 0.95) -> dict[str, Any]:
        """The statistic as one row of results.json.

        Parameters
        ----------
        analysis : str
            The analysis that computed it.
        level : float, default 0.95
            Of the interval.

        Returns
        -------
        dict
            With the keys `COLUMNS`, None where a column does not apply or the number is not finite.
        """
        low, high = self.confidence_interval(level)
        return {
            "analysis": analysis, "role": self.role, "group": self.group, "quantity": self.quantity, "item": self.item,
            "category": self.category, "method": self.method, "cluster": self.cluster,
            "estimate": _number(self.estimate), "std_error": _number(self.std_error),
            "conf_low": _number(low), "conf_high": _number(high), "statistic": _number(self.statistic),
            "df": _number(self.df), "p_value": _number(self.p_value), "n": self.n, "note": self.note,
        }  # fmt: skip


# Where a data frame says (`frame.attrs`) whether what it was made from was released, and under which policy: see
# `Result.policy`.
RELEASED, POLICY = "released", "policy"


def marked(frame: pd.DataFrame, policy: object | None) -> pd.DataFrame:
    """A frame that says under which policy what it was made from was released; None: it was not. The policy stands in words,
    which every format that keeps such marks can write."""
    frame.attrs[RELEASED] = policy is not None
    if policy is not None:
        frame.attrs[POLICY] = str(policy)
    return frame


def of_a_model(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame of a model, which does not know whether its answers were released, so that nothing that writes takes it; the same
    frame of its result does (`result.scores(role=…)`)."""
    frame.attrs[RELEASED] = False
    return frame


@dataclass(frozen=True, kw_only=True)
class Result:
    """The statistics of one analysis. Subclasses add properties for the numbers people ask for by name.

    Parameters
    ----------
    statistics : tuple of Statistic
        Every row, in the order of the report.
    settings : mapping, optional
        The options that they were computed with.
    notes : tuple of str, optional
        What concerns the whole result: keys of [notes] in the vocabulary.
    converged : bool, default True
        Whether every model that was fitted has its optimum.
    models : mapping, optional
        What the rows of a role were derived from, by role; roles in which nothing could be fitted are not there.
    answers : ReleasedAnswers, optional
        The released answers that it was computed from; None for answers as they were read, or a part of released ones. Such
        results are exact and may be looked at, and nothing that writes takes them.

    Examples
    --------
    >>> from omstilling_psychometrics.core.results import Result, Statistic
    >>> result = Result(statistics=(Statistic(quantity="mean", item="a", estimate=2.5, n=40),))
    >>> result.value("mean", item="a")
    2.5
    """

    analysis: ClassVar[str]
    # Quantities of the whole scale that say most in the fewest numbers.
    headline: ClassVar[tuple[str, ...]] = ()
    headed_by: ClassVar[tuple[str, ...]] = ("role", "group")  # fields that tell the rows of `glance` apart
    models_by: ClassVar[tuple[str, ...]] = ("role", "group")  # fields whose values the models are kept by

    statistics: tuple[Statistic, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    converged: bool = True
    models: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    answers: ReleasedAnswers | None = field(default=None, compare=False, repr=False)

    @property
    def policy(self) -> Disclosure | None:
        """The disclosure policy of the answers that it was computed from, where they were released."""
        return None if self.answers is None else self.answers.disclosure

    @property
    def is_released(self) -> bool:
        """May these numbers be written?"""
        return self.answers is not None

    def __init_subclass__(cls) -> None:
        # A dataclass writes its own __repr__ unless the class has one; all results share the table below.
        cls.__repr__ = Result.__repr__  # type: ignore[method-assign]

    def find(self, quantity: str, **where: Any) -> tuple[Statistic, ...]:
        """Every statistic of a quantity whose fields have the given values.

        Parameters
        ----------
        quantity : str
            Which quantity.
        **where
            Fields of `Statistic` (role, item, method, …) and the values that they have to have.

        Returns
        -------
        tuple of Statistic
            Those that fit, possibly none.
        """
        return tuple(
            statistic
            for statistic in self.statistics
            if statistic.quantity == quantity and all(getattr(statistic, name) == value for name, value in where.items())
        )

    def get(self, quantity: str, **where: Any) -> Statistic:
        """The one statistic that fits; without `method`, the first method listed, which is the default one.

        Parameters
        ----------
        quantity : str
            Which quantity.
        **where
            Fields of `Statistic` (role, item, method, …) and the values that they have to have.

        Returns
        -------
        Statistic
            The one that fits.

        Raises
        ------
        UsageError
            If none fits, or several do, with the names of the fields that tell them apart.
        """
        fitting = self.find(quantity, **where)
        if not fitting:
            known = ", ".join(dict.fromkeys(statistic.quantity for statistic in self.statistics))
            raise UsageError(f"no '{quantity}' with {where or 'any value'} in this result; it holds: {known}.")
        if "method" not in where:
            fitting = tuple(statistic for statistic in fitting if statistic.method == fitting[0].method)
        if len(fitting) > 1:
            varying = [
                name
                for name in ("role", "group", "item", "category")
                if len({getattr(statistic, name) for statistic in fitting}) > 1
            ]
            raise UsageError(f"'{quantity}' has {len(fitting)} values here; say which {' and '.join(varying)} is meant.")
        return fitting[0]

    def value(self, quantity: str, **where: Any) -> float:
        """The estimate of the one statistic that fits.

        Parameters
        ----------
        quantity : str
            Which quantity.
        **where
            As in `get`.

        Returns
        -------
        float
            NaN where it could not be computed.

        Raises
        ------
        UsageError
            As `get`.
        """
        estimate = self.get(quantity, **where).estimate
        return math.nan if estimate is None else float(estimate)

    def confidence_interval(self, quantity: str, level: float = 0.95, **where: Any) -> tuple[float, float]:
        """Interval of the one statistic that fits, at any level.

        Parameters
        ----------
        quantity : str
            Which quantity.
        level : float, default 0.95
            Of the interval, between 0 and 1.
        **where
            As in `get`.

        Returns
        -------
        tuple of float
            Both bounds; NaN where there is no interval.

        Raises
        ------
        UsageError
            As `get`, and for a level outside (0, 1).
        """
        return self.get(quantity, **where).confidence_interval(level)

    def model(self, role: str | None = None) -> Any:
        """What the rows of a role were derived from.

        Parameters
        ----------
        role : str, optional
            Whose, or what else `models_by` says that models are kept by (a step, an item); not needed where there is one.

        Returns
        -------
        object
            The fitted model, or whatever the analysis keeps of a role.

        Raises
        ------
        UsageError
            Where several roles have one, or this role has none.
        """
        if role is None and len(self.models) == 1:
            return next(iter(self.models.values()))
        if role is None or role not in self.models:
            known, kept_by = ", ".join(self.models) or "none: the notes of its rows say why", self.models_by[0]
            raise UsageError(f"{kept_by} is {role!r}; {kept_by}s with a model in this result: {known}.")
        return self.models[role]

    def glance(self) -> pd.DataFrame:
        """The few numbers that say most of the whole scale.

        Returns
        -------
        pandas.DataFrame
            A row per role and group, or whatever `headed_by` names, that has any of them; each quantity of `headline` by its
            first method, of a test its p value, and the answers that the first of them has used.
        """
        import pandas as pd

        rows = []
        for unit in dict.fromkeys(tuple(getattr(row, name) for name in self.headed_by) for row in self.statistics):
            where = dict(zip(self.headed_by, unit, strict=True))
            of_scale = [self.find(quantity, item=None, **where)[:1] for quantity in self.headline]
            shown = [statistic for first in of_scale for statistic in first]
            if shown:
                numbers = {
                    statistic.quantity: statistic.p_value if statistic.estimate is None else statistic.estimate
                    for statistic in shown
                }
                rows.append({**where, "n": shown[0].n, **numbers})
        return self._marked(pd.DataFrame(rows, columns=[*self.headed_by, "n", *self.headline]))

    def rows(self, level: float = 0.95) -> list[dict[str, Any]]:
        """One dictionary per statistic with the columns COLUMNS.

        Parameters
        ----------
        level : float, default 0.95
            Of the intervals.

        Returns
        -------
        list of dict
            As in results.json.
        """
        return [statistic.row(self.analysis, level) for statistic in self.statistics]

    def to_frame(self, level: float = 0.95) -> pd.DataFrame:
        """Tidy table with the columns COLUMNS.

        Parameters
        ----------
        level : float, default 0.95
            Of the intervals.

        Returns
        -------
        pandas.DataFrame
            A row per statistic.
        """
        import pandas as pd

        return self._marked(pd.DataFrame(self.rows(level), columns=list(COLUMNS)))

    def _marked(self, frame: pd.DataFrame) -> pd.DataFrame:
        """A frame of this result's numbers, which says whether they may be written."""
        return marked(frame, self.policy)

    def plot(
        self,
        *,
        kind: str | None = None,
        role: str | None = None,
        title: str | None = None,
        ax: Axes | None = None,
        language: Literal["da", "en"] = "en",
        instrument: Instrument | None = None,
        level: float = 0.95,
        figure: Figure | None = None,
    ) -> Axes:
        """A picture of this result.

        Parameters
        ----------
        kind : str, optional
            Which: a picture of the analysis by its name, the first of these by default, or any quantity of the result, whose
            estimates are drawn as points with their intervals. Another is refused with the names of those there are; a table of
            them stands under "Python and notebooks" in the documentation.
        role : str, optional
            Only this one.
        title : str, optional
            Stands above it.
        ax : matplotlib.axes.Axes, optional
            Where to draw a picture that has one panel.
        language : {"en", "da"}, default "en"
            Of the labels.
        instrument : Instrument, optional
            Whose labels stand in the place of keys.
        level : float, default 0.95
            Of the intervals.
        figure : matplotlib.figure.Figure or SubFigure, optional
            Where to draw any picture; by default a new one of pyplot.

        Returns
        -------
        matplotlib.axes.Axes
            `ax`, or the first panel; its `.figure` holds the rest.

        Raises
        ------
        UsageError
            Where there is nothing to draw, or no such kind or role; with `ax`, for a picture of several panels.
        """
        from ..present import plot_result  # as `write`, an upward call; the layer test names it

        return plot_result(
            self,
            kind=kind,
            role=role,
            title=title,
            ax=ax,
            language=language,
            instrument=instrument,
            level=level,
            figure=figure,
        )

    def write(
        self,
        path: str | Path,
        *,
        quantities: str | Sequence[str] | None = None,
        language: Literal["en", "da"] = "en",
        level: float = 0.95,
    ) -> Path:
        """Write the rows as a table for a paper: LaTeX, Word or Excel, a table per role, rounded as in the report.

        What is written is what may be: rows of few answers have few digits, and withheld roles are there without numbers. Below
        each table stand the reasons for what is missing, and what the quantities are.

        Parameters
        ----------
        path : str or pathlib.Path
            Of the file; its ending decides: .tex, .docx or .xlsx.
        quantities : str or sequence of str, optional
            Only these; all of them unless told otherwise.
        language : {"en", "da"}, default "en"
            Of words and numbers.
        level : float, default 0.95
            Of the intervals.

        Returns
        -------
        pathlib.Path
            The file that was written.

        Raises
        ------
        DataError
            Where the file cannot be written.
        UsageError
            For a result of answers that were not released, another ending, or a quantity that it does not hold.
        """
        from ..present import write_result

        return write_result(self, path, quantities=quantities, language=language, level=level)

    def _headed(self) -> list[str]:
        return [f"{type(self).__name__}: {len(self.statistics)} statistics", *(f"note: {note}" for note in self.notes)]

    def _shown(self) -> pd.DataFrame:
        from ..present import released_result  # as `write`

        shown = self if self.answers is None else released_result(self, self.answers)
        return shown.to_frame().dropna(axis="columns", how="all").drop(columns="analysis")

    def __repr__(self) -> str:
        return "\n".join(
            [*self._headed(), self._shown().to_string(index=False, max_rows=_MAX_ROWS, float_format=_three_decimals)]
        )

    def _repr_html_(self) -> str:
        """The same table for a notebook; pandas escapes what stands in the cells."""
        table = self._shown().to_html(index=False, max_rows=_MAX_ROWS, float_format=_three_decimals, na_rep="")
        return "".join(f"<p>{escape(line)}</p>" for line in self._headed()) + table
