"""Everything that is written of a file of answers, and the two lines of it that withheld people may change."""

from __future__ import annotations

import ast
import io
import re
import zipfile
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, Literal

import pandas

from omstilling_psychometrics.core.errors import DataError, OmstillingError, UsageError
from omstilling_psychometrics.core.results import Result
from omstilling_psychometrics.notebooks.parameters import with_values
from omstilling_psychometrics.notebooks.shelf import shelf
from omstilling_psychometrics.present.png import to_png
from omstilling_psychometrics.reporting.validation import validate
from omstilling_psychometrics.survey.parquet import write_counts
from omstilling_psychometrics.survey.patterns import ResponsePatterns
from omstilling_psychometrics.survey.reading import read
from omstilling_psychometrics.topics.invariance.analysis import invariance
from omstilling_psychometrics.topics.reliability.analysis import reliability
from random_surveys import Survey

# The two lines of the account, in every form that it is written in.
TWO_LINES = re.compile(
    (
        r'^ *"(read|rows_read|withheld)": ?\d+,?$'
        r'|^<tr><th scope="row">(read|læst|− withheld: [^<]*|− tilbageholdt: [^<]*)</th><td class="n">[\d.,]+</td></tr>$'
        r"|^<w:tr>.*<w:t[^>]*>(read|læst|− withheld: [^<]*|− tilbageholdt: [^<]*)</w:t>.*<w:t[^>]*>[\d.,]+</w:t>.*</w:tr>$"
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


def written(
    file: Path, one: Survey, names: Sequence[str], language: Literal["da", "en"], *, documents: bool = True
) -> dict[str, bytes]:
    """What is written of a file: results, report with its plots, texts of the terminal, evidence on items, counts; documents:
    the report as a Word document, and tables and a picture of each result, too."""
    answers = read(file, instrument=one.instrument, by=one.background)
    found = validate(answers, names, rng=1, by=one.by, roles=one.roles, disclosure=one.policy)
    target = file.parent
    found.write_results(target / "results.json")
    found.write_report(target / "report.html", language)
    outputs = {name: (target / name).read_bytes() for name in ("results.json", "report.html")}
    outputs["text"] = f"{found.answers!r}\n{found.overview()}".encode()
    outputs["items()"] = found.items().to_csv().encode()
    outputs["counts"] = counts(file, one)
    if documents:
        found.write_report(target / "report.docx", language)
        outputs["report.docx"] = lines_of_word(target / "report.docx")
        results = {one.name: one.result for one in found.analysed}  # of groups, those of one each are enough
        outputs["tables"] = b"".join(of_result(one, target, language) for one in results.values())
    return outputs


def written_without_groups(file: Path, one: Survey) -> dict[str, bytes]:
    """What takes no groups and no choice of roles: scores, export; comparisons of groups and differences of reliability."""
    answers = read(file, instrument=one.instrument, by=one.background)
    outputs = {"export": exported(answers, file.parent / "export", one), "scores": scores(answers, file.parent, one)}
    frame = pandas.read_csv(file, dtype=str, keep_default_na=False)
    again = read(frame, instrument=one.instrument, by=one.background)
    outputs["scores of a frame"] = scores(again, file.parent, one)
    outputs["groups"] = b"\n".join(grouped(answers, by, one) for by in ("role", "wave", "form"))
    return outputs


def grouped(answers: ResponsePatterns, by: str, one: Survey) -> bytes:
    """Reliability by group and its difference, and what changes item by item; or why there is none of it."""
    told: list[object] = [by]
    try:
        released = answers.released(one.policy)
        for role in released.roles or ("all",):
            own = released if role == "all" else released.of_roles(role)
            found = reliability(own, by=by)
            told += [found, found.to_frame().to_csv()]
            told += [invariance(own, by=by).item_changes().to_csv()]
    except OmstillingError as error:
        told.append(error)
    return "\n".join(map(str, told)).encode()


def of_result(result: Result, folder: Path, language: Literal["da", "en"]) -> bytes:
    """Tables for a paper and the first picture; why there is none."""
    told = [repr(result).encode()]
    for ending in ("tex", "docx", "xlsx"):
        try:
            file = result.write(folder / f"table.{ending}", language=language)
            told.append(file.read_bytes() if ending == "tex" else lines_of_word(file))
        except OmstillingError as error:
            told.append(str(error).encode())
    try:
        told.append(to_png(result.plot(language=language)))
    except OmstillingError as error:
        told.append(str(error).encode())
    return b"\n".join(told)


def lines_of_word(file: Path) -> bytes:
    """What is in a Word or Excel file, a paragraph, row or cell to a line."""
    with zipfile.ZipFile(file) as parts:
        content = b"\n".join(name.encode() + b"\n" + parts.read(name) for name in parts.namelist())
    # A row of a table is one line, as in the report.
    return re.sub(rb"(</w:tr>|</w:p>(?=<w:p[ >])|</row>|</w:tbl>)", rb"\1\n", content)


def scores(answers: ResponsePatterns, folder: Path, one: Survey) -> bytes:
    """The file of scores of leaders, and what is printed of it; or why leaders are not compared by a variable."""
    asked: dict[str, Any] = {"unit": "leader", "mark": (1 + one.c) / 2, "least_reliability": 0.2, "disclosure": one.policy}
    try:
        found = answers.scores(similar=one.background[0] if one.background else None, **asked)
    except UsageError as error:
        return str(error).encode() + repr(answers.scores(**asked)).encode()
    found.write(folder / "scores.csv")
    return (folder / "scores.csv").read_bytes() + repr(found).encode()


def exported(answers: ResponsePatterns, folder: Path, one: Survey) -> bytes:
    """Counts for R and for Mplus, with their scripts; why there are none."""
    try:
        for program in ("lavaan", "mirt", "mplus"):
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
    with redirect_stdout(text), pandas.option_context("display.float_format", None, "display.max_colwidth", 50):
        for cell in with_values(notebook, given).cells:
            if cell.cell_type == "code":
                # Simulated surveys of the notebook's own: a few, since no file is in them.
                body = ast.parse(cell.source.replace("REPLICATIONS = 50", "REPLICATIONS = 2")).body
                try:
                    run_cell(body, name, scope, display)
                except Exception as error:  # what a cell says that stops is shown as well
                    print(f"{type(error).__name__}: {error}")
    return text.getvalue().encode()


def run_cell(body: list[ast.stmt], name: str, scope: dict[str, Any], display: Callable[[Any], None]) -> None:
    """Runs a cell and displays the value of its last line."""
    last = body.pop() if isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), name, "exec"), scope)
    if isinstance(last, ast.Expr) and (value := eval(compile(ast.Expression(last.value), name, "eval"), scope)) is not None:
        display(value)
