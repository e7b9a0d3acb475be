"""Copy the selected reference data and values into the package. Usage: select_values.py FOLDER [DOMAIN …]

A selection file lists `[[value]]` tables with `path` (in the R output, '/'-separated), `package`, `call`, and optionally
`datasets` (all that have the path, unless given).
"""

from __future__ import annotations

import csv
import hashlib
import json
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PACKAGE = HERE.parents[1] / "src" / "omstilling_psychometrics" / "reference"


def write(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def descend(content: Any, path: str) -> Any:
    for part in path.split("/"):
        if not isinstance(content, dict) or part not in content:
            return None
        content = content[part]
    return None if isinstance(content, dict) and "error" in content else content


def data(folder: Path) -> None:
    about = {}
    for entry in json.loads((folder / "manifest.json").read_text(encoding="utf-8")):
        source = folder / "data" / f"{entry['name']}.csv"
        if not source.exists() or not entry["ordinal"]:
            continue
        rows = list(csv.DictReader(source.open(encoding="utf-8", newline="")))
        items = [name for name in rows[0] if name[0] == "i" and name[1:].isdigit()]
        keys = [name for name in ("group", "cluster") if name in rows[0]]
        cells = Counter(tuple(row[name] for name in keys + items) for row in rows)
        with (PACKAGE / "data" / source.name).open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(["leader" if name == "cluster" else name for name in keys] + items + ["count"])
            writer.writerows([*cell, count] for cell, count in sorted(cells.items()))
        about[entry["name"]] = {
            "items": items,
            "categories": list(range(entry["min"], entry["max"] + 1)),
            "note": entry["note"],
            "data_sha256": hashlib.sha256(source.read_bytes()).hexdigest(),
        }
    write(PACKAGE / "data" / "manifest.json", about)


def values(folder: Path, selection: Path) -> None:
    chosen: dict[str, dict[str, Any]] = {}
    for wanted in tomllib.loads(selection.read_text(encoding="utf-8"))["value"]:
        names = wanted.get("datasets") or sorted(path.stem for path in (folder / "values").glob("*.json"))
        for name in names:
            content = json.loads((folder / "values" / f"{name}.json").read_text(encoding="utf-8"))
            if "meta" not in content or not (PACKAGE / "data" / f"{name}.csv").exists():
                continue
            value = descend(content, wanted["path"])
            if value is None:
                continue
            version = wanted.get("version") or content["meta"]["versions"][wanted["package"]]
            chosen.setdefault(name, {})[wanted["path"]] = {
                "value": value,
                "package": wanted["package"],
                "version": version,
                "call": wanted["call"],
                "data_sha256": content["meta"]["data_sha256"],
            }
    write(PACKAGE / "values" / f"{selection.stem}.json", chosen)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    data(folder)
    for selection in sorted((HERE / "selection").glob("*.toml")):
        if not sys.argv[2:] or selection.stem in sys.argv[2:]:
            values(folder, selection)
