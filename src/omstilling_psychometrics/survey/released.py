"""Answers as they may be written about: nobody who is withheld is in them, so nothing computed from them depends on those.

A cell is a role, and what an output breaks a role down by: a value of `--by`, a wave, a form. Cells that are too small are
taken out, again and again until none is left, since somebody who goes with a small wave may leave a form too small. What is
left is the largest set of answers whose cells are all large enough, whoever else there was.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..core.errors import UsageError, require, suggestion
from ..core.note import notes_in
from .account import NOT_SELECTED, SYNTHETIC, WITHHELD, Account
from .background import coarse_background, refuse_people, refuse_unsuitable
from .disclosure import Cell, Disclosure, Size, cell_sizes, in_cells, roles_with_leaders
from .empty_items import empty_items_note
from .patterns import ResponsePatterns
from .text import quoted

# Keys of which rows are written wherever they are known, beside the roles.
_TOLD = ("wave", "form")

# The note that totals are those of the released groups.
TOTALS = "totals_of_groups"

# The note that the answers are a selection, and that those which were not selected stand with the withheld.
SELECTED = "not_selected_are_withheld"

# Keys that say who somebody is.
PEOPLE = ("respondent", "leader")

# Lines of an account that cannot be about people who are withheld, and notes that say nothing of rows.
_NOBODY = ("role", "empty")
_OF_COLUMNS = (
    "item_not_shown", "keys_not_in_all", "label_of_another_item", "mojibake_in_labels", "no_role_column",
    "no_roles_in_instrument", "read_without_process", SYNTHETIC, TOTALS, SELECTED,
)  # fmt: skip

_KEY = object()


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ReleasedAnswers(ResponsePatterns):
    """Answers that may be written about: what `answers.released(…)` gives, which everything that writes takes.

    A part of them (`select`, `pool`) is plain answers again, to be released anew.

    Parameters
    ----------
    instrument : Instrument
        Items, categories, roles and non-answers.
    patterns : numpy.ndarray
        (p, k) int8, distinct and sorted, coded as in `ResponsePatterns`.
    pattern : numpy.ndarray
        (m,) the pattern of each cell.
    keys : mapping of str to Key
        Grouping columns of the cells.
    counts : numpy.ndarray
        (m,) answers in each cell.
    account : Account, optional
        What became of every row that was read, those withheld among them.
    set_aside : ResponsePatterns, optional
        None: released answers are not read on with others.
    reading : Reading, optional
        None: they are not read again.
    disclosure : Disclosure
        The policy that they were released under.
    by : str or None
        The column whose values the output breaks roles down by.
    withheld : tuple of Cell
        The cells that were taken out.
    made_by : object
        Known to `released` alone, so that nothing else makes them.

    Raises
    ------
    UsageError
        Where anything but `answers.released(…)` makes them.

    See Also
    --------
    ResponsePatterns : The answers they are made of, by the method released.
    Disclosure : The policy they are released under.
    write_counts : Write them to a file.

    Examples
    --------
    >>> import omstilling_psychometrics as op
    >>> answers = op.draw_team(leaders=20, team_size=5, rng=1)
    >>> released = answers.released()
    >>> released.is_released, released.n, released.withheld
    (True, 100, ())
    >>> released.select(leader="led01").is_released
    False
    """

    disclosure: Disclosure
    by: str | None
    withheld: tuple[Cell, ...]
    made_by: object = None

    def __post_init__(self) -> None:
        if self.made_by is not _KEY:
            raise UsageError("released answers are made by answers.released(…) alone.")

    @property
    def is_released(self) -> bool:
        """May these answers be written about? Yes."""
        return True

    @property
    def first_line(self) -> str | None:
        """What an output by groups, or of counts by groups, says before anything else."""
        counted_by_groups = self.account is not None and TOTALS in self.account.notes
        return TOTALS if self.disclosure.active and (self.by is not None or counted_by_groups) else None

    @property
    def withheld_roles(self) -> tuple[str, ...]:
        """Roles that are withheld whole, in the instrument's order."""
        order = list(self.instrument.role_keys)
        roles = [cell.role for cell in self.withheld if not cell.values and cell.role]
        return tuple(sorted(roles, key=lambda role: order.index(role) if role in order else len(order)))

    def withheld_groups(self) -> tuple[tuple[str, str], ...]:
        """Groups that are withheld.

        Returns
        -------
        tuple of tuple of str
            (role, value of `by`) of each.
        """
        groups = [(cell.role, cell.values[0][1]) for cell in self.withheld if [name for name, _ in cell.values] == [self.by]]
        return tuple((role, group) for role, group in groups if role and group is not None)

    def of_roles(self, roles: str | None) -> ReleasedAnswers:
        """The answers of some roles, or of all roles mixed on purpose.

        Parameters
        ----------
        roles : str or None
            Names of roles ('a,b'), the others accounted for, or 'all', which mixes them; None leaves them as they are.

        Returns
        -------
        ReleasedAnswers
            Under the same policy.

        Raises
        ------
        UsageError
            For a role that there is not.
        """
        if roles is None or ("role" not in self.keys and not self.withheld_roles):
            if roles not in (None, "all"):
                raise UsageError(f"--roles {quoted(roles)}: the data have no roles. Leave the option out.")
            return self
        if roles == "all":
            return self if "role" not in self.keys else self._part(self.pool("role"), ())
        wanted = [self.role_key(role.strip()) for role in roles.split(",") if role.strip()]
        known = (*self.roles, *self.withheld_roles) if "role" in self.keys else self.withheld_roles
        for role in wanted:
            if role not in known:
                raise UsageError(
                    f"role {quoted(role)} does not occur; there are: {', '.join(known) or 'none'}.{suggestion(role, known)}"
                )
        kept = _rows(self, np.isin(self.keys["role"].codes, [place for place, name in enumerate(self.roles) if name in wanted]))
        account = self.account and self.account.leaving_out("role_not_asked_for", self.n - kept.n)
        return self._part(replace(kept, account=account), tuple(cell for cell in self.withheld if cell.role in wanted))

    def _part(self, answers: ResponsePatterns, withheld: tuple[Cell, ...]) -> ReleasedAnswers:
        return _wrapped(answers, self.disclosure, self.by, withheld)


