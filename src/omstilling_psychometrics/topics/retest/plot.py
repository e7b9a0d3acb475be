"""Intraclass correlations of every two waves."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.results import Result
from ...present import rows as find
from ...present.drawings import Drawing, dots
from ...present.rows import Row
from ...present.wording import Wording


def main_rows(rows: Sequence[Row]) -> list[Row]:
    """The intraclass correlations with the intervals that are to be read."""
    return [row for row in find.where(rows, quantity="test_retest_icc") if "/mcgraw_wong" not in (row["method"] or "")]


def coefficients(result: Result, rows: Sequence[Row], wording: Wording) -> list[Drawing]:
    own = main_rows(rows)
    lines = [(wording.method(method), {"method": method}) for method in find.distinct(own, "method")]
    return dots(own, lines, wording, wording.quantity("test_retest_icc"))


KINDS = {"coefficients": coefficients}
