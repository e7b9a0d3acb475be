"""Two-level factor models of answers as numbers beside lavaan and semTools, on the rows that these take: complete ones."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from omstilling_psychometrics.analysis.by_role import Clustering
from omstilling_psychometrics.core.errors import EstimationError
from omstilling_psychometrics.core.numerics.moments import complete
from omstilling_psychometrics.reference import load_case, reference_value
from omstilling_psychometrics.survey.patterns import ResponsePatterns
from omstilling_psychometrics.topics.two_level.analysis_continuous import continuous_models
from omstilling_psychometrics.topics.two_level.numerics.continuous_fit import BETWEEN, WITHIN
from omstilling_psychometrics.topics.two_level.numerics.continuous_reliability import SumVariances

CASES = ("sim1", "sim1_complete", "sim_small", "lq2002_lead", "lq2002_lead_mis")


def complete_rows(name):
    answers = load_case(name)
    rows = complete(answers.values())[answers.pattern]
    keys = {key: column.take(rows) for key, column in answers.keys.items()}
    return ResponsePatterns.count(answers.instrument, answers.patterns[answers.pattern[rows]], keys, answers.counts[rows])


@pytest.fixture(scope="module")
def models():
    return {name: continuous_models(complete_rows(name), Clustering(key="leader")) for name in CASES}


def stored(name, path):
    return reference_value("two_level_continuous", name, path).value


def leaders_factor(models):
    """Ours has the factor G/(G - 1) in variances and traces by leader; lavaan has none in models of two levels."""
    return models.units.size / (models.units.size - 1)


def estimates(rows, level, op, column="est"):
    of_level = [row for row in rows if row["level"] == level and row["op"] == op]
    return np.array([row[column] for row in of_level if row["lhs"] == row["rhs"] and row["lhs"] in "i1 i2 i3 i4 i5"])


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(
    ("path", "fitted"),
    [
        ("twolevel_MLR", lambda models: models.free.fit),
        ("twolevel_equal_loadings", lambda models: models.equal.fit),
        ("twolevel_within1_saturated_between", lambda models: models.structured("factor", "saturated")),
    ],
)
def test_heights(models, name, path, fitted):
    fit = stored(name, f"cfa_cluster/{path}/fit")
    assert_allclose(fitted(models[name]).log_likelihood, fit["logl"], rtol=1e-9)
    assert fitted(models[name]).df == fit["df"]


@pytest.mark.parametrize("name", ["sim1_complete", "lq2002_lead"])
def test_saturated_moments_may_be_indefinite_between_leaders(models, name):
    """lavaan's fit of all covariances reaches further than the moments that it calls saturated."""
    found = models[name].saturated
    assert_allclose(found.log_likelihood, stored(name, "cfa_cluster/twolevel_saturated_both/fit")["logl"], rtol=1e-9)
    assert np.linalg.eigvalsh(found.levels.between)[0] < 0
    assert found.log_likelihood > stored(name, "cfa_cluster/twolevel_MLR/fit")["unrestricted.logl"]


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("path", ["twolevel_MLR", "twolevel_equal_loadings"])
def test_estimates_and_errors(models, name, path):
    rows, model = stored(name, f"cfa_cluster/{path}/est"), models[name].free if "MLR" in path else models[name].equal
    factor = np.sqrt(leaders_factor(models[name]))
    for place, level in enumerate(("within", "between"), start=1):
        loadings = [row["std.lv"] for row in rows if row["op"] == "=~" and row["level"] == place]
        assert_allclose(model.loading(level)[0], loadings, atol=2e-5)
        values, errors = model.residual_variance(level)
        assert_allclose(values, estimates(rows, place, "~~"), atol=2e-5)
        assert_allclose(errors, estimates(rows, place, "~~", "se") * factor, rtol=2e-3 if name == "sim_small" else 5e-4)


@pytest.mark.parametrize("name", ["sim1_complete", "lq2002_lead"])
def test_errors_of_normal_answers_are_from_the_observed_information(models, name):
    fit = models[name].free.fit
    rows = stored(name, "cfa_cluster/twolevel_ML/est")
    errors = np.sqrt(np.diag(fit.covariance(None)))
    for level in (WITHIN, BETWEEN):
        ours = errors[fit.model.free[level, fit.model.elements_of("residual_variances")]]
        assert_allclose(ours, estimates(rows, level + 1, "~~", "se"), rtol=1e-4)


STRUCTURES = {
    "saturated": ("saturated", "saturated"),
    "within_factor": ("factor", "saturated"),
    "within_independent": ("independent", "saturated"),
    "between_factor": ("saturated", "factor"),
    "between_independent": ("saturated", "independent"),
}


@pytest.mark.parametrize("name", ["sim1_complete", "lq2002_lead"])
@pytest.mark.parametrize("structure", STRUCTURES)
def test_partially_saturated_models_and_their_scaling(models, name, structure):
    theirs = stored(name, "two_level")[structure]
    if "error" in theirs:  # lavaan finds no best fit there, and there is none
        with pytest.raises(EstimationError, match="not_converged"):
            models[name].structured(*STRUCTURES[structure])
        return
    fit = models[name].structured(*STRUCTURES[structure])
    assert_allclose(fit.log_likelihood, theirs["log_likelihood"], rtol=1e-9)
    assert fit.model.q == theirs["parameters"]
    assert_allclose(fit.trace(models[name].units), theirs["trace"] * leaders_factor(models[name]), rtol=1e-4)


@pytest.mark.parametrize("name", CASES)
def test_reliabilities_with_the_peers_saturated_moments(models, name):
    """semTools divides by lavaan's saturated moments, positive semi-definite between clusters."""
    theirs, whole = stored(name, "cfa_cluster/twolevel_omega"), stored(name, "cfa_cluster/twolevel_h1")
    fit = models[name].free.fit
    upper = np.triu_indices(5)
    moments = np.concatenate(
        [part for level in ("within", "cluster") for part in (np.zeros(5), np.array(whole[level]["cov"]["values"])[upper])]
    )
    found = SumVariances.of(fit.model, fit.parameters, moments)
    answers = models[name].usual_answers
    assert_allclose(found.omega_within, theirs["compRelSEM"]["config"]["f"]["omega_W"], rtol=2e-5)
    assert_allclose(found.omega_two_level, theirs["compRelSEM"]["config"]["f"]["omega_2L"], rtol=2e-5)
    assert_allclose(found.omega_between(answers), theirs["shared"]["shared"]["f"]["omega_B"], rtol=2e-5)
    assert_allclose(found.reliability_of_means(answers), theirs["shared"]["shared"]["f"]["IRR"], rtol=2e-5)
