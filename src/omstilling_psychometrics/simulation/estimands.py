"""Population values of statistics, as plain functionals of how probable each answer pattern is.

Written for populations, and apart from the estimators of this package, which are checked against them. Divisors are n,
distributions are (codes (p, k), weights (p,)), and values are keyed by (quantity, item, category, method) as in results.json.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..core.numerics.arrays import Floats
from ..survey.codes import BLANK, reason_codes
from .answering import Codes
from .truth import instrument

Name = tuple[str, str | None, int | None, str | None]
Values = dict[Name, float]


def name(quantity: str, item: str | None = None, category: int | None = None, method: str | None = None) -> Name:
    return quantity, item, category, method


def _moments(x: Floats, weights: Floats) -> tuple[float, float, float, float]:
    """Mean, sd, skewness, excess kurtosis."""
    share = weights / weights.sum()
    mean = share @ x
    d = x - mean
    m2, m3, m4 = (share @ d**order for order in (2, 3, 4))
    return float(mean), float(np.sqrt(m2)), float(m3 / m2**1.5), float(m4 / m2**2 - 3)


def covariance(x: Floats, weights: Floats) -> Floats:
    """(k, k) covariance of columns, divisor the sum of the weights."""
    share = weights / weights.sum()
    d = x - share @ x
    return np.asarray(d.T @ (d * share[:, None]))


def alpha(covariances: Floats) -> float:
    """Coefficient alpha of a covariance matrix (k, k)."""
    k = len(covariances)
    return float(k / (k - 1) * (1 - np.trace(covariances) / covariances.sum()))


def scores(codes: Codes) -> Floats:
    """Scale score of each pattern by the scoring rule of the instrument, NaN where too few items are answered."""
    answered = codes > 0
    number = answered.sum(axis=1)
    total = np.where(answered, codes, 0).sum(axis=1)
    return np.where(number >= instrument().minimum_answered, total / np.maximum(number, 1), np.nan)


def _items(codes: Codes, weights: Floats) -> Iterator[tuple[Name, float]]:
    for j, item in enumerate(instrument().item_keys):
        answered = codes[:, j] > 0
        x, w = codes[answered, j].astype(float), weights[answered]
        for quantity, value in zip(("mean", "sd", "skewness", "kurtosis"), _moments(x, w), strict=True):
            yield name(quantity, item), value
        shares = [float(w[x == category].sum() / w.sum()) for category in instrument().categories]
        for category, share in zip(instrument().categories, shares, strict=True):
            yield name("proportion", item, category), share
        yield name("floor", item), shares[0]
        yield name("ceiling", item), shares[-1]


def _scale(codes: Codes, weights: Floats) -> Iterator[tuple[Name, float]]:
    score = scores(codes)
    scored = ~np.isnan(score)
    s, w = score[scored], weights[scored]
    mean, sd, _, _ = _moments(s, w)
    yield name("scale_mean"), mean
    yield name("scale_sd"), sd
    yield name("scale_floor"), float(w[s == instrument().categories[0]].sum() / w.sum())
    yield name("scale_ceiling"), float(w[s == instrument().categories[-1]].sum() / w.sum())


def rates(codes: Codes, weights: Floats) -> Values:
    """Share of each reason, of blanks, and of any of them, among those shown the item."""
    return dict(_rates(codes, weights))


def _rates(codes: Codes, weights: Floats) -> Iterator[tuple[Name, float]]:
    reasons = {key: code for key, code in reason_codes(instrument()).items() if code < BLANK - 1} | {"blank": BLANK}
    for j, item in enumerate(instrument().item_keys):
        for method, code in reasons.items():
            yield name("rate", item, None, method), float(weights[codes[:, j] == code].sum() / weights.sum())
        yield name("rate", item, None, "any"), float(weights[codes[:, j] < 1].sum() / weights.sum())


def _listwise(codes: Codes, weights: Floats) -> Iterator[tuple[Name, float]]:
    keys = instrument().item_keys
    complete = (codes > 0).all(axis=1)
    s = covariance(codes[complete].astype(float), weights[complete])
    total = s.sum(axis=1)
    for j, item in enumerate(keys):
        rest = total[j] - s[j, j]
        rest_variance = s.sum() - 2 * total[j] + s[j, j]
        yield name("item_rest_correlation", item), float(rest / np.sqrt(s[j, j] * rest_variance))
        others = np.delete(np.delete(s, j, axis=0), j, axis=1)
        yield name("alpha_if_dropped", item), alpha(others)
    yield name("alpha", method="listwise"), alpha(s)
    yield name("alpha_standardized"), alpha(s / np.sqrt(np.outer(np.diag(s), np.diag(s))))
    yield from _lower_bounds(s)
    yield from _adequacy(s)
    yield from _mokken(codes[complete], weights[complete], s)
    straight = (codes[complete] == codes[complete, :1]).all(axis=1)
    yield name("straight_line_share"), float(weights[complete][straight].sum() / weights[complete].sum())


def _lower_bounds(s: Floats) -> Iterator[tuple[Name, float]]:
    """Guttman (1945), and the standard error of measurement of the mean that goes with alpha."""
    k, total = len(s), s.sum()
    square = s**2 * ~np.eye(k, dtype=bool)
    first = float(1 - np.trace(s) / total)
    halves = ((np.arange(2 ** (k - 1))[:, None] >> np.arange(k)) & 1).astype(float)
    yield name("lambda1"), first
    yield name("lambda2"), first + float(np.sqrt(k / (k - 1) * square.sum()) / total)
    yield name("lambda3"), alpha(s)
    yield name("lambda4"), float(4 * ((halves @ s) * (1 - halves)).sum(axis=1).max() / total)
    yield name("lambda5"), first + float(2 * np.sqrt(square.sum(axis=1).max()) / total)
    yield name("lambda6"), float(1 - (1 / np.diag(np.linalg.solve(s, np.eye(k)))).sum() / total)
    error = float(np.sqrt(total * (1 - alpha(s))) / k)
    yield name("standard_error_of_measurement"), error
    yield name("smallest_detectable_change"), 1.96 * float(np.sqrt(2)) * error


def _adequacy(s: Floats) -> Iterator[tuple[Name, float]]:
    """Eigenvalues of the correlation matrix, and Kaiser's measure of sampling adequacy (1974)."""
    r = s / np.sqrt(np.outer(np.diag(s), np.diag(s)))
    for place, eigenvalue in enumerate(np.linalg.eigvalsh(r)[::-1].tolist(), start=1):
        yield name("eigenvalue", category=place), eigenvalue
    inverse = np.linalg.solve(r, np.eye(len(r)))
    off = ~np.eye(len(r), dtype=bool)
    partial = inverse**2 / np.outer(np.diag(inverse), np.diag(inverse)) * off
    simple = r**2 * off
    yield name("kmo"), float(simple.sum() / (simple.sum() + partial.sum()))
    for j, item in enumerate(instrument().item_keys):
        yield name("kmo_item", item), float(simple[j].sum() / (simple[j].sum() + partial[j].sum()))


