"""What the tests of reading share: a small survey as text, and a way to read it from a file of any form."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from omstilling_psychometrics.survey.patterns import ResponsePatterns
from omstilling_psychometrics.survey.reading import read

ITEMS = ("kompetencer", "forklare", "vaerdi", "kultur", "itsikkerhed")

Reader = Callable[..., ResponsePatterns]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "engines: starts PySpark or Dask (run by .ci/run, not by make test)")


@pytest.fixture
def read_text(tmp_path: Path) -> Reader:
    """Read a text as if it were a file; codebook as TOML text."""

    def reader(
        text: str | bytes, *, name: str = "answers.csv", codebook: str | None = None, **options: Any
    ) -> ResponsePatterns:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
        if codebook is not None:
            book = tmp_path / "codebook.toml"
            book.write_text(codebook, encoding="utf-8")
            options["codebook"] = book
        return read(path, **options)

    return reader
