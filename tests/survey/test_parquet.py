"""Counts as Parquet stand for the answers they were counted from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omstilling_psychometrics.core.errors import DataError, UsageError
from omstilling_psychometrics.survey.account import Account, Source
from omstilling_psychometrics.survey.disclosure import Disclosure
from omstilling_psychometrics.survey.instrument import load_instrument, plain_instrument
from omstilling_psychometrics.survey.parquet import read_counts, write_counts
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns
from omstilling_psychometrics.survey.reading import is_counts, read, read_all
from omstilling_psychometrics.survey.scale import Instrument

INSTRUMENT = load_instrument()


def answers(n: int = 400, seed: int = 1, instrument: Instrument = INSTRUMENT) -> ResponsePatterns:
    rng = np.random.default_rng(seed)
    codes = rng.choice([-4, -3, -2, -1, 1, 2, 5], (n, 5))
    keys = {
        "role": Key.of(list(rng.choice(["medarbejder", "leder"], n))),
        "leader": Key.of([None if place == 9 else f"L{place}" for place in rng.integers(0, 10, n)]),
        "respondent": Key.of([f"r{place}" for place in range(n)]),
        "koen": Key.of(list(rng.choice(["kvinde", "mænd", "="], n))),
    }
    account = Account(
        rows_read=n + 3, rows_analysed=n, left_out={"role": 3}, notes=("x",), sources=(Source(name="a", sha256=f"{seed}"),)
    )
    return ResponsePatterns.count(instrument, codes, keys, account=account)


def test_everything_comes_back(tmp_path: Path) -> None:
    whole = answers()
    written = write_counts(whole, tmp_path / "c.parquet", keep=["leader", "respondent"], disclosure=Disclosure.none())
    again = read(tmp_path / "c.parquet")
    assert again == whole == written
    assert again.account is not None
    assert whole.account is not None
    assert again.account.left_out == whole.account.left_out
    assert [source.name for source in again.account.sources] == ["a", "c.parquet"]


@given(st.integers(1, 40), st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_any_counts_come_back(tmp_path_factory: pytest.TempPathFactory, n: int, seed: int) -> None:
    path = tmp_path_factory.mktemp("counts") / "c.parquet"
    whole = answers(n, seed)
    write_counts(whole, path, keep=list(whole.keys), disclosure=Disclosure.none())
    assert read_counts(path) == whole


def test_people_are_pooled_unless_asked_for(tmp_path: Path) -> None:
    whole = answers()
    write_counts(whole, tmp_path / "c.parquet")
    assert read(tmp_path / "c.parquet") == whole.pool(["leader", "respondent"])
    write_counts(whole.pool("koen"), tmp_path / "c.parquet", keep=["leader"], disclosure=Disclosure.none())
    assert "leader" in read(tmp_path / "c.parquet").keys
    for name in ("leader", "respondent"):
        with pytest.raises(UsageError, match=f"'{name}' cannot be kept .* Use --disclosure none"):
            write_counts(whole, tmp_path / "c.parquet", keep=[name], disclosure=Disclosure(minimum_leaders=1))
    with pytest.raises(UsageError, match="no column"):
        write_counts(whole, tmp_path / "c.parquet", keep=["kommune"])


def test_small_groups_are_left_out_and_accounted_for(tmp_path: Path) -> None:
    few = answers(30).select(koen=["kvinde", "mænd"]) + answers(3, 2).select(role="leder")
    path = tmp_path / "c.parquet"
    written = write_counts(few, path, disclosure=Disclosure(minimum_respondents=5, minimum_leaders=0))
    small = [(role, koen) for role, one in few.split("role") for koen, part in one.split("koen") if part.size("respondent") < 5]
    assert small
    again = read(path)
    assert again == written
    assert again.account is not None
    assert few.account is not None
    # Rows of other roles are about nobody who is withheld; of what was not selected nobody can tell, so it stands with them.
    assert again.account.left_out == {"role": 6, "withheld": few.account.rows_read - again.n - 6}
    assert again.n < few.n
    with pytest.raises(DataError, match="every group"):
        write_counts(answers(3), path)
    assert read(path) == written  # what stood there stays


def test_added_counts_equal_pooled_rows(tmp_path: Path) -> None:
    parts = [answers(200, seed) for seed in (1, 2)]
    for place, part in enumerate(parts):
        write_counts(part, tmp_path / f"{place}.parquet")
    people = ["leader", "respondent"]
    assert read_all([tmp_path / "0.parquet", tmp_path / "1.parquet"]) == (parts[0] + parts[1]).pool(people)


def test_their_own_instrument_counts(tmp_path: Path) -> None:
    scale = plain_instrument((0, 1, 2, 3, 4), ("a", "b", "c", "d", "e"), non_answers=("x", "y"), roles=("medarbejder", "leder"))
    path = tmp_path / "c.parquet"
    write_counts(answers(instrument=scale), path, disclosure=Disclosure.none())
    assert read(path).instrument == scale
    assert read(path, instrument=scale).n == 400
    with pytest.raises(DataError, match="another instrument"):
        read(path, instrument=INSTRUMENT)
    with pytest.raises(UsageError, match="codebook cannot"):
        read(path, codebook=tmp_path / "book.toml")
    assert read(path, by=["koen"]).n == 400
    with pytest.raises(UsageError, match="hold no 'leader'"):
        read(path, by=["leader"])


def test_other_parquet_files_and_damaged_counts(tmp_path: Path) -> None:
    path = tmp_path / "c.parquet"
    write_counts(answers(), path)
    table = pyarrow.parquet.read_table(path)
    damaged = tmp_path / "d.parquet"
    pyarrow.parquet.write_table(table.drop_columns(["kultur"]), damaged)
    assert is_counts(damaged)
    with pytest.raises(DataError, match="damaged counts"):
        read(damaged)
    pyarrow.parquet.write_table(table.replace_schema_metadata({}), damaged)
    assert not is_counts(damaged)
    with pytest.raises(DataError, match="holds no counts"):
        read_counts(damaged)
    for content, message in ((b'{"format": 2}', "format 2; this version reads format 3"), (b'{"format": 3}', "damaged counts")):
        pyarrow.parquet.write_table(table.replace_schema_metadata({b"omstilling_psychometrics": content}), damaged)
        with pytest.raises(DataError, match=message):
            read(damaged)


def test_no_counts_at_all(tmp_path: Path) -> None:
    nobody = ResponsePatterns.count(INSTRUMENT, np.zeros((0, 5), dtype=int))
    write_counts(nobody, tmp_path / "c.parquet", disclosure=Disclosure.none())
    with pytest.raises(DataError, match="no respondents"):
        read(tmp_path / "c.parquet")


def _with_counts(table: pa.Table, values: list[object], kind: pa.DataType) -> pa.Table:
    """The table with other counts in its first rows."""
    counts = [*values, *table.column("count").to_pylist()[len(values) :]]
    return table.set_column(table.column_names.index("count"), "count", pa.array(counts, type=kind))


def _with_item(table: pa.Table, code: int | None) -> pa.Table:
    place = table.column_names.index("kultur")
    return table.set_column(place, "kultur", pa.array([code, *table.column("kultur").to_pylist()[1:]], type=pa.int8()))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda table: table.slice(0, table.num_rows - 1), id="a row lost"),
        pytest.param(lambda table: table.slice(0, 0), id="all rows lost"),
        pytest.param(lambda table: pa.concat_tables([table, table]), id="rows doubled"),
        pytest.param(lambda table: pa.concat_tables([table, table.slice(3, 1)]), id="a pattern given twice"),
        pytest.param(lambda table: pa.concat_tables([table, _with_counts(table.slice(3, 1), [0], pa.int64())]), id="zero"),
        pytest.param(lambda table: _with_counts(table, [-1], pa.int64()), id="a negative count"),
        pytest.param(lambda table: _with_counts(table, [2**62, 2**62], pa.int64()), id="huge counts"),
        pytest.param(lambda table: _with_counts(table, [2**63], pa.uint64()), id="a count beyond 64 bits"),
        pytest.param(lambda table: _with_counts(table, [], pa.float64()), id="counts as fractions"),
        pytest.param(lambda table: _with_counts(table, [float("nan")], pa.float64()), id="a count that is no number"),
        pytest.param(lambda table: _with_counts(table, [None], pa.int64()), id="a count that is missing"),
        pytest.param(lambda table: _with_item(table, 4), id="another answer"),
        pytest.param(lambda table: _with_item(table, 6), id="a category that the instrument has not"),
        pytest.param(lambda table: _with_item(table, None), id="no answer at all"),
        pytest.param(lambda table: table.append_column("team", pa.array(["a"] * table.num_rows)), id="another key"),
    ],
)
def test_counts_that_were_changed_are_refused(tmp_path: Path, change: Callable[[pa.Table], pa.Table]) -> None:
    path = tmp_path / "c.parquet"
    write_counts(answers(), path)
    pyarrow.parquet.write_table(change(pyarrow.parquet.read_table(path)), path)
    with pytest.raises(DataError, match=r"c\.parquet: damaged counts .*Write them again with `omstilling counts`"):
        read(path)


def test_counts_of_different_instruments_are_not_added(tmp_path: Path) -> None:
    scale = plain_instrument((0, 1, 2, 3, 4), ("a", "b", "c", "d", "e"), non_answers=("x", "y"), roles=("medarbejder", "leder"))
    for seed, name, one in ((1, "ours", INSTRUMENT), (2, "theirs", scale)):
        write_counts(answers(seed=seed, instrument=one), tmp_path / f"{name}.parquet", disclosure=Disclosure.none())
    message = (
        f"^ours.parquet \\('{INSTRUMENT.key}'\\) and theirs.parquet \\('{scale.key}'\\) hold answers to different instruments"
    )
    with pytest.raises(DataError, match=message):
        read_all([tmp_path / "ours.parquet", tmp_path / "theirs.parquet"])
