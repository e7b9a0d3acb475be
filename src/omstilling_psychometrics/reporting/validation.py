"""Everything the package can say of some answers: computed, released and written, as a report or as results.json."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from ..analyses import ANALYSES
from ..analyses.running import Analysed, known, run
from ..errors import require
from ..files import require_ending, require_writable, write_text
from ..responses.disclosure import Disclosure
from ..responses.patterns import ResponsePatterns
from ..responses.released import ReleasedAnswers
from ..responses.takes_answers import takes_answers
from ..responses.unreleased import refuse_unreleased
from ..vocabulary import vocabulary
from .released_rows import ReleasedRows, released_rows
from .results_json import provenance, write_results

LEVEL = 0.95


# What a report is written as, and the endings of such files.
REPORT_FORM = ("the report is written as HTML", ".html", ".htm")


@dataclass(frozen=True, kw_only=True)
class Validation:
    """answers: the released ones; rows: what is written of them, with the columns of results.json; origin: where the numbers
    come from; analysed: the results themselves, exact, of the released answers."""

    answers: ReleasedAnswers
    analysed: Sequence[Analysed]
    rows: ReleasedRows
    origin: dict[str, Any]

    def __post_init__(self) -> None:
        for given in (self.answers, self.rows):
            refuse_unreleased(given, "the validation")
        for one in self.analysed:
            refuse_unreleased(one.result, "the validation", self.answers.disclosure)

    def overview(self, width: int | None = None) -> str:
        """For a terminal: items that run the other way, then criteria with their verdicts by role; empty without either.
        width: characters of a line."""
        from ..plots.wording import Wording
        from . import direction, summary
        from .fragment import to_text
        from .view import View

        wording = Wording("en", self.answers.instrument)
        view = View(answers=self.answers, rows=self.rows, wording=wording, level=LEVEL)
        table = summary.matrix(view)
        first = direction.by_unit(view, "items", "reliability")
        return "\n\n".join([*first, *([] if table is None else [to_text([table], width)])])

    def write_results(self, path: str | Path) -> None:
        """Write results.json. Raises UsageError for a name that does not end in .json."""
        require_ending(path, "the results are written as JSON", ".json")
        write_results(path, self.rows, self.origin)

    def write_report(self, path: str | Path, language: Literal["da", "en"]) -> None:
        """Write the report, one HTML file. Raises UsageError for a name that ends otherwise."""
        require_ending(path, *REPORT_FORM)
        from .html import render_report

        page = render_report(
            self.answers,
            self.rows,
            self.origin,
            language=language,
            analysed=self.analysed,
            level=LEVEL,
        )
        write_text(path, page)


@takes_answers
def validate(
    answers: ResponsePatterns,
    names: Sequence[str] = tuple(ANALYSES),
    *,
    rng: int,
    by: str | None = None,
    roles: str | None = None,
    disclosure: Disclosure | None = None,
    instrument: str | Path | None = None,
    codebook: str | Path | None = None,
    progress: Callable[[str], None] = lambda name: None,
) -> Validation:
    """Release the answers, run the named analyses (see `analyses.running.run`) on what is released, and put it in rows.

    roles: 'a,b' or 'all', which mixes them; instrument, codebook: what was read, for the provenance. rng: the seed, an int
    since it is recorded.
    """
    if disclosure is not None:
        require(disclosure, Disclosure, "the disclosure policy", "op.Disclosure() or op.Disclosure.none()")
    released = answers.released(disclosure, by=by).of_roles(roles)
    policy = released.disclosure
    analysed = run(released, names, seed=rng, by=by, progress=progress) if released.n else []
    settings = {"analyses": list(names), "by": by, "roles": roles, "level": LEVEL, "disclosure": asdict(policy)}
    return Validation(
        answers=released,
        analysed=analysed,
        rows=released_rows(released, known(names), analysed, LEVEL),
        origin=provenance(released, seed=rng, settings=settings, instrument=instrument, codebook=codebook),
    )


@takes_answers
def report(
    answers: ResponsePatterns,
    path: str | Path,
    *,
    language: Literal["da", "en"] = "da",
    rng: int,
    disclosure: Disclosure | None = None,
) -> None:
    """Write the validation report of some answers: one HTML file that needs no network and prints on A4.

    rng: seed of everything random, recorded in the report. Raises DataError where the file cannot be written.
    """
    require_ending(path, *REPORT_FORM)
    vocabulary(language)  # refuses one that there is not, before anything is computed
    require_writable(path)
    validate(answers, rng=rng, disclosure=disclosure).write_report(path, language)
