"""The pages of the questions: a verdict, n and the source of every cut-off; and how all of it is to be read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from omstilling_psychometrics.present.blocks import Block, Bullets, Findings, Table
from omstilling_psychometrics.present.style import look
from omstilling_psychometrics.present.svg import new_figure
from omstilling_psychometrics.present.view import View
from omstilling_psychometrics.reporting import context, how_read
from omstilling_psychometrics.reporting.how_to_read import how_to_read
from omstilling_psychometrics.reporting.participant_flow import RoleFlow
from omstilling_psychometrics.reporting.story import change, comparison, file, leaders, non_answers, reliability, respondents
from omstilling_psychometrics.reporting.story.question import sources
from omstilling_psychometrics.reporting.verdict_matrix import matrix
from omstilling_psychometrics.survey.account import Account
from omstilling_psychometrics.survey.how_read import HowRead, ValueRead
from shown_rows import UNIT, alpha, invariance, rmsea, row, view


def table_in(blocks: list[Block]) -> Table:
    return next(block for block in blocks if isinstance(block, Table))


def bullets_in(blocks: list[Block]) -> list[str]:
    return [text for block in blocks if isinstance(block, Bullets) for text in block.texts]


# ---------------------------------------------------------------- differences in reliability


def differences() -> list[dict[str, Any]]:
    """Three roles: one difference is clear, one is only if its test holds, one is not shown."""
    both = {"role": "all"}
    several = "respondents_about_several"
    return [
        row("alpha_comparison", "alpha_difference", 0.060, 0.038, 0.083, method="medarbejder~leder", **both),
        row("alpha_comparison", "alpha_difference", 0.041, 0.017, 0.065, method="medarbejder~overordnet", note=several, **both),
        row("alpha_comparison", "alpha_difference", -0.019, -0.051, 0.013, method="leder~overordnet", note=several, **both),
        row("alpha_comparison", "alpha_difference", 0.060, None, None, method="medarbejder~leder/feldt", **both),
        *(alpha(value, value - 0.02, value + 0.02, role=role) for role, value in zip("ab", (0.1, 0.2), strict=True)),
        alpha(0.844, 0.838, 0.850),
        alpha(0.784, 0.761, 0.804, role="leder"),
        alpha(0.803, 0.776, 0.826, role="overordnet"),
    ]


def test_a_difference_whose_test_rejects_too_often_is_real_only_if_that_holds() -> None:
    table = table_in(change.page(view(*differences())))
    told = {line[0].text: (line[1].text, line[1].state, line[3].text) for line in table.body}
    minus = "\N{MINUS SIGN}"
    assert told == {
        "employee \N{EN DASH} leader": ("real", "met", f"0.844 {minus} 0.784 = 0.060"),
        "employee \N{EN DASH} superior": ("real if the test holds", "inconclusive", f"0.844 {minus} 0.803 = 0.041"),
        "leader \N{EN DASH} superior": ("not shown", "inconclusive", f"0.784 {minus} 0.803 = {minus}0.019"),
    }
    assert [line[0].marks for line in table.body] == [(), ("a",), ("a",)]
    answer = change.together(view(*differences()))
    assert (answer.text, answer.state) == ("in 2 of 3 pairs", "inconclusive")


def test_one_clear_difference_is_a_yes() -> None:
    rows = [one for one in differences() if one["method"] in ("medarbejder~leder", "listwise")]
    answer = change.together(view(*rows))
    assert (answer.text, answer.state) == ("yes", "met")


# ---------------------------------------------------------------- reliability


def test_errors_of_measurement_follow_from_the_coefficient_to_print() -> None:
    """SD sqrt(1 - .84) = .30 makes SD = .75, and .75 sqrt(1 - .75) = .375."""
    rows = [
        alpha(0.84, 0.80, 0.88),
        row("reliability", "omega_categorical", 0.75, 0.70, 0.80, method="implied"),
        row("reliability", "standard_error_of_measurement", 0.30, 0.28, 0.32),
        row("reliability", "smallest_detectable_change", 0.8316, 0.78, 0.88),
        row("cfa", "tau_equivalence", None, None, None, method="WLSMV", p_value=0.001),
    ]
    shown = view(*rows)
    error, change_of_one = reliability.points_of(shown, UNIT) or ()
    assert (error["estimate"], change_of_one["estimate"]) == pytest.approx((0.375, 0.8316 * 1.25))
    assert (error["conf_low"], error["conf_high"]) == pytest.approx((0.75 * 0.20**0.5, 0.75 * 0.30**0.5))
    told = bullets_in(reliability.page(shown))
    assert told[0] == "Cut-offs: 0.70 by COSMIN: Prinsen et al. (2018); 0.90 by COTAN: Evers (2001)."
    assert "SD is of complete responses (employee n = 300)" in told[1]
    table = table_in(reliability.page(shown))
    names = ["value", "n", "standard error of measurement", "smallest detectable change"]
    assert [cell.text for cell in table.head[0]][2:] == names
    assert [(cell.text, cell.detail) for cell in table.body[0]][2:] == [
        ("0.750", "[0.700; 0.800]"), ("300", ""), ("0.38", "[0.34; 0.41]"), ("1.04", "[0.93; 1.14]")
    ]  # fmt: skip
    # Where alpha is the one to print, they are its own, with their own intervals.
    assert reliability.points_of(view(*rows[:1], *rows[2:4]), UNIT) == (rows[2], rows[3])


def test_criteria_of_one_unit_say_once_how_many_answers_they_rest_on() -> None:
    cfi = row("cfa", "cfi_robust", 0.99, 0.98, 1.0, method="WLSMV")
    table = matrix(view(alpha(0.8, 0.7, 0.9), rmsea(0.03, 0.01, 0.05), cfi), ["cosmin_cfi", "cosmin_rmsea"])
    assert table is not None
    assert [(cell.text, cell.detail) for cell in table.head[0]] == [("criterion", ""), ("employee", "n = 300")]
    other = matrix(view(alpha(0.8, 0.7, 0.9), rmsea(0.03, 0.01, 0.05, n=290), cfi), ["cosmin_cfi", "cosmin_rmsea"])
    assert other is not None
    assert other.head[0][1].detail == ""


# ---------------------------------------------------------------- comparing


def of_three_groups(low: float) -> View:
    """The test of an item is of all groups at once; low: the end of its larger interval."""
    rows = invariance(differs=True)
    free = {"item": "itsikkerhed", "role": "all", "n": 600}
    small = row("invariance", "expected_score_bias", -0.02, -0.07, 0.02, method="partial/overordnet~medarbejder", **free)
    count = row("invariance", "items_set_free", 1.0, None, None, method="intercepts", role="all", n=600)
    sizes = [row("invariance", "group_size", None, None, None, method=role, role="all", n=300) for role in ("leder", "x")]
    bias = [{**one, "conf_low": low} if one["quantity"] == "expected_score_bias" else one for one in rows]
    return view(*bias, small, count, *sizes)


@pytest.mark.parametrize(
    ("low", "said"),
    [
        (0.18, "differs most clearly (all groups at once: p < 0.001): at equal latent values its answers differ by 0.22"),
        (
            -0.01,
            "differs most clearly (all groups at once: p < 0.001), though no single difference is clear; the largest is 0.22",
        ),
    ],
)
def test_a_test_of_all_groups_is_not_put_beside_one_pair_as_if_it_were_its_own(low: float, said: str) -> None:
    told = bullets_in(comparison.page(of_three_groups(low)))
    assert said in told[0]


def test_what_may_be_compared_stands_out_with_its_verdict_and_the_rules_are_named() -> None:
    blocks = comparison.page(of_three_groups(0.18))
    boxed = next(block for block in blocks if isinstance(block, Findings))
    assert [(one.verdict, one.state, one.unit) for one in boxed.findings] == [
        ("yes", "met", "The roles"),
        ("only with a reservation", "inconclusive", "The roles"),
    ]
    remark = table_in(blocks).remark
    assert "Rules for the first line: COSMIN (2018) and Schermelleh-Engel et al. (2003); for the others: Chen (2007)" in remark
    assert "they judge the numbers themselves, not intervals" in remark


# ---------------------------------------------------------------- leaders


def of_leaders(high: float) -> View:
    own: dict[str, Any] = {"analysis": "multilevel", "n": 10057}
    rows = [
        row(quantity="leader_count", estimate=800.0, **own),
        row(quantity="answers_per_leader", estimate=7.9, method="arithmetic", **own),
        row(quantity="icc1", estimate=0.12, low=0.10, high=0.15, method="reml", **own),
        row(quantity="icc2", estimate=0.53, low=0.47, high=0.57, method="reml", **own),
        row(quantity="answers_needed", estimate=17.0, low=14.0, high=high, category=0.7, **own),
    ]
    return view(*rows)


def test_a_leaders_page_names_its_cut_off_and_what_the_numbers_rest_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(View, "leaders", True)
    told = bullets_in(leaders.page(of_leaders(21.0)))
    assert told[:2] == [
        "Cut-offs: 0.70 by LeBreton & Senter (2008).",
        "The numbers rest on: employee 10,057 responses about 800 leaders.",
    ]


def test_a_number_of_answers_that_is_hardly_known_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(View, "leaders", True)
    known, unknown = leaders.said(of_leaders(21.0)), leaders.said(of_leaders(60.0))
    assert known.may == ["Give a leader a score from 17 [14; 21] answers on, for a reliability of 0.70."]
    assert known.open == []
    assert unknown.may == []
    assert unknown.open == ["From how many answers on a leader can have a score with a reliability of 0.70: 17 [14; 60]."]


def test_one_sentence_says_why_three_chapters_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    """All three at the harmonic mean number of answers, and only where each has a number."""
    monkeypatch.setattr(View, "leaders", True)
    own = [
        row("multilevel", "icc2", 0.441, 0.389, 0.488, method="reml/harmonic"),
        row("two_level", "omega_between", 0.450, 0.399, 0.497, method="equal"),
        row("generalizability", "cluster_reliability", 0.437, 0.381, 0.481, method="items_fixed"),
        row("generalizability", "cluster_reliability", 0.985, 0.974, 0.992, method="persons_fixed"),
    ]
    shown = of_leaders(21.0)
    told = bullets_in(leaders.page(replace(shown, rows=[*shown.rows, *own])))
    assert told[2].startswith("The first page has ICC(2) at the mean number of answers")
    assert (
        "three chapters have: employee ICC(2) 0.44 [0.39; 0.49], two-level factor model 0.45 [0.40; 0.50], "
        "generalizability with these items 0.44 [0.38; 0.48]. They differ because"
    ) in told[2]
    less = bullets_in(leaders.page(replace(shown, rows=[*shown.rows, *own[:2]])))
    assert not any("three chapters" in text for text in less)


# ---------------------------------------------------------------- non-answers


def test_bounds_have_the_uncertainty_of_both_and_the_test_its_name() -> None:
    shown = view(
        row("missingness", "rate", 0.13, 0.12, 0.14, method="any", item="kultur", n=310),
        row("missingness", "mean_bound", 3.50, 3.47, 3.53, method="lowest", n=310),
        row("missingness", "mean_bound", 3.85, 3.83, 3.87, method="highest", n=310),
        row("missingness", "reason_test", None, None, None, method="any/other_answers", p_value=0.0004, n=300),
        row("items", "scale_mean", 3.73, 3.70, 3.76),
    )
    table = table_in(non_answers.page(shown))
    cells = table.body[0]
    assert (cells[4].text, cells[4].detail) == ("3.50\N{EN DASH}3.85", "[3.47; 3.87]")
    assert (cells[-2].text, cells[-1].text) == ("p < 0.001", "310")
    assert "The test is a Wald test in a logistic regression on the other answers; it rejects at p < 0.05." in table.remark
    assert non_answers.sentence(shown, UNIT).text.endswith(
        "If every missing answer were the lowest (highest) category, it would be 3.50 (3.85)."
    )


# ---------------------------------------------------------------- the next pilot, and the words


def test_sizes_of_the_next_pilot_name_who_asks_for_them() -> None:
    told = bullets_in(respondents.page(view(alpha(0.80, 0.70, 0.90), rmsea(0.03, 0.01, 0.05))))
    assert told[0] == (
        "A width of 0.10 is a choice and no cut-off of the literature; the other numbers are by COSMIN: Mokkink et al. (2018)."
    )


def test_words_are_explained_where_they_occur_in_the_missions_terms() -> None:
    few = bullets_in(list(how_to_read(view(alpha(0.80, 0.70, 0.90))).blocks))
    assert any(text.startswith("Intervals are 95% confidence intervals.") for text in few)
    assert any(text.startswith("Omega: ") for text in few)
    assert not any("ICC" in text or "item-total" in text for text in few)
    more = bullets_in(list(how_to_read(view(row("items", "mean", 3.0, 2.9, 3.1, item="kultur"))).blocks))
    assert any(text.startswith("Corrected item-total correlation (item-rest): ") for text in more)


def test_samples_of_dashed_lines_are_long_enough_to_be_told_apart() -> None:
    plot = respondents._plot(
        view(alpha(0.8, 0.7, 0.9), alpha(0.8, 0.7, 0.9, role="leder"), alpha(0.8, 0.7, 0.9, role="overordnet"))
    )
    assert plot is not None
    figure = new_figure(5, 2.3)
    with look():
        plot.picture.draw_on(figure)  # type: ignore[attr-defined]
    legend = figure.axes[0].get_legend()
    assert legend is not None
    assert legend.handlelength == pytest.approx(3.2)  # in letters; dash, dot and dash take two and a half


# ---------------------------------------------------------------- the file


def accounted(shown: View, *notes: str) -> View:
    account = Account(rows_read=8, rows_analysed=5, left_out={"not_shown": 3}, notes=notes)
    return replace(shown, answers=replace(shown.answers, account=account))


def test_a_remark_on_the_reading_is_told_on_the_first_page() -> None:
    shown = view(alpha(0.8, 0.7, 0.9))
    assert file.read(accounted(shown)).text == "yes, without remarks"
    one = file.read(accounted(shown, "organisation_not_shown: 8 (679)"))
    assert (one.text, one.number) == (
        "yes, with 1 remark",
        "organisations (in a wave with a form) that have no answer at all are taken as not shown the theme",
    )
    several = file.read(accounted(shown, "organisation_not_shown: 8 (679)", "no_role_column"))
    assert several.text == "yes, with 2 remarks"
    assert several.number.endswith("theme (more on the page on the file)")


def _raw(raw: str, code: int, answers: int) -> ValueRead:
    return ValueRead(raw=raw, label="", code=code, answers=answers)


def test_raw_values_taken_as_no_answer_are_named_and_counted_over_the_items() -> None:
    values = {
        "kultur": (_raw("3", 3, 90), _raw("8", -3, 12)),
        "vaerdi": (
            _raw("3", 3, 80),
            _raw("8", -3, 20),
            _raw("9", -4, 6),
        ),
        "forklare": (_raw("3", 3, 95), _raw("9", -4, 2)),
    }
    read = HowRead(name="a.csv", items={}, keys={}, values=values)
    shown = view(alpha(0.8, 0.7, 0.9))
    # Two people who gave 9 to an item are joined with others there, and so no sum tells them.
    assert how_read.non_answers_read(shown, read) == "read as “don't know”: 8 (32); read as “prefer not to say”: 9"


def test_a_small_number_is_said_to_be_small_and_not_withheld() -> None:
    flow = RoleFlow(role="leder", answers=1137, complete=988, silent=None)
    shown = view(alpha(0.8, 0.7, 0.9))
    assert context._flow_text(shown, flow, "silent") == "fewer than 5"
    assert context._flow_text(shown, flow, "complete") == "988"
    assert context._flow_text(shown, RoleFlow(role="leder", withheld=True), "silent") == shown.wording.note("suppressed")


def test_sources_are_said_once() -> None:
    shown = view(alpha(0.8, 0.7, 0.9), language="da")
    assert sources(shown, reliability.GROUPS, reliability.GROUPS) == "Grænser: 0,70 efter COSMIN: Prinsen et al. (2018)."
