"""Answers without people: identifiers dropped, leader, respondent and organisation under keyed pseudonyms, background made
coarse until nobody stands out in it, and an account of what was lost (docs/disclosure.md)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..core.errors import DataError, UsageError
from ..core.files import require_ending, require_writable, write_text
from ..core.numerics.arrays import Ints
from .account import SYNTHETIC, Account
from .assembling import assemble
from .background import refuse_people
from .codebook import KEY_COLUMNS, Codebook, load_codebook
from .codes import BLANK, NOT_SHOWN, reason_codes, silent
from .columns import plan_columns
from .csv_text import csv_text
from .disclosure import OTHER, Disclosure, distinct_per_group, size_of
from .instrument import load_instrument
from .keys import Key
from .opening import open_table
from .patterns import ResponsePatterns
from .pseudonyms import pseudonyms, secret_key
from .reading import is_counts
from .scale import Instrument
from .silent_organisations import silent_organisations
from .text import listed

PSEUDONYMOUS = ("respondent", "leader", "organisation")

# Numbers with more different values than this (ages, years) become bands of ten.
_MOST_NUMBERS = 10
_BAND = 10


@dataclass(frozen=True, kw_only=True)
class Coarsened:
    """What became of one background variable: bands of ten or not, levels joined into `other`, records left without it."""

    name: str
    banded: bool
    levels_before: int
    levels_after: int
    joined: int
    emptied: int


@dataclass(frozen=True, kw_only=True)
class Anonymised:
    """The account of an anonymisation.

    k: respondents in the smallest group that shares role, wave, form and every background value; groups: how many such groups.
    account: how the rows of the raw file were used; before: the answers, still with everybody's own keys; keys: those of the
    same cells as they were written.
    """

    output: str
    records: int
    pseudonymous: Mapping[str, int]
    dropped: tuple[str, ...]
    background: tuple[Coarsened, ...]
    k: int
    groups: int
    key_file: str
    account: Account | None
    before: ResponsePatterns = field(repr=False)
    keys: Mapping[str, Key] = field(repr=False)

    def __str__(self) -> str:
        lines = [f"{self.records} records written to {self.output}"]
        names = ", ".join(f"{name} ({number})" for name, number in self.pseudonymous.items())
        lines.append(f"  pseudonyms: {names or 'none'}; key in {self.key_file}: keep it apart from the output, or destroy it")
        lines.append(f"  columns dropped: {listed(self.dropped)}")
        for change in self.background:
            band = ", in bands of ten" if change.banded else ""
            lines.append(
                f"  {change.name}{band}: {change.levels_before} values before, {change.levels_after} after; "
                f"{change.joined} joined into '{OTHER}'; emptied in {change.emptied} records"
            )
        lines.append(f"  k-anonymity over role, wave, form and background: k = {self.k} in {self.groups} groups")
        if self.account is not None:
            lines += [f"  {line}" for line in str(self.account).splitlines()]
        return "\n".join(lines)


def anonymise(
    source: object,
    output: str | Path,
    *,
    key_file: str | Path,
    instrument: Instrument | None = None,
    codebook: Codebook | str | Path | None = None,
    by: Sequence[str] = (),
    disclosure: Disclosure | None = None,
) -> Anonymised:
    """Read raw answers and write them as tidy CSV in which nobody is named.

    Respondents, leaders and organisations get pseudonyms made with a secret key: with the same key file they have the same ones
    in the next wave. Columns that are neither items, keys nor background asked for are dropped, and the result names them.

    Parameters
    ----------
    source : str, pathlib.Path or data frame
        As in `read`.
    output : str or pathlib.Path
        Of the file to write.
    key_file : str or pathlib.Path
        Holds the key of the pseudonyms, made where it does not exist.
    instrument : Instrument, optional
        The scale; the shipped one by default.
    codebook : Codebook, str or pathlib.Path, optional
        As in `read`.
    by : sequence of str, optional
        Background variables to keep beside those of the codebook.
    disclosure : Disclosure, optional
        The policy; the default one if none is given.

    Returns
    -------
    Anonymised
        The account of what was written.

    Raises
    ------
    DataError
        Where a role has too few respondents or leaders for the policy; nothing is written then.
    UsageError
        For counts, which hold nobody, or a key file that is one of the other files.

    See Also
    --------
    write_counts : Write counts, which hold no people at all.
    inspect : See which columns there are before.
    read : Read what was written.
    Disclosure : The policy.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import pandas as pd
    >>> import omstilling_psychometrics as op
    >>> people = {"role": "medarbejder", "respondent": list("abcdef"), "leader": ["x", "y", "z"] * 2}
    >>> frame = pd.DataFrame(people | {item: [1, 2, 3, 4, 5, 4] for item in op.load_instrument().item_keys})
    >>> with TemporaryDirectory() as folder:
    ...     written = op.anonymise(frame, Path(folder) / "answers.csv", key_file=Path(folder) / "key.txt")
    >>> written.records, written.pseudonymous
    (6, {'respondent': 6, 'leader': 3})
    """
    policy = disclosure or Disclosure()
    if is_counts(source):
        raise UsageError("counts hold no people to anonymise; give the file with the answers.")
    target = require_writable(output)
    for other, what in ((output, "the output"), (source, "the raw file")):
        if isinstance(other, (str, Path)) and Path(other).absolute() == Path(key_file).absolute():
            raise UsageError(f"the key file is {what} ('{key_file}'). Name a file of its own for the key.")
    require_ending(target, "the anonymised answers are written as CSV", ".csv")
    scale = instrument or load_instrument()
    book = load_codebook(codebook, scale)
    table = open_table(source, scale, book)
    plan = plan_columns(table.columns, scale, book, by, table.name)
    answers = assemble(table, plan, scale, book, replaceable=PSEUDONYMOUS)
    _refuse_small(answers, policy)
    if policy.active:
        for name in _background(answers.keys):
            refuse_people(answers, name)
    keys, background = _coarse(answers, policy)
    _, sizes = _classes(answers, keys)
    with secret_key(key_file) as key:
        replaced = {name: _replaced(keys[name], key, name) for name in PSEUDONYMOUS if name in keys}
        keys |= replaced
        write_text(target, _text(answers, keys))
    return Anonymised(
        output=str(target),
        records=answers.n,
        pseudonymous={name: len(key.levels) for name, key in replaced.items()},
        dropped=tuple(name for name in table.columns if name not in {*plan.item_columns, *plan.keys.values()}),
        background=background,
        k=int(sizes.min()),
        groups=sizes.size,
        key_file=str(key_file),
        account=answers.account,
        before=answers,
        keys=keys,
    )


def _refuse_small(answers: ResponsePatterns, policy: Disclosure) -> None:
    """DataError naming the roles, or roles in a wave (or in none that is known), that are too small to be shown."""
    parts = list(answers.split("role")) if "role" in answers.keys else [("all", answers)]
    if "wave" in answers.keys:
        waves = [(f"wave {wave}", wave) for wave in answers.keys["wave"].levels] + [("no known wave", None)]
        parts += [(f"{role}, {name}", part.select(wave=wave)) for role, part in parts for name, wave in waves
                  if wave is None or wave in part.keys["wave"].levels]  # fmt: skip
    small = [name for name, part in parts if part.n and policy.withholds(*size_of(part))]
    if small:
        raise DataError(
            f"nothing was written: {listed(small)} has fewer than {policy.minimum_respondents} respondents or "
            f"{policy.minimum_leaders} leaders. Leave the role out under [roles] in the codebook, or set another minimum if "
            "you may."
        )


def _replaced(key: Key, secret: bytes, name: str) -> Key:
    """The same codes under pseudonyms. Their order must not repeat that of the names, so levels are sorted anew."""
    given = pseudonyms(secret, name, key.levels)
    order = sorted(range(len(key.levels)), key=lambda code: given[key.levels[code]])
    place = np.full(len(order) + 1, -1, dtype=np.int64)  # the last place serves the code -1
    place[order] = np.arange(len(order))
    return Key(place[key.codes], tuple(given[key.levels[code]] for code in order))


# ---------------------------------------------------------------- background


def _coarse(answers: ResponsePatterns, policy: Disclosure) -> tuple[dict[str, Key], tuple[Coarsened, ...]]:
    """Keys whose background is coarse enough that every group has the minimum number of respondents."""
    keys = dict(answers.keys)
    names = _background(keys)
    columns: dict[str, tuple[bool, int, int]] = {}
    for name in names:
        banded, was_banded = _banded(keys[name])
        keys[name], joined = _small_levels_joined(answers, banded, policy)
        columns[name] = (was_banded, len(answers.keys[name].levels), joined)
    before = {name: keys[name].codes.copy() for name in names}
    _empty_small_classes(answers, keys, names, policy)
    _keep_organisations_answering(answers, keys)
    return keys, tuple(
        Coarsened(
            name=name,
            banded=columns[name][0],
            levels_before=columns[name][1],
            levels_after=int(np.unique(keys[name].codes[keys[name].codes >= 0]).size),
            joined=columns[name][2],
            emptied=int(answers.counts[keys[name].codes != before[name]].sum()),
        )
        for name in names
    )


def _background(keys: Mapping[str, Key]) -> list[str]:
    """The keys by which somebody may stand out; the form is one, since a form of one's own names a person."""
    return [name for name in keys if name == "form" or name not in KEY_COLUMNS]


