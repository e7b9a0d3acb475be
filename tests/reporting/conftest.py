"""A small survey of three roles about forty leaders, and what the report is rendered from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest

from omstilling_psychometrics.analysis.running import Analysed, run
from omstilling_psychometrics.present.released_rows import released_rows
from omstilling_psychometrics.reporting.document import compose
from omstilling_psychometrics.reporting.html import render
from omstilling_psychometrics.reporting.results_json import provenance
from omstilling_psychometrics.survey.account import Account, Source
from omstilling_psychometrics.survey.codes import BLANK, FIRST_REASON
from omstilling_psychometrics.survey.disclosure import Disclosure
from omstilling_psychometrics.survey.instrument import load_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns
from omstilling_psychometrics.survey.scale import Instrument
from omstilling_psychometrics.survey.takes_answers import of_answers

NAMES = ("items", "missingness", "reliability")
QUICK = ("items", "multilevel")  # no bootstrap in them


def survey(
    instrument: Instrument, *, superiors: int = 40, leaders: int = 40, team: int = 6, account: Account | None = None
) -> ResponsePatterns:
    """A team of employees, the leader and (for the first ones) a superior about each leader; some answers missing."""
    random = np.random.default_rng(7)
    role = ["medarbejder"] * team * leaders + ["leder"] * leaders + ["overordnet"] * superiors
    leader = [*np.repeat(np.arange(leaders), team), *range(leaders), *range(superiors)]
    n, k, c = len(role), len(instrument.items), len(instrument.categories)
    latent = random.normal(size=n)[:, None] + 0.4 * random.normal(size=leaders)[leader][:, None] + random.normal(size=(n, k))
    answers = np.clip(np.round(latent + (c + 2) / 2), 1, c).astype(np.int64)
    answers[random.random((n, k)) < 0.06] = FIRST_REASON
    answers[random.random((n, k)) < 0.01] = BLANK
    keys = {
        "role": Key.of(role, instrument.role_keys),
        "organisation": Key.of([f"org{one % 8}" for one in leader]),
        "leader": Key.of([f"l{one:02d}" for one in leader]),
        "respondent": Key.of([f"{kind[0]}{place:03d}" for place, kind in enumerate(role)]),
    }
    return ResponsePatterns.count(instrument, answers, keys, account=account)


def accounted(n: int, *notes: str) -> Account:
    """The account of a file of n usable rows, two doublets and one role that is not asked."""
    source = Source(name="answers.csv", sha256="ab" * 32)
    return Account(rows_read=n + 3, rows_analysed=n, left_out={"duplicate": 2, "role": 1}, notes=notes, sources=(source,))


@pytest.fixture(scope="session")
def answers() -> ResponsePatterns:
    return survey(load_instrument(), account=accounted(320))


Page = Callable[..., str]


_ANALYSED: dict[tuple[Any, ...], tuple[ResponsePatterns, list[Analysed]]] = {}


def analysed(answers: ResponsePatterns, names: tuple[str, ...], by: str | None) -> list[Analysed]:
    """The analyses, each of the same answers once: these are tests of the report."""
    key = (id(answers), names, by)
    if key not in _ANALYSED:
        _ANALYSED[key] = (answers, run(answers, names, seed=1, by=by))
    return _ANALYSED[key][1]


def page_of(
    answers: ResponsePatterns,
    *,
    names: tuple[str, ...] = QUICK,
    by: str | None = None,
    disclosure: Disclosure | None = None,
    **options: Any,
) -> str:
    """The report on some answers."""
    policy = disclosure or Disclosure()
    released = answers.released(policy, by=by)
    results = analysed(answers if released == answers else released, names, by) if released.n else []
    results = [replace(one, result=of_answers(one.result, released)) for one in results]
    rows = released_rows(released, names, results)
    settings = {"analyses": list(names), "by": by, "roles": None, "level": 0.95, "disclosure": asdict(policy)}
    origin = provenance(released, seed=1, settings=settings)
    options.setdefault("language", "da")
    return render(compose(released, rows, origin, analysed=results, **options))


@pytest.fixture(scope="session")
def page(answers: ResponsePatterns) -> str:
    return page_of(answers, names=NAMES)


@pytest.fixture(scope="session")
def make_page() -> Page:
    return page_of


@pytest.fixture(scope="session")
def make_survey() -> Callable[..., ResponsePatterns]:
    return survey


@pytest.fixture(scope="session")
def make_account() -> Callable[..., Account]:
    return accounted
