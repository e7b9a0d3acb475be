"""Who does not answer, and why: each reason regressed on role, background, leader and the other answers.

One logistic model per reason over all items (items differ in their level), errors clustered. A model in which something
predicts non-answers shows that they are not missing completely at random; one in which nothing does shows less than that.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from ...analysis.by_role import Clustering, several_leaders
from ...analysis.declared_rows import attempted, completed, null
from ...analysis.raters import leader_in_wave
from ...analysis.standard_errors import few_clusters
from ...core.note import Note, joined
from ...core.numerics import intervals
from ...core.numerics.arrays import Floats, Ints, Mask
from ...core.numerics.intervals import Bounds
from ...core.numerics.sandwich import Clusters
from ...core.numerics.scale_score import scale_score
from ...core.numerics.tally import distinct
from ...core.numerics.wald import wald_test
from ...core.results import Statistic
from ...survey.background import MOST_LEVELS
from ...survey.codes import NOT_SHOWN
from ...survey.keys import KEY_ORDER, is_known
from ...survey.patterns import ResponsePatterns
from .analysis_structure import nonanswers
from .numerics.stacked_logistic import LogisticFit, independent_columns, stacked_logistic

# Fewer non-answers than this tell nothing about what predicts them.
FEWEST_NONANSWERS = 10


@dataclass(frozen=True)
class Predictor:
    """A variable of the respondents: codes (m,) into the levels of groups, or into the values (v,) of a number, ascending and
    NaN where it is not known."""

    name: str
    codes: Ints
    levels: tuple[str, ...] = ()
    values: Floats | None = None

    @property
    def number(self) -> Floats | None:
        """(m,)"""
        return None if self.values is None else self.values[self.codes]


def reason_models(patterns: ResponsePatterns, clustering: Clustering) -> Iterator[Statistic]:
    """`reason_odds_ratio` and `reason_test` in one role, for each reason, `blank` and `any` that occurs.

    Methods name reason and variable: wave, form, background (`any/koen`, its values `any/koen=mand` against the most frequent
    one); of the leader, the logarithm of the number of answers (`leader_answers`) and the mean score (`leader_score`) in the
    wave, where leaders have several; and, in a model of its own, the mean of the respondent's other answers
    (`other_answers`).
    """
    predictors = [*_groups_of_respondents(patterns), *_of_the_leader(patterns)]
    yield from _models(patterns, predictors, clustering)
    yield from _other_answers(patterns, clustering)


def reason_models_over_roles(patterns: ResponsePatterns) -> Iterator[Statistic]:
    """The same over all roles, with role among the predictors and leaders as clusters; nothing with fewer than two roles."""
    if len(patterns.roles) < 2:
        return
    role = patterns.keys["role"]
    predictors = [Predictor("role", role.codes, role.levels), *_groups_of_respondents(patterns)]
    cluster = "leader" if is_known(patterns.keys, "leader") else None
    yield from _models(patterns, predictors, Clustering(key=cluster, note=several_leaders(patterns, cluster)))


# ---------------------------------------------------------------- predictors


def _groups_of_respondents(patterns: ResponsePatterns) -> list[Predictor]:
    """Wave, form and background variables with two to MOST_LEVELS values; 'not known' is a value of its own."""
    predictors = []
    for name, key in patterns.keys.items():
        if name in KEY_ORDER and name not in ("wave", "form"):
            continue
        levels, codes = key.levels, key.codes
        if (codes < 0).any():
            levels, codes = (*levels, "?"), np.where(codes < 0, len(levels), codes)
        if 2 <= len(levels) <= MOST_LEVELS:
            predictors.append(Predictor(name, codes, levels))
    return predictors


def _of_the_leader(patterns: ResponsePatterns) -> list[Predictor]:
    """Log number of answers about the leader in the wave, and their mean score, where most leaders have more than one."""
    if "leader" not in patterns.keys:
        return []
    leader, group, size = patterns.keys["leader"], *leader_in_wave(patterns)
    score = scale_score(patterns.values(), patterns.instrument.minimum_answered)[patterns.pattern]
    known, scored = leader.codes >= 0, ~np.isnan(score) & (leader.codes >= 0)
    answers = np.bincount(group[known], weights=patterns.counts[known], minlength=size)
    scores = np.bincount(group[scored], weights=patterns.counts[scored], minlength=size)
    total = np.bincount(group[scored], weights=(patterns.counts * np.where(scored, score, 0.0))[scored], minlength=size)
    if size == 0 or np.median(answers) <= 1:
        return []
    mean = np.divide(total, scores, out=np.full(size, np.nan), where=scores > 0)
    log_answers = np.log(np.maximum(answers, 1))
    predictors = []
    for name, of_group in (("leader_answers", log_answers), ("leader_score", mean)):
        values, place = np.unique(np.append(of_group, np.nan), return_inverse=True)
        predictors.append(Predictor(name, place[group], values=values))  # -1, of no leader, is the last place
    return predictors


# ---------------------------------------------------------------- one model


@dataclass(frozen=True)
class _Cells:
    """Distinct respondents: outcome and used (r, k), counts (r,), clusters, and the predictors' values (r,)."""

    outcome: Mask
    used: Mask
    counts: Floats
    clusters: Clusters | None
    predictors: tuple[Predictor, ...]

    @property
    def n(self) -> int:
        return round(float(self.counts[self.used.any(axis=1)].sum()))


