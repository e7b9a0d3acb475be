"""Nothing that is written lets the size of a withheld role be told from a total."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from omstilling_psychometrics.instrument import load_instrument
from omstilling_psychometrics.notebooks.page import Page
from omstilling_psychometrics.reporting.validation import validate
from omstilling_psychometrics.responses.parquet import read_counts, write_counts
from omstilling_psychometrics.responses.patterns import ResponsePatterns
from omstilling_psychometrics.responses.reading import read

pytestmark = pytest.mark.usefixtures("few_draws")

# Sizes whose sums occur nowhere else; rows that a role of the codebook leaves out.
TEAM, SELF, SUPERIOR, LEFT_OUT = 1207, 611, 4, 13
COMPARING = ("items", "missingness", "role_comparison", "alpha_comparison", "dif")


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> ResponsePatterns:
    folder = tmp_path_factory.mktemp("survey")
    rng = np.random.default_rng(1)
    roles = ["medarbejder"] * TEAM + ["leder"] * SELF + ["overordnet"] * SUPERIOR + ["sideordnet"] * LEFT_OUT
    level = rng.integers(2, 5, (len(roles), 1))
    given = np.clip(level + rng.integers(-1, 2, (len(roles), 5)), 1, 5).astype(str)
    silent = rng.random(given.shape) < 0.03
    silent[TEAM + SELF :] = False  # everybody in the small role answers everything
    given[silent] = "ved_ikke"
    header = ",".join(["role", *load_instrument().item_keys])
    lines = [header, *(",".join([role, *row]) for role, row in zip(roles, given, strict=True))]
    (folder / "answers.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "book.toml").write_text('[roles]\n"sideordnet" = "left_out"\n', encoding="utf-8")
    return read(folder / "answers.csv", codebook=folder / "book.toml")


def test_no_total_tells_how_many_are_in_a_withheld_role(answers: ResponsePatterns, tmp_path: Path) -> None:
    found = validate(answers, COMPARING, rng=1)
    for language in ("da", "en"):
        found.write_report(tmp_path / f"{language}.html", language)
    found.write_results(tmp_path / "results.json")
    written = {path.name: re.sub(r"<[^>]*>", " ", path.read_text(encoding="utf-8")) for path in tmp_path.iterdir()}
    page = Page(answers, language="en")
    written |= {"notebook": repr(page), "counts": repr(write_counts(answers, tmp_path / "counts.parquet"))}
    written["counts"] += repr(read_counts(tmp_path / "counts.parquet"))

    complete = {role: int(one.table()[1][(one.patterns > 0).all(axis=1)].sum()) for role, one in answers.split("role")}
    shown = TEAM + SELF, complete["medarbejder"] + complete["leder"]
    assert complete["overordnet"] == SUPERIOR
    for name, text in written.items():
        numbers = {
            int(re.sub(r"[.,]", "", number)) for number in re.findall(r"(?<![\d.,])\d{1,3}(?:[.,]?\d{3})*(?![\d.,]\d)", text)
        }
        assert not numbers & {total + extra for total in shown for extra in (SUPERIOR, SUPERIOR + LEFT_OUT)}, name
    assert f"read {TEAM + SELF + LEFT_OUT} = analysed {TEAM + SELF}" in written["counts"]
    assert '"answers": 1818' in written["results.json"]
    assert "1.818" in written["da.html"]
    assert "1,818" in written["en.html"]
    assert "1,818" in written["notebook"]
