"""Is alpha the same in the roles?"""

from __future__ import annotations

from ...present import rows as find
from ...present.blocks import Block, Finding
from ...present.drawing import dot_plot
from ...present.tables import Column, Line, estimate_and_interval, table
from ...present.view import View


def build(view: View) -> list[Block]:
    wording, rows = view.wording, view.of("alpha_comparison")
    kinds = dict.fromkeys((row["quantity"], row["method"]) for row in rows)
    lines: list[Line] = [
        (
            wording.quantity(quantity) + (f": {wording.method(method)}" if method else ""),
            {"quantity": quantity, "method": method},
        )
        for quantity, method in kinds
    ]
    columns = [
        *estimate_and_interval(view, wording.column("estimate")),
        *(Column(wording.column(name), name) for name in ("statistic", "df", "p_value")),
    ]
    differences = [row for row in find.where(rows, quantity="alpha_difference") if "/" not in (row["method"] or "")]
    plot = dot_plot(
        view,
        "alpha-differences",
        differences,
        [(wording.method(method), {"method": method}) for method in find.distinct(differences, "method")],
        title=wording.text("alphas_plot"),
        xlabel=wording.quantity("alpha_difference"),
        reference=(0.0,),
    )
    return [
        *([plot] if plot else []),
        table(
            view,
            rows,
            caption=wording.text("alphas_caption"),
            key_heading=wording.column("quantity"),
            lines=lines,
            columns=columns,
            remark=wording.text("alphas_remark"),
        ),
    ]


def findings(view: View) -> list[Finding]:
    wording, told = view.wording, []
    for row in find.where(view.of("alpha_comparison"), quantity="alpha_difference"):
        if row["estimate"] is None or row["conf_low"] is None or not row["method"] or "/" in row["method"]:
            continue
        pair = wording.method(row["method"])
        text = wording.text(
            "alphas_finding",
            difference=wording.decimal(row["estimate"], 3),
            low=wording.decimal(row["conf_low"], 3),
            high=wording.decimal(row["conf_high"], 3),
        )
        told.append(Finding(unit=pair[:1].upper() + pair[1:], text=text, anchor="alpha_comparison"))
    return told
