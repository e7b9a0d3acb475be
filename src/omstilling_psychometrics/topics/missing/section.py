"""Non-answers: how often, why, and on which items together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...present import rows as find
from ...present.blocks import Block, Details, Finding, Heading, Paragraph, Plot, Plots
from ...present.drawing import dot_plot, draw
from ...present.rows import Unit
from ...present.tables import Column, Field, Line, estimate_and_interval, table
from ...present.view import View
from .plot_patterns import answer_patterns_height, draw_answer_patterns, incomplete_patterns

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_ALL_REASONS = "any"


def build(view: View) -> list[Block]:
    wording, rows = view.wording, view.of("missingness")
    rates = find.where(rows, quantity="rate")
    items = find.distinct(rates, "item")
    reasons = [reason for reason in find.distinct(rates, "method") if reason != _ALL_REASONS]
    offered = view.answers.instrument.reason_keys
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
        Paragraph(text=_kinds(view)),
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
            remark=view.with_leaders("missingness_rates_remark", *(["missingness_rates_remark_reasons"] if offered else [])),
        ),
    ]
    patterns = [plot for unit in find.units(rows) if (plot := _patterns(view, unit))]
    if patterns:
        blocks += [
            Heading(text=wording.text("missingness_patterns_heading")),
            Paragraph(text=wording.text("missingness_patterns_text")),
            Plots(plots=patterns),
            *_together(view),
        ]
    return [*blocks, *_consequences(view), *_predictors(view)]


def _kinds(view: View) -> str:
    """What is kept apart: an answer, each reason that the instrument offers, and what is no answer besides."""
    wording, keys = view.wording, view.answers.instrument.reason_keys
    reasons = [wording.text("missingness_kind_reason", label=wording.reason(key)) for key in keys]
    others = [wording.text("missingness_kind_blank"), wording.text("missingness_kind_not_shown")]
    return wording.text("missingness_kinds", kinds=wording.listed([wording.text("missingness_kind_answer"), *reasons, *others]))


def _together(view: View) -> list[Block]:
    """Which pairs of items are left unanswered together, and where respondents stop."""
    wording, rows = view.wording, view.of("missingness")
    blocks: list[Block] = []
    for quantity in ("nonanswer_correlation", "break_off"):
        own = [row for row in find.where(rows, quantity=quantity) if row["method"] in (_ALL_REASONS, None)]
        lines: list[Line] = [(wording.item(item), {"item": item}) for item in find.distinct(own, "item")]
        numbers = table(
            view,
            own,
            caption=wording.text(f"missingness_{quantity}_caption"),
            key_heading=wording.column("item"),
            lines=lines,
            columns=estimate_and_interval(view, wording.column("estimate")),
        )
        blocks.append(Details(summary=numbers.caption, blocks=[numbers]))
    return blocks


def _consequences(view: View) -> list[Block]:
    """What leaving incomplete answers out does to the mean score, and Little's test."""
    wording, rows = view.wording, view.of("missingness")
    if not find.where(rows, quantity="complete_case_difference"):
        return []
    compared: list[Line] = [
        (wording.quantity("complete_case_mean"), {"quantity": "complete_case_mean"}),
        (wording.quantity("complete_case_difference"), {"quantity": "complete_case_difference"}),
        *(
            (f"{wording.quantity('mean_bound')}: {wording.method(method)}", {"quantity": "mean_bound", "method": method})
            for method in find.distinct(find.where(rows, quantity="mean_bound"), "method")
        ),
        (wording.quantity("never_answers"), {"quantity": "never_answers", "method": _ALL_REASONS}),
    ]
    own = [row for row in rows if row["role"] != "all" or len(find.units(rows)) == 1]
    names: tuple[Field, ...] = ("statistic", "df", "p_value", "n")
    return [
        Heading(text=wording.text("missingness_matter_heading")),
        table(
            view,
            own,
            caption=wording.text("missingness_matter_caption"),
            key_heading=wording.column("quantity"),
            lines=compared,
            columns=[*estimate_and_interval(view, wording.column("estimate")), Column("n", "n")],
            remark=wording.text("missingness_matter_remark"),
        ),
        table(
            view,
            find.where(own, quantity="little_mcar"),
            caption=wording.text("missingness_little_caption"),
            key_heading=wording.column("quantity"),
            lines=[(wording.quantity("little_mcar"), {"quantity": "little_mcar"})],
            columns=[Column(wording.column(name), name) for name in names],
            side_by_side=False,
            remark=wording.text("missingness_little_remark"),
        ),
    ]


