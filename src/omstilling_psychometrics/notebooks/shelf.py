"""The notebooks that come with the package: where they are, and what they are called."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core.errors import OmstillingError

# In a wheel the notebooks stand beside this file; in a checkout in the folder `notebooks` of the repository.
_FOLDERS = (Path(__file__).parent, Path(__file__).parents[3] / "notebooks")

Notebook = Any  # nbformat.NotebookNode, a dictionary with attributes; nbformat is an extra


@dataclass(frozen=True)
class Shelved:
    """One notebook: name without ending, and its file."""

    name: str
    path: Path

    def open(self) -> Notebook:
        """Its content."""
        import nbformat

        return nbformat.read(self.path, as_version=4)  # type: ignore[no-untyped-call]


def shelf() -> tuple[Shelved, ...]:
    """All notebooks, in their order. Raises OmstillingError where the installation has none."""
    for folder in _FOLDERS:
        if found := sorted(folder.glob("[0-9][0-9]_*.ipynb")):
            return tuple(Shelved(path.stem, path) for path in found)
    raise OmstillingError("this installation holds no notebooks. Install the package again, from its wheel or a checkout.")


def title(notebook: Notebook) -> str:
    """First heading of a notebook."""
    for cell in notebook.cells:
        for line in cell.source.splitlines() if cell.cell_type == "markdown" else ():
            if line.startswith("# "):
                return str(line[2:].strip())
    return ""


def question(notebook: Notebook) -> str:
    """The question it asks: the first line that is set as a quotation."""
    for cell in notebook.cells:
        for line in cell.source.splitlines() if cell.cell_type == "markdown" else ():
            if line.startswith("> "):
                return str(line[2:].strip())
    return ""
