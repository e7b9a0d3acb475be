"""Roles beside each other: score distributions, and how self and superior differ from and go with the team."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import ClassVar

import numpy as np

from ...analysis.by_role import by_role, fitted_by_role, missing
from ...analysis.sample import Sample
from ...analysis.standard_errors import remarked
from ...core.errors import UsageError
from ...core.results import Result
from ...survey.patterns import ResponsePatterns
from ...survey.takes_answers import takes_answers
from ..items.analysis_external_scales import external_correlations, external_scales
from . import analysis_pairs, analysis_scores
from .analysis_pairs import RolePair
from .analysis_scores import RoleScores

_PAIRS = (("self", "team"), ("superior", "team"), ("self", "superior"))


@dataclass(frozen=True, kw_only=True)
class RoleComparisonResult(Result):
    """Score distributions of the roles, and comparisons of two of them; a method `a~b` means role a less, or with, role b.

    Parameters
    ----------
    statistics : tuple of Statistic
        Every row, in the order of the report.
    settings : mapping, optional
        The options that they were computed with.
    notes : tuple of str, optional
        What concerns the whole result: keys of [notes] in the vocabulary.
    converged : bool, default True
        Whether every model that was fitted has its optimum.
    models : mapping, optional
        `RoleScores` by role.
    pairs : tuple of RolePair, optional
        The roles that were compared, two at a time.
    """

    analysis: ClassVar[str] = "role_comparison"
    headline: ClassVar[tuple[str, ...]] = ("score_mean", "score_sd")

    models: Mapping[str, RoleScores] = field(default_factory=dict, repr=False, compare=False)
    pairs: tuple[RolePair, ...] = field(default=(), repr=False, compare=False)

    def pair(self, first: str, second: str) -> RolePair:
        """The scores of two roles that were compared.

        Parameters
        ----------
        first : str
            The role whose scores were compared.
        second : str
            The role that they were compared with.

        Returns
        -------
        RolePair
            Their means and differences; `leaders` are those whom both answered about.

        Raises
        ------
        UsageError
            For roles that were not compared in this order.
        """
        for pair in self.pairs:
            if (pair.first, pair.second) == (first, second):
                return pair
        known = ", ".join(pair.method for pair in self.pairs) or "none"
        raise UsageError(f"'{first}~{second}' was not compared in this result; compared were: {known}.")


@takes_answers
def role_comparison(patterns: ResponsePatterns, *, external: Sequence[str] = ()) -> RoleComparisonResult:
    """Compare the roles' scale scores.

    Over all answers of two roles, errors are added up within leaders over both; over the leaders whom both answered about, a
    leader counts once per wave. Correlations are of observed means, not corrected for the number of answers behind them.
    scipy and pandas give the same means, quantiles and correlations.

    Parameters
    ----------
    patterns : ResponsePatterns
        Counted answers to k items, as `op.read` gives them, with the keys `role` and `leader`.
    external : sequence of str, optional
        Background variables that hold the scores of other scales. Each role then has the `external_correlation` of its scale
        score with each of them: high with what should go along with leadership of digital transformation, low with what
        should not. Without one, a null row says that this cannot be tested.

    Returns
    -------
    RoleComparisonResult
        Each role: `score_mean`, `score_sd`, `score_quantile`, in scale points. Each pair of roles (method `a~b`):
        `mean_difference`, `standardized_difference` (pooled standard deviation), and over leaders `leaders_with_both`,
        `leader_difference`, `leader_share_above` and `leader_correlation` of the role means.

    Raises
    ------
    UsageError
        For an external column that is not there or does not hold numbers.

    See Also
    --------
    invariance : Whether items mean the same to roles.
    dif : Whether one item is harder for a role.
    multilevel : Agreement within a role about a leader.

    References
    ----------
    Liang, K.-Y., & Zeger, S. L. (1986). Longitudinal data analysis using generalized linear models. Biometrika, 73, 13–22.

    Examples
    --------
    Two leaders about themselves, and two of the team about each.

    >>> import pandas as pd
    >>> import omstilling_psychometrics as op
    >>> score = [5, 4, 3, 3, 2, 3]
    >>> items = ("kompetencer", "forklare", "vaerdi", "kultur", "itsikkerhed")
    >>> frame = pd.DataFrame({"role": ["leder", "medarbejder", "medarbejder"] * 2, "leader": ["x"] * 3 + ["y"] * 3})
    >>> result = op.role_comparison(op.read(frame.assign(**{item: score for item in items})))
    >>> result.value("mean_difference", method="leder~medarbejder")  # 4 and 3
    1.0
    >>> result.value("leader_share_above", method="leder~medarbejder")  # 5 beside 3.5, and 3 beside 2.5
    1.0
    """
    distributions, scores = fitted_by_role(
        patterns, lambda answers, clustering: RoleScores(Sample(answers, clustering)), analysis_scores.rows
    )
    statistics = list(distributions)
    pairs = [RolePair(first=first, second=second, answers=patterns) for first, second in role_pairs(patterns)]
    if not pairs:
        for quantity in ("mean_difference", "leader_difference", "leader_correlation"):
            statistics.append(missing("one_role", quantity=quantity, n=patterns.n))
    for pair in pairs:
        statistics += analysis_pairs.rows(pair)
    if external:
        statistics += by_role(patterns, lambda answers, chosen: external_correlations(answers, chosen, external))
    else:
        statistics.append(missing("no_external_scale", quantity="external_correlation", n=patterns.n))
    return RoleComparisonResult(
        statistics=remarked(patterns, statistics),
        settings={"external": list(external)},
        models={role: of_role for role, of_role in scores.items() if of_role.n},
        pairs=tuple(pairs),
    )


def battery(patterns: ResponsePatterns, *, rng: np.random.Generator) -> RoleComparisonResult:
    """All rows of the comparison of roles (nothing in it is random); every numeric background variable is another scale."""
    return role_comparison(patterns, external=external_scales(patterns))


def role_pairs(patterns: ResponsePatterns) -> list[tuple[str, str]]:
    """Pairs to compare: self with team, superior with team, self with superior; every pair where relations are not known."""
    relations = {patterns.instrument.relation(role): role for role in patterns.roles}
    if None not in relations and len(relations) == len(patterns.roles):
        return [(relations[a], relations[b]) for a, b in _PAIRS if a in relations and b in relations]
    return list(combinations(patterns.roles, 2))
