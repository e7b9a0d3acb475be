"""The chapters of the evidence, in the order of the story: are the items answered, do they go together, do they make one
score, how precise is it, whom does it describe, and may groups be compared."""

from __future__ import annotations

from dataclasses import replace

from ..core.registry import part
from ..present.blocks import Block, Finding, Findings, Section
from ..present.view import View
from .generic import every_number, picture


def evidence(view: View) -> list[Section]:
    """One section per analysis that was run."""
    return [_section(view, analysis) for analysis in view.analyses]


def findings(view: View, analysis: str) -> list[Finding]:
    """What an analysis has to say in a sentence; those about itself lead nowhere."""
    section = part(analysis, "section")
    return [] if section is None else [replace(one, anchor="") for one in section.findings(view)]


def question(view: View, analysis: str) -> str:
    """The question that an analysis answers; its definition where the vocabulary has none."""
    wording, term = view.wording, view.wording.vocabulary.analyses.get(analysis)
    if wording.has_text(f"question_{analysis}"):
        return wording.text(f"question_{analysis}")
    return term.definition if term else ""


def _section(view: View, analysis: str) -> Section:
    section = part(analysis, "section")
    blocks: list[Block | None] = [picture(view, analysis)] if section is None else list(section.build(view))
    if told := findings(view, analysis):
        blocks.insert(0, Findings(about=view.wording.analysis(analysis), findings=told))
    return Section(
        key=analysis,
        title=view.wording.analysis(analysis),
        question=question(view, analysis),
        blocks=[*(block for block in blocks if block is not None), *every_number(view, analysis)],
    )
