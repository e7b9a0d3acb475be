"""Mokken scale analysis: scalability with missing answers and leaders, monotonicity, item ordering, item selection."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations
from typing import ClassVar

import numpy as np
from scipy.sparse import csr_array

from ...analysis.by_role import Clustering, by_role, missing
from ...analysis.item_direction import marked
from ...analysis.raters import WAVES_POOLED, raters
from ...analysis.sample import Sample
from ...analysis.standard_errors import NO_ERROR
from ...core.errors import UsageError
from ...core.note import joined
from ...core.numerics import intervals
from ...core.numerics.arrays import Mask
from ...core.results import Result, Statistic
from ...survey.patterns import ResponsePatterns
from ...survey.takes_answers import takes_answers
from .numerics.item_ordering import coefficient_ht, item_ordering
from .numerics.monotonicity import Violations, monotonicity
from .numerics.scalability import Scalability, pair_scalability, total
from .numerics.selection import select_items
from .numerics.two_level import Coefficient, groups_by_wave, leader_count, two_level

# The quantity that a coefficient has, by how many items it is about; none means the scale.
_QUANTITY = {0: "h", 1: "h_item", 2: "h_pair"}

_VIOLATIONS = ("comparisons", "violations", "largest", "total", "largest_statistic", "significant", "crit")


@dataclass(frozen=True, kw_only=True)
class MokkenResult(Result):
    """Scalability (`h h_item h_pair`), monotonicity, invariant item ordering, HT and the scales that selection finds."""

    analysis: ClassVar[str] = "mokken"

    @property
    def h(self) -> float:
        """H of the scale, complete rows."""
        return self.value("h", method="listwise")

    def h_item(self, item: str) -> float:
        """H_i of an item, complete rows."""
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

    def compute(one: ResponsePatterns, clustering: Clustering) -> Iterator[Statistic]:
        yield from _scalability(one, clustering)
        complete = _Complete.of(one, clustering)
        yield from _two_level(complete)
        yield from _monotonicity(complete, minimum_violation, minimum_size)
        yield from _item_ordering(complete, minimum_violation, minimum_size)
        yield from _selection(complete, lower_bounds)

    return MokkenResult(statistics=by_role(patterns, compute, cluster=cluster), settings=settings)


def battery(patterns: ResponsePatterns, *, rng: np.random.Generator | int) -> MokkenResult:
    """All rows of the Mokken analysis; nothing in it is random."""
    return mokken(patterns)


@dataclass(frozen=True)
class _Complete:
    """The answers of one role to all items, as patterns coded 1 … c."""

    data: ResponsePatterns
    clustering: Clustering
    patterns: np.ndarray
    counts: np.ndarray
    kept: Mask

    @classmethod
    def of(cls, data: ResponsePatterns, clustering: Clustering) -> _Complete:
        patterns, counts = data.table()
        kept = np.asarray((patterns > 0).all(axis=1))
        return cls(data, clustering, patterns[kept].astype(np.int64), counts[kept], kept)

    @property
    def n(self) -> int:
        return round(float(self.counts.sum()))

    @property
    def categories(self) -> int:
        return len(self.data.instrument.categories)


def _label(items: Iterable[str]) -> str | None:
    return "~".join(items) or None


def _scalability(data: ResponsePatterns, clustering: Clustering) -> Iterator[Statistic]:
    codes = data.table()[0].astype(np.int64)
    complete = np.where(np.asarray((codes > 0).all(axis=1))[:, None], codes, 0)
    yield from _coefficients(data, complete, clustering, "listwise")
    if clustering.key is not None:
        yield from _coefficients(data, complete, Clustering(key=None), "listwise/independent")
    yield from _coefficients(data, codes, clustering, "pairwise")


def _coefficients(data: ResponsePatterns, codes: np.ndarray, clustering: Clustering, method: str) -> Iterator[Statistic]:
    """H, H_i and H_ij with standard errors; codes (p, k), below 1 where an answer is not to be used."""
    sample, counts, names = Sample(data, clustering), data.table()[1], data.items
    categories, size = len(data.instrument.categories), codes.shape[0]
    constant = [names[item] for item in range(len(names)) if np.unique(codes[codes[:, item] > 0, item]).size < 2]
    of_items = [total((), size) for _ in names]
    scale = total((), size)
    of_pairs = []
    for i, j in combinations(range(len(names)), 2):
        pair = pair_scalability(codes[:, i], codes[:, j], counts, categories)
        of_pairs.append(_coefficient(sample, pair, (names[i], names[j]), method))
        of_items[i], of_items[j], scale = of_items[i] + pair, of_items[j] + pair, scale + pair
    whole = _coefficient(sample, scale, (), method)
    if constant and whole.note is None:
        whole = replace(whole, note=f"items_without_variance: {', '.join(constant)}")
    yield whole
    for name, part in zip(names, of_items, strict=True):
        yield marked(_coefficient(sample, part, (name,), method))
    yield from of_pairs


def _coefficient(sample: Sample, part: Scalability, items: tuple[str, ...], method: str) -> Statistic:
    fields = {"quantity": _QUANTITY[len(items)], "item": _label(items), "method": method}
    if math.isnan(part.estimate):
        n = sample.n(part.used)
        return missing("no_variance" if n > 1 else f"too_few_complete: n = {n}", n=n, **fields)
    found = sample.estimate(part.estimate, part.influence(sample.counts), part.used, intervals.wald, **fields)
    return _without_certainty(found)


def _without_certainty(found: Statistic) -> Statistic:
    """No answer departs from a perfect scale: the delta method gives a standard error of 0, which says nothing."""
    perfect = found.std_error is not None and found.std_error < NO_ERROR and found.estimate == 1
    return replace(found, std_error=math.nan, interval=None, note="no_guttman_errors") if perfect else found


def _two_level(complete: _Complete) -> Iterator[Statistic]:
    """Coefficients between raters of the same leader; one null row each where there are no such raters."""
    key = "leader" if complete.clustering.key is None or "leader" in complete.data.keys else complete.clustering.key
    parts = ("within", "between", "ratio")
    if key not in complete.data.keys:
        yield from (missing("no_leaders", quantity="h", method=f"two_level/{part}") for part in parts)
        return
    try:
        who = raters(complete.data, complete.kept, key)
        counts = csr_array(who.counts[:, np.flatnonzero(complete.kept)])
        data = groups_by_wave(complete.patterns, counts, complete.categories, who.leader, who.wave)
    except ValueError:
        yield from (missing("one_answer_per_cluster", quantity="h", method=f"two_level/{part}", cluster=key) for part in parts)
        return
    n, leaders = round(sum(wave.n for wave in data)), leader_count(data)
    pooled = WAVES_POOLED if len(data) > 1 else None
    for items, found in two_level(*data):
        names = tuple(complete.data.items[item] for item in items)
        fields = {"quantity": _QUANTITY[len(items)], "item": _label(names), "cluster": key, "n": n}
        for part in parts:
            coefficient: Coefficient = getattr(found, part)
            method = f"two_level/{part}"
            if math.isnan(coefficient.estimate):
                yield missing("no_variance", method=method, **fields)
                continue
            for suffix, error, df in (("", coefficient.sandwich, leaders - 1), ("/koopman", coefficient.koopman, math.inf)):
                row = Statistic(
                    **fields,  # type: ignore[arg-type]
                    method=method + suffix,
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


def _monotonicity(complete: _Complete, minimum_violation: float, minimum_size: int | None) -> Iterator[Statistic]:
    names = complete.data.items
    try:
        found = monotonicity(
            complete.patterns,
            complete.counts,
            complete.categories,
            minimum_violation=minimum_violation,
            minimum_size=minimum_size,
        )
    except ValueError:
        yield from _no_groups("monotonicity", names, complete.n)
        return
    for name, one in zip(names, found, strict=True):
        yield from _violations("monotonicity", name, one, complete.n)


def _item_ordering(complete: _Complete, minimum_violation: float, minimum_size: int | None) -> Iterator[Statistic]:
    names, n = complete.data.items, complete.n
    if len(names) < 3:
        yield from (missing("needs_three_items", quantity="item_ordering_violations", item=name, n=n) for name in names)
    else:
        try:
            found = item_ordering(
                complete.patterns,
                complete.counts,
                complete.categories,
                minimum_violation=minimum_violation * (complete.categories - 1),
                minimum_size=minimum_size,
            )
        except ValueError:
            yield from _no_groups("item_ordering", names, n)
        else:
            for item, (name, one) in enumerate(zip(names, found.items, strict=True)):
                yield Statistic(quantity="item_ordering_position", item=name, estimate=found.order.index(item) + 1, n=n)
                yield from _violations("item_ordering", name, one, n)
                removed = found.removed.index(item) + 1 if item in found.removed else 0
                yield Statistic(quantity="item_ordering_removed", item=name, estimate=removed, n=n)
            if found.removed:
                kept = ", ".join(name for item, name in enumerate(names) if item not in found.removed)
                yield _ht(found.ht, n, method="after_removal", note=f"items_kept: {kept}")
    yield _ht(coefficient_ht(complete.patterns, complete.counts) if n else math.nan, n)


def _ht(estimate: float, n: int, method: str | None = None, note: str | None = None) -> Statistic:
    if math.isnan(estimate):
        return missing("no_variance" if n > 1 else f"too_few_complete: n = {n}", quantity="ht", n=n, method=method)
    return Statistic(quantity="ht", estimate=estimate, n=n, method=method, note=note)


def _violations(about: str, name: str, found: Violations, n: int) -> Iterator[Statistic]:
    for field in _VIOLATIONS:
        quantity = f"{about}_{field}"
        value = float(getattr(found, field))
        if found.comparisons == 0 and field != "comparisons":
            yield missing("no_comparisons", quantity=quantity, item=name, n=n)
        elif math.isfinite(value):
            yield Statistic(quantity=quantity, item=name, estimate=value, n=n)
        else:
            note = "no_variance" if math.isnan(value) else "statistic_infinite"
            yield missing(note, quantity=quantity, item=name, n=n)


def _no_groups(about: str, names: Sequence[str], n: int) -> Iterator[Statistic]:
    for name in names:
        yield missing(f"too_few_for_groups: n = {n}", quantity=f"{about}_violations", item=name, n=n)


def _selection(complete: _Complete, lower_bounds: Sequence[float]) -> Iterator[Statistic]:
    clusters = complete.clustering.of(complete.data)
    inside = None if clusters is None else clusters.restrict(complete.kept)
    for bound in lower_bounds:
        fields = {"quantity": "aisp_scale", "category": bound, "n": complete.n}
        if complete.n < 2 or (inside is not None and inside.size < 2):
            note = f"too_few_complete: n = {complete.n}" if complete.n < 2 else "one_cluster"
            yield from (missing(note, item=name, **fields) for name in complete.data.items)
            continue
        scales = select_items(complete.patterns, complete.counts, complete.categories, lower_bound=bound, clusters=inside)
        for name, scale in zip(complete.data.items, scales, strict=True):
            yield Statistic(
                **fields,  # type: ignore[arg-type]
                item=name,
                cluster=complete.clustering.key,
                estimate=float(scale),
                note=None if scale else "in_no_scale",
            )
