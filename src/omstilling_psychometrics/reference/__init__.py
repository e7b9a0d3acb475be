"""Reference cases: public data as counted cells, and the values that other packages compute from them.

`data/NAME.csv` holds the cells (group and leader where known, items as category values, count); `data/manifest.json` the
categories and origin; `values/DOMAIN.json` the values, each with package, version, call and the checksum of the data it
was computed from. Read by the tests and by `omstilling verify`. A value without provenance is refused.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from io import StringIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.errors import OmstillingError
from ..survey.codes import BLANK
from ..survey.instrument import plain_instrument
from ..survey.keys import Key
from ..survey.patterns import ResponsePatterns

_PROVENANCE = ("package", "version", "call", "data_sha256")


@dataclass(frozen=True, kw_only=True)
class ReferenceValue:
    """What a peer computed: the value as its JSON, and where it comes from."""

    value: Any
    package: str
    version: str
    call: str
    data_sha256: str

    def matrix(self) -> NDArray[np.float64]:
        """The value as an array; for R matrices stored as {rows, cols, values}."""
        content = self.value["values"] if isinstance(self.value, dict) and "values" in self.value else self.value
        return np.array(content, dtype=float)


def _read(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


@cache
def manifest() -> dict[str, dict[str, Any]]:
    """Data sets by name: categories, items, origin, checksum of the original file."""
    return dict(json.loads(_read("data/manifest.json")))


@cache
def load_case(name: str) -> ResponsePatterns:
    """A reference data set; its clusters are the key `leader`, its groups the key `group`."""
    about = manifest()[name]
    instrument = plain_instrument(tuple(about["categories"]), tuple(about["items"]))
    code = {"": BLANK, **{str(value): position + 1 for position, value in enumerate(instrument.categories)}}
    rows = list(csv.DictReader(StringIO(_read(f"data/{name}.csv"))))
    answers = np.array([[code[row[item]] for item in instrument.item_keys] for row in rows], dtype=np.int64)
    keys = {key: Key.of([row[key] or None for row in rows]) for key in ("group", "leader") if key in rows[0]}
    return ResponsePatterns.count(instrument, answers, keys, np.array([int(row["count"]) for row in rows]))


@cache
def load_values(domain: str) -> dict[str, dict[str, ReferenceValue]]:
    """Values of one domain: data set → path in the peers' output → value."""
    loaded: dict[str, dict[str, ReferenceValue]] = {}
    for name, entries in json.loads(_read(f"values/{domain}.json")).items():
        for path, entry in entries.items():
            lacking = [field for field in _PROVENANCE if not entry.get(field)]
            if lacking:
                raise OmstillingError(f"reference value {domain}/{name}/{path} has no {', '.join(lacking)}.")
            loaded.setdefault(name, {})[path] = ReferenceValue(**entry)
    return loaded


def reference_value(domain: str, name: str, path: str) -> ReferenceValue:
    """One stored value, such as ('reliability', 'lq2002_lead', 'reliability/alpha_complete/total')."""
    return load_values(domain)[name][path]
