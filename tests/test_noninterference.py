"""A share of the random surveys of `make noninterference`: nothing that is written depends on withheld people."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from noninterference import changes, compared, release, survey
from omstilling_psychometrics.survey.disclosure import Disclosure


def test_nothing_that_is_released_depends_on_withheld_people() -> None:
    done = Counter[str]()
    for seed in range(45):
        if seed % 10 != 6:
            done += compared(seed)
    assert all(
        done[kind] > 10 for kind in ("other answers", "other names", "answered twice", "repeated", "one more", "one less")
    )


def test_nor_does_what_is_written_of_it() -> None:
    done = sum((compared(seed) for seed in (6, 16, 26)), Counter[str]())
    assert done["other answers"] >= 2


@pytest.mark.usefixtures("few_draws")
def test_nor_does_the_report_of_all_analyses() -> None:
    assert compared(6, everything=True, page=True, kinds=("other answers", "one more"))["other answers"] == 1


def test_the_comparison_sees_who_is_not_withheld(tmp_path: Path) -> None:
    one = survey(6)
    released = [release(tmp_path, one.records, one)]
    (kind, records), *_ = changes(one, released[0].withheld, 6)  # type: ignore[union-attr]
    assert kind == "other answers"
    everything = [release(tmp_path, each, type(one)(each, Disclosure.none(), one.by)) for each in (one.records, records)]
    assert everything[0] != everything[1]
