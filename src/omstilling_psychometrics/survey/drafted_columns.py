"""Which columns a draft reads as what: items by their names, their texts or their numbers in a row; keys by their names.

Where the evidence is weak, a line is proposed as a comment.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from .codebook import NOT_SHOWN_KEY, Codebook
from .codebook_lines import Line
from .coding import Meanings, code_values, in_words
from .instrument import RESERVED_COLUMNS
from .question_texts import ItemTexts, called, item_texts, plain
from .scale import Instrument
from .table import Table
from .text import canonical, normalised, quoted
from .variable_labels import other_items

Counted = Mapping[str | None, int]
Values = Mapping[str, Counted]

# Stands for the values of a column that has too many of them to be counted.
UNCOUNTED: Counted = MappingProxyType({})

# Names that survey systems give the columns we know, Danish and English, in plain form.
_NAMES = {
    "role": "role rolle respondenttype respondentrolle besvarertype type relation svarrolle",
    "leader": "leader leder lederid ledernr ledernummer lederkode leaderid manager managerid bedoemtleder bedømtleder",
    "respondent": "respondent respondentid respid personid deltager deltagerid participantid svarid besvarelseid responseid "
    "recordid medarbejderid id",
    "organisation": "organisation organization org orgid organisationid orgnr organisationsnr myndighed kommune virksomhed "
    "institution",
    "wave": "wave runde boelge bølge boelgenr bølgenr maaling måling målingsnr wavenr wavenumber round",
    "form": "form skema skematype version formular spørgeskema",
    "completed": "completed completedat afsluttet besvaret svartidspunkt sluttid slut enddate endtime completiontime "
    "submitdate tidsstempel timestamp fuldførelsestidspunkt fuldfoerelsestidspunkt gennemført",
}
_KEY_OF_NAME = {name: ours for ours, names in _NAMES.items() for name in names.split()}

# Names that may mean a key; what they do mean is for people to say.
_UNITS = (
    "enhed enhedid enhedsid enhednr enhedsnr enhedsnavn unit unitid afdeling afdelingid afdelingsid afdelingsnr afdelingsnavn "
    "department departmentid team teamid teamnr teamnavn sektion section kontor gruppe gruppeid group groupid"
)
_NUMBERS_OF_ANSWERS = (
    "løbenr løbenummer loebenr loebenummer lbnr nr nummer number no serial serialno caseid case sagsnr sagsnummer sagid "
    "respondentnr respondentnummer svarnr token key"
)
_PERIODS = "år aar year årstal aarstal periode period kvartal quarter redcapeventname"
_MAY_REPEAT = ("id", "recordid")

# A column of answers about whether somebody is one, is not one of who that is.
_YES_OR_NO = frozenset(("ja", "nej", "yes", "no", "0", "1", "true", "false", "sand", "falsk"))

# Different values up to which a column may be a role, or a background variable worth listing.
FEW = 20

# What stands behind the name of a column that another column has too.
_PLACE = re.compile(r" \(column [0-9]+\)$")

# From so many columns on their order may mean something.
_SEVERAL = 2

# Share of a column's answers that must be readable for it to be taken for an item.
_MOSTLY = 0.8


@dataclass
class DraftedColumns:
    """items: item key to column; keys: our name to column; remarks: of either, by our name; contradicted: column read as an
    item by its name to the item that its text in the file is about; proposals: lines for people to decide; role: of the whole
    file, where the texts of its items are those of one role."""

    items: dict[str, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    remarks: dict[str, str] = field(default_factory=dict)
    contradicted: dict[str, str] = field(default_factory=dict)
    proposals: list[Line] = field(default_factory=list)
    role: str | None = None

    @property
    def read_as(self) -> dict[str, str]:
        """Column to our name."""
        return {column: ours for ours, column in (*self.items.items(), *self.keys.items())}

    def take(self, item: str, column: str, remark: str = "") -> None:
        self.items[item] = column
        if remark:
            self.remarks[item] = remark


def drafted_columns(table: Table, instrument: Instrument, book: Codebook, values: Values, known: Meanings) -> DraftedColumns:
    """The columns of a draft. values: rows per raw text of every column that holds no identifiers."""
    draft = DraftedColumns()
    texts = item_texts(instrument)
    _by_name(draft, table, instrument, book, values, texts)
    _by_text(draft, table, instrument, book, values, texts)
    _by_number(draft, table, instrument, book, values, known)
    draft.items = {item: draft.items[item] for item in instrument.item_keys if item in draft.items}
    _keys(draft, table, instrument, book, values)
    if "role" not in draft.keys and book.file.role is None:
        draft.role = _role_of_the_texts(draft, table, instrument, texts)
    _proposed_keys(draft, values)
    return draft


def few_values(counted: Counted) -> bool:
    """Was a column counted, and has it few different values?"""
    return 0 < len(counted) <= FEW


def has_too_many(counted: Counted, known: Meanings) -> bool:
    """Does a column have more different values than answers have? One that was not counted (it is empty then) has."""
    return counted is UNCOUNTED or len({canonical(text) for text in counted if text is not None}) > known.most_values


# ---------------------------------------------------------------- items


def _not_asked(item: str, book: Codebook) -> bool:
    return book.columns.get(item) == NOT_SHOWN_KEY


def _by_name(
    draft: DraftedColumns, table: Table, instrument: Instrument, book: Codebook, values: Values, texts: ItemTexts
) -> None:
    """Columns that the codebook names or that have the name of an item; the latter against their own texts."""
    place = {normalised(name): name for name in values}
    taken = {normalised(name) for name in book.columns.values()}
    for item in instrument.item_keys:
        wanted = normalised(book.columns.get(item, item))
        if _not_asked(item, book) or wanted not in place or (item not in book.columns and wanted in taken):
            continue
        column = place[wanted]
        draft.take(item, column)
        others = other_items(table.descriptions.get(column, ""), item, texts)
        if others and item not in book.columns:
            draft.contradicted[column] = " or ".join(others)
    about_items = {column: texts.of(table.descriptions.get(column, "")) for column in draft.contradicted}
    for column in draft.contradicted:
        item = draft.read_as[column]
        asked = [name for name, about in about_items.items() if item in about]
        draft.proposals += [
            Line(item, name, f"the text of {quoted(name)} in the file is the wording of {item}", proposed=True)
            for name in asked
        ]
        draft.proposals.append(
            Line(item, column, f"if the name is right, and the text, of {draft.contradicted[column]}, is wrong", proposed=True)
        )


def _by_text(
    draft: DraftedColumns, table: Table, instrument: Instrument, book: Codebook, values: Values, texts: ItemTexts
) -> None:
    """Columns whose text or name is the wording of one item that no column has yet."""
    named = {plain(item): item for item in instrument.item_keys}
    by_text: dict[str, list[str]] = {}
    taken = {*draft.items.values(), *book.columns.values()}
    for name in values:
        base = plain(_PLACE.sub("", name))  # what a column is called that shares its name with another
        about = list(texts.of_column(table, name)) or ([named[base]] if base in named else [])
        if name not in taken and len(about) == 1:
            by_text.setdefault(about[0], []).append(name)
    for item, columns in by_text.items():
        if item in draft.items or _not_asked(item, book):
            continue
        if len(columns) == 1:
            draft.take(item, columns[0], "its text is the wording of the item" if plain(columns[0]) != plain(item) else "")
        else:
            for name in columns:
                roles = ", ".join(sorted(texts.of_column(table, name).get(item, ())))
                remark = f"one of {len(columns)} columns with its wording{f' ({roles})' if roles else ', or its name'}"
                draft.proposals.append(Line(item, name, remark, proposed=True))
    for name in values:
        begun = texts.begun(table.descriptions.get(name, name)) if name not in draft.items.values() else ()
        if len(begun) == 1 and begun[0] not in {*draft.items, *by_text}:
            draft.proposals.append(Line(begun[0], name, "its text is the beginning of the wording", proposed=True))


def _by_number(
    draft: DraftedColumns, table: Table, instrument: Instrument, book: Codebook, values: Values, known: Meanings
) -> None:
    """As many numbered columns of answers (q1, q2, …) as items are left, in their order: a guess, and only a proposal where
    the columns have texts that are not the wordings, or values that are no answers yet."""
    waiting = [item for item in instrument.item_keys if item not in draft.items and not _not_asked(item, book)]
    if len(waiting) < _SEVERAL or any(line.key in waiting for line in draft.proposals):
        return
    free = [name for name in values if _is_free(name, draft, book)]
    answers = [name for name in free if _holds_answers(table, name, values[name], known)]
    columns = _numbered(answers, len(waiting))
    worded = any(instrument.item(item).wording for item in waiting)
    if columns and not (worded and any(_has_a_text(table, name) for name in columns)):
        for item, name in zip(waiting, columns, strict=True):
            draft.take(item, name, "GUESS by the order of the columns: check it")
        return
    if not columns:
        scale = [name for name in free if len(values[name]) > 1 and not has_too_many(values[name], known)]
        columns = _numbered(_alike(scale, values), len(waiting)) or (answers if len(answers) == len(waiting) else [])
    for item, name in zip(waiting, columns, strict=False):
        text = table.descriptions.get(name)
        remark = f"by the order of the columns; its text is {quoted(text)}" if text else "by the order of the columns"
        draft.proposals.append(Line(item, name, f"{remark}: is it this one?", proposed=True))


def _is_free(name: str, draft: DraftedColumns, book: Codebook) -> bool:
    taken = {*draft.items.values(), *map(normalised, book.columns.values())}
    return name not in taken and called(name) not in _KEY_OF_NAME and normalised(name) not in RESERVED_COLUMNS


def _has_a_text(table: Table, name: str) -> bool:
    return bool(table.descriptions.get(name)) or " " in name


def _holds_answers(table: Table, name: str, counted: Counted, known: Meanings) -> bool:
    """Are most rows categories or non-answers, and more than one category among them?"""
    texts = [text for text in counted if text is not None]
    if has_too_many(counted, known):
        return False
    coded = code_values(texts, known, table.labels.get(name)).codes
    total = sum(counted[text] for text in texts)
    readable = sum(counted[text] for text, code in zip(texts, coded, strict=True) if code)
    return len({code for code in coded if code > 0}) > 1 and total > 0 and readable >= _MOSTLY * total


def _numbered(names: Sequence[str], wanted: int) -> list[str]:
    """The only family of names that differ in one number (q1, q2, …; Q5_1, Q5_2, …) of the size that is wanted, if its numbers
    rise as the columns do; else none."""
    families: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for name in names:
        code = re.match(r"(?:[\w.]|\[\w*\])+", name)
        parts = re.fullmatch(r"(.*?)([0-9]{1,18})([^0-9]*)", code[0]) if code is not None else None
        if parts is not None:
            families.setdefault((parts[1], parts[3]), []).append((int(parts[2]), name))
    fitting = [family for family in families.values() if len(family) == wanted]
    if len(fitting) != 1 or [number for number, _ in fitting[0]] != sorted({number for number, _ in fitting[0]}):
        return []
    return [name for _, name in fitting[0]]


def _alike(names: Sequence[str], values: Values) -> list[str]:
    """Columns most of whose values occur in another of them too."""
    owners: dict[str, int] = {}
    for name in names:
        for text in values[name]:
            if text is not None:
                owners[text] = owners.get(text, 0) + 1
    return [name for name in names if all(owners[text] > 1 for text in values[name] if text is not None)]


def _role_of_the_texts(draft: DraftedColumns, table: Table, instrument: Instrument, texts: ItemTexts) -> str | None:
    """The one role whose wordings the texts of all items are, if most items have such a text."""
    asked = [
        roles
        for item, column in draft.items.items()
        if column not in draft.contradicted and (roles := texts.of_column(table, column).get(item))
    ]
    roles = frozenset.intersection(*asked) if 2 * len(asked) > len(draft.items) else frozenset()
    return next(iter(roles)) if len(roles) == 1 and roles <= {*instrument.role_keys} else None


# ---------------------------------------------------------------- keys


def _keys(draft: DraftedColumns, table: Table, instrument: Instrument, book: Codebook, values: Values) -> None:
    def said(name: str) -> set[str]:
        return {in_words(text, table.labels.get(name)) for text in values[name] if text is not None}

    place = {normalised(name): name for name in values}
    taken = {normalised(name) for name in book.columns.values()}
    for ours in (*_NAMES, *book.background(instrument)):
        wanted = normalised(book.columns.get(ours, ours))
        column = place.get(wanted)
        if column is not None and column not in draft.read_as and (ours in book.columns or wanted not in taken):
            draft.keys[ours] = column
    read = draft.read_as
    words = {canonical(text) for role in instrument.roles for text in (role.key, *role.label.variants())}
    for name, counted in values.items():
        meant = _KEY_OF_NAME.get(called(name))
        if meant is None or name in read or meant in draft.keys:
            continue
        doubt = _doubt(meant, name, said(name), words, counted)
        if doubt:
            draft.proposals.append(Line(meant, name, doubt, proposed=True))
        elif not (meant == "role" and book.file.role is not None):
            draft.keys[meant] = name
            draft.remarks[meant] = "GUESS by its name: check it"
    if "role" not in draft.keys and book.file.role is None:
        for name, counted in values.items():
            if name not in draft.read_as and few_values(counted) and len(said(name) & words) > 1:
                draft.keys["role"] = name
                draft.remarks["role"] = "GUESS by its values: check it"
                break


def _doubt(ours: str, name: str, texts: set[str], roles: set[str], counted: Counted) -> str:
    """Why a column may not be the key that its name says; '' where nothing speaks against it."""
    if ours == "role" and roles and counted is not UNCOUNTED and not any(_words(text) & roles for text in texts):
        return "its name says so, but none of its values is a role of the instrument"
    if ours in ("leader", "respondent", "organisation") and texts and texts <= _YES_OR_NO:
        return "its name says so, but its values are yes and no"
    if called(name) in _MAY_REPEAT and any(rows > 1 for text, rows in counted.items() if text is not None):
        return "its name says so, but its values repeat: only if rows with the same one are of the same person"
    return ""


def _words(text: str) -> set[str]:
    return {text, *re.findall(r"\w+", text)}


def _proposed_keys(draft: DraftedColumns, values: Values) -> None:
    """Units, running numbers and periods that may be keys."""
    read = draft.read_as
    for name, counted in values.items():
        if name in read or not (counted is UNCOUNTED or len(counted) > 1):
            continue
        own_name = called(name)
        if own_name in _UNITS.split() and "leader" not in draft.keys:
            remark = "if each of them has one leader: then the answers are about that leader"
            draft.proposals.append(Line("leader", name, remark, proposed=True))
        elif own_name in _UNITS.split() and "organisation" not in draft.keys:
            draft.proposals.append(Line("organisation", name, "if it is an organisation", proposed=True))
        elif own_name in _NUMBERS_OF_ANSWERS.split() and "respondent" not in draft.keys:
            draft.proposals.append(Line("respondent", name, "if it is the number of a person", proposed=True))
        elif own_name in _PERIODS.split() and "wave" not in draft.keys:
            draft.proposals.append(Line("wave", name, "if each of its values is a survey of its own", proposed=True))
