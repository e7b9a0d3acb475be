"""The end of the report: verdicts, what the design cannot answer, words and symbols, methods and sources, provenance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.criteria import Criterion, SampleSize, Verdict
from ..present import rows as find
from ..present.blocks import Bullets, Cell, Heading, Paragraph, Section, Table
from ..present.tables import Footnotes, head_cell, number_cell, row_cell
from ..present.view import View
from ..topics.invariance.comparability import ComparisonVerdict
from ..topics.invariance.section_comparing import index_name, step_name
from .references import references
from .the_study import response_rates

LIMITS = (
    "retest",
    "criterion",
    "response_rate",
    "self_selection",
    "scoring",
    "adapted_wordings",
    "causes",
    "individuals",
)


def verdict_table(view: View) -> Section:
    """Criterion, source, observed value with interval, n and verdict, per role."""
    wording = view.wording
    blocks: list[Any] = [Paragraph(text=wording.text("verdicts_text", level=wording.share(view.level, 0)))]
    if view.verdicts:
        blocks.append(_verdicts(view))
    else:
        blocks.append(Paragraph(text=wording.text("verdicts_none")))
    return Section(
        key="verdicts", title=wording.text("verdicts_title"), question=wording.text("verdicts_question"), blocks=blocks
    )


def _verdicts(view: View) -> Table:
    wording, notes = view.wording, Footnotes(view.wording)
    head = [
        [
            *(head_cell(wording.text(key), number=False) for key in ("criterion_heading", "unit_heading", "verdict_heading")),
            *(head_cell(word) for word in (wording.text("observed_heading"), view.interval_name, "n")),
        ]
    ]
    body: list[list[Cell]] = []
    for criterion in dict.fromkeys(verdict.criterion for verdict in view.verdicts):
        of_criterion = [verdict for verdict in view.verdicts if verdict.criterion == criterion]
        items = list(dict.fromkeys(verdict.statistic.item for verdict in of_criterion))
        of_criterion.sort(key=lambda verdict: items.index(verdict.statistic.item))
        first = [_criterion_cell(view, criterion, rows=len(of_criterion))]
        for verdict in of_criterion:
            body.append([*first, *_verdict_cells(view, verdict, notes)])
            first = []
    return Table(caption=wording.text("verdicts_caption"), head=head, body=body, notes=notes.listed(), wide=True)


def _criterion_cell(view: View, criterion: Criterion, rows: int) -> Cell:
    return Cell(
        text=criterion_words(view, criterion),
        scope="rowgroup" if rows > 1 else "row",
        rows=rows,
        detail=criterion_source(view, criterion),
    )


def _verdict_cells(view: View, verdict: Verdict, notes: Footnotes) -> list[Cell]:
    wording, quantity, statistic = view.wording, verdict.criterion.quantity, verdict.statistic
    marks = notes.mark(verdict.reason) or notes.mark(verdict.beside)
    return [
        Cell(text=view.judged(verdict), detail=about_what(view, verdict)),
        Cell(text=wording.text(f"state_{verdict.state}"), state=verdict.state, marks=marks),
        number_cell(observed(view, verdict)),
        number_cell(wording.interval(quantity, verdict.low, verdict.high)),
        number_cell("" if statistic.n is None else wording.count(statistic.n)),
    ]


def about_what(view: View, verdict: Verdict) -> str:
    """The item, or the step of a ladder, that the verdict is about."""
    if isinstance(verdict, ComparisonVerdict):
        return step_name(view, verdict.deciding.step)
    return view.wording.item(verdict.statistic.item)


def observed(view: View, verdict: Verdict) -> str:
    """The number that was judged; with its symbol where the criterion does not name it."""
    wording, statistic = view.wording, verdict.statistic
    number = wording.number(statistic.quantity, statistic.estimate)
    return (
        f"{index_name(view, statistic.quantity)}\N{NO-BREAK SPACE}{number}"
        if isinstance(verdict, ComparisonVerdict)
        else number
    )


def criterion_words(view: View, criterion: Criterion) -> str:
    """What the criterion asks for, such as 'coefficient alpha (complete rows) ≥ 0.70'."""
    wording = view.wording
    if wording.has_text(f"asked_{criterion.key}"):
        return wording.text(f"asked_{criterion.key}")
    if criterion.analysis == "dynamic_cutoffs" and criterion.method and criterion.threshold is not None:
        estimator, _, index = criterion.method.partition("/")
        figures = {"estimator": estimator, "level": wording.count(criterion.threshold + 1)}
        return wording.text("criterion_dynamic", index=wording.method(index), **figures)
    named = f"named_{criterion.key}"
    name = wording.text(named) if wording.has_text(named) else wording.quantity(criterion.quantity)
    if criterion.method:
        # Estimators are known by their letters; in words they would fill the table.
        method = criterion.method if criterion.method.isupper() else wording.method(criterion.method)
        name = f"{name} ({method})"
    if criterion.side == "within":
        within = None if criterion.threshold is None else wording.limit(criterion.quantity, criterion.threshold)
        return wording.text(f"criterion_within{'_undeclared' if within is None else ''}", name=name, margin=within)
    if criterion.threshold is None:
        threshold = wording.text(f"threshold_{criterion.key}")
    else:
        threshold = wording.limit(criterion.quantity, criterion.threshold)
    return f"{name} {criterion.sign} {threshold}"


def criterion_source(view: View, criterion: Criterion, *, short: bool = False) -> str:
    """Who asks for it, and what the source calls a value that meets it."""
    wording, key, said = view.wording, f"criterion_{criterion.key}", criterion.short_source if short else criterion.source
    if criterion.quoted and not short:
        said = wording.text("quoted_source", source=said)
    said = f"{said}: {wording.text(key)}" if wording.has_text(key) else said
    if criterion.declared and criterion.threshold is not None:
        said = f"{said}; {wording.text('criterion_declared')}"
    return said if short or criterion.sample is None else f"{said}; {_sample(view, criterion.sample)}"


def _sample(view: View, sample: SampleSize) -> str:
    """From how many answers on its source would judge."""
    wording = view.wording
    source = wording.text("quoted_source", source=sample.source) if sample.quoted else sample.source
    if sample.per_group:
        return wording.text("criterion_per_group", n=wording.count(sample.per_group), source=source)
    return wording.text("criterion_sample", n=wording.count(sample.needed(len(view.answers.items))), source=source)


def limits(view: View) -> Section:
    """What no analysis of these data can tell; in the words of the instrument where the vocabulary has some for it."""
    wording = view.wording
    several = len({*view.answers.roles, *view.answers.withheld_roles}) > 1
    without = {"adapted_wordings": not several, "retest": "no_retest" in view.void}
    without["response_rate"] = any(came is not None for _, _, came in response_rates(view))
    known = [key for key in LIMITS if not without.get(key)]
    return Section(
        key="limits",
        title=wording.text("limits_title"),
        question=wording.text("limits_question"),
        blocks=[Bullets(texts=[wording.text(view.own(f"limit_{key}")) for key in (*known, *view.void)])],
    )


def _alphabetical(text: str) -> str:
    return text.casefold().translate(str.maketrans("æøåäö", "{|}{|"))


def glossary(view: View) -> Section:
    """Symbol, definition and range of every quantity that has a value in the report."""
    wording = view.wording
    used = [row for row in view.rows if row["analysis"] in view.analyses]
    used = [row for row in used if row["estimate"] is not None or row["statistic"] is not None]
    known = wording.vocabulary.quantities
    terms = [known[key] for key in find.distinct(used, "quantity") if key in known]
    head = [
        [
            head_cell(wording.text(key), number=False)
            for key in ("term_heading", "symbol_heading", "definition_heading", "range_heading")
        ]
    ]
    body = [
        [row_cell(term.name), Cell(text=term.symbol), Cell(text=term.definition), Cell(text=term.range)]
        for term in sorted(terms, key=lambda term: _alphabetical(term.name))
    ]
    table = Table(caption=wording.text("glossary_caption"), head=head, body=body, wide=True)
    return Section(key="glossary", title=wording.text("glossary_title"), blocks=[table])


def methods(view: View) -> Section:
    """Conventions, the method of each analysis, references."""
    wording = view.wording
    figures = {"level": wording.share(view.level, 0), "small": wording.decimal(0.001, 3)}
    kinds = ["interval", "p_value", "digits", "missing", *(["roles"] if len(view.answers.roles) > 1 else []), "disclosure"]
    conventions = [wording.text(f"convention_{kind}", **figures) for kind in kinds]
    blocks: list[Any] = [
        Heading(text=wording.text("conventions_heading")),
        Bullets(texts=[conventions[0], _clusters(view), *conventions[1:]]),
    ]
    for analysis in view.analyses:
        if wording.has_text(f"method_{analysis}"):
            blocks += [Heading(text=wording.analysis(analysis)), Paragraph(text=wording.text(f"method_{analysis}"))]
    known = [*view.analyses, *(["content_validity"] if view.study is not None and view.study.ratings else [])]
    blocks += [Heading(text=wording.text("references_heading")), Bullets(texts=references(known))]
    if view.verdicts:
        blocks.append(Paragraph(text=wording.text("references_successors"), tone="remark"))
    return Section(key="methods", title=wording.text("methods_title"), blocks=blocks)


def _clusters(view: View) -> str:
    """Whose answers depend on each other, by what the file knows."""
    if not view.leaders:
        return view.wording.text("convention_cluster")
    superiors = any(view.answers.instrument.relation(role) == "superior" for role in view.answers.roles)
    kinds = ["known", *(["superiors"] if superiors else []), "named"]
    return " ".join(view.wording.text(f"convention_cluster_{kind}") for kind in kinds)


def provenance(view: View, origin: Mapping[str, Any]) -> Section:
    """Files, checksums, settings and seed: what is needed to get the same numbers again."""
    wording = view.wording
    lines = [(wording.text("origin_package"), f"{origin['package']['name']} {origin['package']['version']}")]
    lines += [
        (wording.text("origin_file", name=file["name"]), f"SHA-256 {file['sha256']}")
        for file in origin["files"]
        if file["sha256"] is not None
    ]
    lines.append((wording.text("origin_counts"), f"SHA-256 {origin['counts']['sha256']}"))
    lines.append(
        (wording.text("origin_instrument", key=origin["instrument"]["key"]), f"SHA-256 {origin['instrument']['sha256']}")
    )
    if origin["codebook"]:
        lines.append((wording.text("origin_codebook"), f"SHA-256 {origin['codebook']['sha256']}"))
    lines.append((wording.text("origin_seed"), str(origin["seed"])))
    for name, value in origin["settings"].items():
        lines.append(
            (wording.text(f"setting_{name}") if wording.has_text(f"setting_{name}") else name, _setting(view, name, value))
        )
    head = [[head_cell(wording.text(key), number=False) for key in ("origin_heading", "value_heading")]]
    body = [[row_cell(name), Cell(text=value, code=value.startswith("SHA-256"))] for name, value in lines]
    table = Table(caption=wording.text("provenance_caption"), head=head, body=body)
    text = Paragraph(text=wording.text("provenance_text"))
    return Section(key="provenance", title=wording.text("provenance_title"), blocks=[text, table])


def _setting(view: View, name: str, value: Any) -> str:
    wording = view.wording
    if value is None:
        return "–"
    if name == "level":
        return wording.share(value, 0)
    if name == "analyses":
        return ", ".join(wording.analysis(name) for name in value)
    if name == "disclosure":
        shown = {key: number for key, number in value.items() if key != "minimum_leaders" or view.leaders}
        return "; ".join(f"{wording.text(f'setting_{key}')}: {number}" for key, number in shown.items())
    if name == "roles":
        return ", ".join(wording.role(role.strip()) for role in value.split(",")) if isinstance(value, str) else str(value)
    return wording.key(value) if name == "by" else str(value)