def _wrapped(
    answers: ResponsePatterns, policy: Disclosure, by: str | None, withheld: tuple[Cell, ...], *, groups: bool = False
) -> ReleasedAnswers:
    """groups: rows of other keys than role, wave and form are written."""
    account = answers.account
    if account is not None and policy.active:
        sources = tuple(replace(source, sha256=None) for source in account.sources)
        notes = account.notes if TOTALS in account.notes or not groups else (TOTALS, *account.notes)
        account = replace(account, sources=sources, notes=notes)
    return ReleasedAnswers(
        instrument=answers.instrument,
        patterns=answers.patterns,
        pattern=answers.pattern,
        keys=answers.keys,
        counts=answers.counts,
        account=account,
        disclosure=policy,
        by=by,
        withheld=withheld,
        made_by=_KEY,
    )


def released(answers: ResponsePatterns, disclosure: Disclosure | None = None, *, by: str | None = None) -> ReleasedAnswers:
    """What may be written of these answers: see `ResponsePatterns.released`."""
    if disclosure is not None:
        require(disclosure, Disclosure, "the disclosure policy", "op.Disclosure() or op.Disclosure.none()")
    if isinstance(answers, ReleasedAnswers):
        if disclosure not in (None, answers.disclosure) or by != answers.by:
            raise UsageError(
                "these answers are released already, under another policy or for other groups. Release what was read."
            )
        return answers
    policy = Disclosure() if disclosure is None else disclosure
    if by is not None:
        answers.size(by)  # refuses a column that is not there
    if not policy.active:
        return _wrapped(_in_groups(answers, by), policy, by, ())
    if by in PEOPLE:
        raise UsageError(
            f"results by '{by}' would name people, and every one of them is withheld. Group by a background variable; the "
            "analysis `multilevel` compares leaders without naming them."
        )
    if by is not None:
        refuse_unsuitable(answers, by, policy)
    columns = [name for name in dict.fromkeys((*_TOLD, by)) if name is not None and name in answers.keys]
    kept, withheld = without_small_cells(answers, policy, [(), *((name,) for name in columns)], by)
    coarse = coarse_background(_in_groups(kept, by), policy, by)
    return _wrapped(coarse, policy, by, withheld, groups=by is not None)


def released_cells(answers: ResponsePatterns, policy: Disclosure, keys: Sequence[str]) -> ReleasedAnswers:
    """What may be written of these answers where every value of the keys within a role, all keys together, is told apart, and
    no other key is left."""
    pooled = [name for name in answers.keys if name not in keys]
    if not policy.active:
        return _wrapped(answers.pool(pooled), policy, None, ())
    for name in keys:
        if name in answers.keys:
            refuse_people(answers, name)
    kept, withheld = without_small_cells(
        answers, policy, [(), [name for name in keys if name in answers.keys and name != "role"]]
    )
    groups = not {*kept.keys} <= {*pooled, "role", *_TOLD}
    return _wrapped(kept.pool(pooled), policy, None, withheld, groups=groups)


