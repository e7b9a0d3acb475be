"""Units that are drawn for all: the same sums of sizes and of squares, whoever is large for themselves."""

import numpy as np
import pytest

from omstilling_psychometrics.topics.factor.numerics.drawn_part import part_of


@pytest.mark.parametrize("n", [10_000, 300_000])
@pytest.mark.parametrize("spread", [0.3, 0.8, 1.3])
def test_sizes_and_squares_of_the_part_are_those_of_all(n, spread):
    sizes = np.ceil(np.random.default_rng(1).lognormal(1, spread, n // 5)).astype(int)
    part = part_of(sizes, 0.1)
    assert np.unique(part.chosen).size == part.chosen.size
    large, drawn = sizes[part.chosen[: part.large]], sizes[part.chosen[part.large :]]
    others = np.delete(sizes, part.chosen[: part.large])
    assert large.min(initial=sizes.max()) >= others.max()
    assert others.max() ** 2 <= 0.01 * (sizes**2).sum()
    assert drawn.sum() / others.sum() == part.share
    assert (drawn**2).sum() / drawn.sum() == pytest.approx((others**2).sum() / others.sum(), rel=0.003)
    assert drawn.sum() == pytest.approx(max(2500, 100 * (others**2).sum() / others.sum()), rel=0.05)


def test_of_equal_units_some_are_drawn_and_none_for_itself():
    part = part_of(np.ones(10_000, dtype=int), 0.1)
    assert part.large == 0
    assert part.chosen.size == 2500
    assert part.share == 0.25
    assert set(np.diff(part.chosen).tolist()) == {4}


@pytest.mark.parametrize(("rarest", "answers"), [(0.04, 2500), (0.01, 4000), (0.001, 5000)])
def test_more_are_drawn_where_a_category_is_rare(rarest, answers):
    assert part_of(np.full(5_000, 4), rarest).chosen.size * 4 == answers


@pytest.mark.parametrize("sizes", [np.full(500, 5), np.full(100, 60), np.full(50, 2000)])
def test_few_answers_and_few_units_leave_no_part(sizes):
    assert part_of(sizes, 0.1) is None
