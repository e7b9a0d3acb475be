"""Notes: joined, taken apart and dropped in one module."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import omstilling_psychometrics
from omstilling_psychometrics.core.errors import EstimationError, estimating
from omstilling_psychometrics.core.note import Note, joined, notes_in, without

PACKAGE = Path(omstilling_psychometrics.__file__).parent
BY_HAND = re.compile(r'"; "\.join\((filter|note|parts|notes)|split\("; "\)|note.*partition\(": ?"\)')


def test_notes_are_joined_each_once() -> None:
    assert joined("few_clusters: 12 < 50", None, Note("one_cluster"), "") == "few_clusters: 12 < 50; one_cluster"
    assert joined("a; b: n = 3", "b: n = 3", Note("a")) == "a; b: n = 3"
    assert joined(None, "") is None


def test_what_was_joined_is_taken_apart_again() -> None:
    notes = (Note("item_without_answers", "i1, i2"), Note("one_cluster"), Note("few_clusters", "12 < 50"))
    assert notes_in(joined(*notes)) == notes
    assert notes_in(None) == ()


def test_notes_are_dropped_by_key_whatever_their_detail() -> None:
    assert without("few_clusters: 12 < 50; one_cluster", ["few_clusters"]) == "one_cluster"
    assert without("one_cluster", ["one_cluster"]) is None


def test_an_error_carries_its_note() -> None:
    error = EstimationError("too_few_answers", "n = 1")
    assert (error.reason, error.note, str(error)) == (Note("too_few_answers", "n = 1"), "too_few_answers: n = 1", error.note)


def test_a_failure_of_linear_algebra_is_one_reason_more() -> None:
    with pytest.raises(EstimationError) as caught, estimating():
        np.linalg.solve(np.zeros((2, 2)), np.zeros(2))
    assert caught.value.reason == Note("matrix_singular")
    with pytest.raises(ZeroDivisionError), estimating():
        _ = 1 / 0


def test_no_module_joins_notes_by_hand() -> None:
    paths = [path for path in sorted(PACKAGE.rglob("*.py")) if path.name != "note.py"]
    by_hand = {path for path in paths if BY_HAND.search(path.read_text(encoding="utf-8"))}
    assert {path.relative_to(PACKAGE).as_posix() for path in by_hand} == set()
