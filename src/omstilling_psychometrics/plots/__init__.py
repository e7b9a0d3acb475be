"""Plots of results: the only place that draws. `plot_result` is what `Result.plot` calls."""

from .dispatch import plot_result

__all__ = ["plot_result"]
