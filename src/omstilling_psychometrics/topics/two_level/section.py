"""Two levels: what a leader's factor is, how precisely the observed scores show both factors, and what the items measure."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

import numpy as np

from ...core.note import notes_in
from ...present import rows as find
from ...present.blocks import Block, Cell, Details, Finding, Paragraph, Plot, Table
from ...present.drawing import draw
from ...present.rows import Row, Unit
from ...present.tables import (
    Column,
    Field,
    Footnotes,
    Line,
    estimate_and_interval,
    head_cell,
    number_cell,
    parts,
    row_cell,
    shown,
    table,
)
from ...present.view import View
from ..leaders.analysis_intraclass import RELIABILITIES
from ..leaders.plot_reliability_of_means import draw_reliability_of_means, usual_size
from ..leaders.report_floor import floor
from .analysis_role import TwoLevelRole
from .analysis_rows import METHODS
from .plot import HEIGHT, draw_slopes, reliability_curves, reliability_of, slope_dots, slopes_height

_SLOPES = ("loading", "loading_between")
_TESTS = ("equal_loadings", "no_variance_between")
_OMEGAS = ("omega_within", "omega_between", "omega_two_level")
_NUMBERS = "continuous/"
_INDICES = ("cfi_robust", "rmsea_robust", "srmr")
_LEVELS = ("within_leaders", "between_leaders")
# Marks the omega between leaders in which what items have for themselves is error.
_PAIRS = "pairwise"
_BY_ORGANISATION = "equal/organisation"
# Items are found to differ between leaders by themselves, so that omega between has to count it.
_FOUND = "residuals_between_leaders"
# Where a test of equal loadings says no, the sentence is about free ones.
_LEVEL = 0.05


def build(view: View) -> list[Block]:
    rows = view.of("two_level")
    units = find.units(rows)
    fitted = [
        unit for unit in units if find.estimate(find.of(rows, unit), quantity="log_likelihood", method="equal") is not None
    ]
    blocks: list[Block] = [Paragraph(text=_why_not(view, unit)) for unit in units if unit not in fitted]
    if not fitted:
        return blocks
    rows = [row for row in rows if (row["role"], row["group"]) in fitted]
    return [
        Paragraph(text=view.wording.text("two_level_text")),
        *blocks,
        *(plot for unit in fitted if (plot := _curve(view, unit)) is not None),
        _reliability(view, rows),
        *_by_organisation(view, rows),
        *_as_numbers(view, rows),
        *(plot for unit in fitted if (plot := _slopes(view, unit)) is not None),
        _loadings(view, rows),
        Details(summary=view.wording.text("two_level_thresholds"), blocks=[_thresholds(view, rows)], printed=False),
        _tests(view, rows),
        *_own_differences(view, rows),
    ]


def _why_not(view: View, unit: Unit) -> str:
    row = find.where(find.of(view.of("two_level"), unit), quantity="log_likelihood", method="equal")[0]
    reason = view.wording.note(row["note"] or "not_computed")
    return view.wording.text("leaders_not_defined", unit=view.unit_title(unit), reason=reason)


# ---------------------------------------------------------------- pictures


def _curve(view: View, unit: Unit) -> Plot | None:
    wording = view.wording
    curves = reliability_curves(find.of(view.of("two_level"), unit), wording)
    if not curves:
        return None
    draw_on = partial(
        draw_reliability_of_means,
        curves=curves,
        wording=wording,
        marked=RELIABILITIES,
        floor=floor(view),
        usual=usual_size(find.of(view.of("multilevel"), unit)),
    )
    words = [f"{curve.name}: {wording.decimal(float(curve.estimate[-1]), 2)}" for curve in curves]
    title = wording.text("two_level_reliability_plot", unit=view.unit(unit), floor=floor(view))
    return draw(f"leader-reliability-{unit[0]}-{unit[1]}", draw_on, height=HEIGHT, title=title, description="; ".join(words))


def _slopes(view: View, unit: Unit) -> Plot | None:
    wording, items = view.wording, view.answers.items
    dots = slope_dots(find.of(view.of("two_level"), unit), items)
    if not dots:
        return None
    words = [f"{wording.item(items[dot.line])}: {wording.decimal(dot.estimate, 2)}" for dot in dots]
    return draw(
        f"two-level-slopes-{unit[0]}-{unit[1]}",
        partial(draw_slopes, dots=dots, items=items, wording=wording),
        height=slopes_height(items, wording),
        title=wording.text("two_level_slopes_plot", unit=view.unit(unit)),
        description="; ".join(words),
    )


# ---------------------------------------------------------------- tables


def _reliability(view: View, rows: list[Row]) -> Block:
    wording = view.wording
    remark = wording.text("two_level_reliability_remark")
    sizes = {unit: size for unit in find.units(rows) if (size := _harmonic_size(view, unit)) is not None}
    if sizes:
        each = wording.listed([f"{view.unit(unit)} {wording.decimal(size, 1)}" for unit, size in sizes.items()])
        remark = f"{remark} {wording.text('two_level_harmonic', each=each)}"
    by_pairs = {f"{method}/pairwise": method for method in METHODS}
    counted = [
        {**row, "method": by_pairs[row["method"]], "category": _PAIRS}
        for row in find.where(rows, quantity="omega_between")
        if row["method"] in by_pairs and row["estimate"] is not None
    ]
    lines = _reliabilities(view, rows)
    if counted:
        lines.insert(3, (wording.text("two_level_omega_of_pairs"), {"quantity": "omega_between", "category": _PAIRS}))
    return table(
        view,
        [*rows, *counted],
        caption=wording.text("two_level_reliability_caption"),
        key_heading=wording.column("quantity"),
        lines=lines,
        columns=[
            column
            for method in METHODS
            for column in estimate_and_interval(view, wording.text(f"two_level_{method}"), method=method)
        ],
        remark=remark,
    )


def _reliabilities(view: View, rows: list[Row]) -> list[Line]:
    wording = view.wording
    names = ("icc", "omega_within", "omega_between")
    lines: list[Line] = [(wording.quantity(name), {"quantity": name, "category": None}) for name in names]
    for answers in find.distinct(find.where(rows, quantity="leader_reliability"), "category"):
        name = wording.text("two_level_reliability_of", answers=wording.count(answers))
        lines.append((name, {"quantity": "leader_reliability", "category": answers}))
    return lines


def _harmonic_size(view: View, unit: Unit) -> float | None:
    """Mean number of answers that omega between is of."""
    role = view.model("two_level", unit)
    return role.answers.harmonic_size if isinstance(role, TwoLevelRole) else None


def _by_organisation(view: View, rows: list[Row]) -> list[Block]:
    """Errors by organisation beside those by leader, where there are enough organisations."""
    wording, own = view.wording, find.where(rows, method=_BY_ORGANISATION)
    if not own:
        return []
    several = [row for row in rows if (row["role"], row["group"]) in find.units(own)]
    columns = [Column(wording.text("two_level_equal"), "estimate", {"method": "equal"})]
    for key, method in (("leader", "equal"), ("organisation", _BY_ORGANISATION)):
        heading = wording.text("two_level_organisation_interval", level=view.interval_name, key=wording.key(key))
        columns.append(Column(heading, "interval", {"method": method}))
    caption = wording.text("two_level_organisation_caption")
    lines = [line for line in _reliabilities(view, several) if line[1]["category"] in (None, floor(view))]
    return [table(view, several, caption=caption, key_heading=wording.column("quantity"), lines=lines, columns=columns)]


def _as_numbers(view: View, rows: list[Row]) -> list[Block]:
    """Omega of the linear model, and Geldhof's as what it is."""
    wording = view.wording
    own = [row for row in rows if row["quantity"] in _OMEGAS and (row["method"] or "").startswith(_NUMBERS)]
    if not any(row["estimate"] is not None for row in own):
        return []
    kinds = sorted({(row["quantity"], row["method"]) for row in own}, key=lambda kind: (_OMEGAS.index(kind[0]), kind[1]))
    lines: list[Line] = [
        (f"{wording.quantity(quantity)} ({wording.method(method)})", {"quantity": quantity, "method": method})
        for quantity, method in kinds
    ]
    omegas = table(
        view,
        own,
        caption=wording.text("two_level_numbers_caption"),
        key_heading=wording.column("quantity"),
        lines=lines,
        columns=estimate_and_interval(view, wording.column("estimate")),
        remark=wording.text("two_level_numbers_remark"),
    )
    fit = [_fit_of_levels(view, rows), _tests_of_fit(view, rows)]
    return [omegas, Details(summary=wording.text("two_level_fit"), blocks=fit, printed=False)]


