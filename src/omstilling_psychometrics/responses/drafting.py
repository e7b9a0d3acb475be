"""A codebook drafted from what a file holds: likely item, role, leader and not-shown columns, and what values may mean.

Every guess is marked as one; nothing is guessed about a number that neither label nor instrument explains, unless there
are exactly as many such numbers as the instrument has non-answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from ..instrument import RESERVED_COLUMNS, Instrument
from .codebook import LEFT_OUT, NOT_SHOWN_KEY, Codebook
from .coding import SIGNS_FOR_NOTHING, Meanings, code_values
from .patterns import reason_codes
from .table import Table
from .text import canonical, normalised, quoted
from .value_labels import value_table

Values = Mapping[str, Mapping[str | None, int]]

# Stands for the values of a column that has too many of them to be counted.
UNCOUNTED: Mapping[str | None, int] = MappingProxyType({})

# Names that survey systems give the columns we know, Danish and English, without case and punctuation.
_NAMES = {
    "role": "role rolle respondenttype respondentrolle besvarertype type relation svarrolle",
    "leader": "leader leder lederid ledernr ledernummer leaderid manager managerid bedoemtleder bedømtleder",
    "respondent": "respondent respondentid respid id personid deltager deltagerid svarid besvarelseid medarbejderid",
    "organisation": "organisation organization org orgid organisationid orgnr organisationsnr myndighed kommune virksomhed",
    "wave": "wave runde boelge bølge maaling måling wavenr",
    "form": "form skema skematype version formular spørgeskema",
    "completed": "completed completedat afsluttet besvaret svartidspunkt sluttid slut enddate endtime submitdate tidsstempel",
}
_YES_NO = 3  # a not-shown column has hardly more different values than yes, no and perhaps one more

# Different values up to which a column may be a role, or a background variable worth listing.
_FEW = 20

# Share of a column's answers that must be readable for it to be taken for an item.
_MOSTLY = 0.8


@dataclass
class Draft:
    """items: item key to column; read_as: column to what it is read as; text: the codebook as TOML."""

    items: dict[str, str] = field(default_factory=dict)
    read_as: dict[str, str] = field(default_factory=dict)
    text: str = ""


def draft_codebook(table: Table, instrument: Instrument, book: Codebook, values: Values, known: Meanings) -> Draft:
    """The draft for a table. values: rows per raw text of every column that holds no identifiers; UNCOUNTED where there
    are too many.

    No text of a column with more different values than answers or roles have comes into the draft: people wrote it.
    """
    draft = Draft()
    guesses: dict[str, str] = {}
    _draft_items(draft, guesses, table, instrument, book, values, known)
    _draft_keys(draft, guesses, instrument, book, values)
    codes = _draft_codes(draft, table, instrument, book, values, known)
    roles = _draft_roles(draft, instrument, book, values)
    not_shown = _draft_not_shown(draft, table, book, values, known)
    draft.text = _toml(draft, guesses, instrument, book, codes, roles, not_shown, values, known)
    return draft


# ---------------------------------------------------------------- columns


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", normalised(name).casefold())


def _take(draft: Draft, ours: str, column: str) -> None:
    draft.read_as[column] = ours


def _draft_items(
    draft: Draft, guesses: dict[str, str], table: Table, instrument: Instrument, book: Codebook, values: Values, known: Meanings
) -> None:
    place = {normalised(name): name for name in values}
    for item in instrument.items:
        wanted = book.columns.get(item.key, item.key)
        if wanted == NOT_SHOWN_KEY and item.key in book.columns:
            continue
        if normalised(wanted) in place:
            draft.items[item.key] = place[normalised(wanted)]
    texts = {_plain(table.descriptions.get(name, name)): name for name in values}
    for item in instrument.items:
        if item.key in draft.items:
            continue
        wordings = [text for wording in item.wording.values() for text in wording.variants()]
        wordings += list(item.gloss.variants()) if item.gloss else []
        for wording in (*wordings, item.key):
            column = texts.get(_plain(wording))
            if column is not None and column not in draft.items.values():
                draft.items[item.key] = column
                guesses[item.key] = "its text is the wording of the item"
                break
    open_items = [
        item.key for item in instrument.items if item.key not in draft.items and book.columns.get(item.key) != NOT_SHOWN_KEY
    ]
    candidates = _item_like(draft, table, values, known, book)
    if open_items and (candidates := _as_many(candidates, len(open_items))):
        for key, column in zip(open_items, candidates, strict=True):
            draft.items[key] = column
            guesses[key] = "GUESS by the order of the columns: check it"
    for key, column in draft.items.items():
        _take(draft, key, column)


def _item_like(draft: Draft, table: Table, values: Values, known: Meanings, book: Codebook) -> list[str]:
    """Columns that hold answers: most rows are categories or non-answers, and more than one category occurs."""
    found = []
    taken = {*draft.items.values(), *(normalised(name) for name in book.columns.values())}
    for name, counted in values.items():
        if name in taken or _key_named(name) is not None or normalised(name) in RESERVED_COLUMNS:
            continue
        texts = [text for text in counted if text is not None]
        if has_too_many(counted, known):
            continue
        coded = code_values(texts, known, table.labels.get(name)).codes
        total = sum(counted[text] for text in texts)
        readable = sum(counted[text] for text, code in zip(texts, coded, strict=True) if code)
        if len({code for code in coded if code > 0}) > 1 and total and readable >= _MOSTLY * total:
            found.append(name)
    return found


def has_too_many(counted: Mapping[str | None, int], known: Meanings) -> bool:
    """Does a column have more different values than answers have?"""
    return counted is UNCOUNTED or len({canonical(text) for text in counted if text is not None}) > known.most_values


def _as_many(candidates: list[str], wanted: int) -> list[str]:
    """The candidates if there are as many as wanted, else the only family of names (q1, q2, …) of that size, else none."""
    if len(candidates) == wanted:
        return candidates
    families: dict[str, list[str]] = {}
    for name in candidates:
        families.setdefault(re.sub(r"[0-9]+", "", name), []).append(name)
    fitting = [family for family in families.values() if len(family) == wanted]
    return fitting[0] if len(fitting) == 1 else []


def _key_named(name: str) -> str | None:
    for ours, names in _NAMES.items():
        if _plain(name) in names.split():
            return ours
    return None


def _draft_keys(draft: Draft, guesses: dict[str, str], instrument: Instrument, book: Codebook, values: Values) -> None:
    place = {normalised(name): name for name in values}
    taken = {normalised(name) for name in book.columns.values()}
    for ours in (*_NAMES, *book.background(instrument)):
        wanted = book.columns.get(ours, ours)
        column = place.get(normalised(wanted))
        if column is not None and column not in draft.read_as and (ours in book.columns or normalised(wanted) not in taken):
            _take(draft, ours, column)
    for name in values:
        found = _key_named(name)
        if found is not None and name not in draft.read_as and found not in draft.read_as.values():
            _take(draft, found, name)
            guesses[found] = "GUESS by its name: check it"
    if "role" not in draft.read_as.values():
        words = {canonical(text) for role in instrument.roles for text in (role.key, *role.label.variants())}
        for name, counted in values.items():
            texts = {canonical(text) for text in counted if text is not None}
            if name not in draft.read_as and len(texts) <= _FEW and len(texts & words) > 1:
                _take(draft, "role", name)
                guesses["role"] = "GUESS by its values: check it"
                break


# ---------------------------------------------------------------- values


def _draft_codes(
    draft: Draft, table: Table, instrument: Instrument, book: Codebook, values: Values, known: Meanings
) -> dict[str, tuple[int | str | None, str]]:
    """Raw value to (meaning, remark) for values that nothing maps; meaning None where nothing can be guessed."""
    unmapped: dict[str, None] = {}
    for column in draft.items.values():
        if has_too_many(values[column], known):
            continue
        texts = [text for text in values[column] if text is not None]
        labels = table.labels.get(column)
        unmapped |= dict.fromkeys(str(value) for value in code_values(texts, known, labels).unmapped)
    found: dict[str, tuple[int | str | None, str]] = {}
    numbers = []
    for text in unmapped:
        labels_of = (
            table.labels[column].labels.get(canonical(text)) for column in draft.items.values() if column in table.labels
        )
        label = next((one for one in labels_of if one), "")
        meaning = _alike(label or text, instrument, known)
        if meaning is None and re.fullmatch(r"-?[0-9]+([.,]0+)?", text):
            numbers.append(text)
        found[text] = (meaning, "GUESS: check it" if meaning is not None else "what does it mean?")
    if _outside(numbers, instrument) and len(numbers) == len(instrument.non_answers):
        for text, reason in zip(sorted(numbers, key=lambda text: abs(_number(text))), instrument.non_answers, strict=True):
            found[text] = (reason.key, "GUESS by order: check it with the survey system")
    return found | _contradicted(draft, table, known) | _moved(draft, table, instrument, known)


def _number(text: str) -> float:
    return float(text.replace(",", "."))


def _outside(numbers: list[str], instrument: Instrument) -> bool:
    """Do these numbers all lie on the same side of the scale, as codes of non-answers do?"""
    values = [_number(text) for text in numbers]
    return bool(values) and (min(values) > instrument.categories[-1] or max(values) < instrument.categories[0])


def _contradicted(draft: Draft, table: Table, known: Meanings) -> dict[str, tuple[int | str | None, str]]:
    """Codes for values whose labels in the file contradict them: what the label means, and nothing where nobody knows that."""
    found: dict[str, tuple[int | str | None, str]] = {}
    for column in draft.items.values():
        for line in value_table(table.labels[column], known) if column in table.labels else ():
            if line.conflict and line.confirms:
                remark = f"labelled {quoted(line.label)} in the file: {line.meaning} if the number is right"
                found.setdefault(line.value, (None, remark))
            elif line.conflict:
                found.setdefault(line.value, (line.meaning, "GUESS: what the label in the file says"))
    return found


def _moved(draft: Draft, table: Table, instrument: Instrument, known: Meanings) -> dict[str, tuple[int | str | None, str]]:
    """Codes for files whose labels say that the numbers are positions, or run the other way: value v is the category at
    place a + s v, s = 1 or -1, for every labelled category of every item; nothing where the numbers are right."""
    places: set[tuple[int, int]] = set()
    for column in draft.items.values():
        for value, label in table.labels[column].labels.items() if column in table.labels else ():
            code = known.of_label(label)
            if code is not None and code > 0 and re.fullmatch(r"-?[0-9]+", value):
                places.add((int(value), code))
    if len(places) < 2 or all(known.numbers.get(str(value)) == code for value, code in places):
        return {}
    for slope in (1, -1):
        starts = {code - slope * value for value, code in places}
        if len(starts) == 1:
            start = starts.pop()
            return {
                str(slope * (code - start)): (category, "GUESS: what the labels in the file say")
                for code, category in enumerate(instrument.categories, start=1)
            }
    return {}


def _alike(text: str, instrument: Instrument, known: Meanings) -> int | str | None:
    """The answer that a text resembles: '4 - Enig', 'Helt enig (5)', 'Ved ikke/ikke relevant', 'NA'."""
    plain = canonical(text)
    if plain in SIGNS_FOR_NOTHING:
        return "blank"
    names = {code: key for key, code in reason_codes(instrument).items()}
    for word, code in sorted(known.words.items(), key=lambda pair: -len(pair[0])):
        if len(word) > 2 and word in plain:
            return instrument.categories[code - 1] if code > 0 else names[code]
    number = re.match(r"(-?[0-9]+)\s*[-.:=)(]?\s+\D", plain)
    if number is not None and int(number[1]) in instrument.categories:
        return int(number[1])
    return None


def _draft_roles(draft: Draft, instrument: Instrument, book: Codebook, values: Values) -> dict[str, tuple[str, str]]:
    """Raw role to (role key or left_out, remark) for roles that nothing maps."""
    column = next((name for name, ours in draft.read_as.items() if ours == "role"), None)
    if column is None or not instrument.roles or len(values[column]) > _FEW:
        return {}
    words = {canonical(text): role.key for role in instrument.roles for text in (role.key, *role.label.variants())}
    mapped = {*words, *(canonical(raw) for raw in book.roles)}
    found = {}
    for text in values[column]:
        if text is None or canonical(text) in mapped:
            continue
        # The longest role name in it: 'nærmeste overordnede leder' is a superior, although it holds 'leder'.
        inside = [word for word in words if word in canonical(text)]
        role = words[max(inside, key=len)] if inside else None
        found[text] = (role or LEFT_OUT, "GUESS: check it" if role else "GUESS: it resembles no role of the instrument")
    return found


def _draft_not_shown(
    draft: Draft, table: Table, book: Codebook, values: Values, known: Meanings
) -> tuple[str, list[str]] | None:
    """(column, values) of a column of which one value goes with empty items only, and another does not."""
    if book.not_shown is not None or not draft.items:
        return None
    items = list(draft.items.values())
    if any(has_too_many(values[item], known) for item in items):
        return None
    for name, counted in values.items():
        texts = {text for text in counted if text is not None}
        if name in draft.read_as or not 2 <= len(texts) <= _YES_NO:
            continue
        grouped = table.group([*items, name])
        silent = None
        for item in items:
            raw = grouped.columns[item]
            empty = _blank(raw.values)[raw.codes]
            silent = empty if silent is None else silent & empty
        raw = grouped.columns[name]
        never = []
        for position, value in enumerate(raw.values):
            rows = raw.codes == position
            if silent is not None and rows.any() and silent[rows].all() and value is not None:
                never.append(normalised(str(value)))
        if never and len(never) < len(texts):
            draft.read_as[name] = "not shown"
            return name, sorted(never)
    return None


def _blank(values: Iterable[object]):  # type: ignore[no-untyped-def]
    import numpy as np

    return np.array([value is None or not str(value).strip() or value != value for value in values], dtype=bool)


# ---------------------------------------------------------------- TOML


def toml_text(text: str) -> str:
    """A TOML basic string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(one if one.isprintable() else f"\\U{ord(one):08X}" for one in escaped) + '"'


