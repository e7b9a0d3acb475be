"""The one cell at the top of each notebook that says which file, and the same cell for another file."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from ..core.errors import OmstillingError
from .shelf import Notebook

# The tag of the cell, as other tools for notebooks with parameters know it.
TAG = "parameters"

# The tag of cells that speak of the committed file; another file's notebook goes without them.
SYNTHETIC = "synthetic"

Value = str | int | float | None


def tags(cell: Notebook) -> tuple[str, ...]:
    """Tags of a cell."""
    return tuple(cell.metadata.get("tags", ()))


def values(notebook: Notebook) -> dict[str, Value]:
    """Names and values that the parameter cell assigns."""
    tree = ast.parse(_cell(notebook).source)
    return {name: ast.literal_eval(value) for name, value in _assigned(tree)}


def with_values(notebook: Notebook, given: Mapping[str, Value]) -> Notebook:
    """The notebook with other values in its parameter cell, each through `repr`, and without what it says of its own file.

    Names that the cell does not have are left out: not every notebook draws random numbers.
    """
    import nbformat

    copy = nbformat.from_dict(notebook)  # type: ignore[no-untyped-call]
    copy.cells = [cell for cell in copy.cells if SYNTHETIC not in tags(cell)]
    cell = _cell(copy)
    lines = cell.source.splitlines()
    for name, value in _assigned(ast.parse(cell.source)):
        if name in given:
            if value.lineno != value.end_lineno:
                raise OmstillingError(f"the parameter {name} of a notebook stands on several lines; one is needed.")
            line = lines[value.lineno - 1].encode("utf-8")  # ast counts bytes
            new = repr(given[name]).encode("utf-8")
            lines[value.lineno - 1] = (line[: value.col_offset] + new + line[value.end_col_offset :]).decode("utf-8")
    cell.source = "\n".join(lines)
    return copy


def _cell(notebook: Notebook) -> Notebook:
    cells = [cell for cell in notebook.cells if cell.cell_type == "code" and TAG in tags(cell)]
    if len(cells) != 1:
        raise OmstillingError(f"a notebook has {len(cells)} cells tagged '{TAG}'; one is needed.")
    return cells[0]


def _assigned(tree: ast.Module) -> list[tuple[str, ast.expr]]:
    return [
        (statement.targets[0].id, statement.value)
        for statement in tree.body
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1 and isinstance(statement.targets[0], ast.Name)
    ]
