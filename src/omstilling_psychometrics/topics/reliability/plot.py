"""Coefficients of reliability with their intervals."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.results import Result
from ...present.drawings import Drawing, dots, lines_of
from ...present.rows import Row
from ...present.wording import Wording


def coefficients(result: Result, rows: Sequence[Row], wording: Wording) -> list[Drawing]:
    errors = ("standard_error_of_measurement", "smallest_detectable_change")  # in scale points
    coefficients = [
        row
        for row in rows
        if row["item"] is None
        and row["conf_low"] is not None
        and ("/" not in (row["method"] or "") or "~" in (row["method"] or ""))  # of the variants, those with a pair free
        and row["quantity"] not in errors
    ]
    return dots(coefficients, lines_of(coefficients, wording), wording, wording.text("axis_coefficient"))


KINDS = {"coefficients": coefficients}