def _fit_of_levels(view: View, rows: list[Row]) -> Block:
    wording = view.wording
    return table(
        view,
        rows,
        caption=wording.text("two_level_fit_caption"),
        key_heading=wording.text("index_heading"),
        lines=[(wording.quantity(name), {"quantity": name}) for name in _INDICES],
        columns=[
            column
            for level in _LEVELS
            for column in estimate_and_interval(view, wording.text(f"two_level_fit_{level}"), method=f"{_NUMBERS}free/{level}")
        ],
    )


def _tests_of_fit(view: View, rows: list[Row]) -> Block:
    wording = view.wording
    own = find.where(rows, quantity="chi2_scaled")
    return table(
        view,
        own,
        caption=wording.text("two_level_chi2_caption"),
        key_heading=wording.column("method"),
        lines=[(wording.method(method), {"method": method}) for method in find.distinct(own, "method")],
        columns=_test_columns(view),
    )


def _own_differences(view: View, rows: list[Row]) -> list[Block]:
    """Do items differ between leaders beyond what they have in common?"""
    wording = view.wording
    own = find.where(rows, quantity="residual_variance_between", method="free/pairwise")
    if not any(row["estimate"] is not None for row in own):
        return []
    columns = [*estimate_and_interval(view, wording.column("estimate")), Column(wording.column("p_value"), "p_value")]
    return [
        table(
            view,
            own,
            caption=wording.text("two_level_residuals_caption"),
            key_heading=wording.column("item"),
            lines=[(wording.item(item), {"item": item}) for item in view.answers.items],
            columns=columns,
            remark=wording.text("two_level_residuals_remark"),
        )
    ]


