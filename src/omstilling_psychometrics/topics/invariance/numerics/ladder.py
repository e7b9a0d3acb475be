"""The steps of measurement invariance over groups, as one-factor models, each nested in the one before.

Ordinal items, theta parameterization (Wu & Estabrook 2016); the first group stays as it is identified in the first step:

    configural   thresholds and loadings free; latent means 0, variances 1; intercepts 0, residual variances 1
    thresholds   thresholds equal; intercepts and residual variances free in the other groups
    loadings     loadings equal; latent variances free in the other groups
    intercepts   intercepts 0; latent means free in the other groups
    residuals    residual variances 1

With three categories the second step restricts nothing (two thresholds only fix location and scale). With two, one threshold
fixes location alone: thresholds cannot be tested, loadings only with residual variances of 1, and intercepts only together with
loadings, residual variances free, which is a step from the configural model.

Continuous items (Meredith 1993): configural; metric, loadings equal; scalar, intercepts too; strict, residual variances too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from ....core.numerics.arrays import Floats
from ...factor.numerics.model import FactorModel, Numbers, one_factor

ORDINAL = ("configural", "thresholds", "loadings", "intercepts", "residuals")
CONTINUOUS = ("configural", "metric", "scalar", "strict")


@dataclass(frozen=True)
class Step:
    """name; model; restricts: False where the step says nothing new about the groups; after: the step that it restricts, by
    default the one before."""

    name: str
    model: FactorModel
    restricts: bool = True
    after: str | None = None


def ordinal_ladder(k: int, categories: int, groups: int) -> list[Step]:
    """The five steps for k items in so many declared categories."""
    rest = range(1, groups)
    binary = categories == 2
    configural = one_factor("theta", k, thresholds=categories - 1, groups=groups)
    thresholds = configural.equal("thresholds").release("intercepts", groups=rest)
    if not binary:
        thresholds = thresholds.release("residual_variances", groups=rest)
    loadings = thresholds.equal("loadings").release("latent_variances", groups=rest)
    intercepts = loadings.fix("intercepts", 0.0, groups=rest).release("latent_means", groups=rest)
    if binary:
        intercepts = intercepts.release("residual_variances", groups=rest)
    residuals = intercepts.fix("residual_variances", 1.0, groups=rest)
    return [
        Step("configural", configural),
        Step("thresholds", thresholds, restricts=categories > 3),
        Step("loadings", loadings),
        Step("intercepts", intercepts, after="configural" if binary else None),
        Step("residuals", residuals),
    ]


def continuous_ladder(k: int, groups: int) -> list[Step]:
    """The four steps for k items taken as numbers."""
    rest = range(1, groups)
    configural = one_factor("continuous", k, groups=groups)
    metric = configural.equal("loadings").release("latent_variances", groups=rest)
    scalar = metric.equal("intercepts").release("latent_means", groups=rest)
    strict = scalar.equal("residual_variances")
    models = (configural, metric, scalar, strict)
    return [Step(name, model) for name, model in zip(CONTINUOUS, models, strict=True)]


def without_item(model: FactorModel, item: int) -> FactorModel:
    """A model whose groups differ freely in one item: its thresholds (or intercept) and its loading are each group's own, and
    what identifies them (intercept 0, residual variance 1) is fixed; the others stay as they are and carry the latent scale."""
    rest = range(1, model.g)
    free = model.release("loadings", cells=[(item, 0)], groups=rest)
    if model.kind == "continuous":
        return free.release("intercepts", cells=[(item,)], groups=rest)
    cuts = [(item, cut) for cut in range(model.t)]
    free = free.release("thresholds", cells=cuts, groups=rest)
    free = free.fix("intercepts", 0.0, cells=[(item,)], groups=rest)
    return free.fix("residual_variances", 1.0, cells=[(item,)], groups=rest)


def expected_score_bias(
    model: FactorModel, parameters: Numbers, item: int, values: Floats, outside: Floats | None = None
) -> Numbers:
    """(..., g - 1) expected answer to an item in each other group less that of the first group's members with the same latent
    values, averaged over the group's latent distribution, in units of the category values (c,).

    Ordinal: E(y) = v_c - sum_j (v_(j+1) - v_j) P(y* <= tau_j), y* normal given the latent distribution, so that the average
    has a closed form. Signed item difference in the sample of Meade (2010). parameters (..., q), real or complex.
    outside (g, t): minus or plus infinity where a group uses no category below or above a threshold, which then has no
    parameter: such a category has probability 0 in that group.
    """
    elements = model.elements(parameters)
    loading = model.matrix("loadings", elements)[..., item, 0]
    intercept = model.matrix("intercepts", elements)[..., item]
    mean, variance = (model.matrix(part, elements)[..., 0] for part in ("latent_means", "latent_variances"))
    if model.kind == "continuous":
        own = intercept[..., 1:] + loading[..., 1:] * mean[..., 1:]
        theirs = intercept[..., :1] + loading[..., :1] * mean[..., 1:]
        return np.asarray(own - theirs)
    residual = model.residual_variances(elements)[..., item]
    cuts = model.matrix("thresholds", elements)[..., item, :]

    def expected(source: slice) -> Numbers:
        """With the item parameters of the groups in `source` and the latent distribution of each other group."""
        location = intercept[..., source] + loading[..., source] * mean[..., 1:]
        spread = (loading[..., source] ** 2 * variance[..., 1:] + residual[..., source]) ** 0.5
        below = ndtr((cuts[..., source, :] - location[..., None]) / spread[..., None])
        if outside is not None:
            below = np.where(outside[source] < 0, 0.0, np.where(outside[source] > 0, 1.0, below))
        return np.asarray(values[-1] - below @ np.diff(values))

    return np.asarray(expected(slice(1, None)) - expected(slice(0, 1)))


def loading_differences(model: FactorModel, parameters: Numbers, item: int) -> Numbers:
    """(..., g - 1) standardized loading of an item in each other group less that of the first, both at the latent variance of
    the first, so that groups whose people differ more among themselves do not seem to have better items. Loadings turned
    around are turned back. parameters (..., q), real or complex."""
    elements = model.elements(parameters)
    loadings = model.matrix("loadings", elements)[..., 0]
    loading = loadings[..., item] * np.where(loadings.real.sum(axis=(-2, -1)) < 0, -1.0, 1.0)[..., None]
    shared = loading**2 * model.matrix("latent_variances", elements)[..., :1, 0]
    residual = model.residual_variances(elements)[..., item]
    standardized = loading * model.matrix("latent_variances", elements)[..., :1, 0] ** 0.5 / (shared + residual) ** 0.5
    return np.asarray(standardized[..., 1:] - standardized[..., :1])
