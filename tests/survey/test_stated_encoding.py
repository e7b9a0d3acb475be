"""SPSS and Stata files whose texts have another encoding than they say: told, and read right where the codebook says which."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyreadstat
import pytest

from omstilling_psychometrics.core.errors import DataError
from omstilling_psychometrics.survey.instrument import parse_instrument
from omstilling_psychometrics.survey.reading import read
from omstilling_psychometrics.survey.scale import Instrument

LABELS = {1: "Helt uenig", 2: "Både og", 3: "Helt enig", 8: "Ønsker ikke"}
# Placeholders of as many bytes as the letters have in the encoding that is put in afterwards.
PLACEHOLDERS = {"utf-8": {"Ø": "~1", "å": "~2"}, "cp1252": {"Ø": "~", "å": "^"}}


def instrument(words: dict[int, str] = LABELS) -> Instrument:
    labels = ", ".join(f'{value} = {{ da = "{words[value]}" }}' for value in (1, 2, 3))
    return parse_instrument(
        f"""
        [instrument]
        key = "t"
        title = {{ da = "T" }}
        [scale]
        categories = [1, 2, 3]
        labels = {{ {labels} }}
        [[non_answers]]
        key = "oensker_ikke"
        label = {{ da = "{words[8]}" }}
        [[items]]
        key = "q1"
        [[items]]
        key = "q2"
        """.encode()
    )


def written(path: Path, texts: str) -> Path:
    """A file that states (or implies) one encoding, with texts in `texts`."""

    def placed(text: str) -> str:
        for letter, mark in PLACEHOLDERS[texts].items():
            text = text.replace(letter, mark)
        return text

    frame = pd.DataFrame({"q1": [1.0, 2.0, 8.0], "q2": [3.0, 3.0, 1.0]})
    labels = {name: {value: placed(text) for value, text in LABELS.items()} for name in frame}
    if path.suffix == ".dta":
        # Stata 13 and before are read as Windows-1252, Stata 14 as UTF-8.
        version = 14 if texts == "cp1252" else 13
        whole = frame.astype({"q1": "int32", "q2": "int32"})
        pyreadstat.write_dta(whole, path, variable_value_labels=labels, version=version)
    else:
        pyreadstat.write_sav(frame, path, variable_value_labels=labels)
    content = path.read_bytes()
    for letter, mark in PLACEHOLDERS[texts].items():
        content = content.replace(mark.encode(), letter.encode(texts))
    if path.suffix == ".sav" and texts == "utf-8":
        # The name of the encoding, which not every version writes, and the number of the code page.
        head, name, rest = content.partition(b"\x07\0\0\0\x14\0\0\0\x01\0\0\0\x05\0\0\0UTF-8")
        content = head + name[:12] + (12).to_bytes(4, "little") + b"windows-1252" + rest if name else content
        head, machine, rest = content.partition(b"\x07\0\0\0\x03\0\0\0\x04\0\0\0\x08\0\0\0")
        content = head + machine + rest[:28] + (1252).to_bytes(4, "little") + rest[32:]
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("ending", [".sav", ".dta"])
def test_utf_8_read_as_something_else_is_told_and_read_right_where_it_is_said(tmp_path: Path, ending: str) -> None:
    path = written(tmp_path / f"a{ending}", "utf-8")
    with pytest.raises(DataError, match=r"'BÃ¥de og' looks like 'Både og' .* encoding = \"utf-8\" under \[file\]"):
        read(path, instrument=instrument())
    book = tmp_path / "book.toml"
    book.write_text('[file]\nencoding = "utf-8"\n', encoding="utf-8")
    answers = read(path, instrument=instrument(), codebook=book)
    assert answers.patterns.tolist() == [[-3, 1], [1, 3], [2, 3]]
    assert answers.account is not None
    assert not any(note.startswith("mojibake") for note in answers.account.notes)


@pytest.mark.parametrize("ending", [".sav", ".dta"])
@pytest.mark.parametrize("name", ["cp1252", "latin-1", "windows-1252"])
def test_windows_1252_that_says_utf_8(tmp_path: Path, ending: str, name: str) -> None:
    path = written(tmp_path / f"a{ending}", "cp1252")
    with pytest.raises(DataError, match=r'encoding = "cp1252"'):
        read(path, instrument=instrument())
    book = tmp_path / "book.toml"
    book.write_text(f'[file]\nencoding = "{name}"\n', encoding="utf-8")
    assert read(path, instrument=instrument(), codebook=book).patterns.tolist() == [[-3, 1], [1, 3], [2, 3]]


def test_an_encoding_that_is_said_is_not_passed_over(tmp_path: Path) -> None:
    path = written(tmp_path / "a.sav", "cp1252")
    book = tmp_path / "book.toml"
    book.write_text('[file]\nencoding = "utf-8"\n', encoding="utf-8")
    with pytest.raises(DataError, match="with the encoding 'utf-8' that the codebook gives"):
        read(path, instrument=instrument(), codebook=book)


def test_garbled_labels_that_contradict_nothing_are_noted(tmp_path: Path) -> None:
    path = written(tmp_path / "a.sav", "utf-8")
    garbled = instrument({value: text.encode().decode("cp1252") for value, text in LABELS.items()})
    account = read(path, instrument=garbled).account
    assert account is not None
    assert "mojibake_in_labels: BÃ¥de og → Både og" in account.notes
