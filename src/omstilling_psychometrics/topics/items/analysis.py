"""Item analysis: distributions, moments, item-rest correlations, alpha if the item is dropped, and the scale score."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ...analysis.by_role import fitted_by_role, missing
from ...analysis.item_direction import direction_notes, items_the_other_way, marked
from ...analysis.sample import Sample
from ...core.numerics import intervals, moments
from ...core.numerics.arrays import Floats
from ...core.numerics.item_rest import item_rest_correlation
from ...core.numerics.scale_score import scale_score
from ...core.results import Result, Statistic
from ...survey.patterns import ResponsePatterns
from ...survey.takes_answers import takes_answers
from ..reliability.numerics.alpha import Alpha, listwise_alpha, one_item_fewer
from .analysis_polyserial import item_rest_polyserial

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class ScoreCounts:
    """How often each scale score was reached, for plots: score (s,), ascending, and counts (s,)."""

    score: Floats
    counts: Floats


@dataclass(frozen=True, kw_only=True)
class ItemAnswers:
    """What the rows of one role are derived from: its answers to each item, and the scale score of each pattern.

    Parameters
    ----------
    sample : Sample
        The answers, and within what they depend on each other.
    """

    sample: Sample

    @property
    def n(self) -> int:
        """Answers, incomplete ones too."""
        return self.sample.patterns.n

    @cached_property
    def frequencies(self) -> Floats:
        """(k, c) answers per item and category."""
        values, categories = self.sample.values, self.sample.patterns.instrument.categories
        return np.stack([self.sample.counts @ (values == category) for category in categories], axis=1)

    @cached_property
    def score(self) -> Floats:
        """(p,) scale score of each answer pattern, NaN where too few items are answered."""
        return scale_score(self.sample.values, self.sample.patterns.instrument.minimum_answered)

    @cached_property
    def scores(self) -> ScoreCounts:
        """How often each scale score was reached."""
        scored = ~np.isnan(self.score)
        values, place = np.unique(np.round(self.score[scored], 9), return_inverse=True)
        counts = np.bincount(place, weights=self.sample.counts[scored], minlength=len(values))
        return ScoreCounts(score=values, counts=counts.astype(np.float64))


@dataclass(frozen=True, kw_only=True)
class ItemsResult(Result):
    """Statistics of each item by itself (its own answers) and within the scale (complete rows).

    Parameters
    ----------
    statistics : tuple of Statistic
        Every row, in the order of the report.
    settings : mapping, optional
        The options that they were computed with.
    notes : tuple of str, optional
        What concerns the whole result: items that run the other way than the others.
    converged : bool, default True
        Always; nothing is fitted in steps that may not end.
    models : mapping, optional
        By role, `ItemAnswers`: how often each answer was given, and the scale scores.
    answers : ReleasedAnswers, optional
        The released answers that it was computed from; None where they were not released.
    """

    analysis: ClassVar[str] = "items"
    headline: ClassVar[tuple[str, ...]] = ("scale_mean", "scale_sd", "scale_floor", "scale_ceiling")

    @property
    def scores(self) -> dict[str, ScoreCounts]:
        """How often each scale score was reached, by role."""
        return {role: model.scores for role, model in self.models.items()}

    def by_pattern(self, *, role: str | None = None) -> pd.DataFrame:
        """Scale score of every answer pattern.

        Parameters
        ----------
        role : str, optional
            Whose; not needed where there is one.

        Returns
        -------
        pandas.DataFrame
            A row per pattern: the answers as category values, NaN where there is none, `count`, the respondents, and `score`,
            NaN where too few items are answered.

        Raises
        ------
        UsageError
            Where there are several roles, or not this one.
        """
        import pandas as pd

        model: ItemAnswers = self.model(role)
        columns = dict(zip(model.sample.patterns.items, model.sample.values.T, strict=True))
        return self._marked(pd.DataFrame(columns | {"count": model.sample.counts.astype(np.int64), "score": model.score}))


@takes_answers
def items(patterns: ResponsePatterns, *, cluster: str | None = "default") -> ItemsResult:
    """Describe every item, and the scale score, in each role.

    Means, standard deviations (n − 1), type 2 skewness and kurtosis and the share of each category use the item's own
    answers; the corrected item-total correlation (item-rest: Pearson, with the sum of the others) and alpha if dropped use
    complete rows. Alpha falls with the number of items alone: `alpha_expected_if_dropped` is what k - 1 equally good items
    would have, and `alpha_if_dropped_difference` how far the other items are above it (the item weakens the scale) or below.
    Standard errors come from influence values, added up within clusters. The scale score is the mean of the answered items by
    the instrument's scoring rule. psych::alpha's `r.drop` and `alpha.drop` agree on complete rows.

    Parameters
    ----------
    patterns : ResponsePatterns
        Counted answers to k items, as `op.read` gives them.
    cluster : str or None, default "default"
        Key within whose values answers depend on each other: the leader, and of superiors, who rate several leaders, the
        respondent, wherever these are known. None takes all answers as independent.

    Returns
    -------
    ItemsResult
        Rows per item (`mean`, `sd`, `skewness`, `kurtosis`, `proportion` of each category, `floor`, `ceiling`,
        `item_rest_correlation`, `item_rest_polyserial`, `alpha_if_dropped`) and of the scale score (`scale_mean`, …), in the
        units of the category values.

    Raises
    ------
    UsageError
        For a cluster key that the data do not have.

    See Also
    --------
    missingness : Why items are not answered.
    reliability : Reliability of the scale score.
    correlation : Items in pairs.

    References
    ----------
    Joanes, D. N., & Gill, C. A. (1998). Comparing measures of sample skewness and kurtosis. The Statistician, 47, 183–189.

    Cronbach, L. J. (1951). Coefficient alpha and the internal structure of tests. Psychometrika, 16, 297–334.

    Examples
    --------
    >>> import omstilling_psychometrics as op
    >>> from omstilling_psychometrics.reference import load_case
    >>> result = op.items(load_case("lq2002_lead"))
    >>> round(result.value("mean", item="i1"), 4)
    3.0828
    >>> round(result.value("item_rest_correlation", item="i1"), 4)
    0.6131
    """
    statistics, models = fitted_by_role(
        patterns, lambda answers, clustering: ItemAnswers(sample=Sample(answers, clustering)), _rows, cluster=cluster
    )
    return ItemsResult(statistics=statistics, notes=direction_notes(statistics), models=models)


def battery(patterns: ResponsePatterns, *, rng: np.random.Generator) -> ItemsResult:
    """All rows of the item analysis (nothing in it is random)."""
    return items(patterns)


def _rows(model: ItemAnswers) -> Iterator[Statistic]:
    sample = model.sample
    k = len(sample.patterns.items)
    expected = one_item_fewer(listwise_alpha(sample.values, sample.counts), k)
    other_way = items_the_other_way(sample)
    for position in range(k):
        yield from _own_answers(sample, position)
        yield marked(_item_rest(sample, position), other_way)
        yield from _alpha_if_dropped(sample, position, expected)
    yield _dropped(sample, expected, intervals.log_complement, quantity="alpha_expected_if_dropped")
    yield from (marked(statistic, other_way) for statistic in item_rest_polyserial(sample))
    yield from _scale(sample, model.score)


def _own_answers(sample: Sample, position: int) -> Iterator[Statistic]:
    instrument = sample.patterns.instrument
    item = instrument.items[position]
    column = sample.values[:, position]
    answered = ~np.isnan(column)
    yield sample.mean(column, quantity="mean", item=item.key)
    for statistic in _shape(column[answered], sample.counts[answered], "", "constant_item"):
        yield replace(statistic, item=item.key)
    shares = [
        sample.share(column == value, answered, quantity="proportion", item=item.key, category=value)
        for value in instrument.categories
    ]
    if item.reversed:
        shares = [replace(share, note=share.note or "reversed_item") for share in shares]
    yield from shares
    yield replace(shares[0], quantity="floor", category=None)
    yield replace(shares[-1], quantity="ceiling", category=None)


def _shape(x: Floats, weights: Floats, prefix: str, constant: str) -> Iterator[Statistic]:
    """Spread, skewness and kurtosis of values (p,) with weights (p,); `constant` is the note where nothing varies."""
    n = round(float(weights.sum()))
    for quantity, function, least in (
        ("sd", moments.standard_deviation, 2),
        ("skewness", moments.skewness, 3),
        ("kurtosis", moments.kurtosis, 4),
    ):
        estimate = function(x, weights) if n else math.nan
        note = None
        if math.isnan(estimate):
            note = f"too_few_answers: n = {n} < {least}" if n < least else constant
        yield Statistic(quantity=f"{prefix}{quantity}", estimate=estimate, n=n, note=note)


def _item_rest(sample: Sample, position: int) -> Statistic:
    item, complete = sample.patterns.items[position], moments.complete(sample.values)
    result = item_rest_correlation(sample.values, sample.counts, position)
    return sample.of_complete(result, complete, intervals.fisher_z, quantity="item_rest_correlation", item=item)


def _alpha_if_dropped(sample: Sample, position: int, expected: Alpha) -> Iterator[Statistic]:
    item, complete = sample.patterns.items[position], moments.complete(sample.values)
    # Complete rows of the whole scale, so that alpha with and without the item describes the same respondents.
    others = np.where(complete[:, None], np.delete(sample.values, position, axis=1), np.nan)
    without = listwise_alpha(others, sample.counts)
    difference = Alpha(
        estimate=without.estimate - expected.estimate, influence=without.influence - expected.influence, n=without.n
    )
    yield _dropped(sample, without, intervals.log_complement, quantity="alpha_if_dropped", item=item)
    yield _dropped(sample, difference, intervals.wald, quantity="alpha_if_dropped_difference", item=item)


def _dropped(sample: Sample, alpha: Alpha, bounds: intervals.BoundsOf, **fields: str) -> Statistic:
    complete = moments.complete(sample.values)
    if len(sample.patterns.items) < 3:
        return missing("two_items_only", n=sample.n(complete), **fields)
    return sample.of_complete(alpha, complete, bounds, **fields)


def _scale(sample: Sample, score: Floats) -> Iterator[Statistic]:
    instrument = sample.patterns.instrument
    scored = ~np.isnan(score)
    yield sample.mean(score, quantity="scale_mean")
    yield from _shape(score[scored], sample.counts[scored], "scale_", "no_variance")
    for quantity, value in (("scale_floor", instrument.categories[0]), ("scale_ceiling", instrument.categories[-1])):
        yield sample.share(score == value, scored, quantity=quantity)
