"""What is to be fitted to one role: estimator, treatment of missing answers, what is free and what is equal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

from ...core.errors import UsageError, as_known
from ...survey.patterns import ResponsePatterns
from .numerics.model import FactorModel, Part, one_factor
from .numerics.ordinal_fit import Weights

Estimator = Literal["ML", "MLR", "FIML", "WLSMV", "DWLS", "ULSMV", "ULS"]
Parameterization = Literal["delta", "theta"]
Missing = Literal["listwise", "pairwise", "fiml"]
Restriction = Literal["congeneric", "tau_equivalent", "parallel"]

# Ordinal estimators and how they weight the moments; the names without MV are those of the discrepancies themselves.
ORDINAL: dict[str, Weights] = {"WLSMV": "DWLS", "DWLS": "DWLS", "ULSMV": "ULS", "ULS": "ULS"}
_MISSING: dict[str, tuple[Missing, ...]] = {
    "ML": ("listwise",), "MLR": ("listwise",), "FIML": ("fiml",), **dict.fromkeys(ORDINAL, ("pairwise", "listwise")),
}  # fmt: skip
# What is the same for all items.
EQUAL: dict[Restriction, tuple[Part, ...]] = {
    "congeneric": (), "tau_equivalent": ("loadings",), "parallel": ("loadings", "residual_variances"),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Specification:
    """What is to be fitted, checked: an option that does not go with the estimator is refused."""

    estimator: Estimator
    parameterization: Parameterization = "delta"
    missing: Missing | None = None
    residual_covariances: tuple[tuple[int, int], ...] = ()
    restriction: Restriction = "congeneric"

    @property
    def ordinal(self) -> bool:
        return self.estimator in ORDINAL

    @property
    def treatment(self) -> Missing:
        """Treatment of missing answers."""
        return self.missing or _MISSING[self.estimator][0]

    def with_residual_covariances(self, pairs: tuple[tuple[int, int], ...]) -> Specification:
        return replace(self, residual_covariances=pairs)

    def model(self, k: int, categories: int) -> FactorModel:
        kind = self.parameterization if self.ordinal else "continuous"
        model = one_factor(kind, k, thresholds=categories - 1 if self.ordinal else 0)
        if self.residual_covariances:
            model = model.release("residual_covariances", cells=self.residual_covariances)
        for part in EQUAL[self.restriction]:
            model = model.same(part)
        return model


def specification(
    patterns: ResponsePatterns,
    estimator: str,
    *,
    parameterization: str = "delta",
    missing: str | None = None,
    residual_covariances: tuple[tuple[str, str], ...] = (),
    restriction: str = "congeneric",
) -> Specification:
    """Raises UsageError for what is not known or does not go together."""
    estimator = as_known(estimator, get_args(Estimator))
    if estimator not in get_args(Estimator):
        raise UsageError(f"estimator is '{estimator}'; there are: {', '.join(get_args(Estimator))}.")
    if parameterization not in get_args(Parameterization):
        raise UsageError(f"parameterization is '{parameterization}'; there are: {', '.join(get_args(Parameterization))}.")
    if parameterization == "theta" and estimator not in ORDINAL:
        raise UsageError(f"parameterization='theta' is for ordinal estimators ({', '.join(ORDINAL)}), not for {estimator}.")
    if missing is not None and missing not in _MISSING[estimator]:
        raise UsageError(
            f"missing is '{missing}', which {estimator} cannot do; it takes {' or '.join(_MISSING[estimator])}. "
            "FIML uses every answer by likelihood, WLSMV by pairs."
        )
    if restriction not in EQUAL:
        raise UsageError(f"model is '{restriction}'; there are: {', '.join(EQUAL)}.")
    if restriction == "parallel" and estimator in ORDINAL:
        raise UsageError(
            f"model='parallel' is for {', '.join(name for name in _MISSING if name not in ORDINAL)}, not for {estimator}: the "
            "variables behind ordinal items have variance 1, so that equal loadings leave equal residual variances. "
            "Use model='tau_equivalent'."
        )
    pairs = []
    for pair in residual_covariances:
        if isinstance(pair, str) or len(pair) != 2:
            raise UsageError(f"residual_covariances has {pair!r}; a list of pairs of items is needed: [('i1', 'i2')].")
        first, second = pair
        for item in pair:
            if item not in patterns.items:
                raise UsageError(f"residual_covariances names '{item}'; the items are: {', '.join(patterns.items)}.")
        if first == second:
            raise UsageError(f"residual_covariances has the pair ({first}, {second}): two different items are needed.")
        low, high = sorted((patterns.items.index(first), patterns.items.index(second)))
        pairs.append((low, high))
    return Specification(
        estimator=estimator,  # type: ignore[arg-type]
        parameterization=parameterization,  # type: ignore[arg-type]
        missing=missing,
        residual_covariances=tuple(dict.fromkeys(pairs)),
        restriction=restriction,
    )
