"""The report in Chromium: what a reader sees, by keyboard, on paper, on a phone, and with a screen reader's rules."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from omstilling_psychometrics.reporting.validation import validate
from omstilling_psychometrics.survey.reading import read

pytestmark = pytest.mark.browser

DATA = Path(__file__).parents[2] / "data" / "synthetic" / "answers.csv"
LANGUAGES = ("da", "en")
WITHOUT_DOSSIERS = "@media print { section[id^=item-] { display: none } }"


@pytest.fixture(scope="session")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("reports")
    validation = validate(read(DATA), rng=1)
    for language in LANGUAGES:
        validation.write_report(folder / f"{language}.html", language)
    return {language: folder / f"{language}.html" for language in LANGUAGES}


@pytest.fixture(scope="session")
def of_one_role(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("of-one-role")
    validation = validate(read(DATA), rng=1, roles="medarbejder")
    for language in LANGUAGES:
        validation.write_report(folder / f"{language}.html", language)
    return {language: folder / f"{language}.html" for language in LANGUAGES}


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert executable, "Chromium is missing. On Debian and Ubuntu: apt-get install chromium"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def open_page(browser: Any, reports: dict[str, Path], language: str) -> Iterator[Any]:
    pages = []

    def opened(width: int = 1280, **options: Any) -> Any:
        options = {"reduced_motion": "reduce", "bypass_csp": True, **options}
        page = browser.new_page(viewport={"width": width, "height": 900}, **options)
        pages.append(page)
        page.requests, page.complaints = [], []
        page.on("request", lambda request: page.requests.append(request.url))
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto(reports[language].as_uri())
        return page

    yield opened
    for page in pages:
        page.close()


def test_nothing_is_fetched_and_nothing_complained_about(open_page: Any, reports: dict[str, Path], language: str) -> None:
    page = open_page(bypass_csp=False)
    assert page.requests == [reports[language].as_uri()]
    assert page.complaints == []


def test_contents_lead_to_the_sections(open_page: Any) -> None:
    page = open_page()
    links = page.locator("nav a")
    assert links.count() == page.locator("main section").count() > 20
    for place in range(links.count()):
        link = links.nth(place)
        target = page.locator(link.get_attribute("href"))
        link.click()
        assert target.is_visible()
        assert abs(target.bounding_box()["y"]) < 900


def test_by_keyboard(open_page: Any) -> None:
    page = open_page()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.locator(".skip").bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    details = page.locator("details.folded:has(#reliability)")
    details.locator("> summary").focus()
    page.keyboard.press("Enter")
    assert details.evaluate("element => element.open")
    assert details.locator("table").first.is_visible()
    region = page.locator(".scroll").first
    region.focus()
    assert region.evaluate("element => getComputedStyle(element).outlineStyle") == "solid"


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_the_page_fits_its_window(open_page: Any, width: int) -> None:
    page = open_page(width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(
        "[...document.querySelectorAll('.plot svg')].every(one => one.getBoundingClientRect().right <= innerWidth)"
    )


def test_a_link_to_folded_evidence_opens_it(open_page: Any) -> None:
    page = open_page()
    evidence = page.locator("#reliability")
    assert not evidence.is_visible()
    page.locator("#question-reliability .links a[href='#reliability']").click()
    assert evidence.is_visible()
    assert page.locator("details.folded:has(#reliability)").evaluate("element => element.open")


def test_on_a_phone_every_role_is_in_sight(open_page: Any) -> None:
    page = open_page(390)
    cells = page.locator("#answers tbody tr").first.locator("td")
    assert cells.count() == 3
    for place in range(3):
        box = cells.nth(place).bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        column = cells.nth(place).get_attribute("data-column")
        assert column
        assert column in cells.nth(place).evaluate("element => getComputedStyle(element, '::before').content")


def pages_of(page: Any, target: Path) -> int:
    page.pdf(path=str(target), prefer_css_page_size=True)
    return len(re.findall(rb"/Type\s*/Page\b", target.read_bytes()))


def test_the_story_is_printed_on_a_few_pages(open_page: Any, tmp_path: Path) -> None:
    """The first page and the questions, of which the table of all items answers one; dossiers, which come after, are not
    counted."""
    page = open_page()
    page.add_style_tag(content=WITHOUT_DOSSIERS)
    assert page.locator("#items-table").count() == 1
    assert pages_of(page, tmp_path / "report.pdf") <= 12


def test_the_story_of_one_role_is_printed_on_eight_pages(
    browser: Any, of_one_role: dict[str, Path], language: str, tmp_path: Path
) -> None:
    page = browser.new_page(bypass_csp=True)
    page.goto(of_one_role[language].as_uri())
    page.add_style_tag(content=WITHOUT_DOSSIERS)
    assert pages_of(page, tmp_path / "report.pdf") <= 8
    page.close()


def test_on_paper(open_page: Any) -> None:
    page = open_page()
    page.emulate_media(media="print")
    for screen_only in (".skip", "nav", ".links", "details.folded"):
        assert not page.locator(screen_only).first.is_visible()
    # A4 is 210 mm wide, 186 mm between the margins: 703 CSS pixels. What is wider makes the browser print everything smaller.
    page.set_viewport_size({"width": 703, "height": 1000})
    too_wide = page.evaluate(
        "[...document.querySelectorAll('table, svg, p, li')].filter(one => one.checkVisibility() && "
        "one.getBoundingClientRect().right > 704).map(one => one.textContent.slice(0, 80))"
    )
    assert too_wide == []
    small = page.evaluate(
        "[...document.querySelectorAll('.first *, section[id^=question-] *, #items-table *')]"
        ".filter(one => one.checkVisibility() && "
        "!one.closest('svg, sup, sub') && one.textContent.trim() && parseFloat(getComputedStyle(one).fontSize) < 13.3)"
        ".map(one => one.textContent.slice(0, 80))"
    )
    assert small == []  # ten points
    # 297 mm less the margins, 275 mm, are 1039 CSS pixels: the page of an item is one page.
    heights = page.evaluate(
        "[...document.querySelectorAll('section[id^=item-]')].map(one => Math.round(one.getBoundingClientRect().height))"
    )
    assert len(heights) == 5
    assert max(heights) <= 1039
    # Eight points and a half, letters in pictures by the scale that they are shown at; no caption is larger than its table.
    letters = page.evaluate(
        "[...document.querySelectorAll('section[id^=item-] *')].filter(one => one.checkVisibility() && !one.closest('sub') && "
        "[...one.childNodes].some(text => text.nodeType === 3 && text.textContent.trim()) && "
        "!['title', 'desc'].includes(one.tagName)).map(one => {const svg = one.closest('svg'); "
        "const scale = svg ? svg.getBoundingClientRect().width / svg.viewBox.baseVal.width : 1; "
        "return [one.textContent.slice(0, 80), parseFloat(getComputedStyle(one).fontSize) * scale]})"
    )
    assert [one for one in letters if one[1] < 11.3] == []
    captions = page.evaluate(
        "[...document.querySelectorAll('section[id^=item-] :is(caption, figcaption)')]"
        ".map(one => parseFloat(getComputedStyle(one).fontSize))"
    )
    assert max(captions) < 11.4


def test_evidence_is_printed_where_that_is_asked_for(open_page: Any) -> None:
    page = open_page()
    page.evaluate("document.body.classList.add('full')")
    page.emulate_media(media="print")
    assert page.locator("#reliability table").first.is_visible()
    assert not page.locator("#reliability details.screen table").first.is_visible()


def test_axe_finds_no_violation(open_page: Any) -> None:
    from axe_playwright_python.sync_playwright import Axe

    for width in (390, 1280):
        page = open_page(width)
        page.locator("details").evaluate_all("every => every.slice(0, 3).forEach(one => one.open = true)")
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()


def test_tables_can_be_copied_as_cells(open_page: Any) -> None:
    page = open_page()
    page.goto(f"{page.url}#items")
    table = page.locator("#items table").first
    copied = table.evaluate("table => [...table.rows].map(row => [...row.cells].map(cell => cell.innerText.trim()))")
    assert len(copied) > 5
    assert all(any(text for text in row) for row in copied)
