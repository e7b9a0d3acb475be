"""How far the mean of a leader's answers generalises to other employees and items: generalizability and decision study."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import ClassVar

import numpy as np

from ...analysis.by_role import fitted_by_role, missing
from ...analysis.declared_rows import completed
from ...analysis.raters import WAVES_POOLED, raters
from ...core.errors import EstimationError, estimating
from ...core.note import joined
from ...core.numerics import intervals, moments
from ...core.numerics.arrays import Floats, Mask
from ...core.results import Result, Statistic
from ...survey.keys import is_known
from ...survey.patterns import ResponsePatterns
from ...survey.takes_answers import takes_answers
from .numerics import cross_person as cross
from .numerics.cross_person import cross_person
from .numerics.crossed_items import COMPONENTS, Components, Groups, of_complete_rows, of_pairs
from .numerics.decision_study import (
    Coefficient,
    Design,
    Kind,
    coefficient,
    fewest_answers,
    mean_inverse_answered,
    with_leaders,
)
from .numerics.ordinal_components import of_ordered_answers

# Answers about a leader at which the coefficients are tabulated, and coefficients for which answers are counted.
ANSWERS = (1, 2, 3, 5, 7, 10, 15, 20, 30)
WANTED = (0.70, 0.80)
# Numbers of items beside the instrument's own; per cent of the items that are not answered, and numbers of leaders in the
# study, both at few numbers of answers only.
ITEMS = (3, 5, 10, 20)
UNANSWERED = (10, 30)
LEADERS = (30, 100, 300)
FEW_ANSWERS = (5, 10, 20)
# Components that decision studies rest on.
_SOURCES = ("pairwise", "ordinal")

_VARIANCES = tuple(f"{name}_variance" for name in COMPONENTS)
_COEFFICIENTS: Mapping[str, Kind] = {"generalizability_coefficient": "relative", "dependability_coefficient": "absolute"}
_NEEDED: Mapping[str, Kind] = {"answers_for_generalizability": "relative", "answers_for_dependability": "absolute"}
_CLUSTER: Mapping[str, Kind] = {
    "items_sampled": "relative",
    "items_fixed": "items_fixed",
    "persons_fixed": "persons_fixed",
}


@dataclass(frozen=True, kw_only=True)
class GeneralizabilityResult(Result):
    """Variance components of answers and what follows from them for other designs; `model(role)` is a `DecisionStudy`.

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
        `DecisionStudy` by role; roles without several answers about a leader are not there.
    """

    analysis: ClassVar[str] = "generalizability"
    headline: ClassVar[tuple[str, ...]] = (*_VARIANCES, "cluster_reliability")

    models: Mapping[str, DecisionStudy] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, kw_only=True)
class DecisionStudy:
    """The variance components of one role, and the coefficients of any other design.

    Parameters
    ----------
    components : Components
        From pairs of answers.
    complete : Components or EstimationError
        From complete rows, or why there are none.
    ordinal : Components or EstimationError
        By the latent correlations of ordered answers, or why there are none.
    items : int
        Number of items that were answered.
    minimum_answered : int
        Answers that a score needs.
    harmonic_answers : float
        Harmonic mean number of answers about a leader (in a wave).
    pooled : str or None
        The note that several waves give one estimate.

    Examples
    --------
    >>> import omstilling_psychometrics as op
    >>> from omstilling_psychometrics.reference import load_case
    >>> study = op.generalizability(load_case("lq2002_lead")).model()
    >>> round(study.coefficient("relative", answers=20).estimate, 3)
    0.602
    >>> study.answers_needed(0.5, "relative")
    13.0
    """

    components: Components = field(repr=False)
    complete: Components | EstimationError = field(repr=False)
    ordinal: Components | EstimationError = field(repr=False)
    items: int
    minimum_answered: int
    harmonic_answers: float
    pooled: str | None

    def coefficient(
        self, kind: Kind, *, answers: float, items: int | None = None, unanswered: float = 0.0, leaders: int | None = None
    ) -> Coefficient:
        """The coefficient of a leader's mean in a design.

        Parameters
        ----------
        kind : {"relative", "absolute", "items_fixed", "persons_fixed"}
            What counts as error: see the documentation of the method.
        answers : float
            People who answer about the leader.
        items : int, optional
            How many; as many as were answered unless told otherwise.
        unanswered : float, default 0
            Probability that an item is not answered, the same for all items and people.
        leaders : int, optional
            How many the study has, which decides how wide the interval is; as many as there are unless told otherwise.

        Returns
        -------
        Coefficient
            Estimate, standard error and bounds.
        """
        number = self.items if items is None else items
        minimum = min(number, max(1, math.ceil(self.minimum_answered * number / self.items)))
        inverse = mean_inverse_answered(number, unanswered, minimum) if unanswered else 1 / number
        components = self.components if leaders is None else with_leaders(self.components, leaders)
        return coefficient(components, kind, Design(answers, number, inverse))

    def answers_needed(self, wanted: float, kind: Kind, *, items: int | None = None, unanswered: float = 0.0) -> float:
        """Answers about a leader with which the coefficient is at least that.

        Parameters
        ----------
        wanted : float
            Between 0 and 1.
        kind : {"relative", "absolute", "items_fixed"}
            As in `coefficient`.
        items : int, optional
            As in `coefficient`.
        unanswered : float, default 0
            As in `coefficient`.

        Returns
        -------
        float
            A whole number; infinite where no number is enough.
        """
        design = partial(self.coefficient, kind, items=items, unanswered=unanswered)
        return fewest_answers(lambda answers: design(answers=answers).estimate >= wanted)

    def answers_needed_bounds(
        self,
        level: float,
        wanted: float,
        kind: Kind,
        *,
        items: int | None = None,
        unanswered: float = 0.0,
        leaders: int | None = None,
    ) -> intervals.Bounds:
        """Interval of that number: where the bounds of the coefficient reach what is wanted.

        Parameters
        ----------
        level : float
            Of the interval, between 0 and 1.
        wanted : float
            Between 0 and 1.
        kind : {"relative", "absolute", "items_fixed"}
            As in `coefficient`.
        items : int, optional
            As in `coefficient`.
        unanswered : float, default 0
            As in `coefficient`.
        leaders : int, optional
            As in `coefficient`.

        Returns
        -------
        tuple of float
            NaN where the coefficient has no interval; infinite where no number is enough.
        """
        design = partial(self.coefficient, kind, items=items, unanswered=unanswered, leaders=leaders)
        if math.isnan(design(answers=1).bounds(level)[0]):
            return math.nan, math.nan
        low = fewest_answers(lambda answers: design(answers=answers).bounds(level)[1] >= wanted)
        return low, fewest_answers(lambda answers: design(answers=answers).bounds(level)[0] >= wanted)


@takes_answers
def generalizability(patterns: ResponsePatterns) -> GeneralizabilityResult:
    """What differs between answers: leaders, items, how items differ for a leader, employees, and the rest; and what follows.

    Employees are nested in leaders and crossed with items. Variance components are those of the analysis of variance for
    teams of unequal size, from all pairs of answers (`pairwise`) and from complete rows (`listwise`); they are unbiased and
    may be negative. Those of ordered answers (`ordinal`) come from latent correlations. From the first and the last follow, for
    each number of answers about a leader, of items, of leaders, and share of items that are not answered, the
    generalizability coefficient (of comparisons between leaders) and the dependability (of a leader's mean on the scale).
    Errors come from leaving out leaders, with all of their waves; they take the items as they are.

    A role without leaders, or whose leaders have one answer each (in every wave), gives null rows that say so.

    Parameters
    ----------
    patterns : ResponsePatterns
        Counted answers to k items, as `op.read` gives them, with the key `leader`.

    Returns
    -------
    GeneralizabilityResult
        `leader_variance`, `item_variance`, `leader_item_variance`, `person_variance`, `person_item_variance`;
        `cluster_reliability` at the harmonic mean number of answers, by what is taken as a sample; per number of answers
        (category) `generalizability_coefficient` and `dependability_coefficient`; per coefficient that is wanted (category)
        `answers_for_generalizability` and `answers_for_dependability`. `model(role)` has any other design.

    Raises
    ------
    UsageError
        For anything else than answers.

    See Also
    --------
    multilevel : The same for the score of these very items, from its intraclass correlation.
    reliability : Reliability of a person's score instead of a leader's mean.

    References
    ----------
    Brennan, R. L. (2001). Generalizability theory. Springer.

    Examples
    --------
    >>> import omstilling_psychometrics as op
    >>> from omstilling_psychometrics.reference import load_case
    >>> result = op.generalizability(load_case("lq2002_lead"))
    >>> round(result.value("leader_variance", method="pairwise"), 4)
    0.0593
    """
    statistics, models = fitted_by_role(patterns, lambda answers, _: _decision_study(answers), _rows, declared_rows)
    return GeneralizabilityResult(statistics=statistics, models=models)


def battery(patterns: ResponsePatterns, *, rng: np.random.Generator) -> GeneralizabilityResult:
    """All rows of the analysis (nothing in it is random)."""
    return generalizability(patterns)


def _decision_study(patterns: ResponsePatterns) -> DecisionStudy:
    if not is_known(patterns.keys, "leader"):
        raise EstimationError("no_leaders")
    values = patterns.values()
    groups = _groups(patterns, (~np.isnan(values)).sum(axis=1) >= 2)
    components = of_pairs(values, groups)
    complete = _attempted(lambda: of_complete_rows(values, _groups(patterns, moments.complete(values))))
    ordinal = _attempted(lambda: _ordinal(patterns, groups))
    size: Floats = np.asarray(groups.counts.sum(axis=1)).ravel()
    return DecisionStudy(
        components=components,
        complete=complete,
        ordinal=ordinal,
        items=values.shape[1],
        minimum_answered=patterns.instrument.minimum_answered,
        harmonic_answers=len(size) / float((1 / size).sum()),
        pooled=WAVES_POOLED if len(np.unique(groups.wave)) > 1 else None,
    )


def _attempted(compute: Callable[[], Components]) -> Components | EstimationError:
    try:
        with estimating():
            return compute()
    except EstimationError as error:
        return error


def _ordinal(patterns: ResponsePatterns, groups: Groups) -> Components:
    codes = np.maximum(patterns.patterns, 0).astype(np.int64)
    categories = patterns.instrument.categories
    crossed = cross_person(cross.Groups(codes, len(categories), groups.counts, groups.leader))
    return of_ordered_answers(crossed, np.asarray(categories, dtype=float))


def _groups(patterns: ResponsePatterns, used: Mask) -> Groups:
    who = raters(patterns, used)
    return Groups(who.counts, who.leader, who.wave)


# ---------------------------------------------------------------- rows


@dataclass(frozen=True)
class _Other:
    """The method of a row, and the design it is of: items and leaders, None for those that there are, and the share not
    answered; answers about a leader at which it is tabulated."""

    method: str
    items: int | None = None
    unanswered: float = 0.0
    leaders: int | None = None
    answers: tuple[int, ...] = ANSWERS


def _designs(items: int, source: str) -> Iterator[_Other]:
    """The instrument's own items, all answered; other numbers of items; some not answered; and other numbers of leaders."""
    yield _Other(source)
    yield from (_Other(f"{source}/items_{number}", items=number) for number in ITEMS if number != items)
    for share in UNANSWERED:
        yield _Other(f"{source}/unanswered_{share}", unanswered=share / 100, answers=FEW_ANSWERS)
    for number in LEADERS:
        yield _Other(f"{source}/leaders_{number}", leaders=number, answers=FEW_ANSWERS)


def declared_rows(patterns: ResponsePatterns) -> Iterator[Statistic]:
    """The rows of a role."""
    for method in ("pairwise", "listwise", "ordinal"):
        yield from (Statistic(quantity=quantity, method=method) for quantity in _VARIANCES)
    yield from (Statistic(quantity="cluster_reliability", method=method) for method in _CLUSTER)
    yield from (row for source in _SOURCES for row in _declared_designs(len(patterns.items), source))


def _declared_designs(items: int, source: str) -> Iterator[Statistic]:
    for design in _designs(items, source):
        for quantities, categories in ((_COEFFICIENTS, design.answers), (_NEEDED, WANTED)):
            for quantity in quantities:
                yield from (Statistic(quantity=quantity, method=design.method, category=category) for category in categories)


def _rows(study: DecisionStudy) -> Iterator[Statistic]:
    yield from _variances(study.components, "pairwise", study.pooled)
    for method, other in (("listwise", study.complete), ("ordinal", study.ordinal)):
        if isinstance(other, EstimationError):
            yield from (missing(other.note, quantity=quantity, method=method) for quantity in _VARIANCES)
        else:
            yield from _variances(other, method, study.pooled)
    for method, kind in _CLUSTER.items():
        found = study.coefficient(kind, answers=study.harmonic_answers)
        yield _of_coefficient(found, study, quantity="cluster_reliability", method=method)
    yield from _of_designs(study, "pairwise")
    if isinstance(study.ordinal, EstimationError):
        yield from completed((), _declared_designs(study.items, "ordinal"), study.ordinal.note)
    else:
        yield from _of_designs(replace(study, components=study.ordinal), "ordinal")


def _of_designs(study: DecisionStudy, source: str) -> Iterator[Statistic]:
    for design in _designs(study.items, source):
        of_design = partial(study.coefficient, items=design.items, unanswered=design.unanswered, leaders=design.leaders)
        for quantity, kind in _COEFFICIENTS.items():
            for answers in design.answers:
                found = of_design(kind, answers=answers)
                yield _of_coefficient(found, study, quantity=quantity, method=design.method, category=answers)
        for quantity, kind in _NEEDED.items():
            yield from (_of_answers(study, kind, design, wanted, quantity) for wanted in WANTED)


def _variances(components: Components, method: str, pooled: str | None) -> Iterator[Statistic]:
    errors = np.sqrt(np.diag(components.covariance))
    note = joined("jackknife_undefined" if np.isnan(errors).any() else None, pooled)
    for quantity, value, error in zip(_VARIANCES, components.values, errors, strict=True):
        yield Statistic(
            quantity=quantity,
            method=method,
            estimate=float(value),
            std_error=float(error),
            interval=partial(intervals.wald, estimate=float(value), std_error=float(error), df=components.leaders - 1),
            cluster="leader",
            n=round(components.n),
            note=note,
        )


def _of_coefficient(found: Coefficient, study: DecisionStudy, **fields: str | float) -> Statistic:
    undefined = "jackknife_undefined" if math.isnan(found.std_error) else None
    return Statistic(
        **fields,  # type: ignore[arg-type]
        estimate=found.estimate,
        std_error=found.std_error,
        interval=found.bounds,
        cluster="leader",
        n=round(study.components.n),
        note=joined("variances_contradict" if math.isnan(found.estimate) else undefined, study.pooled),
    )


def _of_answers(study: DecisionStudy, kind: Kind, design: _Other, wanted: float, quantity: str) -> Statistic:
    needed = study.answers_needed(wanted, kind, items=design.items, unanswered=design.unanswered)
    interval = partial(
        study.answers_needed_bounds,
        wanted=wanted,
        kind=kind,
        items=design.items,
        unanswered=design.unanswered,
        leaders=design.leaders,
    )
    low, high = interval(0.95)
    without_end = "answers_without_end" if math.isinf(high) and math.isfinite(needed) else None
    return Statistic(
        quantity=quantity,
        method=design.method,
        category=wanted,
        estimate=needed if math.isfinite(needed) else math.nan,
        interval=interval,
        cluster="leader",
        n=round(study.components.n),
        note=joined(
            "no_number_of_answers" if math.isinf(needed) else without_end,
            "jackknife_undefined" if math.isnan(low) else None,
            study.pooled,
        ),
    )
