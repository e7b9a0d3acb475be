"""Population values of non-answers."""

from __future__ import annotations

from collections.abc import Iterator

from ...analysis.pattern_distribution import Name, PatternDistribution, name
from ...survey.codes import BLANK, reason_codes


def rates(population: PatternDistribution) -> Iterator[tuple[Name, float]]:
    """Share of each reason, of blanks, and of any of them, among those shown the item; of who may leave items out."""
    codes, weights, instrument = population.codes, population.weights, population.instrument
    reasons = {key: code for key, code in reason_codes(instrument).items() if code < BLANK - 1} | {"blank": BLANK}
    for j, item in enumerate(instrument.item_keys):
        for method, code in reasons.items():
            yield name("rate", item, None, method), float(weights[codes[:, j] == code].sum() / weights.sum())
        yield name("rate", item, None, "any"), float(weights[codes[:, j] < 1].sum() / weights.sum())