def _pairwise(codes: Codes, weights: Floats) -> Iterator[tuple[Name, float]]:
    keys = instrument().item_keys
    k = len(keys)
    s = np.empty((k, k))
    for i in range(k):
        for j in range(i, k):
            both = (codes[:, i] > 0) & (codes[:, j] > 0)
            pair = covariance(codes[both][:, [i, j]].astype(float), weights[both])
            s[i, j] = s[j, i] = pair[0, 1]
            if i != j:
                yield name("pearson", f"{keys[i]}~{keys[j]}"), float(pair[0, 1] / np.sqrt(pair[0, 0] * pair[1, 1]))
    yield name("alpha", method="pairwise"), alpha(s)


def _mokken(codes: Codes, weights: Floats, s: Floats) -> Iterator[tuple[Name, float]]:
    """H = covariance over the largest covariance that the same margins allow (both items in one order)."""
    keys = instrument().item_keys
    k = len(keys)
    share = weights / weights.sum()
    categories = np.asarray(instrument().categories)
    margins = np.array([[share[codes[:, j] == category].sum() for category in categories] for j in range(k)])
    above = 1 - np.cumsum(margins, axis=1)[:, :-1]
    largest = np.zeros((k, k))
    for i in range(k):
        for j in range(k):
            largest[i, j] = (np.minimum.outer(above[i], above[j]) - np.outer(above[i], above[j])).sum()
    off = ~np.eye(k, dtype=bool)
    yield name("h", method="listwise"), float(s[off].sum() / largest[off].sum())
    for j, item in enumerate(keys):
        yield name("h_item", item, None, "listwise"), float(s[j][off[j]].sum() / largest[j][off[j]].sum())
    for i in range(k):
        for j in range(i + 1, k):
            yield name("h_pair", f"{keys[i]}~{keys[j]}", None, "listwise"), float(s[i, j] / largest[i, j])


def values(codes: Codes, weights: Floats) -> Values:
    """Every functional of the pattern distribution but `rates` and those of latent variable models."""
    present = weights > 0
    codes, weights = codes[present], weights[present]
    parts = (_items, _scale, _listwise, _pairwise)
    return {key: value for part in parts for key, value in part(codes, weights)}
