"""A page prints tables and plots as they may be handed on, as HTML and as text."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import omstilling_psychometrics as op
from omstilling_psychometrics.core.errors import UsageError
from omstilling_psychometrics.notebooks.page import Page, Picture, Shown
from omstilling_psychometrics.present.drawings import lines_of
from omstilling_psychometrics.present.released_rows import shown_models
from omstilling_psychometrics.present.wording import Wording
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns

TEAM, SUPERIOR = "medarbejder", "overordnet"


def answers(team: int = 60, superiors: int = 3, leaders: int = 12) -> ResponsePatterns:
    """A team's and some superiors' answers, each respondent a person of their own."""
    rng = np.random.default_rng(5)
    instrument = op.load_instrument()
    n = team + superiors
    theta = rng.normal(size=(n, 1))
    codes = np.clip(np.round(3.4 + theta + 0.6 * rng.normal(size=(n, 5))), 1, 5).astype(int)
    codes[::9, 2] = -3
    frame = pd.DataFrame(codes, columns=list(instrument.item_keys))
    frame["role"] = [TEAM] * team + [SUPERIOR] * superiors
    frame["leader"] = [f"l{place % leaders:02d}" for place in range(n)]
    frame["respondent"] = [f"r{place:03d}" for place in range(n)]
    return ResponsePatterns.from_frame(frame, instrument)


def text(shown: object) -> str:
    return repr(shown)


def html(shown: Shown | Page) -> str:
    return shown._repr_html_()


# ---------------------------------------------------------------- disclosure


def test_a_role_that_is_too_small_is_in_nothing_that_is_shown() -> None:
    everything = answers()
    page = Page(everything)
    assert page.withheld == (SUPERIOR,)
    assert page.answers.roles == (TEAM,)
    exact, result = op.items(everything), op.items(page.answers)
    shown = page.table(result, ["mean"])
    assert "\nLeft out: superior (suppressed)." in text(shown)
    assert not np.isnan(exact.value("mean", role=SUPERIOR, item="kompetencer"))
    superior = page.released(result).find("mean", role=SUPERIOR)
    assert {one.note for one in superior} == {"suppressed"}
    assert all(one.estimate is None and one.n is None for one in superior)
    team = page.released(result).get("mean", role=TEAM, item="kompetencer")
    assert team.estimate == exact.value("mean", role=TEAM, item="kompetencer")


def test_participants_of_a_small_role_are_not_counted_in_public() -> None:
    lines = [line.split() for line in text(Page(answers())).splitlines()]
    respondents = next(line for line in lines if line[:1] == ["respondents"])
    assert respondents[1] == "60"
    assert "3" not in respondents


def test_rare_patterns_are_joined() -> None:
    page = Page(answers(team=60, superiors=0))
    shown = text(page.table(op.missingness(page.answers), only={"quantity": "pattern_count"}, lines="item"))
    assert "11111" in shown
    counts = [one.estimate for one in page.released(op.missingness(page.answers)).find("pattern_count")]
    assert min(counts) >= page.disclosure.minimum_respondents


def test_curves_are_those_of_released_roles_and_of_few_answers_with_the_digits_of_their_rows() -> None:
    """Of twenty answers to four yes-no items parameters have three digits and no covariance; a band has only the others."""
    rng = np.random.default_rng(3)
    theta = rng.normal(size=(220, 1))
    codes = 1 + (theta + rng.normal(size=(220, 4)) > 0)
    instrument = plain_instrument((0, 1), ("a", "b", "c", "d"), roles=("team", "boss"))
    everybody = ResponsePatterns.count(instrument, codes, {"role": Key.of(["team"] * 200 + ["boss"] * 20)})
    page = Page(everybody, op.Disclosure(minimum_respondents=10, minimum_leaders=0))
    result = op.irt(page.answers, model="pcm")
    shown = page.released(result)
    exact, few = result.model("boss"), shown.model("boss")
    assert few.items.tolist() == [[float(f"{value:.3g}") for value in row] for row in exact.items]
    assert not np.array_equal(few.items, exact.items)
    assert [row.estimate for row in shown.find("discrimination", role="boss")] == few.items[:, 0].tolist()
    assert np.isnan(few.information_bounds()).all()
    assert shown.model("team") is result.model("team")
    assert np.isfinite(shown.model("team").information_bounds()).all()
    strict = Page(everybody, op.Disclosure(minimum_respondents=30, minimum_leaders=0))
    result = op.irt(strict.answers, model="pcm")
    assert list(strict.released(result).models) == ["team"]
    assert isinstance(strict.plot(result, role="boss"), Shown)
    assert isinstance(strict.plot(result, role="team"), Picture)
    # Groups fitted together have a mean and a variance of their own.
    groups = op.irt_groups(page.answers, by="role")
    exact, few = groups.model("boss"), page.released(groups).model("boss")
    assert few.latent.tolist() == [float(f"{value:.3g}") for value in exact.latent]
    assert not np.array_equal(few.latent, exact.latent)


def test_a_model_that_does_not_say_of_how_many_answers_it_is_stays_behind() -> None:
    rng = np.random.default_rng(3)
    codes = np.clip(np.round(2 + rng.normal(size=(90, 1)) + rng.normal(size=(90, 4))), 1, 3).astype(int)
    answers = ResponsePatterns.count(plain_instrument((1, 2, 3), ("a", "b", "c", "d")), codes, {})
    shown = {}
    for policy in (op.Disclosure(), op.Disclosure.none()):
        page = Page(answers, policy)
        result = op.local_dependence(page.answers, draws=2, rng=1)
        assert not hasattr(result.model("all"), "n")
        shown[policy.active] = list(page.released(result).models)
    assert shown == {True: [], False: ["all"]}


def test_comparisons_of_groups_keep_their_models_where_the_smallest_group_is_not_of_few() -> None:
    """A step of the ladder and the regressions of an item are of all groups at once: they go by the smallest of them."""
    rng = np.random.default_rng(7)
    codes = np.clip(np.round(2 + rng.normal(size=(380, 1)) + rng.normal(size=(380, 4))), 1, 3).astype(int)
    roles = Key.of(["team"] * 200 + ["self"] * 150 + ["boss"] * 20 + ["few"] * 10)
    instrument = plain_instrument((1, 2, 3), ("a", "b", "c", "d"), roles=("team", "self", "boss", "few"))
    everybody = ResponsePatterns.count(instrument, codes, {"role": roles})
    page = Page(everybody, op.Disclosure(minimum_respondents=15, minimum_leaders=0))
    assert page.answers.roles == ("team", "self", "boss")

    ladder = op.invariance(page.answers, estimator="MLR")  # boss is too small to be compared
    step = page.released(ladder).step("continuous/metric")
    assert step is ladder.step("continuous/metric")
    assert (step.sample.n, step.smallest_group) == (350, 150)

    of_three = op.dif(page.answers)
    assert of_three.of_item("a").smallest_group == 20
    assert page.released(of_three).models == {}
    assert list(Page(everybody, op.Disclosure.none()).released(op.dif(everybody.released(op.Disclosure.none()))).models) == [
        *"abcd"
    ]

    larger = Page(everybody, op.Disclosure(minimum_respondents=30, minimum_leaders=0))
    of_two = op.dif(larger.answers)
    assert larger.released(of_two).of_item("a") is of_two.of_item("a")
    assert of_two.of_item("a").smallest_group == 150
    # Of an item whose rows are not shown nothing is kept.
    assert set(shown_models(larger.disclosure, of_two, [row for row in of_two.rows() if row["item"] != "a"])) == {*"bcd"}


def test_without_a_policy_everything_is_shown() -> None:
    page = Page(answers(), op.Disclosure.none())
    assert page.withheld == ()
    assert page.answers.roles == (TEAM, SUPERIOR)


@pytest.mark.parametrize("role", [True, False])
def test_where_nobody_may_be_shown_every_table_says_so(role: bool) -> None:
    few = answers(team=4, superiors=0)
    page = Page(few if role else few.pool("role"))
    assert page.answers.n == 0
    for result in (op.items(page.answers), op.reliability(page.answers), op.multilevel(page.answers)):
        assert "left out" in text(page.table(result, lines="quantity"))
        assert isinstance(page.plot(result), Shown)


# ---------------------------------------------------------------- tables


def test_columns_lines_and_rows_are_chosen_by_their_keys() -> None:
    page = Page(answers(superiors=0))
    items = op.items(page.answers)
    lines = text(page.table(items, ["mean", "sd"], interval=False, caption="Items")).splitlines()
    assert lines[0] == "Items"
    assert lines[2].split() == ["item", "employee"]
    assert lines[3].split() == ["mean", "standard", "deviation", "n"]
    first = items.get("mean", item="kompetencer", role=TEAM)
    sd = items.value("sd", item="kompetencer", role=TEAM)
    assert lines[5].replace("(a)", "").split()[-3:] == [f"{first.estimate:.2f}", f"{sd:.2f}", str(first.n)]
    only = text(page.table(items, lines="quantity", only={"quantity": ["scale_mean"]}, caption="Score", heading="what"))
    assert "what" in only
    assert "mean scale score" in only
    assert "standard deviation" not in only


def test_answers_that_all_numbers_of_a_role_rest_on_are_said_once_below() -> None:
    page = Page(answers(superiors=30))
    shown = text(page.table(op.items(page.answers), ["item_rest_correlation"]))
    complete = {
        role: op.items(page.answers).get("item_rest_correlation", role=role, item="kompetencer").n for role in (TEAM, SUPERIOR)
    }
    assert f"n = {complete[TEAM]} (employee), {complete[SUPERIOR]} (superior)." in shown


def test_a_test_has_statistic_degrees_of_freedom_and_p() -> None:
    page = Page(answers(superiors=0))
    shown = text(page.table(op.missingness(page.answers), lines="quantity", only={"quantity": "little_mcar"}))
    assert "degrees of freedom" in shown
    assert "p value" in shown


def test_a_statistic_that_is_its_own_estimate_is_printed_once() -> None:
    page = Page(answers(team=200, superiors=0))
    shown = text(page.table(op.cfa(page.answers, estimator="ML"), ["modification_index"])).splitlines()[3]
    assert shown.split() == ["modification", "index", "degrees", "of", "freedom", "p", "value"]


def test_roles_without_numbers_are_named_with_the_reason_and_not_tabled() -> None:
    page = Page(answers(team=60, superiors=12, leaders=12))
    shown = text(page.table(op.multilevel(page.answers), lines=("quantity", "method"), only={"quantity": "icc1"}))
    assert "Left out: superior (each leader has one answer only)" in shown


def test_a_table_without_any_number_is_a_sentence_with_the_reason() -> None:
    page = Page(answers(superiors=0).pool("leader"))
    shown = page.table(op.multilevel(page.answers), lines="method", only={"quantity": "icc1"}, caption="Leaders")
    assert text(shown) == "Leaders: left out (no leader is known)."
    assert "<table" not in html(shown)


def test_details_that_would_fill_the_foot_are_left_out() -> None:
    page = Page(answers(team=200, superiors=0))
    shown = text(page.table(op.correlation(page.answers), ["polychoric"]))
    assert shown.count("empty cells of the table") <= 1


def test_several_results_share_a_table() -> None:
    page = Page(answers(superiors=0))
    shown = text(page.table([op.items(page.answers), op.missingness(page.answers)], ["mean", ("rate", "any")]))
    assert "rate (any reason)" in shown


def test_an_unknown_key_is_refused() -> None:
    page = Page(answers(superiors=0))
    with pytest.raises(UsageError, match="'role' is not a key of a row; there are: quantity, item, category, method"):
        page.table(op.items(page.answers), lines="role")


def test_frames_are_tabled_with_their_index() -> None:
    page = Page(answers(superiors=0))
    index = pd.MultiIndex.from_tuples([("a", "x"), ("a", "y"), ("b", "x")], names=["one", "two"])
    frame = pd.DataFrame({"share": [0.12345, np.nan, -0.5], "n": [1200, 3, 4], "word": ["yes", None, "no"]}, index=index)
    lines = text(page.frame(frame, "Own", digits=2)).splitlines()
    assert lines[2].split() == ["one", "two", "share", "n", "word"]
    assert lines[4].split() == ["a", "x", "0.12", "1,200", "yes"]
    assert lines[5].split() == ["y", "–", "3"]
    assert lines[6].split() == ["b", "x", "-0.50", "4", "no"]
    assert "Own" in text(page.frame(frame.iloc[:0], "Own"))


def test_frames_call_roles_items_and_quantities_by_their_names() -> None:
    page = Page(answers(superiors=0))
    frame = pd.DataFrame(
        {"item": ["kultur", "kultur~vaerdi"], "quantity": ["scale_mean", "own"], "x": [1.0, 2.0]}, index=[TEAM, SUPERIOR]
    )
    shown = text(page.frame(frame.rename_axis("role"), "Own"))
    assert "employee" in shown
    assert "creates a curious culture ~ creates value for citizens" in shown
    assert "mean scale score" in shown
    assert "medarbejder" not in shown


def test_verdicts_are_given_in_words() -> None:
    page = Page(answers(superiors=0))
    shown = text(page.verdicts(op.items(page.answers)))
    assert "corrected item-total correlation (item-rest) ≥ 0.30" in shown
    assert "met" in shown


# ---------------------------------------------------------------- HTML, text and plots


def test_html_and_text_say_the_same() -> None:
    page = Page(answers(superiors=12))
    table = page.table(op.items(page.answers), ["mean"], caption="Means & more")
    assert "Means &amp; more" in html(table)
    assert "Means & more" in text(table)
    mean = op.items(page.answers).value("mean", role=TEAM, item="kultur")
    assert f">{mean:.2f}</td>" in html(table)
    assert f" {mean:.2f} " in text(table)


def test_labels_from_files_are_escaped() -> None:
    page = Page(answers(superiors=0))
    frame = pd.DataFrame({"<script>alert(1)</script>": ["<img src=x onerror=alert(1)>"]}, index=["<b>"])
    markup = html(page.frame(frame, "</caption><script>"))
    assert "<script>" not in markup
    assert "<img" not in markup


def test_the_instrument_is_shown_in_its_own_language() -> None:
    page = Page(answers(superiors=0))
    assert "Min leder sikrer, at vores kompetencer er opdaterede" in text(page.instrument())
    assert "Helt uenig" in text(page.instrument())


def test_a_plot_is_a_png_with_words_and_stays_the_same() -> None:
    page = Page(answers(team=200, superiors=0))
    first = page.plot(op.reliability(page.answers), caption="Reliability")
    second = page.plot(op.reliability(page.answers), caption="Reliability")
    assert isinstance(first, Picture)
    assert isinstance(second, Picture)
    png, metadata = first._repr_png_()
    assert png.startswith(b"\x89PNG")
    assert png == second.png
    assert metadata == {"alt": "Reliability"}
    assert repr(first) == "[plot: Reliability]"


def test_a_plot_leaves_no_figure_open() -> None:
    import matplotlib.pyplot as plt

    page = Page(answers(superiors=0))
    page.plot(op.items(page.answers))
    assert plt.get_fignums() == []


def test_a_released_result_prints_and_draws_itself_as_it_may_be_written() -> None:
    """Of few answers three digits, whoever shows it; the numbers themselves stay exact."""
    result = op.items(Page(answers(team=20, superiors=0)).answers)
    exact = result.value("mean", item="vaerdi")
    shown = [line.split() for line in repr(result).splitlines() if " mean " in line and " vaerdi " in line]
    assert float(shown[0][5]) == float(f"{exact:.3g}")
    assert abs(exact - float(f"{exact:.3g}")) > 1e-3
    everybody = op.items(answers(team=20, superiors=0).released(op.Disclosure.none()))
    assert f" {exact:.3f} " in repr(everybody)


def test_a_quantity_without_estimates_leaves_a_sentence_in_the_place_of_its_plot() -> None:
    page = Page(answers(team=200, superiors=0).pool("leader"))
    assert isinstance(page.plot(op.multilevel(page.answers), kind="icc1"), Shown)


def test_a_part_of_the_answers_can_be_laid_out_on_their_page() -> None:
    page = Page(answers(superiors=20))
    team = page.answers.of_roles(TEAM)
    assert "superior" not in text(page.table(op.items(team), ["mean"]))


def test_axes_of_the_notebook_are_a_picture_with_words() -> None:
    import matplotlib.pyplot as plt

    page = Page(answers(superiors=0))
    picture = page.picture(pd.Series([1, 2]).plot(), "A line")
    assert picture._repr_png_()[1] == {"alt": "A line"}
    assert plt.get_fignums() == []


def test_lines_of_one_quantity_are_told_apart_by_what_differs() -> None:
    """The axis names the quantity, and what all lines share is not said again: names are cut that are long."""
    released = answers(team=200, superiors=0).released()
    wording = Wording("en", released.instrument)
    result = op.missingness(released)
    rates = [label for label, _ in lines_of([one.row("missingness") for one in result.find("rate")], wording, named=False)]
    assert rates[:2] == ["keeps our competences up to date, don't know", "keeps our competences up to date, prefer not to say"]
    loadings = [one.row("efa") for one in op.efa(released).find("loading")]
    assert [label for label, _ in lines_of(loadings, wording, named=False)][1] == "can explain why"
