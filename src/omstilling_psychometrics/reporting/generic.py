"""What an analysis without a section of its own looks like: a picture, and every number of it in one table, which is the full
record of those that have one."""

from __future__ import annotations

from collections.abc import Sequence

from ..present import rows as find
from ..present.blocks import Block, Details, Paragraph, Plot
from ..present.drawing import dot_plot
from ..present.drawings import first_with_intervals, lines_of
from ..present.full_table import full_table
from ..present.rows import Row
from ..present.view import View
from ..present.wording import plain


def picture(view: View, analysis: str) -> Plot | None:
    """The first quantity that has intervals, as a dot for each of its rows."""
    own = first_with_intervals(view.of(analysis))
    if not own:
        return None
    name = view.wording.quantity(own[0]["quantity"])
    return dot_plot(view, f"{analysis}-estimates", own, lines_of(own, view.wording), title=name, xlabel=plain(name))


def every_number(view: View, analysis: str) -> list[Block]:
    """A closed list per role with all rows of the analysis; those without a value in a line below, with their reasons."""
    rows = view.of(analysis)
    if not view.leaders:
        rows = [row for row in rows if row["note"] != "no_leaders"]
    return [
        Details(
            summary=view.wording.text("all_numbers", analysis=view.wording.analysis(analysis), unit=view.unit(unit)),
            blocks=full_list(view, analysis, find.of(rows, unit)),
            printed=False,
        )
        for unit in find.units(rows)
    ]


def full_list(view: View, analysis: str, rows: Sequence[Row]) -> list[Block]:
    """The rows of one unit: those with a value as a table, the others as a sentence."""
    known = [row for row in rows if any(row[name] is not None for name in ("estimate", "statistic"))]
    without = [row for row in rows if row not in known]
    blocks: list[Block] = [full_table(view, analysis, known)] if known else []
    return [*blocks, *([Paragraph(text=_without_value(view, without), tone="remark")] if without else [])]


def _without_value(view: View, rows: Sequence[Row]) -> str:
    """'Without a value: ICC(1), ICC(2) (each leader has one answer only); …', each quantity once for each reason."""
    wording = view.wording
    by_reason: dict[str, list[str]] = {}
    for row in rows:
        reason = wording.note(row["note"] or "not_computed")
        by_reason.setdefault(reason, []).append(wording.quantity(row["quantity"]))
    told = [f"{', '.join(dict.fromkeys(names))} ({reason})" for reason, names in by_reason.items()]
    return wording.text("without_value", rows="; ".join(told))
