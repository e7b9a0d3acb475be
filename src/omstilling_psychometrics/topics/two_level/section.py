"""Two levels: what the items measure between leaders, and how precisely the observed scores show it."""

from __future__ import annotations

from ...present import rows as find
from ...present.blocks import Block, Finding, Paragraph, Plot
from ...present.drawing import dot_plot
from ...present.rows import Row, Unit
from ...present.tables import Column, Field, Line, estimate_and_interval, table
from ...present.view import View
from ...present.wording import plain
from . import section_continuous

_METHODS = ("equal", "free")
_TESTS = ("equal_loadings", "no_variance_between")


def build(view: View) -> list[Block]:
    rows = view.of("two_level")
    units = find.units(rows)
    fitted = [
        unit for unit in units if find.estimate(find.of(rows, unit), quantity="log_likelihood", method="equal") is not None
    ]
    blocks: list[Block] = [Paragraph(text=_why_not(view, unit)) for unit in units if unit not in fitted]
    shown = [row for row in rows if (row["role"], row["group"]) in fitted]
    if not fitted:
        return blocks
    drawing = _drawing(view, shown)
    blocks += [*([drawing] if drawing else []), _loadings(view, shown), _reliability(view, shown), _tests(view, shown)]
    return [*blocks, *section_continuous.blocks(view, shown)]


def _drawing(view: View, rows: list[Row]) -> Plot | None:
    """Loadings between leaders, equal and free."""
    wording = view.wording
    lines: list[Line] = [
        (f"{wording.item(item)}, {wording.text(f'two_level_{method}')}", {"item": item, "method": method})
        for item in view.answers.items
        for method in _METHODS
    ]
    drawn = find.where(rows, quantity="loading_between")
    title, xlabel = wording.text("two_level_drawing"), plain(wording.quantity("loading_between"))
    return dot_plot(view, "two_level-loadings", drawn, lines, title=title, xlabel=xlabel, reference=(0.0,))


def _why_not(view: View, unit: Unit) -> str:
    row = find.where(find.of(view.of("two_level"), unit), quantity="log_likelihood", method="equal")[0]
    reason = view.wording.note(row["note"] or "not_computed")
    return view.wording.text("leaders_not_defined", unit=view.unit_title(unit), reason=reason)


def _loadings(view: View, rows: list[Row]) -> Block:
    wording = view.wording
    columns = [
        column
        for quantity, method in (("loading", "equal"), ("loading_between", "equal"), ("loading_between", "free"))
        for column in estimate_and_interval(
            view, f"{wording.symbol(quantity)} ({wording.text(f'two_level_{method}')})", quantity=quantity, method=method
        )
    ]
    return table(
        view,
        rows,
        caption=wording.text("two_level_loadings_caption"),
        key_heading=wording.column("item"),
        lines=[(wording.item(item), {"item": item}) for item in view.answers.items],
        columns=columns,
        remark=wording.text("two_level_loadings_remark"),
    )


def _reliability(view: View, rows: list[Row]) -> Block:
    wording = view.wording
    lines: list[Line] = [
        (wording.quantity(name), {"quantity": name, "category": None}) for name in ("icc", "omega_within", "omega_between")
    ]
    for answers in find.distinct(find.where(rows, quantity="leader_reliability"), "category"):
        name = wording.text("two_level_reliability_of", answers=wording.count(answers))
        lines.append((name, {"quantity": "leader_reliability", "category": answers}))
    return table(
        view,
        rows,
        caption=wording.text("two_level_reliability_caption"),
        key_heading=wording.column("quantity"),
        lines=lines,
        columns=[
            column
            for method in _METHODS
            for column in estimate_and_interval(view, wording.text(f"two_level_{method}"), method=method)
        ],
        remark=wording.text("two_level_reliability_remark"),
    )


def _tests(view: View, rows: list[Row]) -> Block:
    wording = view.wording
    fields: tuple[Field, ...] = ("statistic", "df", "p_value")
    return table(
        view,
        rows,
        caption=wording.text("two_level_tests_caption"),
        key_heading=wording.column("quantity"),
        lines=[(wording.quantity(name), {"quantity": name, "method": "equal"}) for name in _TESTS],
        columns=[Column(wording.column(name), name) for name in fields],
    )


def findings(view: View) -> list[Finding]:
    wording, rows = view.wording, view.of("two_level")
    found = []
    for unit in find.units(rows):
        of_unit = find.of(rows, unit)
        share, within = (find.one(of_unit, quantity=name, method="equal") for name in ("icc", "omega_within"))
        between = find.one(of_unit, quantity="omega_between", method="equal")
        if share is None or within is None or between is None or share["conf_low"] is None or within["estimate"] is None:
            continue
        text = wording.text(
            "two_level_finding",
            icc=wording.decimal(share["estimate"], 2),
            low=wording.decimal(share["conf_low"], 2),
            high=wording.decimal(share["conf_high"], 2),
            within=wording.decimal(within["estimate"], 2),
            between=wording.decimal(between["estimate"], 2),
        )
        found.append(Finding(unit=view.unit_title(unit), text=text, anchor="two_level"))
    return found
