"""Counting ten million rows by role and by leader, against the engine's own GROUP BY on the same columns; and the same rows on
PySpark and Dask in local mode, compared cell by cell.

Usage: python benchmarks/reading.py > docs/benchmarks/reading.md   (about ten minutes, 4 GB of memory)

PySpark and Dask are no dependencies of the package: `make engines` installs them for their part.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import resource
import tempfile
import textwrap
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from measure import apart, forget_peak, resident, table

from omstilling_psychometrics.survey.patterns import ResponsePatterns
from omstilling_psychometrics.survey.reading import read

ROWS = 10_000_000
ITEMS = {"kompetencer": 1.4, "forklare": 2.0, "vaerdi": 1.7, "kultur": 2.4, "itsikkerhed": 1.1}
DIFFICULTIES = np.array([-2.2, -1.2, -0.3, 0.9])
ANSWERS = ("1", "2", "3", "4", "5", "ved_ikke", "oensker_ikke_at_oplyse", None)
RUNS = 3


def drawn(labels: list[str | None], codes: np.ndarray) -> pl.Series:
    return pl.Series(labels, dtype=pl.String).gather(pl.Series(codes.astype(np.uint32)))


def survey(leaders: int, rows: int = ROWS) -> pl.DataFrame:
    """Graded answers as text with 7 % without an answer; leaders make up 15 % of the latent variance, 2 % are not known."""
    rng = np.random.default_rng(1)
    leader = rng.integers(0, leaders, rows)
    theta = np.sqrt(0.15) * rng.normal(size=leaders)[leader] + np.sqrt(0.85) * rng.normal(size=rows)
    names: list[str | None] = [f"led{number:06}" for number in range(leaders)]
    columns = {
        "role": drawn(["medarbejder", "leder", "overordnet"], rng.choice(3, rows, p=[0.86, 0.08, 0.06])),
        "leader": drawn([*names, None], np.where(rng.random(rows) < 0.02, leaders, leader)),
    }
    for item, slope in ITEMS.items():
        tendency = slope * theta + rng.logistic(size=rows)
        codes = np.searchsorted(slope * DIFFICULTIES, tendency)
        hole = rng.random(rows)
        codes = np.where(hole < 0.04, 5, np.where(hole < 0.05, 6, np.where(hole < 0.07, 7, codes)))
        columns[item] = drawn(list(ANSWERS), codes)
    return pl.DataFrame(columns)


# ---------------------------------------------------------------- against the engine's own GROUP BY


@dataclass(frozen=True)
class Spent:
    """wall and cpu: seconds of the fastest run; megabytes: largest resident memory of the whole process; cells: rows found."""

    wall: float
    cpu: float
    megabytes: float
    cells: int


def engines_own(source: Any, columns: list[str]) -> int:
    return pl.LazyFrame.collect(source().select(columns).group_by(columns).len(), engine="streaming").height


def ours(source: Any, columns: list[str]) -> int:
    return len(read(source().select(columns)).counts)


def ours_from_text(path: str, columns: list[str]) -> int:
    """From the path: the file is hashed and its encoding and the fields of every row are checked too."""
    return len(read(path).counts)


def _measured(function: Callable[..., int], arguments: tuple[Any, ...], runs: int, pipe: Any) -> None:
    forget_peak()
    best = [np.inf, np.inf]
    cells = 0
    for _ in range(runs):
        before = resource.getrusage(resource.RUSAGE_SELF)
        start = time.perf_counter()
        cells = function(*arguments)
        after = resource.getrusage(resource.RUSAGE_SELF)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        best = [min(best[0], time.perf_counter() - start), min(best[1], cpu)]
    pipe.send(Spent(*best, resident(), cells))
    pipe.close()


def measured(function: Callable[..., int], *arguments: Any, runs: int = RUNS) -> Spent:
    """What a function costs in a process of its own."""
    return apart(_measured, function, arguments, runs)  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Scan:
    """A file as a lazy frame, opened anew in every process."""

    path: str

    def __call__(self) -> pl.LazyFrame:
        return pl.scan_parquet(self.path) if self.path.endswith(".parquet") else pl.scan_csv(self.path, infer_schema=False)


@dataclass(frozen=True)
class InMemory:
    """The same as a frame in memory, read before the clock starts (it stays for all runs)."""

    path: str

    def __call__(self) -> pl.LazyFrame:
        if self.path not in _LOADED:
            _LOADED[self.path] = pl.read_parquet(self.path)
        return _LOADED[self.path].lazy()


_LOADED: dict[str, pl.DataFrame] = {}


def against_the_engine(folder: Path) -> list[list[str]]:
    lines = []
    for leaders in (5_000, 80_000):
        path = str(folder / f"{leaders}.parquet")
        survey(leaders).write_parquet(path)
        groupings = [(["role"], "role")] if leaders == 5_000 else []
        for keys, what in [*groupings, (["role", "leader"], f"role, {leaders:,} leaders")]:
            columns = [*keys, *ITEMS]
            for name, source in (("Parquet", Scan(path)), ("in memory", InMemory(path))):
                lines.append(line(what, name, measured(engines_own, source, columns), measured(ours, source, columns)))
    text = str(folder / "text.csv")
    pl.read_parquet(folder / "5000.parquet").write_csv(text)
    columns = ["role", "leader", *ITEMS]
    lines.append(
        line("role, 5,000 leaders", "CSV", measured(engines_own, Scan(text), columns), measured(ours_from_text, text, columns))
    )
    return lines


def line(what: str, source: str, engine: Spent, own: Spent) -> list[str]:
    return [
        what, source, f"{own.cells:,}", f"{engine.wall:.1f}", f"{own.wall:.1f}", f"{own.wall / engine.wall:.2f}",
        f"{engine.cpu:.1f}", f"{own.cpu:.1f}", f"{own.cpu / engine.cpu:.2f}", f"{engine.megabytes:.0f}", f"{own.megabytes:.0f}",
    ]  # fmt: skip


# ---------------------------------------------------------------- other engines, cell by cell


def on_spark(path: str) -> tuple[ResponsePatterns, float]:
    from pyspark.sql import SparkSession

    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.memory", "4g")
        .config("spark.driver.maxResultSize", "0")
        .config("spark.sql.shuffle.partitions", "8")
        .getOrCreate()
    )
    start = time.perf_counter()
    try:
        return read(session.read.parquet(path)), time.perf_counter() - start
    finally:
        session.stop()


def on_dask(path: str) -> tuple[ResponsePatterns, float]:
    import dask
    import dask.dataframe

    with dask.config.set(scheduler="threads", num_workers=2):
        start = time.perf_counter()
        return read(dask.dataframe.read_parquet(path, split_row_groups=True)), time.perf_counter() - start


def elsewhere(folder: Path, rows: int = ROWS) -> list[list[str]]:
    """The same rows counted by other engines; refuses to report anything but equality."""
    path = folder / "elsewhere.parquet"
    survey(500, rows).write_parquet(path, row_group_size=1 << 20)
    expected = read(path)
    unknown = int(expected.counts[expected.keys["leader"].codes < 0].sum())
    lines = []
    for name, module, function in (("PySpark, local[2]", "pyspark", on_spark), ("Dask, two threads", "dask", on_dask)):
        if importlib.util.find_spec(module) is None:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found, seconds = function(str(path))
        if found != expected:
            raise SystemExit(f"{name}: the cells differ from those of the embedded engine")
        version = importlib.metadata.version(module)
        lines.append(
            [name, version, f"{found.n:,}", f"{unknown:,}", f"{len(found.counts):,}", "all cells equal", f"{seconds:.0f}"]
        )
    return lines


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = against_the_engine(folder)
        others = elsewhere(folder)
    versions = f"Python {platform.python_version()}, numpy {np.__version__}, polars {pl.__version__}"
    load = f"{os.getloadavg()[2]:.0f}" if hasattr(os, "getloadavg") else "unknown"
    print("# Counting ten million rows\n")
    print(
        paragraph(
            f"""{date.today().isoformat()}, {os.cpu_count()} cores, {versions}; the load of the machine over the last quarter of
            an hour was {load}, so processor time says more than wall time. Five items as text, 7 % of the answers missing
            for one of three reasons, 2 % of the leaders not known. Best of {RUNS} runs, each pair in processes of their own;
            *peak* is the largest memory of the process, program included, and for frames in memory the frame too."""
        )
    )
    print(
        paragraph(
            """*Engine* is polars' own streaming GROUP BY over the keys and the five items. *Ours* is `read`: the same rows
            counted, coded, checked and sorted into cells. Where most rows differ they are counted as packed integers
            (`survey/counting.py`), which is why it can cost less. From CSV, ours also hashes the file and checks the
            encoding and the fields of every row."""
        )
    )
    header = ["by", "from", "cells", "engine, s", "ours, s", "ratio", "engine, CPU s", "ours, CPU s", "ratio of CPU"]
    print(table([*header, "engine, peak MB", "ours, peak MB"], lines))
    if others:
        print("\n## Other engines, cell by cell\n")
        print(
            paragraph(
                """The same rows with 500 leaders as a frame of another engine in local mode: counted there with one GROUP BY,
                and compared with what the embedded engine gives. *Not known* is the number of rows whose leader is null."""
            )
        )
        print(table(["engine", "version", "rows", "leader not known", "cells", "agreement", "seconds"], others))


def paragraph(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), 128) + "\n"


if __name__ == "__main__":
    main()
