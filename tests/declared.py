"""On good data the rows of an analysis are the declared ones, so that a declaration cannot say less, or more, than there is;
and none is there twice, or without words."""

import math
from collections.abc import Collection, Iterable

from omstilling_psychometrics.analysis.declared_rows import row_name
from omstilling_psychometrics.core.results import Statistic
from omstilling_psychometrics.core.vocabulary import vocabulary


def refuse_other_rows(
    rows: Iterable[Statistic], declared: Iterable[Statistic], further: Collection[tuple[str, str | None]] = ()
) -> None:
    """AssertionError unless the rows are the declared ones and those of `further` quantities and methods, which have no null
    row, and every quantity has a number somewhere."""
    rows = list(rows)
    names = [row_name(row) for row in rows]
    expected = {row_name(row) for row in declared}
    assert len(set(names)) == len(names)
    assert expected - set(names) == set()
    assert {(quantity, method) for quantity, _, _, method in set(names) - expected} == set(further)
    assert {row.quantity for row in rows if _has_number(row)} == {name[0] for name in names}


def refuse_rows_without_words(rows: Iterable[Statistic]) -> None:
    """AssertionError unless each row is told from all others and all that it names is in the vocabulary."""
    rows, words = list(rows), vocabulary("en")
    names = [(one.role, one.group, one.quantity, one.item, one.category, one.method) for one in rows]
    assert len(names) == len(set(names))
    for one in rows:
        assert one.quantity in words.quantities
        assert all(part in words.methods for part in (one.method or "").split("/") if part)
        assert one.note is None or words.note(one.note)


def _has_number(row: Statistic) -> bool:
    return any(value is not None and math.isfinite(value) for value in (row.estimate, row.statistic))
