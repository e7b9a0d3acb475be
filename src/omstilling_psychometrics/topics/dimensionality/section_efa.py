"""Exploratory factor analysis: the loadings of one factor, by several extractions."""

from __future__ import annotations

from ...present import rows as find
from ...present.blocks import Block, Finding
from ...present.drawing import dot_plot
from ...present.tables import Column, Line, table
from ...present.view import View

_DRAWN = "minres/polychoric"


def build(view: View) -> list[Block]:
    wording, rows = view.wording, view.of("efa")
    loadings = find.where(rows, quantity="loading")
    lines: list[Line] = [(wording.item(item), {"item": item}) for item in find.distinct(loadings, "item")]
    methods = find.distinct(loadings, "method")
    plot = dot_plot(
        view,
        "efa-loadings",
        find.where(loadings, method=_DRAWN if _DRAWN in methods else methods[0] if methods else None),
        lines,
        title=wording.text("efa_plot"),
        xlabel=wording.quantity("loading"),
    )
    numbers = table(
        view,
        loadings,
        caption=wording.text("efa_caption"),
        key_heading=wording.column("item"),
        lines=lines,
        columns=[Column(wording.method(method), "estimate", {"method": method}) for method in methods],
        side_by_side=False,
        remark=wording.text("efa_remark"),
    )
    fit = table(
        view,
        rows,
        caption=wording.text("efa_fit_caption"),
        key_heading=wording.column("method"),
        lines=[(wording.method(method), {"method": method}) for method in methods],
        columns=[
            Column(wording.quantity("variance_explained"), "estimate", {"quantity": "variance_explained"}),
            Column(wording.quantity("root_mean_square_residual"), "estimate", {"quantity": "root_mean_square_residual"}),
        ],
        side_by_side=False,
    )
    return [*([plot] if plot else []), numbers, fit]


def findings(view: View) -> list[Finding]:
    return []
