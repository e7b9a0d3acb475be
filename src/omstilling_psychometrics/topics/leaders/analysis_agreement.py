"""Rows of agreement about leaders: means over leaders of indices that compare the answers about one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from ...analysis.by_role import missing
from ...core.errors import EstimationError
from ...core.note import Note, joined
from ...core.numerics import intervals
from ...core.numerics.arrays import Floats
from ...core.results import Statistic
from .analysis_role import CompleteAnswers
from .numerics import agreement
from .numerics.jackknife import mean_over_groups


def agreement_rows(groups: CompleteAnswers) -> Iterator[Statistic]:
    """r_wg(j) under every null with the share set to 0, r*wg(j), a_wg and the average deviation."""
    table = groups.table
    uniform = agreement.null_variance("uniform", table.categories)
    for null in agreement.NULLS:
        try:
            variance = agreement.null_variance(null, table.categories)
        except EstimationError as error:
            for quantity in ("rwg_j", "rwg_j_set_to_zero"):
                yield missing(error.note, quantity=quantity, method=null)
            continue
        zero = agreement.out_of_range(table, variance)
        mean = _over_leaders(agreement.rwg_j(table, variance), groups, quantity="rwg_j", method=null)
        yield replace(mean, note=joined("all_set_to_zero", mean.note)) if len(zero) and zero.all() else mean
        yield _share_of_leaders(zero, groups, quantity="rwg_j_set_to_zero", method=null)
    yield _over_leaders(agreement.r_star_wg_j(table, uniform), groups, quantity="r_star_wg_j")
    yield _over_leaders(agreement.a_wg(table), groups, quantity="a_wg")
    yield _over_leaders(agreement.average_deviation(table), groups, quantity="ad")


def _over_leaders(values: Floats, groups: CompleteAnswers, **fields: str | None) -> Statistic:
    """Mean over groups whose value is defined, leaders being the independent units."""
    defined = ~np.isnan(values)
    n = round(float(groups.table.n[defined].sum()))
    if not defined.any():
        return missing(str(groups.nothing or Note("a_wg_undefined", str(len(values)))), n=n, **fields)
    mean = float(values[defined].mean())
    error, leaders = mean_over_groups(values[defined], groups.leader[defined])
    # Where every leader has the same value, nothing is known of how much it varies.
    interval = partial(intervals.wald, estimate=mean, std_error=error, df=leaders - 1) if error > 0 else None
    undefined = int((~defined).sum())
    notes = (
        Note("leaders_left_out", str(groups.one_answer)) if groups.one_answer else None,
        Note("a_wg_undefined", str(undefined)) if undefined else None,
    )
    return Statistic(
        **fields,  # type: ignore[arg-type]
        estimate=mean,
        std_error=error,
        interval=interval,
        cluster="leader",
        n=n,
        note=joined(*notes, groups.pooled) or ("one_leader" if leaders == 1 else None),
    )


def _share_of_leaders(hit: np.ndarray, groups: CompleteAnswers, **fields: str | None) -> Statistic:
    n = round(float(groups.table.n.sum()))
    if groups.nothing:
        return missing(str(groups.nothing), n=n, **fields)
    share = float(hit.mean())
    interval = partial(intervals.wilson, share=share, n=len(hit))
    if not groups.pooled:
        return Statistic(**fields, estimate=share, interval=interval, n=n)  # type: ignore[arg-type]
    error, leaders = mean_over_groups(hit.astype(float), groups.leader)
    return Statistic(
        **fields,  # type: ignore[arg-type]
        estimate=share,
        std_error=error,
        interval=partial(interval, std_error=error, df=leaders - 1),
        cluster="leader",
        n=n,
        note=groups.pooled,
    )
