"""How the file was read, in one line with details below it, and whether this report may be handed on, likewise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..present.blocks import Block, Bullets, Cell, Details, Paragraph, Section, Table
from ..present.tables import head_cell, number_cell, row_cell
from ..present.view import View
from ..present.wording import clean
from ..survey.codes import reason_codes
from ..survey.how_read import HowRead, ValueRead


def how_read(view: View) -> Section:
    wording, account = view.wording, view.answers.account
    files = account.files if account is not None else ()
    blocks: list[Block] = []
    for file in files:
        blocks.append(Paragraph(text=line(view, file), tone="lead"))
        blocks.append(
            Details(summary=wording.text("read_columns_summary", name=file.name), blocks=[_columns(view, file)], printed=False)
        )
        if file.values is None:
            blocks.append(Paragraph(text=wording.text("read_no_values"), tone="remark"))
            continue
        tables = [_values(view, item, values) for item, values in file.values.items() if item in view.answers.items]
        blocks.append(Details(summary=wording.text("read_values_summary", name=file.name), blocks=tables, printed=False))
    if not files:
        blocks.append(Paragraph(text=wording.text("read_no_file")))
    return Section(key="how_read", title=wording.text("read_title"), question=wording.text("read_question"), blocks=blocks)


def line(view: View, file: HowRead) -> str:
    """Columns that were found, and what was found out or said of the file."""
    wording = view.wording
    read = [item for item in view.answers.items if file.items.get(item) is not None]
    parts = [wording.text("read_line", name=file.name, k=len(read), of=len(view.answers.items), keys=len(file.keys))]
    if file.found:
        parts.append(wording.text("read_found", facts=_facts(view, file.found)))
    if file.stated:
        parts.append(wording.text("read_stated", facts=_facts(view, file.stated)))
    return " ".join(parts)


def _facts(view: View, facts: Mapping[str, str]) -> str:
    wording = view.wording
    named = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "bar"}

    def shown(value: str) -> str:
        key = f"fact_is_{named.get(value, value.partition(' ')[0].casefold())}"
        return wording.text(key) if wording.has_text(key) else clean(value)

    return ", ".join(f"{wording.text(f'fact_{name}')}: {shown(value)}" for name, value in facts.items())


def _columns(view: View, file: HowRead) -> Table:
    wording = view.wording
    head = [[head_cell(wording.text(key), number=False) for key in ("read_as_heading", "read_column_heading")]]
    items = [(wording.item(item), file.items.get(item)) for item in view.answers.items]
    keys = [(wording.key(name), column) for name, column in file.keys.items()]
    body = [
        [row_cell(name), Cell(text=wording.text("read_not_shown") if column is None else clean(column))]
        for name, column in (*items, *keys)
    ]
    return Table(caption=wording.text("read_columns_caption"), head=head, body=body)


def _values(view: View, item: str, values: Sequence[ValueRead]) -> Table:
    """Values that few hold are joined, so that nobody stands alone."""
    wording = view.wording
    head = [[head_cell(wording.text(key), number=False) for key in ("read_value_heading", "read_meaning_heading")]]
    head[0].append(head_cell(wording.text("read_answers_heading")))
    shown, joined = apart(values, view.disclosure.minimum_respondents if view.disclosure.active else 0)
    body = [
        [row_cell(_raw(view, value)), Cell(text=_meaning(view, value.code)), number_cell(wording.count(value.answers))]
        for value in shown
    ]
    if joined:
        together = wording.text("read_joined", n=len(joined))
        body.append([row_cell(together), Cell(text=""), number_cell(wording.count(sum(value.answers for value in joined)))])
    turned = view.answers.instrument.item(item).reversed
    remark = wording.text("read_reversed") if turned else ""
    return Table(caption=wording.text("read_values_caption", item=wording.item(item)), head=head, body=body, remark=remark)


def apart(values: Sequence[ValueRead], minimum: int) -> tuple[list[ValueRead], list[ValueRead]]:
    """Values that are shown, and those that are joined: all with fewer answers than the minimum, and as many more of the next
    ones as it takes for these to be that many together."""
    few = [value for value in values if value.answers < minimum]
    rest = sorted((value for value in values if value.answers >= minimum), key=lambda value: value.answers)
    while few and sum(value.answers for value in few) < minimum and rest:
        few.append(rest.pop(0))
    return [value for value in values if value not in few], few


def non_answers_read(view: View, file: HowRead) -> str:
    """Which raw values are which way not to answer, over all items; without numbers where an item's table joins the value."""
    minimum = view.disclosure.minimum_respondents if view.disclosure.active else 0
    joined, read = set[str](), dict[int, dict[str, int]]()
    for values in (file.values or {}).values():
        shown, few = apart(values, minimum)
        joined |= {_raw(view, value) for value in few}
        for value in shown:
            if value.code < 0:
                of_code = read.setdefault(value.code, {})
                of_code[_raw(view, value)] = of_code.get(_raw(view, value), 0) + value.answers

    def told(raw: str, answers: int) -> str:
        return raw if raw in joined else f"{raw} ({view.wording.count(answers)})"

    said = [
        view.wording.text("read_as", meaning=_meaning(view, code), values=", ".join(told(*one) for one in read[code].items()))
        for code in sorted(read, reverse=True)
    ]
    return "; ".join(said)


def _raw(view: View, value: ValueRead) -> str:
    raw = value.raw or view.wording.text("read_empty")
    return clean(f"{raw} ({value.label})" if value.label and value.label != value.raw else raw)


def _meaning(view: View, code: int) -> str:
    wording, about = view.wording, view.answers.instrument
    if code > 0:
        return wording.category(about.categories[code - 1])
    key = {number: key for key, number in reason_codes(about).items()}[code]
    return wording.text("read_not_shown") if key == "not_shown" else wording.reason(key)


def handing_on(view: View, *, synthetic: bool) -> Section:
    """What was withheld, and what the numbers still tell."""
    wording, answers, policy = view.wording, view.answers, view.disclosure
    figures = {"people": policy.minimum_respondents, "leaders": policy.minimum_leaders}
    kind = "synthetic" if synthetic else "open" if not policy.active else "policy_leaders" if view.leaders else "policy"
    facts = [
        wording.text(f"hand_on_{key}", **figures)
        for key in (["all"] if not policy.active else ["before", "digits", "joined", "still"])
    ]
    roles = [wording.role(role) for role in answers.withheld_roles]
    groups = [wording.unit(*unit) for unit in answers.withheld_groups()]
    if policy.active:
        named = ", ".join([*roles, *groups])
        facts.insert(0, wording.text("hand_on_withheld", named=named) if named else wording.text("hand_on_nobody_named"))
    facts.append(wording.text("hand_on_synthetic_said" if synthetic else "hand_on_not_synthetic"))
    blocks: list[Block] = [
        Paragraph(text=wording.text(f"hand_on_line_{kind}", **figures), tone="lead"),
        Details(summary=wording.text("hand_on_summary"), blocks=[Bullets(texts=facts)], printed=False),
    ]
    return Section(
        key="handing_on", title=wording.text("hand_on_title"), question=wording.text("hand_on_question"), blocks=blocks
    )
