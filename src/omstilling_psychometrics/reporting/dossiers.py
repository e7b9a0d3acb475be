"""A page for each item: what is asked, what speaks for keeping, rewording or dropping it, what is lost without it, its curves,
and room for the decision."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ..core.criteria import Verdict
from ..present import rows as find
from ..present.blocks import Block, Bullets, Cell, Heading, Paragraph, Section, Table
from ..present.rows import Unit
from ..present.tables import Footnotes, head_cell, row_cell
from ..present.view import View
from .closing import criterion_source, criterion_words
from .dossier_curves import curves
from .item_evidence import ItemEvidence
from .item_rules import JudgedItem, Mark, any_of, mark, sentence
from .items import number_and_interval

# The kinds of evidence that have a cut-off, and what not meeting it speaks for.
_SPEAKS = {
    "item_rest": "drop",
    "polyserial": "drop",
    "scalability": "drop",
    "dropped": "drop",
    "highest": "reword",
    "lowest": "reword",
    "unanswered": "reword",
}
# What the page puts before a verdict (templates/style.css).
STATE_SIGNS = {"met": "✔", "not_met": "✘", "inconclusive": "≈", "not_evaluated": "○"}
# Items that go most with an item, as many as are named.
_NEAREST = 2


def sections(view: View) -> list[Section]:
    """One per item, in the order of the form."""
    evidence = ItemEvidence(view)
    if not evidence.kinds or not evidence.units:
        return []
    return [_Dossier(JudgedItem(evidence, item), place).section() for place, item in enumerate(evidence.items, start=1)]


@dataclass(frozen=True)
class _Dossier:
    judged: JudgedItem
    place: int

    @property
    def view(self) -> View:
        return self.judged.evidence.view

    @property
    def units(self) -> Sequence[Unit]:
        return self.judged.evidence.units

    def section(self) -> Section:
        wording = self.view.wording
        blocks: list[Block | None] = [
            Paragraph(text=sentence(self.judged)),
            self._wording(),
            self._complaints(),
            self._criteria(),
            *self._forms(),
            curves(self.view, self.judged.item, self.units, key=f"item-{self.place}-curves"),
            Heading(text=wording.text("dossier_lost_heading")),
            Bullets(texts=list(self._lost())),
            self._decision(),
        ]
        title = wording.text("dossier_title", place=self.place, item=wording.item(self.judged.item))
        return Section(key=f"item-{self.place}", title=title, blocks=[block for block in blocks if block is not None])

    def _wording(self) -> Table | None:
        """What each role reads."""
        wording = self.view.wording
        item = self.view.answers.instrument.item(self.judged.item)
        texts = [(role, text) for role, text in item.wording.items() if text[wording.language]]
        if not texts:
            return None
        unofficial = any(not text.official for _, text in texts)
        head = [head_cell(wording.text("unit_heading"), number=False)]
        head.append(head_cell(wording.text("dossier_wording_heading"), number=False))
        body = [
            [row_cell(wording.role(role)), Cell(text=text[wording.language], marks=() if text.official else ("*",))]
            for role, text in texts
        ]
        notes = [("*", wording.text(self.view.own("not_official")))] if unofficial else []
        return Table(caption=wording.text("dossier_wording_caption"), head=[head], body=body, notes=notes)

    def _heads(self, first: str) -> list[Cell]:
        wording = self.view.wording
        units = [wording.column("estimate")] if self.units == [("all", None)] else [self.view.unit(one) for one in self.units]
        return [head_cell(wording.text(first), number=False), *(head_cell(one, number=False) for one in units)]

    def _figure(self, key: str, unit: Unit) -> str:
        one = self.judged.known(key, unit)
        return "–" if one is None else number_and_interval(self.view, one)[0]

    def _complaints(self) -> Table:
        """Weak, only near an end, heavy with non-answers: three lines that are not to be taken for each other."""
        wording = self.view.wording
        lines = []
        for complaint in ("weak", "end", "unanswered"):
            cells = [self._complaint(complaint, unit) for unit in self.units]
            lines.append([row_cell(wording.text(f"dossier_{complaint}")), *cells])
        caption = wording.text("dossier_complaints_caption")
        return Table(caption=caption, head=[self._heads("dossier_complaint_heading")], body=lines)

    def _complaint(self, complaint: str, unit: Unit) -> Cell:
        wording, judged = self.view.wording, self.judged
        figures = {key: self._figure(key, unit) for key in ("polyserial", "scalability", "highest", "lowest", "unanswered")}
        found: Mark
        ending = ""
        key = f"dossier_{complaint}_figures"
        if complaint == "weak":
            found = judged.weak(unit)
        elif complaint == "end":
            found = any_of(judged.mark(end, unit) for end in ("highest", "lowest"))
            ending = f"_{judged.near_an_end(unit)}" if found == "yes" else ""
        else:
            found, reason = judged.mark("unanswered", unit), judged.main_reason(unit)
            if reason is None:
                key = f"{key}_none"
            else:
                figures |= {"reason": wording.reason(reason), "main": self._figure(f"unanswered_{reason}", unit)}
        return Cell(text=wording.text(f"dossier_{found}{ending}"), detail=wording.text(key, **figures))

    def _criteria(self) -> Table:
        """Cut-off by cut-off: the verdict in each role, and what that speaks for."""
        wording, notes = self.view.wording, Footnotes(self.view.wording)
        body = []
        for kind in self.judged.evidence.kinds:
            if kind.criterion is None:
                continue
            verdicts = [one.verdict if (one := self.judged.known(kind.key, unit)) else None for unit in self.units]
            if kind.key == "lowest" and any_of(mark(one) for one in verdicts) == "no":
                continue  # few scales have a floor
            body.append(self._line(verdicts, _SPEAKS[kind.key], notes))
        pairs = [self._worst_pair(unit) for unit in self.units]
        body.append(self._line(pairs, "reword", notes, wording.text("dossier_pairs")))
        if (between := self.judged.between) is not None:
            body.append(self._line([between], "reword", notes, wording.text("dossier_dif")))
        head = [*self._heads("criterion_heading"), head_cell(wording.text("dossier_speaks_heading"), number=False)]
        lines = [line for line in body if line]
        signs = "; ".join(f"{sign} {wording.text(f'state_{state}')}" for state, sign in STATE_SIGNS.items())
        return Table(
            caption=wording.text("dossier_criteria_caption"),
            head=[head],
            body=lines,
            notes=notes.listed(),
            remark=f"{signs}.",
        )

    def _worst_pair(self, unit: Unit) -> Verdict | None:
        """The pair with the largest Q3."""
        pairs = self.judged.evidence.pairs(self.judged.item, unit)
        known = [one for one in pairs if one.statistic.estimate is not None]
        return max(known, key=lambda one: one.statistic.estimate or 0.0) if known else next(iter(pairs), None)

    def _line(
        self, verdicts: Sequence[Verdict | None], complaint: str, notes: Footnotes, named: str | None = None
    ) -> list[Cell]:
        """One criterion, by another name where it is one of several numbers that is judged; a verdict between groups has one
        cell over all of them."""
        wording = self.view.wording
        criterion = next((one.criterion for one in verdicts if one is not None), None)
        if criterion is None:
            return []
        cells = [self._verdict(one, notes) for one in verdicts]
        if criterion.between:
            cells = [self._verdict(verdicts[0], notes, columns=len(self.units))]
        found = any_of(mark(one) for one in verdicts)
        speaks = {"yes": complaint, "no": "keep", "open": "open", "unknown": "unknown"}[found]
        words = criterion_words(self.view, criterion)
        if named is not None and criterion.threshold is not None:
            words = f"{named} {criterion.sign} {wording.decimal(criterion.threshold, 2)}"
        name = Cell(text=words, scope="row", detail=criterion_source(self.view, criterion, short=True))
        return [name, *cells, Cell(text=wording.text(f"dossier_speaks_{speaks}"))]

    def _verdict(self, verdict: Verdict | None, notes: Footnotes, columns: int = 1) -> Cell:
        wording = self.view.wording
        if verdict is None:
            return Cell(text="–", columns=columns)
        quantity = verdict.criterion.quantity
        return Cell(
            text=wording.number(quantity, verdict.statistic.estimate),
            state=verdict.state,
            detail=wording.interval(quantity, verdict.low, verdict.high),
            marks=notes.mark(verdict.reason) if verdict.state == "not_evaluated" else (),
            columns=columns,
        )

    def _forms(self) -> Iterator[Block]:
        """What became of it in other groups than roles, as in another form."""
        wording, by = self.view.wording, self.view.answers.by
        texts = []
        for one in self.judged.evidence.changes:
            if one.item != self.judged.item or by in (None, "role") or one.loading is None or one.shift is None:
                continue
            sizes = []
            for row in (one.loading, one.shift):
                low, high = row.confidence_interval(self.view.level)
                number = wording.number(row.quantity, row.estimate)
                sizes.append(f"{number} {wording.interval(row.quantity, low, high)}".strip())
            change = wording.text(f"change_{one.change}")
            values = {"groups": wording.method(one.pair), "change": change, "loading": sizes[0], "shift": sizes[1]}
            texts.append(wording.text("dossier_form_sentence", **values))
        if texts:
            yield Bullets(texts=texts)

    def _lost(self) -> Iterator[str]:
        wording = self.view.wording
        yield wording.text("dossier_lost_facet", facet=wording.item(self.judged.item))
        if shares := self._by_unit(self._share_of_information):
            yield wording.text("dossier_lost_information", parts=shares)
        if without := self._by_unit(self._alpha_without):
            yield wording.text("dossier_lost_alpha", parts=without)
        if nearest := self._nearest():
            yield wording.text("dossier_lost_nearest", others=nearest)

    def _by_unit(self, said: Callable[[Unit], str | None]) -> str:
        parts = []
        for unit in self.units:
            if (told := said(unit)) is not None:
                parts.append(told if len(self.units) == 1 else f"{self.view.unit(unit)} {told}")
        return ", ".join(parts)

    def _share_of_information(self, unit: Unit) -> str | None:
        evidence = self.judged.evidence
        every = {item: one.row["estimate"] for item in evidence.items if (one := evidence.known("information", item, unit))}
        own = every.get(self.judged.item)
        total = sum(value for value in every.values() if value is not None)
        return None if own is None or not total else self.view.wording.share(own / total, 0)

    def _alpha_without(self, unit: Unit) -> str | None:
        without = find.estimate(find.of(self.view.of("items"), unit), quantity="alpha_if_dropped", item=self.judged.item)
        return None if without is None else self.view.wording.decimal(without, 2)

    def _nearest(self) -> str:
        """Items with the largest correlation, in the first unit that has any."""
        wording, rows = self.view.wording, self.view.of("correlation")
        for unit in self.units:
            own = find.of(rows, unit)
            for quantity in ("polychoric", "pearson"):
                found = [
                    (row["estimate"], next(one for one in row["item"].split("~") if one != self.judged.item))
                    for row in find.where(own, quantity=quantity)
                    if row["estimate"] is not None and self.judged.item in (row["item"] or "").split("~")
                ]
                if found:
                    best = sorted(found, key=lambda one: -one[0])[:_NEAREST]
                    symbol = wording.symbol(quantity)
                    return ", ".join(
                        wording.text(
                            "dossier_lost_nearest_one", item=wording.item(item), figure=f"{symbol} = {wording.decimal(r, 2)}"
                        )
                        for r, item in best
                    )
        return ""

    def _decision(self) -> Table:
        """An empty line for those who decide."""
        wording = self.view.wording
        words = ("dossier_decision", "dossier_by_whom", "dossier_when")
        head = [head_cell(wording.text(word), number=False) for word in words]
        body = [[Cell(text=wording.text("dossier_decision_options")), Cell(text=""), Cell(text="")]]
        return Table(caption=wording.text("dossier_decision_caption", place=self.place), head=[head], body=body)
