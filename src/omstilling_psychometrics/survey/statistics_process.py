"""A process that reads SPSS and Stata files for us: should the reader's C code crash on a damaged file, only it ends."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import weakref
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from .statistics_reader import GREETING, Request, answer, raise_refusal

if TYPE_CHECKING:
    import pyarrow as pa

_MODULE = "omstilling_psychometrics.survey.statistics_reader"

# Seconds after which a program that has not greeted is none of ours.
_PATIENCE = 60.0


class Crashed(Exception):
    """The reading process ended in the middle of a file."""


class StatisticsProcess:
    """Answers requests in a process of its own, or in this one where none can be started (`own` is False then)."""

    def __init__(self) -> None:
        self._process = _started()
        self.own = self._process is not None
        if self._process is not None:
            weakref.finalize(self, _end, self._process)

    def ask(self, request: Request) -> pa.Table:
        """What `statistics_reader.answer` says. Raises Unreadable, and Crashed where the process has ended."""
        import pyarrow as pa

        if self._process is None:
            return answer(request)
        questions, answers = self._process.stdin, self._process.stdout
        assert questions is not None
        try:
            questions.write(msgspec.json.encode(request) + b"\n")
            questions.flush()
            with pa.ipc.open_stream(answers) as stream:
                received = stream.read_all()
        except (OSError, pa.ArrowException) as error:
            _end(self._process)
            raise Crashed from error
        except BaseException:
            _end(self._process)  # nobody waits for its answer any more
            raise
        raise_refusal(received)
        return received


def _started() -> subprocess.Popen[bytes] | None:
    """The process, once it has greeted; None where Python cannot be started from here or has not what it needs."""
    if not _is_python(sys.executable):
        return None
    try:
        process = subprocess.Popen(
            [sys.executable, *_flags(), "-m", _MODULE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except (OSError, ValueError):
        return None
    assert process.stdout is not None
    patience = threading.Timer(_PATIENCE, process.kill)
    patience.daemon = True
    patience.start()
    try:
        # What a site's own start-up prints comes before.
        if any(line == GREETING for line in iter(process.stdout.readline, b"")):
            return process
    except BaseException:
        _end(process)
        raise
    finally:
        patience.cancel()
    _end(process)
    return None


def _is_python(program: str | None) -> bool:
    """A program into which Python is built (frozen, or one that embeds it) would start itself once more."""
    name = Path(program or "").stem.lower()
    return name.startswith(("python", "pypy")) and not getattr(sys, "frozen", False)


def _flags() -> list[str]:
    """-P: the folder in which the user happens to work may hold a file named as a module of ours."""
    return ["-P", "-s"] if sys.flags.no_user_site else ["-P"]


def _environment() -> dict[str, str]:
    """The modules that this process sees, however it came by them: a folder that a notebook added, an archive, isolation."""
    isolated = sys.flags.ignore_environment
    kept = {name: value for name, value in os.environ.items() if not (isolated and name.startswith("PYTHON"))}
    folders = [str(Path(folder).absolute()) for folder in sys.path if folder and Path(folder).exists()]
    return kept | {"PYTHONPATH": os.pathsep.join(folders)}


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process and wait for it."""
    process.kill()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with suppress(OSError):  # what was still to be written has no reader
                stream.close()
    process.wait()
