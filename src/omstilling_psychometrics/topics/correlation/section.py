"""Correlations of the items, two by two."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...present import rows as find
from ...present.blocks import Block, Finding, Plot, Plots
from ...present.drawing import draw
from ...present.rows import Row, Unit
from ...present.tables import Column, Line, estimate_and_interval, table
from ...present.view import View
from .plot_heatmap import draw_pairs, heatmap_height

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def build(view: View) -> list[Block]:
    wording, rows = view.wording, view.of("correlation")
    polychoric = find.where(rows, quantity="polychoric", method=None)
    lines = pair_lines(view, polychoric)
    return [
        Plots(plots=pair_plots(view, "polychoric", polychoric, limit=1.0, caption="correlation_plot")),
        table(
            view,
            rows,
            caption=wording.text("correlation_caption"),
            key_heading=wording.text("pair_heading"),
            lines=lines,
            columns=[
                *estimate_and_interval(view, wording.quantity("polychoric"), quantity="polychoric", method=None),
                *(
                    Column(wording.quantity(quantity), "estimate", {"quantity": quantity})
                    for quantity in ("pearson", "spearman")
                ),
                Column("n", "n", {"quantity": "polychoric", "method": None}),
            ],
            side_by_side=False,
        ),
    ]


def pair_lines(view: View, rows: list[Row]) -> list[Line]:
    """One line per pair of items."""
    return [(view.wording.item(pair), {"item": pair}) for pair in find.distinct(rows, "item")]


def pair_plots(view: View, key: str, rows: list[Row], *, limit: float, caption: str) -> list[Plot]:
    """A heat map per unit that has values."""
    return [plot for unit in find.units(rows) if (plot := _pair_plot(view, key, find.of(rows, unit), unit, limit, caption))]


def _pair_plot(view: View, key: str, rows: list[Row], unit: Unit, limit: float, caption: str) -> Plot | None:
    wording = view.wording
    known = [row for row in rows if row["estimate"] is not None]
    items = list(dict.fromkeys(item for row in rows for item in row["item"].split("~")))
    if not known:
        return None
    words = "; ".join(f"{wording.item(row['item'])}: {wording.decimal(row['estimate'], 2)}" for row in known)

    def draw_on(figure: Figure) -> None:
        draw_pairs(figure, known, items, wording, limit=limit)

    title = wording.text(caption, unit=view.unit(unit))
    return draw(f"{key}-{unit[0]}-{unit[1]}", draw_on, height=heatmap_height(len(items)), title=title, description=words)


def findings(view: View) -> list[Finding]:
    wording, rows = view.wording, find.where(view.of("correlation"), quantity="polychoric", method=None)
    findings_by_unit = []
    for unit in find.units(rows):
        known = [row for row in find.of(rows, unit) if row["estimate"] is not None]
        if not known:
            continue
        values = [row["estimate"] for row in known]
        strongest = max(known, key=lambda row: abs(row["estimate"]))
        text = wording.text(
            "correlation_finding" if len(view.answers.items) > 2 else "correlation_finding_one",
            low=wording.decimal(min(values), 2),
            high=wording.decimal(max(values), 2),
            pair=wording.item(strongest["item"]),
        )
        findings_by_unit.append(Finding(unit=view.unit_title(unit), text=text, anchor="correlation"))
    return findings_by_unit
