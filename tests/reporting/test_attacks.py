"""Ways in which withheld answers were once got back from what was written. Each is tried on what is written without a policy,
where it succeeds, and on what is written by default."""

from __future__ import annotations

import math
import re
from itertools import product
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog

from omstilling_psychometrics.reporting.validation import Validation, validate
from omstilling_psychometrics.survey.checksum import counts_sha256
from omstilling_psychometrics.survey.disclosure import Disclosure
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns

CATEGORIES = (1, 2, 3)
INSTRUMENT = plain_instrument(CATEGORIES, ("a", "b", "c"), non_answers=("dk",), roles=("team", "self", "boss"))
pytestmark = pytest.mark.usefixtures("few_draws")


def survey(boss: list[list[int]], *, teams: int = 20, seed: int = 3, **more: list[str]) -> ResponsePatterns:
    """Teams of four about leaders, the leaders, and the bosses whose answers are given."""
    random = np.random.default_rng(seed)
    leader = [*np.repeat(np.arange(teams), 4), *range(teams), *range(len(boss))]
    n = len(leader) - len(boss)
    theta = random.normal(size=n)[:, None]
    answers = np.clip(np.round(2 + theta + 0.7 * random.normal(size=(n, 3))), 1, 3).astype(int)
    answers = np.concatenate([answers, np.array(boss, dtype=int).reshape(-1, 3)])
    keys = {
        "role": Key.of(["team"] * 4 * teams + ["self"] * teams + ["boss"] * len(boss), INSTRUMENT.role_keys),
        "leader": Key.of([f"l{one:02}" for one in leader]),
        **{name: Key.of(values) for name, values in more.items()},
    }
    return ResponsePatterns.count(INSTRUMENT, answers, keys)


def written(answers: ResponsePatterns, *names: str, by: str | None = None, **policy: Any) -> Validation:
    return validate(answers, names, rng=1, by=by, **policy)


def find(found: Validation, **wanted: Any) -> list[dict[str, Any]]:
    return [row for row in found.rows if all(row[name] == value for name, value in wanted.items())]


def told(found: Validation) -> list[dict[str, Any]]:
    return [row for row in found.rows if row["note"] != "suppressed"]


BOSSES = [[1, 1, 1], [3, 3, 2], [2, 3, 3], [1, 2, 1]]


@pytest.mark.parametrize("names", [("alpha_comparison",), ("dif",), ("role_comparison",), ("missingness",)])
def test_comparisons_do_not_contain_a_withheld_role(names: tuple[str, ...]) -> None:
    """alpha from `alpha_equality`, answers of two people from likelihood ratios, and whatever else an equation can be solved
    for: what is left to solve has no withheld answer in it."""
    without, one, other = (
        told(written(survey(boss), *names)) for boss in ([], BOSSES, [[3 - answer + 1 for answer in row] for row in BOSSES])
    )
    assert one == other == without
    open_one, open_other = (written(survey(boss), *names, disclosure=Disclosure.none()).rows for boss in (BOSSES, BOSSES[:3]))
    assert open_one != open_other


def test_the_heterogeneity_of_alphas_has_no_term_of_a_withheld_role() -> None:
    (equal,) = (
        find(written(survey(BOSSES), "alpha_comparison"), quantity="alpha_equality", method=None)
        or find(written(survey(BOSSES), "alpha_comparison"), quantity="alpha_equality")[:1]
    )
    assert equal["df"] == 1  # two roles


def test_the_mean_of_a_withheld_cell_is_not_the_difference_of_totals() -> None:
    part = ["x"] * 40 + ["y"] * 40 + ["x"] * 10 + ["y"] * 10
    part[40:77] = ["x"] * 37  # three of the team are left in y
    found = written(survey([], part=part), "items", "role_comparison", by="part")
    cell = find(found, role="team", group="y")
    assert cell
    assert {row["note"] for row in cell} == {"suppressed"}
    total = sum(row["n"] for row in find(found, role="team", quantity="scale_mean") if row["n"] is not None)
    assert total == found.answers.select(role="team").n == 77
    assert found.answers.first_line == "totals_of_groups"


def test_no_checksum_gives_answers_back() -> None:
    """All answers that two people can have given are tried against the checksum of the counts."""
    found = {}
    for name, policy in (("open", Disclosure.none()), ("default", Disclosure())):
        content = written(survey(BOSSES[:2]), "items", disclosure=policy)
        written_sha = content.origin["counts"]["sha256"]
        pairs = product(product(CATEGORIES, repeat=3), repeat=2)
        found[name] = [pair for pair in pairs if counts_sha256(survey([list(one) for one in pair])) == written_sha]
        assert all(file["sha256"] is None for file in content.origin["files"])
    assert [list(one) for one in found["open"][0]] == BOSSES[:2]
    assert found["default"] == []


