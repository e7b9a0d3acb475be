"""Try what nobody has thought of: damaged files of every format, and surveys of every shape through all analyses.

    python tests/fuzzing.py files 1000       so many mutations of each format are read, and some inspected
    python tests/fuzzing.py surveys 500      so many random surveys, all analyses, and a report of every tenth; a further number
                                             is the seed of the first

Every part runs in a process of its own, so that a crash is seen. Prints what came of each, the longest time and the most
memory, and ends with status 1 after a traceback, a crash, or more memory than is allowed. The seeds are fixed.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat

sys.path.insert(0, str(Path(__file__).parent))

ITEMS = ["kompetencer", "forklare", "vaerdi", "kultur", "itsikkerhed"]
FORMATS = ("sav", "zsav", "dta", "xlsx", "parquet", "csv", "toml")

# Bytes that the fuzzed part and everything that it starts may hold.
MEMORY = 2e9

# Files or surveys of one process: the memory that each part took is told apart, and a crash costs no more than one part.
_FILES, _SURVEYS = 100, 25


# ---------------------------------------------------------------- files


def valid(folder: Path, ending: str) -> list[bytes]:
    """Small files of a format, in the variants in which its programs write it."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({item: rng.integers(1, 6, 30) for item in ITEMS}).assign(role="leder", leader="Åse")
    if ending in ("sav", "zsav", "dta"):
        frame.loc[3, ITEMS[0]] = 8
    labels = {item: {1: "Helt uenig", 5: "Helt enig", 8: "Ved ikke"} for item in ITEMS}
    path = folder / f"valid.{ending}"

    def written(write: Callable[..., Any], *arguments: Any, **options: Any) -> bytes:
        write(*arguments, **options)
        return path.read_bytes()

    if ending in ("sav", "zsav"):
        about = {"variable_value_labels": labels, "missing_ranges": {ITEMS[0]: [8]}, "column_labels": list(frame)}
        if ending == "zsav":
            return [written(pyreadstat.write_sav, frame, str(path), compress=True, **about)]
        return [written(pyreadstat.write_sav, frame, str(path), row_compress=packed, **about) for packed in (False, True)]
    if ending == "dta":
        versions = (8, 12, 15)
        return [written(pyreadstat.write_dta, frame, str(path), variable_value_labels=labels, version=one) for one in versions]
    if ending == "xlsx":
        return [written(frame.to_excel, path, index=False)]
    if ending == "parquet":
        return [written(frame.to_parquet, path)]
    if ending == "csv":
        return [written(frame.to_csv, path, index=False, encoding=one) for one in ("utf-8", "cp1252", "utf-16")]
    shipped = Path(__file__).parents[1]
    book = shipped / "data" / "synthetic" / "raw_export.toml"
    scale = shipped / "src" / "omstilling_psychometrics" / "survey" / "instruments" / "ledelse_af_digital_omstilling.toml"
    return [book.read_bytes(), scale.read_bytes()]


def mutated(content: bytes, chance: random.Random) -> bytes:
    """A few bytes changed, half of the time near the beginning, where the description of most formats stands; some cut off,
    some with a piece repeated or left out."""
    changed = bytearray(content)
    for _ in range(chance.randint(1, 6)):
        place = chance.randrange(len(changed) if chance.random() < 0.5 else min(1000, len(changed)))
        changed[place] = chance.choice((chance.randrange(256), 0, 255, 127, 128))
    if chance.random() < 0.1:
        changed = changed[: chance.randrange(len(changed))]
    if chance.random() < 0.1:
        start = chance.randrange(len(changed) + 1)
        piece = changed[start : start + chance.randrange(1, 200)]
        changed[start : start + len(piece)] = piece * chance.choice((0, 2, 3))
    return bytes(changed)


