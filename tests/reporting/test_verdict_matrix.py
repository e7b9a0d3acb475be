"""Criteria by role with their verdicts, at a glance."""

from __future__ import annotations

from omstilling_psychometrics.reporting.verdict_matrix import matrix
from shown_rows import rmsea, row, view


def test_criteria_about_items_are_counted() -> None:
    low_and_high = [("kompetencer", 0.1, 0.2), ("forklare", 0.4, 0.6), ("vaerdi", 0.2, 0.4)]
    rows = [
        row("items", "item_rest_correlation", (low + high) / 2, low, high, item=item, n=300) for item, low, high in low_and_high
    ]
    table = matrix(view(*rows))
    assert table is not None
    criterion, cell = table.body[0]
    assert (criterion.text, criterion.detail) == (
        "corrected item-total correlation (item-rest) ≥ 0.30",
        "Nunnally & Bernstein (1994)",
    )
    assert (cell.text, cell.state) == ("1 of 3 met", "not_met")
    assert "compares the groups" not in (table.remark or "")


def test_the_matrix_shows_what_was_judged_and_why_it_could_not_be() -> None:
    refused = row("cfa", "cfi_robust", None, None, None, method="WLSMV", n=60, note="clusters_do_not_exceed_moments: 12 <= 20")
    change = row("reliability", "smallest_detectable_change", 0.8, 0.7, 0.9, n=60)
    table = matrix(view(refused, rmsea(0.03, 0.01, 0.05), change))
    assert table is not None
    cells = {line[0].text: line[1] for line in table.body}
    assert cells["robust RMSEA (WLSMV) < 0.06"].detail == "0.030 [0.010; 0.050]"
    unclear = cells["robust CFI (WLSMV) > 0.95"]
    assert unclear.state == "not_evaluated"
    assert unclear.detail.endswith("12 ≤ 20")
    wanting = cells["smallest detectable change < minimal important change (MIC)"]
    assert wanting.detail == "0.80 [0.70; 0.90]; no minimal important change (MIC) is known for the scale"


def test_no_criterion_no_matrix() -> None:
    assert matrix(view(row("items", "mean", 3.0, 2.9, 3.1))) is None
