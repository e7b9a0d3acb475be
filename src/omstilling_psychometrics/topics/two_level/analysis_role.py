"""The answers of one role by leader and wave, and the ordinal factor models of both levels fitted to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from ...analysis.by_role import Clustering, several_leaders
from ...analysis.raters import leader_in_wave, raters
from ...core.errors import EstimationError
from ...core.note import Note, joined
from ...core.numerics.arrays import Floats, Ints, Mask
from ...core.numerics.tally import number_of_values
from ...survey.keys import is_known
from ...survey.patterns import ResponsePatterns
from .numerics import ordinal_fit
from .numerics.grouped import Grouped
from .numerics.marginal import Posterior
from .numerics.ordinal_fit import OrdinalFit

# With fewer items whose answers vary, loadings cannot be told apart at one level.
_FEWEST_ITEMS = 3
# From so many organisations on, errors by organisation are given beside those by leader.
MANY_ORGANISATIONS = 30


@dataclass(frozen=True, eq=False, kw_only=True)
class RatedAnswers:
    """All answers to at least one varying item about a leader who is known, in groups: a leader in a wave each.

    Parameters
    ----------
    patterns : ResponsePatterns
        The answers of the role.
    clustering : Clustering
        The key within whose values answers depend on each other.
    observed : ndarray of bool, shape (k, c)
        Categories that somebody chose.
    leader, wave : ndarray of int, shape (G,)
        Codes of the leader's key, and of the wave's from 1, 0 where it is not known.
    answers : ndarray, shape (G,)
        How many there are of each group; a person counts once.
    grouped : Grouped
        The same as the likelihood takes them, of the items that vary, categories that nobody chose taken out.
    notes : tuple of Note
        What had to be settled about leaders, people and waves.
    """

    patterns: ResponsePatterns = field(repr=False)
    clustering: Clustering
    observed: Mask
    leader: Ints
    wave: Ints
    answers: Floats
    grouped: Grouped = field(repr=False)
    notes: tuple[Note, ...]

    @property
    def n(self) -> int:
        """Answers in all."""
        return round(float(self.answers.sum()))

    @property
    def items(self) -> tuple[str, ...]:
        """The k items."""
        return self.patterns.items

    @property
    def values(self) -> tuple[int, ...]:
        """The c categories of the instrument."""
        return self.patterns.instrument.categories

    @property
    def varying(self) -> Ints:
        """Items whose answers vary."""
        return np.flatnonzero(self.observed.sum(axis=1) > 1)

    @property
    def leaders(self) -> int:
        """How many leaders there are."""
        return number_of_values(self.leader)

    @property
    def harmonic_size(self) -> float:
        """Harmonic mean of the numbers of answers."""
        return len(self.answers) / float((1 / self.answers).sum())

    @property
    def remark(self) -> str | None:
        """What must be known to read all rows."""
        about_several = several_leaders(self.patterns, self.clustering.key)
        return joined(self.clustering.note, about_several, *self.notes)

    def units(self, key: str) -> Ints:
        """Independent units (G,) from 0 by a key: groups are together that share a leader or a value of the key."""
        codes, cell = self.patterns.keys[key].codes, self._cell
        linked = (cell >= 0) & (codes >= 0)
        leaders, levels = int(self.leader.max()) + 1, len(self.patterns.keys[key].levels)
        groups = len(self.leader)
        first = np.concatenate([np.arange(groups), cell[linked]])
        second = groups + np.concatenate([self.leader, leaders + codes[linked]])
        size = groups + leaders + levels
        graph = coo_array((np.ones(first.size), (first, second)), shape=(size, size))
        _, unit = np.unique(connected_components(graph, directed=False)[1][:groups], return_inverse=True)
        return np.asarray(unit.ravel(), dtype=np.int64)

    def known(self, key: str) -> Ints:
        """Groups with an answer whose value of the key is known."""
        return np.unique(self._cell[(self._cell >= 0) & (self.patterns.keys[key].codes >= 0)])

    @cached_property
    def _cell(self) -> Ints:
        """The group (m,) of each of the counts, -1 where it is in none."""
        group, size = leader_in_wave(self.patterns)
        place = np.full(size, -1)
        place[self._kept] = np.arange(len(self.leader))
        return np.where(group >= 0, place[group], -1)

    @cached_property
    def _kept(self) -> Ints:
        """Of all groups of leaders and waves those with an answer."""
        group, size = leader_in_wave(self.patterns)
        used = _answered(self.patterns, self.varying)[self.patterns.pattern] & (group >= 0)
        return np.flatnonzero(np.bincount(group[used], minlength=size))


def _answered(patterns: ResponsePatterns, items: Ints) -> Mask:
    """(p,) patterns with an answer to one of the items."""
    return np.asarray((patterns.patterns[:, items] > 0).any(axis=1))


def rated_answers(patterns: ResponsePatterns, clustering: Clustering) -> RatedAnswers:
    """Raises EstimationError where there are no leaders, or no two answers about one."""
    if not is_known(patterns.keys, "leader"):
        raise EstimationError("no_leaders")
    categories = len(patterns.instrument.categories)
    codes = np.where(patterns.patterns > 0, patterns.patterns, 0).astype(np.int64)
    known = patterns.keys["leader"].codes >= 0
    counts = np.bincount(patterns.pattern[known], weights=patterns.counts[known], minlength=len(codes))
    observed = np.array([np.bincount(column, weights=counts, minlength=categories + 1)[1:] > 0 for column in codes.T])
    varying = np.flatnonzero(observed.sum(axis=1) > 1)
    who = raters(patterns, _answered(patterns, varying) & (counts > 0))
    sizes = np.asarray(who.counts.sum(axis=1))
    if not sizes.size:
        raise EstimationError("no_answers" if not observed.any() else "no_variance")
    compact = _ranks(observed[varying], codes[:, varying])
    rows, place = np.unique(compact, axis=0, return_inverse=True)
    merge = csr_array((np.ones(len(compact)), (np.arange(len(compact)), place.ravel())), shape=(len(compact), len(rows)))
    merged = csr_array(who.counts @ merge)
    used = np.flatnonzero(np.asarray(merged.sum(axis=0)))
    unknown = int(patterns.counts[~known & _answered(patterns, varying)[patterns.pattern]].sum())
    notes = [Note("leader_unknown", f"n = {unknown}")] if unknown else []
    if number_of_values(who.wave) > 1:
        notes.append(Note("groups_of_waves"))
    chosen = int(observed[varying].sum(axis=1).max())
    return RatedAnswers(
        patterns=patterns,
        clustering=clustering,
        observed=observed,
        leader=who.leader,
        wave=who.wave,
        answers=sizes,
        grouped=Grouped.of(rows[used], chosen, csr_array(merged[:, used])),
        notes=(*notes, *who.notes),
    )


def _ranks(observed: Mask, codes: Ints) -> Ints:
    """Codes (p, k) as 1, 2, … of the categories of each item that somebody chose."""
    ranks = np.hstack([np.zeros((len(observed), 1), dtype=np.int64), np.cumsum(observed, axis=1)])
    return np.stack([rank[column] for rank, column in zip(ranks, codes.T, strict=True)], axis=1)


def require_enough(answers: RatedAnswers) -> None:
    """Raises EstimationError where no model of two levels can be fitted."""
    if answers.answers.max() <= 1:
        raise EstimationError("one_answer_per_leader")
    items = len(answers.varying)
    if items < _FEWEST_ITEMS:
        raise EstimationError("too_few_items_vary", f"{items} < {_FEWEST_ITEMS}")
    several = number_of_values(answers.leader[answers.answers > 1])
    if several <= items:
        raise EstimationError("leaders_do_not_exceed_loadings", f"{several} <= {items}")
    parameters = items + int((answers.observed[answers.varying].sum(axis=1) - 1).sum())
    if answers.n <= 2 * parameters:
        raise EstimationError("fewer_answers_than_parameters", f"n = {answers.n}, {2 * parameters}")


@dataclass(frozen=True, eq=False, kw_only=True)
class TwoLevelModel:
    """An ordinal factor model with a factor of people and one of leaders: its parameters, and what is known of each leader.

    Parameters
    ----------
    method : str
        `equal` or `free`.
    answers : RatedAnswers
        The answers by leader and wave; `answers.leader` and `answers.wave` say which group is whose.
    fit : OrdinalFit
        The fit, of the items that vary and the categories that were chosen.
    reason : Note or None
        Why the estimates are not to be used.

    Examples
    --------
    >>> import omstilling_psychometrics as op
    >>> model = op.two_level(op.draw_team(leaders=60, team_size=6, rng=1)).model().equal
    >>> model.loading.round(1).tolist()
    [1.2, 1.1, 1.3, 1.1, 0.9]
    >>> model.posterior_mean.shape
    (60,)
    """

    method: str
    answers: RatedAnswers = field(repr=False)
    fit: OrdinalFit = field(repr=False)
    reason: Note | None

    @property
    def at_bound(self) -> bool:
        """Is the variance between leaders 0?"""
        return self.fit.at_bound

    @property
    def log_likelihood(self) -> float:
        """Of all answers, given which items each person answered."""
        return self.fit.log_likelihood

    @property
    def ratio(self) -> float:
        """Standard deviation between leaders over that within, 0 at the bound; NaN under `free`."""
        return self.fit.ratio

    @property
    def icc(self) -> float:
        """Share of the factor's variance that lies between leaders; NaN under `free`."""
        return self.ratio**2 / (1 + self.ratio**2)

    @cached_property
    def loading(self) -> Floats:
        """Slopes (k,) on the factor within leaders; 0 for an item whose answers are all the same."""
        return self._of_items(self.fit.loading)

    @cached_property
    def loading_between(self) -> Floats:
        """Slopes (k,) on the factor between leaders."""
        return self._of_items(self.fit.loading_between)

    @cached_property
    def thresholds(self) -> Floats:
        """(k, c - 1) between the categories of the instrument: equal on both sides of one that nobody chose, infinite where
        nobody chose any on one side, NaN for an item that nobody answered."""
        observed = self.answers.observed
        below = np.cumsum(observed, axis=1)[:, :-1]
        number = observed.sum(axis=1)[:, None]
        thresholds = np.where(below == 0, -np.inf, np.where(below == number, np.inf, 0.0))
        thresholds[number[:, 0] == 0] = np.nan
        for place, item in enumerate(self.answers.varying):
            inside = np.isfinite(thresholds[item])
            thresholds[item, inside] = self.fit.thresholds[place, below[item, inside] - 1]
        return thresholds

    def _of_items(self, values: Floats) -> Floats:
        every = np.zeros(len(self.answers.items))
        every[self.answers.varying] = values
        return every

    @cached_property
    def gradient(self) -> Floats:
        """Derivatives (2 k + k (c - 1), f) of loadings, loadings between and thresholds (row by row) by the parameters of the
        fit: 0 where a value is fixed."""
        k, steps = self.thresholds.shape
        small = len(self.answers.varying)
        natural = self.fit.natural
        every = np.zeros((2 * k + k * steps, natural.shape[1]))
        every[self.answers.varying] = natural[:small]
        every[k + self.answers.varying] = natural[small : 2 * small]
        below = np.cumsum(self.answers.observed, axis=1)[:, :-1]
        width = self.fit.thresholds.shape[1]
        for place, item in enumerate(self.answers.varying):
            inside = np.flatnonzero(np.isfinite(self.thresholds[item]))
            every[2 * k + item * steps + inside] = natural[2 * small + place * width + below[item, inside] - 1]
        return every

    @cached_property
    def units(self) -> Ints | None:
        """Independent units (G,) of the errors; None for the observed information."""
        key = self.answers.clustering.key
        return None if key is None else self.answers.units(key)

    @cached_property
    def covariance(self) -> Floats:
        """Covariance (2 k + k (c - 1),) squared, of loadings, loadings between and thresholds row by row: by leader (or the key
        that was asked for), or of the observed information; 0 where a value is fixed."""
        return self.covariance_by(self.units)

    def covariance_by(self, units: Ints | None) -> Floats:
        """The same by other independent units (G,) of the groups.

        Parameters
        ----------
        units : ndarray of int, shape (G,), or None
            From 0; None for the observed information.

        Returns
        -------
        ndarray
            NaN throughout with one unit.
        """
        return np.asarray(self.gradient @ self.fit.covariance(units) @ self.gradient.T)

    def expected(self, function: Callable[[Floats], Floats]) -> Floats:
        """Expectation, for each group, of a function of the leader's factor after the answers about the leader.

        Parameters
        ----------
        function : callable
            From values of the factor (m,) to values (m,) or (m, r).

        Returns
        -------
        ndarray, shape (G,) or (G, r)
            Exact to the digits of the likelihood: the nodes are as close as the largest teams need.
        """
        return self._of_groups(lambda after: after.probabilities @ np.asarray(function(after.nodes)))

    @cached_property
    def posterior_mean(self) -> Floats:
        """Expectation (G,) of the leader's factor after the answers about the leader."""
        return self.expected(lambda u: u)

    @cached_property
    def posterior_sd(self) -> Floats:
        """Its standard deviation (G,)."""
        return np.asarray(np.sqrt(np.maximum(self.expected(lambda u: u**2) - self.posterior_mean**2, 0)))

    def _of_groups(self, function: Callable[[Posterior], Floats]) -> Floats:
        parts, places = [], []
        for block, after in self.fit.posteriors():
            parts.append(function(after))
            places.append(block.place)
        order = np.argsort(np.concatenate(places))
        return np.asarray(np.concatenate(parts)[order][self.answers.grouped.member])


