"""How many factors lie behind the items."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...present import rows as find
from ...present.blocks import Block, Finding, Paragraph, Plot, Plots
from ...present.drawing import draw
from ...present.rows import Unit
from ...present.tables import Column, Line, table
from ...present.view import View
from .plot_scree import draw_scree

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_KIND = "polychoric"
_SCALARS = ("kmo", "explained_common_variance", "eigenvalue_ratio")


def build(view: View) -> list[Block]:
    wording, rows = view.wording, view.of("dimensionality")
    numbers = find.where(rows, quantity="n_factors")
    rules: list[Line] = [(wording.method(method), {"method": method}) for method in find.distinct(numbers, "method")]
    scalars: list[Line] = [
        (
            wording.quantity(quantity) + (f" ({wording.method(method)})" if method else ""),
            {"quantity": quantity, "method": method},
        )
        for quantity in _SCALARS
        for method in (None, _KIND)
    ]
    residuals = find.where(rows, quantity="largest_residual", method=None)
    return [
        Paragraph(text=wording.text("dimensionality_text")),
        Plots(plots=[plot for unit in find.units(rows) if (plot := _scree(view, unit))]),
        table(
            view,
            numbers,
            caption=wording.text("dimensionality_rules_caption"),
            key_heading=wording.text("rule_heading"),
            lines=rules,
            columns=[Column(wording.column("estimate"))],
        ),
        table(
            view,
            rows,
            caption=wording.text("dimensionality_strength_caption"),
            key_heading=wording.column("quantity"),
            lines=scalars,
            columns=[Column(wording.column("estimate"))],
            remark=wording.text("dimensionality_strength_remark"),
        ),
        table(
            view,
            residuals,
            caption=wording.text("dimensionality_residual_caption"),
            key_heading=wording.text("pair_heading"),
            lines=[(wording.item(pair), {"item": pair}) for pair in find.distinct(residuals, "item")],
            columns=[Column(wording.column("estimate"))],
        ),
    ]


def _scree(view: View, unit: Unit) -> Plot | None:
    wording, rows = view.wording, find.of(view.of("dimensionality"), unit)
    known = [row for row in find.where(rows, quantity="eigenvalue", method=_KIND) if row["estimate"] is not None]
    if not known:
        return None
    words = "; ".join(f"{row['category']}: {wording.decimal(row['estimate'], 2)}" for row in known)

    def draw_on(figure: Figure) -> None:
        draw_scree(figure, rows, wording, kind=_KIND)

    title = wording.text("dimensionality_plot", unit=view.unit(unit))
    return draw(f"scree-{unit[0]}-{unit[1]}", draw_on, height=2.6, title=title, description=words)


def findings(view: View) -> list[Finding]:
    wording, rows, findings_by_unit = view.wording, view.of("dimensionality"), []
    for unit in find.units(rows):
        own = find.of(rows, unit)
        numbers = [row["estimate"] for row in find.where(own, quantity="n_factors") if row["estimate"] is not None]
        share = find.estimate(own, quantity="explained_common_variance", method=_KIND)
        if not numbers or share is None:
            continue
        same = len(set(numbers)) == 1
        text = wording.text(
            f"dimensionality_finding_{'mixed' if not same else 'same' if numbers[0] == 1 else 'several'}",
            number=wording.count(numbers[0]),
            low=wording.count(min(numbers)),
            high=wording.count(max(numbers)),
            rules=len(numbers),
            share=wording.share(share, 0),
        )
        findings_by_unit.append(Finding(unit=view.unit_title(unit), text=text, anchor="dimensionality"))
    return findings_by_unit
