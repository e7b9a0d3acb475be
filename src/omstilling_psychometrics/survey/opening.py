"""What kind of file or frame the answers stand in: opened by it, and checked for form, before anything is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from itertools import chain
from pathlib import Path

from ..core.errors import DataError, cannot_read
from ..core.files import refuse_pipe, sha256
from .account import SYNTHETIC, Source
from .codebook import NOT_SHOWN_KEY, Codebook
from .coding import SIGNS_FOR_NOTHING, meanings
from .columns import distinct_names
from .delimited import examine
from .frames import FrameTable, engine_failures, index_name, open_frame
from .header import Sought
from .instrument import RESERVED_COLUMNS
from .parquet_file import open_parquet
from .scale import Instrument
from .statistics_file import open_statistics_file
from .table import Table
from .text import normalised
from .workbook import open_workbook

# Files that `omstilling simulate` writes; what the exports among them hold near their beginning, whatever the seed (the name of
# the writing program in the .sav, a domain reserved for examples in the e-mail column); and the tidy file of the shipped seed.
_SIMULATED = ("answers", "raw_export")
_SIMULATED_MARKS = (b"@(#) SPSS DATA FILE - synthetic survey", b"@opdigtet.example")
_SIMULATED_SHA256 = "63b14aad061e4e66aacd40fd83bda276b2714dfdfa838ef95d7063ef1448a06d"

_ENDINGS_OF = {"Excel": (".xlsx", ".xlsm"), "SPSS": (".sav", ".zsav"), "Stata": (".dta",), "Parquet": (".parquet",)}


def open_table(source: object, instrument: Instrument, codebook: Codebook, by: Sequence[str] = ()) -> Table:
    """The source, opened and checked for form, but not read. Raises DataError where it is not what its name says, and
    RowsAroundHeader, which says with what [file] it can be opened, where rows that are no answers stand around the header."""
    if not isinstance(source, (str, Path)):
        _refuse_rows_of_header(codebook, "a data frame")
        return open_frame(source)
    path = existing(source)
    wanted = _sought(instrument, codebook, by)
    ending = path.suffix.lower()
    if ending not in (".xlsx", ".xlsm") and ending in chain(*_ENDINGS_OF.values()):
        _refuse_rows_of_header(codebook, path.name)
    _refuse_wrong_ending(path, ending)
    if ending in (".sav", ".zsav", ".dta"):
        table = open_statistics_file(path, codebook.file)
        return replace(table, notes=table.notes + _synthetic(path, table.source))
    if ending in (".xlsx", ".xlsm"):
        return open_workbook(path, codebook.file, wanted)
    if ending == ".parquet":
        return open_parquet(path)
    return _delimited(path, codebook, wanted)


def _sought(instrument: Instrument, codebook: Codebook, by: Sequence[str]) -> Sought:
    """The names and answers by which a header is told from what stands around it."""
    items = [codebook.columns.get(item, item) for item in instrument.item_keys]
    rules = [rule.column for rule in (codebook.not_shown, *codebook.left_out) if rule is not None]
    names = (*codebook.columns.values(), *(key for key in RESERVED_COLUMNS if key not in codebook.columns), *rules, *by)
    known = meanings(instrument, codebook)
    return Sought(
        frozenset(normalised(name) for name in items if name != NOT_SHOWN_KEY),
        frozenset(map(normalised, names)),
        frozenset((*known.explicit, *known.words, *known.numbers, *SIGNS_FOR_NOTHING)),
    )


def _refuse_rows_of_header(codebook: Codebook, source: str) -> None:
    """DataError where the codebook speaks of rows above the answers and the names are not in rows."""
    for name in ("header_rows", "skip_rows"):
        if getattr(codebook.file, name) is not None:
            raise DataError(
                f"{source}: {name} under [file] is for text and Excel files. Take such rows out, and the line out of the "
                "codebook."
            )


def _content_kind(start: bytes) -> str | None:
    """What the first bytes of a file say that it is; None for text and for everything unknown."""
    if start.startswith(b"PK\x03\x04"):
        return "Excel"
    if start[:4] in (b"$FL2", b"$FL3"):
        return "SPSS"
    if start.startswith((b"<stata_dta>", b"\x72\x01\x01", b"\x72\x02\x01", b"\x73\x01\x01", b"\x73\x02\x01")):
        return "Stata"
    return "Parquet" if start.startswith(b"PAR1") else None


def _refuse_wrong_ending(path: Path, ending: str) -> None:
    """DataError where the first bytes contradict the ending."""
    with path.open("rb") as stream:
        start = stream.read(16)
    if not start:
        raise DataError(f"{path.name}: the file is empty. Export the answers again.")
    if start.startswith(b"\xd0\xcf\x11\xe0") or ending in (".xls", ".xlsb", ".ods"):
        raise DataError(
            f"{path.name}: an old Excel workbook (.xls), one protected by a password, or another kind of workbook. "
            "Open it and save it as .xlsx without a password."
        )
    found = _content_kind(start)
    declared = next((kind for kind, endings in _ENDINGS_OF.items() if ending in endings), None)
    if found is not None and found != declared:
        raise DataError(
            f"{path.name}: the content is a file of {found} (or a zip archive), but the name ends in '{ending}'. Give it the "
            f"ending {' or '.join(_ENDINGS_OF[found])}, or unpack it."
        )
    if found is None and declared is not None and declared != "Stata":
        raise DataError(f"{path.name}: this is not a file of {declared}, whatever its name says. Export the answers again.")


def existing(source: str | Path) -> Path:
    """The absolute path of a file that can be opened. Raises DataError."""
    path = Path(source)
    if any("\udc80" <= sign <= "\udcff" for sign in str(path)):
        readable = str(path).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        raise DataError(f"the name of the file '{readable}' is not UTF-8. Give the file another name.")
    try:
        if path.is_dir():
            raise DataError(f"'{path}' is a folder. Name a file in it.")
        refuse_pipe(path)
        with path.open("rb"):
            pass
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        raise DataError(cannot_read("the file", path, error)) from error
    return path.absolute()


def _synthetic(path: Path, source: Source | None) -> tuple[str, ...]:
    """The note of simulated answers for files that `omstilling simulate` wrote: those that bear its mark wherever they are, and
    those that lie where it put them, beside their truth."""
    with path.open("rb") as stream:
        start = stream.read(4096)
    marked = any(mark in start for mark in _SIMULATED_MARKS) or (source is not None and source.sha256 == _SIMULATED_SHA256)
    beside = path.parent / "truth.json"
    if not marked and path.stem.startswith(_SIMULATED) and beside.is_file():
        with beside.open("rb") as stream:
            marked = b'"synthetic": true' in stream.read(64)
    return (SYNTHETIC,) if marked else ()


def _delimited(path: Path, codebook: Codebook, wanted: Sought) -> FrameTable:
    import narwhals as nw
    import polars as pl

    layout = examine(path, codebook.file, wanted)
    columns = distinct_names(layout.header.names)
    index = index_name(columns)
    source = Source(name=path.name, sha256=sha256(path))
    frame = pl.scan_csv(
        path if layout.content is None else BytesIO(layout.content),
        separator=layout.delimiter,
        infer_schema=False,
        new_columns=list(columns),
        row_index_name=index,
        glob=False,
    )
    return FrameTable(
        frame=nw.from_native(frame),
        name=path.name,
        columns=columns,
        source=source,
        facts={"format": "text", "encoding": layout.encoding, "delimiter": layout.delimiter, "rows": str(layout.rows)},
        notes=layout.notes + _synthetic(path, source),
        descriptions={columns[place]: text for place, text in layout.header.texts.items()},
        row_index=index,
        first_row=layout.header.rows + 1,
        failures=engine_failures(),
    )
