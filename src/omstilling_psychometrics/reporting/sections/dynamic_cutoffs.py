"""Cut-offs of fit made for this model, sample and scale, beside the fixed ones."""

from __future__ import annotations

from ...plots import rows as find
from ..blocks import Block, Finding, Paragraph
from ..tables import Column, Line, table
from ..view import View

# Fixed cut-offs of COSMIN (Prinsen et al. 2018); Hu and Bentler's (1999) are the same.
_FIXED = {"cfi_robust": "≥ 0.95", "tli_robust": "≥ 0.95", "rmsea_robust": "≤ 0.06", "srmr": "≤ 0.08"}


def build(view: View) -> list[Block]:
    wording, rows = view.wording, view.of("dynamic_cutoffs")
    methods = find.distinct(find.where(rows, quantity="dynamic_observed"), "method")
    order = [method for index in _FIXED for method in methods if _index(method) == index]
    levels = [level for level in find.distinct(find.where(rows, quantity="dynamic_cutoff"), "category") if level]
    lines: list[Line] = [(_label(view, method), {"method": method}) for method in order]
    columns = [
        Column(wording.text("observed_heading"), "estimate", {"quantity": "dynamic_observed"}),
        Column(wording.text("dynamic_limit_heading"), "estimate", {"quantity": "dynamic_cutoff", "category": 0}),
    ]
    for level in levels:
        name = wording.text("dynamic_level_heading", level=wording.count(level))
        columns.append(Column(name, "estimate", {"quantity": "dynamic_cutoff", "category": level}))
        found = {"quantity": "dynamic_sensitivity", "category": level}
        columns.append(Column(wording.text("dynamic_found_heading"), "estimate", found))
    columns.append(Column(wording.text("dynamic_reached_heading"), "estimate", {"quantity": "dynamic_level"}))
    return [
        Paragraph(text=wording.text("dynamic_text")),
        table(
            view,
            rows,
            caption=wording.text("dynamic_caption"),
            key_heading=wording.text("index_heading"),
            lines=lines,
            columns=columns,
            side_by_side=False,
            remark=wording.text("dynamic_remark"),
        ),
    ]


def _index(method: str) -> str:
    """The index of a method such as 'WLSMV/cfi_robust'."""
    return method.rpartition("/")[2]


def _label(view: View, method: str) -> str:
    index = _index(method)
    sign, _, value = _FIXED[index].partition(" ")
    cut = f"{sign} {view.wording.decimal(float(value), 2)}"
    return view.wording.text("dynamic_fixed", index=view.wording.method(index), cut=cut)


def findings(view: View) -> list[Finding]:
    wording, rows, told = view.wording, find.where(view.of("dynamic_cutoffs"), quantity="dynamic_level"), []
    for unit in find.units(rows):
        known = [row for row in find.of(rows, unit) if _index(row["method"]) in _FIXED and row["estimate"] is not None]
        if not known:
            continue
        good = sum(row["estimate"] == 0 for row in known)
        text = wording.text("dynamic_finding", good=good, of=len(known))
        told.append(Finding(unit=view.unit_title(unit), text=text, anchor="dynamic_cutoffs"))
    return told
