"""The steps of docs/adding-an-analysis.md, followed to the letter in a copy of the project: everything that walks over analyses
takes what they add, and what has no proof is refused."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from omstilling_psychometrics.reporting.results_json import schema

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^(`{3,})\{code-block\} \w+\n:caption: `(\S+)`(?: \(([^)\n]+)\))?\n\n(.*?)^\1$", re.MULTILINE | re.DOTALL)

# What is run in the copy, by a Python of its own. The numbers of the new analysis and what is printed of them:
SHOWN = """
import contextlib, io, sys
import numpy as np, pytest
import omstilling_psychometrics as op
from omstilling_psychometrics.cli import run
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import ResponsePatterns

scale = plain_instrument((1, 2, 3), ("a", "b"))
alone = op.spread(ResponsePatterns.count(scale, np.array([[1, 2]]))).get("gini_difference")
assert alone.note == "too_few_answers: n = 1 < 2", alone
answers = ResponsePatterns.count(scale, np.array([[1, 1], [2, 2], [3, 3]] * 20))
found = op.validate(answers, ["spread"], rng=1)
found.write_results("results.json")
for language, name, asked, digits in (
    ("en", "Gini's mean difference", "How far do people lie apart", "0.90"),
    ("da", "Ginis middeldifferens", "Hvor langt ligger folk", "0,90"),
):
    found.write_report(f"{language}.html", language)
    page = open(f"{language}.html", encoding="utf-8").read().replace("&#39;", "'")
    section = page.split('<section id="spread"', 1)[1].split("</section>", 1)[0]
    for part in (asked, "<svg", name, digits):
        assert part in section, part
    assert page.count("Gini, C. (1912)") == 1
    assert "Nobody (2026)" in page.split('<section id="verdicts"', 1)[1].split("</section>", 1)[0]
assert isinstance(op.spread(answers).plot().get_xlabel(), str)
with contextlib.redirect_stdout(io.StringIO()) as said:
    assert run(["analyse", "--help"]) == 0
assert "role_comparison, spread, invariance" in " ".join(said.getvalue().split())
with pytest.raises(op.UsageError, match="role_comparison, spread, invariance.* Did you mean 'spread'"):
    op.validate(answers, ["spreed"], rng=1)
"""
# ... and the tests that walk over analyses, first with its proof hidden from them.
WALKED = """
import architecture
from proof import REASONS, peers, proving_tests, without_proof
from omstilling_psychometrics.core.vocabulary import vocabulary
from pathlib import Path

architecture.DRAWING.write_text(architecture.drawn(), encoding="utf-8")
proofs = proving_tests()
assert proofs.pop("gini_difference") == ["topics/spread/test_spread.py::test_the_mean_distance_of_three_people"]
print("WITHOUT PROOF:", *without_proof(vocabulary("en").quantities, peers(), proofs, REASONS))


class OfTheNewOne:
    def pytest_collection_modifyitems(self, items):
        items[:] = [test for test in items if "[" not in test.nodeid or "spread" in test.nodeid]


tests = {
    "topics/spread/test_spread.py": [],
    "test_stub.py": [],
    "test_proof.py": ["test_every_quantity_is_proven"],
    "test_architecture.py": ["test_the_drawing_is_that_of_the_imports"],
    "test_docstrings.py": [
        "test_every_function_says_what_it_takes_and_gives",
        "test_an_analysis_names_its_sources_and_what_it_refuses",
        "test_every_public_name_says_more_than_a_line_and_has_an_example",
        "test_every_public_name_leads_to_others",
        "test_an_example_shows_a_value",
        "test_examples_give_the_values_they_show",
    ],
    "test_layers.py": ["test_imports_point_down", "test_topics_import_each_other_one_way"],
    "test_public_functions.py": [
        "test_every_analysis_is_among_them",
        "test_what_is_no_answers_is_refused_with_the_way_to_them",
    ],
    "core/test_vocabulary.py": ["test_both_languages_have_the_same_words", "test_every_term_is_named_and_defined"],
    "present/test_dispatch.py": ["test_every_analysis_draws_on_data_with_holes"],
    "test_documentation.py": [
        "test_every_quantity_stands_on_the_page_of_a_method",
        "test_every_page_is_in_a_table_of_contents",
    ],
}
names = [f"tests/{file}" + (f"::{name}" if name else "") for file, own in tests.items() for name in own or [""]]
sys.exit(pytest.main(["--assert=plain", "-p", "no:cacheprovider", *names], plugins=[OfTheNewOne()]))
"""


def added(page: str) -> dict[str, tuple[str, str]]:
    """File to what is said of it and its content, for each block of the page that has a file over it."""
    return {file: (how, content) for _, file, how, content in BLOCK.findall(page)}


def build(copy: Path, steps: dict[str, tuple[str, str]]) -> None:
    """A copy of the project with the steps done in it."""
    for name in ("src", "tests", "docs"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("_build", "__pycache__"))
    (copy / "data").symlink_to(ROOT / "data", target_is_directory=True)
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, copy)
    for name, (how, content) in steps.items():
        file = copy / name
        if not how:
            assert not file.exists(), f"{name} is there already"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content, encoding="utf-8")
        elif how == "a line more":
            file.write_text(file.read_text(encoding="utf-8") + content, encoding="utf-8")
        else:
            line = how.removeprefix("after ") + "\n"
            before, found, after = file.read_text(encoding="utf-8").rpartition(f"\n{line}")
            assert found, f"no line '{line}' in {name}"
            file.write_text(before + found + content + after, encoding="utf-8")


def test_the_steps_of_the_page_are_all_that_is_needed(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "adding-an-analysis.md").read_text(encoding="utf-8")
    steps = added(page)
    assert len(steps) == 12
    build(tmp_path, steps)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path / "src"), str(tmp_path / "tests")])}
    command = [sys.executable, "-c", SHOWN + WALKED]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    print(done.stdout)
    content = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    jsonschema.validate(content, schema())
    (row,) = (row for row in content["results"] if row["analysis"] == "spread")
    assert row["estimate"] == pytest.approx((2 * 400 * 1 + 400 * 2) / (60 * 59 / 2))  # scores of 1, 2 and 3 from 20 people each
    refused = done.stdout.split("WITHOUT PROOF:", 1)[1].splitlines()[0]
    assert refused.strip().startswith("'gini_difference' has no proof. Add one: a Comparison(quantity=\"gini_difference\", …)")
    assert '@pytest.mark.proves("gini_difference") over a test that asserts its value' in refused
