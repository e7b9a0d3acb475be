"""What the analysis of reliability keeps of a role."""

import numpy as np
from numpy.testing import assert_allclose

import omstilling_psychometrics as op
from declared import refuse_other_rows
from omstilling_psychometrics.reference import load_case
from omstilling_psychometrics.topics.reliability import analysis, analysis_lower_bounds, analysis_omega


def test_coefficients_are_those_of_the_models_that_are_kept():
    result = op.reliability(load_case("lq2002_lead"))
    model = result.model()
    assert model.listwise.estimate == result.alpha
    fitted = model.maximum_likelihood()
    true = fitted.loadings.sum() ** 2
    assert_allclose(true / (true + np.trace(fitted.residual_covariance)), result.omega_total)
    assert_allclose(true / fitted.implied.sum(), result.omega_total)
    assert_allclose(model.ordinal().loadings, op.cfa(load_case("lq2002_lead")).model().loadings)
    assert model.ordinal() is model.ordinal()


def test_glance_is_what_one_prints():
    result = op.reliability(load_case("lq2002_lead"))
    (row,) = result.glance().to_dict("records")
    assert row["alpha"] == result.alpha
    assert row["omega_categorical"] == result.find("omega_categorical")[0].estimate
    for quantity in ("glb", "standard_error_of_measurement"):
        assert row[quantity] == result.value(quantity)
    assert row["n"] == result.get("alpha").n


def test_glance_at_a_comparison_has_its_p_value():
    result = op.alpha_comparison(load_case("datCat"), by="group")
    (row,) = result.glance().to_dict("records")
    assert row["alpha_equality"] == result.get("alpha_equality").p_value
    assert row["n"] == result.get("alpha_equality").n
    kept = result.models
    difference = kept["female"].estimate - kept["male"].estimate
    assert difference == result.value("alpha_difference", method="female~male")


def test_the_rows_of_a_role_are_the_declared_ones():
    """Further ones only where there is a number: other intervals of alpha."""
    result = op.reliability(load_case("datCat"))
    models = result.model()
    bounds = [*(f"lambda{number}" for number in range(1, 7)), "glb"]
    errors = ["standard_error_of_measurement", "smallest_detectable_change"]
    rows = [
        *analysis.declared(models),
        *analysis_lower_bounds.declared(models.sample, [*bounds, *errors]),
        *analysis_omega.BY_LIKELIHOOD,
        *analysis_omega.BY_FULL_INFORMATION,
        *analysis_omega.OF_CATEGORIES,
        *analysis_omega.OF_LOADINGS,
        *analysis_omega.declared_if_dropped(models.patterns.items),
        *analysis_omega.declared_categorical_if_dropped(models.patterns.items),
    ]
    intervals = ("listwise/influence", "listwise/bonett", "pairwise/influence")
    refuse_other_rows(result.statistics, rows, [("alpha", method) for method in intervals])
