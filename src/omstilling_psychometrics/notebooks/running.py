"""`omstilling notebooks`: every notebook on somebody's own file, executed, as .ipynb and as HTML."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path

from ..core.errors import UsageError, require
from ..core.files import atomic_path, output_folder
from ..survey.disclosure import Disclosure
from ..survey.instrument import load_instrument
from ..survey.reading import read
from .execution import execute
from .html import index_html, to_html
from .parameters import Value, with_values
from .shelf import question, shelf, title

# What the extra brings, by import name.
_EXTRA = ("nbformat", "nbclient", "nbconvert", "ipykernel", "latex2mathml", "pingouin")

Progress = Callable[[str], None]


def run_notebooks(
    file: str | Path,
    output: str | Path,
    *,
    instrument: str | Path | None = None,
    codebook: str | Path | None = None,
    seed: int = 1,
    disclosure: Disclosure | None = None,
    progress: Progress = lambda name: None,
) -> tuple[Path, ...]:
    """Execute the notebooks on a file and write them, and an HTML page of each, to a folder.

    All are written, or none: a file that cannot be read is refused before any notebook starts, and a notebook that stops is
    named together with its cell. The written notebooks hold paths relative to `output` and run again where they are.

    Parameters
    ----------
    file : str or pathlib.Path
        Answers, as `read` takes them.
    output : str or pathlib.Path
        Folder to write to.
    instrument : str or pathlib.Path, optional
        Path of the instrument file.
    codebook : str or pathlib.Path, optional
        Path of the codebook file.
    seed : int, default 1
        Of everything random.
    disclosure : Disclosure, optional
        The policy; the default one if none is given.
    progress : callable, optional
        Told the name of each notebook before it runs.

    Returns
    -------
    tuple of pathlib.Path
        The files, `index.html` first.

    Raises
    ------
    UsageError
        Where the extra for notebooks is not installed.
    DataError
        For everything else.

    See Also
    --------
    Page : What the notebooks print with.
    report : One HTML file without code instead.
    validate : Results and rows of the same analyses.

    Examples
    --------
    A file that is not there is refused before any notebook runs.

    >>> import omstilling_psychometrics as op
    >>> try:
    ...     op.run_notebooks("no_such_answers.csv", "validation")
    ... except op.DataError as error:
    ...     print(error)
    the file 'no_such_answers.csv' cannot be read: No such file or directory.
    """
    require_extra()
    require(file, (str, Path), "the file", "the path of a file of answers, which the notebooks then read themselves")
    with output_folder(output) as folder_made:
        folder = folder_made.resolve()
        read(file, instrument=load_instrument(instrument), codebook=codebook)
        given = _given(file, folder, instrument, codebook, seed, disclosure or Disclosure())
        return _write(_executed(given, folder, progress), folder)


def require_extra() -> None:
    """Raises UsageError unless everything that notebooks need is installed."""
    if missing := [name for name in _EXTRA if find_spec(name) is None]:
        raise UsageError(
            f"notebooks need more than the package itself ({', '.join(missing)} missing). "
            "Install it with: pip install 'omstilling-psychometrics[notebooks]'"
        )


def _given(
    file: str | Path,
    folder: Path,
    instrument: str | Path | None,
    codebook: str | Path | None,
    seed: int,
    disclosure: Disclosure,
) -> dict[str, Value]:
    return {
        "FILE": _relative(file, folder),
        "INSTRUMENT": _relative(instrument, folder),
        "CODEBOOK": _relative(codebook, folder),
        "SEED": seed,
        "MINIMUM_RESPONDENTS": disclosure.minimum_respondents,
        "MINIMUM_LEADERS": disclosure.minimum_leaders,
    }


def _relative(path: str | Path | None, folder: Path) -> str | None:
    """The path as seen from the folder, so that what is written names no home folder; on another drive, as it is."""
    if path is None:
        return None
    absolute = Path(path).resolve()
    try:
        return Path(os.path.relpath(absolute, folder)).as_posix()
    except ValueError:
        return absolute.as_posix()


def _executed(given: dict[str, Value], folder: Path, progress: Progress) -> dict[str, str]:
    """Content of every file by name, `index.html` first."""
    import nbformat

    notebooks = {}
    for page in shelf():
        progress(page.name)
        notebooks[page.name] = execute(with_values(page.open(), given), name=page.name, folder=folder)
    neighbours = [(f"{name}.html", title(notebook)) for name, notebook in notebooks.items()]
    files = {
        "index.html": index_html(
            [(f"{name}.html", title(notebook), question(notebook)) for name, notebook in notebooks.items()]
        )
    }
    for name, notebook in notebooks.items():
        files[f"{name}.html"] = to_html(notebook, neighbours=neighbours)
        files[f"{name}.ipynb"] = f"{nbformat.writes(notebook)}\n"  # type: ignore[no-untyped-call]
    return files


def _write(files: dict[str, str], folder: Path) -> tuple[Path, ...]:
    """Write all files, or none of them."""
    with ExitStack() as stack:
        for name, content in files.items():
            stack.enter_context(atomic_path(folder / name)).write_bytes(content.encode("utf-8"))
    return tuple(folder / name for name in files)
