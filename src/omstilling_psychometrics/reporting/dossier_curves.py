"""The curves of one item in one compact picture: its categories, and the expected answer in each role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.numerics.arrays import Floats
from ..present import rows as find
from ..present.blocks import Plot
from ..present.drawing import draw
from ..present.rows import Unit
from ..present.style import GRID, INK, MARKERS, MUTED, SERIES, category_colours, legend_above, margins, number_axis
from ..present.view import View
from ..topics.irt.linking import Linking, linking
from .item_evidence import ItemEvidence
from .item_rules import JudgedItem

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..topics.irt.curves import ItemCurves

_THETA = np.linspace(-4.0, 4.0, 81)
# Told apart without colours.
_DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (5, 1.5, 1, 1.5)), (0, (1, 1.2)), (0, (9, 2)), (0, (9, 1.5, 1, 1.5, 1, 1.5)))
# Inches, as they are printed beside the words: letters keep their size.
_WIDTH = 4.7
_HEIGHT = 1.6
# A label at an end of the axis stands so many points of it inside.
_INSIDE = 4


def curves(judged: JudgedItem, *, key: str) -> Plot | None:
    """From item response models, where they were fitted and the item varies; else the answers in each category, where known."""
    view, item, units = judged.evidence.view, judged.item, judged.evidence.units
    models: dict[Unit, ItemCurves] = {}
    for unit in units:
        model = view.model("irt", unit)
        if model is not None and item in [model.names[place] for place in model.varying]:
            models[unit] = model
    return _curves(judged, models, key) if models else _answers(view, item, units, key)


def linkings(evidence: ItemEvidence, models: Mapping[Unit, ItemCurves]) -> dict[Unit, Linking] | None:
    """Each unit onto the scale of the first, by the items that partial invariance did not set free; None where those that were
    compared are not these, or too few items are equal."""
    groups = {unit[0] if unit[1] is None else unit[1]: unit for unit in models}
    pairs = [one.pair.split("~") for one in evidence.changes if one.pair]
    first = next((pair[1] for pair in pairs if pair[1] in groups), None)
    compared = {name for pair in pairs if pair[1] == first for name in pair}
    if first is None or len(groups) < len(models) or not set(groups) <= compared:
        return None
    free = {one.item for one in evidence.changes if one.set_free or one.change == "not_evaluated"}
    equal = [item for item in evidence.items if item not in free]
    onto = models[groups[first]]
    found = {unit: Linking(1.0, 0.0) if model is onto else linking(model, onto, equal) for unit, model in models.items()}
    known = {unit: one for unit, one in found.items() if one is not None}
    return known if len(known) == len(models) else None


def _people(axes: Axes, height: float) -> None:
    """Where people are: the latent distribution of the model."""
    density = np.exp(-(_THETA**2) / 2)
    axes.fill_between(_THETA, axes.get_ylim()[0], axes.get_ylim()[0] + 0.3 * height * density, color=GRID, linewidth=0)


def _curves(judged: JudgedItem, models: dict[Unit, ItemCurves], key: str) -> Plot:
    wording = judged.evidence.view.wording
    linked = linkings(judged.evidence, models) if len(models) > 1 else None
    lines = linked or {unit: Linking(1.0, 0.0) for unit in models}
    # The scale is that of the group that the others are linked onto.
    first = next(unit for unit, line in lines.items() if line == Linking(1.0, 0.0))
    model = models[first]
    values, place_of = model.values, model.names.index(judged.item)
    probabilities = model.category_curves(_THETA)[place_of]
    expected: dict[Unit, Floats] = {
        unit: one.expected_scores(lines[unit].back(_THETA))[one.names.index(judged.item)] for unit, one in models.items()
    }

    def draw_on(figure: Figure) -> None:
        left, right = figure.subplots(1, 2)
        margins(figure, left=0.5, right=0.1, top=0.2, bottom=0.42, wspace=0.28)
        left.set_ylim(0, 1.08)
        left.set_yticks(np.linspace(0, 1, 6))
        right.set_ylim(values[0], values[-1])
        _people(left, 1.0)
        _people(right, values[-1] - values[0])
        pale = category_colours(3)[1]
        for place, (category, probability) in enumerate(zip(values, probabilities, strict=True)):
            colour = category_colours(len(values))[place]
            # The pale grey of bars is too pale for a line.
            colour = MUTED if colour == pale else colour
            left.plot(_THETA, probability, color=colour, linestyle=_DASHES[place % len(_DASHES)], linewidth=1.3)
            if probability.max() > 0:
                peak = int(np.clip(np.argmax(probability), _INSIDE, len(_THETA) - 1 - _INSIDE))
                at = (_THETA[peak], probability[peak])
                left.annotate(
                    wording.count(category), at, (0, 2), textcoords="offset points", ha="center", va="bottom", color=INK,
                    fontsize=9, fontweight="bold",
                )  # fmt: skip
        for place, (unit, answers) in enumerate(expected.items()):
            colour, mean = SERIES[place % len(SERIES)], lines[unit].intercept
            right.plot(
                _THETA, answers, label=judged.evidence.name(unit), color=colour, linestyle=_DASHES[place % len(_DASHES)],
                marker=MARKERS[place % len(MARKERS)], markevery=[int(np.abs(_THETA - mean).argmin())], markersize=5.5,
            )  # fmt: skip
        right.set_ylabel(wording.text("axis_expected_answer"))
        for panel in (left, right):
            panel.set_xlim(_THETA[0], _THETA[-1])
            panel.set_xlabel(wording.text("axis_theta"))
            panel.grid(color=GRID)
            number_axis(panel.xaxis, wording)
            number_axis(panel.yaxis, wording)
        if len(models) > 1:
            # There the curves, which rise, leave room.
            right.legend(loc="lower right", fontsize=9, handlelength=2.6, borderaxespad=0.1, labelspacing=0.15, borderpad=0.1)

    words = "; ".join(
        f"{judged.evidence.name(unit)}: {wording.text('axis_theta')} {wording.decimal(at, 0)} → "
        f"{wording.decimal(float(np.interp(at, _THETA, answers)), 2)}"
        for unit, answers in expected.items()
        for at in (-2.0, 0.0, 2.0)
    )
    scale = "one" if len(models) == 1 else "linked" if linked else "apart"
    shown = wording.text("dossier_curves_caption", unit=judged.evidence.name(first))
    title = f"{shown} {wording.text(f'dossier_curves_{scale}')}"
    return draw(key, draw_on, height=_HEIGHT, width=_WIDTH, title=title, description=words)


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
    title = wording.text("dossier_curves_caption_answers")
    return draw(key, draw_on, height=_HEIGHT, width=_WIDTH, title=title, description=words)
