"""The maximum of a log-likelihood that is not concave: saddles, and fewer groups than parameters."""

import numpy as np
import pytest

from omstilling_psychometrics.topics.two_level.numerics import ordinal_fit
from omstilling_psychometrics.topics.two_level.numerics.marginal import Derivatives
from omstilling_psychometrics.topics.two_level.numerics.newton import maximum

from .test_ordinal_likelihood import THRESHOLDS, drawn, grouped


class Saddle:
    """x^2/2 - x^4/4 - (y - 1)^2."""

    def inside(self, at):
        return True

    def too_far(self, at):
        return False

    def value(self, at):
        x, y = at
        return x**2 / 2 - x**4 / 4 - (y - 1) ** 2

    def derivatives(self, at):
        x, y = at
        gradient, hessian = np.array([x - x**3, -2 * (y - 1)]), np.diag([1 - 3 * x**2, -2.0])
        return Derivatives(self.value(at), gradient[None], gradient, hessian)


@pytest.mark.parametrize("start", [(0.0, 0.0), (0.0, 3.0), (0.3, -2.0), (2.0, 0.5)])
def test_the_maxima_beside_a_saddle(start) -> None:
    """It has a saddle at (0, 1), and maxima of 1/4 at (-1, 1) and (1, 1)."""
    found = maximum(Saddle(), np.array(start))
    assert found.reason is None
    assert found.there.value == pytest.approx(0.25, abs=1e-9)
    np.testing.assert_allclose(np.abs(found.parameters), [1, 1], atol=1e-5)


@pytest.mark.parametrize(("seed", "rise"), [(2, 2.4706), (8, 3.6039), (11, 2.2908)])
def test_few_leaders_who_hardly_differ(seed, rise) -> None:
    """Twelve leaders, 25 parameters: scores of groups span too few directions to lead uphill by their products."""
    loading, thresholds = np.array([1.1, 0.8, 1.3, 0.9, 1.0]), np.vstack([THRESHOLDS, THRESHOLDS[:2]])
    codes, group = drawn([4] * 12, loading=loading, between=np.zeros(5), thresholds=thresholds, seed=seed, holes=0.0)
    groups = grouped(codes, group, 4)
    equal = ordinal_fit.equal(ordinal_fit.one_level(groups), groups)
    free = ordinal_fit.free(equal)
    assert free.reason is None
    assert np.linalg.eigvalsh(free.maximum.information)[0] > 0
    assert free.log_likelihood - equal.log_likelihood == pytest.approx(rise, abs=1e-4)
