"""What an item that works otherwise moves in expected scores."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.results import Result
from ...present.drawings import Drawing
from ...present.rows import Row
from ...present.wording import Wording
from .plot_pairs import by_pair_of_groups


def bias(result: Result, rows: Sequence[Row], wording: Wording) -> list[Drawing]:
    return by_pair_of_groups(rows, wording, "expected_score_difference")


KINDS = {"bias": bias}
