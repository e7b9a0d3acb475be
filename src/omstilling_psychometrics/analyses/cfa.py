"""Confirmatory factor analysis: one factor behind the items, by likelihood or from polychoric correlations."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ..errors import EstimationError, UsageError
from ..responses.patterns import ResponsePatterns
from ..responses.takes_answers import takes_answers
from ..results import Result, Statistic
from .by_role import Clustering, by_role
from .cfa_fit import Specification, fit_model, specification
from .cfa_restrictions import restricted
from .cfa_rows import FIT_MEASURES, Rows, null_rows

if TYPE_CHECKING:
    import pandas as pd

# What `omstilling analyse` and the report promise, in this order.
BATTERY = ("ML", "MLR", "FIML", "WLSMV")


@dataclass(frozen=True, kw_only=True)
class CfaResult(Result):
    """A one-factor model per role and estimator (the method)."""

    analysis: ClassVar[str] = "cfa"

    @property
    def loadings(self) -> pd.DataFrame:
        """Loadings with standard errors and intervals."""
        frame = self.to_frame()
        return frame[frame["quantity"] == "loading"].reset_index(drop=True)

    def fit_measures(self) -> pd.DataFrame:
        """One row per role and method, one column per index; for the tests their statistic, degrees of freedom and p."""
        import pandas as pd

        rows: dict[tuple[str, str | None], dict[str, float]] = {}
        for one in self.statistics:
            if one.quantity not in FIT_MEASURES:
                continue
            row = rows.setdefault((one.role, one.method), {})
            if one.quantity.startswith("chi2"):
                row |= {one.quantity: _or_nan(one.statistic), f"{one.quantity}_p": _or_nan(one.p_value), "df": _or_nan(one.df)}
            else:
                row[one.quantity] = _or_nan(one.estimate)
        index = pd.MultiIndex.from_tuples(list(rows), names=["role", "method"])
        return self._marked(pd.DataFrame(list(rows.values()), index=index))


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value


@takes_answers
def cfa(
    patterns: ResponsePatterns,
    *,
    estimator: str = "WLSMV",
    cluster: str | None = "default",
    parameterization: str = "delta",
    missing: str | None = None,
    residual_covariances: Sequence[tuple[str, str]] = (),
    model: str = "congeneric",
) -> CfaResult:
    """Fit one factor to the items of each role.

    estimator: `WLSMV` (thresholds and polychoric correlations, pairwise, diagonally weighted; `missing="listwise"` uses
    complete rows), `ULSMV` (the same, unweighted), `ML` and `MLR` (complete rows as numbers), `FIML` (every answer, by
    likelihood). `DWLS` and `ULS` are WLSMV and ULSMV under the names of what they minimise: errors and tests are robust all
    the same, and the naive test is the row `chi2` of each. Latent variance 1, latent mean 0, intercepts in the model. Standard
    errors: expected information (ML), sandwich with observed information (MLR, FIML) or of the polychoric correlations (least
    squares), by cluster unless the estimator is ML, which assumes independent normal answers. `chi2` is N F (N − 1 for least
    squares); `chi2_scaled` the Yuan–Bentler test as in Mplus (MLR, FIML) or the scaled and shifted one (least squares). Robust
    indices after Brosseau-Liard & Savalei (2014), Zhang & Savalei (2023) and Savalei (2021). parameterization: `delta` or
    `theta`, which fit alike. residual_covariances: pairs of items that may share more than the factor; each takes a degree of
    freedom. model: `congeneric` (free loadings), `tau_equivalent` (equal loadings; two items are enough) or `parallel` (equal
    residual variances too, for items as numbers). lavaan::cfa(std.lv = TRUE) agrees.

    Raises UsageError for an option that the estimator cannot honour. A model that cannot be fitted gives null rows with the
    reason.
    """
    chosen = specification(
        patterns,
        estimator,
        parameterization=parameterization,
        missing=missing,
        residual_covariances=tuple(residual_covariances),
        restriction=model,
    )
    if chosen.estimator == "ML" and cluster not in (None, "default"):
        raise UsageError(f"ML assumes independent answers and cannot use cluster='{cluster}'; MLR, with equal estimates, can.")
    settings = {
        "estimator": chosen.estimator, "missing": chosen.treatment, "cluster": cluster, "parameterization": parameterization,
        "residual_covariances": [list(pair) for pair in residual_covariances], "model": model,
    }  # fmt: skip
    statistics = by_role(patterns, partial(_rows, specification=chosen), cluster=cluster)
    return CfaResult(statistics=statistics, settings=settings, converged=_all_converged(statistics))


def battery(patterns: ResponsePatterns, *, rng: np.random.Generator) -> CfaResult:
    """All rows of the factor analysis, by every estimator, with the tests of equal loadings (nothing in it is random)."""

    def rows(one: ResponsePatterns, clustering: Clustering) -> Iterator[Statistic]:
        for estimator in BATTERY:
            yield from _rows(one, clustering, specification(one, estimator))

    statistics = by_role(patterns, rows)
    return CfaResult(statistics=statistics, settings={"estimators": list(BATTERY)}, converged=_all_converged(statistics))


def _all_converged(statistics: Sequence[Statistic]) -> bool:
    return not any(one.note and one.note.startswith(("not_converged", "loading_unbounded")) for one in statistics)


def _rows(patterns: ResponsePatterns, clustering: Clustering, specification: Specification) -> Iterator[Statistic]:
    try:
        model = fit_model(patterns, clustering, specification)
    except EstimationError as error:
        yield from null_rows(patterns, specification, error.note)
        return
    rows = Rows(patterns, model)
    yield from rows.parameters()
    yield from rows.residual_covariances()
    yield from rows.tests()
    yield from rows.indices()
    yield from rows.pairs()
    yield from restricted(patterns, model)
