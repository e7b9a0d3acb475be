"""What the report says of planted populations: which comparison is allowed, which step fails and by how much."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import numpy as np
import pytest

from omstilling_psychometrics.core.vocabulary import Language
from omstilling_psychometrics.present.blocks import Table
from omstilling_psychometrics.present.view import View
from omstilling_psychometrics.present.wording import Wording
from omstilling_psychometrics.reporting.closing import verdict_table
from omstilling_psychometrics.reporting.fragment import to_text
from omstilling_psychometrics.reporting.verdict_matrix import matrix
from omstilling_psychometrics.survey.disclosure import Disclosure
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns
from omstilling_psychometrics.topics.invariance import section
from omstilling_psychometrics.topics.invariance import section_dif as dif_section
from omstilling_psychometrics.topics.invariance.analysis import invariance
from omstilling_psychometrics.topics.invariance.analysis_dif import dif
from omstilling_psychometrics.topics.invariance.comparability import comparisons

INSTRUMENT = plain_instrument((1, 2, 3, 4, 5), tuple("abcde"))
CUTS, OTHER_CUTS = np.array([-1.5, -0.7, 0.1, 0.9]), np.array([-0.9, -0.75, 0.25, 0.3])
LOADINGS, OTHER_LOADINGS = np.array([0.7, 0.75, 0.8, 0.7, 0.6]), np.array([0.2, 0.3, 0.85, 0.75, 0.75])


def group(random: np.random.Generator, n: int, loadings: np.ndarray, cuts: list[np.ndarray], factors: np.ndarray) -> np.ndarray:
    """(n, 5) answers; factors: the factor of each item, two of them correlating .2."""
    latent = random.multivariate_normal([0, 0], [[1, 0.2], [0.2, 1]], n)[:, factors]
    behind = latent * loadings + random.normal(size=(n, 5)) * np.sqrt(1 - loadings**2)
    return np.column_stack([1 + (behind[:, [place]] > cuts[place]).sum(axis=1) for place in range(5)])


@cache
def population(kind: str) -> tuple[ResponsePatterns, list[dict[str, Any]]]:
    random = np.random.default_rng(11)
    n = {"few": 240, "fewer": 120, "too few": 40}.get(kind, 1500)
    sizes = (1150, 220) if kind == "uneven" else (n, n)
    factors = np.array([0, 0, 0, 1, 1] if kind == "two factors" else [0] * 5)
    loadings = OTHER_LOADINGS if kind == "loadings" else LOADINGS
    cuts = [OTHER_CUTS, OTHER_CUTS, CUTS, CUTS, CUTS] if kind == "thresholds" else [CUTS] * 5
    # One item that the second group answers half a unit higher.
    cuts = [CUTS - 0.5, *cuts[1:]] if kind == "item" else cuts
    answers = np.vstack(
        [group(random, sizes[0], LOADINGS, [CUTS] * 5, factors), group(random, sizes[1], loadings, cuts, factors)]
    )
    patterns = ResponsePatterns.count(INSTRUMENT, answers, {"form": Key.of(np.repeat(["first", "second"], sizes).tolist())})
    return patterns, [*invariance(patterns, by="form").rows(), *dif(patterns, by="form").rows()]


def view(kind: str, language: Language = "en", notes: dict[str, str] | None = None) -> View:
    """notes: by method, put on its rows."""
    patterns, rows = population(kind)
    rows = [{**row, "note": (notes or {}).get(row["method"], row["note"])} for row in rows]
    return View(answers=patterns.released(Disclosure.none()), rows=rows, wording=Wording(language, INSTRUMENT))


def said(kind: str, language: Language = "en") -> list[tuple[str | None, str]]:
    return [(one.state, one.text.replace("\N{NO-BREAK SPACE}", " ")) for one in section.findings(view(kind, language))]


def test_loadings_that_differ_forbid_relations_and_means() -> None:
    (relations, told), (means, of_means), *items = said("loadings")
    assert (relations, means) == ("not_met", "not_met")
    why = r"that takes equal loadings, which cost too much \(ΔCFI -0\.\d+, ΔRMSEA 0\.\d+, ΔSRMR 0\.\d+, χ² test p < 0\.001; "
    assert re.match(rf"Relations should not be compared: {why}beyond the limits of Chen \(2007\)", told)
    assert re.match(rf"Means should not be compared as they are: {why}", of_means)
    assert all("small" not in text for text in (told, of_means))
    assert items


def test_thresholds_that_differ_forbid_relations_and_means() -> None:
    (relations, told), (means, of_means), *_ = said("thresholds")
    assert (relations, means) == ("not_met", "not_met")
    assert "that takes equal thresholds, which cost too much (ΔCFI -0.0" in told
    assert "that takes equal thresholds, which cost too much (ΔCFI -0.0" in of_means
    (_, dansk), (_, om_gennemsnit), *_ = said("thresholds", "da")
    assert dansk.startswith("Sammenhænge bør ikke sammenlignes: Det kræver ens tærskler, og det forringer tilpasningen for")
    assert "for meget (ΔCFI -0,0" in dansk
    assert om_gennemsnit.startswith("Gennemsnit bør ikke sammenlignes, som de er: Det kræver ens tærskler, og det forringer")


def test_a_model_that_does_not_fit_in_the_groups_forbids_everything() -> None:
    """Items are not judged either: their tests take that model for granted."""
    (relations, told), (means, of_means), (_, items) = said("two factors")
    assert (relations, means) == ("not_met", "not_met")
    assert re.search(r"that takes one factor in every group, and it does not fit the answers \(robust CFI 0\.\d+, ", told)
    assert "beyond the limits of COSMIN (2018), Schermelleh-Engel et al. (2003)" in of_means
    assert items.startswith("Which items differ cannot be told")
    (_, dansk), _, (_, om_items) = said("two factors", "da")
    assert "Det kræver én faktor i hver gruppe, og den model passer ikke til svarene (robust CFI 0," in dansk
    assert om_items.startswith("Det kan ikke siges, hvilke items der adskiller sig")


def test_equal_groups_may_be_compared_and_no_item_stands_in_the_way() -> None:
    (relations, told), (means, of_means), (_, items) = said("equal")
    assert (relations, means) == ("met", "met")
    assert told.startswith(
        "Relations may be compared: all rules that could be applied accept one factor in every group (robust"
    )
    assert "equal thresholds (ΔCFI" in told
    assert " and equal loadings (ΔCFI" in told
    assert of_means.startswith(
        "Means may be compared, with the differences between items below in mind: besides what comparing relations takes"
    )
    assert "the rules call small" not in told + of_means  # no χ² test rejects
    assert items.startswith(
        "No single item stands in the way: among 3,000 responses, 1,500 in the smallest group, none of the tests"
    )
    dansk = " ".join(text for _, text in said("equal", "da"))
    assert "Sammenhænge må sammenlignes: Alle de regler, der kunne anvendes, accepterer én faktor i hver gruppe (rob" in dansk
    assert "Intet enkelt item står i vejen: Med 3.000 besvarelser, heraf 1.500 i den mindste gruppe, er ingen" in dansk


def test_few_answers_leave_open_what_many_would_show() -> None:
    told = said("few")
    assert [state for state, _ in told[:2]] == ["met", "met"]
    assert told[1][1].endswith(
        "With 240 responses in the smallest group a difference can pass unseen, since the rules have no interval."
    )
    assert told[2][1].startswith("The tests of setting one item free single none out: the clearest has p = ")
    assert "That is no proof that none differs." in told[2][1]
    assert not any("call small" in text or "stands in the way" in text for _, text in told)
    dansk = said("few", "da")
    assert dansk[1][1].endswith(
        "Med 240 besvarelser i den mindste gruppe kan en forskel blive overset, for reglerne har ikke noget interval."
    )
    assert "Det beviser ikke, at alle items fungerer ens." in dansk[2][1]


def test_what_can_be_found_hangs_on_the_smallest_group() -> None:
    """1,150 and 220 answers: a bias of a quarter of a point passes the test of its item; nothing is said to be equal."""
    told = said("uneven")
    assert "With 220 responses in the smallest group a difference can pass unseen" in told[1][1]
    assert "(1,370 responses, 220 in the smallest group). That is no proof that none differs." in told[2][1]
    _, rows = population("uneven")
    assert [(row["method"], row["n"]) for row in rows if row["quantity"] == "group_size"] == [("first", 1150), ("second", 220)]
    assert "med 1.370 svar" not in " ".join(text for _, text in said("uneven", "da")).lower()


def test_groups_that_are_too_small_are_not_judged() -> None:
    told = said("too few")
    assert told[1] == (
        "not_evaluated",
        "Whether means may be compared could not be evaluated: that takes one factor in every group, which could not be judged "
        "(a group is too small to compare: first 40 < 100).",
    )
    assert len(told) == 2
    assert said("too few", "da")[0][1].startswith(
        "Om sammenhænge må sammenlignes, kunne ikke vurderes: Det kræver én faktor i hver gruppe, og det kunne ikke bedømmes ("
    )


@pytest.mark.parametrize(
    ("p", "n", "sentence"),
    [
        (
            0.001,
            12000,
            "With 12,000 responses, 6,000 in the smallest group, the χ² test also sees differences that the rules call small.",
        ),
        (0.001, 400, "The χ² test sees a difference all the same (400 responses, 200 in the smallest group)."),
        (0.3, 12000, "."),
    ],
)
def test_many_answers_excuse_a_rejection_only_where_there_are_many(p: float, n: int, sentence: str) -> None:
    patterns, rows = population("equal")
    rows = [{**row, "n": n, "p_value": p if row["quantity"] == "difference" else row["p_value"]} for row in rows]
    rows = [{**row, "n": n // 2} if row["quantity"] == "group_size" else row for row in rows]
    changed = View(answers=patterns.released(Disclosure.none()), rows=rows, wording=Wording("en", INSTRUMENT))
    relations, means, *_ = section.findings(changed)
    assert (relations.state, means.state) == ("met", "met")
    for text in (relations.text, means.text):
        assert text.endswith(sentence)
        assert ("call small" in text) == ("call small" in sentence)


@pytest.mark.parametrize("language", ["en", "da"])
def test_the_verdicts_stand_in_both_tables_with_value_n_and_source(language: Language) -> None:
    one = view("loadings", language)
    table = matrix(one)
    assert table is not None
    assert table.remark is not None
    assert table.remark.endswith(one.wording.text("matrix_between"))
    cells = {line[0].text: line[1] for line in table.body}
    # Nobody declared margins for the items.
    assert [cell.state for cell in cells.values()] == [*["not_evaluated"] * 2, "met", "not_met", "not_met"]
    (full,) = [block for block in verdict_table(one).blocks if isinstance(block, Table)]
    lines = {line[0].text: line for line in full.body}
    assert list(lines) == list(cells)
    lines = dict(list(lines.items())[2:])
    names = {
        "en": ("largest change of McFadden's R² by DIF < 0.02", "between the groups", "equal loadings", r"ΔCFI\s-0\.\d{3}"),
        "da": ("største ændring i McFaddens R² ved DIF < 0,02", "mellem grupperne", "ens ladninger", r"ΔCFI\s-0,\d{3}"),
    }[language]
    of_dif, relations, means = lines.values()
    assert of_dif[0].text == names[0]
    assert of_dif[0].detail.startswith("COSMIN: Prinsen et al. (2018)")
    assert re.fullmatch(r"0[.,]0\d{3}", of_dif[3].text)
    for line in (relations, means):
        assert (line[1].text, line[1].detail, line[2].state) == (names[1], names[2], "not_met")
        assert re.fullmatch(names[3], line[3].text)
        assert "Cheung & Rensvold (2002)" in line[0].detail
    assert all(line[4].text == "" and line[5].text == one.wording.count(3000) for line in lines.values())
    # None of them has an interval, and the letter says so.
    assert [line[2].marks for line in lines.values()] == [("b",)] * 3
    assert full.notes == [("a", one.wording.note("no_margin_declared")), ("b", one.wording.note("judged_by_estimate"))]


def test_an_item_with_a_large_change_of_r2_is_not_met() -> None:
    patterns, rows = population("equal")
    rows = [
        {**row, "estimate": 0.031} if (row["quantity"], row["item"], row["method"]) == ("total", "c", None) else row
        for row in rows
    ]
    one = View(answers=patterns.released(Disclosure.none()), rows=rows, wording=Wording("en", INSTRUMENT))
    (finding,) = dif_section.findings(one)
    assert finding.state == "not_met"
    (verdict,) = [given for given in one.verdicts if given.criterion.key == "cosmin_dif"]
    assert (verdict.state, verdict.statistic.item) == ("not_met", "c")


def test_groups_below_two_hundred_are_not_judged() -> None:
    """COSMIN's size; the rows keep their numbers."""
    given = view("fewer")
    by_key = {one.criterion.key: (one.state, one.reason) for one in given.verdicts if one.criterion.declared is None}
    assert set(by_key) == {"cosmin_dif", "invariance_relations", "invariance_means"}
    assert set(by_key.values()) == {("not_evaluated", "small_groups: first 120, second 120")}
    assert all(row["estimate"] is not None for row in given.of("dif") if row["quantity"] == "total")
    state, told = said("fewer")[1]
    assert (state, told) == (
        "not_evaluated",
        "Whether means may be compared could not be evaluated: a group has fewer than the 200 respondents that are asked for: "
        "first 120, second 120.",
    )


