"""Differential item functioning: do respondents of different groups with equal scale totals answer an item alike?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ...analysis.declared_rows import completed, null
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
from ...core.criteria import SMALL_GROUPS, cut_off
from ...core.errors import EstimationError, UsageError, estimating
from ...core.note import Note, joined
from ...core.numerics import intervals
from ...core.numerics.moments import complete
from ...core.results import Result, Statistic
from ...survey.patterns import ResponsePatterns
from ...survey.takes_answers import takes_answers
from .numerics.dif import EFFECTS, Effect, ItemDif, ScoreDifference, item_dif

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class DifResult(Result):
    """Uniform, non-uniform and total effects of each item, and differences in scale points between pairs of groups.

    Parameters
    ----------
    statistics : tuple of Statistic
        Every row, in the order of the report.
    settings : mapping, optional
        The options that they were computed with.
    notes : tuple of str, optional
        What concerns the whole result.
    converged : bool, default True
        Always; an item whose regressions do not converge has null rows.
    models : mapping, optional
        Of each item that could be fitted, `ItemDif`: its three regressions and what follows from them.
    answers : ReleasedAnswers, optional
        The released answers that it was computed from; None where they were not released.
    """

    analysis: ClassVar[str] = "dif"
    models_by: ClassVar[tuple[str, ...]] = ("item",)

    def of_item(self, item: str) -> ItemDif:
        """The regressions of one item.

        Parameters
        ----------
        item : str
            Which.

        Returns
        -------
        ItemDif
            Its `regressions` on the total, on total and group, and on both with their product.

        Raises
        ------
        UsageError
            Where there is no such item, or nothing could be fitted.
        """
        if item not in self.models:
            known = ", ".join(self.models) or "none: the notes of the rows say why"
            raise UsageError(f"item is {item!r}; items with regressions in this result: {known}.")
        fitted: ItemDif = self.models[item]
        return fitted

    def glance(self) -> pd.DataFrame:
        """What each item is worth.

        Returns
        -------
        pandas.DataFrame
            A row per item: `n`, the p value of its total effect (clustered where there are clusters), the change of McFadden's
            R2, and the largest expected difference between two groups in scale points, in size.
        """
        import pandas as pd

        columns = ["item", "n", "p_value", "r2_change", "largest_difference"]
        rows = []
        for item in dict.fromkeys(row.item for row in self.statistics):
            total = self.find("total", item=item)[-1]
            differences = [abs(row.estimate) for row in self.find("expected_score_difference", item=item) if row.estimate]
            rows.append((item, total.n, total.p_value, total.estimate, max(differences, default=None)))
        return self._marked(pd.DataFrame(rows, columns=columns))


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

    See Also
    --------
    invariance : The same question by a factor model, of all items together.
    irt_groups : The same question by an item response model.
    role_comparison : Compare scores once items are alike.

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
    comparison = _Comparison.of(patterns, groups)
    return DifResult(statistics=remarked(patterns, comparison.rows()), settings={"by": by}, models=comparison.fitted)


def battery(patterns: ResponsePatterns, *, rng: np.random.Generator, by: str = "role") -> DifResult:
    """All rows of the analysis of differential functioning (nothing in it is random)."""
    answers, note = mixed_on_purpose(patterns, by)
    result = _compared(answers, by)
    return replace(result, statistics=tuple(noted(one, note) for one in result.statistics))


def declared(item: str, n: int) -> Iterator[Statistic]:
    """The effects on an item in n complete rows, whether or not it has regressions."""
    yield from (Statistic(quantity=effect, item=item, n=n) for effect in EFFECTS)


@dataclass(frozen=True, kw_only=True)
class _Comparison:
    """The groups with complete rows, and each item's regressions, or why it has none. refusal: why nothing is compared."""

    items: tuple[str, ...]
    groups: Groups
    names: tuple[str, ...]
    n: int
    df: float
    notes: tuple[Note | str | None, ...]
    refusal: str | None
    fitted: dict[str, ItemDif]
    failures: dict[str, Note]

    @classmethod
    def of(cls, patterns: ResponsePatterns, groups: Groups) -> _Comparison:
        values = patterns.values()
        full = complete(values)
        sizes = groups.counts[:, full].sum(axis=1)
        compared = np.flatnonzero(sizes > 0)
        answered = GroupAnswers(
            names=groups.names, items=patterns.items, answers=groups.counts @ ~np.isnan(values), usable=np.asarray(sizes)
        )
        used = np.tile(full, len(groups.names))
        clusters = groups.clusters and groups.clusters.restrict(used)
        df = intervals.degrees_of_freedom(clusters)
        fitted: dict[str, ItemDif] = {}
        failures: dict[str, Note] = {}
        if answered.too_few is None:
            rows = np.tile(values[full], (len(groups.names), 1))
            # Groups without complete rows drop out: the others are numbered on.
            number = np.cumsum(sizes > 0) - 1
            group = np.repeat(np.maximum(number, 0), int(full.sum()))
            for position, item in enumerate(patterns.items):
                try:
                    with estimating():
                        fitted[item] = item_dif(rows[:, position], rows.sum(axis=1), group, groups.stacked[used], clusters, df)
                except EstimationError as error:
                    failures[item] = error.reason
        left_out = len(groups.names) - len(compared)
        asked = cut_off("cosmin_dif").sample
        needed = 0 if asked is None else asked.per_group
        small = ", ".join(
            f"{in_note(groups.names[place])} {round(float(sizes[place]))}" for place in compared if sizes[place] < needed
        )
        return cls(
            items=patterns.items,
            groups=groups,
            names=tuple(groups.names[place] for place in compared),
            n=round(float(sizes.sum())),
            df=df,
            notes=(
                Note("groups_left_out", str(left_out)) if left_out else None,
                answered.lost if left_out else None,
                Note(SMALL_GROUPS, small) if small else None,
            ),
            refusal=answered.too_few,
            fitted=fitted,
            failures=failures,
        )

    def rows(self) -> Iterator[Statistic]:
        for item in self.items:
            reason = self.refusal or self.failures.get(item) or "not_computed"
            yield from completed(self._of(item), declared(item, self.n), reason)

    def _of(self, item: str) -> Iterator[Statistic]:
        if item in self.fitted:
            yield from self._effects(item)
            yield from self._differences(item)

    def _effects(self, item: str) -> Iterator[Statistic]:
        ignored = "clusters_ignored" if self.groups.clusters is not None else None
        for row in declared(item, self.n):
            effect = self.fitted[item].effects[row.quantity]
            yield replace(
                row,
                estimate=effect.r2_change,
                statistic=effect.likelihood_ratio,
                df=effect.df,
                p_value=effect.p_value,
                note=joined(ignored, *self.notes),
            )
            if self.groups.clusters is not None:
                yield self._clustered(replace(row, method="clustered"), effect)

    def _clustered(self, row: Statistic, effect: Effect) -> Statistic:
        if effect.wald is None:
            return null(row, effect.refusal or "not_computed")
        return replace(
            row,
            cluster=self.groups.cluster,
            estimate=effect.r2_change,
            statistic=effect.wald.chi2,
            df=effect.wald.df,
            p_value=effect.wald.p_value,
            note=joined(self.groups.note, *self.notes),
        )

    def _differences(self, item: str) -> Iterator[Statistic]:
        fitted = self.fitted[item]
        # The same model as in the test of non-uniform effects: without its errors there are none here.
        refusal = fitted.effects["nonuniform"].refusal
        for pair in fitted.differences:
            method = f"{self.names[pair.first]}~{self.names[pair.second]}"
            row = Statistic(quantity="expected_score_difference", item=item, method=method, n=self.n)
            yield self._difference(row, pair, refusal)

    def _difference(self, row: Statistic, pair: ScoreDifference, refusal: Note | None) -> Statistic:
        if refusal == Note("perfect_prediction"):
            # Where odds grow without end, expected scores at totals that nobody of a group has are anything.
            return null(row, refusal)
        error = pair.std_error
        known = np.isfinite(error)
        return replace(
            row,
            cluster=self.groups.cluster,
            estimate=pair.estimate,
            std_error=error,
            interval=partial(intervals.wald, estimate=pair.estimate, std_error=error, df=self.df) if known else None,
            note=self.groups.note if known else str(refusal or "no_interval"),
        )
