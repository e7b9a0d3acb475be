"""Every notebook runs to its end on any file that is accepted: what it cannot show it leaves out, and says so."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from omstilling_psychometrics.notebooks.parameters import with_values
from omstilling_psychometrics.notebooks.shelf import shelf

ITEMS = ("kompetencer", "forklare", "vaerdi", "kultur", "itsikkerhed")
# The first reads a file of its own, the eighth draws its surveys itself, and the ninth is slow where another program is there.
OF_ANSWERS = [one for one in shelf() if one.name[:2] in ("02", "03", "04", "05", "06", "07")]


def file(folder: Path, n: int, *, leaders: int, holes: float) -> Path:
    """n answers of employees about so many leaders, none where that is 0; holes: the share of 'ved ikke'."""
    rng = np.random.default_rng(7)
    latent = rng.normal(size=(n, 1)) + 0.7 * rng.normal(size=(n, len(ITEMS)))
    answers = np.clip(np.round(3.5 + 0.7 * latent), 1, 5).astype(int).astype(str)
    answers[rng.random(answers.shape) < holes] = "ved ikke"
    head, keys = ",".join(("role", *(["leader"] if leaders else []), *ITEMS)), [["medarbejder"] for _ in range(n)]
    if leaders:
        keys = [[*key, f"l{place % leaders}"] for place, key in enumerate(keys)]
    lines = [",".join([*key, *row]) for key, row in zip(keys, answers.tolist(), strict=True)]
    path = folder / "answers.csv"
    path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    return path


def cells(one: Any, path: Path) -> Iterator[str]:
    given = {"FILE": str(path), "SEED": 1}
    given = {name: value for name, value in given.items() if name == "FILE" or "SEED = 1" in str(one.open())}
    return (cell.source for cell in with_values(one.open(), given).cells if cell.cell_type == "code")


def run(one: Any, path: Path) -> list[Any]:
    """What the cells show, each as it is printed."""
    shown: list[Any] = []
    space: dict[str, Any] = {"display": shown.append, "print": lambda *text: shown.append(" ".join(map(str, text)))}
    for source in cells(one, path):
        body = ast.parse(source).body
        last = body.pop() if isinstance(body[-1], ast.Expr) else None
        exec(compile(ast.Module(body, []), one.name, "exec"), space)
        if last is not None:
            shown.append(eval(compile(ast.Expression(last.value), one.name, "eval"), space))
    for value in shown:
        assert repr(value)
    return shown


@pytest.fixture(autouse=True)
def without_windows() -> Iterator[None]:
    import pandas as pd
    from matplotlib import pyplot as plt

    plt.switch_backend("agg")
    with pd.option_context("display.float_format", None):
        yield
    plt.close("all")


@pytest.mark.parametrize("one", OF_ANSWERS, ids=lambda one: one.name)
def test_where_everybody_is_withheld(one: Any, tmp_path: Path) -> None:
    shown = run(one, file(tmp_path, 4, leaders=1, holes=0.1))
    assert any("Left out" in str(value) or "withheld" in str(value) for value in shown)


@pytest.mark.parametrize("one", [one for one in OF_ANSWERS if one.name[:2] in ("02", "06", "07")], ids=lambda one: one.name)
@pytest.mark.parametrize(("leaders", "holes"), [(0, 0.0), (9, 0.0), (9, 1.0)], ids=["alone", "all answered", "none answered"])
def test_without_leaders_without_reasons_or_without_answers(one: Any, leaders: int, holes: float, tmp_path: Path) -> None:
    assert run(one, file(tmp_path, 72, leaders=leaders, holes=holes))
