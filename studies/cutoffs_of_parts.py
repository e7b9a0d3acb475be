"""Cut-offs from a part of the answers, taken to the number of all of them, against those from all people drawn one by one.

    nice python studies/cutoffs_of_parts.py --replications 2000 --seed 1

Each cell draws a survey, fits it, and draws samples like it in both ways. What is compared is what cut-offs are made of: at
level 0 the 95 % limit of each index, at the others the quantiles that 95 % and half of the samples reach. The difference is
in units of its Monte Carlo error. A limit of CFI or RMSEA at level 0 that is 1 or 0 in both ways is left out.
"""

from __future__ import annotations

import argparse
import math
import os
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from omstilling_psychometrics.analysis.by_role import Clustering
from omstilling_psychometrics.survey.codes import BLANK
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns
from omstilling_psychometrics.topics.factor.analysis_fit import fit_model
from omstilling_psychometrics.topics.factor.analysis_specification import specification
from omstilling_psychometrics.topics.factor.dynamic_samples import LARGER_IS_WORSE, Design
from omstilling_psychometrics.topics.factor.numerics.dynamic_cutoffs import Population, misspecified_pairs

Floats = NDArray[np.float64]

# Shares of answers, lowest category first: of the synthetic survey's employees, nearly.
SHARES = {2: (0.3, 0.7), 3: (0.1, 0.4, 0.5), 5: (0.04, 0.1, 0.23, 0.4, 0.23), 7: (0.01, 0.04, 0.1, 0.2, 0.3, 0.2, 0.15)}
# Beyond this many people per cell there are fewer samples.
PEOPLE = 24_000_000


