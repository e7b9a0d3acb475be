"""Where the cells of a table stand when some of them reach over several columns or rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .blocks import Cell


@dataclass(frozen=True)
class Place:
    """A cell and its first column; below: it goes on from the row above."""

    cell: Cell
    column: int
    below: bool = False

    @property
    def columns(self) -> range:
        """All columns that it takes."""
        return range(self.column, self.column + self.cell.columns)


def places(rows: Sequence[Sequence[Cell]]) -> list[list[Place]]:
    """Every cell in its column; one over several rows again in each of them."""
    hanging: list[tuple[Place, int]] = []
    grid: list[list[Place]] = []
    for row in rows:
        line = [Place(place.cell, place.column, below=True) for place, _ in hanging]
        taken = {column for place in line for column in place.columns}
        column = 0
        new = []
        for cell in row:
            while column in taken:
                column += 1
            new.append(Place(cell, column))
            column += cell.columns
        hanging = [(place, left - 1) for place, left in hanging if left > 1]
        hanging += [(place, place.cell.rows - 1) for place in new if place.cell.rows > 1]
        grid.append(sorted([*line, *new], key=lambda place: place.column))
    return grid
