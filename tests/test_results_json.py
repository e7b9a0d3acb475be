"""results.json holds to its schema and to the contract: columns, uniqueness, nulls with reasons, disclosure, bytes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from omstilling_psychometrics.cli import run as omstilling
from omstilling_psychometrics.core.registry import ANALYSES
from omstilling_psychometrics.core.vocabulary import vocabulary
from omstilling_psychometrics.reference import load_case
from omstilling_psychometrics.reporting.results_json import document, schema
from omstilling_psychometrics.reporting.validation import validate
from omstilling_psychometrics.survey.disclosure import Disclosure
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns
from omstilling_psychometrics.survey.reading import read

SYNTHETIC = Path(__file__).parents[1] / "data" / "synthetic"
pytestmark = pytest.mark.usefixtures("few_draws")

UNIQUE = ("analysis", "role", "group", "quantity", "item", "category", "method")


def results(answers: ResponsePatterns, disclosure: Disclosure, by: str | None = None) -> dict[str, object]:
    found = validate(answers, rng=1, by=by, disclosure=disclosure)
    return document(found.rows, found.origin)


def hold(content: dict[str, object], answers: ResponsePatterns) -> None:
    jsonschema.validate(content, schema())
    rows = content["results"]
    spoken(rows, answers)
    keys = [tuple(row[name] for name in UNIQUE) for row in rows]
    assert len(set(keys)) == len(keys)
    assert {row["analysis"] for row in rows} == set(ANALYSES)


def spoken(rows: list[dict[str, object]], answers: ResponsePatterns) -> None:
    """Analyses, quantities and the parts of methods are words of the vocabulary, or values of the data. Of notes, `document`
    refuses every other."""
    words = vocabulary("en")
    levels = {level for key in answers.keys.values() for level in key.levels}
    pairs = [f"{a}~{b}" for names in (levels, answers.items) for a in names for b in names]  # groups compared, items set free
    data = {*answers.instrument.reason_keys, *answers.keys, *levels, *pairs}
    for row in rows:
        assert row["analysis"] in words.analyses, row
        assert row["quantity"] in words.quantities, row
        for part in re.split("[/=]", row["method"] or ""):
            assert not part or part in words.methods or part in data, row


@pytest.mark.parametrize("name", ["sim_small", "datCat_mis"])
@pytest.mark.parametrize("by", [None, "group"])
def test_every_output_holds_to_the_schema(name: str, by: str | None) -> None:
    answers = load_case(name)
    hold(results(answers, Disclosure(), by), answers)


def test_a_survey_of_three_roles_holds_to_the_schema(tmp_path: Path) -> None:
    lines = (SYNTHETIC / "answers.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "survey.csv").write_text("".join([lines[0], *lines[1::8]]), encoding="utf-8")
    answers = read(tmp_path / "survey.csv", by=["koen"])
    hold(results(answers, Disclosure()), answers)


def starved() -> dict[str, ResponsePatterns]:
    five = plain_instrument((1, 2, 3, 4, 5), ("a", "b", "c", "d", "e"))
    rng = np.random.default_rng(4)
    leaders = Key.of(["x"] * 3 + ["y"] * 3)
    return {
        "one respondent": ResponsePatterns.count(five, np.array([[1, 2, 3, 4, 5]])),
        "nobody answers": ResponsePatterns.count(five, np.full((20, 5), -1)),
        "constant item": ResponsePatterns.count(five, np.column_stack([np.full(40, 3), rng.integers(1, 6, (40, 4))])),
        "everything constant": ResponsePatterns.count(five, np.full((30, 5), 5)),
        "two leaders": ResponsePatterns.count(five, rng.integers(1, 6, (6, 5)), {"leader": leaders}),
        "teams of one": ResponsePatterns.count(
            five, rng.integers(1, 6, (12, 5)), {"leader": Key.of([f"{row:02}" for row in range(12)])}
        ),
        "two items": ResponsePatterns.count(plain_instrument((1, 2), ("a", "b")), rng.integers(1, 3, (50, 2))),
    }


@pytest.mark.parametrize("name", starved())
def test_starved_data_give_null_rows_with_reasons(name: str) -> None:
    answers = starved()[name]
    content = results(answers, Disclosure.none())
    hold(content, answers)
    assert all(row["estimate"] is not None or row["statistic"] is not None or row["note"] for row in content["results"])


def test_small_groups_are_withheld_whole() -> None:
    content = results(starved()["two leaders"], Disclosure())
    assert all(row["estimate"] is None and row["n"] is None for row in content["results"])
    assert {row["note"] for row in content["results"]} == {"suppressed"}
    assert {row["item"] for row in content["results"] if row["quantity"] == "pattern_count"} == {"other"}


def test_comparisons_with_a_small_group_are_withheld() -> None:
    two = plain_instrument((1, 2, 3), ("a", "b"), roles=("x", "y", "z"))
    rng = np.random.default_rng(1)
    roles = Key.of(["x"] * 150 + ["y"] * 150 + ["z"] * 3)
    answers = ResponsePatterns.count(two, rng.integers(1, 4, (303, 2)), {"role": roles})
    content = results(answers, Disclosure())
    compared = {row["method"]: row for row in content["results"] if row["quantity"] == "mean_difference"}
    assert {method: row["note"] for method, row in compared.items()} == {"x~y": None, "x~z": "suppressed", "y~z": "suppressed"}


def test_rare_patterns_are_joined() -> None:
    two = plain_instrument((1, 2), ("a", "b"))
    rows = [[1, 1]] * 20 + [[-1, 1]] * 6 + [[1, -1]] * 3 + [[-1, -1]] * 1
    content = results(ResponsePatterns.count(two, np.array(rows)), Disclosure())
    counts = {row["item"]: row["estimate"] for row in content["results"] if row["quantity"] == "pattern_count"}
    # The rare ones make four, fewer than five: the next pattern joins them, or it could be told from the total.
    assert counts == {"11": 20.0, "other": 10.0}


def test_shuffled_rows_give_identical_results(tmp_path: Path) -> None:
    lines = (SYNTHETIC / "answers.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    header, body = lines[0], lines[1:1500]
    written = []
    for seed in (1, 2):
        order = np.random.default_rng(seed).permutation(len(body))
        source, output = tmp_path / f"{seed}.csv", tmp_path / f"{seed}.json"
        source.write_text(header + "".join(body[row] for row in order), encoding="utf-8")
        arguments = ["analyse", str(source), "--analyses", "items,missingness,reliability", "--output", str(output), "--quiet"]
        assert omstilling(arguments) == 0
        written.append(json.loads(output.read_text(encoding="utf-8")))
    assert json.dumps(written[0]["results"]) == json.dumps(written[1]["results"])
    assert written[0]["provenance"]["counts"] == written[1]["provenance"]["counts"]
    assert written[0]["provenance"]["files"] != written[1]["provenance"]["files"]


def test_shuffled_rows_with_duplicates_write_the_same_bytes(tmp_path: Path) -> None:
    """Report and results.json, but for the one thing that says what was read: the checksum of the file."""
    lines = (SYNTHETIC / "raw_export.csv").read_bytes().splitlines(keepends=True)
    header, body = lines[0], lines[1::6]
    body += body[:40]  # records that stand there twice
    written = []
    for seed in (1, 2):
        order = np.random.default_rng(seed).permutation(len(body))
        source = tmp_path / str(seed) / "raw.csv"
        source.parent.mkdir()
        source.write_bytes(header + b"".join(body[row] for row in order))
        answers = read(source, codebook=SYNTHETIC / "raw_export.toml")
        assert answers.account is not None
        assert answers.account.left_out["duplicate"] > 30
        validation = validate(answers, ("items", "missingness", "correlation", "multilevel"), rng=1)
        validation.write_report(source.with_name("report.html"), "da")
        validation.write_results(source.with_name("results.json"))
        assert validation.origin["files"] == [{"name": "raw.csv", "sha256": None}]
        written.append([source.with_name(name).read_bytes() for name in ("report.html", "results.json")])
    assert written[0] == written[1]


def test_a_rerun_writes_the_same_bytes(tmp_path: Path) -> None:
    answers = load_case("datCat_mis")
    for name in ("one.json", "two.json"):
        validate(answers, rng=1).write_results(tmp_path / name)
    one = (tmp_path / "one.json").read_bytes()
    assert one == (tmp_path / "two.json").read_bytes()
    assert json.loads(one)["schema"] == 1
