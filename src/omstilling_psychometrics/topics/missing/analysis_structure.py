"""Non-answers beyond their rates, in one role: which go together, who breaks off, who never answers, and how far the score of
complete rows can be from everyone's."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import combinations

import numpy as np

from ...analysis.declared_rows import completed, null
from ...analysis.sample import Sample
from ...core.errors import EstimationError
from ...core.note import Note
from ...core.numerics import intervals
from ...core.numerics.arrays import Floats, Mask
from ...core.numerics.item_rest import pearson
from ...core.numerics.moments import complete
from ...core.numerics.scale_score import scale_score
from ...core.results import Statistic
from ...survey.codes import BLANK, NOT_SHOWN, reason_codes
from ...survey.patterns import ResponsePatterns


def nonanswer_structure(sample: Sample) -> Iterator[Statistic]:
    """`nonanswer_correlation`, `break_off`, `never_answers`, and the bounds of the mean score."""
    yield from co_occurrence(sample)
    yield from break_off(sample)
    yield from never_answers(sample)
    yield from score_bounds(sample)


def nonanswers(patterns: ResponsePatterns) -> dict[str, Mask]:
    """(p, k) whether an item was not answered: for each reason of the instrument, `blank`, and `any` of them."""
    codes = patterns.patterns
    reasons = {key: codes == code for key, code in reason_codes(patterns.instrument).items() if code != NOT_SHOWN}
    blank = reasons.pop("blank")
    return {**reasons, "blank": blank, "any": (codes < 1) & (codes != NOT_SHOWN)}


def declared_co_occurrence(sample: Sample, method: str) -> Iterator[Statistic]:
    """Every pair of items, whether or not somebody left one of them out."""
    shown = sample.patterns.patterns != NOT_SHOWN
    for (i, first), (j, second) in combinations(enumerate(sample.patterns.items), 2):
        n = sample.n(shown[:, i] & shown[:, j])
        yield Statistic(quantity="nonanswer_correlation", item=f"{first}~{second}", method=method, n=n)


def co_occurrence(sample: Sample) -> Iterator[Statistic]:
    """`nonanswer_correlation` (item pair; method = reason, `blank`, `any`): phi of not answering two items that were shown."""
    shown, pairs = sample.patterns.patterns != NOT_SHOWN, list(combinations(range(len(sample.patterns.items)), 2))
    for method, hits in nonanswers(sample.patterns).items():
        if method != "any" and not hits.any():
            continue  # its rates have the note `perhaps_not_offered`, which k(k - 1)/2 rows of pairs need not repeat
        for row, (i, j) in zip(declared_co_occurrence(sample, method), pairs, strict=True):
            both = shown[:, i] & shown[:, j]
            left, right = (np.where(both, hits[:, item].astype(float), np.nan) for item in (i, j))
            result = pearson(left, right, sample.counts)
            if math.isnan(result.estimate):
                yield null(row, "no_variance")
            else:
                fields = {"quantity": row.quantity, "item": row.item, "method": method}
                yield sample.estimate(result.estimate, result.influence, both, intervals.fisher_z, **fields)


def break_off(sample: Sample) -> Iterator[Statistic]:
    """`break_off` (item): share of the respondents who left this item and all later ones blank, after doing something before.

    Items are taken in the instrument's order, and only those shown. A reason given is not a break-off.
    """
    codes = sample.patterns.patterns
    shown = codes != NOT_SHOWN
    started = ((codes != BLANK) & shown).any(axis=1)
    # Blank or not shown from here to the end, and at least one of them blank.
    quiet = np.cumprod(((codes == BLANK) | ~shown)[:, ::-1], axis=1)[:, ::-1].astype(bool)
    for position, item in enumerate(sample.patterns.items[1:], start=1):
        before = np.where(shown[:, :position].any(axis=1), _last_shown(codes[:, :position]), BLANK)
        first = quiet[:, position] & (codes[:, position] == BLANK) & (before != BLANK)
        yield sample.share(first & started, started, quantity="break_off", item=item)


def _last_shown(codes: np.ndarray) -> np.ndarray:
    """(p,) code of the last item shown among the columns; meaningless where none was."""
    shown = codes != NOT_SHOWN
    last = codes.shape[1] - 1 - shown[:, ::-1].argmax(axis=1)
    return np.asarray(codes[np.arange(len(codes)), last])


def never_answers(sample: Sample) -> Iterator[Statistic]:
    """`never_answers`: share who answered no item shown (`any`), or gave one and the same reason throughout (its key)."""
    shown = sample.patterns.patterns != NOT_SHOWN
    base = shown.any(axis=1)
    for method, hits in nonanswers(sample.patterns).items():
        yield sample.share((hits | ~shown).all(axis=1) & base, base, quantity="never_answers", method=method)


def score_bounds(sample: Sample) -> Iterator[Statistic]:
    """How far the mean score may lie from that of complete rows.

    `complete_case_mean`; `complete_case_difference`, its distance from the mean of all scale scores; `mean_bound`: the mean
    score of everyone if every answer that is missing were the lowest (`lowest`) or highest (`highest`) category, between
    which it lies whatever the reason for not answering (Manski 1989).
    """
    values, patterns = sample.values, sample.patterns
    full = complete(values)
    score = scale_score(values, patterns.instrument.minimum_answered)
    computed = _of_complete(sample, full, score) if full.any() else ()
    declared = declared_of_complete(sample.n(full), sample.n(~np.isnan(score)))
    yield from completed(computed, declared, Note("too_few_complete", "n = 0"))
    shown = patterns.patterns != NOT_SHOWN
    someone = shown.any(axis=1)
    categories = patterns.instrument.categories
    for method, value in (("lowest", categories[0]), ("highest", categories[-1])):
        filled = np.where(np.isnan(values), float(value), values)
        mean = np.where(shown, filled, 0.0).sum(axis=1) / np.maximum(shown.sum(axis=1), 1)
        yield sample.mean(np.where(someone, mean, np.nan), quantity="mean_bound", method=method)


def declared_of_complete(whole: int, scored: int) -> Iterator[Statistic]:
    """What is said of so many complete rows, none perhaps, and of so many with a score."""
    yield Statistic(quantity="complete_case_mean", n=whole)
    yield Statistic(quantity="complete_case_difference", n=scored)


def _of_complete(sample: Sample, full: Mask, score: Floats) -> Iterator[Statistic]:
    yield sample.mean(np.where(full, score, np.nan), quantity="complete_case_mean")
    scored = ~np.isnan(score)
    n, whole = sample.n(scored), sample.n(full)
    if whole == n:
        raise EstimationError("nothing_missing")
    value = np.where(scored, score, 0.0)
    of_complete = float(sample.counts[full] @ value[full]) / whole
    of_all = float(sample.counts[scored] @ value[scored]) / n
    influence = np.where(full, (value - of_complete) * n / whole, 0.0) - np.where(scored, value - of_all, 0.0)
    yield sample.estimate(of_complete - of_all, influence, scored, intervals.wald, quantity="complete_case_difference")
