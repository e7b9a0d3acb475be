"""Content validity by ratings of experts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar

import numpy as np

from ...core.errors import UsageError
from ...core.results import Result, Statistic
from ...survey.instrument import load_instrument
from ...survey.scale import Instrument
from ...survey.study import RELEVANCE, RELEVANT, Study, load_study
from .numerics.relevance import aiken_v, aiken_v_interval, content_validity_index, modified_kappa


@dataclass(frozen=True, kw_only=True)
class ContentValidityResult(Result):
    """Content validity index, modified kappa and Aiken's V of each item, and the index of the scale.

    See Also
    --------
    content_validity : Computes it.
    """

    analysis: ClassVar[str] = "content_validity"
    headline: ClassVar[tuple[str, ...]] = ("scale_content_validity_index",)


def content_validity(study: Study | str | Path, *, instrument: Instrument | str | Path | None = None) -> ContentValidityResult:
    """How relevant experts find the items: content validity index, modified kappa and Aiken's V.

    An item is relevant to an expert who rates it 3 or 4 of 4. Each item is judged by those who rated it; `n` is their number.

    Parameters
    ----------
    study : str or pathlib.Path
        Study file with `[[ratings]]`, each of one item by one expert from 1 to 4.
    instrument : Instrument, str or pathlib.Path, optional
        The scale, or the path of its file; the shipped one by default.

    Returns
    -------
    ContentValidityResult
        `content_validity_index` (I-CVI), `modified_kappa` and `aiken_v` (score interval) per item; of the scale
        `scale_content_validity_index` by the mean of the items (method `average`) and by the share of items that every expert
        finds relevant (`universal_agreement`).

    Raises
    ------
    DataError
        Where the study file cannot be used.
    UsageError
        Where it has no ratings.

    See Also
    --------
    report : Shows them, with `study`.
    load_instrument : The scale whose items are rated.

    References
    ----------
    Lynn, M. R. (1986). Determination and quantification of content validity. Nursing Research, 35, 382–385.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import omstilling_psychometrics as op
    >>> one = '[[ratings]]\\nitem = "kultur"\\nexpert = {}\\nrelevance = {}\\n'
    >>> ratings = "".join(one.format(*pair) for pair in enumerate([4, 3, 4, 2]))
    >>> with TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "study.toml").write_text(ratings)
    ...     found = op.content_validity(Path(folder) / "study.toml")
    >>> found.value("content_validity_index", item="kultur"), found.value("modified_kappa", item="kultur")
    (0.75, 0.6666666666666666)
    """
    scale = instrument if isinstance(instrument, Instrument) else load_instrument(instrument)
    given = load_study(study, scale)
    if given is None or not given.ratings:
        raise UsageError("the study has no ratings. Add a [[ratings]] table with item, expert and relevance for each one.")
    statistics: list[Statistic] = []
    indices: list[float] = []
    lowest, highest = RELEVANCE[0], RELEVANCE[-1]
    for item in scale.item_keys:
        ratings = [rating.relevance for rating in given.ratings if rating.item == item]
        n, relevant = len(ratings), sum(rating >= RELEVANT for rating in ratings)
        note = None if n else "no_ratings"
        index, v = content_validity_index(relevant, n), aiken_v(ratings, lowest, highest)
        indices += [index] if n else []
        interval = partial(aiken_v_interval, v, n, highest - lowest) if n else None
        few = note or ("one_expert" if n < 2 else None)
        statistics += [
            Statistic(quantity="content_validity_index", item=item, estimate=index, n=n, note=note),
            Statistic(quantity="modified_kappa", item=item, estimate=modified_kappa(relevant, n), n=n, note=few),
            Statistic(quantity="aiken_v", item=item, estimate=v, interval=interval, n=n, note=note),
        ]
    experts = len({str(rating.expert) for rating in given.ratings})
    unrated = len(scale.item_keys) - len(indices)
    note = f"items_without_ratings: {unrated}" if unrated else None
    of_scale = {"average": float(np.mean(indices)), "universal_agreement": float(np.mean([index == 1 for index in indices]))}
    statistics += [
        Statistic(quantity="scale_content_validity_index", method=method, estimate=value, n=experts, note=note)
        for method, value in of_scale.items()
    ]
    return ContentValidityResult(statistics=tuple(statistics))
