"""Raw values to codes, against instrument, codebook and the labels in the file."""

from __future__ import annotations

import pytest

from omstilling_psychometrics.core.errors import DataError
from omstilling_psychometrics.survey.codebook import Codebook, FileForm
from omstilling_psychometrics.survey.codes import BLANK, NOT_SHOWN
from omstilling_psychometrics.survey.coding import Meanings, ValueLabels, code_values, meanings
from omstilling_psychometrics.survey.instrument import load_instrument, parse_instrument, plain_instrument
from omstilling_psychometrics.survey.value_labels import refuse_contradictions, value_table

INSTRUMENT = load_instrument()
PLAIN = meanings(INSTRUMENT, Codebook())
VED_IKKE, REFUSED = -3, -4


def codes(values: list[object], codebook: Codebook | None = None, labels: ValueLabels | None = None) -> list[int]:
    return list(code_values(values, meanings(INSTRUMENT, codebook or Codebook()), labels).codes)


def test_without_codes_the_accepted_values_are_those_of_the_contract() -> None:
    assert codes([1, "2", 3.0, "4,0", "Helt enig", "strongly DISAGREE"]) == [1, 2, 3, 4, 5, 1]
    assert codes([" 2", "2.0", "2,00", "02", "002", "2\u00a0"]) == [2] * 6  # numbers of fixed width are padded with zeros
    assert codes(["ved_ikke", "Ved ikke", "don't know", "ønsker ikke at oplyse", "oensker_ikke_at_oplyse"]) == [
        VED_IKKE, VED_IKKE, VED_IKKE, REFUSED, REFUSED,
    ]  # fmt: skip
    assert codes([None, "", "  ", float("nan")]) == [BLANK] * 4
    assert codes(["not_shown"]) == [NOT_SHOWN]


@pytest.mark.parametrize(
    "value",
    ["NA", ".", "-", "99", 99, 0, 6, "inf", "3,5", 3.5, "nan", "blank", "NOT SHOWN", True, "1 Helt uenig", "3,000",
     "２", "+2", "2."],
)  # fmt: skip
def test_nothing_else_is_accepted(value: object) -> None:
    coded = code_values([value], PLAIN)
    assert coded.codes == (0,)
    assert coded.unmapped == (value,)


def test_codes_add_and_override() -> None:
    book = Codebook(codes={"6": "ved_ikke", "7": "oensker_ikke_at_oplyse", ".": "blank", "x": "not_shown", "1": 5, "5": 1})
    assert codes(["6", 7.0, ".", "X", 1, "5", "2"], book) == [VED_IKKE, REFUSED, BLANK, NOT_SHOWN, 5, 1, 2]


def test_a_declared_decimal_mark_settles_three_zeros() -> None:
    assert codes(["3,000"], Codebook(file=FileForm(decimal=","))) == [3]
    assert codes(["3.0"], Codebook(file=FileForm(decimal=","))) == [0]


def test_categories_are_positions_whatever_their_numbers() -> None:
    known = meanings(plain_instrument((0, 1, 2, 3), ("a", "b")), Codebook())
    assert code_values([0, "3", 4], known).codes == (1, 4, 0)


def test_codes_that_contradict_a_label_of_the_instrument_are_refused() -> None:
    with pytest.raises(DataError, match="labels contradict the numbers"):
        meanings(INSTRUMENT, Codebook(codes={"Helt enig": 1}))


def test_an_instrument_whose_labels_clash_is_refused() -> None:
    text = """
    [instrument]
    key = "x"
    [scale]
    categories = [1, 2]
    labels = { 1 = { da = "ja" }, 2 = { da = "Ja" } }
    [[items]]
    key = "a"
    [[items]]
    key = "b"
    """
    with pytest.raises(DataError, match="two different answers"):
        meanings(parse_instrument(text.encode()), Codebook())


def test_labels_in_the_file_name_values_that_are_no_category() -> None:
    labels = ValueLabels({"1": "Helt uenig", "8": "Ved ikke", "9": "Ønsker ikke at oplyse"}, frozenset({"8", "9"}))
    assert codes([1.0, 8.0, 9.0, 7.0], labels=labels) == [1, VED_IKKE, REFUSED, 0]
    assert not [line for line in value_table(labels, PLAIN) if line.conflict]


@pytest.mark.parametrize(
    ("labels", "missing", "conflict"),
    [
        ({"0": "Helt uenig", "4": "Helt enig"}, (), "4"),  # positions instead of values
        ({"1": "Helt enig", "5": "Helt uenig"}, (), "1"),  # the other way round
        ({"3": "ved ikke"}, (), "3"),
        ({"5": "Helt enig"}, ("5",), "5"),
    ],
)
def test_labels_that_contradict_the_numbers_are_refused_with_the_table(
    labels: dict[str, str], missing: tuple[str, ...], conflict: str
) -> None:
    table = value_table(ValueLabels(labels, frozenset(missing)), PLAIN)
    assert conflict in {line.value for line in table if line.conflict}
    with pytest.raises(DataError, match=f"'{conflict}'"):
        refuse_contradictions([("q1", table)], "x.sav")


