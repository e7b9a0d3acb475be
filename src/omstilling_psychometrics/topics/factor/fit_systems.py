"""Systems of fixed cut-offs for one model, to stand side by side; each has the same four indices (criteria.toml)."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Literal

import msgspec

from ...core.criteria import Criterion, criteria


class _System(msgspec.Struct, frozen=True):
    key: str
    source: str
    cfi: float
    tli: float
    rmsea: float
    srmr: float

    def criteria(self) -> tuple[Criterion, ...]:
        cuts: tuple[tuple[str, Literal["at_least", "at_most"], float], ...] = (
            ("cfi_robust", "at_least", self.cfi),
            ("tli_robust", "at_least", self.tli),
            ("rmsea_robust", "at_most", self.rmsea),
            ("srmr_unbiased", "at_most", self.srmr),
        )
        return tuple(
            Criterion(
                key=f"{self.key}_{quantity}",
                analysis="cfa",
                quantity=quantity,
                method="WLSMV",
                side=side,
                threshold=threshold,
                source=self.source,
                rests_on=("item_rest",),
            )
            for quantity, side, threshold in cuts
        )


class _File(msgspec.Struct, frozen=True):
    fit_systems: tuple[_System, ...]


@cache
def fit_systems() -> dict[str, tuple[Criterion, ...]]:
    """COSMIN's, and those that stand beside it, by key."""
    text = resources.files(__package__).joinpath("criteria.toml").read_bytes()
    beside = {system.key: system.criteria() for system in msgspec.toml.decode(text, type=_File).fit_systems}
    return {"cosmin": tuple(criterion for criterion in criteria() if criterion.analysis == "cfa"), **beside}


def fixed_cutoffs() -> dict[str, float]:
    """COSMIN's cut-offs of fit (Hu & Bentler's are the same numbers), by the name of the index without a variant."""
    return {
        criterion.quantity.partition("_")[0]: criterion.threshold
        for criterion in fit_systems()["cosmin"]
        if criterion.threshold is not None
    }