@dataclass(frozen=True, eq=False, kw_only=True)
class TwoLevelRole:
    """Both models of one role.

    Parameters
    ----------
    answers : RatedAnswers
        The answers by leader and wave.
    single : OrdinalFit
        The model of one level, in which leaders do not differ.
    equal : TwoLevelModel
        Loadings equal across levels, up to a constant.
    free : TwoLevelModel or None
        Loadings between leaders of their own; None where nothing varies between leaders.
    """

    answers: RatedAnswers
    single: OrdinalFit = field(repr=False)
    equal: TwoLevelModel
    free: TwoLevelModel | None

    @property
    def n(self) -> int:
        """Answers in all."""
        return self.answers.n

    @property
    def cluster(self) -> str | None:
        """The key of the errors."""
        return self.answers.clustering.key

    @cached_property
    def organisations(self) -> Ints | None:
        """Units (G,) by organisation, where there are enough of them and errors are by leader; else None."""
        keys = self.answers.patterns.keys
        if self.cluster != "leader" or not is_known(keys, "organisation"):
            return None
        units = self.answers.units("organisation")
        with_organisation = number_of_values(units[self.answers.known("organisation")])
        return units if with_organisation >= MANY_ORGANISATIONS else None

    @property
    def remark(self) -> str | None:
        """What must be known to read all rows."""
        return self.answers.remark


