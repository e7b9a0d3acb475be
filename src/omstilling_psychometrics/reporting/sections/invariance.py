"""Measurement invariance: may the groups' scores be compared?"""

from __future__ import annotations

from ...plots import rows as find
from ...plots.rows import Row
from ..blocks import Block, Bullets, Cell, Finding, Heading, Paragraph, Table
from ..tables import Column, Line, estimate_and_interval, head_cell, number_cell, row_cell, table
from ..view import View, p_in_words
from .comparing import pair_dots, pairs_as_units

ORDINAL = ("configural", "thresholds", "loadings", "intercepts", "residuals")
CONTINUOUS = ("continuous/configural", "continuous/metric", "continuous/scalar", "continuous/strict")

# Chen (2007), table of recommendations for groups of adequate size; Cheung & Rensvold (2002).
_CFI_FALL, _RMSEA_RISE = -0.010, 0.015


def build(view: View) -> list[Block]:
    wording, rows = view.wording, view.of("invariance")
    bias = [row for row in rows if row["quantity"] == "expected_score_bias" and "/" not in (row["method"] or "")]
    plot = pair_dots(
        view, "invariance-bias", bias, title=wording.text("invariance_bias_plot"), xlabel=wording.text("axis_scale_points")
    )
    blocks: list[Block] = [Paragraph(text=wording.text("invariance_text"))]
    if said := in_words(view):
        blocks.append(Bullets(texts=said))
    blocks += [
        _ladder(view, rows, ORDINAL, "invariance_ordinal_caption"),
        Heading(text=wording.text("invariance_items_heading")),
        *([plot] if plot else []),
    ]
    if bias:
        named = pairs_as_units(view, bias)
        blocks.append(
            table(
                view,
                named,
                caption=wording.text("invariance_bias_caption"),
                key_heading=wording.column("item"),
                lines=[(wording.item(item), {"item": item}) for item in find.distinct(named, "item")],
                columns=estimate_and_interval(view, wording.column("estimate")),
            )
        )
    blocks += [_item_tests(view, rows), _means(view, rows), _ladder(view, rows, CONTINUOUS, "invariance_continuous_caption")]
    return blocks


def _ladder(view: View, rows: list[Row], steps: tuple[str, ...], caption: str) -> Block:
    wording = view.wording
    head = [
        [
            head_cell(wording.text("step_heading"), number=False, rows=2),
            head_cell(wording.quantity("chi2_scaled"), columns=2, starts_group=True),
            head_cell(wording.quantity("difference"), columns=3, starts_group=True),
            head_cell("CFI", columns=2, starts_group=True),
            head_cell("RMSEA", columns=2, starts_group=True),
            head_cell(wording.text("chen_heading"), number=False, rows=2),
        ],
        [
            head_cell("χ²", starts_group=True),
            head_cell("df"),
            head_cell("Δχ²", starts_group=True),
            head_cell("df"),
            head_cell("p"),
            head_cell("CFI", starts_group=True),
            head_cell("Δ"),
            head_cell("RMSEA", starts_group=True),
            head_cell("Δ"),
        ],
    ]
    body = [_step(view, rows, step) for step in steps if find.one(rows, method=step) is not None]
    reasons = dict.fromkeys(row["note"] for row in rows if row["note"] and row["method"] in steps)
    remark = wording.text("invariance_ladder_remark") + "".join(f" {wording.note(reason)}." for reason in reasons)
    return Table(caption=wording.text(caption), head=head, body=body, remark=remark, wide=True)


