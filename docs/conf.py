"""Sphinx: the documentation of omstilling_psychometrics. It needs no network: neither to build nor to read.

Three directives write what must not drift from the package: `vocabulary` the quantities of an analysis, `glossary-tables` every
word in both languages, `public-api` the public names with their docstrings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from importlib import metadata
from typing import Any, get_type_hints

import msgspec
from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import omstilling_psychometrics
from omstilling_psychometrics.core.registry import ANALYSES, functions, part
from omstilling_psychometrics.core.results import Result, Statistic
from omstilling_psychometrics.core.vocabulary import Language, Vocabulary, sources, vocabulary
from omstilling_psychometrics.verification import Line, Verification

project = "omstilling_psychometrics"
author = "The omstilling_psychometrics developers"
copyright = author
release = metadata.version("omstilling-psychometrics")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
napoleon_google_docstring = False
napoleon_use_rtype = False
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
default_role = "literal"
add_module_names = False
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_type_aliases = {name: name for name in ("Floats", "Ints", "Mask", "Codes", "Interval")}
python_use_unqualified_type_names = True
html_theme = "furo"
html_title = "omstilling_\u200bpsychometrics"  # may break there
html_math_renderer = "mathml"
html_copy_source = False


# ---------------------------------------------------------------- words


def _file(language: Language, domain: str) -> Vocabulary:
    return msgspec.toml.decode(sources(language)[domain].read_bytes(), type=Vocabulary)


def _cell(*content: nodes.Node) -> nodes.entry:
    return nodes.entry("", nodes.paragraph("", "", *content))


def _table(widths: tuple[int, ...], head: tuple[str, ...], rows: Iterable[tuple[nodes.Node, ...]]) -> nodes.table:
    group = nodes.tgroup(cols=len(widths))
    group += [nodes.colspec(colwidth=width) for width in widths]
    group += nodes.thead("", nodes.row("", *(_cell(nodes.Text(title)) for title in head)))
    group += nodes.tbody("", *(nodes.row("", *(_cell(cell) for cell in row)) for row in rows))
    return nodes.table("", group, classes=["colwidths-given"])


def _code(text: str) -> nodes.literal:
    return nodes.literal(text, text)


class QuantitiesOf(SphinxDirective):
    """`{vocabulary} items reliability/omega`: the quantities of these words, as results name them."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        found = nodes.definition_list()
        for domain in directives.unchanged_required(self.arguments[0]).split():
            for key, term in _file("en", domain).quantities.items():
                line = nodes.term("", "", _code(key), nodes.Text(" "), *_named(term.name, term.symbol))
                body = nodes.definition("", nodes.paragraph("", f"{term.definition} {_range(term.range)}".strip()))
                found += nodes.definition_list_item("", line, body)
        return [found]


def _named(name: str, symbol: str) -> list[nodes.Node]:
    """The name, and the symbol where the name does not end with it."""
    return [*_symbol(name), *([] if not symbol or name.endswith(symbol) else [nodes.Text(", "), *_symbol(symbol)])]


def _symbol(text: str) -> Iterator[nodes.Node]:
    """`H_ij` and `H^T` as they are printed."""
    for piece in re.findall(r"[_^][^_^]+|[^_^]+", text):
        kind = {"_": nodes.subscript, "^": nodes.superscript}.get(piece[0])
        yield nodes.Text(piece) if kind is None else kind("", piece[1:])


def _range(text: str) -> str:
    return f"({text})" if text else ""


class GlossaryTables(SphinxDirective):
    """Every word that results, tables, plots and the report use, in English and Danish."""

    def run(self) -> list[nodes.Node]:
        english, danish = vocabulary("en"), vocabulary("da")
        return [
            self._terms("Analyses", "analysis", english.analyses, danish.analyses),
            self._terms("Quantities", "quantity", english.quantities, danish.quantities),
            self._terms("Columns", "column", english.columns, danish.columns),
            self._words("Methods", "method", english.methods, danish.methods),
            self._words("Notes", "note", english.notes, danish.notes),
        ]

    def _section(self, title: str, content: nodes.Node) -> nodes.section:
        section = nodes.section(ids=[title.lower()], names=[title.lower()])
        section += nodes.title(title, title)
        section += content
        return section

    def _terms(self, title: str, kind: str, english: dict[str, Any], danish: dict[str, Any]) -> nodes.section:
        items = nodes.definition_list()
        for key, term in sorted(english.items(), key=lambda pair: pair[1].name.lower()):
            other = danish[key]
            line = nodes.term(ids=[f"{kind}-{key.replace('_', '-')}"])
            line += [nodes.strong("", "", *_symbol(term.name)), nodes.Text(" · "), nodes.emphasis("", "", *_symbol(other.name))]
            if term.symbol and not term.name.endswith(term.symbol):
                line += [nodes.Text(" · "), *_symbol(term.symbol)]
            line += [nodes.Text(" · "), _code(key)]
            body = nodes.definition("", nodes.paragraph("", f"{term.definition} {_range(term.range)}".strip()))
            body += nodes.paragraph("", "", nodes.emphasis("", f"{other.definition} {_range(other.range)}".strip()))
            items += nodes.definition_list_item("", line, body)
        return self._section(title, items)

    def _words(self, title: str, kind: str, english: dict[str, str], danish: dict[str, str]) -> nodes.section:
        rows = [(_code(key), nodes.Text(words), nodes.Text(danish[key])) for key, words in sorted(english.items())]
        return self._section(title, _table((24, 38, 38), (kind, "English", "Dansk"), rows))


