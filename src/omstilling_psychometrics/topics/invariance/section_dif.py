"""Differential item functioning: do groups with the same total answer an item alike?"""

from __future__ import annotations

from ...core.criteria import criteria
from ...present import rows as find
from ...present.blocks import Block, Finding, Paragraph
from ...present.tables import Column, Line, table
from ...present.view import View
from .section_comparing import pair_dots

# COSMIN's, for the change of McFadden's R2.
_LIMIT = next(one for one in criteria() if one.analysis == "dif")
_EFFECTS = ("uniform", "nonuniform", "total")


def build(view: View) -> list[Block]:
    wording, rows = view.wording, view.of("dif")
    plot = pair_dots(
        view,
        "dif-differences",
        find.where(rows, quantity="expected_score_difference"),
        title=wording.text("dif_plot"),
        xlabel=wording.text("axis_scale_points"),
    )
    clustered = "clustered" in find.distinct(rows, "method")
    own = [row for row in rows if row["quantity"] in _EFFECTS and row["method"] == ("clustered" if clustered else None)]
    lines: list[Line] = [(wording.item(item), {"item": item}) for item in find.distinct(own, "item")]
    columns = [
        column
        for effect in _EFFECTS
        for column in (
            Column(f"{wording.quantity(effect)}: ΔR²", "estimate", {"quantity": effect}),
            Column("p", "p_value", {"quantity": effect}),
        )
    ]
    numbers = table(
        view,
        own,
        caption=wording.text("dif_caption"),
        key_heading=wording.column("item"),
        lines=lines,
        columns=columns,
        remark=wording.text("dif_remark", limit=wording.decimal(_LIMIT.threshold, 2)),
    )
    return [Paragraph(text=wording.text("dif_text")), *([plot] if plot else []), numbers]


def findings(view: View) -> list[Finding]:
    wording, rows = view.wording, view.of("dif")
    known = [row for row in find.where(rows, quantity="total") if row["estimate"] is not None]
    differences = [row for row in find.where(rows, quantity="expected_score_difference") if row["estimate"] is not None]
    if not known or not differences:
        return []
    largest = max(known, key=lambda row: row["estimate"])
    widest = max(differences, key=lambda row: abs(row["estimate"]))
    text = wording.text(
        "dif_finding",
        item=wording.item(largest["item"]),
        r2=wording.decimal(largest["estimate"], 4),
        limit=wording.decimal(_LIMIT.threshold, 2),
        widest=wording.item(widest["item"]),
        pair=wording.method(widest["method"]),
        difference=wording.decimal(widest["estimate"], 2),
    )
    state = next(one.state for one in view.verdicts if one.criterion is _LIMIT)
    return [Finding(unit=wording.text("roles_compared"), text=text, anchor="dif", state=state)]
