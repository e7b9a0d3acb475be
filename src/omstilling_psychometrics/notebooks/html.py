"""An executed notebook as one HTML file that makes no request: styles inside, formulas as MathML, no scripts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from importlib import resources

from .shelf import Notebook, title

_NOTEBOOK = re.compile(r"^(\d\d_\w+)\.ipynb$")

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def to_html(notebook: Notebook, *, neighbours: Sequence[tuple[str, str]] = ()) -> str:
    """The notebook as an HTML document; neighbours: (file, title) of the notebooks it stands among."""
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(template_name="basic", filters={"markdown2html": markdown})  # type: ignore[no-untyped-call]
    exporter.exclude_input_prompt = exporter.exclude_output_prompt = True
    body, _ = exporter.from_notebook_node(notebook)
    return _document(title(notebook), _navigation(neighbours, title(notebook)) + f"<main>\n{body}\n</main>")


def index_html(entries: Sequence[tuple[str, str, str]]) -> str:
    """A page of contents from (file, title, question) of each notebook."""
    items = "\n".join(
        f'<li><a href="{escape(file)}">{escape(name)}</a><p>{escape(asked)}</p></li>' for file, name, asked in entries
    )
    return _document("Notebooks", f'<main><h1>Notebooks</h1>\n<ol class="index">\n{items}\n</ol></main>')


def markdown(source: str) -> str:
    """Markdown as HTML, its formulas as MathML, which browsers draw without a script."""
    from latex2mathml.converter import convert
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    class Renderer(IPythonRenderer):
        def block_math(self, body: str) -> str:
            return f'<div class="formula">{convert(body, display="block")}</div>\n'

        def inline_math(self, body: str) -> str:
            return str(convert(body, display="inline"))

        def link(self, text: str, url: str, title: str | None = None) -> str:
            page = _NOTEBOOK.sub(r"\1.html", url)  # the pages stand beside each other as the notebooks do
            return str(super().link(text, page, title))

    return str(MarkdownWithMath(renderer=Renderer(escape=True, exclude_anchor_links=True)).render(source))


def _navigation(neighbours: Sequence[tuple[str, str]], here: str) -> str:
    if not neighbours:
        return ""
    items = "\n".join(
        f'<li><a href="{escape(file)}"{" aria-current=" + chr(34) + "page" + chr(34) if name == here else ""}>'
        f"{escape(name)}</a></li>"
        for file, name in neighbours
    )
    return f'<nav aria-label="Notebooks"><ol>\n{items}\n</ol></nav>\n'


def _document(name: str, body: str) -> str:
    style = resources.files(__package__).joinpath("style.css").read_text(encoding="utf-8")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(name)}</title>\n<style>\n{style}\n</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )
