"""Several groups: identities, and what a group that lacks a category can and cannot say."""

from __future__ import annotations

import math

import pytest

from omstilling_psychometrics.core.errors import UsageError
from omstilling_psychometrics.reference import load_case
from omstilling_psychometrics.survey.patterns import ResponsePatterns
from omstilling_psychometrics.topics.irt.analysis import irt
from omstilling_psychometrics.topics.irt.analysis_groups import irt_groups


@pytest.mark.parametrize("model", ["graded", "gpcm"])
def test_configural_groups_are_the_groups_apart(model: str) -> None:
    answers = load_case("bfi_A")
    together = irt_groups(answers, by="group", model=model, invariance="configural")  # type: ignore[arg-type]
    apart = {group: irt(one.pool("group"), model=model) for group, one in answers.split("group")}  # type: ignore[arg-type]
    total = sum(result.value("log_likelihood") for result in apart.values())
    assert together.log_likelihood == pytest.approx(total, rel=1e-12)
    for group, result in apart.items():
        for row in result.find("difficulty"):
            other = together.get("difficulty", group=group, item=row.item, category=row.category)
            assert other.estimate == pytest.approx(row.estimate, abs=1e-6)
            assert other.std_error == pytest.approx(row.std_error, rel=1e-5)


def test_one_tied_slope_is_no_restriction() -> None:
    """One common slope only sets the second group's variance, so the fit is that of groups apart, up to what the nodes, which
    end at 6, cut off a larger variance."""
    answers = load_case("datCat")
    free = irt_groups(answers, by="group", invariance="metric", noninvariant=answers.items[1:])
    apart = irt_groups(answers, by="group", invariance="configural")
    assert free.log_likelihood == pytest.approx(apart.log_likelihood, rel=1e-6)
    assert free.parameters == apart.parameters
    partial = irt_groups(answers, by="group", noninvariant=["i4"])
    scalar = irt_groups(answers, by="group")
    assert partial.log_likelihood > scalar.log_likelihood
    assert partial.parameters == scalar.parameters + 5


def test_likelihood_ratio_of_one_item() -> None:
    """Freeing the item with planted dependence on role (item 4 of sim1, for `report`) raises the likelihood most."""
    answers = load_case("sim1")
    base = irt_groups(answers, by="group").log_likelihood
    rise = {item: irt_groups(answers, by="group", noninvariant=[item]).log_likelihood - base for item in answers.items}
    assert max(rise, key=lambda item: rise[item]) == "i4"
    assert 2 * rise["i4"] > 30


def test_a_lost_category_is_null_only_where_it_is_not_tied() -> None:
    """Nobody in two groups of sim_small chose the lowest category of item 3."""
    metric = irt_groups(load_case("sim_small"), by="group", invariance="metric")
    row = metric.get("difficulty", group="peer", item="i3", category=1)
    assert (math.isnan(row.estimate), row.note) == (True, "category_not_chosen: 1")
    assert math.isfinite(metric.value("difficulty", group="self", item="i3", category=1))
    assert math.isfinite(metric.value("difficulty", group="peer", item="i3", category=2))
    scalar = irt_groups(load_case("sim_small"), by="group", invariance="scalar")
    rows = scalar.find("difficulty", item="i3", category=1)
    assert len({one.estimate for one in rows}) == 1
    assert {one.note for one in rows} == {None}


def test_standard_errors_over_groups_use_the_leaders_of_all() -> None:
    """A leader whose answers stand in two groups is one cluster."""
    answers = load_case("sim1")
    clustered, plain = irt_groups(answers, by="group"), irt_groups(answers, by="group", cluster=None)
    row, other = (one.get("latent_mean", group="self") for one in (clustered, plain))
    assert row.estimate == other.estimate
    assert (row.cluster, other.cluster) == ("leader", None)
    assert row.std_error != other.std_error
    assert clustered.get("latent_mean", group="peer").note == "fixed"


def test_groups_that_cannot_be_fitted_say_why() -> None:
    answers = load_case("datCat")
    with pytest.raises(UsageError, match="irt_groups compares groups of 'group', and these answers have 'female' only"):
        irt_groups(answers.select(group="female"), by="group")
    everyone = answers.expand(coded=True)
    everyone.loc[everyone["group"] == "male", list(answers.items)] = 5
    ceiling = irt_groups(ResponsePatterns.from_frame(everyone, answers.instrument), by="group")
    assert ceiling.notes == ("too_few_items_vary: 0 < 2",)
    assert math.isnan(ceiling.log_likelihood)
    assert not ceiling.converged


def test_options_are_refused_by_name() -> None:
    answers = load_case("datCat")
    with pytest.raises(UsageError, match="no column 'role'"):
        irt_groups(answers)
    with pytest.raises(UsageError, match="graded, gpcm"):
        irt_groups(answers, by="group", model="pcm")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="configural, metric, scalar"):
        irt_groups(answers, by="group", invariance="strict")  # type: ignore[arg-type]
    roles = answers.expand(coded=True)
    roles["role"] = ["employee", "leader"] * (len(roles) // 2)
    with pytest.raises(UsageError, match="takes one role"):
        irt_groups(ResponsePatterns.from_frame(roles, answers.instrument), by="group")
    with pytest.raises(UsageError, match="noninvariant names i9"):
        irt_groups(answers, by="group", noninvariant=["i9"])
