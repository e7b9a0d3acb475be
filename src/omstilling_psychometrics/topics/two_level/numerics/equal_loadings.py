"""Are loadings between leaders those within them, up to a constant? Likelihood ratio, scaled by the score sums of the units.

    T = 2 (log L_free - log L_equal)/c,   c = tr(U B)/(k - 1),   U = A^-1 - J (J'AJ)^-1 J'

A is the information of the free model, B the middle of its sandwich, J the derivatives of its parameters by those of the model
with equal loadings (Satorra & Bentler 2001; Yuan & Bentler 2000). With independent groups and the right model c is 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc

from ....core.errors import EstimationError
from ....core.numerics.arrays import Ints
from .ordinal_fit import OrdinalFit


@dataclass(frozen=True, kw_only=True)
class LoadingsTest:
    """statistic with df degrees of freedom, scaled by `scaling`; p_value."""

    statistic: float
    df: int
    scaling: float
    p_value: float


def equal_loadings(equal: OrdinalFit, free: OrdinalFit, units: Ints | None) -> LoadingsTest:
    """units (G,) of the groups, whose scores are summed; None: unscaled."""
    df = free.k - 1
    ratio = max(2 * (free.log_likelihood - equal.log_likelihood), 0.0)
    scaling = 1.0
    if units is not None:
        information = free.maximum.information
        onto = equal.natural[free.free]
        unconstrained = np.linalg.inv(information)
        constrained = onto @ np.linalg.solve(onto.T @ information @ onto, onto.T)
        scaling = float(((unconstrained - constrained) * free.meat(units)).sum()) / df
        if not scaling > 0:
            raise EstimationError("scaling_not_positive")
    statistic = ratio / scaling
    return LoadingsTest(statistic=statistic, df=df, scaling=scaling, p_value=float(chdtrc(df, statistic)))
