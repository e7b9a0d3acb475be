"""How anything is shown: words and digits, tables and blocks, plots. `plot_result` is what `Result.plot` calls."""

from .plotting import plot_result

__all__ = ["plot_result"]
