"""Shares of each answer by item."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.results import Result
from ...present import rows as find
from ...present.drawings import Drawing, per_unit
from ...present.rows import Row
from ...present.wording import Wording
from .plot_distributions import distributions_height, draw_distributions


def answers(result: Result, rows: Sequence[Row], wording: Wording) -> list[Drawing]:
    def make(own: list[Row]) -> Drawing | None:
        shares = find.where(own, quantity="proportion")
        if all(row["estimate"] is None for row in shares):
            return None
        return Drawing(
            distributions_height(len(find.distinct(shares, "item"))),
            lambda figure: draw_distributions(figure, shares, (), wording),
        )

    return per_unit(rows, wording, make)


KINDS = {"answers": answers}
