"""Measurement invariance: may means be compared, may correlations, which item stands in the way, how large is the bias?"""

from __future__ import annotations

from ...criteria import State
from ...invariance_rules import RULES, StepVerdict, change, judge_step, together
from ...plots import rows as find
from ...plots.rows import Row
from ..blocks import Block, Bullets, Cell, Finding, Heading, Paragraph, Table
from ..tables import Column, Footnotes, Line, estimate_and_interval, head_cell, number_cell, row_cell, table
from ..view import View, p_in_words
from .comparing import pair_dots, pairs_as_units

ORDINAL = ("configural", "thresholds", "loadings", "intercepts", "residuals")
CONTINUOUS = ("continuous/configural", "continuous/metric", "continuous/scalar", "continuous/strict")
JOINED = tuple(f"joined/{step}" for step in ORDINAL)
# The step at which relations, and that at which means can be compared.
_RELATIONS, _MEANS = "loadings", "intercepts"
# The exact test is said to reject below this.
_SIGNIFICANT = 0.05
_CHANGES = ("cfi_robust_change", "cfi_scaled_change", "rmsea_robust_change", "rmsea_scaled_change", "srmr_change")


def build(view: View) -> list[Block]:
    wording, rows = view.wording, view.of("invariance")
    blocks: list[Block] = [Paragraph(text=wording.text("invariance_text")), Bullets(texts=in_words(view))]
    blocks += _ladder_and_rules(view, ORDINAL, "invariance_ordinal_caption")
    bias = _single_biases(rows)
    plot = pair_dots(
        view, "invariance-bias", bias, title=wording.text("invariance_bias_plot"), xlabel=wording.text("axis_scale_points")
    )
    blocks += [Heading(text=wording.text("invariance_items_heading")), *([plot] if plot else [])]
    if bias:
        blocks.append(_biases(view, bias, "invariance_bias_caption"))
    blocks += _items_and_means(view, _MEANS, "")
    if find.one(rows, method="joined/configural") is not None:
        blocks += [Heading(text=wording.text("invariance_joined_heading")), _ladder(view, JOINED, "invariance_joined_caption")]
    blocks.append(Heading(text=wording.text("invariance_continuous_heading")))
    blocks += _ladder_and_rules(view, CONTINUOUS, "invariance_continuous_caption")
    return blocks + _items_and_means(view, "continuous/scalar", "continuous/")


def _single_biases(rows: list[Row]) -> list[Row]:
    """Each item by itself, ordered answers."""
    return [row for row in find.where(rows, quantity="expected_score_bias") if "/" not in (row["method"] or "")]


# ---------------------------------------------------------------- the ladder


def _judged(rows: list[Row], quantity: str, method: str) -> Row | None:
    """The test to judge by: the one for small samples, where there is one."""
    for one in (f"{method}/small_sample", method):
        row = find.one(rows, quantity=quantity, method=one)
        if row is not None and row["p_value"] is not None:
            return row
    return find.one(rows, quantity=quantity, method=method)


def _changes(rows: list[Row], step: str) -> dict[str, float | None]:
    return {quantity: find.estimate(rows, quantity=quantity, method=step) for quantity in _CHANGES}


def _ladder_and_rules(view: View, steps: tuple[str, ...], caption: str) -> list[Block]:
    blocks: list[Block] = [_ladder(view, steps, caption)]
    rules = _rules(view, steps)
    return [*blocks, rules] if rules else blocks


def _ladder(view: View, steps: tuple[str, ...], caption: str) -> Table:
    wording, rows = view.wording, view.of("invariance")
    head = [
        [
            head_cell(wording.text("step_heading"), number=False, rows=2),
            head_cell(wording.quantity("chi2_scaled"), columns=3, starts_group=True),
            head_cell(wording.quantity("difference"), columns=3, starts_group=True),
            *(head_cell(name, columns=2, starts_group=True) for name in ("CFI", "RMSEA", "SRMR")),
        ],
        [
            *(head_cell(name, starts_group=name == "χ²") for name in ("χ²", "df", "p")),
            *(head_cell(name, starts_group=name == "Δχ²") for name in ("Δχ²", "df", "p")),
            *(head_cell(name, starts_group=name != "Δ") for name in ("CFI", "Δ", "RMSEA", "Δ", "SRMR", "Δ")),
        ],
    ]
    notes = Footnotes(wording)
    body = [_step(view, step, notes) for step in steps if find.one(rows, method=step) is not None]
    small = any(find.one(rows, quantity="chi2_scaled", method=f"{step}/small_sample") for step in steps)
    remark = wording.text("invariance_ladder_remark_few" if small else "invariance_ladder_remark")
    return Table(caption=wording.text(caption), head=head, body=body, notes=notes.listed(), remark=remark, wide=True)


