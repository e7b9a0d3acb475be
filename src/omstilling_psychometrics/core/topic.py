"""What a topic registers of itself: its analyses, the functions that researchers call, and where its parts are.

A topic's `__init__.py` holds one `TOPIC` and imports none of its modules: everything that walks over topics (report,
results.json, command line, verification, documentation, the public names) reads it and loads what it needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """One analysis of results.json and of the report; module names are within the topic's folder.

    place: in the report, in results.json and in messages. module: has `battery(patterns, *, rng)`, which computes all rows that
    `omstilling analyse` and the report promise. section: has `build(view)` and `findings(view)`, what the report has above the
    list of all numbers. plot: has `KINDS`, pictures by name, the first of which `result.plot()` shows; each a function of
    (result, rows, wording): curves of the models that the result keeps, numbers of those of its rows that are asked for.
    Without these the first quantity that has intervals is drawn. judgement: has `judged(statistics)`, verdicts that no single
    row decides, and may have `read(statistics)`, the rows that cut-offs on single ones are held against. compares: it compares
    groups with each other (by role, or by `--by`) instead of describing each by itself. needs: what it can say nothing
    without; unless: a quantity that says something all the same. seconds: of processor time on a usual survey, for the
    progress bar.
    counts_answers: the n of its rows are answers, so that those of groups and roles add up to those of everybody.
    """

    name: str
    place: int
    module: str = "analysis"
    section: str | None = None
    plot: str | None = None
    judgement: str | None = None
    compares: bool = False
    needs: Literal["leaders", "groups", "retest"] | None = None
    unless: str | None = None
    seconds: float = 0.3
    counts_answers: bool = False


@dataclass(frozen=True, kw_only=True)
class Topic:
    """functions: public name to the module it is in; peers: modules with COMPARISONS for `omstilling verify`; population: the
    module that has `values(distribution)`, population values of its quantities, or `latent_values` of those that take a
    model."""

    analyses: tuple[Analysis, ...]
    functions: Mapping[str, str] = field(default_factory=dict)
    peers: tuple[str, ...] = ()
    population: str | None = None
