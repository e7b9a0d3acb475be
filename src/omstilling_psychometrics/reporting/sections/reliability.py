"""Reliability: how precisely the scale score tells respondents apart."""

from __future__ import annotations

from collections.abc import Sequence

from ...plots import rows as find
from ..blocks import Block, Bullets, Details, Finding, Paragraph, Table
from ..direction import cautions, opposed
from ..drawing import dot_plot
from ..tables import Column, Line, estimate_and_interval, table
from ..view import View, p_in_words

Kind = tuple[str, str | None]  # quantity and method

THRESHOLD = 0.70
REJECTED = 0.05
_IN_POINTS = ("standard_error_of_measurement", "smallest_detectable_change")

# What is drawn, where it was computed; a method of None stands for the quantity's only row.
_DRAWN: tuple[Kind, ...] = (
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
    kinds: list[Kind] = list(dict.fromkeys((row["quantity"], row["method"]) for row in rows if row["item"] is None))
    drawn = [kind for kind in _DRAWN if kind in kinds]
    plot = dot_plot(
        view,
        "reliability",
        rows,
        [(wording.quantity(quantity), {"quantity": quantity, "method": method}) for quantity, method in drawn],
        title=wording.text("reliability_plot", cut=wording.decimal(THRESHOLD, 2)),
        xlabel=wording.text("axis_coefficient"),
        reference=(THRESHOLD,),
    )
    plain = [kind for kind in kinds if "/" not in (kind[1] or "")]
    errors = [kind for kind in plain if kind[0] in _IN_POINTS]
    others = [kind for kind in kinds if kind not in plain]
    coefficients = sorted((kind for kind in plain if kind not in errors), key=_rank)
    advice = _advice(view)
    return [
        *cautions(view, "reliability"),
        Paragraph(text=wording.text("reliability_text")),
        *([Bullets(texts=advice)] if advice else []),
        *([plot] if plot else []),
        _table(view, coefficients, "reliability_caption", "reliability_remark"),
        *([_table(view, errors, "reliability_error_caption", "reliability_error_remark")] if errors else []),
        *_if_dropped(view),
        *([_other_intervals(view, others)] if others else []),
    ]


def _rank(kind: Kind) -> int:
    """The coefficients that are drawn first, in their order; the others as they come."""
    drawn = [quantity for quantity, _ in _DRAWN]
    return drawn.index(kind[0]) if kind[0] in drawn else len(drawn)


def _table(view: View, kinds: Sequence[Kind], caption: str, remark: str) -> Table:
    wording = view.wording
    lines: list[Line] = [
        (_name(view, quantity, method), {"quantity": quantity, "method": method, "item": None}) for quantity, method in kinds
    ]
    return table(
        view,
        view.of("reliability"),
        caption=wording.text(caption),
        key_heading=wording.text("coefficient_heading"),
        lines=lines,
        columns=[*estimate_and_interval(view, wording.column("estimate")), Column("n", "n")],
        remark=wording.text(remark) if remark else "",
    )


def _other_intervals(view: View, kinds: Sequence[Kind]) -> Details:
    caption = "reliability_intervals_caption"
    return Details(summary=view.wording.text(caption), blocks=[_table(view, kinds, caption, "")])


def _if_dropped(view: View) -> list[Block]:
    wording, quantity = view.wording, "omega_total_if_dropped"
    rows = find.where(view.of("reliability"), quantity=quantity)
    if not rows:
        return []
    return [
        table(
            view,
            rows,
            caption=wording.text("reliability_dropped_caption"),
            key_heading=wording.column("item"),
            lines=[(wording.item(item), {"item": item}) for item in find.distinct(rows, "item")],
            columns=estimate_and_interval(view, wording.quantity(quantity)),
        )
    ]


def _advice(view: View) -> list[str]:
    """Which coefficient to print: alpha where equal loadings are not rejected, omega otherwise."""
    wording, said = view.wording, []
    for unit in find.units(view.of("reliability")):
        own, tested = find.of(view.of("reliability"), unit), find.of(view.of("cfa"), unit)
        omega = find.one(own, quantity="omega_categorical", method="implied")
        equal = find.one(tested, quantity="tau_equivalence", method="WLSMV")
        if opposed(view, unit) or omega is None or omega["estimate"] is None or equal is None or equal["p_value"] is None:
            continue
        said.append(
            wording.text(
                "reliability_advice_omega" if equal["p_value"] < REJECTED else "reliability_advice_alpha",
                unit=view.unit_title(unit),
                omega=wording.decimal(omega["estimate"], 2),
                low=wording.decimal(omega["conf_low"], 2),
                high=wording.decimal(omega["conf_high"], 2),
                p=p_in_words(view, equal["p_value"]),
            )
        )
    return said


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
