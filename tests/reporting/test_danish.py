"""Danish as a Danish colleague writes it: one term for one thing, no calques, nothing called as a file calls it."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import numpy as np
import pytest

import omstilling_psychometrics
from omstilling_psychometrics.present.wording import Wording
from omstilling_psychometrics.survey.codes import FIRST_REASON
from omstilling_psychometrics.survey.instrument import load_instrument
from omstilling_psychometrics.survey.keys import Key
from omstilling_psychometrics.survey.patterns import ResponsePatterns

WORDS = sorted(Path(omstilling_psychometrics.__file__).parent.rglob("words*.da.toml"))

# What misleads (a word that means something else, one of two words for one thing) or is English in Danish words; what to write.
AVOIDED = {
    r"skævhed(en)? i (skalapoint|hvert|gennemsnit)|største skævhed|skævheden nedenfor": "bias; skævhed is the third moment",
    r"eksakte? (test|tilpasning)": "perfekt tilpasning, χ²-test; an exact test is Fisher's",
    r"deler leder|delte leder": "svar om samme leder",
    r"lagt sammen|lægges sammen|fejl efter leder": "klyngerobuste standardfejl; mønstre slås sammen",
    r"\bsat fri|\bsættes? frit|\bsætte ét|\bgøres? fri|parret »[^»]*« frit": "estimeret frit, residualkorrelation for parret",
    r"står i listen|tilovers|efterlader kun": "se listen; ikke forklarer",
    r"regler giver \{|giver 1 faktor": "peger på",
    r"[Uu]den metode:": "tal, der ikke er mærket med en metode",
    r"[Mm]aksimum|[Pp]rincipale|[Gg]raduere": "maximum likelihood, hovedakser, graded response",
    r'(?<!["(])\bcrit\b': "bruddenes alvor (crit)",
    r"itemernes?\b|itemenes?\b|itemene\b": "items, de enkelte items'",
    r"[Rr]estvarians|[Mm]isforhold|forskelstest": "residualvarians, manglende tilpasning, differenstest",
    r"Waldtest|Guttmanfejl|m\.fl\.": "Wald-test, Guttman-fejl, et al.",
    r"[Ss]kæringspunkt|lige store ladninger|samlede? score|ens totaler": "intercept, ens ladninger, totalscore",
    r"folk er|i to målinger|over målinger|indflydelsesværdi|[Cc]odebook": "respondenterne, runder, influensværdi, kodebog",
    r"[“”]|\d\.\d(?!\.)(?!\w)": "»« and a decimal comma",
}


def danish_words() -> list[tuple[str, str]]:
    """Every line of the Danish words, by file; what is in backticks is code."""
    lines = [(str(path.parent.name), line) for path in WORDS for line in path.read_text(encoding="utf-8").splitlines()]
    return [(room, re.sub(r"`[^`]*`", "", line.partition(" = ")[2])) for room, line in lines if " = " in line]


def test_the_words_are_there() -> None:
    assert len(WORDS) > 20
    assert len(danish_words()) > 1000


@pytest.mark.parametrize("avoided", AVOIDED)
def test_danish_that_misleads_is_not_written(avoided: str) -> None:
    found = [(room, words) for room, words in danish_words() if re.search(avoided, words)]
    assert found == [], f"write: {AVOIDED[avoided]}"


def waves_and_forms() -> ResponsePatterns:
    """Two waves with two forms about thirty leaders; few answers missing."""
    instrument, random, n = load_instrument(), np.random.default_rng(5), 600
    codes = np.clip(np.round(3.4 + random.normal(size=n)[:, None] + random.normal(size=(n, 5))), 1, 5).astype(np.int64)
    codes[random.random((n, 5)) < 0.1] = FIRST_REASON
    place = np.arange(n)
    keys = {
        "role": Key.of(list(np.where(place % 4 == 0, "leder", "medarbejder")), instrument.role_keys),
        "leader": Key.of([f"L{one:02}" for one in place // 20]),
        "wave": Key.of([str(1 + one % 2) for one in place]),
        "form": Key.of(["AB"[one // 2 % 2] for one in place]),
        "sektor": Key.of(["sundhed" if one % 3 else "skole" for one in place]),
    }
    return ResponsePatterns.count(instrument, codes, keys)


@pytest.mark.parametrize("by", [None, "wave", "form"])
def test_nothing_is_called_as_a_file_calls_it(make_page: Callable[..., str], by: str | None) -> None:
    """Keys of items and columns, 'wave = 2' and 'form = B' are for programs; figures of a statistic ('df = 15') are none."""
    answers = waves_and_forms()
    html = make_page(answers, names=("items", "missingness"), by=by)
    body = re.sub(r"<style>.*?</style>|<svg.*?</svg>", " ", html, flags=re.DOTALL)
    body = re.sub(r"<p class=\"quote\">[^<]* was measured by [^<]*</p>", " ", body)  # the paragraph in English
    text = " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split()).replace("--by wave", "").replace("--by form", "")
    assert re.findall(r"(?<![-\w])(?:role|leader|wave|form|listwise)(?![-\w])", text) == []
    assert re.findall(r"\b(?:wave|form|rolle|role|sektor|runde|skema) ?= ?\w+", text) == []
    items = answers.instrument.items
    for shown in [text for item in items for text in (item.gloss, *item.wording.values()) if text is not None]:
        text = text.replace(" ".join(shown["da"].split()), "")
    assert [key for key in answers.instrument.item_keys if re.search(rf"\b{key}\b", text)] == []
    if by is None:
        assert "ved ikke, runde 2" in text
        assert "ved ikke, skema B" in text
        assert "sektor: skole" in text
    else:
        assert {"wave": "medarbejder · runde 2", "form": "medarbejder · skema B"}[by] in text


@pytest.mark.parametrize(
    ("method", "danish", "english"),
    [
        ("ved_ikke/wave=2", "ved ikke, runde 2", "don't know, wave 2"),
        ("form=B", "skema B", "form B"),
        ("role=leder", "rollen leder", "role leader"),
        ("sector=health", "sector: health", "sector: health"),
        ("wave", "runde", "wave"),
    ],
)
def test_levels_of_the_background_are_read_as_words(method: str, danish: str, english: str) -> None:
    assert Wording("da", load_instrument()).method(method) == danish
    assert Wording("en", load_instrument()).method(method) == english


def test_a_pair_in_a_note_reads_as_in_a_table() -> None:
    note = Wording("da", load_instrument()).note("further_pair: kompetencer~kultur")
    assert note.endswith(": holder kompetencer opdaterede ~ skaber en nysgerrig kultur")
