"""One vocabulary in two languages. That no result uses a word outside it, `test_results_json.py` holds."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import omstilling_psychometrics
from omstilling_psychometrics.core.errors import EstimationError, OmstillingError, estimating
from omstilling_psychometrics.core.results import COLUMNS
from omstilling_psychometrics.core.vocabulary import vocabulary


def test_both_languages_have_the_same_words() -> None:
    danish, english = vocabulary("da"), vocabulary("en")
    for section in danish.__struct_fields__:
        assert sorted(getattr(danish, section)) == sorted(getattr(english, section)), section


def test_every_term_is_named_and_defined() -> None:
    for language in ("da", "en"):
        words = vocabulary(language)
        for terms in (words.columns, words.analyses, words.quantities):
            for key, term in terms.items():
                assert term.name.strip(), key
                assert term.definition.strip(), key


def test_columns_are_the_columns_of_results() -> None:
    assert set(vocabulary("en").columns) == set(COLUMNS)


def test_an_unknown_note_is_refused() -> None:
    with pytest.raises(OmstillingError, match="no note 'nonsense'"):
        vocabulary("en").note("nonsense: n = 3")
    assert vocabulary("en").note("too_few_complete: n = 1; no_variance") == "too few complete answers: n = 1; no variance"


PACKAGE = Path(omstilling_psychometrics.__file__).parent
KEY = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)+(: .*)?", re.DOTALL)

# Calls whose first argument is a note, and arguments and variables of that name.
TAKE_NOTES = {"missing", "Note", "joined", "EstimationError", "ValueError", "_null"}


def notes_in(path: Path) -> Iterator[tuple[int, str]]:
    """Every note that a module can give, by line: literal texts that look like a key, from wherever notes are given."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        given: list[ast.expr] = []
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            given += node.args if name == "joined" else node.args[:1] if name in TAKE_NOTES else []
            given += [argument.value for argument in node.keywords if argument.arg == "note"]
        elif isinstance(node, ast.Assign) and any(getattr(target, "id", "") == "note" for target in node.targets):
            given.append(node.value)
        for expression in given:
            yield from ((node.lineno, text) for text in texts(expression) if KEY.fullmatch(text))


def texts(expression: ast.expr) -> Iterator[str]:
    """The literal texts that an expression can be, the beginning of a formatted one included."""
    if isinstance(expression, ast.Constant) and isinstance(expression.value, str):
        yield expression.value
    elif isinstance(expression, ast.JoinedStr) and expression.values and isinstance(expression.values[0], ast.Constant):
        yield str(expression.values[0].value)
    elif isinstance(expression, ast.IfExp):
        yield from texts(expression.body)
        yield from texts(expression.orelse)
    elif isinstance(expression, ast.BoolOp):
        for one in expression.values:
            yield from texts(one)


def test_every_note_that_is_given_is_in_the_vocabulary() -> None:
    known = vocabulary("en").notes
    rooms = [PACKAGE / name for name in ("analysis", "core", "simulation", "survey", "topics")]
    given = [(path, line, note) for room in rooms for path in sorted(room.rglob("*.py")) for line, note in notes_in(path)]
    assert len(given) > 150
    unknown = [
        f"{path.relative_to(PACKAGE)}:{line}: {note}" for path, line, note in given if note.partition(": ")[0] not in known
    ]
    assert unknown == []


def test_what_a_library_says_is_no_note() -> None:
    """`str(error)` of whatever was caught became a note; analyses catch EstimationError alone, whose reason is one."""
    with pytest.raises(EstimationError) as caught, estimating():
        np.linalg.solve(np.zeros((2, 2)), np.zeros(2))
    assert vocabulary("da").note(caught.value.note).startswith("en matrix")
    with pytest.raises(ValueError, match="could not convert"), estimating():
        float("five")
    for path in sorted((PACKAGE / "topics").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.ExceptHandler):
                continue
            assert getattr(node.type, "id", "") not in ("ValueError", "Exception"), path.name
            said = [
                one.lineno
                for one in ast.walk(node)
                if isinstance(one, ast.Call)
                and getattr(one.func, "id", "") == "str"
                and any(getattr(argument, "id", "") == node.name for argument in one.args)
            ]
            assert said == [], path.name
