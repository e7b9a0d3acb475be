"""Answers about leaders drawn from the two-level ordinal factor model, and true values of what is estimated from them.

    y*_k = lambda_k theta + beta_k u + e_k;   theta of the person, u of the leader and e_k standard normal

Slopes and thresholds are those of the synthetic survey's employees (simulation/truth.py) without its residual pair, divided by
the residual standard deviation; beta = s lambda with s^2 = .15/.85, unless told otherwise. Teams have 2 to 20 people, all sizes
equally likely.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from omstilling_psychometrics.simulation.answering import VED_IKKE
from omstilling_psychometrics.simulation.streams import Floats, Ints, Stream
from omstilling_psychometrics.simulation.truth import TEAM, TRUTH, instrument
from omstilling_psychometrics.survey.keys import Key
from omstilling_psychometrics.survey.patterns import ResponsePatterns
from omstilling_psychometrics.topics.scores.numerics.expected_score import ExpectedScore
from omstilling_psychometrics.topics.two_level.numerics.observed_score import ScoreVariances, score_variances

ITEMS = TRUTH.items
VALUES = np.array(instrument().categories, dtype=float)
SMALLEST, LARGEST = 2, 20
ICC = 0.15
_UNIQUE = np.sqrt(1 - np.array(TRUTH.loadings) ** 2)
_WHOLE = np.array(TRUTH.loadings) / _UNIQUE
LOADING = _WHOLE * math.sqrt(1 - ICC)
THRESHOLDS = np.array(TRUTH.thresholds) / _UNIQUE[:, None]


@dataclass(frozen=True, kw_only=True)
class Teams:
    """How many leaders, and people about each of them; related: correlation of the leader's factor with the normal score of the
    team's size; between: slopes (k,) on the leader's factor."""

    leaders: int
    smallest: int = SMALLEST
    largest: int = LARGEST
    related: float = 0.0
    between: tuple[float, ...] = tuple(_WHOLE * math.sqrt(ICC))

    @property
    def loading_between(self) -> Floats:
        return np.array(self.between)

    @property
    def icc(self) -> float:
        """Of the factor, where loadings are equal across levels."""
        shares = self.loading_between**2 / (self.loading_between**2 + LOADING**2)
        return float(shares[0]) if np.ptp(shares) < 1e-12 else math.nan

    @property
    def score_variances(self) -> ScoreVariances:
        return score_variances(LOADING, self.loading_between, THRESHOLDS, VALUES)

    @property
    def expected_score(self) -> ExpectedScore:
        return ExpectedScore(LOADING, self.loading_between, THRESHOLDS, VALUES)

    def sizes(self, u: Floats, stream: Stream) -> Ints:
        normal = self.related * u + math.sqrt(1 - self.related**2) * stream.normal(len(u))
        steps = self.largest - self.smallest + 1
        return self.smallest + np.minimum(np.floor(steps * ndtr(normal)), steps - 1).astype(np.int64)


@dataclass(frozen=True, kw_only=True)
class VedIkke:
    """Share of answers that are "ved ikke", each by itself; slope of its probit on the person's view of the leader, in standard
    deviations: 0 where it happens at random."""

    share: float = 0.0
    slope: float = 0.0

    def left_out(self, view: Floats, stream: Stream) -> np.ndarray:
        """(n, k) for views (n,) with variance 1."""
        threshold = float(ndtri(self.share)) * math.sqrt(1 + self.slope**2) if self.share > 0 else -math.inf
        return np.asarray(stream.uniform(len(view), len(ITEMS)) < ndtr(threshold + self.slope * view)[:, None])


def codes(
    teams: Teams, theta: Floats, u: Floats, stream: Stream, *, shift: float = 0.0, missing: VedIkke | None = None
) -> Ints:
    """(n, k) answers of people with theta (n,) about leaders with u (n,); shift: added to everybody's theta."""
    behind = np.outer(theta + shift, LOADING) + np.outer(u, teams.loading_between) + stream.normal(len(theta), len(ITEMS))
    found = 1 + (behind[:, :, None] > THRESHOLDS).sum(axis=2)
    if missing is not None:
        share = float(np.sum(teams.loading_between) / np.sum(LOADING))
        view = (theta + share * u) / math.sqrt(1 + share**2)
        found[missing.left_out(view, stream)] = VED_IKKE
    return found


def leader_key(leader: Ints, leaders: int) -> Key:
    return Key(leader, tuple(f"l{code:05d}" for code in range(leaders)))


def role_key(n: int) -> Key:
    return Key(np.zeros(n, dtype=np.int64), (TEAM,))


def drawn(teams: Teams, missing: VedIkke, stream: Stream) -> ResponsePatterns:
    """One wave."""
    u = stream.normal(teams.leaders)
    leader = np.repeat(np.arange(teams.leaders), teams.sizes(u, stream))
    answers = codes(teams, stream.normal(len(leader)), u[leader], stream, missing=missing)
    keys = {"role": role_key(len(leader)), "leader": leader_key(leader, teams.leaders)}
    return ResponsePatterns.count(instrument(), answers, keys)
