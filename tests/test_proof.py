"""Every quantity is proven, and what says that it proves one notices a wrong number."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from omstilling_psychometrics.core.results import Result, Statistic
from omstilling_psychometrics.core.vocabulary import vocabulary
from proof import REASONS, notices, peers, proving_tests, table, without_proof, wrong


def test_every_quantity_is_proven() -> None:
    missing = without_proof(vocabulary("en").quantities, peers(), proving_tests(), REASONS)
    assert not missing, "\n".join(missing)


def test_a_quantity_without_proof_is_refused_with_what_to_do() -> None:
    quantities = ("of_a_peer", "of_a_test", "of_a_reason", "gwet_ac")
    found = without_proof(
        quantities, {"of_a_peer": ["psych::alpha"]}, {"of_a_test": ["test"]}, {"of_a_reason": "no value of it is known"}
    )
    (message,) = found
    assert message.startswith("'gwet_ac' has no proof.")
    for way in ('Comparison(quantity="gwet_ac"', '@pytest.mark.proves("gwet_ac")', "REASONS of tests/proof.py"):
        assert way in message
    assert without_proof(("h",), {}, {}, {"h": " "})[0].startswith("'h' has no proof.")


def test_reasons_and_marks_that_are_not_needed_are_refused() -> None:
    assert without_proof(("h",), {"h": ["mokken::coefH"]}, {}, {"h": "hard"}) == [
        "'h' has a proof: its reason in REASONS of tests/proof.py has to go."
    ]
    assert without_proof((), {}, {"hh": ["test"]}, {}) == [
        "'hh' is no quantity of the vocabulary, but a test is marked to be its proof."
    ]


def test_marks_are_found_in_tests_that_always_run(tmp_path: Path) -> None:
    (tmp_path / "test_toy.py").write_text(
        "import pytest\n"
        '@pytest.mark.proves("one", "two")\n'
        "def test_values(): ...\n"
        '@pytest.mark.proves("three")\n'
        '@pytest.mark.skipif(True, reason="toy")\n'
        "def test_that_is_skipped(): ...\n"
        '@pytest.mark.proves("four")\n'
        "def no_test(): ...\n",
        encoding="utf-8",
    )
    (tmp_path / "test_classes.py").write_text(
        "import pytest\n"
        "@pytest.mark.skip\n"
        "class TestSkipped:\n"
        '    @pytest.mark.proves("five")\n'
        "    def test_of_it(self): ...\n"
        "class TestElsewhere:\n"
        '    pytestmark = [pytest.mark.browser, pytest.mark.proves("six")]\n'
        "    def test_of_it(self): ...\n"
        '@pytest.mark.proves("seven")\n'
        "class TestValues:\n"
        "    def test_of_it(self): ...\n",
        encoding="utf-8",
    )
    (tmp_path / "test_skipped.py").write_text(
        'import pytest\npytestmark = pytest.mark.skipif(True, reason="toy")\n'
        '@pytest.mark.proves("eight")\ndef test_values(): ...\n',
        encoding="utf-8",
    )
    assert proving_tests(tmp_path) == {
        "one": ["test_toy.py::test_values"],
        "two": ["test_toy.py::test_values"],
        "seven": ["test_classes.py::TestValues::test_of_it"],
    }


class Toy(Result):
    analysis = "toy"


TOY = Toy(statistics=(Statistic(quantity="gwet_ac", estimate=0.5), Statistic(quantity="gwet_test", statistic=3.0)))


def test_only_a_test_of_the_value_notices_that_it_is_wrong() -> None:
    def right() -> None:
        assert TOY.value("gwet_ac") == 0.5

    def vague() -> None:
        assert 0 < TOY.value("gwet_ac") < 1

    def of_another() -> None:
        assert TOY.get("gwet_test").statistic == 3

    assert notices(right, "gwet_ac")
    assert not notices(vague, "gwet_ac")
    assert not notices(of_another, "gwet_ac")
    assert notices(of_another, "gwet_test")
    right()  # and afterwards the number is what it was


def test_a_mark_over_a_test_of_something_else_fails(tmp_path: Path) -> None:
    (tmp_path / "test_toy.py").write_text(
        "import pytest\n"
        "from omstilling_psychometrics.core.results import Statistic\n"
        'TOY = Statistic(quantity="gwet_ac", estimate=0.5, std_error=0.1)\n'
        '@pytest.mark.proves("gwet_ac")\n'
        "def test_value(): assert TOY.estimate == 0.5\n"
        '@pytest.mark.proves("gwet_ac")\n'
        "def test_error(): assert TOY.std_error == 0.1\n",
        encoding="utf-8",
    )
    tests = Path(__file__).parent
    options = [
        "-c",
        str(tests.parent / "pyproject.toml"),
        "--rootdir",
        str(tmp_path),
        "-p",
        "conftest",
        "-p",
        "no:cacheprovider",
    ]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(tests)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 failed, 1 passed" in run.stdout, run.stdout + run.stderr
    assert "the test is marked as proof of 'gwet_ac' and passes just the same" in run.stdout


def test_a_wrong_number_is_wrong_in_rows_and_frames() -> None:
    with wrong("gwet_ac"):
        assert TOY.rows()[0]["estimate"] == 0.515
        assert TOY.to_frame()["estimate"][0] == 0.515
    assert TOY.rows()[0]["estimate"] == 0.5


def test_the_table_says_what_proves_each_and_counts() -> None:
    lines = table().splitlines()
    assert lines[-1] == "   0 without a peer, a test or a reason"
    (alpha,) = (line for line in lines if line.startswith("alpha "))
    assert "psych::alpha" in alpha
    assert "population" in alpha