def _predictors(view: View) -> list[Block]:
    """Odds ratios of giving each reason."""
    wording, rows = view.wording, find.where(view.of("missingness"), quantity="reason_odds_ratio")
    if not rows:
        return []
    lines: list[Line] = [(wording.method(method), {"method": method}) for method in find.distinct(rows, "method")]
    caption = wording.text("missingness_predictors_caption")
    odds_ratios = table(
        view,
        rows,
        caption=caption,
        key_heading=wording.text("reason_predictor_heading"),
        lines=lines,
        columns=estimate_and_interval(view, wording.symbol("reason_odds_ratio")),
        remark=wording.text("missingness_predictors_remark"),
    )
    tested = find.where(view.of("missingness"), quantity="reason_test")
    tests = table(
        view,
        tested,
        caption=wording.text("missingness_tests_caption"),
        key_heading=wording.text("reason_predictor_heading"),
        lines=[(wording.method(method), {"method": method}) for method in find.distinct(tested, "method")],
        columns=[Column(wording.column(name), name) for name in ("statistic", "df", "p_value")],
    )
    return [Details(summary=caption, blocks=[odds_ratios, tests])]


def _patterns(view: View, unit: Unit) -> Plot | None:
    wording, rows = view.wording, find.of(view.of("missingness"), unit)
    patterns = incomplete_patterns(rows)
    if not patterns:
        return None
    items = view.answers.items
    complete = find.estimate(rows, quantity="pattern_count", item="1" * len(items))
    words = [f"{row['item']}: {wording.count(row['estimate'])}" for row in patterns]
    title = wording.text("missingness_patterns_caption", unit=view.unit(unit))
    if complete is not None:  # else they are among the rare patterns, which are joined
        title += f" ({wording.text('missingness_patterns_complete', complete=wording.count(complete))})"

    def draw_on(figure: Figure) -> None:
        draw_answer_patterns(figure, rows, items, wording)

    return draw(
        f"answer-patterns-{unit[0]}-{unit[1]}",
        draw_on,
        height=answer_patterns_height(len(items)),
        title=title,
        description="; ".join(words),
    )


def findings(view: View) -> list[Finding]:
    wording, rows = view.wording, find.where(view.of("missingness"), quantity="rate", method=_ALL_REASONS)
    findings_by_unit = []
    for unit in find.units(rows):
        rates = [row for row in find.of(rows, unit) if row["estimate"] is not None]
        if not rates:
            continue
        moved = find.one(find.of(view.of("missingness"), unit), quantity="complete_case_difference")
        known = moved is not None and moved["estimate"] is not None
        most, least = max(rates, key=lambda row: row["estimate"]), min(rates, key=lambda row: row["estimate"])
        key = "missingness_finding_moved" if known else "missingness_finding"
        if most["estimate"] == 0:
            key = "missingness_nothing"
        findings_by_unit.append(
            Finding(
                unit=view.unit_title(unit),
                text=wording.text(
                    key,
                    low=wording.share(least["estimate"]),
                    high=wording.share(most["estimate"]),
                    item=wording.item(most["item"]),
                    moved=wording.decimal(moved["estimate"] if moved else None, 2),
                    moved_low=wording.decimal(moved["conf_low"] if moved else None, 2),
                    moved_high=wording.decimal(moved["conf_high"] if moved else None, 2),
                ),
                anchor="missingness",
            )
        )
    return findings_by_unit
