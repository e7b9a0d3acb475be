"""One coefficient to print, the same on the first page and in the section; and what is said of pairs of items."""

from __future__ import annotations

from typing import Any

import pytest

from omstilling_psychometrics.present.rows import Row
from omstilling_psychometrics.reporting.story import reliability as printed
from omstilling_psychometrics.reporting.story import score
from omstilling_psychometrics.topics.factor import section as cfa
from omstilling_psychometrics.topics.reliability import section as reliability
from omstilling_psychometrics.topics.reliability.recommendation import recommended
from shown_rows import UNIT, row, view


def coefficient(quantity: str, method: str, estimate: float, **more: Any) -> Row:
    return row("reliability", quantity, estimate, method=method, conf_low=estimate - 0.01, conf_high=estimate + 0.01, **more)


def equal_loadings(p_value: float) -> Row:
    return row("cfa", "tau_equivalence", None, method="WLSMV", p_value=p_value)


ALPHA = coefficient("alpha", "listwise", 0.85)
OMEGA = coefficient("omega_categorical", "implied", 0.862)
FOUND = coefficient("omega_categorical", "implied/forklare~vaerdi", 0.851, note="pair_chosen_from_data")
FIT = [
    row("cfa", "rmsea_robust", 0.03, method="WLSMV", conf_low=0.01, conf_high=0.05),
    row("cfa", "cfi_robust", 0.99, method="WLSMV", conf_low=0.98, conf_high=1.0),
]


def test_with_a_pair_found_all_name_the_same_coefficient_and_the_section_says_why() -> None:
    shown = view(FOUND, ALPHA, OMEGA, equal_loadings(0.001), *FIT)
    (advice,) = reliability._advice(shown)
    (finding,) = reliability.findings(shown)
    answers = [score.sentence(shown, UNIT), printed.sentence(shown, UNIT)]
    name = "categorical omega with the pair “can explain why ~ creates value for citizens” free, 0.85 [0.84; 0.86]"
    assert name in advice
    assert name in finding.text
    spelled = name.rpartition(", ")[0]
    assert f"and {spelled} is 0.85 [0.84; 0.86], the whole interval at or above 0.70." in answers[0].text
    assert answers[1].text.startswith(f"Print {spelled}: 0.85 [0.84; 0.86].")
    cell = printed.by_unit(shown, UNIT)
    assert (cell.text, cell.state) == ("categorical omega 0.85 [0.84; 0.86]", "met")
    assert cell.number == "with a correlated pair of items"
    assert "omega without them free (0.86) and alpha (0.85) are not the reliability" in advice
    assert "chosen from the same answers, so the interval is too narrow" in advice


def test_it_stands_first_in_the_table_and_in_the_plot() -> None:
    shown = view(ALPHA, OMEGA, FOUND, equal_loadings(0.001))
    table = next(block for block in reliability.build(shown) if hasattr(block, "body"))
    assert table.body[0][0].text.startswith("categorical omega")
    assert "the pair “can explain why ~ creates value for citizens” free" in table.body[0][0].text
    assert table.body[1][0].text.startswith("coefficient alpha")


def test_a_declared_pair_says_so_and_not_that_its_interval_is_too_narrow() -> None:
    declared = {**FOUND, "note": "further_pair: kompetencer~kultur"}
    (advice,) = reliability._advice(view(declared, ALPHA, OMEGA, equal_loadings(0.5)))
    assert "were declared to share" in advice
    assert "too narrow" not in advice
    assert "“keeps our competences up to date ~ creates a curious culture” still share more" in advice


@pytest.mark.parametrize(
    ("rows", "quantity", "reason"),
    [
        ([ALPHA, OMEGA, equal_loadings(0.001)], "omega_categorical", "unequal"),
        ([ALPHA, OMEGA, equal_loadings(0.4)], "alpha", "equal"),
        ([{**FOUND, "estimate": None}, ALPHA, OMEGA, equal_loadings(0.4)], "alpha", "equal"),
        ([FOUND, ALPHA, OMEGA], "omega_categorical", "pair_found"),
    ],
)
def test_what_is_recommended(rows: list[Row], quantity: str, reason: str) -> None:
    found = recommended(view(*rows), UNIT)
    assert found is not None
    assert (found.row["quantity"], found.reason) == (quantity, reason)


