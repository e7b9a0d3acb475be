"""Which reliability coefficient to print, and why: one answer for the first page and for the section."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ...core.note import notes_in
from ...present import rows as find
from ...present.item_direction import opposed
from ...present.rows import Row, Unit
from ...present.view import View

REJECTED = 0.05


@dataclass(frozen=True)
class Recommended:
    """row of the coefficient. reason: a pair of items that was declared, or found in the same answers, to share something;
    loadings that are unequal, or not shown to be. p_value of the test of equal loadings; plain: categorical omega without a
    pair; further: a pair that is beyond chance although the first is free."""

    row: Row
    reason: Literal["pair_declared", "pair_found", "unequal", "equal"]
    p_value: float | None
    plain: Row
    pairs: tuple[str, ...] = ()
    further: str | None = None


def recommended(view: View, unit: Unit) -> Recommended | None:
    """Categorical omega with the pair free where there is one, else alpha where equal loadings are not rejected, else
    categorical omega; nothing where that was not examined, or where items run the other way."""
    own, tested = find.of(view.of("reliability"), unit), find.of(view.of("cfa"), unit)
    plain = find.one(own, quantity="omega_categorical", method="implied")
    if plain is None or opposed(view, unit):
        return None
    equal = find.one(tested, quantity="tau_equivalence", method="WLSMV")
    p_value = equal["p_value"] if equal else None
    freed = next((row for row in own if row["quantity"] == "omega_categorical" and pairs_of(row["method"])), None)
    notes = {note.key: note.detail for note in notes_in(freed["note"])} if freed is not None else {}
    # A pair that was looked for in answers too few to test the model by is taken for one no more than the model itself is.
    found, untested = "pair_chosen_from_data" in notes, equal is not None and p_value is None
    if freed is not None and freed["estimate"] is not None and not (found and untested):
        reason: Literal["pair_declared", "pair_found"] = "pair_found" if found else "pair_declared"
        return Recommended(freed, reason, p_value, plain, pairs_of(freed["method"]), notes.get("further_pair"))
    alpha = find.one(own, quantity="alpha", method="listwise")
    if plain["estimate"] is None or p_value is None or alpha is None or alpha["estimate"] is None:
        return None
    return Recommended(plain, "unequal", p_value, plain) if p_value < REJECTED else Recommended(alpha, "equal", p_value, plain)


def pairs_of(method: str | None) -> tuple[str, ...]:
    """The pairs that a method has free ('implied/i1~i2')."""
    return tuple(part for part in (method or "").split("/")[1:] if "~" in part)


def pair_in_words(view: View, pairs: tuple[str, ...]) -> str:
    return ", ".join(view.wording.item(pair) for pair in pairs)


def to_print(view: View, one: Recommended) -> str:
    """The sentence that names the coefficient, its value and the pair that it has free."""
    wording = view.wording
    name = wording.quantity(one.row["quantity"])
    if one.pairs:
        name = wording.text("coefficient_with_pair", name=name, pair=pair_in_words(view, one.pairs))
    value, low, high = (wording.decimal(one.row[field], 2) for field in ("estimate", "conf_low", "conf_high"))
    return wording.text("coefficient_to_print", name=name, value=value, low=low, high=high)
