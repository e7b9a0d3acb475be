"""Factor models at 10³ … 10⁶ answers: ours beside semopy, statsmodels and lavaan, on the same answers in one run.

Usage: python benchmarks/factor_analysis.py > docs/benchmarks/factor_analysis.md   (about ten minutes)

The peers are no dependencies of the package, but for statsmodels: `pip install semopy` and R with lavaan for their rows.
"""

from __future__ import annotations

import csv
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial
from importlib import metadata
from pathlib import Path

import numpy as np
import scipy
from measure import cost, table

from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns
from omstilling_psychometrics.topics.factor.analysis import battery, cfa

SIZES = (1_000, 10_000, 100_000, 1_000_000)
# Where all loadings are compared, so that a fast wrong answer shows.
COMPARED = 10_000
PER_LEADER = 8
LOADINGS = (0.75, 0.85, 0.8, 0.88, 0.7)
SHAPES = ((5, 5), (10, 5), (20, 5), (30, 5), (5, 10))

R_MODEL = """
suppressPackageStartupMessages(library(lavaan))
path <- commandArgs(TRUE)[1]
X <- read.csv(path)
items <- names(X)
model <- paste("f =~", paste(items, collapse = " + "))
fits <- list(
  "ML" = function() cfa(model, X, std.lv = TRUE, meanstructure = TRUE),
  "MLR" = function() cfa(model, X, std.lv = TRUE, estimator = "MLR"),
  "FIML" = function() cfa(model, X, std.lv = TRUE, estimator = "MLR", missing = "ml"),
  "WLSMV" = function() cfa(model, X, std.lv = TRUE, estimator = "WLSMV", ordered = items, missing = "pairwise"))
for (name in names(fits)) {
  invisible(gc(reset = TRUE)); before <- sum(gc()[, 2])
  seconds <- system.time({fit <- suppressWarnings(fits[[name]]()); invisible(fitMeasures(fit))})[["elapsed"]]
  cat(name, seconds, sum(gc()[, 6]) - before, inspect(fit, "std")$lambda[, 1], "\\n", sep = ",")
}
cat("version", as.character(packageVersion("lavaan")), "\\n", sep = ",")
"""


