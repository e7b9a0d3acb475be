"""Rows as SPSS and Stata files: category values with their labels, every reason for no answer a missing value of its own.

Items stand as people answered them, and what was left empty is the file's own missing value. The codebook beside the files says
what cannot be seen in them, so that both are read again as what they were.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from ...core.errors import UsageError
from ..codebook_lines import Line, RawLine, section
from ..codes import BLANK, reason_codes
from ..keys import KEY_ORDER
from ..released import ReleasedAnswers
from ..scale import Instrument

if TYPE_CHECKING:
    import pandas as pd

# SPSS takes so many single values as missing; more are a range.
_SINGLE_VALUES = 3
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
# What a variable may be called in both programs.
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,31}")
# Names that one of them does not allow.
_TAKEN = frozenset(
    ("all", "and", "by", "byte", "double", "eq", "float", "ge", "gt", "if", "in", "int", "le", "long", "lt", "ne", "not", "or",
     "strl", "to", "using", "with")
)  # fmt: skip


def files(answers: ReleasedAnswers) -> dict[str, bytes]:
    """answers.sav, answers.dta and their codebook, answers.toml."""
    instrument = answers.instrument
    reasons = [key for key in reason_codes(instrument) if key != "blank"]
    if len(reasons) > len(_LETTERS):
        raise UsageError(f"{len(reasons)} reasons for no answer; a Stata file has room for {len(_LETTERS)}.")
    codes = dict(zip(reasons, missing_values(instrument.categories, len(reasons)), strict=True))
    letters = dict(zip(reasons, _LETTERS, strict=False))
    names = _names([*answers.keys, *answers.items])
    labels: dict[str, str | None] = {names[item.key]: item.label("da") for item in instrument.items}
    categories: dict[Any, str] = {
        value: instrument.labels[value]["da"] if value in instrument.labels else str(value) for value in instrument.categories
    }
    said = {reason: instrument.reason_label(reason, "da") for reason in reasons}
    items = [names[item] for item in answers.items]
    missing: list[Any] = list(codes.values())
    if len(missing) > _SINGLE_VALUES:
        missing = [{"lo": min(missing), "hi": max(missing)}]

    import pyreadstat

    def sav(path: Path) -> None:
        pyreadstat.write_sav(
            _frame(answers, names, lambda reason: float(codes[reason])),
            path,
            column_labels=labels,
            variable_value_labels=dict.fromkeys(items, categories | {codes[key]: label for key, label in said.items()}),
            missing_ranges=dict.fromkeys(items, missing),
            row_compress=True,
        )

    def dta(path: Path) -> None:
        pyreadstat.write_dta(
            _frame(answers, names, letters.__getitem__),
            path,
            column_labels=labels,
            variable_value_labels=dict.fromkeys(items, categories | {letters[key]: label for key, label in said.items()}),
            missing_user_values={item: list(letters.values()) for item in items},
        )

    return {
        "answers.sav": without_time_in_sav(_written(sav, "answers.sav"), b"@(#) SPSS DATA FILE - counted answers"),
        "answers.dta": _without_time_in_dta(_written(dta, "answers.dta")),
        "answers.toml": _codebook(answers, names, codes, letters).encode("utf-8"),
    }


def missing_values(categories: Sequence[int], number: int) -> range:
    """So many values that are no category: the last below 10, 100, … that are beyond the highest (8 and 9 for two beyond 5)."""
    top = 9
    while top - number < max(categories):
        top = 10 * top + 9
    return range(top - number + 1, top + 1)


def _names(keys: Iterable[str]) -> dict[str, str]:
    """Key to name of the variable: itself where both programs take it."""
    names: dict[str, str] = {}
    wanted = list(keys)
    taken = {key.casefold() for key in wanted if _NAME.fullmatch(key)}
    for place, key in enumerate(wanted, start=1):
        fits = _NAME.fullmatch(key) and key.casefold() not in _TAKEN
        repeated = key.casefold() in {name.casefold() for name in names.values()}
        name = key
        if not fits or repeated:
            name = f"v{place}"
            while name in taken:
                name += "_"
        names[key] = name
    return names


def _frame(answers: ReleasedAnswers, names: Mapping[str, str], missing: Callable[[str], float | str]) -> pd.DataFrame:
    """A row per answer, items as they were answered."""
    instrument = answers.instrument
    scored = answers.to_frame()
    rows = scored.loc[scored.index.repeat(scored.pop("count"))].reset_index(drop=True)
    highest = len(instrument.categories)
    reasons = {code: np.nan if code == BLANK else missing(key) for key, code in reason_codes(instrument).items()}
    for item in instrument.items:
        places = range(1, highest + 1)
        values = {(highest + 1 - place if item.reversed else place): instrument.categories[place - 1] for place in places}
        column = rows[item.key].map(reasons | {place: float(value) for place, value in values.items()})
        rows[item.key] = column.astype(float) if not any(isinstance(one, str) for one in column) else column.astype(object)
    for name in answers.keys:
        rows[name] = rows[name].fillna("")
    return rows.rename(columns=dict(names))


def _written(write: Callable[[Path], None], name: str) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        write(path)
        return path.read_bytes()


def without_time_in_sav(content: bytes, product: bytes) -> bytes:
    """An SPSS file with constant bytes where the writing program and the time of writing stand: equal data are equal files."""
    return content[:4] + product.ljust(60)[:60] + content[64:92] + b"01 Jan 25" + b"00:00:00" + content[109:]


def _without_time_in_dta(content: bytes) -> bytes:
    return re.sub(rb"(?<=<timestamp>\x11).{17}(?=</timestamp>)", b"01 Jan 2025 00:00", content, count=1, flags=re.DOTALL)


def _codebook(answers: ReleasedAnswers, names: Mapping[str, str], codes: Mapping[str, int], letters: Mapping[str, str]) -> str:
    instrument = answers.instrument
    own = {*KEY_ORDER, *answers.items}
    columns = [Line(key, name) for key, name in names.items() if key != name or key not in own]
    meanings = [RawLine(str(code), reason) for reason, code in codes.items()]
    meanings += [RawLine(f".{letter}", reason) for reason, letter in letters.items()]
    lines = [f"# How answers.sav and answers.dta are read again: {_title(instrument)}."]
    return "\n".join([*lines, *section("[columns]", columns), *section("[codes]", meanings)]) + "\n"


def _title(instrument: Instrument) -> str:
    return " ".join((instrument.title["da"] or instrument.key).split())
