"""What an SPSS or Stata file holds, read by pyreadstat, whose C code may crash on a damaged file.

Run as a module it reads for another process (`statistics_process`): a line of JSON on standard input asks, an Arrow stream on
standard output answers. Nothing goes to disk.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec

from .text import briefly, raw_text

if TYPE_CHECKING:
    import pyarrow as pa

# What the process says first: that it is ours and has everything it needs.
GREETING = b"omstilling reads statistics files\n"

# Where in an answer that is no table the rest of it stands.
_REFUSAL, _METADATA = b"refusal", b"metadata"

# Memory that reading may take beside what the packages themselves hold: enough for everything a small file can hold, and for a
# large one so many times its size (a compressed number is one byte in the file, eight in memory and some more on its way).
_MEMORY, _MEMORY_PER_BYTE = 1 << 30, 100

# Each value takes a byte in these files, and what is packed besides (.zsav) shrinks to a 1,032nd at most.
_PACKED = 1032

Value = float | int | str


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of a file: its metadata, or (with `columns`) values; rows: the first ones, 0 for all."""

    path: str
    encoding: str | None = None
    columns: list[str] | None = None
    rows: int = 0


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """What a file says of its variables, under the names of pyreadstat."""

    column_names: list[str]
    column_names_to_labels: dict[str, str]
    variable_value_labels: dict[str, dict[Value, str]]
    missing_user_values: dict[str, list[Value]]
    missing_ranges: dict[str, list[dict[str, Value]]]
    readstat_variable_types: dict[str, str]
    file_encoding: str | None
    file_format: str


class Unreadable(Exception):
    """The file is damaged or has another encoding than it says; the text says what was found."""


def answer(request: Request) -> pa.Table:
    """The columns asked for; without `columns` a table of none whose metadata are those of the file. Raises Unreadable."""
    import pyarrow as pa

    try:
        about = _read(request, metadataonly=True)[1]
        if not all(about.column_names):
            raise Unreadable("a variable has no name")
        if request.columns is None:
            encoded = msgspec.msgpack.encode(_metadata(about))
            return pa.table({}).replace_schema_metadata({_METADATA: encoded})
        _require_room(request.path, about)
        content, _ = _read(request, usecols=request.columns, row_limit=request.rows)
        missing = [name for name in request.columns if name not in content]
        if missing:
            raise Unreadable(f"the variable {missing[0]} cannot be read")
        return pa.table({name: _arrow_ready(content[name]) for name in request.columns})
    except _failures() as error:
        raise Unreadable(briefly(error)) from error


def metadata_in(table: pa.Table) -> Metadata:
    """The metadata that a request without columns was answered with."""
    return msgspec.msgpack.decode(table.schema.metadata[_METADATA], type=Metadata)


def raise_refusal(table: pa.Table) -> None:
    """Raises Unreadable where the answer of another process is that the file cannot be read."""
    refusal = (table.schema.metadata or {}).get(_REFUSAL)
    if refusal is not None:
        raise Unreadable(refusal.decode())


def _read(request: Request, **options: Any) -> Any:
    import pyreadstat

    reader = pyreadstat.read_dta if request.path.lower().endswith(".dta") else pyreadstat.read_sav
    return reader(request.path, user_missing=True, encoding=request.encoding, output_format="dict", **options)


def _require_room(path: str, about: Any) -> None:
    """Unreadable where the file declares more values than its bytes can hold; room for them would be made before the first is
    read."""
    size = Path(path).stat().st_size * (_PACKED if path.lower().endswith(".zsav") else 1)
    rows, columns = about.number_rows or 0, len(about.column_names)
    if rows * columns > size:
        raise Unreadable(f"it declares {rows} rows of {columns} variables, more than its size can hold")


def _failures() -> tuple[type[Exception], ...]:
    """What pyreadstat raises for files that are damaged or wrongly encoded."""
    import pyreadstat

    ours = (pyreadstat.ReadstatError, pyreadstat.PyreadstatError)
    return (*ours, ArithmeticError, LookupError, MemoryError, TypeError, ValueError)


def _metadata(about: Any) -> Metadata:
    """The metadata, without labels of no value and bounds that are no numbers."""

    def nothing(value: object) -> bool:
        return value is None or value != value

    return Metadata(
        column_names=about.column_names,
        column_names_to_labels={name: text for name, text in about.column_names_to_labels.items() if text},
        variable_value_labels={
            name: {value: text for value, text in labels.items() if not nothing(value)}
            for name, labels in about.variable_value_labels.items()
        },
        missing_user_values={name: list(values) for name, values in about.missing_user_values.items()},
        missing_ranges={
            name: [bounds for bounds in ranges if not any(map(nothing, bounds.values()))]
            for name, ranges in about.missing_ranges.items()
        },
        readstat_variable_types=about.readstat_variable_types,
        file_encoding=about.file_encoding or None,
        file_format=about.file_format,
    )


def _arrow_ready(values: Sequence[object]) -> Any:
    """A column as something Arrow takes: numbers, or text where a column mixes the two (Stata's .a to .z beside numbers)."""
    import pyarrow as pa

    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([raw_text(value) for value in values], type=pa.large_string())


def _limit_memory(path: str) -> None:
    """A damaged file can ask for any amount of memory. Where the system can say no, it does, and reading fails as it should."""
    try:
        import resource
    except ImportError:  # Windows
        return
    pages = Path("/proc/self/statm")
    held = int(pages.read_text().split()[0]) * resource.getpagesize() if pages.exists() else 0
    wanted = held + _MEMORY + _MEMORY_PER_BYTE * Path(path).stat().st_size
    with suppress(ValueError, OSError):  # where a lower limit holds already
        resource.setrlimit(resource.RLIMIT_AS, (wanted, resource.getrlimit(resource.RLIMIT_AS)[1]))


def _serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer every request until there are no more."""
    import pyarrow as pa
    import pyreadstat  # noqa: F401

    answers.write(GREETING)
    answers.flush()
    for line in requests:
        request = msgspec.json.decode(line, type=Request)
        try:
            _limit_memory(request.path)
            content = answer(request)
        except (Unreadable, OSError) as error:
            content = pa.table({}).replace_schema_metadata({_REFUSAL: str(error).encode()})
        with pa.ipc.new_stream(answers, content.schema) as stream:
            stream.write_table(content)
        answers.flush()


def main() -> None:
    """Serve the process that started this one. It ends us by closing our input; signals are for it alone."""
    for name in ("SIGINT", "SIGTERM"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    # Arrow's own allocator asks for a gigabyte of addresses at once, which the limit on memory would refuse it.
    os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"
    # Whatever the C code prints must not stand between the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    _serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
