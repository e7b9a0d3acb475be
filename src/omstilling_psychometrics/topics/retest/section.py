"""Do the same people give the same scores again?"""

from __future__ import annotations

from ...present import rows as find
from ...present.blocks import Block, Finding
from ...present.drawing import dot_plot
from ...present.tables import Column, Line, estimate_and_interval, table
from ...present.view import View
from .plot import main_rows


def build(view: View) -> list[Block]:
    wording, rows = view.wording, view.of("retest")
    icc = main_rows(rows)
    plot = dot_plot(
        view,
        "retest",
        icc,
        [(wording.method(method), {"method": method}) for method in find.distinct(icc, "method")],
        title=wording.text("retest_plot"),
        xlabel=wording.quantity("test_retest_icc"),
    )
    kinds = dict.fromkeys((row["quantity"], row["method"]) for row in rows)
    lines: list[Line] = [
        (f"{wording.quantity(quantity)}: {wording.method(method)}", {"quantity": quantity, "method": method})
        for quantity, method in kinds
        if "/mcgraw_wong" not in method
    ]
    shown = table(
        view,
        rows,
        caption=wording.text("retest_caption"),
        key_heading=wording.column("quantity"),
        lines=lines,
        columns=[*estimate_and_interval(view, wording.column("estimate")), Column("n", "n")],
        remark=wording.text("retest_remark"),
    )
    return [*([plot] if plot else []), shown]


def findings(view: View) -> list[Finding]:
    wording, told = view.wording, []
    for row in main_rows(view.of("retest")):
        if row["estimate"] is None or row["conf_low"] is None or not row["method"].startswith("agreement"):
            continue
        text = wording.text(
            "retest_finding",
            waves=row["method"].partition("/")[2].replace("~", "–"),
            icc=wording.decimal(row["estimate"], 2),
            low=wording.decimal(row["conf_low"], 2),
            high=wording.decimal(row["conf_high"], 2),
            n=wording.count(row["n"] or 0),
        )
        told.append(Finding(unit=view.unit((row["role"], row["group"])), text=text, anchor="retest"))
    return told
