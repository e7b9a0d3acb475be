"""Second derivatives of weighted moments by the parameters of a factor model.

    H = sum_s w_s d2 beta_s / dp dp',   p the parameters

The gradient of w'beta is pulled back through the model by hand, without forming the Jacobian, and differentiated once more by
a complex step, which is exact to rounding (Squire & Trapp 1998). Shapes as in `model`.
"""

from __future__ import annotations

import numpy as np

from ....core.numerics.arrays import Floats
from .model import FactorModel, Numbers

# Complex numbers held at once: some 30 MB.
_BLOCK = 2_000_000


def pullback(model: FactorModel, elements: Numbers, weights: Floats) -> Numbers:
    """Gradient (..., g, e) of the weighted moments by all elements (..., g, e), weights (..., g, s)."""
    k, t = model.k, model.t
    sigma = model.covariance(elements)
    on_sigma = np.zeros((*np.broadcast_shapes(sigma.shape[:-2], weights.shape[:-1]), k, k), dtype=elements.dtype)
    out = np.zeros((*on_sigma.shape[:-2], elements.shape[-1]), dtype=elements.dtype)
    if model.kind == "continuous":
        first, second = model.triangle
        on_mean: Numbers = weights[..., :k]
        on_sigma[..., first, second] = weights[..., k:]
    else:
        first, second = np.triu_indices(k, 1)
        d = model.scale(elements, sigma)
        on_cuts, on_correlations = weights[..., : k * t].reshape(*weights.shape[:-1], k, t), weights[..., k * t :]
        on_sigma[..., first, second] = on_correlations * d[..., first] * d[..., second]
        gap = model.matrix("thresholds", elements) - model.means(elements)[..., None]
        on_scale = (on_cuts * gap).sum(axis=-1)
        both = np.zeros_like(on_sigma)
        both[..., first, second] = both[..., second, first] = on_correlations * sigma[..., first, second]
        on_scale = on_scale + (both @ d[..., None])[..., 0]
        if model.kind == "delta":
            out[..., model.parts["scales"]] = on_scale
        else:
            i = np.arange(k)
            on_sigma[..., i, i] = -0.5 * d**3 * on_scale
        on_thresholds = on_cuts * d[..., None]
        out[..., model.parts["thresholds"]] = on_thresholds.reshape(*on_thresholds.shape[:-2], k * t)
        on_mean = -on_thresholds.sum(axis=-1)
    _continuous_pullback(model, elements, on_sigma, on_mean, out)
    return out


def _continuous_pullback(model: FactorModel, elements: Numbers, on_sigma: Numbers, on_mean: Numbers, out: Numbers) -> None:
    """Adds what comes through Sigma, weights in its upper triangle (..., g, k, k), and through mu (..., g, k)."""
    loadings = model.matrix("loadings", elements)
    latent = elements[..., model.parts["latent_means"]]
    i, j = model.triangle
    out[..., model.parts["residual_covariances"]] = on_sigma[..., i, j]
    symmetric = on_sigma + np.swapaxes(on_sigma, -1, -2)
    moved = symmetric @ loadings
    by_loading = moved @ model.matrix("latent_covariances", elements) + on_mean[..., :, None] * latent[..., None, :]
    out[..., model.parts["loadings"]] = by_loading.reshape(*by_loading.shape[:-2], model.k * model.m)
    by_latent = np.swapaxes(loadings, -1, -2) @ moved
    a, b = model.latent_triangle
    out[..., model.parts["latent_covariances"]] = by_latent[..., a, b] * np.where(a == b, 0.5, 1.0)
    out[..., model.parts["intercepts"]] = on_mean
    out[..., model.parts["latent_means"]] = (np.swapaxes(loadings, -1, -2) @ on_mean[..., None])[..., 0]


def curvature(model: FactorModel, parameters: Floats, weights: Floats) -> Floats:
    """H (..., q, q) at parameters (..., q) for weights (..., g s)."""
    points = parameters.reshape(-1, model.q)
    by_group = weights.reshape(-1, 1, model.g, model.s)
    out = np.zeros((len(points), model.q, model.q))
    size = max(1, _BLOCK // max(1, len(points) * model.g * (model.free.shape[1] + model.k**2)))
    for start in range(0, model.q, size):
        chosen = np.arange(start, min(start + size, model.q))
        steps = np.zeros((len(chosen), model.q), dtype=complex)
        steps[np.arange(len(chosen)), chosen] = 1e-30j
        gradient = pullback(model, model.elements(points[:, None, :] + steps), by_group).imag / 1e-30
        for group in range(model.g):
            for where, label in model.labels[group]:
                out[:, chosen[:, None], label] += gradient[:, :, group, where]
    out = (out + np.swapaxes(out, -1, -2)) / 2
    return out.reshape(*parameters.shape, model.q)
