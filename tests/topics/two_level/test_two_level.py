"""Rows of the ordinal two-level models: values, identities, errors, and what is said where there are none."""

import math

import numpy as np
import pytest
from scipy.special import chdtrc, ndtr

import omstilling_psychometrics as op
from declared import refuse_other_rows, refuse_rows_without_words
from omstilling_psychometrics.reference import load_case
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns
from omstilling_psychometrics.topics.two_level.analysis_continuous_rows import declared as declared_continuous
from omstilling_psychometrics.topics.two_level.analysis_rows import declared
from omstilling_psychometrics.topics.two_level.numerics import ordinal_fit

LOADING = np.array([1.1, 0.8, 1.3, 0.9])
THRESHOLDS = np.array([[-1.5, 0.5], [-1.0, 0.8], [-1.2, 0.2], [-0.4, 1.4]])
NAMES = ("a", "b", "c", "d")


def drawn(sizes, ratio=0.6, seed=1, holes=0.1, loading=LOADING, thresholds=THRESHOLDS):
    """Codes (n, k), -1 for no answer, and the leader (n,) of each."""
    rng = np.random.default_rng(seed)
    leader = np.repeat(np.arange(len(sizes)), sizes)
    factor = rng.normal(size=len(leader)) + ratio * rng.normal(size=len(sizes))[leader]
    latent = np.outer(factor, loading) + rng.normal(size=(len(leader), len(loading)))
    codes = 1 + (latent[:, :, None] > thresholds).sum(axis=2)
    codes[rng.random(codes.shape) < holes] = -1
    return codes, leader


def counted(codes, leader, instrument=None, **keys):
    instrument = instrument or plain_instrument(tuple(range(1, 1 + THRESHOLDS.shape[1] + 1)), NAMES[: codes.shape[1]])
    found = {"leader": Key.of([f"l{one:04}" for one in leader])}
    found |= {name: Key.of([f"{value:04}" for value in values]) for name, values in keys.items()}
    return ResponsePatterns.count(instrument, codes, found)


TEAMS = drawn([1, 2, 3, 4, 5, 6, 7] * 6)


@pytest.fixture(scope="module")
def result():
    return op.two_level(counted(*TEAMS))


def parameters(result, method):
    """Loadings within and between and thresholds (k, C - 1), as the rows have them."""
    items = [row.item for row in result.find("loading", method=method)]
    within, between = (
        np.array([result.value(name, item=item, method=method) for item in items]) for name in ("loading", "loading_between")
    )
    thresholds = [[row.estimate for row in result.find("threshold", item=item, method=method)] for item in items]
    return within, between, np.array(thresholds)


NODES, WEIGHTS = np.polynomial.legendre.leggauss(90)
NODES, WEIGHTS = 7 * NODES, 7 * WEIGHTS * np.exp(-((7 * NODES) ** 2) / 2) / math.sqrt(2 * math.pi)


def curves(within, between, thresholds):
    """P (k, C, theta, u) of every category."""
    line = within[:, None, None] * NODES[:, None] + between[:, None, None] * NODES
    below = ndtr(thresholds[:, :, None, None] - line[:, None])
    return np.diff(below, axis=1, prepend=0.0, append=1.0)


def height(codes, leader, within, between, thresholds):
    """Log-likelihood by Gauss's rule."""
    rows, place = np.unique(codes, axis=0, return_inverse=True)
    probability = curves(within, between, thresholds)
    log_people = np.empty((len(rows), len(NODES)))
    for number, row in enumerate(rows):
        answered = [probability[item, code - 1] for item, code in enumerate(row) if code > 0]
        log_people[number] = np.log(WEIGHTS @ np.prod(answered, axis=0)) if answered else 0.0
    teams = np.zeros((leader.max() + 1, len(NODES)))
    np.add.at(teams, leader, log_people[place.ravel()])
    return float(np.log(np.exp(teams) @ WEIGHTS).sum())


