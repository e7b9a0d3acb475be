"""Numbers of peers that are known to be wrong: ours have to be others.

Errors in values that stand among the others (mirt's partial credit, polycor's early stop, lavaan's change of a residual
covariance) are named where those are compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..reference.comparison import HEIGHT, Case, Comparison, Pair, Tolerance
from ..topics.factor.analysis import cfa
from ..topics.irt.analysis import irt
from ..topics.reliability.analysis import reliability

# Not the noise of a search that stopped early.
_ANOTHER_NUMBER = Tolerance("another number", 1e-2)


def _glb(case: Case, stored: Any) -> Iterator[Pair]:
    yield "", case.run(reliability).value("glb"), stored


def _height(case: Case, stored: Any) -> Iterator[Pair]:
    fit = case.run(irt, model="graded", cluster=None).model().complete.fit
    yield "", fit.log_likelihood, stored


def _scaled(case: Case, stored: Any) -> Iterator[Pair]:
    yield "", case.run(cfa, estimator="WLSMV").get("chi2_scaled").statistic, stored


COMPARISONS = (
    Comparison(
        domain="peer_errors", path="reliability/glb_fa/glb", quantity="glb", peer="psych::glb.fa", tolerance=_ANOTHER_NUMBER,
        pairs=_glb, error="not the greatest lower bound, but a coefficient from a factor model of the correlations.",
    ),
    Comparison(
        domain="peer_errors", path="irt/ltm_grm/logLik", quantity="log_likelihood", method="graded", peer="ltm::grm",
        tolerance=HEIGHT, pairs=_height, error="stops short of the maximum of the likelihood.",
    ),
    Comparison(
        domain="peer_errors", path="cfa_cluster/WLSMV_cluster/fit/chisq.scaled", quantity="chi2_scaled",
        method="WLSMV, by leader", aspect="statistic", peer="lavaan::cfa", tolerance=_ANOTHER_NUMBER, pairs=_scaled,
        error="cluster= is ignored without a word for ordered items: the test is the one for independent answers.",
    ),
    Comparison(
        domain="peer_errors", path="lavaan_0_7_2/WLSMV_cluster_pairwise/fit/chisq.scaled", quantity="chi2_scaled",
        method="WLSMV, by leader", aspect="statistic", peer="lavaan::cfa", tolerance=_ANOTHER_NUMBER, pairs=_scaled,
        error="with clusters and missing = 'pairwise' together the test is many times too large, and standard errors are a "
        "quarter of a plausible size.",
    ),
)  # fmt: skip
