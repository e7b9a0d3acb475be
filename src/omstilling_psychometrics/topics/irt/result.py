"""What an item response analysis returns: rows, and for each role scores, curves and tables."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ...core.errors import UsageError
from ...core.numerics.arrays import Floats
from ...core.results import Result
from .analysis_role import RoleFit
from .numerics.information import expected_scores, information, item_information
from .numerics.marginal import pattern_log_likelihoods
from .numerics.person_fit import zh
from .numerics.quadrature import NODES, log_weights
from .numerics.scoring import weighted_likelihood

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class IrtResult(Result):
    """Item response models by role. Where there are several, the methods below ask which role is meant.

    Methods with `theta` take points (q,) and return arrays for plots; k items, c categories. They are NaN where the role has
    no usable fit: `get("discrimination", …).note` says why.
    """

    analysis: ClassVar[str] = "irt"

    fits: Mapping[str, RoleFit] = field(default_factory=dict, repr=False)

    def of(self, role: str | None = None) -> RoleFit:
        """The fit of a role; without `role`, of the only one."""
        if role is None and len(self.fits) == 1:
            return next(iter(self.fits.values()))
        if role is None or role not in self.fits:
            raise UsageError(f"role is {role!r}; this result has: {', '.join(self.fits)}.")
        return self.fits[role]

    # ---------------------------------------------------------------- curves

    def category_curves(self, theta: Floats = NODES, *, role: str | None = None) -> Floats:
        """Probability of every category (k, c, q)."""
        one = self.of(role)
        return one.model.probabilities(one.items, theta)

    def item_information(self, theta: Floats = NODES, *, role: str | None = None) -> Floats:
        """Information of every item (k, q), no prior."""
        one = self.of(role)
        return item_information(one.model, one.items, theta)

    def information(self, theta: Floats = NODES, *, role: str | None = None) -> Floats:
        """Information of all items together (q,), no prior."""
        one = self.of(role)
        return information(one.model, one.items, theta)

    def conditional_standard_error(self, theta: Floats = NODES, *, role: str | None = None) -> Floats:
        """Standard error of measurement of theta (q,): 1 / sqrt(information)."""
        with np.errstate(divide="ignore"):
            return np.asarray(1 / np.sqrt(self.information(theta, role=role)))

    def expected_scores(self, theta: Floats = NODES, *, role: str | None = None) -> Floats:
        """Expected answer to every item (k, q), in category values; their sum is the expected sum score."""
        one = self.of(role)
        values = np.array(one.patterns.instrument.categories, dtype=float)
        return expected_scores(one.model, one.items, theta, values)

    def difficulties(self, *, role: str | None = None) -> Floats:
        """Difficulties (k, c - 1) for an item-person map, NaN where not identified."""
        one = self.of(role)
        name = next(key for key, fit in self.fits.items() if fit is one)
        c = len(one.patterns.instrument.categories)
        return np.array(
            [
                [self.value("difficulty", role=name, item=item, category=h, method=one.model.name) for h in range(1, c)]
                for item in one.patterns.items
            ]
        )

    # ---------------------------------------------------------------- scores

    def score_table(self, *, role: str | None = None) -> pd.DataFrame:
        """EAP for every attainable sum of category values of complete rows (Thissen et al. 1995): `sum_score`, `mean_score`,
        `eap`, `eap_sd` (posterior standard deviation), and how many answers the model expects and how many there are."""
        import pandas as pd

        one = self.of(role)
        values = np.array(one.patterns.instrument.categories, dtype=np.int64)
        sums, means, errors, shares = one.score_table
        table = one.complete.data.table
        scores = values[table.answers - 1].sum(axis=1) if table.n else np.zeros(0, dtype=np.int64)
        observed = [float(table.counts[scores == score].sum()) for score in sums]
        columns = {
            "sum_score": sums,
            "mean_score": sums / len(one.patterns.items),
            "eap": means,
            "eap_sd": errors,
            "expected": shares * table.n,
            "observed": observed,
        }
        return self._marked(pd.DataFrame(columns))

    def by_pattern(self, *, role: str | None = None) -> pd.DataFrame:
        """A row per answer pattern: the answers (category values, NaN where there is none), `count`, `eap`, `eap_sd`, Warm's
        `wle` with `wle_se`, person fit `zh` and the pattern's `log_likelihood`."""
        import pandas as pd

        one = self.of(role)
        table, items = one.data.table, one.items
        values = np.concatenate([[math.nan], np.array(one.patterns.instrument.categories, dtype=float)])
        columns: dict[str, Any] = {name: values[table.answers[:, item]] for item, name in enumerate(one.patterns.items)}
        columns["count"] = table.counts.astype(np.int64)
        nothing = np.full(len(table.counts), np.nan)
        eap = wle = (nothing, nothing)
        fit = log_l = nothing
        if one.usable:
            eap, wle = one.eap, weighted_likelihood(one.model, items, table.answers)
            fit = zh(one.model, items, table.answers, eap[0])
            log_l = pattern_log_likelihoods(table, one.model.log_probabilities(items, NODES), log_weights(NODES, *one.latent))
        scores = dict(zip(("eap", "eap_sd", "wle", "wle_se"), (*eap, *wle), strict=True))
        return self._marked(pd.DataFrame({**columns, **scores, "zh": fit, "log_likelihood": log_l}))

    def glance(self) -> pd.DataFrame:
        """One row per role: size, likelihood, fit and reliability."""
        import pandas as pd

        names = ("log_likelihood", "aic", "bic", "c2", "c2_rmsea", "marginal_reliability", "empirical_reliability")
        rows = []
        for name, one in self.fits.items():
            method = one.model.name
            row: dict[str, Any] = {"role": name, "model": method, "n": one.data.n, "n_complete": one.complete.data.n}
            row["parameters"] = None if one.fit is None else one.fit.layout.size
            row |= {quantity: self.value(quantity, role=name, method=method) for quantity in names}
            rows.append({**row, "cluster": one.clustering.key, "note": one.note})
        return self._marked(pd.DataFrame(rows))
