"""What an item response analysis returns: rows, the fitted model of each role, and its scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from ...core.results import Result
from .analysis_role import FittedRole

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class IrtResult(Result):
    """Item response models by role; `model(role)` is a `FittedRole`, with curves, information and scores.

    Parameters
    ----------
    statistics : tuple of Statistic
        Parameters, likelihood, fit, `information`, reliabilities and the score of every sum.
    settings : mapping, optional
        The options that they were computed with.
    notes : tuple of str, optional
        What concerns the whole result: keys of [notes] in the vocabulary.
    converged : bool, default True
        Whether every role has estimates that may be used.
    models : mapping, optional
        A `FittedRole` by role; roles in which nothing could be fitted are not there.
    """

    analysis: ClassVar[str] = "irt"
    headline: ClassVar[tuple[str, ...]] = (
        "log_likelihood",
        "aic",
        "bic",
        "c2",
        "c2_rmsea",
        "c2_cfi",
        "marginal_reliability",
        "empirical_reliability",
    )

    models: Mapping[str, FittedRole] = field(default_factory=dict, repr=False, compare=False)

    def scores(self, answers: Any = None, *, role: str | None = None) -> pd.DataFrame:
        """Scores on the latent variable, of the patterns that were analysed or of other answers.

        Parameters
        ----------
        answers : array_like, shape (r, k), optional
            Answers to the items as category values, NaN where there is none; by default the patterns of `by_pattern`.
        role : str, optional
            Whose model; not needed where there is one.

        Returns
        -------
        pandas.DataFrame
            `eap`, `eap_sd` (posterior standard deviation), Warm's `wle` and its standard error `wle_se`; a row per row of
            answers.

        Raises
        ------
        UsageError
            Where several roles have a model, or this role has none, and for answers that are none to these items.
        """
        fitted: FittedRole = self.model(role)
        return self._marked(fitted.scores(answers))

    def score_table(self, *, role: str | None = None) -> pd.DataFrame:
        """Score of every attainable sum of category values of complete rows (Thissen et al. 1995).

        Parameters
        ----------
        role : str, optional
            Whose; not needed where there is one.

        Returns
        -------
        pandas.DataFrame
            `sum_score`, `mean_score`, `eap`, `eap_sd` (posterior standard deviation), and how many answers the model
            expects and how many there are.

        Raises
        ------
        UsageError
            Where several roles have a model, or this role has none.
        """
        fitted: FittedRole = self.model(role)
        return self._marked(fitted.score_table())

    def by_pattern(self, *, role: str | None = None) -> pd.DataFrame:
        """Scores and fit of every answer pattern.

        Parameters
        ----------
        role : str, optional
            Whose; not needed where there is one.

        Returns
        -------
        pandas.DataFrame
            A row per pattern: the answers (category values, NaN where there is none), `count`, `eap`, `eap_sd`, Warm's `wle`
            with `wle_se`, person fit `zh` and the pattern's `log_likelihood`.

        Raises
        ------
        UsageError
            Where several roles have a model, or this role has none.
        """
        fitted: FittedRole = self.model(role)
        return self._marked(fitted.by_pattern())
