"""Leaders: how much of the score lies between them, how precise a leader's mean is, how far employees agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...analysis.raters import WAVES_POOLED
from ...core.note import Note, notes_in
from ...present import rows as find
from ...present.blocks import Block, Finding, Heading, Paragraph, Plot, Table
from ...present.drawing import draw
from ...present.histograms import draw_histograms
from ...present.rows import Row, Unit
from ...present.tables import Column, Line, estimate_and_interval, table
from ...present.view import View
from .analysis_intraclass import RELIABILITIES
from .analysis_role import LeaderValues, RatedLeaders
from .plot_reliability_of_means import draw_reliability_of_means, spearman_brown_curves, usual_size
from .report_floor import floor

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Panel = tuple[str, NDArray[np.float64], tuple[float, float]]

_VARIANCE = ("leader_count", "answers_per_leader", "icc1", "icc2", "design_effect")
# A distribution over fewer leaders would show single ones.
FEWEST_LEADERS = 10

_AGREEMENT = ("rwg_j", "r_star_wg_j", "a_wg", "ad")


def build(view: View) -> list[Block]:
    wording, rows = view.wording, view.of("multilevel")
    units = find.units(rows)
    defined = [unit for unit in units if find.estimate(find.of(rows, unit), quantity="icc1", method="reml") is not None]
    blocks: list[Block] = [Paragraph(text=_why_not(view, unit)) for unit in units if unit not in defined]
    if not defined:
        return blocks
    shown = [row for row in rows if (row["role"], row["group"]) in defined]
    blocks += [
        Heading(text=wording.text("leaders_icc_heading")),
        curve(view, shown),
        _quantities(view, shown, _VARIANCE, "leaders_icc_caption", "leaders_icc_remark"),
        _by_answers(view, shown),
        table_of_answers_needed(view, shown),
        Heading(text=wording.text("leaders_agreement_heading")),
        *_distributions(view, defined),
        _quantities(view, shown, (*_AGREEMENT, "rwg_j_set_to_zero"), "leaders_agreement_caption", "leaders_agreement_remark"),
    ]
    return blocks


def _why_not(view: View, unit: Unit) -> str:
    rows = find.where(find.of(view.of("multilevel"), unit), quantity="icc1")
    notes = dict.fromkeys(note for row in rows for note in notes_in(row["note"]))
    reasons = "; ".join(dict.fromkeys(view.wording.note(str(note)) for note in notes))
    return view.wording.text("leaders_not_defined", unit=view.unit_title(unit), reason=reasons)


def _quantities(view: View, rows: list[Row], quantities: tuple[str, ...], caption: str, remark: str) -> Block:
    wording = view.wording
    kinds = dict.fromkeys((row["quantity"], row["method"]) for row in rows if row["quantity"] in quantities)
    ordered = sorted(kinds, key=lambda kind: quantities.index(kind[0]))
    lines = [
        (
            wording.quantity(quantity) + (f" ({wording.method(method)})" if method else ""),
            {"quantity": quantity, "method": method},
        )
        for quantity, method in ordered
    ]
    columns = [*estimate_and_interval(view, wording.column("estimate")), Column("n", "n")]
    return table(
        view,
        rows,
        caption=wording.text(caption),
        key_heading=wording.column("quantity"),
        lines=lines,
        columns=columns,
        remark=wording.text(remark),
    )


def _lines(view: View, rows: list[Row], quantity: str) -> list[Line]:
    values = find.distinct(find.where(rows, quantity=quantity), "category")
    return [(view.wording.decimal(value, 0 if float(value).is_integer() else 2), {"category": value}) for value in values]


def _by_answers(view: View, rows: list[Row]) -> Block:
    wording, quantity = view.wording, "leader_mean_reliability"
    return table(
        view,
        find.where(rows, quantity=quantity),
        caption=wording.text("leaders_curve_caption"),
        key_heading=wording.text("axis_answers_per_leader"),
        lines=_lines(view, rows, quantity),
        columns=estimate_and_interval(view, wording.column("estimate")),
    )


def table_of_answers_needed(view: View, rows: list[Row]) -> Table:
    """How many answers a wanted reliability takes, and the share of leaders who have them."""
    wording = view.wording
    return table(
        view,
        [row for row in rows if row["quantity"] in ("answers_needed", "leaders_reliable")],
        caption=wording.text("leaders_needed_caption"),
        key_heading=wording.text("axis_reliability_of_mean"),
        lines=_lines(view, rows, "answers_needed"),
        columns=[
            *estimate_and_interval(view, wording.quantity("answers_needed"), quantity="answers_needed"),
            Column(wording.quantity("leaders_reliable"), "estimate", {"quantity": "leaders_reliable"}),
        ],
    )


def curve(view: View, rows: list[Row], key: str = "reliability-of-means") -> Plot:
    """Reliability of a leader's mean by the number of answers. key: names the plot where there are several."""
    wording = view.wording
    curves = spearman_brown_curves(rows, wording)
    words = [f"{curve.name}: ICC(1) {wording.decimal(float(curve.estimate[0]), 3)}" for curve in curves]

    def draw_on(figure: Figure) -> None:
        usual = usual_size(rows)
        draw_reliability_of_means(figure, curves, wording, marked=RELIABILITIES, floor=floor(view), usual=usual)

    return draw(
        key,
        draw_on,
        height=3.2,
        title=wording.text("leaders_curve_plot", floor=floor(view)),
        description="; ".join(words),
    )


