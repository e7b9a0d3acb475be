"""Any bytes under any name give answers or one clear refusal, never anything else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omstilling_psychometrics.core.errors import OmstillingError
from omstilling_psychometrics.survey.inspection import inspect
from omstilling_psychometrics.survey.patterns import ResponsePatterns
from omstilling_psychometrics.survey.reading import read

ITEMS = ["kompetencer", "forklare", "vaerdi", "kultur", "itsikkerhed"]
ENDINGS = [".csv", ".txt", ".xlsx", ".sav", ".zsav", ".dta", ".parquet", ""]
# The valid files hold the time at which they were made, so failures of another run cannot be replayed.
QUIET = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def try_to_read(path: Path) -> None:
    for function in (read, inspect):
        try:
            found = function(path)
        except OmstillingError as error:
            text = str(error)
            assert path.name in text or "instrument" in text
            assert "Traceback" not in text
        else:
            assert isinstance(found, ResponsePatterns) or str(found)


@given(st.binary(max_size=300), st.sampled_from(ENDINGS))
@QUIET
def test_random_bytes(tmp_path: Path, content: bytes, ending: str) -> None:
    path = tmp_path / f"x{ending}"
    path.write_bytes(content)
    try_to_read(path)


cells = st.text(alphabet=st.sampled_from('12359;,"\t\n\r \x00æ@-=æ\ufeff'), max_size=5)


@given(
    st.lists(st.lists(cells, min_size=3, max_size=7), max_size=6),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["utf-8", "cp1252", "utf-16"]),
)
@QUIET
def test_almost_tables(tmp_path: Path, table: list[list[str]], delimiter: str, encoding: str) -> None:
    path = tmp_path / "x.csv"
    text = "\n".join(delimiter.join(row) for row in [ITEMS, *table])
    path.write_bytes(text.encode(encoding, "ignore"))
    try_to_read(path)


@pytest.fixture(scope="module")
def valid(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("valid")
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({item: rng.integers(1, 6, 30) for item in ITEMS}).assign(role="leder", leader="Åse")
    frame.to_csv(folder / "v.csv", index=False)
    frame.to_excel(folder / "v.xlsx", index=False)
    frame.to_parquet(folder / "v.parquet")
    pyreadstat.write_sav(frame, str(folder / "v.sav"))
    pyreadstat.write_dta(frame, str(folder / "v.dta"))
    return {path.suffix: path.read_bytes() for path in folder.iterdir()}


@given(st.data())
@settings(QUIET, max_examples=100)
def test_damaged_files(tmp_path: Path, valid: dict[str, bytes], data: st.DataObject) -> None:
    """Valid files with a few bytes changed, and cut off."""
    ending = data.draw(st.sampled_from(sorted(valid)))
    content = bytearray(valid[ending])
    for place, value in data.draw(st.lists(st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255)), max_size=6)):
        content[place] = value
    path = tmp_path / f"x{ending}"
    path.write_bytes(bytes(content[: data.draw(st.one_of(st.just(len(content)), st.integers(0, len(content))))]))
    try_to_read(path)