def without_small_cells(
    answers: ResponsePatterns, policy: Disclosure, breakdowns: Sequence[Sequence[str]], by: str | None = None
) -> tuple[ResponsePatterns, tuple[Cell, ...]]:
    """The answers without those in cells that are too small, and these cells. breakdowns: keys whose values make cells of a
    role; by: only answers with a value of it count."""
    if answers.account is not None and NOT_SELECTED in answers.account.left_out:
        # Somebody who is withheld may be among those who were not selected, and whoever is not moves their number.
        answers = replace(answers, account=_with_those_not_selected(_account_of(answers, answers.account, 0)))
    everyone = _everyone(answers) if answers.account is not None and answers.account.left_out else None
    kept, withheld, there = answers, set[Cell](), set[Cell]()
    while True:
        sizes = most = _sizes(kept, breakdowns, by)
        if everyone is None and any(policy.withholds(*size) for size in sizes.values()):
            everyone = _everyone(answers)
        if everyone is not None:
            there |= _sizes(everyone, breakdowns, by).keys()
            most = _sizes(_cells(everyone, ~in_cells(withheld, everyone.keys, len(everyone.counts))), breakdowns, by)
        there |= sizes.keys()
        # Where nobody answered, it is nobody's business that one of a few people did not; where everybody went with other
        # cells, the cell goes too.
        last = {cell: sizes.get(cell, most.get(cell, (0, None))) for cell in there}
        small = {cell for cell, size in last.items() if not size[0] or policy.withholds(*size)} - withheld
        if not small:
            return kept, tuple(sorted(withheld, key=lambda cell: (len(cell.values), str(cell))))
        small = _first_to_go(small, last, most, policy)
        withheld |= small
        kept = without(kept, small) if answers.reading is None else answers.reading.without(withheld)


def _everyone(answers: ResponsePatterns) -> ResponsePatterns | None:
    """Every row that was read, those left out included; None where that cannot be told."""
    return None if answers.reading is None else answers.reading.everyone()


def _sizes(answers: ResponsePatterns, breakdowns: Sequence[Sequence[str]], by: str | None) -> dict[Cell, Size]:
    known, grouped = roles_with_leaders(answers), answers
    if by is not None and by in answers.keys and (in_group := answers.keys[by].codes >= 0).any():
        grouped = _cells(answers, in_group)
    return {cell: size for names in breakdowns for cell, size in cell_sizes(grouped, names, known).items()}


def _first_to_go(small: set[Cell], last: Mapping[Cell, Size], most: Mapping[Cell, Size], policy: Disclosure) -> set[Cell]:
    """Of the cells that are too small, those that stay so whoever comes back when others go (a record that was replaced by one
    in a small cell); without such, those of too few respondents: whether leaders of a role are known at all may rest on people
    in these alone, and then nobody else goes for it; then those that stay of too few leaders. All of them without any."""
    surely = {cell for cell in small if cell not in most or most[cell][0] < policy.minimum_respondents}
    few = {cell for cell in small if last[cell][0] < policy.minimum_respondents}
    leaders = {cell for cell in small if policy.withholds(*most.get(cell, (0, None)))}
    return surely or few or leaders or small


def _in_groups(answers: ResponsePatterns, by: str | None) -> ResponsePatterns:
    """The answers with a value of `by`, the others accounted for; all of them where nobody has one."""
    if by is None or by not in answers.keys or not answers.keys[by].levels or not (answers.keys[by].codes < 0).any():
        return answers
    grouped = _rows(answers, answers.keys[by].codes >= 0)
    account = answers.account and answers.account.leaving_out("no_group", answers.n - grouped.n)
    return replace(grouped, account=account)


def _cells(answers: ResponsePatterns, cells: NDArray[np.bool_]) -> ResponsePatterns:
    """Some of the cells of counted answers as they stand, to be looked at and not to be kept: levels and patterns of the others
    are still among theirs."""
    if cells.all():
        return answers
    keys = {name: key.take(cells) for name, key in answers.keys.items()}
    return replace(answers, keys=keys, pattern=answers.pattern[cells], counts=answers.counts[cells])


def _rows(answers: ResponsePatterns, rows: NDArray[np.bool_]) -> ResponsePatterns:
    """Some of the cells of counted answers."""
    keys = {name: key.take(rows) for name, key in answers.keys.items()}
    codes = answers.patterns[answers.pattern[rows]]
    return ResponsePatterns.count(answers.instrument, codes, keys, answers.counts[rows], account=answers.account)


def without(answers: ResponsePatterns, cells: Collection[Cell]) -> ResponsePatterns:
    """The answers that are in none of the cells: read again without them where that is possible, else taken out."""
    if answers.reading is not None:
        return answers.reading.without(cells)
    kept = _rows(answers, ~in_cells(cells, answers.keys, len(answers.counts)))
    return replace(kept, account=answers.account and _account_of(kept, answers.account, answers.n - kept.n))


def _with_those_not_selected(account: Account) -> Account:
    return replace(account, notes=(*account.notes, SELECTED))


def _account_of(kept: ResponsePatterns, before: Account, gone: int) -> Account:
    """The account of what is left. Of rows left out earlier nobody can tell any more whether they were about withheld people:
    they stand in the one line with all that went, and what was noticed about rows goes."""
    left_out = {reason: rows for reason, rows in before.left_out.items() if reason in _NOBODY}
    rest = before.rows_read - before.rows_analysed + gone - sum(left_out.values())
    notes = [note for note in before.notes if notes_in(note)[0].key in _OF_COLUMNS]
    return replace(
        before,
        rows_analysed=before.rows_analysed - gone,
        left_out=dict(sorted({**left_out, WITHHELD: rest}.items())),
        notes=(*notes, *empty_items_note(kept)),
        files=tuple(file.without_values() for file in before.files),
    )
