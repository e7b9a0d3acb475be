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
    from .analyses.alpha_comparison import alpha_comparison
    from .analyses.cfa import cfa
    from .analyses.correlation import correlation
    from .analyses.dif import dif
    from .analyses.dimensionality import dimensionality
    from .analyses.dynamic_cutoffs import dynamic_cutoffs
    from .analyses.efa import efa
    from .analyses.invariance import invariance
    from .analyses.irt import irt
    from .analyses.irt_groups import irt_groups
    from .analyses.irt_local_dependence import local_dependence
    from .analyses.items import items
    from .analyses.missingness import missingness
    from .analyses.mokken import mokken
    from .analyses.multilevel import multilevel
    from .analyses.reliability import reliability
    from .analyses.role_comparison import role_comparison
    from .errors import DataError, EstimationError, InstrumentError, OmstillingError, UsageError
    from .instrument import Instrument, load_instrument
    from .notebooks.page import Page
    from .notebooks.running import run_notebooks
    from .reporting.validation import report, validate
    from .responses.anonymise import anonymise
    from .responses.disclosure import Disclosure
    from .responses.inspection import inspect
    from .responses.parquet import write_counts
    from .responses.patterns import ResponsePatterns
    from .responses.reading import read, read_all
    from .responses.released import ReleasedAnswers
    from .simulation.folder import population_values
    from .simulation.team import draw_team
    from .verification import verify

_HOMES = {
    "DataError": "errors",
    "Disclosure": "responses.disclosure",
    "EstimationError": "errors",
    "Instrument": "instrument",
    "InstrumentError": "errors",
    "OmstillingError": "errors",
    "Page": "notebooks.page",
    "ReleasedAnswers": "responses.released",
    "ResponsePatterns": "responses.patterns",
    "UsageError": "errors",
    "alpha_comparison": "analyses.alpha_comparison",
    "anonymise": "responses.anonymise",
    "cfa": "analyses.cfa",
    "correlation": "analyses.correlation",
    "dif": "analyses.dif",
    "dimensionality": "analyses.dimensionality",
    "draw_team": "simulation.team",
    "dynamic_cutoffs": "analyses.dynamic_cutoffs",
    "efa": "analyses.efa",
    "inspect": "responses.inspection",
    "invariance": "analyses.invariance",
    "irt": "analyses.irt",
    "irt_groups": "analyses.irt_groups",
    "items": "analyses.items",
    "load_instrument": "instrument",
    "local_dependence": "analyses.irt_local_dependence",
    "missingness": "analyses.missingness",
    "mokken": "analyses.mokken",
    "multilevel": "analyses.multilevel",
    "population_values": "simulation.folder",
    "read": "responses.reading",
    "read_all": "responses.reading",
    "reliability": "analyses.reliability",
    "report": "reporting.validation",
    "role_comparison": "analyses.role_comparison",
    "run_notebooks": "notebooks.running",
    "validate": "reporting.validation",
    "verify": "verification",
    "write_counts": "responses.parquet",
}

__all__ = [
    "DataError",
    "Disclosure",
    "EstimationError",
    "Instrument",
    "InstrumentError",
    "OmstillingError",
    "Page",
    "ReleasedAnswers",
    "ResponsePatterns",
    "UsageError",
    "alpha_comparison",
    "anonymise",
    "cfa",
    "correlation",
    "dif",
    "dimensionality",
    "draw_team",
    "dynamic_cutoffs",
    "efa",
    "inspect",
    "invariance",
    "irt",
    "irt_groups",
    "items",
    "load_instrument",
    "local_dependence",
    "missingness",
    "mokken",
    "multilevel",
    "population_values",
    "read",
    "read_all",
    "reliability",
    "report",
    "role_comparison",
    "run_notebooks",
    "validate",
    "verify",
    "write_counts",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return __all__
