"""Answers made up for tests of analyses."""

from __future__ import annotations

import numpy as np
import pytest

from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns


def _answers(codes, categories=5, **keys):
    codes = np.asarray(codes)
    instrument = plain_instrument(tuple(range(1, categories + 1)), tuple(f"i{n + 1}" for n in range(codes.shape[1])))
    return ResponsePatterns.count(instrument, codes, {name: Key.of([str(v) for v in values]) for name, values in keys.items()})


def _simulated(n, k, *, categories=5, loading=0.7, missing=0.0, seed=1):
    rng = np.random.default_rng(seed)
    latent = loading * rng.normal(size=(n, 1)) + np.sqrt(1 - loading**2) * rng.normal(size=(n, k))
    codes = 1 + (latent[:, :, None] > np.linspace(-1.5, 1.5, categories - 1)).sum(axis=-1)
    codes[rng.random(codes.shape) < missing] = -1
    return codes


@pytest.fixture(scope="session")
def make_answers():
    """Codes (n, k) as answers to items i1, i2, ..., with keys."""
    return _answers


@pytest.fixture(scope="session")
def make_codes():
    """Codes (n, k) that one factor made."""
    return _simulated