def _distributions(view: View, units: list[Unit]) -> list[Plot]:
    wording, plots = view.wording, []
    for role, group in units:
        result = view.result("multilevel", group)
        leaders = None if result is None else result.models.get(role)
        if not isinstance(leaders, RatedLeaders):
            continue
        panels = [
            (f"{_short(view, name)}, {wording.text('leaders_drawn', n=wording.count(numbers.size))}", numbers, ends)
            for name, numbers, ends in _drawn(view, leaders.values)
            if numbers.size >= (FEWEST_LEADERS if view.disclosure.active else 1)
        ]
        if not panels:
            continue
        words = [
            f"{label}: {wording.text('median_word')} {wording.decimal(float(np.median(numbers)), 2)}"
            for label, numbers, _ in panels
        ]

        def draw_on(figure: Figure, panels: list[Panel] = panels) -> None:
            draw_histograms(figure, panels, wording, minimum=max(1, view.disclosure.minimum_leaders))

        title = wording.text("leaders_distribution_plot", unit=view.unit((role, group)))
        plots.append(
            draw(
                f"leader-values-{role}-{group}",
                draw_on,
                height=1.9 * -(-len(panels) // 2),
                title=title,
                description="; ".join(words),
            )
        )
    return plots


def _short(view: View, quantity: str) -> str:
    """The name, or the symbol where the name is too long for a panel."""
    if quantity == "mean_score":
        return view.wording.text("leaders_mean_score")
    name = view.wording.quantity(quantity)
    return name if len(name) < 26 else view.wording.symbol(quantity)


def _drawn(view: View, values: LeaderValues) -> list[tuple[str, NDArray[np.float64], tuple[float, float]]]:
    """(quantity, its known values, the ends of its axis, which the scale gives): of leaders about whom enough people answered,
    and what depends on their number only, of all leaders."""
    categories, enough = view.answers.instrument.categories, view.disclosure.minimum_respondents
    ends = (float(categories[0]), float(categories[-1]))
    answered, complete = values.answers >= enough, values.complete >= enough
    drawn = [
        ("mean_score", values.mean_score[answered], ends),
        ("leader_mean_reliability", values.reliability, (0.0, 1.0)),
        ("rwg_j", values.rwg_j[complete], (0.0, 1.0)),
        ("r_star_wg_j", values.r_star_wg_j[complete], (-1.0, 1.0)),
        ("a_wg", values.a_wg[complete], (-1.0, 1.0)),
        ("ad", values.ad[complete], (0.0, (ends[1] - ends[0]) / 2)),
    ]
    return [(name, numbers[np.isfinite(numbers)], ends) for name, numbers, ends in drawn]


def findings(view: View) -> list[Finding]:
    wording, rows = view.wording, view.of("multilevel")
    all_findings = []
    for unit in find.units(rows):
        of_unit = find.of(rows, unit)
        icc1 = find.one(of_unit, quantity="icc1", method="reml")
        icc2 = find.one(of_unit, quantity="icc2", method="reml")
        needed = find.one(of_unit, quantity="answers_needed", category=RELIABILITIES[0])
        if icc1 is None or icc2 is None or needed is None or icc1["estimate"] is None or icc2["estimate"] is None:
            continue
        mean, median = (find.estimate(of_unit, quantity="answers_per_leader", method=kind) for kind in ("arithmetic", "median"))
        several_waves = Note(WAVES_POOLED) in notes_in(icc2["note"])
        all_findings.append(
            Finding(
                unit=view.unit_title(unit),
                text=wording.text(
                    "leaders_finding" if needed["estimate"] is not None else "leaders_finding_no_number",
                    size=wording.decimal(mean, 1),
                    whose=wording.text("leader_in_a_wave" if several_waves else "leader_as_such"),
                    median=wording.decimal(median, 0 if median is None or median.is_integer() else 1),
                    icc1=wording.decimal(icc1["estimate"], 2),
                    low=wording.decimal(icc1["conf_low"], 2),
                    high=wording.decimal(icc1["conf_high"], 2),
                    icc2=wording.decimal(icc2["estimate"], 2),
                    needed=wording.count(needed["estimate"]),
                    reliability=wording.decimal(RELIABILITIES[0], 2),
                ),
                anchor="multilevel",
            )
        )
    return all_findings
