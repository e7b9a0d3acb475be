"""Reliability: how precisely the scale score tells respondents apart."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.criteria import cut_off
from ...present import rows as find
from ...present.blocks import Block, Bullets, Details, Finding, Paragraph, Table
from ...present.drawing import dot_plot
from ...present.item_direction import cautions, opposed
from ...present.rows import Row
from ...present.tables import Column, Line, estimate_and_interval, table
from ...present.view import View, p_in_words
from .recommendation import pair_in_words, pairs_of, recommended, to_print

Kind = tuple[str, str | None]  # quantity and method

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
    wording, rows, asked = view.wording, view.of("reliability"), cut_off("cosmin_alpha").threshold
    kinds: list[Kind] = list(dict.fromkeys((row["quantity"], row["method"]) for row in rows if row["item"] is None))
    freed = [kind for kind in kinds if pairs_of(kind[1])]
    drawn = [*(kind for kind in freed if _unfreed(kind) in _DRAWN), *(kind for kind in _DRAWN if kind in kinds)]
    plot = dot_plot(
        view,
        "reliability",
        rows,
        [(_drawn_name(view, kind), {"quantity": kind[0], "method": kind[1]}) for kind in drawn],
        title=wording.text("reliability_plot", cut=wording.decimal(asked, 2)),
        xlabel=wording.text("axis_coefficient"),
        reference=() if asked is None else (asked,),
    )
    plain = [kind for kind in kinds if "/" not in (kind[1] or "") or kind in freed]
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


def _unfreed(kind: Kind) -> Kind:
    """The same coefficient without its pair."""
    return kind[0], (kind[1] or "").partition("/")[0]


def _drawn_name(view: View, kind: Kind) -> str:
    name = view.wording.quantity(kind[0])
    pairs = pairs_of(kind[1])
    return view.wording.text("coefficient_with_pair", name=name, pair=pair_in_words(view, pairs)) if pairs else name


def _rank(kind: Kind) -> int:
    """Categorical omega with a pair free, then the coefficients that are drawn, in their order; the others as they come."""
    if pairs_of(kind[1]) and kind[0] == "omega_categorical":
        return -1
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
    wording, rows = view.wording, view.of("reliability")
    total, categorical = "omega_total_if_dropped", "omega_categorical_if_dropped"
    items = find.distinct(find.where(rows, quantity=total), "item")
    if not items:
        return []
    lines: list[Line] = [(wording.item(item), {"item": item}) for item in items]
    plain = [row for row in rows if row["method"] == "implied"]
    expected = {"quantity": "omega_categorical_expected_if_dropped", "item": None}
    return [
        table(
            view,
            find.where(rows, quantity=total),
            caption=wording.text("reliability_dropped_caption"),
            key_heading=wording.column("item"),
            lines=lines,
            columns=estimate_and_interval(view, wording.quantity(total)),
        ),
        table(
            view,
            plain,
            caption=wording.text("reliability_categorical_dropped_caption"),
            key_heading=wording.column("item"),
            lines=lines,
            columns=[
                *estimate_and_interval(view, wording.quantity(categorical), quantity=categorical),
                Column(wording.text("expected_heading"), "estimate", expected),
                *estimate_and_interval(view, wording.text("less_expected_heading"), quantity=f"{categorical}_difference"),
            ],
            side_by_side=False,
            remark=wording.text("reliability_categorical_dropped_remark"),
        ),
    ]


def _advice(view: View) -> list[str]:
    """Which coefficient to print, and why."""
    wording, said = view.wording, []
    for unit in find.units(view.of("reliability")):
        found = recommended(view, unit)
        if found is None or opposed(view, unit):
            continue
        alpha = find.estimate(find.of(view.of("reliability"), unit), quantity="alpha", method="listwise")
        shown = found.row if found.pairs else found.plain
        text = wording.text(
            f"reliability_advice_{found.reason}",
            unit=view.unit_title(unit),
            omega=wording.decimal(shown["estimate"], 2),
            low=wording.decimal(shown["conf_low"], 2),
            high=wording.decimal(shown["conf_high"], 2),
            plain=wording.decimal(found.plain["estimate"], 2),
            alpha=wording.decimal(alpha, 2),
            pair=pair_in_words(view, found.pairs),
            p=p_in_words(view, found.p_value),
        )
        if found.further:
            text = f"{text} {wording.text('reliability_further_pair', pair=wording.item(found.further))}"
        said.append(text)
    return said


def _name(view: View, quantity: str, method: str | None) -> str:
    name = view.wording.quantity(quantity)
    return f"{name} ({view.wording.method(method)})" if method else name


def findings(view: View) -> list[Finding]:
    rows = find.where(view.of("reliability"), quantity="alpha", method="listwise")
    return [_finding(view, row) for row in rows if row["estimate"] is not None]


def _finding(view: View, alpha: Row) -> Finding:
    """Alpha, after the coefficient to print where that is another one."""
    wording, unit = view.wording, (alpha["role"], alpha["group"])
    found = recommended(view, unit)
    text = wording.text(
        "reliability_finding",
        alpha=wording.decimal(alpha["estimate"], 2),
        low=wording.decimal(alpha["conf_low"], 2),
        high=wording.decimal(alpha["conf_high"], 2),
        n=wording.count(alpha["n"]),
    )
    if found is not None and found.row["quantity"] != "alpha":
        text = f"{to_print(view, found)} {text}"
    return Finding(unit=view.unit_title(unit), text=text, anchor="reliability")
