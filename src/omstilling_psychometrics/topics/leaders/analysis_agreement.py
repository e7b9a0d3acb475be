"""Rows of agreement about leaders: means over leaders of indices that compare the answers about one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from ...analysis.by_role import missing, note_of
from ...analysis.raters import WAVES_POOLED, Raters
from ...core.note import joined
from ...core.numerics import intervals
from ...core.numerics.arrays import Floats, Ints
from ...core.results import Statistic
from .numerics import agreement
from .numerics.agreement import AnswerTable
from .numerics.jackknife import mean_over_groups
from .numerics.variance_components import GroupSums


@dataclass(frozen=True)
class Agreeing:
    """The groups with at least two complete answers: a leader in a wave each, leader (J,) says whose. one_answer: groups with
    a single one, left out; nothing: why there is no group, if so; pooled: the note on several waves."""

    table: AnswerTable
    leader: Ints
    one_answer: int
    nothing: str | None
    pooled: str | None

    @staticmethod
    def of(every: AnswerTable, raters: Raters, sums: GroupSums) -> Agreeing:
        """From the complete answers of all groups; sums are those of the scale score."""
        several = every.n >= 2
        table = AnswerTable(every.counts[several], every.categories)
        waves = np.unique(raters.wave[several])
        return Agreeing(
            table=table,
            leader=raters.leader[several],
            one_answer=int((every.n == 1).sum()),
            nothing=_no_agreement(sums, table),
            pooled=WAVES_POOLED if len(waves) > 1 else None,
        )


def agreement_rows(groups: Agreeing) -> Iterator[Statistic]:
    """r_wg(j) under every null with the share set to 0, r*wg(j), a_wg and the average deviation."""
    table = groups.table
    uniform = agreement.null_variance("uniform", table.categories)
    for null in agreement.NULLS:
        try:
            variance = agreement.null_variance(null, table.categories)
        except ValueError as reason:
            for quantity in ("rwg_j", "rwg_j_set_to_zero"):
                yield missing(note_of(reason), quantity=quantity, method=null)
            continue
        zero = agreement.out_of_range(table, variance)
        mean = _over_leaders(agreement.rwg_j(table, variance), groups, quantity="rwg_j", method=null)
        yield replace(mean, note=joined("all_set_to_zero", mean.note)) if len(zero) and zero.all() else mean
        yield _share_of_leaders(zero, groups, quantity="rwg_j_set_to_zero", method=null)
    yield _over_leaders(agreement.r_star_wg_j(table, uniform), groups, quantity="r_star_wg_j")
    yield _over_leaders(agreement.a_wg(table), groups, quantity="a_wg")
    yield _over_leaders(agreement.average_deviation(table), groups, quantity="ad")


def _no_agreement(sums: GroupSums, several: AnswerTable) -> str | None:
    """Why no leader has two complete answers, if so."""
    if len(several.n):
        return None
    if not sums.n.any():
        return "no_answers"
    return "one_answer_per_leader" if sums.n.max() <= 1 else "one_answer_per_cluster"


def _over_leaders(values: Floats, groups: Agreeing, **fields: str | None) -> Statistic:
    """Mean over groups whose value is defined, leaders being the independent units."""
    defined = ~np.isnan(values)
    n = round(float(groups.table.n[defined].sum()))
    if not defined.any():
        return missing(groups.nothing or f"a_wg_undefined: {len(values)}", n=n, **fields)
    mean = float(values[defined].mean())
    error, leaders = mean_over_groups(values[defined], groups.leader[defined])
    # Where every leader has the same value, nothing is known of how much it varies.
    interval = partial(intervals.wald, estimate=mean, std_error=error, df=leaders - 1) if error > 0 else None
    undefined = int((~defined).sum())
    notes = (
        f"leaders_left_out: {groups.one_answer}" if groups.one_answer else None,
        f"a_wg_undefined: {undefined}" if undefined else None,
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


def _share_of_leaders(hit: np.ndarray, groups: Agreeing, **fields: str | None) -> Statistic:
    n = round(float(groups.table.n.sum()))
    if groups.nothing:
        return missing(groups.nothing, n=n, **fields)
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
