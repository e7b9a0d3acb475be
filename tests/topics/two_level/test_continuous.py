"""Two-level models of answers as numbers, row by row: identities, bounds, refusals, and numbers put together by hand."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

import omstilling_psychometrics as op
from omstilling_psychometrics.analysis.by_role import clustering
from omstilling_psychometrics.core.results import Result
from omstilling_psychometrics.reference import load_case, reference_value
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.keys import Key
from omstilling_psychometrics.survey.patterns import ResponsePatterns
from omstilling_psychometrics.topics.two_level.analysis_continuous import continuous_models
from omstilling_psychometrics.topics.two_level.analysis_continuous_rows import rows

ITEMS = ("i1", "i2", "i3", "i4", "i5")
DRAWN = plain_instrument((1, 2, 3, 4, 5), ITEMS[:4])


def rows_of(answers, cluster="default"):
    """Of these models alone, as `two_level` has them."""
    chosen = clustering(answers, "all", cluster)
    return Result(statistics=tuple(rows(continuous_models(answers, chosen))))


def drawn(*, leaders=60, team=5, between=0.5, seed=3, missing=0.1):
    """Answers to four items with loadings of 1, residuals within, none between."""
    rng = np.random.default_rng(seed)
    leader = np.repeat(np.arange(leaders), team)
    factor = rng.normal(size=(len(leader), 1)) + between * rng.normal(size=(leaders, 1))[leader]
    codes = np.clip(np.round(3 + factor + rng.normal(size=(len(leader), 4))), 1, 5).astype(int)
    codes[rng.random(codes.shape) < missing] = -1
    return codes, leader


def counted(codes, leader, wave=None):
    keys = {"leader": Key.of([f"l{number:03d}" for number in leader])}
    if wave is not None:
        keys["wave"] = Key.of([str(one) for one in wave])
    return ResponsePatterns.count(DRAWN, codes, keys)


def names(result):
    return [(row.method, row.quantity, row.item, row.category) for row in result.statistics]


@pytest.fixture(scope="module")
def plain():
    return rows_of(counted(*drawn()))


def pairs(one, other, field):
    """A field of the rows of two results, where the first has it."""
    values = [(getattr(a, field), getattr(b, field)) for a, b in zip(one.statistics, other.statistics, strict=True)]
    return np.array([pair for pair in values if pair[0] is not None and math.isfinite(pair[0])], dtype=float).T


def test_every_leader_twice_leaves_the_estimates_and_halves_the_squared_errors():
    codes, leader = drawn()
    answers = counted(codes, leader)
    doubled = counted(np.vstack([codes, codes]), np.concatenate([leader, leader + 100]))
    observed, twice = rows_of(answers, None), rows_of(doubled, None)
    assert_allclose(*pairs(observed, twice, "std_error") * [[1], [math.sqrt(2)]], rtol=1e-5)
    by_leader, twice = rows_of(answers), rows_of(doubled)
    factor = (120 / 119) / (60 / 59)
    assert_allclose(*pairs(by_leader, twice, "std_error") * [[1], [math.sqrt(2 / factor)]], rtol=1e-5)
    estimated = [row for row in by_leader.statistics if row.quantity not in ("log_likelihood", "rmsea_robust", "cfi_robust")]
    for row in estimated:
        (same,) = twice.find(row.quantity, method=row.method, item=row.item, category=row.category)
        if row.estimate is not None and math.isfinite(row.estimate):
            assert_allclose(same.estimate, row.estimate, atol=1e-6)


def test_waves_of_a_leader_are_groups_whose_scores_are_added_up(plain):
    """The same answers in two waves tell no more about leaders than in one."""
    codes, leader = drawn()
    twice = rows_of(counted(np.vstack([codes, codes]), np.concatenate([leader, leader]), np.repeat([1, 2], len(leader))))
    ours = ("loading_within", "loading_between", "residual_variance_within", "icc", "omega_between", "omega_two_level")
    for row in plain.statistics:
        if row.quantity in ours and row.std_error is not None:
            (same,) = twice.find(row.quantity, method=row.method, item=row.item)
            assert_allclose([same.estimate, same.std_error], [row.estimate, row.std_error], rtol=2e-4, atol=1e-6)


@pytest.mark.proves(
    "loading_within", "loading_between", "residual_variance_within", "residual_variance_between", "icc", "log_likelihood"
)
def test_equal_loadings_are_one_loading_up_to_a_constant(plain):
    model = continuous_models(counted(*drawn()), clustering(counted(*drawn()), "all")).equal
    within, between, icc = model.loading("within")[0], model.loading("between")[0], model.icc()[0]
    ratio = math.sqrt(icc / (1 - icc))
    assert plain.value("icc", method="continuous/equal") == icc
    assert plain.value("log_likelihood", method="continuous/equal") == model.fit.log_likelihood
    assert_allclose([row.estimate for row in plain.find("loading_within", method="continuous/equal")], within, rtol=1e-12)
    assert_allclose([row.estimate for row in plain.find("loading_between", method="continuous/equal")], ratio * within)
    left = [plain.find(f"residual_variance_{level}", method="continuous/equal") for level in ("within", "between")]
    implied = (model.fit.levels.within, model.fit.levels.between)
    for residuals, matrix, loading in zip(left, implied, (within, between), strict=True):
        assert_allclose([row.estimate for row in residuals], np.diag(matrix) - loading**2, atol=1e-12)


@pytest.mark.proves("omega_within", "omega_between", "omega_two_level", "leader_reliability")
@pytest.mark.parametrize("kind", ["equal", "free"])
def test_reliabilities_by_hand(plain, kind):
    """Lai (2021): variances of the sum of the items that are due to what is measured, over those of the observed score."""
    method = f"continuous/{kind}"
    sums = {name: sum(row.estimate for row in plain.find(name, method=method)) for name in QUANTITIES}
    within, between = sums["loading_within"] ** 2, sums["loading_between"] ** 2
    all_within = within + sums["residual_variance_within"]
    all_between = between + sums["residual_variance_between"]
    codes, leader = drawn()
    sizes = np.bincount(leader[(codes > 0).any(axis=1)])
    usual = len(sizes) / (1 / sizes).sum()
    expected = {
        "omega_within": within / all_within,
        "omega_between": between / (all_between + all_within / usual),
        "omega_two_level": (within + between) / (all_within + all_between),
    }
    for name, value in expected.items():
        assert_allclose(plain.value(name, method=method), value, rtol=1e-10)
    for number in (1, 7, 30):
        value = all_between / (all_between + all_within / number)
        assert_allclose(plain.value("leader_reliability", method=method, category=number), value, rtol=1e-10)
    if kind == "free":
        assert_allclose(plain.value("omega_between", method=f"{method}/geldhof"), between / all_between, rtol=1e-10)
        assert plain.get("icc", method=method).note == "share_needs_equal_loadings"


QUANTITIES = ("loading_within", "loading_between", "residual_variance_within", "residual_variance_between")


def test_errors_of_reliabilities_are_differences(plain):
    """By the delta method, with derivatives from small steps."""
    model = continuous_models(counted(*drawn()), clustering(counted(*drawn()), "all")).free
    at, steps = model.fit.parameters, 1e-6 * np.eye(len(model.fit.parameters))
    for name, function in (
        ("omega_within", lambda sums: sums.omega_within),
        ("omega_two_level", lambda sums: sums.omega_two_level),
    ):
        gradient = np.array([function(model.sums(at + step)) - function(model.sums(at - step)) for step in steps]) / 2e-6
        error = math.sqrt(gradient @ model.covariance @ gradient)
        assert_allclose(plain.get(name, method="continuous/free").std_error, error, rtol=1e-6)


@pytest.mark.proves("chi2_scaled", "cfi_robust", "rmsea_robust", "srmr")
@pytest.mark.parametrize("level", ["within", "between"])
def test_fit_of_a_level_from_lavaans_heights(level):
    """Heights and traces of partially saturated models are lavaan's; chi-square, CFI and RMSEA are put together by hand."""
    answers = load_case("sim1_complete")
    found, models = rows_of(answers), continuous_models(answers, clustering(answers, "all"))
    theirs = reference_value("two_level_continuous", "sim1_complete", "two_level").value
    leaders = answers.size("leader")

    def test(structure):
        model, wider = theirs[structure], theirs["saturated"]
        df = wider["parameters"] - model["parameters"]
        scaling = (wider["trace"] - model["trace"]) / df * leaders / (leaders - 1)
        return 2 * (wider["log_likelihood"] - model["log_likelihood"]), df, scaling

    chi2, df, scaling = test(f"{level}_factor")
    worst, worst_df, worst_scaling = test(f"{level}_independent")
    method = f"continuous/free/{level}_leaders"
    row = found.get("chi2_scaled", method=method)
    assert_allclose(row.statistic, chi2 / scaling, rtol=2e-4)
    assert row.df == df
    excess = max(chi2 - scaling * df, 0)
    assert_allclose(found.value("cfi_robust", method=method), 1 - excess / (worst - worst_scaling * worst_df), atol=1e-5)
    n = answers.n if level == "within" else leaders
    assert_allclose(found.value("rmsea_robust", method=method), math.sqrt(excess / df / n), atol=1e-4)
    fit = models.structured(*(("factor", "saturated") if level == "within" else ("saturated", "factor")))
    sample, implied = getattr(models.saturated.levels, level), getattr(fit.levels, level)
    spread = np.sqrt(np.diag(sample))
    residual = ((sample - implied) / np.outer(spread, spread))[np.triu_indices(5)]
    assert_allclose(found.value("srmr", method=method), math.sqrt((residual**2).mean()), rtol=1e-10)


