"""Measurement invariance in sentences: what may be compared, which step or item stands in the way, and by how much."""

from __future__ import annotations

from ...core.criteria import SMALL_GROUPS
from ...core.note import notes_in
from ...present import rows as find
from ...present.blocks import Finding
from ...present.rows import Row
from ...present.view import View, p_in_words
from .comparability import FIRST, MEANS, RELATIONS, ComparisonVerdict, JudgedStep, comparisons
from .item_changes import LEVEL
from .section_comparing import index_name, step_name
from .section_rows import FIRST_WITH_MEANS, judged, judged_method, single_biases, smallest_group

# An exact test is said to reject below this; of single items their own level says so.
_SIGNIFICANT = 0.05
# So many answers in the smallest group that a rejection may come of their number alone: with two such groups a test of four
# degrees of freedom finds with a power of .80 what moves CFI by .005 (five items with loadings about .7). With fewer, what was
# not found may be there all the same, however many answers the other groups have.
_MANY = 500


def _verdict(view: View, verdict: ComparisonVerdict) -> str:
    """May it be compared, in a sentence that names the step that decides and by how much it does."""
    wording, about, deciding = view.wording, verdict.criterion.key, verdict.deciding
    if verdict.state == "met":
        # What comparing relations takes is told there.
        told = [one for one in verdict.steps if verdict.criterion is RELATIONS or one.step not in RELATIONS.steps] or [deciding]
        steps = wording.listed([f"{step_name(view, one.step)} ({_amounts(view, one)})" for one in told])
        return " ".join([wording.text(f"{about}_met", steps=steps), *_exact_in_words(view, told)])
    if verdict.state == "not_evaluated":
        reason = wording.note(verdict.reason or "not_computed")
        if any(note.key == SMALL_GROUPS for note in notes_in(verdict.reason)):
            return wording.text(f"{about}_too_few", reason=reason)
        return wording.text(f"{about}_not_evaluated", step=step_name(view, deciding.step), reason=reason)
    by_state = {kind: [name for name, state in deciding.rules if state == kind] for kind in ("met", "not_met", "inconclusive")}
    rules = [wording.text(f"invariance_rules_{kind}", rules=", ".join(names)) for kind, names in by_state.items() if names]
    kind = "fit" if deciding.step == FIRST else "step"
    why = wording.text(
        f"invariance_{kind}_{verdict.state}",
        step=step_name(view, deciding.step),
        amounts=_amounts(view, deciding),
        rules="; ".join(rules),
    )
    return wording.text(f"{about}_{verdict.state}", why=why)


def _exact(view: View, step: str) -> Row | None:
    """The exact test of a step: of the first its fit, of the others what they cost."""
    row = judged(view.of("invariance"), "chi2_scaled" if step == FIRST else "difference", step)
    return row if row is not None and row["p_value"] is not None else None


def _amounts(view: View, step: JudgedStep) -> str:
    wording, ending = view.wording, "" if step.step == FIRST else "_change"
    names = (step.shown.quantity, step.rmsea, f"srmr{ending}")
    figures = [
        f"{index_name(view, name)}\N{NO-BREAK SPACE}{wording.decimal(value, 3)}"
        for name, value in zip(names, step.values.values(), strict=True)
    ]
    exact = _exact(view, step.step)
    return ", ".join([*figures, *([wording.text("invariance_exact", p=p_in_words(view, exact["p_value"]))] if exact else [])])


def _exact_in_words(view: View, steps: list[JudgedStep]) -> list[str]:
    """How the exact tests of what the rules let pass as small go with that; and what few answers leave open."""
    exact = [row for one in steps if one.step != FIRST and (row := _exact(view, one.step)) is not None]
    rejected = any(row["p_value"] < _SIGNIFICANT for row in exact)
    n = min((one.shown.n for one in steps if one.shown.n is not None), default=0)
    smallest = smallest_group(view.of("invariance")) or 0
    if smallest >= _MANY and not rejected:
        return []
    key = "invariance_exact_many" if smallest >= _MANY else "invariance_exact_nevertheless" if rejected else "invariance_few"
    return [view.wording.text(key, n=view.wording.count(n), smallest=view.wording.count(smallest))]


