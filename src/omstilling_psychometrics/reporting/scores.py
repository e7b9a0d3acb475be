"""Scores of people or leaders as they may be written: `answers.scores(…)` and `omstilling scores`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..core.errors import UsageError
from ..core.files import require_ending, require_writable, write_text
from ..core.note import notes_in
from ..core.numerics.arrays import Ints
from ..core.numerics.digits import to_digits
from ..core.numerics.intervals import quantile
from ..core.results import RELEASED, marked, require_level
from ..core.vocabulary import Language, vocabulary
from ..present.released_rows import DIGITS, digits_of
from ..survey.background import refuse_unsuitable
from ..survey.csv_text import csv_text
from ..survey.disclosure import OTHER, SUPPRESSED, Disclosure
from ..survey.patterns import ResponsePatterns
from ..survey.released import ReleasedAnswers
from ..survey.text import quoted
from ..topics.scores.analysis_change import FALSE_ALARMS
from ..topics.scores.analysis_leaders import Comparisons, leader_scores
from ..topics.scores.analysis_respondents import respondent_scores
from ..topics.scores.score_rows import LevelBounds, ScoreTable, all_tables, score_frame

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Unit = Literal["leader", "respondent"]

COLUMNS = ("unit", "role", "wave", "score", "method", "std_error", "conf_low", "conf_high", "reliability", "n", "note")
SCORES_FORM = ("scores are written as CSV", ".csv")

_NUMBERS = ("score", "std_error", "conf_low", "conf_high", "reliability")


@dataclass(frozen=True, kw_only=True, repr=False)
class Scores:
    """Scores of respondents or leaders by a declared rule, with their errors and reliabilities: what `answers.scores` gives.

    They are no official scores of any survey, whose rule may be another one.

    Parameters
    ----------
    unit : {"leader", "respondent"}
        Whose scores they are.
    rule : str
        The rule that they are computed by, in words.
    policy : Disclosure
        The policy that they were released under.
    ends : tuple of int
        Lowest and highest category of the scale.
    frame : pandas.DataFrame
        The rows, with the degrees of freedom of the intervals.
    bounds : tuple
        Rows whose intervals are others than score ± t · std_error, with what gives them.

    Raises
    ------
    UsageError
        Where anything but `answers.scores(…)` makes them.

    See Also
    --------
    ResponsePatterns : Has the method scores.
    multilevel : How much of the score lies between leaders.
    irt : The model of the EAP scores.

    Examples
    --------
    >>> import omstilling_psychometrics as op
    >>> scores = op.draw_team(leaders=20, team_size=8, rng=1).scores(unit="leader")
    >>> print(scores.to_frame().loc[[0], ["unit", "score", "std_error", "reliability", "n"]].to_string(index=False))
     unit  score  std_error  reliability  n
    led01   4.19       0.26        0.357  8
    """

    unit: Unit
    rule: str
    policy: Disclosure
    ends: tuple[int, int]
    frame: pd.DataFrame = field(repr=False, compare=False)
    bounds: tuple[tuple[Ints, LevelBounds], ...] = field(default=(), repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.frame.attrs.get(RELEASED):
            raise UsageError("scores are made by answers.scores(…) alone.")

    def to_frame(self, level: float = 0.95) -> pd.DataFrame:
        """The scores as a table.

        Parameters
        ----------
        level : float, default 0.95
            Of the intervals, between 0 and 1.

        Returns
        -------
        pandas.DataFrame
            `unit`, `role`, `wave`, `score`, `method`, `std_error`, `conf_low`, `conf_high`, `reliability`, `n`, `note`; a row
            per leader and wave, or two per answer of a respondent. Under a policy that withholds, numbers that rest on fewer
            than 30 answers about a leader have three significant digits.

        Raises
        ------
        UsageError
            For a level outside (0, 1).
        """
        require_level(level)
        found = self.frame.copy()
        quantiles = {df: quantile(level, df) for df in found["df"].unique()}
        margin = found["df"].map(quantiles) * found["std_error"]
        found["conf_low"], found["conf_high"] = found["score"] - margin, found["score"] + margin
        for rows, of_rows in self.bounds:
            found.loc[rows, ["conf_low", "conf_high"]] = np.column_stack(of_rows(level))
        found.loc[found["interval_only"], ["score", "std_error", "reliability"]] = np.nan
        found.loc[found["interval_only"], "n"] = None
        if self.unit == "leader":
            few = [digits_of(self.policy, n) is not None for n in self.frame["fewest"].fillna(0)]
            for name in _NUMBERS:
                found.loc[few, name] = [to_digits(value, DIGITS) for value in found.loc[few, name]]
        return marked(found[list(COLUMNS)], self.policy)

    def write(self, path: str | Path) -> None:
        """Write the scores as CSV.

        Parameters
        ----------
        path : str or pathlib.Path
            Of the file to write; its name ends in .csv.

        Returns
        -------
        None
            The file is there whole or not at all. Texts that a spreadsheet program would compute have an apostrophe in front.

        Raises
        ------
        DataError
            Where the file cannot be written.
        UsageError
            For another ending.
        """
        require_ending(path, *SCORES_FORM)
        target = require_writable(path)
        rows = self.to_frame().astype(object)
        write_text(target, csv_text(COLUMNS, rows.where(rows.notna(), None).itertuples(index=False, name=None)))

    def plot(
        self,
        leader: str,
        *,
        role: str | None = None,
        wave: str | None = None,
        title: str | None = None,
        ax: Axes | None = None,
        language: Language = "en",
        level: float = 0.95,
        figure: Figure | None = None,
    ) -> Axes:
        """A picture of one leader: the plain mean and the model's estimate with their intervals.

        Below them lies the middle half of the means of the leaders in the same organisation, and of all leaders of the role and
        wave, wherever these are ten about whom numbers are written. Leaders are not ranked.

        Parameters
        ----------
        leader : str
            Whose picture.
        role : str, optional
            Who answered; not needed where scores are of one role.
        wave : str, optional
            In which wave; not needed where the leader has scores in one.
        title : str, optional
            Stands above it.
        ax : matplotlib.axes.Axes, optional
            Where to draw it.
        language : {"en", "da"}, default "en"
            Of the labels.
        level : float, default 0.95
            Of the intervals.
        figure : matplotlib.figure.Figure or SubFigure, optional
            Where to draw it; by default a new one of pyplot.

        Returns
        -------
        matplotlib.axes.Axes
            `ax`, or the panel.

        Raises
        ------
        UsageError
            For scores of respondents, a leader about whom no number is written, or where role or wave must be said.
        """
        from .leader_picture import leader_picture

        return leader_picture(
            self, leader, role=role, wave=wave, title=title, ax=ax, language=language, level=level, figure=figure
        )

    @property
    def overview(self) -> str:
        """How many scores there are, why there are no others, that they are not official, and what chance alone does."""
        of_mean = self.frame if self.unit == "respondent" else self.frame[self.frame["method"] == "mean"]
        shown = of_mean["score"].notna() & ~of_mean["interval_only"]
        last = of_mean[~shown]["note"].map(lambda note: next((one.key for one in reversed(notes_in(note))), None))
        reasons = last.value_counts().sort_index()
        lines = [
            f"Scores by {self.unit}: {self.rule}. A rule of this package, not the official score of any survey.",
            f"  {int(shown.sum()):>6}  with a score",
            *(f"  {rows:>6}  {vocabulary('en').note(str(note))}" for note, rows in reasons.items()),
        ]
        if self.unit == "leader":
            lines += [*self._without_model(), *self._chance()]
        return "\n".join(lines)

    def _without_model(self) -> Iterator[str]:
        """Of every role in which there is no score of the model: why."""
        rows = self.frame[(self.frame["method"] == "two_level") & self.frame["unit"].isna()]
        for role, note in zip(rows["role"], rows["note"], strict=True):
            yield f"  {role}: no score of the two-level model: {vocabulary('en').note(note)}."

    def _chance(self) -> Iterator[str]:
        """Of every two waves of a role: how many intervals of change leave out 0 where nothing changed."""
        changes = self.frame[self.frame["method"].str.match(r"change/.*(?<!/holm)$") & self.frame["score"].notna()]
        waves = changes["role"] + ", " + changes["method"].str.removeprefix("change/")
        for name, n in waves.value_counts(sort=False).items():
            yield f"  {name}: of {n} changes {FALSE_ALARMS * n:.1f} have an interval without 0 where nothing changed."

    def __repr__(self) -> str:
        rows = self.to_frame()
        return f"{self.overview}\n{rows.to_string(index=False, max_rows=60, float_format=lambda value: f'{value:.3f}')}"

    def _repr_html_(self) -> str:
        return f"<p>{escape(self.overview)}</p>" + self.to_frame().to_html(index=False, max_rows=60, na_rep="")


def scores(
    answers: ResponsePatterns,
    *,
    unit: Unit,
    mark: float | Sequence[float] = (),
    similar: str | None = None,
    least_reliability: float | None = None,
    disclosure: Disclosure | None = None,
) -> Scores:
    """See `ResponsePatterns.scores`."""
    if unit not in ("leader", "respondent"):
        raise UsageError(f"unit is {unit!r}; there are: leader, respondent.")
    wanted = _comparisons(answers, unit, mark, similar, least_reliability)
    given = isinstance(answers, ReleasedAnswers)
    released = answers.released(disclosure, by=answers.by) if given else answers.released(disclosure)  # type: ignore[attr-defined]
    policy = released.disclosure
    refuse_people(unit, policy)
    if similar is not None:
        _refuse_no_group(released, similar)
    tables = []
    for role, of_role in released.by_role.items() if released.n else ():
        if unit == "respondent":
            kept = ("respondent", "wave", "leader")
            frame = respondent_scores(of_role.pool([name for name in of_role.keys if name not in kept]), role)
            tables.append(ScoreTable(frame))
        else:
            tables.append(leader_scores(of_role, role, wanted, policy))
    tables += [ScoreTable(_withheld(cell.role, dict(cell.values).get("wave"))) for cell in _told_of(released)]
    instrument = answers.instrument
    rule = f"mean of the answered items, of at least {instrument.minimum_answered} of {len(instrument.items)}"
    every = all_tables(tables)
    ends = instrument.categories[0], instrument.categories[-1]
    return Scores(unit=unit, rule=rule, policy=policy, ends=ends, frame=marked(every.frame, policy), bounds=every.bounds)


def _comparisons(
    answers: ResponsePatterns, unit: Unit, mark: float | Sequence[float], similar: str | None, least: float | None
) -> Comparisons:
    """UsageError for what cannot be asked for."""
    marks = tuple(dict.fromkeys(np.atleast_1d(mark).astype(float).tolist()))
    if unit == "respondent" and (marks or similar is not None or least is not None):
        raise UsageError("mark, similar and least_reliability are about leaders; ask for the scores of leaders with them.")
    low, high = answers.instrument.categories[0], answers.instrument.categories[-1]
    for value in marks:
        if not low < value < high:
            raise UsageError(f"mark {value:g} is no score to lie above: the scale goes from {low} to {high}. Name one between.")
    if least is not None and not 0 < least < 1:
        raise UsageError(f"least reliability {least:g} is no reliability to ask for; it lies between 0 and 1, such as 0.7.")
    if similar in ("role", "wave", "leader", "respondent"):
        raise UsageError(
            f"similar is {similar!r}, by which leaders are not compared. Name a variable that those in a similar job share."
        )
    if similar is not None:
        answers.key(similar)
    return Comparisons(marks=marks, similar=similar, least=least)


def _refuse_no_group(released: ReleasedAnswers, similar: str) -> None:
    """UsageError for a variable by which leaders cannot be compared, as the released answers alone say."""
    policy = released.disclosure
    refuse_unsuitable(released, similar, policy)
    if policy.active and released.n and not set(released.keys[similar].levels) - {OTHER}:
        raise UsageError(
            f"the column {quoted(similar)} has no value that {policy.minimum_respondents} respondents and "
            f"{policy.minimum_leaders} leaders share: everybody would be compared with nobody. "
            "Name a variable with fewer values."
        )


def refuse_people(unit: Unit, policy: Disclosure) -> None:
    """UsageError for scores of respondents under a policy that withholds."""
    if unit == "respondent" and policy.active:
        raise UsageError(
            "scores of respondents are about single people, whom the disclosure policy withholds. Where they stay in the room, "
            "ask for them with --disclosure none; in Python, "
            'answers.scores(unit="respondent", disclosure=op.Disclosure.none()).'
        )


def _told_of(released: ReleasedAnswers) -> list[Any]:
    """Withheld roles, and waves of a role: of nothing finer is a score of a leader."""
    return [cell for cell in released.withheld if {name for name, _ in cell.values} <= {"wave"}]


def _withheld(role: str, wave: str | None) -> pd.DataFrame:
    return score_frame({"role": role, "wave": wave, "method": "mean", "note": SUPPRESSED}, 1)
