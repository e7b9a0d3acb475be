"""Intraclass correlations over waves beside psych: half of the items answered first, the other half later."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...reference.comparison import CLOSED_FORM, COUNT, Case, Comparison, Pair, Pairs
from ...survey.instrument import plain_instrument
from ...survey.keys import Key
from ...survey.patterns import ResponsePatterns
from .analysis import RetestResult, retest


def _twice(patterns: ResponsePatterns) -> RetestResult:
    """Complete rows as people whose first half of the items are the first wave, and whose last half the second."""
    codes, counts = patterns.table()
    complete = (codes > 0).all(axis=1)
    rows = np.repeat(codes[complete], counts[complete].astype(int), axis=0)
    half, n = rows.shape[1] // 2, len(rows)
    instrument = plain_instrument(patterns.instrument.categories, tuple(f"i{item + 1}" for item in range(half)))
    keys = {"wave": Key.of(["1"] * n + ["2"] * n), "respondent": Key.of([str(row) for row in range(n)] * 2)}
    answers = ResponsePatterns.count(instrument, np.concatenate([rows[:, :half], rows[:, -half:]]), keys)
    return retest(answers)


def _icc(kind: str, name: str) -> Pairs:
    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        row = case.run(_twice).get("test_retest_icc", method=f"{kind}/1~2")
        low, high = row.confidence_interval()
        yield "", {"icc": row.estimate, "low": low, "high": high, "n": row.n}[name], stored[name]

    return pairs


def _error(case: Case, stored: Any) -> Iterator[Pair]:
    yield "", case.run(_twice).value("test_retest_error", method="consistency/1~2"), stored["mean_square_error"] ** 0.5


COMPARISONS = (
    *(
        Comparison(
            domain="retest", path=f"test_retest/{kind}", quantity="test_retest_icc", method=kind, aspect=aspect,
            peer="psych::ICC", tolerance=CLOSED_FORM, pairs=_icc(kind, name),
        )
        for kind in ("agreement", "consistency")
        for name, aspect in (("icc", "estimate"), ("low", "conf_low"), ("high", "conf_high"))
    ),
    Comparison(
        domain="retest", path="test_retest", quantity="test_retest_error", method="consistency", peer="psych::ICC",
        tolerance=CLOSED_FORM, pairs=_error,
    ),
    Comparison(
        domain="retest", path="test_retest", quantity="test_retest_icc", method="agreement", aspect="n", peer="psych::ICC",
        tolerance=COUNT, pairs=_icc("agreement", "n"),
    ),
)  # fmt: skip
