"""Text tables (CSV and its relatives): encoding, delimiter, header and the number of fields in every row, all known before
any value is parsed."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from ..core.errors import DataError
from .codebook import FileForm
from .delimiter import likely_delimiter, records, refuse_other_delimiter
from .header import ROWS_LOOKED_AT, Header, Sought, header_of
from .text import quoted

# What is looked at to tell encoding and delimiter; the header must be within it.
_PROBE_BYTES = 1 << 18
_LONGEST_BEGINNING = 1 << 24
_CHUNK_BYTES = 1 << 24

# Letters written as UTF-8, read as Windows-1252 or Latin 1 and written as UTF-8 again; all of them begin with the same two
# bytes. And the character that stands where a letter was lost.
_MOJIBAKE = tuple(letter.encode().decode(wrong).encode() for letter in "æøåÆØéöäü" for wrong in ("cp1252", "latin-1"))
_MOJIBAKE_START = b"\xc3\x83"
_LOST_LETTER = "\ufffd".encode()

_NUL, _NEWLINE, _RETURN, _QUOTE = 0, 10, 13, 34

# Control characters that text has none of: all but tab, the ends of lines and pages, and the end of a file in DOS.
_CONTROL = bytes(sorted({*range(32)} - {*range(9, 14), 0x1A}))

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, kw_only=True)
class Layout:
    """A text table that is known to be whole: every row has as many fields as the header.

    header: names, texts under them, and where the answers begin.

    content: UTF-8 bytes to parse instead of the file, where the file itself cannot be parsed as it is; None otherwise.
    """

    encoding: str
    delimiter: str
    header: Header
    rows: int
    content: bytes | None
    notes: tuple[str, ...] = ()


def looks_like_text(probe: bytes) -> bool:
    """No control characters but tab, line feed and the like."""
    return len(probe.translate(None, _CONTROL)) == len(probe)


def detect_encoding(probe: bytes) -> str:
    """'utf-8-sig', 'utf-16…' or 'utf-32' by byte order mark or by zero bytes, else 'utf-8' (which reading confirms)."""
    for mark, name in _BYTE_ORDER_MARKS:
        if probe.startswith(mark):
            return name
    pairs = np.frombuffer(probe[: len(probe) // 2 * 2], dtype=np.uint8).reshape(-1, 2)
    if len(pairs):
        first, second = (pairs == _NUL).mean(axis=0)
        if second > 0.4 and first < 0.1:
            return "utf-16-le"
        if first > 0.4 and second < 0.1:
            return "utf-16-be"
    return "utf-8"


def examine(path: Path, form: FileForm, wanted: Sought) -> Layout:
    """Layout of a text table. wanted: what helps to tell delimiter and header. Raises DataError for anything that is
    no table of text with a header and equal rows."""
    name = path.name
    with path.open("rb") as stream:
        probe = _beginning(stream)
    if not probe.strip():
        raise DataError(f"{name}: the file is empty. Export the answers again.")
    encoding = detect_encoding(probe)
    if form.encoding is not None:
        _refuse_contradiction(form.encoding, encoding, probe, name)
        encoding = form.encoding
    content: bytes | None = None
    if codecs.lookup(encoding).name in ("utf-8", "utf-8-sig", "ascii"):
        if not looks_like_text(probe):
            raise _no_text(name)
        if form.encoding is None and not _is_utf8(path):
            encoding, content = "cp1252", _transcoded(path, "cp1252", name)
        elif form.encoding is not None and not _is_utf8(path):
            raise _wrong_encoding(name, form.encoding, "Leave it out, or try cp1252.")
    else:
        content = _transcoded(path, encoding, name)
    start = _beginning(io.BytesIO(content)) if content is not None else probe.removeprefix(codecs.BOM_UTF8)
    skip, said = _separator_line(start)
    if b"\n" not in start and b"\r" in start:  # the line ends of old Macs
        content = (content if content is not None else path.read_bytes().removeprefix(codecs.BOM_UTF8)).replace(b"\r", b"\n")
        start = _beginning(io.BytesIO(content))
    elif skip:
        content = content if content is not None else path.read_bytes().removeprefix(codecs.BOM_UTF8)
    if skip and content is not None:
        content, start = content[skip:], start[skip:]
    text = _opening(start, name)
    found = likely_delimiter(text, wanted)
    delimiter = form.delimiter or said or found
    refuse_other_delimiter(text, form, found, wanted, name)
    rows = records(text, delimiter, ROWS_LOOKED_AT)
    if len(start) >= _PROBE_BYTES and len(rows) > 1:
        rows.pop()
    header = header_of([row.cells for row in rows], form, wanted, name)
    if header.rows != 1:
        # One row with a name for every column takes the place of what stands above the answers.
        content = content if content is not None else path.read_bytes().removeprefix(codecs.BOM_UTF8)
        above = rows[header.rows - 1].end if header.rows else 0
        content = delimiter.join(f"c{place}" for place in range(len(header.names))).encode() + b"\n" + content[above:]
    return _checked(path, encoding, delimiter, header, content, name)


def _beginning(stream: BinaryIO) -> bytes:
    """What is looked at: more of it where the lines are so long that it holds only a few."""
    start = stream.read(_PROBE_BYTES)
    while len(start) < _LONGEST_BEGINNING and max(map(start.count, (b"\n", b"\r"))) < ROWS_LOOKED_AT:
        more = stream.read(len(start))
        if not more:
            break
        start += more
    return start


def _wrong_encoding(name: str, said: str, advice: str) -> DataError:
    return DataError(f"{name}: not {quoted(said)}, which [file] encoding in the codebook says. {advice}")


def _refuse_contradiction(said: str, found: str, probe: bytes, name: str) -> None:
    """DataError where the bytes show that the file has another encoding than the codebook says: by a byte order mark, or by
    zero bytes, which UTF-16 and UTF-32 alone have."""

    def family(encoding: str) -> str:
        return re.sub(r"-(sig|le|be)$", "", codecs.lookup(encoding).name)

    if found != "utf-8" and family(said) != family(found):
        raise _wrong_encoding(name, said, f"Its bytes are {family(found)}: leave it out, and that is found.")
    if family(said) in ("utf-16", "utf-32") and b"\0" not in probe:
        raise _wrong_encoding(name, said, "Leave it out, and UTF-8 or cp1252 is found.")


def _no_text(name: str) -> DataError:
    return DataError(
        f"{name}: this is no text: it holds control characters. If it is an Excel, SPSS, Stata or Parquet file, give it its "
        "own "
        "ending (.xlsx, .sav, .dta, .parquet); otherwise export the answers again as CSV."
    )


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while block := stream.read(_CHUNK_BYTES):
            yield block


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for block in _blocks(path):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _transcoded(path: Path, encoding: str, name: str) -> bytes:
    """The whole file as UTF-8, block by block: nothing but the result is held in memory."""
    converted = io.BytesIO()
    try:
        for text in codecs.iterdecode(_blocks(path), encoding):
            converted.write((text if converted.tell() else text.removeprefix("\ufeff")).encode("utf-8"))
    except UnicodeEncodeError as error:
        raise DataError(f"{name}: holds characters that are no text. Export the answers again as UTF-8.") from error
    except UnicodeError as error:
        raise DataError(
            f"{name}: the bytes are neither UTF-8 nor {quoted(encoding)}. Say which encoding it has under [file] in the "
            'codebook, for example encoding = "cp850", or export the answers again as UTF-8.'
        ) from error
    content = converted.getvalue()
    if not looks_like_text(content[:_PROBE_BYTES]):
        raise _no_text(name)
    return content


def _separator_line(start: bytes) -> tuple[int, str | None]:
    """Length of a first line such as 'sep=;' that Excel understands, and the delimiter it names."""
    line = start.split(b"\n", 1)[0]
    if line[:4].lower() == b"sep=" and len(line.rstrip(b"\r")) == 5 and b"\n" in start:
        return len(line) + 1, chr(line[4])
    return 0, None


def _opening(start: bytes, name: str) -> str:
    """The header and the first rows as text. Raises DataError where there is no header in it."""
    text = start.decode("utf-8", "ignore")
    if re.match(r"\s*<[!?a-z]", text, re.IGNORECASE):
        raise DataError(
            f"{name}: this is an HTML or XML page, not a table of answers. Export the answers as CSV; a browser may have saved "
            "a log-in page."
        )
    if re.match(r'\s*(?:\{\s*"|\[\s*[\[{])', text):
        raise DataError(f"{name}: this is JSON, not a table of text. Export the answers as CSV, or read it into a data frame.")
    if not text.strip():
        raise DataError(f"{name}: the file is empty. Export the answers again.")
    if "\n" not in text and len(start) >= _LONGEST_BEGINNING:
        raise DataError(
            f"{name}: the first line is longer than {_LONGEST_BEGINNING >> 20} MB, so it is no header. Export the answers "
            "again as CSV."
        )
    return text


def _checked(path: Path, encoding: str, delimiter: str, header: Header, content: bytes | None, name: str) -> Layout:
    counter = _FieldCount(ord(delimiter), header, name)
    mojibake = False
    blocks = (
        _blocks(path) if content is None else (content[at : at + _CHUNK_BYTES] for at in range(0, len(content), _CHUNK_BYTES))
    )
    for block in blocks:
        counter.add(block)
        mojibake = mojibake or _has_mojibake(block)
    counter.finish()
    if counter.blank:
        content = counter.without_blank_lines(content if content is not None else path.read_bytes())
    return Layout(
        encoding=encoding,
        delimiter=delimiter,
        header=header,
        rows=counter.records - 1,
        content=content,
        notes=("mojibake",) if mojibake else (),
    )


def _has_mojibake(block: bytes) -> bool:
    if block.isascii():
        return False
    return _LOST_LETTER in block or (_MOJIBAKE_START in block and any(pattern in block for pattern in _MOJIBAKE))


class _FieldCount:
    """Counts the fields of every record, block by block, quoted fields with delimiters and line feeds in them included.

    A quotation mark opens a field only at its start and closes it only at its end, so inside and outside are told by
    whether the number of marks before is odd (a doubled mark flips twice).
    """

    def __init__(self, delimiter: int, header: Header, name: str) -> None:
        self.delimiter, self.fields, self.name = delimiter, len(header.names), name
        self._above = header.rows - 1  # rows of the file in place of which there is one record
        self.records = 0  # complete, blank lines not counted
        self.blank: list[tuple[int, int]] = []  # (start, end) of blank lines in the whole content
        self._inside = 0
        self._delimiters = 0  # of the record that the last block broke off
        self._start = 0  # where that record begins
        self._position = 0
        self._before = _NEWLINE  # the byte before the block
        self._only_space = True

    def _row(self, record: int) -> str:
        """The number of a record's row in the file."""
        return f"row {record + self._above}{'' if self._above else ' (the header is row 1)'}"

    def add(self, block: bytes) -> None:
        values = np.frombuffer(block, dtype=np.uint8)
        if self._position == 0 and block.startswith(codecs.BOM_UTF8):
            values, self._position, self._start = values[3:], 3, 3
        if not values.size:
            return
        if not looks_like_text(block):
            raise _no_text(self.name)
        outside = self._outside(values)
        ends = np.flatnonzero((values == _NEWLINE) & outside)
        marks = np.flatnonzero((values == self.delimiter) & outside)
        self._count(values, ends, marks)
        self._position += values.size
        self._before = int(values[-1])

    def _outside(self, values: NDArray[np.uint8]) -> NDArray[np.bool_]:
        marks = np.flatnonzero(values == _QUOTE)
        if not marks.size and not self._inside:
            return np.ones(values.size, dtype=bool)
        parity = (np.arange(marks.size) + self._inside) % 2  # 0 for a mark that opens
        before = np.where(marks > 0, values[marks - 1], self._before)
        wrong = (parity == 0) & ~np.isin(before, (self.delimiter, _NEWLINE, _RETURN, _QUOTE))
        if wrong.any():
            place = int(marks[np.flatnonzero(wrong)[0]])
            record = self.records + 1 + int((values[:place] == _NEWLINE).sum())
            raise DataError(
                f"{self.name}: {self._row(record)}: a quotation mark in the middle of a field. Fields that "
                "hold quotation "
                "marks must be quoted themselves and the marks doubled; export the answers again."
            )
        flips = np.zeros(values.size, dtype=np.int8)
        flips[marks] = 1
        inside = (np.cumsum(flips, dtype=np.int64) + self._inside) % 2
        self._inside = int(inside[-1])
        return np.asarray(inside == 0)

    def _count(self, values: NDArray[np.uint8], ends: NDArray[np.int64], marks: NDArray[np.int64]) -> None:
        if not ends.size:
            self._delimiters += marks.size
            return
        counts = np.diff(np.searchsorted(marks, ends), prepend=0)
        counts[0] += self._delimiters
        starts = np.concatenate([[self._start], self._position + ends[:-1] + 1])
        good = counts == self.fields - 1
        good_before = np.cumsum(good) - good
        for place in np.flatnonzero(~good):
            start, end = int(starts[place]), int(self._position + ends[place] + 1)
            # A line that began in an earlier block and holds next to nothing is blank too: at most a carriage return.
            if counts[place] == 0 and end - start <= 2 and (end - start == 1 or values[ends[place] - 1] == _RETURN):
                self.blank.append((start, end))
                continue
            self._refuse(self.records + int(good_before[place]) + 1, int(counts[place]) + 1)
        self.records += int(good.sum())
        self._start = int(self._position + ends[-1] + 1)
        self._delimiters = int((marks > ends[-1]).sum())

    def finish(self) -> None:
        """The end of the file, with or without a line feed."""
        if self._inside:
            raise DataError(
                f"{self.name}: a quotation mark is opened in {self._row(self.records + 1)} and never closed. "
                "The file may be cut off; export the answers again."
            )
        if self._start < self._position:
            if self._delimiters == self.fields - 1:
                self.records += 1
            elif self._delimiters == 0 and self._position - self._start == 1 and self._before in (_RETURN, 0x1A):
                self.blank.append((self._start, self._position))
            else:
                self._refuse(self.records + 1, self._delimiters + 1)

    def _refuse(self, row: int, fields: int) -> None:
        if self.fields == 1:
            raise DataError(
                f"{self.name}: no delimiter found: the header has one column. Say under [file] in the codebook which one it is."
            )
        raise DataError(
            f"{self.name}: {self._row(row)} has {fields} fields and the header has {self.fields} "
            f"(delimiter {quoted(chr(self.delimiter))}). A row must have as many fields as the header; look for a delimiter "
            "inside a text that is not quoted, or a file that is cut off."
        )

    def without_blank_lines(self, content: bytes) -> bytes:
        """The content with the blank lines taken out."""
        pieces, at = [], 0
        for start, end in self.blank:
            pieces.append(content[at:start])
            at = end
        return b"".join([*pieces, content[at:]])