class Pictures(SphinxDirective):
    """Kinds of pictures of each analysis that has its own."""

    def run(self) -> list[nodes.Node]:
        modules = {name: part(name, "plot") for name in ANALYSES}
        rows = (
            (_code(name), nodes.inline("", "", *(piece for kind in module.KINDS for piece in (_code(kind), nodes.Text("  ")))))
            for name, module in modules.items()
            if module is not None
        )
        return [_table((30, 70), ("result of", "kinds, the first by default"), rows)]


# ---------------------------------------------------------------- public names

_ROOMS = {
    "Data": ("survey.",),
    "Analyses": ("topics.", "core.results."),
    "Report and notebooks": ("reporting.", "notebooks."),
    "Synthetic data": ("simulation.",),
    "Verification": ("verification.",),
    "Errors": ("core.errors.",),
}


def _beside() -> Iterator[type]:
    """What public functions return beside what the package exports: every result with numbers of its own by name."""
    yield from (Result, Statistic)
    for name in functions():
        kind = get_type_hints(getattr(omstilling_psychometrics, name))["return"]
        if any(not member.startswith("_") for member in vars(kind).keys() - {"analysis", "headline"}):
            yield kind
    yield from (Verification, Line)


class PublicApi(SphinxDirective):
    """The names in `omstilling_psychometrics.__all__`, room by room."""

    def run(self) -> list[nodes.Node]:
        lines = StringList([line for room in _ROOMS for line in self._room(room)], source="public-api")
        holder = nodes.section()
        holder.document = self.state.document
        self.state.nested_parse(lines, self.content_offset, holder, match_titles=True)
        return list(holder.children)

    def _room(self, room: str) -> Iterator[str]:
        known = {name: f"{omstilling_psychometrics._homes()[name]}.{name}" for name in omstilling_psychometrics.__all__}
        here = [
            (getattr(omstilling_psychometrics, name), name) for name, home in known.items() if home.startswith(_ROOMS[room])
        ]
        for kind in dict.fromkeys(_beside()):
            place = f"{kind.__module__}.{kind.__name__}".removeprefix("omstilling_psychometrics.")
            if place.startswith(_ROOMS[room]):
                here.append((kind, place))
        yield from (room, "-" * len(room), "")
        for described, name in sorted(here, key=lambda pair: isinstance(pair[0], type)):
            yield f".. auto{'class' if isinstance(described, type) else 'function'}:: omstilling_psychometrics.{name}"
            if isinstance(described, type):
                yield "   :members:"
                # What stands in a base that is not public itself; those that are have their own entry.
                yield "   :inherited-members: BaseException, ResponsePatterns, Result, Struct, object"
            yield ""


def as_written(app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    """Docstrings are prose with `code` and indented formulas, sections (`Parameters` and so on, which napoleon reads after
    this) and examples: nothing else in them is markup."""
    result: list[str] = []
    literal = example = section = False
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        section = section or bool(re.fullmatch("-+", following))
        example = (example or line.startswith(">>>")) and bool(line.strip())
        indented = line.startswith("    ") and not section
        if indented and not literal:
            result += ["::", ""]
        if line.strip():
            literal = indented
        field = section and re.match(r"[\w*]+ : ", line)
        result.append(line if indented or example or field else _escaped(line))
    lines[:] = result


def _escaped(line: str) -> str:
    parts = re.split(r"(`+[^`]+`+)", line)
    return "".join(
        f"``{part.strip('`')}``" if part.startswith("`") else re.sub(r"([*|\\]|_(?=\W|$))", r"\\\1", part) for part in parts
    )


# ---------------------------------------------------------------- formulas


def _inline(writer: Any, node: nodes.Element) -> None:
    writer.body.append(convert(node.astext(), display="inline"))
    raise nodes.SkipNode


def _block(writer: Any, node: nodes.Element) -> None:
    writer.body.append(f'<div class="math">{convert(node.astext(), display="block")}</div>')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("vocabulary", QuantitiesOf)
    app.add_directive("glossary-tables", GlossaryTables)
    app.add_directive("pictures", Pictures)
    app.add_directive("public-api", PublicApi)
    app.add_html_math_renderer("mathml", inline_renderers=(_inline, None), block_renderers=(_block, None))
    app.connect("autodoc-process-docstring", as_written, priority=400)
    return {"parallel_read_safe": True}
