"""The chapters of the evidence, in the order of the story: are the items answered, do they go together, do they make one
score, how precise is it, whom does it describe, and may groups be compared."""

from __future__ import annotations

from ..core.registry import part
from ..present.blocks import Block, Finding, Section
from ..present.view import View
from .generic import every_number, picture


def evidence(view: View) -> list[Section]:
    """One section per analysis that was run."""
    return [_section(view, analysis) for analysis in view.analyses]


def findings(view: View) -> list[tuple[str, list[Finding]]]:
    """(analysis, its findings) for every analysis that has something to say in a sentence."""
    by_analysis = []
    for analysis in view.analyses:
        section = part(analysis, "section")
        if section is not None and (found := section.findings(view)):
            by_analysis.append((analysis, found))
    return by_analysis


def question(view: View, analysis: str) -> str:
    """The question that an analysis answers; its definition where the vocabulary has none."""
    wording, term = view.wording, view.wording.vocabulary.analyses.get(analysis)
    if wording.has_text(f"question_{analysis}"):
        return wording.text(f"question_{analysis}")
    return term.definition if term else ""


def _section(view: View, analysis: str) -> Section:
    section = part(analysis, "section")
    blocks: list[Block | None] = [picture(view, analysis)] if section is None else list(section.build(view))
    return Section(
        key=analysis,
        title=view.wording.analysis(analysis),
        question=question(view, analysis),
        blocks=[*(block for block in blocks if block is not None), *every_number(view, analysis)],
    )
