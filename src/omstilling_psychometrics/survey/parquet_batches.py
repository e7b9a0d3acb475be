"""The rows of a small Parquet file for the engine, decoded and checked by Arrow.

The engine's own decoder believes what a damaged file says: it prints what happened inside it, or ends the process. What comes
from here is valid in memory, of types and within bounds that the engine knows.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

# Rows that are decoded at once.
_ROWS_AT_ONCE = 1 << 17

# Dates and times that can be written on a calendar, wherever on earth; a damaged number may be any other.
_FIRST, _LAST = (datetime(year, 1, 1, tzinfo=UTC) for year in (2, 9999))


def decoded(path: Path, schema: pa.Schema) -> pl.DataFrame:
    """The file with this schema. Raises what Arrow does (ArrowException, OSError, ValueError) where it cannot be decoded."""
    import polars as pl
    import pyarrow.parquet

    types = {field.name: _engine_type(field.type) for field in schema}
    # Lists and records are refused by their type; nobody asks what is in them.
    single = [name for name, kind in types.items() if not kind.is_nested()]
    frames = [pl.DataFrame(schema=types)]
    with pyarrow.parquet.ParquetFile(path) as content:
        for batch in content.iter_batches(batch_size=_ROWS_AT_ONCE, columns=single):
            batch.validate(full=True)
            nothing = [name for name in types if name not in single]
            columns = [_series(name, batch.column(name)) for name in single]
            columns += [pl.repeat(None, batch.num_rows, dtype=types[name], eager=True).alias(name) for name in nothing]
            frames.append(pl.DataFrame(columns).select(list(types)))
    return pl.concat(frames)


def _series(name: str, column: pa.Array) -> pl.Series:
    """A column of single values as one of the engine's. Raises ArrowInvalid for values that are none of their type."""
    import polars as pl
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        return _series(name, column.dictionary_decode())
    if isinstance(column, pa.ExtensionArray):
        return _series(name, column.storage)
    plain = column.cast(_plain_type(column.type))
    if pa.types.is_timestamp(plain.type) or pa.types.is_date(plain.type):
        _require_calendar(plain)
    return pl.Series(name, pl.from_arrow(plain))


def _require_calendar(column: pa.Array) -> None:
    """ArrowInvalid where a date or time is beyond the calendar."""
    import pyarrow as pa
    import pyarrow.compute

    moments = column.cast(pa.timestamp("us", tz=getattr(column.type, "tz", None)))
    bounds = pyarrow.compute.min_max(moments.cast(pa.int64()))
    first, last = (round(one.timestamp() * 1_000_000) for one in (_FIRST, _LAST))
    least, top = bounds["min"].as_py(), bounds["max"].as_py()
    if least is not None and not (first <= least and top < last):
        raise pa.ArrowInvalid("a date that is on no calendar")


def _engine_type(kind: pa.DataType) -> Any:
    """The type of the engine for values of an Arrow type."""
    import polars as pl
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        return _engine_type(kind.value_type)
    if isinstance(kind, pa.BaseExtensionType):
        return _engine_type(kind.storage_type)
    if pa.types.is_struct(kind):
        return pl.Struct({kind.field(place).name: _engine_type(kind.field(place).type) for place in range(kind.num_fields)})
    if pa.types.is_map(kind):
        return pl.List(pl.Struct({"key": _engine_type(kind.key_type), "value": _engine_type(kind.item_type)}))
    if pa.types.is_nested(kind):
        return pl.List(_engine_type(kind.field(0).type))
    return pl.Series(pl.from_arrow(pa.array([], type=_plain_type(kind)))).dtype


def _plain_type(kind: pa.DataType) -> pa.DataType:
    """The type that the engine knows for single values of this one: its own where it does, text for what it does not."""
    import pyarrow as pa

    known = pa.types
    if known.is_null(kind) or known.is_boolean(kind) or known.is_integer(kind) or known.is_date32(kind):
        return kind
    if known.is_floating(kind):
        return pa.float32() if known.is_float16(kind) else kind
    if known.is_decimal128(kind) and 0 <= kind.scale <= kind.precision:
        return kind
    if known.is_date64(kind):
        return pa.timestamp("ms")
    if known.is_timestamp(kind):
        return pa.timestamp("ms" if kind.unit == "s" else kind.unit, tz=_zone(kind.tz))
    if known.is_time(kind):
        return pa.time64("ns")
    if known.is_duration(kind):
        return pa.int64()
    if known.is_binary(kind) or known.is_large_binary(kind) or known.is_fixed_size_binary(kind):
        return pa.large_binary()
    return pa.large_string()


def _zone(name: str | None) -> str | None:
    """A time zone that the engine knows; the moment is the same in all of them."""
    import polars as pl

    if name is None:
        return None
    try:
        pl.Series([], dtype=pl.Datetime(time_zone=name)).dt.convert_time_zone(name)
    except pl.exceptions.PolarsError:
        return "UTC"
    return name
