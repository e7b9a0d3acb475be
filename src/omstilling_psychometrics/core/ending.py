"""Somebody asks the program to end: an exception, so that everything half written goes, and a memory of it.

Libraries may catch whatever is raised while they are imported and forget it. So what was asked is remembered, and asked again
at the next step and before anything is written.
"""

from __future__ import annotations

import signal
from types import FrameType


class Terminated(BaseException):
    """The signal that asks a program to end has come."""


_asked: type[BaseException] | None = None


def obey() -> None:
    """From now on, Ctrl-C raises KeyboardInterrupt and the signal to end raises Terminated, and both are remembered."""
    signal.signal(signal.SIGINT, _interrupt)
    if hasattr(signal, "SIGTERM"):
        signal.signal(signal.SIGTERM, _terminate)


def asked() -> type[BaseException] | None:
    """What was asked for, if anything was."""
    return _asked


def check() -> None:
    """Raises what was asked for."""
    if _asked is not None:
        raise _asked


def forget() -> None:
    """What was asked for has been done."""
    global _asked
    _asked = None


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    global _asked
    _asked = KeyboardInterrupt
    raise KeyboardInterrupt


def _terminate(_number: int, _frame: FrameType | None) -> None:
    global _asked
    _asked = Terminated
    raise Terminated
