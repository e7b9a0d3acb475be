"""Least and greatest value of every withheld cell, given all that is written: by linear programming, over every output of a
small organisation, and over two of them together."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog

from omstilling_psychometrics.reporting.against import few_apart, output_of
from omstilling_psychometrics.reporting.validation import Validation, validate
from omstilling_psychometrics.survey.account import Account
from omstilling_psychometrics.survey.disclosure import Cell, Disclosure
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.parquet import read_counts, write_counts
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns

ROLES, PARTS, WAVES, CATEGORIES = ("team", "self", "boss"), ("x", "y", "z"), ("1", "2"), (1, 2, 3)
ANSWERS = (*CATEGORIES, None)  # None: the item was not answered
INSTRUMENT = plain_instrument(CATEGORIES, ("a", "b", "c"), roles=ROLES)
ATOMS = list(itertools.product(ROLES, PARTS, WAVES, ANSWERS))
PLACE = {atom: place for place, atom in enumerate(ATOMS)}

OUTPUTS = ("plain", "by part", "by wave", "roles mixed", "by part, roles mixed", "waves pooled", "counts", "counts by part")

# People of each role, part and wave: of the self, y and z are few; of the bosses all are; of the team z is.
SIZES = {
    ("team", "x", "1"): 30, ("team", "y", "1"): 20, ("team", "z", "1"): 3, ("team", "x", "2"): 9, ("team", "y", "2"): 8,
    ("self", "x", "1"): 9, ("self", "y", "1"): 2, ("self", "x", "2"): 5, ("self", "z", "1"): 1,
    ("boss", "x", "1"): 2, ("boss", "y", "1"): 1, ("boss", "y", "2"): 1,
}  # fmt: skip


def organisation() -> ResponsePatterns:
    random = np.random.default_rng(11)
    units = [unit for unit, size in SIZES.items() for _ in range(size)]
    theta = random.normal(size=(len(units), 1))
    answers = np.clip(np.round(2 + theta + 0.7 * random.normal(size=(len(units), 3))), 1, 3).astype(int)
    answers[random.random(answers.shape) < 0.1] = -1
    columns = zip(*units, strict=True)
    keys = {name: Key.of(list(values)) for name, values in zip(("role", "part", "wave"), columns, strict=True)}
    account = Account(rows_read=len(units), rows_analysed=len(units))
    return ResponsePatterns.count(INSTRUMENT, answers, keys, account=account)


@dataclass
class Written:
    """What an output says of item a: lines of what is added up, and the least and greatest that it can be. cells: those that
    are withheld."""

    validation: Validation
    cells: Sequence[Cell]
    lines: list[np.ndarray] = field(default_factory=list)
    limits: list[tuple[float, float]] = field(default_factory=list)

    def says(self, line: np.ndarray, value: float, slack: float = 0.0) -> None:
        self.lines.append(line)
        self.limits.append((value - slack, value + slack))

    def says_of_rows(self, account: Account | None) -> None:
        """Rows read, and those withheld."""
        assert account is not None
        self.says(np.ones(len(ATOMS)), account.rows_read)
        gone = line_of(lambda atom: any(in_cell(atom, cell) for cell in self.cells))
        self.says(gone, account.left_out.get("withheld", 0))


def in_cell(atom: tuple[str, str, str, int | None], cell: Cell) -> bool:
    role, part, wave, _ = atom
    return cell.role in (role, "all") and all({"part": part, "wave": wave}[name] == value for name, value in cell.values)


def line_of(chosen: Any) -> np.ndarray:
    return np.array([float(chosen(atom)) for atom in ATOMS])


def told(answers: ResponsePatterns, by: str | None, roles: str | None, page: Path) -> Written:
    """Every number of item a in results.json, and the numbers of rows in the report, of an output with these options."""
    found = validate(answers, ("items", "missingness", "correlation"), rng=1, by=by, roles=roles)
    withheld = answers.released(by=by).withheld
    result = Written(found, withheld)

    def inside(role: str, group: str | None, atom: tuple[str, str, str, int | None]) -> bool:
        value = {"part": atom[1], "wave": atom[2], None: None}[by]
        return role in (atom[0], "all") and group in (value, None) and not any(in_cell(atom, cell) for cell in withheld)

    for row in found.rows:
        if row["item"] != "a" or row["estimate"] is None:
            continue
        there = partial(inside, row["role"], row["group"])
        slack = 0.001 * row["n"] * 5 if row["n"] < 30 else 1e-9
        if row["quantity"] in ("mean", "proportion"):
            result.says(line_of(lambda atom, there=there: there(atom) and atom[3] is not None), row["n"])
        if row["quantity"] == "mean":
            total = np.array([(atom[3] or 0) * float(there(atom)) for atom in ATOMS])
            result.says(total, row["estimate"] * row["n"], 3 * slack)
        elif row["quantity"] == "proportion":
            chosen = line_of(lambda atom, there=there, row=row: there(atom) and atom[3] == row["category"])
            result.says(chosen, row["estimate"] * row["n"], slack)
        elif (row["quantity"], row["method"]) == ("rate", "any"):
            result.says(line_of(lambda atom, there=there: there(atom) and atom[3] is None), row["estimate"] * row["n"], slack)
            result.says(line_of(there), row["n"])
    result.says_of_rows(found.answers.account)
    found.write_report(page, "en")
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.read_text(encoding="utf-8")))
    participants = re.search(r"number of ((?:[a-z]+ )+)responses \(records\) ((?:[a-z0-9]+ )+)", text)
    assert participants is not None
    for role, number in zip(participants[1].split(), participants[2].split(), strict=True):
        if number.isdigit():
            result.says(
                line_of(lambda atom, role=role: inside("all" if role == "everyone" else role, None, atom)), float(number)
            )
    return result


def told_by_counts(answers: ResponsePatterns, part: bool, path: Path) -> Written:
    """Every row of a file of counts."""
    written = write_counts(answers if part else answers.pool("part"), path)
    counted = read_counts(path)
    result = Written(validate(counted, ("items",), rng=1, disclosure=Disclosure.none()), written.withheld)
    result.says_of_rows(counted.account)
    frame = counted.to_frame()
    names = ["role", *(["part"] if part else []), "wave"]
    places = {"role": 0, "part": 1, "wave": 2}
    for values, rows in frame.groupby(names):
        for answer in ANSWERS:
            number = float(rows["count"][rows["a"] == (answer or -1)].sum())
            of_cell = dict(zip(names, values, strict=True))
            result.says(
                line_of(
                    lambda atom, of_cell=of_cell, answer=answer: (
                        atom[3] == answer and all(atom[places[name]] == value for name, value in of_cell.items())
                    )
                ),
                number,
            )
    return result


def known(outputs: Sequence[Written], cells: Sequence[Cell]) -> dict[Cell, int]:
    """Of how many of the possible answers it is known, to within less than a person, how many of the cell gave them."""
    lines = np.array([line for one in outputs for line in one.lines])
    limits = np.array([limit for one in outputs for limit in one.limits])
    most, least = np.concatenate([lines, -lines]), np.concatenate([limits[:, 1], -limits[:, 0]]) + 1e-7
    found = dict.fromkeys(cells, 0)
    for cell, answer in itertools.product(cells, ANSWERS):
        aim = line_of(lambda atom, cell=cell, answer=answer: in_cell(atom, cell) and atom[3] == answer)
        ends = [linprog(sign * aim, most, least, bounds=(0, None), method="highs") for sign in (1, -1)]
        assert all(one.success for one in ends)
        found[cell] += -ends[1].fun - ends[0].fun < 1
    return found


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Written]:
    folder, answers = tmp_path_factory.mktemp("outputs"), organisation()
    page, counts = folder / "r.html", folder / "c.parquet"
    return dict(
        zip(
            OUTPUTS,
            (
                told(answers, None, None, page),
                told(answers, "part", None, page),
                told(answers, "wave", None, page),
                told(answers, None, "all", page),
                told(answers, "part", "all", page),
                told(answers.pool("wave"), None, None, page),
                told_by_counts(answers, False, counts),
                told_by_counts(answers, True, counts),
            ),
            strict=True,
        )
    )


def test_the_organisation_has_small_cells(outputs: dict[str, Written]) -> None:
    assert set(outputs["plain"].cells) >= {Cell("boss"), Cell("boss", (("wave", "1"),))}
    assert set(outputs["by part"].cells) >= {Cell("team", (("part", "z"),)), Cell("self", (("part", "y"),)), Cell("boss")}
    everything = Written(outputs["plain"].validation, [])
    for place in range(len(ATOMS)):
        everything.says(np.eye(len(ATOMS))[place], 0.0)
    assert known([everything], [Cell("boss")]) == {Cell("boss"): len(ANSWERS)}


@pytest.mark.parametrize(
    "name", ["plain", "by part", "by wave", "roles mixed", "by part, roles mixed", "waves pooled", "counts", "counts by part"]
)
def test_no_withheld_cell_is_determined_by_an_output(outputs: dict[str, Written], name: str) -> None:
    one = outputs[name]
    assert one.cells
    assert len(one.lines) > 10
    assert set(known([one], one.cells).values()) == {0}


def test_what_two_outputs_determine_is_named(outputs: dict[str, Written]) -> None:
    """Subtracted from each other two outputs tell of those who are in one of them. Where these are few, so that everything is
    known of a withheld cell, --against names the two."""
    told_together = set()
    for (one, first), (other, second) in itertools.combinations(outputs.items(), 2):
        cells = sorted({*first.cells, *second.cells})
        if len(ANSWERS) in known([first, second], cells).values():
            told_together.add((one, other))
            assert few_apart(output_of(first.validation), [output_of(second.validation)], Disclosure()), (one, other)
    assert ("plain", "by part") in told_together
    assert ("plain", "roles mixed") not in told_together
