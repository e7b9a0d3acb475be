"""Measurement invariance: may means be compared, may correlations, which item stands in the way, how large is the bias?"""

from __future__ import annotations

import math

from ...core.criteria import Criterion, State
from ...core.note import joined
from ...present import rows as find
from ...present.blocks import Block, Bullets, Cell, Heading, Paragraph, Table
from ...present.rows import Row
from ...present.tables import (
    Column,
    Footnotes,
    Line,
    estimate_and_interval,
    head_cell,
    number_cell,
    parts,
    row_cell,
    table,
)
from ...present.view import View
from .comparability import FIRST, comparisons
from .rules import FIT_RULES, RULES, ChangeRule, FitRule, StepVerdict, judge_fit, judge_step
from .section_comparing import index_name, pair_dots, pairs_as_units
from .section_rows import FIRST_WITH_MEANS, judged, judged_method, single_biases
from .section_words import findings as findings
from .section_words import in_words

ORDINAL = ("configural", "thresholds", "loadings", "intercepts", "residuals")
CONTINUOUS = ("continuous/configural", "continuous/metric", "continuous/scalar", "continuous/strict")
JOINED = tuple(f"joined/{step}" for step in ORDINAL)
_CHANGES = ("cfi_robust_change", "cfi_scaled_change", "rmsea_robust_change", "rmsea_scaled_change", "srmr_change")


def build(view: View) -> list[Block]:
    wording, rows = view.wording, view.of("invariance")
    blocks: list[Block] = [Paragraph(text=wording.text("invariance_text")), Bullets(texts=in_words(view))]
    blocks += [_ladder(view, ORDINAL, "invariance_ordinal_caption"), *_first_step(view), *_rules(view, ORDINAL)]
    bias = single_biases(rows)
    plot = pair_dots(
        view, "invariance-bias", bias, title=wording.text("invariance_bias_plot"), xlabel=wording.text("axis_scale_points")
    )
    blocks += [Heading(text=wording.text("invariance_items_heading")), *([plot] if plot else [])]
    if bias:
        blocks.append(_biases(view, bias, "invariance_bias_caption"))
    blocks += _items_and_means(view, FIRST_WITH_MEANS, "")
    if find.one(rows, method="joined/configural") is not None:
        blocks += [Heading(text=wording.text("invariance_joined_heading")), _ladder(view, JOINED, "invariance_joined_caption")]
    blocks.append(Heading(text=wording.text("invariance_continuous_heading")))
    blocks += [_ladder(view, CONTINUOUS, "invariance_continuous_caption"), *_rules(view, CONTINUOUS)]
    return blocks + _items_and_means(view, "continuous/scalar", "continuous/")


# ---------------------------------------------------------------- the ladder


def _changes(rows: list[Row], step: str) -> dict[str, float | None]:
    return {quantity: find.estimate(rows, quantity=quantity, method=step) for quantity in _CHANGES}


