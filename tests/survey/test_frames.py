"""Any data frame: the same cells whatever the library, lazy or not, null keys included."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from omstilling_psychometrics.core.errors import DataError, UsageError
from omstilling_psychometrics.survey.patterns import ResponsePatterns
from omstilling_psychometrics.survey.reading import read

ITEMS = ["kompetencer", "forklare", "vaerdi", "kultur", "itsikkerhed"]


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    """Four hundred answers as text, with unknown leaders and blanks."""
    rng = np.random.default_rng(5)
    content: dict[str, Any] = {
        "role": rng.choice(["medarbejder", "leder"], 400),
        "leader": rng.choice(np.array(["Åse", "Bo", "Ib", None], dtype=object), 400),
        "koen": rng.choice(np.array(["kvinde", "mand", None], dtype=object), 400),
    }
    for item in ITEMS:
        content[item] = rng.choice(np.array(["1", "2", "5", "ved_ikke", None], dtype=object), 400)
    return pd.DataFrame(content)


@pytest.fixture(scope="module")
def expected(frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> ResponsePatterns:
    path = tmp_path_factory.mktemp("frames") / "x.csv"
    frame.to_csv(path, index=False)
    return read(path, by=["koen"])


def as_duckdb(frame: pd.DataFrame) -> Any:
    import duckdb

    return duckdb.connect().from_arrow(pa.Table.from_pandas(frame))


ENGINES: dict[str, Callable[[pd.DataFrame], Any]] = {
    "pandas": lambda frame: frame,
    "pandas objects": lambda frame: frame.astype(object),
    "pandas categories": lambda frame: frame.astype("category"),
    "pandas of pyarrow": lambda frame: frame.convert_dtypes(dtype_backend="pyarrow"),
    "polars": pl.from_pandas,
    "polars lazy": lambda frame: pl.from_pandas(frame).lazy(),
    "polars categories": lambda frame: pl.from_pandas(frame).cast(pl.Categorical).lazy(),
    "pyarrow": pa.Table.from_pandas,
    "duckdb": as_duckdb,
}


@pytest.mark.parametrize("engine", ENGINES)
def test_every_frame_gives_the_same_cells(frame: pd.DataFrame, expected: ResponsePatterns, engine: str) -> None:
    assert read(ENGINES[engine](frame), by=["koen"]) == expected


def test_numbers_of_any_type(expected: ResponsePatterns) -> None:
    numbers = pd.DataFrame([[1, 2.0, np.nan, 4, 5], [1, 1.0, 3, 4, 5]], columns=ITEMS)
    want = [[1, 1, 3, 4, 5], [1, 2, -1, 4, 5]]
    for version in (
        numbers,
        numbers.astype("Float32"),
        numbers.astype(object),
        pl.from_pandas(numbers),
        numbers.astype("category"),
    ):
        assert read(version).patterns.tolist() == want


def test_mixed_objects_are_read_value_by_value() -> None:
    mixed = pd.DataFrame([[1, "Helt enig", None, 3.0, np.nan], ["2", 2, pd.NaT, b"3", " "]], columns=ITEMS, dtype=object)
    assert read(mixed).patterns.tolist() == [[1, 5, -1, 3, -1], [2, 2, -1, 3, -1]]


def test_refusals_name_rows_where_rows_have_an_order() -> None:
    bad = pd.DataFrame([[1, 2, 3, 4, 5], [1, 2, 3, 4, 7]], columns=ITEMS)
    with pytest.raises(DataError, match=r"'7' in row 2 has no meaning"):
        read(bad)
    with pytest.raises(DataError, match=r"'7' in 1 row has no meaning"):
        read(pl.from_pandas(bad).lazy())


def test_what_is_no_frame_is_refused() -> None:
    for nonsense in (5, None, [1, 2], {"a": 1}):
        with pytest.raises(UsageError, match="cannot read a"):
            read(nonsense)
    twice = pd.DataFrame([[1] * 6], columns=[*ITEMS, "kultur"])
    with pytest.raises(DataError, match="more than once"):
        read(twice)
    with pytest.raises(DataError, match="must be text"):
        read(pd.DataFrame([[1] * 5]))
    with pytest.raises(DataError, match="lists or records"):
        read(pl.DataFrame({**{item: [1] for item in ITEMS[:4]}, ITEMS[4]: [[1]]}))
    with pytest.raises(DataError, match="no respondents"):
        read(pd.DataFrame({item: [] for item in ITEMS}))


# ---------------------------------------------------------------- engines that take long to start


@pytest.mark.engines
def test_dask(frame: pd.DataFrame, expected: ResponsePatterns) -> None:
    from dask import dataframe as dask

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # narwhals announces that its Dask part will move
        assert read(dask.from_pandas(frame, npartitions=3), by=["koen"]) == expected


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    from pyspark import sql

    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        session = (
            sql.SparkSession.builder.master("local[1]")
            .config("spark.ui.enabled", "false")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.sql.shuffle.partitions", "2")
            .getOrCreate()
        )
    yield session
    session.stop()


@pytest.mark.engines
@pytest.mark.filterwarnings("ignore")
def test_spark(spark: Any, frame: pd.DataFrame, expected: ResponsePatterns) -> None:
    rows = [tuple(None if value is None or value != value else value for value in row) for row in frame.itertuples(index=False)]
    native = spark.createDataFrame(rows, ", ".join(f"{name} string" for name in frame.columns))
    assert read(native, by=["koen"]) == expected
