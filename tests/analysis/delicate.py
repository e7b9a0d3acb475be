"""Answers at which the last bits could decide; `python delicate.py OUTPUT.json` writes the battery's rows about them."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path

import numpy as np

from omstilling_psychometrics.analysis.running import run
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns

_DRAWS = ("reliability.analysis", "reliability.analysis_omega", "dimensionality.analysis_efa")


def _answers(codes: np.ndarray, categories: int = 5, **keys: list[int] | list[str]) -> ResponsePatterns:
    instrument = plain_instrument(tuple(range(1, categories + 1)), tuple(f"q{item + 1}" for item in range(codes.shape[1])))
    return ResponsePatterns.count(instrument, codes, {name: Key.of([str(one) for one in of]) for name, of in keys.items()})


def _one_factor(n: int, k: int, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    latent = 0.75 * random.normal(size=(n, 1)) + 0.66 * random.normal(size=(n, k))
    return 1 + (latent[:, :, None] > np.array([-0.84, -0.25, 0.25, 0.84])).sum(axis=2)


def surveys() -> dict[str, tuple[ResponsePatterns, str | None]]:
    """Answers and the key whose groups are compared, by what is delicate about them."""
    some = np.random.default_rng(3).integers(1, 6, size=(60, 3))
    every = np.array([[a, b, c] for a in (1, 2, 3) for b in (1, 2, 3) for c in (1, 2, 3)])
    mirrored = _one_factor(120, 4, 8)
    item = _one_factor(200, 1, 5)
    return {
        "every leader has the same answers in both groups": (
            _answers(np.vstack([some, some]), leader=[i % 60 // 5 for i in range(120)], form=["A"] * 60 + ["B"] * 60),
            "form",
        ),
        "leaders alike": (_answers(np.vstack([some] * 4), leader=[i // 60 for i in range(240)]), None),
        "unrelated items": (_answers(np.vstack([every] * 4), 3, leader=[i // 27 for i in range(108)]), None),
        "identical items": (_answers(np.repeat(item, 3, axis=1), leader=[i // 10 for i in range(200)]), None),
        "an identical pair": (_answers(np.hstack([_one_factor(200, 2, 6), item, item])), None),
        "answers and their mirror image": (
            _answers(np.vstack([mirrored, 6 - mirrored]), leader=[i % 120 // 6 for i in range(240)]),
            None,
        ),
        "two leaders": (_answers(_one_factor(240, 5, 13), leader=[i % 2 for i in range(240)]), None),
    }


if __name__ == "__main__":
    for name in _DRAWS:
        import_module(f"omstilling_psychometrics.topics.{name}").DRAWS = 20
    found = {
        name: [{**row, "analysis": one.name} for one in run(answers, seed=1, by=by) for row in one.result.rows()]
        for name, (answers, by) in surveys().items()
    }
    Path(sys.argv[1]).write_text(json.dumps(found), encoding="utf-8")