def codes_of(n: int, items: int = 5, categories: int = 5, holes: float = 0.05) -> tuple[np.ndarray, np.ndarray]:
    """Answers (n, items) of 1 … c, -1 for none, and their leaders, who make up 15 % of the latent variance."""
    rng = np.random.default_rng(1)
    leader = rng.integers(0, n // PER_LEADER, n)
    factor = np.sqrt(0.15) * rng.normal(size=n // PER_LEADER)[leader] + np.sqrt(0.85) * rng.normal(size=n)
    codes = np.ones((n, items), dtype=np.int64)
    for item in range(items):
        loading = LOADINGS[item % len(LOADINGS)]
        tendency = loading * factor + np.sqrt(1 - loading**2) * rng.normal(size=n)
        codes[:, item] += (tendency[:, None] > np.linspace(-1.8, 1.0, categories - 1)).sum(axis=1)
    codes[rng.random(codes.shape) < holes] = -1
    return codes, leader


def counted(n: int, items: int = 5, categories: int = 5) -> ResponsePatterns:
    return count(codes_of(n, items, categories))


def count(answers: tuple[np.ndarray, np.ndarray]) -> ResponsePatterns:
    codes, leader = answers
    categories = int(codes.max())
    instrument = plain_instrument(tuple(range(1, categories + 1)), tuple(f"i{n + 1}" for n in range(codes.shape[1])))
    return ResponsePatterns.count(instrument, codes, {"leader": Key(leader, tuple(f"{n:08}" for n in range(leader.max() + 1)))})


def fitted(estimator: str, data: ResponsePatterns) -> np.ndarray:
    return np.array([one.estimate for one in cfa(data, estimator=estimator).find("loading_standardized")])


def every_estimator(data: ResponsePatterns) -> None:
    battery(data, rng=np.random.default_rng(1))


def frame(n: int, complete: bool):  # type: ignore[no-untyped-def]
    """As the peers take them: a data frame, NaN for no answer, with or without the incomplete rows."""
    import pandas as pd

    codes, _ = codes_of(n)
    out = pd.DataFrame(np.where(codes > 0, codes, np.nan), columns=[f"i{n + 1}" for n in range(codes.shape[1])])
    return out.dropna() if complete else out


def prepared(n: int, complete: bool, package: str):  # type: ignore[no-untyped-def]
    """The data frame, with the peer imported, so that its import is not counted."""
    importlib.import_module(package)
    return frame(n, complete)


@contextmanager
def silence() -> Iterator[None]:
    """Without what a peer's linear algebra writes to standard output itself, past Python."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


def by_semopy(objective: str, data) -> np.ndarray:  # type: ignore[no-untyped-def]
    import semopy

    data = data - data.mean()  # its model has no means, and with raw data its FIML goes wrong without a word
    model = semopy.Model("f =~ " + " + ".join(data.columns))
    with silence():
        model.fit(data, obj=objective)
        found = model.inspect(std_est=True)
    return found[found["rval"] == "f"]["Est. Std"].to_numpy(dtype=float)[: data.shape[1]]


def by_statsmodels(data) -> np.ndarray:  # type: ignore[no-untyped-def]
    from statsmodels.multivariate.factor import Factor

    loadings = Factor(data, n_factor=1, method="ml").fit().loadings.ravel()
    return np.asarray(loadings * np.sign(loadings.sum()))


def by_lavaan(n: int) -> tuple[str, dict[str, tuple[float, float, np.ndarray]]]:
    """Version; and seconds, peak MB and standardized loadings of each estimator. One process of R, each fit once."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "answers.csv"
        frame(n, complete=False).to_csv(path, index=False, na_rep="NA")
        script = Path(folder) / "fit.R"
        script.write_text(R_MODEL, encoding="utf-8")
        ran = subprocess.run(["Rscript", script, path], capture_output=True, text=True, check=True)
    version, found = "", {}
    for line in csv.reader(ran.stdout.splitlines()):
        if line[0] == "version":
            version = line[1]
        else:
            name, seconds, megabytes, *loadings = (one for one in line if one)
            found[name] = (float(seconds), float(megabytes), np.array(loadings, dtype=float))
    return version, found


def has_lavaan() -> bool:
    if shutil.which("Rscript") is None:
        return False
    asked = ["Rscript", "-e", "quit(status = !requireNamespace('lavaan', quietly = TRUE))"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


def peers(semopy: bool) -> dict[str, tuple[str, str, Callable[..., np.ndarray], bool]]:
    """Row name: package, estimator of ours to compare with, function of a data frame, complete rows only."""
    found: dict[str, tuple[str, str, Callable[..., np.ndarray], bool]] = {
        "statsmodels `Factor`: ML, no errors": ("statsmodels.multivariate.factor", "ML", by_statsmodels, True)
    }
    if semopy:
        found["semopy: ML and errors"] = ("semopy", "ML", partial(by_semopy, "MLW"), True)
        found["semopy: FIML and errors"] = ("semopy", "FIML", partial(by_semopy, "FIML"), False)
    return found


def main() -> None:
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = "1"  # for the processes that are measured
    semopy, lavaan = importlib.util.find_spec("semopy") is not None, has_lavaan()
    rows: list[list[str]] = []
    apart: dict[str, float] = {}
    lavaan_version = ""
    for n in SIZES:
        patterns = counted(n)
        reference = {one: fitted(one, patterns) for one in ("ML", "MLR", "FIML", "WLSMV")}

        def add(name: str, seconds: float, megabytes: float, n: int = n) -> None:
            rows.append([f"{n:,}", name, f"{seconds:.2f}", f"{megabytes:.0f}"])

        measured = {"ours: counting the answers": cost(codes_of, count, n)}
        for estimator in reference:
            measured[f"ours: {estimator}, every row"] = cost(counted, partial(fitted, estimator), n)
        measured["ours: all four, with tests of equal loadings"] = cost(counted, every_estimator, n)
        for name, (package, against, function, complete) in peers(semopy).items():
            measured[name] = cost(prepared, function, n, complete, package, runs=3 if n <= COMPARED else 1)
            if n >= COMPARED:
                apart[f"{name}, {n:,} answers"] = np.abs(function(frame(n, complete)) - reference[against]).max()
        for name, one in measured.items():
            add(name, one.seconds, one.megabytes)
        if lavaan:
            lavaan_version, found = by_lavaan(n)
            for estimator, (seconds, megabytes, loadings) in found.items():
                add(f"lavaan: {estimator}", seconds, megabytes)
                if n >= COMPARED:
                    apart[f"lavaan: {estimator}, {n:,} answers"] = np.abs(loadings - reference[estimator]).max()
    shapes = []
    for items, categories in SHAPES:
        patterns = len(counted(COMPARED, items, categories).patterns)
        arguments = (COMPARED, items, categories)
        both = [cost(counted, partial(fitted, estimator), *arguments, runs=1) for estimator in ("FIML", "WLSMV")]
        figures = [text for one in both for text in (f"{one.seconds:.2f}", f"{one.megabytes:.0f}")]
        shapes.append([str(items), str(categories), f"{patterns:,}", *figures])
    report(rows, apart, shapes, semopy=semopy, lavaan=lavaan_version)


def report(rows: list[list[str]], apart: dict[str, float], shapes: list[list[str]], *, semopy: bool, lavaan: str) -> None:
    versions = f"Python {platform.python_version()}, numpy {np.__version__}, scipy {scipy.__version__}"
    found = [f"statsmodels {metadata.version('statsmodels')}"]
    found.append(f"semopy {metadata.version('semopy')}" if semopy else "semopy was not there")
    found.append(f"lavaan {lavaan}" if lavaan else "R with lavaan was not there")
    print("# Factor analysis\n")
    print(f"{date.today().isoformat()}, two cores, {versions}; one thread for linear algebra.")
    print(f"Peers: {', '.join(found)}. One factor, five items with five categories, 5 % holes, eight answers per leader.")
    print("*Every row* is what `op.cfa` gives: estimates, errors by leader, tests, three kinds of indices, residuals,")
    print("modification indices, tests of equal loadings. ML and MLR use the complete rows, FIML every answer, WLSMV every")
    print("pair. Peers take the answers as a data frame and know no leaders here; imports, R's own start and reading the file")
    print("are not counted, and the memory of R is that of its objects.\n")
    print(table(["answers", "what", "seconds", "peak MB"], rows))
    print("\n## Do they say the same?\n")
    print("Largest distance of a standardized loading from ours by the same estimator, on the same answers.\n")
    print(table(["peer", "distance"], [[name, f"{distance:.1e}"] for name, distance in apart.items()]))
    print(f"\n## More items, more categories\n\n{COMPARED:,} answers, every row, by leader.\n")
    head = ["items", "categories", "patterns", "FIML seconds", "MB", "WLSMV seconds", "MB"]
    print(table(head, shapes))


if __name__ == "__main__":
    main()
