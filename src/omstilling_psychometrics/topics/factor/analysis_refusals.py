"""Why a factor model, its robust tests or its indices cannot be had."""

from __future__ import annotations

from ...core.errors import EstimationError
from ...core.note import Note
from ...core.numerics.sandwich import Clusters
from .analysis_sample import StackedPatterns
from .analysis_specification import Specification
from .numerics.tests_of_fit import FitTest

# Why there is no CFI and TLI although the model's own test is there.
BASELINE_REFUSED = "baseline_scaling_not_positive"


def scaling_refused(test: FitTest) -> str | None:
    """Yuan and Bentler's scaling is a difference of traces, which small samples can bring below 0."""
    return "scaling_not_positive" if test.df > 0 and not test.scaling > 0 else None


def clusters_refused(clusters: Clusters | None, moments: int) -> str | None:
    """The covariance of so many moments takes more clusters."""
    if clusters is not None and clusters.size <= moments:
        return str(Note("clusters_do_not_exceed_moments", f"{clusters.size} <= {moments}"))
    return None


def named(error: EstimationError, items: tuple[str, ...]) -> EstimationError:
    """The numerics' reason, with the items' keys for their numbers: `3`, or `1~2` of a pair."""
    detail = error.reason.detail
    numbers = detail.split("~")
    if all(number.isdigit() for number in numbers):
        detail = "~".join(items[int(number) - 1] for number in numbers)
    return EstimationError(error.reason.key, detail)


def require_enough_items(specification: Specification, k: int) -> None:
    """A factor with free loadings needs three items; more parameters than correlations cannot be told apart."""
    congeneric = specification.restriction == "congeneric"
    if congeneric and k < 3:
        raise EstimationError("needs_three_items")
    free = (k if congeneric else 1) + len(specification.residual_covariances)
    if free > k * (k - 1) // 2:
        raise EstimationError("not_identified", f"{free} > {k * (k - 1) // 2}")


def require_enough_answers(rows: StackedPatterns, n: int, *, listwise: bool) -> None:
    k = rows.codes.shape[1]
    if not (rows.codes > 0).any():
        raise EstimationError("no_answers")
    if n <= k:
        raise EstimationError("too_few_complete" if listwise else "too_few_answers", f"n = {n} <= {k}")
