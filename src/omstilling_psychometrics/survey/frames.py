"""Any data frame that narwhals knows as a source of answers; lazy ones are counted by their own engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from ..core.errors import DataError, UsageError
from .account import Source
from .coding import ValueLabels
from .columns import distinct_names
from .counting import count_rows, count_values
from .table import ROWS_TOLD, Grouped, grouped_from_arrow
from .text import briefly, listed, normalised, quoted, raw_text

_COUNT = "count of equal rows"


@dataclass(frozen=True, kw_only=True)
class FrameTable:
    """A narwhals frame, eager or lazy.

    row_index: name of a column that numbers the rows from 0, where the frame has one; first_row: the number that people
    see beside its first row (2 under a header). failures: what the engine raises for a damaged file.
    verify: looks through columns before the engine does, where the engine would not refuse damage quietly.
    """

    frame: Any
    name: str
    columns: tuple[str, ...]
    source: Source | None = None
    labels: Mapping[str, ValueLabels] = field(default_factory=dict)
    descriptions: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    row_index: str | None = None
    first_row: int = 1
    failures: tuple[type[BaseException], ...] = ()
    verify: Callable[[Sequence[str]], None] | None = None

    def _engine(self, compute: Callable[[], Any]) -> Any:
        """What `compute` returns. Raises DataError where the engine says that the file is damaged."""
        try:
            return compute()
        except self.failures as error:
            raise DataError(f"{self.name}: cannot be read ({briefly(error)}). It may be damaged; export it again.") from error

    def _computed(self, result: Any) -> Any:
        """A result as an Arrow table. A lazy one is computed by its own engine, by polars in its streaming mode, for files
        larger than memory."""

        def compute() -> Any:
            if not hasattr(result, "collect"):
                return result.to_arrow()
            options = {"engine": "streaming"} if result.implementation.is_polars() else {"backend": "pyarrow"}
            return result.collect(**options).to_arrow()

        return self._engine(compute)

    def _chosen(self, columns: Sequence[str]) -> Any:
        """The frame with these columns only. Raises DataError where one holds anything but single values, or is damaged."""
        if self.verify is not None:
            self.verify(columns)
        chosen = self.frame.select(*columns)
        for name, dtype in chosen.collect_schema().items():
            if dtype.is_nested():
                raise DataError(f"{self.name}: the column {quoted(name)} holds lists or records ({dtype}), not single values.")
        return chosen if hasattr(chosen, "collect") else _plain_objects(chosen)

    def group(self, columns: Sequence[str], at_most: Mapping[str, int] | None = None) -> Grouped:
        """Distinct rows of `columns` and how many rows are equal to each. Raises TooManyValues where polars sees more different
        values than `at_most` in a column."""
        import narwhals as nw

        chosen = self._chosen(columns)
        if chosen.implementation.is_polars():
            grouped = self._engine(lambda: count_rows(chosen.to_native().lazy(), list(columns), at_most or {}))
            if grouped is not None:
                return cast(Grouped, grouped)
        counted = chosen.group_by(*columns, drop_null_keys=False).agg(nw.len().alias(_COUNT))
        return grouped_from_arrow(self._computed(counted), _COUNT)

    @property
    def problems(self) -> Mapping[str, str]:
        """Columns that hold lists or records."""
        schema = self.frame.collect_schema()
        return {name: f"lists or records ({schema[name]})" for name in self.columns if schema[name].is_nested()}

    def tallies(self, columns: Sequence[str], at_most: int) -> dict[str, dict[object, int] | None]:
        """Rows per raw value of each of `columns`; None where one has more than `at_most`, or holds no single values."""
        nested = self.problems
        single = [name for name in columns if name not in nested]
        counts: dict[str, dict[object, int] | None] = dict.fromkeys(columns)
        if not single:
            return counts
        chosen = self._chosen(single)
        if chosen.implementation.is_polars():
            counts |= self._engine(lambda: count_values(chosen.to_native().lazy(), at_most))
            return counts
        return counts | {name: self._tally(chosen, name, at_most) for name in single}

    def _tally(self, chosen: Any, column: str, at_most: int) -> dict[object, int] | None:
        import narwhals as nw

        if chosen.implementation.is_pyarrow():
            counted = chosen.to_native().column(column).value_counts()
            if len(counted) > at_most:
                return None
            return dict(zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True))
        counted = chosen.group_by(column, drop_null_keys=False).agg(nw.len().alias(_COUNT)).head(at_most + 1)
        grouped = grouped_from_arrow(self._computed(counted), _COUNT)
        raw = grouped.columns[column]
        occurring = raw.occurring(grouped.counts).tolist()
        return None if len(raw.values) > at_most else dict(zip(raw.values, occurring, strict=True))

    def rows(self) -> int:
        """The number of rows."""
        import narwhals as nw

        return int(self._computed(self.frame.select(nw.len().alias(_COUNT))).column(_COUNT)[0].as_py())

    def head(self, columns: Sequence[str], rows: int) -> dict[str, list[object]]:
        """The first `rows` rows of `columns`."""
        chosen = self.frame.select(*columns).head(rows)
        first = self._computed(chosen if hasattr(chosen, "collect") else _plain_objects(chosen))
        return {name: first.column(name).to_pylist() for name in columns}

    def where(self, column: str, value: object, rows: int = ROWS_TOLD) -> str:
        """The first rows in which `column` holds `value`; '' for engines whose rows have no order."""
        import narwhals as nw

        frame, index = self.frame, self.row_index
        if index is None:
            if hasattr(frame, "collect"):
                return ""
            index = "row number " + "_" * max((len(name) for name in self.columns), default=0)
            frame = _plain_objects(frame.select(column)).with_row_index(index)
        condition = nw.col(column).is_null() if value is None else nw.col(column) == value
        places = self._computed(frame.filter(condition).select(index).head(rows)).column(index).to_pylist()
        header = " (the header is row 1)" if self.first_row == 2 else ""
        numbers = ", ".join(str(place + self.first_row) for place in places)
        return f"row{'s' if len(places) > 1 else ''} {numbers}{header}" if places else ""


def _plain_objects(frame: Any) -> Any:
    """Columns of arbitrary Python objects (numbers and text mixed) as text, which engines can group by."""
    import narwhals as nw

    mixed = [name for name, dtype in frame.schema.items() if dtype == nw.Object]
    if not mixed:
        return frame
    texts = [
        nw.new_series(
            name, [raw_text(value) for value in frame.get_column(name).to_list()], nw.String, backend=frame.implementation
        )
        for name in mixed
    ]
    return frame.with_columns(*texts)


def _with_distinct_names(native: Any) -> Any:
    """A pandas or Arrow frame with the place of each column behind names that several have; what else there is as it is."""
    for given, rename in (("columns", "set_axis"), ("column_names", "rename_columns")):
        names = list(getattr(native, given, ()) if hasattr(native, rename) else ())
        if all(isinstance(name, str) for name in names) and len(set(names)) < len(names):
            renamed = list(distinct_names([normalised(name) for name in names]))
            return native.set_axis(renamed, axis=1) if rename == "set_axis" else native.rename_columns(renamed)
    return native


def open_frame(native: object, name: str = "data frame") -> FrameTable:
    """Any data frame that narwhals knows as a table. Raises UsageError for anything else."""
    import narwhals as nw

    try:
        frame = nw.from_native(_with_distinct_names(native))
        columns = list(frame.collect_schema().names())
    except TypeError as error:
        raise UsageError(
            f"cannot read a {type(native).__name__}. Give the path of a file (.csv, .xlsx, .sav, .dta, .parquet) or a data "
            "frame "
            "(pandas, polars, pyarrow, DuckDB, Dask, PySpark)."
        ) from error
    except nw.exceptions.DuplicateError as error:
        raise DataError(f"{name}: column names must be unique ({briefly(error)}). Rename the columns.") from error
    odd = [column for column in columns if not isinstance(column, str)]
    if odd:
        raise DataError(f"{name}: column names must be text; got {listed(odd)}. Rename the columns.")
    facts = {"format": f"data frame of {frame.implementation.name.lower()}"}
    return FrameTable(frame=frame, name=name, columns=tuple(columns), facts=facts)


def engine_failures() -> tuple[type[BaseException], ...]:
    """What the engine raises, by itself or through narwhals, when the content of a file is damaged."""
    import narwhals as nw
    import polars as pl

    return (nw.exceptions.NarwhalsError, pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, UnicodeError)


def index_name(columns: Sequence[str]) -> str:
    """A name for the column of row numbers that no column of the file has."""
    return "row number " + "_" * max(len(name) for name in columns)
