"""Synthetic surveys whose every parameter is known."""

from .folder import write_synthetic
from .survey import Survey, simulate
from .team import draw_team
from .truth import TRUTH, Truth

__all__ = ["TRUTH", "Survey", "Truth", "draw_team", "simulate", "write_synthetic"]
