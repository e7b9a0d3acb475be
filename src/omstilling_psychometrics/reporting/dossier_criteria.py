"""An item's criteria one by one: the verdict in each role, what it speaks for, and what they come to."""

from __future__ import annotations

from collections.abc import Sequence

from ..core.criteria import Verdict
from ..present.blocks import Cell, Table
from ..present.rows import Unit
from ..present.tables import Footnotes, head_cell
from ..present.view import View, p_in_words
from ..topics.invariance.item_changes import LEVEL
from .closing import criterion_source, criterion_words
from .item_rules import JudgedItem, any_of, mark
from .items import COEFFICIENTS

# The kinds of evidence that have a cut-off, and what not meeting it speaks for.
_SPEAKS = {
    "item_rest": "drop",
    "polyserial": "drop",
    "scalability": "drop",
    "dropped": "drop",
    "highest": "reword",
    "lowest": "reword",
    "unanswered": "reword",
    "form": "reword",
}
# What has a shorter name here, or the one that the table of all items gives it.
_NAMED = {"scalability": "evidence_scalability", "dropped": "dossier_dropped"}
# What the page puts before a verdict (templates/style.css).
STATE_SIGNS = {"met": "✔", "not_met": "✘", "inconclusive": "≈", "not_evaluated": "○"}


def heads(judged: JudgedItem, first: str) -> list[Cell]:
    """The first column, and a column per role with how many answered the item."""
    view = judged.evidence.view
    wording, units = view.wording, judged.evidence.units
    cells = [head_cell(wording.text(first), number=False)]
    for unit in units:
        name = wording.column("estimate") if units == [("all", None)] else judged.evidence.name(unit)
        one = judged.known("mean", unit)
        n = None if one is None else one.row["n"]
        cells.append(head_cell(name if n is None else wording.text("dossier_n", unit=name, n=wording.count(n)), number=False))
    return cells


def criteria_table(judged: JudgedItem) -> Table:
    """Cut-off by cut-off, and what they come to at the end."""
    return _Criteria(judged).table()


class _Criteria:
    def __init__(self, judged: JudgedItem) -> None:
        self.judged = judged
        self.units: Sequence[Unit] = judged.evidence.units
        self.view: View = judged.evidence.view
        self.wording = self.view.wording
        self.notes = Footnotes(self.wording)

    def table(self) -> Table:
        wording, lines = self.wording, []
        for kind in self.judged.evidence.kinds:
            if kind.criterion is None:
                continue
            verdicts = [one.verdict if (one := self.judged.known(kind.key, unit)) else None for unit in self.units]
            if kind.key == "lowest" and any_of(mark(one) for one in verdicts) == "no":
                continue  # few scales have a floor
            named = wording.text(_NAMED[kind.key]) if kind.key in _NAMED else None
            lines.append(self._line(verdicts, _SPEAKS[kind.key], named))
        pairs = [self._worst_pair(unit) for unit in self.units]
        lines.append(self._line(pairs, "reword", wording.text("dossier_pairs")))
        between = self.judged.between
        # Nothing stands between the groups where there is one.
        if between is not None and (len(self.units) > 1 or between.statistic.estimate is not None):
            lines.append(self._line([between], "reword", wording.text("dossier_dif")))
        lines.append(self._together())
        head = [
            *heads(self.judged, "criterion_heading"),
            head_cell(wording.text("dossier_speaks_heading"), number=False),
        ]
        signs = "; ".join(f"{sign} {wording.text(f'state_{state}')}" for state, sign in STATE_SIGNS.items())
        return Table(
            caption=wording.text("dossier_criteria_caption"),
            head=[head],
            body=[line for line in lines if line],
            notes=self.notes.listed(),
            remark=wording.text("dossier_criteria_remark", signs=signs),
        )

    def _worst_pair(self, unit: Unit) -> Verdict | None:
        """The pair with the largest Q3."""
        pairs = self.judged.evidence.pairs(self.judged.item, unit)
        known = [one for one in pairs if one.statistic.estimate is not None]
        return max(known, key=lambda one: one.statistic.estimate or 0.0) if known else next(iter(pairs), None)

    def _line(self, verdicts: Sequence[Verdict | None], complaint: str, named: str | None = None) -> list[Cell]:
        """One criterion, by another name where it is one of several numbers that is judged; a verdict between groups has one
        cell over all of them."""
        wording = self.wording
        criterion = next((one.criterion for one in verdicts if one is not None), None)
        if criterion is None:
            return []
        cells = [self._verdict(one) for one in verdicts]
        if criterion.between and verdicts[0] is not None:
            cells = [self._between(verdicts[0])]
        found = any_of(mark(one) for one in verdicts)
        speaks = {"yes": complaint, "no": "keep", "open": "open", "unknown": "unknown"}[found]
        words = criterion_words(self.view, criterion)
        if named is not None and criterion.threshold is not None:
            words = f"{named} {criterion.sign} {wording.decimal(criterion.threshold, 2)}"
        name = Cell(text=words, scope="row", detail=criterion_source(self.view, criterion, short=True))
        return [name, *cells, Cell(text=wording.text(f"dossier_speaks_{speaks}"))]

    def _verdict(self, verdict: Verdict | None) -> Cell:
        wording = self.wording
        if verdict is None:
            return Cell(text="–")
        quantity = verdict.criterion.quantity
        interval = wording.interval(quantity, verdict.low, verdict.high)
        pair = (verdict.statistic.method or "").rpartition("/")[2]
        of_what = wording.method(pair) if quantity == "loading_difference" else ""
        if quantity in COEFFICIENTS:
            of_what = COEFFICIENTS[quantity]
        return Cell(
            text=wording.number(quantity, verdict.statistic.estimate),
            state=verdict.state,
            detail=f"{of_what}: {interval}" if of_what and interval else interval,
            marks=self.notes.mark(verdict.reason) if verdict.state == "not_evaluated" else (),
        )

    def _between(self, verdict: Verdict) -> Cell:
        """Of all groups together; beside a small number it is said that the test sees it."""
        wording, statistic = self.wording, verdict.statistic
        test = self.judged.evidence.between_test(self.judged.item)
        details = []
        if statistic.estimate is not None:
            details = [wording.text("dossier_between")]
            if statistic.n is not None:
                details.append(wording.text("dossier_between_n", n=wording.count(statistic.n)))
        if test is not None and details:
            seen = test["p_value"] < LEVEL / len(self.judged.evidence.items)
            key = f"dossier_between_{'seen' if seen else 'not_seen'}{'_small' if seen and verdict.state == 'met' else ''}"
            details.append(wording.text(key, p=p_in_words(self.view, test["p_value"])))
        return Cell(
            text=wording.number(verdict.criterion.quantity, statistic.estimate),
            state=verdict.state,
            detail="; ".join(details),
            marks=self.notes.mark(verdict.reason) if verdict.state == "not_evaluated" else (),
            columns=len(self.units),
        )

    def _together(self) -> list[Cell]:
        """What the criteria come to, and by which rule."""
        wording = self.wording
        rule = [wording.text(key) for key in ("dossier_rule", "dossier_rule_several")[: min(2, len(self.units))]]
        return [
            Cell(
                text=wording.text("dossier_together"),
                scope="row",
                columns=1 + len(self.units),
                detail=" ".join(rule),
            ),
            Cell(text=wording.text(f"dossier_speaks_{self.judged.decision}")),
        ]
