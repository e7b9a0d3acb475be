"""The one place that writes files, whole or not at all, and what is asked of files before they are read."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from shutil import rmtree

from . import ending
from .errors import DataError, UsageError, cannot_read, require

# Windows has no such locks.
fcntl = import_module("fcntl") if os.name == "posix" else None

# Files that took the place of others since the list was emptied: what is there although the program was ended.
written: list[Path] = []

# Seconds after which a temporary file is of no run that goes on, where runs cannot be told by a lock.
_ABANDONED_AFTER = 3600


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


def require_ending(path: str | Path, what: str, *endings: str) -> None:
    """UsageError unless the name says what the file will hold: a program that opens it goes by its ending."""
    require(path, (str, Path), "the output", "the path of a file")
    target = Path(path)
    if target.suffix.lower() not in endings:
        got = f"ends in '{target.suffix}'" if target.suffix else "has no ending"
        raise UsageError(
            f"{what}, so the name ends in {' or '.join(endings)}; '{target.name}' {got}. Name it '{target.stem}{endings[0]}'."
        )


def content_of(path: str | Path, what: str, kind: type[DataError] = DataError) -> bytes:
    """The bytes of a file that people write by hand; `what` it is called in errors. Raises `kind` where it cannot be read."""
    try:
        refuse_pipe(path)
        return Path(path).read_bytes()
    except OSError as error:
        raise kind(cannot_read(what, path, error)) from error


def refuse_pipe(path: str | Path) -> None:
    """OSError for a pipe or a device: the second time it is read (for its checksum at the latest), it would be empty."""
    place = Path(path)
    if place.exists() and not place.is_file() and not place.is_dir():
        raise OSError(errno.ESPIPE, "it is a pipe or a device, and is read more than once. Save it as a file and name that")


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """A temporary path beside `path` that replaces it when the block ends well and vanishes when it does not."""
    target = require_writable(path)
    _remove_abandoned(target)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=target.suffix)
    temporary = Path(name)
    try:
        if fcntl is None:
            os.close(handle)  # an open file could not take the place of another
        else:
            _lock(handle)
        yield temporary
        # mkstemp makes private files; written results get the permissions any other new file would have.
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        ending.check()
        os.replace(temporary, target)
        written.append(target)
    finally:
        temporary.unlink(missing_ok=True)
        if fcntl is not None:
            os.close(handle)


def _lock(handle: int) -> bool:
    """The file is ours until it is closed, or the process ends however it ends; False where it is another's."""
    assert fcntl is not None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _remove_abandoned(target: Path) -> None:
    """Remove temporary files of earlier runs that were ended too hard to do it themselves; not those of a run that goes on."""
    pattern = re.compile(rf"\.{re.escape(target.name)}\.[a-z0-9_]{{8}}{re.escape(target.suffix)}")
    for file in target.parent.iterdir():
        if pattern.fullmatch(file.name) and file.is_file() and not file.is_symlink():
            with suppress(OSError):
                if _abandoned(file):
                    file.unlink(missing_ok=True)


def _abandoned(temporary: Path) -> bool:
    if fcntl is None:
        return time.time() - temporary.stat().st_mtime > _ABANDONED_AFTER
    with temporary.open("rb") as stream:
        return _lock(stream.fileno())


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
    is_new = not folder.exists()
    try:
        folder.mkdir(exist_ok=True)
        yield folder
    except BaseException:
        if is_new:
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
