"""Is clustered, incomplete ordinal factor analysis right? Bias, coverage and size by simulation.

    python studies/clustered_factor_analysis.py --replications 1000 --seed 1

Employees rate their leader on five items with five categories; a tenth of the answers is "don't know", at random. Everything
normal behind the answers has the intraclass correlation ICC: the factor and each item's own part, so that every item has it
and the one-factor model of all employees together stays true. Three populations: `parallel` (loadings .7, equal thresholds:
the linear one-factor model holds exactly, and so do equal loadings), `congeneric` (loadings .5 to .85, thresholds with a
ceiling; the linear model misses it a little, and the rejection rate that this misfit explains is printed) and `linear`
(binomial answers whose expectations are linear in the factor: unequal loadings, and the linear model true).

Standard errors and tests by leader stand beside naive ones that take answers as independent. Prints Markdown tables with the
date, the seed, the number of replications and Monte Carlo errors; docs/studies/clustered_factor_analysis.md keeps them.
"""

from __future__ import annotations

import argparse
import datetime
from collections import defaultdict

import numpy as np
from scipy.sparse import csr_array
from scipy.special import chdtri, chndtr
from shared_leaders import OWN, SPAN, START, binomial

from omstilling_psychometrics.core.numerics.intervals import degrees_of_freedom, log_complement, wald
from omstilling_psychometrics.core.numerics.sandwich import Clusters, meat
from omstilling_psychometrics.simulation.streams import Stream
from omstilling_psychometrics.topics.factor.numerics.difference import normal_difference, ordinal_difference
from omstilling_psychometrics.topics.factor.numerics.minimise import minimise
from omstilling_psychometrics.topics.factor.numerics.model import one_factor
from omstilling_psychometrics.topics.factor.numerics.normal import GroupMoments, Normal
from omstilling_psychometrics.topics.factor.numerics.normal_fit import fit_normal, normal_sample
from omstilling_psychometrics.topics.factor.numerics.ordinal_fit import fit_ordinal, ordinal_sample
from omstilling_psychometrics.topics.factor.numerics.small_sample_tests import difference_test, fit_test
from omstilling_psychometrics.topics.factor.numerics.standardize import complex_step
from omstilling_psychometrics.topics.factor.numerics.tests_of_fit import NormalTests, OrdinalTests
from omstilling_psychometrics.topics.reliability.numerics import omega as reliability

ITEMS, CATEGORIES, ICC, MISSING, SIZE = 5, 5, 0.15, 0.10, (4, 13)
METHODS = ("WLSMV", "MLR", "FIML")
SMALL = "by leader, small sample"
POPULATIONS = {
    "parallel": (np.full(ITEMS, 0.7), np.tile([-1.5, -0.7, 0.2, 1.2], (ITEMS, 1))),
    "congeneric": (
        np.array([0.50, 0.60, 0.70, 0.80, 0.85]),
        np.array([-2.0, -1.3, -0.5, 0.6]) + np.array([[-0.2], [0.0], [0.2], [0.1], [-0.1]]),
    ),
}


def graded_answers(loadings, thresholds, leaders, rng):
    """Codes (n, k) of employees and the leader (n,) of each."""
    leader = np.repeat(np.arange(leaders), rng.integers(*SIZE, size=leaders))
    between, within = np.sqrt(ICC), np.sqrt(1 - ICC)
    factor = between * rng.normal(size=leaders)[leader] + within * rng.normal(size=len(leader))
    own = between * rng.normal(size=(leaders, ITEMS))[leader] + within * rng.normal(size=(len(leader), ITEMS))
    latent = loadings * factor[:, None] + np.sqrt(1 - loadings**2) * own
    return 1 + (latent[:, :, None] > thresholds).sum(axis=-1), leader


def linear_answers(leaders, rng):
    """The same with binomial answers."""
    leader = np.repeat(np.arange(leaders), rng.integers(*SIZE, size=leaders))
    factor = np.sqrt(ICC) * rng.normal(size=leaders)[leader] + np.sqrt(1 - ICC) * rng.normal(size=len(leader))
    return binomial(factor, rng.normal(size=(ITEMS, leaders))[:, leader], Stream.of(rng)), leader


def counted(codes, leader, leaders, rng):
    """Codes (r, k) of the distinct patterns with some answers taken away, counts (r,), and counts by leader."""
    codes[rng.random(codes.shape) < MISSING] = -1
    codes, leader = codes[(codes > 0).any(axis=1)], leader[(codes > 0).any(axis=1)]
    patterns, place, counts = np.unique(codes, axis=0, return_inverse=True, return_counts=True)
    by_leader = csr_array((np.ones(len(leader)), (leader, place.ravel())), shape=(leaders, len(patterns)))
    by_leader.sum_duplicates()
    return patterns.astype(np.int8), counts.astype(float), Clusters(by_leader, np.zeros(len(patterns)))


