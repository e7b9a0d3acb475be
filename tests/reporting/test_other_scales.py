"""The report says of every scale what is true of that scale: other numbers of items and categories, no roles, no leaders."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from html import unescape

import numpy as np
import pytest

from omstilling_psychometrics.analysis.running import run
from omstilling_psychometrics.core.registry import ANALYSES
from omstilling_psychometrics.present import drawing
from omstilling_psychometrics.present.wording import Wording
from omstilling_psychometrics.survey.codes import BLANK
from omstilling_psychometrics.survey.disclosure import Disclosure
from omstilling_psychometrics.survey.instrument import load_instrument, plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns
from omstilling_psychometrics.topics.dimensionality import analysis_efa as efa
from omstilling_psychometrics.topics.dimensionality.analysis_dimensions import REPLICATIONS
from omstilling_psychometrics.topics.factor import analysis_dynamic_cutoffs as dynamic_cutoffs
from omstilling_psychometrics.topics.reliability import analysis as reliability

LANGUAGES = ("da", "en")
# Items, categories, and whether answers are about leaders, by two roles, with a reason for not answering.
SCALES = ((3, 2, False), (6, 7, False), (7, 11, False), (12, 3, False), (4, 3, True))
# Scales (by place) and languages; the longest reports in one language each.
REPORTS = [(0, "da"), (0, "en"), (1, "da"), (1, "en"), (2, "da"), (3, "en"), (4, "da"), (4, "en")]

# What is true of five items with five categories, three roles and two reasons only.
FOREIGN = {
    "en": r"\bfive (?:categories(?! only)|items|things)|employee|don't know|prefer not"
    r"|(?<!-specific )evaluation|official|digital|0?\.20 even",
    "da": r"(?<!for )\b[Ff]em (?:kategorier|items|ting|frihedsgrader)|medarbejder|ved ikke|evaluering"
    r"|officiel|digital|0,20, selv",
}
LEADER = {"en": r"\b[Ll]eaders?\b|\b[Ss]uperior|\b[Ff]loor of", "da": r"\b[Ll]eder(?!nes)\w*|[Oo]verordn\w*"}
ROLE = {"en": r"\b[Rr]oles\b|per role", "da": r"\b[Rr]oller(?:ne)?\b|hver rolle"}


def answers_of(k: int, c: int, led: bool) -> ResponsePatterns:
    random = np.random.default_rng(k)
    n = 120
    leader = np.repeat(np.arange(n // 4), 4)
    latent = random.normal(size=(n, 1)) + (0.6 * random.normal(size=(n // 4, 1))[leader] if led else 0)
    behind = 0.8 * latent + 0.7 * random.normal(size=(n, k))
    codes = 1 + (behind[:, :, None] > np.linspace(-1.2, 1.2, c - 1)).sum(axis=2)
    codes[random.random((n, k)) < 0.02] = BLANK
    items = tuple(f"v{place}" for place in range(1, k + 1))
    if not led:
        return ResponsePatterns.count(plain_instrument(tuple(range(c)), items), codes, {})
    roles = Key.of(["pupil", "pupil", "pupil", "teacher"] * (n // 4), ("pupil", "teacher"))
    instrument = plain_instrument(tuple(range(c)), items, non_answers=("skip",), roles=("pupil", "teacher"))
    return ResponsePatterns.count(instrument, codes, {"role": roles, "leader": Key.of([f"l{one}" for one in leader])})


@pytest.fixture(scope="module")
def told(make_page: Callable[..., str]) -> Iterator[Callable[[int, str], str]]:
    """The words of the report by scale and language; few draws, and nothing is drawn on paper."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(efa, "DRAWS", 4)
        patch.setitem(REPLICATIONS, "pearson", 20)
        patch.setitem(REPLICATIONS, "polychoric", 4)
        patch.setattr(dynamic_cutoffs, "BATTERY_REPLICATIONS", 20)
        patch.setattr(reliability, "battery", lambda patterns, rng: reliability.reliability(patterns))
        patch.setattr(drawing, "to_svg", lambda figure, **named: f"<svg><title>{named['title']}</title></svg>")
        patterns = {place: answers_of(*scale) for place, scale in enumerate(SCALES)}

        @cache
        def page(place: int, language: str) -> str:
            names = tuple(ANALYSES)
            html = make_page(patterns[place], names=names, language=language, disclosure=Disclosure.none())
            body = re.sub(r"<style>.*?</style>", " ", html, flags=re.DOTALL)
            return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body))).replace("\N{NO-BREAK SPACE}", " ")

        yield page


