"""The synthetic survey reads the same from every file it comes in, and says that it is synthetic."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from omstilling_psychometrics.survey.patterns import ResponsePatterns
from omstilling_psychometrics.survey.reading import read

SYNTHETIC = Path(__file__).parents[2] / "data" / "synthetic"
BACKGROUND = ["arbejdsomraade", "ansaettelse", "aldersgruppe", "koen"]


@pytest.fixture(scope="module")
def tidy() -> ResponsePatterns:
    return read(SYNTHETIC / "answers.csv", by=BACKGROUND)


@pytest.mark.parametrize("name", ["raw_export.csv", "raw_export.sav"])
def test_exports_give_the_counts_of_the_tidy_file(tidy: ResponsePatterns, name: str) -> None:
    export = read(SYNTHETIC / name, codebook=SYNTHETIC / "raw_export.toml", by=BACKGROUND)
    assert export == tidy
    assert export.account is not None
    assert set(export.account.left_out) == {"role", "not_shown", "duplicate", "superseded"}
    assert export.account.rows_read == tidy.n + sum(export.account.left_out.values())


def test_the_account_of_the_tidy_file(tidy: ResponsePatterns) -> None:
    assert tidy.account is not None
    assert set(tidy.account.left_out) == {"not_shown"}
    assert tidy.account.notes[0] == "synthetic_data"


@pytest.mark.parametrize("name", ["answers.csv", "raw_export.csv", "raw_export.sav"])
def test_a_copy_elsewhere_is_still_said_to_be_synthetic(tmp_path: Path, name: str) -> None:
    shutil.copy(SYNTHETIC / name, tmp_path / f"renamed{Path(name).suffix}")
    codebook = SYNTHETIC / "raw_export.toml" if name.startswith("raw") else None
    account = read(tmp_path / f"renamed{Path(name).suffix}", codebook=codebook).account
    assert account is not None
    assert "synthetic_data" in account.notes


def test_answers_that_only_share_the_name_are_not_said_to_be_synthetic(tmp_path: Path) -> None:
    lines = (SYNTHETIC / "answers.csv").read_text(encoding="utf-8").splitlines()
    (tmp_path / "answers.csv").write_text("\n".join(lines[:200]), encoding="utf-8")
    account = read(tmp_path / "answers.csv").account
    assert account is not None
    assert "synthetic_data" not in account.notes
