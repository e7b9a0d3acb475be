"""Counting holds for short and long scales, few and many categories: shuffled, expanded, pooled, added, written and read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omstilling_psychometrics.survey.codes import BLANK, NOT_SHOWN, reason_codes
from omstilling_psychometrics.survey.disclosure import Disclosure
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.parquet import read_counts, write_counts
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns
from omstilling_psychometrics.survey.scale import Instrument

REASONS = ("dont_know", "refuse")
ROLES = ("team", "self")


def scale(items: int, categories: int) -> Instrument:
    names = tuple(f"q{number}" for number in range(1, items + 1))
    return plain_instrument(tuple(range(categories)), names, non_answers=REASONS, roles=ROLES)


# 30 items with 7 categories and 4 non-answers need 104 bits and 100 categories 9 bits an item: more than an integer has.
SCALES = {f"{k} x {c}": scale(k, c) for k, c in ((2, 2), (18, 2), (19, 2), (5, 5), (18, 7), (30, 7), (60, 2), (12, 100))}


def drawn(instrument: Instrument, n: int, seed: int) -> tuple[np.ndarray, list[str], list[str | None]]:
    """Codes (n, k) of few patterns, half of which differ from another in the last item only; roles and leaders."""
    rng = np.random.default_rng(seed)
    codes = [*range(1, len(instrument.categories) + 1), BLANK, NOT_SHOWN, *reason_codes(instrument).values()]
    base = rng.choice(codes, (max(1, n // 4), len(instrument.items)))
    twins = base.copy()
    twins[:, -1] = rng.choice(codes, len(base))
    both = np.concatenate([base, twins])
    leaders = [None if place == 0 else f"l{place}" for place in rng.integers(0, 4, n)]
    return both[rng.integers(0, len(both), n)], list(rng.choice(ROLES, n)), leaders


def count(instrument: Instrument, codes: np.ndarray, roles: list[str], leaders: list[str | None]) -> ResponsePatterns:
    return ResponsePatterns.count(instrument, codes, {"role": Key.of(roles, ROLES), "leader": Key.of(leaders)})


seeds = st.integers(0, 10_000)
sizes_and_seeds = given(st.integers(0, 80), seeds)


@pytest.mark.parametrize("name", SCALES)
@sizes_and_seeds
@settings(max_examples=8)
def test_counts_are_the_rows_in_any_order(name: str, n: int, seed: int) -> None:
    instrument = SCALES[name]
    codes, roles, leaders = drawn(instrument, n, seed)
    patterns = count(instrument, codes, roles, leaders)
    order = np.random.default_rng(seed + 1).permutation(n)
    shuffled = count(instrument, codes[order], [roles[row] for row in order], [leaders[row] for row in order])
    assert patterns == shuffled
    assert patterns.patterns.tobytes() == shuffled.patterns.tobytes()
    expected, times = np.unique(codes, axis=0, return_counts=True)
    np.testing.assert_array_equal(patterns.patterns, expected)
    np.testing.assert_array_equal(patterns.table()[1], times)


@pytest.mark.parametrize("name", SCALES)
@given(st.integers(1, 80), seeds)
@settings(max_examples=5)
def test_counts_survive_every_way_out_and_back(tmp_path_factory: pytest.TempPathFactory, name: str, n: int, seed: int) -> None:
    instrument = SCALES[name]
    patterns = count(instrument, *drawn(instrument, n, seed))
    assert ResponsePatterns.from_frame(patterns.expand(coded=True), instrument) == patterns
    assert ResponsePatterns.from_frame(patterns.to_frame(), instrument) == patterns
    path: Path = tmp_path_factory.mktemp("counts") / "counts.parquet"
    write_counts(patterns, path, keep=["leader"], disclosure=Disclosure.none())
    assert read_counts(path) == patterns


@pytest.mark.parametrize("name", SCALES)
@sizes_and_seeds
@settings(max_examples=5)
def test_adding_and_pooling_are_those_of_the_rows(name: str, n: int, seed: int) -> None:
    instrument = SCALES[name]
    codes, roles, leaders = drawn(instrument, n, seed)
    half = n // 3
    parts = [count(instrument, codes[rows], roles[rows], leaders[rows]) for rows in (slice(0, half), slice(half, n))]
    whole = count(instrument, codes, roles, leaders)
    assert parts[0] + parts[1] == whole
    assert whole.pool("leader") == ResponsePatterns.count(instrument, codes, {"role": Key.of(roles, ROLES)})
    assert sum(part.n for _, part in whole.split("role")) == n
