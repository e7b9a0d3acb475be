"""What is written depends on nobody who is withheld: random surveys and policies, in which withheld people answer otherwise,
come, go, answer twice or have other names.

Two things are compared. The released answers with all that they hold, to the order of their arrays: everything that writes
takes these and nothing else of the file, so that equal ones are written equally whatever the writer does. And the bytes
themselves of everything that is written.

`pytest` runs a share; `make noninterference` runs all of them and prints what was compared. It keeps what is done in
build/noninterference.jsonl and goes on from there, so that it may be stopped.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields, is_dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Literal

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

import omstilling_psychometrics
from omstilling_psychometrics.core.errors import OmstillingError
from omstilling_psychometrics.core.registry import ANALYSES
from omstilling_psychometrics.notebooks.shelf import shelf
from omstilling_psychometrics.survey.reading import read
from omstilling_psychometrics.survey.released import ReleasedAnswers
from omstilling_psychometrics.topics.dimensionality import analysis_efa as efa
from omstilling_psychometrics.topics.factor import analysis_dynamic_cutoffs as dynamic_cutoffs
from omstilling_psychometrics.topics.reliability import analysis as reliability
from omstilling_psychometrics.topics.reliability import analysis_omega as omega
from random_surveys import KINDS, Survey, changes, is_in, survey
from written_outputs import different_lines, shown, written, written_without_groups

SURVEYS = 400
# Everything is written of the first ones; somebody is withheld in more than 300 of them.
WRITTEN = 360
# Word documents, tables and pictures of single results are written of every so many.
DOCUMENTS = 4
# Bootstrap draws: what is compared is bytes, not how well an interval covers.
DRAWS = 4

DONE = Path(__file__).parents[1] / "build" / "noninterference.jsonl"

# Why a file with another record may be refused, which is no secret: records that differ and are equally late, and a column
# that looks as if it did not say who people are.
REFUSALS = ("that differ", "respondents have")


def released(folder: Path, one: Survey) -> ReleasedAnswers | str:
    """The released answers of a file, of all roles, or why it is refused."""
    try:
        return read(one.write(folder), instrument=one.instrument, by=one.background).released(one.policy, by=one.by)
    except OmstillingError as error:
        return str(error)


def without_two_lines(answers: ReleasedAnswers) -> ReleasedAnswers:
    """The answers as if the account had not the lines `rows read` and `withheld`, which alone may differ."""
    account = answers.account
    assert account is not None
    left_out = {reason: rows for reason, rows in account.left_out.items() if reason != "withheld"}
    rest = account.rows_analysed + sum(left_out.values())
    assert account.rows_read == rest + account.left_out.get("withheld", 0)
    return replace(answers, account=replace(account, rows_read=rest, left_out=left_out))


def all_held(one: Survey, answers: ReleasedAnswers) -> object:
    """All that a writer can see of released answers: of all roles, and of those asked for."""
    return [held(without_two_lines(each)) for each in (answers, answers.of_roles(one.roles))]


def held(value: Any) -> object:
    """All that a value holds, in its order: no two that a program could tell apart hold the same."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.strides, value.tobytes()
    if is_dataclass(value):
        return type(value).__name__, [(one.name, held(getattr(value, one.name))) for one in fields(value)]
    if isinstance(value, Mapping):
        return [(name, held(part)) for name, part in value.items()]
    if isinstance(value, (tuple, list)):
        return [held(part) for part in value]
    return repr(value)


def same_cells(before: ReleasedAnswers, after: ReleasedAnswers, anew: Survey) -> bool:
    """Are the same cells withheld? Others may be only where the last of a cell went (that a cell is there may be seen), or so
    many came, by answering at all or under a name of their own, that the cell has the minimum."""
    if set(after.withheld) == set(before.withheld):
        return True
    assert set(after.withheld) < set(before.withheld), set(after.withheld) - set(before.withheld)
    for cell in set(before.withheld) - set(after.withheld):
        there = [record["respondent"] for record in anew.records if is_in(record, cell)]
        people = len(set(there) - {""}) + there.count("") if "respondent" in anew.columns else len(there)
        assert not people or people >= anew.policy.minimum_respondents, cell
    return False


