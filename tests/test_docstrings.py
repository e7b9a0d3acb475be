"""Docstrings of the analyses, of results and of answers say what they take, give and refuse, and their examples run."""

from __future__ import annotations

import doctest
import inspect
import re
from collections.abc import Callable
from typing import Any

import pytest

import omstilling_psychometrics as op
from omstilling_psychometrics.results import Result, Statistic

ANALYSES = [name for name in op.__all__ if op._HOMES[name].startswith("analyses.")]
SECTIONS = ("Parameters", "Returns", "Raises", "References", "Examples")
CLASSES = (Result, Statistic, op.ResponsePatterns)
METHODS = {
    f"{owner.__name__}.{name}": getattr(member, "__func__", member)
    for owner in CLASSES
    for name, member in vars(owner).items()
    if not name.startswith("_") and (inspect.isfunction(member) or isinstance(member, (classmethod, staticmethod, property)))
}


def sections(described: object) -> dict[str, str]:
    """Text below each heading that is underlined; what stands before is the summary."""
    parts = re.split(r"^(\w[\w ]*)\n-+\n", inspect.getdoc(described) or "", flags=re.MULTILINE)
    return {"Summary": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


def takes_what_it_says(function: Callable[..., Any], found: dict[str, str]) -> None:
    assert re.fullmatch(r".+\.", found["Summary"].splitlines()[0]), "one line says what it does"
    described = re.findall(r"^(?:\*\*)?(\w+)(?: : .+)?\n    \S", found.get("Parameters", ""), re.MULTILINE)
    assert described == [one for one in inspect.signature(function).parameters if one not in ("self", "cls")]


@pytest.mark.parametrize("owner", CLASSES)
def test_what_a_class_holds_is_described(owner: type) -> None:
    takes_what_it_says(owner, sections(owner))


@pytest.mark.parametrize("name", METHODS)
def test_every_method_says_what_it_takes_and_gives(name: str) -> None:
    member = METHODS[name]
    found = sections(member)
    if isinstance(member, property):
        assert found["Summary"].strip().endswith(".")
        return
    takes_what_it_says(member, found)
    assert {"Returns", "Yields"} & set(found)


@pytest.mark.parametrize("name", ANALYSES)
def test_every_parameter_is_described(name: str) -> None:
    function = getattr(op, name)
    found = sections(function)
    assert list(found) == ["Summary", *SECTIONS]
    takes_what_it_says(function, found)
    assert re.match(rf"{inspect.signature(function).return_annotation}\n    \S", found["Returns"])
    assert all(found[section].strip() for section in SECTIONS)


@pytest.mark.parametrize("described", [getattr(op, name) for name in ANALYSES] + list(CLASSES), ids=lambda one: one.__name__)
def test_examples_give_the_values_they_show(described: type | Callable[..., Any]) -> None:
    examples = [one for one in doctest.DocTestFinder().find(described, described.__name__) if one.examples]
    assert any(re.search(r"\d", one.want) for example in examples for one in example.examples), "an example shows a value"
    said: list[str] = []
    for example in examples:
        doctest.DocTestRunner().run(example, out=said.append)
    assert not said, "".join(said)