def test_no_error_where_the_variance_between_leaders_is_at_its_bound():
    found = rows_of(counted(*drawn(between=0.0, seed=7)))
    for name in ("icc", "omega_between"):
        row = found.get(name, method="continuous/equal")
        assert (row.estimate, row.std_error, row.note) == (0, None, "variance_at_zero")
    for row in found.find("loading_between", method="continuous/equal"):
        assert (row.estimate, row.std_error, row.note) == (0, None, "variance_at_zero")
    for name in ("omega_two_level", "chi2_scaled"):
        assert found.get(name, method="continuous/equal").note == "variance_at_zero"
    assert found.get("loading_within", item="i1", method="continuous/equal").std_error > 0


def test_leaders_with_one_answer_stay_in_beside_larger_ones():
    codes, leader = drawn()
    alone = np.arange(1000, 1010)
    more = rows_of(counted(np.vstack([codes, codes[:10]]), np.concatenate([leader, alone])))
    fewer = rows_of(counted(codes, leader))
    loading, other = (one.get("loading_within", item="i1", method="continuous/free") for one in (more, fewer))
    assert loading.n == other.n + 10
    assert 1e-4 < abs(loading.estimate - other.estimate) < other.std_error


def test_a_perfect_line_has_no_test():
    """Three items leave no degree of freedom at a level, and the whole model none with free loadings."""
    codes, leader = drawn()
    keys = {"leader": Key.of([f"l{number:03d}" for number in leader])}
    found = rows_of(ResponsePatterns.count(plain_instrument((1, 2, 3, 4, 5), ITEMS[:3]), codes[:, :3], keys))
    assert found.get("chi2_scaled", method="continuous/free").note == "no_degrees_of_freedom"
    assert found.get("chi2_scaled", method="continuous/free/within_leaders").note == "no_degrees_of_freedom"
    assert found.get("chi2_scaled", method="continuous/equal").df == 2


@pytest.mark.parametrize("quantity", ["omega_between", "leader_reliability"])
def test_reliabilities_of_leaders_have_their_interval_on_the_logit(quantity) -> None:
    """The logit is in the middle, at 1.96 of its errors from both bounds at many leaders."""
    result = op.two_level(load_case("sim1_complete"), cluster=None)
    row = result.find(quantity, method="continuous/equal")[0]
    bounds = row.confidence_interval(0.95)
    low, middle, high = (math.log(p / (1 - p)) for p in (bounds[0], row.estimate, bounds[1]))
    assert (low + high) / 2 == pytest.approx(middle, rel=1e-10)
    assert (high - low) / 2 == pytest.approx(1.959964 * row.std_error / (row.estimate * (1 - row.estimate)), rel=1e-6)
