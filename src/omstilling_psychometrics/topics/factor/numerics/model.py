"""The factor model: which elements are free, fixed or equal, the moments they imply, and the derivatives of those.

    Sigma = Lambda Psi Lambda' + Theta,  mu = nu + Lambda alpha                                    (each group)

Continuous items: moments mu (k) and the upper triangle of Sigma, row by row (k(k+1)/2).
Ordinal items: y* with Sigma and mu is cut at thresholds tau; moments are what the categories can tell, on the scale D of y*:

    standardized thresholds D (tau - mu), item by item (k t), and correlations D Sigma D above the diagonal (k(k-1)/2)

with D = diag(Sigma)^-1/2 under `theta` (residual variances are elements) and D = the `scales` under `delta` (residual variances
follow from them). Muthen & Asparouhov (2002); lavaan's two parameterizations agree.

Shapes: g groups, k items, m factors, t thresholds per item, e elements per group, s moments per group, q free parameters;
`...` any leading axes: every function works on a stack of parameter vectors, real or complex.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ....core.numerics.arrays import Floats, Ints

Numbers = NDArray[Any]  # real, or complex where a derivative is taken by a complex step

Kind = Literal["continuous", "delta", "theta"]
Part = Literal[
    "loadings", "latent_covariances", "residual_covariances", "intercepts", "latent_means", "scales", "thresholds",
    "residual_variances", "latent_variances",
]  # fmt: skip
Cell = tuple[int, ...]


@dataclass(frozen=True)
class FactorModel:
    """Elements of every group, each free (a parameter number), or fixed (-1, with its value).

    free, fixed: (g, e). Elements that share a parameter number are equal, within or between groups. Elements lie in the order
    loadings (k, m), latent covariances (upper triangle, m(m+1)/2), residual covariances (upper triangle, k(k+1)/2), intercepts
    (k), latent means (m), scales (k), thresholds (k, t).
    """

    kind: Kind
    k: int
    m: int
    t: int
    free: Ints
    fixed: Floats

    # ---------------------------------------------------------------- elements

    @property
    def g(self) -> int:
        return len(self.free)

    @property
    def q(self) -> int:
        """Number of free parameters."""
        return int(self.free.max(initial=-1)) + 1

    @property
    def s(self) -> int:
        """Moments per group."""
        k = self.k
        return k + k * (k + 1) // 2 if self.kind == "continuous" else k * self.t + k * (k - 1) // 2

    @property
    def df(self) -> int:
        """Moments minus parameters; thresholds that the data do not determine count in neither once they are fixed."""
        return self.g * self.s - self.q

    @cached_property
    def parts(self) -> dict[str, slice]:
        sizes = {
            "loadings": self.k * self.m, "latent_covariances": self.m * (self.m + 1) // 2,
            "residual_covariances": self.k * (self.k + 1) // 2, "intercepts": self.k, "latent_means": self.m,
            "scales": self.k, "thresholds": self.k * self.t,
        }  # fmt: skip
        ends = np.cumsum(list(sizes.values()))
        return {name: slice(int(end) - size, int(end)) for (name, size), end in zip(sizes.items(), ends, strict=True)}

    @cached_property
    def triangle(self) -> tuple[Ints, Ints]:
        return np.triu_indices(self.k)

    @cached_property
    def latent_triangle(self) -> tuple[Ints, Ints]:
        return np.triu_indices(self.m)

    def elements_of(self, part: Part, cells: Iterable[Cell] | None = None) -> Ints:
        """Positions of a part's elements; `cells` are index tuples (item,), (item, factor), (item, item), (item, threshold)."""
        k, m = self.k, self.m
        if part == "residual_variances":
            place = self._diagonal(k) + self.parts["residual_covariances"].start
            return place if cells is None else np.asarray(place[[cell[0] for cell in cells]])
        if part == "latent_variances":
            place = self._diagonal(m) + self.parts["latent_covariances"].start
            return place if cells is None else np.asarray(place[[cell[0] for cell in cells]])
        where = self.parts[part]
        if cells is None:
            return np.arange(where.start, where.stop)
        if part in ("residual_covariances", "latent_covariances"):
            size = k if part == "residual_covariances" else m
            at = {(int(i), int(j)): n for n, (i, j) in enumerate(zip(*np.triu_indices(size), strict=True))}
            return np.array([where.start + at[min(cell), max(cell)] for cell in cells], dtype=np.int64)
        width = {"loadings": m, "thresholds": self.t}.get(part, 1)
        return np.array([where.start + cell[0] * width + (cell[1] if len(cell) > 1 else 0) for cell in cells], dtype=np.int64)

    @staticmethod
    def _diagonal(size: int) -> Ints:
        first, second = np.triu_indices(size)
        return np.flatnonzero(first == second)

    # ---------------------------------------------------------------- specifying

    def _with(self, free: Ints, fixed: Floats | None = None) -> FactorModel:
        """Parameters numbered again, without gaps, in the order in which they first occur."""
        used, first = np.unique(free[free >= 0], return_index=True)
        number = np.full(int(free.max(initial=-1)) + 2, -1, dtype=np.int64)
        number[used[np.argsort(first)]] = np.arange(len(used))
        return replace(self, free=number[free], fixed=self.fixed if fixed is None else fixed)

    def fix(
        self, part: Part, value: float, *, cells: Iterable[Cell] | None = None, groups: Sequence[int] | None = None
    ) -> FactorModel:
        """The model with these elements held at a value."""
        free, fixed = self.free.copy(), self.fixed.copy()
        for group in range(self.g) if groups is None else groups:
            free[group, self.elements_of(part, cells)] = -1
            fixed[group, self.elements_of(part, cells)] = value
        return self._with(free, fixed)

    def release(self, part: Part, *, cells: Iterable[Cell] | None = None, groups: Sequence[int] | None = None) -> FactorModel:
        """The model with each of these elements a parameter of its own."""
        free = self.free.copy()
        for group in range(self.g) if groups is None else groups:
            where = self.elements_of(part, cells)
            free[group, where] = int(free.max(initial=-1)) + 1 + np.arange(len(where))
        return self._with(free)

    def equal(self, part: Part, *, cells: Iterable[Cell] | None = None, groups: Sequence[int] | None = None) -> FactorModel:
        """The model with these elements free, and the same in all groups (or the groups named)."""
        chosen = list(range(self.g) if groups is None else groups)
        free, where = self.free.copy(), self.elements_of(part, cells)
        free[chosen[0], where] = np.where(
            free[chosen[0], where] >= 0, free[chosen[0], where], int(free.max(initial=-1)) + 1 + np.arange(len(where))
        )
        for group in chosen[1:]:
            free[group, where] = free[chosen[0], where]
        return self._with(free)

    def same(self, part: Part, *, cells: Iterable[Cell] | None = None, groups: Sequence[int] | None = None) -> FactorModel:
        """The model with these elements all equal to each other within a group (tau-equivalence, parallel items)."""
        free, where = self.free.copy(), self.elements_of(part, cells)
        for group in range(self.g) if groups is None else groups:
            free[group, where] = int(free.max(initial=-1)) + 1
        return self._with(free)

    def follow(self, part: Part, cell: Cell, other: Cell) -> FactorModel:
        """The model with an element that is another one of its group, the same parameter or the same fixed value."""
        free, fixed = self.free.copy(), self.fixed.copy()
        (place,), (source,) = self.elements_of(part, [cell]), self.elements_of(part, [other])
        free[:, place], fixed[:, place] = free[:, source], fixed[:, source]
        return self._with(free, fixed)

    def without_thresholds(self) -> FactorModel:
        """The ordinal model of the correlations alone."""
        left = slice(self.parts["thresholds"].start)
        return replace(self, t=0)._with(self.free[:, left], self.fixed[:, left])

    # ---------------------------------------------------------------- values

    def elements(self, parameters: Numbers) -> Numbers:
        """All elements (..., g, e) at parameters (..., q)."""
        values = np.broadcast_to(self.fixed, (*parameters.shape[:-1], *self.fixed.shape)).astype(parameters.dtype)
        where = self.free >= 0
        values[..., where] = parameters[..., self.free[where]]
        return values

    def matrix(self, part: Part, elements: Numbers) -> Numbers:
        """One matrix of every group (..., g, rows, columns) from elements (..., g, e); vectors (..., g, length)."""
        if part == "residual_variances":
            return self.residual_variances(elements)
        if part == "latent_variances":
            return elements[..., self.elements_of(part)]
        values = elements[..., self.parts[part]]
        if part == "loadings":
            return values.reshape(*values.shape[:-1], self.k, self.m)
        if part == "thresholds":
            return values.reshape(*values.shape[:-1], self.k, self.t)
        if part in ("latent_covariances", "residual_covariances"):
            first, second = self.latent_triangle if part == "latent_covariances" else self.triangle
            size = self.m if part == "latent_covariances" else self.k
            out = np.zeros((*values.shape[:-1], size, size), dtype=values.dtype)
            out[..., first, second] = values
            out[..., second, first] = values
            return out
        return values

    def _common(self, elements: Numbers) -> tuple[Numbers, Numbers]:
        """Lambda and Lambda Psi."""
        loadings = self.matrix("loadings", elements)
        return loadings, loadings @ self.matrix("latent_covariances", elements)

    def covariance(self, elements: Numbers) -> Numbers:
        """Sigma (..., g, k, k); of y* for ordinal items, where `delta` puts scales^-2 on the diagonal."""
        loadings, weighted = self._common(elements)
        sigma = weighted @ np.swapaxes(loadings, -1, -2) + self.matrix("residual_covariances", elements)
        if self.kind == "delta":
            i = np.arange(self.k)
            sigma[..., i, i] = elements[..., self.parts["scales"]] ** -2
        return np.asarray(sigma)

    def residual_variances(self, elements: Numbers) -> Numbers:
        """Diagonal of Theta (..., g, k); under `delta` what the scales leave to it."""
        if self.kind != "delta":
            return elements[..., self.elements_of("residual_variances")]
        loadings, weighted = self._common(elements)
        return np.asarray(elements[..., self.parts["scales"]] ** -2 - (weighted * loadings).sum(axis=-1))

    def means(self, elements: Numbers) -> Numbers:
        """mu (..., g, k)."""
        latent = elements[..., self.parts["latent_means"]]
        return np.asarray(
            elements[..., self.parts["intercepts"]] + (self.matrix("loadings", elements) @ latent[..., None])[..., 0]
        )

    def scale(self, elements: Numbers, sigma: Numbers) -> Numbers:
        """D (..., g, k) of ordinal items."""
        if self.kind == "delta":
            return elements[..., self.parts["scales"]]
        with np.errstate(invalid="ignore"):  # a trial step may leave the admissible region; the discrepancy is infinite there
            return np.asarray(np.einsum("...ii->...i", sigma) ** -0.5)

    def moments(self, parameters: Numbers) -> Numbers:
        """Implied moments (..., g s) at parameters (..., q), group after group."""
        elements = self.elements(parameters)
        sigma, mu = self.covariance(elements), self.means(elements)
        if self.kind == "continuous":
            first, second = self.triangle
            both = np.concatenate([mu, sigma[..., first, second]], axis=-1)
        else:
            first, second = np.triu_indices(self.k, 1)
            d = self.scale(elements, sigma)
            cuts = d[..., None] * (self.matrix("thresholds", elements) - mu[..., None])
            correlations = d[..., first] * d[..., second] * sigma[..., first, second]
            both = np.concatenate([cuts.reshape(*cuts.shape[:-2], self.k * self.t), correlations], axis=-1)
        return both.reshape(*both.shape[:-2], self.g * self.s)

    # ---------------------------------------------------------------- derivatives

    def element_jacobian(self, elements: Numbers) -> Numbers:
        """Derivatives (..., g, s, e) of each group's moments by its elements, fixed ones included."""
        covariance, mean = self._continuous_jacobian(elements)
        if self.kind == "continuous":
            return np.concatenate([mean, covariance], axis=-2)
        first, second = self.triangle
        on, off = np.flatnonzero(first == second), np.flatnonzero(first != second)
        a, b = first[off], second[off]
        sigma, mu = self.covariance(elements), self.means(elements)
        d = self.scale(elements, sigma)
        if self.kind == "delta":
            by_scale = np.zeros_like(mean)
            by_scale[..., np.arange(self.k), self.parts["scales"].start + np.arange(self.k)] = 1.0
        else:
            by_scale = -0.5 * d[..., None] ** 3 * covariance[..., on, :]
        correlations = (d[..., a] * d[..., b])[..., None] * covariance[..., off, :] + sigma[..., a, b][..., None] * (
            d[..., b][..., None] * by_scale[..., a, :] + d[..., a][..., None] * by_scale[..., b, :]
        )
        gap = self.matrix("thresholds", elements) - mu[..., None]
        cuts = gap[..., None] * by_scale[..., :, None, :] - (d[..., None] * mean)[..., :, None, :]
        item, cut = np.divmod(np.arange(self.k * self.t), max(self.t, 1))
        cuts[..., item, cut, self.parts["thresholds"].start + np.arange(self.k * self.t)] += d[..., item]
        return np.concatenate([cuts.reshape(*cuts.shape[:-3], self.k * self.t, cuts.shape[-1]), correlations], axis=-2)

    def _continuous_jacobian(self, elements: Numbers) -> tuple[Numbers, Numbers]:
        """Derivatives of the upper triangle of Sigma (..., g, k(k+1)/2, e) and of mu (..., g, k, e)."""
        k, m = self.k, self.m
        first, second = self.triangle
        row = np.arange(len(first))
        loadings, weighted = self._common(elements)
        lead, e = elements.shape[:-1], elements.shape[-1]
        covariance = np.zeros((*lead, len(first), e), dtype=elements.dtype)
        for factor in range(m):
            covariance[..., row, first * m + factor] += weighted[..., second, factor]
            covariance[..., row, second * m + factor] += weighted[..., first, factor]
        for place, (i, j) in enumerate(zip(*self.latent_triangle, strict=True)):
            product = loadings[..., first, i] * loadings[..., second, j]
            if i != j:
                product = product + loadings[..., first, j] * loadings[..., second, i]
            covariance[..., row, self.parts["latent_covariances"].start + place] = product
        covariance[..., row, self.parts["residual_covariances"].start + row] = 1.0
        mean = np.zeros((*lead, k, e), dtype=elements.dtype)
        item = np.arange(k)
        mean[..., item, self.parts["intercepts"].start + item] = 1.0
        for factor in range(m):
            mean[..., item, item * m + factor] = elements[..., self.parts["latent_means"].start + factor, None]
            mean[..., item, self.parts["latent_means"].start + factor] = loadings[..., :, factor]
        return covariance, mean

    def gather(self, by_element: Numbers) -> Numbers:
        """Derivatives by parameters (..., g s, q) from those by elements (..., g, s, e): equal elements are added up."""
        lead = by_element.shape[:-3]
        out = np.zeros((*lead, self.g, by_element.shape[-2], self.q), dtype=by_element.dtype)
        for group in range(self.g):
            for where, label in self.labels[group]:
                out[..., group, :, label] += np.moveaxis(by_element[..., group, :, :], -1, 0)[where]
        return out.reshape(*lead, self.g * by_element.shape[-2], self.q)

    @cached_property
    def labels(self) -> list[list[tuple[Ints, Ints]]]:
        """For each group, free elements and their parameters, in rounds in which no parameter occurs twice."""
        rounds: list[list[tuple[Ints, Ints]]] = []
        for row in self.free:
            left, mine = np.flatnonzero(row >= 0), []
            while left.size:
                _, first = np.unique(row[left], return_index=True)
                mine.append((left[first], row[left[first]]))
                left = np.delete(left, first)
            rounds.append(mine)
        return rounds

    def jacobian(self, parameters: Numbers) -> Numbers:
        """Derivatives (..., g s, q) of the moments by the parameters."""
        return self.gather(self.element_jacobian(self.elements(parameters)))