def _step(view: View, rows: list[Row], step: str) -> list[Cell]:
    wording = view.wording
    own = {row["quantity"]: row for row in find.where(rows, method=step) if row["item"] is None}

    def value(quantity: str, field: str = "estimate") -> float | None:
        return own[quantity][field] if quantity in own else None

    def cell(text: str, starts_group: bool = False) -> Cell:
        return number_cell(text, starts_group=starts_group)

    first = "difference" not in own
    falls, rises = value("cfi_scaled_change"), value("rmsea_scaled_change")
    state = (
        "" if first or falls is None or rises is None else "within" if falls >= _CFI_FALL and rises <= _RMSEA_RISE else "beyond"
    )
    return [
        row_cell(wording.method(step)),
        cell(wording.decimal(value("chi2_scaled", "statistic"), 1), True),
        cell(wording.decimal(value("chi2_scaled", "df"), 0)),
        cell("" if first else wording.decimal(value("difference", "statistic"), 1), True),
        cell("" if first else wording.decimal(value("difference", "df"), 0)),
        cell("" if first else wording.p_value(value("difference", "p_value"))),
        cell(wording.decimal(value("cfi_scaled"), 3), True),
        cell("" if first else wording.decimal(falls, 3)),
        cell(wording.decimal(value("rmsea_scaled"), 3), True),
        cell("" if first else wording.decimal(rises, 3)),
        Cell(text=wording.text(f"chen_{state}") if state else ""),
    ]


def _item_tests(view: View, rows: list[Row]) -> Block:
    wording = view.wording
    own = find.where(rows, quantity="item_difference")
    lines: list[Line] = [
        (f"{wording.item(item)} ({wording.method(method)})", {"item": item, "method": method})
        for method in find.distinct(own, "method")
        for item in find.distinct(own, "item")
    ]
    columns = [Column(wording.column(name), name) for name in ("statistic", "df", "p_value")]
    return table(
        view,
        own,
        caption=wording.text("invariance_item_caption"),
        key_heading=wording.column("item"),
        lines=lines,
        columns=columns,
    )


def _means(view: View, rows: list[Row]) -> Block:
    wording = view.wording
    own = find.where(rows, quantity="latent_mean")
    lines: list[Line] = [(wording.method(method), {"method": method}) for method in find.distinct(own, "method")]
    return table(
        view,
        own,
        caption=wording.text("invariance_means_caption"),
        key_heading=wording.text("group_heading"),
        lines=lines,
        columns=estimate_and_interval(view, wording.column("estimate")),
        remark=wording.text("invariance_means_remark"),
    )


def in_words(view: View) -> list[str]:
    """What may be compared, by Chen's deltas, and how large the bias is."""
    wording, rows = view.wording, view.of("invariance")
    said = []
    for step in ("loadings", "intercepts"):
        falls, rises = (find.one(rows, quantity=f"{index}_scaled_change", method=step) for index in ("cfi", "rmsea"))
        test = find.one(rows, quantity="difference", method=step)
        if falls is None or rises is None or test is None or falls["estimate"] is None or rises["estimate"] is None:
            continue
        inside = falls["estimate"] >= _CFI_FALL and rises["estimate"] <= _RMSEA_RISE
        said.append(
            wording.text(
                f"invariance_{step}_{'within' if inside else 'beyond'}",
                cfi=wording.decimal(falls["estimate"], 3),
                rmsea=wording.decimal(rises["estimate"], 3),
                p=p_in_words(view, test["p_value"]),
            )
        )
    bias = [
        row
        for row in rows
        if row["quantity"] == "expected_score_bias" and row["estimate"] is not None and "/" not in (row["method"] or "")
    ]
    if bias:
        largest = max(bias, key=lambda row: abs(row["estimate"]))
        said.append(
            wording.text(
                "invariance_largest_bias",
                item=wording.item(largest["item"]),
                pair=wording.method(largest["method"]),
                bias=wording.decimal(largest["estimate"], 2),
                low=wording.decimal(largest["conf_low"], 2),
                high=wording.decimal(largest["conf_high"], 2),
            )
        )
    return said


def findings(view: View) -> list[Finding]:
    title = view.wording.text("roles_compared")
    return [Finding(unit=title, text=text, anchor="invariance") for text in in_words(view)]
