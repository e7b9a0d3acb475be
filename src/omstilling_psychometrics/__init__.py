"""Validation of Likert scales on counted answer patterns.

    import omstilling_psychometrics as op

    answers = op.read("survey.sav")
    team = answers.select(role="medarbejder")
    op.reliability(team)

Names are loaded when first used, so that importing the package costs no more than numpy and scipy.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

# What is in no topic; `__init__.pyi` is what editors and type checkers read.
_OUTSIDE_TOPICS = {
    "DataError": "core.errors",
    "Disclosure": "survey.disclosure",
    "EstimationError": "core.errors",
    "Instrument": "survey.scale",
    "InstrumentError": "core.errors",
    "OmstillingError": "core.errors",
    "Page": "notebooks.page",
    "ReleasedAnswers": "survey.released",
    "ResponsePatterns": "survey.patterns",
    "Scores": "reporting.scores",
    "UsageError": "core.errors",
    "anonymise": "survey.anonymise",
    "draw_team": "simulation.team",
    "inspect": "survey.inspection",
    "load_instrument": "survey.instrument",
    "population_values": "simulation.folder",
    "read": "survey.reading",
    "read_all": "survey.reading",
    "report": "reporting.validation",
    "run_notebooks": "notebooks.running",
    "validate": "reporting.validation",
    "verify": "verification",
    "write_counts": "survey.parquet",
}


@cache
def _homes() -> dict[str, str]:
    """Public name to the module it is in. Topics are asked when the first name is."""
    from .core.registry import functions

    return _OUTSIDE_TOPICS | functions()


def __getattr__(name: str) -> Any:
    if name == "__all__":
        return sorted(_homes())
    if name.startswith("__") or name not in _homes():
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(import_module(f".{_homes()[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(_homes())
