"""Answers made up for tests."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec.structs import replace
from scipy.special import ndtri

from omstilling_psychometrics.simulation.streams import Stream
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns
from omstilling_psychometrics.survey.scale import NonAnswer, Text
from omstilling_psychometrics.topics.factor.numerics.dynamic_cutoffs import Population


def answers(
    rows, categories: int | Sequence[int] = 5, *, items: str | Sequence[str] = "i", roles: Sequence[str] = (), **keys
) -> ResponsePatterns:
    """Codes (n, k) as answers to items i1, i2, … (or the first of these names) of categories 1 … c (or of these values), with
    keys, of an instrument of these roles."""
    codes = np.asarray(rows)
    k = codes.shape[1]
    names = [f"{items}{place + 1}" for place in range(k)] if isinstance(items, str) else items[:k]
    scale = tuple(range(1, categories + 1)) if isinstance(categories, int) else tuple(categories)
    instrument = plain_instrument(scale, tuple(names), roles=tuple(roles))
    given = {
        name: Key.of([None if value is None else str(value) for value in values])
        for name, values in keys.items()
        if values is not None
    }
    return ResponsePatterns.count(instrument, codes, given)


def likert(latent):
    """Answers 1 … 5 that cut latent values (n, k) in five."""
    return 1 + (latent[:, :, None] > np.array([-1.2, -0.4, 0.4, 1.2])).sum(axis=2)


def codes(n: int, k: int, *, categories: int = 5, loading: float = 0.7, missing: float = 0.0, seed: int = 1):
    """Codes (n, k) that one factor made."""
    rng = np.random.default_rng(seed)
    latent = loading * rng.normal(size=(n, 1)) + np.sqrt(1 - loading**2) * rng.normal(size=(n, k))
    found = 1 + (latent[:, :, None] > np.linspace(-1.5, 1.5, categories - 1)).sum(axis=-1)
    found[rng.random(found.shape) < missing] = -1
    return found


def grouped(n, k=4, c=5, groups=2, seed=1, change=None, leaders=None):
    """Answers of groups (`form`) of n each that one factor made alike, until `change(answers, group)` alters them in place."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(groups), n)
    latent = 1.6 * rng.normal(size=n * groups)[:, None] + rng.logistic(size=(n * groups, k))
    answers = 1 + (latent[:, :, None] > np.linspace(-2, 2, c - 1)).sum(axis=2)
    if change is not None:
        change(answers, group)
    keys = {"form": Key.of([f"g{one}" for one in group])}
    if leaders is not None:
        keys["leader"] = Key.of([f"l{one:03}" for one in rng.integers(0, leaders, n * groups)])
    return ResponsePatterns.count(plain_instrument(tuple(range(1, c + 1)), tuple("abcdefgh"[:k])), answers, keys)


def awkward_scale() -> ResponsePatterns:
    """700 answers of two roles to a scale that other programs stumble over: names of items and roles with signs and spaces,
    categories 0 to 3 of which nobody chose one in the middle of the third item and the last of the sixth, a reversed item, two
    reasons for no answer."""
    scale = plain_instrument((0, 1, 2, 3), ("Is it clear?", "=fun", "æble", "d", "e 5", "if"), roles=("day shift", "Nat/hold"))
    items = tuple(replace(item, reversed=item.key == "d") for item in scale.items)
    reasons = (NonAnswer("don't know", Text(da="ved ikke")), NonAnswer("refused"))
    scale = replace(scale, items=items, non_answers=reasons)
    stream, n = Stream.component(8), 700
    loading = np.array([0.5, 0.6, 0.7, 0.8, 0.65, 0.75])
    latent = loading * stream.normal(n, 1) + np.sqrt(1 - loading**2) * stream.normal(n, 6)
    found = 1 + np.digitize(latent, [-1, 0.1, 0.9])
    found[found[:, 2] == 2, 2] = 3
    found[found[:, 5] == 4, 5] = 3
    found = np.where(stream.happens(0.05, n, 6), np.array([-1, -3, -4])[stream.category([1 / 3] * 3, n, 6)], found)
    role = np.where(stream.happens(0.6, n), "day shift", "Nat/hold")
    shift = 1 + stream.category([0.25] * 4, n)
    return ResponsePatterns.count(scale, found, {"role": Key.of(list(role)), "min uge": Key.of([str(one) for one in shift])})


def rated(n=1000, k=5, leaders=True, planted=False, holes=0.0, seed=0, raters=10):
    """Raters of each leader; planted is a residual correlation of .30 between the second and fourth item."""
    rng = np.random.default_rng(seed)
    population = Population(
        loadings=np.full(k, 0.7),
        thresholds=np.tile(ndtri([0.05, 0.20, 0.50, 0.85]), (k, 1)),
        leader_share=0.15 if leaders else 0.0,
        leader_variances=np.zeros(k),
    )
    leader = np.arange(n) // raters
    codes = population.draw(((1, 3),) if planted else (), leader if leaders else np.full(n, -1), rng)
    codes = np.where(rng.random(codes.shape) < holes, -1, codes)
    keys = {"leader": Key(leader, tuple(f"l{one:04d}" for one in range(n // raters)))} if leaders else {}
    return ResponsePatterns.count(plain_instrument((1, 2, 3, 4, 5), tuple(f"i{one}" for one in range(1, k + 1))), codes, keys)


def overlapping():
    """Answers (400, 5): the first and fourth item share more than one factor can give them, so that the residual variance
    of one is below 0."""
    rng = np.random.default_rng(11)
    latent = rng.normal(size=(400, 1))
    codes = 3 + np.round(np.concatenate([0.4 * latent + 0.6 * rng.normal(size=(400, 3)), np.zeros((400, 2))], axis=1))
    codes[:, 3] = 3 + np.round(0.95 * codes[:, 0] - 2.85 + 0.2 * rng.normal(size=400))
    codes[:, 4] = 3 + np.round(0.4 * latent[:, 0] + 0.6 * rng.normal(size=400))
    return codes
