"""Non-answers: how often, why, and on which items together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...plots import rows as find
from ...plots.answer_patterns import answer_patterns_height, draw_answer_patterns, incomplete_patterns
from ...plots.rows import Unit
from ..blocks import Block, Finding, Heading, Paragraph, Plot, Plots
from ..drawing import dot_plot, draw
from ..tables import Column, Line, estimate_and_interval, table
from ..view import View

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_ALL_REASONS = "any"


def build(view: View) -> list[Block]:
    wording, rows = view.wording, view.of("missingness")
    rates = find.where(rows, quantity="rate")
    items = find.distinct(rates, "item")
    reasons = [reason for reason in find.distinct(rates, "method") if reason != _ALL_REASONS]
    lines: list[Line] = [(wording.item(item), {"item": item}) for item in items]
    plot = dot_plot(
        view,
        "missing-any",
        find.where(rates, method=_ALL_REASONS),
        lines,
        title=wording.text("missingness_any_plot"),
        xlabel=wording.text("axis_share_of_shown"),
        shares=True,
    )
    blocks: list[Block] = [
        Paragraph(text=wording.text("missingness_kinds")),
        *([plot] if plot else []),
        table(
            view,
            rates,
            caption=wording.text("missingness_rates_caption"),
            key_heading=wording.column("item"),
            lines=lines,
            columns=[
                Column(wording.text("shown_heading"), "n", {"quantity": "rate", "method": _ALL_REASONS}),
                *(Column(wording.reason(reason), "estimate", {"quantity": "rate", "method": reason}) for reason in reasons),
                *estimate_and_interval(view, wording.reason(_ALL_REASONS), quantity="rate", method=_ALL_REASONS),
            ],
            side_by_side=False,
            remark=wording.text("missingness_rates_remark"),
        ),
    ]
    patterns = [made for unit in find.units(rows) if (made := _patterns(view, unit))]
    if patterns:
        blocks += [
            Heading(text=wording.text("missingness_patterns_heading")),
            Paragraph(text=wording.text("missingness_patterns_text")),
            Plots(plots=patterns),
        ]
    return blocks


def _patterns(view: View, unit: Unit) -> Plot | None:
    wording, rows = view.wording, find.of(view.of("missingness"), unit)
    found = incomplete_patterns(rows)
    if not found:
        return None
    items = view.patterns.items
    complete = find.estimate(rows, quantity="pattern_count", item="1" * len(items))
    words = [f"{row['item']}: {wording.count(row['estimate'])}" for row in found]

    def draw_on(figure: Figure) -> None:
        draw_answer_patterns(figure, rows, items, wording)

    return draw(
        f"answer-patterns-{unit[0]}-{unit[1]}",
        draw_on,
        height=answer_patterns_height(len(items)),
        title=wording.text("missingness_patterns_caption", unit=view.unit(unit), complete=wording.count(complete)),
        description="; ".join(words),
    )


def findings(view: View) -> list[Finding]:
    wording, rows = view.wording, find.where(view.of("missingness"), quantity="rate", method=_ALL_REASONS)
    told = []
    for unit in find.units(rows):
        found = [row for row in find.of(rows, unit) if row["estimate"] is not None]
        if not found:
            continue
        most, least = max(found, key=lambda row: row["estimate"]), min(found, key=lambda row: row["estimate"])
        told.append(
            Finding(
                unit=view.unit_title(unit),
                text=wording.text(
                    "missingness_finding",
                    low=wording.share(least["estimate"]),
                    high=wording.share(most["estimate"]),
                    item=wording.item(most["item"]),
                ),
                anchor="missingness",
            )
        )
    return told
