"""The items: how each is answered, how it goes with the others, and the score they make."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...core.criteria import cut_off
from ...present import rows as find
from ...present.blocks import Block, Finding, Heading, Paragraph, Plot, Plots
from ...present.drawing import dot_plot, draw
from ...present.histograms import draw_score_distributions, score_distributions_height
from ...present.item_direction import cautions
from ...present.rows import Unit
from ...present.tables import Column, Line, estimate_and_interval, table
from ...present.view import View
from .analysis import ItemsResult
from .plot_distributions import distributions_height, draw_distributions

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def build(view: View) -> list[Block]:
    wording, rows, categories = view.wording, view.of("items"), view.answers.instrument.categories
    items = find.distinct(find.where(rows, quantity="mean"), "item")
    lines: list[Line] = [(wording.item(item), {"item": item}) for item in items]
    return [
        *cautions(view, "items"),
        Heading(text=wording.text("items_distribution_heading")),
        Plots(plots=[plot for unit in find.units(rows) if (plot := _distribution(view, unit))]),
        table(
            view,
            rows,
            caption=wording.text("items_describe_caption"),
            key_heading=wording.column("item"),
            lines=lines,
            columns=[
                Column("n", "n", {"quantity": "mean"}),
                *estimate_and_interval(view, wording.symbol("mean"), quantity="mean"),
                Column(wording.symbol("sd"), "estimate", {"quantity": "sd"}),
                *(
                    Column(wording.quantity(quantity), "estimate", {"quantity": quantity})
                    for quantity in ("skewness", "kurtosis")
                ),
                *(Column(wording.quantity(quantity), "estimate", {"quantity": quantity}) for quantity in ("floor", "ceiling")),
            ],
            side_by_side=False,
            remark=wording.text("items_describe_remark", c=len(categories), share=wording.share(1 / len(categories), 0)),
        ),
        Heading(text=wording.text("items_rest_heading")),
        *_item_rest(view, lines),
        Heading(text=wording.text("items_scale_heading")),
        Paragraph(text=wording.text("items_scale_text", minimum=view.answers.instrument.minimum_answered, k=len(items))),
        *_score_distribution(view),
        _scale(view),
    ]


def _distribution(view: View, unit: Unit) -> Plot | None:
    wording = view.wording
    shares = find.of(find.where(view.of("items"), quantity="proportion"), unit)
    if not any(row["estimate"] is not None for row in shares):
        return None
    rates = find.where(find.of(view.of("missingness"), unit), quantity="rate")
    items = find.distinct(shares, "item")
    words = [
        f"{wording.item(item)}: "
        + ", ".join(
            f"{wording.category(row['category'])} {wording.share(row['estimate'], 0)}" for row in find.where(shares, item=item)
        )
        for item in items
    ]

    def draw_on(figure: Figure) -> None:
        draw_distributions(figure, shares, rates, wording)

    return draw(
        f"distribution-{unit[0]}-{unit[1]}",
        draw_on,
        height=distributions_height(len(items)),
        title=wording.text("items_distribution_caption", unit=view.unit(unit)),
        description="; ".join(words),
    )


def _item_rest(view: View, lines: Sequence[Line]) -> list[Block]:
    wording, rows = view.wording, view.of("items")
    cut = cut_off("item_rest").threshold
    plot = dot_plot(
        view,
        "item-rest",
        find.where(rows, quantity="item_rest_correlation"),
        lines,
        title=wording.text("items_rest_plot", cut=wording.decimal(cut, 2)),
        xlabel=wording.quantity("item_rest_correlation"),
        reference=() if cut is None else (cut,),
    )
    numbers = table(
        view,
        rows,
        caption=wording.text("items_rest_caption"),
        key_heading=wording.column("item"),
        lines=lines,
        columns=[
            *estimate_and_interval(view, wording.quantity("item_rest_correlation"), quantity="item_rest_correlation"),
            *estimate_and_interval(view, wording.quantity("item_rest_polyserial"), quantity="item_rest_polyserial"),
            Column("n", "n", {"quantity": "item_rest_correlation"}),
        ],
        side_by_side=False,
    )
    dropped, less = "alpha_if_dropped", "alpha_if_dropped_difference"
    without = table(
        view,
        rows,
        caption=wording.text("items_dropped_caption"),
        key_heading=wording.column("item"),
        lines=lines,
        columns=[
            *estimate_and_interval(view, wording.quantity(dropped), quantity=dropped),
            Column(wording.text("expected_heading"), "estimate", {"quantity": "alpha_expected_if_dropped", "item": None}),
            *estimate_and_interval(view, wording.text("less_expected_heading"), quantity=less),
        ],
        side_by_side=False,
        remark=wording.text("items_dropped_remark"),
    )
    return [*([plot] if plot else []), numbers, without]


def _score_distribution(view: View) -> list[Block]:
    wording = view.wording
    panels = []
    for role, group in find.units(find.where(view.of("items"), quantity="scale_mean")):
        result = view.result("items", group)
        scores = result.scores.get(role) if isinstance(result, ItemsResult) else None
        if scores is not None and find.estimate(find.of(view.of("items"), (role, group)), quantity="scale_mean") is not None:
            panels.append((view.unit((role, group)), scores.score, scores.counts))
    if not panels:
        return []
    instrument = view.answers.instrument

    def draw_on(figure: Figure) -> None:
        draw_score_distributions(
            figure, panels, wording,
            items=len(view.answers.items), categories=instrument.categories, minimum=view.disclosure.minimum_respondents,
        )  # fmt: skip

    words = [
        f"{label}: {wording.text('mean_word')} {wording.decimal(float(counts @ score / counts.sum()), 2)}"
        for label, score, counts in panels
    ]
    height = score_distributions_height(len(panels))
    title = wording.text("items_scale_plot")
    return [draw("scale-scores", draw_on, height=height, title=title, description="; ".join(words))]


def _scale(view: View) -> Block:
    wording = view.wording
    quantities = ("scale_mean", "scale_sd", "scale_skewness", "scale_kurtosis", "scale_floor", "scale_ceiling")
    return table(
        view,
        view.of("items"),
        caption=wording.text("items_scale_caption"),
        key_heading=wording.column("quantity"),
        lines=[(wording.quantity(quantity), {"quantity": quantity}) for quantity in quantities],
        columns=[*estimate_and_interval(view, wording.column("estimate")), Column("n", "n")],
    )


def findings(view: View) -> list[Finding]:
    wording, rows = view.wording, view.of("items")
    findings_by_unit = []
    for unit in find.units(rows):
        correlations = [
            row for row in find.of(rows, unit) if row["quantity"] == "item_rest_correlation" and row["estimate"] is not None
        ]
        if not correlations:
            continue
        weakest, strongest = (
            min(correlations, key=lambda row: row["estimate"]),
            max(correlations, key=lambda row: row["estimate"]),
        )
        findings_by_unit.append(
            Finding(
                unit=view.unit_title(unit),
                text=wording.text(
                    "items_finding" if len(view.answers.items) > 2 else "items_finding_two",
                    low=wording.decimal(weakest["estimate"], 2),
                    high=wording.decimal(strongest["estimate"], 2),
                    weakest=wording.item(weakest["item"]),
                    mean=wording.decimal(find.estimate(find.of(rows, unit), quantity="scale_mean"), 2),
                ),
                anchor="items",
            )
        )
    return findings_by_unit
