"""Two lists name the analyses and say the same: what topics register, and `__init__.pyi`, which editors read."""

from __future__ import annotations

from pathlib import Path

import omstilling_psychometrics as op
from house import lists


def test_the_stub_names_what_is_public() -> None:
    homes = {name: op._homes()[name] for name in op.__all__}
    lines = [f"from .{home} import {name} as {name}" for name, home in homes.items()]
    stub = Path(op.__file__).with_suffix(".pyi").read_text(encoding="utf-8").splitlines()
    missing, surplus = sorted(set(lines) - set(stub)), sorted(set(stub) - set(lines))
    assert not missing, "missing in __init__.pyi:\n" + "\n".join(missing)
    assert not surplus, "no public names, and yet in __init__.pyi:\n" + "\n".join(surplus)


def test_every_public_name_is_there_where_it_is_said_to_be() -> None:
    for name in op.__all__:
        assert getattr(op, name).__name__ == name
        assert getattr(op, name).__module__.startswith(f"{op.__name__}.{op._homes()[name]}")
    assert dir(op) == op.__all__


def test_no_third_list_names_the_analyses() -> None:
    package = Path(op.__file__).parent
    topics, stub = (f"src/{package.name}/{name}" for name in ("topics/*/__init__.py", "__init__.pyi"))
    assert lists(package.parents[1]) == [topics, stub]
