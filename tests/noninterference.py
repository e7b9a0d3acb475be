"""What is written depends on nobody who is withheld: random surveys and policies, in which withheld people answer otherwise,
come, go, answer twice or have other names.

`pytest` runs a share of them; `make noninterference` runs all of them and prints what was compared.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np

from omstilling_psychometrics.core.errors import DataError, UsageError
from omstilling_psychometrics.core.registry import ANALYSES
from omstilling_psychometrics.reporting.results_json import document
from omstilling_psychometrics.reporting.validation import validate
from omstilling_psychometrics.survey.disclosure import Cell, Disclosure
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.parquet import write_counts
from omstilling_psychometrics.survey.reading import read
from omstilling_psychometrics.survey.released import ReleasedAnswers
from omstilling_psychometrics.topics.dimensionality import analysis_efa as efa
from omstilling_psychometrics.topics.reliability import analysis as reliability
from omstilling_psychometrics.topics.reliability import analysis_omega as omega

INSTRUMENT = plain_instrument((1, 2, 3, 4), ("a", "b", "c"), non_answers=("dk",), roles=("team", "self", "boss"))
ITEMS = ("a", "b", "c")
KEYS = ("role", "leader", "respondent", "wave", "form", "organisation", "sex")
HEADER = (*KEYS, "completed", *ITEMS)
# Cheap analyses; all of them are compared on fewer surveys.
QUICK = ("items", "missingness", "multilevel", "role_comparison", "dif")

Record = dict[str, str]
Changed = tuple[str, list[Record]]


@dataclass(frozen=True)
class Survey:
    """records: the rows of the file; by: what it is grouped by, if anything."""

    records: list[Record]
    policy: Disclosure
    by: str | None


def _answers(random: np.random.Generator) -> Record:
    level = random.normal()
    given = np.clip(np.round(2.5 + level + random.normal(size=len(ITEMS))), 1, 4).astype(int).astype(str)
    hole = random.random(len(ITEMS)) < random.choice([0.0, 0.1, 1.0], p=[0.6, 0.35, 0.05])
    return {
        item: str(random.choice(["", "dk"])) if missing else str(answer)
        for item, answer, missing in zip(ITEMS, given, hole, strict=True)
    }


def survey(seed: int) -> Survey:
    """A survey in which something is small: a role, a wave, a form, a group, or the number of leaders."""
    random = np.random.default_rng(seed)
    leaders = int(random.choice([1, 4, 8]))
    sizes = {"team": int(random.integers(12, 60)), "self": int(random.integers(0, 9)), "boss": int(random.integers(0, 9))}
    waves, forms = (random.choice([1, 2, 2]) for _ in range(2))
    rare = random.choice([0.05, 0.15, 0.5])
    records: list[Record] = []
    for role, size in sizes.items():
        few_leaders = role == "boss" and random.random() < 0.3
        for person in range(size):
            about = int(random.integers(2 if few_leaders else leaders))
            records.append(
                {
                    "role": role,
                    "leader": "" if random.random() < 0.04 else f"l{about}",
                    "respondent": "" if random.random() < 0.1 else f"{role}{person}",
                    "wave": "2" if waves > 1 and random.random() < rare else "1",
                    "form": "B" if forms > 1 and random.random() < rare else "A",
                    "organisation": f"o{about % 3}",
                    "sex": str(random.choice(["m", "f", "x", ""], p=[0.5, 0.35, 0.1, 0.05])),
                    "completed": f"2025-01-{random.integers(1, 28):02}",
                    **_answers(random),
                }
            )
    records += [dict(one) for one in records if one["respondent"] and random.random() < 0.05]
    policy = Disclosure(minimum_respondents=int(random.choice([3, 5, 8])), minimum_leaders=int(random.choice([1, 2, 3])))
    return Survey(records, policy, str(random.choice(["sex", "organisation", "wave"])) if random.random() < 0.4 else None)


def is_in(record: Record, cell: Cell) -> bool:
    return record["role"] == cell.role and all((record[name] or None) == value for name, value in cell.values)


def changes(one: Survey, withheld: Sequence[Cell], seed: int) -> list[Changed]:
    """The file with something else about the withheld people in it, of each kind that the survey has room for."""
    random = np.random.default_rng([seed, 1])
    gone = [any(is_in(record, cell) for cell in withheld) for record in one.records]
    # Somebody may come or go where the cell stays too small, and nobody comes back under the same name.
    small = [
        cell
        for cell in withheld
        if len([record for record in one.records if is_in(record, cell)]) < one.policy.minimum_respondents - 1
    ]
    found: list[Changed] = []
    if any(gone):
        other = [{**record, **_answers(random)} if out else record for record, out in zip(one.records, gone, strict=True)]
        found.append(("other answers", other))
        names = {f"{role}{person}": f"r{random.integers(10**9)}" for role in ("team", "self", "boss") for person in range(60)}
        renamed = [
            {**record, "respondent": names.get(record["respondent"], "")} if out else record
            for record, out in zip(one.records, gone, strict=True)
        ]
        found.append(("other names", renamed))
        place = int(random.choice(np.flatnonzero(gone)))
        if one.records[place]["respondent"]:
            late = {**one.records[place], **_answers(random), "completed": "2025-02-01"}
            found += [("answered twice", [*one.records, late]), ("repeated", [*one.records, dict(one.records[place])])]
    for cell in small[:1]:
        like = next((record for record in one.records if is_in(record, cell)), None)
        if like is not None:
            found.append(("one more", [*one.records, {**like, **_answers(random), "respondent": "somebody"}]))
    several = [cell for cell in small if len([record for record in one.records if is_in(record, cell)]) > 1]
    for cell in several[:1]:
        place = next(place for place, record in enumerate(one.records) if is_in(record, cell))
        person = one.records[place]["respondent"]
        rest = [
            record for at, record in enumerate(one.records) if at != place and not (person and record["respondent"] == person)
        ]
        if any(is_in(record, cell) for record in rest):
            found.append(("one less", rest))
    return found


def release(folder: Path, records: Sequence[Record], one: Survey) -> ReleasedAnswers | str:
    """The released answers of a file, or why it is refused."""
    path = folder / "answers.csv"
    lines = [",".join(record[name] for name in HEADER) for record in records]
    path.write_text("\n".join([",".join(HEADER), *lines, ""]), encoding="utf-8")
    try:
        return read(path, instrument=INSTRUMENT, by=["sex"]).released(one.policy, by=one.by)
    except (DataError, UsageError) as error:
        return str(error)


def without_two_lines(answers: ReleasedAnswers) -> ReleasedAnswers:
    """The answers as if the account had not the lines `rows read` and `withheld`, which alone may differ."""
    account = answers.account
    assert account is not None
    left_out = {reason: rows for reason, rows in account.left_out.items() if reason != "withheld"}
    rest = account.rows_analysed + sum(left_out.values())
    assert account.rows_read == rest + account.left_out.get("withheld", 0)
    return replace(answers, account=replace(account, rows_read=rest, left_out=left_out))


def written(answers: ReleasedAnswers, folder: Path, names: Sequence[str], *, page: bool) -> dict[str, bytes]:
    """Everything that is written of released answers."""
    found = validate(answers, names, rng=1, by=answers.by)
    outputs = {"results.json": json.dumps(document(found.rows, found.origin), ensure_ascii=False).encode()}
    if page:
        found.write_report(folder / "report.html", "da")
        outputs["report.html"] = (folder / "report.html").read_bytes()
        outputs["overview"] = (repr(found.answers) + found.overview()).encode()
    return outputs


def counts_of(folder: Path, records: Sequence[Record], one: Survey) -> bytes:
    """The rows of the file of counts, and what it says of itself but for the two lines."""
    import pyarrow.parquet

    release(folder, records, one)
    target = folder / "counts.parquet"
    try:
        write_counts(read(folder / "answers.csv", instrument=INSTRUMENT), target, keep=["organisation"], disclosure=one.policy)
    except DataError as error:
        return str(error).encode()
    table = pyarrow.parquet.read_table(target)
    about = table.schema.metadata[b"omstilling_psychometrics"].decode()
    about = re.sub(r'"(rows_read|withheld)":\d+,?', "", about)
    return repr(table.to_pydict()).encode() + about.encode()


def compared(seed: int, *, everything: bool = False, page: bool = False, kinds: Sequence[str] | None = None) -> Counter[str]:
    """Compares what is written of one survey with what is written of its changes (or of these kinds); how many of each kind
    were equal. Raises AssertionError where a byte differs."""
    one, done = survey(seed), Counter[str]()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        before = release(folder, one.records, one)
        if isinstance(before, str) or not before.withheld:
            return Counter({"nothing withheld or refused": 1})
        names = tuple(ANALYSES) if everything else QUICK
        exact = without_two_lines(before)
        first = written(exact, folder, names, page=page) if everything or seed % 10 == 6 else {}
        for kind, records in changes(one, before.withheld, seed):
            if kinds is not None and kind not in kinds:
                continue
            after = release(folder, records, one)
            if isinstance(after, str) and ("that differ" in after or "respondents have" in after):
                done["refused"] += 1  # of repeated records that are equally late; of a column that too few share
                continue
            assert not isinstance(after, str), (seed, kind, after)
            # Whoever goes may have been the last one in a wave: that a withheld cell is there may be seen.
            same_cells = set(after.withheld) == set(before.withheld)
            assert same_cells or (kind == "one less" and set(after.withheld) < set(before.withheld)), (seed, kind)
            other = without_two_lines(after)
            assert other == exact, (seed, kind)
            assert other.account == exact.account, (seed, kind, exact.account, other.account)
            if first and same_cells:
                for name, content in written(other, folder, names, page=page).items():
                    assert content == first[name], (seed, kind, name)
            if first and same_cells and one.by != "sex":  # which counts do not tell apart
                assert counts_of(folder, records, one) == counts_of(folder, one.records, one), (seed, kind)
            done[kind] += 1
    return done


def main(surveys: int = 400, thorough: int = 50) -> None:
    """Compare many surveys and print a page about it."""
    for module in (efa, omega, reliability):
        module.DRAWS = 20  # what is compared is bytes, not how well an interval covers
    total, used = Counter[str](), 0
    for seed in range(surveys):
        found = compared(seed, everything=seed % thorough == 6, page=seed % thorough == 6)
        used += any(kind in found for kind in ("other answers", "one more", "one less"))
        total += found
        print(seed, dict(found), file=sys.stderr)
    print(f"# Noninterference, {date.today().isoformat()}\n")
    print(
        f"`make noninterference`: {surveys} random surveys and policies, {used} of which withheld somebody. What was released "
        "of each was compared with what was released after withheld people had changed; of every tenth also results.json and "
        f"counts, of every {thorough}th all analyses and the report. No byte differed but `rows read` and `withheld`.\n"
    )
    print("| what changed | compared |\n|---|---|")
    for kind, number in sorted(total.items()):
        print(f"| {kind} | {number} |")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
