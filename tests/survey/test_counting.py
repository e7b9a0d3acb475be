"""Rows counted as packed integers: the same as the engine's GROUP BY, whatever the batches and however values arrive."""

from __future__ import annotations

from collections import Counter
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omstilling_psychometrics.survey import counting
from omstilling_psychometrics.survey.counting import count_rows, count_values
from omstilling_psychometrics.survey.table import Grouped, TooManyValues

TEXTS = st.sampled_from(["1", "2", "5", "ved_ikke", "", "æ", None]) | st.text(max_size=2)
NUMBERS = st.none() | st.integers(-3, 9) | st.integers(-(2**40), 2**40)
CODES = st.none() | st.integers(-3, 9)
ROWS = st.lists(st.tuples(TEXTS, CODES, NUMBERS), max_size=60)
# Too many different values for one integer per row.
WIDE_ROWS = st.lists(st.tuples(TEXTS, CODES, NUMBERS, CODES, NUMBERS | st.integers(-(2**60), 2**60)), max_size=60)


def frame(rows: list[tuple[Any, ...]]) -> pl.LazyFrame:
    schema = {"text": pl.String, "code": pl.Int8, "number": pl.Int64, "other": pl.Int8, "long": pl.Int64}
    given = dict(list(schema.items())[: len(rows[0]) if rows else 3])
    return pl.LazyFrame(rows, schema=given, orient="row")


def as_counter(grouped: Grouped) -> Counter[tuple[object, ...]]:
    """Distinct rows of raw values to their number; a row twice would be lost, so the lengths must agree."""
    columns = [[raw.values[code] for code in raw.codes.tolist()] for raw in grouped.columns.values()]
    rows = list(zip(*columns, strict=True))
    assert len(set(rows)) == len(rows)
    return Counter(dict(zip(rows, grouped.counts.tolist(), strict=True)))


@settings(max_examples=60, deadline=None)
@given(ROWS | WIDE_ROWS, st.sampled_from([1, 7, 1000]), st.sampled_from([1, 20, 1 << 24]), st.sampled_from([1, 1 << 22]))
def test_rows_are_counted_exactly(rows: list[tuple[Any, ...]], batch: int, buffer: int, table: int) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(counting, "_BATCH_ROWS", batch)
        patched.setattr(counting, "_BUFFER_ROWS", buffer)
        patched.setattr(counting, "_TABLE", table)
        patched.setattr(counting, "_FEW_DISTINCT", 0.0)
        found = count_rows(frame(rows), frame(rows).collect_schema().names())
    assert found is not None
    assert as_counter(found) == Counter(rows)


def test_categories_keep_their_texts() -> None:
    one = pl.DataFrame({"a": ["x", "y", None, "x"], "b": ["q", "p", "q", "q"]})
    typed = one.with_columns(pl.col("a").cast(pl.Categorical), pl.col("b").cast(pl.Enum(["p", "q"]))).lazy()
    found = count_rows(typed, ["b", "a"])
    assert found is not None
    assert list(found.columns) == ["b", "a"]
    assert as_counter(found) == {("q", "x"): 2, ("p", "y"): 1, ("q", None): 1}


@pytest.mark.parametrize("dtype", [pl.Float64, pl.Boolean, pl.Date, pl.UInt64])
def test_other_types_are_left_to_the_engine(dtype: Any) -> None:
    assert count_rows(pl.LazyFrame({"a": pl.Series([None, None], dtype=dtype)}), ["a"]) is None


def test_few_distinct_rows_are_left_to_the_engine() -> None:
    assert count_rows(pl.LazyFrame({"a": [1, 2] * 5}), ["a"]) is None
    assert count_rows(pl.LazyFrame({"a": [1, 2, 3, 1]}), ["a"]) is not None


def test_rows_of_more_bits_than_an_integer_has_are_counted_in_several() -> None:
    wide = pl.LazyFrame({"a": [0, 2**40, None, 2**40], "b": [2**40, 0, 1, 0], "c": [5, 6, 5, 6]})
    found = count_rows(wide, ["a", "b", "c"])
    assert found is not None
    assert as_counter(found) == {(0, 2**40, 5): 1, (2**40, 0, 6): 2, (None, 1, 5): 1}


def test_integers_spread_more_widely_than_an_integer_are_left_to_the_engine() -> None:
    wide = pl.LazyFrame({"a": [0, 2**62], "b": [2**40, 0]})
    assert count_rows(wide, ["a", "b"]) is None
    assert count_rows(wide, ["b"]) is not None


def test_values_of_columns_are_counted_up_to_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    values = pl.LazyFrame({"a": ["x", None, "y", "x", "x", "z"], "b": [1, 1, 2, 2, 2, 1]})
    monkeypatch.setattr(counting, "_BATCH_ROWS", 2)
    monkeypatch.setattr(counting, "_LEAST_BATCH_ROWS", 1)
    assert count_values(values, 4) == {"a": {"x": 3, None: 1, "y": 1, "z": 1}, "b": {1: 3, 2: 3}}
    assert count_values(values, 3) == {"a": None, "b": {1: 3, 2: 3}}
    assert count_values(pl.LazyFrame({"a": []}, schema={"a": pl.String}), 3) == {"a": {}}


def test_a_column_with_more_values_than_it_may_have_stops_the_counting() -> None:
    wide = pl.LazyFrame({"a": [str(place) for place in range(100)], "b": list(range(100))})
    for column in ("a", "b"):
        with pytest.raises(TooManyValues, match=column):
            count_rows(wide, ["a", "b"], {column: 99})
        assert count_rows(wide, ["a", "b"], {column: 100}) is not None
    beside = wide.with_columns(pl.lit(0.5).alias("c"))
    with pytest.raises(TooManyValues, match="a"):
        count_rows(beside, ["a", "c"], {"a": 99})
    assert count_rows(beside, ["a", "c"], {"a": 100}) is None


def test_the_first_rows_are_read_once() -> None:
    read = []

    def looked_at(batch: pl.DataFrame) -> pl.DataFrame:
        read.append(batch.height)
        return batch

    source = pl.LazyFrame({"a": list(range(100))}).map_batches(looked_at, schema={"a": pl.Int64}, streamable=True)
    found = count_rows(source, ["a"], {"a": 100})
    assert found is not None
    assert sum(read) == found.rows == 100
