"""A paragraph for the section on measures of a paper, in both languages, and the full references of what it cites."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, get_args

from ..core.vocabulary import Language
from ..present import rows as find
from ..present.blocks import Block, Bullets, Heading, Paragraph, Section
from ..present.rows import Row, Unit
from ..present.view import View, p_in_words
from ..present.wording import Wording
from .references import in_full
from .story import reliability
from .story.question import shown
from .the_study import response_rates

# First author and year of what stands behind a number, by quantity.
_SOURCES = {
    "alpha": (("Cronbach", "1951"),),
    "omega_categorical": (("Green", "2009"),),
    "omega_total": (("McDonald", "1999"),),
    "fit": (("Savalei", "2021"),),
}


def paper(view: View, origin: Mapping[str, Any]) -> Section:
    """The reader's language first."""
    wording = view.wording
    languages = sorted(get_args(Language), key=lambda language: language != wording.language)
    blocks: list[Block] = [Paragraph(text=wording.text("paper_remark"))]
    cited: dict[str, None] = {}
    for language in languages:
        text, sources = measures(replace(view, wording=Wording(language, wording.instrument)), origin)
        cited |= dict.fromkeys(sources)
        blocks += [Heading(text=wording.text(f"paper_in_{language}")), Paragraph(text=text, tone="quote")]
    software = wording.text("paper_software_reference", version=origin["package"]["version"])
    blocks += [Heading(text=wording.text("references_heading")), Bullets(texts=sorted([*cited, software], key=str.casefold))]
    return Section(key="paper", title=wording.text("paper_title"), question=wording.text("paper_question"), blocks=blocks)


def measures(view: View, origin: Mapping[str, Any]) -> tuple[str, list[str]]:
    """The paragraph in the language of the view, and the full references of what it cites."""
    wording, about = view.wording, view.answers.instrument
    low, high = (wording.category(about.categories[place]) for place in (0, -1))
    offered = ", ".join(wording.reason(key) for key in about.reason_keys)
    figures = {"k": len(view.answers.items), "c": len(about.categories), "low": low, "high": high}
    title = about.title[wording.language] or about.key
    sentences = [
        wording.text("paper_scale", title=title, **figures),
        *([wording.text("paper_offered", labels=offered)] if offered else []),
        wording.text("paper_score", minimum=about.minimum_answered, k=len(view.answers.items)),
        *_response(view),
    ]
    sources: list[str] = []
    for unit in shown(view):
        told, behind = _unit(view, unit)
        if told:
            sentences.append(wording.text("paper_unit", unit=view.unit_title(unit), numbers="; ".join(told)))
            sources += behind
    version = origin["package"]["version"]
    sentences.append(wording.text("paper_software", version=version, level=wording.share(view.level, 0)))
    return " ".join(sentences), sources


def _response(view: View) -> list[str]:
    wording, told = view.wording, []
    for role, invited, came in response_rates(view):
        if came is not None:
            numbers = {"invited": wording.count(invited), "came": wording.count(came), "rate": wording.share(came / invited)}
            told.append(wording.text("paper_response", unit=wording.role(role), **numbers))
    return told


def _unit(view: View, unit: Unit) -> tuple[list[str], list[str]]:
    wording, told, behind = view.wording, [], list[str]()
    items = find.of(view.of("items"), unit)
    mean, sd = (find.one(items, quantity=quantity) for quantity in ("scale_mean", "scale_sd"))
    if mean is not None and sd is not None and mean["estimate"] is not None and sd["estimate"] is not None:
        numbers = {"mean": wording.decimal(mean["estimate"], 2), "sd": wording.decimal(sd["estimate"], 2)}
        told.append(wording.text("paper_mean", n=wording.count(mean["n"]), **numbers))
    printed, alpha = reliability.to_print(view, unit), reliability.alpha(view, unit)
    for row in [printed, *([alpha] if alpha is not printed else [])]:
        if row is None or row["estimate"] is None:
            continue
        name = reliability.name(view, unit) if row is printed else wording.text("story_coefficient_alpha")
        citation, full = _cited(view, row["quantity"])
        told.append(
            wording.text("paper_coefficient", name=name, value=_value(view, row), citation=citation, **_answers(view, row))
        )
        behind += full
    fit = _fit(view, unit)
    if fit:
        citation, full = _cited(view, "fit")
        told.append(f"{fit} {citation}")
        behind += full
    icc = find.one(find.of(view.of("multilevel"), unit), quantity="icc1", method="reml")
    if icc is not None and icc["estimate"] is not None:
        told.append(wording.text("paper_icc", value=_value(view, icc)))
    return told, behind


def _value(view: View, row: Row) -> str:
    number = view.wording.decimal(row["estimate"], 2)
    if row["conf_low"] is None or row["conf_high"] is None:
        return number
    low, high = (view.wording.decimal(row[bound], 2) for bound in ("conf_low", "conf_high"))
    return f"{number}, {view.interval_name} [{low}; {high}]"


def _answers(view: View, row: Row) -> dict[str, str]:
    """How many, and by what their errors are clustered."""
    wording = view.wording
    cluster = wording.text("paper_clustered", key=wording.key(row["cluster"])) if row["cluster"] else ""
    return {"n": wording.count(row["n"]), "clustered": cluster}


def _fit(view: View, unit: Unit) -> str:
    wording, rows = view.wording, find.where(find.of(view.of("cfa"), unit), method="WLSMV")
    test = find.one(rows, quantity="chi2_scaled")
    if test is None or test["statistic"] is None:
        return ""
    parts = [
        f"χ²({wording.decimal(test['df'], 0)}) = {wording.decimal(test['statistic'], 2)}, {p_in_words(view, test['p_value'])}"
    ]
    for quantity, sign in (("cfi_robust", "CFI"), ("tli_robust", "TLI"), ("rmsea_robust", "RMSEA"), ("srmr", "SRMR")):
        row = find.one(rows, quantity=quantity)
        if row is not None and row["estimate"] is not None:
            bounds = wording.interval(quantity, row["conf_low"], row["conf_high"]) if sign == "RMSEA" else ""
            parts.append(f"{sign} = {wording.decimal(row['estimate'], 3)} {bounds}".strip())
    return wording.text("paper_fit", n=wording.count(test["n"]), indices=", ".join(parts))


def _cited(view: View, quantity: str) -> tuple[str, list[str]]:
    """'(Green & Yang, 2009)' and the full references."""
    works = [in_full(name, year) for name, year in _SOURCES.get(quantity, ())]
    authors = [_authors(work) for work in works]
    return (f"({'; '.join(authors)})" if authors else "", works)


def _authors(work: str) -> str:
    """Last names and year of a full reference."""
    before, _, after = work.partition(" (")
    names = re.findall(r"([^\W\d_][\w’' -]*?), (?:[A-ZÅØÉ]\.[ -]?)+", before)
    names = [name.removeprefix("& ").strip() for name in names]
    listed = names[0] if len(names) == 1 else " & ".join(names) if len(names) == 2 else f"{names[0]} et al."
    return f"{listed}, {after[:4]}"