@pytest.mark.proves("loading", "loading_between", "threshold", "icc", "log_likelihood")
def test_equal_loadings_are_at_the_maximum_of_a_likelihood_integrated_here(result) -> None:
    codes, leader = TEAMS
    within, between, thresholds = parameters(result, "equal")
    ratio = math.sqrt(result.value("icc") / (1 - result.value("icc")))
    assert between == pytest.approx(ratio * within, rel=1e-9)
    assert result.value("log_likelihood", method="equal") == pytest.approx(
        height(codes, leader, within, between, thresholds), rel=1e-8
    )
    start = np.concatenate([within, thresholds.ravel(), [ratio]])

    def of(values):
        return height(codes, leader, values[:4], values[-1] * values[:4], values[4:-1].reshape(4, -1))

    step = 1e-4
    slopes = [(of(start + step * one) - of(start - step * one)) / (2 * step) for one in np.eye(len(start))]
    assert slopes == pytest.approx(np.zeros(len(start)), abs=1e-3)


@pytest.mark.proves("loading", "loading_between", "threshold", "log_likelihood")
def test_free_loadings_are_at_the_maximum_of_a_likelihood_integrated_here(result) -> None:
    codes, leader = TEAMS
    within, between, thresholds = parameters(result, "free")
    assert result.value("log_likelihood", method="free") == pytest.approx(
        height(codes, leader, within, between, thresholds), rel=1e-8
    )
    start = np.concatenate([within, between, thresholds.ravel()])

    def of(values):
        return height(codes, leader, values[:4], values[4:8], values[8:].reshape(4, -1))

    step = 1e-4
    slopes = [(of(start + step * one) - of(start - step * one)) / (2 * step) for one in np.eye(len(start))]
    assert slopes == pytest.approx(np.zeros(len(start)), abs=1e-3)


@pytest.mark.proves("equal_loadings", "no_variance_between")
def test_tests_are_likelihood_ratios() -> None:
    """Unscaled where leaders are taken as independent; the model of one level has its likelihood integrated here."""
    codes, leader = TEAMS
    result = op.two_level(counted(codes, leader), cluster=None)
    equal, free = (result.value("log_likelihood", method=method) for method in ("equal", "free"))
    loadings, variance = result.get("equal_loadings"), result.get("no_variance_between")
    assert (loadings.statistic, loadings.df) == (pytest.approx(2 * (free - equal), rel=1e-9), 3)
    assert loadings.p_value == pytest.approx(chdtrc(3, 2 * (free - equal)))
    single = result.model().single
    one_level = height(codes, leader, single.loading, 0 * single.loading, single.thresholds)
    assert variance.statistic == pytest.approx(2 * (equal - one_level), rel=1e-6)
    assert variance.p_value == pytest.approx(chdtrc(1, variance.statistic) / 2)


@pytest.mark.proves("omega_within", "omega_between", "leader_reliability")
@pytest.mark.parametrize("method", ["equal", "free"])
def test_reliability_is_a_share_of_the_variance_of_the_observed_score(result, method) -> None:
    """Of the mean of four items from 1 to 3, by summation over both factors."""
    probability = curves(*parameters(result, method))
    values = np.arange(1, 4)[:, None, None]
    means, squares = (probability * values).sum(axis=1), (probability * values**2).sum(axis=1)
    score = means.mean(axis=0)  # theta by u
    of_leader = WEIGHTS @ score
    within = WEIGHTS @ (score - of_leader) ** 2 @ WEIGHTS
    between = WEIGHTS @ (of_leader - WEIGHTS @ of_leader) ** 2
    error = WEIGHTS @ (squares - means**2).sum(axis=0) @ WEIGHTS / 16
    assert result.value("omega_within", method=method) == pytest.approx(within / (within + error), rel=1e-7)
    for row in result.find("leader_reliability", method=method):
        assert row.estimate == pytest.approx(between / (between + (within + error) / row.category), rel=1e-7)
    sizes = np.bincount(TEAMS[1][(TEAMS[0] > 0).any(axis=1)])
    harmonic = 1 / np.mean(1 / sizes)
    assert result.value("omega_between", method=method) == pytest.approx(
        between / (between + (within + error) / harmonic), rel=1e-7
    )


