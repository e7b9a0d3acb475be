"""A question, how the first page answers it for a unit or for all of them together, and what its own page is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from ...core.criteria import Criterion
from ...core.note import notes_in
from ...core.registry import ANALYSES
from ...present import rows as find
from ...present.blocks import Block, Cell, State
from ...present.rows import Row, Unit
from ...present.tables import number_cell
from ...present.view import View
from ...survey.disclosure import SUPPRESSED

# What has rows of each unit by itself; reasons for no answer have rows of all roles together besides.
_DESCRIBES = [name for name, analysis in ANALYSES.items() if not analysis.compares and name != "role_comparison"]
_MIXES = "missingness"
# So many units are named in a sentence.
_NAMED = 3


@dataclass(frozen=True, kw_only=True)
class Answer:
    """text: in a word or two; number: what it rests on, with its interval; state: how far it is decided."""

    text: str
    number: str = ""
    state: State | None = None


@dataclass(frozen=True, kw_only=True)
class Said:
    """What may be done, what may not, and what is open, in short sentences."""

    may: Sequence[str] = ()
    may_not: Sequence[str] = ()
    open: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Question:
    """key: of its words and of its page; by_unit or together: its answers. arises: why it does not, where it does not, and
    nothing at all where nobody would ask. page: its figure, its table and its sentences, None where it has none of its own;
    leads_to: the page that answers it, its own unless told otherwise; evidence: what else there is on it; elsewhere: where it
    is answered if not in this report, which then has no page of it."""

    key: str
    by_unit: Callable[[View, Unit], Answer] | None = None
    together: Callable[[View], Answer] | None = None
    arises: Callable[[View], str | None] = lambda view: None
    page: Callable[[View], list[Block]] | None = None
    said: Callable[[View], Said] = lambda view: Said()
    words: Callable[[View], dict[str, object]] = lambda view: {}
    evidence: Sequence[str] = ()
    leads_to: str | None = None
    elsewhere: Callable[[View], Answer | None] = lambda view: None

    @property
    def anchor(self) -> str:
        return f"question-{self.key}" if self.leads_to is None else self.leads_to

    def title(self, view: View) -> str:
        return view.wording.text(f"story_{self.key}_title", **self.words(view))

    def asked(self, view: View) -> str:
        return view.wording.text(f"story_{self.key}_question", **self.words(view))


def units(view: View) -> list[Unit]:
    """Roles, or their groups, in the order of the rows; those that are withheld too."""
    found = find.units(row for name in _DESCRIBES if name != _MIXES for row in view.of(name))
    if not found:
        found = find.units(view.of(_MIXES))
        found = [unit for unit in found if unit[0] != "all"] or found
    return found


def withheld(view: View, unit: Unit) -> bool:
    rows = [row for name in _DESCRIBES for row in find.of(view.of(name), unit)]
    return bool(rows) and all(row["note"] == SUPPRESSED for row in rows)


def shown(view: View) -> list[Unit]:
    """The units of which there is something to tell."""
    return [unit for unit in units(view) if not withheld(view, unit)]


def state_word(view: View, key: str, state: State) -> str:
    """The answer that a state is to a question: its own word, else yes, no, …"""
    own = f"story_{key}_{state}"
    return view.wording.text(own if view.wording.has_text(own) else f"story_{state}")


def reason(view: View, row: Row | None) -> str:
    """Why a row has no number."""
    notes = notes_in(row["note"]) if row is not None else ()
    return view.wording.note(str(notes[0])) if notes else ""


def with_interval(view: View, row: Row, digits: int = 2) -> str:
    """'0.12 [0.10; 0.15]', with so many decimals, or as a share where the quantity is one."""
    wording = view.wording
    return in_brackets(row, wording.share if wording.is_share(row["quantity"]) else partial(wording.decimal, digits=digits))


def in_brackets(row: Row, shown: Callable[[float | None], str]) -> str:
    """The number, and its interval where it has one, each as `shown`."""
    number, low, high = (shown(row[name]) for name in ("estimate", "conf_low", "conf_high"))
    return number if row["conf_low"] is None or row["conf_high"] is None else f"{number} [{low}; {high}]"


def head_with_n(view: View, name: str, n: float | None) -> Cell:
    """The head of a column of numbers about so many answers."""
    return Cell(text=name, scope="col", detail="" if n is None else f"n = {view.wording.count(n)}")


def sources(view: View, *criteria: Criterion) -> str:
    """Who asks for the cut-offs of a page."""
    wording = view.wording
    told = [
        wording.text("story_cut_off", cut=wording.limit(one.quantity, one.threshold), source=one.short_source)
        for one in criteria
        if one.threshold is not None
    ]
    return wording.text("story_cut_offs", each="; ".join(dict.fromkeys(told)))


def number_and_interval(view: View, row: Row | None, digits: int = 2) -> Cell:
    """A number with its interval below; a dash where there is none."""
    if row is None or row["estimate"] is None:
        return number_cell("–")
    return interval_below(with_interval(view, row, digits))


def interval_below(text: str) -> Cell:
    """What stands in brackets goes below the number."""
    number, _, interval = text.partition(" [")
    return Cell(text=number, number=True, detail=f"[{interval}" if interval else "")


def of_units(view: View, some: Sequence[Unit]) -> str:
    """' (employee and leader)'; nothing where there is one unit, and so no need to name it; of many only how many."""
    every = shown(view)
    if len(every) < 2:
        return ""
    if len(every) > 2 and list(some) == every:
        return f" ({view.wording.text('story_all_units')})"
    if len(some) > _NAMED:
        return f" ({view.wording.text('story_some_units', n=len(some), of=len(every))})"
    return f" ({view.wording.listed([view.unit(unit) for unit in some])})"
