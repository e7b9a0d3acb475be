"""Confirmatory factor analysis: does one factor account for how the items go together?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...present import rows as find
from ...present.blocks import Block, Cell, Finding, Heading, Paragraph, Plot, Plots, Table
from ...present.drawing import dot_plot, draw
from ...present.rows import Row, Unit
from ...present.tables import (
    Column,
    Field,
    Line,
    estimate_and_interval,
    head_cell,
    number_cell,
    row_cell,
    shown,
    table,
)
from ...present.view import View, p_in_words
from ..correlation.section import pair_plots
from .analysis_residual_pairs import PAIR_LEVEL, PAIR_MATTERS, fit_alike
from .plot import STRONGEST_COLOUR
from .plot_path_diagram import draw_path_diagram, path_diagram_height, paths_of
from .section_rules import rules

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MAIN = "WLSMV"
_INDICES = ("cfi", "tli", "rmsea", "srmr", "srmr_unbiased", "crmr")
_VARIANTS = ("", "_scaled", "_robust")
# Below this many degrees of freedom RMSEA is said to be unstable (Kenny, Kaniskan & McCoach 2015).
_FEW_DF = 10
# Pairs of items with the largest modification indices that are listed.
_PAIRS = 3


def build(view: View) -> list[Block]:
    wording, rows = view.wording, view.of("cfa")
    main = find.where(rows, method=MAIN)
    loadings = find.where(main, quantity="loading_standardized")
    lines: list[Line] = [(wording.item(item), {"item": item}) for item in find.distinct(loadings, "item")]
    plot = dot_plot(
        view,
        "cfa-loadings",
        loadings,
        lines,
        title=wording.text("cfa_loadings_plot", interval=view.interval_name),
        xlabel=wording.quantity("loading_standardized"),
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
            columns=[*estimate_and_interval(view, wording.column("estimate")), Column("n", "n")],
        ),
        Heading(text=wording.text("cfa_fit_heading")),
        _indices(view, main),
        rules(view, main),
        _tests(view, rows),
        Heading(text=wording.text("cfa_residual_heading")),
        Plots(plots=pair_plots(view, "cfa-residuals", residuals, limit=STRONGEST_COLOUR, caption="cfa_residual_plot")),
        _modifications(view, main),
        Heading(text=wording.text("cfa_equal_heading")),
        _equality(view, rows),
    ]


def _path_diagram(view: View, unit: Unit) -> Plot | None:
    wording, rows = view.wording, find.where(find.of(view.of("cfa"), unit), method=MAIN)
    paths = paths_of(rows, wording)
    if not paths:
        return None
    words = "; ".join(f"{path.item}: {wording.decimal(path.loading, 2)}" for path in paths)

    def draw_on(figure: Figure) -> None:
        draw_path_diagram(figure, paths, wording)

    title = wording.text("cfa_path_plot", unit=view.unit(unit), n=wording.count(rows[0]["n"] or 0))
    return draw(
        f"path-diagram-{unit[0]}-{unit[1]}", draw_on, height=path_diagram_height(len(paths)), title=title, description=words
    )


def _indices(view: View, rows: list[Row]) -> Table:
    """Plain, scaled and robust variants of each index in one line; what estimates the population stands under robust."""
    wording = view.wording
    known = {row["quantity"] for row in rows}
    columns = [Column(wording.text(f"cfa_variant{variant}"), "estimate", {"variant": variant}) for variant in _VARIANTS]
    columns.append(Column(view.interval_name, "interval", {"variant": "_robust"}))
    columns.append(Column("n", "n"))
    named = [
        {**row, "index": index, "variant": variant}
        for index in _INDICES
        for variant in _VARIANTS
        for row in rows
        if row["quantity"] == index + variant
    ]
    named = [{**row, "variant": "_robust"} if row["index"] == "srmr_unbiased" else row for row in named]
    return table(
        view,
        named,
        caption=wording.text("cfa_fit_caption", method=wording.method(MAIN)),
        key_heading=wording.text("index_heading"),
        lines=[(wording.quantity(index), {"index": index}) for index in _INDICES if index in known],
        columns=columns,
        side_by_side=False,
        remark=_fit_remark(view, rows),
    )


def _fit_remark(view: View, rows: list[Row]) -> str:
    """How to read the indices; and how many degrees of freedom the items leave, where they are few."""
    wording, k = view.wording, len(view.answers.items)
    known = [row["df"] for row in find.where(rows, quantity="chi2") if row["df"] is not None]
    df = min(known, default=k * (k - 3) / 2)
    said = [wording.text("cfa_fit_remark")]
    if 0 <= df < _FEW_DF:
        key = "cfa_fit_remark_few" if df else "cfa_fit_remark_saturated"
        said.append(wording.text(key, k=wording.count(k), df=wording.count(df)))
    return " ".join(said)


def _tests(view: View, rows: list[Row]) -> Table:
    wording = view.wording
    methods = find.distinct(rows, "method")
    scaled = {row["method"] for row in rows if row["quantity"] == "chi2_scaled"}
    lines: list[Line] = [
        (wording.method(method), {"method": method, "quantity": "chi2_scaled" if method in scaled else "chi2"})
        for method in methods
    ]
    return table(
        view,
        rows,
        caption=wording.text("cfa_tests_caption"),
        key_heading=wording.column("method"),
        lines=lines,
        columns=test_columns(view),
        side_by_side=False,
        remark=wording.text("cfa_tests_remark"),
    )


def test_columns(view: View) -> list[Column]:
    """Test statistic, degrees of freedom, p value and n."""
    names: tuple[Field, ...] = ("statistic", "df", "p_value", "n")
    return [Column(view.wording.column(name), name) for name in names]


@dataclass(frozen=True)
class LeftOver:
    """A pair of items: its modification index, its test among all pairs, the residual correlation to expect if it were free,
    and what is left over in the correlation."""

    pair: str
    index: Row
    test: Row | None
    expected: Row | None
    left: Row | None

    @property
    def p_value(self) -> float:
        """Holm's, over all pairs."""
        return 1.0 if self.test is None or self.test["p_value"] is None else float(self.test["p_value"])

    @property
    def farthest(self) -> float:
        """The larger end, in size, of the interval of the expected residual correlation; NaN where there is none."""
        ends = [None, None] if self.expected is None else [self.expected["conf_low"], self.expected["conf_high"]]
        return max((math.nan if end is None else end for end in ends), key=abs)


