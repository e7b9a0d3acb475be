"""Little's test of one role's answers, with what it cannot say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ...analysis.by_role import Clustering
from ...analysis.declared_rows import attempted, null
from ...analysis.sample import Sample, never_answered
from ...core.note import joined
from ...core.results import Statistic
from .analysis_patterns import NonAnswers
from .numerics.little import LittleTest

# A missing-data pattern with fewer answers than this adds a term that is far from chi-square.
_SMALL_PATTERN = 5


def little_mcar(model: NonAnswers) -> Statistic:
    """`little_mcar` on everyone with an answer; it takes respondents as independent, so no cluster stands in its row.

    The note says when answers share a leader, and when patterns of missing answers are so rare that chi-square is a poor
    approximation. Without rejection nothing is shown: a note says that as well.
    """
    (row,) = declared_little(model.sample)
    if reason := never_answered(model.sample.patterns):
        return null(row, reason)
    return attempted(row, lambda: _tested(row, model))


def declared_little(sample: Sample) -> Iterator[Statistic]:
    """The row, whether or not the test is defined."""
    yield Statistic(quantity="little_mcar", n=sample.n(np.asarray(~np.isnan(sample.values).all(axis=1))))


def _tested(row: Statistic, model: NonAnswers) -> Statistic:
    test = model.little
    note = joined(*_warnings(test, model.sample.clustering))
    return replace(row, statistic=test.d2, df=test.df, p_value=test.p_value, n=test.n, note=note)


def _warnings(test: LittleTest, clustering: Clustering) -> list[str]:
    warnings = []
    if clustering.key is not None:
        warnings.append("clusters_ignored")
    if test.smallest < _SMALL_PATTERN:
        warnings.append(f"rare_missing_patterns: n = {test.smallest}")
    if test.p_value >= 0.05:
        warnings.append("not_evidence_of_mcar")
    return warnings
