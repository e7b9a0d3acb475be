"""Invariance where groups do not use the same categories."""

import math

import numpy as np
import pytest

from made_up import grouped
from omstilling_psychometrics.core.vocabulary import vocabulary
from omstilling_psychometrics.topics.invariance.analysis import invariance
from omstilling_psychometrics.topics.invariance.numerics.ladder import ORDINAL


def test_an_empty_category_relabels_nothing():
    def empty(answers, group):
        answers[(group == 1) & (answers[:, 0] == 1), 0] = 2

    result = invariance(grouped(500, change=empty), by="form")
    assert result.get("chi2", method="configural").df == 4
    # Four items: three thresholds instead of four are held equal for the first, less two for location and scale.
    assert result.get("difference", method="thresholds").df == 7
    # A category that nobody in a group chose has probability 0 there.
    bias = result.get("expected_score_bias", item="a", method="g1~g0")
    assert bias.note == "category_not_chosen"
    low, high = bias.confidence_interval()
    assert low < 0.2 < high < 0.5  # who answered 1, one in five, now answers 2
    # Beside it the ladder with the lowest two categories joined in both groups: one threshold less is there to be held equal.
    joined = result.get("difference", method="joined/thresholds")
    assert joined.note == "categories_joined: a 1–2"
    assert joined.df == 7
    assert result.get("chi2", method="joined/configural").df == 4
    assert result.get("difference", method="joined/intercepts").p_value > result.get("difference", method="intercepts").p_value
    assert not result.find("item_difference", method="joined/intercepts")
    assert math.isfinite(result.value("expected_score_bias", item="b"))


def middle_empty(to, who=1):
    """Group 1, or every group, gives `to` instead of 3 to the first item."""

    def change(answers, group):
        answers[((group == who) | (who is None)) & (answers[:, 0] == 3), 0] = to

    return change


def test_an_empty_category_in_the_middle_is_noted_and_shown_both_ways():
    result = invariance(grouped(500, change=middle_empty(4)), by="form")
    note = "category_not_chosen: a 3"
    # Nothing is relabelled: all four thresholds of the group are there, two of them equal, and are held equal to the others'.
    rejected = result.get("difference", method="thresholds")
    assert (rejected.df, rejected.note) == (8, note)
    assert rejected.p_value < 1e-9
    assert result.get("chi2", method="configural").note is None  # holds no thresholds equal
    for step in ORDINAL[1:]:
        for quantity in ("chi2", "chi2_scaled", "difference", "cfi_scaled", "srmr"):
            assert result.get(quantity, method=step).note == note
    assert result.get("latent_mean", method="intercepts/g1").note == note
    assert result.get("item_difference", item="a", method="intercepts/small_sample").note == note
    assert result.get("item_difference", item="b", method="intercepts").note is None
    assert result.get("expected_score_bias", item="b", method="g1~g0").note is None
    bias = result.get("expected_score_bias", item="a", method="g1~g0")
    low, high = bias.confidence_interval()
    assert bias.note == "category_not_chosen"
    assert low < 0.2 < high  # who answered 3, one in five, now answers 4
    # With the item free nothing contradicts the empty category any more, and its bias still rests on it.
    assert result.get("chi2", method="intercepts/partial").note is None
    assert result.get("scale_score_bias", method="partial/g1~g0").note == "category_not_chosen"
    # Joined with the neighbour to which the answers went it is as if the item had four categories.
    joined = result.get("difference", method="joined/thresholds")
    assert (joined.df, joined.note) == (7, "categories_joined: a 3–4")
    assert joined.p_value > 0.05
    relabelled = invariance(grouped(500, change=middle_empty(4, None)), by="form")
    assert joined.statistic == pytest.approx(relabelled.get("difference", method="thresholds").statistic, rel=1e-6)


def test_an_empty_category_is_joined_with_the_neighbour_that_took_its_answers():
    result = invariance(grouped(500, change=middle_empty(2)), by="form")
    assert result.get("difference", method="joined/thresholds").note == "categories_joined: a 2–3"
    assert result.get("difference", method="joined/thresholds").p_value > 0.05


def test_a_category_that_no_group_chose_needs_no_joining():
    result = invariance(grouped(500, change=middle_empty(4, None)), by="form")
    assert result.get("difference", method="thresholds").df == 7
    assert result.get("difference", method="thresholds").note is None
    assert not result.find("chi2", method="joined/configural")
    assert result.get("expected_score_bias", item="a", method="g1~g0").note == "category_not_chosen"


def test_groups_that_share_no_categories_are_left_alone():
    def apart(answers, group):
        answers[:, 0] = np.where(group == 1, np.maximum(answers[:, 0], 4), np.minimum(answers[:, 0], 3))

    assert not invariance(grouped(300, change=apart), by="form").find("chi2", method="joined/configural")


def test_where_a_group_uses_three_categories_equal_thresholds_say_nothing():
    def upper(answers, group):
        answers[group == 1] = np.maximum(3, answers[group == 1])

    result = invariance(grouped(400, k=4, change=upper), by="form")
    assert result.get("difference", method="thresholds").note == "step_restricts_nothing"
    assert result.get("difference", method="loadings").df == 3
    assert all(vocabulary("en").note(one.note) for one in result.statistics if one.note)