def _cells(patterns: ResponsePatterns, hits: Mask, predictors: Sequence[Predictor], clustering: Clustering) -> _Cells:
    """Answers counted by what the model sees of them; leaders of a numeric predictor's value stay together."""
    shown = patterns.patterns != NOT_SHOWN
    of_items, state = distinct(list(np.where(shown, hits.astype(np.int64), 2).T), [3] * shown.shape[1])
    columns, widths = [state[patterns.pattern]], [len(of_items[0])]
    for predictor in predictors:
        size = len(predictor.levels) if predictor.values is None else len(predictor.values)
        columns, widths = [*columns, predictor.codes], [*widths, size]
    (own_state, *own), cell = distinct(columns, widths)
    states = np.column_stack(of_items)[own_state]
    taken = [replace(predictor, codes=column) for predictor, column in zip(predictors, own, strict=True)]
    weights = patterns.counts.astype(np.float64)
    counts = np.bincount(cell, weights=weights, minlength=len(states)).astype(np.float64)
    used = states != 2
    for predictor in taken:
        if (number := predictor.number) is not None:
            used &= ~np.isnan(number)[:, None]
    return _Cells(states == 1, used, counts, clustering.of_cells(patterns, cell, len(states)), tuple(taken))


@dataclass(frozen=True)
class _Column:
    """One column of the design: its variable, the level it stands for (None for a number), its values (r, k)."""

    variable: str
    level: str | None
    values: Floats


def _models(patterns: ResponsePatterns, predictors: Sequence[Predictor], clustering: Clustering) -> Iterator[Statistic]:
    if not predictors:
        return
    for reason, hits in nonanswers(patterns).items():
        if hits.any():
            cells = _cells(patterns, hits, predictors, clustering)
            yield from _model(reason, cells, clustering)


def declared_tests(reason: str, names: Sequence[str], n: int) -> Iterator[Statistic]:
    """The test of each variable, whether or not the model could be fitted."""
    yield from (Statistic(quantity="reason_test", method=f"{reason}/{name}", n=n) for name in names)


def _model(reason: str, cells: _Cells, clustering: Clustering) -> Iterator[Statistic]:
    used, silent = _without_silent_groups(cells)
    names = [predictor.name for predictor in cells.predictors]
    if few := _too_few(cells, used):
        yield from completed((), declared_tests(reason, names, cells.n), few)
        return
    yield from _fitted(reason, cells, used, _columns(cells, used), clustering, names)
    for name, level in silent:
        row = Statistic(quantity="reason_odds_ratio", method=f"{reason}/{name}={level}", n=cells.n)
        yield null(row, "nobody_or_everybody")


def _too_few(cells: _Cells, used: Mask) -> Note | None:
    events = float(cells.counts @ (cells.outcome & used).sum(axis=1))
    return Note("too_few_nonanswers", str(round(events))) if events < FEWEST_NONANSWERS else None


def _without_silent_groups(cells: _Cells) -> tuple[Mask, list[tuple[str, str]]]:
    """Leave out items and groups in which nobody, or everybody, gave the reason: their odds are 0 or infinite."""
    used, silent = cells.used.copy(), []
    changed = True
    while changed:
        changed = False
        trials, events = cells.counts[:, None] * used, cells.counts[:, None] * (used & cells.outcome)
        for item in np.flatnonzero(trials.sum(axis=0) > 0):
            if events[:, item].sum() in (0, trials[:, item].sum()):
                used[:, item], changed = False, True
        for predictor in cells.predictors:
            if predictor.values is not None:
                continue
            tried = np.bincount(predictor.codes, weights=trials.sum(axis=1), minlength=len(predictor.levels))
            hit = np.bincount(predictor.codes, weights=events.sum(axis=1), minlength=len(predictor.levels))
            for level in np.flatnonzero((tried > 0) & ((hit == 0) | (hit == tried))):
                used[predictor.codes == level], changed = False, True
                silent.append((predictor.name, predictor.levels[level]))
    return used, silent


def _columns(cells: _Cells, used: Mask) -> list[_Column]:
    """Intercept, items, groups against the most frequent one, numbers about their mean."""
    r, k = used.shape
    weights = cells.counts[:, None] * used
    columns = [_Column("", None, np.ones((r, k)))]
    items = np.flatnonzero(weights.sum(axis=0) > 0)
    columns += [_Column("item", str(item), np.broadcast_to((np.arange(k) == item).astype(float), (r, k))) for item in items[1:]]
    for predictor in cells.predictors:
        if (number := predictor.number) is None:
            size = np.bincount(predictor.codes, weights=weights.sum(axis=1), minlength=len(predictor.levels))
            for level in np.flatnonzero(size > 0):
                if level != size.argmax():
                    indicator = (predictor.codes == level).astype(float)[:, None]
                    columns.append(_Column(predictor.name, predictor.levels[level], np.broadcast_to(indicator, (r, k))))
        else:
            number = np.where(np.isnan(number), 0.0, number)
            centre = float(weights.sum(axis=1) @ number / weights.sum())
            columns.append(_Column(predictor.name, None, np.broadcast_to((number - centre)[:, None], (r, k))))
    return columns


