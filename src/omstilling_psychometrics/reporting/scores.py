"""Scores of people or leaders as they may be written: `answers.scores(…)` and `omstilling scores`."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..core.errors import UsageError
from ..core.files import require_ending, require_writable, write_text
from ..core.note import notes_in
from ..core.numerics.digits import to_digits
from ..core.numerics.intervals import quantile
from ..core.results import RELEASED, marked, require_level
from ..core.vocabulary import vocabulary
from ..present.released_rows import DIGITS, digits_of
from ..survey.csv_text import csv_text
from ..survey.disclosure import SUPPRESSED, Disclosure
from ..survey.patterns import ResponsePatterns
from ..survey.released import ReleasedAnswers
from ..topics.scores.analysis_leaders import leader_scores
from ..topics.scores.analysis_respondents import respondent_scores
from ..topics.scores.score_rows import score_frame

if TYPE_CHECKING:
    import pandas as pd

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
    frame : pandas.DataFrame
        The rows, with the degrees of freedom of the intervals.

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
    frame: pd.DataFrame = field(repr=False, compare=False)

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
        if self.unit == "leader":
            few = [digits_of(self.policy, n) is not None for n in found["n"].fillna(0)]
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

    @property
    def overview(self) -> str:
        """How many scores there are, why there are no others, and that they are not official."""
        notes = self.frame["note"].map(lambda note: next((one.key for one in notes_in(note)), None))
        reasons = notes[self.frame["score"].isna()].value_counts().sort_index()
        lines = [
            f"Scores by {self.unit}: {self.rule}. A rule of this package, not the official score of any survey.",
            f"  {int(self.frame['score'].notna().sum()):>6}  with a score",
            *(f"  {rows:>6}  {vocabulary('en').note(str(note))}" for note, rows in reasons.items()),
        ]
        return "\n".join(lines)

    def __repr__(self) -> str:
        rows = self.to_frame()
        return f"{self.overview}\n{rows.to_string(index=False, max_rows=60, float_format=lambda value: f'{value:.3f}')}"

    def _repr_html_(self) -> str:
        return f"<p>{escape(self.overview)}</p>" + self.to_frame().to_html(index=False, max_rows=60, na_rep="")


def scores(answers: ResponsePatterns, *, unit: Unit, disclosure: Disclosure | None = None) -> Scores:
    """See `ResponsePatterns.scores`."""
    import pandas as pd

    if unit not in ("leader", "respondent"):
        raise UsageError(f"unit is {unit!r}; there are: leader, respondent.")
    given = isinstance(answers, ReleasedAnswers)
    released = answers.released(disclosure, by=answers.by) if given else answers.released(disclosure)  # type: ignore[attr-defined]
    policy = released.disclosure
    refuse_people(unit, policy)
    frames = []
    for role, of_role in released.by_role.items() if released.n else ():
        if unit == "respondent":
            kept = ("respondent", "wave", "leader")
            frames.append(respondent_scores(of_role.pool([name for name in of_role.keys if name not in kept]), role))
        else:
            frames.append(_without_small_leaders(leader_scores(of_role, role), policy))
    frames += [_withheld(cell.role, dict(cell.values).get("wave")) for cell in _told_of(released)]
    instrument = answers.instrument
    rule = f"mean of the answered items, of at least {instrument.minimum_answered} of {len(instrument.items)}"
    every = pd.concat(frames or [score_frame({}, 0)], ignore_index=True)
    return Scores(unit=unit, rule=rule, policy=policy, frame=marked(every, policy))


def refuse_people(unit: Unit, policy: Disclosure) -> None:
    """UsageError for scores of respondents under a policy that withholds."""
    if unit == "respondent" and policy.active:
        raise UsageError(
            "scores of respondents are about single people, whom the disclosure policy withholds. Where they stay in the room, "
            "ask for them with --disclosure none; in Python, "
            'answers.scores(unit="respondent", disclosure=op.Disclosure.none()).'
        )


def _without_small_leaders(found: pd.DataFrame, policy: Disclosure) -> pd.DataFrame:
    """A row about one leader needs the minimum of people who answered about that leader, and of those who have a score. In each
    wave, the leaders without a number are a cell as any other: the mean of all less those of the others is theirs, so that the
    next smallest go with them until they are enough people and leaders."""
    people = np.minimum(found["people"].to_numpy(dtype=int), found["n"].fillna(0).to_numpy(dtype=int))
    gone = found["unit"].notna().to_numpy() & (people < policy.minimum_respondents)
    for _, rows in found[found["unit"].notna()].groupby("wave", dropna=False, sort=False):
        places = rows.index.to_numpy()
        few = places[gone[places]]
        others = iter(sorted(places[~gone[places]], key=lambda place: (people[place], place)))
        while people[few].any() and policy.withholds(int(people[few].sum()), len(few)):
            if (following := next(others, None)) is None:
                break
            few = np.append(few, following)
        gone[few] = True
    found.loc[gone, ["score", "std_error", "reliability"]] = np.nan
    found.loc[gone, "n"] = None
    found.loc[gone, "note"] = SUPPRESSED
    return found.drop(columns="people")


def _told_of(released: ReleasedAnswers) -> list[Any]:
    """Withheld roles, and waves of a role: of nothing finer is a score of a leader."""
    return [cell for cell in released.withheld if {name for name, _ in cell.values} <= {"wave"}]


def _withheld(role: str, wave: str | None) -> pd.DataFrame:
    return score_frame({"role": role, "wave": wave, "method": "mean", "note": SUPPRESSED}, 1)