@pytest.mark.parametrize("method", ["equal", "free"])
def test_intervals_of_leader_reliability_say_the_same_for_all_numbers_of_answers(result, method) -> None:
    """n/rho - n is the ratio of the variances within and between, whatever n, and so are both of its bounds."""
    of_one = np.array(result.get("leader_reliability", method=method, category=1).confidence_interval())
    assert 0 < of_one[0] < of_one[1] < 1
    for row in result.find("leader_reliability", method=method):
        stepped_up = row.category * of_one / (1 + (row.category - 1) * of_one)
        np.testing.assert_allclose(row.confidence_interval(), stepped_up, rtol=1e-7)


def doubled(patterns):
    """Every leader twice, under a new key."""
    leader = patterns.keys["leader"]
    again = Key(leader.codes + len(leader.levels), (*leader.levels, *(f"{level}'" for level in leader.levels)))
    keys = {"leader": Key(np.concatenate([leader.codes, again.codes]), again.levels)}
    codes = np.vstack([patterns.patterns[patterns.pattern]] * 2)
    return ResponsePatterns.count(patterns.instrument, codes, keys, np.tile(patterns.counts, 2))


def test_every_leader_twice() -> None:
    """Estimates stay, the information is twice as large; by leader but for G/(G - 1)."""
    once = counted(*TEAMS)
    twice = doubled(once)
    for cluster in (None, "default"):
        first, second = op.two_level(once, cluster=cluster), op.two_level(twice, cluster=cluster)
        leaders = once.size("leader")
        correction = 1.0 if cluster is None else (2 * leaders / (2 * leaders - 1)) / (leaders / (leaders - 1))
        for one, other in zip(first.statistics, second.statistics, strict=True):
            if one.std_error is not None and not math.isnan(one.std_error):
                assert other.estimate == pytest.approx(one.estimate, rel=1e-6, abs=1e-7), one
                assert 2 * other.std_error**2 == pytest.approx(correction * one.std_error**2, rel=1e-5), one


def test_errors_by_leader_are_those_of_the_scores_of_each_leader(result) -> None:
    """Scores by differences of each leader's log-likelihood, and the sandwich written out."""
    model = result.model().equal
    fit = model.fit
    start, step = fit.parameters, 1e-5

    def of_groups(values):
        from dataclasses import replace

        parts = [(block.place, after.log_likelihoods) for block, after in replace(fit, parameters=values).posteriors()]
        order = np.argsort(np.concatenate([place for place, _ in parts]))
        return np.concatenate([heights for _, heights in parts])[order][model.answers.grouped.member]

    unit = step * np.eye(len(start))
    scores = np.stack([(of_groups(start + one) - of_groups(start - one)) / (2 * step) for one in unit], axis=1)
    inverse = np.linalg.inv(fit.maximum.information)
    leaders = len(scores)
    sandwich = inverse @ scores.T @ scores @ inverse * leaders / (leaders - 1)
    assert fit.covariance(model.units) == pytest.approx(sandwich, rel=1e-5, abs=1e-8)
    assert result.get("loading", item="b", method="equal").std_error == pytest.approx(math.sqrt(sandwich[1, 1]), rel=1e-5)


def test_two_waves_are_groups_of_their_own_and_errors_by_leader() -> None:
    """The same answers again in a second wave: estimates of one wave, and its errors by leader, since nothing is new."""
    codes, leader = TEAMS
    one = op.two_level(counted(codes, leader))
    wave = np.repeat([1, 2], len(leader))
    two = op.two_level(counted(np.vstack([codes, codes]), np.tile(leader, 2), wave=wave))
    for first, second in zip(one.statistics, two.statistics, strict=True):
        if first.std_error is not None and not math.isnan(first.std_error) and first.quantity != "icc":
            assert second.estimate == pytest.approx(first.estimate, rel=1e-6, abs=1e-7)
            assert second.std_error == pytest.approx(first.std_error, rel=1e-5)
            assert "groups_of_waves" in second.note
    assert two.get("equal_loadings").statistic == pytest.approx(one.get("equal_loadings").statistic, rel=1e-5)