def read_mutations(ending: str, first: int, number: int) -> Iterator[str]:
    """What became of each mutation: 'read', 'refused' or 'crashed' (the reading process; for us a refusal as well)."""
    from omstilling_psychometrics.core.errors import OmstillingError
    from omstilling_psychometrics.survey.codebook import load_codebook
    from omstilling_psychometrics.survey.inspection import inspect
    from omstilling_psychometrics.survey.instrument import load_instrument
    from omstilling_psychometrics.survey.reading import read

    def opened(path: Path, seed: int) -> None:
        if ending == "toml":
            load_codebook(path, load_instrument()) if seed % 2 == 0 else load_instrument(path)
        elif seed % 10 == 0:
            str(inspect(path))
        else:
            read(path)

    with tempfile.TemporaryDirectory() as folder:
        originals = valid(Path(folder), ending)
        path = Path(folder) / f"mutated.{ending}"
        for seed in range(first, first + number):
            path.write_bytes(mutated(originals[seed % len(originals)], random.Random(seed)))
            try:
                opened(path, seed)
            except OmstillingError as error:
                yield "crashed" if "ended in the middle" in str(error) else "refused"
            else:
                yield "read"


# ---------------------------------------------------------------- surveys


def extreme(seed: int) -> tuple[Any, str | None]:
    """A survey of few, repeated or perfectly related patterns, some of them given by a great many, in waves, by people who are
    known and answer again; up to nine items and eleven categories."""
    from omstilling_psychometrics.survey.codes import BLANK, FIRST_REASON, NOT_SHOWN
    from omstilling_psychometrics.survey.instrument import plain_instrument
    from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns

    chance = np.random.default_rng([2, seed])
    k, c = int(chance.integers(2, 10)), int(chance.choice([2, 3, 4, 5, 6, 7, 11]))
    m = int(chance.choice([1, 2, 3, 4, 6, 10, 30, 80]))
    codes = chance.integers(1, c + 1, (m, k))
    kind = chance.integers(6)
    if kind == 0:  # every item alike
        codes[:] = codes[:, :1]
    elif kind == 1:  # items that never differ between people, some of them
        codes[:, chance.random(k) < 0.6] = int(chance.integers(1, c + 1))
    elif kind == 2:  # one item against all others
        codes[:, 1:] = codes[:, 1:2]
        codes[:, 0] = c + 1 - codes[:, 1]
    elif kind == 3:  # the ends of the scale only
        codes = np.where(codes > c / 2, c, 1)
    elif kind == 4:  # a perfect scale: each item is easier than the next
        codes = np.clip(np.arange(m)[:, None] - np.arange(k)[None, :], 1, c)
    holes = chance.random((m, k)) < chance.choice([0, 0, 0.1, 0.6])
    codes[holes] = chance.choice([BLANK, NOT_SHOWN, FIRST_REASON, FIRST_REASON - 1], (m, k))[holes]
    counts = chance.integers(1, 4, m) * int(10.0 ** chance.choice([0, 0, 0, 1, 3, 6, 9]))
    roles = tuple(f"r{one}" for one in range(chance.integers(4)))
    keys = {}
    for name, levels in {"role": roles, "wave": ("1", "2"), "form": ("A", "B"), "organisation": ("x", "y", "z")}.items():
        if levels and chance.integers(2):
            keys[name] = Key.of([levels[one] for one in chance.integers(0, len(levels), m)], levels)
    for name in ("leader", "respondent"):
        if chance.integers(2):
            keys[name] = Key.of([f"p{one}" for one in chance.integers(0, max(1, m // 3), m)])
    if "respondent" in keys:
        counts = np.minimum(counts, 1)
    by = str(chance.choice(list(keys))) if keys and chance.integers(4) == 0 else None
    instrument = plain_instrument(tuple(range(c)), tuple("abcdefghi"[:k]), non_answers=("dk", "no"), roles=roles)
    return ResponsePatterns.count(instrument, codes, keys, counts), None if by == "role" else by


def analyse_surveys(_: str, first: int, number: int) -> Iterator[str]:
    """'analysed' for each survey whose rows are what results.json allows, in a few draws where there would be thousands."""
    from omstilling_psychometrics.core.errors import OmstillingError
    from omstilling_psychometrics.core.registry import ANALYSES
    from omstilling_psychometrics.reporting.validation import validate
    from omstilling_psychometrics.survey.disclosure import Disclosure
    from omstilling_psychometrics.topics.dimensionality import analysis_efa as efa
    from omstilling_psychometrics.topics.reliability import analysis as reliability
    from omstilling_psychometrics.topics.reliability import analysis_omega as omega
    from test_any_survey import refuse_wrong_rows, survey

    for module in (efa, omega, reliability):
        module.DRAWS = 20
    for seed in range(first, first + number):
        answers, by = survey(seed) if seed % 2 else extreme(seed)
        policy = Disclosure() if seed % 3 == 0 else Disclosure.none()
        try:
            result = validate(answers, tuple(ANALYSES), rng=1, by=by, disclosure=policy)
        except OmstillingError as error:
            yield f"refused: {str(error)[:60]}"
            continue
        refuse_wrong_rows(result.rows)
        if seed % 10 == 0 and by is None:
            with tempfile.TemporaryDirectory() as folder:
                result.write_report(Path(folder) / "report.html", "da" if seed % 20 else "en")
        yield "analysed"


# ---------------------------------------------------------------- running


def part(what: str, first: int, number: int) -> None:
    """One part, in this process: the result as a line of JSON."""
    outcomes: Counter[str] = Counter()
    faults, longest, start = [], 0.0, time.perf_counter()
    every = analyse_surveys if what == "surveys" else read_mutations
    seed = first
    while seed < first + number:
        try:
            for outcome in every(what, seed, first + number - seed):
                outcomes[outcome] += 1
                seed += 1
                longest, start = max(longest, time.perf_counter() - start), time.perf_counter()
        except Exception:  # what is looked for: told with its seed, and on with the next
            faults.append(f"{what} {seed}: {traceback.format_exc(limit=-4)}")
            seed += 1
    print(json.dumps({"outcomes": outcomes, "faults": faults, "longest": longest, "memory": memory()}))


def memory() -> float:
    """The most bytes that this process or one that it started held at once."""
    import resource

    kilobyte = 1 if sys.platform == "darwin" else 1024
    held = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return float(max(held) * kilobyte)


def fuzzed(what: str, number: int, size: int, start: int = 0) -> bool:
    """All parts of one kind from a seed on; whether nothing was wrong."""
    outcomes: Counter[str] = Counter()
    faults: list[str] = []
    longest = most = 0.0
    begun = time.perf_counter()
    for first in range(start, start + number, size):
        arguments = [sys.executable, __file__, "part", what, str(first), str(min(size, start + number - first))]
        run = subprocess.run(arguments, capture_output=True, text=True, check=False)
        if run.returncode:
            faults.append(f"{what} {first} …: the process ended with status {run.returncode}: {run.stderr[-2000:]}")
            continue
        found = json.loads(run.stdout.splitlines()[-1])
        outcomes.update(found["outcomes"])
        faults += found["faults"]
        longest, most = max(longest, found["longest"]), max(most, found["memory"])
        if run.stderr:
            faults.append(f"{what} {first} …: on standard error: {run.stderr[-2000:]}")
    for fault in faults:
        print(fault)
    told = ", ".join(f"{name} {count}" for name, count in sorted(outcomes.items()))
    print(
        f"{what}: {number}: {told or 'nothing'}; faults {len(faults)}; longest {longest:.1f} s; memory {most / 1e6:.0f} MB; "
        f"{time.perf_counter() - begun:.0f} s",
        flush=True,
    )
    return not faults and most <= MEMORY


def main(arguments: list[str]) -> int:
    """0 where nothing was wrong."""
    kind = arguments[0]
    if kind == "part":
        part(arguments[1], int(arguments[2]), int(arguments[3]))
        return 0
    number = int(arguments[1])
    if kind == "surveys":
        return 0 if fuzzed("surveys", number, _SURVEYS, int(arguments[2]) if len(arguments) > 2 else 0) else 1
    good = [fuzzed(ending, number, _FILES) for ending in arguments[2:] or FORMATS]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