def _banded(key: Key) -> tuple[Key, bool]:
    """Ages, years and other numbers of many values in bands of ten ('30-39'); everything else as it is."""
    numbers = [re.fullmatch(r"-?[0-9]{1,6}([.,][0-9]+)?", level) for level in key.levels]
    if len(key.levels) <= _MOST_NUMBERS or not all(numbers):
        return key, False
    bands = [int(float(level.replace(",", ".")) // _BAND) * _BAND for level in key.levels]
    levels = sorted(set(bands))
    place = np.array([*(levels.index(band) for band in bands), -1], dtype=np.int64)
    return Key(place[key.codes], tuple(f"{low}-{low + _BAND - 1}" for low in levels)), True


def _small_levels_joined(answers: ResponsePatterns, key: Key, policy: Disclosure) -> tuple[Key, int]:
    """Values that too few respondents have become the one value `other`."""
    if not key.levels:
        return key, 0
    sizes = distinct_per_group(answers, "respondent", key.codes + 1)
    sizes = np.pad(sizes, (0, len(key.levels) + 1 - sizes.size))[1:]
    small = np.flatnonzero(sizes < policy.minimum_respondents)
    if not small.size:
        return key, 0
    large = [code for code in range(len(key.levels)) if code not in set(small.tolist())]
    levels = (*(key.levels[code] for code in large), OTHER)
    place = np.full(len(key.levels) + 1, len(large), dtype=np.int64)
    place[large] = np.arange(len(large))
    place[-1] = -1
    return Key(place[key.codes], levels), int(small.size)


def _empty_small_classes(answers: ResponsePatterns, keys: dict[str, Key], names: Sequence[str], policy: Disclosure) -> None:
    """Local suppression: in groups that are too small the background is emptied, the variable with most values first.
    Records that are emptied completely may still be too few among themselves; the smallest groups of their role and wave
    then join them."""
    for name in sorted(names, key=lambda key_name: -len(keys[key_name].levels)):
        cell, sizes = _classes(answers, keys)
        small = (sizes < policy.minimum_respondents)[cell]
        keys[name] = Key(np.where(small, -1, keys[name].codes), keys[name].levels)
    while True:
        cell, sizes = _classes(answers, keys)
        too_small = np.flatnonzero(sizes < policy.minimum_respondents)
        if not too_small.size:
            return
        unit = _unit(answers)
        alone = unit[np.flatnonzero(cell == too_small[0])[0]]
        beside = np.setdiff1d(np.unique(cell[unit == alone]), too_small)
        if not beside.size:
            return  # the role itself is that small, which the policy has allowed
        next_smallest = beside[np.argmin(sizes[beside])]
        joined = (cell == next_smallest) | np.isin(cell, too_small) & (unit == alone)
        for name in names:
            keys[name] = Key(np.where(joined, -1, keys[name].codes), keys[name].levels)


def _keep_organisations_answering(answers: ResponsePatterns, keys: dict[str, Key]) -> None:
    """Without the form of some, the others with that form in an organisation may be those who left everything blank, and would
    be read as not shown the theme. The form is then emptied for all, which makes no group smaller."""
    codes = answers.patterns[answers.pattern]
    if "form" in keys and silent_organisations(~silent(codes), keys, np.ones(len(codes), dtype=bool))[1].any():
        keys["form"] = Key(np.full_like(keys["form"].codes, -1), keys["form"].levels)


def _unit(answers: ResponsePatterns) -> Ints:
    """Role and wave of every cell as one integer (m,)."""
    return _dense([answers.keys[name].codes for name in ("role", "wave") if name in answers.keys], len(answers.counts))


def _classes(answers: ResponsePatterns, keys: Mapping[str, Key]) -> tuple[Ints, NDArray[np.int64]]:
    """Group of every cell by role, wave and background (m,), and the respondents in each group."""
    names = [name for name in keys if name in ("role", "wave") or name in _background(keys)]
    cell = _dense([keys[name].codes for name in names], len(answers.counts))
    return cell, distinct_per_group(answers, "respondent", cell)


def _dense(columns: Sequence[Ints], n: int) -> Ints:
    if not columns:
        return np.zeros(n, dtype=np.int64)
    return np.unique(np.column_stack(columns), axis=0, return_inverse=True)[1].ravel()


# ---------------------------------------------------------------- writing


def _text(answers: ResponsePatterns, keys: Mapping[str, Key]) -> str:
    """The table, its rows sorted; simulated answers say that they are, in a column of their own."""
    synthetic = answers.account is not None and SYNTHETIC in answers.account.notes and SYNTHETIC not in keys
    mark = {SYNTHETIC: "yes"} if synthetic else {}
    rows = ([*row, *mark.values()] for row in sorted(_rows(answers, keys), key=str))
    return csv_text([*keys, *answers.items, *mark], rows)


def _rows(answers: ResponsePatterns, keys: Mapping[str, Key]) -> Iterator[list[str]]:
    """One row per record: keys as text, items as they were answered (reversed ones turned back)."""
    words = {code: name for name, code in reason_codes(answers.instrument).items()} | {BLANK: "", NOT_SHOWN: "not_shown"}
    c = len(answers.instrument.categories)
    words |= {place + 1: str(value) for place, value in enumerate(answers.instrument.categories)}
    turned = np.array([item.reversed for item in answers.instrument.items])
    codes = np.where(turned & (answers.patterns > 0), c + 1 - answers.patterns, answers.patterns)
    texts = [[words[code] for code in row] for row in codes.tolist()]
    columns = [[*key.levels, ""] for key in keys.values()]
    cells = np.column_stack([key.codes for key in keys.values()]).tolist() if keys else [[] for _ in answers.counts]
    for cell, pattern, count in zip(cells, answers.pattern.tolist(), answers.counts.tolist(), strict=True):
        named = [levels[code] for levels, code in zip(columns, cell, strict=True)]
        for _ in range(count):
            yield [*named, *texts[pattern]]