def test_codes_that_say_what_the_labels_say_resolve_the_contradiction() -> None:
    labels = ValueLabels({"0": "Helt uenig", "4": "Helt enig"})
    known = meanings(INSTRUMENT, Codebook(codes={"0": 1, "1": 2, "2": 3, "3": 4, "4": 5}))
    refuse_contradictions([("q1", value_table(labels, known))], "x.sav")
    assert code_values([0, 4], known, labels).codes == (1, 5)


FIVE = ("Meget enig", "Enig", "Hverken enig eller uenig", "Uenig", "Meget uenig")


def conflicts(labels: dict[str, str], known: Meanings = PLAIN) -> dict[str, str]:
    return {line.value: line.conflict for line in value_table(ValueLabels(labels), known) if line.conflict}


def test_labels_of_another_scale_contradict_where_the_instrument_has_its_own() -> None:
    reversed_scale = {str(value): label for value, label in enumerate(FIVE, start=1)}
    assert conflicts(reversed_scale) == {
        "1": "the instrument calls that 'Helt uenig' or 'Strongly disagree'",
        "5": "the instrument calls that 'Helt enig' or 'Strongly agree'",
    }
    with pytest.raises(DataError, match=r"confirm it under \[codes\] in the codebook: '1' = 1, '5' = 5\. Where its label"):
        refuse_contradictions([("q1", value_table(ValueLabels(reversed_scale), PLAIN))], "x.sav")


@pytest.mark.parametrize(
    ("label", "conflict"),
    [
        ("Ved ikke / ikke relevant", "the label means ved_ikke"),
        ("3. Don’t know", "the label means ved_ikke"),
        ("Helt enig (3)", "the label means 5 Helt enig"),
        ("3 - Helt enig", "the label means 5 Helt enig"),
        ("4 - Uenig", "the label means 4"),
        ("Ikke relevant", "the label says that there is no answer"),
        ("Ikke relevant for mig", "the label says that there is no answer"),
        ("Jeg ønsker ikke at svare", "the label says that there is no answer"),
        ("Kan ikke vurdere", "the label says that there is no answer"),
        ("Not applicable", "the label says that there is no answer"),
        ("N/A", "the label says that there is no answer"),
        ("Missing", "the label says that there is no answer"),
    ],
)
def test_a_category_without_a_label_of_its_own_is_contradicted_by_what_is_known(label: str, conflict: str) -> None:
    assert conflicts({"3": label}) == {"3": conflict}
    settled = meanings(INSTRUMENT, Codebook(codes={"3": "ved_ikke"}))
    assert not conflicts({"3": label}, settled)


@pytest.mark.parametrize(
    "labels",
    [
        {"1": "1", "3": "3", "5": "5"},
        {"1": "1 - Helt uenig", "5": "5. HELT  enig"},
        {"1": "Helt uenig (1)", "5": "strongly AGREE"},
        {"1": "Helt uenig / Strongly disagree", "5": "Helt enig!"},
        {"2": "Uenig", "3": "Hverken enig eller uenig", "4": "Enig"},
        {"3": "Usikker"},
        {"2": "-", "3": ".", "4": "…"},
        {"2": "None"},
        {"2": "1 time", "3": "2 times", "4": "3 times or more"},
        {"1": "Helt uenig \u2013 1", "5": "Q1_5 Helt enig"},
        {"1": "<b>Helt uenig</b>", "5": "Helt enig i udsagnet"},
    ],
)
def test_labels_that_say_the_same_or_nothing_are_no_contradiction(labels: dict[str, str]) -> None:
    assert not conflicts(labels)


def test_a_scale_of_relevance_may_begin_with_not_relevant() -> None:
    known = meanings(plain_instrument((1, 2, 3, 4, 5), ("a", "b")), Codebook())
    assert not conflicts({"1": "Not relevant", "2": "Slightly relevant", "3": "Never refused"}, known)
    assert conflicts({"5": "Not relevant"}, known) == {"5": "the label says that there is no answer"}


@pytest.mark.parametrize("label", ["6 - Ved ikke", "6. Ved ikke", "Ved ikke.", "Ved ikke (6)", "Don\u2019t know"])
def test_a_number_beside_the_label_of_a_non_answer_does_not_hide_it(label: str) -> None:
    assert code_values([6], PLAIN, ValueLabels({"6": label})).codes == code_values(["ved_ikke"], PLAIN, None).codes


@pytest.mark.parametrize("codes", [{"1": 1, "5": 5}, {"Meget enig": 1, "meget uenig": 5}, {"1": 5, "2": 4, "4": 2, "5": 1}])
def test_codes_settle_what_an_unknown_label_leaves_open(codes: dict[str, int]) -> None:
    known = meanings(INSTRUMENT, Codebook(codes=dict(codes)))
    assert not conflicts({"1": "Meget enig", "5": "Meget uenig"}, known)


def test_codes_for_a_label_that_contradict_its_number_are_a_contradiction() -> None:
    known = meanings(INSTRUMENT, Codebook(codes={"Meget enig": 5}))
    assert conflicts({"1": "Meget enig"}, known) == {"1": "the label means 5 Helt enig"}
