"""Model-based reliability: anchors, hand values, gradients, and resampling."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import t

import made_up
import omstilling_psychometrics as op
from made_up import answers, rated
from omstilling_psychometrics.analysis.by_role import Clustering
from omstilling_psychometrics.core.errors import UsageError
from omstilling_psychometrics.core.vocabulary import vocabulary
from omstilling_psychometrics.reference import load_case
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import ResponsePatterns
from omstilling_psychometrics.topics.reliability.analysis_models import ReliabilityModels
from omstilling_psychometrics.topics.reliability.analysis_omega import categorical_if_dropped, model_based_reliability
from omstilling_psychometrics.topics.reliability.numerics import omega as reliability

INDEPENDENT = Clustering(key=None)


def coefficients(patterns, clustering=INDEPENDENT, **options):
    found = list(model_based_reliability(ReliabilityModels.of(patterns, clustering), **options))
    keys = [(one.quantity, one.method, one.item) for one in found]
    assert len(keys) == len(set(keys))
    return dict(zip(keys, found, strict=True))


def test_anchors():
    patterns = load_case("lq2002_lead")
    found = coefficients(patterns)
    for method, value in (("ML-implied", 0.80384), ("ML-observed", 0.80168)):
        assert_allclose(found["omega_total", method, None].estimate, value, atol=5e-6)
    for method, value in (("implied", 0.8232), ("observed", 0.8602)):
        assert_allclose(found["omega_categorical", method, None].estimate, value, atol=5e-5)
    counted = coefficients(patterns, residual_covariances=(("i1", "i2"),))
    assert_allclose(counted["omega_total", "ML-implied/i1~i2", None].estimate, 0.75358, atol=5e-6)
    assert_allclose(counted["omega_total", "ML-implied", None].estimate, 0.80384, atol=5e-6)


def test_parallel_items_by_hand():
    loadings, residual = np.full(4, 2.0), np.diag(np.full(4, 3.0))
    # Spearman-Brown: 4 * 4/(4 * 4 + 3) for items of reliability 4/7.
    assert_allclose(reliability.omega_total(loadings, residual), 64 / (64 + 12))
    assert_allclose(reliability.maximal_reliability(loadings, residual), 64 / (64 + 12))
    assert_allclose(reliability.average_variance_extracted(loadings, residual), 4 / 7)
    assert_allclose(reliability.standardized_average_variance_extracted(loadings, residual), 4 / 7)


def test_categorical_omega_of_median_splits_is_known_in_closed_form():
    # Two items cut at 0 with loadings l: covariance asin(r)/(2 pi), variance 1/4.
    loadings, thresholds = np.array([0.6, 0.8]), np.zeros((2, 1))
    rho = np.array([[1.0, 0.5], [0.5, 1.0]])
    true = (np.arcsin(0.36) + np.arcsin(0.64) + 2 * np.arcsin(0.48)) / (2 * np.pi)
    total = 2 * 0.25 + 2 * np.arcsin(0.5) / (2 * np.pi)
    assert_allclose(reliability.categorical_omega(thresholds, loadings, rho), true / total, rtol=1e-13)


def test_categorical_omega_gradient_is_the_derivative():
    rng = np.random.default_rng(3)
    thresholds = np.sort(rng.normal(size=(4, 3)), axis=1)
    loadings, matrix = np.array([0.5, 0.7, 0.8, 0.6]), np.full((4, 4), 0.45) + 0.55 * np.eye(4)
    by_threshold, by_loading, by_correlation = reliability.categorical_omega_gradient(thresholds, loadings, matrix)
    step = 1e-6

    def slope(change):
        parts = list(zip((thresholds, loadings, matrix), change, strict=True))
        high = reliability.categorical_omega(*(part + step * move for part, move in parts))
        return (high - reliability.categorical_omega(*(part - step * move for part, move in parts))) / (2 * step)

    none = [np.zeros((4, 3)), np.zeros(4), np.zeros((4, 4))]
    for i in range(4):
        assert_allclose(slope([none[0], np.eye(4)[i], none[2]]), by_loading[i], atol=1e-9)
        for j in range(3):
            move = none[0].copy()
            move[i, j] = 1
            assert_allclose(slope([move, none[1], none[2]]), by_threshold[i, j], atol=1e-9)
    for place, (i, j) in enumerate(zip(*np.triu_indices(4, 1), strict=True)):
        move = none[2].copy()
        move[i, j] = move[j, i] = 1
        assert_allclose(slope([none[0], none[1], move]), by_correlation[place], atol=1e-9)


def test_an_unused_end_category_changes_nothing():
    patterns = load_case("datCat").pool("group")
    wider = plain_instrument((1, 2, 3, 4, 5, 6), patterns.items)
    frame = patterns.expand(coded=True)
    again = ResponsePatterns.from_frame(frame, wider)
    for method in ("implied", "observed"):
        ours, other = (coefficients(one)["omega_categorical", method, None] for one in (patterns, again))
        assert_allclose(ours.estimate, other.estimate, rtol=1e-9)
        assert_allclose(ours.std_error, other.std_error, rtol=1e-7)


@pytest.mark.parametrize("key", [None, "leader"])
def test_delta_method_and_bootstrap_tell_the_same(key):
    # sim1 fits its model, so the two must agree; 400 draws know a standard error to 3.5 %, four of which are allowed.
    found = coefficients(load_case("sim1"), Clustering(key=key), rng=np.random.default_rng(7), draws=400)
    kind = "cluster_bootstrap" if key else "bootstrap"
    for quantity, method in (
        ("omega_total", "ML-implied"),
        ("omega_total", "ML-observed"),
        ("omega_total", "FIML-implied"),
        ("omega_categorical", "implied"),
        ("omega_categorical", "observed"),
    ):
        direct, drawn = found[quantity, method, None], found[quantity, f"{method}/{kind}", None]
        assert direct.cluster == drawn.cluster == key
        assert_allclose(drawn.std_error, direct.std_error, rtol=0.14)
        assert_allclose(drawn.confidence_interval(), direct.confidence_interval(), atol=0.4 * direct.std_error)


def test_the_same_seed_draws_the_same():
    patterns = load_case("sim_small")
    one, two = (coefficients(patterns, Clustering(key="leader"), rng=np.random.default_rng(3), draws=40) for _ in range(2))
    assert [row.row("reliability") for row in one.values()] == [row.row("reliability") for row in two.values()]


@pytest.mark.proves("omega_total_if_dropped")
def test_if_dropped_is_omega_of_the_other_items():
    patterns = load_case("msq_pos")
    others = tuple(item for item in patterns.items if item != "i3")
    rows = patterns.patterns[patterns.pattern][:, [patterns.items.index(item) for item in others]]
    rest = ResponsePatterns.count(plain_instrument(patterns.instrument.categories, others), rows, counts=patterns.counts)
    found = coefficients(patterns)
    dropped, expected = (
        found["omega_total_if_dropped", "ML-implied", "i3"],
        coefficients(rest)["omega_total", "ML-implied", None],
    )
    assert_allclose([dropped.estimate, dropped.std_error], [expected.estimate, expected.std_error], rtol=1e-6)
    # Complete rows of the others are more than complete rows.
    assert dropped.n == expected.n > found["omega_total", "ML-implied", None].n
    assert dropped.estimate < found["omega_total", "ML-implied", None].estimate


DROPPED = "omega_categorical_if_dropped"


@pytest.mark.proves(
    "omega_categorical_if_dropped",
    "omega_categorical_if_dropped_difference",
    "omega_categorical_expected_if_dropped",
)
@pytest.mark.parametrize("key", [None, "leader"])
def test_categorical_omega_if_dropped_is_that_of_a_fit_without_the_item(key):
    """Fitted anew to the others, with holes in the answers and leaders; the expected one by Spearman and Brown."""
    patterns, clustering = rated(n=600, holes=0.3, seed=4), Clustering(key=key)
    found = coefficients(patterns, clustering)
    whole = found["omega_categorical", "implied", None].estimate
    expected = found["omega_categorical_expected_if_dropped", "implied", None]
    assert_allclose(expected.estimate, 4 * whole / (5 - whole), rtol=1e-12)
    for item in ("i1", "i4"):
        anew = coefficients(patterns.drop(item), clustering)["omega_categorical", "implied", None]
        dropped = found[DROPPED, "implied", item]
        assert_allclose([dropped.estimate, dropped.std_error], [anew.estimate, anew.std_error], rtol=1e-6)
        assert (dropped.n, dropped.cluster, dropped.note) == (anew.n, key, None)
        less = found[f"{DROPPED}_difference", "implied", item]
        assert_allclose(less.estimate, anew.estimate - expected.estimate, atol=1e-9)
    # Some answered no other item.
    assert found[DROPPED, "implied", "i1"].n < found["omega_categorical", "implied", None].n


def test_what_is_lost_has_the_error_of_leaving_out_leaders():
    """A jackknife over 60 leaders of the difference itself, refitted each time, knows nothing of influence values."""
    patterns = rated(n=600, seed=5)
    by_leader = Clustering(key="leader")

    def loss(some):
        models = ReliabilityModels.of(some, by_leader)
        found = {(row.quantity, row.item): row for row in categorical_if_dropped(models)}
        return found[f"{DROPPED}_difference", "i2"]

    leaders = patterns.keys["leader"].levels
    without = [loss(patterns.select(leader=[one for one in leaders if one != left])).estimate for left in leaders]
    jackknife = np.sqrt(59 / 60 * ((np.array(without) - np.mean(without)) ** 2).sum())
    one = loss(patterns)
    assert_allclose(one.std_error, jackknife, rtol=0.08)
    low, high = one.confidence_interval()
    assert_allclose((high - low) / 2, t.ppf(0.975, 59) * one.std_error, rtol=1e-9)


def test_without_an_item_there_may_be_no_model():
    """Two items are no factor; three and a pair that shares more are more than three correlations can tell apart."""
    three = coefficients(rated(n=300, k=3, seed=6))
    assert {three[DROPPED, "implied", item].note for item in ("i1", "i2", "i3")} == {"needs_three_items"}
    assert np.isfinite(three["omega_categorical_expected_if_dropped", "implied", None].estimate)
    four = rated(n=300, k=4, seed=6)
    plain = coefficients(four)
    assert np.isfinite(plain[DROPPED, "implied", "i1"].estimate)  # three items, no degree of freedom, and an omega
    paired = coefficients(four, residual_covariances=(("i1", "i2"),))
    assert paired[DROPPED, "implied/i1~i2", "i3"].note == "not_identified: 4 > 3"
    alone = paired[DROPPED, "implied/i1~i2", "i1"].estimate  # the pair has gone with its item
    assert_allclose(alone, plain[DROPPED, "implied", "i1"].estimate, rtol=1e-9)


def test_starved_data_give_a_reason_and_known_words():
    rng = np.random.default_rng(1)
    words = vocabulary("en")
    constant = rng.integers(1, 6, size=(60, 5))
    constant[:, 0] = 2
    for codes in (constant, rng.integers(1, 6, size=(60, 2)), rng.integers(1, 6, size=(3, 5)), np.full((5, 5), -1)):
        for (quantity, _, item), one in coefficients(answers(codes), rng=np.random.default_rng(1), draws=9).items():
            assert quantity in words.quantities
            if item != "i1":  # the constant item, without which the others have a model
                assert np.isnan(one.estimate)
                words.note(one.note)
    leaders = answers(rng.integers(1, 6, size=(60, 4)), leader=np.zeros(60))
    for one in coefficients(leaders, Clustering(key="leader"), rng=np.random.default_rng(1), draws=9).values():
        assert one.note
        words.note(one.note)


def test_methods_are_in_the_vocabulary():
    words = vocabulary("da")
    found = coefficients(load_case("sim_small"), Clustering(key="leader"), rng=np.random.default_rng(1), draws=9)
    for quantity, method, _ in found:
        assert quantity in words.quantities
        for part in (method or "").split("/"):
            assert part == "" or part in words.methods


def test_a_negative_residual_variance_is_said_and_stops_what_it_makes_meaningless():
    found = coefficients(answers(np.clip(made_up.overlapping(), 1, 5).astype(int)))
    total = found["omega_total", "ML-implied", None]
    best = found["maximal_reliability", None, None]
    if total.note is None:
        pytest.fail("the example no longer has a negative residual variance")
    assert total.note.startswith("negative_residual_variance: i")
    assert np.isfinite(total.estimate)
    assert np.isnan(best.estimate)
    assert best.note == total.note


def test_a_category_that_nobody_chose_keeps_its_value_in_the_sum_and_is_named():
    """Of the first item nobody chooses 3 of 1 … 5. Two draws of the items with the same factor are parallel sums, whose
    correlation is the reliability; numbering the categories without the empty one, as semTools does, gives another sum."""
    rng = np.random.default_rng(3)
    loadings, cuts = np.array([0.9, 0.5, 0.5]), np.array([-1.0, 0.0, 0.5, 1.2])

    def drawn(factor):
        behind = loadings * factor + np.sqrt(1 - loadings**2) * rng.normal(size=(len(factor), 3))
        codes = 1 + (behind[:, :, None] > cuts).sum(axis=2)
        codes[codes[:, 0] == 3, 0] = 2
        return codes

    factor = rng.normal(size=(200_000, 1))
    one, other = drawn(factor), drawn(factor)
    parallel = np.corrcoef(one.sum(axis=1), other.sum(axis=1))[0, 1]
    found = coefficients(answers(one))["omega_categorical", "implied", None]
    assert found.note == "category_not_chosen: i1 3"
    assert_allclose(found.estimate, parallel, atol=0.006)
    relabelled = one.copy()
    relabelled[one[:, 0] > 3, 0] -= 1
    without = coefficients(answers(relabelled))["omega_categorical", "implied", None]
    assert without.note is None
    assert without.estimate < found.estimate - 0.01


def test_omega_with_the_pair_stands_first_where_one_survives():
    found = op.reliability(rated(2000, planted=True))
    with_pair = found.get("omega_categorical", method="implied/i2~i4")
    assert found.find("omega_categorical")[0] is with_pair
    assert "pair_chosen_from_data" in with_pair.note
    assert with_pair.std_error > 0
    assert with_pair.estimate < found.value("omega_categorical", method="implied")
    for method in ("ML-implied", "ML-observed", "FIML-implied"):
        assert np.isfinite(found.value("omega_total", method=f"{method}/i2~i4"))
    quiet = op.reliability(rated(2000))
    assert not [one for one in quiet.statistics if "~" in (one.method or "")]


def test_a_declared_pair_is_freed_whatever_the_test_says():
    found = op.reliability(rated(2000), residual_covariances=[("i5", "i1")])
    assert found.settings["residual_covariances"] == [["i5", "i1"]]
    row = found.get("omega_categorical", method="implied/i1~i5")
    assert row.note is None
    assert_allclose(row.estimate, found.value("omega_categorical", method="implied"), atol=0.02)
    for no_pair in (["i1~i5"], [("i1",)], "i1~i5", [("i1", "i9")]):
        with pytest.raises(UsageError, match="residual_covariances"):
            op.reliability(rated(200), residual_covariances=no_pair)
    two = op.reliability(rated(2000), residual_covariances=[("i1", "i5"), ("i2", "i3")])
    assert np.isfinite(two.value("omega_total", method="ML-implied/i1~i5/i2~i3"))
