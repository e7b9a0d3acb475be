"""Drawings for the page: the same bytes, readable without being seen, harmless whatever the labels."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from omstilling_psychometrics.core.vocabulary import Language
from omstilling_psychometrics.present.dots import Dot, draw_dots
from omstilling_psychometrics.present.style import category_colours, look, number_axis, readable_on, wrapped
from omstilling_psychometrics.present.svg import new_figure, to_svg
from omstilling_psychometrics.present.wording import Wording

HOSTILE = '<script>&"$x^2$\x00 東京'


def drawing(label: str = "item") -> str:
    figure = new_figure(4, 2)
    with look():
        draw_dots(
            figure,
            [Dot(0, 0, 0.5, 0.4, 0.6), Dot(0, 1, 0.7)],
            lines=[label],
            series=["a", label],
            xlabel=label,
            reference=(0.3,),
        )
    return to_svg(figure, key="k", title=label, description=label)


def test_same_input_same_bytes() -> None:
    assert drawing() == drawing()


def test_title_description_and_role() -> None:
    root = ElementTree.fromstring(drawing("æøå"))
    space = "{http://www.w3.org/2000/svg}"
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "k-title k-desc"
    assert (root[0].tag, root[0].text, root[1].tag, root[1].text) == (f"{space}title", "æøå", f"{space}desc", "æøå")


def test_hostile_labels_stay_text() -> None:
    text = drawing(HOSTILE)
    root = ElementTree.fromstring(text)
    assert not list(root.iter("{http://www.w3.org/2000/svg}script"))
    assert any("$x^2$" in "".join(one.itertext()) for one in root.iter("{http://www.w3.org/2000/svg}text"))


def test_ids_belong_to_the_drawing() -> None:
    text = drawing()
    assert all(found.startswith("k-") for found in re.findall(r'id="([^"]+)"', text))
    assert "date" not in text.lower()
    assert "DejaVu" not in text


@pytest.mark.parametrize("c", [2, 3, 5, 7, 11])
def test_category_colours_differ_and_carry_readable_text(c: int) -> None:
    colours = category_colours(c)
    assert len(set(colours)) == c
    assert set(map(readable_on, colours)) <= {"#1f2933", "white"}
    assert readable_on("#ffffff") == "#1f2933"
    assert readable_on("#000000") == "white"


def test_long_labels_are_cut() -> None:
    assert wrapped("one two three", 7) == ["one two", "three"]
    assert wrapped("x" * 100, 10, 2)[-1].endswith("…")
    assert wrapped("") == [""]


@pytest.mark.parametrize(
    ("language", "ticks", "shares", "shown"),
    [
        ("en", [-0.025, 0, 0.025], False, ["\N{MINUS SIGN}0.025", "0.000", "0.025"]),
        ("da", [-0.025, 0, 0.025], False, ["\N{MINUS SIGN}0,025", "0,000", "0,025"]),
        ("da", [50, 1000, 2000], False, ["50", "1.000", "2.000"]),
        ("en", [0, 0.0025, 0.005], False, ["0.0000", "0.0025", "0.0050"]),
        ("da", [0, 0.025, 0.05], True, ["0,0\N{NO-BREAK SPACE}%", "2,5\N{NO-BREAK SPACE}%", "5,0\N{NO-BREAK SPACE}%"]),
        ("en", [0, 0.05, 0.1], True, ["0%", "5%", "10%"]),
    ],
)
def test_labels_of_an_axis_have_the_decimals_of_its_steps_and_lose_none(
    language: Language, ticks: list[float], shares: bool, shown: list[str]
) -> None:
    figure = new_figure(4, 2)
    with look():
        axes = figure.subplots()
        axes.set_xticks(ticks)
        axes.set_yticks([])
        number_axis(axes.xaxis, Wording(language), shares=shares)
    written = re.findall(r"<text[^>]*>([^<]*)</text>", to_svg(figure, key="k", title="", description=""))
    assert written == shown
