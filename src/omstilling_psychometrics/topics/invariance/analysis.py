"""Measurement invariance: does the scale measure the same thing, in the same units, from the same zero, in every group?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ...analysis.declared_rows import completed
from ...analysis.groups import (
    GroupAnswers,
    cluster_of_groups,
    in_note,
    mixed_on_purpose,
    noted,
    require_groups,
    require_unmixed_roles,
)
from ...core.errors import UsageError, as_known
from ...core.note import Note, joined, notes_in
from ...core.numerics.arrays import Floats
from ...core.results import Result, Statistic
from ...survey.patterns import ResponsePatterns
from ...survey.takes_answers import takes_answers
from ..factor.analysis_sample import StackedPatterns, stacked
from .analysis_fit import NormalGroups, OrdinalGroups
from .analysis_ladder import Ladder
from .analysis_step import Context, FittedStep
from .item_changes import item_changes
from .numerics.ladder import continuous_ladder, ordinal_ladder

if TYPE_CHECKING:
    import pandas as pd

Estimator = Literal["WLSMV", "MLR", "FIML"]

# No comparison of groups smaller than this.
SMALLEST_GROUP = 100

# Prefix of the methods, and the first step at which latent means can be compared.
_KINDS = {"WLSMV": ("", "intercepts"), "MLR": ("continuous/", "scalar"), "FIML": ("fiml/", "scalar")}


@dataclass(frozen=True, kw_only=True)
class InvarianceResult(Result):
    """The steps of the ladder (methods), latent means, and how each item departs from invariance.

    Parameters
    ----------
    statistics : tuple of Statistic
        Every row, in the order of the report.
    settings : mapping, optional
        The options that they were computed with.
    notes : tuple of str, optional
        What concerns the whole result.
    converged : bool, default True
        Whether every step that was fitted has its optimum.
    models : mapping, optional
        Of each step that could be fitted, by its method (`loadings`, `continuous/scalar`, `scalar/partial`, …), `FittedStep`.
    answers : ReleasedAnswers, optional
        The released answers that it was computed from; None where they were not released.
    """

    analysis: ClassVar[str] = "invariance"
    headline: ClassVar[tuple[str, ...]] = ("cfi_scaled", "rmsea_scaled", "srmr", "difference")
    headed_by: ClassVar[tuple[str, ...]] = ("method",)
    models_by: ClassVar[tuple[str, ...]] = ("method",)

    def step(self, method: str) -> FittedStep[Any]:
        """One step of the ladder, fitted.

        Parameters
        ----------
        method : str
            Which, as in the rows.

        Returns
        -------
        FittedStep
            Its `fit` has the model, the estimates and the moments that it implies, `tests` the tests of fit.

        Raises
        ------
        UsageError
            Where there is no such step, or it could not be fitted.
        """
        if method not in self.models:
            known = ", ".join(self.models) or "none: the notes of the rows say why"
            raise UsageError(f"method is {method!r}; steps with a model in this result: {known}.")
        step: FittedStep[Any] = self.models[method]
        return step

    def item_changes(self, level: float = 0.95) -> pd.DataFrame:
        """What became of each item, as from an old wording to a new one (`by="form"`).

        An item that partial invariance sets free is `worse` where its loading is lower, `better` where it is higher (the test
        of `loading_difference` below .05 over the number of items), else `shifted` where answers differ at equal latent values
        (the whole 95 % interval of `expected_score_bias` on one side of 0), and `unclear` where neither shows how it differs.
        Of the others there is `no_difference`, which does not say that there is none: the intervals say how large one may
        still be.

        Parameters
        ----------
        level : float, default 0.95
            Of the intervals that are shown.

        Returns
        -------
        pandas.DataFrame
            A row per item and pair of groups (`b~a`: b less a): `change`, `set_free`, the test's `p_value`, and
            `loading_difference` and `expected_score_bias` (scale points) with their bounds `_low` and `_high`; `note` where
            it is `not_evaluated`.
        """
        import pandas as pd

        sizes = {"loading_difference": "loading", "expected_score_bias": "shift"}
        columns = ["item", "groups", "change", "set_free", "p_value"]
        columns += [f"{name}{bound}" for name in sizes for bound in ("", "_low", "_high")]
        table = []
        for one in item_changes(self.statistics):
            p_value = None if one.test is None else one.test.p_value
            line: list[Any] = [one.item, one.pair, one.change, one.set_free, p_value]
            for part in sizes.values():
                row: Statistic | None = getattr(one, part)
                line += [np.nan] * 3 if row is None else [row.estimate, *row.confidence_interval(level)]
            table.append([*line, one.reason])
        return self._marked(pd.DataFrame(table, columns=[*columns, "note"]))


@takes_answers
def invariance(
    patterns: ResponsePatterns, *, by: str = "role", estimator: str = "WLSMV", cluster: str | None = "default"
) -> InvarianceResult:
    """One factor in the groups of `by`, with ever more of it held equal.

    Each step has `chi2`, `chi2_scaled`, `srmr` (mean over the groups, weighted by size), CFI and RMSEA `_scaled` and
    `_robust`, their changes (`..._change`) and `difference`, the scaled test against the step before (Satorra 2000 for WLSMV,
    Satorra & Bentler 2001 otherwise). Robust indices of ordered answers exist only where thresholds are free.

    Once intercepts are equal: `latent_mean` of the other groups, in standard deviations of the first (method `.../group`).
    Item by item, the others equal: `item_difference`, the test of setting the item free in all its parameters,
    `expected_score_bias` (method `group~first group`), by how many scale points answers differ at equal latent values, and
    `loading_difference`, between its standardized loadings at the latent variance of the first group. Then
    `partial_invariance`: items set free one after the other (category = order), the clearest first, until no test is below
    .05 over the number of items tested (Bonferroni) or two items are left; `items_set_free` counts them. With any, the steps'
    quantities and latent means have a method `.../partial`, biases and differences of loadings `partial/...` (those of each
    item that stays equal, set free beside them, `beside/...`), and `scale_score_bias` is what the items set free are worth in
    the mean of all items. `item_changes()` sums this up item by item.

    Where a group does not use a category of an item nothing is relabelled: the ladder with that category joined to a
    neighbour in every group stands beside it (`joined/...`), to the one that this group chose more often than the others did.

    With groups of a few hundred answers, or leaders not many times the degrees of freedom, tests of WLSMV reject too seldom
    (of residual variances too often), those of likelihood slightly too often; `.../small_sample` beside each allows for that,
    and is the one to judge by. Groups under 100 answers are left out with a note; rows are null if fewer than two remain.
    lavaan with semTools::measEq.syntax agrees where answers are independent.

    Parameters
    ----------
    patterns : ResponsePatterns
        Counted answers to k items, as `op.read` gives them.
    by : str, default "role"
        Key of the data whose values are the groups.
    estimator : {"WLSMV", "MLR", "FIML"}, default "WLSMV"
        `WLSMV` (ordinal, theta, every pair of answers): configural, thresholds, loadings, intercepts, residuals (Wu &
        Estabrook 2016). `MLR` (complete rows as numbers; methods `continuous/...`) and `FIML` (all rows; `fiml/...`):
        configural, metric, scalar, strict.
    cluster : str or None, default "default"
        Key within whose values answers depend on each other, over all groups at once: the leader where it is known. None
        takes all answers as independent.

    Returns
    -------
    InvarianceResult
        The rows of the steps and of the items, and `group_size`.

    Raises
    ------
    UsageError
        For an unknown estimator, a key that the data do not have, fewer than two groups, or several roles when `by` is
        another key.

    See Also
    --------
    dif : One item at a time by regression on the total score.
    irt_groups : Equal parameters of an item response model.
    cfa : The factor in each role by itself.
    role_comparison : Scores of roles, which invariance allows to compare.

    References
    ----------
    Wu, H., & Estabrook, R. (2016). Identification of confirmatory factor analysis models of different levels of invariance
    for ordered categorical outcomes. Psychometrika, 81, 1014–1045.

    Chen, F. F. (2007). Sensitivity of goodness of fit indexes to lack of measurement invariance. Structural Equation
    Modeling, 14, 464–504.

    Examples
    --------
    >>> import omstilling_psychometrics as op
    >>> from omstilling_psychometrics.reference import load_case
    >>> result = op.invariance(load_case("datCat"), by="group", estimator="MLR")
    >>> test = result.get("difference", method="continuous/metric")
    >>> round(test.statistic, 3), test.df
    (3.034, 4)
    """
    estimator = as_known(estimator, get_args(Estimator))
    if estimator not in get_args(Estimator):
        raise UsageError(f"estimator is '{estimator}'; invariance takes {', '.join(get_args(Estimator))}.")
    return _compared(require_groups(require_unmixed_roles(patterns, by), by, "invariance"), by, estimator, cluster)


def _compared(answers: ResponsePatterns, by: str, estimator: str, cluster: str | None = "default") -> InvarianceResult:
    comparison = _Comparison.of(answers, by, estimator, cluster_of_groups(answers, cluster))
    rows = tuple(comparison.rows())
    failures = ("not_converged", "heywood")
    return InvarianceResult(
        statistics=rows,
        settings={"by": by, "estimator": estimator, "cluster": cluster},
        converged=not any(note.key in failures for row in rows for note in notes_in(row.note)[:1]),
        models={step.method: step for ladder in comparison.ladders for step in ladder.fitted},
    )


def battery(patterns: ResponsePatterns, *, rng: np.random.Generator, by: str = "role") -> InvarianceResult:
    """All rows of the comparison, ordinal and continuous (nothing in it is random)."""
    answers, note = mixed_on_purpose(patterns, by)
    parts = [_compared(answers, by, estimator) for estimator in ("WLSMV", "MLR")]
    return InvarianceResult(
        statistics=tuple(noted(one, note) for part in parts for one in part.statistics),
        settings={"by": by, "estimators": ["WLSMV", "MLR"]},
        converged=all(part.converged for part in parts),
        models={method: step for part in parts for method, step in part.models.items()},
    )


@dataclass(frozen=True, kw_only=True)
class _Comparison:
    """The groups that can be compared, and the ladders fitted to them; `refusal`: why there is nothing to compare."""

    context: Context
    sizes: Floats
    left_out: str | None
    refusal: str | None
    ladders: tuple[Ladder[Any], ...] = ()

    @classmethod
    def of(cls, patterns: ResponsePatterns, by: str, estimator: str, cluster: str | None) -> _Comparison:
        listwise = estimator == "MLR"
        rows = stacked(patterns, by=None if by == "role" and "role" not in patterns.keys else by, cluster=cluster)
        rows, left_out = _large_groups(rows, listwise=listwise)
        values = np.asarray(patterns.instrument.categories, dtype=float)
        k, groups = len(patterns.items), max(len(rows.levels), 1)  # without any, the rows are those of one group
        steps = ordinal_ladder(k, rows.categories, groups) if estimator == "WLSMV" else continuous_ladder(k, groups)
        prefix, means = _KINDS[estimator]
        context = Context(prefix, means, steps, patterns.items, rows.levels, values, cluster)
        refusal = _refusal(rows, patterns.items, listwise=listwise)
        compared = cls(context=context, sizes=_sizes(rows, listwise=listwise), left_out=left_out, refusal=refusal)
        if refusal is not None:
            return compared
        if estimator != "WLSMV":
            return replace(compared, ladders=(Ladder.of(context, NormalGroups(*rows.normal(listwise=listwise))),))
        ladders = [Ladder.of(context, OrdinalGroups(*rows.ordinal(listwise=False)))]
        fewer, joined_categories = rows.without_unshared_categories()
        if joined_categories:
            named = ", ".join(
                f"{context.items[item]} {values[first - 1]:g}–{values[last - 1]:g}" for item, first, last in joined_categories
            )
            # To be seen beside the one that relabels nothing: steps only.
            steps_only = replace(context, prefix="joined/", means="")
            note = str(Note("categories_joined", named))
            ladders.append(Ladder.of(steps_only, OrdinalGroups(*fewer.ordinal(listwise=False)), note))
        return replace(compared, ladders=tuple(ladders))

    def rows(self) -> Iterator[Statistic]:
        """How many answers each group is compared by, since what can be found hangs on the smallest, then the ladders."""
        if self.refusal is not None:
            for place in range(len(self.context.steps)):
                yield from completed((), self.context.declared(place, 0), self.refusal)
            return
        for name, size in zip(self.context.levels, self.sizes, strict=True):
            n = round(float(size))
            method = self.context.method(name)
            yield Statistic(quantity="group_size", method=method, estimate=float(n), n=n, note=self.left_out)
        for ladder in self.ladders:
            yield from (noted(row, self.left_out) for row in ladder.rows())


def _sizes(rows: StackedPatterns, *, listwise: bool) -> Floats:
    """(g,) answers that can be used."""
    used = rows.complete if listwise else (rows.codes > 0).any(axis=1)
    return np.bincount(rows.group[used], weights=rows.counts[used], minlength=len(rows.levels)).astype(np.float64)


def _large_groups(rows: StackedPatterns, *, listwise: bool) -> tuple[StackedPatterns, str | None]:
    """The groups that are large enough to compare, if there are two, and a note of those left out."""
    sizes = _sizes(rows, listwise=listwise)
    large = sizes >= SMALLEST_GROUP
    if large.all() or np.count_nonzero(large) < 2:
        return rows, None
    answered = _sizes(rows, listwise=False)
    return rows.of_groups(large), _small(rows, sizes, answered, np.flatnonzero(~large).tolist(), "small_groups_left_out")


def _small(rows: StackedPatterns, sizes: Floats, answered: Floats, places: list[int], key: str) -> str:
    """The note of groups that are too small, and whether some have answers enough and only too few complete rows."""
    small = ", ".join(f"{in_note(rows.levels[place])} {round(float(sizes[place]))}" for place in places)
    incomplete = (answered[places] >= SMALLEST_GROUP).any()
    return joined(Note(key, f"{small} < {SMALLEST_GROUP}"), "too_few_complete" if incomplete else None) or key


def _refusal(rows: StackedPatterns, items: tuple[str, ...], *, listwise: bool) -> str | None:
    """Why there is nothing to compare, if so."""
    sizes, answered = _sizes(rows, listwise=listwise), _sizes(rows, listwise=False)
    used = _used(rows)
    answers = GroupAnswers(names=rows.levels, items=items, answers=used.sum(axis=-1), usable=sizes)
    if answers.too_few is not None:
        return answers.too_few
    if sizes.min() < SMALLEST_GROUP:
        smallest = int(sizes.argmin())
        return _small(rows, sizes, answered, [smallest], "group_too_small")
    if len(items) < 3:
        return "needs_three_items"
    return None if listwise else _without_variance(rows, items, (used > 0).sum(axis=-1))


def _used(rows: StackedPatterns) -> Floats:
    """(g, k, c) how often each group used each category of each item."""
    shape = (len(rows.levels), rows.codes.shape[1], rows.categories)
    used = np.zeros(shape)
    for item in range(shape[1]):
        answered = rows.codes[:, item] > 0
        np.add.at(used[:, item], (rows.group[answered], rows.codes[answered, item] - 1), rows.counts[answered])
    return used


def _without_variance(rows: StackedPatterns, items: tuple[str, ...], categories: NDArray[np.int64]) -> str | None:
    """Items that a group did not answer, or answered all alike, where correlations need more: categories (g, k) used."""
    for note, number in (("item_without_answers", 0), ("constant_item", 1)):
        places = [f"{items[item]} ({in_note(rows.levels[group])})" for group, item in np.argwhere(categories == number)]
        if places:
            return str(Note(note, ", ".join(places)))
    return None
