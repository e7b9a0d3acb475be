"""Differences between this output and earlier ones: whose n differ by a few tell of those few."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core.errors import DataError, cannot_read
from ..core.files import refuse_pipe
from ..core.registry import ANALYSES
from ..survey.disclosure import Disclosure
from ..survey.released import ReleasedAnswers
from ..survey.scale import Instrument
from ..survey.unreleased import refuse_unreleased
from .validation import Validation, validate

_SAME = ("analysis", "role", "group", "quantity", "item", "category", "method")

# What others can compute from counts, and enough to compare them: numbers of answers add up in it.
_OF_COUNTS = ("items", "missingness")

# Rows that a line names.
_NAMED = 3

Row = Mapping[str, Any]
_Key = tuple[Any, ...]


@dataclass(frozen=True, kw_only=True)
class Output:
    """The rows of one output, what its groups are of, and the key of the instrument."""

    name: str
    rows: Sequence[Row]
    by: str | None
    instrument: str | None

    def sizes(self) -> tuple[dict[_Key, float], dict[_Key, float]]:
        """n of every row, and of groups together where there is no row of all of them; and n of roles together."""
        own: dict[_Key, float] = {}
        groups: dict[_Key, float] = {}
        roles: dict[_Key, float] = {}
        for row in self.rows:
            if row["n"] is None:
                continue
            analysis, role, group = row["analysis"], row["role"], (self.by, row["group"]) if row["group"] is not None else None
            same = tuple(row[name] for name in _SAME[3:])
            own[analysis, role, group, *same] = row["n"]
            if analysis in ANALYSES and ANALYSES[analysis].counts_answers:
                if group is not None:
                    _add(groups, (analysis, role, None, *same), row["n"])
                    _add(roles, (analysis, "all", None, *same), row["n"])
                _add(roles, (analysis, "all", group, *same), row["n"])
        return groups | own, roles


def _add(sizes: dict[_Key, float], key: _Key, n: float) -> None:
    sizes[key] = sizes.get(key, 0) + n


def earlier_output(path: str | Path) -> Output:
    """The rows of an earlier results.json. Raises DataError for any other file."""
    name = str(path)
    try:
        refuse_pipe(Path(path))
        content = json.loads(Path(path).read_text(encoding="utf-8-sig"))
        rows = content["results"]
        if content["schema"] != 1 or not isinstance(rows, list) or any(not isinstance(row, dict) for row in rows):
            raise ValueError
    except OSError as error:
        raise DataError(cannot_read("the file", path, error)) from error
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise DataError(f"{name}: no results.json of `omstilling analyse`, which --against compares with.") from error
    lacking = sorted({column for row in rows for column in (*_SAME, "n") if column not in row})
    if lacking:
        raise DataError(
            f"{name}: rows without {', '.join(lacking)}, as an earlier version may have written them: they cannot be compared "
            "with rows that have it. Analyse those answers again with this version."
        )
    if not all(map(_is_row, rows)):
        raise DataError(f"{name}: damaged: a row with something else than texts and numbers. Take the file as it was written.")
    origin = content.get("provenance")
    origin = origin if isinstance(origin, dict) else {}
    return Output(name=name, rows=rows, by=_text(origin, "settings", "by"), instrument=_text(origin, "instrument", "key"))


def output_of(validation: Validation) -> Output:
    """What is written of some answers, to be compared with earlier outputs."""
    answers = validation.answers
    return Output(name="this output", rows=validation.rows, by=answers.by, instrument=answers.instrument.key)


def outputs_of_counts(counts: ReleasedAnswers, earlier: Sequence[Output]) -> list[Output]:
    """What others can compute from counts, and compare with the earlier outputs: numbers of everybody, and by their groups."""
    refuse_unreleased(counts, "a comparison with earlier outputs")
    answers = counts.pool([])  # of which everything may be told
    columns = dict.fromkeys(output.by for output in earlier if output.by in answers.keys)
    return [output_of(validate(answers, _OF_COUNTS, rng=1, by=by, disclosure=Disclosure.none())) for by in (None, *columns)]


def refuse_other_instrument(instrument: Instrument, earlier: Sequence[Output]) -> None:
    """DataError for an output of answers to another instrument, whose rows are others by the same names."""
    for output in earlier:
        if output.instrument not in (None, instrument.key):
            raise DataError(
                f"{output.name}: answers to another instrument ('{output.instrument}'; here '{instrument.key}'), which have "
                "nothing in common with these. Leave it out of --against."
            )


def _is_row(row: Row) -> bool:
    n = row["n"]
    number = n is None or (isinstance(n, (int, float)) and not isinstance(n, bool) and math.isfinite(n))
    return number and all(row[name] is None or isinstance(row[name], (str, int, float)) for name in _SAME)


def _text(origin: Mapping[str, Any], part: str, name: str) -> str | None:
    """A text of the provenance; None where an earlier version did not write it."""
    found = origin.get(part)
    value = found.get(name) if isinstance(found, dict) else None
    return value if isinstance(value, str) else None


def few_apart(now: Output, earlier: Sequence[Output], disclosure: Disclosure) -> list[str]:
    """One line for every group in an earlier output whose n differs from that of the same rows here by fewer than the minimum
    of respondents: from two such outputs together the answers of those few can be worked out.

    Under a policy that withholds nobody the default minimum counts.
    """
    minimum = (disclosure if disclosure.active else Disclosure()).minimum_respondents
    own, roles = now.sizes()
    lines = []
    for output in earlier:
        found: dict[_Key, list[str]] = {}
        theirs, their_roles = output.sizes()
        # Roles together are looked at where the other output has a row of all of them.
        here = {key: n for key, n in roles.items() if key in theirs} | own
        for key, there in ({key: n for key, n in their_roles.items() if key in own} | theirs).items():
            if key in here and 0 < abs(here[key] - there) < minimum:
                analysis, role, group, *about = key
                words = " ".join(str(word) for word in (analysis, *about) if word is not None)
                found.setdefault((role, group, here[key], there), []).append(words)
        for (role, group, n, there), of in found.items():
            unit = role if group is None else f"{role}, {group[1]}"
            more = f" and {len(of) - _NAMED} more rows" if len(of) > _NAMED else ""
            apart = f"n = {n} here and {there} there, {abs(n - there)} apart"
            lines.append(f"{output.name}: {unit}: {apart}: {', '.join(of[:_NAMED])}{more}")
    return lines
