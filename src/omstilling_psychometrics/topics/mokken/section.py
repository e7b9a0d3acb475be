"""Mokken scale analysis: do the items form a scale, and what does the sum score say about the order of respondents?"""

from __future__ import annotations

from ...core.criteria import threshold
from ...present import rows as find
from ...present.blocks import Block, Finding, Heading, Paragraph
from ...present.drawing import dot_plot
from ...present.rows import Unit
from ...present.tables import Column, Line, estimate_and_interval, table
from ...present.view import View
from ...present.wording import plain

# What Mokken (1971) calls a scale, the strongest first, and the cut-off from which on.
_STRENGTHS = {"strong": "mokken_strong", "medium": "mokken_medium", "weak": "mokken_scale"}

_MONOTONICITY = ("monotonicity_comparisons", "monotonicity_violations", "monotonicity_significant", "monotonicity_crit")
_ORDERING = (
    "item_ordering_position",
    "item_ordering_violations",
    "item_ordering_significant",
    "item_ordering_crit",
    "item_ordering_removed",
)


def build(view: View) -> list[Block]:
    wording, rows = view.wording, view.of("mokken")
    scale = find.where(rows, quantity="h")
    items = find.distinct(find.where(rows, quantity="h_item"), "item")
    lines: list[Line] = [(wording.item(item), {"item": item}) for item in items]
    plot = dot_plot(
        view,
        "mokken-items",
        find.where(rows, quantity="h_item", method="listwise"),
        lines,
        title=wording.text("mokken_plot", weak=wording.decimal(threshold("mokken_scale"), 1)),
        xlabel=plain(wording.quantity("h_item")),
        reference=(threshold("mokken_scale"),),
    )
    methods = [method for method in find.distinct(scale, "method") if not method.endswith(("/koopman", "/independent"))]
    methods = [method for method in methods if view.leaders or not method.startswith("two_level")]
    blocks: list[Block] = [
        Paragraph(text=wording.text("mokken_text")),
        table(
            view,
            scale,
            caption=wording.text("mokken_scale_caption"),
            key_heading=wording.column("method"),
            lines=[(wording.method(method), {"method": method}) for method in methods],
            columns=[*estimate_and_interval(view, wording.symbol("h")), Column("n", "n")],
            remark=view.with_leaders("mokken_scale_remark"),
        ),
    ]
    if plot:
        blocks.append(plot)
    blocks += [
        table(
            view,
            find.where(rows, quantity="h_item"),
            caption=wording.text("mokken_items_caption"),
            key_heading=wording.column("item"),
            lines=lines,
            columns=[
                *estimate_and_interval(view, wording.method("listwise"), method="listwise"),
                *estimate_and_interval(view, wording.method("pairwise"), method="pairwise"),
            ],
            side_by_side=False,
        ),
        Heading(text=wording.text("mokken_checks_heading")),
        _checks(view, lines, _MONOTONICITY, "mokken_monotonicity_caption"),
        _checks(view, lines, _ORDERING, "mokken_ordering_caption", remark=wording.text("mokken_ordering_remark")),
        _item_order(view),
        _selection(view, lines),
    ]
    return blocks


def _item_order(view: View) -> Block:
    """H^T, of all items and of those that backward selection leaves."""
    wording = view.wording
    shown = find.where(view.of("mokken"), quantity="ht")
    name = wording.symbol("ht")
    lines = [
        (name if method is None else f"{name} ({wording.method(method)})", {"method": method})
        for method in dict.fromkeys(row["method"] for row in shown)
    ]
    return table(
        view,
        shown,
        caption=wording.text("mokken_ht_caption"),
        key_heading=wording.column("quantity"),
        lines=lines,
        columns=[Column(wording.column("estimate"))],
        remark=wording.text("mokken_ht_remark"),
    )


def _selection(view: View, lines: list[Line]) -> Block:
    """Into which scale automated selection puts every item."""
    wording = view.wording
    shown = find.where(view.of("mokken"), quantity="aisp_scale")
    bounds = find.distinct(shown, "category")
    return table(
        view,
        shown,
        caption=wording.text("mokken_selection_caption"),
        key_heading=wording.column("item"),
        lines=lines,
        columns=[Column(f"H ≥ {wording.decimal(bound, 1)}", "estimate", {"category": bound}) for bound in bounds],
        remark=wording.text("mokken_selection_remark"),
    )


def _checks(view: View, lines: list[Line], quantities: tuple[str, ...], caption: str, remark: str = "") -> Block:
    wording = view.wording
    columns = [Column(_after_colon(wording.quantity(one)), "estimate", {"quantity": one}) for one in quantities]
    return table(
        view,
        view.of("mokken"),
        caption=wording.text(caption),
        key_heading=wording.column("item"),
        lines=lines,
        columns=columns,
        side_by_side=False,
        remark=remark,
    )


def _after_colon(name: str) -> str:
    """'monotonicity: violations' under a caption that says monotonicity already."""
    return name.rpartition(": ")[2]


def findings(view: View) -> list[Finding]:
    """How strong the scale is, whether monotonicity holds, and what both say about ordering respondents by their sum score."""
    wording, all_findings = view.wording, []
    for row in find.where(view.of("mokken"), quantity="h", method="listwise"):
        if row["estimate"] is None:
            continue
        unit = (row["role"], row["group"])
        sentences = [
            wording.text(
                f"mokken_finding_{_strength(row['estimate'])}",
                h=wording.decimal(row["estimate"], 2),
                low=wording.decimal(row["conf_low"], 2),
                high=wording.decimal(row["conf_high"], 2),
            )
        ]
        if row["conf_low"] is not None and (least := _strength(row["conf_low"])) != _strength(row["estimate"]):
            sentences.append(wording.text(f"mokken_least_{least}"))
        if row["estimate"] >= threshold("mokken_scale"):
            sentences += _order(view, unit)
        elif row["conf_high"] is not None and (most := _strength(row["conf_high"])) != "none":
            sentences.append(wording.text(f"mokken_most_{most}"))
        all_findings.append(Finding(unit=view.unit_title(unit), text=" ".join(sentences), anchor="mokken"))
    return all_findings


def _strength(h: float) -> str:
    return next((name for name, key in _STRENGTHS.items() if h >= threshold(key)), "none")


def _order(view: View, unit: Unit) -> list[str]:
    """Monotonicity, and what the order of the sum scores says where it holds; of items with more than two categories less."""
    wording = view.wording
    checked = find.where(find.of(view.of("mokken"), unit), quantity="monotonicity_significant")
    known = [row for row in checked if row["estimate"] is not None]
    violated = [wording.item(row["item"]) for row in known if row["estimate"] > 0]
    if violated:
        return [wording.text("mokken_not_monotone", items=wording.text("mokken_and").join(violated))]
    held = "mokken_monotone" if known and len(known) == len(checked) else "mokken_monotone_unknown"
    dichotomous = len(view.answers.instrument.categories) == 2
    return [wording.text(held), wording.text("mokken_order_two_categories" if dichotomous else "mokken_order")]
