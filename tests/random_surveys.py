"""Random surveys in which somebody is withheld, and the same files with something else about the withheld people in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from omstilling_psychometrics.survey.disclosure import Cell, Disclosure
from omstilling_psychometrics.survey.instrument import parse_instrument
from omstilling_psychometrics.survey.scale import Instrument

ROLES = ("team", "self", "boss")
BACKGROUND = ("sex", "unit")

# What a change changes, in the order of `changes`.
KINDS = (
    "other answers", "other names", "other leaders", "other background", "other place", "answered twice", "repeated",
    "one more", "one less",
)  # fmt: skip

Record = dict[str, str]


@dataclass(frozen=True)
class Survey:
    """A file and what is asked of it. columns: of the file, items last; items answered on 1 ... c; by: what the output is
    grouped by, roles: the roles asked for, if anything."""

    records: list[Record]
    columns: tuple[str, ...]
    items: tuple[str, ...]
    c: int
    reasons: tuple[str, ...]
    policy: Disclosure
    by: str | None
    roles: str | None

    @property
    def background(self) -> list[str]:
        return [name for name in BACKGROUND if name in self.columns]

    @property
    def toml(self) -> str:
        """The instrument."""
        lines = ['[instrument]\nkey = "scale"', f"[scale]\ncategories = {list(range(1, self.c + 1))}"]
        tables = {"items": self.items, "non_answers": self.reasons, "roles": ROLES if "role" in self.columns else ()}
        lines += [f'[[{name}]]\nkey = "{key}"' for name, keys in tables.items() for key in keys]
        return "\n".join([*lines, ""])

    @property
    def instrument(self) -> Instrument:
        return parse_instrument(self.toml.encode())

    def write(self, folder: Path) -> Path:
        """The file of answers, the instrument beside it."""
        (folder / "scale.toml").write_text(self.toml, encoding="utf-8")
        lines = [",".join(record[name] for name in self.columns) for record in self.records]
        (folder / "answers.csv").write_text("\n".join([",".join(self.columns), *lines, ""]), encoding="utf-8")
        return folder / "answers.csv"

    def answers(self, random: np.random.Generator) -> Record:
        """What one person answers."""
        k = len(self.items)
        level = self.c * (0.55 + 0.2 * random.normal())
        given = np.clip(np.round(level + 0.2 * self.c * random.normal(size=k)), 1, self.c).astype(int).astype(str)
        hole = random.random(k) < random.choice([0.0, 0.1, 1.0], p=[0.6, 0.35, 0.05])
        empty = random.choice(["", *self.reasons], size=k)
        return {name: str(empty[at] if hole[at] else given[at]) for at, name in enumerate(self.items)}


def survey(seed: int) -> Survey:
    """A survey in which something is small: a role, a wave, a form, a group, or the number of leaders."""
    random = np.random.default_rng(seed)
    k = int(random.choice([2, 3, 4, 5, 6], p=[0.1, 0.4, 0.25, 0.15, 0.1]))
    c = int(random.choice([2, 3, 4, 5, 7], p=[0.1, 0.15, 0.35, 0.3, 0.1]))
    gone = {name for name, chance in _ABSENT.items() if random.random() < chance}
    columns = tuple(name for name in ("role", "leader", "respondent", "wave", "form", "organisation") if name not in gone)
    items, reasons = tuple("abcdef"[:k]), ("dk", "na")[: random.integers(3)]
    by = str(random.choice([*BACKGROUND, "organisation", "wave", "form"])) if random.random() < 0.4 else None
    policy = Disclosure(minimum_respondents=int(random.choice([3, 5, 8])), minimum_leaders=int(random.choice([1, 2, 3])))
    roles = str(random.choice(["team", "team,boss", "all"])) if "role" in columns and random.random() < 0.2 else None
    columns = (*columns, *BACKGROUND, "completed", *items)
    one = Survey([], columns, items, c, reasons, policy, by if by in columns else None, roles)
    one.records.extend(_records(one, random))
    return one


# How often a file has no such column.
_ABSENT = {"role": 0.1, "leader": 0.2, "respondent": 0.15, "wave": 0.2, "form": 0.2, "organisation": 0.2}


def _records(one: Survey, random: np.random.Generator) -> Iterator[Record]:
    many = random.random() < 0.15
    leaders = 14 if many else int(random.choice([1, 4, 8]))
    small = [int(random.integers(0, 9)) for _ in range(2)]
    sizes = dict(zip(ROLES, (int(random.integers(90, 150) if many else random.integers(12, 60)), *small), strict=True))
    waves, forms = (int(random.choice([1, 2, 3])) for _ in range(2))
    rare = random.choice([0.05, 0.15, 0.5])
    few_leaders, silent = random.random() < 0.3, random.random() < 0.15
    for role, size in sizes.items():
        for person in range(size):
            about = int(random.integers(2 if few_leaders and role == "boss" else leaders))
            organisation = f"o{about % 3}"
            answers = one.answers(random)
            if silent and organisation == "o2":  # nobody there was asked, or nearly nobody
                answers = dict.fromkeys(one.items, "") if random.random() < 0.95 else answers
            record = {
                "role": role if "role" in one.columns else "",
                "leader": "" if random.random() < 0.04 else f"l{about}",
                # Superiors rate several leaders.
                "respondent": "" if random.random() < 0.1 else f"boss{person // 2}" if role == "boss" else f"{role}{person}",
                "wave": str(random.integers(2, waves + 1)) if waves > 1 and random.random() < rare else "1",
                "form": "ABC"[random.integers(1, forms)] if forms > 1 and random.random() < rare else "A",
                "organisation": organisation,
                "sex": str(random.choice(["m", "f", "x", ""], p=[0.5, 0.35, 0.1, 0.05])),
                "unit": f"u{min(int(random.geometric(0.4)), 6)}",
                "completed": f"2025-01-{random.integers(1, 28):02}",
                **answers,
            }
            yield record
            if record["respondent"] and random.random() < 0.05:
                yield dict(record)


def is_in(record: Record, cell: Cell) -> bool:
    here = record["role"] or "all"
    return here == (cell.role or "all") and all((record[name] or None) == value for name, value in cell.values)


def changes(one: Survey, withheld: Sequence[Cell], seed: int) -> Iterator[tuple[str, Survey]]:
    """The file with something else about the withheld people in it, of each kind that the survey has room for."""
    random = np.random.default_rng([seed, 1])
    out = [any(is_in(record, cell) for cell in withheld) for record in one.records]
    theirs = [record for record, gone in zip(one.records, out, strict=True) if gone]
    if not theirs:
        return

    def file(records: Iterable[Record]) -> Survey:
        return replace(one, records=list(records))

    def changed(change: Callable[[Record], Record]) -> Survey:
        return file({**record, **change(record)} if gone else record for record, gone in zip(one.records, out, strict=True))

    names, numbers = {record["respondent"] for record in theirs}, random.permutation(900)
    renamed = {name: f"r{number}" if name else "" for name, number in zip(sorted(names), numbers, strict=False)}
    yield "other answers", changed(_alike(lambda: one.answers(random)))
    if "respondent" in one.columns and names != {""}:
        yield "other names", changed(lambda record: {"respondent": renamed[record["respondent"]]})
    if "leader" in one.columns and any(record["leader"] for record in theirs):
        # The same number of leaders, whom nobody else has.
        yield "other leaders", changed(lambda record: {"leader": record["leader"] and f"x{record['leader']}"})
    free = [name for name in (*BACKGROUND, "organisation") if name in one.columns and name != one.by]
    yield "other background", changed(_alike(lambda: {name: f"{name}{random.integers(9)}" for name in free}))
    rest = [record for record, gone in zip(one.records, out, strict=True) if not gone]
    yield "other place", file([*(theirs[place] for place in random.permutation(len(theirs))), *rest])
    known = [record for record in theirs if record["respondent"]] if "respondent" in one.columns else []
    if known:
        who = known[random.integers(len(known))]
        later = {**who, **one.answers(random), "completed": str(random.choice(["2025-02-01", "2024-12-01"]))}
        yield "answered twice", file([*one.records, later])
        yield "repeated", file([*one.records, dict(who)])
    yield from _one_more(one, withheld, theirs, random)
    yield from _one_less(one, withheld, random)


def _alike(draw: Callable[[], Record]) -> Callable[[Record], Record]:
    """What is drawn for a record; the same for records of one person that are equally late, which may not differ."""
    drawn: dict[tuple[str, ...], Record] = {}

    def of(record: Record) -> Record:
        name = tuple(record[name] for name in ("role", "leader", "respondent", "wave", "completed"))
        return drawn.setdefault(name, draw()) if record["respondent"] else draw()

    return of


def _one_more(
    one: Survey, withheld: Sequence[Cell], theirs: Sequence[Record], random: np.random.Generator
) -> Iterator[tuple[str, Survey]]:
    """Somebody like one of the withheld, in a cell that stays too small."""
    sizes = {cell: sum(is_in(record, cell) for record in one.records) for cell in withheld}
    small = [cell for cell, size in sizes.items() if 0 < size < one.policy.minimum_respondents - 1]
    for cell in small[:1]:
        like = next(record for record in theirs if is_in(record, cell))
        new = {**like, **one.answers(random), "respondent": "somebody"}
        yield "one more", replace(one, records=[*one.records, new])


def _one_less(one: Survey, withheld: Sequence[Cell], random: np.random.Generator) -> Iterator[tuple[str, Survey]]:
    """Without one of the withheld, in a cell that somebody stays in; and nobody comes back under the same name."""
    for cell in withheld:
        inside = [record for record in one.records if is_in(record, cell)]
        if len(inside) > 1:
            who = inside[random.integers(len(inside))]
            name = who["respondent"]
            gone = [record for record in one.records if record is who or (name and record["respondent"] == name)]
            rest = [record for record in one.records if not any(record is other for other in gone)]
            if any(is_in(record, cell) for record in rest) and all(
                any(is_in(record, other) for other in withheld) for record in gone
            ):
                yield "one less", replace(one, records=rest)
                return
