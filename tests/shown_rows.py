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


def invariance(differs: bool) -> list[dict[str, Any]]:
    """Two roles whose steps all pass the rules; one item may have been set free all the same."""
    fit = {"chi2_scaled": 8.0, "cfi_robust": 0.99, "rmsea_robust": 0.03, "srmr": 0.01}
    change = {"difference": 3.0, "cfi_robust_change": 0.0, "rmsea_robust_change": 0.0, "srmr_change": 0.0}
    both = {"role": "all", "n": 600}
    rows = [row("invariance", name, value, None, None, method="configural", **both) for name, value in fit.items()]
    for step in ("thresholds", "loadings", "intercepts"):
        rows += [row("invariance", name, value, None, None, method=step, **both) for name, value in change.items()]
    if differs:
        free = {"item": "itsikkerhed", **both}
        rows.append(
            row("invariance", "partial_invariance", None, None, None, method="intercepts", category=1, p_value=0.0, **free)
        )
        rows.append(row("invariance", "expected_score_bias", 0.22, 0.18, 0.27, method="partial/leder~medarbejder", **free))
        rows.append(row("invariance", "scale_score_bias", 0.04, 0.02, 0.05, method="partial/leder~medarbejder", **both))
    return rows


def view(*rows: Row, language: Language = "en") -> View:
    instrument = load_instrument()
    patterns = ResponsePatterns.count(instrument, np.full((5, 5), 3))
    return View(answers=patterns.released(Disclosure()), rows=rows, wording=Wording(language, instrument))