def _ladder(view: View, steps: tuple[str, ...], caption: str) -> Table:
    wording, rows = view.wording, view.of("invariance")
    head = [
        [
            head_cell("", number=False, rows=2),
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
    known = [step for step in steps if find.one(rows, method=step) is not None]
    common = _common_notes(rows, known)
    head[0][0] = head_cell(wording.text("step_heading"), number=False, rows=2, marks=notes.mark(joined(*common)))
    body = [_step(view, step, notes, common) for step in known]
    small = any(find.one(rows, quantity="chi2_scaled", method=f"{step}/small_sample") for step in steps)
    remark = wording.text("invariance_ladder_remark_few" if small else "invariance_ladder_remark")
    return Table(caption=wording.text(caption), head=head, body=body, notes=notes.listed(), remark=remark, wide=True)


def _common_notes(rows: list[Row], steps: list[str]) -> list[str]:
    """Notes that every row of a ladder carries, which are said once; a ladder of one step has none."""
    own = [parts(row["note"]) for row in rows if row["method"] in steps]
    return [part for part in own[0] if all(part in one for one in own)] if len(steps) > 1 else []


def _step(view: View, step: str, notes: Footnotes, common: list[str]) -> list[Cell]:
    wording, rows = view.wording, view.of("invariance")
    first = find.one(rows, quantity="difference", method=step) is None
    said = list(common)

    def marks(*quantities: str) -> tuple[str, ...]:
        """Letters of what is to be known of these numbers, each once in a line."""
        methods = (step, f"{step}/small_sample")
        told = [
            part for row in rows if row["quantity"] in quantities and row["method"] in methods for part in parts(row["note"])
        ]
        new = list(dict.fromkeys(part for part in told if part not in said))
        said.extend(new)
        return notes.mark(joined(*new))

    def test(quantity: str) -> list[Cell]:
        row = judged(rows, quantity, step)
        if row is None:
            return [number_cell("", starts_group=True), number_cell(""), number_cell("")]
        figures = (wording.decimal(row["statistic"], 1), wording.decimal(row["df"], 0), wording.p_value(row["p_value"]))
        return [number_cell(figures[0], starts_group=True, marks=marks(quantity)), *(number_cell(one) for one in figures[1:])]

    def index(name: str) -> list[Cell]:
        value, moved = (find.estimate(rows, quantity=one, method=step) for one in (name, f"{name}_change"))
        return [
            number_cell(wording.decimal(value, 3), starts_group=True, marks=marks(name)),
            number_cell("" if first else wording.decimal(moved, 3), marks=marks(f"{name}_change")),
        ]

    # Robust indices where the whole ladder has them.
    kind = "robust" if step.startswith("continuous/") else "scaled"
    tests = [*test("chi2_scaled"), *test("difference")]
    cells = [cell for name in (f"cfi_{kind}", f"rmsea_{kind}", "srmr") for cell in index(name)]
    return [row_cell(wording.method(step)), *tests, *cells]


def _first_step(view: View) -> list[Block]:
    """Does one factor fit in every group? Indices beside the cut-offs of each system, and what it makes of them together."""
    first = next((one for verdict in comparisons(view) for one in verdict.steps if one.step == FIRST), None)
    if first is None:
        return []
    wording = view.wording
    head = [
        head_cell(wording.text("index_heading"), number=False),
        head_cell(wording.text("observed_heading")),
        *(head_cell(rule.name, number=False) for rule in FIT_RULES),
    ]
    names = {"cfi": first.shown.quantity, "rmsea": first.rmsea, "srmr": "srmr"}
    body = [
        [
            row_cell(index_name(view, quantity)),
            number_cell(wording.decimal(first.values[index], 3)),
            *(_cut_off(view, rule, index, first.values[index]) for rule in FIT_RULES),
        ]
        for index, quantity in names.items()
    ]
    whole = [
        Cell(
            text=wording.text(f"state_{state}"),
            state=state,
            detail=wording.text("invariance_one_index" if rule.one_is_enough else "invariance_all_indices"),
        )
        for rule, state in judge_fit(first.values)
    ]
    body.append([row_cell(wording.text("invariance_fit_whole")), number_cell(""), *whole])
    remark = " ".join([wording.text("invariance_fit_remark"), *(f"{rule.source}." for rule in FIT_RULES)])
    return [Table(caption=wording.text("invariance_fit_caption"), head=[head], body=body, remark=remark)]


def _cut_off(view: View, rule: FitRule, index: str, value: float) -> Cell:
    criterion: Criterion = next(one for one in rule.criteria if one.quantity.partition("_")[0] == index)
    cut = f"{criterion.sign} {view.wording.decimal(criterion.threshold, 2)}"
    if math.isnan(value):
        return Cell(text=cut)
    state: State = "met" if criterion.accepts(value) else "not_met"
    return Cell(text=view.wording.text(f"state_{state}"), state=state, detail=cut)


def _rules(view: View, steps: tuple[str, ...]) -> list[Block]:
    """Steps by rules, with what each says and what it looks at."""
    wording, rows = view.wording, view.of("invariance")
    told = {step: judge_step(step, _changes(rows, step)) for step in steps[1:] if find.one(rows, method=step) is not None}
    known = {verdict.rule.key for verdicts in told.values() for verdict in verdicts}
    rules = [rule for rule in RULES if rule.key in known]
    if not rules:
        return []
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
    remark = " ".join([wording.text("invariance_rules_remark"), *(f"{_source(view, rule)}." for rule in rules)])
    return [Table(caption=wording.text("invariance_rules_caption"), head=head, body=body, remark=remark, wide=True)]


def _source(view: View, rule: ChangeRule) -> str:
    return view.wording.text("quoted_source", source=rule.source) if rule.quoted else rule.source


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
        judged = judged_method(find.where(rows, quantity=quantity), step)
        if judged is not None:
            blocks.append(_tests(view, quantity, judged, key))
    worth = [row for row in rows if row["quantity"] in ("expected_score_bias", "scale_score_bias")]
    free = [row for row in worth if row["method"].startswith(f"{prefix}partial/")]
    if free:
        blocks.append(_biases(view, free, "invariance_partial_bias_caption"))
    means = [row for row in find.where(rows, quantity="latent_mean") if row["method"].startswith(f"{step}/")]
    return [*blocks, _means(view, means, step)] if means else blocks


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
