"""The one place that writes files, whole or not at all, and what is asked of files before they are read."""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree

from .errors import DataError, require


def require_writable(path: str | Path) -> Path:
    """The path as a Path, if its folder exists; checked before any work so that a long run cannot fail at its end."""
    require(path, (str, Path), "the output", "the path of a file")
    target = Path(path)
    if target.is_symlink():
        target = target.resolve()  # the file behind the link is written, the link stays
    folder = target.parent
    if not folder.is_dir():
        raise DataError(f"cannot write '{target}': the folder '{folder}' does not exist. Create it, or name another output.")
    if target.is_dir():
        raise DataError(f"cannot write '{target}': it is a folder. Name a file in it.")
    if target.exists() and not target.is_file():
        raise DataError(f"cannot write '{target}': it is a device or a pipe. Name a file.")
    if target.exists() and not os.access(target, os.W_OK):
        raise DataError(f"cannot write '{target}': the file is read-only. Name another output.")
    if not os.access(folder, os.W_OK):
        raise DataError(f"cannot write '{target}': no permission to write in '{folder}'.")
    return target


def refuse_pipe(path: str | Path) -> None:
    """OSError for a pipe or a device: the second time it is read (for its checksum at the latest), it would be empty."""
    place = Path(path)
    if place.exists() and not place.is_file() and not place.is_dir():
        raise OSError(errno.ESPIPE, "it is a pipe or a device, and is read more than once. Save it as a file and name that")


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """A temporary path beside `path` that replaces it when the block ends well and vanishes when it does not."""
    target = require_writable(path)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=target.suffix)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        # mkstemp makes private files; written results get the permissions any other new file would have.
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def output_folder(path: str | Path) -> Iterator[Path]:
    """The folder, made where it is not there; one that was made goes again when the block does not end well."""
    folder = Path(path)
    if folder.exists() and not folder.is_dir():
        raise DataError(f"cannot write to '{folder}': it is a file. Name a folder.")
    if not folder.parent.is_dir():
        raise DataError(f"cannot write to '{folder}': the folder '{folder.parent}' does not exist.")
    if folder.exists() and not os.access(folder, os.W_OK):
        raise DataError(f"cannot write to '{folder}': no permission.")
    made = not folder.exists()
    try:
        folder.mkdir(exist_ok=True)
        yield folder
    except BaseException:
        if made:
            rmtree(folder, ignore_errors=True)
        raise


def write_bytes(path: str | Path, content: bytes) -> None:
    """Write `content` to `path`, atomically."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: str | Path, content: str) -> None:
    """Write `content` to `path` as UTF-8 with newlines as they are, atomically."""
    write_bytes(path, content.encode("utf-8"))


def sha256(path: str | Path) -> str:
    """Hexadecimal SHA-256 of a file's bytes."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
