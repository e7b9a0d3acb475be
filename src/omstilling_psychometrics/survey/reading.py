"""From a file or data frame to counted answer patterns: the one entry to everything that can be read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

from ..core.errors import DataError, UsageError, require
from .assembling import assemble
from .codebook import Codebook, load_codebook
from .columns import plan_columns
from .described_scale import DescribedScale, in_a_tuple
from .disclosure import Cell
from .instrument import load_instrument
from .opening import existing, open_table
from .parquet import counts_metadata, read_counts
from .patterns import ResponsePatterns
from .records import one_record_each
from .released import without
from .scale import Instrument
from .text import listed, quoted


def read(
    source: object,
    *,
    instrument: Instrument | str | Path | None = None,
    codebook: Codebook | str | Path | None = None,
    by: Sequence[str] = (),
    items: Sequence[str] | None = None,
    categories: Sequence[int] | Mapping[int, str] | None = None,
    reversed: Sequence[str] = (),
    non_answers: Mapping[Any, str] | None = None,
    minimum_answered: int | None = None,
    role: str | None = None,
    leader: str | None = None,
    respondent: str | None = None,
    organisation: str | None = None,
    wave: str | None = None,
    form: str | None = None,
    completed: str | None = None,
) -> ResponsePatterns:
    """Read and count answers.

    Keys kept: role, wave, form, organisation, leader and respondent where present. The account of the result says how every
    row was used. A scale that has no instrument file is described by `items` and `categories`; the other arguments say what
    the columns and values of these data are, in the place of a codebook.

    Parameters
    ----------
    source : str, pathlib.Path or data frame
        Path of a file (.csv and other text, .xlsx, .sav, .dta, .parquet, counts written by `omstilling counts`), or any data
        frame that narwhals knows; lazy ones are counted by their own engine.
    instrument : Instrument, str or pathlib.Path, optional
        The scale, or the path of its file; the shipped *Ledelse af digital omstilling* by default.
    codebook : Codebook, str or pathlib.Path, optional
        How columns and values are to be read where they are not named as the instrument names them.
    by : sequence of str, optional
        Further columns to keep as grouping keys, such as background variables.
    items : sequence of str, optional
        Columns that are the items of a scale of your own, in its order; then there is no instrument file and no codebook.
    categories : sequence of int, or mapping of int to str, optional
        What can be answered, as in range(1, 6), whether or not somebody did; or each value with its label, which the data may
        hold in its place. Goes with `items`.
    reversed : sequence of str, optional
        Items that run the other way; they are scored the other way round. Goes with `items`.
    non_answers : mapping, optional
        Values that are no answers, each with its reason: {8: "ved_ikke", 9: "blank"}. Of a scale of your own any names do,
        and those of an instrument are its own; `blank` (left empty) and `not_shown` are known to all.
    minimum_answered : int, optional
        Answered items that a scale score needs; half of them, rounded up, by default. Goes with `items`.
    role, leader, respondent, organisation, wave, form, completed : str, optional
        Column that holds it; a column of that very name needs no argument. With `items`, the values of the role column are
        the roles.

    Returns
    -------
    ResponsePatterns
        Counted answers.

    Raises
    ------
    DataError
        Where the data cannot be used as they are.
    InstrumentError
        Where the arguments describe no scale.
    UsageError
        For a column that the data do not have, arguments that contradict each other, or an instrument or codebook that is
        none.

    See Also
    --------
    read_all : Read several files as one.
    inspect : See what a file holds, and a draft of its codebook.
    load_instrument : Read the declaration of a scale.
    write_counts : Write what was read as counts.

    Examples
    --------
    >>> import pandas as pd
    >>> import omstilling_psychometrics as op
    >>> items = op.load_instrument().item_keys
    >>> answers = op.read(pd.DataFrame({item: [1, 4, 4, None] for item in items}).assign(role="medarbejder"))
    >>> answers.n, len(answers.patterns)
    (4, 3)

    A scale of your own, its answers in a data frame:

    >>> frame = pd.DataFrame({"q1": [1, 5, 4, 8], "q2": [5, 1, 2, 2], "boss": ["A", "A", "B", "B"]})
    >>> own = op.read(
    ...     frame, items=["q1", "q2"], categories=range(1, 6), reversed=["q2"], non_answers={8: "dont_know"}, leader="boss"
    ... )
    >>> own.n, own.items, op.items(own).value("mean", item="q2")
    (4, ('q1', 'q2'), 3.5)
    """
    names = [by] if isinstance(by, str) else list(by)
    columns = {
        "role": role, "leader": leader, "respondent": respondent, "organisation": organisation, "wave": wave, "form": form,
        "completed": completed,
    }  # fmt: skip
    described = DescribedScale(
        items=in_a_tuple(items),
        categories=in_a_tuple(categories),
        reversed=in_a_tuple(reversed) or (),
        non_answers={} if non_answers is None else non_answers,
        minimum_answered=minimum_answered,
        columns={name: column for name, column in columns.items() if column is not None},
    )
    if items is not None and not (instrument is None and codebook is None):
        raise UsageError(
            "op.read: items describes a scale in the place of an instrument file and a codebook. Give items=[…] with its "
            "companions, or instrument=… and codebook=…."
        )
    given = load_instrument(instrument) if isinstance(instrument, (str, Path)) else instrument
    if given is not None:
        require(given, Instrument, "the instrument", "the path of an instrument file, or what op.load_instrument gives")
    if is_counts(source):
        if described != DescribedScale():
            raise UsageError(f"{source}: these are counts, which were coded when they were written. Leave the arguments out.")
        return _counts(source, given, codebook, names)
    scale = described.instrument() if items is not None else given or load_instrument()
    book = described.codebook(load_codebook(codebook, scale), scale)
    table = open_table(source, scale, book, names)
    described.require_columns(table)
    plan = plan_columns(table.columns, scale, book, names, table.name)
    return assemble(table, plan, scale if items is None else described.with_roles(table, plan), book)


def keep_interrupts() -> None:
    """Take Ctrl-C back from the engine: once imported, it answers itself, and forgets it when it comes late in a query.

    For programs that read files, called once before; a library leaves signals alone.
    """
    import signal
    import threading

    import polars  # noqa: F401

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.getsignal(signal.SIGINT))


def read_all(
    sources: Sequence[object],
    *,
    instrument: Instrument | str | Path | None = None,
    codebook: Codebook | str | Path | None = None,
    by: Sequence[str] = (),
) -> ResponsePatterns:
    """Several files or frames as one: each is read by itself and the counts are added.

    Keys that are not in all of them are pooled, with the note `keys_not_in_all`. A record that is in several of them counts
    once.

    Parameters
    ----------
    sources : sequence of str, pathlib.Path or data frame
        As in `read`.
    instrument : Instrument, str or pathlib.Path, optional
        As in `read`.
    codebook : Codebook, str or pathlib.Path, optional
        For those that are not counts already.
    by : sequence of str, optional
        Further columns to keep as grouping keys.

    Returns
    -------
    ResponsePatterns
        Counted answers of all.

    Raises
    ------
    DataError
        Where the same file is given twice, or records of one respondent differ; and as `read`.
    UsageError
        For no file, or one that is not in a list; and as `read`.

    See Also
    --------
    read : Read one file or frame.
    inspect : See what a file holds before.
    ResponsePatterns : What is read; two of them are added with +.

    Examples
    --------
    >>> import pandas as pd
    >>> import omstilling_psychometrics as op
    >>> items = op.load_instrument().item_keys
    >>> team = pd.DataFrame({item: [1, 4, 4] for item in items}).assign(role="medarbejder")
    >>> leaders = pd.DataFrame({item: [2, 4] for item in items}).assign(role="leder")
    >>> answers = op.read_all([team, leaders])
    >>> answers.n, answers.select(role="leder").n
    (5, 2)
    """
    if isinstance(sources, (str, Path)) or not isinstance(sources, Sequence):
        raise UsageError(f"op.read_all takes a list of files or frames, and got a {type(sources).__name__}. op.read reads one.")
    if not sources:
        raise UsageError("no file to read.")
    if len(sources) == 1:
        return read(sources[0], instrument=instrument, codebook=codebook, by=by)
    parts = [read(source, instrument=instrument, codebook=None if is_counts(source) else codebook, by=by) for source in sources]
    checksums = [one.sha256 for part in parts if part.account is not None for one in part.account.sources if one.sha256]
    for checksum in checksums:
        if checksums.count(checksum) > 1:
            twice = [found.name for part in parts if part.account for found in part.account.sources if found.sha256 == checksum]
            raise DataError(f"the same answers are given twice: {listed(twice)}. Name every file once.")
    _require_one_instrument(sources, parts)
    return replace(_added(parts), reading=_Together(tuple(parts)))


def _rows_of_all(parts: Sequence[ResponsePatterns]) -> ResponsePatterns:
    """The counts of several files together; keys that are not in all of them are pooled."""
    common = set.intersection(*(set(part.keys) for part in parts))
    return reduce(add, (part.pool([name for name in part.keys if name not in common]) for part in parts))


def _added(parts: Sequence[ResponsePatterns], *, looked_at: bool = False) -> ResponsePatterns:
    """The counts of several files as one, every record once. looked_at: some of what has been added before."""
    total = one_record_each(_rows_of_all(parts), "the files together", looked_at=looked_at)
    lacking = sorted({name for part in parts for name in part.keys} - set(total.keys))
    if lacking and total.account is not None:
        note = "keys_not_in_all: " + ", ".join(lacking)
        total = replace(total, account=replace(total.account, notes=(*total.account.notes, note)))
    return total


@dataclass(frozen=True)
class _Together:
    """How several files were read; of counts among them only what was counted is left."""

    parts: tuple[ResponsePatterns, ...]

    def everyone(self) -> ResponsePatterns:
        every = [part if part.reading is None else part.reading.everyone() for part in self.parts]
        return _rows_of_all(every).without_account()

    def without(self, cells: Collection[Cell]) -> ResponsePatterns:
        return _added([without(part, cells) for part in self.parts], looked_at=True)


def _require_one_instrument(sources: Sequence[object], parts: Sequence[ResponsePatterns]) -> None:
    """DataError naming two of the sources whose instruments differ; counts bring their own."""
    named = [
        f"{Path(source).name if isinstance(source, (str, Path)) else f'data frame {number}'} ({quoted(part.instrument.key)})"
        for number, (source, part) in enumerate(zip(sources, parts, strict=True), start=1)
    ]
    for name, part in zip(named, parts, strict=True):
        if part.instrument != parts[0].instrument:
            raise DataError(
                f"{named[0]} and {name} hold answers to different instruments, which cannot be added. Counts bring their own "
                "instrument, other files get that of --instrument. Analyse them apart, or count again with one instrument."
            )


def is_counts(source: object) -> bool:
    """Is this the path of counts written by `omstilling counts`?"""
    if not isinstance(source, (str, Path)) or Path(source).suffix.lower() != ".parquet":
        return False
    return counts_metadata(existing(source)) is not None


def _counts(source: object, instrument: Instrument | None, codebook: object, by: Sequence[str]) -> ResponsePatterns:
    counted = read_counts(existing(str(source)))
    name = Path(str(source)).name
    if codebook is not None:
        raise UsageError(
            f"{name}: these are counts, coded when they were written; a codebook cannot change them. Leave it out."
        )
    if instrument is not None and instrument != counted.instrument:
        raise DataError(
            f"{name}: the counts were made with another instrument ({quoted(counted.instrument.key)}) than the one given "
            f"({quoted(instrument.key)}). Leave --instrument out to use theirs, or count the answers again."
        )
    for key in by:
        if key not in counted.keys:
            raise UsageError(
                f"{name}: the counts hold no {quoted(key)} to group by; they hold: {listed(counted.keys)}. "
                "Write them again with that column."
            )
    return counted
