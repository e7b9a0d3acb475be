"""JSON that people can read and compare by line."""

from __future__ import annotations

import json
from typing import Any

# Containers nested deeper than this stand on one line.
_OPENED = 3


def json_text(document: Any) -> str:
    """The document with a line per entry, two spaces deeper per level; what holds only plain values stands on one line."""
    return _text(document, 0) + "\n"


def _text(value: Any, depth: int) -> str:
    parts = list(value.values()) if isinstance(value, dict) else value
    if (
        depth >= _OPENED
        or not isinstance(value, dict | list | tuple)
        or not any(isinstance(part, dict | list | tuple) for part in parts)
    ):
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    left, right = "{}" if isinstance(value, dict) else "[]"
    keys = [f"{json.dumps(key, ensure_ascii=False)}: " for key in value] if isinstance(value, dict) else [""] * len(parts)
    indent = "  " * (depth + 1)
    lines = [f"{indent}{key}{_text(part, depth + 1)}" for key, part in zip(keys, parts, strict=True)]
    return left + "\n" + ",\n".join(lines) + "\n" + "  " * depth + right
