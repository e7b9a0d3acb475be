"""Editors and type checkers read the public names in `__init__.pyi`; it names what the registry loads, from where it is."""

from __future__ import annotations

from pathlib import Path

import omstilling_psychometrics as op


def test_the_stub_names_what_is_public() -> None:
    homes = {name: op._HOMES[name] for name in op.__all__}
    lines = [f"from .{home} import {name} as {name}" for name, home in homes.items()]
    stub = Path(op.__file__).with_suffix(".pyi").read_text(encoding="utf-8").splitlines()
    missing, surplus = sorted(set(lines) - set(stub)), sorted(set(stub) - set(lines))
    assert not missing, "missing in __init__.pyi:\n" + "\n".join(missing)
    assert not surplus, "no public names, and yet in __init__.pyi:\n" + "\n".join(surplus)


def test_every_public_name_is_there_where_it_is_said_to_be() -> None:
    for name in op.__all__:
        assert getattr(op, name).__name__ == name
        assert getattr(op, name).__module__.startswith(f"{op.__name__}.{op._HOMES[name]}")
    assert dir(op) == op.__all__
