"""Lower bounds and measurement error as statistics of a role."""

import math
from functools import partial

import pytest

import made_up
from omstilling_psychometrics.analysis.by_role import Clustering, clustering
from omstilling_psychometrics.analysis.sample import Sample
from omstilling_psychometrics.core.vocabulary import vocabulary
from omstilling_psychometrics.reference import load_case
from omstilling_psychometrics.topics.reliability.analysis import reliability
from omstilling_psychometrics.topics.reliability.analysis_lower_bounds import lower_bounds, measurement_error

INDEPENDENT = Clustering(key=None)
answers = partial(made_up.answers, categories=3, items=tuple("abc"))


def by_quantity(statistics):
    return {one.quantity: one for one in statistics}


def test_lambda3_is_alpha_with_its_clustered_error():
    patterns = load_case("lq2002_lead")
    ours = by_quantity(lower_bounds(Sample(patterns, clustering(patterns, "all"))))["lambda3"]
    alpha = reliability(patterns).get("alpha", method="listwise")
    assert ours.estimate == pytest.approx(alpha.estimate, rel=1e-12)
    # Divisor n or n - 1 of the covariances: equal up to 1/n.
    assert ours.std_error == pytest.approx(alpha.std_error, rel=1e-3)
    assert ours.cluster == "leader"


def test_measurement_error_shrinks_with_reliability_and_its_change_follows():
    found = by_quantity(measurement_error(Sample(load_case("bfi_N"), INDEPENDENT)))
    sem, sdc = found["standard_error_of_measurement"], found["smallest_detectable_change"]
    assert sdc.estimate == pytest.approx(1.96 * math.sqrt(2) * sem.estimate, rel=1e-14)
    assert sdc.std_error / sem.std_error == pytest.approx(1.96 * math.sqrt(2), rel=1e-12)
    low, high = sem.confidence_interval()
    assert math.sqrt(low * high) == pytest.approx(sem.estimate, rel=1e-12)


def test_maxima_say_so():
    found = by_quantity(lower_bounds(Sample(load_case("sim1"), INDEPENDENT)))
    assert {quantity for quantity, one in found.items() if one.note == "rises_by_chance"} == {"lambda4", "glb"}


@pytest.mark.parametrize("rows", [[[1, 2, 3]], [[-1, -1, -1]], [[2, 2, 2], [2, 2, 2]], [[1, 2, -1], [2, 1, -1]]])
def test_starved_data_give_null_rows_with_a_reason(rows):
    patterns = answers(rows)
    for one in (*lower_bounds(Sample(patterns, INDEPENDENT)), *measurement_error(Sample(patterns, INDEPENDENT))):
        assert math.isnan(one.estimate), one
        assert one.note, one
        assert vocabulary("da").note(one.note)


def test_duplicated_items_are_no_crash():
    found = by_quantity(lower_bounds(Sample(answers([[1, 1, 2], [2, 2, 2], [3, 3, 1], [1, 1, 3], [3, 3, 3]]), INDEPENDENT)))
    assert found["lambda6"].note == "covariance_singular"
    assert found["glb"].estimate <= 1
