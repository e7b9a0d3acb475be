"""Items that nobody answered in the file, or in a form, wave or role."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from omstilling_psychometrics.survey.patterns import ResponsePatterns

Reader = Callable[..., ResponsePatterns]

HEADER = "role,wave,form,kompetencer,forklare,vaerdi,kultur,itsikkerhed\n"


def empty(read_text: Reader, *lines: tuple[str, int], codebook: str | None = None) -> list[str]:
    """What the account says of lines that stand so many times."""
    account = read_text(HEADER + "".join(f"{line}\n" * times for line, times in lines), codebook=codebook).account
    assert account is not None
    return [note for note in account.notes if note.startswith("item_empty")]


def test_of_a_form(read_text: Reader) -> None:
    found = empty(read_text, ("leder,1,A,1,2,3,4,5", 5), ("leder,1,B,1,2,3,4,", 5))
    assert found == ["item_empty: itsikkerhed (form=B)"]


def test_of_the_file_and_then_of_nothing_in_it(read_text: Reader) -> None:
    found = empty(read_text, ("leder,1,A,1,2,,4,5", 5), ("leder,2,B,1,2,,4,", 5))
    assert found == ["item_empty: vaerdi, itsikkerhed (form=B)"]


def test_of_a_wave_a_role_and_a_form_in_one_wave(read_text: Reader) -> None:
    found = empty(
        read_text,
        ("leder,1,A,,2,3,4,5", 5),
        ("leder,2,A,1,2,3,4,5", 5),
        ("leder,1,B,,2,3,4,5", 5),
        ("leder,2,B,1,,3,4,5", 5),
        ("overordnet,1,A,,2,3,,5", 5),
        ("overordnet,2,B,1,,3,,5", 5),
    )
    assert found == ["item_empty: kompetencer (wave=1), forklare (wave=2, form=B), kultur (role=overordnet)"]


def test_four_empty_cells_may_be_chance(read_text: Reader) -> None:
    assert not empty(read_text, ("leder,1,A,1,2,3,4,5", 5), ("leder,1,B,1,2,3,4,", 4))


@pytest.mark.parametrize("answer", ["1", "ved ikke"])
def test_one_answer_shows_that_the_item_was_asked(read_text: Reader, answer: str) -> None:
    assert not empty(read_text, ("leder,1,B,1,2,3,4,", 50), (f"leder,1,B,1,2,3,4,{answer}", 1))


def test_once_said_that_it_was_not_shown_it_is_not_told(read_text: Reader) -> None:
    rows = (("leder,1,A,1,2,3,4,5", 5), ("leder,1,B,1,2,3,4,not_shown", 5))
    assert not empty(read_text, *rows)
    assert not empty(
        read_text, ("leder,1,A,1,2,3,,", 9), codebook='[columns]\nkultur = "not_shown"\nitsikkerhed = "not_shown"\n'
    )


def test_rows_that_are_left_out_do_not_count(read_text: Reader) -> None:
    rows = (("leder,1,A,1,2,3,4,", 5), ("andre,1,A,1,2,3,4,5", 5))
    assert empty(read_text, *rows, codebook='[roles]\nandre = "left_out"\n') == ["item_empty: itsikkerhed"]


def test_a_form_that_is_not_known_is_no_form(read_text: Reader) -> None:
    assert not empty(read_text, ("leder,1,A,1,2,3,4,5", 5), ("leder,1,,1,2,3,4,", 5))


def test_no_name_of_a_group_can_end_the_note(read_text: Reader) -> None:
    rows = (("leder,1,A,1,2,3,4,5", 5), ("leder,1,B; leder: 3,1,2,3,4,", 5))
    assert empty(read_text, *rows) == ["item_empty: itsikkerhed (form=B, leder: 3)"]
