"""Rows as results.json has them, and a view of such rows of the shipped scale: what is shown of them, without an analysis."""

from __future__ import annotations

from typing import Any

import numpy as np

from omstilling_psychometrics.core.results import COLUMNS
from omstilling_psychometrics.core.vocabulary import Language
from omstilling_psychometrics.present.rows import Row
from omstilling_psychometrics.present.view import View
from omstilling_psychometrics.present.wording import Wording
from omstilling_psychometrics.survey.disclosure import Disclosure
from omstilling_psychometrics.survey.instrument import load_instrument
from omstilling_psychometrics.survey.patterns import ResponsePatterns

UNIT = ("medarbejder", None)


def row(
    analysis: str, quantity: str, estimate: float | None, low: float | None = None, high: float | None = None, **more: Any
) -> Row:
    """A row of 300 employees, everything else of it in `more`."""
    known = {
        "analysis": analysis,
        "quantity": quantity,
        "estimate": estimate,
        "conf_low": low,
        "conf_high": high,
        "role": UNIT[0],
        "n": 300,
    }
    return {**dict.fromkeys(COLUMNS), **known, **more}


def alpha(estimate: float | None, low: float | None, high: float | None, **more: Any) -> Row:
    return row("reliability", "alpha", estimate, low, high, method="listwise", **more)


def rmsea(estimate: float | None, low: float | None, high: float | None, **more: Any) -> Row:
    return row("cfa", "rmsea_robust", estimate, low, high, method="WLSMV", **more)


def view(*rows: Row, language: Language = "en") -> View:
    instrument = load_instrument()
    patterns = ResponsePatterns.count(instrument, np.full((5, 5), 3))
    return View(answers=patterns.released(Disclosure()), rows=rows, wording=Wording(language, instrument))