def test_one_item_that_differs_is_named() -> None:
    (relations, _), (means, _), (_, first), *_ = said("item")
    assert (relations, means) == ("met", "not_met")
    assert first.startswith("“a” stands in the way first (p < 0.001): at equal latent values its answers differ by 0.")


@pytest.mark.parametrize(("language", "start"), [("en", "“a” differs most clearly ("), ("da", "»a« adskiller sig tydeligst (")])
def test_an_item_that_costs_too_little_to_forbid_means_stands_in_nobodys_way(language: Language, start: str) -> None:
    patterns, rows = population("item")
    small = {"cfi_scaled_change": -0.002, "rmsea_scaled_change": 0.005, "srmr_change": 0.001}
    rows = [
        {**row, "estimate": small[row["quantity"]]} if row["method"] == "intercepts" and row["quantity"] in small else row
        for row in rows
    ]
    one = View(answers=patterns.released(Disclosure.none()), rows=rows, wording=Wording(language, INSTRUMENT))
    _, means, first, *_ = section.findings(one)
    assert means.state == "met"
    assert first.text.startswith(start)


def ladder(one: View) -> Table:
    return next(block for block in section.build(one) if isinstance(block, Table))


def test_notes_of_a_step_stand_at_the_step() -> None:
    one = view("equal", notes={"loadings": "category_not_chosen: a 3 (second)"})
    table = ladder(one)
    marked = {line[0].text: [cell.marks for cell in line if cell.marks] for line in table.body}
    assert {step for step, marks in marked.items() if marks} == {"equal loadings"}
    assert marked["equal loadings"] == [("a",)]  # once in the line
    assert table.notes == [("a", "nobody, or nobody in one of the groups, chose a category: a 3 (second)")]
    relations, means = comparisons(one)
    assert relations.beside == means.beside == "judged_by_estimate; category_not_chosen: a 3 (second)"


