"""What the numbers are about: the instrument as respondents saw it, and who answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..present.blocks import Block, Bullets, Cell, Heading, Paragraph, Plot, Plots, Section, Table
from ..present.drawing import draw
from ..present.style import GRID, SERIES, margins
from ..present.tables import head_cell, number_cell, row_cell
from ..present.view import View
from ..survey.account import SYNTHETIC, Account
from ..topics.leaders.report_floor import floor
from .participant_flow import AnswersPerLeader, Flow, RoleFlow, participant_flow

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def instrument(view: View) -> Section:
    """Introduction, items with the wordings of each role, scale and non-answers."""
    wording, about = view.wording, view.answers.instrument
    blocks: list[Block] = []
    if introduction := about.introduction[wording.language]:
        blocks.append(Paragraph(text=introduction, tone="quote"))
    roles = [role for role in about.role_keys or ("all",) if any(role in item.wording for item in about.items)]
    head = [[head_cell(wording.column("item"), number=False), *(head_cell(wording.role(role), number=False) for role in roles)]]
    body, unofficial = [], False
    for item in about.items:
        line = [row_cell(item.label(wording.language))]
        for role in roles:
            text = item.wording.get(role)
            marks = ("*",) if text is not None and not about.is_official(text, wording.language) else ()
            unofficial = unofficial or bool(marks)
            line.append(Cell(text=text[wording.language] if text else "", marks=marks))
        body.append(line)
    notes = [("*", wording.text(view.own("not_official")))] if unofficial else []
    blocks.append(
        Table(caption=wording.text(f"wordings_caption{_alone(view)}"), head=head, body=body, notes=notes, wide=len(roles) > 1)
    )
    blocks.append(Bullets(texts=scale_and_scoring(view)))
    return Section(
        key="instrument", title=wording.text("instrument_title"), question=wording.text("instrument_question"), blocks=blocks
    )


def scale_and_scoring(view: View) -> list[str]:
    """The answers that could be given, the ways not to answer, the rule of scoring, items that run the other way."""
    wording, about = view.wording, view.answers.instrument
    categories = " · ".join(wording.category(value) for value in about.categories)
    facts = [wording.text("scale_line", categories=categories)]
    if about.non_answers:
        labels = " · ".join(wording.reason(key) for key in about.reason_keys)
        facts.append(wording.text("non_answers_line", labels=labels))
    facts.append(wording.text(view.own("scoring_line"), minimum=about.minimum_answered, k=len(about.items)))
    if turned := [item.label(wording.language) for item in about.items if item.reversed]:
        facts.append(wording.text("reversed_line", items=", ".join(turned)))
    return facts


def _alone(view: View) -> str:
    """Ending of the caption where the instrument has no roles."""
    return "" if view.answers.instrument.role_keys else "_without_roles"


def participants(view: View) -> Section:
    """Rows read and left out, participants per role, leaders seen from several sides, answers per leader."""
    wording = view.wording
    flow = participant_flow(view.answers, floor=floor(view))
    blocks: list[Block] = []
    if (account := view.answers.account) is not None:
        blocks.append(rows_read(view, account))
        sentences = [wording.note(note) for note in account.notes if note != SYNTHETIC]
        blocks += [Paragraph(text=note[:1].upper() + note[1:], tone="caution") for note in sentences]
    blocks.append(_by_role(view, flow))
    if flow.combinations:
        blocks.append(_combinations(view, flow))
    if flow.per_leader:
        blocks.append(Heading(text=wording.text("answers_per_leader_heading")))
        blocks.append(Plots(plots=[_per_leader_plot(view, leaders) for leaders in flow.per_leader]))
        blocks.append(_per_leader(view, flow))
    return Section(
        key="participants",
        title=wording.text("participants_title"),
        question=wording.text("participants_question_leaders" if view.leaders else "participants_question"),
        blocks=blocks,
    )


def rows_read(view: View, account: Account) -> Table:
    """From the rows that were read to those that are analysed."""
    wording = view.wording
    lines = [(wording.text("rows_read"), account.rows_read)]
    lines += [(f"− {left_out(view, reason)}", count) for reason, count in account.left_out.items()]
    body = [[row_cell(name), number_cell(wording.count(value))] for name, value in lines]
    body.append([row_cell(wording.text("rows_analysed")), number_cell(wording.count(account.rows_analysed))])
    head = [[head_cell(wording.text("rows_heading"), number=False), head_cell(wording.text("number_heading"))]]
    return Table(caption=wording.text("rows_caption"), head=head, body=body)


def left_out(view: View, reason: str) -> str:
    """Why rows were left out; a reason of a codebook's own is said in its own words."""
    key = f"left_out_{reason}"
    return view.wording.text(key) if view.wording.has_text(key) else reason


