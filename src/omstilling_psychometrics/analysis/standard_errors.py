"""What few clusters leave of standard errors, and errors of nought: each is remarked on in the row that has it.

Sandwich covariances of G clusters have G - 1 degrees of freedom (Cameron & Miller 2015, sec. VI): an error of two clusters is
one difference, which may be anything between nought and too much. Where it is nought, the clusters do not differ; that few of
them do not is chance and no error at all.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from ..core.note import Note, joined, notes_in
from ..core.numerics.sandwich import Clusters
from ..core.results import Statistic
from ..survey.patterns import ResponsePatterns

# Below this many clusters sandwich covariances tend to be too small.
FEW_CLUSTERS = 50

# So many clusters do not all agree by chance: with fewer an error of nought is withheld, with more it is given and remarked on.
_NO_CHANCE = 10

# An error below this is nought but for rounding: on our scales it would take 1e16 answers to get there.
NO_ERROR = 1e-8

# An interval narrower than this has no width but for rounding.
_NO_WIDTH = 1e-6


def few_clusters(clusters: Clusters | None) -> str | None:
    """The warning that tests and errors lean on too few clusters; a warning, not a refusal."""
    return None if clusters is None or clusters.size >= FEW_CLUSTERS else str(_few(clusters.size))


def _few(clusters: int) -> Note:
    return Note("few_clusters", f"{clusters} < {FEW_CLUSTERS}")


def remarked(patterns: ResponsePatterns, statistics: Iterable[Statistic]) -> tuple[Statistic, ...]:
    """The statistics of these answers, those remarked on whose error leans on few clusters or is nought."""
    sizes: dict[tuple[str, str | None], int] = {}

    def clusters_of(key: str, item: str | None) -> int:
        if (key, item) not in sizes:
            names = item.split("~") if item else []
            columns = [patterns.items.index(name) for name in names if name in patterns.items]
            answered = patterns.table()[0] > 0
            used = np.asarray(answered[:, columns].all(axis=1) if columns else answered.any(axis=1))
            sizes[key, item] = patterns.clusters(key).restrict(used).size
        return sizes[key, item]

    def remark(statistic: Statistic) -> Statistic:
        certain = statistic.std_error is not None and statistic.std_error < NO_ERROR
        if certain and statistic.estimate in (1, -1) and not math.isfinite(statistic.confidence_interval()[0]):
            return _noted(replace(statistic, std_error=math.nan, interval=None), Note("perfect_correlation"))
        if statistic.cluster is None or statistic.cluster not in patterns.keys:
            constant = certain and _without_width(statistic)
            return _noted(replace(statistic, std_error=0.0), Note("no_variance")) if constant else statistic
        leans_on = statistic.p_value if statistic.std_error is None else statistic.std_error
        if leans_on is None or math.isnan(leans_on):
            return statistic
        units = clusters_of(statistic.cluster, statistic.item)
        if certain and (_without_width(statistic) or statistic.estimate not in (0, 1)):
            return _agreeing(statistic, units)
        return _noted(statistic, _few(units)) if units < FEW_CLUSTERS else statistic

    return tuple(remark(statistic) for statistic in statistics)


def _without_width(statistic: Statistic) -> bool:
    low, high = statistic.confidence_interval()
    return not high - low > _NO_WIDTH


def _agreeing(statistic: Statistic, units: int) -> Statistic:
    """A statistic in which no cluster differs from another."""
    remarked_on = _noted(statistic, Note("no_spread_between_clusters", str(units)))
    if units >= _NO_CHANCE:
        return replace(remarked_on, std_error=0.0)
    return replace(remarked_on, std_error=math.nan, interval=None if _without_width(statistic) else statistic.interval)


def _noted(statistic: Statistic, note: Note) -> Statistic:
    known = {part.key for part in notes_in(statistic.note)}
    return statistic if note.key in known else replace(statistic, note=joined(statistic.note, note))
