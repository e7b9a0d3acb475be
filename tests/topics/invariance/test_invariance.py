"""Measurement invariance: lavaan's ladders, degrees of freedom, planted differences, hard data."""

import math
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from scipy.special import ndtr

from made_up import grouped
from omstilling_psychometrics.core.errors import UsageError
from omstilling_psychometrics.core.vocabulary import vocabulary
from omstilling_psychometrics.reference import load_case, reference_value
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns
from omstilling_psychometrics.topics.factor.analysis import cfa
from omstilling_psychometrics.topics.factor.numerics.standardize import delta_method
from omstilling_psychometrics.topics.invariance.analysis import battery, invariance
from omstilling_psychometrics.topics.invariance.numerics.ladder import (
    CONTINUOUS,
    ORDINAL,
    continuous_ladder,
    expected_score_bias,
    ordinal_ladder,
    without_item,
)

# lavaan mixes n_g and n_g - 1 in its multi-group weights, which moves scaled statistics (not chi2) by some 1e-4.
SCALED = {"rel": 6e-4, "abs": 2e-3}


@cache
def both_ladders(name):
    """The battery of a reference case, which several tests look at; without leaders it is what lavaan computes."""
    return battery(load_case(name), rng=np.random.default_rng(1), by="group")


def test_ordinal_ladder_has_no_robust_cfi_where_thresholds_are_equal():
    result = both_ladders("datCat")
    for step in ORDINAL[1:]:
        assert result.get("cfi_robust", method=step).note == "thresholds_restricted"


def test_ladder_of_two_categories_is_that_of_lavaan():
    rows = load_case("bfi_A").to_frame()
    items = [name for name in rows if name[0] == "i"]
    rows = rows[(rows[items] > 0).all(axis=1)]
    rows = rows.assign(**{item: 1 + (rows[item] >= 4) for item in items})
    result = invariance(ResponsePatterns.from_frame(rows, plain_instrument((1, 2), tuple(items))), by="group")
    for step in ("configural", "loadings", "intercepts", "residuals"):
        stored = reference_value("invariance", "bfi_A", f"invariance_two_categories/{step}").value
        plain, robust = (result.get(quantity, method=step) for quantity in ("chi2", "chi2_scaled"))
        assert plain.df == stored["df"]
        assert plain.statistic == pytest.approx(stored["chisq"], rel=1e-6)
        assert robust.statistic == pytest.approx(stored["chisq.scaled"], **SCALED)
    row = reference_value("invariance", "bfi_A", "invariance_two_categories/residuals_after_intercepts").value
    one = result.get("difference", method="residuals")
    assert one.df == row["Df diff"]
    assert one.statistic == pytest.approx(row["Chisq diff"], **SCALED)
    assert result.get("difference", method="thresholds").note == "step_restricts_nothing"
    # Intercepts with residual variances free are no case of loadings with residual variances of 1: a step from configural.
    assert result.get("difference", method="intercepts").df == 3
    fits = {step: result.value("cfi_scaled", method=step) for step in ("configural", "intercepts")}
    assert result.value("cfi_scaled_change", method="intercepts") == pytest.approx(fits["intercepts"] - fits["configural"])


@pytest.mark.parametrize(("estimator", "prefix"), [("MLR", "continuous/"), ("FIML", "fiml/")])
def test_a_change_of_an_index_is_the_difference_of_two_steps(estimator, prefix):
    # The battery has no FIML.
    result = both_ladders("datCat") if estimator == "MLR" else invariance(load_case("bfi_A"), by="group", estimator="FIML")
    for before, step in pairwise(CONTINUOUS):
        for quantity in ("srmr", "cfi_robust", "rmsea_robust"):
            after, earlier = (result.value(quantity, method=prefix + name) for name in (step, before))
            assert result.value(f"{quantity}_change", method=prefix + step) == pytest.approx(after - earlier, abs=1e-12)


