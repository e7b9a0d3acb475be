"""Standardized solution of a fitted factor model, with standard errors by the delta method.

    loading * sqrt(psi)/sqrt(sigma_ii),  residual covariance/sqrt(theta_ii theta_jj)

sigma_ii is the implied variance (of y* for ordinal items). lavaan's std.all agrees.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ....core.numerics.arrays import Floats
from ....core.numerics.sandwich import after_cancellation
from .model import FactorModel, Numbers


def complex_step(function: Callable[[Numbers], Numbers], parameters: Floats) -> Floats:
    """Jacobian (..., q) of an analytic function (...) of parameters (q,), which takes a stack (q, q) of them at once."""
    points = parameters + 1e-30j * np.eye(len(parameters))
    return np.moveaxis(np.asarray(function(points)).imag / 1e-30, 0, -1)


def standardized_loadings(model: FactorModel, parameters: Numbers) -> Numbers:
    """(..., g, k, m)"""
    elements = model.elements(parameters)
    spread = np.einsum("...ii->...i", model.covariance(elements)) ** 0.5
    latent = model.matrix("latent_variances", elements) ** 0.5
    return np.asarray(model.matrix("loadings", elements) * latent[..., None, :] / spread[..., :, None])


def residual_correlations_of(model: FactorModel, parameters: Numbers) -> Numbers:
    """(..., g, k, k) correlations of the residuals, diagonal 1; NaN where a residual variance is not positive."""
    elements = model.elements(parameters)
    variances = model.residual_variances(elements)
    spread = np.where(variances.real > 0, variances, np.nan) ** 0.5
    with np.errstate(invalid="ignore"):  # NaN parts of complex numbers
        out = model.matrix("residual_covariances", elements) / (spread[..., :, None] * spread[..., None, :])
    i = np.arange(model.k)
    out[..., i, i] = 1.0
    return np.asarray(out)


def delta_method(function: Callable[[Numbers], Numbers], parameters: Floats, covariance: Floats) -> tuple[Floats, Floats]:
    """Value and standard errors of an analytic function of the parameters, whose covariance (q, q) is given."""
    jacobian = complex_step(function, parameters)
    variance = np.einsum("...q,qr,...r->...", jacobian, covariance, jacobian)
    parts = (np.abs(jacobian) @ np.sqrt(np.clip(np.diag(covariance), 0, None))) ** 2
    return np.asarray(function(parameters)), np.sqrt(after_cancellation(variance, parts))
