"""Counting and the classical battery at 10⁴ … 10⁷ answers, against pandas, pingouin and statsmodels in the same run.

Usage: python benchmarks/classical.py > docs/benchmarks/classical.md   (about five minutes)
"""

from __future__ import annotations

import platform
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from measure import cost, table

from omstilling_psychometrics.analyses.items import items
from omstilling_psychometrics.analyses.missingness import missingness
from omstilling_psychometrics.analyses.reliability import reliability
from omstilling_psychometrics.instrument import plain_instrument
from omstilling_psychometrics.responses.patterns import Key, ResponsePatterns

NAMES = ("a", "b", "c", "d", "e")
SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
PER_LEADER = 8


def answers(n: int) -> tuple[np.ndarray, Key]:
    """Correlated five-point answers with 5 % holes, eight per leader."""
    rng = np.random.default_rng(1)
    theta = rng.normal(size=(n, 1))
    codes = np.clip(np.round(3.4 + theta + rng.normal(size=(n, 5))), 1, 5).astype(np.int64)
    codes[rng.random((n, 5)) < 0.05] = -1
    leaders = n // PER_LEADER
    return codes, Key(rng.integers(0, leaders, n), tuple(f"{leader:08}" for leader in range(leaders)))


def counted(n: int) -> ResponsePatterns:
    codes, leader = answers(n)
    return ResponsePatterns.count(plain_instrument((1, 2, 3, 4, 5), NAMES), codes, {"leader": leader})


def frame(n: int) -> pd.DataFrame:
    codes, leader = answers(n)
    table = pd.DataFrame(codes.astype(float), columns=list(NAMES)).where(codes > 0)
    table["leader"] = leader.codes
    return table


def count(data: tuple[np.ndarray, Key]) -> None:
    ResponsePatterns.count(plain_instrument((1, 2, 3, 4, 5), NAMES), data[0], {"leader": data[1]})


def count_by_pandas(data: pd.DataFrame) -> None:
    data.groupby(["leader", *NAMES], dropna=False).size()


def battery(data: ResponsePatterns) -> None:
    items(data)
    missingness(data)
    reliability(data)


def bootstrap(data: ResponsePatterns) -> None:
    reliability(data, rng=1)


def alpha_by_pingouin(data: pd.DataFrame) -> None:
    import pingouin

    pingouin.cronbach_alpha(data[list(NAMES)], nan_policy="listwise")


def rates_by_statsmodels(data: pd.DataFrame) -> None:
    import statsmodels.api as sm

    for name in NAMES:
        missing = data[name].isna().astype(float)
        sm.OLS(missing, np.ones(len(data))).fit(cov_type="cluster", cov_kwds={"groups": data["leader"]})


def alpha(data: ResponsePatterns) -> None:
    reliability(data)


def rates(data: ResponsePatterns) -> None:
    missingness(data)


def main() -> None:
    rows: list[list[str]] = []
    ours: dict[str, float] = {}
    for n in SIZES:
        runs = 3 if n < 10_000_000 else 1
        measured: dict[str, Any] = {
            "count by leader": cost(answers, count, n, runs=runs),
            "count by leader, pandas GROUP BY": cost(frame, count_by_pandas, n, runs=runs),
            "items + missingness + reliability": cost(counted, battery, n, runs=runs),
            "reliability, clustered": cost(counted, alpha, n, runs=runs),
            "reliability with 2 × 2,000 bootstrap draws": cost(counted, bootstrap, n, runs=1),
            "missingness, clustered": cost(counted, rates, n, runs=runs),
            "alpha, pingouin (independent)": cost(frame, alpha_by_pingouin, n, runs=runs),
            "five rates, statsmodels (clustered)": cost(frame, rates_by_statsmodels, n, runs=runs),
        }
        for name, one in measured.items():
            before = ours.get(name)
            growth = "" if before is None else f"{one.seconds / before:.1f}"
            ours[name] = one.seconds
            rows.append([f"{n:,}", name, f"{one.seconds:.3f}", growth, f"{one.megabytes:.0f}"])
    versions = f"Python {platform.python_version()}, numpy {np.__version__}, pandas {pd.__version__}"
    print("# Counting and the classical battery\n")
    print(f"{date.today().isoformat()}, two cores, {versions}; one thread for linear algebra.")
    print("Five items, 5 % holes, eight answers")
    print("per leader, so leaders grow with the answers. *Growth* is the time over that of a tenth of the answers.\n")
    print(table(["answers", "what", "seconds", "growth", "peak MB"], rows))


if __name__ == "__main__":
    main()