@pytest.mark.parametrize(
    ("categories", "groups", "expected"),
    [
        (5, 2, [10, 20, 24, 28, 33]),
        (5, 3, [15, 35, 43, 51, 61]),
        (4, 3, [15, 25, 33, 41, 51]),
        (3, 2, [10, 10, 14, 18, 23]),
        (2, 2, [10, 10, 14, 13, 18]),
    ],
)
def test_degrees_of_freedom_of_five_items(categories, groups, expected):
    ladder = ordinal_ladder(5, categories, groups)
    assert [step.model.df for step in ladder] == expected
    df = {step.name: step.model.df for step in ladder}
    for earlier, step in pairwise(ladder):
        assert step.restricts == (df[step.name] > df[step.after or earlier.name])


def test_degrees_of_freedom_of_continuous_items():
    assert [step.model.df for step in continuous_ladder(5, 3)] == [15, 23, 31, 41]


def test_an_item_set_free_has_its_own_parameters_only():
    scalar, intercepts = continuous_ladder(5, 3)[2].model, ordinal_ladder(5, 5, 3)[3].model
    assert scalar.df - without_item(scalar, 1).df == 4  # a loading and an intercept in two groups
    # Four thresholds and a loading come, the residual variance goes.
    assert intercepts.df - without_item(intercepts, 1).df == 8


def test_planted_difference_is_found_and_sized():
    def shift(answers, group):
        chosen = (group == 1) & (np.arange(len(group)) % 2 == 0)
        answers[chosen, 2] = np.minimum(5, answers[chosen, 2] + 1)

    result = invariance(grouped(1500, change=shift), by="form")
    p_values = {one.item: one.p_value for one in result.find("item_difference")}
    assert min(p_values, key=p_values.get) == "c"
    assert p_values["c"] < 1e-6
    bias = result.get("expected_score_bias", item="c")
    low, high = bias.confidence_interval()
    assert low < 0.45 < high  # half of them moved up one point, where there was room
    assert result.get("difference", method="loadings").p_value > 0.001


def test_planted_latent_mean_is_recovered():
    rng = np.random.default_rng(4)
    group = np.repeat([0, 1], 1500)
    theta = rng.normal(size=3000) + 0.5 * group
    latent = 1.6 * theta[:, None] + rng.logistic(size=(3000, 4))
    rows = 1 + (latent[:, :, None] > [-2.5, -1, 0.5, 2]).sum(axis=2)
    keys = {"form": Key.of([f"g{one}" for one in group])}
    patterns = ResponsePatterns.count(plain_instrument((1, 2, 3, 4, 5), tuple("abcd")), rows, keys)
    for estimator, method in (("WLSMV", "intercepts/g1"), ("MLR", "continuous/scalar/g1"), ("FIML", "fiml/scalar/g1")):
        one = invariance(patterns, by="form", estimator=estimator).get("latent_mean", method=method)
        assert one.estimate == pytest.approx(0.5, abs=4 * one.std_error + 0.03)
        low, high = one.confidence_interval()
        assert low < one.estimate < high


def test_bias_is_the_integral_over_the_latent_distribution():
    model = without_item(ordinal_ladder(4, 5, 2)[3].model, 2)
    rng = np.random.default_rng(6)
    parameters = rng.uniform(0.5, 1.5, model.q)
    values = np.array([1.0, 2, 3, 4, 5])
    elements = model.elements(parameters)
    get = {part: model.matrix(part, elements) for part in ("loadings", "thresholds", "latent_means", "latent_variances")}
    points, weights = np.polynomial.hermite_e.hermegauss(80)
    latent = get["latent_means"][1, 0] + math.sqrt(get["latent_variances"][1, 0]) * points

    def expected(group):
        cuts = np.sort(get["thresholds"][group, 2])
        return 5 - ndtr(cuts[None, :] - get["loadings"][group, 2, 0] * latent[:, None]).sum(axis=1)

    place = model.free[:, model.elements_of("thresholds", [(2, cut) for cut in range(4)])]
    for group in range(2):
        parameters[place[group]] = np.sort(parameters[place[group]])
    by_hand = float(weights @ (expected(1) - expected(0)) / weights.sum())
    assert expected_score_bias(model, parameters, 2, values)[0] == pytest.approx(by_hand, rel=1e-9)
    _, errors = delta_method(lambda point: expected_score_bias(model, point, 2, values), parameters, np.eye(model.q))
    numeric = np.empty(model.q)
    for one in range(model.q):
        step = np.zeros(model.q)
        step[one] = 1e-6
        up, down = (expected_score_bias(model, parameters + sign * step, 2, values)[0] for sign in (1, -1))
        numeric[one] = (up - down) / 2e-6
    assert errors[0] == pytest.approx(math.sqrt(numeric @ numeric), rel=1e-6)


