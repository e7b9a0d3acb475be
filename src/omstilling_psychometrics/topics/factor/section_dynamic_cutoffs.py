"""Cut-offs of fit made for this model, sample and scale, beside the fixed ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...core.note import notes_in, without
from ...present import rows as find
from ...present.blocks import Block, Bullets, Finding, Paragraph
from ...present.drawing import draw
from ...present.rows import Row, Unit
from ...present.tables import Column, Line, parts, table
from ...present.view import View
from .fit_systems import fixed_cutoffs
from .plot_cutoffs import cutoffs_height, draw_cutoffs, drawn_methods

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# The variants whose fixed cut-offs stand beside them.
_SHOWN = ("cfi_robust", "tli_robust", "rmsea_robust", "srmr")
_DRAWN = "residual_correlations_drawn"


def build(view: View) -> list[Block]:
    wording, rows = view.wording, view.of("dynamic_cutoffs")
    methods = find.distinct(find.where(rows, quantity="dynamic_level"), "method")
    order = [method for index in _SHOWN for method in methods if _index(method) == index]
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
        *_plot(view),
        table(
            view,
            [_without_pairs(row) for row in rows],
            caption=wording.text("dynamic_caption"),
            key_heading=wording.text("index_heading"),
            lines=lines,
            columns=columns,
            side_by_side=False,
            remark=_remark(view),
        ),
        *_pairs(view),
    ]


def _without_pairs(row: Row) -> Row:
    """The row without the note that names the pairs drawn: they are said once, in words, below the table."""
    return {**row, "note": without(row["note"], [_DRAWN])}


def _pairs(view: View) -> list[Block]:
    """Between which items each level has residual correlations, by unit."""
    wording, texts = view.wording, []
    rows = find.where(view.of("dynamic_cutoffs"), quantity="dynamic_cutoff")
    for unit in find.units(rows):
        own = find.of(rows, unit)
        levels = []
        for level in find.distinct(own, "category"):
            notes = notes_in(find.where(own, category=level)[0]["note"])
            drawn = next((note.detail for note in notes if note.key == _DRAWN), "")
            if pairs := [wording.item(pair) for pair in drawn.split(", ") if pair]:
                levels.append(wording.text("dynamic_pairs", level=wording.count(level), pairs="; ".join(pairs)))
        if levels:
            texts.append(f"{view.unit_title(unit)}. {' '.join(levels)}")
    return [Paragraph(text=wording.text("dynamic_pairs_intro")), Bullets(texts=texts)] if texts else []


def _plot(view: View) -> list[Block]:
    wording, rows = view.wording, view.of("dynamic_cutoffs")
    methods = drawn_methods(rows)
    if not methods:
        return []
    observed = [row for row in find.where(rows, quantity="dynamic_observed") if row["method"] in methods]
    words = "; ".join(
        f"{view.unit((row['role'], row['group']))}, {wording.method(_index(row['method']))}: "
        f"{wording.decimal(row['estimate'], 3)}"
        for row in observed
    )

    def draw_on(figure: Figure) -> None:
        draw_cutoffs(figure, rows, methods, wording, fixed=fixed_cutoffs())

    height = cutoffs_height(len(methods), len(find.units(observed)))
    return [draw("dynamic-cutoffs", draw_on, height=height, title=wording.text("dynamic_plot"), description=words)]


def _remark(view: View) -> str:
    """How to read the table, and how many samples stand behind it with which error."""
    wording, rows = view.wording, view.of("dynamic_cutoffs")
    samples = find.distinct(find.where(rows, quantity="dynamic_replications"), "estimate")
    errors = [
        row["std_error"]
        for row in find.where(rows, quantity="dynamic_cutoff")
        if row["std_error"] is not None and _index(row["method"]) in _SHOWN
    ]
    said = [wording.text("dynamic_remark")]
    if samples and errors:
        number = "–".join(wording.count(one) for one in sorted({min(samples), max(samples)}))
        said.append(wording.text("dynamic_samples", samples=number, error=wording.decimal(max(errors), 3)))
    return " ".join(said)


def _index(method: str) -> str:
    """The index of a method such as 'WLSMV/cfi_robust'."""
    return method.rpartition("/")[2]


def _label(view: View, method: str) -> str:
    index = _index(method)
    sign = "≤" if index.startswith(("rmsea", "srmr")) else "≥"
    cut = f"{sign}\N{NO-BREAK SPACE}{view.wording.decimal(fixed_cutoffs()[index.partition('_')[0]], 2)}"
    return view.wording.text("dynamic_fixed", index=view.wording.method(index), cut=cut)


def findings(view: View) -> list[Finding]:
    """Does the model fit better than level 1, by how many indices; and worse than one factor alone would, nevertheless?"""
    wording, rows, told = view.wording, find.where(view.of("dynamic_cutoffs"), quantity="dynamic_level"), []
    for unit in find.units(rows):
        own = [row for row in find.of(rows, unit) if _index(row["method"]) in _SHOWN]
        known = [row for row in own if row["estimate"] is not None]
        if not known:
            if all("no_cutoff" in parts(row["note"]) for row in own):
                told.append(_finding(view, unit, wording.text("dynamic_finding_none")))
            continue
        good = sum(row["estimate"] == 0 for row in known)
        beyond = sum("misfit_below_level_one" in parts(row["note"]) for row in known)
        key = "dynamic_finding_worse" if good < len(known) else "dynamic_finding_between" if beyond else "dynamic_finding"
        figures = {"good": good, "of": len(known), "beyond": beyond, "worse": len(known) - good}
        said = [wording.text(key, **figures)]
        if key == "dynamic_finding" and (unsure := sum((row["conf_high"] or 0) > 0 for row in known)):
            said.append(wording.text("dynamic_finding_unsure", unsure=unsure, of=len(known)))
        told.append(_finding(view, unit, " ".join(said)))
    return told


def _finding(view: View, unit: Unit, text: str) -> Finding:
    return Finding(unit=view.unit_title(unit), text=text, anchor="dynamic_cutoffs")
