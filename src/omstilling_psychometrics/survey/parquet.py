"""Counted answers as a Parquet file that stands for the file it was counted from, instrument included.

One row per cell: a text column per key (null where not known), an integer per item (1 … c the position of the category,
after reversal; −1 blank, −2 not shown, −3 … the non-answers in the instrument's order), and `count`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from ..core.errors import DataError, UsageError
from ..core.files import atomic_path, require_ending, require_writable, sha256
from .account import Account, Source
from .checksum import counts_sha256
from .disclosure import Disclosure
from .keys import Key
from .patterns import ResponsePatterns
from .released import ReleasedAnswers, released_cells
from .scale import Instrument
from .takes_answers import takes_answers
from .text import briefly, listed

_METADATA = b"omstilling_psychometrics"
_FORMAT = 3

# Keys that say who people are or where they work, written only when asked for; and those that name one person each.
_PERSONAL = ("respondent", "leader", "organisation")
_PEOPLE = ("respondent", "leader")


class _Format(msgspec.Struct, frozen=True):
    """What every format says of itself."""

    format: int


class _About(_Format, frozen=True, forbid_unknown_fields=True):
    """What the file says about itself; sha256: of the counts, so that rows that were changed or lost are noticed."""

    instrument: Instrument
    account: Account | None
    sha256: str
    minimum_respondents: int
    minimum_leaders: int


@takes_answers
def write_counts(
    patterns: ResponsePatterns, path: str | Path, *, keep: Sequence[str] = (), disclosure: Disclosure | None = None
) -> ReleasedAnswers:
    """Write counted answers to a Parquet file.

    Respondent, leader and organisation are pooled unless `keep` names them; respondents and leaders are never kept under a
    policy that withholds. A group (role × every key kept) that the policy withholds is left out and accounted for as
    `withheld`.

    Parameters
    ----------
    patterns : ResponsePatterns
        As `op.read` gives them.
    path : str or pathlib.Path
        Of the file to write.
    keep : sequence of str, optional
        Of the keys that are pooled otherwise, those to keep.
    disclosure : Disclosure, optional
        The policy; the default one if none is given.

    Returns
    -------
    ReleasedAnswers
        What was written.

    Raises
    ------
    DataError
        Where nothing may be written.
    UsageError
        Where a key to keep is not there or not allowed.

    See Also
    --------
    read : Read what was written.
    anonymise : Write one row per person, under pseudonyms.
    ReleasedAnswers : What may be written.
    Disclosure : The policy.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import omstilling_psychometrics as op
    >>> with TemporaryDirectory() as folder:
    ...     written = op.write_counts(op.draw_team(leaders=20, team_size=5, rng=1), Path(folder) / "counts.parquet")
    ...     again = op.read(Path(folder) / "counts.parquet")
    >>> written.n, again.n, list(again.keys)  # leaders are pooled
    (100, 100, ['role'])
    """
    policy = disclosure or Disclosure()
    target = require_writable(path)
    require_ending(target, "counts are written as Parquet, and read again by that ending", ".parquet")
    for name in keep:
        patterns.size(name)
        if name in _PEOPLE and policy.active:
            raise UsageError(
                f"'{name}' cannot be kept in counts under this disclosure policy, since every group would be the answers of or "
                "about one person. Use --disclosure none if the counts stay in the room."
            )
    dropped = [name for name in _PERSONAL if name in patterns.keys and name not in keep]
    kept = [name for name in patterns.keys if name not in dropped]
    written = released_cells(patterns, policy, kept)
    if not written.n and patterns.n:
        raise DataError(
            f"counts cannot be written: every group ({listed(kept)}) has fewer than {policy.minimum_respondents} respondents "
            f"or {policy.minimum_leaders} leaders. Group by less, or use --disclosure none if the counts stay in the room."
        )
    about = _About(
        format=_FORMAT,
        instrument=written.instrument,
        account=written.account and replace(written.account, files=()),
        sha256=counts_sha256(written),
        minimum_respondents=policy.minimum_respondents,
        minimum_leaders=policy.minimum_leaders,
    )
    with atomic_path(target) as temporary:
        _write(written, about, temporary)
    return written


def _write(patterns: ReleasedAnswers, about: _About, path: Path) -> None:
    import pyarrow.parquet

    table = _table(patterns).replace_schema_metadata({_METADATA: msgspec.json.encode(about)})
    pyarrow.parquet.write_table(table, path, compression="zstd")


def _table(patterns: ResponsePatterns) -> Any:
    """The columns of the file."""
    import pyarrow as pa

    columns: dict[str, Any] = {}
    for name, key in patterns.keys.items():
        codes = pa.array(key.codes, mask=key.codes < 0)
        columns[name] = pa.DictionaryArray.from_arrays(codes, pa.array(key.levels, type=pa.string())).cast(pa.string())
    for position, item in enumerate(patterns.items):
        columns[item] = pa.array(patterns.patterns[patterns.pattern, position], type=pa.int8())
    columns["count"] = pa.array(patterns.counts, type=pa.int64())
    return pa.table(columns)


def counts_metadata(path: str | Path) -> bytes | None:
    """What a Parquet file says about itself if it holds counts written here, else None. Raises DataError if it is damaged."""
    import pyarrow as pa
    import pyarrow.parquet

    try:
        metadata = pyarrow.parquet.read_schema(path).metadata or {}
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DataError(
            f"{Path(path).name}: cannot be read as Parquet ({briefly(error)}). It may be cut off; export it again."
        ) from error
    content: bytes | None = metadata.get(_METADATA)
    return content


def read_counts(path: str | Path) -> ResponsePatterns:
    """Counts written by `write_counts`, with their instrument and account. Raises DataError for any other file."""
    import pyarrow as pa
    import pyarrow.parquet

    name = Path(path).name
    content = counts_metadata(path)
    if content is None:
        raise DataError(f"{name}: holds no counts written by `omstilling counts`.")
    try:
        if (version := msgspec.json.decode(content, type=_Format).format) != _FORMAT:
            raise DataError(f"{name}: counts of format {version}; this version reads format {_FORMAT}. Write them again.")
        about = msgspec.json.decode(content, type=_About)
        counted = _counted(pyarrow.parquet.read_table(path), about)
    except (msgspec.DecodeError, pa.ArrowException, KeyError, ValueError, TypeError, UsageError, OSError) as error:
        raise DataError(f"{name}: damaged counts ({briefly(error)}). Write them again with `omstilling counts`.") from error
    if not counted.n:
        raise DataError(f"{name}: no respondents: the counts are empty.")
    account = about.account or Account(rows_read=counted.n, rows_analysed=counted.n)
    found = Source(name=name, sha256=sha256(path))
    return replace(counted, account=replace(account, sources=(*account.sources, found)))


def _counted(table: Any, about: _About) -> ResponsePatterns:
    """The counts in the columns of a file. Raises ValueError unless they are those that were written."""
    changed = ValueError("their rows are not those that were written")
    items = list(about.instrument.item_keys)
    numbers = [table.column(name) for name in (*items, "count")]
    if any(column.null_count or not str(column.type).startswith("int") for column in numbers):
        raise changed
    keys = {
        column: Key.of([None if value is None else str(value) for value in table.column(column).to_pylist()])
        for column in table.column_names
        if column not in items and column != "count"
    }
    answers = np.column_stack([column.to_numpy() for column in numbers[:-1]])
    counted = ResponsePatterns.count(about.instrument, answers, keys, numbers[-1].to_numpy(), account=about.account)
    if counts_sha256(counted) != about.sha256 or not _table(counted).equals(table):
        raise changed
    return counted
