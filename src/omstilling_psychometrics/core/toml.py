"""TOML files that people write, as structures of ours: what is wrong is said by line, or by section and entry."""

from __future__ import annotations

import datetime
import re
import tomllib
from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from .errors import DataError, suggestion

T = TypeVar("T")

# Names of types in messages: msgspec's, and those of Python values.
_WORDS = {
    "int": "a whole number", "float": "a decimal number", "str": "a text in quotes", "bool": "true or false",
    "array": "a list [ … ]", "object": "a table { … }", "null": "nothing",
}  # fmt: skip
_NAMES = {int: "int", float: "float", str: "str", bool: "bool", list: "array", dict: "object"}
_LONGEST = 60

# Characters of a line, and parts of a dotted key: the parser's time grows with the square of the parts. And numbers that
# Python refuses to print.
_LONGEST_LINE = 20_000
_DEEPEST = 50
_LONG_NUMBER = re.compile(r"[=\[,]\s*[+-]?(?:0[xob])?[0-9A-Fa-f_]{1000}")
_DEEP_KEY = re.compile(
    r"""(?<![A-Za-z0-9_-])(?:(?:[A-Za-z0-9_-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){%d}""" % _DEEPEST  # noqa: UP031
)


def decode(content: bytes, kind: type[T], *, source: str, form: str, error: type[DataError]) -> T:
    """The content of a TOML file as a `kind` (a msgspec structure). `source` names the file in messages, `form` says where
    its form is described. Raises `error`."""
    try:
        # Editors on Windows put a byte order mark first.
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = content[: wrong.start].count(b"\n") + 1
        raise error(f"{source}: not UTF-8 (line {line}). Save the file as UTF-8.") from wrong
    if too_much := _too_much(text):
        raise error(f"{source}: {_other_format(text) or too_much} {form}")
    try:
        raw = tomllib.loads(text)
    except RecursionError as wrong:
        raise error(f"{source}: lists or tables lie in each other some hundred deep. {form}") from wrong
    except tomllib.TOMLDecodeError as wrong:
        other = _other_format(text)
        raise error(f"{source}: {other or f'not valid TOML: {wrong}.'} {form}") from wrong
    try:
        return msgspec.convert(raw, kind, str_keys=True, builtin_types=(datetime.datetime, datetime.date, datetime.time))
    except msgspec.ValidationError as wrong:
        raise error(f"{source}: {_explained(str(wrong), raw, kind)} {form}") from wrong


def _too_much(text: str) -> str:
    """What no file of ours needs and would keep the parser busy for hours; '' where there is nothing of the kind."""
    for number, line in enumerate(text.split("\n"), start=1):
        if len(line) > _LONGEST_LINE:
            return f"line {number} has {len(line)} characters; a line may have {_LONGEST_LINE}."
    if match := _DEEP_KEY.search(text):
        number = text.count("\n", 0, match.start()) + 1
        return f"line {number} has a key of more than {_DEEPEST} parts with dots between them."
    if match := _LONG_NUMBER.search(text):
        number = text.count("\n", 0, match.end()) + 1
        return f"line {number} has a number of a thousand digits and more."
    return ""


def _other_format(text: str) -> str:
    """What a text that is no TOML is instead; '' where it may be TOML with a mistake."""
    start = text.lstrip()
    if re.match(r'\{|\[\s*(?:\{|\]|"[^"\n]*"\s*,)', start):
        return 'this is JSON, not TOML: sections are written [columns], and entries name = "column".'
    if re.match(r"<[!?a-zA-Z]", start):
        return "this is an HTML or XML page, not TOML."
    lines = [line for line in start.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if lines and not any("=" in line for line in lines):
        if re.match(r"(?:---|[\w-]+\s*:(?:\s|$))", lines[0]):
            return 'this is YAML, not TOML: sections are written [columns], and entries name = "column".'
        if re.search(r"[;,\t|]", lines[0]):
            return "this is a table of text (CSV), not TOML."
    return ""


def _explained(message: str, raw: dict[str, Any], kind: type) -> str:
    """msgspec's "what - at `$.path`" in the words of the file."""
    what, _, path = message.partition(" - at `")
    about_key = path.startswith("key` in `")
    steps = re.findall(r"\[(?:\d+|\.\.\.)\]|[^.\[\]$]+", path.removeprefix("key` in `").rstrip("`"))
    got = re.search(r"got `(\w+)`", what)
    at, there, named = _walk(steps, raw, inspect.type_info(kind), got[1] if got else "")
    place = ", ".join(named) or "the file"
    if match := re.fullmatch(r"Object contains unknown field `(.*)`", what):
        known = [field.encode_name for kind in _alternatives(there) for field in getattr(kind, "fields", ())]
        hint = suggestion(match[1], known)
        return f"{place} has an entry '{match[1]}', which is not known; there may be: {', '.join(known)}.{hint}"
    if match := re.fullmatch(r"Object missing required field `(.*)`", what):
        return f"{place} has no '{match[1]}', which is needed."
    if match := re.fullmatch(r"Expected `(.*)`, got `(.*)`", what):
        needed = " or ".join(_WORDS.get(name, name) for name in match[1].split(" | ") if name != "null")
        if about_key:
            return f"{place} holds the names {', '.join(map(repr, at))}; each must be {needed}."
        several = f" Write [[{named[-1].strip('[]')}]] over each one." if (match[1], match[2]) == ("array", "object") else ""
        return f"{place} is {_shown(at)}, {_WORDS.get(match[2], match[2])}; {needed} is needed.{several}"
    if what.startswith("Invalid enum value"):
        accepted = ", ".join(str(value) for kind in _alternatives(there) for value in getattr(kind, "values", ()))
        return f"{place} is {_shown(at)}; accepted: {accepted}."
    return f"{place}: {what}."


def _walk(steps: list[str], raw: Any, kind: Any, got: str) -> tuple[Any, Any, list[str]]:
    """The value and the type at a path, and its place in words."""
    at = raw
    named: list[str] = []
    for step in steps:
        kind = next(_inner(kind, step))
        if isinstance(at, list):
            number = int(step.strip("[]"))
            at = at[number]
            if isinstance(at, dict):
                key = f" ({at['key']!r})" if "key" in at else ""
                named[-1] = f"[[{named[-1].strip('[]')}]] number {number + 1}{key}"
            else:
                named.append(f"entry {number + 1}")
        else:
            name = _culprit(at, kind, got) if step == "[...]" else step
            at = at[name]
            named.append(name if named or not isinstance(at, (dict, list)) else f"[{name}]")
    return at, kind, named


def _culprit(table: dict[str, Any], kind: Any, got: str) -> str:
    """The entry that was complained of, in a table whose entries are not named in paths: all of them are of one `kind`."""
    for name, value in table.items():
        if not isinstance(kind, inspect.StructType):
            if _NAMES.get(type(value)) == got:
                return name
            continue
        try:
            msgspec.convert(value, kind.cls, str_keys=True)
        except msgspec.ValidationError:
            return name
    return next(iter(table))


def _alternatives(kind: Any) -> tuple[Any, ...]:
    return kind.types if isinstance(kind, inspect.UnionType) else (kind,)


def _inner(kind: Any, step: str) -> Iterator[Any]:
    """The type one step further in."""
    for alternative in _alternatives(kind):
        yield from (field.type for field in getattr(alternative, "fields", ()) if field.encode_name == step)
        yield from (getattr(alternative, name) for name in ("item_type", "value_type") if hasattr(alternative, name))


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
