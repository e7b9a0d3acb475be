"""Content validity by hand values, published ones, and identities."""

from __future__ import annotations

import pytest

import omstilling_psychometrics as op
from omstilling_psychometrics.core.errors import UsageError
from omstilling_psychometrics.survey.study import Rating, Study
from omstilling_psychometrics.topics.content.numerics.relevance import (
    aiken_v,
    aiken_v_interval,
    chance_agreement,
    content_validity_index,
    modified_kappa,
)


@pytest.mark.parametrize(
    ("experts", "relevant", "index", "chance", "kappa"),
    # Published in BMC Health Serv Res 17 (2017), table 10 of s12913-017-2469-8, after Polit, Beck & Owen.
    [(10, 8, 0.80, 0.044, 0.79), (10, 7, 0.70, 0.117, 0.66), (9, 7, 0.78, 0.070, 0.76), (9, 6, 0.67, 0.164, 0.60)],
)
def test_published_values(experts, relevant, index, chance, kappa) -> None:
    assert content_validity_index(relevant, experts) == pytest.approx(index, abs=0.005)
    assert chance_agreement(relevant, experts) == pytest.approx(chance, abs=0.0006)
    assert modified_kappa(relevant, experts) == pytest.approx(kappa, abs=0.01)


def test_aiken_by_hand() -> None:
    assert aiken_v([4, 4, 3, 2], 1, 4) == pytest.approx(0.75)
    # All at the top: the lower bound is nk / (nk + z²), the upper one 1.
    low, high = aiken_v_interval(1.0, 5, 3, 0.95)
    assert (low, high) == (pytest.approx(15 / (15 + 3.8414588)), pytest.approx(1))
    low, high = aiken_v_interval(0.5, 4, 3, 0.95)
    assert low + high == pytest.approx(1)


def rated(ratings: dict[str, list[int]]) -> Study:
    return Study(
        ratings=tuple(
            Rating(item=item, expert=place, relevance=value)
            for item, values in ratings.items()
            for place, value in enumerate(values)
        )
    )


@pytest.mark.proves("content_validity_index", "modified_kappa", "aiken_v", "scale_content_validity_index")
def test_rows() -> None:
    found = op.content_validity(rated({"kultur": [4, 3, 4, 2], "vaerdi": [4, 4, 4, 3], "forklare": [1]}))
    assert found.value("content_validity_index", item="kultur") == 0.75
    assert found.value("modified_kappa", item="kultur") == pytest.approx((0.75 - 0.25) / 0.75)  # C(4, 3) / 16 = .25
    assert found.value("aiken_v", item="kultur") == pytest.approx(0.75)
    assert found.confidence_interval("aiken_v", item="kultur") == pytest.approx((0.467695, 0.911058), abs=1e-6)
    average = found.get("scale_content_validity_index", method="average")
    assert (average.estimate, average.n, average.note) == (pytest.approx(1.75 / 3), 4, "items_without_ratings: 2")
    assert found.value("scale_content_validity_index", method="universal_agreement") == pytest.approx(1 / 3)
    assert found.get("modified_kappa", item="forklare").note == "one_expert"
    assert found.get("aiken_v", item="itsikkerhed").note == "no_ratings"


def test_without_ratings() -> None:
    with pytest.raises(UsageError, match=r"\[\[ratings\]\]"):
        op.content_validity(Study())
