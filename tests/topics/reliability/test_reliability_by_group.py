"""Reliability of each group: that of its answers alone, and none of groups that nobody has released."""

from __future__ import annotations

import pytest

import omstilling_psychometrics as op
from omstilling_psychometrics.reference import load_case
from omstilling_psychometrics.survey.patterns import ResponsePatterns

ANSWERS = load_case("datCat")


def test_each_group_as_by_itself() -> None:
    result = op.reliability(ANSWERS, by="group")
    for group in ("female", "male"):
        alone = op.reliability(ANSWERS.select(group=group))
        mine = [(row.quantity, row.method, row.estimate, row.std_error) for row in result.statistics if row.group == group]
        assert mine == [(row.quantity, row.method, row.estimate, row.std_error) for row in alone.statistics]
        assert result.model(group).listwise.estimate == alone.alpha
    difference = op.alpha_comparison(ANSWERS, by="group").value("alpha_difference", method="female~male")
    alphas = [result.value("alpha", group=group, method="listwise") for group in ("female", "male")]
    assert alphas[0] - alphas[1] == pytest.approx(difference, rel=1e-12)
    assert result.glance()["group"].tolist() == ["female", "male"]
    assert result.settings["by"] == "group"


def test_roles_are_apart_already() -> None:
    assert op.reliability(ANSWERS, by="role").rows() == op.reliability(ANSWERS).rows()


def test_several_roles_and_groups() -> None:
    frame = ANSWERS.expand(coded=True).assign(role=["x", "y"] * (ANSWERS.n // 2))
    both = ResponsePatterns.from_frame(frame, ANSWERS.instrument)
    result = op.reliability(both, by="group")
    units = {(row.role, row.group) for row in result.statistics}
    assert units == {(role, group) for role in ("x", "y") for group in ("female", "male")}
    assert set(result.models) == {f"{role}/{group}" for role, group in units}


def test_what_cannot_be_grouped_is_refused() -> None:
    with pytest.raises(op.UsageError, match="no column 'gender' to group by"):
        op.reliability(ANSWERS, by="gender")
    with pytest.raises(op.UsageError, match=r"not released by 'group'.*answers.released\(op.Disclosure\(\), by='group'\)"):
        op.reliability(ANSWERS.released(), by="group")
    released = ANSWERS.released(op.Disclosure(), by="group")
    assert op.reliability(released, by="group").is_released
