"""A share of the random surveys of `make noninterference`: nothing that is written depends on withheld people."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from noninterference import all_held, compared, released
from omstilling_psychometrics.survey.disclosure import Disclosure
from random_surveys import KINDS, changes, survey
from written_outputs import different_lines


def test_nothing_that_is_released_depends_on_withheld_people() -> None:
    done = sum((compared(seed) for seed in range(14)), Counter[str]())
    assert min(done[kind] for kind in KINDS) >= 5


@pytest.mark.usefixtures("few_draws")
@pytest.mark.parametrize(("seed", "notebook"), [(37, "06_missingness"), (32, "02_item_analysis")])
def test_nor_does_a_byte_of_what_is_written(seed: int, notebook: str) -> None:
    done = compared(seed, write=True, names=("items", "missingness", "multilevel", "dif"), notebooks=(notebook,))
    for output in (*KINDS, "results.json", "report.html", "text", "items()", "counts", "export", "scores", "groups", notebook):
        assert done[f"bytes/{output}"] == 1


def test_the_comparison_sees_who_is_not_withheld(tmp_path: Path) -> None:
    one = replace(survey(6), by=None)
    kind, anew = next(changes(one, released(tmp_path, one).withheld, 6))  # type: ignore[union-attr]
    assert kind == "other answers"
    everybody = [released(tmp_path, replace(each, policy=Disclosure.none())) for each in (one, anew)]
    first, second = (all_held(one, each) for each in everybody)  # type: ignore[arg-type]
    assert first != second


def test_two_lines_may_differ_and_no_other() -> None:
    row = b'<tr><th scope="row">%s</th><td class="n">%d</td></tr>'
    assert not different_lines(row % (b"read", 9), row % (b"read", 10))
    assert not different_lines(b"  rows read  9 = analysed 5 + left out 4", b"  rows read 10 = analysed 5 + left out 5")
    assert not different_lines(b'   "withheld": 3,', b'   "withheld": 4,')
    assert different_lines(row % (b"answers", 9), row % (b"answers", 10))
    assert different_lines(b'   "analysed": 3,', b'   "analysed": 4,')
    assert different_lines(b"a\nb", b"a")