def graded_population(loadings, thresholds):
    """What is estimated: loadings of y*, omega total of the linear one-factor model, categorical omega; and the discrepancy of
    that linear model."""
    matrix = np.outer(loadings, loadings)
    np.fill_diagonal(matrix, 1.0)
    covariance = reliability.category_covariances(thresholds[:, None], thresholds[None], matrix)
    covariance = (covariance + covariance.T) / 2
    model = one_factor("continuous", ITEMS)
    moments = GroupMoments(np.ones((1, ITEMS), bool), np.ones((1, 1)), np.zeros((1, 1, ITEMS)), covariance[None, None])
    start = np.concatenate([0.7 * np.sqrt(np.diag(covariance)), 0.5 * np.diag(covariance), np.zeros(ITEMS)])
    theta = minimise(model, Normal([moments]), start[None]).theta[0]
    omega = reliability.omega_total(theta[:ITEMS], np.diag(theta[ITEMS : 2 * ITEMS]))
    implied = np.outer(theta[:ITEMS], theta[:ITEMS]) + np.diag(theta[ITEMS : 2 * ITEMS])
    ratio = np.linalg.solve(implied, covariance)
    return {
        "loading": loadings,
        "linear loading": theta[:ITEMS],
        "omega total": float(omega),
        "categorical omega": float(reliability.categorical_omega(thresholds, loadings, matrix)),
        "discrepancy": float(np.trace(ratio) - np.linalg.slogdet(ratio)[1] - ITEMS),
    }


def linear_population():
    """u and v uniform: variance 1/12."""
    mean, spread = START + SPAN / 2, (SPAN**2 + OWN**2) / 12
    loadings = 4 * SPAN / np.sqrt(12)
    variance = 4 * (mean - mean**2 - spread) + 16 * spread
    omega = reliability.omega_total(loadings, np.diag(variance - loadings**2))
    return {"linear loading": loadings, "omega total": float(omega), "discrepancy": 0.0}


def one_replication(truth, patterns, counts, clusters, results):
    """Adds estimates, standard errors, coverage and p values of one sample, by leader and naive."""
    values = np.where(patterns > 0, patterns, np.nan).astype(float)
    complete = (patterns > 0).all(axis=1)
    for method in METHODS if "loading" in truth else METHODS[1:]:
        rows = complete if method == "MLR" else np.ones(len(counts), dtype=bool)
        units = clusters.restrict(rows)
        if method == "WLSMV":
            data, _ = ordinal_sample(patterns, counts, CATEGORIES)
            model = one_factor("delta", ITEMS, thresholds=CATEGORIES - 1)
            fit, tied = fit_ordinal(model, data), fit_ordinal(model.same("loadings"), data)
        else:
            data, _ = normal_sample(values[rows], counts[rows])
            model = one_factor("continuous", ITEMS)
            fit, tied = fit_normal(model, data), fit_normal(model.same("loadings"), data)
        if not (fit.converged and tied.converged):
            results[method, "not converged"].append(1.0)
            continue
        for kind, chosen in (("by leader", units), ("naive", None)):
            tests = OrdinalTests(fit, chosen) if method == "WLSMV" else NormalTests(fit, chosen)
            results[method, kind, "p of fit"].append(tests.exact.scaled_p_value)
            difference = ordinal_difference if method == "WLSMV" else normal_difference
            results[method, kind, "p of equal loadings"].append(difference(fit, tied, chosen).p_value)
            if chosen is not None:
                results[method, SMALL, "p of fit"].append(fit_test(fit, chosen).p_value)
                results[method, SMALL, "p of equal loadings"].append(difference_test(fit, tied, chosen).p_value)
            if method == "MLR":
                noncentrality = truth["discrepancy"] * fit.n / tests.exact.scaling
                power = 1 - chndtr(chdtri(tests.exact.df, 0.05), tests.exact.df, noncentrality)
                results[method, kind, "rejections explained"].append(power)
            error = np.sqrt(np.diag(fit.robust_covariance(chosen)))[:ITEMS]
            target = truth["loading" if method == "WLSMV" else "linear loading"]
            _add(results, (method, kind, "loading"), fit.theta[:ITEMS], error, target, chosen, wald)
            estimate, influence = _omega(fit, method)
            variance = meat(influence[:, None], fit.sample.counts, chosen)[0, 0]
            target = truth["categorical omega" if method == "WLSMV" else "omega total"]
            _add(results, (method, kind, "omega"), estimate, np.sqrt(variance), target, chosen, log_complement)


