"""Population values of what the package estimates, from ten million draws per population, with Monte Carlo errors.

    python -m omstilling_psychometrics.simulation.population

rewrites `population.json` beside this file, which becomes part of `truth.json`; with `--add` it only gets values that follow
from those it has, or need none of its draws. The draws come in batches; a Monte Carlo error is the standard deviation of a
value over batches divided by the root of their number. Models of leaders are fitted once, to draws of their own; their Monte
Carlo error is the standard error by leader. Where the graded model gives the value exactly (by quadrature, or as a formula),
the row has it too, as `exact`.
"""

from __future__ import annotations

import argparse
import datetime
import json
import logging
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..analysis.pattern_distribution import Codes, Name, Values, name
from ..core.files import write_text
from ..core.numerics.arrays import Floats, Ints
from ..survey.codes import FIRST_REASON
from ..topics.irt.population import expected_information, graded_model
from ..topics.leaders.numerics.variance_components import spearman_brown
from ..topics.missing.population import rates
from . import leaders as of_leaders
from .analytic import (
    ItemParameters,
    expected_score,
    item_parameters,
    latent_correlations,
    leader_score_variance,
    pattern_probabilities,
    score_variance,
    true_score_variance,
)
from .answering import Sheets, graded, leave_out, team_size_probabilities
from .estimands import latent_values, of_patterns, scores, values
from .jsontext import json_text
from .streams import Stream
from .team import team_sheets
from .truth import SELF, SUPERIOR, TEAM, TRUTH, Truth

DRAWS = 10_000_000
SEED = 20_250_101
BATCHES = 100
# The graded model is fitted to fewer, larger batches: it takes seconds.
GRADED_BATCHES = 20

DEFINITIONS = {
    "model": (
        "The graded model of the role itself, first wave, form A: every item is answered, nobody is careless, no group finds "
        "an item harder. Leaders, organisations and respondents are drawn anew."
    ),
    "model_form_b": "As `model`, with the loadings and thresholds of form B.",
    "survey": (
        "The first wave (form A) as it is drawn for organisations that chose the theme: both groups of arbejdsomraade in their "
        "shares, ved ikke, refusals (an organisation drawn at random offers them or not), blanks, break-offs, careless lines."
    ),
}

# What the names of the contract do not say, or say about samples only.
QUANTITIES = {
    "all": "Names, categories and methods are those of results.json; sd, covariances and correlations have divisor n.",
    "icc1": (
        "Variance of the scale score between leaders (covariance of two employees of one leader in one wave) over its variance."
    ),
    "icc2": "Spearman-Brown of icc1 at the mean number of employees of a leader who have a scale score in one wave.",
    "omega_total": "From the maximum likelihood one-factor solution of the population covariance of complete rows.",
    "omega_categorical (truth)": (
        "Variance of the mean answer that is due to theta over its variance: Green & Yang's (2009, eq. 21) coefficient at the "
        "true loadings and thresholds; the residual correlation counts as error."
    ),
    "loading_standardized (WLSMV), omega_categorical (implied)": (
        "One factor for the polychoric correlations by diagonally weighted least squares, "
        "with the weights of independent answers."
    ),
    "loading_standardized (truth)": "Of the latent responses, standardised in the role.",
    "discrimination, intercept, difficulty (graded)": (
        "Pseudo-true: of the logistic graded model nearest in Kullback-Leibler divergence, answers left out being ignored."
    ),
    "expected_information (graded)": (
        "Of that graded model, over a standard normal latent variable. Added from its parameters, an error is the largest that "
        "theirs can make together."
    ),
    "loading_difference (truth)": (
        "Standardised loading in the role, or on form B, less that of employees on form A, both at these employees' latent "
        "variance."
    ),
    "listwise_bias": "Mean over complete rows minus the mean had everybody answered; without item: of the mean of the five.",
    "available_bias": "Mean of the item's own answers minus the mean had everybody answered; without item: of the scale score.",
    "straight_line_share": "Share of complete rows with one category throughout; `legitimate`: the careless left out.",
    "methods equal, free, equal/pairwise, free/pairwise, continuous/…": (
        "Pseudo-true: of the two-level models fitted to `leaders` leaders in teams of the survey's own sizes, answers left out "
        "being ignored. The residual correlation, which the models do not have, moves slopes and thresholds. Omega and "
        "leader_reliability are the fitted models' too, omega_between at the harmonic mean number of answers. Errors are by "
        "leader."
    ),
    "leader_variance, item_variance, leader_item_variance, person_variance, person_item_variance, cluster_reliability": (
        "From the answers of the same leaders. Exactly: variances of, and covariances between, the expected answers given the "
        "leader, and the rest."
    ),
    "rmsea": "Root of the discrepancy of the maximum likelihood one-factor solution over its degrees of freedom.",
}

