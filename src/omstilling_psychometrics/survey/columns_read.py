"""What is told of how columns and values were read, once it is known which rows are analysed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..core.numerics.arrays import Ints
from .codebook import FileForm
from .coding import Meanings, ValueLabels, code_values
from .columns import Plan
from .how_read import OF_BYTES, HowRead, ValueRead
from .table import Grouped, Table
from .text import canonical

# What is found out about the form of a source by itself, unless the codebook says it.
_FOUND = ("format", "sheet", "delimiter", "encoding")


def how_read(
    table: Table, plan: Plan, form: FileForm, known: Meanings, grouped: Grouped, kept: tuple[Ints, Ints], *, again: bool
) -> HowRead:
    """kept: the distinct rows that are analysed and how many answers each stands for; again: of a file that was read before
    with more rows, so that what all of its bytes decide is not told."""
    stated = {name: str(value) for name in FileForm.__struct_fields__ if (value := getattr(form, name)) not in (None, False)}
    there = {name: table.facts[name] for name in _FOUND if name in table.facts and name not in stated}
    found = {name: fact for name, fact in there.items() if not (again and name in OF_BYTES)}
    values = {
        item: _values(grouped, column, known, table.labels.get(column), kept)
        for item, column in plan.items.items()
        if column is not None
    }
    return HowRead(name=table.name, found=found, stated=stated, items=dict(plan.items), keys=dict(plan.keys), values=values)


def _values(
    grouped: Grouped, column: str, known: Meanings, labels: ValueLabels | None, kept: tuple[Ints, Ints]
) -> tuple[ValueRead, ...]:
    raw, (rows, counts) = grouped.columns[column], kept
    codes: Sequence[int] = code_values(raw.values, known, labels).codes
    answers = np.bincount(raw.codes[rows], weights=counts, minlength=len(raw.values)).astype(np.int64)
    together: dict[tuple[str, int], int] = {}
    for text, code, number in zip(raw.texts, codes, answers.tolist(), strict=True):
        if number:
            together[text or "", code] = together.get((text or "", code), 0) + number
    named = labels.labels if labels is not None else {}
    ordered = sorted(together.items(), key=lambda one: (one[0][1] <= 0, abs(one[0][1]), one[0][0]))
    return tuple(
        ValueRead(raw=text, label=named.get(canonical(text), ""), code=code, answers=number) for (text, code), number in ordered
    )