def fit_role(patterns: ResponsePatterns, clustering: Clustering, *, only_equal: bool = False) -> TwoLevelRole:
    """Raises EstimationError where no model of two levels can be fitted. only_equal: without the model of free loadings, which
    takes most of the time."""
    answers = rated_answers(patterns, clustering)
    require_enough(answers)
    single = ordinal_fit.one_level(answers.grouped)
    if not ordinal_fit.has_common_factor(single):
        raise EstimationError("not_identified")
    # At a maximum, steep slopes may be due to differences between leaders, which the next models have.
    if single.maximum.reason is not None and (reason := _named(single, answers)) is not None:
        raise EstimationError(reason.key, reason.detail)
    equal = ordinal_fit.equal(single, answers.grouped)
    without = only_equal or equal.at_bound or equal.reason is not None
    free = None if without else ordinal_fit.free(equal)
    return TwoLevelRole(
        answers=answers,
        single=single,
        equal=_model("equal", answers, equal),
        free=None if free is None else _model("free", answers, free),
    )


def _model(method: str, answers: RatedAnswers, fit: OrdinalFit) -> TwoLevelModel:
    return TwoLevelModel(method=method, answers=answers, fit=fit, reason=_named(fit, answers))


def _named(fit: OrdinalFit, answers: RatedAnswers) -> Note | None:
    """The fit's reason, with the items whose slopes diverge."""
    if fit.reason is None or fit.reason.key != "slope_diverges":
        return fit.reason
    return Note("slope_diverges", ", ".join(answers.items[item] for item in answers.varying[fit.steep]))
