"""The synthetic survey: organisations, leaders, their teams and superiors in two waves, and the sheets they hand in."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..analysis.pattern_distribution import Codes
from ..core.numerics.arrays import Floats, Ints, Mask
from ..survey.codes import NOT_SHOWN
from ..survey.keys import Key
from ..survey.patterns import ResponsePatterns
from .answering import Sheets, fill_in, team_sizes
from .streams import Stream
from .truth import ROLES, SELF, SUPERIOR, TEAM, TRUTH, RoleTruth, Truth, instrument

# Each component draws from a stream of its own. Append only: a component's place decides its numbers.
_STRUCTURE, _LEADERS, _TEAMS, _SELVES, _SUPERIORS, _RETURN, _NOT_SHOWN, _SHEETS, RECORDS = range(9)

_PERSON = {TEAM: "med", SELF: "led", SUPERIOR: "ovr"}
_DIGITS = {TEAM: 5, SELF: 3, SUPERIOR: 3}


@dataclass(frozen=True, kw_only=True)
class Survey:
    """One row per record, ordered by wave, role, organisation, leader and respondent.

    role, wave, form_b, organisation, leader, respondent: (n,) codes, persons numbered within their role; answers: (n, k) coded
    as in ResponsePatterns; careless: (n,) planted straight lines; background: variable to (n,) codes into its values.
    """

    truth: Truth
    seed: int
    role: Ints
    wave: Ints
    form_b: Mask
    organisation: Ints
    leader: Ints
    respondent: Ints
    answers: Codes
    careless: Mask
    background: dict[str, Ints]

    @property
    def n(self) -> int:
        return len(self.role)

    def names(self) -> dict[str, list[str]]:
        """The keys of every record as text, by the names of the contract; background variables last."""
        roles = [ROLES[code] for code in self.role]
        return {
            "role": roles,
            "wave": [str(1 + code) for code in self.wave],
            "form": ["B" if form_b else "A" for form_b in self.form_b],
            "organisation": [organisation_name(code) for code in self.organisation],
            "leader": [person_name(SELF, code) for code in self.leader],
            "respondent": [person_name(role, code) for role, code in zip(roles, self.respondent, strict=True)],
            **{
                name: [variable.values[code] for code in self.background[name]]
                for name, variable in self.truth.background.items()
            },
        }

    def to_patterns(self) -> ResponsePatterns:
        """The answers of those to whom the theme was shown, counted by all keys, background variables included."""
        shown = (self.answers != NOT_SHOWN).any(axis=1)
        keys = {name: Key.of(values).take(shown) for name, values in self.names().items()}
        return ResponsePatterns.count(instrument(), self.answers[shown], keys)


def organisation_name(code: int) -> str:
    """Pseudonym of an organisation."""
    return f"org{1 + code:02d}"


def person_name(role: str, code: int) -> str:
    """Pseudonym of a person in a role; a leader has the same one as leader and as respondent."""
    return f"{_PERSON[role]}{1 + code:0{_DIGITS[role]}d}"


@dataclass(frozen=True, kw_only=True)
class _Leaders:
    """organisation, effect, quality: (L,); effect = organisation and leader effect, quality = the same, standardised."""

    organisation: Ints
    effect: Floats
    quality: Floats


@dataclass(frozen=True, kw_only=True)
class _Persons:
    """What stays with a person, all (n,): own is what theta has beyond the leader; the two propensities; the background."""

    own: Floats
    ved_ikke: Floats
    refusal: Floats
    background: dict[str, Ints]

    def take(self, rows: NDArray[np.int64]) -> _Persons:
        taken = {name: codes[rows] for name, codes in self.background.items()}
        return _Persons(own=self.own[rows], ved_ikke=self.ved_ikke[rows], refusal=self.refusal[rows], background=taken)


@dataclass(kw_only=True, eq=False)
class _Batch:
    """Records of one role in one wave, before they are filled in; arrays (n,)."""

    role: str
    wave: int
    leader: Ints
    respondent: Ints
    theta: Floats
    persons: _Persons
    organisation: Ints
    form_b: Mask = field(init=False)


def _persons(truth: Truth, n: int, stream: Stream) -> _Persons:
    trait, ved_ikke, refusal = stream.normal(n), stream.normal(n), stream.normal(n)
    background = {name: stream.category(variable.probabilities, n) for name, variable in truth.background.items()}
    return _Persons(own=trait, ved_ikke=ved_ikke, refusal=refusal, background=background)


def _shares(weights: Floats, total: int) -> Ints:
    """At least one each, the rest of `total` in proportion to the weights (largest remainders)."""
    exact = weights / weights.sum() * (total - len(weights))
    whole: Ints = np.floor(exact).astype(np.int64)
    missing = total - len(weights) - int(whole.sum())
    whole[np.argsort(whole - exact, kind="stable")[:missing]] += 1
    return whole + 1


def _leaders(truth: Truth, organisations: int, leaders: int, structure: Stream, effects: Stream) -> _Leaders:
    sizes = _shares(np.exp(truth.organisation_log_sd * structure.normal(organisations)), leaders)
    organisation = np.repeat(np.arange(organisations), sizes)
    shared = np.sqrt(truth.variance_organisation) * effects.normal(organisations)
    effect = shared[organisation] + np.sqrt(truth.variance_leader) * effects.normal(leaders)
    return _Leaders(organisation=organisation, effect=effect, quality=effect / np.sqrt(truth.leader_variance))


def _superiors(truth: Truth, organisation: Ints, stream: Stream) -> Ints:
    """The superior of each leader (L,): neighbours in one organisation share one, as many as its drawn span.

    A span that finds a single leader left gives that leader to the superior before, where that one may rate another: so an
    organisation's end does not turn superiors of several into superiors of one.
    """
    several = np.asarray(truth.several_leaders)
    drawn = several[stream.category(np.full(len(several), 1 / len(several)), len(organisation))]
    drawn[~stream.happens(truth.several_leaders_share, len(organisation))] = 1
    spans: list[int] = []
    for size in np.bincount(organisation):
        first, left = len(spans), int(size)
        while left:
            span = int(drawn[len(spans)])
            if span > 1 and left == 1 and len(spans) > first and spans[-1] < several.max():
                spans[-1] += 1
            else:
                spans.append(min(span, left))
            left -= min(span, left)
    return np.repeat(np.arange(len(spans)), spans)


def _again(truth: Truth, persons: _Persons, stream: Stream) -> _Persons:
    """The same persons a wave later: their own part of theta is correlated with what it was."""
    r = truth.respondent_stability
    trait = r * persons.own + np.sqrt(1 - r * r) * stream.normal(len(persons.own))
    return _Persons(own=trait, ved_ikke=persons.ved_ikke, refusal=persons.refusal, background=persons.background)


def _team(truth: Truth, leaders: _Leaders, leader: Ints, persons: _Persons, wave: int, respondent: Ints) -> _Batch:
    theta = truth.wave_2_shift * wave + leaders.effect[leader] + np.sqrt(truth.variance_within) * persons.own
    return _Batch(
        role=TEAM, wave=wave, leader=leader, respondent=respondent, theta=theta, persons=persons,
        organisation=leaders.organisation[leader],
    )  # fmt: skip


def _rating(
    truth: RoleTruth, role: str, leaders: _Leaders, leader: Ints, persons: _Persons, wave: int, respondent: Ints, shift: float,
    shared: Floats | None = None, shared_variance: float = 0.0,
) -> _Batch:  # fmt: skip
    """Self and superior ratings: mean + weight * quality + what the rater shares over leaders + the rest of the variance."""
    rest = truth.sd**2 - truth.leader_weight**2 - shared_variance
    theta = truth.mean + shift * wave + truth.leader_weight * leaders.quality[leader] + np.sqrt(rest) * persons.own
    if shared is not None:
        theta = theta + np.sqrt(shared_variance) * shared[respondent]
    return _Batch(
        role=role, wave=wave, leader=leader, respondent=respondent, theta=theta, persons=persons,
        organisation=leaders.organisation[leader],
    )  # fmt: skip


def _main(truth: Truth, seed: int) -> list[_Batch]:
    """Both waves of the organisations that chose the theme."""
    leaders = _leaders(
        truth, truth.organisations, truth.leaders, Stream.component(seed, _STRUCTURE), Stream.component(seed, _LEADERS)
    )
    returning = Stream.component(seed, _RETURN)
    comes_back = returning.happens(truth.leaders_return, truth.leaders)

    stream = Stream.component(seed, _TEAMS)
    leader = np.repeat(np.arange(truth.leaders), team_sizes(truth, truth.leaders, stream))
    seats = len(leader)
    persons = _persons(truth, seats, stream)
    number = np.arange(seats)
    batches = [_team(truth, leaders, leader, persons, 0, number)]
    # A seat in the team of a leader who comes back is kept, so that the stated share of all respondents returns, or is filled
    # by somebody new.
    kept = returning.happens(truth.respondents_return / truth.leaders_return, seats)
    later, new = _again(truth, persons, stream), _persons(truth, seats, stream)
    both = _Persons(
        own=np.where(kept, later.own, new.own),
        ved_ikke=np.where(kept, later.ved_ikke, new.ved_ikke),
        refusal=np.where(kept, later.refusal, new.refusal),
        background={name: np.where(kept, later.background[name], new.background[name]) for name in truth.background},
    )
    here = np.flatnonzero(comes_back[leader])
    newcomer = here[~kept[here]]
    number = number.copy()
    number[newcomer] = seats + np.arange(len(newcomer))
    batches.append(_team(truth, leaders, leader[here], both.take(here), 1, number[here]))

    stream = Stream.component(seed, _SELVES)
    persons = _persons(truth, truth.leaders, stream)
    for wave, these in enumerate((persons, _again(truth, persons, stream))):
        answers = stream.happens(truth.self_response, truth.leaders) & (comes_back | (wave == 0))
        who = np.flatnonzero(answers)
        batches.append(_rating(truth.self_rating, SELF, leaders, who, these.take(who), wave, who, truth.wave_2_shift))

    stream = Stream.component(seed, _SUPERIORS)
    superior = _superiors(truth, leaders.organisation, stream)
    shared = stream.normal(int(superior.max()) + 1)
    # The rating's own part belongs to superior and leader, everything else about a superior to the superior.
    traits = _persons(truth, len(shared), stream).take(superior)
    persons = _Persons(
        own=stream.normal(truth.leaders), ved_ikke=traits.ved_ikke, refusal=traits.refusal, background=traits.background
    )
    for wave, these in enumerate((persons, _again(truth, persons, stream))):
        about = np.flatnonzero(comes_back | (wave == 0))
        batches.append(
            _rating(
                truth.superior_rating, SUPERIOR, leaders, about, these.take(about), wave, superior[about], truth.wave_2_shift,
                shared, truth.variance_superior,
            )
        )  # fmt: skip
    return batches


def _not_shown(truth: Truth, seed: int, employees: int, superiors: int) -> list[_Batch]:
    """The first wave of the organisations that did not choose the theme, numbered on from the others."""
    stream = Stream.component(seed, _NOT_SHOWN)
    leaders = _leaders(truth, truth.not_shown_organisations, truth.not_shown_leaders, stream, stream)
    numbered = _Leaders(organisation=leaders.organisation + truth.organisations, effect=leaders.effect, quality=leaders.quality)
    everyone = np.arange(truth.not_shown_leaders)
    team = np.repeat(everyone, team_sizes(truth, len(everyone), stream))
    superior = _superiors(truth, leaders.organisation, stream)
    batches = []
    for role, leader, respondent in (
        (TEAM, team, employees + np.arange(len(team))),
        (SELF, everyone, truth.leaders + everyone),
        (SUPERIOR, everyone, superiors + superior),
    ):
        persons = _persons(truth, int(respondent.max() - respondent.min()) + 1, stream).take(respondent - respondent.min())
        batch = _team(truth, numbered, leader, persons, 0, respondent)
        batch.role, batch.leader = role, leader + truth.leaders
        batches.append(batch)
    return batches


def _sheets(truth: Truth, batch: _Batch, refusal_offered: Mask) -> Sheets:
    role = truth.role(batch.role)
    variable, value, _, _ = truth.dif
    return Sheets(
        role=batch.role,
        theta=batch.theta,
        position=(batch.theta - role.mean - truth.wave_2_shift * batch.wave) / role.sd,
        ved_ikke=batch.persons.ved_ikke,
        refusal=batch.persons.refusal,
        form_b=batch.form_b,
        focal=batch.persons.background[variable] == truth.background[variable].values.index(value),
        offered=refusal_offered[batch.organisation],
    )


def simulate(seed: int = 1, truth: Truth = TRUTH) -> Survey:
    """The synthetic survey of a seed."""
    batches = _main(truth, seed)
    numbers = {role: 1 + max(int(batch.respondent.max()) for batch in batches if batch.role == role) for role in ROLES}
    not_shown = _not_shown(truth, seed, numbers[TEAM], numbers[SUPERIOR])
    place = Stream.component(seed, _STRUCTURE, 1).uniform(truth.organisations)
    refusal_offered = np.ones(truth.organisations + truth.not_shown_organisations, dtype=bool)
    refusal_offered[np.argsort(place)[: truth.refusal_not_offered]] = False

    answers, careless = [], []
    for position, batch in enumerate([*batches, *not_shown]):
        stream = Stream.component(seed, _SHEETS, position)
        # One form per person and wave: a superior answers about every leader on the same one.
        form_b = stream.happens(truth.form_b_share, int(batch.respondent.max()) + 1)
        batch.form_b = form_b[batch.respondent] if batch.wave else np.zeros(len(batch.leader), dtype=bool)
        if position >= len(batches):  # the theme was not chosen
            codes = np.full((len(batch.leader), len(truth.items)), NOT_SHOWN, dtype=np.int8)
            lines = np.zeros(len(batch.leader), dtype=bool)
        else:
            codes, lines = fill_in(truth, _sheets(truth, batch, refusal_offered), stream)
        answers.append(codes)
        careless.append(lines)
    return _collect(truth, seed, [*batches, *not_shown], np.concatenate(answers), np.concatenate(careless))


def _collect(truth: Truth, seed: int, batches: list[_Batch], answers: Codes, careless: Mask) -> Survey:
    role = np.concatenate([np.full(len(batch.leader), ROLES.index(batch.role)) for batch in batches])
    wave = np.concatenate([np.full(len(batch.leader), batch.wave) for batch in batches])
    organisation = np.concatenate([batch.organisation for batch in batches])
    leader = np.concatenate([batch.leader for batch in batches])
    respondent = np.concatenate([batch.respondent for batch in batches])
    order = np.lexsort((respondent, leader, organisation, role, wave))
    return Survey(
        truth=truth,
        seed=seed,
        role=role[order],
        wave=wave[order],
        form_b=np.concatenate([batch.form_b for batch in batches])[order],
        organisation=organisation[order],
        leader=leader[order],
        respondent=respondent[order],
        answers=answers[order],
        careless=careless[order],
        background={
            name: np.concatenate([batch.persons.background[name] for batch in batches])[order] for name in truth.background
        },
    )
