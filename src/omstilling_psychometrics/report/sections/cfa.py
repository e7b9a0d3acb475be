"""Confirmatory factor analysis: does one factor account for how the items go together?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...plots import rows as find
from ...plots.path_diagram import Path, draw_path_diagram, path_diagram_height
from ...plots.rows import Row, Unit
from ..blocks import Block, Cell, Finding, Heading, Paragraph, Plot, Plots, Table
from ..drawing import dot_plot, draw
from ..tables import Column, Footnotes, Line, estimate_and_interval, head_cell, number_cell, row_cell, shown, table
from ..view import View
from .correlation import pair_plots

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MAIN = "WLSMV"
_INDICES = ("cfi", "tli", "rmsea", "srmr", "crmr")
_VARIANTS = ("", "_scaled", "_robust")
# Pairs of items with the largest modification indices that are listed.
_PAIRS = 3


def build(view: View) -> list[Block]:
    wording, rows = view.wording, view.of("cfa")
    main = find.where(rows, method=MAIN)
    loadings = find.where(main, quantity="loading_standardized")
    lines: list[Line] = [(wording.item(item), {"item": item}) for item in find.distinct(loadings, "item")]
    plot = dot_plot(
        view, "cfa-loadings", loadings, lines, title=wording.text("cfa_loadings_plot"), xlabel=wording.quantity("loading_standardized")
    )
    residuals = find.where(main, quantity="residual_correlation")
    return [
        Paragraph(text=wording.text("cfa_text")),
        Plots(plots=[made for unit in find.units(rows) if (made := _path_diagram(view, unit))]),
        *([plot] if plot else []),
        table(
            view,
            loadings,
            caption=wording.text("cfa_loadings_caption"),
            key_heading=wording.column("item"),
            lines=lines,
            columns=estimate_and_interval(view, wording.column("estimate")),
        ),
        Heading(text=wording.text("cfa_fit_heading")),
        _indices(view, main),
        _tests(view, rows),
        Heading(text=wording.text("cfa_residual_heading")),
        Plots(plots=pair_plots(view, "cfa-residuals", residuals, limit=0.1, caption="cfa_residual_plot")),
        _modifications(view, main),
        Heading(text=wording.text("cfa_equal_heading")),
        _equality(view, rows),
    ]


def _path_diagram(view: View, unit: Unit) -> Plot | None:
    wording, rows = view.wording, find.where(find.of(view.of("cfa"), unit), method=MAIN)
    paths = []
    for row in find.where(rows, quantity="loading_standardized"):
        if row["estimate"] is None:
            return None
        paths.append(Path(item=wording.item(row["item"]), loading=row["estimate"], residual=1 - row["estimate"] ** 2))
    if not paths:
        return None
    words = "; ".join(f"{path.item}: {wording.decimal(path.loading, 2)}" for path in paths)

    def draw_on(figure: Figure) -> None:
        draw_path_diagram(figure, paths, wording)

    title = wording.text("cfa_path_plot", unit=view.unit(unit))
    return draw(f"path-diagram-{unit[0]}-{unit[1]}", draw_on, height=path_diagram_height(len(paths)), title=title, description=words)


def _indices(view: View, rows: list[Row]) -> Table:
    """Plain, scaled and robust variants of each index in one line."""
    wording = view.wording
    known = {row["quantity"] for row in rows}
    columns = [Column(wording.text(f"cfa_variant{variant}"), "estimate", {"variant": variant}) for variant in _VARIANTS]
    columns.append(Column(view.interval_name, "interval", {"variant": "_robust"}))
    named = [
        {**row, "index": index, "variant": variant}
        for index in _INDICES
        for variant in _VARIANTS
        for row in rows
        if row["quantity"] == index + variant
    ]
    return table(
        view,
        named,
        caption=wording.text("cfa_fit_caption", method=wording.method(MAIN)),
        key_heading=wording.text("index_heading"),
        lines=[(wording.quantity(index), {"index": index}) for index in _INDICES if index in known],
        columns=columns,
        side_by_side=False,
        remark=wording.text("cfa_fit_remark"),
    )


def _tests(view: View, rows: list[Row]) -> Table:
    wording = view.wording
    methods = find.distinct(rows, "method")
    scaled = {row["method"] for row in rows if row["quantity"] == "chi2_scaled"}
    lines: list[Line] = [
        (wording.method(method), {"method": method, "quantity": "chi2_scaled" if method in scaled else "chi2"}) for method in methods
    ]
    return table(view, rows, caption=wording.text("cfa_tests_caption"), key_heading=wording.column("method"), lines=lines, columns=test_columns(view),
                 side_by_side=False, remark=wording.text("cfa_tests_remark"))  # fmt: skip


def test_columns(view: View) -> list[Column]:
    """Test statistic, degrees of freedom, p value and n."""
    names = ("statistic", "df", "p_value", "n")
    return [Column(view.wording.column(name), name) for name in names]


def _modifications(view: View, rows: list[Row]) -> Table:
    """The pairs whose residuals would gain most from being free, with the size of what is left over."""
    wording, notes = view.wording, Footnotes(view.wording)
    quantities = ("modification_index", "expected_parameter_change", "residual_correlation")
    head = [
        [
            head_cell(wording.text("unit_heading"), number=False),
            head_cell(wording.text("pair_heading"), number=False),
            *(head_cell(wording.quantity(quantity)) for quantity in quantities),
        ]
    ]
    body: list[list[Cell]] = []
    for unit in find.units(rows):
        own = find.of(rows, unit)
        known = [row for row in find.where(own, quantity="modification_index") if row["estimate"] is not None]
        largest = sorted(known, key=lambda row: (-row["estimate"], row["item"]))[:_PAIRS]
        for place, row in enumerate(largest):
            first = [row_cell(view.unit(unit), rows=len(largest))] if place == 0 else []
            found = [find.one(own, quantity=quantity, item=row["item"]) for quantity in quantities]
            cells = [number_cell("" if one is None else shown(wording, one, "estimate")) for one in found]
            body.append([*first, row_cell(wording.item(row["item"])), *cells])
    return Table(caption=wording.text("cfa_modification_caption"), head=head, body=body, notes=notes.listed(), remark=wording.text("cfa_modification_remark"))


def _equality(view: View, rows: list[Row]) -> Table:
    wording = view.wording
    kinds = dict.fromkeys((row["quantity"], row["method"]) for row in rows if row["quantity"] in ("tau_equivalence", "parallel_items"))
    lines: list[Line] = [
        (f"{wording.quantity(quantity)} ({wording.method(method)})", {"quantity": quantity, "method": method})
        for quantity, method in kinds
        if method in (MAIN, "MLR")
    ]
    return table(view, rows, caption=wording.text("cfa_equal_caption"), key_heading=wording.column("quantity"), lines=lines, columns=test_columns(view),
                 side_by_side=False, remark=wording.text("cfa_equal_remark"))  # fmt: skip


def findings(view: View) -> list[Finding]:
    wording, rows, told = view.wording, find.where(view.of("cfa"), method=MAIN), []
    for unit in find.units(rows):
        own = find.of(rows, unit)
        rmsea, cfi = (find.one(own, quantity=quantity) for quantity in ("rmsea_robust", "cfi_robust"))
        pairs = [row for row in find.where(own, quantity="residual_correlation") if row["estimate"] is not None]
        if rmsea is None or cfi is None or rmsea["estimate"] is None or cfi["estimate"] is None or not pairs:
            continue
        largest = max(pairs, key=lambda row: abs(row["estimate"]))
        text = wording.text(
            "cfa_finding",
            cfi=wording.decimal(cfi["estimate"], 3),
            rmsea=wording.decimal(rmsea["estimate"], 3),
            low=wording.decimal(rmsea["conf_low"], 3),
            high=wording.decimal(rmsea["conf_high"], 3),
            pair=wording.item(largest["item"]),
            residual=wording.decimal(largest["estimate"], 2),
        )
        told.append(Finding(unit=view.unit_title(unit), text=text, anchor="cfa"))
    return told
