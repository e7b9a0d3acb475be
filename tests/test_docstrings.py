"""Docstrings of public names and of results say what they take, give and refuse, and lead to others; their examples run."""

from __future__ import annotations

import doctest
import inspect
import re
from collections.abc import Callable
from typing import Any

import pytest

import omstilling_psychometrics as op
from omstilling_psychometrics.core.results import Result, Statistic
from omstilling_psychometrics.survey.counted_answers import CountedAnswers
from omstilling_psychometrics.topics.correlation.analysis import Correlations
from omstilling_psychometrics.topics.dimensionality.analysis_dimensions import Dimensions
from omstilling_psychometrics.topics.dimensionality.analysis_solution import Solution
from omstilling_psychometrics.topics.factor.analysis import FitsByEstimator
from omstilling_psychometrics.topics.factor.analysis_dynamic_cutoffs import DrawnLevels
from omstilling_psychometrics.topics.factor.analysis_fit import NormalModel, OrdinalModel
from omstilling_psychometrics.topics.factor.analysis_model import FittedModel
from omstilling_psychometrics.topics.invariance.analysis_step import FittedStep
from omstilling_psychometrics.topics.invariance.numerics.dif import ItemDif
from omstilling_psychometrics.topics.irt.analysis_local_dependence import DrawnQ3
from omstilling_psychometrics.topics.irt.analysis_role import FittedRole
from omstilling_psychometrics.topics.irt.curves import ItemCurves
from omstilling_psychometrics.topics.items.analysis import ItemAnswers
from omstilling_psychometrics.topics.leaders.analysis_role import (
    CompleteAnswers,
    IntraclassCorrelation,
    LeaderValues,
    RatedLeaders,
    ScoresByLeader,
)
from omstilling_psychometrics.topics.missing.analysis_patterns import NonAnswers
from omstilling_psychometrics.topics.mokken.analysis_role import MokkenScale
from omstilling_psychometrics.topics.reliability.analysis_models import ReliabilityModels
from omstilling_psychometrics.topics.reliability.numerics.alpha import Alpha
from omstilling_psychometrics.topics.retest.analysis import RetestedPeople
from omstilling_psychometrics.topics.roles.analysis_pairs import PairedLeaders, RolePair
from omstilling_psychometrics.topics.roles.analysis_scores import RoleScores
from omstilling_psychometrics.topics.two_level.analysis_generalizability import DecisionStudy

ANALYSES = [name for name in op.__all__ if op._homes()[name].startswith("topics.")]
SECTIONS = ("Parameters", "Returns", "Raises", "See Also", "References", "Examples")
PUBLIC = [getattr(op, name) for name in op.__all__]
FUNCTIONS = [name for name in op.__all__ if inspect.isfunction(getattr(op, name))]
# Exceptions that take what every exception takes have nothing to describe.
CLASSES = (Result, Statistic, *(one for one in PUBLIC if isinstance(one, type) and "__init__" in vars(one)))
# Every result that a public function gives; its class is there once the function is.
RESULTS = tuple(one for one in Result.__subclasses__() if one.__module__.startswith(op.__name__))
# What results keep of a role.
MODELS = (
    DrawnQ3,
    FittedRole,
    ItemCurves,
    MokkenScale,
    RoleScores,
    RolePair,
    PairedLeaders,
    RatedLeaders,
    ScoresByLeader,
    CompleteAnswers,
    IntraclassCorrelation,
    LeaderValues,
)
MODELS += (Correlations, Dimensions, FittedStep, ItemAnswers, ItemDif, NonAnswers, Solution)
MODELS += (Alpha, DecisionStudy, RetestedPeople)
MODELS += (DrawnLevels, FitsByEstimator, FittedModel, NormalModel, OrdinalModel, ReliabilityModels)
CLASSES += (*RESULTS, *MODELS, CountedAnswers)
METHODS = {
    f"{owner.__name__}.{name}": getattr(member, "__func__", member)
    for owner in CLASSES
    for name, member in vars(owner).items()
    if not name.startswith("_") and (inspect.isfunction(member) or isinstance(member, (classmethod, staticmethod, property)))
}


