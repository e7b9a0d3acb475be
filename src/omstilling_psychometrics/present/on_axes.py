"""Somebody's own panel in the place of a figure, for pictures that have one panel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..core.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.legend import Legend
    from matplotlib.transforms import Bbox


class OnAxes:
    """What drawings ask of a figure, answered by one panel: margins stay those of its figure, and legends stand above it."""

    def __init__(self, ax: Axes) -> None:
        self.ax = ax

    @property
    def bbox(self) -> Bbox:
        return self.ax.bbox

    @property
    def dpi(self) -> float:
        figure = self.ax.get_figure(root=True)
        return 100.0 if figure is None else figure.dpi

    def subplots(self, rows: int = 1, columns: int = 1, **shared: Any) -> Axes:
        """The panel. Raises UsageError where several are asked for."""
        if (rows, columns) != (1, 1) or shared:
            raise UsageError(
                "this picture has several panels, and one ax. Leave ax out for a figure of its own, or give it figure=…, such "
                "as a part made by figure.subfigures()."
            )
        return self.ax

    def subplots_adjust(self, **margins: float) -> None:
        """Nothing: the figure is somebody else's."""

    def legend(self, *entries: Any, **options: Any) -> Legend:
        """The legend above the panel."""
        return self.ax.legend(*entries, **{**options, "loc": "lower left", "bbox_to_anchor": (0, 1)})
