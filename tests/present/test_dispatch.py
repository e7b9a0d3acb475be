"""`result.plot()`: every analysis draws something, from the numbers in the result."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes

from omstilling_psychometrics.analysis.running import run
from omstilling_psychometrics.core.errors import UsageError
from omstilling_psychometrics.core.registry import ANALYSES, part
from omstilling_psychometrics.core.results import Result
from omstilling_psychometrics.present import plot_result
from omstilling_psychometrics.present.svg import new_figure
from omstilling_psychometrics.reference import load_case
from omstilling_psychometrics.survey.codes import BLANK
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns
from omstilling_psychometrics.topics.irt.analysis import Model, irt
from omstilling_psychometrics.topics.irt.analysis_groups import irt_groups
from omstilling_psychometrics.topics.irt.plot_curves import GRID_OF_THETA
from omstilling_psychometrics.topics.items.analysis import items


@pytest.fixture(autouse=True)
def _close() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.mark.parametrize("name", sorted(ANALYSES))
def test_every_analysis_draws_on_data_with_holes(name: str) -> None:
    answers = load_case("datCat_mis")
    answers = ResponsePatterns.count(
        answers.instrument,
        answers.patterns[answers.pattern],
        {**answers.keys, "leader": Key.of([f"l{place % 20}" for place in range(len(answers.counts))])},
        answers.counts,
    )
    if ANALYSES[name].needs == "retest":
        frame = answers.expand(coded=True).drop(columns="leader").iloc[: answers.n // 2 * 2]
        waves = {"wave": ["1", "2"] * (len(frame) // 2), "respondent": np.arange(len(frame)) // 2}
        answers = ResponsePatterns.from_frame(frame.assign(**waves).drop(columns="group"), answers.instrument)
    (analysed,) = run(answers, [name], seed=1, by="group" if ANALYSES[name].compares else None)
    assert isinstance(analysed.result.plot(), Axes)


def test_the_bars_are_the_shares() -> None:
    answers = load_case("sim1_complete").pool(["group", "leader"])
    result = items(answers)
    ax = result.plot()
    widths = [bar.get_width() for bar in ax.patches]
    assert widths == pytest.approx(
        [result.value("proportion", item=item, category=category) for category in range(1, 6) for item in answers.items]
    )
    assert ax.get_xlim() == (0, 1)


def test_roles_below_each_other_and_one_alone() -> None:
    answers = load_case("sim1")
    roles = ResponsePatterns.count(
        answers.instrument, answers.patterns[answers.pattern], {"role": answers.keys["group"]}, answers.counts
    )
    result = items(roles)
    several = plot_result(result)
    assert len(several.get_figure(root=True).axes) == 3
    alone = plot_result(result, role=roles.roles[0], language="da")
    assert len(alone.figure.axes) == 1
    assert alone.get_xlabel() == "andel af svarene"


def test_groups_fitted_together_are_drawn_one_below_the_other() -> None:
    ax = irt_groups(load_case("datCat"), by="group", invariance="metric").plot()
    assert len([one for one in ax.get_figure(root=True).axes if one.lines]) == 2 * 5


@pytest.mark.parametrize("model", ["graded", "gpcm"])
@pytest.mark.parametrize("lost", [1, 3, 5])
def test_a_category_that_nobody_chose_has_a_flat_curve_and_the_others_are_drawn(model: Model, lost: int) -> None:
    answers = load_case("datCat").pool("group")
    codes = answers.patterns.copy()
    codes[codes[:, 0] == lost, 0] = 4 if lost == 5 else lost + 1
    result = irt(ResponsePatterns.count(answers.instrument, codes[answers.pattern], counts=answers.counts), model=model)
    ax = result.plot()
    curves = result.model().category_curves(GRID_OF_THETA)
    for place, panel in enumerate(ax.figure.axes[:5]):
        drawn = np.array([line.get_ydata() for line in panel.lines])
        np.testing.assert_array_equal(drawn, curves[place])
        assert (drawn[lost - 1] == 0).all() == (place == 0)


def test_it_draws_on_a_given_figure() -> None:
    figure = new_figure(5, 3)
    assert plot_result(items(load_case("datCat")), figure=figure) in figure.axes
    assert not plt.get_fignums()


def test_nothing_to_draw_is_said() -> None:
    nothing = ResponsePatterns.count(plain_instrument((1, 2), ("a", "b")), np.full((4, 2), BLANK))
    with pytest.raises(UsageError, match="nothing in this result can be drawn"):
        items(nothing).plot()
    with pytest.raises(UsageError, match="Roles in it: all"):
        items(load_case("datCat")).plot(role="nobody")


TWO_ROLES = ResponsePatterns.count(
    load_case("sim1").instrument,
    load_case("sim1").patterns[load_case("sim1").pattern],
    {"role": load_case("sim1").keys["group"]},
    load_case("sim1").counts,
)


def _kinds(name: str) -> list[str]:
    module = part(name, "plot")
    return [] if module is None else list(module.KINDS)


def test_kinds_are_listed_where_they_are_registered_alone() -> None:
    """A new picture is known without a line elsewhere: the page of the documentation is made from the same names."""
    every = {kind for name in ANALYSES for kind in _kinds(name)}
    assert len(every) > 10
    assert not every & set(re.findall(r"`(\w+)`", Result.plot.__doc__ or ""))
    page = (Path(__file__).parents[2] / "docs" / "howto" / "python.md").read_text(encoding="utf-8")
    assert "```{pictures}\n```\n" in page


@pytest.mark.parametrize(
    ("name", "kind"),
    [(name, kind) for name in ("items", "correlation", "irt", "cfa", "dimensionality") for kind in _kinds(name)],
)
def test_every_kind_draws_on_a_part_of_a_figure(name: str, kind: str) -> None:
    (analysed,) = run(load_case("datCat").pool("group"), [name], seed=1)
    left, _ = plt.figure(figsize=(9, 4)).subfigures(1, 2)
    ax = analysed.result.plot(kind=kind, figure=left, title="ours")
    assert ax.has_data() or ax.patches


def test_the_scores_errors_are_those_of_the_model() -> None:
    result = irt(load_case("datCat").pool("group"))
    (line,) = result.plot(kind="errors").lines
    expected = result.model().conditional_standard_error(line.get_xdata())
    np.testing.assert_allclose(line.get_ydata(), expected, rtol=1e-12)


def test_any_quantity_is_a_kind() -> None:
    result = items(load_case("datCat").pool("group"))
    ax = result.plot(kind="item_rest_correlation")
    drawn = [x for line in ax.lines if line.get_marker() == "o" for x in line.get_xdata()]
    assert drawn == pytest.approx([one.estimate for one in result.find("item_rest_correlation")])


def test_it_draws_on_a_given_panel() -> None:
    result = items(TWO_ROLES)
    figure, (left, right) = plt.subplots(1, 2)
    assert result.plot(kind="mean", ax=left, title="Means") is left
    assert left.get_title(loc="left") == "Means"
    assert left.get_legend() is not None
    assert not right.has_data()
    role = TWO_ROLES.roles[0]
    assert result.plot(ax=right, role=role) is right
    assert len(figure.axes) == 2
    widths = [bar.get_width() for bar in right.patches]
    expected = [
        result.value("proportion", item=item, category=category, role=role)
        for category in range(1, 6)
        for item in TWO_ROLES.items
    ]
    assert widths == pytest.approx(expected)


def test_a_title_stands_above_everything() -> None:
    figure = items(TWO_ROLES).plot(title="Our survey").get_figure(root=True)
    assert figure.subfigs[0].texts[0].get_text() == "Our survey"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"kind": "pie"}, "kind is 'pie'; of this result there are: answers, mean, sd"),
        ({"kind": "item_rest_corelation"}, "Did you mean 'item_rest_correlation'"),
        ({"role": "boss"}, "there is no role 'boss' here. Roles in it: "),
        ({"ax": True}, "a picture for each of 3 roles or groups, and one ax. Say role="),
    ],
)
def test_what_there_is_is_said(options: dict[str, object], words: str) -> None:
    if "ax" in options:
        options = {"ax": plt.figure().subplots()}
    with pytest.raises(UsageError, match=words):
        items(TWO_ROLES).plot(**options)


def test_several_panels_do_not_fit_one() -> None:
    ax = plt.figure().subplots()
    with pytest.raises(UsageError, match="several panels, and one ax"):
        irt(load_case("datCat").pool("group")).plot(ax=ax)
    with pytest.raises(UsageError, match="ax and figure both say"):
        items(load_case("datCat")).plot(ax=ax, figure=ax.figure)
