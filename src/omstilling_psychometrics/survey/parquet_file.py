"""Parquet files of answers: small ones decoded by Arrow, large ones scanned by the engine."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.errors import DataError
from ..core.files import sha256
from .account import Source
from .frames import FrameTable, engine_failures, index_name
from .parquet_batches import decoded
from .text import briefly, listed

if TYPE_CHECKING:
    import pyarrow as pa

# Files up to this size are decoded once more before they are counted, which takes less than a second.
_VERIFIED_BYTES = 1 << 24

# Files of so few values are decoded by Arrow alone, at once.
_SMALL_CELLS = 1 << 23

# A column of equal values takes next to nothing, so that a small file can declare any number of rows. More rows than this are
# taken only from files with a byte for so many of them.
_ROWS_MATTER_FROM = 1 << 24
_ROWS_PER_BYTE = 20


def open_parquet(path: Path) -> FrameTable:
    """A Parquet file, its columns known. Raises DataError where it is damaged, or declares what its size does not bear out."""
    import narwhals as nw
    import polars as pl
    import pyarrow as pa
    import pyarrow.parquet

    try:
        metadata = pyarrow.parquet.read_metadata(path)
        schema = metadata.schema.to_arrow_schema()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    columns = tuple(schema.names)
    if not columns:
        raise DataError(f"{path.name}: the file has no columns. Export the answers again.")
    if metadata.num_rows > max(_ROWS_MATTER_FROM, _ROWS_PER_BYTE * path.stat().st_size):
        raise DataError(
            f"{path.name}: declares {metadata.num_rows} rows in {path.stat().st_size} bytes, which no answers are. It was not "
            "read. Export the answers again, or count them (`omstilling counts`)."
        )
    if twice := sorted({name for name in columns if columns.count(name) > 1}):
        raise DataError(f"{path.name}: column names must be unique; several columns are named {listed(twice)}. Rename them.")
    index = index_name(columns)
    size = path.stat().st_size
    small = size <= _VERIFIED_BYTES and metadata.num_rows * len(columns) <= _SMALL_CELLS
    try:
        if small:
            frame: Any = decoded(path, schema).lazy().with_row_index(index)
        elif wide := [field.name for field in schema if pa.types.is_decimal256(field.type)]:
            frame = pl.DataFrame(_narrowed(path, schema, wide)).lazy().with_row_index(index)
        else:
            pl.read_parquet_schema(path)
            frame = pl.scan_parquet(path, row_index_name=index, glob=False)
    except (pa.ArrowException, ValueError, *engine_failures()) as error:
        raise _unreadable(path, error) from error
    return FrameTable(
        frame=nw.from_native(frame),
        name=path.name,
        columns=columns,
        source=Source(name=path.name, sha256=sha256(path)),
        facts={"format": "Parquet file"},
        row_index=index,
        failures=engine_failures(),
        verify=partial(_verify, path) if size <= _VERIFIED_BYTES and not small else None,
    )


def _narrowed(path: Path, schema: pa.Schema, wide: Sequence[str]) -> pa.Table:
    """The file with the columns of decimals of more than 38 digits as text: the engine knows no such numbers."""
    import pyarrow as pa
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(path)
        types = [pa.string() if field.name in wide else field.type for field in schema]
        return table.cast(pa.schema(zip(schema.names, types, strict=True)))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def _verify(path: Path, columns: Sequence[str]) -> None:
    """DataError where a column cannot be decoded. The engine would find that out too, but some damage makes it print
    what happened inside it, over which nobody would see the one message that matters."""
    import pyarrow as pa
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(path) as content:
            for _ in content.iter_batches(columns=list(columns)):
                pass
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: BaseException) -> DataError:
    return DataError(f"{path.name}: cannot be read as Parquet ({briefly(error)}). It may be cut off; export it again.")