def outcome(folder: Path, before: ReleasedAnswers, exact: object, anew: Survey) -> str:
    """'equal' if what is released of a changed file is, or why there is nothing to compare. Raises AssertionError."""
    after = released(folder, anew)
    if isinstance(after, str):
        assert any(reason in after for reason in REFUSALS), after
        return "refused changes"
    if not same_cells(before, after, anew):
        return "changes of the cells"
    assert all_held(anew, after) == exact, "released answers"
    return "equal"


def changed_throughout(folder: Path, one: Survey, before: ReleasedAnswers, seed: int) -> tuple[list[str], Survey]:
    """A file in which all changes were made that it has room for, one upon the other, and which these are."""
    made, last, exact = list[str](), one, all_held(one, before)
    for kind in KINDS:
        for found, anew in changes(last, before.withheld, seed):
            if found == kind and outcome(folder, before, exact, anew) == "equal":
                made, last = [*made, kind], anew
    return made, last


def compared(
    seed: int, *, write: bool = False, names: Sequence[str] = tuple(ANALYSES), notebooks: Sequence[str] = ()
) -> Counter[str]:
    """Compares what is released of one survey with what is released of each of its changes, and if asked the bytes of what is
    written with those of a file in which all changes were made; how many were equal: '<kind>', 'bytes/<kind>',
    'bytes/<output>'. Raises AssertionError where they differ."""
    one, done = survey(seed), Counter[str]()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        before = released(folder, one)
        if isinstance(before, str):
            return Counter({"refused surveys": 1})
        if not before.withheld:
            return Counter({"nobody withheld": 1})
        for kind, anew in changes(one, before.withheld, seed):
            found = outcome(folder, before, all_held(one, before), anew)
            done[kind if found == "equal" else found] += 1
        done["surveys"] += any(done[kind] for kind in KINDS)
        if not write:
            return done
        language: Literal["da", "en"] = "da" if seed % 2 else "en"
        made, last = changed_throughout(folder, one, before, seed)
        if made:
            first, second = (
                written(each.write(folder), each, names, language, documents=seed % DOCUMENTS == 0) for each in (one, last)
            )
            refuse_differences(first, second)
            done.update(f"bytes/{name}" for name in (*made, *first))
            done.update({"surveys written": 1, "by": one.by is not None, "roles": one.roles is not None})
        # Others are withheld where there are no groups and no choice of roles.
        one = replace(one, by=None, roles=None)
        before = released(folder, one)
        if not isinstance(before, str) and before.withheld:
            made, last = changed_throughout(folder, one, before, seed)
            if made:
                first, second = (without_groups(each.write(folder), each, notebooks) for each in (one, last))
                refuse_differences(first, second)
                done.update(f"bytes/{name}" for name in first)
                done["notebooks"] += len(notebooks)
    return done


def without_groups(file: Path, one: Survey, notebooks: Sequence[str]) -> dict[str, bytes]:
    return written_without_groups(file, one) | {name: shown(name, file, one) for name in notebooks}


def refuse_differences(first: Mapping[str, bytes], second: Mapping[str, bytes]) -> None:
    for output, content in first.items():
        pairs = different_lines(content, second[output])
        assert not pairs, (output, pairs[:3])


def few_draws() -> None:
    """Draw few samples in this process."""
    for module in (efa, omega, reliability):
        module.DRAWS = DRAWS
    dynamic_cutoffs.BATTERY_REPLICATIONS = DRAWS


def of_seed(seed: int, write: bool) -> dict[str, Any]:
    """What the study keeps of one survey."""
    few_draws()
    start, shelved = time.perf_counter(), [one.name for one in shelf()]
    found, difference = Counter[str](), ""
    try:
        found = compared(seed, write=write, notebooks=[shelved[seed % len(shelved)]])
    except AssertionError as error:
        difference = f"survey {seed}: {error}"
    seconds = time.perf_counter() - start
    return {"seed": seed, "written": write, "seconds": seconds, "found": found, "difference": difference}


def _source() -> str:
    """A checksum of the package and of this study: what was compared with other code is compared again."""
    own = [Path(__file__).with_name(f"{name}.py") for name in ("noninterference", "random_surveys", "written_outputs")]
    files = [*own, *Path(omstilling_psychometrics.__file__).parent.rglob("*.py")]
    return hashlib.sha256(b"".join(one.read_bytes() for one in sorted(files))).hexdigest()


