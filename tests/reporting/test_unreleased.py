"""Nothing that writes can be reached with answers that were not released, or with what was computed from them."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import omstilling_psychometrics as op
from omstilling_psychometrics.analysis.running import Analysed, run
from omstilling_psychometrics.core.errors import UsageError
from omstilling_psychometrics.notebooks.layout import of_frame
from omstilling_psychometrics.notebooks.shelf import shelf
from omstilling_psychometrics.present.released_rows import as_written, released_rows, roles_there, withheld_rows
from omstilling_psychometrics.present.view import View
from omstilling_psychometrics.present.wording import Wording
from omstilling_psychometrics.reporting.against import outputs_of_counts
from omstilling_psychometrics.reporting.document import compose
from omstilling_psychometrics.reporting.participant_flow import participant_flow
from omstilling_psychometrics.reporting.results_json import document, provenance, write_results
from omstilling_psychometrics.reporting.validation import Validation
from omstilling_psychometrics.reporting.versions import versions
from omstilling_psychometrics.survey.disclosure import Disclosure
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns

PACKAGE = Path(op.__file__).parent
INSTRUMENT = plain_instrument((1, 2, 3, 4), ("a", "b", "c"), roles=("team", "boss"))
CODES = np.random.default_rng(1).integers(1, 5, (42, 3))
ROLE = {"role": Key.of(["team"] * 40 + ["boss"] * 2)}
ANSWERS = ResponsePatterns.count(INSTRUMENT, CODES, ROLE)
RELEASED = ANSWERS.released()
EXACT, SHOWN = op.items(ANSWERS), op.items(RELEASED)
ROWS = released_rows(RELEASED, ("items",), run(RELEASED, ("items",), seed=1))
PAGE = op.Page(ANSWERS)
WORDS = Wording("en", INSTRUMENT)
ANALYSED = [Analysed(name="items", group=None, result=EXACT)]
ORIGIN = provenance(RELEASED, seed=1, settings={})

# Every way to something written, each with something that was not released.
REFUSED: dict[str, Callable[[], object]] = {
    "Page.released": lambda: PAGE.released(EXACT),
    "Page.table": lambda: PAGE.table(EXACT),
    "Page.table of several": lambda: PAGE.table([SHOWN, EXACT]),
    "Page.plot": lambda: PAGE.plot(EXACT),
    "Page.verdicts": lambda: PAGE.verdicts(SHOWN, EXACT),
    "Page.frame": lambda: PAGE.frame(EXACT.to_frame(), ""),
    "Page.frame of answers": lambda: PAGE.frame(ANSWERS.expand(), ""),
    "Page.frame of a part": lambda: PAGE.frame(EXACT.to_frame().set_index("item")[["estimate"]], ""),
    "Page.frame of factor scores": lambda: PAGE.frame(op.cfa(ANSWERS, estimator="FIML").scores(role="team"), ""),
    "Page.frame of scores": lambda: PAGE.frame(op.irt(ANSWERS).scores(role="team"), ""),
    "Page.frame of a model": lambda: PAGE.frame(op.irt(ANSWERS).model("team").by_pattern(), ""),
    "Page.frame of a result": lambda: PAGE.frame(EXACT, ""),  # type: ignore[arg-type]
    "Validation": lambda: Validation(answers=ANSWERS, analysed=[], rows=ROWS, origin=ORIGIN),  # type: ignore[arg-type]
    "Validation of rows": lambda: Validation(answers=RELEASED, analysed=[], rows=EXACT.rows(), origin=ORIGIN),  # type: ignore[arg-type]
    "Validation of results": lambda: Validation(answers=RELEASED, analysed=ANALYSED, rows=ROWS, origin=ORIGIN),
    "Result.write": lambda: EXACT.write("table.docx"),
    "versions": lambda: versions(ANSWERS, ("invariance",)),  # type: ignore[arg-type]
    "View": lambda: View(ANSWERS, ROWS, WORDS),  # type: ignore[arg-type]
    "View of results": lambda: View(RELEASED, ROWS, WORDS, analysed=ANALYSED),
    "as_written": lambda: as_written(ANSWERS, EXACT.rows()),  # type: ignore[arg-type]
    "document": lambda: document(EXACT.rows(), ORIGIN),  # type: ignore[arg-type]
    "of_frame": lambda: of_frame(EXACT.to_frame(), "", WORDS, 2),
    "outputs_of_counts": lambda: outputs_of_counts(ANSWERS, ()),  # type: ignore[arg-type]
    "participant_flow": lambda: participant_flow(ANSWERS),  # type: ignore[arg-type]
    "provenance": lambda: provenance(ANSWERS, seed=1, settings={}),  # type: ignore[arg-type]
    "released_rows": lambda: released_rows(ANSWERS, ("items",), []),  # type: ignore[arg-type]
    "released_rows of results": lambda: released_rows(RELEASED, ("items",), ANALYSED),
    "compose": lambda: compose(ANSWERS, ROWS, ORIGIN, language="da"),  # type: ignore[arg-type]
    "compose of rows": lambda: compose(RELEASED, EXACT.rows(), ORIGIN, language="da"),  # type: ignore[arg-type]
    "compose of results": lambda: compose(RELEASED, ROWS, ORIGIN, language="da", analysed=ANALYSED),
    "roles_there": lambda: roles_there(ANSWERS),  # type: ignore[arg-type]
    "withheld_rows": lambda: withheld_rows(ANSWERS, "items", []),  # type: ignore[arg-type]
    "write_results": lambda: write_results("results.json", EXACT.rows(), ORIGIN),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_was_not_released_is_refused_with_the_way_to_it(name: str, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"is written of released answers alone, and got .* not released") as refused:
        REFUSED[name]()
    assert "answers.released(op.Disclosure()), or op.Disclosure.none()" in str(refused.value)
    assert not list(tmp_path.iterdir())


def test_what_was_got_is_named() -> None:
    for given, got in ((EXACT, "an ItemsResult"), (op.missingness(ANSWERS), "a MissingnessResult")):
        with pytest.raises(UsageError, match=f"a page is written of released answers alone, and got {got} not released"):
            PAGE.table(given)
    with pytest.raises(
        UsageError, match=r"results\.json is written of released answers alone, and got 42 answers not released"
    ):
        REFUSED["provenance"]()
    with pytest.raises(UsageError, match=r"the report is written of .* and got a list not released"):
        REFUSED["compose of rows"]()


def test_a_result_of_another_policy_is_refused() -> None:
    for other in (Disclosure.none(), Disclosure(minimum_respondents=2)):
        answers = ANSWERS.released(other)
        items = op.items(answers)
        made: dict[str, Callable[[], object]] = {
            "an ItemsResult": lambda items=items: PAGE.table(items),  # type: ignore[misc]
            "a DataFrame": lambda items=items: PAGE.frame(items.to_frame(), ""),  # type: ignore[misc]
        }
        for got, table in made.items():
            with pytest.raises(UsageError) as refused:
                table()
            assert f"is written under {PAGE.disclosure}, and got {got} released under {other}." in str(refused.value)
    leaders = ResponsePatterns.count(INSTRUMENT, CODES, {**ROLE, "leader": Key.of([f"l{row // 4}" for row in range(42)])})
    of_leaders = op.Page(leaders)
    for unit in ("leader", "respondent"):
        with pytest.raises(UsageError, match="released under Disclosure"):
            of_leaders.frame(leaders.scores(unit=unit, disclosure=Disclosure.none()).to_frame(), "")
    assert "suppressed" in repr(of_leaders.frame(leaders.scores(unit="leader").to_frame(), ""))


@pytest.mark.parametrize("name", ["reliability", "alpha_comparison", "dif", "invariance", "irt_groups"])
def test_groups_that_nobody_looked_at_are_refused(name: str) -> None:
    """Answers that were released without groups have small ones."""
    keys = {"part": Key.of(["x"] * 37 + ["y"] * 3), "leader": Key.of([f"l{row // 4}" for row in range(40)])}
    answers = ResponsePatterns.count(INSTRUMENT, CODES[:40], keys)
    function = getattr(op, name)
    for by in keys:
        with pytest.raises(UsageError, match=f"not released by '{by}', so that groups of too few people"):
            function(answers.released(), by=by)
    assert function(answers, by="part").policy is None
    assert function(answers.released(Disclosure.none()), by="part").policy == Disclosure.none()


@pytest.mark.parametrize("name", [name for name in op.__all__ if name in ("items", "cfa", "irt", "mokken", "dif", "efa")])
def test_a_result_knows_its_policy(name: str) -> None:
    assert getattr(op, name)(ANSWERS).policy is None
    policy = Disclosure.none()
    assert getattr(op, name)(patterns=ANSWERS.released(policy)).policy == policy


@pytest.mark.parametrize("by", [None, "form"])
def test_so_do_batteries(by: str | None) -> None:
    answers = ResponsePatterns.count(INSTRUMENT, CODES, {"form": Key.of(["A", "B"] * 21)})
    released = answers.released(by=by)
    assert {one.result.policy for one in run(released, ("items", "dif"), seed=1, by=by)} == {Disclosure()}
    assert {one.result.policy for one in run(answers, ("items", "dif"), seed=1, by=by)} == {None}


def test_a_part_of_released_answers_is_released_again() -> None:
    part = RELEASED.select(role="team")
    with pytest.raises(UsageError, match=r"A part of released answers \(select, pool\) is to be released again"):
        PAGE.table(op.items(part))
    own = RELEASED.of_roles("team")
    assert "2.4" in repr(PAGE.table(op.items(own), ["mean"]))


def test_tables_of_a_model_are_taken_from_its_result() -> None:
    result = op.irt(RELEASED)
    for name in ("scores", "score_table", "by_pattern"):
        own, table = getattr(result.model("team"), name)(), getattr(result, name)(role="team")
        assert own.equals(table)
        with pytest.raises(UsageError, match=r"tables of a model are taken from its result \(result\.scores\(role=…\)\)"):
            PAGE.frame(own, "")
        assert repr(PAGE.frame(table, ""))


def test_results_are_exact_and_look_as_they_did() -> None:
    assert repr(EXACT) == repr(op.items(ANSWERS.released(Disclosure.none())))
    assert "policy" not in repr(EXACT)
    assert set(EXACT.to_frame()["role"]) == {"team", "boss"}


# ---------------------------------------------------------------- what releases by itself


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


RELEASING: dict[str, Callable[[ResponsePatterns, Path], object]] = {
    "Page": lambda answers, _: repr(op.Page(answers).table(op.items(op.Page(answers).answers))),
    "validate": lambda answers, _: document((found := op.validate(answers, ("items", "dif"), rng=1)).rows, found.origin),
    "scores": lambda answers, path: (answers.scores(unit="leader").write(path / "a.csv"), (path / "a.csv").read_bytes()),
    "export": lambda answers, path: [(answers.export(path, one), _files(path)) for one in ("lavaan", "mirt", "mplus")],
    "write_counts": lambda answers, path: (op.write_counts(answers, path / "a.parquet"), (path / "a.parquet").read_bytes()),
}


@pytest.mark.parametrize("name", RELEASING)
def test_what_takes_any_answers_releases_them(name: str, tmp_path: Path) -> None:
    others = ResponsePatterns.count(INSTRUMENT, np.vstack([CODES[:40], 5 - CODES[40:]]), ROLE)
    written = []
    for place, answers in enumerate((ANSWERS, others)):
        (tmp_path / str(place)).mkdir()
        written.append(RELEASING[name](answers, tmp_path / str(place)))
    assert others != ANSWERS
    assert written[0] == written[1]


def test_notebooks_release_what_they_read() -> None:
    """At once, or as what a page is about."""
    for one in shelf():
        cells = json.loads(one.path.read_text(encoding="utf-8"))["cells"]
        source = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
        calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
        reading = {call for call in calls if ast.unparse(call.func) == "op.read"}
        released = {call.func.value for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "released"}
        pages = {call.args[0] for call in calls if ast.unparse(call.func) == "op.Page"}
        assert reading, one.name
        assert reading <= released | pages, one.name


# ---------------------------------------------------------------- is that all?

# Modules that write a file or a picture, and why nobody who is withheld is in it.
WRITERS = {
    "reporting/results_json.py": "refuses",
    "reporting/scores.py": "releases",
    "reporting/validation.py": "releases, refuses",
    "present/drawing.py": "of a View, which refuses",
    "present/writing.py": "refuses",
    "notebooks/page.py": "releases, refuses",
    "notebooks/running.py": "runs notebooks, which begin with a page",
    "survey/parquet.py": "releases",
    "survey/export/__init__.py": "releases",
    "survey/anonymise.py": "of everybody, made anonymous",
    "survey/inspection.py": "a codebook",
    "survey/pseudonyms.py": "a key",
    "survey/statistics_reader.py": "to the process that asked",
    "simulation/population.py": "of nobody",
    "simulation/export.py": "of nobody",
    "simulation/folder.py": "of nobody",
    "core/files.py": "for the others",
}
WRITING = {"write_text", "write_bytes", "atomic_path", "to_png", "to_svg", "write_table", "fdopen", "to_csv", "to_parquet"}
WORD = re.compile(r"\w+").findall
TAKEN = ("ReleasedAnswers", "ReleasedRows", "Result", "pd.DataFrame")


def _calls(path: Path) -> set[str]:
    text = path.read_text(encoding="utf-8")
    calls = [node.func for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)] if WRITING & set(WORD(text)) else []
    return {one.id if isinstance(one, ast.Name) else getattr(one, "attr", "") for one in calls}


def test_no_other_module_writes() -> None:
    found = {path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py") if _calls(path) & WRITING}
    assert found == set(WRITERS)


def test_every_function_of_released_answers_is_tested_above() -> None:
    known = {name.partition(" ")[0].removeprefix("Page.") for name in REFUSED}
    for path in (*PACKAGE.glob("reporting/*.py"), *PACKAGE.glob("notebooks/*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                taken = [ast.unparse(one.annotation) for one in (*node.args.args, *node.args.kwonlyargs) if one.annotation]
                if any(name in annotation for annotation in taken for name in TAKEN):
                    assert node.name in known, (path.name, node.name)
