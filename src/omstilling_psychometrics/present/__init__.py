"""How anything is shown: words and digits, tables and blocks, plots. `Result` calls these where it prints, draws and writes."""

from .plotting import plot_result
from .released_rows import released_result
from .writing import write_result

__all__ = ["plot_result", "released_result", "write_result"]