def study(surveys: int, first: int) -> Iterator[dict[str, Any]]:
    """Every survey, from the file where it is done; everything is written of so many of them, the first ones."""
    DONE.parent.mkdir(exist_ok=True)
    source, lines = _source(), DONE.read_text().splitlines() if DONE.exists() else []
    known = [one for one in map(json.loads, lines) if one["source"] == source]
    done = {one["seed"]: one for one in known if one["seed"] < surveys and (one["written"] or one["seed"] >= first)}
    yield from done.values()
    left = [seed for seed in range(surveys) if seed not in done]
    with ProcessPoolExecutor(os.cpu_count()) as pool, DONE.open("a") as target:
        for one in pool.map(of_seed, left, [seed < first for seed in left]):
            target.write(json.dumps({**one, "source": source}) + "\n")
            target.flush()
            print(one["seed"], round(one["seconds"], 1), one["difference"], file=sys.stderr)
            yield one


COUNTED = ("surveys", "nobody withheld", "refused surveys", "surveys written", "by", "roles", "notebooks")
PAGE = """# Noninterference, {date}

`make noninterference`: {all} random surveys and policies. In {surveys} somebody was withheld and could change, in
{nobody_withheld} nobody was, {refused_surveys} were refused. Scales of 2 to 6 items and 2 to 7 categories; with and without
roles, leaders, respondents, organisations, waves and forms; minimum 3, 5 or 8 respondents and 1 to 3 leaders.

**Released answers.** Whatever writes takes the released answers and nothing else of the file. They were compared with all that
they hold (arrays with their order, keys, account, withheld cells) after each change of the withheld people.

**Bytes.** Of the first {first} surveys everything was written twice, where somebody was withheld ({surveys_written}; {by} with
`--by`, {roles} with `--roles`): of the file, and of a file in which all changes that it has room for were made, one upon the
other. These are results.json of all analyses,
the report with its plots (Danish and English in turn), the texts of the terminal, the evidence on items, and the counts; of
every fourth survey also the report as a Word document, and of each result its tables in LaTeX, Word and Excel, what is
printed of it and its first picture. Without groups and roles asked for: the scores of leaders (of the file and of a data frame
of it), the export for lavaan, mirt and Mplus, reliability by role, wave and form and invariance of their items, and one notebook of
{notebooks} surveys, all nine in turn, with all that its cells print and show, plots included. Lines were compared byte for
byte; the two lines of the account, `rows read` and `withheld`, may differ, and the padding of texts to their width.

A change is not compared where the changed file is refused, or where it changes the cells themselves: the last of a cell goes,
or so many of its people answer at all, or under a name of their own, that the cell has the minimum.
"""


def main(surveys: int = SURVEYS, first: int = WRITTEN) -> int:
    """Compare many surveys, write everything of the first ones, and print a page about it; the number with a difference."""
    total, seconds, differences = Counter[str](), 0.0, []
    for one in study(surveys, first):
        total += Counter(one["found"])
        seconds += one["seconds"]
        differences += [one["difference"]] if one["difference"] else []
    named = {name.replace(" ", "_"): total[name] for name in COUNTED}
    print(PAGE.format(date=date.today().isoformat(), all=surveys, first=first, **named))
    print(f"Differences: {len(differences) or 'none'}. {seconds / 60:.0f} minutes of a process; {DRAWS} draws a bootstrap.\n")
    for one in differences:
        print(f"- {one}")
    print("| what changed | released answers equal | bytes equal |\n|---|---|---|")
    for kind in KINDS:
        print(f"| {kind} | {total[kind]} | {total[f'bytes/{kind}']} |")
    others = ("refused changes", "changes of the cells")
    print("\n| not compared | |\n|---|---|\n" + "\n".join(f"| {name} | {total[name]} |" for name in others))
    print("\n| output | compared |\n|---|---|")
    for name, number in sorted(total.items()):
        output = name.removeprefix("bytes/")
        if output != name and output not in KINDS:
            print(f"| {output} | {number} |")
    return len(differences)


if __name__ == "__main__":
    sys.exit(main(*(int(argument) for argument in sys.argv[1:])))
