"""Mokken scale analysis: scalability with missing answers and leaders, monotonicity, item ordering, item selection."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import ClassVar

import numpy as np

from ...analysis.by_role import Clustering, fitted_by_role, missing
from ...analysis.item_direction import marked
from ...analysis.raters import WAVES_POOLED
from ...analysis.sample import Sample
from ...analysis.standard_errors import NO_ERROR
from ...core.errors import EstimationError, UsageError
from ...core.note import Note, joined
from ...core.numerics import intervals
from ...core.results import Result, Statistic
from ...survey.patterns import ResponsePatterns
from ...survey.takes_answers import takes_answers
from .analysis_role import MokkenScale, Places
from .numerics.monotonicity import Violations
from .numerics.scalability import Scalability
from .numerics.two_level import Coefficient, leader_count

# The quantity that a coefficient has, by how many items it is about; none means the scale.
_QUANTITY = {0: "h", 1: "h_item", 2: "h_pair"}

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

    def rows(scale: MokkenScale) -> Iterator[Statistic]:
        yield from _scalability(scale)
        yield from _two_level(scale)
        yield from _monotonicity(scale)
        yield from _item_ordering(scale)
        yield from _selection(scale, lower_bounds)

    statistics, models = fitted_by_role(patterns, scale, rows, cluster=cluster)
    return MokkenResult(statistics=statistics, settings=settings, models=models)


def battery(patterns: ResponsePatterns, *, rng: np.random.Generator | int) -> MokkenResult:
    """All rows of the Mokken analysis; nothing in it is random."""
    return mokken(patterns)


def _scalability(scale: MokkenScale) -> Iterator[Statistic]:
    """H, H_i and H_ij with standard errors: complete rows by cluster, and as independent; pairwise."""
    listwise = scale.scalabilities()
    yield from _coefficients(scale, listwise, scale.sample, "listwise")
    if scale.independent is not None:
        yield from _coefficients(scale, listwise, scale.independent, "listwise/independent")
    yield from _coefficients(scale, scale.scalabilities(pairwise=True), scale.sample, "pairwise")


def _coefficients(scale: MokkenScale, sums: Mapping[Places, Scalability], sample: Sample, method: str) -> Iterator[Statistic]:
    codes = scale.answers(pairwise=method == "pairwise")
    constant = [name for name, answers in zip(scale.names, codes.T, strict=True) if np.unique(answers[answers > 0]).size < 2]
    for places in sorted(sums, key=lambda places: (len(places), places)):
        row = _coefficient(sample, sums[places], _about(scale, places, method))
        if not places and constant and row.note is None:
            row = replace(row, note=str(Note("items_without_variance", ", ".join(constant))))
        yield marked(row) if len(places) == 1 else row


def _about(scale: MokkenScale, places: Places, method: str) -> dict[str, str | None]:
    """What a coefficient is called: that of the scale, of an item or of a pair."""
    items = "~".join(scale.names[place] for place in places)
    return {"quantity": _QUANTITY[len(places)], "item": items or None, "method": method}


def _too_few_or_alike(n: int) -> str:
    """Why a coefficient of n complete answers is not defined."""
    return str(Note("no_variance") if n > 1 else Note("too_few_complete", f"n = {n}"))


def _coefficient(sample: Sample, part: Scalability, about: Mapping[str, str | None]) -> Statistic:
    if math.isnan(part.estimate):
        n = sample.n(part.used)
        return missing(_too_few_or_alike(n), n=n, **about)
    row = sample.estimate(part.estimate, part.influence(sample.counts), part.used, intervals.wald, **about)
    return _without_certainty(row)


def _without_certainty(row: Statistic) -> Statistic:
    """No answer departs from a perfect scale: the delta method gives a standard error of 0, which says nothing."""
    perfect = row.std_error is not None and row.std_error < NO_ERROR and row.estimate == 1
    return replace(row, std_error=math.nan, interval=None, note="no_guttman_errors") if perfect else row


def _two_level(scale: MokkenScale) -> Iterator[Statistic]:
    """Coefficients between raters of the same leader; one null row each where there are no such raters."""
    parts = ("within", "between", "ratio")
    try:
        coefficients, groups = scale.two_level, scale.groups
    except EstimationError as refused:
        cluster = None if refused.reason.key == "no_leaders" else scale.rated
        yield from (missing(refused.note, quantity="h", method=f"two_level/{part}", cluster=cluster) for part in parts)
        return
    n, leaders = round(sum(wave.n for wave in groups)), leader_count(groups)
    pooled = WAVES_POOLED if len(groups) > 1 else None
    for places, of_items in coefficients.items():
        for part in parts:
            coefficient: Coefficient = getattr(of_items, part)
            fields = {**_about(scale, places, f"two_level/{part}"), "cluster": scale.rated, "n": n}
            if math.isnan(coefficient.estimate):
                yield missing("no_variance", **fields)
                continue
            for suffix, error, df in (("", coefficient.sandwich, leaders - 1), ("/koopman", coefficient.koopman, math.inf)):
                row = Statistic(
                    **{**fields, "method": f"two_level/{part}{suffix}"},  # type: ignore[arg-type]
                    estimate=coefficient.estimate,
                    std_error=error,
                    interval=partial(intervals.wald, estimate=coefficient.estimate, std_error=error, df=df),
                    note=joined(_no_error(error, suffix, pooled), pooled),
                )
                yield _without_certainty(row)


def _no_error(error: float, suffix: str, pooled: str | None) -> str | None:
    """Why a two-level coefficient has no standard error, if so."""
    if not math.isnan(error):
        return None
    return "groups_depend" if suffix and pooled else "one_cluster"


def _monotonicity(scale: MokkenScale) -> Iterator[Statistic]:
    try:
        of_items = scale.monotonicity
    except EstimationError as error:
        yield from _not_checked("monotonicity", scale, error.note)
        return
    for name, violations in zip(scale.names, of_items, strict=True):
        yield from _violations("monotonicity", name, violations, scale.n)


def _item_ordering(scale: MokkenScale) -> Iterator[Statistic]:
    n = scale.n
    try:
        ordering = scale.item_ordering
    except EstimationError as error:
        yield from _not_checked("item_ordering", scale, error.note)
        yield _ht(scale.ht, n)
        return
    for item, (name, violations) in enumerate(zip(scale.names, ordering.items, strict=True)):
        yield Statistic(quantity="item_ordering_position", item=name, estimate=ordering.order.index(item) + 1, n=n)
        yield from _violations("item_ordering", name, violations, n)
        removed = ordering.removed.index(item) + 1 if item in ordering.removed else 0
        yield Statistic(quantity="item_ordering_removed", item=name, estimate=removed, n=n)
    yield _ht(scale.ht, n)
    if ordering.removed:
        kept = ", ".join(name for item, name in enumerate(scale.names) if item not in ordering.removed)
        yield _ht(ordering.ht, n, method="after_removal", note=str(Note("items_kept", kept)))


def _ht(estimate: float, n: int, method: str | None = None, note: str | None = None) -> Statistic:
    if math.isnan(estimate):
        return missing(_too_few_or_alike(n), quantity="ht", n=n, method=method)
    return Statistic(quantity="ht", estimate=estimate, n=n, method=method, note=note)


def _violations(about: str, name: str, violations: Violations, n: int) -> Iterator[Statistic]:
    for field_name in _VIOLATIONS:
        quantity, value = f"{about}_{field_name}", float(getattr(violations, field_name))
        if violations.comparisons == 0 and field_name != "comparisons":
            yield missing("no_comparisons", quantity=quantity, item=name, n=n)
        elif math.isfinite(value):
            yield Statistic(quantity=quantity, item=name, estimate=value, n=n)
        else:
            note = "no_variance" if math.isnan(value) else "statistic_infinite"
            yield missing(note, quantity=quantity, item=name, n=n)


def _not_checked(about: str, scale: MokkenScale, note: str) -> Iterator[Statistic]:
    for name in scale.names:
        yield missing(note, quantity=f"{about}_violations", item=name, n=scale.n)


def _selection(scale: MokkenScale, lower_bounds: Sequence[float]) -> Iterator[Statistic]:
    for bound in lower_bounds:
        fields = {"quantity": "aisp_scale", "category": bound, "n": scale.n}
        try:
            scales = scale.scales(bound)
        except EstimationError as error:
            yield from (missing(error.note, item=name, **fields) for name in scale.names)
            continue
        for name, number in zip(scale.names, scales, strict=True):
            yield Statistic(
                **fields,  # type: ignore[arg-type]
                item=name,
                cluster=scale.sample.clustering.key,
                estimate=float(number),
                note=None if number else "in_no_scale",
            )
