"""Rows of items that differ between leaders beyond what the items have in common, and what that does to a leader's mean."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Literal, get_args

import numpy as np
from scipy.sparse import csr_array
from scipy.special import stdtr

from ...analysis.declared_rows import attempted, completed
from ...core.errors import EstimationError
from ...core.note import Note, joined
from ...core.numerics import intervals
from ...core.numerics.arrays import Floats
from ...core.numerics.holm import holm
from ...core.results import Statistic
from .analysis_role import TwoLevelRole
from .numerics.cross_person import CrossPerson, Groups, cross_person
from .numerics.observed_score import score_variances
from .numerics.residuals_between import ResidualsBetween, residuals_between

Kind = Literal["equal", "free"]

# An item is named where its p value is below this after Holm's adjustment for all items.
_LEVEL = 0.05


def declared_residuals(items: tuple[str, ...], n: int) -> Iterator[Statistic]:
    """The rows of both kinds of loadings between leaders."""
    for kind in get_args(Kind):
        yield from _declared(kind, items, n)


def _declared(kind: Kind, items: tuple[str, ...], n: int) -> Iterator[Statistic]:
    method = f"{kind}/pairwise"
    yield from (Statistic(quantity="residual_variance_between", item=item, method=method, n=n) for item in items)
    yield Statistic(quantity="omega_between", method=method, n=n)


@dataclass(frozen=True, eq=False)
class ItemResiduals:
    """Of one role, from pairs of people about one leader."""

    role: TwoLevelRole

    @cached_property
    def _crossed(self) -> CrossPerson:
        """Raises EstimationError."""
        answers, grouped = self.role.answers, self.role.answers.grouped
        codes = np.empty_like(grouped.answers.codes)
        for place, item in enumerate(answers.varying):
            category = np.append(0, np.flatnonzero(answers.observed[item]) + 1)  # the model has those that were chosen only
            codes[:, place] = category[grouped.answers.codes[:, place]]
        counts = csr_array(grouped.counts[grouped.member])
        return cross_person(Groups(codes, len(answers.values), counts, self.role.equal.units))

    @cached_property
    def _both(self) -> dict[Kind, ResidualsBetween | EstimationError]:
        computed: dict[Kind, ResidualsBetween | EstimationError] = {}
        for kind in get_args(Kind):
            try:
                computed[kind] = residuals_between(self._crossed, kind)
            except EstimationError as error:
                computed[kind] = error
        return computed

    def found(self, kind: Kind) -> Note | None:
        """The items that are found to have a residual; None where there are none, or where it cannot be told."""
        residuals = self._both[kind]
        if isinstance(residuals, EstimationError):
            return None
        named = np.flatnonzero(holm(self._p_values(residuals)) < _LEVEL)
        items, varying = self.role.answers.items, self.role.answers.varying
        return Note("residuals_between_leaders", ", ".join(items[varying[place]] for place in named)) if named.size else None

    def rows(self) -> Iterator[Statistic]:
        for kind in get_args(Kind):
            yield from completed(self._rows(kind), _declared(kind, self.role.answers.items, self.role.answers.n))

    @staticmethod
    def _p_values(residuals: ResidualsBetween) -> Floats:
        """One-sided."""
        return np.asarray(stdtr(residuals.crossed.degrees_of_freedom, -residuals.z))

    def _rows(self, kind: Kind) -> Iterator[Statistic]:
        answers = self.role.answers
        *of_items, omega = _declared(kind, answers.items, answers.n)
        residuals = self._both[kind]
        if isinstance(residuals, EstimationError):
            raise residuals
        errors, p_values = residuals.errors[0], self._p_values(residuals)
        df = residuals.crossed.degrees_of_freedom
        for item, row in enumerate(of_items):
            if item not in answers.varying:
                continue
            place = int(np.searchsorted(answers.varying, item))
            estimate, error = float(residuals.variance[place]), float(errors[place])
            yield replace(
                row,
                estimate=estimate,
                std_error=error,
                interval=partial(intervals.wald, estimate=estimate, std_error=error, df=df),
                cluster=self.role.cluster,
                statistic=float(residuals.z[place]),
                df=None if math.isinf(df) else df,
                p_value=float(p_values[place]),
                note=joined("one_sided", self.role.remark),
            )
        yield attempted(omega, lambda: self._omega(omega, residuals, kind))

    def _omega(self, row: Statistic, residuals: ResidualsBetween, kind: Kind) -> Statistic:
        """Of the mean of all items, residuals counted as error. Items whose answers are all the same change nothing in it."""
        answers = self.role.answers
        silent = [name for name, chosen in zip(answers.items, answers.observed, strict=True) if not chosen.any()]
        if silent:
            raise EstimationError("item_without_answers", ", ".join(silent))
        values = np.asarray(answers.values, dtype=float)
        variances = score_variances(
            residuals.loading, residuals.loading_between, residuals.thresholds, values, residuals.variance
        )
        omega = variances.omega_between(answers.harmonic_size)
        error = math.sqrt(max(float(residuals.covariance(omega.gradient[None])[0, 0]), 0.0))
        bounds = partial(
            intervals.logit_wald, estimate=omega.estimate, std_error=error, df=residuals.crossed.degrees_of_freedom
        )
        return replace(
            row,
            estimate=omega.estimate,
            std_error=error,
            interval=bounds,
            cluster=self.role.cluster,
            note=joined(self.found(kind), self.role.remark),
        )
