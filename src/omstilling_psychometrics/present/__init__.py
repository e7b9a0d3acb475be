"""How anything is shown: words and digits, tables and blocks, plots. `Result.plot` and `Result.write` call these."""

from .plotting import plot_result
from .writing import write_result

__all__ = ["plot_result", "write_result"]
