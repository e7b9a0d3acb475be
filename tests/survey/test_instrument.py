"""Instrument files: the shipped one letter by letter, any other one with precise errors."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from omstilling_psychometrics.core.errors import InstrumentError
from omstilling_psychometrics.survey.instrument import instrument_source, load_instrument, parse_instrument, plain_instrument

# The theme page of the evaluation, as published; the bullets are the items in the instrument's order.
THEME_PAGE = (Path(__file__).parent / "theme_page.txt").read_text(encoding="utf-8")
ITEMS = ("kompetencer", "forklare", "vaerdi", "kultur", "itsikkerhed")


def test_the_shipped_instrument_is_the_theme_page_letter_by_letter() -> None:
    instrument = load_instrument()
    asked, answered = THEME_PAGE.split("Hvor enig er du i følgende udsagn?")
    bullets = [line.removeprefix("  • ").rstrip() for line in answered.splitlines() if line.startswith("  • ")]
    assert instrument.item_keys == ITEMS
    assert [item.wording["medarbejder"].da for item in instrument.items] == bullets
    assert [line for line in asked.splitlines() if line.strip()][-1] == instrument.introduction.da
    scale = re.search(r"løber fra \((\d)\) \"(.+?)\" til \((\d)\) \"(.+?)\"", THEME_PAGE)
    assert scale is not None
    assert {str(value): text.da for value, text in instrument.labels.items()} == {scale[1]: scale[2], scale[3]: scale[4]}
    assert instrument.categories == tuple(range(int(scale[1]), int(scale[3]) + 1))
    assert f"på en {len(instrument.categories)}-points-skala" in THEME_PAGE
    non_answers = re.search(r"muligt at svare \"(.+?)\" og \"(.+?)\" på alle spørgsmål", THEME_PAGE)
    assert non_answers is not None
    assert [reason.label.da for reason in instrument.non_answers] == list(non_answers.groups())
    assert instrument.title.da == THEME_PAGE.splitlines()[0]
    assert instrument.role_keys == ("medarbejder", "leder", "overordnet")


def test_only_the_employee_wording_is_official() -> None:
    for item in load_instrument().items:
        assert {role: wording.official for role, wording in item.wording.items()} == {
            "medarbejder": True,
            "leder": False,
            "overordnet": False,
        }


def test_texts_are_composed_unicode() -> None:
    assert unicodedata.is_normalized("NFC", instrument_source()[0].decode("utf-8"))


MINIMAL = """
[instrument]
key = "k"
[scale]
categories = [0, 1, 2, 3]
[[items]]
key = "a"
[[items]]
key = "b"
[[items]]
key = "c"
"""


def test_any_scale_loads() -> None:
    instrument = parse_instrument(MINIMAL.encode())
    assert instrument.categories == (0, 1, 2, 3)
    assert instrument.minimum_answered == 2  # half of three, rounded up
    assert instrument.item("b").label("da") == "b"
    assert instrument.category_label(2, "da") == "2"
    assert instrument.relation("medarbejder") is None


def test_without_roles_wordings_are_those_of_the_one_role() -> None:
    instrument = parse_instrument((MINIMAL + 'wording.all = { en = "How?" }').encode())
    assert instrument.item("c").wording["all"]["en"] == "How?"
    with pytest.raises(InstrumentError, match="a wording for 'all'; there are: r "):
        parse_instrument((MINIMAL + 'wording.all = { en = "How?" }\n[[roles]]\nkey = "r"').encode())


def test_relations_of_known_and_other_roles() -> None:
    text = MINIMAL + '[[roles]]\nkey = "overordnet"\n[[roles]]\nkey = "chief"\nrelation = "superior"\n[[roles]]\nkey = "x"\n'
    instrument = parse_instrument(text.encode())
    assert [instrument.relation(role) for role in ("overordnet", "chief", "x")] == ["superior", "superior", None]


def test_a_text_in_one_language_serves_both() -> None:
    instrument = load_instrument()
    assert instrument.role_label("leder", "en") == "leader"
    assert parse_instrument((MINIMAL + 'gloss = { da = "æble" }').encode()).item("c").label("en") == "æble"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("[0, 1, 2, 3]", "[1]"), "At least two different numbers in rising order"),
        (("[0, 1, 2, 3]", "[3, 2, 1]"), "in rising order"),
        (('key = "c"', 'key = "a"'), "the key 'a' stands more than once among the items"),
        (('key = "c"', 'key = "role"'), "an item is called 'role'"),
        (('key = "c"', 'key = " "'), "an empty key among the items"),
        (('key = "c"', 'key = "\\u2028"'), "an empty key among the items"),
        (('key = "c"', 'key = "a "'), "the key 'a' stands more than once"),
        (('key = "c"', 'key = "a~b"'), "'~' stands between the items of a pair"),
        (('key = "c"', 'key = "c\\u200bd"'), "characters that cannot be seen"),
        (('key = "c"', 'key = "count"'), "an item is called 'count'"),
        (('key = "c"', "reversed = true"), r"\[\[items\]\] number 3 has no 'key', which is needed"),
        (
            ('key = "c"', 'key = "c"\nwordings = "red"'),
            r"number 3 \('c'\) has an entry 'wordings', .*: key, gloss, wording, reversed\. Did you mean 'wording'",
        ),
        (('key = "c"', 'key = "c"\ngloss = { de = "x" }'), "gloss has an entry 'de', which is not known; there may be: da, en"),
        (('key = "c"', 'key = "c"\nreversed = "ja"'), r"\('c'\), reversed is 'ja', a text in quotes; true or false is needed"),
        (('key = "c"', 'key = "c"\nwording.boss = "x"'), r"\('c'\), wording, boss is 'x', a text in quotes; a table"),
        (("[0, 1, 2, 3]", "[0.5, 1, 2]"), r"\[scale\], categories, entry 1 is 0.5, a decimal number; a whole number is needed"),
        (("[0, 1, 2, 3]", '["lav", "høj"]'), "categories, entry 1 is 'lav', a text in quotes; a whole number is needed"),
        (("[0, 1, 2, 3]", "4"), r"\[scale\], categories is 4, a whole number; a list"),
        (("[0, 1, 2, 3]", "[0, 10000000]"), "at most 1000000"),
        (("categories = [0, 1, 2, 3]", ""), r"\[scale\] has no 'categories', which is needed"),
        (("[scale]", "[scale]\nlabels = { lav = { da = 'x' } }"), "labels holds the names 'lav'; each must be a whole number"),
        (("[scale]", "[scale]\nlabels = { 1 = 'x' }"), "labels, 1 is 'x', a text in quotes; a table"),
        (("[scale]", "[skala]"), "the file has an entry 'skala', which is not known; there may be: instrument, scale"),
        (("[scale]", "[[non_answers]]\nkey = '3'\n[scale]"), "a non-answer is called '3', which is a category"),
        (("[scale]", "[[roles]]\nkey = 'all'\n[[roles]]\nkey = 'r'\n[scale]"), "one of 2 roles is called 'all'"),
        (("[scale]", "[[roles]]\nkey = 'r'\nrelation = 'boss'\n[scale]"), "relation is 'boss'; accepted: self, superior, team"),
        (("[scale]", "[roles]\nkey = 'r'\n[scale]"), r"a list \[ … \] is needed. Write \[\[roles\]\] over each one"),
        (("[instrument]", "[instrument]\ntitle = 'K'"), r"\[instrument\], title is 'K', a text in quotes; a table"),
        (('key = "k"', 'key = " "'), "instrument.key is empty"),
        (('key = "c"', 'key = "c"\nwording.boss = { da = "x" }'), "a wording for 'boss'; there are: "),
        (("[scale]", "[scoring]\nminimum_answered = 4\n[scale]"), "minimum_answered is 4; 1 to 3 is possible"),
        (("[scale]", "[scale]\nlabels = { 9 = { da = 'x' } }"), "labels names 9"),
        (("[scale]", "[[non_answers]]\nkey = 'blank'\n[scale]"), "a non-answer is called 'blank'"),
        (('key = "k"', "key = 3"), r"\[instrument\], key is 3, a whole number; a text in quotes is needed"),
        (("[instrument]", "[instrument"), r"scale.toml: not valid TOML: .*line 2"),
        (('[instrument]\nkey = "k"', ""), "scale.toml: the file has no 'instrument', which is needed"),
    ],
)
def test_errors_say_where_and_what(change: tuple[str, str], message: str) -> None:
    with pytest.raises(InstrumentError, match=message):
        parse_instrument(MINIMAL.replace(*change).encode(), "scale.toml")


def test_one_item_is_no_scale() -> None:
    with pytest.raises(InstrumentError, match="at least two"):
        plain_instrument((1, 2), ("a",))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InstrumentError, match=r"no\.toml' cannot be read"):
        load_instrument(tmp_path / "no.toml")


def test_bytes_that_are_not_utf8_are_refused() -> None:
    with pytest.raises(InstrumentError, match=r"scale\.toml: not UTF-8 \(line 3\)\. Save the file as UTF-8"):
        parse_instrument(MINIMAL.replace('"k"', '"æ"').encode("cp1252"), "scale.toml")


def test_a_byte_order_mark_is_no_error() -> None:
    assert parse_instrument(b"\xef\xbb\xbf" + MINIMAL.encode()).item_keys == ("a", "b", "c")


def _places(content: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    return [path, *(place for key, value in inner for place in _places(value, (*path, key)))]


SHIPPED = tomllib.loads(instrument_source()[0].decode("utf-8"))
VALUES = (1, 1.5, "x", True, date(2026, 1, 1), [], {}, [1], [{}], {"a": 1}, {"1": {"da": "x"}}, [{"key": "x"}])


@given(st.sampled_from(_places(SHIPPED)[1:]), st.sampled_from(VALUES), st.sampled_from(["replace", "add", "remove"]))
@settings(max_examples=300, deadline=None)
def test_any_wrong_entry_is_an_instrument_error(path: tuple[Any, ...], value: Any, change: str) -> None:
    content = tomllib.loads(instrument_source()[0].decode("utf-8"))
    parent = content
    for step in path[:-1]:
        parent = parent[step]
    if change == "remove":
        del parent[path[-1]]
    elif change == "add" and isinstance(parent, dict):
        parent["another"] = value
    else:
        parent[path[-1]] = value
    said = ""
    try:
        parse_instrument(tomli_w.dumps(content).encode(), "scale.toml")
    except InstrumentError as error:
        said = str(error)
    # Nothing but an InstrumentError, in our words.
    assert not said or (said.startswith("scale.toml: ") and "`" not in said)