def left_over(rows: list[Row]) -> list[LeftOver]:
    """The pairs of one unit and estimator, the largest modification index first."""
    known = [row for row in find.where(rows, quantity="modification_index") if row["estimate"] is not None]
    quantities = ("modification_index_holm", "expected_residual_correlation", "residual_correlation")
    return [
        LeftOver(row["item"], row, *(find.one(rows, quantity=quantity, item=row["item"]) for quantity in quantities))
        for row in sorted(known, key=lambda row: (-row["estimate"], row["item"]))
    ]


def _modifications(view: View, rows: list[Row]) -> Table:
    """The pairs whose residuals would gain most from being free, with their tests and the size of what is left over."""
    wording = view.wording
    words = ("unit_heading", "pair_heading")
    head = [
        [
            *(head_cell(wording.text(word), number=False) for word in words),
            head_cell(wording.text("pair_index_heading")),
            head_cell(wording.text("pair_test_heading")),
            head_cell(wording.text("pair_holm_heading")),
            Cell(text=wording.text("pair_expected_heading"), detail=view.interval_name, scope="col", number=True),
            head_cell(wording.text("left_residual_correlation")),
        ]
    ]
    body: list[list[Cell]] = []
    for unit in find.units(rows):
        largest = left_over(find.of(rows, unit))[:_PAIRS]
        for place, one in enumerate(largest):
            first = [row_cell(view.unit(unit), rows=len(largest))] if place == 0 else []
            figures = [
                number_cell(shown(wording, one.index, "estimate")),
                number_cell(shown(wording, one.index, "statistic")),
                number_cell("–" if one.test is None else shown(wording, one.test, "p_value")),
                _expected(view, one.expected),
                number_cell("–" if one.left is None else shown(wording, one.left, "estimate")),
            ]
            body.append([*first, row_cell(wording.item(one.pair)), *figures])
    return Table(
        caption=wording.text("cfa_modification_caption"),
        head=head,
        body=body,
        remark=wording.text("cfa_modification_remark", matters=wording.decimal(PAIR_MATTERS, 2)),
    )


