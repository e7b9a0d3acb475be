"""The checksum of counted answers, which results.json and counts files carry."""

from __future__ import annotations

import hashlib
import json

from .patterns import ResponsePatterns


def counts_sha256(patterns: ResponsePatterns) -> str:
    """SHA-256 of the counted answers: the same for any order of the rows and any file format."""
    digest = hashlib.sha256(json.dumps([patterns.items, list(patterns.keys)]).encode("utf-8"))
    for name, key in patterns.keys.items():
        digest.update(json.dumps([name, key.levels], ensure_ascii=False).encode("utf-8"))
        digest.update(key.codes.astype("<i8").tobytes())
    digest.update(patterns.patterns[patterns.pattern].astype("<i1").tobytes())
    digest.update(patterns.counts.astype("<i8").tobytes())
    return digest.hexdigest()
