"""Workbooks in which sheets describe another: SurveyXact's export to Excel has the answers as numbers on one sheet, the text of
each variable on a second, and the label of each value on a third.

They are known by what they hold, not by their names: a sheet whose header has `variableName` and `variableDescription`, the
sheet whose header is those variables, and one of three columns whose first is them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .coding import ValueLabels
from .text import canonical, normalised

Rows = Sequence[Sequence[str]]

_VARIABLE, _DESCRIPTION = "variablename", "variabledescription"
_LABEL_COLUMNS = 3  # variable, value, label


@dataclass(frozen=True)
class DescribedSheet:
    """sheet: the one with answers; descriptions and labels: of its columns."""

    sheet: str
    descriptions: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, ValueLabels] = field(default_factory=dict)


def describes(rows: Rows) -> bool:
    """Do rows begin with the header of a sheet of variables?"""
    return bool(rows) and {_VARIABLE, _DESCRIPTION} <= {canonical(cell) for cell in rows[0]}


def described_sheet(sheets: Mapping[str, Rows]) -> DescribedSheet | None:
    """The sheet that others describe; None where none does, or more than one might be. sheets: name to its rows."""
    descriptions: dict[str, str] = {}
    for rows in sheets.values():
        if describes(rows):
            header = [canonical(cell) for cell in rows[0]]
            name, text = header.index(_VARIABLE), header.index(_DESCRIPTION)
            descriptions |= {normalised(row[name]): normalised(row[text]) for row in rows[1:] if max(name, text) < len(row)}
    described = [
        sheet
        for sheet, rows in sheets.items()
        if rows and descriptions and {*filter(None, map(normalised, rows[0]))} >= {*descriptions} - {""}
    ]
    if len(described) != 1:
        return None
    labels = next((labels_there for rows in sheets.values() if (labels_there := _labels(rows, descriptions))), {})
    return DescribedSheet(described[0], {name: text for name, text in descriptions.items() if name and text}, labels)


def _labels(rows: Rows, variables: Mapping[str, str]) -> dict[str, ValueLabels]:
    """Labels by column of a sheet that has variable, value and label in each row, with a header above them or without."""
    filled = [[normalised(cell) for cell in row[:_LABEL_COLUMNS]] for row in rows if any(row)]
    body = [row for row in filled if len(row) == _LABEL_COLUMNS and row[0] in variables]
    if len(body) < max(1, len(filled) - 1) or any(any(row[_LABEL_COLUMNS:]) for row in rows):
        return {}
    tables: dict[str, dict[str, str]] = {}
    for variable, value, label in body:
        if label:
            tables.setdefault(variable, {})[canonical(value)] = label
    return {variable: ValueLabels(labels) for variable, labels in tables.items()}
