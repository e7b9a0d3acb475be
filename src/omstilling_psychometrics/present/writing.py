"""A result as the tables of a paper: LaTeX, Word or Excel, by the ending of the file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ..core.errors import UsageError, suggestion
from ..core.files import require_ending, require_writable, write_bytes
from ..core.results import Result
from ..core.vocabulary import Language
from ..survey.unreleased import refuse_unreleased
from . import rows as find
from .blocks import Table
from .full_table import full_table
from .released_rows import rows_of
from .rows import Row, Unit
from .view import View
from .wording import Wording

# What the quantities are is said below a table of so many at most; more are a glossary.
_EXPLAINED = 8

# A title, tables by the names that tell them apart, their language.
Writer = Callable[[str, Mapping[str, Table], Language], bytes]


def _latex(title: str, tables: Mapping[str, Table], language: Language) -> bytes:
    from .latex import content

    return content(tables, language)


def _word(title: str, tables: Mapping[str, Table], language: Language) -> bytes:
    from .word.paper import Paper

    paper = Paper(language, title, "omstilling_psychometrics")
    paper.blocks(tables.values())
    return paper.content()


def _excel(title: str, tables: Mapping[str, Table], language: Language) -> bytes:
    from .excel import content

    return content(title, tables, language)


_WRITERS: Mapping[str, Writer] = {".tex": _latex, ".docx": _word, ".xlsx": _excel}


def write_result(
    result: Result, path: str | Path, *, quantities: str | Sequence[str] | None, language: Language, level: float
) -> Path:
    """Write the rows of a result as a table per role: see `Result.write`."""
    require_ending(path, "tables are written as LaTeX, Word or Excel", *_WRITERS)
    target = require_writable(path)
    refuse_unreleased(result, "a table")
    assert result.answers is not None
    rows = _wanted(rows_of(result, result.answers, level), quantities)
    view = View(result.answers, rows, Wording(language, result.answers.instrument), level=level)
    tables = {view.unit(unit): _table(view, result, unit, find.of(rows, unit)) for unit in find.units(rows)}
    title = view.wording.analysis(result.analysis)
    write_bytes(target, _WRITERS[target.suffix.lower()](title, tables, language))
    return target


def _wanted(rows: Sequence[Row], quantities: str | Sequence[str] | None) -> list[Row]:
    if quantities is None:
        return list(rows)
    known = find.distinct(rows, "quantity")
    names = [quantities] if isinstance(quantities, str) else list(quantities)
    for name in names:
        if name not in known:
            raise UsageError(f"no '{name}' in this result; it holds: {', '.join(known)}.{suggestion(str(name), known)}")
    return [row for row in rows if row["quantity"] in names]


def _table(view: View, result: Result, unit: Unit, rows: Sequence[Row]) -> Table:
    """What all rows have in common is said once, below the table."""
    wording = view.wording
    common = {name: rows[0][name] for name in ("method", "cluster", "n") if len({row[name] for row in rows}) == 1}
    common = {name: value for name, value in common.items() if value is not None}
    remarks = [f"n = {wording.count(common['n'])}."] if "n" in common else []
    cluster = common.get("cluster")
    spoken = {"method": wording.method(common.get("method")), "cluster": cluster and wording.key(cluster)}
    remarks += [f"{wording.column(name)}: {words}." for name, words in spoken.items() if words]
    remarks += [f"{view.interval_name}."] if any(row["conf_low"] is not None for row in rows) else []
    remarks += [f"{wording.note(note)}." for note in result.notes]
    terms = [wording.vocabulary.quantities.get(name) for name in find.distinct(rows, "quantity")]
    if len(terms) <= _EXPLAINED:
        remarks += [f"{term.name}: {term.definition}" for term in terms if term is not None]
    caption = f"{wording.analysis(result.analysis)}, {view.unit(unit)}"
    remark = " ".join(one if one.startswith("n =") else one[:1].upper() + one[1:] for one in remarks)
    return replace(full_table(view, result.analysis, rows, common), caption=caption, remark=remark)
