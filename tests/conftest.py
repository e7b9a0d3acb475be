"""One thread for linear algebra, set before numpy is imported: results do not depend on the machine's cores. And what a test
is marked to prove, it has to prove."""

import inspect
import os
from collections.abc import Generator
from functools import partial

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
os.environ.setdefault("MPLBACKEND", "agg")

import pytest  # noqa: E402
from hypothesis import HealthCheck, settings  # noqa: E402

from omstilling_psychometrics.topics.dimensionality.analysis_dimensions import REPLICATIONS  # noqa: E402
from proof import notices  # noqa: E402

# The same examples on every run and machine, however slow the machine is.
settings.register_profile(
    "steady", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("steady")

RESAMPLING = (
    "reliability.analysis.DRAWS", "reliability.analysis_omega.DRAWS", "dimensionality.analysis_efa.DRAWS",
    "factor.analysis_dynamic_cutoffs.BATTERY_REPLICATIONS",
)  # fmt: skip


@pytest.fixture
def few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty bootstrap draws and samples instead of thousands, for tests of the form of results and not of their numbers."""
    for name in RESAMPLING:
        monkeypatch.setattr(f"omstilling_psychometrics.topics.{name}", 20)
    for kind in REPLICATIONS:
        monkeypatch.setitem(REPLICATIONS, kind, 20)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """A test marked `proves` passes, and fails for each quantity it names when that quantity's numbers are wrong."""
    passed = yield
    arguments = {name: pyfuncitem.funcargs[name] for name in inspect.signature(pyfuncitem.obj).parameters}
    for quantity in (one for mark in pyfuncitem.iter_markers("proves") for one in mark.args):
        if not notices(partial(pyfuncitem.obj, **arguments), quantity):
            pytest.fail(
                f"the test is marked as proof of '{quantity}' and passes just the same when every number of it is 1 % and .01 "
                "too large: assert the value of its row.",
                pytrace=False,
            )
    return passed