@pytest.mark.parametrize(("place", "language"), REPORTS)
def test_numbers_are_those_of_the_scale(told: Callable[[int, str], str], place: int, language: str) -> None:
    k, c, _ = SCALES[place]
    text, wording = told(place, language), Wording(language)  # type: ignore[arg-type]
    assert re.findall(FOREIGN[language], text) == []
    share = wording.share(1 / c, 0).replace("\N{NO-BREAK SPACE}", " ")
    each = {"en": f"{c} categories put {share} in each", "da": f"Med {c} kategorier vil {share} af svarene falde i hver"}
    assert each[language] in text
    df = k * (k - 3) // 2
    few = {"en": f"{k} items leave {df} degrees of freedom", "da": f"{k} items giver {df} frihedsgrader"}[language]
    assert (few in text) == (0 < df < 10)
    assert ({"en": "leave no degree of freedom", "da": "giver ingen frihedsgrader"}[language] in text) == (df == 0)
    more = {"en": "With more than two categories, monotonicity alone", "da": "Med flere end to kategorier følger det ikke"}
    assert (more[language] in text) == (c > 2)
    assert ("Grayson 1988" in text) == (c == 2)


@pytest.mark.parametrize(("place", "language"), [(place, language) for place, language in REPORTS if place < 4])
def test_nothing_is_said_of_leaders_and_roles_that_are_not_there(
    told: Callable[[int, str], str], place: int, language: str
) -> None:
    text = told(place, language)
    said = {"en": "Leaders: no leader is known in", "da": "Ledere: Ingen leder er kendt i"}[language]
    assert text.count(said) == 1
    # Not among what is not in the answers, nor among the settings of the run.
    glossary, provenance = {
        "en": ("Words and symbols Quantities", "Where the numbers come from With"),
        "da": ("Ord og symboler Størrelser", "Hvor tallene kommer fra Samme"),
    }[language]
    rest = text[: text.index(said)] + text[text.index(glossary) : text.index(provenance)]
    assert re.findall(LEADER[language], rest) == []
    assert re.findall(ROLE[language], rest) == []
    reasons = {"en": "A reason that nobody gave", "da": "En grund, som ingen har givet"}[language]
    kinds = {
        "en": "Kept apart are: an answer, a field left empty and an item that was not shown.",
        "da": "Der skelnes mellem: et svar, et tomt felt og et item, der ikke er vist.",
    }[language]
    assert kinds in text
    assert reasons not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_other_roles_and_leaders_have_their_sections(told: Callable[[int, str], str], language: str) -> None:
    text = told(4, language)
    question = {"en": "May answers about a leader be put together", "da": "Må svar om en leder samles"}[language]
    assert question in text
    assert {"en": "the reason “skip”", "da": "grunden »skip«"}[language] in text
    assert {"en": "Answers about one leader depend on each other", "da": "Svar om samme leder afhænger"}[language] in text
    assert not re.search(r"[Ss]uperiors|[Oo]verordnede", text)
    # No variance between the leaders of pupils: no number of answers reaches a reliability, and none is printed as a dash.
    assert "– answers are needed" not in text
    assert "– svar til" not in text


@pytest.mark.parametrize("place", [0, 1, 3, 4])
def test_residual_correlations_have_the_mean_that_they_have(told: Callable[[int, str], str], place: int) -> None:
    """Not what five items would have: the mean of Q3 in the answers, near -1/(k - 1)."""
    k, _, led = SCALES[place]
    text = told(place, "en")
    found = re.search(rf"The residual correlations of these {k} items have a mean of (-\d\.\d\d)(?: to (-\d\.\d\d))?", text)
    (result,) = run(answers_of(*SCALES[place]), ("irt",), seed=1)
    rows = [row for row in result.result.statistics if row.quantity == "q3" and row.method == "graded"]
    if all(np.isnan(row.estimate) for row in rows):
        assert found is None
        return
    assert found is not None
    means = sorted(np.mean([row.estimate for row in rows if row.role == role]) for role in {row.role for row in rows})
    assert [float(one) for one in found.groups() if one] == pytest.approx(
        sorted({round(means[0], 2), round(means[-1], 2)}), abs=0.006
    )
    if not led:
        assert -1 / (k - 1) - 0.03 < means[0] < 0


def test_the_shipped_instrument_keeps_its_own_words(make_page: Callable[..., str], answers: ResponsePatterns) -> None:
    for language, words in (("en", "translation of the employee wording"), ("da", "medarbejdernes ordlyd")):
        assert words in make_page(answers, language=language)
    assert load_instrument().key == answers.instrument.key
