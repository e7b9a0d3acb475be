"""Differences of alpha between groups."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.results import Result
from ...present import rows as find
from ...present.dots import Line
from ...present.drawings import Drawing, dots
from ...present.rows import Row
from ...present.wording import Wording


def differences(result: Result, rows: Sequence[Row], wording: Wording) -> list[Drawing]:
    own = [row for row in find.where(rows, quantity="alpha_difference") if "/" not in (row["method"] or "")]
    lines: list[Line] = [(wording.method(method), {"method": method}) for method in find.distinct(own, "method")]
    return dots(own, lines, wording, wording.quantity("alpha_difference"), (0.0,))


KINDS = {"differences": differences}
