"""Rows that are declared once: null rows are the declared ones that are not there."""

import math
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from declared import refuse_other_rows
from omstilling_psychometrics.analysis.declared_rows import attempted, completed
from omstilling_psychometrics.core.errors import EstimationError
from omstilling_psychometrics.core.note import Note
from omstilling_psychometrics.core.results import Statistic

MEAN = partial(Statistic, quantity="mean")
DECLARED = [MEAN(item="b", n=7), MEAN(item="a"), Statistic(quantity="sd", method="m", cluster="leader")]


def failing(error):
    yield MEAN(item="a", estimate=2.0)
    raise error


@pytest.mark.parametrize(
    ("error", "note"),
    [(EstimationError("no_answers", "n = 0"), "no_answers: n = 0"), (np.linalg.LinAlgError(), "matrix_singular")],
)
def test_null_rows_are_the_declared_ones_that_are_not_there(error, note):
    there, *null = completed(failing(error), DECLARED)
    assert there == MEAN(item="a", estimate=2.0)
    assert [(row.quantity, row.item, row.method, row.cluster, row.n) for row in null] == [
        ("mean", "b", None, None, 7), ("sd", None, "m", "leader", None),
    ]  # fmt: skip
    assert all(row.note == note and math.isnan(row.estimate) for row in null)


def test_rows_that_end_without_an_error_take_the_given_reason():
    assert [row.note for row in completed([], DECLARED, Note("constant_item", "a"))] == ["constant_item: a"] * 3
    with pytest.raises(KeyError):
        list(completed(failing(KeyError()), DECLARED))


def test_a_row_that_cannot_be_computed_keeps_what_is_declared_of_it():
    def failing_row():
        raise EstimationError("no_variance", "b")

    assert attempted(DECLARED[0], lambda: replace(DECLARED[0], estimate=2.0)) == MEAN(item="b", n=7, estimate=2.0)
    null = attempted(DECLARED[0], failing_row)
    assert (null.item, null.n, null.note) == ("b", 7, "no_variance: b")
    assert math.isnan(null.estimate)


def test_a_declaration_that_says_less_or_more_than_there_is_fails():
    rows = [MEAN(item="a", estimate=1.0), MEAN(item="b", estimate=1.0)]
    refuse_other_rows(rows, DECLARED[:2])
    refuse_other_rows([*rows, Statistic(quantity="t", statistic=1.0)], DECLARED[:2], [("t", None)])
    for wrong, declared, further in (
        (rows, DECLARED, ()), (rows, DECLARED[:1], ()), (rows, DECLARED[:2], [("t", None)]), (rows * 2, DECLARED[:2], ()),
        ([replace(row, estimate=math.nan) for row in rows], DECLARED[:2], ()),
    ):  # fmt: skip
        with pytest.raises(AssertionError):
            refuse_other_rows(wrong, declared, further)
