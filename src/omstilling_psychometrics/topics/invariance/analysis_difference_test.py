"""Test of the narrower of two nested models against the wider one, whichever two were fitted to the same answers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, TypeVar, get_args

import numpy as np

from ...analysis.by_role import missing
from ...analysis.standard_errors import few_clusters
from ...core.errors import EstimationError, UsageError, estimating
from ...core.results import Result, Statistic
from ..factor.analysis import CfaResult, FitsByEstimator
from ..factor.analysis_model import FittedModel
from ..factor.analysis_specification import Restriction
from ..factor.numerics.difference import Difference, parameters_at
from .analysis import InvarianceResult
from .analysis_step import FittedStep

M = TypeVar("M", FittedModel, FittedStep[Any])

_TAKES = (
    "op.difference_test takes two results of op.cfa by one estimator, two of their models (result.model(role)), or two steps "
    "of one ladder (result.step('configural') and result.step('loadings') of op.invariance)"
)

# Moments that the wider model gives with the estimates of the narrower one are those of the narrower one, but for rounding.
_SAME_MOMENTS = 1e-8


@dataclass(frozen=True, kw_only=True)
class DifferenceTestResult(Result):
    """The test of one model against a wider one, by role.

    Parameters
    ----------
    statistics : tuple of Statistic
        A row `model_difference` per role.
    settings : mapping, optional
        `wider` and `narrower`, what was fitted.
    notes : tuple of str, optional
        What concerns the whole result.
    converged : bool, default True
        Always; a test that cannot be had is a null row.
    models : mapping, optional
        None: the two models are in the results that were given.
    answers : ReleasedAnswers, optional
        The released answers of both; None where they were not released.
    """

    analysis: ClassVar[str] = "cfa"
    headline: ClassVar[tuple[str, ...]] = ("model_difference",)

    def __post_init__(self) -> None:
        if not self.statistics:
            raise UsageError("the results have no model in common. Fit both to the same roles.")


def difference_test(a: object, b: object) -> DifferenceTestResult:
    """Scaled test of the narrower of two nested models of the same answers, in either order.

    Least squares: mean and variance adjusted, scaled and shifted (Satorra 2000; Asparouhov & Muthén 2006). `MLR` and `FIML`:
    Satorra and Bentler (2001), or (2010) where the scaling comes out negative; `ML`: the likelihood ratio. Scores are summed
    within the clusters of the models. lavaan::lavTestLRT agrees.

    Parameters
    ----------
    a : CfaResult, FittedModel or FittedStep
        What `op.cfa` gives (by one estimator; then every role is tested), a model of it, or a step of `op.invariance`.
    b : CfaResult, FittedModel or FittedStep
        The same of another model: with residual covariances that the other one has not, another `model`, or another step of the
        same ladder.

    Returns
    -------
    DifferenceTestResult
        A row `model_difference` per role with statistic, degrees of freedom and p; a null row where it cannot be had.

    Raises
    ------
    UsageError
        For anything else, for models that are not nested, and for models of other answers, estimators or clusters.

    See Also
    --------
    cfa : Fit the models.
    invariance : Tests each step against the one before.
    alpha_comparison : Test alpha in groups instead.

    References
    ----------
    Satorra, A. (2000). Scaled and adjusted restricted tests in multi-sample analysis of moment structures. In R. D. H.
    Heijmans, D. S. G. Pollock, & A. Satorra (Eds.), Innovations in multivariate statistical analysis (pp. 233–247). Kluwer.

    Satorra, A., & Bentler, P. M. (2001). A scaled difference chi-square test statistic for moment structure analysis.
    Psychometrika, 66, 507–514.

    Examples
    --------
    >>> import omstilling_psychometrics as op
    >>> from omstilling_psychometrics.reference import load_case
    >>> answers = load_case("lq2002_lead")
    >>> equal = op.cfa(answers, estimator="MLR", model="tau_equivalent")
    >>> test = op.difference_test(equal, op.cfa(answers, estimator="MLR")).get("model_difference")
    >>> round(test.statistic, 2), test.df
    (104.86, 4)
    """
    if isinstance(a, CfaResult) and isinstance(b, CfaResult):
        statistics = tuple(_by_role(a, b))
        both = a.answers if a.policy == b.policy else None
        return DifferenceTestResult(
            statistics=statistics, settings={"a": dict(a.settings), "b": dict(b.settings)}, answers=both
        )
    if isinstance(a, FittedModel) and isinstance(b, FittedModel):
        return DifferenceTestResult(statistics=(_of_models(a, b),), settings={"a": _named(a), "b": _named(b)})
    if isinstance(a, FittedStep) and isinstance(b, FittedStep):
        return DifferenceTestResult(statistics=(_of_steps(a, b),), settings={"a": a.method, "b": b.method})
    if isinstance(a, InvarianceResult) and isinstance(b, InvarianceResult):
        raise UsageError(f"a result of op.invariance has several models; {_TAKES}.")
    raise UsageError(f"{_TAKES}; got {type(a).__name__} and {type(b).__name__}.")


def _by_role(a: CfaResult, b: CfaResult) -> Iterator[Statistic]:
    for role in dict.fromkeys(row.role for row in (*a.statistics, *b.statistics)):
        fits = [one.models.get(role) for one in (a, b)]
        if any(role not in {row.role for row in one.statistics} for one in (a, b)):
            raise UsageError(f"only one of the results has the role '{role}'. Fit both models to the same answers.")
        if not all(isinstance(one, FitsByEstimator) for one in fits):
            notes = [row.note for one in (a, b) for row in one.find("chi2", role=role) if row.statistic is None or row.note]
            yield missing(next((note for note in notes if note), "not_converged"), quantity="model_difference", role=role, n=0)
            continue
        one, other = (_only(fitted) for fitted in fits if fitted is not None)
        yield _of_models(one, other, role)


def _only(fitted: FitsByEstimator) -> FittedModel:
    if len(fitted.by_estimator) > 1:
        raise UsageError(f"a result has the estimators {', '.join(fitted.by_estimator)}. Take result.model(role, estimator).")
    return next(iter(fitted.by_estimator.values()))


def _named(model: FittedModel) -> str:
    chosen = model.specification
    pairs = ", ".join("~".join(model.items[item] for item in pair) for pair in chosen.residual_covariances)
    return f"{chosen.estimator}, {chosen.restriction}" + (f" with {pairs} free" if pairs else "")


def _in_order(a: M, b: M, nested: Callable[[M, M], bool], names: tuple[str, str]) -> tuple[M, M]:
    """The wider model and the narrower one. Raises UsageError where neither is within the other."""
    wider, narrower = (a, b) if a.fit.df < b.fit.df else (b, a)
    if a.fit.df == b.fit.df or not nested(wider, narrower):
        raise UsageError(
            f"the models are not nested: {names[0]} ({a.fit.df} degrees of freedom) and {names[1]} ({b.fit.df}). The narrower "
            "one has to be the wider one with restrictions; compare others by their fit."
        )
    return wider, narrower


# ---------------------------------------------------------------- models of one role


def _of_models(a: FittedModel, b: FittedModel, role: str = "all") -> Statistic:
    if a.patterns != b.patterns or a.places != b.places:
        raise UsageError("the models are not of the same answers. Fit both to the same people and items.")
    for what, one, other in (
        ("estimator", a.method, b.method),
        ("missing", a.specification.treatment, b.specification.treatment),
        ("parameterization", a.specification.parameterization, b.specification.parameterization),
        ("cluster", a.clustering.key, b.clustering.key),
    ):
        if one != other:
            raise UsageError(f"the models differ in {what} ({one} and {other}); their chi-squares cannot be compared.")
    wider, narrower = _in_order(a, b, _restricts, (_named(a), _named(b)))
    fields = {
        "quantity": "model_difference", "method": wider.method, "role": role, "n": wider.n,
        "cluster": wider.clustering.key if wider.clusters is not None else None,
    }  # fmt: skip
    return _tested(wider.too_few_clusters, partial(wider.difference, narrower), wider.test_warning, fields)


def _restricts(wider: FittedModel, narrower: FittedModel) -> bool:
    """Is the narrower model the wider one with fewer residual covariances, more held equal, or both?"""
    order = get_args(Restriction)
    one, other = wider.specification, narrower.specification
    fewer = set(other.residual_covariances) <= set(one.residual_covariances)
    return fewer and order.index(other.restriction) >= order.index(one.restriction)


# ---------------------------------------------------------------- steps of a ladder


def _of_steps(a: FittedStep[Any], b: FittedStep[Any]) -> Statistic:
    if a.sample is not b.sample:
        raise UsageError("the steps are not of one ladder. Take both from one result of op.invariance, by the same estimator.")
    wider, narrower = _in_order(a, b, _comes_before, (a.method, b.method))
    fields = {
        "quantity": "model_difference", "method": narrower.method, "n": wider.sample.n,
        "cluster": wider.context.cluster if wider.sample.clusters is not None else None,
    }  # fmt: skip
    warning = few_clusters(wider.sample.clusters)
    return _tested(wider.tests_refused, partial(wider.sample.difference, wider.fit, narrower.fit), warning, fields)


def _comes_before(wider: FittedStep[Any], narrower: FittedStep[Any]) -> bool:
    """Does each step between the two, by the order of the ladder, restrict the one before; or can the wider model, with the
    estimates of the narrower one, imply the same moments?"""
    steps = {step.name: step for step in narrower.context.steps}
    names = [step.name for step in narrower.context.steps]
    name = narrower.method.removeprefix(narrower.context.prefix)
    while name in steps and steps[name].restricts:
        place = names.index(name)
        if not place:
            break
        name = steps[name].after or names[place - 1]
        if name == wider.method.removeprefix(wider.context.prefix):
            return True
    parameters = parameters_at(wider.fit.model, narrower.fit.model.elements(narrower.fit.parameters))
    moments = wider.fit.model.moments(parameters)
    return bool(np.allclose(moments, narrower.fit.moments, rtol=0, atol=_SAME_MOMENTS))


def _tested(refusal: str | None, test: Callable[[], Difference], warning: str | None, fields: dict[str, Any]) -> Statistic:
    if refusal is not None:
        return missing(refusal, **fields)
    try:
        with estimating():
            found = test()
    except EstimationError as error:
        return missing(error.reason, **fields)
    if math.isnan(found.statistic):
        return missing("scaling_not_positive", **fields)
    return Statistic(statistic=found.statistic, df=found.df, p_value=found.p_value, note=warning, **fields)
