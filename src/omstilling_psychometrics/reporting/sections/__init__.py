"""The chapters of the evidence, in the order of the story: are the items answered, do they go together, do they make one
score, how precise is it, whom does it describe, and may groups be compared."""

from __future__ import annotations

from importlib import import_module

from ...analyses import ANALYSES
from ..blocks import Block, Finding, Section
from ..generic import every_number
from ..view import View

# Analyses that have a layout of their own, in the order of the story; any other is printed as its list of numbers.
LAID_OUT = (
    "items",
    "missingness",
    "correlation",
    "dimensionality",
    "efa",
    "cfa",
    "dynamic_cutoffs",
    "reliability",
    "alpha_comparison",
    "irt",
    "mokken",
    "multilevel",
    "role_comparison",
    "invariance",
    "dif",
)


def in_story_order(analyses: list[str]) -> list[str]:
    """Analyses as the report tells them; those it does not know come last, in the package's order."""
    known = [*LAID_OUT, *(name for name in ANALYSES if name not in LAID_OUT)]
    return sorted(analyses, key=lambda name: known.index(name) if name in known else len(known))


def evidence(view: View) -> list[Section]:
    """One section per analysis that was run."""
    return [_section(view, analysis) for analysis in in_story_order(view.analyses)]


def findings(view: View) -> list[tuple[str, list[Finding]]]:
    """(analysis, its findings) for every analysis that has something to say in a sentence."""
    told = []
    for analysis in in_story_order(view.analyses):
        if analysis in LAID_OUT and (found := _module(analysis).findings(view)):
            told.append((analysis, found))
    return told


def _module(analysis: str):  # type: ignore[no-untyped-def]
    return import_module(f".{analysis}", __package__)


def question(view: View, analysis: str) -> str:
    """The question that an analysis answers; its definition where the vocabulary has none."""
    wording, term = view.wording, view.wording.vocabulary.analyses.get(analysis)
    if wording.has_text(f"question_{analysis}"):
        return wording.text(f"question_{analysis}")
    return term.definition if term else ""


def _section(view: View, analysis: str) -> Section:
    blocks: list[Block] = list(_module(analysis).build(view)) if analysis in LAID_OUT else []
    return Section(
        key=analysis,
        title=view.wording.analysis(analysis),
        question=question(view, analysis),
        blocks=[*blocks, *every_number(view, analysis)],
    )
