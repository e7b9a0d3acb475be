"""Answers for other programs: R computes our numbers from them, files come back as they were, nobody withheld is in them."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pyreadstat
import pytest
from msgspec.structs import replace

import omstilling_psychometrics as op
from made_up import awkward_scale
from omstilling_psychometrics.core.errors import DataError, UsageError
from omstilling_psychometrics.reference import load_values
from omstilling_psychometrics.survey.export import PROGRAMS
from omstilling_psychometrics.survey.export.statistics_file import missing_values
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns
from omstilling_psychometrics.survey.scale import NonAnswer
from reference.run_exports import HERE, cases, checksums

NONE = op.Disclosure.none()
AWKWARD = awkward_scale()

# lavaan stops a little before its minimum: indices of fit near nought err by that, parameters by less. A tail beyond the last
# bits of 1 - F is no number there.
WITHIN = {"estimate": 2e-6, "std_error": 2e-6, "statistic": 1e-4, "df": 0.0, "p_value": 1e-6, "n": 0.0}


def _key(row: dict[str, Any]) -> tuple[Any, ...]:
    category = row["category"]
    number = None if category in (None, "") else int(category)
    return row["role"], row["quantity"], row["item"] or None, number, row["method"] or None


def _ours(answers: ResponsePatterns) -> dict[tuple[Any, ...], dict[str, Any]]:
    fits = [op.cfa(answers, estimator=name, cluster=None) for name in ("ML", "FIML", "WLSMV")]
    return {_key(row): row for one in (op.reliability(answers, cluster=None), *fits) for row in one.rows()}


@pytest.mark.parametrize("name", ["synthetic", "awkward"])
def test_the_script_gave_our_numbers_in_r(name: str, tmp_path: Path) -> None:
    answers = cases()[name]
    released = answers.export(tmp_path, "lavaan")
    provenance = json.loads((HERE / "provenance.json").read_text(encoding="utf-8"))[name]
    assert provenance["sha256"] == checksums(tmp_path), "other than what ran in R: run_exports.py"
    ours, compared = _ours(released), set()
    for row in csv.DictReader((HERE / f"{name}.csv").read_text(encoding="utf-8").splitlines()):
        mine = ours[_key(row)]
        for column, bound in WITHIN.items():
            if row[column]:
                theirs = float(row[column])
                assert abs(mine[column] - theirs) <= bound * max(1.0, abs(theirs)), (row, mine[column])
                compared.add((row["role"], row["quantity"], row["method"]))
    roles = released.roles
    assert {role for role, *_ in compared} == set(roles)
    headline = {("chi2_scaled", "WLSMV"), ("loading", "WLSMV"), ("threshold", "WLSMV"), ("log_likelihood", "FIML")}
    headline |= {("alpha", "listwise"), ("omega_categorical", "implied"), ("omega_total", "FIML-implied"), ("srmr", "ML")}
    assert {(role, *one) for role in roles for one in headline} <= compared


def test_counts_are_the_patterns_of_each_role(tmp_path: Path) -> None:
    released = AWKWARD.export(tmp_path, "mirt")
    rows = list(csv.reader((tmp_path / "counts.csv").read_text(encoding="utf-8").splitlines()))
    assert rows[0] == ["role", "Is it clear?", "'=fun", "æble", "d", "e 5", "if", "count"]
    assert sum(int(row[-1]) for row in rows[1:]) == released.n == 700
    assert len({tuple(row[:-1]) for row in rows[1:]}) == len(rows) - 1
    of_item = {
        reason: sum(int(row[-1]) for row in rows if row[3] == reason and row[0] == "Nat/hold")
        for reason in ("0", "1", "2", "3", "", "don't know", "refused")
    }
    night = AWKWARD.select(role="Nat/hold")
    codes, counts = night.table()
    expected = [int(counts[codes[:, 2] == code].sum()) for code in (1, 2, 3, 4, -1, -3, -4)]
    assert list(of_item.values()) == expected
    assert expected[1] == 0


def test_the_call_of_mirt_is_the_one_whose_values_are_stored(tmp_path: Path) -> None:
    AWKWARD.export(tmp_path, "mirt")
    script = (tmp_path / "mirt.R").read_text(encoding="utf-8")
    stored = load_values("irt")["lq2002_lead"]["irt/graded/logLik"].call.partition("m <- ")[2]
    assert stored == "mirt(X, 1, 'graded', SE = TRUE, SE.type = 'Oakes', TOL = 1e-7)"
    assert f"m <- tryCatch({stored[:-1].replace(chr(39), chr(34))}" in script
    assert 'items <- c("Is it clear?", "=fun", "\\U{E6}ble", "d", "e 5", "if")' in script


def test_texts_of_an_instrument_are_texts_in_r(tmp_path: Path) -> None:
    scale = plain_instrument((1, 2), ('a"); q("no', "b\\"))
    ResponsePatterns.count(scale, np.array([[1, 2]] * 9)).export(tmp_path, "lavaan")
    assert 'items <- c("a\\"); q(\\"no", "b\\\\")' in (tmp_path / "lavaan.R").read_text(encoding="utf-8")


def test_input_of_mplus_is_within_its_bounds(tmp_path: Path) -> None:
    items = tuple(f"a statement of some length, number {place}" for place in range(40))
    codes = np.random.default_rng(1).integers(1, 6, (30, 40))
    ResponsePatterns.count(plain_instrument((1, 2, 3, 4, 5), items), codes).export(tmp_path, "mplus")
    found = sorted(path.name for path in tmp_path.iterdir())
    assert found == ["counts.dat", "graded_1.inp", "mlr_1.inp", "wlsmv_1.inp"]
    for name in found[1:]:
        lines = (tmp_path / name).read_text(encoding="utf-8").splitlines()
        assert max(map(len, lines)) <= 90
        words = re.findall(r"\b[a-z]\w*", " ".join(line for line in lines if not line.startswith("!")))
        assert max(map(len, (word for word in words if word[1:].isdigit()))) <= 8
    rows = [line.split() for line in (tmp_path / "counts.dat").read_text(encoding="ascii").splitlines()]
    assert {len(row) for row in rows} == {42}
    assert sum(int(row[-1]) for row in rows) == 30


def test_input_of_mplus_names_roles_items_and_what_nobody_chose(tmp_path: Path) -> None:
    AWKWARD.export(tmp_path, "mplus")
    text = (tmp_path / "wlsmv_2.inp").read_text(encoding="utf-8")
    assert "! Role 2: Nat/hold. One factor of ordered answers" in text
    assert "! i3 (æble): only 0, 2, 3 occur; thresholds lie between these." in text
    assert "! i6 (if)" not in text, "a category that is gone at the end moves no other"
    assert "USEOBSERVATIONS ARE role EQ 2;" in text
    assert "FREQWEIGHT IS count;" in text
    assert "CATEGORICAL" not in (tmp_path / "mlr_2.inp").read_text(encoding="utf-8")


# ---------------------------------------------------------------- SPSS and Stata


def _many_reasons() -> ResponsePatterns:
    many = tuple(NonAnswer(key) for key in ("one", "two", "three", "four"))
    scale = replace(plain_instrument((1, 2, 3, 4, 5, 6, 7, 8), ("a", "b")), non_answers=many)
    codes = np.array([[1, 8], [-3, -4], [-5, -6], [-1, 2], [-2, 3]] * 2)
    keys = {"leader": Key.of(["l1", None] * 5), "respondent": Key.of([f"r{one}" for one in range(10)])}
    return ResponsePatterns.count(scale, codes, keys)


@pytest.mark.parametrize("answers", [AWKWARD, _many_reasons()], ids=["awkward", "many reasons"])
@pytest.mark.parametrize("ending", ["sav", "dta"])
def test_files_come_back_as_what_they_were(answers: ResponsePatterns, ending: str, tmp_path: Path) -> None:
    answers.export(tmp_path, "sav", disclosure=NONE)
    again = op.read(tmp_path / f"answers.{ending}", instrument=answers.instrument, codebook=tmp_path / "answers.toml")
    assert again == answers


def test_both_reasons_have_codes_and_labels_and_are_user_missing(tmp_path: Path) -> None:
    AWKWARD.export(tmp_path, "sav", disclosure=NONE)
    frame, about = pyreadstat.read_sav(tmp_path / "answers.sav", user_missing=True)
    assert about.variable_value_labels["d"] == {
        0: "0", 1: "1", 2: "2", 3: "3", 7: "not_shown", 8: "ved ikke", 9: "refused"
    }  # fmt: skip
    assert about.missing_ranges["d"] == [{"lo": 7.0, "hi": 7.0}, {"lo": 8.0, "hi": 8.0}, {"lo": 9.0, "hi": 9.0}]
    codes, counts = AWKWARD.table()
    for code, value in ((-3, 8), (-4, 9)):
        assert int((frame["d"] == value).sum()) == int(counts[codes[:, 3] == code].sum()) > 0
    # `d` is reversed, and stands as it was answered.
    assert int((frame["d"] == 0).sum()) == int(counts[codes[:, 3] == 4].sum())
    plain = pyreadstat.read_sav(tmp_path / "answers.sav")[0]
    assert set(plain["d"].dropna()) == {0, 1, 2, 3}
    stata, labels = pyreadstat.read_dta(tmp_path / "answers.dta", user_missing=True)
    assert labels.missing_user_values["d"] == ["b", "c"]  # those that occur
    assert int((stata["d"] == "b").sum()) == int((frame["d"] == 8).sum())


def test_values_for_reasons_are_no_categories() -> None:
    assert list(missing_values((1, 2, 3, 4, 5), 2)) == [8, 9]
    assert list(missing_values((0, 1, 2, 3, 4, 5, 6), 3)) == [7, 8, 9]
    assert list(missing_values((1, 2, 3, 4, 5, 6, 7, 8), 2)) == [98, 99]
    assert list(missing_values(tuple(range(101)), 2)) == [998, 999]


# ---------------------------------------------------------------- what may be written


@pytest.mark.parametrize("program", [name for name in PROGRAMS if name != "sav"])
def test_nobody_withheld_is_in_it(program: str, tmp_path: Path) -> None:
    scale = plain_instrument((1, 2, 3, 4), ("a", "b", "c"), roles=("team", "boss"))
    codes = np.random.default_rng(1).integers(1, 5, (42, 3))
    written = []
    for place, last in enumerate((codes[40:], 5 - codes[40:])):
        keys = {"role": Key.of(["team"] * 40 + ["boss"] * 2)}
        answers = ResponsePatterns.count(scale, np.vstack([codes[:40], last]), keys)
        answers.export(tmp_path / str(place), program)
        written.append({path.name: path.read_bytes() for path in (tmp_path / str(place)).iterdir()})
    assert written[0] == written[1]
    assert not any(b"boss" in content for content in written[0].values())


def test_the_policy_is_that_of_released_answers(tmp_path: Path) -> None:
    few = AWKWARD.released(op.Disclosure(minimum_respondents=350))
    assert few.export(tmp_path / "a", "lavaan").roles == ("day shift",)
    assert b"Nat/hold" not in (tmp_path / "a" / "counts.csv").read_bytes()
    assert AWKWARD.released(NONE).export(tmp_path / "b", "sav").disclosure == NONE
    with pytest.raises(UsageError, match="released already, under another policy"):
        few.export(tmp_path / "c", "sav", disclosure=NONE)
    assert not (tmp_path / "c").exists()


def test_rows_of_people_need_a_policy_that_withholds_nobody(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"a row for every person.*op\.Disclosure\.none\(\)"):
        AWKWARD.export(tmp_path / "a", "sav")
    with pytest.raises(UsageError, match=r"the program is 'lavan'; there are: lavaan, mirt, mplus, sav. Did you mean 'lavaan'"):
        AWKWARD.export(tmp_path / "a", "lavan")
    with pytest.raises(DataError, match="nothing to export to"):
        AWKWARD.export(tmp_path / "a", "lavaan", disclosure=op.Disclosure(minimum_respondents=1000))
    assert not (tmp_path / "a").exists()


def test_same_answers_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        AWKWARD.export(tmp_path / name, "sav", disclosure=NONE)
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()
    assert b"01 Jan 2025 00:00" in (tmp_path / "a" / "answers.dta").read_bytes()[:1000]