def test_order_of_rows_and_items_does_not_matter() -> None:
    codes, leader = TEAMS
    shuffled = np.random.default_rng(3).permutation(len(leader))
    turned = plain_instrument((1, 2, 3), NAMES[::-1])
    other = op.two_level(counted(codes[shuffled][:, ::-1], leader[shuffled], turned))
    for row in op.two_level(counted(codes, leader)).statistics:
        same = other.get(row.quantity, item=row.item, category=row.category, method=row.method)
        for field in ("estimate", "std_error", "statistic"):
            expected = math.nan if getattr(row, field) is None else getattr(row, field)
            assert getattr(same, field) in (None, pytest.approx(expected, rel=1e-6, abs=1e-8, nan_ok=True))


def test_categories_the_other_way_round_turn_the_thresholds() -> None:
    codes, leader = TEAMS
    turned = op.two_level(counted(np.where(codes > 0, 4 - codes, codes), leader))
    for method in ("equal", "free"):
        ours, theirs = parameters(op.two_level(counted(codes, leader)), method), parameters(turned, method)
        assert theirs[0] == pytest.approx(ours[0], rel=1e-6)
        assert theirs[1] == pytest.approx(ours[1], rel=1e-6)
        assert theirs[2] == pytest.approx(-ours[2][:, ::-1], rel=1e-6, abs=1e-7)


def test_an_item_that_runs_the_other_way_has_a_negative_loading() -> None:
    codes, leader = TEAMS
    against = codes.copy()
    against[:, 1] = np.where(codes[:, 1] > 0, 4 - codes[:, 1], codes[:, 1])
    ours, theirs = parameters(op.two_level(counted(codes, leader)), "equal"), op.two_level(counted(against, leader))
    assert theirs.value("loading", item="b", method="equal") == pytest.approx(-ours[0][1], rel=1e-6)
    assert "goes_against_the_others" in theirs.get("loading", item="b", method="equal").note


def test_leaders_with_one_answer_only_are_refused_and_beside_others_they_stay_in() -> None:
    codes, leader = drawn([1] * 200)
    refused = op.two_level(counted(codes, leader))
    assert {row.note for row in refused.statistics} == {"one_answer_per_leader"}
    assert all(row.estimate is None or math.isnan(row.estimate) for row in refused.statistics)
    codes, leader = drawn([1] * 60 + [4] * 20)
    answered = (codes > 0).any(axis=1)
    assert op.two_level(counted(codes, leader)).get("log_likelihood").n == answered.sum()


def test_no_variance_between_leaders_is_a_bound() -> None:
    """Answers dealt to leaders so that each has the same ones: leaders differ less than by chance."""
    codes, _ = drawn([1] * 100, seed=5, holes=0.0)
    result = op.two_level(counted(np.repeat(codes, 8, axis=0), np.tile(np.arange(8), 100)))
    share, between = result.get("icc", method="equal"), result.get("loading_between", item="a", method="equal")
    assert (share.estimate, share.std_error, between.estimate, between.std_error) == (0.0, None, 0.0, None)
    assert share.note.startswith("variance_at_zero")
    assert between.note.startswith("variance_at_zero")
    variance = result.get("no_variance_between")
    assert (variance.statistic, variance.p_value) == (0.0, 1.0)
    assert result.get("equal_loadings").note == "variance_at_zero"
    assert {row.note for row in result.statistics if row.method == "free"} == {"variance_at_zero"}
    assert result.get("loading", item="a", method="equal").std_error > 0
    assert result.value("omega_within", method="equal") > 0
    model = result.model().equal
    assert model.posterior_mean == pytest.approx(np.zeros(8), abs=1e-12)
    assert model.posterior_sd == pytest.approx(np.ones(8))


def test_a_start_where_the_likelihood_is_level_is_left(monkeypatch) -> None:
    """At a ratio of 0 the log-likelihood is level in it, and here no maximum."""
    usual = op.two_level(counted(*TEAMS)).value("icc", method="equal")
    monkeypatch.setattr(ordinal_fit, "_RATIO", 0.0)
    assert op.two_level(counted(*TEAMS)).value("icc", method="equal") == pytest.approx(usual, rel=1e-6)
    assert usual > 0.1