def test_a_pair_found_by_too_few_leaders_to_test_the_model_is_not_taken_for_one() -> None:
    refused = {**equal_loadings(0.5), "p_value": None, "note": "clusters_do_not_exceed_moments: 8 <= 59"}
    assert recommended(view(FOUND, ALPHA, OMEGA, refused), UNIT) is None
    declared = recommended(view({**FOUND, "note": None}, ALPHA, OMEGA, refused), UNIT)
    assert declared is not None
    assert (declared.reason, declared.row["estimate"]) == ("pair_declared", 0.851)


def test_nothing_is_recommended_where_it_was_not_examined() -> None:
    assert recommended(view(ALPHA), UNIT) is None
    assert recommended(view(ALPHA, OMEGA), UNIT) is None
    turned = row("items", "item_rest_correlation", -0.5, item="kultur", note="items_run_the_other_way: kultur")
    assert recommended(view(turned, ALPHA, OMEGA, equal_loadings(0.001)), UNIT) is None
    # Alpha is in the sentence anyway; nothing else is added to it.
    (finding,) = reliability.findings(view(ALPHA, OMEGA, equal_loadings(0.4)))
    assert finding.text.startswith("Coefficient alpha is 0.85")


def pair(
    item: str, index: float, holm: float, low: float | None, high: float | None, statistic: float | None = None
) -> list[Row]:
    fields: Row = {"method": "WLSMV", "item": item}
    estimate = None if low is None or high is None else (low + high) / 2
    test = 2 * index if statistic is None else statistic
    return [
        row("cfa", "modification_index", index, statistic=test, df=1, p_value=holm / 2, **fields),
        row("cfa", "modification_index_holm", None, statistic=test, df=1, p_value=holm, **fields),
        row("cfa", "expected_residual_correlation", estimate, conf_low=low, conf_high=high, **fields),
        row("cfa", "residual_correlation", 0.01, **fields),
    ]


def said(*pairs: list[Row]) -> str:
    (finding,) = cfa.findings(view(*FIT, *(one for rows in pairs for one in rows)))
    return finding.text


def test_a_pair_is_named_by_holm_and_not_by_its_own_p() -> None:
    near = pair("kompetencer~kultur", 3.0, 0.4, -0.05, 0.15)
    text = said(near, pair("forklare~vaerdi", 9.0, 0.001, 0.15, 0.35))
    assert "“can explain why ~ creates value for citizens” share something" in text
    assert "0.25 [0.15; 0.35], p = 0.001 by Holm over all pairs" in text
    # p .02 by itself, .04 · 2 among two: not named.
    assert "share something" not in said(near, pair("forklare~vaerdi", 9.0, 0.08, 0.05, 0.15))


def test_that_there_is_no_pair_takes_intervals_that_exclude_what_matters() -> None:
    inside = pair("kompetencer~kultur", 3.0, 0.4, -0.05, 0.15)
    assert "lies inside ±0.20" in said(inside, pair("forklare~vaerdi", 2.0, 0.5, -0.15, 0.19))
    text = said(inside, pair("forklare~vaerdi", 2.0, 0.5, -0.27, 0.19))
    assert "nor is it ruled out: the interval of “can explain why ~ creates value for citizens” reaches -0.27" in text
    assert "No pair of items is shown" in said(inside, pair("forklare~vaerdi", 2.0, 0.5, None, None))
    assert "pairs that could not be examined to the end: 1." in said(inside, pair("forklare~vaerdi", 2.0, 0.5, None, None))


def test_beyond_chance_is_not_beyond_what_matters() -> None:
    assert "less than what matters (0.20)" in said(pair("forklare~vaerdi", 90.0, 0.0, 0.05, 0.09))


def test_pairs_that_fit_alike_are_not_told_apart() -> None:
    text = said(
        pair("forklare~vaerdi", 9.0, 0.001, 0.15, 0.35, statistic=20.0),
        pair("kompetencer~kultur", 8.0, 0.001, 0.1, 0.3, statistic=20.0),
    )
    assert (
        "“can explain why ~ creates value for citizens” or “keeps our competences up to date ~ creates a curious culture”"
        in text
    )
    assert "cannot tell" in text


def test_the_table_has_the_test_and_the_interval() -> None:
    table = cfa._modifications(view(), pair("forklare~vaerdi", 2.44, 0.368, 0.03, 0.30, statistic=4.36))
    cells = table.body[0]
    assert [cell.text for cell in cells[2:]] == ["2.44", "4.360", "0.368", "0.165", "0.010"]
    assert cells[5].detail == "[0.030; 0.300]"
