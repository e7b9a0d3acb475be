"""Correlation of the scale score with other scales in the file: convergent and discriminant evidence, role by role."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from ...analysis.by_role import Clustering, missing
from ...analysis.standard_errors import few_clusters
from ...core.errors import UsageError
from ...core.note import joined
from ...core.numerics import intervals
from ...core.numerics.arrays import Floats
from ...core.numerics.item_rest import pearson
from ...core.numerics.scale_score import scale_score
from ...core.results import Statistic
from ...survey.keys import KEY_ORDER, Key
from ...survey.patterns import ResponsePatterns
from ...survey.text import quoted

# Two values are groups, whatever they are called.
FEWEST_VALUES = 3
# Below this Fisher's z of a correlation has no variance (n - 3).
_FEWEST_ANSWERS = 4

# A number with at most one mark, which is the decimal mark: '1.234,5' is none.
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?")


def external_scales(patterns: ResponsePatterns) -> tuple[str, ...]:
    """Background variables that are numbers throughout, with at least three different ones: they can serve as other scales."""
    names = []
    for name, key in patterns.keys.items():
        numbers = None if name in KEY_ORDER else _numbers(key)
        if numbers is not None and len(np.unique(numbers)) >= FEWEST_VALUES:
            names.append(name)
    return tuple(names)


def external_correlations(patterns: ResponsePatterns, clustering: Clustering, external: Sequence[str]) -> Iterator[Statistic]:
    """`external_correlation` (method = column) of one role: Pearson correlation of the scale score with each other scale.

    Answers with both, interval on artanh(r) from influence values, added up within clusters. Not corrected for unreliability:
    that of the other scale is not known. Raises UsageError for a column that is not there or does not hold numbers.
    """
    score = scale_score(patterns.values(), patterns.instrument.minimum_answered)[patterns.pattern]
    counts = patterns.counts.astype(np.float64)
    for name in external:
        patterns.size(name)  # refuses a key that is not there
        other = _column(name, patterns.keys[name])
        used = ~(np.isnan(score) | np.isnan(other))
        result = pearson(score, other, counts)
        fields: dict[str, Any] = {"quantity": "external_correlation", "method": name, "n": result.n}
        if result.n < _FEWEST_ANSWERS:
            yield missing(f"too_few_answers: n = {result.n} < {_FEWEST_ANSWERS}", **fields)
            continue
        if math.isnan(result.estimate):
            yield missing("no_variance", **fields)
            continue
        clusters = clustering.of_cells(patterns, np.arange(len(counts)), len(counts))
        inside = None if clusters is None else clusters.restrict(used)
        error = intervals.influence_error(result.influence[used], counts[used], inside)
        df = intervals.degrees_of_freedom(inside)
        yield Statistic(
            **fields,
            cluster=clustering.key,
            estimate=result.estimate,
            std_error=error,
            interval=partial(intervals.fisher_z, correlation=result.estimate, std_error=error, df=df),
            note="one_cluster" if math.isnan(error) else joined(clustering.note, few_clusters(inside)),
        )


def _numbers(key: Key) -> Floats | None:
    """The levels as numbers (l,), with decimal point or comma throughout; None where one of them is none."""
    if not all(_NUMBER.fullmatch(level) for level in key.levels):
        return None
    text = "".join(key.levels)
    return None if "." in text and "," in text else np.array([float(level.replace(",", ".")) for level in key.levels])


def _column(name: str, key: Key) -> Floats:
    """The number of each cell (m,), NaN where it is not known."""
    numbers = _numbers(key)
    if numbers is None:
        shown = ", ".join(map(quoted, key.levels[:3]))
        raise UsageError(
            f"'{name}' cannot be an external scale: its values ({shown}, …) are not numbers with one kind of decimal mark."
        )
    return np.append(numbers, np.nan)[key.codes]
