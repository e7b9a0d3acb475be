"""How far a leader's mean generalises: a picture for each role, the components, the surface and the answers needed."""

from __future__ import annotations

from functools import partial

from ...present import rows as find
from ...present.blocks import Block, Finding, Plot
from ...present.drawing import draw
from ...present.rows import Row
from ...present.tables import Column, Line, estimate_and_interval, table
from ...present.view import View
from .plot_generalizability import HEIGHT, MARKED, draw_generalizability, lines

_OWN = "pairwise"
# At which number of answers the finding speaks.
_ANSWERS = 10


def build(view: View) -> list[Block]:
    wording, rows = view.wording, view.of("generalizability")
    shown = [
        row
        for unit in find.units(rows)
        if find.estimate(find.of(rows, unit), quantity="leader_variance", method=_OWN) is not None
        for row in find.of(rows, unit)
    ]
    if not shown:
        return []
    variances = [name for name in find.distinct(shown, "quantity") if name.endswith("_variance")]
    return [
        *_plots(view, shown),
        table(
            view,
            find.where(shown, method=_OWN),
            caption=wording.text("generalizability_variances_caption"),
            key_heading=wording.column("quantity"),
            lines=[(wording.quantity(name), {"quantity": name}) for name in variances],
            columns=estimate_and_interval(view, wording.column("estimate")),
            remark=wording.text("generalizability_variances_remark"),
        ),
        _surface(view, shown),
        _designs(view, shown),
        _needed(view, shown),
        table(
            view,
            find.where(shown, quantity="cluster_reliability"),
            caption=wording.text("generalizability_cluster_caption"),
            key_heading=wording.column("method"),
            lines=[
                (wording.method(method), {"method": method})
                for method in find.distinct(find.where(shown, quantity="cluster_reliability"), "method")
            ],
            columns=estimate_and_interval(view, wording.column("estimate")),
            remark=wording.text("generalizability_cluster_remark"),
        ),
    ]


def _plots(view: View, rows: list[Row]) -> list[Plot]:
    wording, plots = view.wording, []
    for role, group in find.units(rows):
        drawn = lines(find.of(rows, (role, group)), wording)
        if not drawn:
            continue
        words = [f"{label}: {wording.decimal(of_line[-1]['estimate'], 2)}" for label, of_line in drawn]
        plots.append(
            draw(
                f"generalizability-{role}-{group}",
                partial(draw_generalizability, drawn=drawn, wording=wording),
                height=HEIGHT,
                title=wording.text("generalizability_plot", unit=view.unit((role, group))),
                description="; ".join(words),
            )
        )
    return plots


def _surface(view: View, rows: list[Row]) -> Block:
    wording = view.wording
    own = find.where(rows, quantity="generalizability_coefficient")
    # Other numbers of items, and the items as they are by ordered answers.
    methods = [method for method in find.distinct(own, "method") if method.split("/items_")[0] == _OWN or method == "ordinal"]
    headings = [_heading(view, method) for method in methods]
    answers: list[Line] = [(wording.count(number), {"category": number}) for number in find.distinct(own, "category")]
    return table(
        view,
        own,
        caption=wording.text("generalizability_surface_caption"),
        key_heading=wording.text("axis_answers_per_leader"),
        lines=answers,
        columns=[Column(name, "estimate", {"method": method}) for name, method in zip(headings, methods, strict=True)],
    )


def _heading(view: View, method: str) -> str:
    source, _, other = method.partition("/")
    if other or source != _OWN:
        return view.wording.method(other or source)
    return view.wording.text("generalizability_own_items")


def _designs(view: View, rows: list[Row]) -> Block:
    """What items that are not answered, and more or fewer leaders, change."""
    wording = view.wording
    own = find.where(rows, quantity="generalizability_coefficient")
    methods = [
        method for method in find.distinct(own, "method") if method.startswith((f"{_OWN}/unanswered", f"{_OWN}/leaders"))
    ]
    few = find.distinct(find.where(own, method=methods[0]), "category")
    answers: list[Line] = [(wording.count(number), {"category": number}) for number in few]
    return table(
        view,
        own,
        caption=wording.text("generalizability_designs_caption"),
        key_heading=wording.text("axis_answers_per_leader"),
        lines=answers,
        columns=[
            Column(_heading(view, method), "interval" if "/leaders_" in method else "estimate", {"method": method})
            for method in (_OWN, *methods)
        ],
        remark=wording.text("generalizability_designs_remark"),
    )


def _needed(view: View, rows: list[Row]) -> Block:
    wording = view.wording
    quantities = ("answers_for_generalizability", "answers_for_dependability")
    return table(
        view,
        [row for row in find.where(rows, method=_OWN) if row["quantity"] in quantities],
        caption=wording.text("generalizability_needed_caption"),
        key_heading=wording.column("quantity"),
        lines=[
            (f"{wording.quantity(name)}, {wording.decimal(wanted, 2)}", {"quantity": name, "category": wanted})
            for name in quantities
            for wanted in MARKED
        ],
        columns=estimate_and_interval(view, wording.column("estimate")),
    )


def findings(view: View) -> list[Finding]:
    wording, told = view.wording, []
    for unit in find.units(view.of("generalizability")):
        rows = find.where(find.of(view.of("generalizability"), unit), method=_OWN)
        row = find.one(rows, quantity="generalizability_coefficient", category=_ANSWERS)
        needed = find.one(rows, quantity="answers_for_generalizability", category=MARKED[0])
        if row is None or row["estimate"] is None or needed is None:
            continue
        key = "generalizability_finding" if needed["estimate"] is not None else "generalizability_finding_no_number"
        text = wording.text(
            key,
            coefficient=wording.decimal(row["estimate"], 2),
            low=wording.decimal(row["conf_low"], 2),
            high=wording.decimal(row["conf_high"], 2),
            answers=wording.count(_ANSWERS),
            needed=wording.count(needed["estimate"]),
            wanted=wording.decimal(MARKED[0], 2),
        )
        told.append(Finding(unit=view.unit_title(unit), text=text, anchor="generalizability"))
    return told
