"""From a respondent's position to the answer sheet: answers, reasons for no answer, careless lines."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtr

from ..analysis.pattern_distribution import Codes
from ..core.numerics.arrays import Floats, Ints, Mask
from ..survey.codes import BLANK, FIRST_REASON
from .streams import Stream, negative_binomial
from .truth import TEAM, Truth

VED_IKKE = FIRST_REASON
REFUSAL = FIRST_REASON - 1


@dataclass(frozen=True, kw_only=True)
class Sheets:
    """The respondents of one role in one wave, each about to fill in one sheet; every array (n,).

    theta: position on the construct; position: theta standardised within role and wave; ved_ikke, refusal: what of the two
    propensities does not come from theta, standard normal; form_b: which form; focal: in the group that finds one item harder;
    offered: may refuse.
    """

    role: str = TEAM
    theta: Floats
    position: Floats
    ved_ikke: Floats
    refusal: Floats
    form_b: Mask
    focal: Mask
    offered: Mask

    @property
    def n(self) -> int:
        return len(self.theta)


def graded(truth: Truth, sheets: Sheets, stream: Stream) -> Codes:
    """Categories 1..c by the normal-ogive graded model, (n, k): no item is left out."""
    k, role = len(truth.items), truth.role(sheets.role)
    errors = stream.normal(k, sheets.n)
    first, second = (truth.items.index(item) for item in truth.residual_pair)
    r = truth.residual_correlation
    errors[second] = r * errors[first] + np.sqrt(1 - r * r) * errors[second]
    loading_item, form_b_loading = truth.form_b_loading
    shifted_item, form_b_shift = truth.form_b_threshold_shift
    _, _, dif_item, dif = truth.dif
    answers = np.empty((sheets.n, k), dtype=np.int8)
    for j, item in enumerate(truth.items):
        loading = np.full(sheets.n, role.loading.get(item, truth.loadings[j]))
        shift = np.full(sheets.n, role.threshold_shift.get(item, 0.0))
        if item == loading_item:
            loading[sheets.form_b] = form_b_loading
        if item == shifted_item:
            shift[sheets.form_b] += form_b_shift
        if item == dif_item:
            shift[sheets.focal] += dif
        response = loading * sheets.theta + np.sqrt(1 - loading**2) * errors[j] - shift
        answers[:, j] = 1 + np.searchsorted(truth.thresholds[j], response)
    return answers


def _propensity(correlation: float, position: Floats, own: Floats) -> Floats:
    """Standard normal with the given correlation with the position."""
    return np.asarray(correlation * position + np.sqrt(1 - correlation**2) * own)


def leave_out(truth: Truth, sheets: Sheets, answers: Codes, stream: Stream) -> tuple[Codes, Mask]:
    """The sheets as handed in, (n, k), and which of them are careless lines, (n,).

    An item is left blank at random, or after breaking off; else 'ved ikke' if its propensity says so; else refused; else
    answered. Careless lines answer everything.
    """
    n, k = answers.shape
    xi = _propensity(truth.ved_ikke_correlation, sheets.position, sheets.ved_ikke)[:, None]
    intercepts = np.asarray(truth.ved_ikke_intercepts) + truth.role(sheets.role).ved_ikke_shift
    ved_ikke = stream.uniform(n, k) < ndtr(intercepts + truth.ved_ikke_slope * xi)
    zeta = _propensity(truth.refusal_correlation, sheets.position, sheets.refusal)[:, None]
    refused = stream.uniform(n, k) < ndtr(truth.refusal_intercept + truth.refusal_slope * zeta)
    blank = stream.happens(truth.blank, n, k)
    answered_before = 1 + np.floor(stream.uniform(n) * (k - 1))  # whoever breaks off has met at least one item
    gone = stream.happens(truth.break_off, n)
    careless = stream.happens(truth.straight_lining, n)
    line = np.asarray(truth.straight_line_categories, dtype=np.int8)[stream.category(truth.straight_line_probabilities, n)]

    codes = answers.copy()
    codes[refused & sheets.offered[:, None]] = REFUSAL
    codes[ved_ikke] = VED_IKKE
    codes[blank | (gone[:, None] & (np.arange(k) >= answered_before[:, None]))] = BLANK
    codes[careless] = line[careless, None]
    return codes, careless


def fill_in(truth: Truth, sheets: Sheets, stream: Stream, *, complete: bool = False) -> tuple[Codes, Mask]:
    """Coded answers (n, k) and which respondents are careless (n,).

    complete: every item answered by the graded model with the thresholds of `truth`; nobody is careless and no group
    finds an item harder.
    """
    if complete:
        nobody = np.zeros(sheets.n, dtype=bool)
        return graded(truth, replace(sheets, focal=nobody), stream), nobody
    return leave_out(truth, sheets, graded(truth, sheets, stream), stream)


def team_sizes(truth: Truth, leaders: int, stream: Stream) -> Ints:
    """Number of employees who answer about each leader, (leaders,)."""
    return truth.team_minimum + stream.category(team_size_probabilities(truth), leaders)


def team_size_probabilities(truth: Truth) -> Floats:
    """P(team_minimum), …, P(team_maximum)."""
    return negative_binomial(truth.team_size_parameter, truth.team_mean, truth.team_maximum - truth.team_minimum)
