"""Public functions say what they take and how to get it; names of methods are taken in any case."""

from __future__ import annotations

import inspect
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import made_up
import omstilling_psychometrics as op
from omstilling_psychometrics.core.errors import UsageError
from omstilling_psychometrics.core.registry import functions


def _first(function: object) -> str:
    return next(iter(inspect.signature(function).parameters), "") if inspect.isfunction(function) else ""


OF_ANSWERS = [name for name in op.__all__ if _first(getattr(op, name)) in ("patterns", "answers")]


def test_every_analysis_is_among_them():
    of_results = {"difference_test", "content_validity"}
    assert set(functions()) - of_results | {"validate", "report", "write_counts"} <= set(OF_ANSWERS)


@pytest.mark.parametrize("name", OF_ANSWERS)
@pytest.mark.parametrize(
    ("given", "words"),
    [
        (pd.DataFrame({"q1": [1]}), "got a DataFrame. Read it first: op.%s(op.read(frame))"),
        ("survey.csv", "got the path 'survey.csv'. Read the file first: op.%s(op.read('survey.csv'))"),
        (Path("survey.csv"), "Read the file first"),
        (np.ones((3, 2)), "got a ndarray. Read a file or a data frame first"),
        (None, "got a NoneType"),
    ],
)
def test_what_is_no_answers_is_refused_with_the_way_to_them(name, given, words):
    with pytest.raises(UsageError) as refused:
        getattr(op, name)(given)
    assert words.replace("%s", name) in str(refused.value)


def answers(roles):
    return made_up.answers(np.random.default_rng(1).integers(1, 6, (len(roles), 4)), roles=("x", "y"), role=roles)


@pytest.mark.parametrize("compare", [op.invariance, op.dif, op.alpha_comparison])
def test_a_comparison_of_one_group_is_refused(compare):
    with pytest.raises(UsageError, match="these answers have 'x' only"):
        compare(answers(["x"] * 30), by="role")
    with pytest.raises(UsageError, match="no role"):
        compare(answers(["x"] * 30).pool("role"))
    assert compare(answers(["x", "y"] * 15)).statistics


def test_names_of_methods_in_any_case():
    some = answers(["x"] * 200)
    assert op.cfa(some, estimator="mlr").rows() == op.cfa(some, estimator="MLR").rows()
    assert op.efa(some, method="ML").rows() == op.efa(some, method="ml").rows()
    assert {row.method for row in op.irt(some, model="GRADED").find("discrimination")} == {"graded"}
    with pytest.raises(UsageError, match="there are: "):
        op.cfa(some, estimator="ols")


FRAME = pd.DataFrame({"q1": [1]})


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: op.load_instrument(FRAME), "the instrument is a DataFrame; it has to be the path of an instrument file"),
        (lambda: op.read(FRAME, instrument={}), "the instrument is a dict"),
        (lambda: op.read(FRAME, codebook={}), "the codebook is a dict; it has to be the path of a codebook file"),
        (lambda: op.read_all("a.csv"), "op.read_all takes a list of files or frames, and got a str. op.read reads one."),
        (lambda: op.read_all(FRAME), "got a DataFrame"),
        (lambda: op.Page(FRAME), r"op.Page\(op.read\(file\)\)"),
        (lambda: op.run_notebooks(FRAME, "out"), "the file is a DataFrame; it has to be the path"),
        (lambda: op.report(answers(["x"]), FRAME, rng=1), "the output is a DataFrame"),
        (lambda: op.validate(answers(["x"]), rng=1, disclosure="none"), r"op.Disclosure.none\(\)"),
        (lambda: op.ResponsePatterns.from_frame(answers(["x"]), op.load_instrument()), "a pandas DataFrame as to_frame makes"),
        (lambda: op.ResponsePatterns.from_frame(FRAME, "scale.toml"), "what op.load_instrument gives"),
        (lambda: op.cfa(answers(["x"] * 9), cluster=5), "no column '5' to group by"),
        (
            lambda: op.efa(answers(["x"] * 9), rng="x"),
            "rng of op.efa is 'x'; it has to be a whole number from 0 or a numpy Gen",
        ),
        (lambda: op.dimensionality(answers(["x"] * 9), rng=None), "such as rng=1"),
        (lambda: op.validate(answers(["x"]), rng=np.random.default_rng(1)), "it has to be a whole number from 0, such as"),
        (lambda: op.validate(answers(["x"] * 9), rng=-1), "rng of op.validate is -1"),
        (lambda: op.report(answers(["x"] * 9), "r.html", language="dk", rng=1), "language is 'dk'; there are: da, en"),
        (lambda: op.validate(answers(["x"] * 9), "items", rng=1), r"such as \['items'\], and got a text"),
        (lambda: op.invariance(answers(["x", "y"] * 9), by="gender"), "no column 'gender' to group by; known: role"),
        (lambda: op.irt_groups(answers(["x"] * 9)), "irt_groups compares groups of 'role', and these answers have 'x' only"),
    ],
)
def test_arguments_of_the_wrong_kind_are_refused(call, words):
    with pytest.raises(UsageError, match=words):
        call()


def test_keys_are_selected_by_number_and_roles_by_label():
    data = answers(["x"] * 30)
    waves = op.ResponsePatterns.from_frame(data.expand(coded=True).assign(wave=["2023"] * 20 + ["2024"] * 10), data.instrument)
    assert waves.select(wave=2023).n == waves.select(wave=[2023]).n == 20
    with pytest.raises(UsageError, match="wave '2022' does not occur; there are: '2023', '2024'"):
        waves.select(wave=2022)
    shipped = op.draw_team(leaders=6, rng=1)
    for name in ("employee", "Medarbejder", "medarbejder"):
        asked = op.validate(shipped, ["items"], rng=1, roles=name)
        assert asked.answers.n == shipped.select(role="medarbejder").n == shipped.select(role=name).n
