"""Whatever the scale, the roles, the holes and the leaders: every analysis answers with numbers or with reasons."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
import pytest

import made_up
from omstilling_psychometrics.analysis.running import run
from omstilling_psychometrics.core.registry import ANALYSES
from omstilling_psychometrics.core.vocabulary import vocabulary
from omstilling_psychometrics.reporting.validation import validate
from omstilling_psychometrics.survey.codes import BLANK, FIRST_REASON
from omstilling_psychometrics.survey.disclosure import Disclosure
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns

UNIQUE = ("analysis", "role", "group", "quantity", "item", "category", "method")


def survey(seed: int) -> tuple[ResponsePatterns, str | None]:
    """A survey drawn at random in shape and size, and a background variable to group by, if it has one."""
    random = np.random.default_rng(seed)
    k, c, n = (int(random.choice(values)) for values in ((2, 3, 4, 5), (2, 3, 4, 5, 7), (1, 2, 5, 12, 40, 150)))
    roles = tuple(f"r{one}" for one in range(random.integers(4)))
    lowest = int(random.choice([-2, 0, 1]))
    loadings = random.uniform(0.3, 0.95, k)
    thresholds = np.sort(random.normal(random.choice([0, -1, -2.5]), 1, (k, c - 1)), axis=1)
    leader = random.integers(0, max(1, n // int(random.choice([1, 3, 8]))), n)
    latent = random.normal(size=n) + 0.4 * random.normal(size=n)[leader]
    response = loadings * latent[:, None] + np.sqrt(1 - loadings**2) * random.normal(size=(n, k))
    codes = 1 + (response[:, :, None] > thresholds).sum(axis=2)
    if random.random() < 0.2:
        codes[:, 0] = 1
    holes = random.random((n, k)) < random.choice([0, 0.05, 0.3, 1.0], p=[0.4, 0.35, 0.2, 0.05])
    codes[holes] = np.where(random.random((n, k)) < 0.5, BLANK, FIRST_REASON)[holes]
    keys = {}
    if roles:
        keys["role"] = Key.of([roles[one] for one in random.integers(0, len(roles), n)], roles)
    if random.integers(2):
        keys["leader"] = Key.of([f"l{one}" for one in leader])
    by = "part" if random.integers(4) == 0 else None
    if by:
        keys[by] = Key.of([f"p{one}" for one in random.integers(0, 3, n)])
    categories = tuple(range(lowest, lowest + c))
    instrument = plain_instrument(categories, tuple("abcdefgh"[:k]), non_answers=("dk",), roles=roles)
    return ResponsePatterns.count(instrument, codes, keys), by


def refuse_wrong_rows(rows: list[dict[str, Any]]) -> None:
    """AssertionError unless every row is the only one of its name, and has a number that can be or a reason."""
    assert max(Counter(tuple(row[name] for name in UNIQUE) for row in rows).values(), default=1) == 1
    for row in rows:
        for name in ("estimate", "std_error", "statistic", "df", "p_value", "conf_low", "conf_high"):
            assert row[name] is None or math.isfinite(row[name]), row
        empty = row["estimate"] is None and row["statistic"] is None
        assert not empty or row["note"], row
        if row["note"]:
            vocabulary("en").note(row["note"])
        if row["conf_low"] is not None and row["conf_high"] is not None:
            assert row["conf_low"] <= row["conf_high"], row
        assert row["p_value"] is None or 0 <= row["p_value"] <= 1, row
        assert row["std_error"] is None or row["std_error"] >= 0, row


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5, 6, 7, 8, 13, 21, 22, 28, 32, 41])
def test_numbers_or_reasons(seed: int) -> None:
    answers, by = survey(seed)
    rows = validate(answers, tuple(ANALYSES), rng=1, by=by, disclosure=Disclosure.none()).rows
    assert {row["analysis"] for row in rows} == set(ANALYSES)
    refuse_wrong_rows(rows)


@pytest.mark.usefixtures("few_draws")
def test_where_nobody_may_be_written_about_every_analysis_has_reasons_or_no_rows() -> None:
    answers = made_up.answers(made_up.codes(60, 4), roles=("x", "y"), role=["x", "y"] * 30)
    nobody = answers.released(Disclosure(minimum_respondents=58))
    assert (nobody.n, nobody.roles) == (0, ())
    rows = {one.name: one.result.rows() for one in run(nobody, seed=1)}
    assert set(rows) == set(ANALYSES)
    for own in rows.values():
        assert all(row["estimate"] is None and row["note"] for row in own if row["quantity"] != "group_size")
    assert {row["note"] for row in rows["invariance"]} == {"no_answers"}
