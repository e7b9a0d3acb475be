"""Instrument files: the shipped one letter by letter, any other one with precise errors."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from omstilling_psychometrics.errors import InstrumentError
from omstilling_psychometrics.instrument import load_instrument, parse_instrument, plain_instrument

# As printed on the theme page of the evaluation.
WORDINGS = {
    "kompetencer": "Min leder sikrer, at vores kompetencer er opdaterede med hensyn til den digitale udvikling",
    "forklare": "Min leder kan forklare, hvorfor vi skal tage nye digitale teknologier i brug",
    "vaerdi": "Min leder sikrer, at den digitale omstilling skaber værdi for borgerne/brugerne",
    "kultur": "Min leder skaber en kultur, hvor vi går nysgerrigt og systematisk til nye digitale teknologier",
    "itsikkerhed": "Min leder sikrer, at vi har styr på IT-sikkerheden i vores enhed",
}


def test_the_shipped_instrument_is_the_theme_page() -> None:
    instrument = load_instrument()
    assert {item.key: item.wording["medarbejder"].da for item in instrument.items} == WORDINGS
    assert instrument.introduction.da is not None
    assert instrument.introduction.da.startswith("De næste spørgsmål handler om din oplevelse af, hvordan din leder arbejder")
    assert instrument.introduction.da.endswith("dokumentations- eller sagsbehandlingssystemer.")
    assert instrument.categories == (1, 2, 3, 4, 5)
    assert {value: text.da for value, text in instrument.labels.items()} == {1: "Helt uenig", 5: "Helt enig"}
    assert [reason.label.da for reason in instrument.non_answers] == ["ved ikke", "ønsker ikke at oplyse"]
    assert instrument.role_keys == ("medarbejder", "leder", "overordnet")


def test_only_the_employee_wording_is_official() -> None:
    for item in load_instrument().items:
        assert {role: wording.official for role, wording in item.wording.items()} == {
            "medarbejder": True,
            "leder": False,
            "overordnet": False,
        }


def test_texts_are_composed_unicode() -> None:
    for item in load_instrument().items:
        for wording in item.wording.values():
            for text in wording.variants():
                assert unicodedata.is_normalized("NFC", text)


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
        (('key = "c"', 'key = "c"\ncolour = "red"'), r"unknown field `colour` - at `\$.items\[2\]`"),
        (('key = "c"', 'key = "c"\nwording.boss = { da = "x" }'), "a wording for 'boss', which is not among"),
        (("[scale]", "[scoring]\nminimum_answered = 4\n[scale]"), "minimum_answered is 4; 1 to 3 is possible"),
        (("[scale]", "[scale]\nlabels = { 9 = { da = 'x' } }"), "labels names 9"),
        (("[scale]", "[[non_answers]]\nkey = 'blank'\n[scale]"), "a non-answer is called 'blank'"),
        (('key = "k"', "key = 3"), "Expected `str`, got `int`"),
        (("[instrument]", "[instrument"), "scale.toml"),
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
    with pytest.raises(InstrumentError, match=r"scale\.toml"):
        parse_instrument("æ".encode("cp1252") + MINIMAL.encode(), "scale.toml")
