"""A page for each item: what is asked, what speaks for keeping, rewording or dropping it, what is lost without it, its curves,
and room for the decision."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ..present import rows as find
from ..present.blocks import Block, Bullets, Cell, Heading, Paragraph, Section, Table
from ..present.rows import Unit
from ..present.tables import head_cell, row_cell
from ..present.view import View
from .dossier_criteria import criteria_table, heads
from .dossier_curves import curves
from .item_evidence import ItemEvidence
from .item_rules import JudgedItem, Mark, any_of, sentence
from .items import COEFFICIENTS, number_and_interval

# The complaints, with the kinds of evidence that decide them.
_COMPLAINTS = {"weak": ("polyserial", "scalability"), "end": ("highest", "lowest"), "unanswered": ("unanswered",)}
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
            criteria_table(self.judged),
            *self._forms(),
            curves(self.judged, key=f"item-{self.place}-curves"),
            Heading(text=wording.text("dossier_lost_heading")),
            Bullets(texts=list(self._lost())),
            self._decision(),
        ]
        title = wording.text("dossier_title", place=self.place, item=wording.item(self.judged.item))
        return Section(key=f"item-{self.place}", title=title, blocks=[block for block in blocks if block is not None])

    def _wording(self) -> Table | None:
        """What each role reads."""
        wording, instrument = self.view.wording, self.view.answers.instrument
        item = instrument.item(self.judged.item)
        texts = [(role, text) for role, text in item.wording.items() if text[wording.language]]
        if not texts:
            return None
        official = {role: instrument.is_official(text, wording.language) for role, text in texts}
        head = [head_cell(wording.text("unit_heading"), number=False)]
        head.append(head_cell(wording.text("dossier_wording_heading"), number=False))
        body = [
            [row_cell(wording.role(role)), Cell(text=text[wording.language], marks=() if official[role] else ("*",))]
            for role, text in texts
        ]
        notes = [] if all(official.values()) else [("*", wording.text(self.view.own("not_official")))]
        return Table(caption=wording.text("dossier_wording_caption"), head=[head], body=body, notes=notes)

    def _complaints(self) -> Table:
        """Weak, only near an end, heavy with non-answers: three lines that are not to be taken for each other."""
        wording = self.view.wording
        lines = []
        for complaint, kinds in _COMPLAINTS.items():
            limits = [self._limit(key) for key in kinds]
            asked = wording.text("dossier_limit_or").join(dict.fromkeys(limit for limit in limits if limit))
            name = Cell(text=wording.text(f"dossier_{complaint}"), scope="row", detail=asked)
            lines.append([name, *(self._complaint(complaint, unit) for unit in self.units)])
        caption = wording.text("dossier_complaints_caption")
        return Table(caption=caption, head=[heads(self.judged, "dossier_complaint_heading")], body=lines)

    def _limit(self, key: str) -> str:
        """From where on it is a complaint: the other side of what the criterion asks for."""
        wording = self.view.wording
        criterion = next((kind.criterion for kind in self.judged.evidence.kinds if kind.key == key), None)
        if criterion is None or criterion.threshold is None:
            return ""
        limit = wording.limit(criterion.quantity, criterion.threshold)
        beyond = {"at_least": "\N{LESS-THAN OR EQUAL TO}" if criterion.strict else "<"}.get(
            criterion.side, "\N{GREATER-THAN OR EQUAL TO}" if criterion.strict else ">"
        )
        return wording.text(f"dossier_limit_{key}", limit=f"{beyond}\N{NO-BREAK SPACE}{limit}")

    def _figure(self, key: str, unit: Unit) -> str:
        one = self.judged.known(key, unit)
        return "–" if one is None else number_and_interval(self.view, one)[0]

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
            found = judged.mark("unanswered", unit)
            if reasons := self._reasons(unit):
                figures["reasons"] = reasons
            else:
                key = f"{key}_none"
        return Cell(text=wording.text(f"dossier_{found}{ending}"), detail=wording.text(key, **figures))

    def _reasons(self, unit: Unit) -> str:
        """Each with its share of all answers, so that they add up to the share of all."""
        wording, parts = self.view.wording, []
        for kind in self.judged.evidence.kinds:
            if kind.key.startswith("unanswered_") and kind.method is not None:
                one = self.judged.known(kind.key, unit)
                if one is not None and one.row["estimate"]:
                    share = self._figure(kind.key, unit)
                    parts.append(wording.text("dossier_reason", reason=wording.reason(kind.method), share=share))
        return " + ".join(parts)

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
        if without := self._by_unit(self._reliability_without):
            yield wording.text("dossier_lost_reliability", parts=without)
        if sharing := self._sharing():
            yield wording.text("dossier_lost_sharing", others=sharing)
        if nearest := self._nearest():
            yield wording.text("dossier_lost_nearest", others=nearest)

    def _by_unit(self, said: Callable[[Unit], str | None]) -> str:
        parts = []
        for unit in self.units:
            if (told := said(unit)) is not None:
                parts.append(told if len(self.units) == 1 else f"{self.judged.evidence.name(unit)} {told}")
        return ", ".join(parts)

    def _share_of_information(self, unit: Unit) -> str | None:
        evidence = self.judged.evidence
        every = {item: one.row["estimate"] for item in evidence.items if (one := evidence.known("information", item, unit))}
        own = every.get(self.judged.item)
        total = sum(value for value in every.values() if value is not None)
        return None if own is None or not total else self.view.wording.share(own / total, 0)

    def _reliability_without(self, unit: Unit) -> str | None:
        """Of the coefficient whose loss the item's criterion judges."""
        one, wording = self.judged.known("dropped", unit), self.view.wording
        if one is None:
            return None
        rows, quantity = find.of(self.view.of(one.row["analysis"]), unit), one.row["quantity"].removesuffix("_difference")
        without = find.estimate(rows, quantity=quantity, item=self.judged.item, method=one.row["method"])
        return None if without is None else f"{COEFFICIENTS[one.row['quantity']]} {wording.decimal(without, 2)}"

    def _sharing(self) -> str:
        """What it shares with another item besides the factor, by whom."""
        wording = self.view.wording
        by_item: dict[str, list[str]] = {}
        for unit in self.units:
            for other in self.judged.sharing(unit):
                by_item.setdefault(other, []).append(self.judged.evidence.name(unit))
        alone = len(self.units) == 1
        named = {other: "" if alone else f" ({', '.join(units)})" for other, units in by_item.items()}
        return ", ".join(wording.text("dossier_quoted", item=wording.item(other)) + units for other, units in named.items())

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
        words = ("dossier_decision", "dossier_reason_why", "dossier_by_whom", "dossier_when")
        head = [head_cell(wording.text(word), number=False) for word in words]
        body = [[Cell(text=wording.text("dossier_decision_options")), *(Cell(text="") for _ in words[1:])]]
        return Table(caption=wording.text("dossier_decision_caption", place=self.place), head=[head], body=body)
