"""ML moments with missing answers and Little's test: norm's values, identities, hard data."""

import numpy as np
import pytest

import made_up
from omstilling_psychometrics.analysis.by_role import clustering
from omstilling_psychometrics.analysis.sample import Sample
from omstilling_psychometrics.core.vocabulary import vocabulary
from omstilling_psychometrics.reference import load_case
from omstilling_psychometrics.topics.missing.analysis_little import little_mcar
from omstilling_psychometrics.topics.missing.analysis_patterns import NonAnswers
from omstilling_psychometrics.topics.missing.numerics.incomplete_moments import incomplete_moments
from omstilling_psychometrics.topics.missing.numerics.little import little_test

ANSWERS = np.random.default_rng(4).integers(1, 6, size=(200, 3)).astype(float)


def data(name):
    patterns = load_case(name)
    return patterns.values(), patterns.table()[1]


def test_complete_answers_have_their_plain_moments():
    moments = incomplete_moments(ANSWERS, np.ones(200))
    assert moments.mean == pytest.approx(ANSWERS.mean(axis=0), rel=1e-12)
    assert moments.covariance.ravel() == pytest.approx(np.cov(ANSWERS.T, bias=True).ravel(), rel=1e-12)
    deviation = ANSWERS - ANSWERS.mean(axis=0)
    sigma = np.cov(ANSWERS.T, bias=True)
    distance = (deviation @ np.linalg.inv(sigma) * deviation).sum()
    expected = -0.5 * (600 * np.log(2 * np.pi) + 200 * np.log(np.linalg.det(sigma)) + distance)
    assert moments.log_likelihood == pytest.approx(expected, rel=1e-12)


def test_two_items_one_with_holes_is_the_regression_estimate():
    # Anderson (1957): monotone holes have a closed form.
    answers = ANSWERS[:, :2].copy()
    answers[:80, 1] = np.nan
    x, y = answers[80:].T
    slope = np.cov(x, y, bias=True)[0, 1] / x.var()
    moments = incomplete_moments(answers, np.ones(200))
    everyone = ANSWERS[:, 0]
    assert moments.mean[1] == pytest.approx(y.mean() + slope * (everyone.mean() - x.mean()), rel=1e-9)
    residual = y.var() - slope**2 * x.var()
    assert moments.covariance[1, 1] == pytest.approx(residual + slope**2 * everyone.var(), rel=1e-9)


def test_two_items_one_with_holes_is_a_test_of_two_means():
    # With one item always answered, d2 compares its mean between those with and without the other: n1 n2/n diff^2 / variance.
    answers = ANSWERS[:, :2].copy()
    answers[:80, 1] = np.nan
    result = little_test(answers, np.ones(200))
    x = ANSWERS[:, 0]
    expected = 80 * 120 / 200 * (x[:80].mean() - x[80:].mean()) ** 2 / x.var()
    assert result.df == 1
    assert result.d2 == pytest.approx(expected, rel=1e-8)


def test_counts_and_rows_agree():
    values, counts = data("sim_small")
    rows = np.repeat(values, counts.astype(int), axis=0)
    by_counts, by_rows = little_test(values, counts), little_test(rows, np.ones(len(rows)))
    assert by_rows.d2 == pytest.approx(by_counts.d2, rel=1e-10)
    assert (by_rows.df, by_rows.n, by_rows.smallest) == (by_counts.df, by_counts.n, by_counts.smallest)


def test_most_answers_missing_still_converges():
    rng = np.random.default_rng(8)
    latent = rng.normal(size=(4000, 1))
    answers = 0.8 * latent + 0.6 * rng.normal(size=(4000, 6))
    answers[rng.random(answers.shape) < 0.8] = np.nan
    moments = incomplete_moments(answers, np.ones(len(answers)))
    assert moments.converged
    again = incomplete_moments(10 + 3 * answers, np.ones(len(answers)))
    assert again.covariance == pytest.approx(9 * moments.covariance, rel=1e-6)


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        (ANSWERS, "nothing_missing"),
        (np.full((5, 3), np.nan), "no_answers"),
        ([[1, 2, np.nan], [2, 3, np.nan], [4, 4, np.nan]], "too_few_answers"),
        ([[1, np.nan], [2, np.nan], [np.nan, 3], [np.nan, 2]], "items_never_answered_together"),
        ([[1, 2, np.nan], [2, 2, 3], [4, 2, 1], [np.nan, 2, 3]], "constant_item"),
        ([[1, 2, np.nan], [2, 3, 3], [np.nan, 4, 1]], "covariance_singular"),
    ],
)
def test_what_cannot_be_tested_says_why(answers, reason):
    values = np.array(answers, dtype=float)
    with pytest.raises(ValueError, match=reason):
        little_test(values, np.ones(len(values)))


def role_of(patterns):
    return NonAnswers.of(Sample(patterns, clustering(patterns, "all")))


def test_it_warns_of_clusters_and_of_reading_too_much():
    one = little_mcar(role_of(load_case("sim1")))
    assert one.cluster is None
    assert one.note == "clusters_ignored; rare_missing_patterns: n = 1; not_evidence_of_mcar"
    assert one.n == 2000


@pytest.mark.parametrize("rows", [[[1, 2, 3]], [[-1, -1, -1]], [[2, 2, 2], [2, 2, 2]], [[1, 2, -1], [2, 1, -1]]])
def test_the_row_of_a_test_that_is_not_defined_has_a_reason(rows):
    assert vocabulary("da").note(little_mcar(role_of(made_up.answers(rows, 3))).note)
