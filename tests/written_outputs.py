"""Everything that is written of a file of answers, and the two lines of it that withheld people may change."""

from __future__ import annotations

import ast
import io
import re
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from omstilling_psychometrics.core.errors import DataError
from omstilling_psychometrics.notebooks.parameters import with_values
from omstilling_psychometrics.notebooks.shelf import shelf
from omstilling_psychometrics.reporting.validation import validate
from omstilling_psychometrics.survey.parquet import write_counts
from omstilling_psychometrics.survey.patterns import ResponsePatterns
from omstilling_psychometrics.survey.reading import read
from random_surveys import Survey

# The two lines of the account, in every form that it is written in.
TWO_LINES = re.compile(
    (
        r'^ *"(read|rows_read|withheld)": ?\d+,?$'
        r'|^<tr><th scope="row">(read|læst|− withheld: [^<]*|− tilbageholdt: [^<]*)</th><td class="n">[\d.,]+</td></tr>$'
        r"|^(read|− withheld: .*) [\d,]+$"
        r"|^ *rows read [\d,]+ = analysed [\d,]+ \+ left out [\d,]+$"
        r"|^ *[\d,]+ withheld: too few respondents or leaders$"
    ).encode()
)


def different_lines(one: bytes, other: bytes) -> list[tuple[bytes, bytes]]:
    """Lines that differ, but for the two lines of the account; the lines of texts may be padded otherwise for them."""
    if one == other:
        return []
    first, second = ([re.sub(rb"  +", b" ", line) for line in text.split(b"\n")] for text in (one, other))
    if len(first) != len(second):
        return [(b"%d lines" % len(first), b"%d lines" % len(second))]
    pairs = [(mine, theirs) for mine, theirs in zip(first, second, strict=True) if mine != theirs]
    return [pair for pair in pairs if not all(TWO_LINES.match(line) for line in pair)]


def written(file: Path, one: Survey, names: Sequence[str], language: Literal["da", "en"]) -> dict[str, bytes]:
    """What is written of a file: results, report with its plots, texts of the terminal, counts."""
    answers = read(file, instrument=one.instrument, by=one.background)
    found = validate(answers, names, rng=1, by=one.by, roles=one.roles, disclosure=one.policy)
    target = file.parent
    found.write_results(target / "results.json")
    found.write_report(target / "report.html", language)
    outputs = {name: (target / name).read_bytes() for name in ("results.json", "report.html")}
    outputs["text"] = f"{found.answers!r}\n{found.overview()}".encode()
    outputs["counts"] = counts(file, one)
    outputs["export"] = exported(answers, target / "export", one)
    outputs["scores"] = scores(file, one)
    return outputs


def scores(file: Path, one: Survey) -> bytes:
    """The file of scores of leaders."""
    target = file.parent / "scores.csv"
    read(file, instrument=one.instrument).scores(unit="leader", disclosure=one.policy).write(target)
    return target.read_bytes()


def exported(answers: ResponsePatterns, folder: Path, one: Survey) -> bytes:
    """Counts for R and for Mplus, with their scripts; why there are none."""
    try:
        for program in ("lavaan", "mplus"):
            answers.export(folder, program, disclosure=one.policy)
    except DataError as error:
        return str(error).encode()
    return b"\n".join(path.name.encode() + b"\n" + path.read_bytes() for path in sorted(folder.iterdir()))


def counts(file: Path, one: Survey) -> bytes:
    """The rows of the file of counts, and what it says of itself, line by line; why there is none."""
    import pyarrow.parquet

    answers = read(file, instrument=one.instrument, by=[one.by] if one.by in one.background else [])
    keep = ["organisation"] if "organisation" in answers.keys else []
    try:
        write_counts(answers, file.parent / "counts.parquet", keep=keep, disclosure=one.policy)
    except DataError as error:
        return str(error).encode()
    table = pyarrow.parquet.read_table(file.parent / "counts.parquet")
    about = table.schema.metadata[b"omstilling_psychometrics"]
    return repr(table.to_pydict()).encode() + b"\n" + re.sub(rb"[,{}]", rb"\n\g<0>\n", about)


def shown(name: str, file: Path, one: Survey) -> bytes:
    """What a notebook shows of a file: its cells are run here, and everything that they print or display is kept."""
    notebook = next(each for each in shelf() if each.name == name).open()
    given: dict[str, str | int | float | None] = {
        "FILE": str(file),
        "INSTRUMENT": str(file.parent / "scale.toml"),
        "MINIMUM_RESPONDENTS": one.policy.minimum_respondents,
        "MINIMUM_LEADERS": one.policy.minimum_leaders,
    }
    text = io.StringIO()

    def display(value: Any) -> None:
        print(repr(value))
        for form in ("_repr_html_", "_repr_png_"):
            if hasattr(value, form):
                print(getattr(value, form)())

    scope: dict[str, Any] = {"display": display}
    # What a notebook sets of pandas is its own.
    with redirect_stdout(text), pd.option_context("display.float_format", None, "display.max_colwidth", 50):
        for cell in with_values(notebook, given).cells:
            if cell.cell_type == "code":
                # Simulated surveys of the notebook's own: a few, since no file is in them.
                body = ast.parse(cell.source.replace("REPLICATIONS = 50", "REPLICATIONS = 2")).body
                last = body.pop() if isinstance(body[-1], ast.Expr) else None
                exec(compile(ast.Module(body, []), name, "exec"), scope)
                if (
                    isinstance(last, ast.Expr)
                    and (value := eval(compile(ast.Expression(last.value), name, "eval"), scope)) is not None
                ):
                    display(value)
    return text.getvalue().encode()
