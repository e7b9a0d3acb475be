"""Docstrings of the analyses say what they take, give and refuse, and their examples run."""

from __future__ import annotations

import doctest
import inspect
import re
from collections.abc import Callable
from typing import Any

import pytest

import omstilling_psychometrics as op

ANALYSES = [name for name in op.__all__ if op._HOMES[name].startswith("analyses.")]
SECTIONS = ("Parameters", "Returns", "Raises", "References", "Examples")


def sections(function: Callable[..., Any]) -> dict[str, str]:
    """Text below each heading that is underlined; what stands before is the summary."""
    parts = re.split(r"^(\w[\w ]*)\n-+\n", inspect.getdoc(function) or "", flags=re.MULTILINE)
    return {"Summary": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


@pytest.mark.parametrize("name", ANALYSES)
def test_every_parameter_is_described(name: str) -> None:
    function = getattr(op, name)
    found = sections(function)
    assert list(found) == ["Summary", *SECTIONS]
    assert re.fullmatch(r".+\.", found["Summary"].splitlines()[0]), "one line says what it does"
    described = re.findall(r"^(\w+) : .+\n    \S", found["Parameters"], re.MULTILINE)
    assert described == list(inspect.signature(function).parameters)
    assert re.match(rf"{inspect.signature(function).return_annotation}\n    \S", found["Returns"])
    assert all(found[section].strip() for section in SECTIONS)


@pytest.mark.parametrize("name", ANALYSES)
def test_examples_give_the_values_they_show(name: str) -> None:
    (example,) = doctest.DocTestFinder(recurse=False).find(getattr(op, name), name)
    assert any(re.search(r"\d", one.want) for one in example.examples), "an example shows a value"
    said: list[str] = []
    doctest.DocTestRunner().run(example, out=said.append)
    assert not said, "".join(said)
