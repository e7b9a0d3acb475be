"""Everything the package can say of some answers: computed, released and written, as a report or as results.json."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..analysis.running import Analysed, known, run
from ..core.files import require_ending, require_writable, write_bytes, write_text
from ..core.registry import ANALYSES
from ..core.vocabulary import Language, vocabulary
from ..present.released_rows import ReleasedRows, released_rows
from ..survey.disclosure import Disclosure
from ..survey.patterns import ResponsePatterns
from ..survey.released import ReleasedAnswers
from ..survey.study import Study, load_study, refuse_more_than_invited
from ..survey.takes_answers import takes_answers
from ..survey.unreleased import refuse_unreleased
from .results_json import provenance, write_results

if TYPE_CHECKING:
    import pandas as pd

    from ..present.view import View
    from .document import Document

LEVEL = 0.95


# What a report is written as, and the endings of such files.
REPORT_FORM = ("the report is written as HTML or as a Word document", ".html", ".htm", ".docx")


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
        for analysed in self.analysed:
            refuse_unreleased(analysed.result, "the validation", self.answers.disclosure)

    @cached_property
    def _versions(self) -> dict[str, ReleasedRows]:
        """What a report has besides: waves and forms compared."""
        from .versions import versions

        return versions(self.answers, {row["analysis"] for row in self.rows})

    def overview(self, width: int | None = None) -> str:
        """For a terminal: items that run the other way, then the first page of the report; empty where nothing was analysed.
        width: characters of a line."""
        from ..present import item_direction as direction
        from ..present.blocks import Paragraph
        from .document import asked, is_synthetic
        from .first_page import first_page
        from .fragment import to_text

        if not self.rows:
            return ""
        view = self._view("en")
        first = direction.by_unit(view, "items", "reliability")
        page = first_page(view, asked(self.origin, is_synthetic(self.answers)))
        told = [block for block in page.blocks if not (isinstance(block, Paragraph) and block.tone == "remark")]
        return "\n\n".join([*first, to_text(told, width)])

    def _view(self, language: Language) -> View:
        from ..present.view import View
        from ..present.wording import Wording

        wording = Wording(language, self.answers.instrument)
        options: dict[str, Any] = {"analysed": self.analysed, "level": LEVEL, "versions": self._versions}
        return View(answers=self.answers, rows=self.rows, wording=wording, **options)

    def items(self) -> pd.DataFrame:
        """The evidence on each item, as the report has it: a row per kind of evidence (`evidence`), item, role and group.

        `estimate`, `conf_low`, `conf_high`, `n` and `note` are those of the row of results.json that `analysis`, `quantity` and
        `method` name; where a published cut-off judges it, `criterion` (its side and number), `source` and `state`.
        `frame.pivot(index="item", columns=["role", "evidence"], values="estimate")` has a row per item.
        """
        from .item_evidence import ItemEvidence

        return ItemEvidence(self._view("en")).to_frame()

    def document(self, language: Language, *, full: bool = False, study: Study | None = None) -> Document:
        """The report, to be written as HTML or otherwise; full: the evidence is printed too; study: as `studied` gives it."""
        from .document import compose

        options: dict[str, Any] = {"analysed": self.analysed, "level": LEVEL, "full": full, "study": study}
        options["versions"] = self._versions
        return compose(self.answers, self.rows, self.origin, language=language, **options)

    def write_results(self, path: str | Path) -> None:
        """Write results.json. Raises UsageError for a name that does not end in .json."""
        require_ending(path, "the results are written as JSON", ".json")
        write_results(path, self.rows, self.origin)

    def write_report(
        self, path: str | Path, language: Literal["da", "en"], *, full: bool = False, study: Study | None = None
    ) -> None:
        """Write the report, one HTML file or a Word document, by the name's ending; full: the evidence is printed too; study:
        as `studied` gives it. Raises UsageError for any other ending."""
        require_ending(path, *REPORT_FORM)
        if Path(path).suffix.lower() == ".docx":
            from . import word

            write_bytes(path, word.render(self.document(language, full=full, study=study)))
            return
        from .html import render

        write_text(path, render(self.document(language, full=full, study=study)))


def studied(study: Study | str | Path | None, answers: ResponsePatterns) -> Study | None:
    """The study of some answers, an object or the path of its file. Raises DataError where it cannot be used, or more people
    answered than were invited."""
    given = load_study(study, answers.instrument)
    if given is not None:
        refuse_more_than_invited(given, answers, "study" if isinstance(study, Study) else str(study))
    return given


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
    """Release the answers, run the named analyses on what is released, and put it in rows.

    It is what `omstilling analyse` and `omstilling report` do with answers once these are read. Nobody who is withheld is in
    what is analysed, so no number depends on them.

    Parameters
    ----------
    answers : ResponsePatterns
        As `op.read` gives them.
    names : sequence of str, optional
        Analyses to run; all of them unless told otherwise.
    rng : int
        Seed of everything random; a whole number, since it is recorded.
    by : str, optional
        Key by which results are split, and groups compared.
    roles : str, optional
        Roles to analyse, as 'a,b', or 'all', which mixes them.
    disclosure : Disclosure, optional
        The policy; the default one if none is given.
    instrument : str or pathlib.Path, optional
        File that was read, for the provenance.
    codebook : str or pathlib.Path, optional
        File that was read, for the provenance.
    progress : callable, optional
        Called with the name of each analysis before it runs.

    Returns
    -------
    Validation
        Results and rows, which write the report and results.json.

    Raises
    ------
    UsageError
        For an analysis, a role or a key that there is not, or a seed that is no whole number from 0.

    See Also
    --------
    report : Write the report at once.
    read : Read the answers.
    run_notebooks : Notebooks of the same analyses.
    Disclosure : The policy.

    Examples
    --------
    >>> import omstilling_psychometrics as op
    >>> found = op.validate(op.draw_team(leaders=20, team_size=5, rng=1), ["items"], rng=1)
    >>> row = found.rows[0]
    >>> row["quantity"], row["item"], row["estimate"], row["n"]
    ('mean', 'kompetencer', 3.75, 88)
    """
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
    by: str | None = None,
    full: bool = False,
    rng: int = 1,
    disclosure: Disclosure | None = None,
    study: Study | str | Path | None = None,
) -> None:
    """Write the validation report of some answers: one HTML file that needs no network and prints on A4, or a Word document.

    All analyses are run, on what the policy releases of the answers; what it withholds the report names as withheld. The same
    answers and the same seed give the same numbers; the seed stands in the report, and is printed beside the name of the file.

    Parameters
    ----------
    answers : ResponsePatterns
        As `op.read` gives them.
    path : str or pathlib.Path
        Of the file to write; its ending, .html or .docx, decides.
    language : {"da", "en"}, default "da"
        Of the report.
    by : str, optional
        Key by whose values results are split, and groups compared.
    full : bool, default False
        Print the evidence too, which on a screen is folded either way.
    rng : int, default 1
        Seed of everything random, recorded in the report.
    disclosure : Disclosure, optional
        The policy; the default one if none is given.
    study : str or pathlib.Path, optional
        Study file: who was invited, when and how people answered, ratings of experts, margins.

    Raises
    ------
    DataError
        Where the file cannot be written, or the study file cannot be used.
    UsageError
        For a language or a key that there is not, a path that is none, or a seed that is no whole number from 0.

    See Also
    --------
    validate : The results themselves, to read or to write as JSON.
    run_notebooks : Notebooks of the same analyses, with the code.
    Page : Single tables and plots.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import omstilling_psychometrics as op
    >>> answers = op.draw_team(leaders=3, team_size=2, rng=1)
    >>> with TemporaryDirectory() as folder:
    ...     op.report(answers, Path(folder) / "report.html", language="en")
    ...     page = (Path(folder) / "report.html").read_text(encoding="utf-8")
    report.html written, seed 1
    >>> page.splitlines()[1], "6 responses to 5 items" in page
    ('<html lang="en">', True)
    """
    require_ending(path, *REPORT_FORM)
    vocabulary(language)  # refuses one that there is not, before anything is computed
    require_writable(path)
    about = studied(study, answers)
    validate(answers, rng=rng, by=by, disclosure=disclosure).write_report(path, language, full=full, study=about)
    print(f"{Path(path).name} written, seed {rng}")
