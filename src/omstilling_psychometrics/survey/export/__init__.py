"""Released answers for other programs: counts with a script that computes the main numbers there, or SPSS and Stata files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

from ...core.errors import DataError, UsageError, require, suggestion
from ...core.files import atomic_path, output_folder
from ..disclosure import Disclosure
from ..patterns import ResponsePatterns
from ..released import ReleasedAnswers
from ..text import quoted
from . import mplus, r_script, statistics_file

# Program to what it gets: file name to content.
Files = Mapping[str, bytes]
PROGRAMS: Mapping[str, Callable[[ReleasedAnswers], Files]] = {
    "lavaan": r_script.lavaan,
    "mirt": r_script.mirt,
    "mplus": mplus.files,
    "sav": statistics_file.files,
}


def export(
    answers: ResponsePatterns, folder: str | Path, program: str, disclosure: Disclosure | None = None
) -> ReleasedAnswers:
    """Answers for another program, as they may be written: see `ResponsePatterns.export`."""
    require(folder, (str, Path), "the output", "the path of a folder")
    if program not in PROGRAMS:
        raise UsageError(f"the program is {program!r}; there are: {', '.join(PROGRAMS)}.{suggestion(str(program), PROGRAMS)}")
    released = answers
    if not isinstance(released, ReleasedAnswers) or disclosure is not None:
        released = answers.released(disclosure, by=answers.by if isinstance(answers, ReleasedAnswers) else None)
    assert isinstance(released, ReleasedAnswers)
    policy = released.disclosure
    if program == "sav" and policy.active:
        raise UsageError(
            "an SPSS or Stata file has a row for every person, and rows of single people are written with disclosure="
            "op.Disclosure.none() alone, where they stay in the room. 'lavaan', 'mirt' and 'mplus' get counts."
        )
    if not released.n:
        raise DataError(
            f"nothing to export to {quoted(Path(folder).name)}: there are no answers, or every role has fewer than "
            f"{policy.minimum_respondents} respondents or {policy.minimum_leaders} leaders."
        )
    contents = PROGRAMS[program](released)
    with output_folder(folder) as place, ExitStack() as stack:  # every file appears when all of them are written
        for name, content in contents.items():
            stack.enter_context(atomic_path(place / name)).write_bytes(content)
    return released
