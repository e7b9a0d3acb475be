"""ResponsePatterns: how many respondents of each role, leader or other group gave each pattern of answers.

Every analysis reads its data from here. A pattern holds one code per item (`codes`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from ..core.errors import UsageError, require
from .account import Account
from .codes import refuse_other_codes
from .counted_answers import Cells, CountedAnswers, distinct_patterns, merged_cells, tidy_cells
from .keys import Key, without_role
from .scale import Instrument

if TYPE_CHECKING:
    import pandas as pd

    from ..reporting.scores import Scores
    from .disclosure import Cell, Disclosure
    from .released import ReleasedAnswers


class Reading(Protocol):
    """How answers were read, to read them again as if some rows had not been there."""

    def everyone(self) -> ResponsePatterns:
        """Every row of a role, those left out included; what was answered is not in it."""

    def without(self, cells: Collection[Cell]) -> ResponsePatterns:
        """The answers read from the rows that are in none of the cells; the others stand in the account as `withheld`."""


@dataclass(frozen=True, eq=False, repr=False)
class ResponsePatterns(CountedAnswers):
    """Counted answers: how many respondents of each role, leader or other group gave each pattern of answers.

    Cells are distinct and sorted by keys (role, wave, form, organisation, leader, respondent, background by name), then
    pattern, so equal data are equal arrays whatever the order of the rows they came from. Answers are added with `+`.

    Parameters
    ----------
    instrument : Instrument
        Items, categories, roles and non-answers.
    patterns : numpy.ndarray
        (p, k) int8, distinct and sorted: 1 … c for the categories in the order of the instrument (items declared `reversed`
        as scored), -1 left empty, -2 not shown, -3, -4, … the instrument's non-answers.
    pattern : numpy.ndarray
        (m,) the pattern of each cell.
    keys : mapping of str to Key
        Grouping columns of the cells.
    counts : numpy.ndarray
        (m,) answers in each cell.
    account : Account, optional
        What became of every row that was read.
    set_aside : ResponsePatterns, optional
        Empty answers of organisations to which the theme was not shown as far as these answers tell; those of another file
        may tell otherwise.
    reading : Reading, optional
        How they were read, where they are all that was read; a part of them has none.

    See Also
    --------
    read : Make them from a file or frame.
    draw_team : Make them from a simulation.
    ReleasedAnswers : The part of them that may be written about.
    Instrument : The scale they are answers to.

    Examples
    --------
    >>> import omstilling_psychometrics as op
    >>> answers = op.draw_team(leaders=20, team_size=5, rng=1)
    >>> answers.n, answers.size("leader")
    (100, 20)
    >>> answers.select(leader="led01").n
    5
    """

    account: Account | None = None
    set_aside: ResponsePatterns | None = None
    reading: Reading | None = None

    # ---------------------------------------------------------------- making

    @classmethod
    def count(
        cls,
        instrument: Instrument,
        answers: NDArray[Any],
        keys: Mapping[str, Key] | None = None,
        counts: NDArray[Any] | None = None,
        *,
        account: Account | None = None,
    ) -> ResponsePatterns:
        """Count coded answers.

        Parameters
        ----------
        instrument : Instrument
            Items, categories, roles and non-answers.
        answers : numpy.ndarray
            (n, k) codes as in `patterns`.
        keys : mapping of str to Key, optional
            Grouping columns (n,).
        counts : numpy.ndarray, optional
            (n,) when a row already stands for several answers.
        account : Account, optional
            What became of every row that was read.

        Returns
        -------
        ResponsePatterns
            In canonical form.

        Raises
        ------
        UsageError
            For another number of columns than items, or codes that the instrument does not have.
        """
        require(instrument, Instrument, "the instrument", "what op.load_instrument gives")
        answers = np.asarray(answers)
        refuse_other_codes(instrument, answers)
        weights = None if counts is None else np.asarray(counts, dtype=np.int64)
        patterns, pattern = distinct_patterns(instrument, answers)
        return cls._of_cells(instrument, tidy_cells(instrument, patterns, pattern, dict(keys or {}), weights), account)

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, instrument: Instrument, *, account: Account | None = None) -> ResponsePatterns:
        """The inverse of `to_frame`.

        Parameters
        ----------
        frame : pandas.DataFrame
            Items as codes, an optional `count`, every other column a key.
        instrument : Instrument
            As `op.load_instrument` gives it.
        account : Account, optional
            What became of every row that was read.

        Returns
        -------
        ResponsePatterns
            In canonical form.

        Raises
        ------
        UsageError
            For anything else than a frame, one without a column for every item, or codes that the instrument does not have.
        """
        require(instrument, Instrument, "the instrument", "what op.load_instrument gives")
        if not hasattr(frame, "columns"):
            raise UsageError(f"the frame is a {type(frame).__name__}; a pandas DataFrame as to_frame makes it is needed.")
        items = list(instrument.item_keys)
        missing = [item for item in items if item not in frame.columns]
        if missing:
            raise UsageError(f"the frame has no column for {', '.join(missing)}.")
        keys = {}
        for name in frame.columns:
            if name not in items and name != "count":
                values = [None if value is None or value != value else str(value) for value in frame[name]]
                keys[str(name)] = Key.of(values)
        counts = frame["count"].to_numpy() if "count" in frame.columns else None
        return cls.count(instrument, frame[items].to_numpy(), keys, counts, account=account)

    @staticmethod
    def _of_cells(instrument: Instrument, cells: Cells, account: Account | None) -> ResponsePatterns:
        return ResponsePatterns(instrument, *cells, account)

    # ---------------------------------------------------------------- looking

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ResponsePatterns):
            return NotImplemented
        return (
            self.instrument == other.instrument
            and np.array_equal(self.patterns, other.patterns)
            and np.array_equal(self.pattern, other.pattern)
            and np.array_equal(self.counts, other.counts)
            and list(self.keys) == list(other.keys)
            and all(
                mine.levels == theirs.levels and np.array_equal(mine.codes, theirs.codes)
                for mine, theirs in zip(self.keys.values(), other.keys.values(), strict=True)
            )
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        n, distinct = self.n, len(self.patterns)
        counted = f"{n} answer{'s' if n != 1 else ''} to {len(self.items)} items"
        lines = [f"{counted} in {distinct} distinct pattern{'s' if distinct != 1 else ''}"]
        for name, key in self.keys.items():
            # People and units are counted, never named: what is printed may be passed on.
            named = name not in ("organisation", "leader", "respondent") and len(key.levels) <= 6
            shown = ", ".join(key.levels) if named else f"{len(key.levels)} value{'s' if len(key.levels) != 1 else ''}"
            unknown = int(self.counts[key.codes < 0].sum())
            lines.append(f"  {name}: {shown}" + (f" ({unknown} answers without)" if unknown else ""))
        if self.account is not None:
            lines += [f"  {line}" for line in str(self.account).splitlines()]
        return "\n".join(lines)

    # ---------------------------------------------------------------- grouping

    def select(
        self, *, items: Sequence[str] | None = None, **wanted: str | int | Sequence[str | int] | None
    ) -> ResponsePatterns:
        """Only the answers whose keys have the given value (or one of several), only some of the items, or both.

        Parameters
        ----------
        items : sequence of str, optional
            Items to keep, in the order of the instrument; all of them if none are given. A scale score then needs the same
            share of answered items as before, rounded up.
        **wanted
            Key and value, or several of them, as in role="leder" or gender="f"; None selects 'not known'. Roles may be named
            by their labels in the instrument, in either language. Background variables are keys where they were read as such
            (`by` of `op.read`).

        Returns
        -------
        ResponsePatterns
            The account has the others as one line; people to whom none of the items was shown are in the line `not_shown`.

        Raises
        ------
        UsageError
            For a key that the data do not have, a value that does not occur, an item that there is not, or fewer than two
            items.

        Examples
        --------
        >>> import omstilling_psychometrics as op
        >>> answers = op.draw_team(leaders=20, team_size=5, rng=1)
        >>> answers.select(leader=["led01", "led02"], items=["kultur", "forklare"]).items
        ('forklare', 'kultur')
        """
        from .some_answers import of_items, of_keys

        chosen = of_keys(self, wanted)
        return chosen if items is None else of_items(chosen, items)

    def drop(self, items: str | Sequence[str]) -> ResponsePatterns:
        """The same answers without some of the items.

        Parameters
        ----------
        items : str or sequence of str
            Items to leave out.

        Returns
        -------
        ResponsePatterns
            To the other items, as `select` gives them.

        Raises
        ------
        UsageError
            For an item that there is not, or where fewer than two are left.

        Examples
        --------
        >>> import omstilling_psychometrics as op
        >>> from omstilling_psychometrics.reference import load_case
        >>> answers = load_case("bfi_A")
        >>> round(op.reliability(answers.drop("i1")).value("alpha"), 3)
        0.718
        """
        from .some_answers import without_items

        return without_items(self, items)

    def pool(self, over: str | Sequence[str]) -> ResponsePatterns:
        """The same answers without the named key(s): groups are added together.

        Parameters
        ----------
        over : str or sequence of str
            Keys to leave out.

        Returns
        -------
        ResponsePatterns
            With the other keys.

        Raises
        ------
        UsageError
            For a key that the data do not have.
        """
        dropped = [over] if isinstance(over, str) else list(over)
        for name in dropped:
            self.key(name)
        keys = {name: key for name, key in self.keys.items() if name not in dropped}
        cells = merged_cells(self.patterns, self.pattern, keys, self.counts)
        pooled = self._of_cells(self.instrument, cells, self.account)
        if self.set_aside is None or "organisation" in dropped:
            return pooled
        return replace(pooled, set_aside=self.set_aside.pool(dropped))

    def split(self, key: str) -> Iterator[tuple[str, ResponsePatterns]]:
        """The answers of each value of a key; answers without a value are in none.

        Parameters
        ----------
        key : str
            Which key.

        Yields
        ------
        tuple of str and ResponsePatterns
            The value, and its answers.

        Raises
        ------
        UsageError
            For a key that the data do not have.
        """
        if key == "role" and key in self.keys:
            yield from self._by_role.items()
            return
        from .some_answers import of_keys

        for level in self.key(key).levels:
            yield level, of_keys(self, {key: level})

    @cached_property
    def _by_role(self) -> dict[str, ResponsePatterns]:
        return {role: self.select(role=role) for role in self.keys["role"].levels}

    @cached_property
    def by_role(self) -> dict[str, ResponsePatterns]:
        """The answers of each role, without the key `role`; everything under 'all' where no role is known."""
        if "role" not in self.keys:
            return {"all": self}
        return {role: replace(answers, keys=without_role(answers.keys)) for role, answers in self._by_role.items()}

    def __add__(self, other: ResponsePatterns) -> ResponsePatterns:
        """Counts of both, as if their rows had been read together; their accounts are those of the files they came from."""
        if not isinstance(other, ResponsePatterns):
            return NotImplemented
        from .added_answers import added

        return added(self, other)

    def without_account(self) -> ResponsePatterns:
        """The same answers with no account of how they were read.

        Returns
        -------
        ResponsePatterns
            Equal to these.
        """
        return replace(self, account=None, reading=None)

    def released(self, disclosure: Disclosure | None = None, *, by: str | None = None) -> ReleasedAnswers:
        """What may be written of these answers under a policy (docs/disclosure.md). Everything that writes takes these.

        Parameters
        ----------
        disclosure : Disclosure, optional
            The policy; the default one if none is given.
        by : str, optional
            Another key whose small values are withheld.

        Returns
        -------
        ReleasedAnswers
            The answers without those of roles, waves, forms and values of `by` that too few people share.
        """
        from .released import released

        return released(self, disclosure, by=by)

    def scores(
        self,
        *,
        unit: Literal["leader", "respondent"],
        mark: float | Sequence[float] = (),
        similar: str | None = None,
        least_reliability: float | None = None,
        disclosure: Disclosure | None = None,
    ) -> Scores:
        """The scale score of each leader or respondent, with its standard error and reliability. It is no official score.

        A person's score is the mean of the answered items where at least `minimum_answered` of the instrument are answered.
        Of a respondent it is given by that rule (`mean`), with the standard error of measurement and the reliability that
        alpha of the role's complete rows has for so many items; and expected a posteriori by the graded response model of the
        role (`eap`, in standard deviations of the latent variable), with the posterior standard deviation. A leader's is the
        mean of the scores of those who answered about the leader in one role and wave, each person once (`mean`). Its standard
        error is the standard deviation within leaders, of all of the role, over the root of n; its reliability is
        Spearman–Brown's at that n with ICC(1) (REML). Below it stands the score from the two-level model of the role
        (`two_level`), which answers of few people pull little away from the mean of all, with the error that the posterior and
        the estimated parameters leave; its reliability is that of the plain mean of exactly these answers, items left out
        included. Leaders are beside each other and in no order.

        Further rows: `above/organisation` and `above/3.5`, the probability that the leader lies above the mean of the others
        in the organisation, or above a mark; `change/2024~2026`, how far the mean moved from one wave to the next beyond the
        others' mean change, and `…/holm`, its p value adjusted for all leaders; `similar/job`, how far it lies from the mean of
        the others with the same value. Others are those about whom numbers are written.

        Parameters
        ----------
        unit : {"leader", "respondent"}
            Whose scores.
        mark : float or sequence of float, optional
            Scores between the ends of the scale that leaders may lie above.
        similar : str, optional
            A background variable (or the organisation) whose values leaders in a similar job share.
        least_reliability : float, optional
            Between 0 and 1. Of leaders whose mean is less reliable, nothing but intervals.
        disclosure : Disclosure, optional
            The policy; the default one if none is given. A leader about whom fewer people answered than its minimum has a row
            without a number. Scores of respondents need `op.Disclosure.none()`.

        Returns
        -------
        Scores
            Rows per leader, role and wave, one for each method, or two per answer of a respondent, by `to_frame`; `n` is the
            number of people, of a respondent that of answered items.

        Raises
        ------
        UsageError
            For another unit, or respondents under a policy that withholds; for a mark off the scale, a reliability that is
            none, a variable that there is not or that names people.

        References
        ----------
        Bock, R. D., & Mislevy, R. J. (1982). Adaptive EAP estimation of ability in a microcomputer environment. Applied
        Psychological Measurement, 6, 431–444.

        Brennan, R. L. (1995). The conventional wisdom about group mean scores. Journal of Educational Measurement, 32,
        385–396.

        Kass, R. E., & Steffey, D. (1989). Approximate Bayesian inference in conditionally independent hierarchical models
        (parametric empirical Bayes models). Journal of the American Statistical Association, 84, 717–726.

        Lai, M. H. C. (2021). Composite reliability of multilevel data: It's about observed scores and construct meanings.
        Psychological Methods, 26, 90–102.

        Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics, 6, 65–70.

        Examples
        --------
        >>> import omstilling_psychometrics as op
        >>> answers = op.draw_team(leaders=20, team_size=8, rng=1)
        >>> row = answers.scores(unit="leader").to_frame().iloc[0]
        >>> row["unit"], float(row["score"]), int(row["n"])
        ('led01', 4.19, 8)
        """
        from ..reporting.scores import scores

        return scores(
            self,
            unit=unit,
            mark=mark,
            similar=similar,
            least_reliability=least_reliability,
            disclosure=disclosure,
        )

    def export(self, folder: str | Path, program: str, *, disclosure: Disclosure | None = None) -> ReleasedAnswers:
        """Write what is released for another program, with what it takes to compute the main numbers there.

        Parameters
        ----------
        folder : str or pathlib.Path
            Where the files go; made where it is not there.
        program : {"lavaan", "mirt", "mplus", "sav"}
            "lavaan", "mirt": counts of the answer patterns of each role, and a script for R; "mplus": counts and input files;
            "sav": a row per answer as SPSS and Stata files, with a codebook, for a policy that withholds nobody.
        disclosure : Disclosure, optional
            The policy; that of released answers, else the default one.

        Returns
        -------
        ReleasedAnswers
            What was written.

        Raises
        ------
        DataError
            Where nobody may be written about, or the folder cannot be written.
        UsageError
            For a program that there is not, and for rows under a policy that withholds.
        """
        from .export import export

        return export(self, folder, program, disclosure)