def test_a_category_that_nobody_chose_keeps_its_place() -> None:
    """The same answers on a scale with a category between and one above that nobody chose."""
    codes, leader = TEAMS
    wider = np.where(codes > 1, codes + 1, codes)
    scale = plain_instrument((1, 2, 3, 4, 5), NAMES)
    usual, result = op.two_level(counted(codes, leader)), op.two_level(counted(wider, leader, scale))
    one, two = (row.estimate for row in usual.find("threshold", item="a", method="free"))
    rows = result.find("threshold", item="a", method="free")
    assert [row.estimate for row in rows[:3]] == pytest.approx([one, one, two], rel=1e-6)
    assert math.isnan(rows[3].estimate)
    lost = [(row.note or "").split(";")[0] for row in rows]
    assert [note for note in lost if note.startswith("category")] == [f"category_not_chosen: {value}" for value in (2, 2, 5)]
    assert result.value("log_likelihood") == pytest.approx(usual.value("log_likelihood"), rel=1e-9)
    assert result.get("equal_loadings").statistic == pytest.approx(usual.get("equal_loadings").statistic, rel=1e-5)


def test_errors_by_organisation_stand_beside_those_by_leader() -> None:
    codes, leader = drawn([3] * 120, seed=9)
    result = op.two_level(counted(codes, leader, organisation=leader // 4))
    beside = op.two_level(counted(codes, leader, organisation=leader // 4), cluster="organisation")
    for name in ("icc", "omega_within"):
        one, other = result.get(name, method="equal/organisation"), beside.get(name, method="equal")
        assert one.cluster == other.cluster == "organisation"
        assert one.std_error == pytest.approx(other.std_error)
        assert one.estimate == result.value(name, method="equal")
        assert one.std_error != pytest.approx(result.get(name, method="equal").std_error, rel=1e-3)
    few = op.two_level(counted(codes, leader, organisation=leader // 5))
    assert few.find("icc", method="equal/organisation") == ()
    # Leaders whose organisation is not known are units of their own, and no organisations.
    some = [f"o{one // 4}" if one < 80 else None for one in leader]
    keys = {"leader": Key.of([f"l{one}" for one in leader]), "organisation": Key.of(some)}
    unknown = op.two_level(ResponsePatterns.count(plain_instrument((1, 2, 3), NAMES), codes, keys))
    assert unknown.find("icc", method="equal/organisation") == ()


def test_slopes_between_leaders_who_differ_much_are_no_diverging_ones() -> None:
    """Five sixths of the factor's variance between leaders: 2.2 within leaders is 4.9 between them, and 5.4 at one level."""
    codes, leader = drawn([6] * 120, ratio=math.sqrt(5), loading=np.full(4, 2.2), thresholds=2 * THRESHOLDS, seed=3)
    result = op.two_level(counted(codes, leader))
    share = result.get("icc", method="equal")
    assert abs(share.estimate - 5 / 6) < 3 * share.std_error < 0.15
    for method in ("equal", "free"):
        assert max(row.estimate for row in result.find("loading_between", method=method)) > 6
        assert all(abs(row.estimate - 2.2) < 3.5 * row.std_error for row in result.find("loading", method=method))


def test_what_is_known_of_each_leader() -> None:
    """Posterior means and deviations against sums over a grid written out here."""
    codes, leader = TEAMS
    model = op.two_level(counted(codes, leader)).model().free
    probability = curves(model.loading, model.loading_between, model.thresholds)
    for one in (0, 6, 20):
        people = [
            WEIGHTS @ np.prod([probability[item, code - 1] for item, code in enumerate(row) if code > 0], axis=0)
            for row in codes[leader == one]
            if (row > 0).any()
        ]
        after = np.prod(people, axis=0) * WEIGHTS
        after /= after.sum()
        place = int(np.flatnonzero(model.answers.leader == one)[0])
        mean = after @ NODES
        assert model.posterior_mean[place] == pytest.approx(mean, abs=1e-8)
        assert model.posterior_sd[place] == pytest.approx(math.sqrt(after @ (NODES - mean) ** 2), abs=1e-8)
        assert model.expected(lambda u: np.stack([u, u**3], axis=1))[place, 1] == pytest.approx(after @ NODES**3, abs=1e-7)


def test_rows_are_the_declared_ones_and_have_words() -> None:
    answers = load_case("sim1_complete")
    result = op.two_level(answers)
    refuse_rows_without_words(result.statistics)
    refuse_other_rows(result.statistics, [*declared(answers), *declared_continuous(answers)])
