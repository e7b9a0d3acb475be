"""Which pictures belong to which analysis: what `result.plot()` shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..core.errors import UsageError, suggestion
from ..core.registry import part
from ..core.results import Result
from ..core.vocabulary import Language
from ..survey.scale import Instrument
from . import rows as find
from .drawings import Drawing, estimates, of_quantity
from .on_axes import OnAxes
from .released_rows import released_result
from .rows import Row
from .style import WIDTH, look
from .wording import Wording

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


class NothingToDraw(UsageError):
    """There are no estimates to draw, or none of this role."""


Kinds = Mapping[str, Callable[[Result, Sequence[Row], Wording], list[Drawing]]]


def plot_result(
    result: Result,
    *,
    kind: str | None = None,
    role: str | None = None,
    title: str | None = None,
    ax: Axes | None = None,
    language: Language = "en",
    instrument: Instrument | None = None,
    level: float = 0.95,
    figure: Figure | None = None,
) -> Axes:
    """See `Result.plot`. What roles cannot share comes below each other, a part for each."""
    if result.answers is not None:
        result = released_result(result, result.answers, level)
    all_rows = result.rows(level)
    roles = list(dict.fromkeys(row["role"] for row in all_rows))
    if role is not None and role not in roles:
        raise NothingToDraw(
            f"there is no role {role!r} here. Roles in it: {', '.join(roles) or 'none'}.{suggestion(role, roles)}"
        )
    rows = [row for row in all_rows if role is None or row["role"] == role]
    by = None if result.answers is None else result.answers.by
    drawings = _drawings(result, kind, rows, Wording(language, instrument, by))
    if not drawings:
        raise NothingToDraw(
            f"nothing in this result can be drawn{f' as {kind!r}' if kind else ''} for role {role or 'any'}: no estimates. "
            f"Roles in it: {', '.join(roles) or 'none'}."
        )
    if ax is not None:
        return _on_axes(drawings, ax, title, figure, roles)
    titles = [drawing.title for drawing in drawings] if len(drawings) > 1 else [""]
    heights = [drawing.height + (0.3 if name else 0.0) for drawing, name in zip(drawings, titles, strict=True)]
    above = 0.0 if title is None else 0.35
    with look():
        if figure is None:
            import matplotlib.pyplot as plt

            figure = plt.figure(figsize=(WIDTH, sum(heights) + above))
        whole: Any = figure if title is None else _headed(figure, title, above, sum(heights))
        if len(drawings) == 1:
            return drawings[0].draw(whole)
        parts = whole.subfigures(len(drawings), 1, height_ratios=heights)
        panels = [
            drawing.draw(_headed(outer, name, 0.3, height - 0.3) if name else outer)
            for drawing, name, outer, height in zip(drawings, titles, parts, heights, strict=True)
        ]
    return panels[0]


def _headed(figure: Any, title: str, room: float, height: float) -> Any:
    """The part of a figure below its title."""
    head, body = figure.subfigures(2, 1, height_ratios=(room, height))
    head.text(0.01, 0.3, title, fontweight="bold")
    return body


def _on_axes(drawings: Sequence[Drawing], ax: Axes, title: str | None, figure: object, roles: Sequence[str]) -> Axes:
    if figure is not None:
        raise UsageError("ax and figure both say where to draw. Give one of them.")
    if len(drawings) > 1:
        raise UsageError(
            f"there is a picture for each of {len(drawings)} roles or groups, and one ax. Say role=…; roles in it: "
            f"{', '.join(roles)}."
        )
    with look():
        drawings[0].draw(OnAxes(ax))  # type: ignore[arg-type]
        if title is not None:
            legend = ax.get_legend()
            # Legends stand above the panel: the title goes on top of them.
            above = 0.0 if legend is None else legend.get_window_extent().height * 72 / legend.axes.figure.dpi
            ax.set_title(title, pad=6 + above)
    return ax


def _drawings(result: Result, kind: str | None, rows: Sequence[Row], wording: Wording) -> list[Drawing]:
    """The pictures of a kind: one of the analysis by name, or a quantity of the result; the first of the analysis for None."""
    module = part(result.analysis, "plot")
    named: Kinds = {} if module is None else module.KINDS
    if kind is None:
        return next(iter(named.values()), estimates)(result, rows, wording)
    if kind in named:
        return named[kind](result, rows, wording)
    quantities = find.distinct(result.rows(), "quantity")
    if kind not in quantities:
        known = [*named, *(one for one in quantities if one not in named)]
        raise UsageError(f"kind is {kind!r}; of this result there are: {', '.join(known)}.{suggestion(str(kind), known)}")
    return of_quantity(rows, wording, kind)