def _fitted(
    reason: str, cells: _Cells, used: Mask, columns: list[_Column], clustering: Clustering, names: Sequence[str]
) -> Iterator[Statistic]:
    n = round(float(cells.counts[used.any(axis=1)].sum()))
    tests = list(declared_tests(reason, names, n))
    yield from completed(_effects(cells, used, columns, clustering, dict(zip(names, tests, strict=True))), tests)


def _effects(
    cells: _Cells, used: Mask, columns: list[_Column], clustering: Clustering, tests: Mapping[str, Statistic]
) -> Iterator[Statistic]:
    """The test and the odds ratios of each variable."""
    design = np.stack([column.values for column in columns], axis=2)
    keep = independent_columns(design.reshape(-1, len(columns)), (cells.counts[:, None] * used).ravel())
    fit = stacked_logistic(design[:, :, keep], cells.outcome, used, cells.counts, cells.clusters)
    df = intervals.degrees_of_freedom(cells.clusters)
    clustering = Clustering(key=clustering.key, note=joined(clustering.note, few_clusters(cells.clusters)))
    place = np.cumsum(keep) - 1
    for name, row in tests.items():
        of_variable = [index for index, column in enumerate(columns) if column.variable == name]
        kept = [index for index in of_variable if keep[index]]
        if kept:
            yield attempted(row, partial(_joint_test, row, fit, place[kept], df, clustering))
        else:
            yield null(row, _why_left_out(columns[of_variable[0]], used) if of_variable else "fewer_than_two_groups")
        for index in of_variable:
            level = columns[index].level
            method = row.method if level is None else f"{row.method}={level}"
            ratio = replace(row, quantity="reason_odds_ratio", method=method)
            if keep[index]:
                yield _odds_ratio(ratio, fit, int(place[index]), df, clustering)
            else:
                yield null(ratio, _why_left_out(columns[index], used))


def _why_left_out(column: _Column, used: Mask) -> str:
    """Why a column says nothing beside those before it."""
    return "no_variance" if np.ptp(column.values[used]) == 0 else "collinear"


def _joint_test(row: Statistic, fit: LogisticFit, places: Ints, df: float, clustering: Clustering) -> Statistic:
    test = wald_test(fit.coefficients[places], fit.covariance[np.ix_(places, places)], df)
    numbers = replace(row, statistic=test.chi2, df=test.df, p_value=test.p_value)
    return replace(numbers, cluster=clustering.key, note=clustering.note)


def _odds_ratio(row: Statistic, fit: LogisticFit, place: int, df: float, clustering: Clustering) -> Statistic:
    log_odds, variance = float(fit.coefficients[place]), float(fit.covariance[place, place])
    if math.isnan(variance):  # no sandwich of one cluster
        return replace(row, estimate=intervals.exp(log_odds), note="one_cluster")
    error = math.sqrt(variance)
    return replace(
        row,
        cluster=clustering.key,
        estimate=intervals.exp(log_odds),
        std_error=intervals.exp(log_odds) * error,
        interval=partial(_exponential, log_odds=log_odds, error=error, df=df),
        note=clustering.note,
    )


def _exponential(level: float, log_odds: float, error: float, df: float) -> Bounds:
    low, high = intervals.wald(level, log_odds, error, df)
    return intervals.exp(low), intervals.exp(high)


# ---------------------------------------------------------------- the respondent's other answers


def _other_answers(patterns: ResponsePatterns, clustering: Clustering) -> Iterator[Statistic]:
    """Does the mean of the other answers predict that an item is not answered? Respondents with another answer only."""
    values, counts = patterns.values(), patterns.table()[1]
    answered = ~np.isnan(values)
    others = answered.sum(axis=1)[:, None] - answered
    total = np.where(answered, values, 0.0)
    mean = (total.sum(axis=1)[:, None] - total) / np.maximum(others, 1)
    usable = (others > 0) & (patterns.patterns != NOT_SHOWN)
    for reason, hits in nonanswers(patterns).items():
        if not hits.any():
            continue
        cells = _Cells(hits, usable, counts, clustering.of(patterns), ())
        used, _ = _without_silent_groups(cells)
        if few := _too_few(cells, used):
            yield from completed((), declared_tests(reason, ["other_answers"], cells.n), few)
            continue
        columns = [*_columns(cells, used), _Column("other_answers", None, mean)]
        yield from _fitted(reason, cells, used, columns, clustering, ["other_answers"])
