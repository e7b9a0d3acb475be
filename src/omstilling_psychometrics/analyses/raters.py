"""Who answers about the same leader: the raters between whom agreement and scalability are computed."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from ..numerics.sandwich import Clusters
from ..numerics.tally import distinct
from ..responses.patterns import ResponsePatterns


def raters_of_leaders(patterns: ResponsePatterns) -> Clusters:
    """Counts by leader; by leader and wave where nobody but one person per wave answers about a leader: what such answers
    have in common is the person, not agreement between raters."""
    counts = patterns.table()[1]
    if "leader" not in patterns.keys:
        return Clusters(csr_array((0, len(counts))), counts)
    by_leader = patterns.clusters("leader")
    if "wave" not in patterns.keys:
        return by_leader
    leader, wave = patterns.keys["leader"], patterns.keys["wave"]
    known = leader.codes >= 0
    (unit, _), cell = distinct([leader.codes[known], wave.codes[known] + 1], [len(leader.levels), len(wave.levels) + 1])
    answers = patterns.counts[known].astype(np.float64)
    if np.bincount(cell, weights=answers, minlength=1).max() > 1:
        return by_leader
    return Clusters(csr_array((answers, (cell, patterns.pattern[known])), shape=(len(unit), len(counts))), by_leader.singles)


def waves_pooled(patterns: ResponsePatterns) -> str | None:
    """The note that answers of several waves are taken together, if they are."""
    return "waves_pooled" if "wave" in patterns.keys and len(patterns.keys["wave"].levels) > 1 else None