def _loadings(view: View, rows: list[Row]) -> Table:
    """Within and between, equal and free, side by side, each with its interval below."""
    wording, notes = view.wording, Footnotes(view.wording)
    kinds = [(quantity, method) for method in METHODS for quantity in _SLOPES]
    headings = [
        wording.text("two_level_column", symbol=wording.symbol(quantity), method=wording.text(f"two_level_{method}"))
        for quantity, method in kinds
    ]
    words = (wording.text("unit_heading"), wording.column("item"))
    head = [*(head_cell(word, number=False) for word in words), *(head_cell(word) for word in headings)]
    body = []
    for unit in find.units(rows):
        own = [row for row in find.of(rows, unit) if (row["quantity"], row["method"]) in kinds]
        every = [set(parts(row["note"])) for row in own]
        common = set.intersection(*every) if every else set()
        for place, item in enumerate(view.answers.items):
            first = [row_cell(view.unit(unit), rows=len(view.answers.items))] if place == 0 else []
            cells = [
                _slope(view, find.one(own, quantity=quantity, method=method, item=item), notes, common)
                for quantity, method in kinds
            ]
            body.append([*first, row_cell(wording.item(item)), *cells])
    return Table(
        caption=wording.text("two_level_loadings_caption"),
        head=[head],
        body=body,
        notes=notes.listed(),
        remark=wording.text("two_level_loadings_remark"),
    )


def _slope(view: View, row: Row | None, notes: Footnotes, common: Collection[str]) -> Cell:
    if row is None:
        return number_cell("")
    return Cell(
        text=shown(view.wording, row, "estimate"),
        number=True,
        marks=notes.mark(row["note"], common),
        detail=shown(view.wording, row, "interval"),
    )


def _thresholds(view: View, rows: list[Row]) -> Block:
    wording, own = view.wording, find.where(rows, quantity="threshold", method="equal")
    return table(
        view,
        own,
        caption=wording.text("two_level_thresholds_caption"),
        key_heading=wording.column("item"),
        lines=[(wording.item(item), {"item": item}) for item in view.answers.items],
        columns=[
            Column(wording.category(category), "estimate", {"category": category})
            for category in find.distinct(own, "category")
        ],
    )


def _tests(view: View, rows: list[Row]) -> Block:
    wording = view.wording
    return table(
        view,
        rows,
        caption=wording.text("two_level_tests_caption"),
        key_heading=wording.column("quantity"),
        lines=[(wording.quantity(name), {"quantity": name, "method": "equal"}) for name in _TESTS],
        columns=_test_columns(view),
    )


def _test_columns(view: View) -> list[Column]:
    fields: tuple[Field, ...] = ("statistic", "df", "p_value")
    return [Column(view.wording.column(name), name) for name in fields]


# ---------------------------------------------------------------- findings


def findings(view: View) -> list[Finding]:
    found = []
    for unit in find.units(view.of("two_level")):
        if text := _finding(view, unit):
            found.append(Finding(unit=view.unit_title(unit), text=text, anchor="two_level"))
    return found


def _finding(view: View, unit: Unit) -> str:
    wording, rows = view.wording, find.of(view.of("two_level"), unit)
    share = find.one(rows, quantity="icc", method="equal")
    if share is None or share["estimate"] is None:
        return ""
    if share["estimate"] == 0:
        return wording.text("two_level_finding_none")
    test = find.one(rows, quantity="equal_loadings", method="equal")
    refused = test is not None and test["p_value"] is not None and test["p_value"] < _LEVEL
    method = "free" if refused else "equal"
    own = find.where(rows, method=method)
    within, between, single = (
        find.one(own, quantity=name, category=category)
        for name, category in (("omega_within", None), ("omega_between", None), ("leader_reliability", 1))
    )
    if within is None or between is None or single is None or single["estimate"] is None:
        return ""
    if any(note.key == _FOUND for note in notes_in(between["note"])):
        between = find.one(rows, quantity="omega_between", method=f"{method}/{_PAIRS}") or between
    estimate, band = reliability_of(single, np.array([float(floor(view))]))
    return wording.text(
        "two_level_finding_free" if refused else "two_level_finding",
        icc=_told(view, share["estimate"], share["conf_low"], share["conf_high"]),
        within=_told(view, within["estimate"], within["conf_low"], within["conf_high"]),
        between=_told(view, between["estimate"], between["conf_low"], between["conf_high"]),
        size=wording.decimal(_harmonic_size(view, unit), 1),
        floor=floor(view),
        at_floor=_told(view, float(estimate[0]), *((None, None) if band is None else (float(end[0]) for end in band))),
    )


def _told(view: View, estimate: float, low: float | None, high: float | None) -> str:
    """With its interval; where there is none, the text leaves it out."""
    number, below, above = (view.wording.decimal(value, 2) for value in (estimate, low, high))
    return f"{number} [{below}; {above}]"
