"""Answers of a team, the leader and a superior about the same leaders, with what they share under control.

What the simulation studies of this folder draw from: the graded model of the synthetic survey (simulation/truth.py), where
besides the factor also each item's own part, and the inclination to answer "ved ikke", may be shared by those who answer about
one leader. Or, for what takes answers as numbers, binomial answers whose expectation is linear in a bounded factor: a linear
one-factor model then holds exactly, with unequal loadings and skewed items.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from omstilling_psychometrics.simulation.analytic import item_parameters
from omstilling_psychometrics.simulation.answering import Sheets, leave_out, team_sizes
from omstilling_psychometrics.simulation.streams import Floats, Ints, Stream
from omstilling_psychometrics.simulation.truth import SELF, SUPERIOR, TEAM, Truth, instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns

# P(success) of the four trials behind a binomial answer is START + SPAN u + OWN (v - 1/2), u and v uniform: never outside 0-1.
START = np.array([0.25, 0.20, 0.30, 0.15, 0.35])
SPAN = np.array([0.55, 0.60, 0.45, 0.70, 0.50])
OWN = 0.20


@dataclass(frozen=True, kw_only=True)
class Sharing:
    """item: leader's share of what is each item's own; propensity: of the inclination to answer "ved ikke"; leaders_each: how
    many leaders one superior answers about."""

    item: float = 0.0
    propensity: float = 0.0
    leaders_each: int = 1


def draw(truth: Truth, leaders: int, sharing: Sharing, rng: np.random.Generator, *, linear: bool = False) -> ResponsePatterns:
    """Keys role, leader, respondent; `form`, drawn for each leader, and `koen`, for each respondent: nothing depends on either.

    linear: binomial answers instead of graded ones. A superior of several leaders has one inclination to answer "ved ikke", and
    an opinion of each leader.
    """
    stream = Stream.of(rng)
    about = {
        TEAM: np.repeat(np.arange(leaders), team_sizes(truth, leaders, stream)),
        SELF: np.arange(leaders),
        SUPERIOR: np.arange(leaders),
    }
    quality, own_of_leader = stream.normal(leaders), stream.normal(len(truth.items), leaders)
    knows = stream.normal(leaders)
    form = stream.category((0.5, 0.5), leaders)
    answers, rows = [], []
    for role, leader in about.items():
        person = leader // sharing.leaders_each if role == SUPERIOR else np.arange(len(leader))
        theta, position = _theta(truth, role, quality[leader], stream)
        own = own_of_leader[:, leader]
        codes = binomial(theta, own, stream) if linear else _graded(truth, role, theta, own, sharing.item, stream)
        inclination = _mixed(sharing.propensity, knows[leader], stream.normal(len(leader))[person])
        nobody = np.zeros(len(leader), dtype=bool)
        sheets = Sheets(
            role=role, theta=theta, position=position, ved_ikke=inclination, refusal=stream.normal(len(leader))[person],
            form_b=nobody, focal=nobody, offered=~nobody,
        )  # fmt: skip
        answers.append(leave_out(truth, sheets, codes, stream)[0])
        koen = stream.category((0.6, 0.4), len(leader))
        rows += [
            (role, f"l{one:04}", f"{role}{who:05}", "AB"[form[one]], "km"[koen[who]])
            for one, who in zip(leader, person, strict=True)
        ]
    names = ("role", "leader", "respondent", "form", "koen")
    keys = {name: Key.of(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}
    return ResponsePatterns.count(instrument(), np.concatenate(answers), keys)


def _mixed(share: float, shared: Floats, own: Floats) -> Floats:
    return np.asarray(np.sqrt(share) * shared + np.sqrt(1 - share) * own)


def _theta(truth: Truth, role: str, quality: Floats, stream: Stream) -> tuple[Floats, Floats]:
    """theta (n,), and the same standardised within the role."""
    if role == TEAM:
        theta = _mixed(truth.leader_variance, quality, stream.normal(len(quality)))
        return theta, theta
    own = truth.role(role)
    rest = own.sd**2 - own.leader_weight**2
    theta = own.mean + own.leader_weight * quality + np.sqrt(rest) * stream.normal(len(quality))
    return theta, (theta - own.mean) / own.sd


def binomial(theta: Floats, of_leader: Floats, stream: Stream) -> Ints:
    """Answers (n, k) 1 … 5 whose expectations are linear in the uniform transform of theta (n,) and of what a leader's raters
    share of each item, of_leader (k, n)."""
    chance = START[:, None] + SPAN[:, None] * ndtr(theta) + OWN * (ndtr(of_leader) - 0.5)
    trials = stream.uniform(4, *of_leader.shape)
    return np.asarray(1 + (trials < chance).sum(axis=0)).T


def _graded(truth: Truth, role: str, theta: Floats, of_leader: Floats, share: float, stream: Stream) -> Ints:
    """Answers (n, k) of the normal-ogive graded model; of_leader (k, n) what the leader's raters share of each item."""
    items = item_parameters(truth, role)
    errors = _mixed(share, of_leader, stream.normal(*of_leader.shape))
    first, second = (truth.items.index(item) for item in truth.residual_pair)
    r = truth.residual_correlation
    errors[second] = r * errors[first] + np.sqrt(1 - r * r) * errors[second]
    response = items.loadings[:, None] * theta + items.residual[:, None] * errors
    return np.asarray(1 + (response[:, None, :] > items.thresholds[:, :, None]).sum(axis=1)).T
