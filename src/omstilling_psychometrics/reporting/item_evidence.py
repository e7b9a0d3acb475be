"""What is known of each item: every kind of evidence with its rows, and what published cut-offs say of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from ..core.criteria import Criterion, Verdict, criteria, described
from ..core.results import marked
from ..present import rows as find
from ..present.item_direction import opposed
from ..present.released_rows import as_statistic
from ..present.rows import Row, Unit
from ..present.view import View
from ..topics.invariance.item_changes import ItemChange, item_changes
from ..topics.reliability.recommendation import recommended
from .form_changes import FormChange, form_changes

if TYPE_CHECKING:
    import pandas as pd

OMEGA_DROPPED = "omega_categorical_if_dropped_difference"
# Of two categories one always has half of the answers, and other cut-offs are meant.
_OF_TWO = "_of_two"


def _less(row: Row, value: float) -> Row:
    """The row with this taken off its estimate and its bounds."""
    names = ("estimate", "conf_low", "conf_high")
    return {**row, **{name: None if row[name] is None else row[name] - value for name in names}}


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """One kind of evidence: its key, and the rows that hold it; criterion: the published cut-off, where there is one."""

    key: str
    analysis: str
    quantity: str
    method: str | None = None
    criterion: Criterion | None = None


@dataclass(frozen=True, kw_only=True)
class Known:
    """One number on one item in one role or group, with the verdict on it where there is a cut-off."""

    evidence: Evidence
    item: str
    unit: Unit
    row: Row
    verdict: Verdict | None = None

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The interval; None where there is none."""
        low, high = self.row["conf_low"], self.row["conf_high"]
        return None if low is None or high is None else (low, high)


