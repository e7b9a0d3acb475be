"""Result rows as they are written: those of released answers, rare answer patterns joined, few digits where few answered, and a
null row in the place of each that a withheld cell would have had."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from ..analysis.running import Analysed, run
from ..core.numerics.digits import to_digits
from ..core.numerics.tally import distinct_flags
from ..core.registry import ANALYSES
from ..core.results import NUMBERS, Result, Statistic
from ..survey.codes import BLANK
from ..survey.disclosure import OTHER, SUPPRESSED, Cell, Disclosure, cell_sizes, distinct_per_group
from ..survey.keys import Key
from ..survey.patterns import ResponsePatterns
from ..survey.released import ReleasedAnswers
from ..survey.scale import Instrument
from ..survey.unreleased import refuse_unreleased

Row = dict[str, Any]
R = TypeVar("R", bound=Result)


class ReleasedRows(list[Row]):
    """Rows as they may be written: what `released_rows` gives, and nothing else."""

    is_released = True


# Rows that rest on fewer answers have so many significant digits: more would give the answers back.
FEW_ANSWERS = 30
DIGITS = 3
PATTERN_COUNT = "pattern_count"


def released_rows(
    answers: ReleasedAnswers, names: Sequence[str], analysed: Sequence[Analysed], level: float = 0.95
) -> ReleasedRows:
    """The rows of these results of the named analyses, which were computed from the answers, and the null rows of what is
    withheld; each statistic that is missing has its reason."""
    refuse_unreleased(answers, "a row of results")
    for computed in analysed:
        refuse_unreleased(computed.result, "a row of results", answers.disclosure)
    rows = ReleasedRows()
    for name in names:
        analysis_rows = [row for computed in analysed if computed.name == name for row in computed.result.rows(level)]
        rows += [*as_written(answers, analysis_rows), *withheld_rows(answers, name, analysis_rows)]
    return rows


def rows_of(result: Result, answers: ReleasedAnswers, level: float = 0.95) -> ReleasedRows:
    """The rows of one result as they may be written, and null rows of what is withheld of its quantities."""
    refuse_unreleased(result, "a table", answers.disclosure)
    roles = {*answers.roles, "all"} if answers.n else set()
    rows = as_written(answers, [row for row in result.rows(level) if row["role"] in roles])
    wanted = {(row["quantity"], row["method"]) for row in rows}
    nulls = withheld_rows(answers, result.analysis, rows)
    kept = [row for row in nulls if not wanted or (row["quantity"], row["method"]) in wanted]
    return ReleasedRows([*rows, *kept])


def released_result(result: R, answers: ReleasedAnswers, level: float = 0.95) -> R:
    """The result as it may be written: its rows, and the models that something is told of in them."""
    rows = rows_of(result, answers, level)
    models = shown_models(answers.disclosure, result, rows)
    return replace(result, statistics=tuple(as_statistic(row) for row in rows), models=models)


def as_statistic(row: Row) -> Statistic:
    """A released row as the statistic it was, with its interval at the level of the report."""
    low, high = row["conf_low"], row["conf_high"]
    known = {name: row[name] for name in Statistic.__dataclass_fields__ if name in row}
    return Statistic(**known, interval=None if low is None or high is None else lambda level: (low, high))


def as_written(answers: ReleasedAnswers, rows: Sequence[Row]) -> list[Row]:
    """Rows of released answers as they may be written."""
    refuse_unreleased(answers, "a row of results")
    for row in rows:
        if row["estimate"] is None and row["statistic"] is None and row["note"] is None:
            row["note"] = "not_computed"
    if not answers.disclosure.active:
        return list(rows)
    crossed = _small_crossings(answers)
    joined = list(rows)
    if any(row["quantity"] == PATTERN_COUNT for row in rows):
        joined = _joined(rows, pattern_givers(answers, answers.by), answers.disclosure)
    shown = [(row, digits_of(answers.disclosure, row["n"])) for row in joined]
    return [_null(row) if _names(row, crossed) else _rounded(row, digits) for row, digits in shown]


def _null(row: Row) -> Row:
    return {**row, **dict.fromkeys(NUMBERS), "cluster": None, "note": SUPPRESSED}


def digits_of(disclosure: Disclosure, n: int | None) -> int | None:
    """How many significant digits may be shown of what rests on n answers; None for all."""
    return DIGITS if disclosure.active and n is not None and n < FEW_ANSWERS else None


def shown_model(disclosure: Disclosure, model: Any) -> Any:
    """A model as it may be drawn: of few answers with no more digits than their rows have; None where it cannot be rounded, or
    does not say of how many answers it is. One of several groups rests on as many as the smallest of them."""
    n = getattr(model, "smallest_group", getattr(model, "n", None))
    if disclosure.active and n is None:
        return None
    digits = digits_of(disclosure, n)
    if digits is None:
        return model
    return model.to_digits(digits) if hasattr(model, "to_digits") else None


def shown_models(disclosure: Disclosure, result: Result, rows: Sequence[Row]) -> dict[str, Any]:
    """Those models of a result that something is told of in the rows as they are written: of a role or a group, or, where
    groups were compared, of a step or an item."""
    there = {row[field] for row in rows if row["estimate"] is not None for field in result.models_by}
    shown = {name: shown_model(disclosure, model) for name, model in result.models.items() if name in there}
    return {name: model for name, model in shown.items() if model is not None}


def _rounded(row: Row, digits: int | None) -> Row:
    if digits is None:
        return row
    return {**row, **{name: None if row[name] is None else to_digits(row[name], digits) for name in NUMBERS if name != "n"}}


# ---------------------------------------------------------------- answer patterns

Givers = Mapping[tuple[str, str | None, str], int]


def pattern_givers(answers: ResponsePatterns, by: str | None = None) -> Givers:
    """Different respondents behind each pattern of answered items: (role, group, '11011')."""
    roles: list[tuple[str, ResponsePatterns]] = [("all", answers)]
    if "role" in answers.keys:
        roles = list(answers.split("role"))
    givers = {}
    for role, of_role in roles:
        groups: list[tuple[str | None, ResponsePatterns]] = [(None, of_role)]
        groups = groups if by is None else list(of_role.split(by))
        for group, part in groups:
            answered, place = distinct_flags(part.patterns > 0)
            people = distinct_per_group(part, "respondent", place[part.pattern])
            for row, number in zip(answered, people.tolist(), strict=True):
                givers[role, group, "".join("1" if item else "0" for item in row)] = number
    return givers


def _joined(rows: Sequence[Row], givers: Givers, policy: Disclosure) -> list[Row]:
    """The rows with small answer patterns joined, `other` in the place of the first that went."""
    groups: dict[tuple[Any, ...], list[int]] = {}
    for place, row in enumerate(rows):
        if row["quantity"] == PATTERN_COUNT:
            groups.setdefault((row["role"], row["group"], row["method"]), []).append(place)
    replaced: dict[int, Row | None] = {}
    for places in groups.values():
        members = [rows[place] for place in places]
        gone = [places[position] for position in _rare_patterns(members, givers, policy.minimum_respondents)]
        if gone:
            replaced |= dict.fromkeys(gone)
            replaced[gone[0]] = _other([rows[place] for place in gone])
    kept = ((row, replaced.get(place, row)) for place, row in enumerate(rows))
    return [new for _, new in kept if new is not None]


def _rare_patterns(members: Sequence[Row], givers: Givers, minimum: int) -> list[int]:
    """Positions of the patterns to join: those under the minimum, and the next smallest ones until `other` is not."""
    people = [givers.get((row["role"], row["group"], row["item"]), row["estimate"] or 0) for row in members]
    by_size = sorted(range(len(members)), key=lambda position: (people[position], str(members[position]["item"])))
    hidden: list[int] = []
    total = 0.0
    for position in by_size:
        if people[position] >= minimum and (not hidden or total >= minimum):
            break
        hidden.append(position)
        total += people[position]
    return sorted(hidden)


def _other(members: Sequence[Row]) -> Row:
    """One row in the place of several patterns: their counts added, no interval."""
    total = sum(member["estimate"] or 0 for member in members)
    lost = dict.fromkeys(("std_error", "conf_low", "conf_high", "statistic", "df", "p_value"))
    return {**members[0], **lost, "item": OTHER, "estimate": total}


# ---------------------------------------------------------------- what a group is broken down by further


def _small_crossings(answers: ReleasedAnswers) -> frozenset[tuple[str, str | None, str]]:
    """(role, group, 'form=B') of the waves and forms within a value of `by` that too few share. Their people are not withheld,
    but no row is about them alone."""
    if answers.by is None:
        return frozenset()
    crossings = set()
    for name in ("wave", "form"):
        if name in answers.keys and name != answers.by:
            for cell, size in cell_sizes(answers, (answers.by, name), ()).items():
                group, level = dict(cell.values)[answers.by], dict(cell.values)[name]
                if answers.disclosure.withholds(*size):
                    crossings |= {(cell.role, group, f"{name}={level or '?'}"), ("all", group, f"{name}={level or '?'}")}
    return frozenset(crossings)


def _names(row: Row, crossed: frozenset[tuple[str, str | None, str]]) -> bool:
    if not crossed or not row["method"]:
        return False
    method = _with_waves_named(row["method"]) if row["analysis"] == "retest" else row["method"]
    return any(
        (role, group) == (row["role"], row["group"]) and re.search(rf"(?:^|/){re.escape(label)}(?:$|/)", method)
        for role, group, label in crossed
    )


def _with_waves_named(method: str) -> str:
    """`agreement/wave=1/wave=2` of `agreement/1~2`: who has a score in both waves has one in each."""
    kind, *waves = re.split("[/~]", method)
    return "/".join([kind, *(f"wave={wave}" for wave in waves)])


# ---------------------------------------------------------------- null rows


def withheld_rows(answers: ReleasedAnswers, name: str, rows: Sequence[Row]) -> list[Row]:
    """Null rows of what an analysis would say of withheld cells. They are those of an empty answer in every role, so that they
    say of a cell that it is there, and nothing more; of several groups that are compared, none is named."""
    refuse_unreleased(answers, "a row of results")
    if not answers.withheld:
        return []
    templates = _empty_rows(answers.instrument, name, roles_there(answers), "leader" in answers.keys)
    compares = ANALYSES[name].compares
    if not answers.n and (compares or answers.by is None):
        new = templates
    elif answers.by is None:
        gone = set(answers.withheld_roles)
        new = [row for row in templates if row["role"] in gone or not gone.isdisjoint(_parts(row["method"]))]
    else:
        of_role: dict[str, list[Row]] = {}
        for row in templates:
            of_role.setdefault(row["role"], []).append(row)
        groups = () if compares else answers.withheld_groups()
        new = [{**row, "group": group} for role, group in groups for row in of_role.get(role, ())]
    new += _of_small_parts(answers, name, rows)
    there = {_key(row) for row in rows}
    return [row for row in {_key(row): row for row in new}.values() if _key(row) not in there]


def _key(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("role", "group", "quantity", "item", "category", "method"))


def roles_there(answers: ReleasedAnswers) -> tuple[str, ...]:
    """Roles that are released, and those of which something is withheld, in the instrument's order."""
    refuse_unreleased(answers, "a list of roles")
    order = list(answers.instrument.role_keys)
    roles = {*answers.roles, *(cell.role for cell in answers.withheld)} - {""}
    if "all" in roles and len(roles) > 1 and "all" not in order:
        roles -= {"all"}
    return tuple(sorted(roles, key=lambda role: (order.index(role) if role in order else len(order), role)))


