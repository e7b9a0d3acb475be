"""The items: one table of all evidence, each item in one sentence, and what became of it in another form."""

from __future__ import annotations

from collections.abc import Iterator

from ..core.criteria import State
from ..core.results import Statistic
from ..present.blocks import Block, Bullets, Cell, Heading, Section, Table
from ..present.rows import Unit
from ..present.tables import Footnotes, head_cell, row_cell
from ..present.view import View
from .closing import criterion_source
from .item_evidence import OMEGA_DROPPED, Evidence, ItemEvidence, Known
from .item_rules import JudgedItem, sentence

# Marked in the table; what meets its cut-off is not.
_MARKED: tuple[State, ...] = ("not_met", "inconclusive")
# Of which coefficient it is what is lost without an item.
COEFFICIENTS = {
    "alpha_if_dropped_difference": "\N{GREEK SMALL LETTER ALPHA}",
    OMEGA_DROPPED: "\N{GREEK SMALL LETTER OMEGA}",
}
# What an item's own page has besides.
_ON_ITS_PAGE = ("lowest", "polyserial")
# Kinds of evidence beside each other where there is one role.
_BESIDE = 3


def section(view: View) -> Section | None:
    """The chapter; None where no item has any evidence."""
    evidence = ItemEvidence(view)
    if not evidence.kinds or not evidence.units:
        return None
    wording = view.wording
    blocks: list[Block] = [
        Bullets(texts=[sentence(JudgedItem(evidence, item)) for item in evidence.items]),
        _table(evidence),
        *_forms(evidence),
    ]
    return Section(key="items-table", title=wording.text("items_title"), question=wording.text("items_question"), blocks=blocks)


def kind_name(view: View, kind: Evidence, evidence: ItemEvidence) -> str:
    """A kind of evidence in words."""
    wording = view.wording
    if kind.key.startswith("unanswered_") and kind.method is not None:
        return wording.text("evidence_unanswered_reason", reason=wording.reason(kind.method))
    if kind.key == "bias":
        return wording.text("evidence_bias", first=wording.role(_first_role(evidence)))
    return wording.text(f"evidence_{kind.key}")


def _first_role(evidence: ItemEvidence) -> str:
    return next((one.pair.partition("~")[2] for one in evidence.changes if one.pair), "")


def asked(view: View, kind: Evidence) -> str:
    """The cut-off and who asks for it; empty where there is none."""
    criterion = kind.criterion
    if criterion is None or criterion.threshold is None:
        return ""
    limit = view.wording.limit(kind.quantity, criterion.threshold)
    return f"{criterion.sign} {limit}: {criterion_source(view, criterion, short=True)}"


def number_and_interval(view: View, one: Known) -> tuple[str, str]:
    """As they are shown."""
    wording, row = view.wording, one.row
    number = wording.number(row["quantity"], row["estimate"])
    return number, wording.interval(row["quantity"], row["conf_low"], row["conf_high"])


def _table(evidence: ItemEvidence) -> Table:
    """Items below each other, kind by kind; beside each other roles, or where there is one the kinds: nothing is out of sight
    on a narrow page."""
    view, wording = evidence.view, evidence.view.wording
    notes = Footnotes(wording)
    head, *body = _kind_by_kind(evidence, notes) if len(evidence.units) > 1 else _side_by_side(evidence, notes)
    remark = wording.text("items_evidence_remark")
    caption = wording.text("items_evidence_caption", level=wording.share(view.level, 0))
    return Table(caption=caption, head=[head], body=body, notes=notes.listed(), remark=remark)


def _shown(evidence: ItemEvidence) -> list[Evidence]:
    return [kind for kind in evidence.kinds if kind.key not in _ON_ITS_PAGE]


def _kind_by_kind(evidence: ItemEvidence, notes: Footnotes) -> Iterator[list[Cell]]:
    """The head and the lines, a column for each role or group."""
    view, units = evidence.view, evidence.units
    yield [head_cell(view.wording.column("item"), number=False), *(head_cell(view.unit(unit)) for unit in units)]
    for kind in _shown(evidence):
        title, alone = _title(evidence, kind)
        yield [Cell(text=title, scope="rowgroup", columns=1 + len(units), detail=asked(view, kind))]
        for item in evidence.items:
            cells = [_cell(evidence, kind, item, unit, notes, alone) for unit in units]
            yield [row_cell(view.wording.item(item)), *cells]


