"""Indices of fit beside systems of cut-offs that do not agree, and beside cut-offs made for this scale where they were made."""

from __future__ import annotations

from ...core.criteria import Criterion
from ...present import rows as find
from ...present.blocks import Cell, Table
from ...present.rows import Row, Unit
from ...present.tables import head_cell, number_cell, row_cell
from ...present.view import View
from .fit_systems import fit_systems

# The index whose made cut-off stands beside an index: those of the SRMR are made for the sample's.
_MADE_FOR = {"srmr_unbiased": "srmr"}


def rules(view: View, rows: list[Row]) -> Table:
    """rows: of one estimator."""
    wording = view.wording
    made = find.where(view.of("dynamic_cutoffs"), quantity="dynamic_cutoff")
    levels = sorted({row["category"] for row in made if row["category"]})
    head = [
        *(head_cell(wording.text(word), number=False) for word in ("unit_heading", "index_heading")),
        Cell(text=wording.text("observed_heading"), detail=view.interval_name, scope="col", number=True),
        *(head_cell(wording.text(f"rules_{system}"), number=False) for system in fit_systems()),
        *(head_cell(wording.text("dynamic_level_heading", level=wording.count(level))) for level in levels),
    ]
    judged = list(dict.fromkeys(one.quantity for criteria in fit_systems().values() for one in criteria))
    body: list[list[Cell]] = []
    for unit in find.units(rows):
        own = find.of(rows, unit)
        for place, quantity in enumerate(judged):
            row = find.one(own, quantity=quantity)
            if row is None:
                continue
            first = [row_cell(view.unit(unit), rows=len(judged))] if place == 0 else []
            body.append(
                [
                    *first,
                    row_cell(wording.quantity(quantity)),
                    _observed(view, row),
                    *(_cell(view, row, _of(system, quantity)) for system in fit_systems()),
                    *(number_cell(_made(view, made, unit, quantity, level)) for level in levels),
                ]
            )
    remark = wording.text("rules_remark_made" if levels else "rules_remark")
    if "dynamic_cutoffs" not in view.analyses:
        remark += " " + wording.text("rules_remark_make")
    return Table(caption=wording.text("rules_caption"), head=[head], body=body, remark=remark, wide=len(head) > 7)


def _observed(view: View, row: Row) -> Cell:
    """The interval below the number, since systems take the width."""
    wording, quantity = view.wording, row["quantity"]
    interval = wording.interval(quantity, row["conf_low"], row["conf_high"])
    return Cell(text=wording.number(quantity, row["estimate"]), number=True, detail=interval)


def _of(system: str, quantity: str) -> Criterion:
    return next(one for one in fit_systems()[system] if one.quantity == quantity)


def _cell(view: View, row: Row, criterion: Criterion) -> Cell:
    """The cut-off with its verdict."""
    cut = f"{criterion.sign} {view.wording.decimal(criterion.threshold, 2)}"
    if row["estimate"] is None:
        return Cell(text=cut)
    state = view.judge(criterion, row).state
    return Cell(text=view.wording.text(f"state_{state}"), state=state, detail=cut)


def _made(view: View, made: list[Row], unit: Unit, quantity: str, level: float) -> str:
    """A cut-off made for this scale, or a dash where none separates."""
    own = [row for row in find.of(made, unit) if row["category"] == level]
    index = _MADE_FOR.get(quantity, quantity)
    row = next((row for row in own if str(row["method"]).rpartition("/")[2] == index), None)
    return "" if row is None else view.wording.decimal(row["estimate"], 3)
