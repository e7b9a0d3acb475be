"""Leaders' means and agreement beside multilevel and lme4."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...reference.comparison import CLOSED_FORM, COUNT, Case, Comparison, Pair, Pairs, Tolerance
from .analysis import multilevel
from .numerics.variance_components import Anova, Reml, reml

# lme4 stops its search for the variance ratio when the deviance stands still, which leaves the ratio this far off.
_LME4 = Tolerance("lme4's stopping rule", 1e-6, absolute=True)
_LME4_ERROR = Tolerance("standard error at lme4's variance ratio", 1e-5)

_PROBABILITIES = (0.10, 0.25, 0.50, 0.75, 0.90)


def _one(quantity: str, method: str | None, name: str | None = None, aspect: str = "estimate") -> Pairs:
    """A number of the whole scale; `name` is where it stands among the stored ones."""

    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        value = stored
        for part in (name or "").split("/"):
            value = value[part] if part else value
        yield "", getattr(case.run(multilevel).get(quantity, method=method), aspect), value

    return pairs


def _design_effect(case: Case, stored: Any) -> Iterator[Pair]:
    """1 + (sum m^2/sum m - 1) ICC(1), the sizes out of n0 = (N - sum m^2/N)/(J - 1)."""
    size = stored["df2"] + stored["groups"] - stored["n0"] * stored["df1"]
    yield "", case.run(multilevel).value("design_effect", method=None), 1 + (size - 1) * stored["ICC1"]


def _mean_squares(case: Case, stored: Any) -> Iterator[Pair]:
    fitted: Anova = case.run(multilevel).model("all").anova
    yield "between", fitted.between, stored["MSB"]
    yield "within", fitted.within, stored["MSW"]
    yield "size", fitted.n0, stored["n0"]


def _restricted(*names: tuple[str, str]) -> Pairs:
    """Numbers of the restricted likelihood, each with its name here and there."""

    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        fitted: Reml = reml(case.run(multilevel).model("all").sums)
        for ours, theirs in names:
            yield ours, np.ravel(getattr(fitted, ours)).item(), stored["lme4_REML"][theirs]

    return pairs


def _distribution(field: str) -> Pairs:
    """Quantiles of the leaders' values."""

    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        values = getattr(case.run(multilevel).model("all").values, field)
        values = values[~np.isnan(values)]
        for (label, theirs), ours in zip(stored.items(), np.quantile(values, _PROBABILITIES), strict=True):
            yield label, ours, theirs

    return pairs


COMPARISONS = (
    *(
        Comparison(
            domain="multilevel", path="multilevel/scale", quantity=quantity, method=method, aspect=aspect, peer=peer,
            tolerance=tolerance, pairs=_one(quantity, method, name, aspect),
        )
        for quantity, method, aspect, name, peer, tolerance in (
            ("icc1", "anova", "estimate", "ICC1", "multilevel::ICC1", CLOSED_FORM),
            ("icc1", "anova", "statistic", "F", "stats::aov", CLOSED_FORM),
            ("icc1", "anova", "df", "df1", "stats::aov", COUNT),
            ("icc1", "anova", "p_value", "p", "stats::aov", CLOSED_FORM),
            ("icc1", "n0", "estimate", "ICC1_n0", "stats::aov", CLOSED_FORM),
            ("icc1", "reml", "estimate", "lme4_REML/icc", "lme4::lmer", _LME4),
            ("icc2", "anova", "estimate", "ICC2", "multilevel::ICC2", CLOSED_FORM),
            ("leader_count", None, "estimate", "groups", "base::table", COUNT),
        )
    ),
    Comparison(
        domain="multilevel", path="multilevel/scale", quantity="design_effect", peer="multilevel::ICC1",
        tolerance=CLOSED_FORM, pairs=_design_effect,
    ),
    Comparison(
        domain="multilevel", path="multilevel/scale", quantity="variance_component", method="anova", peer="stats::aov",
        tolerance=CLOSED_FORM, pairs=_mean_squares,
    ),
    Comparison(
        domain="multilevel", path="multilevel/scale", quantity="variance_component", method="reml", peer="lme4::lmer",
        tolerance=_LME4, pairs=_restricted(("between", "tau2"), ("within", "sigma2"), ("mean", "mu")),
    ),
    Comparison(
        domain="multilevel", path="multilevel/scale", quantity="variance_component", method="reml", aspect="log_likelihood",
        peer="lme4::lmer", tolerance=CLOSED_FORM, pairs=_restricted(("log_likelihood", "logLik")),
    ),
    Comparison(
        domain="multilevel", path="multilevel/scale", quantity="variance_component", method="reml", aspect="mean_error",
        peer="lme4::lmer", tolerance=_LME4_ERROR, pairs=_restricted(("mean_error", "se_mu")),
    ),
    *(
        Comparison(
            domain="multilevel", path=f"multilevel/{path}/mean", quantity=quantity, method=method, peer=peer,
            tolerance=CLOSED_FORM, pairs=_one(quantity, method),
        )
        for quantity, method, path, peer in (
            ("rwg_j", "uniform", "rwg_j_uniform", "multilevel::rwg.j"),
            ("r_star_wg_j", None, "rwg_j_lindell", "multilevel::rwg.j.lindell"),
            ("a_wg", None, "awg", "multilevel::awg"),
            ("ad", None, "ad_mean", "multilevel::ad.m"),
        )
    ),
    *(
        Comparison(
            domain="multilevel", path=f"multilevel/{path}/q", quantity=quantity, method=method, aspect="quantiles", peer=peer,
            tolerance=CLOSED_FORM, pairs=_distribution(field),
        )
        for quantity, method, path, field, peer in (
            ("rwg_j", "uniform", "rwg_j_uniform", "rwg_j", "multilevel::rwg.j"),
            ("a_wg", None, "awg", "a_wg", "multilevel::awg"),
        )
    ),
)  # fmt: skip