def factor_model(
    kind: Kind, loads: NDArray[np.bool_] | Sequence[Sequence[bool]], *, thresholds: int = 0, groups: int = 1
) -> FactorModel:
    """A model with simple identification: latent variances 1 and means 0 in every group, nothing equal between groups.

    loads: (k, m) which item loads on which factor; factors correlate. Continuous: intercepts and residual variances free.
    Ordinal: `thresholds` per item free, intercepts 0, scales 1 (delta) or residual variances 1 (theta).
    """
    pattern = np.asarray(loads, dtype=bool)
    k, m = pattern.shape
    e = k * m + m * (m + 1) // 2 + k * (k + 1) // 2 + 2 * k + m + k * thresholds
    empty = FactorModel(kind, k, m, thresholds, np.full((groups, e), -1, dtype=np.int64), np.zeros((groups, e)))
    model = empty.fix("latent_variances", 1.0).fix("scales", 1.0)
    model = model.release("loadings", cells=[(int(i), int(j)) for i, j in zip(*np.nonzero(pattern), strict=True)])
    if m > 1:
        model = model.release("latent_covariances", cells=[(i, j) for i in range(m) for j in range(i + 1, m)])
    if kind == "continuous":
        return model.release("residual_variances").release("intercepts")
    if kind == "theta":
        model = model.fix("residual_variances", 1.0)
    return model.release("thresholds")


def one_factor(kind: Kind, k: int, *, thresholds: int = 0, groups: int = 1) -> FactorModel:
    """All k items on one factor; see `factor_model`."""
    return factor_model(kind, np.ones((k, 1), dtype=bool), thresholds=thresholds, groups=groups)
