"""The first page answers what must be decided, by the verdicts and by released numbers alone; each question has its page."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from omstilling_psychometrics.core.registry import ANALYSES
from omstilling_psychometrics.present.blocks import Cell, Findings, Paragraph, Section, Table
from omstilling_psychometrics.reporting import first_page
from omstilling_psychometrics.reporting.document import Document, compose
from omstilling_psychometrics.reporting.html import render
from omstilling_psychometrics.reporting.story import comparison, leaders, respondents, score
from omstilling_psychometrics.reporting.validation import validate
from omstilling_psychometrics.survey.instrument import load_instrument, plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns
from omstilling_psychometrics.survey.study import Study
from shown_rows import UNIT, alpha, invariance, rmsea, row, view


@pytest.mark.parametrize(
    ("rows", "state", "word", "start"),
    [
        ([alpha(0.85, 0.80, 0.90)], "not_evaluated", "not shown", "Not shown yet: coefficient alpha is 0.85 [0.80; 0.90]"),
        ([alpha(0.85, 0.80, 0.90), rmsea(0.03, 0.01, 0.05)], "met", "yes", "Yes, on these data. 1 of 1"),
        ([alpha(0.72, 0.65, 0.78), rmsea(0.03, 0.01, 0.05)], "inconclusive", "perhaps", "Perhaps."),
        ([alpha(0.60, 0.50, 0.68), rmsea(0.03, 0.01, 0.05)], "not_met", "not precisely enough", "Not with enough precision."),
        ([alpha(0.85, 0.80, 0.90), rmsea(0.10, 0.08, 0.12)], "not_met", "no", "No."),
        ([alpha(0.85, 0.80, 0.90), rmsea(0.06, 0.04, 0.08)], "inconclusive", "not decided", "These data do not decide it."),
        (
            [alpha(0.85, 0.80, 0.90), rmsea(None, None, None, note="not_computed")],
            "not_evaluated",
            "could not be evaluated",
            "Whether one factor lies behind the items could not be judged",
        ),
        (
            [alpha(None, None, None, note="no_variance"), rmsea(0.03, 0.01, 0.05)],
            "not_evaluated",
            "could not be evaluated",
            "Reliability could not be computed (",
        ),
    ],
)
def test_the_answer_follows_from_the_verdicts(rows: list[dict[str, Any]], state: str, word: str, start: str) -> None:
    told, cell = score.sentence(view(*rows), UNIT), score.by_unit(view(*rows), UNIT)
    assert (told.unit, told.state, cell.state) == ("Employee", state, state)
    assert told.verdict == cell.text == word
    assert told.text.startswith(start)


def test_the_index_shown_is_the_one_that_decides() -> None:
    cfi = row("cfa", "cfi_robust", 0.995, 0.90, 1.0, method="WLSMV")
    srmr = row("cfa", "srmr_unbiased", 0.012, 0.0, 0.06, method="WLSMV")
    cell = score.by_unit(view(alpha(0.85, 0.80, 0.90), cfi, srmr), UNIT)
    assert (cell.state, cell.number.split(" ", 1)[1]) == ("met", "0.012 [0.000; 0.060]")
    assert "0.995 [0.900; 1.000]" in score.by_unit(view(alpha(0.85, 0.80, 0.90), cfi), UNIT).number


def test_few_complete_answers_are_no_few_answers_where_the_structure_could_be_judged() -> None:
    short = alpha(0.85, 0.80, 0.90, n=68)
    assert first_page._few(view(short))[1].startswith("Whether the items make one score takes about 100 complete answers.")
    assert first_page._few(view(short, rmsea(0.03, 0.01, 0.05, n=141))) == []
    assert len(first_page._few(view(short, rmsea(0.03, 0.01, 0.05, n=90)))) == 2


def test_a_change_that_matters_is_not_open_where_the_study_says_which() -> None:
    plain, declared = view(alpha(0.85, 0.80, 0.90)), replace(view(alpha(0.85, 0.80, 0.90)), study=Study(mic=0.4))
    told = [first_page._words(one, ())[-1].text for one in (plain, declared)]
    assert told == [
        "Stability over time, relations to outside measures and the smallest change that matters are not in these answers.",
        "Stability over time and relations to outside measures are not in these answers.",
    ]
    retested = replace(declared, rows=[row("retest", "test_retest_icc", 0.8, 0.7, 0.9, method="agreement/1~2")])
    assert first_page._words(retested, ())[-1].text == "Relations to outside measures are not in these answers."


def test_how_many_the_next_pilot_needs_follows_from_the_width_of_the_interval() -> None:
    """An interval .20 wide from 300 answers is .10 wide from four times as many."""
    shown = view(alpha(0.80, 0.70, 0.90), rmsea(0.03, 0.01, 0.05))
    assert respondents.width(shown, UNIT) == pytest.approx(0.20)
    assert respondents.for_width(shown, UNIT) == 1200
    assert respondents.for_one_factor(shown) == 100
    assert respondents.by_unit(shown, UNIT).text == "about 1,200 responses"
    narrow = view(alpha(0.80, 0.79, 0.81))
    assert respondents.for_width(narrow, UNIT) == 12
    assert respondents.by_unit(narrow, UNIT).text == "about 100 responses"  # COSMIN's, for one factor
    wide = view(alpha(0.2, -0.6, 0.7))
    assert respondents.for_width(wide, UNIT) is None  # says too little to reckon with
    assert respondents.by_unit(wide, UNIT).text == "at least 100 responses"


# ---------------------------------------------------------------- whole documents


def survey(sizes: dict[str, int], leaders: int, noise: float = 1.0, seed: int = 3) -> ResponsePatterns:
    """Answers of roles about leaders to the default instrument, from one factor and noise."""
    random, instrument = np.random.default_rng(seed), load_instrument()
    roles = [role for role, n in sizes.items() for _ in range(n)]
    leader = [place % leaders for n in sizes.values() for place in range(n)]
    n = len(roles)
    latent = 1.2 * random.normal(size=(n, 1)) + 0.5 * random.normal(size=(leaders, 1))[leader]
    answers = np.clip(np.round(latent + noise * random.normal(size=(n, 5)) + 3.3), 1, 5).astype(int)
    keys = {
        "role": Key.of(roles, instrument.role_keys),
        "leader": Key.of([f"l{one:02d}" for one in leader]),
        "respondent": Key.of([f"r{one}" for one in range(n)]),
    }
    return ResponsePatterns.count(instrument, answers, keys)


def document_of(answers: ResponsePatterns, names: tuple[str, ...] = tuple(ANALYSES), **options: Any) -> Document:
    done = validate(answers, names, rng=1, **options)
    return compose(done.answers, done.rows, done.origin, language="en", analysed=done.analysed)


def table_of(section: Section) -> Table:
    return next(block for block in section.blocks if isinstance(block, Table))


def lines(table: Table) -> dict[str, list[Cell]]:
    return {line[0].text: list(line[1:]) for line in table.body}


@pytest.fixture(scope="module")
def small() -> Document:
    """72 answers about nine leaders, by two roles."""
    return document_of(survey({"medarbejder": 63, "leder": 9}, leaders=9))


def test_a_small_organisation_reads_how_little_its_answers_decide(small: Document) -> None:
    cautions = [block.text for block in small.first_page.blocks if isinstance(block, Paragraph) and block.tone == "caution"]
    assert len(cautions) == 2
    assert cautions[0].startswith("Few answers: 72 in all, complete ones from employee 63 and leader 9. Of ")
    assert (
        cautions[1] == "Whether the items make one score takes about 100 complete answers. Comparing groups takes 200 in each."
    )
    cells = lines(table_of(small.first_page))
    assert [cell.state for cell in cells["1. May these 5 items be averaged to one score?"]] == ["not_evaluated"] * 2
    (comparison,) = cells["3. May means of the roles be compared, and which item stands in the way?"]
    assert (comparison.text, comparison.state, comparison.columns) == ("could not be evaluated", "not_evaluated", 2)
    # What can be seen is shown all the same.
    assert re.match(
        r"coefficient alpha 0\.\d\d \[",
        cells["2. Which reliability coefficient is to be printed, and how large is it?"][0].text,
    )


def test_enough_answers_are_not_called_few(make_page: Callable[..., str]) -> None:
    done = document_of(survey({"medarbejder": 150, "leder": 110}, leaders=30), ("items", "reliability"))
    assert not any(isinstance(block, Paragraph) and block.tone == "caution" for block in done.first_page.blocks)


def test_questions_that_do_not_arise_say_so_in_a_word_and_have_no_page() -> None:
    instrument = load_instrument()
    answers = survey({"medarbejder": 120}, leaders=1)
    alone = ResponsePatterns.count(
        instrument, answers.patterns[answers.pattern], {"role": Key.of(["medarbejder"] * 120, instrument.role_keys)}
    )
    done = document_of(alone, ("items", "reliability", "multilevel", "invariance"))
    cells = lines(table_of(done.first_page))
    (leaders,) = cells["4. May answers about one leader be one score for the leader, and from how many answers?"]
    (comparison,) = cells["3. May means of the roles be compared, and which item stands in the way?"]
    assert (leaders.text, leaders.detail) == ("does not arise", "no leaders are known")
    assert (comparison.text, comparison.detail) == ("does not arise", "there is one group only")
    assert {section.key for section in done.questions} == {
        "question-score",
        "question-reliability",
        "question-respondents",
        "question-words",
        "question-read",
    }


def test_a_scale_without_roles_is_not_asked_about_them() -> None:
    given = np.random.default_rng(1).integers(1, 4, (130, 3))
    done = document_of(ResponsePatterns.count(plain_instrument((1, 2, 3), ("a", "b", "c")), given), ("items", "reliability"))
    asked = list(lines(table_of(done.first_page)))
    assert [text.partition(". ")[0] for text in asked] == ["1", "2", "3", "4", "5", "6a", "6b", "6c", "6d", "6e"]
    assert not any("leader" in text or "roles" in text for text in asked)


def test_a_page_has_the_number_of_its_question(small: Document) -> None:
    heads = {section.key: section.title.partition(". ")[0] for section in (*small.questions, small.items) if section}
    asked = {line[0].anchor: line[0].text.partition(". ")[0] for line in table_of(small.first_page).body if line[0].anchor}
    assert heads["items-table"] == asked["items-table"] == "6"
    assert heads["question-read"] == "9"
    numbers = [line[0].text.partition(". ")[0] for line in table_of(small.first_page).body]
    assert numbers == ["1", "2", "3", "4", "5", "6", "7", "8", "9a", "9b", "9c", "9d", "9e"]


def test_every_cell_leads_to_a_page(small: Document) -> None:
    anchors = {section.key for section in small.sections}
    cells = [cell for line in table_of(small.first_page).body for cell in line if cell.anchor]
    assert {cell.anchor for cell in cells} <= anchors
    assert len(cells) > 20


def test_many_groups_have_a_line_each_and_the_page_stays_legible() -> None:
    answers = survey({"medarbejder": 200, "leder": 60, "overordnet": 60}, leaders=20)
    instrument = answers.instrument
    keys = {name: key for name, key in answers.keys.items() if name in ("role", "leader")}
    grouped = ResponsePatterns(
        instrument=instrument,
        patterns=answers.patterns,
        pattern=answers.pattern,
        keys={**keys, "wave": Key.of([f"{one % 2}" for one in range(answers.pattern.size)])},
        counts=answers.counts,
    )
    done = document_of(grouped, ("items", "reliability"), by="wave")
    by_unit, together = (block for block in done.first_page.blocks if isinstance(block, Table))
    assert [line[0].text for line in by_unit.body] == [
        f"{role} · wave {wave}" for wave in "01" for role in ("employee", "leader", "superior")
    ]
    assert all(not cell.detail for line in by_unit.body for cell in line[1:])
    assert all(cell.columns == 1 for line in together.body for cell in line)


def test_at_most_ten_lines_of_words(small: Document) -> None:
    (words,) = [block for block in small.first_page.blocks if isinstance(block, Findings)]
    assert [one.unit for one in words.findings] == ["May be done", "May not be done", "Open"]
    assert sum(-(-len(f"{one.unit}: {one.text}") // 105) for one in words.findings) <= 10


def test_a_withheld_role_has_cells_without_numbers_and_no_line_on_any_page() -> None:
    done = document_of(survey({"medarbejder": 150, "leder": 3}, leaders=30), ("items", "reliability", "missingness"))
    table = table_of(done.first_page)
    withheld = [line[2] for line in table.body if len(line) == 3]
    assert len(withheld) >= 4
    assert all((cell.detail, cell.anchor) == ("", "") for cell in withheld)
    for section in done.questions:
        boxed = [one.unit for block in section.blocks if isinstance(block, Findings) for one in block.findings]
        assert "Leader" not in boxed


def test_evidence_is_folded_and_printed_only_in_full(small: Document) -> None:
    page = render(small)
    assert page.count('<details class="folded">') == len(small.evidence) + len(small.back_matter)
    assert '<body class="full">' not in page
    done = validate(survey({"medarbejder": 60}, leaders=6), ("items",), rng=1)
    full = render(done.document("en", full=True))
    assert '<body class="full">' in full


def test_rows_without_a_value_are_one_line_with_their_reasons(small: Document) -> None:
    page = render(small)
    own = page.split('<section id="multilevel"')[1].split("</section>")[0]
    assert re.search(r"Without a value: [^.]*ICC\(1\)[^.]* \(each leader has one answer only", own)


def test_the_glossary_has_what_the_report_has_values_of(small: Document) -> None:
    (glossary,) = [section for section in small.back_matter if section.key == "glossary"]
    terms = {line[0].text for line in table_of(glossary).body}
    assert "coefficient alpha" in terms
    assert "external correlation" not in {term.lower() for term in terms}


# ---------------------------------------------------------------- what was found decides the word


def test_means_that_an_item_biases_are_compared_with_a_reservation() -> None:
    plain, biased = (comparison.together(view(*invariance(differs))) for differs in (False, True))
    assert (plain.text, plain.state, plain.number) == ("yes", "met", "no item stands out")
    assert (biased.text, biased.state) == ("only with a reservation", "inconclusive")
    assert biased.number == "“has IT security in hand” differs by 0.22 [0.18; 0.27] points (leader – employee)"
    assert comparison.decided(None, differs=True) == ("not_evaluated", "not_evaluated")


def test_what_the_bias_moves_is_told_where_comparing_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison, "arises", lambda view: None)
    (told,) = comparison.said(view(*invariance(True))).may
    assert told == (
        "Compare means of the roles only less what items move that differ, mostly “has IT security in hand”: "
        "0.04 [0.02; 0.05] (leader – employee) points."
    )


@pytest.mark.parametrize(
    ("waves", "said"), [(("1",), "each leader has one answer only"), (("1", "2"), "each leader has one answer only in a wave")]
)
def test_one_answer_about_a_leader_is_one_in_a_wave(waves: tuple[str, ...], said: str) -> None:
    n, instrument = 30, load_instrument()
    given = np.clip(np.round(np.random.default_rng(3).normal(3, 1, (n * len(waves), 5))), 1, 5).astype(int)
    keys = {
        "role": Key.of(["leder"] * len(given), instrument.role_keys),
        "leader": Key.of([f"l{place}" for place in range(n)] * len(waves)),
        "wave": Key.of([wave for wave in waves for _ in range(n)]),
    }
    done = validate(ResponsePatterns.count(instrument, given, keys), ("multilevel",), rng=1)
    answer = leaders.by_unit(done._view("en"), ("leder", None))
    assert (answer.text, answer.number) == ("does not arise", said)
