"""Labels of columns against the wordings of the items, and columns that look like survey weights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from omstilling_psychometrics.core.errors import DataError
from omstilling_psychometrics.survey.instrument import parse_instrument
from omstilling_psychometrics.survey.patterns import ResponsePatterns
from omstilling_psychometrics.survey.question_texts import item_texts
from omstilling_psychometrics.survey.reading import read
from omstilling_psychometrics.survey.scale import Instrument
from omstilling_psychometrics.survey.variable_labels import other_items

Reader = Callable[..., ResponsePatterns]

WORDS = {
    "tilfreds": "Alt i alt er jeg tilfreds med mig selv",
    "duer_ikke": "Til tider synes jeg slet ikke, at jeg duer",
    "kvaliteter": "Jeg synes, at jeg har en række gode kvaliteter",
}
ENGLISH = {"tilfreds": "On the whole, I am satisfied with myself", "duer_ikke": "At times I think I am no good at all"}
GLOSSES = {"tilfreds": "Tilfredshed", "duer_ikke": "Duelighed", "kvaliteter": "Kvaliteter"}


def instrument() -> Instrument:
    items = "".join(
        f'''
        [[items]]
        key = "{key}"
        gloss = {{ da = "{GLOSSES[key]}" }}
        wording.all = {{ da = "{text}", en = "{ENGLISH.get(key, text)}" }}
        reversed = {"true" if key == "duer_ikke" else "false"}
        '''
        for key, text in WORDS.items()
    )
    return parse_instrument(
        f'[instrument]\nkey = "t"\ntitle = {{ da = "T" }}\n[scale]\ncategories = [1, 2, 3, 4]\n{items}'.encode()
    )


def written(path: Path, labels: dict[str, str]) -> Path:
    frame = pd.DataFrame({"tilfreds": [1.0, 2.0, 3.0], "duer_ikke": [4.0, 4.0, 1.0], "kvaliteter": [2.0, 3.0, 4.0]})
    write = pyreadstat.write_dta if path.suffix == ".dta" else pyreadstat.write_sav
    write(frame, path, column_labels=labels)
    return path


SWAPPED = {"tilfreds": WORDS["duer_ikke"], "duer_ikke": WORDS["tilfreds"], "kvaliteter": WORDS["kvaliteter"]}


@pytest.mark.parametrize("ending", [".sav", ".dta"])
@pytest.mark.parametrize(
    "label",
    [
        WORDS["duer_ikke"],
        WORDS["duer_ikke"].upper() + ".",
        f"Hvor enig er du? - {WORDS['duer_ikke']}",
        f"3. {WORDS['duer_ikke']}",
        WORDS["duer_ikke"][:30],  # as a program cut it
        ENGLISH["duer_ikke"],
        GLOSSES["duer_ikke"],
    ],
)
def test_a_column_with_the_text_of_another_item_is_refused(tmp_path: Path, ending: str, label: str) -> None:
    path = written(tmp_path / f"a{ending}", SWAPPED | {"tilfreds": label, "duer_ikke": ""})
    with pytest.raises(
        DataError, match=r"'tilfreds' is read as the item 'tilfreds', and its label .* is the text of 'duer_ikke'"
    ):
        read(path, instrument=instrument())


def test_the_codebook_confirms_each_column_or_follows_the_labels(tmp_path: Path) -> None:
    path, book = written(tmp_path / "a.sav", SWAPPED), tmp_path / "book.toml"
    with pytest.raises(DataError, match=r"tilfreds = \"tilfreds\" confirms .* duer_ikke = \"tilfreds\" follows"):
        read(path, instrument=instrument())
    book.write_text('[columns]\ntilfreds = "tilfreds"\n', encoding="utf-8")
    with pytest.raises(DataError, match="'duer_ikke' is read as the item 'duer_ikke'"):
        read(path, instrument=instrument(), codebook=book)
    book.write_text('[columns]\ntilfreds = "tilfreds"\nduer_ikke = "duer_ikke"\n', encoding="utf-8")
    answers = read(path, instrument=instrument(), codebook=book)
    assert answers.patterns.tolist() == [[1, 1, 2], [2, 1, 3], [3, 4, 4]]
    assert answers.account is not None
    assert "label_of_another_item: tilfreds = tilfreds, duer_ikke = duer_ikke" in answers.account.notes
    book.write_text('[columns]\ntilfreds = "duer_ikke"\nduer_ikke = "tilfreds"\n', encoding="utf-8")
    answers = read(path, instrument=instrument(), codebook=book)
    assert answers.patterns.tolist() == [[1, 2, 4], [4, 3, 3], [4, 4, 2]]
    assert answers.account is not None
    assert answers.account.notes == ("no_role_column",)


@pytest.mark.parametrize(
    "label",
    [
        "",
        "Spørgsmål 1",
        "Min tilfredshed",
        "Jeg synes",
        WORDS["tilfreds"],
        f"{WORDS['tilfreds']} (før: {WORDS['duer_ikke'][:20]})",
    ],
)
def test_labels_that_are_no_other_wording_do_not_matter(label: str) -> None:
    assert other_items(label, "tilfreds", item_texts(instrument())) == ()


def test_texts_that_two_items_begin_with_do_not_tell_them_apart() -> None:
    items = "".join(
        f'[[items]]\nkey = "{key}"\nwording.all = {{ da = "Min nærmeste leder er god til at {key}" }}\n'
        for key in ("lytte", "tale")
    )
    scale = parse_instrument(f'[instrument]\nkey = "t"\ntitle = {{ da = "T" }}\n[scale]\ncategories = [1, 2]\n{items}'.encode())
    assert other_items("Min nærmeste leder er god til at", "lytte", item_texts(scale)) == ()
    assert other_items("Min nærmeste leder er god til at tale", "lytte", item_texts(scale)) == ("tale",)


ITEMS = "kompetencer,forklare,vaerdi,kultur,itsikkerhed"


@pytest.mark.parametrize("name", ["vaegt", "Vægt", "weight", "wgt", "pspwght", "design_weight", "weights2", "wt"])
def test_columns_that_look_like_weights_are_named(read_text: Reader, name: str) -> None:
    text = f"{name},weightlifting,vægtet mening,{ITEMS}\n" + '"1,25",1,ja,1,2,3,4,5\n0.75,1,nej,1,2,3,4,4\n'
    account = read_text(text).account
    assert account is not None
    assert [note for note in account.notes if note.startswith("weights")] == [f"weights_not_used: {name}"]


def test_a_label_may_say_that_a_column_is_a_weight(tmp_path: Path) -> None:
    frame = pd.DataFrame({"w": [0.5, 1.5], "t": ["a", "b"], **{name: [1.0, 2.0] for name in ITEMS.split(",")}})
    labels = dict(zip(frame, ["Design weight", "weight of words", *ITEMS.split(",")], strict=True))
    pyreadstat.write_sav(frame, tmp_path / "a.sav", column_labels=labels)
    account = read(tmp_path / "a.sav").account
    assert account is not None
    assert "weights_not_used: w" in account.notes


def test_numbers_with_the_noise_of_computing_are_whole(tmp_path: Path) -> None:
    """6 − x and its like leave 4.000000000000002 behind, in .sav as in Excel."""
    exact = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    frame = pd.DataFrame({name: exact + np.array([4, -4, 8, 16, -8]) * 1e-16 for name in ITEMS.split(",")})
    pyreadstat.write_sav(frame, tmp_path / "a.sav")
    answers = read(tmp_path / "a.sav")
    assert answers.patterns.tolist() == [[n] * 5 for n in (1, 2, 3, 4, 5)]
