"""Tables as LaTeX, with the rules of booktabs; long ones go on over pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..core.vocabulary import Language
from .blocks import Cell, Table
from .grid import Place, places
from .typesetting import pieces
from .wording import clean

# Rows beyond which a table does not fit on a page.
_ON_A_PAGE = 40

_ESCAPED = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}",
    '"': r"\textquotedbl{}", "[": "{[}", "]": "{]}",
}  # fmt: skip
# Signs that the fonts of LaTeX have in mathematics alone.
_MATHEMATICS = {
    "Δ": r"\Delta", "Φ": r"\Phi", "α": r"\alpha", "β": r"\beta", "θ": r"\theta", "κ": r"\kappa", "λ": r"\lambda", "μ": r"\mu",
    "ρ": r"\rho", "σ": r"\sigma", "τ": r"\tau",
    "φ": r"\varphi", "χ": r"\chi", "ψ": r"\psi", "ω": r"\omega", "−": "-", "√": r"\surd", "≈": r"\approx", "≤": r"\leq",
    "≥": r"\geq", "±": r"\pm", "·": r"\cdot", "²": "^2", "ᵢ": "_i", "ⱼ": "_j", "ᵀ": "^T", "₁": "_1", "₂": "_2", "₋": "_{-}",
    "₍": "_(", "₎": "_)", "○": r"\circ", "∞": r"\infty", "×": r"\times",
}  # fmt: skip
_TEXT = {
    "–": "--", "—": "---", "“": "``", "”": "''", "„": r"\quotedblbase{}", "…": r"\dots{}", "\N{NO-BREAK SPACE}": "~",
    "\N{SOFT HYPHEN}": r"\-", "«": r"\guillemotleft{}", "»": r"\guillemotright{}", "¸": r"\c{}",
}  # fmt: skip


def content(tables: Mapping[str, Table], language: Language) -> bytes:
    """The tables, one after the other, to be put into a document by \\input."""
    head = "% \\usepackage[T1]{fontenc} \\usepackage{booktabs,longtable}; long rows: \\usepackage{pdflscape} and \\small"
    return "\n\n".join([head, *(_table(table, language) for table in tables.values()), ""]).encode("utf-8")


def escaped(text: str) -> str:
    """A text as LaTeX prints it, nothing in it being a command."""
    signs = (f"${_MATHEMATICS[one]}$" if one in _MATHEMATICS else _TEXT.get(one, _ESCAPED.get(one, one)) for one in clean(text))
    return "".join(signs).replace("$$", "")


def _typeset(text: str, language: Language) -> str:
    forms = {"": "{}", "sub": r"\textsubscript{{{}}}", "sup": r"\textsuperscript{{{}}}"}
    return "".join(forms[position].format(escaped(part)) for part, position in pieces(text, language))


def _table(table: Table, language: Language) -> str:
    head, body = places(table.head), places(table.body)
    columns = max((place.column + place.cell.columns for line in (*head, *body) for place in line), default=1)
    numeric = {place.column for line in body for place in line if place.cell.number}
    letters = "".join("r" if column in numeric else "l" for column in range(columns))
    ruled = [r"\toprule", *(_line(line, columns, language) for line in head), r"\midrule"]
    lines = [_line(line, columns, language) for line in body]
    caption = f"\\caption{{{_typeset(table.caption, language)}}}"
    notes = [_typeset(table.remark, language)] if table.remark else []
    notes += [rf"\textsuperscript{{{escaped(mark)}}} {_typeset(text, language)}" for mark, text in table.notes]
    below = [r"{\footnotesize " + r"\par ".join(notes) + r"\par}"] if notes else []
    columns_of = f"{{@{{}}{letters}@{{}}}}"
    if len(lines) > _ON_A_PAGE:
        top = [rf"\begin{{longtable}}{columns_of}", f"{caption}\\\\", *ruled, r"\endfirsthead", *ruled, r"\endhead"]
        return "\n".join([*top, *lines, r"\bottomrule", r"\end{longtable}", *below])
    inside = [rf"\begin{{tabular}}{columns_of}", *ruled, *lines, r"\bottomrule", r"\end{tabular}"]
    return "\n".join([r"\begin{table}", caption, *inside, *([r"\par", *below] if below else []), r"\end{table}"])


def _line(line: Sequence[Place], columns: int, language: Language) -> str:
    cells = [""] * columns
    gone = set()
    for place in line:
        cells[place.column] = "" if place.below else _cell(place.cell, language)
        if place.cell.columns > 1:
            cells[place.column] = rf"\multicolumn{{{place.cell.columns}}}{{c}}{{{cells[place.column]}}}"
            gone |= set(range(place.column + 1, place.column + place.cell.columns))
    return " & ".join(cell for column, cell in enumerate(cells) if column not in gone) + r" \\"


def _cell(cell: Cell, language: Language) -> str:
    marks = rf"\textsuperscript{{{escaped(','.join(cell.marks))}}}" if cell.marks else ""
    detail = f" {_typeset(cell.detail, language)}" if cell.detail else ""
    return f"{_typeset(cell.text, language)}{detail}{marks}"
