"""Rows of the ladder of invariance, as its tables and its words look them up."""

from __future__ import annotations

from ...present import rows as find
from ...present.rows import Row

# The step from which means can be compared.
FIRST_WITH_MEANS = "intercepts"


def judged(rows: list[Row], quantity: str, method: str) -> Row | None:
    """The test to judge by: the one for small samples, where there is one."""
    for one in (f"{method}/small_sample", method):
        row = find.one(rows, quantity=quantity, method=one)
        if row is not None and row["p_value"] is not None:
            return row
    return find.one(rows, quantity=quantity, method=method)


def judged_method(rows: list[Row], step: str) -> str | None:
    """The method to judge by, if the rows have the step at all."""
    methods = find.distinct(rows, "method")
    return next((one for one in (f"{step}/small_sample", step) if one in methods), None)


def smallest_group(rows: list[Row]) -> int | None:
    """Answers in the smallest of the groups compared, ordered answers."""
    sizes = [row["n"] for row in find.where(rows, quantity="group_size") if not row["method"].startswith("continuous/")]
    return min(sizes, default=None)


def single_biases(rows: list[Row]) -> list[Row]:
    """Each item by itself, ordered answers."""
    return [row for row in find.where(rows, quantity="expected_score_bias") if "/" not in (row["method"] or "")]
