"""The report as a document: one offline file, sound structure, safe with hostile texts, the same bytes every time."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pytest

from omstilling_psychometrics.survey.account import Account
from omstilling_psychometrics.survey.codes import BLANK, FIRST_REASON
from omstilling_psychometrics.survey.disclosure import Disclosure
from omstilling_psychometrics.survey.instrument import load_instrument, parse_instrument, plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns

NAMES = ("items", "missingness", "reliability")
VOID = {"meta", "link", "br", "img", "input", "hr"}


class Outline(HTMLParser):
    """Tags, attributes and text of a page; complains about tags that do not close."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] not in ("style", "title", "desc"):
            self.text.append(data)

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == name]

    def words(self) -> str:
        return " ".join(" ".join(self.text).split())


def test_the_page_makes_no_request_and_runs_nothing(page: str) -> None:
    outline = Outline(page)
    policy = next(one for one in outline.all("meta") if one.get("http-equiv") == "Content-Security-Policy")
    assert policy["content"] == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    assert not {"script", "link", "iframe", "object", "embed", "img", "form"} & {tag for tag, _ in outline.tags}
    for _, attributes in outline.tags:
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("src", "href", "xlink:href"):
            assert (attributes.get(name) or "#").startswith("#")
    addresses = set(re.findall(r"https?://[^\s\"'<>]+", page))
    assert addresses == {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert "url(#" in page
    assert not re.search(r"url\((?!#)", page)


def test_the_same_answers_give_the_same_bytes(answers: ResponsePatterns, page: str, make_page: Callable[..., str]) -> None:
    assert make_page(answers, names=NAMES) == page


def test_shuffled_rows_give_the_same_bytes(answers: ResponsePatterns, make_page: Callable[..., str]) -> None:
    frame = answers.expand(coded=True).sample(frac=1, random_state=3)
    shuffled = ResponsePatterns.from_frame(frame, answers.instrument, account=answers.account)
    assert make_page(shuffled) == make_page(answers)


def test_ids_are_unique_and_every_reference_has_its_target(page: str) -> None:
    outline = Outline(page)
    ids = [attributes["id"] for _, attributes in outline.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    wanted = {attributes[name][1:] for _, attributes in outline.tags for name in ("href", "xlink:href") if attributes.get(name)}
    wanted |= set(re.findall(r"url\(#([^)]+)\)", page))
    for _, attributes in outline.tags:
        wanted |= set((attributes.get("aria-labelledby") or "").split())
    assert wanted <= set(ids)


@pytest.mark.parametrize("language", ["da", "en"])
def test_structure_for_screen_readers(answers: ResponsePatterns, make_page: Callable[..., str], language: str) -> None:
    outline = Outline(make_page(answers, names=NAMES, language=language))
    assert outline.all("html")[0]["lang"] == language
    levels = [int(tag[1]) for tag, _ in outline.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    names = [tag for tag, _ in outline.tags]
    assert names.count("main") == names.count("nav") == 1
    assert names.count("caption") == names.count("table")
    for attributes in outline.all("th"):
        assert attributes.get("scope") in ("col", "colgroup", "row", "rowgroup")
    for attributes in outline.all("svg"):
        assert attributes["role"] == "img"
    assert names.count("desc") == names.count("svg") > 0
    assert outline.all("a")[0] == {"class": "skip", "href": "#content"}


def test_every_row_of_a_table_has_the_same_number_of_columns(page: str) -> None:
    for table in re.findall(r"<table>.*?</table>", page, flags=re.DOTALL):
        occupied: dict[int, int] = {}
        widths = []
        for place, line in enumerate(re.findall(r"<tr.*?</tr>", table, flags=re.DOTALL)):
            width = occupied.pop(place, 0)
            for attributes in re.findall(r"<t[hd]([^>]*)>", line):
                columns, rows = (
                    int((re.search(rf'{name}="(\d+)"', attributes) or ["", 1])[1]) for name in ("colspan", "rowspan")
                )
                width += columns
                for later in range(place + 1, place + rows):
                    occupied[later] = occupied.get(later, 0) + columns
            widths.append(width)
        assert len(set(widths)) == 1, table[:300]


def test_the_story_is_told_in_order(page: str) -> None:
    anchors = re.findall(r'<section id="([^"]+)"', page)
    questions = [f"question-{key}" for key in ("score", "reliability", "non_answers", "respondents", "words", "read")]
    evidence = "how_read instrument participants items missingness reliability verdicts limits glossary methods provenance"
    items = ["items-table", *(f"item-{place}" for place in range(1, 6))]
    assert anchors == ["answers", *questions, *items, *evidence.split(), "handing_on", "paper", "checklist"]
    listed = re.findall(r'<li><a href="#([^"]+)"', page)
    assert listed == anchors


def test_danish_words_and_decimals(page: str) -> None:
    words = Outline(page).words()
    assert "Valideringsrapport" in words
    assert "Min leder sikrer, at vi har styr på IT-sikkerheden i vores enhed" in words
    assert re.search(r"\b0,\d\d \[0,\d\d; 0,\d\d\]", words)
    assert not re.search(r"\b\d\.\d\d\b", words.split("Metoder og kilder")[0].replace("0.1.0", ""))


def test_english_decimals(answers: ResponsePatterns, make_page: Callable[..., str]) -> None:
    words = Outline(make_page(answers, names=NAMES, language="en")).words()
    assert re.search(r"\b0\.\d\d \[0\.\d\d; 0\.\d\d\]", words)
    assert "could not be evaluated" in words


def test_rows_read_are_accounted_for(page: str) -> None:
    words = Outline(page).words()
    assert "læst 323" in words
    assert "nøjagtig gentagelse af en besvarelse 2" in words
    assert "analyseret 320" in words


def test_stamp_of_synthetic_data(
    answers: ResponsePatterns,
    page: str,
    make_page: Callable[..., str],
    make_survey: Callable[..., ResponsePatterns],
    make_account: Callable[..., Account],
) -> None:
    assert "SYNTETISKE DATA" not in page
    assert "SYNTETISKE DATA" in make_page(answers, names=NAMES, synthetic=True)
    noted = make_survey(load_instrument(), account=make_account(320, "synthetic_data"))
    assert make_page(noted).count("SYNTETISKE DATA") == 3  # first, last and on every printed page


def test_a_small_role_is_withheld_everywhere(
    make_survey: Callable[..., ResponsePatterns], make_page: Callable[..., str]
) -> None:
    answers = make_survey(load_instrument(), superiors=2)
    page = make_page(answers)
    outline = Outline(page)
    assert "undertrykt" in outline.words()
    for key in ("distribution-overordnet", "answers-per-leader-overordnet"):
        assert key not in page
    described = " ".join(re.findall(r"<desc[^>]*>(.*?)</desc>", page))
    assert "Overordnet" not in described
    assert "overordnet" not in described
    # Nor does the number of such leaders leave through the table of leaders seen from several sides.
    combinations = page.split("Ledere med svar fra flere sider")[1].split("</table>")[0] if "flere sider" in page else ""
    assert "overordnet" not in combinations


def test_nothing_is_withheld_without_a_policy(
    make_survey: Callable[..., ResponsePatterns], make_page: Callable[..., str]
) -> None:
    page = make_page(make_survey(load_instrument(), superiors=2), disclosure=Disclosure.none())
    assert "undertrykt" not in Outline(page).words()


HOSTILE = '<script>alert(1)</script> "quoted" & $x^2$ {{ 7*7 }} \\frac{a}{b} %s {0} æøå 東京'


def hostile_survey() -> ResponsePatterns:
    text = HOSTILE.replace("\\", "\\\\").replace('"', '\\"')
    toml = f'''
[instrument]
key = "hostile"
title = {{ en = "{text}" }}
introduction = {{ en = "{text}" }}
[scale]
categories = [0, 1, 2]
labels = {{ 0 = {{ en = "{text}" }} }}
[[non_answers]]
key = "<b>"
label = {{ en = "{text}" }}
[[roles]]
key = "<i>role</i>"
label = {{ en = "{text}" }}
[[items]]
key = "<q>"
gloss = {{ en = "{text}" }}
wording."<i>role</i>" = {{ en = "{text}" }}
[[items]]
key = "$\\\\alpha$"
[[items]]
key = "=1+1"
'''
    instrument = parse_instrument(toml.encode("utf-8"))
    random = np.random.default_rng(1)
    answers = random.integers(1, 4, size=(60, 3))
    answers[::7, 0] = FIRST_REASON
    answers[::9, 1] = BLANK
    keys = {"role": Key.of(["<i>role</i>"] * 60), "leader": Key.of([f"<u>{one % 12}" for one in range(60)])}
    return ResponsePatterns.count(instrument, answers, keys)


@pytest.mark.parametrize("language", ["da", "en"])
def test_hostile_texts_stay_texts(make_page: Callable[..., str], language: str) -> None:
    page = make_page(hostile_survey(), language=language, title="</title><script>1</script>")
    outline = Outline(page)
    assert "script" not in {tag for tag, _ in outline.tags}
    assert not {"b", "i", "u", "q"} & {tag for tag, _ in outline.tags}
    assert "{{ 7*7 }}" in outline.words()
    assert "$x^2$" in outline.words()


def one_role(n: int, answers: np.ndarray | None = None) -> ResponsePatterns:
    instrument = plain_instrument((1, 2, 3, 4, 5), ("a", "b", "c"))
    given = np.random.default_rng(2).integers(1, 6, size=(n, 3)) if answers is None else answers
    return ResponsePatterns.count(instrument, given)


@pytest.mark.parametrize(
    "answers",
    [
        one_role(200),
        one_role(1),
        one_role(30, np.full((30, 3), 3)),
        one_role(30, np.full((30, 3), BLANK)),
        ResponsePatterns.count(plain_instrument((0, 1), ("a", "b")), np.random.default_rng(4).integers(1, 3, size=(40, 2))),
    ],
    ids=["one role", "one respondent", "all the same", "no answers", "two items, two categories"],
)
def test_poor_data_still_make_a_report(answers: ResponsePatterns, make_page: Callable[..., str]) -> None:
    for policy in (Disclosure(), Disclosure.none()):
        words = Outline(make_page(answers, disclosure=policy)).words()
        assert not re.search(r"\b(nan|None|inf)\b", words)


def test_groups_stand_beside_the_roles(make_page: Callable[..., str]) -> None:
    instrument = plain_instrument((1, 2, 3, 4, 5), ("a", "b", "c"))
    given = np.random.default_rng(2).integers(1, 6, size=(300, 3))
    group = Key.of([f"<g{one % 3}>" for one in range(300)])
    page = make_page(ResponsePatterns.count(instrument, given, {"alder": group}), by="alder", language="en")
    assert "everyone · &lt;g1&gt;" in page


def test_it_stays_small(page: str) -> None:
    assert len(page.encode("utf-8")) < 1_500_000