def _omega(fit, method):
    if method == "WLSMV":
        t = CATEGORIES - 1
        thresholds = fit.sample.groups[0].thresholds
        implied = fit.model.covariance(fit.model.elements(fit.theta))[0]
        parts = reliability.categorical_omega_gradient(thresholds, fit.theta[:ITEMS], implied)
        influence = fit.sample.influence[:, : ITEMS * t] @ parts[0].ravel() + fit.influence[:, :ITEMS] @ parts[1]
        influence += fit.influence @ fit.jacobian[ITEMS * t :].T @ parts[2]
        return float(reliability.categorical_omega(thresholds, fit.theta[:ITEMS], implied)), influence

    def of(theta):
        elements = fit.model.elements(theta)
        residual = fit.model.matrix("residual_covariances", elements)[..., 0, :, :]
        return reliability.omega_total(fit.model.matrix("loadings", elements)[..., 0, :, 0], residual)

    return float(of(fit.theta)), fit.scores @ np.linalg.solve(fit.observed_information, complex_step(of, fit.theta))


def _add(results, key, estimate, error, target, clusters, interval):
    df = degrees_of_freedom(clusters)
    values, errors = np.atleast_1d(estimate), np.atleast_1d(error)
    bounds = [interval(0.95, float(value), float(one), df) for value, one in zip(values, errors, strict=True)]
    low, high = np.array(bounds).T
    results[(*key, "estimate")].append(values - target)
    results[(*key, "error")].append(errors)
    results[(*key, "covered")].append((low <= target) & (target <= high))


def table(results, replications):
    """Markdown rows: bias, ratio of mean standard error to standard deviation, coverage, sizes."""
    lines = [
        "| method | standard errors, tests | parameter | bias | mean SE / SD | coverage of 95 % | "
        "size of the test of fit | size of the test of equal loadings |",
        "|---|---|---|---|---|---|---|---|",
    ]
    methods = [method for method in METHODS if (method, "naive", "p of fit") in results]
    for method in methods:
        for kind in ("by leader", SMALL, "naive"):
            fit, tied = (np.mean(np.array(results[method, kind, f"p of {name}"]) < 0.05) for name in ("fit", "equal loadings"))
            sizes = f"{fit:.3f} | {tied:.3f}"
            if kind == SMALL:
                lines.append(f"| {method} | {kind} |  |  |  |  | {sizes} |")
                continue
            for parameter in ("loading", "omega"):
                estimate = np.array(results[method, kind, parameter, "estimate"])
                error = np.array(results[method, kind, parameter, "error"])
                covered = np.array(results[method, kind, parameter, "covered"])
                lines.append(
                    f"| {method} | {kind} | {parameter} | {estimate.mean():+.4f} | "
                    f"{(error.mean(axis=0) / estimate.std(axis=0, ddof=1)).mean():.3f} | {covered.mean():.3f} | "
                    f"{sizes if parameter == 'loading' else ' | '} |"
                )
    failed = {method: len(results[method, "not converged"]) for method in methods}
    share = np.sqrt(0.05 * 0.95 / replications)
    lines.append("")
    lines.append(f"Fits that did not converge: {failed}. Monte Carlo error of a size or coverage: {share:.4f}.")
    explained = np.mean(results["MLR", "by leader", "rejections explained"])
    lines.append(f"Rejections of the linear model (MLR) that its misfit in the population explains: {explained:.3f}.")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replications", type=int, default=1000)
    parser.add_argument("--leaders", type=int, default=120)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print(f"{datetime.date.today().isoformat()}, seed {options.seed}, {options.replications} replications.")
    for place, name in enumerate((*POPULATIONS, "linear")):
        rng = np.random.default_rng([options.seed, place])
        truth = linear_population() if name == "linear" else graded_population(*POPULATIONS[name])
        results = defaultdict(list)
        for _ in range(options.replications):
            drawn = (
                linear_answers(options.leaders, rng)
                if name == "linear"
                else graded_answers(*POPULATIONS[name], options.leaders, rng)
            )
            one_replication(truth, *counted(*drawn, options.leaders, rng), results)
        print("", f"## {name.capitalize()} items, {options.leaders} leaders", "", sep="\n")
        print("\n".join(table(results, options.replications)))


if __name__ == "__main__":
    main()
