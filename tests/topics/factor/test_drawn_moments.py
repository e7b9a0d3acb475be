"""Samples of a part of the answers have the moments of all of them."""

import math

import numpy as np
from scipy.special import ndtri

from omstilling_psychometrics.topics.correlation.numerics.polychoric_influence import ordinal_moments_of
from omstilling_psychometrics.topics.factor.numerics.drawn_moments import Answered, Counts, PartDesign, SampleDesign
from omstilling_psychometrics.topics.factor.numerics.dynamic_cutoffs import Population

POPULATION = Population(
    loadings=np.array([0.5, 0.6, 0.7, 0.8]),
    thresholds=np.tile(ndtri([0.2, 0.6, 1.0]), (4, 1)),  # nobody chooses the highest category
    leader_share=0.3,
    leader_variances=np.zeros(4),
)
C = 4
LARGE, OTHERS, EACH, SMALL = 4, 40, 30, 6
HOLES = np.where(np.arange(LARGE * EACH + OTHERS * SMALL)[:, None] % 5 == np.arange(4), -1, 0).astype(np.int8)
SIZES = np.repeat([EACH, SMALL], [LARGE, OTHERS])
STARTS = np.cumsum(SIZES) - SIZES
UNITS = np.repeat(np.arange(SIZES.size), SIZES)
PAIR = ((0, 1),)


def part_design(share):
    """Of the large leaders and, for 1 / share times as many, the others."""
    large = LARGE * EACH
    alone, others = (Answered.of(HOLES[rows]).expected(POPULATION, PAIR) for rows in (slice(large), slice(large, None)))
    weight = 1 / math.sqrt(share)

    def together(factor):
        return Counts(alone.items + factor * others.items, alone.tables + factor * others.tables)

    return PartDesign(
        part=SampleDesign(c=C, units=STARTS),
        n=round(large + OTHERS * SMALL / share),
        units=round(LARGE + OTHERS / share),
        large=LARGE,
        share=share,
        weights=np.where(np.arange(len(HOLES)) < large, 1.0, weight),
        all=together(1 / share),
        expected=together(weight),
    )


def samples(number):
    rng = np.random.default_rng(1)
    return [np.where(HOLES < 0, 0, POPULATION.draw(PAIR, UNITS, rng)) for _ in range(number)]


def test_expected_counts_have_the_thresholds_and_correlations_of_the_population():
    expected = part_design(0.25).all
    found = ordinal_moments_of(expected.items, expected.tables)
    np.testing.assert_allclose(found.thresholds, POPULATION.thresholds, atol=1e-12)
    np.testing.assert_allclose(found.correlations, POPULATION.correlations(PAIR), atol=1e-7)
    drawn = samples(400)
    mean = SampleDesign(c=C, units=STARTS).counted(drawn)
    whole = Answered.of(HOLES).expected(POPULATION, PAIR)
    np.testing.assert_allclose(mean.items.mean(axis=0), whole.items, atol=2)
    np.testing.assert_allclose(mean.tables.mean(axis=0), whole.tables, atol=2)


def test_a_part_that_is_everything_has_the_moments_of_the_samples():
    drawn = samples(3)
    expected = SampleDesign(c=C, units=STARTS).moments(drawn)
    found = part_design(1.0).moments(drawn)
    assert found.n == expected.n
    for name in ("correlations", "variances", "covariance"):
        np.testing.assert_allclose(getattr(found, name), getattr(expected, name), rtol=1e-7, err_msg=name)


def test_counts_of_leaders_that_stand_for_themselves_deviate_as_they_are_and_others_by_the_root():
    design = part_design(0.25)
    (one,) = samples(1)
    large, rest = one[: LARGE * EACH], one[LARGE * EACH :]
    taken = design._taken(design.part.counted([one], design.weights))
    plain = SampleDesign(c=C, units=None)
    for whole, part, holes in (
        (plain.counted([large]), 1.0, slice(LARGE * EACH)),
        (plain.counted([rest]), 2.0, slice(LARGE * EACH, None)),
    ):
        expected = Answered.of(HOLES[holes]).expected(POPULATION, PAIR)
        taken = Counts(
            taken.items - part * (whole.items - expected.items), taken.tables - part * (whole.tables - expected.tables)
        )
    np.testing.assert_allclose(taken.items[0], design.all.items, atol=1e-9)
    np.testing.assert_allclose(taken.tables[0], design.all.tables, atol=1e-9)


def test_the_covariance_is_on_average_that_of_all_the_answers_and_spreads_by_the_root():
    """Against samples in which each of the other leaders is there four times over, with answers of their own."""
    number, share = 300, 0.25
    design = part_design(share)
    found = design.moments(samples(number))
    rng = np.random.default_rng(2)
    sizes = np.concatenate([SIZES[:LARGE], np.tile(SIZES[LARGE:], 4)])
    holes = np.concatenate([HOLES[: LARGE * EACH], np.tile(HOLES[LARGE * EACH :], (4, 1))])
    leader = np.repeat(np.arange(sizes.size), sizes)
    every = [np.where(holes < 0, 0, POPULATION.draw(PAIR, leader, rng)) for _ in range(number)]
    whole = SampleDesign(c=C, units=np.cumsum(sizes) - sizes).moments(every)
    assert found.n == whole.n == design.n
    for name in ("correlations", "variances", "covariance"):
        of_all, of_part = (np.array(getattr(one, name)).reshape(number, -1) for one in (whole, found))
        spread = of_all.std(axis=0)
        assert (np.abs(of_part.mean(axis=0) - of_all.mean(axis=0)) < 4 * spread * math.sqrt(2 / number)).all(), name
        ratio = of_part.std(axis=0) / spread
        assert np.abs(np.log(ratio)).max() < 0.3, name
        assert abs(np.log(ratio).mean()) < 0.1, name
