"""The committed folder of synthetic data: rewritten byte for byte, and read the same from every file in it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from omstilling_psychometrics.core.errors import DataError
from omstilling_psychometrics.simulation import TRUTH, Survey, simulate, write_synthetic
from omstilling_psychometrics.simulation.folder import FILES
from omstilling_psychometrics.simulation.jsontext import json_text
from omstilling_psychometrics.simulation.truth import Truth
from omstilling_psychometrics.survey.reading import read

COMMITTED = Path(__file__).parents[2] / "data" / "synthetic"
BACKGROUND = tuple(TRUTH.background)


@pytest.fixture(scope="module")
def survey() -> Survey:
    return simulate()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("synthetic")
    write_synthetic(folder)
    return folder


@pytest.mark.parametrize("name", FILES)
def test_committed_files_are_rewritten_byte_for_byte(written: Path, name: str) -> None:
    assert (written / name).read_bytes() == (COMMITTED / name).read_bytes()


def test_the_folder_holds_nothing_else(written: Path) -> None:
    assert {path.name for path in written.iterdir()} == set(FILES) == {path.name for path in COMMITTED.iterdir()}


def test_another_seed_gives_other_answers_and_the_same_parameters(tmp_path: Path) -> None:
    write_synthetic(tmp_path, seed=2)
    assert (tmp_path / "answers.csv").read_bytes() != (COMMITTED / "answers.csv").read_bytes()
    ours, theirs = (json.loads((folder / "truth.json").read_text("utf-8")) for folder in (tmp_path, COMMITTED))
    assert ours["seed"] == 2
    for part in ("parameters", "population", "model"):
        assert ours[part] == theirs[part]


def test_a_missing_folder_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="does not exist"):
        write_synthetic(tmp_path / "absent")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("by", [(), BACKGROUND], ids=["keys", "with background"])
def test_every_file_reads_to_the_same_counts(survey: Survey, by: tuple[str, ...]) -> None:
    codebook = COMMITTED / "raw_export.toml"
    drawn = survey.to_patterns()
    if not by:
        drawn = drawn.pool(BACKGROUND)
    tidy = read(COMMITTED / "answers.csv", by=by)
    assert tidy == drawn
    for name in ("raw_export.csv", "raw_export.sav"):
        assert read(COMMITTED / name, codebook=codebook, by=by) == tidy, name


def test_the_raw_export_accounts_for_what_was_planted(survey: Survey) -> None:
    account = read(COMMITTED / "raw_export.csv", codebook=COMMITTED / "raw_export.toml").account
    assert account is not None
    left_out = account.left_out
    assert account.rows_analysed == int((survey.organisation < TRUTH.organisations).sum())
    assert left_out["not_shown"] == int((survey.organisation >= TRUTH.organisations).sum())
    # 1 % repeated, half of them superseded; one peer for a fifth of the leaders: four standard errors of a binomial.
    repeated = left_out["duplicate"] + left_out["superseded"]
    expected = TRUTH.duplicate_share * account.rows_analysed
    assert abs(repeated - expected) < 4 * np.sqrt(expected)
    assert left_out["duplicate"] > 20
    assert left_out["superseded"] > 20
    assert abs(left_out["role"] - TRUTH.peer_share * TRUTH.leaders) < 4 * np.sqrt(TRUTH.leaders * 0.2 * 0.8)


def test_the_raw_export_looks_like_one() -> None:
    content = (COMMITTED / "raw_export.csv").read_bytes()
    with pytest.raises(UnicodeDecodeError):
        content.decode("utf-8")
    rows = list(csv.DictReader(content.decode("cp1252").splitlines(), delimiter=";"))
    assert {row["respondenttype"] for row in rows} == {"Medarbejder", "Leder", "Nærmeste overordnet", "Sideordnet"}
    answers = {row[item] for row in rows for item in ("q1", "q2", "q3", "q4", "q5")}
    assert answers == {"", "Helt uenig", "2", "3", "4", "Helt enig", "Ved ikke", "Ønsker ikke at oplyse"}
    assert all(row["e-mail"].endswith("@opdigtet.example") for row in rows)
    assert all("," in row["minutter"] for row in rows)
    assert {row["tema_valgt"] for row in rows} == {"ja", "nej"}
    assert [row["afsluttet"] for row in rows] == sorted(row["afsluttet"] for row in rows)


def test_the_sav_file_declares_its_missing_values_and_no_time_of_writing() -> None:
    import pyreadstat

    frame, meta = pyreadstat.read_sav(COMMITTED / "raw_export.sav", user_missing=True)
    assert set(frame["q1"].dropna().unique()) == {1, 2, 3, 4, 5, 8, 9}
    for item in ("q1", "q2", "q3", "q4", "q5"):
        assert [bounds["lo"] for bounds in meta.missing_ranges[item]] == [8, 9]
        assert meta.variable_value_labels[item][8] == "Ved ikke"
        assert meta.variable_value_labels[item][9] == "Ønsker ikke at oplyse"
    assert (COMMITTED / "raw_export.sav").read_bytes()[92:109] == b"01 Jan 2500:00:00"


def test_line_ends_and_encodings() -> None:
    for name in ("answers.csv", "raw_export.csv", "raw_export.toml", "truth.json", "README.md"):
        assert b"\r" not in (COMMITTED / name).read_bytes()
    assert (
        (COMMITTED / "answers.csv").read_text("utf-8").startswith("role,wave,form,organisation,leader,respondent,kompetencer,")
    )


def test_truth_json_holds_every_parameter() -> None:
    truth = json.loads((COMMITTED / "truth.json").read_text("utf-8"))
    assert set(truth["parameters"]) == set(Truth.__dataclass_fields__)
    assert truth["parameters"] == json.loads(json.dumps(TRUTH.to_dict()))
    assert truth["synthetic"] is True
    assert "normal-ogive" in truth["model"].lower()


def test_planted_straight_lines_are_listed(survey: Survey) -> None:
    truth = json.loads((COMMITTED / "truth.json").read_text("utf-8"))
    planted = {tuple(record) for record in truth["straight_lining"]["records"]}
    with open(COMMITTED / "answers.csv", encoding="utf-8", newline="") as stream:
        rows = [
            row for row in csv.DictReader(stream) if (row["role"], row["wave"], row["leader"], row["respondent"]) in planted
        ]
    assert len(rows) == len(planted) == int(survey.careless.sum())
    for row in rows:
        assert {row[item] for item in TRUTH.items} in ({"3"}, {"4"}, {"5"})


def test_json_text_opens_what_holds_containers() -> None:
    document = {"a": [1, 2], "b": {"c": [{"d": [1]}, {}], "e": None}, "f": "æ"}
    text = json_text(document)
    assert json.loads(text) == document
    assert text.splitlines() == [
        "{", '  "a": [1, 2],', '  "b": {', '    "c": [', '      {"d": [1]},', "      {}", "    ],", '    "e": null', "  },",
        '  "f": "æ"', "}",
    ]  # fmt: skip
