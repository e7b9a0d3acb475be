"""Item analysis: distributions, moments, item-rest correlations, alpha if the item is dropped, and the scale score."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from ..numerics import intervals, moments
from ..numerics.alpha import listwise_alpha
from ..numerics.item_rest import item_rest_correlation
from ..numerics.scale_score import scale_score
from ..responses.patterns import ResponsePatterns
from ..results import Result, Statistic
from .by_role import Clustering, by_role, missing
from .item_rest_polyserial import item_rest_polyserial
from .sample import Sample


@dataclass(frozen=True, kw_only=True)
class ItemsResult(Result):
    """Statistics of each item by itself (its own answers) and within the scale (complete rows)."""

    analysis: ClassVar[str] = "items"


def items(patterns: ResponsePatterns, *, cluster: str | None = "default") -> ItemsResult:
    """Describe every item, and the scale score, in each role.

    Means, standard deviations (n − 1), type 2 skewness and kurtosis and the share of each category use the item's own
    answers; item-rest correlation (Pearson, with the sum of the others) and alpha if dropped use complete rows. Standard
    errors come from influence values, added up within clusters. The scale score is the mean of the answered items by the
    instrument's scoring rule. psych::alpha's `r.drop` and `alpha.drop` agree on complete rows.

    Raises UsageError for a cluster key that the data do not have.
    """
    return ItemsResult(statistics=by_role(patterns, _role, cluster=cluster))


def battery(patterns: ResponsePatterns, *, rng: np.random.Generator) -> ItemsResult:
    """All rows of the item analysis (nothing in it is random)."""
    return items(patterns)


def _role(patterns: ResponsePatterns, clustering: Clustering) -> Iterator[Statistic]:
    sample = Sample(patterns, clustering)
    for position in range(len(patterns.items)):
        yield from _own_answers(sample, position)
        yield _item_rest(sample, position)
        yield _alpha_if_dropped(sample, position)
    yield from item_rest_polyserial(patterns, clustering)
    yield from _scale(sample)


def _own_answers(sample: Sample, position: int) -> Iterator[Statistic]:
    instrument = sample.patterns.instrument
    item = instrument.items[position]
    column = sample.values[:, position]
    answered = ~np.isnan(column)
    x, weights, n = column[answered], sample.counts[answered], sample.n(answered)
    yield sample.mean(column, quantity="mean", item=item.key)
    for quantity, function, least in (
        ("sd", moments.standard_deviation, 2),
        ("skewness", moments.skewness, 3),
        ("kurtosis", moments.kurtosis, 4),
    ):
        estimate = function(x, weights) if n else math.nan
        note = None
        if math.isnan(estimate):
            note = f"too_few_answers: n = {n} < {least}" if n < least else "constant_item"
        yield Statistic(quantity=quantity, item=item.key, estimate=estimate, n=n, note=note)
    shares = [
        sample.share(column == value, answered, quantity="proportion", item=item.key, category=value)
        for value in instrument.categories
    ]
    if item.reversed:
        shares = [replace(share, note=share.note or "reversed_item") for share in shares]
    yield from shares
    yield replace(shares[0], quantity="floor", category=None)
    yield replace(shares[-1], quantity="ceiling", category=None)


def _item_rest(sample: Sample, position: int) -> Statistic:
    item, complete = sample.patterns.items[position], moments.complete(sample.values)
    result = item_rest_correlation(sample.values, sample.counts, position)
    return sample.of_complete(result, complete, intervals.fisher_z, quantity="item_rest_correlation", item=item)


def _alpha_if_dropped(sample: Sample, position: int) -> Statistic:
    item, complete = sample.patterns.items[position], moments.complete(sample.values)
    if len(sample.patterns.items) < 3:
        return missing("two_items_only", quantity="alpha_if_dropped", item=item, n=sample.n(complete))
    # Complete rows of the whole scale, so that alpha with and without the item describes the same respondents.
    others = np.where(complete[:, None], np.delete(sample.values, position, axis=1), np.nan)
    result = listwise_alpha(others, sample.counts)
    return sample.of_complete(result, complete, intervals.log_complement, quantity="alpha_if_dropped", item=item)


def _scale(sample: Sample) -> Iterator[Statistic]:
    instrument = sample.patterns.instrument
    score = scale_score(sample.values, instrument.minimum_answered)
    scored = ~np.isnan(score)
    n = sample.n(scored)
    yield sample.mean(score, quantity="scale_mean")
    sd = moments.standard_deviation(score[scored], sample.counts[scored]) if n else math.nan
    yield Statistic(quantity="scale_sd", estimate=sd, n=n, note=f"too_few_answers: n = {n} < 2" if n < 2 else None)
    for quantity, value in (("scale_floor", instrument.categories[0]), ("scale_ceiling", instrument.categories[-1])):
        yield sample.share(score == value, scored, quantity=quantity)