def test_few_leaders_have_no_distribution(tmp_path: Any) -> None:
    """Median, quartiles and ends of the axis gave the means of three leaders, and the least of any number."""
    pages = {}
    for teams in (3, 9, 10):
        target = tmp_path / f"{teams}.html"
        written(survey([], teams=teams, seed=5), "multilevel").write_report(target, "en")
        pages[teams] = target.read_text(encoding="utf-8")
    # Four answers each: of ten leaders only what depends on how many they are.
    drawn = {teams: re.findall(r"[^;>]*n = \d+ leaders", page.replace("\xa0", " ")) for teams, page in pages.items()}
    assert (drawn[3], drawn[9]) == ([], [])

    assert set(drawn[10]) == {"ICC(k), n = 10 leaders"}
    large = ResponsePatterns.count(
        INSTRUMENT,
        np.tile([[1, 2, 3], [3, 3, 3], [1, 1, 2]], (20, 1)),
        {"leader": Key.of([f"l{row % 10}" for row in range(60)])},
    )
    written(large, "multilevel").write_report(tmp_path / "large.html", "en")
    page = (tmp_path / "large.html").read_text(encoding="utf-8")
    assert "leader-values" in page
    assert "n = 10 leaders" in page.replace("\xa0", " ")


def test_rare_patterns_have_no_count_of_their_own() -> None:
    answers = np.array([[1, 2, 3]] * 30 + [[-1, 2, 3]] * 6 + [[1, -1, 3]] * 3 + [[1, 2, -1]] * 2)
    found = written(ResponsePatterns.count(INSTRUMENT, answers), "missingness")
    patterns = {row["item"]: row["estimate"] for row in find(found, quantity="pattern_count")}
    assert patterns == {"111": 30.0, "011": 6.0, "other": 5.0}


def test_few_answers_have_few_digits() -> None:
    rows = told(written(survey([], teams=7), "items", "reliability", "role_comparison"))
    few = [row for row in rows if row["n"] is not None and row["n"] < 30]
    assert {row["role"] for row in few if row["n"] > 0} >= {"team", "self"}
    for row in few:
        for name in ("estimate", "std_error", "conf_low", "conf_high", "statistic", "p_value"):
            assert row[name] is None or row[name] == float(f"{row[name]:.3g}")
    exact = written(survey([], teams=7), "items", disclosure=Disclosure.none()).rows
    assert any(row["estimate"] != float(f"{row['estimate']:.3g}") for row in exact if row["estimate"] is not None)


# ---------------------------------------------------------------- the audit


def bounds(found: Validation, cells: list[tuple[str, str]], item: str) -> dict[tuple[str, str], list[tuple[float, float]]]:
    """Least and greatest number of answers in each category that each cell (role, group) can have, given everything that is
    written: shares and means of every cell, over all groups and roles, and how many rows are withheld."""
    place = {(cell, category): at for at, (cell, category) in enumerate(product(cells, CATEGORIES))}
    equal, right, most, limit = [], [], [], []
    for row in found.rows:
        if row["item"] != item or row["estimate"] is None or row["quantity"] not in ("proportion", "mean"):
            continue
        inside = [cell for cell in cells if row["role"] in (cell[0], "all") and row["group"] in (cell[1], None)]
        inside = [
            cell for cell in inside if find(found, role=cell[0], group=cell[1], quantity="mean", item=item)[0]["n"] is not None
        ]
        line, slack = np.zeros(len(place)), 0.0005 * row["n"] if row["n"] < 30 else 1e-9
        for cell, category in product(inside, CATEGORIES):
            line[place[cell, category]] = category if row["quantity"] == "mean" else float(category == row["category"])
        value = row["estimate"] * row["n"]
        most += [line, -line]
        limit += [value + slack * 10, -value + slack * 10]
    withheld = [cell for cell in cells if all(row["n"] is None for row in find(found, role=cell[0], group=cell[1]))]
    line = np.zeros(len(place))
    for cell, category in product(withheld, CATEGORIES):
        line[place[cell, category]] = 1
    rows = found.answers.account.left_out["withheld"] if found.answers.account else 0
    most, limit = [*most, line], [*limit, rows]
    result = {}
    for cell in cells:
        ends = []
        for category in CATEGORIES:
            aim = np.zeros(len(place))
            aim[place[cell, category]] = 1
            both = [
                linprog(sign * aim, np.array(most), np.array(limit), equal or None, right or None, bounds=(0, None))
                for sign in (1, -1)
            ]
            assert all(one.success for one in both)
            ends.append((both[0].fun, -both[1].fun))
        result[cell] = ends
    return result


def test_no_withheld_cell_is_determined_by_all_that_is_written() -> None:
    from dataclasses import replace

    from omstilling_psychometrics.survey.account import Account

    part = ["x", "x", "x", "y"] * 7 + ["x"] * 5 + ["y"] * 2 + ["x", "y", "x", "y"]
    answers = survey(BOSSES, teams=7, part=part)
    answers = replace(answers, account=Account(rows_read=answers.n, rows_analysed=answers.n))
    cells = [(role, group) for role in ("team", "self", "boss") for group in ("x", "y")]
    found = written(answers, "items", "missingness", by="part")
    small = {("self", "y"), ("boss", "x"), ("boss", "y")}
    assert {cell for cell in cells if find(found, role=cell[0], group=cell[1], quantity="mean")[0]["n"] is None} == small
    for cell, ends in bounds(found, cells, "a").items():
        widths = [high - low for low, high in ends]
        if cell in small:
            assert all(low == pytest.approx(0) and high == pytest.approx(6) for low, high in ends)
        else:
            assert max(widths) < 1.5  # a released cell is released: its counts are known to a person
    exact = written(answers, "items", by="part", disclosure=Disclosure.none())
    assert not any(math.isnan(row["estimate"]) for row in find(exact, role="boss", quantity="mean"))
