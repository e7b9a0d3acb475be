"""The one policy: small groups are withheld, rare answer patterns joined, and nothing else changes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omstilling_psychometrics.errors import UsageError
from omstilling_psychometrics.instrument import plain_instrument
from omstilling_psychometrics.responses.disclosure import Disclosure, group_sizes, pattern_givers, size_of
from omstilling_psychometrics.responses.patterns import Key, ResponsePatterns

INSTRUMENT = plain_instrument((1, 2), ("a", "b"), roles=("team", "self"))


def row(quantity: str = "alpha", **fields: Any) -> dict[str, Any]:
    base: dict[str, Any] = dict.fromkeys(
        ("analysis", "role", "group", "quantity", "item", "category", "method", "cluster", "estimate", "std_error", "conf_low",
         "conf_high", "statistic", "df", "p_value", "n", "note")
    )  # fmt: skip
    return {**base, "analysis": "x", "role": "team", "quantity": quantity, "estimate": 1.0, "n": 100, **fields}


def patterns(*counts: int, **fields: Any) -> list[dict[str, Any]]:
    return [row("pattern_count", item=f"{place:02b}", estimate=float(count), **fields) for place, count in enumerate(counts)]


LARGE = {("team", None): (100, 20)}


def test_small_groups_lose_every_number() -> None:
    rows = [row(), row(role="self", conf_low=0.1, statistic=3.0), row(group="x", role="team")]
    sizes = {**LARGE, ("self", None): (4, 10), ("team", "x"): (50, 2)}
    kept, small, few_leaders = Disclosure().rows(rows, sizes)
    assert kept == rows[0]
    for withheld in (small, few_leaders):
        assert withheld["note"] == "suppressed"
        assert withheld["estimate"] is withheld["n"] is withheld["conf_low"] is withheld["statistic"] is None
    assert small["quantity"] == "alpha"


def test_a_note_says_no_more_of_a_small_group_than_its_name() -> None:
    sizes = {("all", None): (300, None), ("all", "other sex"): (3, None), ("all", "m"): (150, None), ("all", "w"): (147, None)}
    note = "small_groups_left_out: other sex 3 < 100; few_clusters: 40 < 50; small_groups: m 150"
    (kept,) = Disclosure().rows([row(role="all", note=note)], sizes)
    assert kept["note"] == "small_groups_left_out: other sex; few_clusters: 40 < 50; small_groups: m 150"
    assert kept["estimate"] == 1.0
    assert Disclosure.none().rows([row(role="all", note=note)], sizes)[0]["note"] == note


def test_leaders_matter_only_where_they_are_known() -> None:
    assert not Disclosure().withholds(5, None)
    assert not Disclosure().withholds(5, 3)
    assert Disclosure().withholds(5, 2)
    assert Disclosure().withholds(4, None)


def test_a_group_of_unknown_size_is_withheld() -> None:
    assert Disclosure().rows([row(role="nobody")], LARGE)[0]["note"] == "suppressed"


def test_rare_patterns_are_joined() -> None:
    joined = Disclosure().rows([row(), *patterns(60, 4, 30, 3, 3), row("mean")], LARGE)
    counts = {one["item"]: one["estimate"] for one in joined if one["quantity"] == "pattern_count"}
    assert counts == {"00": 60.0, "10": 30.0, "other": 10.0}
    assert [one["quantity"] for one in joined] == ["alpha", *["pattern_count"] * 3, "mean"]


def test_other_is_never_below_the_minimum_itself() -> None:
    counts = {one["item"]: one["estimate"] for one in Disclosure().rows(patterns(60, 2, 30, 8), LARGE)}
    assert counts == {"00": 60.0, "10": 30.0, "other": 10.0}


def test_patterns_of_a_withheld_group_lose_their_names() -> None:
    found = Disclosure().rows(patterns(2, 1, 1), {("team", None): (4, None)})
    assert [one["item"] for one in found] == ["other"]
    assert found[0]["estimate"] is None


@given(st.lists(st.integers(1, 30), min_size=1, max_size=20))
def test_joining_keeps_the_total_and_hides_every_rare_pattern(counts: list[int]) -> None:
    found = Disclosure().rows(patterns(*counts), LARGE)
    assert sum(one["estimate"] for one in found) == sum(counts)
    assert all(one["estimate"] >= 5 for one in found) or (len(found) == 1 and sum(counts) < 5)


def test_none_writes_everything() -> None:
    rows = [row(role="nobody"), *patterns(1, 2)]
    assert Disclosure.none().rows(rows, {}) == rows
    assert not Disclosure.none().active


def test_a_negative_minimum_is_refused() -> None:
    with pytest.raises(UsageError, match="minimum_leaders is -1"):
        Disclosure(minimum_leaders=-1)


def counted() -> ResponsePatterns:
    role = ["team"] * 6 + ["self"] * 2
    keys = {
        "role": Key.of(role),
        "respondent": Key.of(["r1", "r1", "r2", "r3", None, None, "r1", "r4"]),
        "leader": Key.of(["L1", "L2", "L1", None, "L1", "L1", "L1", "L2"]),
        "wave": Key.of(["1", "2", "1", "1", "1", None, "1", "2"]),
    }
    return ResponsePatterns.count(INSTRUMENT, np.array([[1, 2]] * 8), keys)


def test_sizes_count_people_where_they_are_known() -> None:
    sizes = group_sizes(counted(), "wave")
    assert sizes["all", None] == (6, 2)
    assert sizes["team", None] == (5, 2)  # r1, r2, r3 and two who are not known
    assert sizes["self", None] == (2, 2)
    assert sizes["team", "1"] == (4, 1)
    assert sizes["team", "2"] == (1, 1)
    assert size_of(counted().pool(["respondent", "leader"])) == (8, None)
    assert sizes["team", None, "wave=2"] == (1, 1)
    assert group_sizes(counted().pool(["role", "wave"])) == {("all", None): (6, 2)}


def test_comparisons_that_name_a_small_group_are_withheld() -> None:
    answers = counted()
    keys = {**answers.keys, "form": Key(np.zeros_like(answers.pattern), ("1",))}
    sizes = group_sizes(ResponsePatterns.count(INSTRUMENT, answers.patterns[answers.pattern], keys, answers.counts), "wave")
    assert sizes["all", "1"] == (4, 1)  # the wave that was asked for, not the form of the same name
    rows = [row(role="all", method=method) for method in ("team", "self~team", "blank/wave=2", "listwise/bonett")]
    found = Disclosure(minimum_respondents=3, minimum_leaders=0).rows(rows, sizes)
    assert [one["note"] for one in found] == [None, "suppressed", "suppressed", None]


def test_a_value_is_withheld_where_few_of_the_role_have_it() -> None:
    sizes = {**LARGE, ("all", None): (900, 40), ("team", None, "form=B"): (2, 2), ("all", None, "form=B"): (60, 20)}
    rows = [row(role=role, method=method) for role in ("team", "all") for method in ("dk/form=B", "dk/form=A")]
    assert [one["note"] for one in Disclosure().rows(rows, sizes)] == ["suppressed", None, None, None]


def test_labels_may_hold_what_stands_between_labels() -> None:
    sizes = {("all", None): (300, 40), ("all", "A/B"): (1, 1), ("all", "A"): (99, 20), ("all", "x~y=2"): (200, 20)}
    methods = ("A/B~x~y=2", "A~x~y=2", "intercepts/A/B", "intercepts/A")
    found = Disclosure().rows([row(role="all", method=method) for method in methods], sizes)
    assert [one["note"] for one in found] == ["suppressed", None, "suppressed", None]


def test_patterns_count_people_where_one_answers_several_times() -> None:
    keys = {
        "role": Key.of(["self"] * 60, ("team", "self")),
        "respondent": Key.of([f"r{one}" for one in range(50)] + ["boss"] * 10),
    }
    answers = ResponsePatterns.count(INSTRUMENT, np.array([[1, 2]] * 50 + [[-1, 2]] * 10), keys)
    givers = pattern_givers(answers)
    assert givers == {("self", None, "11"): 50, ("self", None, "01"): 1}
    rows = [row("pattern_count", role="self", item=item, estimate=count) for item, count in (("11", 50.0), ("01", 10.0))]
    found = Disclosure().rows(rows, group_sizes(answers), givers)
    assert [(one["item"], one["estimate"]) for one in found] == [("other", 60.0)]


def test_odds_ratios_of_a_withheld_role_are_withheld() -> None:
    sizes = {("all", None): (304, None), ("team", None): (300, None), ("boss", None): (4, None)}
    found = Disclosure().rows([row(role="all", method=f"any/role={role}") for role in ("boss", "team")], sizes)
    assert [one["note"] for one in found] == ["suppressed", None]


def test_cells_of_small_groups() -> None:
    answers = counted()
    small = Disclosure(minimum_respondents=3, minimum_leaders=0).withheld_cells(answers, ["role"])
    assert small.tolist() == (answers.keys["role"].codes == answers.keys["role"].levels.index("self")).tolist()