def test_a_note_on_the_whole_ladder_is_said_once() -> None:
    notes = dict.fromkeys(section.ORDINAL, "small_groups_left_out: later 40 < 100")
    one = view("equal", notes=notes)
    table = ladder(one)
    assert table.head[0][0].marks == ("a",)
    assert not any(cell.marks for line in table.body for cell in line)
    assert table.notes == [("a", "the comparison leaves out groups that are too small: later 40 < 100")]


def test_notes_of_biases_and_tests_are_shown() -> None:
    one = view("equal", notes={"second~first": "category_not_chosen", "intercepts": "few_clusters"})
    text = to_text([block for block in section.build(one) if isinstance(block, Table)])
    assert "nobody, or nobody in one of the groups, chose a category" in text
    assert "few clusters: standard errors, intervals and p values are approximate" in text


@pytest.mark.parametrize(("kind", "whole"), [("equal", "met"), ("two factors", "not_met")])
def test_fit_of_the_first_step_stands_beside_its_cut_offs(kind: str, whole: str) -> None:
    (table,) = [block for block in section.build(view(kind)) if isinstance(block, Table) and "first step" in block.caption]
    assert [cell.text for cell in table.head[0][2:]] == ["COSMIN (2018)", "Schermelleh-Engel et al. (2003)"]
    assert [(line[2].detail, line[3].detail) for line in table.body[:3]] == [
        ("> 0.95", "≥ 0.95"),
        ("< 0.06", "≤ 0.08"),
        ("< 0.08", "≤ 0.10"),
    ]
    assert [cell.state for cell in table.body[3][2:]] == [whole, whole]


@pytest.mark.parametrize(("language", "said"), [("da", "som det almindeligvis citeres"), ("en", "as commonly quoted")])
def test_a_source_that_was_not_at_hand_is_told_in_the_readers_language(language: Language, said: str) -> None:
    remarks = [block.remark or "" for block in section.build(view("equal", language)) if isinstance(block, Table)]
    assert sum(f"39–51, {said}." in remark for remark in remarks) == 1