def _value(meaning: int | str) -> str:
    return str(meaning) if isinstance(meaning, int) else toml_text(meaning)


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else toml_text(name)


def _toml(
    draft: Draft,
    guesses: Mapping[str, str],
    instrument: Instrument,
    book: Codebook,
    codes: Mapping[str, tuple[int | str | None, str]],
    roles: Mapping[str, tuple[str, str]],
    not_shown: tuple[str, list[str]] | None,
    values: Values,
    known: Meanings,
) -> str:
    lines = ["# Drafted from the file. Look at every line marked GUESS before using it.", "", "[columns]"]
    columns = {ours: name for name, ours in draft.read_as.items() if ours != "not shown"}
    columns |= {
        key: NOT_SHOWN_KEY for key, name in book.columns.items() if name == NOT_SHOWN_KEY and key in instrument.item_keys
    }
    for ours, name in columns.items():
        if ours != name or ours in book.columns:
            lines.append(f"{_key(ours)} = {toml_text(name)}" + (f"  # {guesses[ours]}" if ours in guesses else ""))
    for item in instrument.item_keys:
        if item in draft.items and has_too_many(values[draft.items[item]], known):
            lines.append(
                f"# {_key(item)}: {quoted(draft.items[item])} has more different values than answers: which column is it?"
            )
        if item not in columns:
            lines.append(f'# {_key(item)} = "…"  # which column? "not_shown" if the item was not in this survey')
    background = [name for name, counted in values.items() if name not in draft.read_as and 1 < len(counted) <= _FEW]
    for name in background:
        lines.append(f"# {_key(name)} = {toml_text(name)}  # a background variable, if it is wanted")
    if codes or book.codes:
        lines += ["", "[codes]", *(f"{toml_text(raw)} = {_value(meaning)}" for raw, meaning in book.codes.items())]
        for raw, (meaning, remark) in codes.items():
            lines.append(
                f'# {toml_text(raw)} = "…"  # {remark}'
                if meaning is None
                else f"{toml_text(raw)} = {_value(meaning)}  # {remark}"
            )
    role = next((name for name, ours in draft.read_as.items() if ours == "role"), None)
    if role is not None and (len(values[role]) > _FEW or values[role] is UNCOUNTED):
        lines += ["", f"# [roles]: {quoted(role)} has more different values than there are roles: which column is it?"]
    if roles or book.roles:
        lines += ["", "[roles]", *(f"{toml_text(raw)} = {toml_text(role)}" for raw, role in book.roles.items())]
        lines += [f"{toml_text(raw)} = {toml_text(role)}  # {remark}" for raw, (role, remark) in roles.items()]
    if book.not_shown is not None:
        given = ", ".join(toml_text(str(value)) for value in book.not_shown.values)
        lines += ["", "[not_shown]", f"column = {toml_text(book.not_shown.column)}", f"values = [{given}]"]
    elif not_shown is not None:
        column, never = not_shown
        lines += ["", "[not_shown]  # GUESS: with these values every item is empty, with the others it is not"]
        lines += [f"column = {toml_text(column)}", f"values = [{', '.join(toml_text(value) for value in never)}]"]
    form = {name: value for name in ("encoding", "delimiter", "decimal") if (value := getattr(book.file, name)) is not None}
    if form:
        lines += ["", "[file]", *(f"{name} = {toml_text(value)}" for name, value in form.items())]
    return "\n".join(lines) + "\n"
