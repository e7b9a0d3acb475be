"""The study that answers come from: what no file of answers holds (who was invited, when, how), from a TOML file."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from ..core import toml
from ..core.errors import DataError, require, suggestion
from ..core.files import content_of
from .patterns import ResponsePatterns
from .scale import Instrument
from .text import quoted

_FORM = "'omstilling help study' describes the form of a study file, and `omstilling inspect FILE --write-study` drafts one."

# The relevance that experts rate: 1 not, 2 somewhat, 3 quite, 4 highly relevant (Lynn 1986). From 3 on an item counts as
# relevant.
RELEVANCE = (1, 2, 3, 4)
RELEVANT = 3

_LONGEST = 2000


class Rating(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How relevant one expert finds one item, from 1 to 4."""

    item: str
    expert: str | int
    relevance: int


class Margins(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Differences that are too small to matter, declared before anybody looked; mic: also taken at the top of the file."""

    alpha: float | None = None
    scale_mean: float | None = None
    item_mean: float | None = None
    loading: float | None = None
    mic: float | None = None


class Fieldwork(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"first": "from", "last": "to"}):
    """invited: people, in all or by role; first, last: days between which people answered; mode, translation, preregistration:
    in the study's own words."""

    invited: int | dict[str, int] | None = None
    first: Any = None
    last: Any = None
    mode: str | None = None
    translation: str | None = None
    preregistration: str | None = None


class Study(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """mic: minimal important change of the scale score; ratings: of experts, for the relevance of items."""

    study: Fieldwork = Fieldwork()
    margins: Margins = Margins()
    mic: float | None = None
    ratings: tuple[Rating, ...] = ()

    @property
    def minimal_important_change(self) -> float | None:
        """Of the scale score."""
        return self.mic if self.mic is not None else self.margins.mic

    @property
    def declared_margins(self) -> dict[str, float]:
        """Those that are declared, by name."""
        named = {name: getattr(self.margins, name) for name in ("alpha", "scale_mean", "item_mean", "loading")}
        return {name: value for name, value in named.items() if value is not None}

    @property
    def declared(self) -> dict[str, float]:
        """The numbers that criteria take from it, by name: margins, and `mic`."""
        mic = self.minimal_important_change
        return self.declared_margins if mic is None else {**self.declared_margins, "mic": mic}


def parse_study(content: bytes, instrument: Instrument, source: str = "study") -> Study:
    """A study from the bytes of its TOML file; `source` names it in errors. Raises DataError."""
    return _checked(toml.decode(content, Study, source=source, form=_FORM, error=DataError), instrument, source)


def load_study(study: Study | str | Path | None, instrument: Instrument) -> Study | None:
    """The study given as an object or as the path of its file; None for None. Raises DataError."""
    if study is None:
        return None
    if isinstance(study, Study):
        return _checked(study, instrument, "study")
    require(study, (str, Path), "the study", "the path of a study file")
    return parse_study(content_of(study, "the study"), instrument, str(study))


def people(answers: ResponsePatterns) -> int:
    """Those who answered, each once where it is known who they are; else the number of answers."""
    known = answers.keys.get("respondent")
    if known is None or not known.levels:
        return answers.n
    return answers.size("respondent") + int(answers.counts[known.codes < 0].sum())


def answered(answers: ResponsePatterns) -> dict[str, int]:
    """People of each role."""
    if "role" not in answers.keys:
        return {"all": people(answers)}
    return {role: people(part) for role, part in answers.split("role")}


def refuse_more_than_invited(study: Study, answers: ResponsePatterns, source: str = "study") -> None:
    """Raises DataError where more people answered than were invited: then one of the two is wrong."""
    invited, came = study.study.invited, answered(answers)
    if invited is None:
        return
    pairs: Mapping[str, tuple[int, int]]
    if isinstance(invited, int):
        pairs = {"": (invited, sum(came.values()))}
    else:
        pairs = {f" of the role {quoted(role)}": (number, came.get(role, 0)) for role, number in invited.items()}
    for whom, (number, answers_there) in pairs.items():
        if answers_there > number:
            raise DataError(
                f"{source}: [study] invited is {number}{whom}, but {answers_there} answered. Give the number of people who "
                "were invited, of all waves and forms that are in the answers, or leave invited out."
            )


def draft_study(instrument: Instrument) -> str:
    """A study file to be filled in: every line that asks something is a comment, so that it can be read as it stands."""
    roles = instrument.role_keys
    invited = ["# invited = 1200                       # people who were asked to answer"]
    if len(roles) > 1:
        each = ", ".join(f"{role} = 100" for role in roles)
        invited = [f"# invited = {{ {each} }}   # people who were asked to answer, by role; or one number"]
    ratings = [
        line
        for item in instrument.item_keys[:2]
        for line in ("# [[ratings]]", f'# item = "{item}"', '# expert = "A"', "# relevance = 4", "#")
    ]
    return "\n".join(
        [
            "# What the file of answers does not hold. Take away the # before what is known, and put the right value in.",
            "",
            "# mic = 0.5        # minimal important change of the scale score; keep it above the first [section]",
            "",
            "[study]",
            *invited,
            "# from = 2026-03-02                     # first day on which people could answer",
            "# to = 2026-03-27                       # last day",
            '# mode = "web questionnaire, invitation by e-mail, two reminders"',
            '# translation = "translated and back-translated; ten interviews"',
            '# preregistration = "https://osf.io/…"',
            "",
            "[margins]          # differences that are too small to matter, declared before the comparison",
            "# alpha = 0.05",
            "# scale_mean = 0.1",
            "# item_mean = 0.1",
            "# loading = 0.1",
            "",
            "# How relevant each expert finds each item: 1 not, 2 somewhat, 3 quite, 4 highly relevant. One table for each.",
            *ratings,
            "",
        ]
    )


# ------------------------------------------------------------------ checks


def _checked(study: Study, instrument: Instrument, source: str) -> Study:
    _check_invited(study.study.invited, instrument, source)
    _check_days(study.study, source)
    for name in ("mode", "translation", "preregistration"):
        text = getattr(study.study, name)
        if text is not None and not 0 < len(text.strip()) <= _LONGEST:
            raise DataError(f"{source}: [study] {name} must have from 1 to {_LONGEST} characters. Fill it in, or take it out.")
    if study.mic is not None and study.margins.mic is not None and study.mic != study.margins.mic:
        raise DataError(
            f"{source}: mic is {study.mic} at the top and {study.margins.mic} under [margins]. Keep one of the two."
        )
    for name, value in study.declared.items():
        if not (math.isfinite(value) and value > 0):
            where = "mic" if name == "mic" else f"[margins] {name}"
            raise DataError(f"{source}: {where} is {value}; a number above 0 is needed, in the unit of the quantity itself.")
    _check_ratings(study.ratings, instrument, source)
    return study


def _check_invited(invited: int | dict[str, int] | None, instrument: Instrument, source: str) -> None:
    numbers = {"": invited} if isinstance(invited, int) else invited or {}
    for role, number in numbers.items():
        if role and role not in instrument.role_keys:
            raise DataError(
                f"{source}: [study] invited names {quoted(role)}, which is no role of the instrument; accepted: "
                f"{', '.join(instrument.role_keys) or 'one number, since it has no roles'}."
                f"{suggestion(role, instrument.role_keys)}"
            )
        if number < 1:
            raise DataError(
                f"{source}: [study] invited is {number}{f' for {quoted(role)}' if role else ''}; from 1 on is needed."
            )


def _check_days(fieldwork: Fieldwork, source: str) -> None:
    for name, day in (("from", fieldwork.first), ("to", fieldwork.last)):
        if day is not None and (not isinstance(day, datetime.date) or isinstance(day, datetime.datetime)):
            raise DataError(f"{source}: [study] {name} is {day!r}; a day is needed, without quotes: {name} = 2026-03-02.")
    if fieldwork.first is not None and fieldwork.last is not None and fieldwork.last < fieldwork.first:
        raise DataError(f"{source}: [study] to, {fieldwork.last}, is before from, {fieldwork.first}. Exchange the two.")


def _check_ratings(ratings: tuple[Rating, ...], instrument: Instrument, source: str) -> None:
    seen = set()
    for number, rating in enumerate(ratings, start=1):
        place = f"{source}: [[ratings]] number {number}"
        if rating.item not in instrument.item_keys:
            raise DataError(
                f"{place} is of the item {quoted(rating.item)}, which the instrument does not have; it has: "
                f"{', '.join(instrument.item_keys)}.{suggestion(rating.item, instrument.item_keys)}"
            )
        if rating.relevance not in RELEVANCE:
            raise DataError(
                f"{place} has the relevance {rating.relevance}; accepted: 1 (not relevant), 2 (somewhat), 3 (quite), 4 (highly "
                "relevant)."
            )
        if not str(rating.expert).strip():
            raise DataError(f"{place} has an empty expert. Give each expert a name or a number of their own.")
        if (rating.item, str(rating.expert)) in seen:
            raise DataError(
                f"{place}: the expert {quoted(str(rating.expert))} has rated {quoted(rating.item)} before. Keep one of the two."
            )
        seen.add((rating.item, str(rating.expert)))
