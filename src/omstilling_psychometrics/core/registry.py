"""The topics there are: found in their folder, never listed."""

from __future__ import annotations

from functools import cache
from importlib import import_module, resources
from importlib.resources.abc import Traversable
from pkgutil import iter_modules
from types import ModuleType

from .topic import Analysis, Topic

_PACKAGE = __package__.rpartition(".")[0]


@cache
def topics() -> dict[str, Topic]:
    """Folder to what it registers, in alphabetical order."""
    folder = import_module(f"{_PACKAGE}.topics")
    names = sorted(module.name for module in iter_modules(folder.__path__))
    return {name: import_module(f"{folder.__name__}.{name}").TOPIC for name in names}


def _analyses() -> dict[str, Analysis]:
    analyses = [analysis for topic in topics().values() for analysis in topic.analyses]
    return {analysis.name: analysis for analysis in sorted(analyses, key=lambda analysis: analysis.place)}


ANALYSES: dict[str, Analysis] = _analyses()


def part(analysis: str, kind: str) -> ModuleType | None:
    """The module, section, plot or judgement of an analysis, loaded; None where it has none, or there is no such analysis."""
    for folder, topic in topics().items():
        for registered in topic.analyses:
            if registered.name == analysis:
                name = getattr(registered, kind)
                return import_module(f"{_PACKAGE}.topics.{folder}.{name}") if name is not None else None
    return None


def functions() -> dict[str, str]:
    """Public name to the module it is in, below the package."""
    return {name: f"topics.{folder}.{module}" for folder, topic in topics().items() for name, module in topic.functions.items()}


def peers() -> list[ModuleType]:
    """The modules with comparisons with peers."""
    return [
        import_module(f"{_PACKAGE}.topics.{folder}.{module}") for folder, topic in topics().items() for module in topic.peers
    ]


def populations() -> list[ModuleType]:
    """The modules with population values."""
    named = {folder: topic.population for folder, topic in topics().items() if topic.population is not None}
    return [import_module(f"{_PACKAGE}.topics.{folder}.{module}") for folder, module in named.items()]


def files(name: str) -> list[Traversable]:
    """The file of that name of every topic that has one."""
    places = [resources.files(f"{_PACKAGE}.topics.{folder}").joinpath(name) for folder in topics()]
    return [file for file in places if file.is_file()]