def _side_by_side(evidence: ItemEvidence, notes: Footnotes) -> Iterator[list[Cell]]:
    """The head and the lines of one role, a column for each kind, so many beside each other as there is room for."""
    view, kinds = evidence.view, _shown(evidence)
    (unit,) = evidence.units
    for first in range(0, len(kinds), _BESIDE):
        beside = kinds[first : first + _BESIDE]
        titles = [_title(evidence, kind) for kind in beside]
        filling = [Cell(text="") for _ in range(_BESIDE - len(beside))] if first else []
        names = [
            Cell(text=title, number=True, scope="col", detail=asked(view, kind))
            for (title, _), kind in zip(titles, beside, strict=True)
        ]
        yield [head_cell(view.wording.column("item"), number=False), *names, *filling]
        for item in evidence.items:
            cells = [_cell(evidence, kind, item, unit, notes, alone) for kind, (_, alone) in zip(beside, titles, strict=True)]
            yield [row_cell(view.wording.item(item)), *cells, *filling]


def _title(evidence: ItemEvidence, kind: Evidence) -> tuple[str, str | None]:
    """A kind of evidence in words, with the coefficient that all of it is of, where there is one."""
    known = (evidence.known(kind.key, item, unit) for item in evidence.items for unit in evidence.units)
    coefficients = {_coefficient(one) for one in known if one is not None}
    alone = coefficients.pop() if len(coefficients) == 1 else None
    title = kind_name(evidence.view, kind, evidence)
    return (f"{title} ({alone})" if alone else title), alone


def _coefficient(one: Known) -> str | None:
    """The coefficient that is looked at without the item; None of any other kind of evidence."""
    return COEFFICIENTS[one.row["quantity"]] if one.evidence.key == "dropped" else None


def _cell(evidence: ItemEvidence, kind: Evidence, item: str, unit: Unit, notes: Footnotes, alone: str | None) -> Cell:
    """alone: the coefficient that all of the kind is of, which is said above."""
    view, one = evidence.view, evidence.known(kind.key, item, unit)
    if one is None:
        reference = kind.key == "bias" and unit[0] == _first_role(evidence)
        return Cell(text=view.wording.text("evidence_reference") if reference else "", number=True)
    number, interval = number_and_interval(view, one)
    coefficient = _coefficient(one)
    if coefficient != alone and interval:
        interval = f"{coefficient}: {interval}"
    state = one.verdict.state if one.verdict is not None and one.verdict.state in _MARKED else None
    marks = notes.mark(one.row["note"]) if one.row["estimate"] is None else ()
    return Cell(text=number, number=True, detail=interval, state=state, marks=marks)


def _forms(evidence: ItemEvidence) -> list[Block]:
    """Where groups of another key than the role are compared."""
    view, wording = evidence.view, evidence.view.wording
    changes = evidence.changes
    if not changes or view.answers.by in (None, "role"):
        return []
    notes = Footnotes(wording)
    titles = ("items_forms_groups", "items_forms_verdict")
    sizes = ("loading_difference", "expected_score_bias")
    head = [
        head_cell(wording.column("item"), number=False),
        *(head_cell(wording.text(title), number=False) for title in titles),
        *(head_cell(wording.quantity(quantity)) for quantity in sizes),
    ]
    body = []
    for one in changes:
        marks = notes.mark(one.reason)
        body.append(
            [
                row_cell(wording.item(one.item)),
                Cell(text=wording.method(one.pair)),
                Cell(text=wording.text(f"change_{one.change}"), marks=marks),
                *(_size(view, row) for row in (one.loading, one.shift)),
            ]
        )
    first = next((wording.method(one.pair.partition("~")[2]) for one in changes if one.pair), "")
    table = Table(
        caption=wording.text("items_forms_caption"),
        head=[head],
        body=body,
        notes=notes.listed(),
        remark=wording.text("items_forms_remark"),
    )
    return [Heading(text=wording.text("items_forms_heading", first=first)), table]


def _size(view: View, row: Statistic | None) -> Cell:
    if row is None:
        return Cell(text="–", number=True)
    low, high = row.confidence_interval(view.level)
    number = view.wording.number(row.quantity, row.estimate)
    return Cell(text=number, number=True, detail=view.wording.interval(row.quantity, low, high))
