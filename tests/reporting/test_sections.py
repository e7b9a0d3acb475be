"""Every analysis has its section, on good data and on data that leave most of it uncomputed."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest

from omstilling_psychometrics.core.registry import ANALYSES
from omstilling_psychometrics.core.vocabulary import Language
from omstilling_psychometrics.present.view import View
from omstilling_psychometrics.present.wording import Wording
from omstilling_psychometrics.reporting.closing import LIMITS, limits
from omstilling_psychometrics.survey.codes import BLANK
from omstilling_psychometrics.survey.disclosure import Disclosure
from omstilling_psychometrics.survey.instrument import load_instrument, plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns
from omstilling_psychometrics.survey.scale import Instrument

EVERY = tuple(ANALYSES)


def text_of(page: str) -> str:
    body = page.split("<main", 1)[1]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


def anchors(page: str) -> list[str]:
    return re.findall(r'<section id="([^"]+)"', page)


def twice(answers: ResponsePatterns) -> ResponsePatterns:
    """Half of the people answer again in a second wave."""
    codes, again = answers.patterns[answers.pattern], np.arange(0, answers.n, 2)
    rows = np.concatenate([np.arange(answers.n), again])
    keys = {name: key.take(rows) for name, key in answers.keys.items()}
    keys["wave"] = Key.of(["1"] * answers.n + ["2"] * len(again))
    return ResponsePatterns.count(answers.instrument, np.concatenate([codes, codes[again, ::-1]]), keys)


@pytest.fixture(scope="module")
def full(make_page: Callable[..., str], make_survey: Callable[..., ResponsePatterns]) -> str:
    return make_page(twice(make_survey(load_instrument(), leaders=110, superiors=110, team=2)), names=EVERY, language="en")


def test_the_story_has_every_analysis_in_order(full: str) -> None:
    told = [anchor for anchor in anchors(full) if anchor in ANALYSES]
    assert told == list(ANALYSES)


def test_every_section_has_a_question_a_table_and_all_its_numbers(full: str) -> None:
    for name in ANALYSES:
        section = full.split(f'<section id="{name}"', 1)[1].split("</section>", 1)[0]
        assert re.search(r'<p class="lead">[^<]+\?', section), name
        assert section.count("<table>") >= 2, name
        assert '<details class="screen">' in section, name


def test_every_analysis_is_drawn(full: str) -> None:
    sections = {name: full.split(f'<section id="{name}"', 1)[1].split("</section>", 1)[0] for name in ANALYSES}
    assert [name for name, section in sections.items() if "<svg" not in section] == []


def test_fit_stands_beside_each_system_of_cut_offs(full: str) -> None:
    section = full.split('<section id="cfa"', 1)[1].split("</section>", 1)[0]
    rules = section.split("Fit beside systems of cut-offs", 1)[1].split("</table>", 1)[0]
    words = text_of(f"<main>{rules}")
    for system in ("COSMIN (2018) Hu &amp; Bentler (1999)", "acceptable: Schermelleh-Engel", "good: Schermelleh-Engel"):
        assert system in words
    for index, *cuts in (  # COSMIN, Hu & Bentler, Schermelleh-Engel
        ("robust CFI", "&gt; 0.95", "≥ 0.95", "≥ 0.97"),
        ("robust RMSEA", "&lt; 0.06", "≤ 0.06", "≤ 0.05"),
        ("unbiased SRMR", "&lt; 0.08", "≤ 0.08", "≤ 0.10"),
    ):
        assert words.count(index) == 3  # one line per role
        assert all(words.count(cut) >= 3 for cut in cuts)
    assert len(re.findall(r"\b(not met|met|inconclusive)\b", words)) == 3 * 4 * 4


def test_nothing_is_left_untranslated(full: str) -> None:
    words = text_of(full)
    assert not re.search(r"\b(nan|None|inf)\b", words)
    assert not re.search(r"\{[a-z_]+\}", words)
    assert "_robust" not in words
    assert "medarbejder~" not in words


def starved(kind: str) -> ResponsePatterns:
    instrument = load_instrument()
    random = np.random.default_rng(5)
    roles = Key.of(["medarbejder"] * 12 + ["leder"] * 4 + ["overordnet"] * 4, instrument.role_keys)
    leaders = Key.of([f"l{one % 4}" for one in range(20)])
    given = {
        "few": random.integers(1, 6, size=(20, 5)),
        "constant": np.full((20, 5), 4),
        "nothing": np.full((20, 5), BLANK),
    }
    if kind == "one":
        return ResponsePatterns.count(plain_instrument((1, 2, 3), ("a", "b", "c")), np.array([[1, 2, 3]]))
    if kind == "two items":
        return ResponsePatterns.count(plain_instrument((0, 1), ("a", "b")), random.integers(1, 3, size=(60, 2)))
    return ResponsePatterns.count(instrument, given[kind], {"role": roles, "leader": leaders})


@pytest.mark.parametrize("kind", ["few", "constant", "nothing", "one", "two items"])
def test_starved_data_make_a_full_report(make_page: Callable[..., str], kind: str) -> None:
    page = make_page(starved(kind), names=EVERY, language="en", disclosure=Disclosure.none())
    lacking = ("leaders", "groups", "retest") if kind in ("one", "two items") else ("retest",)
    told = [name for name, one in ANALYSES.items() if one.needs not in lacking]
    assert [anchor for anchor in anchors(page) if anchor in ANALYSES] == told
    assert not re.search(r"\b(nan|None|inf)\b", text_of(page))


def test_withheld_roles_leave_no_figure_in_any_section(make_page: Callable[..., str]) -> None:
    page = make_page(
        starved("few"), names=EVERY, language="en", disclosure=Disclosure(minimum_respondents=50, minimum_leaders=0)
    )
    for name in ANALYSES:
        section = page.split(f'<section id="{name}"', 1)[1].split("</section>", 1)[0]
        assert "<svg" not in section, name


def test_sections_do_not_hang_on_who_is_withheld(make_page: Callable[..., str]) -> None:
    """Of a withheld role nobody is told whether its leaders were known; what the file has no column for is left out."""
    every = Disclosure(minimum_respondents=50, minimum_leaders=0)
    few = starved("few")
    unknown = ResponsePatterns.count(
        few.instrument, few.patterns[few.pattern], {"role": few.keys["role"], "leader": Key.of([None] * 20)}, few.counts
    )
    sections = [anchors(make_page(one, names=EVERY, language="en", disclosure=every)) for one in (few, unknown)]
    assert sections[0] == sections[1]
    assert set(ANALYSES) < set(sections[0])

    leaders, groups = ({name for name, one in ANALYSES.items() if one.needs == needed} for needed in ("leaders", "groups"))
    assert "multilevel" in leaders
    assert {"role_comparison", "invariance"} < groups
    without = {frozenset({"role"}): leaders, frozenset({"leader"}): groups, frozenset[str](): leaders | groups}
    for kept, gone in without.items():
        page = make_page(few.pool([key for key in few.keys if key not in kept]), names=EVERY, language="en", disclosure=every)
        assert set(ANALYSES) - set(anchors(page)) == gone, kept
    one = ResponsePatterns.count(few.instrument, few.patterns[few.pattern], {"role": Key.of(["leder"] * 20)}, few.counts)
    page = make_page(one, names=EVERY, language="en", disclosure=every)
    assert set(ANALYSES) - set(anchors(page)) == without[frozenset()]


@pytest.mark.parametrize("language", ["da", "en"])
def test_what_the_design_cannot_answer_is_said_in_the_words_of_the_instrument(language: Language) -> None:
    def told(instrument: Instrument, **keys: Key) -> list[str]:
        patterns = ResponsePatterns.count(instrument, np.full((4, len(instrument.items)), 2), keys)
        one = View(answers=patterns.released(Disclosure()), rows=[], wording=Wording(language, instrument))
        (bullets,) = limits(one).blocks
        return list(bullets.texts)

    shipped = told(load_instrument(), role=Key.of(["leder", "medarbejder"] * 2))
    other = told(plain_instrument((1, 2, 3), ("a", "b")))
    assert (len(shipped), len(other)) == (len(LIMITS), len(LIMITS) - 1)  # one role: no wordings to differ
    text = "\n".join(shipped)
    for word in {
        "da": ("Test-retest", "Kriterievaliditet", "Svarprocent"),
        "en": ("test–retest", "Criterion", "Response rate"),
    }[language]:
        assert word in text
    assert not any(word in "\n".join(other) for word in ("offentlig", "evaluering", "public", "evaluation", "digital"))
