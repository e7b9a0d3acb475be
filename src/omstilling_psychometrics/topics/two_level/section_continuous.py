"""The models of answers as numbers in the report: fit of each level, and reliability beside that of ordered answers."""

from __future__ import annotations

from collections.abc import Iterator

from ...present import rows as find
from ...present.blocks import Block
from ...present.rows import Row
from ...present.tables import Column, Line, estimate_and_interval, table
from ...present.view import View

_FREE = "continuous/free"
_KINDS = ("equal", "free")
_RELIABILITIES = ("icc", "omega_within", "omega_between", "omega_two_level")


def blocks(view: View, rows: list[Row]) -> Iterator[Block]:
    """Nothing where no model of answers as numbers could be fitted."""
    heights = (find.estimate(find.of(rows, unit), quantity="log_likelihood", method=_FREE) for unit in find.units(rows))
    if all(height is None for height in heights):
        return
    wording = view.wording
    yield table(
        view,
        rows,
        caption=wording.text("two_level_continuous_caption"),
        key_heading=wording.column("quantity"),
        lines=[(wording.quantity(name), {"quantity": name}) for name in _RELIABILITIES],
        columns=[
            column
            for kind in _KINDS
            for column in estimate_and_interval(view, wording.text(f"two_level_{kind}"), method=f"continuous/{kind}")
        ],
        remark=wording.text("two_level_continuous_remark"),
    )
    levels: list[Line] = [
        (wording.method(level), {"method": f"{_FREE}/{level}"}) for level in ("within_leaders", "between_leaders")
    ]
    yield table(
        view,
        rows,
        caption=wording.text("two_level_fit_caption"),
        key_heading=wording.column("method"),
        lines=levels,
        columns=[
            Column(wording.symbol("chi2_scaled"), "statistic", {"quantity": "chi2_scaled"}),
            Column(wording.column("df"), "df", {"quantity": "chi2_scaled"}),
            Column(wording.column("p_value"), "p_value", {"quantity": "chi2_scaled"}),
            *(Column(wording.symbol(name), "estimate", {"quantity": name}) for name in ("cfi_robust", "rmsea_robust", "srmr")),
        ],
        remark=wording.text("two_level_fit_remark"),
    )
