"""Roles beside each other: score distributions, differences, and how far the roles agree about the same leader."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...present import rows as find
from ...present.blocks import Block, Finding, Plot
from ...present.drawing import draw
from ...present.tables import Line, estimate_and_interval, table
from ...present.view import View
from ..invariance.section_comparing import pairs_as_units
from .plot_quantiles import draw_quantiles, quantiles_height

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DISTRIBUTION = ("score_mean", "score_sd", "score_quantile")


def build(view: View) -> list[Block]:
    wording, rows = view.wording, view.of("role_comparison")
    scores = [row for row in rows if row["quantity"] in _DISTRIBUTION]
    pairs = [row for row in rows if row["quantity"] not in _DISTRIBUTION and row["method"] is not None]
    blocks: list[Block] = _plot(view)
    lines: list[Line] = [(wording.quantity(one), {"quantity": one, "category": None}) for one in ("score_mean", "score_sd")]
    lines += [
        (f"{wording.quantity('score_quantile')} {wording.share(value, 0)}", {"quantity": "score_quantile", "category": value})
        for value in find.distinct(scores, "category")
    ]
    blocks.append(
        table(
            view,
            scores,
            caption=wording.text("roles_scores_caption"),
            key_heading=wording.column("quantity"),
            lines=lines,
            columns=estimate_and_interval(view, wording.column("estimate")),
        )
    )
    if pairs:
        named = pairs_as_units(view, pairs)
        blocks.append(
            table(
                view,
                named,
                caption=wording.text("roles_pairs_caption"),
                key_heading=wording.column("quantity"),
                lines=[(wording.quantity(one), {"quantity": one}) for one in find.distinct(named, "quantity")],
                columns=estimate_and_interval(view, wording.column("estimate")),
                remark=view.with_leaders("roles_pairs_remark"),
            )
        )
    return blocks


def _plot(view: View) -> list[Block]:
    wording, rows = view.wording, view.of("role_comparison")
    known = [row for row in find.where(rows, quantity="score_quantile") if row["estimate"] is not None]
    if not known:
        return []
    units = find.units(known)
    words = "; ".join(
        f"{view.unit((row['role'], row['group']))} {wording.share(row['category'], 0)}: {wording.decimal(row['estimate'], 2)}"
        for row in known
    )

    def draw_on(figure: Figure) -> None:
        draw_quantiles(figure, rows, wording, categories=view.answers.instrument.categories)

    plot: Plot = draw(
        "role-scores", draw_on, height=quantiles_height(len(units)), title=wording.text("roles_plot"), description=words
    )
    return [plot]


def findings(view: View) -> list[Finding]:
    wording, all_findings = view.wording, []
    rows = view.of("role_comparison")
    for row in find.where(rows, quantity="mean_difference"):
        if row["estimate"] is None or row["method"] is None:
            continue
        correlation = find.one(rows, quantity="leader_correlation", method=row["method"])
        key = "roles_finding" if correlation is not None and correlation["estimate"] is not None else "roles_finding_alone"
        text = wording.text(
            key,
            difference=wording.decimal(row["estimate"], 2),
            low=wording.decimal(row["conf_low"], 2),
            high=wording.decimal(row["conf_high"], 2),
            r=wording.decimal(correlation["estimate"] if correlation else None, 2),
        )
        pair = wording.method(row["method"])
        all_findings.append(Finding(unit=pair[:1].upper() + pair[1:], text=text, anchor="role_comparison"))
    return all_findings