def in_words(view: View) -> list[str]:
    """May relations be compared, may means, which item stands in the way, how large is the bias?"""
    return [*(_verdict(view, one) for one in comparisons(view)), *_items_in_words(view)]


def _items_in_words(view: View) -> list[str]:
    wording, rows = view.wording, view.of("invariance")
    count = find.one(rows, quantity="items_set_free", method=FIRST_WITH_MEANS)
    if count is None or count["estimate"] is None:
        return []
    means = next((one for one in comparisons(view) if one.criterion is MEANS), None)
    if means is not None and means.deciding.step == FIRST and means.state == "not_met":
        return [wording.text("invariance_items_without_factor")]
    if count["estimate"] == 0:
        return _no_item_in_words(view, means)
    said = []
    turns = find.where(rows, quantity="partial_invariance")
    for row in find.where(turns, method=judged_method(turns, FIRST_WITH_MEANS)):
        own = find.where(rows, quantity="expected_score_bias", item=row["item"])
        known = [one for one in own if one["method"].startswith("partial/") and one["estimate"] is not None]
        if known:
            words = _bias_words(view, max(known, key=lambda one: abs(one["estimate"])))
            allowed = means is not None and means.state == "met"
            first = "invariance_differing_item" if allowed else "invariance_blocking_item"
            key = first if row["category"] == 1 else "invariance_other_item"
            # The test is of all groups at once, and may find what no difference of two of them shows.
            alone = "" if any(map(find.away_from_zero, known)) else "_unclear"
            p = p_in_words(view, row["p_value"])
            tested = wording.text("invariance_all_at_once", p=p) if len(known) > 1 else p
            said.append(wording.text(f"{key}{alone}", p=tested, **words))
    worth = [row for row in find.where(rows, quantity="scale_score_bias") if row["method"].startswith("partial/")]
    if worth:
        amounts = [wording.text("invariance_amount", **_bias_words(view, row)) for row in worth if row["estimate"] is not None]
        said.append(wording.text("invariance_scale_bias", amounts="; ".join(amounts)))
    if count["note"] and "no_more_anchors" in count["note"]:
        said.append(wording.text("invariance_no_anchors"))
    return said


def _no_item_in_words(view: View, means: ComparisonVerdict | None) -> list[str]:
    """No item was set free. That none stands in the way is said where means may be compared, the smallest group has many
    answers, and no bias has an interval that says otherwise."""
    wording, rows = view.wording, view.of("invariance")
    known = [row for row in single_biases(rows) if row["estimate"] is not None]
    tests = find.where(rows, quantity="item_difference")
    by_item = (find.where(tests, item=item) for item in find.distinct(tests, "item"))
    found = [judged(own, "item_difference", FIRST_WITH_MEANS) for own in by_item]
    tested = [row for row in found if row is not None and row["p_value"] is not None]
    if not known or not tested:
        return []
    clearest = min(tested, key=lambda row: row["p_value"])
    biased = any(map(find.away_from_zero, known))
    smallest = smallest_group(rows) or 0
    shown = means is not None and means.state == "met" and smallest >= _MANY and not biased
    said = wording.text(
        "invariance_no_item" if shown else "invariance_no_item_found",
        p=p_in_words(view, clearest["p_value"]),
        limit=wording.decimal(LEVEL / len(tested), 3),
        n=wording.count(clearest["n"]),
        smallest=wording.count(smallest),
    )
    largest = _bias_words(view, max(known, key=lambda row: abs(row["estimate"])))
    return [f"{said} {wording.text('invariance_largest_bias', **largest)}"]


def _bias_words(view: View, row: Row) -> dict[str, str]:
    wording = view.wording
    return {
        "item": "" if row["item"] is None else wording.item(row["item"]),
        "pair": wording.method(row["method"].removeprefix("partial/")),
        "bias": wording.decimal(row["estimate"], 2),
        "low": wording.decimal(row["conf_low"], 2),
        "high": wording.decimal(row["conf_high"], 2),
    }


def findings(view: View) -> list[Finding]:
    title = view.wording.text("roles_compared")
    told = [Finding(unit=title, text=_verdict(view, one), anchor="invariance", state=one.state) for one in comparisons(view)]
    return [*told, *(Finding(unit=title, text=text, anchor="invariance") for text in _items_in_words(view))]