def sections(described: object) -> dict[str, str]:
    """Text below each heading that is underlined; what stands before is the summary."""
    parts = re.split(r"^(\w[\w ]*)\n-+\n", inspect.getdoc(described) or "", flags=re.MULTILINE)
    return {"Summary": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


def takes_what_it_says(function: Callable[..., Any], found: dict[str, str]) -> None:
    assert re.fullmatch(r".+[.?]", found["Summary"].splitlines()[0]), "one line says what it does"
    heads = re.findall(r"^\*{0,2}(\w+(?:, \w+)*)(?: : .+)?\n    \S", found.get("Parameters", ""), re.MULTILINE)
    described = [name for head in heads for name in head.split(", ")]
    assert described == [one for one in inspect.signature(function).parameters if one not in ("self", "cls")]


@pytest.mark.parametrize("owner", [owner for owner in CLASSES if owner not in RESULTS])
def test_what_a_class_holds_is_described(owner: type) -> None:
    takes_what_it_says(owner, sections(owner))


@pytest.mark.parametrize("owner", RESULTS)
def test_what_a_result_holds_beside_what_all_hold_is_described(owner: type) -> None:
    found = sections(owner)
    assert re.fullmatch(r".+[.?]", found["Summary"].splitlines()[0])
    taken, of_all = set(inspect.signature(owner).parameters), set(inspect.signature(Result).parameters)
    assert taken - of_all <= set(re.findall(r"^(\w+) : ", found.get("Parameters", ""), re.MULTILINE)) <= taken


@pytest.mark.parametrize("name", METHODS)
def test_every_method_says_what_it_takes_and_gives(name: str) -> None:
    member = METHODS[name]
    found = sections(member)
    if isinstance(member, property):
        assert re.fullmatch(r".+[.?]", found["Summary"].strip(), re.DOTALL)
        return
    takes_what_it_says(member, found)
    assert {"Returns", "Yields"} & set(found)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_says_what_it_takes_and_gives(name: str) -> None:
    function = getattr(op, name)
    found = sections(function)
    takes_what_it_says(function, found)
    assert ("Returns" in found) == (inspect.signature(function).return_annotation != "None")
    assert set(found) <= {"Summary", *SECTIONS}


@pytest.mark.parametrize("name", op.__all__)
def test_every_public_name_says_more_than_a_line_and_has_an_example(name: str) -> None:
    found = sections(getattr(op, name))
    assert list(found) == ["Summary", *(section for section in SECTIONS if section in found)], "sections in their order"
    first, _, more = found["Summary"].strip().partition("\n\n")
    assert re.fullmatch(r".+[.?]", first), "the first line stands alone"
    assert name not in FUNCTIONS or not re.search(r"[^s]s$", first.split()[0]), "what it is, not a verb in the third person"
    assert more.strip(), "more than a line"
    assert "\n>>> import omstilling_psychometrics as op\n" in f"\n{found['Examples']}"


@pytest.mark.parametrize("name", op.__all__)
def test_every_public_name_leads_to_others(name: str) -> None:
    lines = sections(getattr(op, name))["See Also"].strip().splitlines()
    others = [line.partition(" : ")[0] for line in lines]
    assert 2 <= len(set(others)) == len(others) <= 4
    assert set(others) <= set(op.__all__) - {name}
    assert all(re.fullmatch(r"\w+ : [A-Z].+\.", line) for line in lines), "each with a sentence"


@pytest.mark.parametrize("name", ANALYSES)
def test_an_analysis_names_its_sources_and_what_it_refuses(name: str) -> None:
    function = getattr(op, name)
    found = sections(function)
    assert list(found) == ["Summary", *SECTIONS]
    assert re.match(rf"{inspect.signature(function).return_annotation}\n    \S", found["Returns"])
    assert all(found[section].strip() for section in SECTIONS)


@pytest.mark.parametrize("name", op.__all__)
def test_an_example_shows_a_value(name: str) -> None:
    (example,) = doctest.DocTestFinder(recurse=False).find(getattr(op, name), name)
    assert any(one.want for one in example.examples)
    assert name not in ANALYSES or any(re.search(r"\d", one.want) for one in example.examples)


@pytest.mark.parametrize("described", list(dict.fromkeys([*PUBLIC, *CLASSES])), ids=lambda one: one.__name__)
def test_examples_give_the_values_they_show(described: type | Callable[..., Any]) -> None:
    said: list[str] = []
    for example in doctest.DocTestFinder().find(described, described.__name__, globs={}):
        doctest.DocTestRunner().run(example, out=said.append)
    assert not said, "".join(said)
