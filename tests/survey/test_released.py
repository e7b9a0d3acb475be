"""What may be written: small cells are taken out before anything is computed, and nothing else changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import omstilling_psychometrics as op
from omstilling_psychometrics.core.errors import UsageError
from omstilling_psychometrics.survey.account import Account
from omstilling_psychometrics.survey.anonymise import anonymise
from omstilling_psychometrics.survey.disclosure import Cell, Disclosure, in_cells, size_of
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.parquet import write_counts
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns
from omstilling_psychometrics.survey.reading import read, read_all
from omstilling_psychometrics.survey.released import ReleasedAnswers

INSTRUMENT = plain_instrument((1, 2, 3), ("a", "b"), non_answers=("dk",), roles=("team", "boss"))


def counted(account: Account | None = None, **keys: list[str | None]) -> ResponsePatterns:
    n = len(next(iter(keys.values())))
    answers = np.column_stack([1 + np.arange(n) % 3, 1 + np.arange(n) % 2])
    return ResponsePatterns.count(INSTRUMENT, answers, {name: Key.of(one) for name, one in keys.items()}, account=account)


def test_a_small_role_is_taken_out_and_named() -> None:
    answers = counted(role=["team"] * 20 + ["boss"] * 4)
    released = answers.released()
    assert isinstance(released, ReleasedAnswers)
    assert released == answers.select(role="team")
    assert released.withheld == (Cell("boss"),)
    assert released.withheld_roles == ("boss",)
    assert answers.released(Disclosure(minimum_respondents=4)).withheld == ()


def test_respondents_are_people_where_they_are_known() -> None:
    people = ["r1", "r1", "r2", "r3", None, None]
    answers = counted(role=["team"] * 6, respondent=people)
    assert size_of(answers) == (5, None)
    assert answers.released().n == 6
    assert answers.released(Disclosure(minimum_respondents=6)).n == 0


def test_leaders_are_asked_for_in_roles_that_know_any() -> None:
    leaders: list[str | None] = ["l1", "l2"] * 10 + [None] * 10
    answers = counted(role=["team"] * 20 + ["boss"] * 10, leader=leaders)
    assert answers.released().withheld == (Cell("team"),)
    assert answers.released(Disclosure(minimum_leaders=2)).withheld == ()


def test_a_person_who_goes_may_take_other_cells_along() -> None:
    # Wave 2 has three people, one of them in form B, whose four others are then too few.
    wave = ["1"] * 13 + ["2"] * 3
    form = ["A"] * 9 + ["B"] * 4 + ["A", "A", "B"]
    released = counted(role=["team"] * 16, wave=wave, form=form).released()
    assert set(released.withheld) == {Cell("team", (("wave", "2"),)), Cell("team", (("form", "B"),))}
    assert released.n == 9


def test_groups_are_cells_and_those_without_one_are_accounted_for() -> None:
    account = Account(rows_read=24, rows_analysed=24)
    sex = ["m"] * 10 + ["f"] * 8 + ["x"] * 3 + [None] * 3
    released = counted(account, role=["team"] * 24, sex=sex).released(by="sex")
    assert released.withheld_groups() == (("team", "x"),)
    assert released.n == 18
    assert released.account is not None
    assert released.account.left_out == {"withheld": 3, "no_group": 3}
    assert "sex" in released.keys


def test_only_release_makes_released_answers() -> None:
    answers = counted(role=["team"] * 20)
    fields = {name: getattr(answers, name) for name in ("instrument", "patterns", "pattern", "keys", "counts")}
    with pytest.raises(UsageError, match=r"answers\.released"):
        ReleasedAnswers(**fields, disclosure=Disclosure(), by=None, withheld=())
    released = answers.released()
    assert type(released.select(role="team")) is ResponsePatterns
    assert type(released + released) is ResponsePatterns
    assert released.released() is released
    with pytest.raises(UsageError, match="released already"):
        released.released(Disclosure.none())


def test_none_releases_everything_as_it_is() -> None:
    answers = counted(role=["team"] * 20 + ["boss"], leader=["l1"] * 21)
    assert answers.released(Disclosure.none()) == answers
    assert answers.released(Disclosure.none()).withheld == ()
    with pytest.raises(UsageError, match="minimum_leaders is -1"):
        Disclosure(minimum_leaders=-1)


@pytest.mark.parametrize("given", [float("nan"), 2.5, "5", None, True])
def test_a_minimum_is_a_whole_number(given: object) -> None:
    with pytest.raises(UsageError, match=r"minimum_respondents is .*; a whole number"):
        Disclosure(minimum_respondents=given)  # type: ignore[arg-type]


def test_a_policy_is_one() -> None:
    answers = counted(role=["team"] * 9)
    for asked in (lambda: answers.released("none"), lambda: op.Page(answers, "default")):  # type: ignore[arg-type]
        with pytest.raises(UsageError, match=r"the disclosure policy is a str; it has to be op\.Disclosure\(\) or op"):
            asked()


# ---------------------------------------------------------------- roles asked for


def test_withheld_people_are_in_no_mixture_of_roles() -> None:
    account = Account(rows_read=24, rows_analysed=24)
    answers = counted(account, role=["team"] * 20 + ["boss"] * 4)
    everyone = answers.released().of_roles("all")
    assert everyone == answers.select(role="team").pool("role")
    assert everyone.withheld == ()
    boss = answers.released().of_roles("boss")
    assert (boss.n, boss.withheld_roles) == (0, ("boss",))
    assert boss.account is not None
    assert boss.account.left_out == {"withheld": 4, "role_not_asked_for": 20}
    with pytest.raises(UsageError, match=r"role 'bos' does not occur; there are: team, boss\. Did you mean"):
        answers.released().of_roles("bos")
    with pytest.raises(UsageError, match="no roles"):
        counted(sex=["m"] * 9).released().of_roles("team")


# ---------------------------------------------------------------- background variables


def test_rare_values_of_background_are_joined_within_their_role() -> None:
    sex = ["m"] * 12 + ["f"] * 8 + ["x"] * 3 + ["y"] * 2 + ["x"] * 6 + ["m"] * 6
    released = counted(role=["team"] * 25 + ["boss"] * 12, sex=sex).released()
    assert released.n == 37
    team, boss = (released.select(role=role) for role in ("team", "boss"))
    assert {level: one.n for level, one in team.split("sex")} == {"f": 8, "m": 12, "other": 5}
    assert {level: one.n for level, one in boss.split("sex")} == {"m": 6, "x": 6}


def test_the_rest_is_never_too_small_itself() -> None:
    sex = ["m"] * 12 + ["f"] * 8 + ["x"] * 3 + [None]
    released = counted(role=["team"] * 24, sex=sex).released()
    assert {level: one.n for level, one in released.split("sex")} == {"m": 12, "other": 12}


def test_numbers_stay_numbers() -> None:
    many = [str(place % 30) for place in range(60)]
    few = [str(place % 3) for place in range(57)] + ["7", "8", "9"]
    released = counted(role=["team"] * 60, score=many, points=few).released()
    assert len(released.keys["score"].levels) == 30
    assert released.keys["points"].levels == ("0", "1", "2") or set(released.keys["points"].levels) < {"0", "1", "2"}
    assert min(one.n for _, one in released.split("points")) >= 5
    assert released.select(points=None).n >= 5


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([f"Anne {one}" for one in ("Jensen", "Berg", "Holm", "Dam")] * 6, "names of people"),
        ([f"{one}, Mads" for one in ("Hansen", "Krogh", "Lund", "Bang")] * 6, "names of people"),
        ([f"2345678{one}" for one in range(4)] * 6, "numbers of people"),
        ([f"{20 + one}" for one in range(20)] + ["20"] * 4, "20 values, 19 of which fewer than 5"),
    ],
)
def test_what_looks_like_people_makes_no_groups(values: list[str], message: str) -> None:
    answers = counted(role=["team"] * 24, group=values)
    with pytest.raises(UsageError, match=message):
        answers.released(by="group")
    assert answers.released(Disclosure.none(), by="group").n == 24


@pytest.mark.parametrize(
    ("name", "values"),
    [
        *((name, ["1", "2", "3"]) for name in ("medarbejdernummer", "leder_nr", "init", "Initialer", "lederNr", "Employee ID")),
        *(
            (name, ["1", "2", "3"])
            for name in ("ansat_nr", "tjenestenummer", "staff_no", "id_leder", "brugernavn", "chef-init")
        ),
        *((name, ["a", "b", "c"]) for name in ("ledernavn", "chefens navn", "ManagerName")),
        *((name, ["ABC", "DFG", "HJK"]) for name in ("leder", "rektor", "boss", "School principal")),
        ("gruppe", ["HANSEN, LARS", "JENSEN, IDA", "BERG, OLE"]),
        ("gruppe", ["lars hansen", "ida jensen", "ole berg"]),
        ("nærmeste_leder", ["L1", "L2", "L3"]),
        ("gruppe", ["Mette", "Lars", "Hansen"]),
    ],
)
def test_people_are_told_by_names_of_columns_and_short_values(name: str, values: list[str]) -> None:
    answers = counted(role=["team"] * 24, **{name: values * 8})
    with pytest.raises(UsageError, match=r"looks like .* of people.*Group by a variable that many share"):
        answers.released(by=name)
    assert answers.released(Disclosure.none(), by=name).n == 24


@pytest.mark.parametrize(
    ("name", "values"),
    [
        *((name, ["1", "2"]) for name in ("afdeling_nr", "enhed", "alder", "antal_medarbejdere", "lederniveau", "initiativ")),
        *(
            (name, ["1", "2"])
            for name in (
                "ansat_siden",
                "medarbejdergruppe",
                "tjenestested_nr",
                "no_of_staff",
                "chef",
                "idræt",
                "boss",
                "ledertype",
            )
        ),
        ("unit", ["AARHUS KOMMUNE", "børn og unge"]),
        ("afdeling_nr", ["101010", "101012"]),
        ("leder", ["ja", "nej"]),
        ("leder", ["Topleder", "Mellemleder", "Ingen"]),
        ("unit", ["Aarhus Kommune", "Børn og Unge"]),
        ("age", ["30-39", "40-49"]),
        ("since", ["2020", "2021"]),
        ("year", ["2019-2020", "2020-2021"]),
        ("month", ["2025-01", "2025-02"]),
        ("people", ["1000-4999", "5000-9999"]),
        ("unit", ["HR", "IT", "ØK"]),
    ],
)
def test_units_bands_and_years_make_groups(name: str, values: list[str]) -> None:
    assert counted(role=["team"] * 24, **{name: values * (24 // len(values))}).released(by=name).n == 24


@pytest.mark.parametrize(("people", "message"), [(4, "has one value, which fewer than 5 respondents have"), (5, None)])
def test_one_value_is_no_reason_to_ask_for_fewer(people: int, message: str | None) -> None:
    answers = counted(role=["team"] * 24, sex=["m"] * people + [None] * (24 - people))
    if message is None:
        assert answers.released(by="sex").n == people
    else:
        with pytest.raises(UsageError, match=f"{message}: .* whose values more respondents share"):
            answers.released(by="sex")


def test_counts_and_anonymised_answers_are_by_nobody_either(tmp_path: Path) -> None:
    answers = counted(role=["team"] * 24, leder_nr=["1", "2"] * 12)
    with pytest.raises(UsageError, match="'leder_nr' looks like names or numbers of people"):
        write_counts(answers, tmp_path / "c.parquet")
    write_counts(answers, tmp_path / "c.parquet", disclosure=Disclosure.none())
    raw = answers.expand().assign(init="ab")
    with pytest.raises(UsageError, match="'init' looks like names or numbers of people"):
        anonymise(raw, tmp_path / "a.csv", key_file=tmp_path / "a.key", instrument=INSTRUMENT, by=["init"])
    assert not (tmp_path / "a.csv").exists()


def test_organisations_are_never_refused() -> None:
    names = [f"Peter Jensen {place}" for place in range(12)] * 2
    released = counted(role=["team"] * 24, organisation=names).released(by="organisation")
    assert released.n == 0
    assert len(released.withheld_groups()) == 12


def test_people_make_no_groups() -> None:
    with pytest.raises(UsageError, match="would name people"):
        counted(role=["team"] * 24, leader=["l1", "l2", "l3"] * 8).released(by="leader")


# ---------------------------------------------------------------- the account

HEADER = "role,leader,respondent,completed,form,a,b\n"


def written(folder: Path, bosses: list[str], name: str = "answers.csv") -> Path:
    team = [f"team,l{row % 5},t{row},2025-01-{1 + row % 9:02},A,{1 + row % 3},{'' if row % 7 == 0 else 2}" for row in range(30)]
    path = folder / name
    path.write_text(HEADER + "\n".join([*team, team[3], *bosses]) + "\n", encoding="utf-8")
    return path


def row(person: str, answers: str, day: str = "2025-01-01", leader: str = "l1") -> str:
    return f"boss,{leader},{person},{day},A,{answers}"


def test_rows_of_withheld_people_stand_in_one_line_whatever_else_holds_of_them(tmp_path: Path) -> None:
    repeated = [row("p1", "1,2"), row("p1", "1,2"), row("p2", "3,3"), row("p2", "2,2", "2025-01-02"), row("p3", ",")]
    plain = [row("p1", "1,2")]
    found = [read(written(tmp_path, bosses), instrument=INSTRUMENT).released() for bosses in (repeated, plain, [])]
    for one, bosses in zip(found, (repeated, plain, []), strict=True):
        assert one.account is not None
        assert one.account.rows_read == 31 + len(bosses)
        assert one.account.left_out == {"duplicate": 1} | ({"withheld": len(bosses)} if bosses else {})
        assert one.account.notes == found[0].account.notes  # type: ignore[union-attr]
        assert one == found[0]
    assert found[0].withheld == (Cell("boss"), Cell("boss", (("form", "A"),)))


def test_notes_do_not_know_of_withheld_people(tmp_path: Path) -> None:
    silent = written(tmp_path, [row(f"p{one}", ",2") for one in range(4)])
    spoken = written(tmp_path, [row(f"p{one}", "1,2") for one in range(4)], "spoken.csv")
    exact = [read(path, instrument=INSTRUMENT) for path in (silent, spoken)]
    released = [one.released(Disclosure(minimum_respondents=6)) for one in exact]
    accounts = [replace(one.account, sources=()) for one in released if one.account is not None]
    assert accounts[0] == accounts[1]


def test_the_checksum_of_the_file_is_not_among_what_is_released(tmp_path: Path) -> None:
    answers = read(written(tmp_path, []), instrument=INSTRUMENT)
    (exact,) = answers.account.sources  # type: ignore[union-attr]
    (released,) = answers.released().account.sources  # type: ignore[union-attr]
    assert exact.sha256
    assert (released.name, released.sha256) == ("answers.csv", None)
    assert answers.released(Disclosure.none()).account.sources == (exact,)  # type: ignore[union-attr]


def test_several_files_are_read_again_together(tmp_path: Path) -> None:
    one = written(tmp_path, [row("p1", "1,2"), row("p1", "1,2")], "one.csv")
    rows = one.read_text(encoding="utf-8").replace(",t", ",u").replace("p1", "p2")
    (tmp_path / "two.csv").write_text(rows, encoding="utf-8")
    together = read_all([one, tmp_path / "two.csv"], instrument=INSTRUMENT)
    released = together.released()
    assert released.account is not None
    assert released.account.left_out == {"duplicate": 2, "withheld": 4}
    assert released.account.rows_read == 66
    assert released == together.select(role="team")
    assert together.released(Disclosure(minimum_respondents=2, minimum_leaders=1)).withheld == ()


def test_where_nobody_can_tell_whose_rows_were_left_out_they_stand_with_the_withheld() -> None:
    account = Account(
        rows_read=32, rows_analysed=24, left_out={"duplicate": 5, "role": 3}, notes=("theme_not_shown: 4", "no_role_column")
    )
    released = counted(account, role=["team"] * 20 + ["boss"] * 4).released()
    assert released.account == replace(
        account, rows_analysed=20, left_out={"role": 3, "withheld": 9}, notes=("no_role_column",)
    )


def test_the_account_of_a_selection_does_not_know_of_the_others(tmp_path: Path) -> None:
    plain = [row(f"p{one}", "1,2") for one in range(4)]
    repeated = [row("p1", "1,2"), row("p1", "1,2"), row("NA", ",3"), row("p2", "1,1")]
    for bosses in (plain, repeated, plain[:3], []):
        everyone = read(written(tmp_path, bosses), instrument=INSTRUMENT)
        selected = everyone.select(role="team", leader=["l0", "l1", "l2", "l3"])
        for account in (selected.released().account, everyone.released().select(role="team", leader="l1").released().account):
            assert account is not None
            # Of the 31 rows of the team one is repeated.
            assert account.left_out == {"withheld": 31 + len(bosses) - account.rows_analysed}
            assert account.notes == ("not_selected_are_withheld",)
        assert selected.released() == selected


def test_a_selection_of_everybody_is_read_again_like_all_answers(tmp_path: Path) -> None:
    everyone = read(written(tmp_path, [row("p1", ","), row("p1", ",")]), instrument=INSTRUMENT)
    every = everyone.select(leader=everyone.keys["leader"].levels)
    assert every.released().account == everyone.released().account
    assert every.released().account.left_out == {"duplicate": 1, "withheld": 2}  # type: ignore[union-attr]


# ---------------------------------------------------------------- people who are in a small cell and in another


def team(number: int, leader: str = "l{}", form: str = "A") -> list[str]:
    return [f"team,{leader.format(one % 4)},{form}{one},2025-01-01,{form},{1 + one % 3},2" for one in range(number)]


def released_of(folder: Path, lines: list[str], name: str = "answers.csv") -> ReleasedAnswers:
    (folder / name).write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")
    return read(folder / name, instrument=INSTRUMENT).released()


def test_a_record_that_one_in_a_small_cell_replaced_counts_where_it_stands(tmp_path: Path) -> None:
    # B has five people; one of them answered again in form C, where two are.
    five, other = [*team(9), *team(5, form="B")], "team,l1,c,2025-01-01,C,1,1"
    alone = released_of(tmp_path, [*five, other])
    again = released_of(tmp_path, [*five, other, "team,l0,B0,2025-02-01,C,3,3"])
    assert again == alone
    assert again.withheld == alone.withheld == (Cell("team", (("form", "C"),)),)
    assert again.account == replace(alone.account, rows_read=16, left_out={"withheld": 2})  # type: ignore[type-var]


def test_a_leader_that_withheld_people_alone_know_is_asked_of_nobody(tmp_path: Path) -> None:
    found = [released_of(tmp_path, [*team(9, leader=""), *team(2, leader, "C")]) for leader in ("", "l1")]
    assert found[0].n == 9
    assert found[1] == found[0]
    assert found[1].withheld == found[0].withheld == (Cell("team", (("form", "C"),)),)


def test_nor_where_one_of_those_who_alone_know_it_answered_again_elsewhere(tmp_path: Path) -> None:
    # Five people are in form C until one of them answers again in A: the four others are too few, the first of whom may have a
    # leader. Of all the others no leader is known, so that none are asked for.
    five, again = team(5, "", "C"), "team,,C4,2025-02-01,A,1,1"
    found = [
        released_of(tmp_path, [*team(9, ""), f"team,{leader},C0,2025-01-01,C,{answer},1", *five[1:], again])
        for leader, answer in (("", "1"), ("l1", "3"))
    ]
    assert found[0].n == 10
    assert found[0].withheld == (Cell("team", (("form", "C"),)),)
    assert found[1].withheld == found[0].withheld
    assert found[1] == found[0]


def test_nor_does_a_record_in_a_cell_of_too_few_leaders_take_the_third_leader_of_another(tmp_path: Path) -> None:
    # One person in A answers about the third leader there, and again in C, where too few leaders are with it or without.
    form_a = [*team(4, "l0"), *(line.replace("A", "A1").replace(",A1,", ",A,") for line in team(4, "l1"))]
    third = "team,l2,third,2025-01-01,A,1,1"
    alone = [*form_a, third, *team(6, "l0", "C")]
    found = [released_of(tmp_path, [*alone, *again]) for again in ((), ("team,l2,third,2025-02-01,C,3,3",))]
    assert found[0].n == 9
    assert found[1] == found[0]
    assert found[1].withheld == found[0].withheld == (Cell("team", (("form", "C"),)),)


def test_records_that_differ_within_a_file_are_no_hindrance_to_several(tmp_path: Path) -> None:
    lines = [*team(9), "team,l0,A0,2025-02-01,B,1,1", "boss,l1,b,2025-01-01,A,2,2"]
    (tmp_path / "one.csv").write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")
    (tmp_path / "two.csv").write_text(HEADER + "\n".join(team(9, form="D")) + "\n", encoding="utf-8")
    released = read_all([tmp_path / "one.csv", tmp_path / "two.csv"], instrument=INSTRUMENT).released()
    assert released.n == 18
    assert released.account is not None
    assert released.account.left_out == {"withheld": 2}


def test_whether_people_of_one_leader_answered_is_not_told(tmp_path: Path) -> None:
    # Organisation o2 has six people about one leader, and a boss, in whose hands it is whether the theme was shown there.
    header = "role,leader,respondent,organisation,a,b"
    known = [f"team,l{one % 4},A{one},o1,{1 + one % 3},2" for one in range(24)]
    found = []
    for answers, boss in (("", "1,2"), ("", ","), ("1", ",")):
        few = [f"team,l9,B{one},o2,{answers},{answers}" for one in range(6)]
        path = tmp_path / "a.csv"
        path.write_text("\n".join([header, *known, *few, f"boss,l9,b,o2,{boss}", ""]), encoding="utf-8")
        found.append(read(path, instrument=INSTRUMENT).released(by="organisation"))
    assert found[0].withheld_groups() == (("boss", "o2"), ("team", "o2"))
    for one in found:
        assert one.account == replace(found[0].account, sources=one.account.sources)  # type: ignore[union-attr, type-var]
        assert one.withheld == found[0].withheld
        assert one == found[0]


# ---------------------------------------------------------------- what the file says of other columns


@pytest.mark.parametrize("comments", [("fint", "fÃ¸rst"), ("1", "a lot")])
def test_no_note_knows_of_other_columns_of_withheld_people(tmp_path: Path, comments: tuple[str, str]) -> None:
    header = HEADER.replace("\n", ",weight\n")
    found = []
    for comment in comments:
        lines = [f"{line},1" for line in team(9)] + [f"boss,l1,b,2025-01-01,A,2,2,{comment}"]
        (tmp_path / "a.csv").write_text(header + "\n".join(lines) + "\n", encoding="utf-8")
        found.append(read(tmp_path / "a.csv", instrument=INSTRUMENT).released())
    assert found[0].account == found[1].account


def test_nobody_is_called_otherwise_for_a_value_of_somebody_withheld(tmp_path: Path) -> None:
    import pandas as pd
    import pyreadstat

    frame = pd.DataFrame({"role": ["team"] * 12 + ["boss"] * 3, "sex": [1.0, 2.0, 4.0] * 5, "a": 1.0, "b": 2.0})
    labels = {"sex": {1.0: "man", 2.0: "woman", 3.0: "man", 4.0: "1", 9.0: "woman"}}
    found = []
    for value in (1.0, 3.0, 9.0):
        frame.loc[14, "sex"] = value
        path = tmp_path / "a.sav"
        pyreadstat.write_sav(frame, str(path), variable_value_labels=labels, missing_ranges={"sex": [9.0]})
        found.append(read(path, instrument=INSTRUMENT, by=["sex"]).released(Disclosure(minimum_respondents=4)))
    assert found[0].keys["sex"].levels == ("1 man", "4 1", "woman")
    assert found[0] == found[1] == found[2]


def test_what_is_worth_a_note_is_decided_among_the_rows_that_are_left(tmp_path: Path) -> None:
    # 999 looks like a sign for nothing where there is no 998, which a withheld superior alone has.
    lines = team(12, leader="99{}")
    bosses = [f"boss,{leader},p{leader},2025-01-01,A,1,2" for leader in ("998", "NA", "ukendt")]
    alone = [line.replace(",993,", ",999,") for line in lines]
    with_bosses, without = (released_of(tmp_path, [*alone, *more]) for more in (bosses, []))
    assert read(tmp_path / "answers.csv", instrument=INSTRUMENT).account.notes == without.account.notes  # type: ignore[union-attr]
    assert with_bosses.account.notes == without.account.notes == ("perhaps_not_known: leader '999' (3)",)  # type: ignore[union-attr]
    assert with_bosses == without


def test_rows_of_many_cells_are_those_of_each() -> None:
    random = np.random.default_rng(5)
    keys = {
        "role": Key(random.integers(-1, 2, 400), ("team", "boss")),
        "sex": Key(random.integers(-1, 3, 400), ("m", "f", "x")),
        "form": Key(random.integers(-1, 2, 400), ("A", "B")),
    }
    cells = [
        Cell("team", (("sex", "m"),)),
        Cell("boss", (("sex", None),)),
        Cell("", (("form", "B"),)),
        Cell("team", (("sex", "?"),)),
    ]
    role, sex, form = (key.codes for key in keys.values())
    inside = (role == 0) & (sex == 0) | (role == 1) & (sex == -1) | (role == -1) & (form == 1)
    assert 0 < inside.sum() < 400
    assert np.array_equal(in_cells(cells, keys, 400), inside)
    del keys["role"]
    assert np.array_equal(in_cells([Cell("all", (("sex", "f"),))], keys, 400), sex == 1)
    assert in_cells([Cell("all")], keys, 400).all()