def test_groups_alike_fit_under_full_equality():
    # The same answers in both groups: every restriction holds exactly, and nothing is lost by it.
    patterns = load_case("datCat").pool("group")
    rows = patterns.to_frame()
    both = [rows.assign(form=form) for form in ("x", "y")]
    import pandas as pd

    twice = ResponsePatterns.from_frame(pd.concat(both), patterns.instrument)
    result = invariance(twice, by="form")
    base = result.get("chi2", method="configural").statistic
    for step in ORDINAL[1:]:
        assert result.get("chi2", method=step).statistic == pytest.approx(base, rel=1e-6)
        # Scaled and shifted, no difference at all is the shift.
        assert result.get("difference", method=step).p_value > 0.9
    assert result.value("latent_mean") == pytest.approx(0, abs=1e-6)
    assert result.value("items_set_free") == 0
    # Two groups alike have the robust indices of one; lavaan's CFI has another baseline here.
    one = cfa(patterns, estimator="WLSMV", cluster=None)
    for quantity in ("cfi_robust", "srmr"):
        assert result.value(quantity, method="configural") == pytest.approx(one.value(quantity), abs=1e-5)


def test_items_are_set_free_in_turn_until_the_rest_agree():
    def two_items(answers, group):
        moved = (group == 1) & (np.arange(len(group)) % 2 == 0)
        answers[moved, 0] = np.minimum(5, answers[moved, 0] + 1)
        answers[(group == 1) & (np.arange(len(group)) % 3 == 0), 3] = 1

    patterns = grouped(1500, k=5, change=two_items, seed=3)
    for estimator, step, prefix in (("WLSMV", "intercepts", ""), ("MLR", "continuous/scalar", "continuous/")):
        result = invariance(patterns, by="form", estimator=estimator)
        freed = result.find("partial_invariance", method=f"{step}/small_sample")
        assert {one.item for one in freed} == {"a", "d"}
        assert [one.category for one in freed] == [1, 2]
        assert result.value("items_set_free") == 2
        # The first is the clearest of the tests of one item alone.
        alone = {one.item: one.statistic for one in result.find("item_difference", method=f"{step}/small_sample")}
        assert freed[0].statistic == pytest.approx(max(alone.values()), rel=1e-9)
        biases = [result.value("expected_score_bias", item=item, method=f"{prefix}partial/g1~g0") for item in "ad"]
        assert biases[0] > 0.3
        assert biases[1] < -0.3
        scale = result.get("scale_score_bias", method=f"{prefix}partial/g1~g0")
        assert scale.estimate == pytest.approx(sum(biases) / 5, rel=1e-9)
        assert 0 < scale.std_error < 0.1
        # With the rest held equal the groups have the same mean again, as they were made.
        mean = result.get("latent_mean", method=f"{step}/partial/g1")
        assert abs(mean.estimate) < 4 * mean.std_error
        assert result.get("chi2_scaled", method=f"{step}/partial").p_value > 0.001


def test_two_items_stay_equal_whatever_they_do():
    def shift(answers, group):
        for item, every, by in ((1, 2, -1), (2, 2, 1), (3, 1, 2)):
            moved = (group == 1) & (np.arange(len(group)) % every == 0)
            answers[moved, item] = np.clip(answers[moved, item] + by, 1, 5)

    result = invariance(grouped(1000, change=shift), by="form")
    count = result.get("items_set_free")
    assert count.estimate == 2
    assert count.note == "no_more_anchors"


def test_leaders_are_added_up_over_groups():
    # Everybody answers in both groups: differences of the groups have no variance between leaders.
    once = grouped(300, groups=1, leaders=150).pool("form").to_frame()
    import pandas as pd

    both = pd.concat([once.assign(form=form) for form in ("x", "y")])
    patterns = ResponsePatterns.from_frame(both, grouped(1).instrument)
    clustered, independent = invariance(patterns, by="form"), invariance(patterns, by="form", cluster=None)
    assert clustered.get("latent_mean").cluster == "leader"
    assert clustered.get("latent_mean").std_error == pytest.approx(0, abs=1e-4)
    assert independent.get("latent_mean").std_error > 0.03
    # Nor has the test of equal thresholds anything but rounding to be scaled with.
    for method in ("thresholds", "thresholds/small_sample"):
        assert clustered.get("difference", method=method).note == "scaling_not_positive"
    assert independent.get("difference", method="thresholds").p_value > 0.01


