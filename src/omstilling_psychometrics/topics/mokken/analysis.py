"""Mokken scale analysis: scalability with missing answers and leaders, monotonicity, item ordering, item selection."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, ClassVar

import numpy as np

from ...analysis.by_role import Clustering, fitted_by_role
from ...analysis.declared_rows import completed, null
from ...analysis.item_direction import marked
from ...analysis.raters import WAVES_POOLED
from ...analysis.sample import Sample
from ...analysis.standard_errors import NO_ERROR
from ...core.errors import UsageError
from ...core.note import Note, joined
from ...core.numerics import intervals
from ...core.results import Result, Statistic
from ...survey.patterns import ResponsePatterns
from ...survey.takes_answers import takes_answers
from .analysis_role import MokkenScale, Places
from .numerics.monotonicity import Violations
from .numerics.scalability import Scalability
from .numerics.two_level import Coefficient, leader_count

Scalabilities = Mapping[Places, Scalability]

# The quantity that a coefficient has, by how many items it is about; none means the scale.
_QUANTITY = {0: "h", 1: "h_item", 2: "h_pair"}

_PARTS = ("within", "between", "ratio")
_VIOLATIONS = ("comparisons", "violations", "largest", "total", "largest_statistic", "significant", "crit")


@dataclass(frozen=True, kw_only=True)
class MokkenResult(Result):
    """Mokken scale analysis by role; `model(role)` is a `MokkenScale`.

    Parameters
    ----------
    statistics : tuple of Statistic
        Scalability (`h h_item h_pair`), monotonicity, invariant item ordering, HT and the scales that selection finds.
    settings : mapping, optional
        The options that they were computed with.
    notes : tuple of str, optional
        What concerns the whole result: keys of [notes] in the vocabulary.
    converged : bool, default True
        Whether every model that was fitted has its optimum.
    models : mapping, optional
        A `MokkenScale` by role.
    """

    analysis: ClassVar[str] = "mokken"
    headline: ClassVar[tuple[str, ...]] = ("h", "ht")

    models: Mapping[str, MokkenScale] = field(default_factory=dict, repr=False, compare=False)

    @property
    def h(self) -> float:
        """H of the scale, complete rows."""
        return self.value("h", method="listwise")

    def h_item(self, item: str) -> float:
        """H_i of an item, complete rows.

        Parameters
        ----------
        item : str
            Which item.

        Returns
        -------
        float
            NaN where it could not be computed.

        Raises
        ------
        UsageError
            Where several roles have one; `value("h_item", item=…, method="listwise", role=…)` asks for one of them.
        """
        return self.value("h_item", item=item, method="listwise")


@takes_answers
def mokken(
    patterns: ResponsePatterns,
    *,
    cluster: str | None = "default",
    lower_bounds: Sequence[float] = (0.3,),
    minimum_violation: float = 0.03,
    minimum_size: int | None = None,
) -> MokkenResult:
    """Mokken scale analysis in each role.

    `listwise`: complete rows, standard errors by the delta method (Kuijpers, van der Ark & Croon 2013), summed by leader
    where leaders are known, with those for independent answers beside them as `listwise/independent`. `pairwise`: every pair
    of items from the rows that answer both, which assumes that answers are missing completely at random for each pair.
    `two_level/within`, `/between`, `/ratio`: agreement of the same and of different raters of a leader about the item
    order; `…/koopman` has the same estimates with the standard errors of Koopman, Zijlstra & van der Ark (2020).
    Monotonicity, item ordering (MIIO), HT and item selection use complete rows.

    mokken::coefH, MLcoefH, check.monotonicity, check.iio and aisp agree.

    Parameters
    ----------
    patterns : ResponsePatterns
        Counted answers to k items, as `op.read` gives them.
    cluster : str or None, default "default"
        Key within whose values answers depend on each other: the leader, and of superiors, who rate several leaders, the
        respondent, wherever these are known. None takes all answers as independent.
    lower_bounds : sequence of float, default (0.3,)
        Smallest H_i of selected scales, one selection for each (the row's category).
    minimum_violation : float, default 0.03
        Smallest fall of a share that counts; item ordering uses it times the number of item steps.
    minimum_size : int, optional
        Of rest-score groups; Molenaar & Sijtsma's (2000) unless told otherwise.

    Returns
    -------
    MokkenResult
        `h`, `h_item` and `h_pair` per method, `ht`, `aisp_scale`, and the `monotonicity_…` and `item_ordering_…` violations
        of each item.

    Raises
    ------
    UsageError
        For lower bounds or a smallest violation outside [0, 1), a size of groups below 1, or a cluster key that the data do
        not have.

    See Also
    --------
    irt : A parametric curve for each item.
    dimensionality : Number of factors.
    reliability : Reliability of the scale score.

    References
    ----------
    Mokken, R. J. (1971). A theory and procedure of scale analysis. De Gruyter.

    Kuijpers, R. E., van der Ark, L. A., & Croon, M. A. (2013). Standard errors and confidence intervals for scalability
    coefficients in Mokken scale analysis using marginal models. Sociological Methodology, 43, 42–69.

    Koopman, L., Zijlstra, B. J. H., & van der Ark, L. A. (2020). Standard errors of two-level scalability coefficients.
    British Journal of Mathematical and Statistical Psychology, 73, 213–236.

    Examples
    --------
    >>> import omstilling_psychometrics as op
    >>> from omstilling_psychometrics.reference import load_case
    >>> result = op.mokken(load_case("lq2002_lead"))
    >>> round(result.value("h"), 4)
    0.4852
    >>> [row.estimate for row in result.find("aisp_scale")]
    [1.0, 1.0, 1.0, 1.0, 1.0]
    """
    if any(not 0 <= bound < 1 for bound in lower_bounds):
        raise UsageError(f"lower_bounds is {tuple(lower_bounds)}; numbers from 0 to below 1 are needed, such as (.3,).")
    if minimum_size is not None and minimum_size < 1:
        raise UsageError(f"minimum_size is {minimum_size}; a number of answers, at least 1, is needed.")
    if not 0 <= minimum_violation < 1:
        raise UsageError(f"minimum_violation is {minimum_violation}; a share from 0 to below 1 is needed, such as .03.")
    settings = {
        "cluster": cluster,
        "lower_bounds": tuple(lower_bounds),
        "minimum_violation": minimum_violation,
        "minimum_size": minimum_size,
    }

    def scale(answers: ResponsePatterns, clustering: Clustering) -> MokkenScale:
        return MokkenScale(Sample(answers, clustering), minimum_violation, minimum_size)

    statistics, models = fitted_by_role(patterns, scale, partial(rows, lower_bounds=lower_bounds), cluster=cluster)
    return MokkenResult(statistics=statistics, settings=settings, models=models)


def battery(patterns: ResponsePatterns, *, rng: np.random.Generator | int) -> MokkenResult:
    """All rows of the Mokken analysis; nothing in it is random."""
    return mokken(patterns)


def declared_two_level(scale: MokkenScale) -> Iterator[Statistic]:
    """Of raters of the same leader the coefficients of the scale, whether or not there are such raters; those of items and
    pairs, and other standard errors, only where there are."""
    cluster = scale.rated if scale.rated in scale.sample.patterns.keys else None
    yield from (Statistic(quantity="h", method=f"two_level/{part}", cluster=cluster) for part in _PARTS)


def declared_violations(scale: MokkenScale, about: str) -> Iterator[Statistic]:
    """Of a check the violations of each item; what else is said of them only where it can be made."""
    yield from (Statistic(quantity=f"{about}_violations", item=name, n=scale.n) for name in scale.names)


def declared_ht(scale: MokkenScale) -> Iterator[Statistic]:
    """H^T of all items, whether or not their order could be looked at."""
    yield Statistic(quantity="ht", n=scale.n)


def declared_selection(scale: MokkenScale, lower_bound: float) -> Iterator[Statistic]:
    """The scale of each item."""
    yield from (Statistic(quantity="aisp_scale", item=name, category=lower_bound, n=scale.n) for name in scale.names)


def rows(scale: MokkenScale, lower_bounds: Sequence[float]) -> Iterator[Statistic]:
    """Every row of one role."""
    yield from _scalability(scale)
    yield from completed(_two_level(scale), declared_two_level(scale))
    yield from completed(_monotonicity(scale), declared_violations(scale, "monotonicity"))
    yield from completed(_item_ordering(scale), declared_violations(scale, "item_ordering"))
    yield from completed(_ht(scale), declared_ht(scale))
    for bound in lower_bounds:
        yield from completed(_selection(scale, bound), declared_selection(scale, bound))


def declared_scalability(sums: Scalabilities, scale: MokkenScale, method: str) -> Iterator[Statistic]:
    """The coefficient of the scale, of each item and of each pair, whether or not their answers vary."""
    for places in _in_order(sums):
        yield Statistic(**_about(scale, places, method), n=scale.sample.n(sums[places].used))


def _scalability(scale: MokkenScale) -> Iterator[Statistic]:
    """H, H_i and H_ij with standard errors: complete rows by cluster, and as independent; pairwise."""
    listwise = scale.scalabilities()
    yield from _coefficients(listwise, scale, scale.sample, "listwise")
    if scale.independent is not None:
        yield from _coefficients(listwise, scale, scale.independent, "listwise/independent")
    yield from _coefficients(scale.scalabilities(pairwise=True), scale, scale.sample, "pairwise")


def _coefficients(sums: Scalabilities, scale: MokkenScale, sample: Sample, method: str) -> Iterator[Statistic]:
    codes = scale.answers(pairwise=method == "pairwise")
    constant = [name for name, answers in zip(scale.names, codes.T, strict=True) if np.unique(answers[answers > 0]).size < 2]
    for places, declared in zip(_in_order(sums), declared_scalability(sums, scale, method), strict=True):
        row = _coefficient(declared, sample, sums[places])
        if not places and constant and row.note is None:
            row = replace(row, note=str(Note("items_without_variance", ", ".join(constant))))
        yield marked(row) if len(places) == 1 else row


def _in_order(sums: Scalabilities) -> list[Places]:
    """The scale, then the items, then the pairs."""
    return sorted(sums, key=lambda places: (len(places), places))


def _about(scale: MokkenScale, places: Places, method: str) -> dict[str, Any]:
    """What a coefficient is called: that of the scale, of an item or of a pair."""
    items = "~".join(scale.names[place] for place in places)
    return {"quantity": _QUANTITY[len(places)], "item": items or None, "method": method}


def _undefined(n: int) -> Note:
    """Why a coefficient of n complete answers is not defined."""
    return Note("no_variance") if n > 1 else Note("too_few_complete", f"n = {n}")


def _coefficient(declared: Statistic, sample: Sample, part: Scalability) -> Statistic:
    if math.isnan(part.estimate):
        return null(declared, _undefined(sample.n(part.used)))
    about = {"quantity": declared.quantity, "item": declared.item, "method": declared.method}
    row = sample.estimate(part.estimate, part.influence(sample.counts), part.used, intervals.wald, **about)
    return _without_certainty(row)


def _without_certainty(row: Statistic) -> Statistic:
    """No answer departs from a perfect scale: the delta method gives a standard error of 0, which says nothing."""
    perfect = row.std_error is not None and row.std_error < NO_ERROR and row.estimate == 1
    return replace(row, std_error=math.nan, interval=None, note="no_guttman_errors") if perfect else row


def _two_level(scale: MokkenScale) -> Iterator[Statistic]:
    """Coefficients between raters of the same leader."""
    coefficients, groups = scale.two_level, scale.groups
    n, leaders = round(sum(wave.n for wave in groups)), leader_count(groups)
    pooled = WAVES_POOLED if len(groups) > 1 else None
    for places, of_items in coefficients.items():
        for part in _PARTS:
            row = Statistic(**_about(scale, places, f"two_level/{part}"), cluster=scale.rated, n=n)
            coefficient: Coefficient = getattr(of_items, part)
            if math.isnan(coefficient.estimate):
                yield null(row, "no_variance")
            else:
                yield from _errors(row, coefficient, leaders, pooled)


def _errors(row: Statistic, coefficient: Coefficient, leaders: int, pooled: str | None) -> Iterator[Statistic]:
    """One coefficient with either standard error."""
    for suffix, error, df in (("", coefficient.sandwich, leaders - 1), ("/koopman", coefficient.koopman, math.inf)):
        yield _without_certainty(
            replace(
                row,
                method=f"{row.method}{suffix}",
                estimate=coefficient.estimate,
                std_error=error,
                interval=partial(intervals.wald, estimate=coefficient.estimate, std_error=error, df=df),
                note=joined(_no_error(error, suffix, pooled), pooled),
            )
        )


def _no_error(error: float, suffix: str, pooled: str | None) -> str | None:
    """Why a two-level coefficient has no standard error, if so."""
    if not math.isnan(error):
        return None
    return "groups_depend" if suffix and pooled else "one_cluster"


def _monotonicity(scale: MokkenScale) -> Iterator[Statistic]:
    for name, violations in zip(scale.names, scale.monotonicity, strict=True):
        yield from _violations("monotonicity", name, violations, scale.n)


def _item_ordering(scale: MokkenScale) -> Iterator[Statistic]:
    n, ordering = scale.n, scale.item_ordering
    for item, (name, violations) in enumerate(zip(scale.names, ordering.items, strict=True)):
        yield Statistic(quantity="item_ordering_position", item=name, estimate=ordering.order.index(item) + 1, n=n)
        yield from _violations("item_ordering", name, violations, n)
        removed = ordering.removed.index(item) + 1 if item in ordering.removed else 0
        yield Statistic(quantity="item_ordering_removed", item=name, estimate=removed, n=n)


def _violations(about: str, name: str, violations: Violations, n: int) -> Iterator[Statistic]:
    for field_name in _VIOLATIONS:
        row, value = Statistic(quantity=f"{about}_{field_name}", item=name, n=n), float(getattr(violations, field_name))
        if violations.comparisons == 0 and field_name != "comparisons":
            yield null(row, "no_comparisons")
        elif math.isfinite(value):
            yield replace(row, estimate=value)
        else:
            yield null(row, "no_variance" if math.isnan(value) else "statistic_infinite")


def _ht(scale: MokkenScale) -> Iterator[Statistic]:
    """H^T of all items and, where some stand in the way of an ordering, of those that are left without them."""
    (row,) = declared_ht(scale)
    yield _of_persons(row, scale.ht)
    ordering = scale.item_ordering
    if ordering.removed:
        kept = ", ".join(name for item, name in enumerate(scale.names) if item not in ordering.removed)
        yield _of_persons(replace(row, method="after_removal", note=str(Note("items_kept", kept))), ordering.ht)


def _of_persons(row: Statistic, estimate: float) -> Statistic:
    return null(row, _undefined(row.n or 0)) if math.isnan(estimate) else replace(row, estimate=estimate)


def _selection(scale: MokkenScale, lower_bound: float) -> Iterator[Statistic]:
    cluster, scales = scale.sample.clustering.key, scale.scales(lower_bound)
    for row, number in zip(declared_selection(scale, lower_bound), scales, strict=True):
        yield replace(row, cluster=cluster, estimate=float(number), note=None if number else "in_no_scale")