_CODES = 16  # codes are packed as code - lowest in base 16
_LOWEST = FIRST_REASON - 1

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Population:
    """label: key of DEFINITIONS; role; form_b; complete: the graded model alone."""

    label: str
    role: str
    form_b: bool = False
    complete: bool = True


POPULATIONS = (
    *(Population(label="model", role=role) for role in (TEAM, SELF, SUPERIOR)),
    Population(label="model_form_b", role=TEAM, form_b=True),
    *(Population(label="survey", role=role, complete=False) for role in (TEAM, SELF, SUPERIOR)),
)


@dataclass(frozen=True, kw_only=True)
class Sums:
    """What a value needs beyond the answer patterns, summed over draws; batches (b, ...) add up.

    n: draws; intended: (k,) answers had everybody answered; true, true_square: of the expected mean answer given theta;
    pairs, pair_sum, pair_square, pair_product: of the scale scores of two employees of one leader; careless: planted lines.
    """

    n: float
    intended: Floats
    true: float
    true_square: float
    pairs: float
    pair_sum: float
    pair_square: float
    pair_product: float
    careless: float

    @staticmethod
    def total(parts: list[Sums]) -> Sums:
        return Sums(**{field: sum(getattr(part, field) for part in parts) for field in Sums.__dataclass_fields__})


