"""Tables: roles side by side or stacked, notes once, figures as figures."""

from __future__ import annotations

from typing import Any

import numpy as np

from omstilling_psychometrics.core.results import COLUMNS
from omstilling_psychometrics.present.tables import Column, estimate_and_interval, table
from omstilling_psychometrics.present.view import View
from omstilling_psychometrics.present.wording import Wording
from omstilling_psychometrics.survey.disclosure import Disclosure
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import ResponsePatterns

INSTRUMENT = plain_instrument((1, 2, 3), ("a", "b"), roles=("x", "y"))


def view(*rows: dict[str, Any]) -> View:
    return View(
        ResponsePatterns.count(INSTRUMENT, np.ones((5, 2), dtype=int)).released(Disclosure()), rows, Wording("en", INSTRUMENT)
    )


def mean(role: str, item: str, estimate: float | None, note: str | None = None) -> dict[str, Any]:
    bounds = (None, None) if estimate is None else (estimate - 0.1, estimate + 0.1)
    known = {"analysis": "items", "role": role, "quantity": "mean", "item": item, "estimate": estimate, "n": 12, "note": note}
    return {**dict.fromkeys(COLUMNS), **known, "conf_low": bounds[0], "conf_high": bounds[1]}


LINES = [("a", {"item": "a"}), ("b", {"item": "b"})]


def texts(rows: list[dict[str, Any]], **options: Any) -> tuple[list[list[str]], list[list[str]], list[tuple[str, str]]]:
    shown = view(*rows)
    columns = [*estimate_and_interval(shown, "M"), Column("n", "n")]
    made = table(shown, rows, caption="Means", key_heading="item", lines=LINES, columns=columns, **options)

    def text(cell: Any) -> str:
        return str(cell.text) + "".join(f"^{mark}" for mark in cell.marks)

    return (
        [[text(one) for one in line] for line in made.head],
        [[text(one) for one in line] for line in made.body],
        list(made.notes),
    )


ROWS = [mean("x", "a", 2.0), mean("x", "b", 2.5), mean("y", "a", 1.5), mean("y", "b", None, "constant_item")]


def test_side_by_side() -> None:
    head, body, notes = texts(ROWS)
    assert head == [["item", "x", "y"], ["M", "95% interval", "n"] * 2]
    assert body[0] == ["a", "2.00", "[1.90; 2.10]", "12", "1.50", "[1.40; 1.60]", "12"]
    assert body[1] == ["b", "2.50", "[2.40; 2.60]", "12", "–^a", "", "12"]
    assert notes == [("a", "every answer is the same")]


def test_stacked() -> None:
    head, body, _ = texts(ROWS, side_by_side=False)
    assert head == [["role", "item", "M", "95% interval", "n"]]
    assert body[0] == ["x", "a", "2.00", "[1.90; 2.10]", "12"]
    assert body[2] == ["y", "a", "1.50", "[1.40; 1.60]", "12"]


def test_one_unnamed_unit_needs_no_name() -> None:
    head, body, _ = texts([mean("all", "a", 2.0), mean("all", "b", 2.5)])
    assert head == [["item", "M", "95% interval", "n"]]
    assert body[1] == ["b", "2.50", "[2.40; 2.60]", "12"]


def test_a_note_of_a_whole_unit_is_said_at_its_name() -> None:
    rows = [mean("x", "a", 2.0, "reversed_item"), mean("x", "b", 2.5, "reversed_item; perhaps_not_offered"), *ROWS[2:]]
    head, body, notes = texts(rows)
    assert head[0] == ["item", "x^a", "y"]
    assert body[0][:4] == ["a", "2.00", "[1.90; 2.10]", "12"]
    assert body[1][:4] == ["b", "2.50", "[2.40; 2.60]^b", "12"]
    assert [letter for letter, _ in notes] == ["a", "b", "c"]
