"""Instruments, files and answers that codebooks are drafted from, made up for tests."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat

from omstilling_psychometrics.survey.inspection import Inspection
from omstilling_psychometrics.survey.instrument import parse_instrument
from omstilling_psychometrics.survey.scale import Instrument

ITEMS = ("q1", "q2", "q3")
DANISH = ("Helt uenig", "Uenig", "Hverken/eller", "Enig", "Helt enig")
ENGLISH = ("Strongly disagree", "Disagree", "Neutral", "Agree", "Strongly agree")


def scale(
    categories: Sequence[int] = range(1, 6),
    labels: Mapping[int, tuple[str, str]] | None = None,
    items: Mapping[str, str] | None = None,
    roles: str = "",
) -> Instrument:
    """An instrument with two reasons; items: key to its wording for everybody."""
    named = dict(zip(categories, zip(DANISH, ENGLISH, strict=True), strict=False)) if labels is None else labels
    lines = ['[instrument]\nkey = "t"\n[scale]', f"categories = {list(categories)}", "[scale.labels]"]
    lines += [f'{value} = {{ da = "{da}", en = "{en}" }}' for value, (da, en) in named.items()]
    lines += ['[[non_answers]]\nkey = "ved_ikke"\nlabel = { da = "Ved ikke", en = "Don\'t know" }']
    lines += ['[[non_answers]]\nkey = "afslag"\nlabel = { da = "Ønsker ikke at svare", en = "Prefer not to say" }', roles]
    for key, wording in (items or dict.fromkeys(ITEMS, "")).items():
        lines += ["[[items]]", f'key = "{key}"', wording]
    return parse_instrument("\n".join(lines).encode())


def csv(tmp_path: Path, columns: Mapping[str, Sequence[object]], name: str = "x.csv") -> Path:
    pd.DataFrame(columns).to_csv(tmp_path / name, index=False)
    return tmp_path / name


def codes(found: Inspection) -> dict[str, Any]:
    return tomllib.loads(found.codebook).get("codes", {})


def answers(texts: Sequence[str], rows: int = 40, seed: int = 1) -> dict[str, list[str]]:
    """Every text in every item."""
    rng = np.random.default_rng(seed)
    return {item: list(rng.permutation([*texts] * (rows // len(texts) + 1))) for item in ITEMS}


def sav(path: Path, columns: Mapping[str, Sequence[float]], **about: Any) -> Path:
    pyreadstat.write_sav(pd.DataFrame(columns).astype(float), str(path), **about)
    return path
