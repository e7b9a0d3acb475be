"""Non-answers: how often each item is not answered, for which reason, and in which patterns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ...analysis.by_role import fitted_by_role
from ...analysis.sample import Sample
from ...core.results import Result, Statistic
from ...survey.codes import BLANK, NOT_SHOWN, reason_codes
from ...survey.patterns import ResponsePatterns
from ...survey.takes_answers import takes_answers
from .analysis_little import little_mcar
from .analysis_patterns import NonAnswers
from .analysis_reasons import reason_models, reason_models_over_roles
from .analysis_structure import nonanswer_structure

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class MissingnessResult(Result):
    """Rates by reason and item, and the patterns of answered and unanswered items.

    Parameters
    ----------
    statistics : tuple of Statistic
        Every row, in the order of the report.
    settings : mapping, optional
        The options that they were computed with.
    notes : tuple of str, optional
        What concerns the whole result.
    converged : bool, default True
        Always; models that do not converge are rows with a note.
    models : mapping, optional
        By role, `NonAnswers`: the patterns of answered items, and the moments of the normal model by EM.
    answers : ReleasedAnswers, optional
        The released answers that it was computed from; None where they were not released.
    """

    analysis: ClassVar[str] = "missingness"
    headline: ClassVar[tuple[str, ...]] = ("complete_case_mean", "complete_case_difference", "little_mcar")

    def by_pattern(self, *, role: str | None = None) -> pd.DataFrame:
        """The patterns of answered and unanswered items, the most frequent first.

        Parameters
        ----------
        role : str, optional
            Whose; not needed where there is one.

        Returns
        -------
        pandas.DataFrame
            A row per pattern: for each item whether it is answered, and `count`, the respondents.

        Raises
        ------
        UsageError
            Where there are several roles, or not this one.
        """
        import pandas as pd

        model: NonAnswers = self.model(role)
        columns = dict(zip(model.sample.patterns.items, model.answered.T, strict=True))
        return self._marked(pd.DataFrame(columns | {"count": model.counts.astype(np.int64)}))


@takes_answers
def missingness(patterns: ResponsePatterns, *, cluster: str | None = "default") -> MissingnessResult:
    """Rate of each reason for not answering, by item and role, and what predicts non-answers.

    Denominator: respondents who were shown the item (answered + reasons + blank); items not in a respondent's form do not
    count. Intervals are Wilson's, with the effective size where answers share a leader. A pattern such as '11011' has 1 for
    an answer and 0 for none, whatever the reason. norm::em.norm (R) gives the same covariances for Little's test.

    Parameters
    ----------
    patterns : ResponsePatterns
        Counted answers to k items, as `op.read` gives them.
    cluster : str or None, default "default"
        Key within whose values answers depend on each other: the leader, and of superiors, who rate several leaders, the
        respondent, wherever these are known. None takes all answers as independent.

    Returns
    -------
    MissingnessResult
        `rate` per item and reason (method), `pattern_count` per pattern of answered items, `little_mcar`, the structure of
        non-answers (`break_off`, `never_answers`, `nonanswer_correlation`, what complete rows lack) and its models
        (`reason_test`, `reason_odds_ratio`).

    Raises
    ------
    UsageError
        For a cluster key that the data do not have.

    See Also
    --------
    items : The answers that were given.
    cfa : Fit that uses incomplete rows, with the estimator FIML.
    inspect : Empty cells and codes of a file.

    References
    ----------
    Little, R. J. A. (1988). A test of missing completely at random for multivariate data with missing values. Journal of the
    American Statistical Association, 83, 1198–1202.

    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. Journal of the American
    Statistical Association, 22, 209–212.

    Examples
    --------
    >>> import omstilling_psychometrics as op
    >>> from omstilling_psychometrics.reference import load_case
    >>> result = op.missingness(load_case("datCat_mis"))
    >>> result.value("rate", item="i1", method="any")
    0.045
    >>> result.value("pattern_count", item="11111")
    151.0
    """
    statistics, models = fitted_by_role(
        patterns, lambda answers, clustering: NonAnswers.of(Sample(answers, clustering)), _rows, cluster=cluster
    )
    return MissingnessResult(statistics=(*statistics, *reason_models_over_roles(patterns)), models=models)


def battery(patterns: ResponsePatterns, *, rng: np.random.Generator) -> MissingnessResult:
    """All rows of the analysis of non-answers (nothing in it is random)."""
    return missingness(patterns)


def _rows(model: NonAnswers) -> Iterator[Statistic]:
    sample, patterns = model.sample, model.sample.patterns
    codes = patterns.patterns
    reasons = {key: code for key, code in reason_codes(patterns.instrument).items() if code not in (BLANK, NOT_SHOWN)}
    unseen = {key for key, code in reasons.items() if not (codes == code).any()}
    for position, item in enumerate(patterns.items):
        column = codes[:, position]
        shown = column != NOT_SHOWN
        hits = {key: column == code for key, code in reasons.items()}
        hits["blank"] = column == BLANK
        hits["any"] = (column < 1) & shown
        for method, hit in hits.items():
            rate = sample.share(hit, shown, quantity="rate", item=item, method=method)
            # A reason that nobody of the role gave on any item may never have been offered.
            yield replace(rate, note=rate.note or "perhaps_not_offered") if method in unseen else rate
    yield from model.rows()
    yield little_mcar(model)
    yield from nonanswer_structure(sample)
    yield from reason_models(patterns, sample.clustering)
