"""The curves of one item in one compact picture: its categories, and the expected answer in each role."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..core.numerics.arrays import Floats
from ..present import rows as find
from ..present.blocks import Plot
from ..present.drawing import draw
from ..present.rows import Unit
from ..present.style import GRID, MUTED, SERIES, WIDTH, category_colours, legend_above, margins, number_axis
from ..present.view import View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..topics.irt.curves import ItemCurves

_THETA = np.linspace(-4.0, 4.0, 81)
_LINES = ("-", "--", "-.", ":")
_HEIGHT = 2.0
# The pale grey of bars is too pale for a line.
_PALE = category_colours(3)[1]


def curves(view: View, item: str, units: Sequence[Unit], *, key: str) -> Plot | None:
    """From item response models, where they were fitted and the item varies; else the answers in each category, where known."""
    models: dict[Unit, ItemCurves] = {}
    for unit in units:
        model = view.model("irt", unit)
        if model is not None and item in [model.names[place] for place in model.varying]:
            models[unit] = model
    return _curves(view, item, models, key) if models else _answers(view, item, units, key)


def _people(axes: Axes, height: float) -> None:
    """Where people are: the latent distribution of the model."""
    density = np.exp(-(_THETA**2) / 2)
    axes.fill_between(_THETA, axes.get_ylim()[0], axes.get_ylim()[0] + 0.3 * height * density, color=GRID, linewidth=0)


def _curves(view: View, item: str, models: dict[Unit, ItemCurves], key: str) -> Plot:
    wording = view.wording
    (first, model), *_ = models.items()
    values = model.values
    probabilities = model.category_curves(_THETA)[model.names.index(item)]
    expected: list[Floats] = [one.expected_scores(_THETA)[one.names.index(item)] for one in models.values()]

    def draw_on(figure: Figure) -> None:
        left, right = figure.subplots(1, 2)
        margins(figure, left=0.5, right=0.1, top=0.28, bottom=0.45, wspace=0.28)
        left.set_ylim(0, 1)
        right.set_ylim(values[0], values[-1])
        _people(left, 1.0)
        _people(right, values[-1] - values[0])
        for place, (category, probability) in enumerate(zip(values, probabilities, strict=True)):
            colour = category_colours(len(values))[place]
            colour = MUTED if colour == _PALE else colour
            label = wording.count(category)
            left.plot(_THETA, probability, color=colour, linestyle=_LINES[place % 4], label=label, linewidth=1.3)
        for place, (unit, answers) in enumerate(zip(models, expected, strict=True)):
            look = {"color": SERIES[place % len(SERIES)], "linestyle": _LINES[place % 4]}
            right.plot(_THETA, answers, label=view.unit(unit), **look)
        right.set_ylabel(wording.text("axis_expected_answer"))
        for panel in (left, right):
            panel.set_xlim(_THETA[0], _THETA[-1])
            panel.set_xlabel(wording.text("axis_theta"))
            panel.grid(color=GRID)
            number_axis(panel.xaxis, wording)
            number_axis(panel.yaxis, wording)
        legend_above(left, min(7, len(values)))
        if len(models) > 1:
            # There the curves, which rise, leave room.
            right.legend(loc="lower right", fontsize=8, handlelength=1.6, borderaxespad=0.2, labelspacing=0.2)

    words = "; ".join(
        f"{view.unit(unit)}: {wording.text('axis_theta')} {wording.decimal(at, 0)} → "
        f"{wording.decimal(float(np.interp(at, _THETA, answers)), 2)}"
        for unit, answers in zip(models, expected, strict=True)
        for at in (-2.0, 0.0, 2.0)
    )
    title = wording.text("dossier_curves_caption", unit=view.unit(first))
    return draw(key, draw_on, height=_HEIGHT, width=WIDTH, title=title, description=words)


def _answers(view: View, item: str, units: Sequence[Unit], key: str) -> Plot | None:
    wording, categories = view.wording, view.answers.instrument.categories
    shares: dict[Unit, list[float]] = {}
    for unit in units:
        own = find.where(find.of(view.of("items"), unit), quantity="proportion", item=item)
        found = [find.estimate(own, category=value) for value in categories]
        if all(share is not None for share in found):
            shares[unit] = [share or 0.0 for share in found]
    if not shares:
        return None

    def draw_on(figure: Figure) -> None:
        axes = figure.subplots()
        margins(figure, left=0.6, right=0.1, top=0.28, bottom=0.3)
        width = 0.8 / len(shares)
        for place, (unit, heights) in enumerate(shares.items()):
            at = np.arange(len(categories)) + (place - (len(shares) - 1) / 2) * width
            axes.bar(at, heights, width=width, color=SERIES[place % len(SERIES)], label=view.unit(unit))
        axes.set_xticks(np.arange(len(categories)), [wording.count(value) for value in categories])
        axes.set_ylabel(wording.text("axis_share_of_answers"))
        axes.grid(axis="y", color=GRID)
        number_axis(axes.yaxis, wording, shares=True)
        if len(shares) > 1:
            legend_above(axes, 3)

    words = "; ".join(
        f"{view.unit(unit)}, {value}: {wording.share(share)}"
        for unit, own in shares.items()
        for value, share in zip(categories, own, strict=True)
    )
    return draw(key, draw_on, height=_HEIGHT, title=wording.text("dossier_curves_caption_answers"), description=words)
