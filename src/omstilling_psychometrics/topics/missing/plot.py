"""The most frequent patterns of answers and gaps."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.results import Result
from ...present import rows as find
from ...present.drawings import Drawing, per_unit
from ...present.rows import Row
from ...present.wording import Wording
from .plot_patterns import answer_patterns_height, draw_answer_patterns, incomplete_patterns


def patterns(result: Result, rows: Sequence[Row], wording: Wording) -> list[Drawing]:
    items = find.distinct(find.where(rows, quantity="rate"), "item")

    def make(own: list[Row]) -> Drawing | None:
        if not incomplete_patterns(own):
            return None
        return Drawing(answer_patterns_height(len(items)), lambda figure: draw_answer_patterns(figure, own, items, wording))

    return per_unit(rows, wording, make)


KINDS = {"patterns": patterns}