def test_few_clusters_are_warned_of_or_refused():
    few = invariance(grouped(300, k=3, c=3, leaders=40), by="form")
    assert few.get("chi2_scaled", method="loadings").note == "few_clusters: 40 < 50"
    assert few.get("chi2_scaled", method="thresholds").note == "no_degrees_of_freedom"
    for quantity in ("chi2_scaled", "difference"):
        plain, allowing = (few.get(quantity, method=method) for method in ("residuals", "residuals/small_sample"))
        assert (allowing.df, allowing.cluster, allowing.note) == (plain.df, "leader", plain.note)
        # Further from its mean, the degrees of freedom: few leaders had hidden spread.
        assert 1 < (allowing.statistic - plain.df) / (plain.statistic - plain.df) < 1.5
    assert len(few.find("item_difference", method="intercepts/small_sample")) == 3
    alone = invariance(grouped(300, k=3, c=3), by="form")
    plain, allowing = (alone.get("difference", method=method) for method in ("residuals", "residuals/small_sample"))
    assert (allowing.df, allowing.cluster, allowing.n) == (plain.df, None, 600)
    assert allowing.statistic == pytest.approx(plain.statistic, rel=0.1)
    refused = invariance(grouped(300, leaders=20), by="form")
    assert refused.get("chi2_scaled", method="loadings").note == "clusters_do_not_exceed_moments: 20 <= 44"
    assert refused.get("difference", method="loadings").note == "clusters_do_not_exceed_moments: 20 <= 44"
    assert refused.get("chi2", method="loadings").statistic > 0


def test_one_leader_leaves_biases_without_error_and_says_so():
    rows = [row for row in invariance(grouped(200, leaders=1), by="form").statistics if row.quantity == "expected_score_bias"]
    assert {row.note for row in rows} == {"one_cluster"}
    assert all(math.isfinite(row.estimate) for row in rows)


def test_groups_without_complete_rows_are_not_groups_that_are_not_there():
    def holes(answers, group):
        answers[group == 1, 0] = -1
        answers[(group == 0) & (np.arange(len(group)) % 2 == 0), 1] = -1

    result = invariance(grouped(150, change=holes), by="form", estimator="MLR")
    assert result.get("chi2", method="continuous/strict").note == "fewer_than_two_groups; item_without_answers: a (g1)"
    result = invariance(grouped(150, change=lambda answers, group: holes(answers, group * 0)), by="form", estimator="MLR")
    assert result.get("chi2", method="continuous/strict").note == "group_too_small: g0 75 < 100; too_few_complete"
    silent = grouped(150, change=lambda answers, group: answers.fill(-1))
    assert {one.note for one in invariance(silent, by="form").statistics} == {"no_answers"}


def nearly_without_residual(seed, n=150):
    """Two groups whose first item has a loading of .97, so that its residual variance is often estimated below 0."""
    rng = np.random.default_rng(seed)
    loadings = np.array([0.97, 0.5, 0.45, 0.4])
    latent = loadings * rng.normal(size=(2 * n, 1)) + np.sqrt(1 - loadings**2) * rng.normal(size=(2 * n, 4))
    answers = 1 + (latent[:, :, None] > np.linspace(-1, 1, 3)).sum(axis=2)
    keys = {"form": Key.of(["x"] * n + ["y"] * n)}
    return ResponsePatterns.count(plain_instrument((1, 2, 3, 4), tuple("abcd")), answers, keys)