def _step(view: View, step: str, notes: Footnotes) -> list[Cell]:
    wording, rows = view.wording, view.of("invariance")
    fit, difference = (_judged(rows, quantity, step) for quantity in ("chi2_scaled", "difference"))
    first = difference is None

    def test(row: Row | None) -> list[Cell]:
        if row is None:
            return [number_cell("", starts_group=True), number_cell(""), number_cell("")]
        figures = (wording.decimal(row["statistic"], 1), wording.decimal(row["df"], 0), wording.p_value(row["p_value"]))
        marks = notes.mark(row["note"])
        return [number_cell(figures[0], starts_group=True, marks=marks), *(number_cell(one) for one in figures[1:])]

    def index(name: str) -> list[Cell]:
        value, moved = (find.estimate(rows, quantity=one, method=step) for one in (name, f"{name}_change"))
        return [
            number_cell(wording.decimal(value, 3), starts_group=True),
            number_cell("" if first else wording.decimal(moved, 3)),
        ]

    # Robust indices where the whole ladder has them.
    kind = "robust" if step.startswith("continuous/") else "scaled"
    cells = [cell for name in (f"cfi_{kind}", f"rmsea_{kind}", "srmr") for cell in index(name)]
    return [row_cell(wording.method(step)), *test(fit), *test(difference), *cells]


def _rules(view: View, steps: tuple[str, ...]) -> Table | None:
    """Steps by rules, with what each says and what it looks at."""
    wording, rows = view.wording, view.of("invariance")
    told = {step: judge_step(step, _changes(rows, step)) for step in steps[1:] if find.one(rows, method=step) is not None}
    known = {verdict.rule.key for verdicts in told.values() for verdict in verdicts}
    rules = [rule for rule in RULES if rule.key in known]
    if not rules:
        return None
    head = [
        [
            head_cell(wording.text("step_heading"), number=False),
            *(head_cell(rule.name, number=False) for rule in rules),
        ]
    ]
    body = []
    for step, verdicts in told.items():
        by_rule = {verdict.rule.key: verdict for verdict in verdicts}
        body.append([row_cell(wording.method(step)), *(_rule_cell(view, by_rule.get(rule.key)) for rule in rules)])
    remark = " ".join([wording.text("invariance_rules_remark"), *(f"{rule.source}." for rule in rules)])
    return Table(caption=wording.text("invariance_rules_caption"), head=head, body=body, remark=remark, wide=True)


def _rule_cell(view: View, verdict: StepVerdict | None) -> Cell:
    wording = view.wording
    if verdict is None:
        return Cell(text="–")
    limits = verdict.rule.limits_of(verdict.step)
    asked = [f"ΔCFI ≥ {wording.decimal(-limits.cfi, 3)}"]
    asked += [] if limits.rmsea is None else [f"ΔRMSEA ≤ {wording.decimal(limits.rmsea, 3)}"]
    asked += [] if limits.srmr is None else [f"ΔSRMR ≤ {wording.decimal(limits.srmr, 3)}"]
    return Cell(text=wording.text(f"state_{verdict.state}"), state=verdict.state, detail="; ".join(asked))


# ---------------------------------------------------------------- items and means


def _biases(view: View, rows: list[Row], caption: str) -> Table:
    wording = view.wording
    pairs = [{**row, "method": row["method"].rpartition("/")[2]} for row in rows]
    named = pairs_as_units(view, pairs)
    lines: list[Line] = [(wording.item(item), {"item": item}) for item in find.distinct(named, "item")]
    if find.where(named, quantity="scale_score_bias"):
        lines.append((wording.quantity("scale_score_bias"), {"item": None, "quantity": "scale_score_bias"}))
    columns = estimate_and_interval(view, wording.column("estimate"))
    return table(view, named, caption=wording.text(caption), key_heading=wording.column("item"), lines=lines, columns=columns)


def _items_and_means(view: View, step: str, prefix: str) -> list[Block]:
    """Items one at a time, items set free in turn with what they are worth, and latent means; of one ladder."""
    rows = view.of("invariance")
    blocks: list[Block] = []
    for quantity, key in (("item_difference", "invariance_item"), ("partial_invariance", "invariance_partial")):
        judged = _judged_method(find.where(rows, quantity=quantity), step)
        if judged is not None:
            blocks.append(_tests(view, quantity, judged, key))
    free = [row for row in rows if (row["method"] or "").startswith(f"{prefix}partial/")]
    if free:
        blocks.append(_biases(view, free, "invariance_partial_bias_caption"))
    means = [row for row in find.where(rows, quantity="latent_mean") if row["method"].startswith(f"{step}/")]
    return [*blocks, _means(view, means, step)] if means else blocks


def _judged_method(rows: list[Row], step: str) -> str | None:
    """The method to judge by, if the rows have the step at all."""
    methods = find.distinct(rows, "method")
    return next((one for one in (f"{step}/small_sample", step) if one in methods), None)