def by_role(view: View) -> Table:
    """Organisations, leaders, respondents and answers of each role."""
    return _by_role(view, participant_flow(view.answers, floor=floor(view)))


def _by_role(view: View, flow: Flow) -> Table:
    wording = view.wording
    rows = ("organisations", "leaders", "respondents", "answers", "complete", "silent")
    known = [name for name in rows if any(getattr(role, name) is not None for role in flow.roles)] or ["answers"]
    head = [
        [
            head_cell(wording.text("number_of_heading"), number=False),
            *(head_cell(wording.role(role.role)) for role in flow.roles),
        ]
    ]
    body = [
        [row_cell(wording.text(f"flow_{name}")), *(number_cell(_flow_text(view, role, name)) for role in flow.roles)]
        for name in known
    ]
    withheld = any(role.withheld for role in flow.roles)
    return Table(
        caption=wording.text(f"flow_caption{_alone(view)}"),
        head=head,
        body=body,
        remark=wording.text("flow_withheld") if withheld else "",
    )


def _flow_text(view: View, flow: RoleFlow, name: str) -> str:
    value = getattr(flow, name)
    if flow.withheld:
        return view.wording.note("suppressed")
    if value is None and name in ("complete", "silent"):
        return view.wording.text("flow_few", n=view.disclosure.minimum_respondents)
    return "–" if value is None else view.wording.count(value)


def _combinations(view: View, flow: Flow) -> Table:
    wording = view.wording
    head = [[head_cell(wording.text("combination_heading"), number=False), head_cell(wording.text("leaders_heading"))]]
    body = [
        [
            row_cell(" + ".join(wording.role(role) for role in roles)),
            number_cell(wording.note("suppressed") if number is None else wording.count(number)),
        ]
        for roles, number in flow.combinations.items()
    ]
    return Table(caption=wording.text("combination_caption"), head=head, body=body, remark=wording.text("combination_remark"))


def _band(view: View, first: int, last: int | None) -> str:
    if last is None:
        return f"{first}+"
    return str(first) if first == last else f"{first}–{last}"


def _per_leader_plot(view: View, leaders: AnswersPerLeader) -> Plot:
    wording = view.wording
    labels = [_band(view, first, last) for first, last, _ in leaders.bands]
    heights = [number for _, _, number in leaders.bands]

    def draw_on(figure: Figure) -> None:
        axes = figure.subplots()
        margins(figure, top=0.1)
        axes.bar(labels, heights, width=0.7, color=SERIES[0])
        for place, height in enumerate(heights):
            axes.text(place, height, wording.count(height), ha="center", va="bottom", fontsize=8)
        axes.set_ylim(0, 1.15 * max(heights))
        axes.locator_params(axis="y", nbins=4, integer=True)
        axes.grid(axis="y", color=GRID)
        axes.set_xlabel(wording.text("axis_answers_per_leader"))
        axes.set_ylabel(wording.text("axis_leaders"))

    words = "; ".join(f"{label}: {wording.count(height)}" for label, height in zip(labels, heights, strict=True))
    title = wording.text("answers_per_leader_caption", unit=wording.role(leaders.role))
    return draw(f"answers-per-leader-{leaders.role}", draw_on, height=2.3, title=title, description=words)


def _per_leader(view: View, flow: Flow) -> Table:
    wording = view.wording
    names = ("leaders", "lower_quartile", "median", "upper_quartile", "largest")
    head = [
        [
            head_cell(wording.text("number_of_heading"), number=False),
            *(head_cell(wording.role(leaders.role)) for leaders in flow.per_leader),
        ]
    ]
    body = []
    for name in names:
        cells = []
        for leaders in flow.per_leader:
            value = getattr(leaders, name)
            cells.append(number_cell("–" if value is None else wording.decimal(value, 0 if float(value).is_integer() else 1)))
        body.append([row_cell(wording.text(f"per_leader_{name}")), *cells])
    shares = [number_cell(wording.share(leaders.under_floor)) for leaders in flow.per_leader]
    body.append([row_cell(wording.text("per_leader_under_floor", floor=floor(view))), *shares])
    own = view.own("per_leader_remark")
    remark = " ".join(wording.text(key) for key in dict.fromkeys((own, "per_leader_remark")))
    return Table(caption=wording.text("per_leader_caption"), head=head, body=body, remark=remark)