@pytest.mark.parametrize(("seed", "groups"), [(1, ["x"]), (2, ["x", "y"]), (3, ["y"]), (7, [])])
def test_a_model_that_has_no_minimum_names_item_and_group(seed, groups):
    """Where cfa, whose residual variances may be negative, finds one below 0, in that item and group there is none with 1."""
    patterns = nearly_without_residual(seed)
    found = {form: cfa(patterns.select(form=form).pool("form")).get("loading", item="a").note for form in "xy"}
    assert {form for form, note in found.items() if note == "negative_residual_variance: a"} == set(groups)
    result = invariance(patterns, by="form")
    chi2 = result.get("chi2", method="configural")
    assert chi2.note == (f"heywood: {', '.join(f'a ({group})' for group in groups)}" if groups else None)
    assert result.converged == (not groups)


def test_a_residual_variance_below_0_is_named_at_every_step_that_has_it():
    result = invariance(nearly_without_residual(3), by="form")  # free in the other group from the second step on
    assert result.get("chi2", method="thresholds").note == "negative_residual_variance: a (y)"
    assert result.get("chi2", method="loadings").note is None
    assert not [row for row in result.statistics if row.note == "not_converged"]


def all_alike(answers, group):
    answers[group == 1, 3] = 2


def never_asked(answers, group):
    answers[group == 0, 3] = -1


@pytest.mark.parametrize(
    ("patterns", "by", "note"),
    [
        (grouped(60), "form", "group_too_small: g0 60 < 100"),
        (grouped(200, k=2), "form", "needs_three_items"),
        (grouped(200, change=all_alike), "form", "constant_item: d (g1)"),
        (grouped(200, change=never_asked), "form", "item_without_answers: d (g0)"),
    ],
)
def test_what_cannot_be_compared_says_why(patterns, by, note):
    result = invariance(patterns, by=by)
    assert {one.note for one in result.statistics} == {note}
    assert [one.method for one in result.find("chi2")] == list(ORDINAL)
    assert vocabulary("da").note(note)


def test_one_group_gives_null_rows_in_the_battery():
    result = battery(grouped(200), rng=np.random.default_rng(1))
    assert {one.note for one in result.statistics} == {"fewer_than_two_groups"}


def test_a_small_group_is_left_out_and_the_others_compared():
    large = grouped(300).to_frame()
    import pandas as pd

    few = large[large["form"] == "g0"].head(12).assign(form="tiny")
    instrument = grouped(1).instrument
    three = ResponsePatterns.from_frame(pd.concat([few, large]), instrument)
    left = f"small_groups_left_out: tiny {three.select(form='tiny').n} < 100"
    for estimator in ("WLSMV", "MLR"):
        found = invariance(three, by="form", estimator=estimator).statistics
        expected = invariance(ResponsePatterns.from_frame(large, instrument), by="form", estimator=estimator).statistics
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert one.note.split("; ")[0] == left
            assert (one.quantity, one.item, one.method, one.n, one.df) == (
                other.quantity,
                other.item,
                other.method,
                other.n,
                other.df,
            )
            for value, same in ((one.statistic, other.statistic), (one.estimate, other.estimate)):
                assert value == same or value == pytest.approx(same, rel=1e-6, abs=1e-9, nan_ok=True)


def test_small_groups_of_complete_rows_are_refused_for_likelihood_only():
    result = both_ladders("datCat_mis")
    assert result.get("chi2", method="residuals").statistic > 0
    assert result.get("chi2", method="continuous/strict").note.startswith("group_too_small")


def test_unknown_estimators_and_mixed_roles_are_refused():
    with pytest.raises(UsageError, match="estimator is 'ML'"):
        invariance(grouped(200), by="form", estimator="ML")
    frame = grouped(200).to_frame()
    frame["role"] = ["x", "y"] * (len(frame) // 2) + ["x"] * (len(frame) % 2)
    mixed = ResponsePatterns.from_frame(frame, grouped(1).instrument)
    with pytest.raises(UsageError, match="takes one role"):
        invariance(mixed, by="form")
    for one in battery(mixed, rng=np.random.default_rng(1), by="form").statistics:
        assert one.note.startswith("roles_pooled")


def test_rows_are_unique_and_in_the_vocabulary():
    result = both_ladders("datCat")
    keys = [(row["quantity"], row["item"], row["method"]) for row in result.rows()]
    assert len(keys) == len(set(keys))
    words = vocabulary("da")
    assert {one.quantity for one in result.statistics} <= set(words.quantities)
    parts = {part for one in result.find("chi2") for part in one.method.split("/")}
    assert parts <= set(words.methods)
