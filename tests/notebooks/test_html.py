"""A notebook as HTML: one file, no requests, formulas without a script."""

from __future__ import annotations

import re

import nbformat

from omstilling_psychometrics.notebooks.html import index_html, markdown, to_html


def notebook() -> object:
    output = nbformat.v4.new_output("execute_result", {"text/html": "<table><tr><td>1</td></tr></table>", "text/plain": "1"})
    picture = nbformat.v4.new_output("display_data", {"image/png": "iVBORw0KGgo=", "text/plain": "[plot: it]"})
    picture.metadata = {"image/png": {"alt": "what <it> shows"}}
    cell = nbformat.v4.new_code_cell("x = '<&>'", outputs=[output, picture], execution_count=1)
    words = "# Title <1>\n\n> Why?\n\n$\\alpha_i < 1$ and [notebook 3](03_reliability.ipynb)"
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(words), cell])


def test_the_page_makes_no_request_and_runs_no_script() -> None:
    page = to_html(notebook(), neighbours=[("03_reliability.html", "3. Reliability")])
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in page
    assert "<script" not in page
    assert not re.search(r"(src|href)=\"(https?:)?//", page)
    assert "@import" not in page


def test_outputs_and_descriptions_are_in_it() -> None:
    page = to_html(notebook())
    assert "<td>1</td>" in page
    assert 'alt="what &lt;it&gt; shows"' in page
    assert "&lt;&amp;&gt;" in page  # code
    assert "<title>Title &lt;1&gt;</title>" in page


def test_formulas_become_mathml() -> None:
    assert "<math" in markdown("in line $\\alpha$")
    block = markdown("$$\\frac{a}{b}$$")
    assert 'display="block"' in block
    assert "<mfrac>" in block
    assert "$" not in block


def test_links_to_notebooks_lead_to_their_pages() -> None:
    assert 'href="03_reliability.html"' in markdown("[x](03_reliability.ipynb)")
    assert 'href="https://example.org/a.ipynb"' in markdown("[x](https://example.org/a.ipynb)")


def test_markup_in_prose_is_escaped() -> None:
    assert "<script>" not in markdown("<script>alert(1)</script>")


def test_the_page_of_contents_escapes_and_links() -> None:
    page = index_html([("01_a.html", "A <b>", "Why & how?")])
    assert '<a href="01_a.html">A &lt;b&gt;</a>' in page
    assert "Why &amp; how?" in page


def test_the_notebook_one_is_on_is_marked() -> None:
    page = to_html(notebook(), neighbours=[("01.html", "Title <1>"), ("02.html", "Other")])
    assert '<a href="01.html" aria-current="page">Title &lt;1&gt;</a>' in page
    assert page.count('aria-current="page"') == 1