def _tests(view: View, quantity: str, method: str, key: str) -> Table:
    wording = view.wording
    own = find.where(view.of("invariance"), quantity=quantity, method=method)
    return table(
        view,
        own,
        caption=wording.text(f"{key}_caption"),
        key_heading=wording.column("item"),
        lines=[(wording.item(item), {"item": item}) for item in find.distinct(own, "item")],
        columns=[Column(wording.column(name), name) for name in ("statistic", "df", "p_value")],
        remark=wording.text(f"{key}_remark"),
    )


def _means(view: View, rows: list[Row], step: str) -> Table:
    """All items equal, and with items set free."""
    wording = view.wording
    lines: list[Line] = [
        (wording.method(method.removeprefix(f"{step}/")), {"method": method}) for method in find.distinct(rows, "method")
    ]
    return table(
        view,
        rows,
        caption=wording.text("invariance_means_caption"),
        key_heading=wording.text("group_heading"),
        lines=lines,
        columns=estimate_and_interval(view, wording.column("estimate")),
        remark=wording.text("invariance_means_remark"),
    )


# ---------------------------------------------------------------- in words


def _verdict(view: View, step: str) -> tuple[State, str]:
    """May what this step allows be compared, by the rules together; and the sentence that says so."""
    wording, rows = view.wording, view.of("invariance")
    changes, test = _changes(rows, step), _judged(rows, "difference", step)
    verdicts = judge_step(step, changes)
    state = together(verdict.state for verdict in verdicts)
    if state == "not_evaluated":
        note = next((row["note"] for row in find.where(rows, method=step) if row["note"]), "not_computed")
        return state, wording.text(f"invariance_{step}_not_evaluated", reason=wording.note(note))
    names = {kind: [one.rule.name for one in verdicts if one.state == kind] for kind in ("met", "not_met", "inconclusive")}
    parts = [wording.text(f"invariance_rules_{kind}", rules=", ".join(names[kind])) for kind in names if names[kind]]
    text = wording.text(
        f"invariance_{step}_{state}",
        cfi=wording.decimal(change(changes, "cfi_scaled_change"), 3),
        rmsea=wording.decimal(change(changes, "rmsea_scaled_change"), 3),
        srmr=wording.decimal(change(changes, "srmr_change"), 3),
        rules="; ".join(parts),
    )
    if test is None or test["p_value"] is None:
        return state, text
    exact = "rejects" if test["p_value"] < _SIGNIFICANT else "accepts"
    said = wording.text(f"invariance_exact_{exact}", p=p_in_words(view, test["p_value"]), n=wording.count(test["n"]))
    return state, f"{text} {said}"


def in_words(view: View) -> list[str]:
    """May relations be compared, may means, which item stands in the way, how large is the bias?"""
    return [_verdict(view, _RELATIONS)[1], _verdict(view, _MEANS)[1], *_items_in_words(view)]


def _items_in_words(view: View) -> list[str]:
    wording, rows = view.wording, view.of("invariance")
    count = find.one(rows, quantity="items_set_free", method=_MEANS)
    if count is None or count["estimate"] is None:
        return []
    if count["estimate"] == 0:
        known = [row for row in _single_biases(rows) if row["estimate"] is not None]
        if not known:
            return []
        return [wording.text("invariance_no_item", **_bias_words(view, max(known, key=lambda row: abs(row["estimate"]))))]
    said = []
    turns = find.where(rows, quantity="partial_invariance")
    for row in find.where(turns, method=_judged_method(turns, _MEANS)):
        own = find.where(rows, quantity="expected_score_bias", item=row["item"])
        known = [one for one in own if one["method"].startswith("partial/") and one["estimate"] is not None]
        if known:
            words = _bias_words(view, max(known, key=lambda one: abs(one["estimate"])))
            key = "invariance_blocking_item" if row["category"] == 1 else "invariance_other_item"
            said.append(wording.text(key, p=p_in_words(view, row["p_value"]), **words))
    worth = [row for row in find.where(rows, quantity="scale_score_bias") if row["method"].startswith("partial/")]
    if worth:
        amounts = [wording.text("invariance_amount", **_bias_words(view, row)) for row in worth if row["estimate"] is not None]
        said.append(wording.text("invariance_scale_bias", amounts="; ".join(amounts)))
    if count["note"] and "no_more_anchors" in count["note"]:
        said.append(wording.text("invariance_no_anchors"))
    return said


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
    told = [
        Finding(unit=title, text=text, anchor="invariance", state=state)
        for state, text in (_verdict(view, step) for step in (_RELATIONS, _MEANS))
    ]
    return [*told, *(Finding(unit=title, text=text, anchor="invariance") for text in _items_in_words(view))]
