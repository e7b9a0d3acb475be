"""The instrument, as a TOML file declares it or as it is put together here: read and checked."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from importlib import resources
from pathlib import Path
from typing import Literal

import msgspec

from ..core import toml
from ..core.errors import InstrumentError, require
from ..core.files import content_of
from .scale import Instrument, Item, NonAnswer, Role, Text
from .text import normalised

DEFAULT = "ledelse_af_digital_omstilling"

# Names that an item cannot have, since the tidy file uses them for other columns.
RESERVED_COLUMNS = ("role", "leader", "respondent", "organisation", "wave", "form", "completed")

# Our own tables of counted answers have this column too.
_COUNT_COLUMN = "count"

# Keys that mean something to the package: what a cell holds that is neither a category nor a declared reason, and rates.
_OWN_REASONS = ("blank", "not_shown", "any")

# Far above any scale; category values are also used as numbers.
_LARGEST_VALUE = 1_000_000

_FORM = "'omstilling help instrument-file' describes the form of an instrument file; a codebook is given with --codebook."


class _Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    key: str
    title: Text = Text()
    introduction: Text = Text()
    asked_in: tuple[Literal["da", "en"], ...] = ()


class _Scale(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    categories: tuple[int, ...]
    labels: dict[int, Text] = {}


class _Scoring(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    minimum_answered: int | None = None


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    instrument: _Header
    scale: _Scale
    items: tuple[Item, ...]
    scoring: _Scoring = _Scoring()
    non_answers: tuple[NonAnswer, ...] = ()
    roles: tuple[Role, ...] = ()


def _unique(keys: tuple[str, ...], what: str, source: str) -> None:
    compared = [normalised(key) for key in keys]
    for key in compared:
        if not key:
            raise InstrumentError(f"{source}: an empty key among the {what}. Give every one a key of its own.")
        if not key.isprintable():
            raise InstrumentError(
                f"{source}: the key {key!r} among the {what} holds characters that cannot be seen. Rename it."
            )
        if compared.count(key) > 1:
            raise InstrumentError(f"{source}: the key '{key}' stands more than once among the {what}. Keys must be unique.")


def _check(file: _File, source: str) -> Instrument:
    items = tuple(item.key for item in file.items)
    reasons = tuple(reason.key for reason in file.non_answers)
    roles = tuple(role.key for role in file.roles)
    categories = file.scale.categories
    if not file.instrument.key.strip():
        raise InstrumentError(f"{source}: instrument.key is empty. Name the scale.")
    _unique(items, "items", source)
    _unique(reasons, "non-answers", source)
    _unique(roles, "roles", source)
    if len(items) < 2:
        raise InstrumentError(f"{source}: {len(items)} item(s). A scale needs at least two [[items]].")
    if len(categories) < 2 or list(categories) != sorted(set(categories)):
        raise InstrumentError(
            f"{source}: scale.categories is {list(categories)}. At least two different numbers in rising order are needed."
        )
    if len(categories) > 100:
        raise InstrumentError(f"{source}: {len(categories)} categories. At most 100 are accepted: this is not a rating scale.")
    if max(abs(value) for value in categories) > _LARGEST_VALUE:
        raise InstrumentError(
            f"{source}: scale.categories goes from {categories[0]} to {categories[-1]}. Category values are the numbers that "
            f"answers are averaged with, at most {_LARGEST_VALUE}."
        )
    for key in items:
        if normalised(key) in (*RESERVED_COLUMNS, _COUNT_COLUMN):
            raise InstrumentError(f"{source}: an item is called '{key}', which is the name of another column. Rename it.")
        if "~" in key:
            raise InstrumentError(f"{source}: an item is called '{key}'; '~' stands between the items of a pair. Rename it.")
    for reason in reasons:
        if reason in _OWN_REASONS:
            raise InstrumentError(f"{source}: a non-answer is called '{reason}', which the package uses itself. Rename it.")
        if reason in {str(value) for value in categories}:
            raise InstrumentError(f"{source}: a non-answer is called '{reason}', which is a category. Rename it.")
    if "all" in roles and len(roles) > 1:
        raise InstrumentError(
            f"{source}: one of {len(roles)} roles is called 'all', which means all roles together. Rename it."
        )
    for label in file.scale.labels:
        if label not in categories:
            raise InstrumentError(
                f"{source}: scale.labels names {label}, which is not among the categories {list(categories)}."
            )
    known = roles or ["all"]
    for item in file.items:
        for role in item.wording:
            if role not in known:
                raise InstrumentError(
                    f"{source}: item '{item.key}' has a wording for '{role}'; there are: {', '.join(known)}"
                    f"{' ([[roles]])' if roles else ' (the one role of an instrument without [[roles]])'}."
                )
    minimum = file.scoring.minimum_answered
    if minimum is None:
        minimum = math.ceil(len(items) / 2)
    if not 1 <= minimum <= len(items):
        raise InstrumentError(f"{source}: scoring.minimum_answered is {minimum}; 1 to {len(items)} is possible.")
    return Instrument(
        key=file.instrument.key,
        title=file.instrument.title,
        asked_in=file.instrument.asked_in,
        introduction=file.instrument.introduction,
        categories=categories,
        labels=file.scale.labels,
        minimum_answered=minimum,
        non_answers=file.non_answers,
        roles=file.roles,
        items=file.items,
    )


def parse_instrument(content: bytes, source: str = "instrument") -> Instrument:
    """An instrument from the bytes of its TOML file; `source` names it in errors. Raises InstrumentError."""
    return _check(toml.decode(content, _File, source=source, form=_FORM, error=InstrumentError), source)


def load_instrument(path: str | Path | None = None) -> Instrument:
    """The instrument in a TOML file.

    It declares items, categories, ways of not answering, roles and scoring; `omstilling help instrument-file` describes its
    form.

    Parameters
    ----------
    path : str or pathlib.Path, optional
        Of the file; the shipped *Ledelse af digital omstilling* if none is given.

    Returns
    -------
    Instrument
        As declared.

    Raises
    ------
    InstrumentError
        For a file that cannot be read, or does not declare a scale, with the place and what is expected.
    UsageError
        For anything else than a path.

    See Also
    --------
    Instrument : What is declared.
    read : Read answers to its items.
    inspect : See how a file goes with it.

    Examples
    --------
    >>> import omstilling_psychometrics as op
    >>> instrument = op.load_instrument()
    >>> len(instrument.items), instrument.categories
    (5, (1, 2, 3, 4, 5))
    """
    return parse_instrument(*instrument_source(path))


def instrument_source(path: str | Path | None = None) -> tuple[bytes, str]:
    """Bytes of an instrument file and the name to quote it by."""
    if path is None:
        return resources.files(__package__).joinpath(f"instruments/{DEFAULT}.toml").read_bytes(), DEFAULT
    require(path, (str, Path), "the instrument", "the path of an instrument file, or left out for the shipped one")
    return content_of(path, "the instrument file", InstrumentError), str(path)


def plain_instrument(
    categories: tuple[int, ...], items: tuple[str, ...], *, non_answers: tuple[str, ...] = (), roles: tuple[str, ...] = ()
) -> Instrument:
    """An instrument with keys only, for data that have no file of their own (reference cases, simulations, tests)."""
    return made_instrument(categories, items, non_answers=non_answers, roles=roles)


def made_instrument(
    categories: tuple[int, ...],
    items: tuple[str, ...],
    *,
    labels: Mapping[int, str] | None = None,
    reversed: Collection[str] = (),
    non_answers: tuple[str, ...] = (),
    roles: tuple[str, ...] = (),
    minimum_answered: int | None = None,
    source: str = "instrument",
) -> Instrument:
    """An instrument that stands in no file; `source` names it in errors. Raises InstrumentError."""
    return _check(
        _File(
            instrument=_Header(key="scale"),
            scale=_Scale(categories=categories, labels={value: Text(en=label) for value, label in (labels or {}).items()}),
            items=tuple(Item(key=key, reversed=key in reversed) for key in items),
            scoring=_Scoring(minimum_answered),
            non_answers=tuple(NonAnswer(key) for key in non_answers),
            roles=tuple(Role(key) for key in roles),
        ),
        source,
    )
