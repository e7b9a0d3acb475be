"""Differences between this output and earlier ones: whose n differ by a few tell of those few."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..core.errors import DataError, cannot_read
from ..survey.disclosure import Disclosure

_SAME = ("analysis", "role", "group", "quantity", "item", "category", "method")

Row = Mapping[str, Any]


def earlier_rows(path: str | Path) -> list[dict[str, Any]]:
    """The rows of an earlier results.json. Raises DataError for any other file."""
    name = Path(path).name
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        rows = [{**row} for row in content["results"]]
        if content["schema"] != 1 or any(not {*_SAME, "n"} <= row.keys() for row in rows):
            raise ValueError
    except OSError as error:
        raise DataError(cannot_read("the file", path, error)) from error
    except (ValueError, TypeError, KeyError) as error:
        raise DataError(f"{name}: no results.json of `omstilling analyse`, which --against compares with.") from error
    return rows


def few_apart(rows: Sequence[Row], earlier: Mapping[str, Sequence[Row]], policy: Disclosure) -> list[str]:
    """One line for every group in an earlier output whose n differs from that of the same rows here by fewer than the minimum
    of respondents: from two such outputs together the answers of those few can be worked out.

    earlier: rows by the name of their file.
    """
    now = {_key(row): row["n"] for row in rows if row["n"] is not None}
    lines = []
    for name, others in earlier.items():
        found: dict[tuple[Any, ...], list[str]] = {}
        for row in others:
            here, there = now.get(_key(row)), row["n"]
            if here is not None and there is not None and 0 < abs(here - there) < policy.minimum_respondents:
                about = [row["analysis"], row["quantity"], row["item"], row["category"], row["method"]]
                words = " ".join(str(one) for one in about if one is not None)
                found.setdefault((row["role"], row["group"], here, there), []).append(words)
        for (role, group, here, there), of in found.items():
            unit = role if group is None else f"{role}, {group}"
            lines.append(f"{name}: {unit}: n = {here} here and {there} there, {abs(here - there)} apart: {', '.join(of)}")
    return lines


def _key(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in _SAME)
