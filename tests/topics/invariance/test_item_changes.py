"""What became of an item in another form: by identity, by planted differences, and rule by rule."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from scipy.stats import norm

import omstilling_psychometrics as op
from omstilling_psychometrics.core.results import Statistic
from omstilling_psychometrics.simulation.survey import simulate
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns
from omstilling_psychometrics.topics.factor.numerics.standardize import delta_method
from omstilling_psychometrics.topics.invariance.item_changes import LEVEL, item_changes
from omstilling_psychometrics.topics.invariance.numerics.ladder import continuous_ladder, loading_differences, ordinal_ladder


@pytest.fixture(scope="module")
def planted() -> op.InvarianceResult:
    """Wave 2 of a synthetic survey: in form B `kultur` is worse and `vaerdi` shifted."""
    return op.invariance(simulate(3).to_patterns().select(role="medarbejder", wave="2"), by="form")


@pytest.mark.parametrize("step", [ordinal_ladder(4, 5, 3)[3], continuous_ladder(4, 3)[2]])
def test_both_loadings_are_standardized_by_the_latent_variance_of_the_first_group(step) -> None:
    rng = np.random.default_rng(2)
    theta = rng.uniform(0.5, 1.5, step.model.q)
    elements = step.model.elements(theta)
    loadings, variances = (step.model.matrix(part, elements) for part in ("loadings", "latent_variances"))
    residuals = step.model.residual_variances(elements)
    by_hand = [
        loadings[g, 1, 0] * variances[0, 0] ** 0.5 / (loadings[g, 1, 0] ** 2 * variances[0, 0] + residuals[g, 1]) ** 0.5
        for g in range(3)
    ]
    found, errors = delta_method(partial(loading_differences, step.model, item=1), theta, np.eye(step.model.q))
    assert found == pytest.approx([by_hand[1] - by_hand[0], by_hand[2] - by_hand[0]], rel=1e-12)
    assert (errors >= 0).all()
    turned = step.model.elements_of("loadings")
    place = np.unique(step.model.free[:, turned])
    flipped = theta.copy()
    flipped[place[place >= 0]] *= -1
    assert loading_differences(step.model, flipped, 1) == pytest.approx(found, rel=1e-12)


@pytest.mark.proves("loading_difference")
def test_an_item_that_is_half_noise_has_the_loading_of_its_half() -> None:
    """In the second group the third item is the same answers, but of every other respondent those of somebody else; everything
    else is the same, so that its covariances with the others are what is left, and its variance is as it was."""
    n = 4000
    rng = np.random.default_rng(5)
    latent = rng.normal(size=(n, 1)) + 0.8 * rng.normal(size=(n, 4))
    first = np.clip(np.round(3 + latent), 1, 5).astype(int)
    second = first.copy()
    second[::2, 2] = rng.permutation(second[::2, 2])
    keys = {"form": Key.of(["g0"] * n + ["g1"] * n)}
    patterns = ResponsePatterns.count(plain_instrument((1, 2, 3, 4, 5), tuple("abcd")), np.vstack([first, second]), keys)
    result = op.invariance(patterns, by="form", estimator="MLR")

    def loading(answers: np.ndarray) -> float:
        """From the covariances of the third item with the three others, whose part of the factor is known from the first
        group: the model with that item free has three covariances for one loading, and these agree nearly."""
        s = np.cov(answers.T)
        base = np.cov(first.T)
        others = [0, 1, 3]
        own = [np.sqrt(base[i, j] * base[i, k] / base[j, k]) for i, j, k in ((0, 1, 3), (1, 0, 3), (3, 0, 1))]
        return float(np.mean([s[2, place] / factor for place, factor in zip(others, own, strict=True)]) / np.sqrt(s[2, 2]))

    found = result.get("loading_difference", item="c", method="continuous/g1~g0")
    assert found.estimate == pytest.approx(loading(second) - loading(first), abs=0.002)
    assert found.p_value == pytest.approx(2 * norm.sf(abs(found.estimate / found.std_error)), abs=1e-12)
    changes = result.item_changes().set_index("item")["change"].to_dict()
    assert changes == {"a": "no_difference", "b": "no_difference", "c": "worse", "d": "no_difference"}


def test_worse_and_only_shifted_are_told_apart(planted: op.InvarianceResult) -> None:
    table = planted.item_changes().set_index("item")
    assert table["change"].to_dict() == {
        "kompetencer": "no_difference",
        "forklare": "no_difference",
        "vaerdi": "shifted",
        "kultur": "worse",
        "itsikkerhed": "no_difference",
    }
    # Planted is .60 for .84, and thresholds .30 higher, which is a quarter of a point.
    assert table.loc["kultur", "loading_difference"] == pytest.approx(-0.24, abs=0.08)
    assert table.loc["vaerdi", "expected_score_bias"] == pytest.approx(-0.25, abs=0.08)
    assert (table["groups"] == "B~A").all()


def test_an_item_that_stays_equal_is_read_beside_those_set_free(planted: op.InvarianceResult) -> None:
    """All others equal, `forklare` seems to differ: what is wrong with the other two falls on it."""
    alone = planted.get("item_difference", item="forklare", method="intercepts/small_sample")
    assert alone.p_value is not None
    assert alone.p_value < LEVEL / 5
    beside = planted.get("item_difference", item="forklare", method="intercepts/beside")
    table = planted.item_changes().set_index("item")
    assert table.loc["forklare", "p_value"] == beside.p_value
    assert beside.p_value is not None
    assert beside.p_value > LEVEL / 3
    row = planted.get("loading_difference", item="forklare", method="beside/B~A")
    assert table.loc["forklare", ["loading_difference_low", "loading_difference_high"]].tolist() == list(
        row.confidence_interval()
    )


def _rows(loading_p: float, loading: float, shifts: dict[str, tuple[float, float]], free: bool = True) -> list[Statistic]:
    rows = [Statistic(quantity="item_difference", item="a", method="intercepts", p_value=0.001)]
    rows += [Statistic(quantity="item_difference", item=item, method="intercepts", p_value=0.9) for item in "bcde"]
    way = ""
    if free:
        way = "partial/"
        rows.append(Statistic(quantity="partial_invariance", item="a", method="intercepts", category=1, p_value=0.001))
    for pair, bounds in shifts.items():
        fields = {"item": "a", "method": f"{way}{pair}"}
        middle = sum(bounds) / 2
        rows.append(Statistic(quantity="expected_score_bias", estimate=middle, interval=lambda level, b=bounds: b, **fields))
        rows.append(Statistic(quantity="loading_difference", estimate=loading, p_value=loading_p, **fields))
    return rows


@pytest.mark.parametrize(
    ("loading_p", "loading", "shifts", "free", "expected"),
    [
        (0.009, -0.1, {"b~a": (-0.1, 0.1)}, True, ["worse"]),
        (0.009, 0.1, {"b~a": (-0.1, 0.1)}, True, ["better"]),
        (0.011, -0.1, {"b~a": (0.1, 0.2)}, True, ["shifted"]),
        (0.011, -0.1, {"b~a": (-0.1, 0.2)}, True, ["unclear"]),
        (0.011, -0.1, {"b~a": (-0.1, 0.2), "c~a": (-0.3, 0.1)}, True, ["unclear", "unclear"]),
        (0.011, -0.1, {"b~a": (-0.1, 0.2), "c~a": (-0.3, -0.1)}, True, ["no_difference", "shifted"]),
        (0.001, -0.1, {"b~a": (0.1, 0.2)}, False, ["no_difference"]),
    ],
)
def test_the_rule(loading_p, loading, shifts, free, expected) -> None:
    found = [one for one in item_changes(_rows(loading_p, loading, shifts, free)) if one.item == "a"]
    assert [one.change for one in found] == expected
    assert all(one.set_free is free for one in found)


def test_groups_too_small_to_compare_have_no_row() -> None:
    answers = np.tile([[1, 2, 3], [3, 3, 2], [2, 1, 1]], (20, 1))
    keys = {"form": Key.of(["x", "y"] * 30)}
    few = ResponsePatterns.count(plain_instrument((1, 2, 3), tuple("abc")), answers, keys)
    table = op.invariance(few, by="form").item_changes()
    assert table.empty
    assert list(table.columns[:3]) == ["item", "groups", "change"]


def test_without_a_test_nothing_is_evaluated_and_the_reason_is_said() -> None:
    rows = [
        Statistic(quantity="item_difference", item="a", method="intercepts", note="one_cluster"),
        Statistic(quantity="expected_score_bias", item="a", method="b~a", estimate=0.1),
        Statistic(quantity="item_difference", item="b", method="intercepts", note="not_converged"),
    ]
    found = item_changes(rows)
    assert [(one.item, one.pair, one.change, one.reason) for one in found] == [
        ("a", "b~a", "not_evaluated", "one_cluster"),
        ("b", "", "not_evaluated", "not_converged"),
    ]


def test_groups_of_equal_answers_have_no_difference() -> None:
    rng = np.random.default_rng(1)
    one = np.clip(np.round(3 + rng.normal(size=(500, 1)) + rng.normal(size=(500, 4))), 1, 5).astype(int)
    keys = {"form": Key.of(["x"] * 500 + ["y"] * 500)}
    patterns = ResponsePatterns.count(plain_instrument((1, 2, 3, 4, 5), tuple("abcd")), np.vstack([one, one]), keys)
    table = op.invariance(patterns, by="form").item_changes()
    assert set(table["change"]) == {"no_difference"}
    assert table["loading_difference"].abs().max() < 1e-6
