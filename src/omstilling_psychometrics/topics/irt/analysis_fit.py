"""Rows on whether the model fits: C2 and M2*, S-X2, infit and outfit, Q3 and the residuals of two-way tables."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from itertools import chain, combinations

import numpy as np

from ...analysis.by_role import missing
from ...analysis.declared_rows import completed
from ...analysis.standard_errors import FEW_CLUSTERS
from ...core.note import Note, joined
from ...core.numerics import intervals
from ...core.numerics.arrays import Floats
from ...core.numerics.item_rest import pearson
from ...core.results import Statistic
from .analysis_role import FittedRole
from .numerics.item_fit import mean_squares
from .numerics.limited_information import LimitedInformation, independence, limited_information
from .numerics.local_dependence import pair_table, q3, q3_star, residuals
from .numerics.quadrature import NODES, log_weights
from .numerics.sum_score_fit import ItemFit, sum_score_fit

# S-X2 that keeps a smaller share of its degrees of freedom rejects too often (docs/studies/irt.md).
_LEAST_SHARE_KEPT = 1 / 3


def rows(role: FittedRole) -> Iterator[Statistic]:
    """Fit of model and items to the complete rows, then of items and pairs to all rows."""
    complete = role.complete
    too_few = complete.reason if complete.n else Note("too_few_complete", "n = 0")
    computed = chain(_limited(complete), _sum_scores(complete)) if complete.usable else ()
    yield from completed(computed, declared_of_complete(complete), too_few or "not_computed")
    computed = chain(_mean_squares(role), _pairs(role)) if role.usable else ()
    yield from completed(computed, declared(role), role.reason or "not_computed")


def declared_of_complete(complete: FittedRole) -> Iterator[Statistic]:
    """The rows of the complete rows, whether or not the model fits them."""
    row = partial(Statistic, n=complete.n)
    yield from (row(quantity=quantity) for quantity in ("c2", "c2_rmsea", "c2_cfi", "c2_tli"))
    if complete.clustering.key is not None:
        yield row(quantity="c2", method="cluster")
    yield from (row(quantity="s_x2", item=name) for name in complete.names)


def declared(role: FittedRole) -> Iterator[Statistic]:
    """The rows of all rows."""
    row = partial(Statistic, n=role.n)
    yield from (row(quantity=quantity, item=name) for name in role.names for quantity in ("outfit", "infit"))
    pairs = ["~".join(pair) for pair in combinations(role.names, 2)]
    yield from (row(quantity=quantity, item=pair) for quantity in ("q3", "pair_residual") for pair in pairs)
    yield row(quantity="q3_star")


def _assumption(role: FittedRole) -> str | None:
    """Tests of fit that know nothing of clusters say so where several answers share one."""
    shared = role.clusters is not None and role.clusters.size < role.n
    return "clusters_ignored" if shared else None


# ---------------------------------------------------------------- the whole model, complete rows


def _untested(test: LimitedInformation) -> str:
    return "no_degrees_of_freedom" if test.df < 1 else "moments_dependent"


def _test(quantity: str, test: LimitedInformation, note: str | None, **fields: str | None) -> Statistic:
    if math.isnan(test.statistic):
        return missing(_untested(test), quantity=quantity, n=round(test.n), **fields)
    return Statistic(
        quantity=quantity,
        estimate=test.statistic,
        statistic=test.statistic,
        df=test.df,
        p_value=test.p_value,
        n=round(test.n),
        note=note,
        **fields,  # type: ignore[arg-type]
    )


def _limited(role: FittedRole) -> Iterator[Statistic]:
    """C2 with its RMSEA, CFI and TLI; by clusters where there are any; M2* where it has degrees of freedom."""
    assert role.fit is not None
    test, base = limited_information(role.fit), independence(role.data.table)
    yield _test("c2", test, _assumption(role))
    yield from _indices(test, base, _assumption(role))
    if role.clustering.key is not None:
        yield _clustered(role, test.moments)
    second = limited_information(role.fit, "M2*")
    if second.df > 0:
        yield _test("m2_star", second, _assumption(role))


def _indices(test: LimitedInformation, base: LimitedInformation, note: str | None) -> Iterator[Statistic]:
    """RMSEA, and CFI and TLI against unrelated items, of C2."""
    n = round(test.n)
    excess, base_excess = max(test.statistic - test.df, 0.0), max(base.statistic - base.df, 0.0)
    worst = max(excess, base_excess)
    values = {"c2_rmsea": test.rmsea, "c2_cfi": math.nan, "c2_tli": math.nan}
    if not math.isnan(test.statistic + base.statistic):
        values["c2_cfi"] = 1 - excess / worst if worst > 0 else 1.0
        ratio = base.statistic / base.df
        values["c2_tli"] = (ratio - test.statistic / test.df) / (ratio - 1) if ratio > 1 else math.nan
    for quantity, value in values.items():
        reason = note
        if math.isnan(value):
            reason = _untested(test) if math.isnan(test.statistic) else "items_unrelated"
        yield Statistic(quantity=quantity, estimate=value, n=n, note=reason)


def _clustered(role: FittedRole, moments: int) -> Statistic:
    """C2 with the covariance of the moments estimated over clusters: refused when clusters do not exceed moments."""
    clusters = role.clusters
    fields = {"method": "cluster", "cluster": role.clustering.key}
    if clusters is None or role.fit is None or clusters.size <= moments:
        note = Note("clusters_do_not_exceed_moments", f"{0 if clusters is None else clusters.size} <= {moments}")
        return missing(str(note), quantity="c2", n=role.n, **fields)
    few = Note("few_clusters", str(clusters.size)) if clusters.size < FEW_CLUSTERS else None
    return _test("c2", limited_information(role.fit, clusters=clusters), joined(few), **fields)


# ---------------------------------------------------------------- items


def _sum_scores(role: FittedRole) -> Iterator[Statistic]:
    assert role.fit is not None
    for name, item in zip(role.names, sum_score_fit(role.fit), strict=True):
        tested = item.df > 0
        yield Statistic(
            quantity="s_x2",
            item=name,
            estimate=item.statistic,
            statistic=item.statistic if tested else None,
            df=item.df if tested else None,
            p_value=item.p_value if tested else None,
            n=role.n,
            note=_to_read(role, item) if tested else "no_degrees_of_freedom",
        )


def _to_read(role: FittedRole, item: ItemFit) -> str | None:
    """What must be known to read S-X2."""
    few_left = item.df < _LEAST_SHARE_KEPT * item.df_unjoined
    return joined(_assumption(role), Note("cells_joined", f"df = {item.df}, {item.df_unjoined}") if few_left else None)


def _mean_squares(role: FittedRole) -> Iterator[Statistic]:
    """Infit and outfit; `statistic` is the standardised value."""
    names, table = role.names, role.data.table
    squares = mean_squares(role.kind, role.items, table.answers, table.counts, role.eap[0])
    for name, item in zip(names, squares, strict=True):
        for quantity, value, z in (("outfit", item.outfit, item.outfit_z), ("infit", item.infit, item.infit_z)):
            note = "no_variance" if math.isnan(value) else _assumption(role)
            yield Statistic(quantity=quantity, item=name, estimate=value, statistic=z, n=round(item.n), note=note)


# ---------------------------------------------------------------- pairs of items


def _q3(role: FittedRole, pairs: list[tuple[int, int]], correlation: Floats, n: Floats) -> Iterator[Statistic]:
    """Q3 of every pair with the error of a correlation of residuals, the parameters taken as known."""
    names, table = role.names, role.data.table
    left = residuals(role.kind, role.items, table.answers, role.eap[0])
    for i, j in pairs:
        estimate = float(correlation[i, j])
        fields = {"quantity": "q3", "item": f"{names[i]}~{names[j]}", "estimate": estimate, "n": round(n[i, j])}
        if math.isnan(estimate):
            yield Statistic(**fields, note="no_variance")
            continue
        both = np.asarray((table.answers[:, [i, j]] > 0).all(axis=1))
        inside = role.clusters and role.clusters.restrict(both)
        influence = pearson(left[both, i], left[both, j], table.counts[both]).influence
        error = intervals.influence_error(influence, table.counts[both], inside)
        df = intervals.degrees_of_freedom(inside)
        yield Statistic(
            **fields,
            std_error=error,
            interval=partial(intervals.fisher_z, correlation=estimate, std_error=error, df=df),
            cluster=role.clustering.key,
            note="one_cluster" if math.isnan(error) else role.clustering.note,
        )


def _pairs(role: FittedRole) -> Iterator[Statistic]:
    """Q3 of every pair, its largest over its mean, and the residual association of every two-way table."""
    names, table = role.names, role.data.table
    pairs = list(combinations(range(len(names)), 2))
    correlation, n = q3(role.kind, role.items, table.answers, table.counts, role.eap[0])
    yield from _q3(role, pairs, correlation, n)
    probabilities, weights = role.kind.probabilities(role.items, NODES), np.exp(log_weights(NODES, *role.latent))
    for i, j in pairs:
        residual = pair_table(probabilities, weights, table.answers, table.counts, (i, j))
        note = "no_variance" if math.isnan(residual.cramers_v) else None
        yield Statistic(
            quantity="pair_residual",
            item=f"{names[i]}~{names[j]}",
            estimate=residual.cramers_v,
            statistic=residual.chi2,
            n=round(residual.n),
            note=note,
        )
    largest = q3_star(np.asarray(correlation))
    note = "no_comparisons" if math.isnan(largest) else None
    yield Statistic(quantity="q3_star", estimate=largest, n=role.n, note=note)
