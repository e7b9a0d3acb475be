"""May groups be compared, and which item stands in the way?"""

from __future__ import annotations

from ...core.criteria import State
from ...present import rows as find
from ...present.blocks import Block, Bullets, Cell, Finding, Findings, Table
from ...present.released_rows import as_statistic
from ...present.rows import Row
from ...present.tables import head_cell, number_cell, row_cell
from ...present.view import View
from ...topics.invariance.comparability import MEANS, RELATIONS, ComparisonVerdict, comparisons
from ...topics.invariance.item_changes import item_changes
from ...topics.invariance.section_comparing import pair_dots, step_name
from ...topics.invariance.section_rows import smallest_group
from ...topics.invariance.section_words import findings
from .question import Answer, Question, Said, with_interval

# What is compared where nothing else is asked for, and keys that have words of their own.
_ROLES, _NAMED = "role", ("role", "wave", "form")
# A method of rows of the model with the differing items free.
_PARTIAL = "partial/"
# So many pairs of groups are named on the first page.
_PAIRS = 2


def compared(view: View) -> str:
    """What the groups are: 'role', 'wave', 'form', or 'groups'."""
    key = view.answers.by or _ROLES
    return key if key in _NAMED else "groups"


def words(view: View) -> dict[str, object]:
    return {"between": view.wording.text(f"story_between_{compared(view)}")}


def arises(view: View, analysis: str = "invariance") -> str | None:
    """Nobody asks of a scale that has one group by its nature."""
    if analysis in view.analyses:
        return None
    if not view.answers.instrument.role_keys and view.answers.by is None:
        return ""
    return view.wording.text("story_no_groups" if view.of(analysis) else "story_not_examined")


def _verdict(view: View, criterion: object) -> ComparisonVerdict | None:
    return next((one for one in comparisons(view) if one.criterion is criterion), None)


def decided(means: ComparisonVerdict | None, *, differs: bool) -> tuple[str, State]:
    """The word that answers it (`story_…`), and the state: that the rules let the steps pass is no yes where an item differs,
    since what it moves stays in the means."""
    state = "not_evaluated" if means is None else means.state
    if state == "met" and differs:
        return "comparison_reservation", "inconclusive"
    return state, state


def _decided(view: View) -> tuple[str, State]:
    return decided(_verdict(view, MEANS), differs=blocking(view) is not None)


def blocking(view: View) -> Row | None:
    """The item that differs first: its largest bias in scale points where the items that differ are free."""
    turns = find.where(view.of("invariance"), quantity="partial_invariance", category=1)
    item = next((row["item"] for row in turns if not row["method"].startswith("continuous/")), None)
    return None if item is None else _largest(view, "expected_score_bias", item=item)


def _known(view: View, quantity: str, **wanted: str) -> list[Row]:
    """Biases where the items that differ are free, pair by pair."""
    own = find.where(view.of("invariance"), quantity=quantity, **wanted)
    return [row for row in own if row["method"].startswith(_PARTIAL) and row["estimate"] is not None]


def _largest(view: View, quantity: str, **wanted: str) -> Row | None:
    return max(_known(view, quantity, **wanted), key=lambda row: abs(row["estimate"]), default=None)


def _size(view: View, row: Row) -> dict[str, str]:
    return {"bias": with_interval(view, row), "pair": view.wording.method(row["method"].removeprefix(_PARTIAL))}


def _item_in_words(view: View, row: Row) -> str:
    return view.wording.text("story_comparison_item", item=view.wording.item(row["item"]), **_size(view, row))


def together(view: View) -> Answer:
    (word, state), relations, item = _decided(view), _verdict(view, RELATIONS), blocking(view)
    text = view.wording.text(f"story_{word}")
    if word != "comparison_reservation" and state != "met" and relations is not None and relations.state == "met":
        text = view.wording.text("story_comparison_relations", answer=text)
    means = _verdict(view, MEANS)
    if item is not None:
        number = _item_in_words(view, item)
    elif state == "not_evaluated" and means is not None and means.reason:
        number = view.wording.note(means.reason)
    else:
        number = view.wording.text("story_comparison_no_item")
    return Answer(text=text, number=number, state=state)


def _biases(view: View) -> list[Row]:
    """Of every item, as the table of the items has it: beside the items that were set free."""
    changes = item_changes(as_statistic(row) for row in view.of("invariance"))
    wanted = {(one.item, one.shift.method) for one in changes if one.shift is not None}
    rows = find.where(view.of("invariance"), quantity="expected_score_bias")
    found = [row for row in rows if (row["item"], row["method"]) in wanted]
    return [{**row, "method": row["method"].rpartition("/")[2]} for row in found]


