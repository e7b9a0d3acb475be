"""Pictures and section of two levels: every number that is shown is that of a row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.lines import Line2D

import omstilling_psychometrics as op
from omstilling_psychometrics.analysis.running import Analysed
from omstilling_psychometrics.core.numerics.arrays import Floats
from omstilling_psychometrics.present.blocks import Block, Details, Finding, Paragraph, Plot, Table
from omstilling_psychometrics.present.rows import Row, one, where
from omstilling_psychometrics.survey.keys import Key
from omstilling_psychometrics.survey.patterns import ResponsePatterns
from omstilling_psychometrics.topics.two_level import section
from omstilling_psychometrics.topics.two_level.analysis import TwoLevelResult
from omstilling_psychometrics.topics.two_level.plot import SLOPES
from shown_rows import row, view

ITEMS = op.load_instrument().item_keys


@pytest.fixture(autouse=True)
def _close() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def result() -> TwoLevelResult:
    return op.two_level(op.draw_team(leaders=60, team_size=6, rng=1).released(op.Disclosure()))


@pytest.fixture(scope="module")
def rows(result: TwoLevelResult) -> list[Row]:
    return [{"analysis": "two_level", **one} for one in result.rows(0.95)]


def tables(blocks: list[Block]) -> dict[str, Table]:
    inside = [each for block in blocks if isinstance(block, Details) for each in block.blocks]
    return {block.caption: block for block in [*blocks, *inside] if isinstance(block, Table)}


def lines(table: Table) -> dict[str, list[str]]:
    return {line[0].text: [cell.text for cell in line[1:]] for line in table.body}


def interval(found: Row) -> str:
    return f"[{found['conf_low']:.2f}; {found['conf_high']:.2f}]"


def row_of(rows: list[Row], **wanted: Any) -> Row:
    found = one(rows, **wanted)
    assert found is not None
    return found


# ---------------------------------------------------------------- pictures


def ends(line: Line2D) -> tuple[Floats, Floats]:
    x, y = line.get_data()
    return np.asarray(x, dtype=float), np.asarray(y, dtype=float)


def test_the_curve_and_its_band_go_through_every_row(result: TwoLevelResult, rows: list[Row]) -> None:
    """One row gives them all, and each number of answers has a row with its own delta-method interval to compare with."""
    ax = result.plot()
    for place, method in enumerate(("equal", "free")):
        own = where(rows, quantity="leader_reliability", method=method)
        answers, drawn = ends(ax.lines[place])
        at = np.searchsorted(answers, [each["category"] for each in own])
        np.testing.assert_allclose(drawn[at], [each["estimate"] for each in own], rtol=1e-12)
    (band,) = ax.collections
    corners = np.asarray(band.get_paths()[0].vertices)
    for each in where(rows, quantity="leader_reliability", method="equal"):
        here = corners[corners[:, 0] == each["category"], 1]
        np.testing.assert_allclose([here.min(), here.max()], [each["conf_low"], each["conf_high"]], rtol=1e-9)


def test_the_marks_are_the_two_reliabilities_the_floor_and_the_usual_team(result: TwoLevelResult) -> None:
    """359 answers about 60 leaders."""
    ax = result.plot(title="ours")
    marks = [ends(line) for line in ax.lines if len(ends(line)[0]) == 2]
    across = [y[0] for _, y in marks if y[0] == y[1]]
    upwards = [x[0] for x, _ in marks if x[0] == x[1]]
    assert across == [0.70, 0.80]
    assert upwards == [5.0, 359 / 60]
    words = [text.get_text() for text in ax.texts]
    assert words == ["0.70", "0.80", "floor of 5 answers", "usual: 6.0 answers"]


def test_slopes_within_and_between_are_those_of_the_rows(result: TwoLevelResult, rows: list[Row]) -> None:
    ax = result.plot(kind="slopes")
    drawn = [ends(line)[0] for line in ax.lines if line.get_linestyle() == "None"]
    assert len(drawn) == len(SLOPES)
    for points, (quantity, method, _) in zip(drawn, SLOPES, strict=True):
        assert list(points) == [each["estimate"] for each in where(rows, quantity=quantity, method=method)]


# ---------------------------------------------------------------- section


def test_each_cell_is_its_row(rows: list[Row]) -> None:
    found = tables(section.build(view(*rows)))
    slopes = found["Slopes within and between leaders"].body
    reliabilities = lines(found["Share between leaders, and reliability of the observed mean score at both levels"])
    thresholds = found["Thresholds of the variable behind each item, upper end of the category"]
    assert [cell.text for cell in thresholds.head[-1]][-3:] == ["2", "3", "4"]
    assert len(slopes) == len(ITEMS)
    for item, line in zip(ITEMS, slopes, strict=True):
        wanted = [
            row_of(rows, quantity=quantity, method=method, item=item)
            for method in ("equal", "free")
            for quantity in ("loading", "loading_between")
        ]
        cells = line[-4:]
        assert [float(cell.text) for cell in cells] == pytest.approx([each["estimate"] for each in wanted], abs=0.006)
        assert cells[3].detail == interval(wanted[3])
    for words, quantity, answers in (
        ("omega within leaders", "omega_within", None),
        ("omega between leaders", "omega_between", None),
        ("reliability of a leader's mean, n = 1", "leader_reliability", 1),
        ("reliability of a leader's mean, n = 20", "leader_reliability", 20),
    ):
        for place, method in ((0, "equal"), (2, "free")):
            known = row_of(rows, quantity=quantity, method=method, category=answers)
            assert reliabilities[words][place : place + 2] == [f"{known['estimate']:.2f}", interval(known)]
    first = row_of(rows, quantity="threshold", method="equal", item=ITEMS[0], category=1)
    assert float(thresholds.body[0][1].text.replace("\N{MINUS SIGN}", "-")) == pytest.approx(first["estimate"], abs=0.005)
    tested = lines(found["Are loadings equal across levels, and do leaders differ?"])
    test = row_of(rows, quantity="equal_loadings")
    assert tested["test of equal loadings"] == [f"{test['statistic']:.3f}", "4", f"{test['p_value']:.3f}"]


def finding(some: list[Row]) -> str:
    (found,) = section.findings(view(*some))
    assert isinstance(found, Finding)
    return found.text


def at_five(some: list[Row], method: str) -> str:
    five = row_of(some, quantity="leader_reliability", method=method, category=5)
    return f"{five['estimate']:.2f} {interval(five)}."


def test_the_sentence_is_about_equal_loadings_unless_their_test_says_no(rows: list[Row]) -> None:
    share, within = row_of(rows, quantity="icc"), row_of(rows, quantity="omega_within", method="equal")
    told = finding(rows)
    assert told.startswith(f"{share['estimate']:.2f} {interval(share)} of the factor's variance lies between leaders.")
    assert f"one person's score has omega {within['estimate']:.2f} {interval(within)};" in told
    assert told.endswith(f"the floor of anonymity, {at_five(rows, 'equal')}")
    refused = [{**each, "p_value": 0.001} if each["quantity"] == "equal_loadings" else each for each in rows]
    assert finding(refused).startswith("Loadings between leaders are not those within up to a constant")
    assert finding(refused).endswith(at_five(rows, "free"))


def test_where_no_variance_is_found_the_sentence_says_no_more() -> None:
    """Everybody in the order of their scores, and each leader gets every fortieth."""
    team = op.draw_team(leaders=40, team_size=5, rng=3)
    codes = team.patterns[team.pattern].repeat(team.counts, axis=0)
    order = np.argsort(codes.sum(axis=1), kind="stable")
    keys = {
        "role": Key.of([team.roles[0]] * len(codes)),
        "leader": Key.of([f"l{place % 40:02d}" for place in range(len(codes))]),
    }
    answers = ResponsePatterns.count(team.instrument, codes[order], keys)
    some = [{"analysis": "two_level", **each} for each in op.two_level(answers).rows(0.95)]
    assert row_of(some, quantity="icc", method="equal")["estimate"] == 0
    assert finding(some).endswith("the variance between them is estimated at its bound, 0.")
    plots = [block for block in section.build(view(*some)) if isinstance(block, Plot)]
    assert plots
    for plot in plots:
        assert "<svg" in plot.picture.svg()


def test_geldhofs_omega_stands_apart_and_says_what_it_is(rows: list[Row]) -> None:
    caption = "Beside it: answers taken as numbers"
    plain = [each for each in rows if not (each["method"] or "").startswith("continuous/")]
    assert caption not in tables(section.build(view(*plain)))
    own: dict[str, Any] = {"role": plain[0]["role"], "n": 360}
    numbers = [
        row("two_level", "omega_between", 0.47, 0.40, 0.53, method="continuous/free", **own),
        row("two_level", "omega_between", 0.97, 0.95, 0.98, method="continuous/free/geldhof", **own),
        row("two_level", "omega_within", 0.86, 0.85, 0.87, method="continuous/free", **own),
    ]
    table = tables(section.build(view(*plain, *numbers)))[caption]
    assert [line[1].text for line in table.body] == ["0.86", "0.47", "0.97"]
    assert "of infinitely many answers (Geldhof 2014)" in table.body[2][0].text
    assert "it belongs to no leader's mean" in table.remark


def test_errors_by_organisation_stand_beside_those_by_leader(rows: list[Row]) -> None:
    caption = "The same with errors by organisation"
    assert caption not in tables(section.build(view(*rows)))
    beside = [
        {**each, "method": "equal/organisation", "conf_low": 0.1, "conf_high": 0.2}
        for each in where(rows, method="equal")
        if each["quantity"] in ("icc", "omega_within")
    ]
    table = tables(section.build(view(*rows, *beside)))[caption]
    share = row_of(rows, quantity="icc", method="equal")
    assert [cell.text for cell in table.body[0]][1:] == [
        f"{share['estimate']:.3f}",
        f"[{share['conf_low']:.3f}; {share['conf_high']:.3f}]",
        "[0.100; 0.200]",
    ]


def test_who_has_one_answer_per_leader_is_told_so() -> None:
    empty = row("two_level", "log_likelihood", None, method="equal", note="one_answer_per_leader")
    (told,) = section.build(view(empty))
    assert isinstance(told, Paragraph)
    assert told.text == "Employee: not defined here (each leader has one answer only)."
    assert section.findings(view(empty)) == []


def test_the_harmonic_mean_number_of_answers_is_named(result: TwoLevelResult, rows: list[Row]) -> None:
    """It is that which omega between is of: the reliability of one answer, stepped up by it."""
    shown = replace(view(*rows), analysed=(Analysed(name="two_level", group=None, result=result),))
    table = tables(section.build(shown))["Share between leaders, and reliability of the observed mean score at both levels"]
    single, omega = (
        row_of(rows, quantity=name, method="equal", category=category)
        for name, category in (("leader_reliability", 1), ("omega_between", None))
    )
    odds = [each["estimate"] / (1 - each["estimate"]) for each in (omega, single)]
    assert table.remark.endswith(f"{odds[0] / odds[1]:.1f}.")


def test_items_that_differ_by_themselves_are_counted_in_the_sentence(rows: list[Row]) -> None:
    """Their omega stands beside the other, and where they are found it is the one that is told."""
    by_pairs = row_of(rows, quantity="omega_between", method="equal/pairwise")
    told = f"has omega {by_pairs['estimate']:.2f} {interval(by_pairs)}"
    found = tables(section.build(view(*rows)))
    of_pairs = lines(found["Share between leaders, and reliability of the observed mean score at both levels"])
    assert of_pairs["omega between leaders, what items have for themselves as error"][:2] == [
        f"{by_pairs['estimate']:.2f}",
        interval(by_pairs),
    ]
    assert told not in finding(rows)
    note = "residuals_between_leaders: kultur"
    flagged = [
        {**each, "note": note} if (each["quantity"], each["method"]) == ("omega_between", "equal") else each for each in rows
    ]
    assert told in finding(flagged)
    own = found["Do items differ between leaders by themselves?"]
    residual = row_of(rows, quantity="residual_variance_between", method="free/pairwise", item=ITEMS[0])
    assert own.body[0][-1].text == f"{residual['p_value']:.3f}"
