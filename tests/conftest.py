"""One thread for linear algebra, set before numpy is imported: results do not depend on the machine's cores."""

import os

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
os.environ.setdefault("MPLBACKEND", "agg")

import pytest  # noqa: E402
from hypothesis import HealthCheck, settings  # noqa: E402

# The same examples on every run and machine, however slow the machine is.
settings.register_profile(
    "steady", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("steady")

RESAMPLING = ("reliability.analysis.DRAWS", "reliability.analysis_omega.DRAWS", "dimensionality.analysis_efa.DRAWS")


@pytest.fixture
def few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty bootstrap draws instead of thousands, for tests of the form of results and not of their numbers."""
    for name in RESAMPLING:
        monkeypatch.setattr(f"omstilling_psychometrics.topics.{name}", 20)
