"""Differential item functioning: do respondents of different groups with equal scale totals answer an item alike?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

import numpy as np

from ...analysis.by_role import missing, note_of
from ...analysis.groups import (
    GroupAnswers,
    Groups,
    groups_of,
    in_note,
    mixed_on_purpose,
    noted,
    require_groups,
    require_unmixed_roles,
)
from ...analysis.standard_errors import remarked
from ...core.numerics import intervals
from ...core.numerics.moments import complete
from ...core.results import Result, Statistic
from ...survey.patterns import ResponsePatterns
from ...survey.takes_answers import takes_answers
from .numerics.dif import EFFECTS, ItemDif, item_dif

# COSMIN asks for this many respondents per group (Prinsen et al. 2018).
SMALL_GROUP = 200


@dataclass(frozen=True, kw_only=True)
class DifResult(Result):
    """Uniform, non-uniform and total effects of each item, and differences in scale points between pairs of groups."""

    analysis: ClassVar[str] = "dif"


@takes_answers
def dif(patterns: ResponsePatterns, *, by: str = "role", cluster: str | None = "default") -> DifResult:
    """Proportional odds regression of each item on the total score of complete rows and the groups of `by`.

    The likelihood ratio takes answers as independent. Where leaders are known, method `clustered` has the Wald test of the
    same coefficients with scores added up within leaders over all groups, F with G - 1 denominator degrees of freedom: that
    one holds its level when employees, leader and superior answer about the same leader, and is the one to judge by.
    ordinal::clm (R) gives the same likelihoods.

    Parameters
    ----------
    patterns : ResponsePatterns
        Counted answers to k items, as `op.read` gives them.
    by : str, default "role"
        Key of the data whose values are the groups.
    cluster : str or None, default "default"
        Key within whose values answers depend on each other, over all groups at once: the leader where it is known. None
        takes all answers as independent.

    Returns
    -------
    DifResult
        `uniform`, `nonuniform`, `total` per item: likelihood ratio test (statistic, df, p_value) and change of McFadden's R2
        (estimate). `expected_score_difference` (method `a~b`): expected item score of group a less that of b at equal totals,
        in scale points.

    Raises
    ------
    UsageError
        For a key that the data do not have, fewer than two groups, or several roles when `by` is another key.

    References
    ----------
    Swaminathan, H., & Rogers, H. J. (1990). Detecting differential item functioning using logistic regression procedures.
    Journal of Educational Measurement, 27, 361–370.

    Examples
    --------
    >>> import omstilling_psychometrics as op
    >>> from omstilling_psychometrics.reference import load_case
    >>> result = op.dif(load_case("datCat"), by="group")
    >>> test = result.get("total", item="i1")
    >>> round(test.statistic, 3), test.df
    (0.53, 2)
    """
    return _compared(require_groups(require_unmixed_roles(patterns, by), by, "dif"), by, cluster)


def _compared(patterns: ResponsePatterns, by: str, cluster: str | None = "default") -> DifResult:
    groups = groups_of(patterns, by, cluster)
    return DifResult(statistics=remarked(patterns, _rows(patterns, groups)), settings={"by": by})


def battery(patterns: ResponsePatterns, *, rng: np.random.Generator, by: str = "role") -> DifResult:
    """All rows of the analysis of differential functioning (nothing in it is random)."""
    answers, note = mixed_on_purpose(patterns, by)
    result = _compared(answers, by)
    return replace(result, statistics=tuple(noted(one, note) for one in result.statistics))


def _rows(patterns: ResponsePatterns, groups: Groups) -> Iterator[Statistic]:
    values = patterns.values()
    full = complete(values)
    sizes = groups.counts[:, full].sum(axis=1)
    compared = np.flatnonzero(sizes > 0)
    n = round(float(sizes.sum()))
    own = GroupAnswers(
        names=groups.names, items=patterns.items, answers=groups.counts @ ~np.isnan(values), usable=np.asarray(sizes)
    )
    if own.too_few is not None:
        for item in patterns.items:
            yield from (missing(own.too_few, quantity=effect, item=item, n=n) for effect in EFFECTS)
        return
    used = np.tile(full, len(groups.names))
    clusters = groups.clusters and groups.clusters.restrict(used)
    counts = groups.stacked[used]
    rows = np.tile(values[full], (len(groups.names), 1))
    # Groups without complete rows drop out: the others are numbered on.
    number = np.cumsum(sizes > 0) - 1
    group = np.repeat(np.maximum(number, 0), int(full.sum()))
    names = [groups.names[place] for place in compared]
    notes = []
    if len(compared) < len(groups.names):
        notes.append(f"groups_left_out: {len(groups.names) - len(compared)}")
        notes += [own.lost] if own.lost else []
    small = [f"{in_note(groups.names[place])} {round(float(sizes[place]))}" for place in compared if sizes[place] < SMALL_GROUP]
    if small:
        notes.append(f"small_groups: {', '.join(small)}")
    df = intervals.degrees_of_freedom(clusters)
    for position, item in enumerate(patterns.items):
        try:
            result = item_dif(rows[:, position], rows.sum(axis=1), group, counts, clusters, df)
        except ValueError as reason:
            yield from (missing(note_of(reason), quantity=effect, item=item, n=n) for effect in EFFECTS)
            continue
        yield from _effects(result, item, groups, n, notes)
        yield from _differences(result, item, groups, names, df, n)


def _effects(result: ItemDif, item: str, groups: Groups, n: int, notes: list[str]) -> Iterator[Statistic]:
    ignored = ["clusters_ignored"] if groups.clusters is not None else []
    for name, effect in result.effects.items():
        yield Statistic(
            quantity=name,
            item=item,
            estimate=effect.r2_change,
            statistic=effect.likelihood_ratio,
            df=effect.df,
            p_value=effect.p_value,
            n=n,
            note="; ".join([*ignored, *notes]) or None,
        )
        if groups.clusters is None:
            continue
        if isinstance(effect.wald, str):
            yield missing(effect.wald, quantity=name, item=item, method="clustered", n=n)
            continue
        yield Statistic(
            quantity=name,
            item=item,
            method="clustered",
            cluster=groups.cluster,
            estimate=effect.r2_change,
            statistic=effect.wald.chi2,
            df=effect.wald.df,
            p_value=effect.wald.p_value,
            n=n,
            note="; ".join(filter(None, (groups.note, *notes))) or None,
        )


def _differences(result: ItemDif, item: str, groups: Groups, names: list[str], df: float, n: int) -> Iterator[Statistic]:
    # The same model as in the test of non-uniform effects: without its errors there are none here.
    refusal = result.effects["nonuniform"].wald
    for pair in result.differences:
        if refusal == "perfect_prediction":
            # Where odds grow without end, expected scores at totals that nobody of a group has are anything.
            yield missing(
                refusal,
                quantity="expected_score_difference",
                item=item,
                method=f"{names[pair.first]}~{names[pair.second]}",
                n=n,
            )
            continue
        known = np.isfinite(pair.std_error)
        yield Statistic(
            quantity="expected_score_difference",
            item=item,
            method=f"{names[pair.first]}~{names[pair.second]}",
            cluster=groups.cluster,
            estimate=pair.estimate,
            std_error=pair.std_error,
            interval=partial(intervals.wald, estimate=pair.estimate, std_error=pair.std_error, df=df) if known else None,
            n=n,
            note=groups.note if known else refusal if isinstance(refusal, str) else "no_interval",
        )