def _expected(view: View, row: Row | None) -> Cell:
    """The interval below the number."""
    if row is None or row["estimate"] is None:
        return number_cell("–")
    interval = view.wording.interval(row["quantity"], row["conf_low"], row["conf_high"])
    return Cell(text=view.wording.number(row["quantity"], row["estimate"]), number=True, detail=interval)


def _equality(view: View, rows: list[Row]) -> Table:
    wording = view.wording
    kinds = dict.fromkeys(
        (row["quantity"], row["method"]) for row in rows if row["quantity"] in ("tau_equivalence", "parallel_items")
    )
    lines: list[Line] = [
        (f"{wording.quantity(quantity)} ({wording.method(method)})", {"quantity": quantity, "method": method})
        for quantity, method in kinds
        if method in (MAIN, "MLR")
    ]
    return table(
        view,
        rows,
        caption=wording.text("cfa_equal_caption"),
        key_heading=wording.column("quantity"),
        lines=lines,
        columns=test_columns(view),
        side_by_side=False,
        remark=wording.text("cfa_equal_remark"),
    )


def findings(view: View) -> list[Finding]:
    wording, rows, told = view.wording, find.where(view.of("cfa"), method=MAIN), []
    for unit in find.units(rows):
        own = find.of(rows, unit)
        rmsea, cfi = (find.one(own, quantity=quantity) for quantity in ("rmsea_robust", "cfi_robust"))
        pairs = left_over(own)
        if rmsea is None or cfi is None or rmsea["estimate"] is None or cfi["estimate"] is None or not pairs:
            continue
        text = wording.text(
            "cfa_finding",
            cfi=wording.decimal(cfi["estimate"], 3),
            rmsea=wording.decimal(rmsea["estimate"], 3),
            low=wording.decimal(rmsea["conf_low"], 3),
            high=wording.decimal(rmsea["conf_high"], 3),
        )
        told.append(Finding(unit=view.unit_title(unit), text=f"{text} {_pairs_in_words(view, pairs)}", anchor="cfa"))
    return told


def _pairs_in_words(view: View, pairs: list[LeftOver]) -> str:
    """A pair that survives Holm over all pairs is named; that there is none takes intervals that exclude what would matter."""
    wording, matters = view.wording, view.wording.decimal(PAIR_MATTERS, 2)
    survive = [one for one in pairs if one.p_value < PAIR_LEVEL]
    if survive:
        first = survive[0]
        alike = [one for one in survive if fit_alike(one.index["statistic"], first.index["statistic"])]
        said = wording.text(
            "cfa_pair" if len(alike) == 1 else "cfa_pairs_alike",
            pair=wording.text("cfa_pair_or").join(wording.item(one.pair) for one in alike),
            p=p_in_words(view, first.p_value),
            **_correlation(view, first),
        )
        small = abs(first.farthest) < PAIR_MATTERS
        return f"{said} {wording.text('cfa_pair_small', matters=matters)}" if small else said
    unknown = [one for one in pairs if math.isnan(one.farthest)]
    beyond = [one for one in pairs if abs(one.farthest) >= PAIR_MATTERS]
    if beyond:
        widest = max(beyond, key=lambda one: abs(one.farthest))
        open_to = wording.decimal(max(-1.0, min(1.0, widest.farthest)), 2)  # no correlation is larger
        return wording.text("cfa_pairs_open", pair=wording.item(widest.pair), farthest=open_to, matters=matters)
    return wording.text(
        "cfa_pairs_unknown" if unknown else "cfa_pairs_none", matters=matters, count=wording.count(len(unknown))
    )


def _correlation(view: View, one: LeftOver) -> dict[str, str]:
    row = one.expected or {}
    names = {"residual": "estimate", "residual_low": "conf_low", "residual_high": "conf_high"}
    return {name: view.wording.decimal(row.get(field), 2) for name, field in names.items()}
