"""Differential item functioning and measurement invariance beside ordinal, lavaan and semTools."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...reference.comparison import COUNT, HEIGHT, TAIL, Case, Comparison, Pair, Pairs, Tolerance
from .analysis import InvarianceResult, invariance
from .analysis_dif import dif
from .numerics.ladder import CONTINUOUS, ORDINAL

_LIKELIHOOD_RATIO = Tolerance("difference of log-likelihoods", 1e-6, absolute=True)
_R2 = Tolerance("difference of R2", 1e-9, absolute=True)
# lavaan mixes n_g and n_g - 1 in its weights of groups: with groups of equal size scaled tests are ours to 1e-7, with unequal
# ones they differ in the order of 1/n.
_UNEQUAL_GROUPS = Tolerance("test statistic, unequal groups", 5e-4)
_STATISTIC = Tolerance("test statistic", 1e-5)
_INDEX = Tolerance("index of fit", 2e-5, absolute=True)
_TAIL_OF_STATISTIC = Tolerance("p value of a test statistic", 2e-4, absolute=True)

# Steps of nested models (1: total; 2: group too; 3: interaction too) and where their McFadden R2 stand.
_EFFECTS = {"uniform": ("12", 0, 1), "nonuniform": ("23", 1, 2), "total": ("13", 0, 2)}


def _dif(effect: str, aspect: str) -> Pairs:
    steps, narrower, wider = _EFFECTS[effect]

    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        result = case.run(dif, by="group", cluster=None)
        for row in stored:
            ours = result.get(effect, item=row["item"], method=None)
            if aspect == "estimate":
                theirs = row["McFadden"][wider] - row["McFadden"][narrower]
            else:
                theirs = row[{"statistic": "chi", "df": "df", "p_value": "p"}[aspect] + steps]
            yield row["item"], getattr(ours, aspect), theirs

    return pairs


def _steps(case: Case, estimator: str) -> InvarianceResult:
    result: InvarianceResult = case.run(invariance, by="group", estimator=estimator, cluster=None)
    return result


def _measure(estimator: str, step: str, quantity: str, aspect: str) -> Pairs:
    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        yield "", getattr(_steps(case, estimator).get(quantity, method=step), aspect), stored

    return pairs


def _difference(estimator: str, step: str, row: int, aspect: str, column: str) -> Pairs:
    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        yield "", getattr(_steps(case, estimator).get("difference", method=step), aspect), stored[row][column]

    return pairs


_MEASURES = (
    ("chi2", "statistic", "chisq", HEIGHT), ("chi2", "df", "df", COUNT),
    ("chi2_scaled", "statistic", "chisq.scaled", _STATISTIC),
    ("cfi_scaled", "estimate", "cfi.scaled", _INDEX), ("rmsea_scaled", "estimate", "rmsea.scaled", _INDEX),
    ("srmr", "estimate", "srmr_bentler_nomean", _INDEX),
)  # fmt: skip
# Of ordered answers only where thresholds are free, and without CFI: lavaan's baseline counts the weights of groups twice.
_ROBUST = (("rmsea_robust", "estimate", "rmsea.robust", _INDEX),)
_ROBUST_OF_NUMBERS = (("cfi_robust", "estimate", "cfi.robust", _INDEX), *_ROBUST)
_TESTS = (
    ("statistic", "Chisq diff", _STATISTIC), ("df", "Df diff", COUNT), ("p_value", "Pr(>Chisq)", _TAIL_OF_STATISTIC),
)  # fmt: skip


def _ladder(estimator: str, prefix: str, path: str, steps: tuple[str, ...]) -> Iterator[Comparison]:
    ordinal = estimator == "WLSMV"
    for place, step in enumerate(steps):
        method = prefix + step
        robust = _ROBUST_OF_NUMBERS if not ordinal else () if place else _ROBUST
        for quantity, aspect, column, within in (*_MEASURES, *robust):
            tolerance = _UNEQUAL_GROUPS if ordinal and within == _STATISTIC else within
            yield Comparison(
                domain="invariance", path=f"{path}/{step}/fit/{column}", quantity=quantity, method=method, aspect=aspect,
                peer="semTools::measEq.syntax" if ordinal else "lavaan::cfa", tolerance=tolerance,
                pairs=_measure(estimator, method, quantity, aspect),
            )  # fmt: skip
        for aspect, column, within in _TESTS if place else ():
            tolerance = _UNEQUAL_GROUPS if ordinal and within == _STATISTIC else within
            yield Comparison(
                domain="invariance", path=f"{path}/lrt_{step}" if ordinal else f"{path}/lrt_all", quantity="difference",
                method=method, aspect=aspect, peer="lavaan::lavTestLRT", tolerance=tolerance,
                pairs=_difference(estimator, method, 1 if ordinal else place, aspect, column),
            )  # fmt: skip


COMPARISONS = (
    *(
        Comparison(
            domain="dif", path="dif/by_total_clm", quantity=effect, aspect=aspect, peer="ordinal::clm", tolerance=tolerance,
            pairs=_dif(effect, aspect),
        )
        for effect in _EFFECTS
        for aspect, tolerance in (("statistic", _LIKELIHOOD_RATIO), ("df", COUNT), ("p_value", TAIL), ("estimate", _R2))
    ),
    *_ladder("WLSMV", "", "invariance_ordinal/theta_complete", ORDINAL),
    *_ladder("WLSMV", "", "invariance_ordinal/theta_pairwise", ORDINAL),
    *_ladder("MLR", "continuous/", "invariance_continuous/MLR_listwise", CONTINUOUS),
    *_ladder("FIML", "fiml/", "invariance_continuous/MLR_FIML", CONTINUOUS),
)  # fmt: skip
