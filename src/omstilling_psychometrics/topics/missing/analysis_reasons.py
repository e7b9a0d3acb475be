"""Who does not answer, and why: each reason regressed on role, background, leader and the other answers.

One logistic model per reason over all items (items differ in their level), errors clustered. A model in which something
predicts non-answers shows that they are not missing completely at random; one in which nothing does shows less than that.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from ...analysis.by_role import Clustering, missing, several_leaders
from ...analysis.raters import leader_in_wave
from ...analysis.standard_errors import few_clusters
from ...core.errors import EstimationError, estimating
from ...core.note import joined
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
from ...survey.keys import KEY_ORDER
from ...survey.patterns import ResponsePatterns
from .analysis_structure import nonanswers
from .numerics.stacked_logistic import LogisticFit, independent_columns, stacked_logistic

# Fewer non-answers than this tell nothing about what predicts them.
FEWEST_NONANSWERS = 10


@dataclass(frozen=True)
class Predictor:
    """A variable of the respondents: either groups, codes (m,) into levels, or a number (m,), NaN where not known."""

    name: str
    levels: tuple[str, ...] = ()
    codes: Ints | None = None
    number: Floats | None = None


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
    known = "leader" in patterns.keys and bool(patterns.keys["leader"].levels)
    predictors = [Predictor("role", role.levels, role.codes), *_groups_of_respondents(patterns)]
    cluster = "leader" if known else None
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
            predictors.append(Predictor(name, levels, codes))
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
    place = np.where(known, group, 0)
    return [
        Predictor(name, number=np.where(known, values[place], np.nan))
        for name, values in (("leader_answers", log_answers), ("leader_score", mean))
    ]


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
    state = np.where(shown, hits.astype(np.int64), 2)[patterns.pattern]
    columns, widths = [state[:, item] for item in range(state.shape[1])], [3] * state.shape[1]
    tables: list[Floats] = []
    for predictor in predictors:
        if predictor.codes is not None:
            columns, widths = [*columns, predictor.codes], [*widths, len(predictor.levels)]
            tables.append(np.empty(0))
        elif predictor.number is not None:
            values, place = np.unique(predictor.number, return_inverse=True)
            columns, widths = [*columns, place.astype(np.int64)], [*widths, len(values)]
            tables.append(values)
    distinct_columns, cell = distinct(columns, widths)
    k = state.shape[1]
    states = np.column_stack(distinct_columns[:k])
    taken = [
        Predictor(predictor.name, predictor.levels, column)
        if predictor.codes is not None
        else Predictor(predictor.name, number=table[column])
        for predictor, table, column in zip(predictors, tables, distinct_columns[k:], strict=True)
    ]
    weights = patterns.counts.astype(np.float64)
    counts = np.bincount(cell, weights=weights, minlength=len(states)).astype(np.float64)
    used = states != 2
    for predictor in taken:
        if predictor.number is not None:
            used &= ~np.isnan(predictor.number)[:, None]
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


def _model(reason: str, cells: _Cells, clustering: Clustering) -> Iterator[Statistic]:
    used, silent = _without_silent_groups(cells)
    events = float(cells.counts @ (cells.outcome & used).sum(axis=1))
    names = [predictor.name for predictor in cells.predictors]
    if events < FEWEST_NONANSWERS:
        note = f"too_few_nonanswers: {round(events)}"
        yield from (missing(note, quantity="reason_test", method=f"{reason}/{name}", n=cells.n) for name in names)
        return
    columns = _columns(cells, used)
    yield from _fitted(reason, cells, used, columns, clustering, names)
    for name, level in silent:
        yield missing("nobody_or_everybody", quantity="reason_odds_ratio", method=f"{reason}/{name}={level}", n=cells.n)


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
            if predictor.codes is None:
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
        if predictor.codes is not None:
            size = np.bincount(predictor.codes, weights=weights.sum(axis=1), minlength=len(predictor.levels))
            for level in np.flatnonzero(size > 0):
                if level != size.argmax():
                    indicator = (predictor.codes == level).astype(float)[:, None]
                    columns.append(_Column(predictor.name, predictor.levels[level], np.broadcast_to(indicator, (r, k))))
        elif predictor.number is not None:
            number = np.where(np.isnan(predictor.number), 0.0, predictor.number)
            centre = float(weights.sum(axis=1) @ number / weights.sum())
            columns.append(_Column(predictor.name, None, np.broadcast_to((number - centre)[:, None], (r, k))))
    return columns


def _fitted(
    reason: str, cells: _Cells, used: Mask, columns: list[_Column], clustering: Clustering, names: Sequence[str]
) -> Iterator[Statistic]:
    design = np.stack([column.values for column in columns], axis=2)
    weights = (cells.counts[:, None] * used).ravel()
    keep = independent_columns(design.reshape(-1, len(columns)), weights)
    n = round(float(cells.counts[used.any(axis=1)].sum()))
    try:
        with estimating():
            fit = stacked_logistic(design[:, :, keep], cells.outcome, used, cells.counts, cells.clusters)
    except EstimationError as error:
        yield from (missing(error.note, quantity="reason_test", method=f"{reason}/{name}", n=n) for name in names)
        return
    df = intervals.degrees_of_freedom(cells.clusters)
    clustering = Clustering(key=clustering.key, note=joined(clustering.note, few_clusters(cells.clusters)))
    place = np.cumsum(keep) - 1
    for name in names:
        of_variable = [index for index, column in enumerate(columns) if column.variable == name]
        kept = [index for index in of_variable if keep[index]]
        if kept:
            yield _joint_test(f"{reason}/{name}", fit, place[kept], df, clustering, n)
        else:
            note = _why_left_out(columns[of_variable[0]], used) if of_variable else "fewer_than_two_groups"
            yield missing(note, quantity="reason_test", method=f"{reason}/{name}", n=n)
        for index in of_variable:
            level = columns[index].level
            method = f"{reason}/{name}" if level is None else f"{reason}/{name}={level}"
            if not keep[index]:
                yield missing(_why_left_out(columns[index], used), quantity="reason_odds_ratio", method=method, n=n)
                continue
            yield _odds_ratio(method, fit, int(place[index]), df, clustering, n)


def _why_left_out(column: _Column, used: Mask) -> str:
    """Why a column says nothing beside those before it."""
    return "no_variance" if np.ptp(column.values[used]) == 0 else "collinear"


def _joint_test(method: str, fit: LogisticFit, places: Ints, df: float, clustering: Clustering, n: int) -> Statistic:
    try:
        with estimating():
            test = wald_test(fit.coefficients[places], fit.covariance[np.ix_(places, places)], df)
    except EstimationError as error:
        return missing(error.note, quantity="reason_test", method=method, n=n)
    return Statistic(
        quantity="reason_test",
        method=method,
        cluster=clustering.key,
        statistic=test.chi2,
        df=test.df,
        p_value=test.p_value,
        n=n,
        note=clustering.note,
    )


def _odds_ratio(method: str, fit: LogisticFit, place: int, df: float, clustering: Clustering, n: int) -> Statistic:
    log_odds, variance = float(fit.coefficients[place]), float(fit.covariance[place, place])
    if math.isnan(variance):  # no sandwich of one cluster
        estimate = intervals.exp(log_odds)
        return Statistic(quantity="reason_odds_ratio", method=method, estimate=estimate, n=n, note="one_cluster")
    error = math.sqrt(variance)
    return Statistic(
        quantity="reason_odds_ratio",
        method=method,
        cluster=clustering.key,
        estimate=intervals.exp(log_odds),
        std_error=intervals.exp(log_odds) * error,
        interval=partial(_exponential, log_odds=log_odds, error=error, df=df),
        n=n,
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
        events = float(counts @ (hits & used).sum(axis=1))
        if events < FEWEST_NONANSWERS:
            method = f"{reason}/other_answers"
            yield missing(f"too_few_nonanswers: {round(events)}", quantity="reason_test", method=method, n=cells.n)
            continue
        columns = [*_columns(cells, used), _Column("other_answers", None, mean)]
        yield from _fitted(reason, cells, used, columns, clustering, ["other_answers"])
