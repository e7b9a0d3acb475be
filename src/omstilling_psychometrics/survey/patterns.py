"""ResponsePatterns: how many respondents of each role, leader or other group gave each pattern of answers.

Every analysis reads its data from here. A pattern holds one small integer per item:

    1 … c    the answer, as the position of the category declared by the instrument
    BLANK    shown, left empty
    NOT_SHOWN    never seen by the respondent (not in this form)
    -3, -4, …    the non-answers of the instrument, in its order

Items declared `reversed` are stored scored: category h of c was answered as c + 1 − h.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ..core.errors import UsageError, require, suggestion
from ..core.numerics.arrays import Ints
from ..core.numerics.sandwich import Clusters
from ..core.numerics.tally import distinct, looked_up, tally
from ..core.results import RELEASED
from .account import NOT_SELECTED, Account
from .instrument import Instrument
from .keys import KEY_ORDER, Key, in_order, no_such_level, without_role
from .silent_organisations import NOTE, organisations_note, silent_organisations
from .text import quoted

if TYPE_CHECKING:
    import pandas as pd

    from ..reporting.scores import Scores
    from .disclosure import Cell, Disclosure
    from .released import ReleasedAnswers

BLANK = -1
NOT_SHOWN = -2
FIRST_REASON = -3


def reason_codes(instrument: Instrument) -> dict[str, int]:
    """Code of every way of not answering: blank, not_shown and the instrument's own reasons."""
    own = {key: FIRST_REASON - position for position, key in enumerate(instrument.reason_keys)}
    return {"blank": BLANK, "not_shown": NOT_SHOWN, **own}