@dataclass(frozen=True)
class ItemEvidence:
    """All evidence on all items of a view."""

    view: View

    @property
    def items(self) -> tuple[str, ...]:
        return self.view.answers.instrument.item_keys

    @cached_property
    def units(self) -> list[Unit]:
        """Roles and groups of which anything is said item by item."""
        rows = [row for one in self.kinds if one.analysis != "invariance" for row in self._rows(one)]
        return find.units(rows)

    def name(self, unit: Unit) -> str:
        """Of a role or group; where all are groups of one role, the group alone."""
        name = self.view.unit(unit)
        alone = len({role for role, _ in self.units}) == 1
        return name.removeprefix(f"{self.view.wording.role(unit[0])} · ") if alone else name

    @cached_property
    def kinds(self) -> list[Evidence]:
        """In the order in which they are read; those of which there is no row are left out."""
        reasons = [*self.view.answers.instrument.reason_keys, "blank"]
        every = [
            self._kind("mean", "items", "mean"),
            self._kind("lowest", "items", "floor"),
            self._kind("highest", "items", "ceiling"),
            *(self._kind(f"unanswered_{reason}", "missingness", "rate", reason) for reason in reasons),
            self._kind("unanswered", "missingness", "rate", "any"),
            self._kind("item_rest", "items", "item_rest_correlation"),
            self._kind("polyserial", "items", "item_rest_polyserial"),
            self._kind("loading", "cfa", "loading_standardized", "WLSMV"),
            self._kind("scalability", "mokken", "h_item", "listwise"),
            self._kind("dropped", "items", "alpha_if_dropped_difference"),
            self._kind("bias", "invariance", "expected_score_bias"),
            self._kind("form", "invariance", "loading_difference"),
            self._kind("information", "irt", "expected_information", "graded"),
        ]
        return [one for one in every if self._rows(one)]

    def _kind(self, key: str, analysis: str, quantity: str, method: str | None = None) -> Evidence:
        single = [one for one in self._criteria if not one.pairs]
        asked = [one for one in single if (one.analysis, one.quantity, one.method) == (analysis, quantity, method)]
        return Evidence(key=key, analysis=analysis, quantity=quantity, method=method, criterion=asked[0] if asked else None)

    @cached_property
    def _criteria(self) -> list[Criterion]:
        """Those on items, each item by itself."""
        two = len(self.view.answers.instrument.categories) == 2
        own = [
            one for one in described() if not one.quantity.startswith(("floor", "ceiling")) or one.key.endswith(_OF_TWO) == two
        ]
        return [*own, *(replace(one, every=False) for one in criteria())]

    def _rows(self, kind: Evidence) -> list[Row]:
        if kind.key == "bias":
            return [row for row in self._biases if row["item"] is not None]
        if kind.key == "dropped":
            return self._dropped
        if kind.key == "form":
            return [row for item in self.items for row, _ in self._of_forms(item).values()]
        rows = find.where(self.view.of(kind.analysis), quantity=kind.quantity, method=kind.method)
        return [row for row in rows if row["item"] is not None]

    @cached_property
    def changes(self) -> list[ItemChange]:
        """What became of each item from one group to another."""
        return item_changes(as_statistic(row) for row in self.view.of("invariance"))

    @cached_property
    def _biases(self) -> list[Row]:
        """Bias between roles, each in the place of the role that is compared with the first."""
        roles = {row["role"] for row in self.view.of("items")}
        found = []
        for one in self.changes:
            role = one.pair.partition("~")[0]
            if one.shift is not None and role in roles and self.view.answers.by in (None, "role"):
                low, high = one.shift.confidence_interval()
                row = one.shift.row("invariance", self.view.level)
                found.append({**row, "role": role, "conf_low": low, "conf_high": high})
        return found

    @cached_property
    def _dropped(self) -> list[Row]:
        """What the coefficient that is to be printed loses without each item, less what it loses for its length alone; alpha
        where that is printed, where nothing is advised, and where there is no omega of the others."""
        alphas = find.where(self.view.of("items"), quantity="alpha_if_dropped_difference")
        omegas = find.where(self.view.of("reliability"), quantity=OMEGA_DROPPED)
        found = []
        for unit in find.units([*alphas, *omegas]):
            advised = recommended(self.view, unit)
            of_omega = advised is not None and advised.row["quantity"] == "omega_categorical"
            own = find.of(omegas, unit) if advised is not None and of_omega else []
            for item in self.items:
                row = find.one(own, item=item, method=advised.row["method"]) if advised is not None else None
                if row is None or row["estimate"] is None:
                    row = find.one(find.of(alphas, unit), item=item)
                found += [] if row is None else [row]
        return found

    @cached_property
    def form_changes(self) -> list[FormChange]:
        """What became of each item from one form to another, in each role."""
        return form_changes(self.view)

    def form_change(self, item: str, unit: Unit) -> FormChange | None:
        """The one that weighs most, where there are several forms."""
        return next((one for one in self.form_changes if one.change.item == item and one.concerns(unit)), None)

    def _of_forms(self, item: str) -> dict[Unit, tuple[Row, Verdict | None]]:
        """Loadings in another form, each in the place of the role, or of the form."""
        found = {}
        margin = None if self.view.study is None else self.view.study.margins.loading
        for unit in find.units(self.view.of("items")):
            one = self.form_change(item, unit)
            if one is not None and one.loading is not None:
                low, high = one.loading.confidence_interval()
                row = {**one.loading.row("invariance", self.view.level), "conf_low": low, "conf_high": high}
                found[unit] = ({**row, "role": unit[0], "group": unit[1]}, one.verdict(self.view.level, margin))
        return found

    def between(self, item: str) -> Verdict | None:
        """What is said of its differential functioning between the groups compared; None where none were."""
        criterion = self._by_itself("cosmin_dif")
        row = find.one(self.view.of(criterion.analysis), quantity=criterion.quantity, method=criterion.method, item=item)
        return None if row is None else self.view.judge(criterion, row)

    def between_test(self, item: str) -> Row | None:
        """The row with its test: by cluster where there are any, since answers of one cluster are not independent."""
        criterion = self._by_itself("cosmin_dif")
        rows = find.where(self.view.of(criterion.analysis), quantity=criterion.quantity, item=item)
        tested = [row for row in rows if row["p_value"] is not None]
        return next((row for row in tested if row["method"] == "clustered"), next(iter(tested), None))

    def pairs(self, item: str, unit: Unit) -> list[Verdict]:
        """What is said of the local dependence of the pairs that an item is in, by Q3 less the mean of all pairs.

        The cut-off is from banks of many items, where that mean is close to 0; of k items it is about -1/(k - 1).
        """
        criterion = self._by_itself("cosmin_q3")
        rows = find.where(find.of(self.view.of(criterion.analysis), unit), quantity=criterion.quantity, method=criterion.method)
        known = [row["estimate"] for row in rows if row["estimate"] is not None]
        # Turned items have residual correlations of the other sign, of which no mean says anything.
        mean = 0.0 if len(known) < 2 or opposed(self.view, unit) else sum(known) / len(known)
        own = [row for row in rows if item in (row["item"] or "").split("~")]
        return [self.view.judge(criterion, _less(row, mean)) for row in own]

    def freed(self, item: str, unit: Unit) -> list[str]:
        """Items with which it shares something besides the factor: pairs that the recommended reliability has free."""
        found = recommended(self.view, unit)
        pairs = [] if found is None else [pair.split("~") for pair in found.pairs]
        return [other for pair in pairs if item in pair for other in pair if other != item]

    def _by_itself(self, key: str) -> Criterion:
        return next(one for one in self._criteria if one.key == key)

    @cached_property
    def _numbers(self) -> dict[tuple[str, str, Unit], Known]:
        found: dict[tuple[str, str, Unit], Known] = {}
        for kind in self.kinds:
            for row in self._rows(kind):
                item, unit = row["item"], (row["role"], row["group"])
                verdict = None if kind.criterion is None else self._verdict(kind, row)
                found.setdefault((kind.key, item, unit), Known(evidence=kind, item=item, unit=unit, row=row, verdict=verdict))
        return found

    def _verdict(self, kind: Evidence, row: Row) -> Verdict | None:
        if kind.key == "form":
            return self._of_forms(row["item"])[row["role"], row["group"]][1]
        # Of the coefficients that an item may be missed by each has its criterion.
        own = next((one for one in self._criteria if kind.key == "dropped" and one.quantity == row["quantity"]), kind.criterion)
        return None if own is None else self.view.judge(own, row)

    def known(self, key: str, item: str, unit: Unit) -> Known | None:
        """One number; None where there is no row of it."""
        return self._numbers.get((key, item, unit))

    def every(self) -> Iterator[Known]:
        """All numbers: kind by kind, item by item."""
        for kind in self.kinds:
            for item in self.items:
                for unit in self.units:
                    if (one := self.known(kind.key, item, unit)) is not None:
                        yield one

    def to_frame(self) -> pd.DataFrame:
        """All numbers as a table; released like the rows that they come from."""
        import pandas as pd

        of_row = ("role", "group", "estimate", "conf_low", "conf_high", "n", "note", "analysis", "quantity", "method")
        lines = []
        for one in self.every():
            verdict, criterion = one.verdict, one.evidence.criterion
            asked = None if criterion is None else f"{criterion.sign} {criterion.threshold:g}"
            lines.append(
                {
                    "item": one.item,
                    "evidence": one.evidence.key,
                    **{name: one.row[name] for name in of_row},
                    "criterion": asked,
                    "source": None if criterion is None else criterion.source,
                    "state": None if verdict is None else verdict.state,
                }
            )
        frame = pd.DataFrame(lines, columns=["item", "evidence", *of_row, "criterion", "source", "state"])
        return marked(frame, self.view.disclosure)
