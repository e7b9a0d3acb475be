"""Reliability: how precisely the scale score tells respondents apart."""

from __future__ import annotations

from ...plots import rows as find
from ..blocks import Block, Finding, Paragraph
from ..drawing import dot_plot
from ..tables import Column, Line, estimate_and_interval, table
from ..view import View

THRESHOLD = 0.70

# What is drawn, where it was computed; a method of None stands for the quantity's only row.
_DRAWN = (
    ("alpha", "listwise"),
    ("alpha_standardized", None),
    ("omega_total", "ML-implied"),
    ("omega_categorical", "implied"),
    ("lambda2", None),
    ("lambda6", None),
    ("glb", None),
    ("maximal_reliability", None),
)


def build(view: View) -> list[Block]:
    wording, rows = view.wording, view.of("reliability")
    kinds = list(dict.fromkeys((row["quantity"], row["method"]) for row in rows if row["item"] is None))
    lines: list[Line] = [
        (_name(view, quantity, method), {"quantity": quantity, "method": method, "item": None}) for quantity, method in kinds
    ]
    drawn: list[Line] = [
        (wording.quantity(quantity), {"quantity": quantity, "method": method})
        for quantity, method in _DRAWN
        if (quantity, method) in kinds
    ]
    plot = dot_plot(
        view,
        "reliability",
        rows,
        drawn,
        title=wording.text("reliability_plot", cut=wording.decimal(THRESHOLD, 2)),
        xlabel=wording.text("axis_coefficient"),
        reference=(THRESHOLD,),
    )
    numbers = table(
        view,
        rows,
        caption=wording.text("reliability_caption"),
        key_heading=wording.text("coefficient_heading"),
        lines=lines,
        columns=[*estimate_and_interval(view, wording.column("estimate")), Column("n", "n")],
        remark=wording.text("reliability_remark"),
    )
    return [Paragraph(text=wording.text("reliability_text")), *([plot] if plot else []), numbers]


def _name(view: View, quantity: str, method: str | None) -> str:
    name = view.wording.quantity(quantity)
    return f"{name} ({view.wording.method(method)})" if method else name


def findings(view: View) -> list[Finding]:
    wording, rows = view.wording, find.where(view.of("reliability"), quantity="alpha", method="listwise")
    return [
        Finding(
            unit=view.unit_title((row["role"], row["group"])),
            text=wording.text(
                "reliability_finding",
                alpha=wording.decimal(row["estimate"], 2),
                low=wording.decimal(row["conf_low"], 2),
                high=wording.decimal(row["conf_high"], 2),
                n=wording.count(row["n"]),
            ),
            anchor="reliability",
        )
        for row in rows
        if row["estimate"] is not None
    ]