def _parts(method: str | None) -> set[str]:
    return set(re.split("[/~]", method or ""))


def _empty_rows(instrument: Instrument, name: str, roles: tuple[str, ...], leaders: bool) -> list[Row]:
    """The rows of an analysis of one blank answer in each role."""
    keys = {} if roles == ("all",) else {"role": Key.of(roles, roles)}
    if leaders:
        keys["leader"] = Key.of([str(place) for place, _ in enumerate(roles)])
    blank = np.full((len(roles), len(instrument.items)), BLANK)
    done = run(ResponsePatterns.count(instrument, blank, keys), (name,), seed=1)
    rows = [_null(row) for analysed in done for row in analysed.result.rows()]
    return [{**row, "item": OTHER} if row["quantity"] == "pattern_count" else row for row in rows]


def _of_small_parts(answers: ReleasedAnswers, name: str, rows: Sequence[Row]) -> list[Row]:
    """Of withheld waves and forms: the rows that models of non-answers have for the others of their role."""
    if name != "missingness" or not rows:
        return []
    reasons = [*answers.instrument.reason_keys, "blank", "any"]
    units = dict.fromkeys((row["role"], row["group"]) for row in rows)
    new = []
    for cell in answers.withheld:
        for role, group in units:
            if role == cell.role and cell.values and cell.values[0][0] != answers.by:
                new += [_null(_odds_ratio(rows[0], role, group, reason, cell)) for reason in reasons]
    return new


def _odds_ratio(like: Row, role: str, group: str | None, reason: str, cell: Cell) -> Row:
    (key, level), *_ = cell.values
    about = {"role": role, "group": group, "quantity": "reason_odds_ratio", "method": f"{reason}/{key}={level or '?'}"}
    return {**like, **about, "item": None, "category": None}