def page(view: View) -> list[Block]:
    wording = view.wording
    plot = pair_dots(
        view,
        "story-bias",
        _biases(view),
        title=wording.text("invariance_bias_plot"),
        xlabel=wording.text("axis_scale_points"),
    )
    table = _steps(view)
    told = findings(view)
    between = wording.text(f"story_between_{compared(view)}")
    boxed = [
        _boxed(view, one, text.text, between[:1].upper() + between[1:])
        for one, text in zip(comparisons(view), told, strict=False)
    ]
    items = [one.text for one in told[len(boxed) :]]
    return [
        *([Findings(about=wording.text("story_comparison_title"), findings=boxed, boxed=True)] if boxed else []),
        *([Bullets(texts=items)] if items else []),
        *([plot] if plot else []),
        *([table] if table else []),
        Bullets(texts=[wording.text("story_comparison_wording")]),
    ]


def _boxed(view: View, verdict: ComparisonVerdict, text: str, groups: str) -> Finding:
    """What may be compared, with the answer that the first page gives to it."""
    word, state = _decided(view) if verdict.criterion is MEANS else (verdict.state, verdict.state)
    return Finding(unit=groups, text=text, state=state, verdict=view.wording.text(f"story_{word}"))


def _steps(view: View) -> Table | None:
    """The steps that comparing means takes, with what the rules say of each."""
    wording, means = view.wording, _verdict(view, MEANS)
    if means is None or not means.steps:
        return None
    words = ("step_heading", "verdict_heading")
    head = [
        *(head_cell(wording.text(word), number=False) for word in words),
        *(head_cell(name) for name in ("CFI, ΔCFI", "RMSEA, ΔRMSEA", "SRMR, ΔSRMR")),
    ]
    body = [
        [
            row_cell(step_name(view, step.step)),
            Cell(text=wording.text(f"state_{step.state}"), state=step.state),
            *(number_cell(wording.decimal(value, 3)) for value in step.values.values()),
        ]
        for step in means.steps
    ]
    fit, *changes = means.steps
    of_fit, of_changes = (list(dict.fromkeys(name for step in steps for name, _ in step.rules)) for steps in ([fit], changes))
    remark = [wording.text("story_comparison_steps_remark")]
    if of_fit and of_changes:
        rules = {"fit": wording.listed(of_fit), "changes": wording.listed(of_changes)}
        remark.append(wording.text("story_comparison_rules", **rules))
    n, smallest = means.deciding.shown.n, smallest_group(view.of("invariance"))
    if n and smallest:
        remark.append(wording.text("story_comparison_n", n=wording.count(n), smallest=wording.count(smallest)))
    return Table(caption=wording.text("story_comparison_caption"), head=[head], body=body, remark=" ".join(remark), stacks=True)


def said(view: View) -> Said:
    wording, item = view.wording, blocking(view)
    if arises(view):
        return Said()
    word, state = _decided(view)
    shift = "" if item is None else wording.text("story_comparison_but", item=_item_in_words(view, item))
    told = wording.text("story_comparison_may", **words(view)) + shift + "."
    if word == "comparison_reservation":
        told = _with_a_reservation(view)
    if word == "comparison_reservation" or state == "met":
        return Said(may=[told])
    return Said(may_not=[told]) if state == "not_met" else Said(open=[told])


def _with_a_reservation(view: View) -> str:
    """By how much a plain comparison would be wrong: in the mean of all items, of each pair where these are few."""
    wording, item, largest = view.wording, blocking(view), _largest(view, "scale_score_bias")
    assert item is not None
    if largest is None:
        return wording.text("story_comparison_may_but", item=_item_in_words(view, item), **words(view))
    every = _known(view, "scale_score_bias")
    told = every if len(every) <= _PAIRS else [largest]
    each = wording.listed([wording.text("story_comparison_points", **_size(view, row)) for row in told])
    key = "story_comparison_may_less" if told == every else "story_comparison_may_less_at_most"
    return wording.text(key, item=wording.item(item["item"]), each=each, **words(view))


QUESTION = Question(
    key="comparison",
    together=together,
    arises=arises,
    page=page,
    said=said,
    words=words,
    evidence=("invariance", "dif", "role_comparison"),
)
