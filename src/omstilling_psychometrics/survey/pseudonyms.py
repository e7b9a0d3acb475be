"""Keyed pseudonyms: one person, one pseudonym under a key, and nobody without the key can check a guess."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

from ..core.errors import DataError
from ..core.files import require_writable

_KEY_BYTES = 32
_SHORTEST_KEY = 16
_FEWEST_DIFFERENT = 6

# 65 bits: among a million people two share a pseudonym with a probability of about 10^-8.
_CHARACTERS = 13


@contextmanager
def secret_key(path: str | Path) -> Iterator[bytes]:
    """The key in a file of the user's own; a new one is made where there is none, readable by its owner only, and stays if the
    block ends well: a key that no output was written under would be kept for nothing."""
    place = Path(path)
    if place.is_symlink() and not place.exists():
        raise DataError(
            f"the key file '{place}' is a link to '{place.readlink()}', which is not there; a drive may not be connected. A "
            "new key would give everybody other pseudonyms: name a file that does not exist if that is meant."
        )
    created = None if place.exists() else _new_key(require_writable(place))
    try:
        yield _key_in(place)
    except BaseException:
        if created is not None:
            created.unlink(missing_ok=True)
        raise


def _new_key(place: Path) -> Path:
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii", newline="\n") as stream:
            stream.write(secrets.token_hex(_KEY_BYTES) + "\n")
    except BaseException:
        place.unlink(missing_ok=True)
        raise
    return place


def _key_in(place: Path) -> bytes:
    try:
        key = place.read_bytes().strip()
    except OSError as error:
        raise DataError(f"the key file '{place}' cannot be read: {error.strerror}.") from error
    if len(key) < _SHORTEST_KEY:
        raise DataError(
            f"the key file '{place}' holds {len(key)} characters; a key has at least {_SHORTEST_KEY}. "
            "Name a file that does not exist, and one is made."
        )
    if _guessable(key):
        raise DataError(
            f"the key in '{place}' is easy to guess: few different characters, or a pattern of them. With it anybody could "
            "find out whose a pseudonym is. Name a file that does not exist, and a key is made."
        )
    # Elsewhere the mode of a file says nothing about who can read it.
    if os.name == "posix" and place.stat().st_mode & stat.S_IROTH:
        raise DataError(
            f"the key file '{place}' can be read by everybody on this machine, and whoever has the key can find out whose a "
            f"pseudonym is. Keep it to yourself (chmod 600 '{place}'); if others may have read it, take a new one."
        )
    return key


def _guessable(key: bytes) -> bool:
    """Few different characters, steps between neighbours that are nearly all alike (abcdef…, 123123…), a piece repeated."""
    steps = {second - first for first, second in pairwise(key)}
    repeated = any(key[period:] == key[:-period] for period in range(1, len(key) // 2 + 1))
    return len(set(key)) < _FEWEST_DIFFERENT or len(steps) < _FEWEST_DIFFERENT or repeated


def pseudonym(key: bytes, kind: str, value: str) -> str:
    """Pseudonym of one value of a kind (respondent, leader, organisation): HMAC-SHA256, as 13 letters and digits.

    >>> pseudonym(b"a key that is long enough", "leader", "led001")
    '4g47msdywzoj6'
    """
    digest = hmac.new(key, f"{kind}\x00{value}".encode(), hashlib.sha256).digest()
    return base64.b32encode(digest).decode("ascii")[:_CHARACTERS].lower()


def pseudonyms(key: bytes, kind: str, values: Iterable[str]) -> dict[str, str]:
    """Pseudonym of every value. Raises DataError if two values happen to get the same one."""
    names = {value: pseudonym(key, kind, value) for value in values}
    if len(set(names.values())) < len(names):
        raise DataError(f"two values of '{kind}' get the same pseudonym under this key. Use another key file.")
    return names
