"""Counts and a script for R: `lavaan.R` and `mirt.R` of this folder, with the scale written at their top and `counts.R`
where it is read."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import resources

from ..codes import reason_codes
from ..released import ReleasedAnswers
from ..scale import Instrument
from .counts import counts_csv


def lavaan(answers: ReleasedAnswers) -> dict[str, bytes]:
    """counts.csv and lavaan.R."""
    return {"counts.csv": counts_csv(answers), "lavaan.R": _script("lavaan.R", answers.instrument)}


def mirt(answers: ReleasedAnswers) -> dict[str, bytes]:
    """counts.csv and mirt.R."""
    return {"counts.csv": counts_csv(answers), "mirt.R": _script("mirt.R", answers.instrument)}


def _script(name: str, instrument: Instrument) -> bytes:
    reasons = [key for key in reason_codes(instrument) if key != "blank"]
    head = [
        f"items <- {_vector(map(_text, instrument.item_keys))}",
        f"categories <- {_vector(map(str, instrument.categories))}",
        f"reasons <- {_vector(map(_text, reasons))}  # why there is no answer",
    ]
    script = _template(name).replace("@counts@", _template("counts.R").rstrip("\n"))
    return script.replace("@head@", "\n".join(head)).encode("utf-8")


def _template(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _vector(values: Iterable[str]) -> str:
    return f"c({', '.join(values)})"


def _text(text: str) -> str:
    """An R string: ASCII with escapes, so that it is the same whatever R takes the file's encoding for."""
    inside = "".join(_character(one) for one in text)
    return f'"{inside}"'


def _character(one: str) -> str:
    if one in '"\\':
        return f"\\{one}"
    return one if " " <= one <= "~" else f"\\U{{{ord(one):X}}}"
