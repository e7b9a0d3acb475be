"""The study file: what it says, and what is refused with which words."""

from __future__ import annotations

import datetime

import pytest

import omstilling_psychometrics as op
from omstilling_psychometrics.core.errors import DataError
from omstilling_psychometrics.survey.study import (
    Fieldwork,
    Study,
    answered,
    draft_study,
    load_study,
    parse_study,
    refuse_more_than_invited,
)

SCALE = op.load_instrument()


def parsed(text: str) -> Study:
    return parse_study(text.encode(), SCALE, "study.toml")


def test_what_it_says() -> None:
    study = parsed(
        'mic = 0.5\n[study]\ninvited = { medarbejder = 900, leder = 60 }\nfrom = 2026-03-02\nto = 2026-03-27\nmode = "web"\n'
        '[margins]\nalpha = 0.05\n[[ratings]]\nitem = "kultur"\nexpert = "A"\nrelevance = 4\n'
    )
    assert study.study.invited == {"medarbejder": 900, "leder": 60}
    assert study.study.first == datetime.date(2026, 3, 2)
    assert (study.minimal_important_change, study.declared_margins) == (0.5, {"alpha": 0.05})
    assert study.ratings[0].relevance == 4


def test_mic_below_a_section_is_taken_too() -> None:
    assert parsed("[margins]\nmic = 0.4\n").minimal_important_change == 0.4


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[study]\ninvitd = 3\n", "entry 'invitd', which is not known; there may be: invited, from, to"),
        ("[study]\ninvited = 0\n", "invited is 0; from 1 on is needed"),
        ("[study]\ninvited = { medarbjder = 3 }\n", "no role of the instrument.*Did you mean 'medarbejder'"),
        ('[study]\nfrom = "2026-03-02"\n', r"\[study\] from is '2026-03-02'; a day is needed, without quotes"),
        ("[study]\nfrom = 2026-03-02\nto = 2026-03-01\n", "to, 2026-03-01, is before from"),
        ('[study]\nmode = " "\n', "mode must have from 1"),
        ("[margins]\nalpha = 0\n", r"\[margins\] alpha is 0.0; a number above 0"),
        ("mic = 0.5\n[margins]\nmic = 0.4\n", "mic is 0.5 at the top and 0.4 under"),
        ('[[ratings]]\nitem = "kulturr"\nexpert = "A"\nrelevance = 4\n', "number 1 is of the item 'kulturr'.*Did you mean"),
        ('[[ratings]]\nitem = "kultur"\nexpert = "A"\nrelevance = 5\n', r"number 1 has the relevance 5; accepted: 1 \(not"),
        ('[[ratings]]\nitem = "kultur"\nexpert = 1\nrelevance = 4\n' * 2, "number 2: the expert '1' has rated 'kultur' before"),
        ('[[ratings]]\nitem = "kultur"\nrelevance = 4\n', "has no 'expert', which is needed"),
    ],
)
def test_what_is_refused(text: str, words: str) -> None:
    with pytest.raises(DataError, match=words) as refused:
        parsed(text)
    assert str(refused.value).startswith("study.toml: ")


def test_a_file_that_is_not_there(tmp_path) -> None:
    with pytest.raises(DataError, match=r"the study '.*' cannot be read"):
        load_study(tmp_path / "study.toml", SCALE)


def test_more_answers_than_invited() -> None:
    answers = op.draw_team(leaders=20, team_size=5, rng=1)
    assert sum(answered(answers).values()) == 100
    role = next(iter(answered(answers)))
    refuse_more_than_invited(Study(study=Fieldwork(invited=100)), answers)
    with pytest.raises(DataError, match="invited is 99, but 100 answered"):
        refuse_more_than_invited(Study(study=Fieldwork(invited=99)), answers)
    if role != "all":
        with pytest.raises(DataError, match=f"invited is 99 of the role '{role}', but 100 answered"):
            refuse_more_than_invited(Study(study=Fieldwork(invited={role: 99})), answers)


def test_the_draft_can_be_read_as_it_stands_and_once_it_is_filled_in() -> None:
    draft = draft_study(SCALE)
    assert parsed(draft) == Study()
    filled = "\n".join(
        line.removeprefix("# ") if " = " in line or line.startswith("# [[") else line for line in draft.splitlines()
    )
    assert set(parsed(filled).study.invited) == set(SCALE.role_keys)
    assert parsed(filled).minimal_important_change == 0.5
