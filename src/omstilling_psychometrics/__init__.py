"""Validation of Likert scales on counted answer patterns.

    import omstilling_psychometrics as op

    answers = op.read("survey.sav")
    team = answers.select(role="medarbejder")
    op.reliability(team)

Names are loaded when first used, so that importing the package costs no more than numpy and scipy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .analyses.items import items
    from .analyses.missingness import missingness
    from .analyses.mokken import mokken
    from .analyses.multilevel import multilevel
    from .analyses.reliability import reliability
    from .errors import DataError, EstimationError, InstrumentError, OmstillingError, UsageError
    from .instrument import Instrument, load_instrument
    from .responses.disclosure import Disclosure
    from .responses.patterns import ResponsePatterns
    from .responses.reading import read

_HOMES = {
    "DataError": "errors",
    "Disclosure": "responses.disclosure",
    "EstimationError": "errors",
    "Instrument": "instrument",
    "InstrumentError": "errors",
    "OmstillingError": "errors",
    "ResponsePatterns": "responses.patterns",
    "UsageError": "errors",
    "items": "analyses.items",
    "load_instrument": "instrument",
    "missingness": "analyses.missingness",
    "mokken": "analyses.mokken",
    "multilevel": "analyses.multilevel",
    "read": "responses.reading",
    "reliability": "analyses.reliability",
}

__all__ = [
    "DataError",
    "Disclosure",
    "EstimationError",
    "Instrument",
    "InstrumentError",
    "OmstillingError",
    "ResponsePatterns",
    "UsageError",
    "items",
    "load_instrument",
    "missingness",
    "mokken",
    "multilevel",
    "read",
    "reliability",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return __all__