def silent(answers: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Rows of codes (m, k) in which every item is blank or not shown."""
    return np.asarray(np.isin(answers, (BLANK, NOT_SHOWN)).all(axis=1))


def _occurring(patterns: NDArray[np.int8], pattern: Ints) -> tuple[NDArray[np.int8], Ints]:
    """The patterns that occur, and the pattern of each cell among them."""
    occurs = np.zeros(len(patterns), dtype=bool)
    occurs[pattern] = True
    if occurs.all():
        return patterns, pattern
    return patterns[occurs], looked_up(np.cumsum(occurs) - 1, pattern)


class Reading(Protocol):
    """How answers were read, to read them again as if some rows had not been there."""

    def everyone(self) -> ResponsePatterns:
        """Every row of a role, those left out included; what was answered is not in it."""

    def without(self, cells: Collection[Cell]) -> ResponsePatterns:
        """The answers read from the rows that are in none of the cells; the others stand in the account as `withheld`."""


@dataclass(frozen=True, eq=False, repr=False)
class ResponsePatterns:
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

    instrument: Instrument
    patterns: NDArray[np.int8]
    pattern: Ints
    keys: Mapping[str, Key]
    counts: Ints
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
        lowest = FIRST_REASON - len(instrument.non_answers) + 1
        c, k = len(instrument.categories), len(instrument.items)
        if answers.ndim != 2 or answers.shape[1] != k:
            raise UsageError(f"answers have shape {answers.shape}; (answers, {k}) is needed, one column per item.")
        if answers.size and (answers.min() < lowest or answers.max() > c or (answers == 0).any()):
            raise UsageError(f"answers hold codes outside 1…{c} and {lowest}…−1.")
        width = c - lowest + 1
        weights = None if counts is None else np.asarray(counts, dtype=np.int64)
        found, inverse = distinct([answers[:, item] for item in range(k)], [width] * k, [lowest] * k)
        patterns = np.column_stack(found).astype(np.int8)
        return ResponsePatterns._cells(instrument, patterns, inverse, dict(keys or {}), weights, account)

    @staticmethod
    def _cells(
        instrument: Instrument,
        patterns: NDArray[np.int8],
        pattern: Ints,
        keys: dict[str, Key],
        weights: Ints | None,
        account: Account | None,
    ) -> ResponsePatterns:
        """Canonical form: sorted names, levels that occur, merged and sorted cells, patterns that occur."""
        if weights is not None and (weights <= 0).any():
            kept = weights > 0
            pattern, weights = pattern[kept], weights[kept]
            keys = {name: key.take(kept) for name, key in keys.items()}
        names = sorted(keys, key=lambda name: (KEY_ORDER.index(name) if name in KEY_ORDER else len(KEY_ORDER), name))
        tidy = {name: in_order(keys[name], instrument.role_keys if name == "role" else ()) for name in names}
        patterns, pattern = _occurring(patterns, pattern)
        return ResponsePatterns._merged(instrument, patterns, pattern, tidy, weights, account)

    @staticmethod
    def _merged(
        instrument: Instrument,
        patterns: NDArray[np.int8],
        pattern: Ints,
        keys: dict[str, Key],
        weights: Ints | None,
        account: Account | None,
    ) -> ResponsePatterns:
        """Canonical form of cells whose keys are in order and whose levels and patterns all occur."""
        widths = [*(len(key.levels) + 1 for key in keys.values()), max(1, len(patterns))]
        columns = [*(key.codes for key in keys.values()), pattern]
        (*codes, pattern), merged = tally(columns, widths, weights, [*(-1 for _ in keys), 0])
        keys = {name: Key(column, key.levels) for column, (name, key) in zip(codes, keys.items(), strict=True)}
        return ResponsePatterns(instrument, patterns, pattern, keys, merged, account)

    # ---------------------------------------------------------------- looking

    @property
    def n(self) -> int:
        """Number of answers (records) counted."""
        return int(self.counts.sum())

    @property
    def items(self) -> tuple[str, ...]:
        """Keys of the items, in the order of the instrument."""
        return self.instrument.item_keys

    @property
    def is_released(self) -> bool:
        """May these answers be written about? Only those that `released` gives."""
        return False

    @property
    def roles(self) -> tuple[str, ...]:
        """Roles that occur, in the instrument's order; ('all',) where no role is known."""
        return self.keys["role"].levels if "role" in self.keys else ("all",)

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

    def table(self) -> tuple[NDArray[np.int8], NDArray[np.float64]]:
        """Patterns and how often each occurs, over everything that is in.

        Returns
        -------
        tuple of numpy.ndarray
            Codes (p, k) and counts (p,).
        """
        return self.patterns, self._answers

    @cached_property
    def _answers(self) -> NDArray[np.float64]:
        """(p,) how often each pattern occurs."""
        answers = np.bincount(self.pattern, weights=self.counts, minlength=len(self.patterns)).astype(np.float64)
        answers.setflags(write=False)
        return answers

    def values(self) -> NDArray[np.float64]:
        """Patterns as category values.

        Returns
        -------
        numpy.ndarray
            (p, k), NaN where there is no answer.
        """
        scale = np.concatenate([[np.nan], np.asarray(self.instrument.categories, dtype=float)])
        return np.asarray(scale[np.where(self.patterns > 0, self.patterns, 0)])

    def clusters(self, key: str, by: str | None = None) -> Clusters:
        """Counts by the levels of a key; answers without a value of the key are units of their own.

        Parameters
        ----------
        key : str
            Which key.
        by : str, optional
            Another key whose values are told apart; answers without one are left out.

        Returns
        -------
        Clusters
            Counts (G, p) of G levels and p patterns; with `by`, (G, g p), the patterns of its first level first.

        Raises
        ------
        UsageError
            For a key that the data do not have.
        """
        if (key, by) not in self._clusters:
            self._clusters[key, by] = self._clusters_of(self._key(key), None if by is None else self._key(by))
        return self._clusters[key, by]

    @cached_property
    def _clusters(self) -> dict[tuple[str, str | None], Clusters]:
        return {}

    def _clusters_of(self, column: Key, by: Key | None) -> Clusters:
        unit, cell, counts, size = column.codes, self.pattern, self.counts, len(self.patterns)
        if by is not None:
            inside = by.codes >= 0
            unit, cell, counts = unit[inside], (by.codes * size + cell)[inside], counts[inside]
            size *= len(by.levels)
        known = unit >= 0
        by_unit = csr_array((counts[known].astype(float), (unit[known], cell[known])), shape=(len(column.levels), size))
        by_unit.sum_duplicates()
        singles = np.bincount(cell[~known], weights=counts[~known], minlength=size).astype(np.float64)
        return Clusters(by_unit, singles)

    def size(self, key: str) -> int:
        """Number of different values of a key.

        Parameters
        ----------
        key : str
            Which key.

        Returns
        -------
        int
            Answers without a value do not count.

        Raises
        ------
        UsageError
            For a key that the data do not have.
        """
        return len(self._key(key).levels)

    def _key(self, name: str) -> Key:
        if name not in self.keys:
            known = ", ".join(self.keys) or "none"
            raise UsageError(
                f"the data have no column {quoted(name)} to group by; known: {known}.{suggestion(str(name), self.keys)} Other "
                "columns are kept where op.read is told of them (by=[…])."
            )
        return self.keys[name]

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
        found = self._where(wanted)
        if items is None:
            return found
        from .some_items import of_items

        return of_items(found, items)

    def _where(self, wanted: Mapping[str, str | int | Sequence[str | int] | None]) -> ResponsePatterns:
        """The answers whose keys have these values."""
        keep = np.ones(len(self.counts), dtype=bool)
        for name, value in wanted.items():
            key = self._key(name)
            several = [value] if value is None or isinstance(value, (str, int)) else list(value)
            values = [one if one is None else str(one) for one in several]
            if name == "role":
                values = [one if one is None else self.role_key(one) for one in values]
            for one in values:
                if one is not None and one not in key.levels:
                    raise UsageError(no_such_level(name, one, key.levels))
            codes = [-1 if one is None else key.levels.index(one) for one in values]
            keep &= np.isin(key.codes, codes)
        # Some of the cells are as distinct and sorted as all of them.
        keys = {name: key.of_cells(keep) for name, key in self.keys.items()}
        account = self.account and self.account.leaving_out(NOT_SELECTED, int(self.counts[~keep].sum()))
        patterns, pattern = _occurring(self.patterns, self.pattern[keep])
        selected = ResponsePatterns(self.instrument, patterns, pattern, keys, self.counts[keep], account)
        return replace(selected, reading=self.reading) if keep.all() else selected

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
        from .some_items import without_items

        return without_items(self, items)

    def role_key(self, name: str) -> str:
        """The key of a role that is named by its key or by one of its labels.

        Parameters
        ----------
        name : str
            Key or label.

        Returns
        -------
        str
            Any other name as it is.
        """
        if "role" in self.keys and name in self.keys["role"].levels:
            return name
        for role in self.instrument.roles:
            if name.strip().casefold() in {text.casefold() for text in (role.key, *role.label.variants())}:
                return role.key
        return name

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
            self._key(name)
        keys = {name: key for name, key in self.keys.items() if name not in dropped}
        pooled = self._merged(self.instrument, self.patterns, self.pattern, keys, self.counts, self.account)
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
        for level in self._key(key).levels:
            yield level, self._where({key: level})

    @cached_property
    def _by_role(self) -> dict[str, ResponsePatterns]:
        return {role: self.select(role=role) for role in self.keys["role"].levels}

    @cached_property
    def by_role(self) -> dict[str, ResponsePatterns]:
        """The answers of each role, without the key `role`; everything under 'all' where no role is known."""
        if "role" not in self.keys:
            return {"all": self}
        return {role: replace(one, keys=without_role(one.keys)) for role, one in self._by_role.items()}

    def __add__(self, other: ResponsePatterns) -> ResponsePatterns:
        """Counts of both, as if their rows had been read together; their accounts are those of the files they came from."""
        if not isinstance(other, ResponsePatterns):
            return NotImplemented
        if self.instrument != other.instrument:
            raise UsageError("answers to different instruments cannot be added.")
        if set(self.keys) != set(other.keys):
            ours, theirs = ", ".join(self.keys) or "none", ", ".join(other.keys) or "none"
            raise UsageError(
                f"answers grouped by ({ours}) and by ({theirs}) cannot be added; pool the keys that one of them lacks."
            )
        account = self.account + other.account if self.account and other.account else None
        total = self._with(other, account)
        aside = [part.set_aside for part in (self, other) if part.set_aside is not None]
        return total._decided(aside) if aside else total

    def _decided(self, aside: Sequence[ResponsePatterns]) -> ResponsePatterns:
        """These answers and what their parts had set aside, decided on together."""
        every = self
        for one in aside:
            every = every._with(one, None)
        answers = every.patterns[every.pattern]
        unit, gone = silent_organisations(~silent(answers), every.keys, np.ones(len(answers), dtype=bool))

        def part(rows: NDArray[np.bool_]) -> ResponsePatterns:
            keys = {name: key.take(rows) for name, key in every.keys.items()}
            return self.count(self.instrument, answers[rows], keys, every.counts[rows])

        kept, set_aside = part(~gone), part(gone) if gone.any() else None
        account = self.account
        if account is not None:
            notes = [one for one in account.notes if not one.startswith(f"{NOTE}:")]
            notes += [organisations_note(unit, gone, set_aside.n)] if set_aside is not None else []
            account = replace(account.leaving_out("not_shown", self.n - kept.n), notes=tuple(notes))
        return replace(kept, account=account, set_aside=set_aside)

    def _with(self, other: ResponsePatterns, account: Account | None) -> ResponsePatterns:
        """The counts of both."""
        keys = {}
        for name, ours_key in self.keys.items():
            theirs_key = other.keys[name]
            ours_levels = set(ours_key.levels)
            levels = (*ours_key.levels, *(level for level in theirs_key.levels if level not in ours_levels))
            place = {level: code for code, level in enumerate(levels)}
            recode = np.array([*(place[level] for level in theirs_key.levels), -1], dtype=np.int64)
            keys[name] = Key(np.concatenate([ours_key.codes, recode[theirs_key.codes]]), levels)
        answers = np.concatenate([self.patterns[self.pattern], other.patterns[other.pattern]])
        return self.count(self.instrument, answers, keys, np.concatenate([self.counts, other.counts]), account=account)

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

    def scores(self, *, unit: Literal["leader", "respondent"], disclosure: Disclosure | None = None) -> Scores:
        """The scale score of each leader or respondent, with its standard error and reliability. It is no official score.

        A person's score is the mean of the answered items where at least `minimum_answered` of the instrument are answered.
        Of a respondent it is given by that rule (`mean`), with the standard error of measurement and the reliability that
        alpha of the role's complete rows has for so many items; and expected a posteriori by the graded response model of the
        role (`eap`, in standard deviations of the latent variable), with the posterior standard deviation. A leader's is the
        mean of the scores of those who answered about the leader in one role and wave, each person once. Its standard error is
        the standard deviation within leaders, of all of the role, over the root of n; its reliability is Spearman–Brown's
        at that n with ICC(1) (REML).

        Parameters
        ----------
        unit : {"leader", "respondent"}
            Whose scores.
        disclosure : Disclosure, optional
            The policy; the default one if none is given. A leader about whom fewer people answered than its minimum has a row
            without a number. Scores of respondents need `op.Disclosure.none()`.

        Returns
        -------
        Scores
            A row per leader, role and wave, or two per answer of a respondent, by `to_frame`; `n` is the number of people,
            of a respondent that of answered items.

        Raises
        ------
        UsageError
            For another unit, or respondents under a policy that withholds.

        References
        ----------
        Bock, R. D., & Mislevy, R. J. (1982). Adaptive EAP estimation of ability in a microcomputer environment. Applied
        Psychological Measurement, 6, 431–444.

        Brennan, R. L. (1995). The conventional wisdom about group mean scores. Journal of Educational Measurement, 32,
        385–396.

        Examples
        --------
        >>> import omstilling_psychometrics as op
        >>> answers = op.draw_team(leaders=20, team_size=8, rng=1)
        >>> row = answers.scores(unit="leader").to_frame().iloc[0]
        >>> row["unit"], float(row["score"]), int(row["n"])
        ('led01', 4.19, 8)
        """
        from ..reporting.scores import scores

        return scores(self, unit=unit, disclosure=disclosure)

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

    # ---------------------------------------------------------------- to and from frames

    def expand(self, *, reasons: bool = False, coded: bool = False) -> pd.DataFrame:
        """One row per answer again: keys as text, items as category values, NaN where there is no answer.

        Parameters
        ----------
        reasons : bool, default False
            Whether why there is no answer stands beside each item, as `<item>_reason`: blank, not_shown or the key of a
            non-answer; None where there is an answer.
        coded : bool, default False
            Whether items are codes instead, which `from_frame` reads again.

        Returns
        -------
        pandas.DataFrame
            (n, keys and items). Items declared `reversed` are as scored.
        """
        frame = self.to_frame()
        rows = frame.loc[frame.index.repeat(frame.pop("count"))].reset_index(drop=True)
        if coded:
            return rows
        categories = dict(enumerate(self.instrument.categories, start=1))
        names = {code: key for key, code in reason_codes(self.instrument).items()}
        columns = {name: rows[name] for name in self.keys}
        for item in self.items:
            columns[item] = rows[item].map(categories).astype(float)
            if reasons:
                columns[f"{item}_reason"] = rows[item].map(names).astype(object).where(rows[item] < 0, None)
        expanded = type(rows)(columns)
        expanded.attrs |= frame.attrs
        return expanded

    def to_frame(self) -> pd.DataFrame:
        """One row per cell.

        Returns
        -------
        pandas.DataFrame
            Keys as text (None where not known), items as codes, and `count`.
        """
        import pandas as pd

        columns: dict[str, Any] = {}
        for name, key in self.keys.items():
            levels = np.array([*key.levels, None], dtype=object)
            columns[name] = levels[key.codes]
        for position, item in enumerate(self.items):
            columns[item] = self.patterns[self.pattern, position]
        frame = pd.DataFrame({**columns, "count": self.counts})
        frame.attrs[RELEASED] = self.is_released
        return frame

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