def _sheets(truth: Truth, population: Population, n: int, stream: Stream) -> Sheets:
    """n respondents; among employees, 2 i and 2 i + 1 have the same leader."""
    role = truth.role(population.role)
    team = team_sheets(truth, np.arange(n) // 2, (n + 1) // 2, stream)
    position = team.position if population.role == TEAM else stream.normal(n)
    return Sheets(
        role=population.role,
        theta=role.mean + role.sd * position,
        position=position,
        ved_ikke=team.ved_ikke,
        refusal=team.refusal,
        form_b=np.full(n, population.form_b),
        focal=team.focal & (not population.complete),
        offered=team.offered,
    )


def _batch(truth: Truth, population: Population, items: ItemParameters, n: int, stream: Stream) -> tuple[Ints, Sums]:
    """Counts of the packed patterns, and the sums, of n draws."""
    sheets = _sheets(truth, population, n, stream)
    answers = graded(truth, sheets, stream)
    codes, careless = answers, np.zeros(n, dtype=bool)
    if not population.complete:
        codes, careless = leave_out(truth, sheets, answers, stream)
    intended = np.where(careless[:, None], codes, answers)
    true = expected_score(items, sheets.theta) if population.complete else np.zeros(n)
    centre = 3.0
    score = scores(codes)[: n // 2 * 2].reshape(-1, 2) - centre
    score = score[~np.isnan(score).any(axis=1)]
    packed = np.zeros(n, dtype=np.int64)
    for column in codes.T:
        packed = packed * _CODES + (column - _LOWEST)
    sums = Sums(
        n=n,
        intended=intended.sum(axis=0),
        true=float(true.sum()),
        true_square=float((true**2).sum()),
        pairs=len(score),
        pair_sum=float(score.sum()),
        pair_square=float((score**2).sum()),
        pair_product=float(score.prod(axis=1).sum()),
        careless=float(careless.sum()),
    )
    return np.bincount(packed, minlength=_CODES ** codes.shape[1]), sums


def _unpacked(cells: Ints, k: int) -> Codes:
    digits = [cells // _CODES ** (k - 1 - j) % _CODES for j in range(k)]
    return (np.stack(digits, axis=1) + _LOWEST).astype(np.int8)


def mean_team_size(truth: Truth) -> float:
    """Expected number of employees who answer about a leader."""
    mass = team_size_probabilities(truth)
    return float(truth.team_minimum + mass @ np.arange(len(mass)))


def _beyond_patterns(truth: Truth, population: Population, codes: Codes, weights: Floats, sums: Sums) -> Values:
    """Values that the pattern distribution alone does not give."""
    estimands: Values = {}
    score = scores(codes)
    scored = ~np.isnan(score)
    share = weights / weights.sum()
    if population.role == TEAM:
        mean = sums.pair_sum / (2 * sums.pairs)
        icc1 = (sums.pair_product / sums.pairs - mean**2) / (sums.pair_square / (2 * sums.pairs) - mean**2)
        estimands[name("icc1")] = icc1
        estimands[name("icc2")] = spearman_brown(icc1, mean_team_size(truth) * float(share[scored].sum()))
    if population.complete:
        variance = sums.true_square / sums.n - (sums.true / sums.n) ** 2
        moment = share @ score
        estimands[name("omega_categorical", method="truth")] = variance / float(share @ (score - moment) ** 2)
        return estimands
    estimands |= dict(rates(of_patterns(codes, weights)))
    intended = sums.intended / sums.n
    complete = (codes > 0).all(axis=1)
    listwise = share[complete] @ codes[complete] / share[complete].sum()
    for j, item in enumerate(truth.items):
        answered = codes[:, j] > 0
        available = float(share[answered] @ codes[answered, j] / share[answered].sum())
        estimands[name("listwise_bias", item)] = float(listwise[j] - intended[j])
        estimands[name("available_bias", item)] = float(available - intended[j])
    estimands[name("listwise_bias")] = float(listwise.mean() - intended.mean())
    estimands[name("available_bias")] = float(share[scored] @ score[scored] / share[scored].sum() - intended.mean())
    straight = complete & (codes == codes[:, :1]).all(axis=1)
    careless = sums.careless / sums.n
    legitimate = float((share[straight].sum() - careless) / (share[complete].sum() - careless))
    estimands[name("straight_line_share", method="legitimate")] = legitimate
    return estimands


def exact_values(truth: Truth, population: Population, *, fitted: bool = True) -> Values:
    """What the graded model gives without draws; nothing for populations that are not the model alone.

    fitted: the logistic graded model too, which takes a second.
    """
    if not population.complete:
        return {}
    items = item_parameters(truth, population.role, form_b=population.form_b)
    patterns, probabilities = pattern_probabilities(truth, items)
    exact = values(patterns, probabilities) | latent_values(patterns, probabilities)
    if fitted:
        exact |= graded_model(of_patterns(patterns, probabilities * DRAWS))[0]
    variance = score_variance(patterns, probabilities)
    exact[name("omega_categorical", method="truth")] = true_score_variance(items) / variance
    if population.role == TEAM:
        icc1 = leader_score_variance(truth, items) / variance
        exact[name("icc1")] = icc1
        exact[name("icc2")] = spearman_brown(icc1, mean_team_size(truth))
    correlations = latent_correlations(truth, items)
    for i, first in enumerate(truth.items):
        for step, threshold in enumerate(items.standardized_thresholds[i].tolist(), start=1):
            exact[name("threshold", first, step)] = threshold
        for j in range(i + 1, len(truth.items)):
            exact[name("polychoric", f"{first}~{truth.items[j]}")] = float(correlations[i, j])
    return exact


def _parameters(truth: Truth, population: Population) -> Values:
    items = item_parameters(truth, population.role, form_b=population.form_b)
    loadings = items.standardized_loadings.tolist()
    parameters = {name("loading_standardized", item, None, "truth"): loadings[j] for j, item in enumerate(truth.items)}
    first = item_parameters(truth, TEAM)
    if population.role != TEAM or population.form_b:
        differences = replace(items, sd=first.sd).standardized_loadings - first.standardized_loadings
        parameters |= {
            name("loading_difference", item, None, "truth"): float(differences[j]) for j, item in enumerate(truth.items)
        }
    return parameters


def drawn_values(
    truth: Truth, population: Population, place: int, *, draws: int, seed: int, fitted: bool = True
) -> Iterator[tuple[Name, float, float]]:
    """(name, value, Monte Carlo error) of every value; fitted: those of the logistic graded model too.

    place: which streams of the seed to use.
    """
    items = item_parameters(truth, population.role, form_b=population.form_b)
    counts, sums = [], []
    for batch in range(BATCHES):
        packed, part = _batch(truth, population, items, draws // BATCHES, Stream.component(seed, place, batch))
        counts.append(packed)
        sums.append(part)
    everything = np.array(counts)
    cells = np.flatnonzero(everything.sum(axis=0))
    everything = everything[:, cells].astype(float)
    codes = _unpacked(cells, len(truth.items))

    def of(weights: Floats, part: Sums) -> Values:
        present = weights > 0
        return (
            values(codes, weights)
            | latent_values(codes, weights)
            | _beyond_patterns(truth, population, codes[present], weights[present], part)
        )

    yield from _with_errors(
        of(everything.sum(axis=0), Sums.total(sums)), [of(*draw) for draw in zip(everything, sums, strict=True)]
    )
    if not fitted:
        return
    pooled, start = graded_model(of_patterns(codes, everything.sum(axis=0)))
    larger = everything.reshape(GRADED_BATCHES, -1, len(cells)).sum(axis=1)
    yield from _with_errors(pooled, [graded_model(of_patterns(codes, weights), start)[0] for weights in larger])


def _with_errors(pooled: Values, batches: list[Values]) -> Iterator[tuple[Name, float, float]]:
    for key, value in pooled.items():
        spread = float(np.std([batch[key] for batch in batches], ddof=1))
        yield key, value, spread / math.sqrt(len(batches))


def _row(population: Population, key: Name, value: float, error: float | None, exact: float | None) -> dict[str, Any]:
    quantity, item, category, method = key
    row: dict[str, Any] = {"population": population.label, "role": population.role, "quantity": quantity}
    row |= {"item": item, "category": category, "method": method}
    row |= {
        "value": float(f"{value:.10g}"),
        "mc_error": None if error is None else float(f"{error:.2e}"),
    }
    return row | ({} if exact is None else {"exact": float(f"{exact:.12g}")})


def population_values(
    truth: Truth = TRUTH, *, draws: int = DRAWS, leaders: int = of_leaders.LEADERS, seed: int = SEED
) -> dict[str, Any]:
    """Everything in `population.json` but the date."""
    rows = []
    for place, population in enumerate(POPULATIONS):
        exact = exact_values(truth, population)
        for key, value, error in drawn_values(truth, population, place, draws=draws, seed=seed):
            rows.append(_row(population, key, value, error, exact.get(key)))
        for key, parameter in _parameters(truth, population).items() if population.complete else ():
            rows.append(_row(population, key, parameter, None, parameter))
        rows += _of_leaders(truth, population, leaders, seed)
        log.info("%s of %s done", population.label, population.role)
    return {
        "seed": seed,
        "draws": draws,
        "leaders": leaders,
        "batches": {"graded model": GRADED_BATCHES, "all else": BATCHES},
        "populations": DEFINITIONS,
        "quantities": QUANTITIES,
        "values": rows,
    }


def _of_leaders(truth: Truth, population: Population, leaders: int, seed: int) -> Iterator[dict[str, Any]]:
    """Of employees on form A: nobody else has several answers about one leader in the first wave."""
    if population.role != TEAM or population.form_b:
        return
    exact = of_leaders.exact_values(truth) if population.complete else {}
    for key, value, error in of_leaders.drawn_values(truth, complete=population.complete, leaders=leaders, seed=seed):
        yield _row(population, key, value, error, exact.get(key))


def added(document: dict[str, Any], truth: Truth = TRUTH, *, leaders: int = of_leaders.LEADERS) -> dict[str, Any]:
    """The document with values that it lacks although they need none of its draws: the information of the graded models,
    parameters, and what is fitted to draws of leaders."""
    rows: list[dict[str, Any]] = []
    drawn = "leaders" in document
    for population in POPULATIONS:
        own = [row for row in document["values"] if (row["population"], row["role"]) == (population.label, population.role)]
        new = [*_information(truth, population, own)]
        if population.complete:
            new += [_row(population, key, value, None, value) for key, value in _parameters(truth, population).items()]
        new += () if drawn else _of_leaders(truth, population, leaders, document["seed"])
        known = {_key(row) for row in own}
        rows += [*own, *(row for row in new if _key(row) not in known)]
    head = {key: value for key, value in document.items() if key not in ("quantities", "values")}
    return {**head, "leaders": head.get("leaders", leaders), "quantities": QUANTITIES, "values": rows}


def _key(row: dict[str, Any]) -> Name:
    return name(row["quantity"], row["item"], row["category"], row["method"])


def _information(truth: Truth, population: Population, rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for item in truth.items:
        wanted = ("discrimination", "intercept")
        parameters = [row for row in rows if row["method"] == "graded" and row["item"] == item and row["quantity"] in wanted]

        def of(values: Floats) -> float:
            return expected_information(float(values[0]), values[1:])

        drawn, errors = (np.array([row[field] for row in parameters]) for field in ("value", "mc_error"))
        moved = [abs(of(drawn + step) - of(drawn)) for step in np.diag(errors)]
        exact = of(np.array([row["exact"] for row in parameters])) if population.complete else None
        key = name("expected_information", item, None, "graded")
        yield _row(population, key, of(drawn), sum(moved), exact)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m omstilling_psychometrics.simulation.population", description=__doc__)
    parser.add_argument("--draws", type=int, default=DRAWS, help="draws per population")
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("population.json"))
    parser.add_argument("--add", action="store_true", help="add what needs none of the draws to the file that is there")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    if options.add:
        write_text(options.output, json_text(added(json.loads(options.output.read_text(encoding="utf-8")))))
        return
    document = {"computed": datetime.date.today().isoformat()} | population_values(draws=options.draws)
    write_text(options.output, json_text(document))


if __name__ == "__main__":
    main()