@dataclass(frozen=True)
class Cell:
    """per_leader: mean number of answers about a leader, 0 for independent answers. Sizes of teams vary as in surveys; unequal:
    from one to hundreds, a quarter of the factor's variance lies between leaders, and up to a quarter of an item's answers
    are missing."""

    n: int
    per_leader: int
    items: int = 5
    categories: int = 5
    unequal: bool = False

    @property
    def name(self) -> str:
        team = f"{self.per_leader}, very unequal" if self.unequal else self.per_leader or "–"
        return f"{self.items} × {self.categories} | {self.n:,} | {team}"

    def design(self, seed: int) -> Design:
        rng = np.random.default_rng([seed, self.n, self.per_leader, self.items, self.categories])
        k = self.items
        cuts = ndtri(np.cumsum(SHARES[self.categories])[:-1])
        population = Population(
            loadings=np.linspace(0.6, 0.85, k),
            thresholds=np.tile(cuts, (k, 1)),
            leader_share=(0.25 if self.unequal else 0.15) if self.per_leader else 0.0,
            leader_variances=np.zeros(k),
        )
        leader = np.full(self.n, -1)
        if self.per_leader:
            leaders = max(2, self.n // self.per_leader)
            sizes = rng.lognormal(sigma=1.3 if self.unequal else 0.6, size=leaders)
            leader = np.sort(rng.choice(leaders, size=self.n, p=sizes / sizes.sum()))
        codes = population.draw((), leader, rng)
        codes[rng.random(codes.shape) < (np.linspace(0, 0.25, k) if self.unequal else 0.05)] = BLANK
        instrument = plain_instrument(tuple(range(1, self.categories + 1)), tuple(f"q{item + 1}" for item in range(k)))
        keys = {"leader": Key.of([f"l{one}" for one in leader])} if self.per_leader else {}
        patterns = ResponsePatterns.count(instrument, codes, keys)
        clustering = Clustering(key="leader" if self.per_leader else None)
        return Design.of(
            patterns, clustering, fit_model(patterns, clustering, specification(patterns, "WLSMV")), pair_free=False
        )


def quantile(values: Floats, level: float, rng: np.random.Generator) -> tuple[float, float]:
    """Quantile and its Monte Carlo error, by the bootstrap: that of neighbouring quantiles varies too much to divide by."""
    again = np.quantile(values[rng.integers(0, values.size, (200, values.size))], level, axis=1)
    return float(np.quantile(values, level)), float(again.std(ddof=1))


@dataclass(frozen=True)
class Quantile:
    """Of one index at one level: from all people and from a part, with Monte Carlo errors."""

    level: int
    index: str
    point: float
    whole: tuple[float, float]
    part: tuple[float, float]

    @property
    def z(self) -> float:
        return (self.part[0] - self.whole[0]) / math.hypot(self.whole[1], self.part[1])


@dataclass(frozen=True)
class Comparison:
    """drawn: samples of all people; seconds: processor time of a sample, of all people and of a part."""

    cell: Cell
    design: Design
    drawn: int
    seconds: tuple[float, float]
    quantiles: list[Quantile]

    @classmethod
    def of(cls, cell: Cell, replications: int, seed: int) -> Comparison:
        design = cell.design(seed)
        loadings = design.population.loadings
        levels = ((), *misspecified_pairs(loadings))
        drawn = max(300, min(replications, PEOPLE // (cell.n * len(levels))))
        seeds = np.random.SeedSequence([seed, cell.n]).spawn(2 * len(levels))
        rng = np.random.default_rng(seed)
        spent = [0.0, 0.0]
        quantiles = []
        for level, pairs in enumerate(levels):
            found: list[list[dict[str, float]]] = [[], []]
            for way, count in ((0, drawn), (1, replications)):
                start = time.process_time()
                own = seeds[2 * level + way].spawn(count)
                size = min(250, design.together) if way else max(1, min(125, 1_000_000 // cell.n))
                for first in range(0, count, size):
                    some = own[first : first + size]
                    found[way] += design.indices(pairs, some) if way else design.moments(pairs, some).indices(loadings)
                spent[way] += (time.process_time() - start) / count / len(levels)
            for name, worse in LARGER_IS_WORSE.items():
                values = [np.array([one[name] for one in way if name in one]) for way in found]
                for point in (0.95,) if level == 0 else (0.05, 0.5):
                    whole, part = (quantile(one, point if worse else 1 - point, rng) for one in values)
                    if whole[1] + part[1] > 0:
                        quantiles.append(Quantile(level, name, point, whole, part))
        return cls(cell, design, drawn, (spent[0], spent[1]), quantiles)

    def row(self) -> str:
        z = np.array([one.z for one in self.quantiles])
        figures = [
            f"{self.design.part.n:,}",
            f"{self.drawn:,}",
            str(z.size),
            f"{math.sqrt(float((z**2).mean())):.2f}",
            f"{np.abs(z).max():.1f}",
            *(f"{1000 * one:.1f}" for one in self.seconds),
        ]
        return " | ".join([self.cell.name, *figures])

    def details(self) -> list[str]:
        return [
            f"| {self.cell.name} | {one.level} | {one.index} | {one.point:.2f} | {one.whole[0]:.4f} ± {one.whole[1]:.4f} | "
            f"{one.part[0]:.4f} ± {one.part[1]:.4f} | {one.z:+.1f} |"
            for one in self.quantiles
            if one.index in SHOWN
        ]


CELLS = (
    Cell(3_000, 0),
    Cell(3_000, 8),
    Cell(5_000, 8),
    Cell(10_000, 0),
    Cell(10_000, 8),
    Cell(10_000, 40),
    Cell(10_000, 8, categories=2),
    Cell(10_000, 8, items=8, categories=7),
    Cell(10_000, 6, items=8, categories=3, unequal=True),
    Cell(20_000, 6, items=12, categories=5, unequal=True),
    Cell(30_000, 8),
    Cell(30_000, 8, items=8, categories=7),
    Cell(50_000, 6, items=5, categories=5, unequal=True),
    Cell(100_000, 0),
    Cell(100_000, 8),
)
SHOWN = ("cfi_robust", "rmsea_robust", "srmr")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replications", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    print(
        "| items × categories | answers | per leader | drawn of them | samples of all | quantiles | z, root mean square |",
        end="",
    )
    print(" largest | ms a sample, all | ms, part |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    details = []
    for cell in CELLS:
        found = Comparison.of(cell, chosen.replications, chosen.seed)
        print(f"| {found.row()} |", flush=True)
        details += found.details()
    print("\n| items × categories | answers | per leader | level | index | reached by | all people | a part | z |")
    print("|---|---|---|---|---|---|---|---|---|")
    print("\n".join(details))


if __name__ == "__main__":
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
    main()
