"""What an analysis without a section of its own looks like: a picture, and every number of it in one table, which is the full
record of those that have one."""

from __future__ import annotations

from ..present import rows as find
from ..present.blocks import Block, Details, Plot
from ..present.drawing import dot_plot
from ..present.drawings import first_with_intervals, lines_of
from ..present.full_table import full_table
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
    """A closed list per role with all rows of the analysis."""
    rows = view.of(analysis)
    if not view.leaders:
        rows = [row for row in rows if row["note"] != "no_leaders"]
    tables = [
        Details(
            summary=view.wording.text("all_numbers", analysis=view.wording.analysis(analysis), unit=view.unit(unit)),
            blocks=[full_table(view, analysis, find.of(rows, unit))],
            printed=False,
        )
        for unit in find.units(rows)
    ]
    return list(tables)
