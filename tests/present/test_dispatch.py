"""`result.plot()`: every analysis draws something, from the numbers in the result."""

from __future__ import annotations

from collections.abc import Iterator

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes

from omstilling_psychometrics.analysis.running import run
from omstilling_psychometrics.core.errors import UsageError
from omstilling_psychometrics.core.registry import ANALYSES
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
