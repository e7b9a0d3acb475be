"""No result hangs on the last bits, which differ between processors."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
KEY = ("analysis", "role", "group", "quantity", "item", "category", "method")
NUMBERS = ("estimate", "std_error", "conf_low", "conf_high", "statistic", "df", "p_value")


def _other_kernel() -> str | None:
    spec = importlib.util.spec_from_file_location("kernels", HERE.parent / "kernels.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return next(iter(module.others()), None)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, dict[tuple[object, ...], dict[str, object]]]]:
    """Rows by survey and key, under this processor's own kernel and under another one."""
    folder = tmp_path_factory.mktemp("kernels")
    other = _other_kernel()
    runs = []
    for number, kernel in enumerate((None, other)):
        environment = {**os.environ, "PYTHONWARNINGS": "ignore"} | ({"OPENBLAS_CORETYPE": kernel} if kernel else {})
        output = folder / f"{number}.json"
        runs.append((subprocess.Popen([sys.executable, str(HERE / "delicate.py"), str(output)], env=environment), output))
    found = []
    for process, output in runs:
        assert process.wait() == 0
        rows = json.loads(output.read_text(encoding="utf-8"))
        found.append({name: {tuple(row[part] for part in KEY): row for row in of} for name, of in rows.items()})
    return found


def test_no_number_or_note_hangs_on_the_kernel(both) -> None:
    first, second = both
    assert first.keys() == second.keys()
    differing = []
    for survey in first:
        assert first[survey].keys() == second[survey].keys(), survey
        for key, row in first[survey].items():
            other = second[survey][key]
            changed = [name for name in ("note", "n", "cluster") if row[name] != other[name]]
            for name in NUMBERS:
                a, b = row[name], other[name]
                if (a is None) != (b is None) or (a is not None and b != pytest.approx(a, rel=1e-5, abs=1e-7)):
                    changed.append(name)
            if changed:
                differing.append((survey, key, {name: (row[name], other[name]) for name in changed}))
    assert not differing


def test_errors_of_nought_are_withheld_or_said(both) -> None:
    """An error that rounding left is nought, and no interval without width stands there as if it were precise."""
    for rows in both[0].values():
        for row in (row for row in rows.values() if row["std_error"] is not None):
            assert row["std_error"] == 0 or row["std_error"] > 1e-8, row
            if row["cluster"]:
                assert any(note in (row["note"] or "") for note in ("few_clusters", "no_spread")) or row["std_error"] == 0, row
            if row["conf_low"] is not None and row["conf_low"] == row["conf_high"]:
                assert row["note"], row
