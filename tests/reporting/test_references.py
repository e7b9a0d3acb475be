"""Every short source that the report prints stands in full in its references."""

from __future__ import annotations

import re

import pytest

from omstilling_psychometrics.core.criteria import criteria, described
from omstilling_psychometrics.core.registry import ANALYSES
from omstilling_psychometrics.core.vocabulary import vocabulary
from omstilling_psychometrics.reporting.references import references

# 'Wu & Estabrook 2016', 'Satorra (2000)', 'Prinsen et al. (2018)'.
_CITED = re.compile(
    r"(?<![\w.])([A-ZÅØÉ][\w’-]+)((?:, [A-ZÅØÉ][\w’-]+)*(?:,? (?:&|and|og) [A-ZÅØÉ][\w’-]+)?(?: et al\.)?),? \(?((?:19|20)\d\d)"
)
# Words before a year that are nobody's names.
_NOBODY = ("COSMIN",)
# Works that are named as not read, and cited for nothing.
_NOT_READ = {"Mokkink (2024)"}


def cited(text: str) -> list[tuple[str, str]]:
    """Last name among those who are named first, and year, of every work that a text names shortly."""
    return [(name, year) for name, _, year in _CITED.findall(text) if name not in _NOBODY]


def stands_in_full(name: str, year: str, works: list[str]) -> bool:
    return any(re.search(rf"\b{name}\b", work.partition(f"({year})")[0]) for work in works if f"({year})" in work)


CRITERIA = [*criteria(), *described()]


@pytest.mark.parametrize("criterion", CRITERIA, ids=[one.key for one in CRITERIA])
def test_the_sources_of_every_criterion_stand_in_full_where_its_analysis_is_reported(criterion) -> None:
    works = references([criterion.analysis])
    said = [criterion.source, *([criterion.sample.source] if criterion.sample else [])]
    named = [pair for source in said for pair in cited(source)]
    assert named
    missing = [f"{name} ({year})" for name, year in named if not stands_in_full(name, year, works)]
    assert not missing, f"{criterion.key}: no reference of {criterion.analysis} is {', '.join(missing)}"


def test_works_that_texts_name_stand_in_full() -> None:
    works = references([*ANALYSES, "content_validity"])
    words = vocabulary("en")
    terms = [term.definition for kind in (words.quantities, words.analyses, words.columns) for term in kind.values()]
    texts = [*terms, *words.methods.values(), *words.notes.values(), *words.texts.values()]
    missing = {f"{name} ({year})" for text in texts for name, year in cited(text) if not stands_in_full(name, year, works)}
    assert missing == _NOT_READ
