"""What ten different surveys and `verify` say, frozen: `write` before the folders move, `check` after every step.

It goes when the rebuilding is done.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import omstilling_psychometrics as op

SYNTHETIC = Path(__file__).parents[1] / "data" / "synthetic" / "answers.csv"


def surveys(folder: Path) -> Iterator[tuple[str, op.ResponsePatterns, str | None]]:
    """(name, answers, grouped by)."""
    lines = SYNTHETIC.read_text(encoding="utf-8").splitlines()

    def file(name: str, chosen: list[str]) -> Path:
        path = folder / f"{name}.csv"
        path.write_text("\n".join([*chosen, ""]), encoding="utf-8")
        return path

    yield "synthetic", op.read(SYNTHETIC), None
    some = op.read(file("some", [lines[0], *lines[1::9]]), by=["organisation"])
    yield "by_organisation", some, "organisation"
    yield "few", op.read(file("few", [lines[0], *lines[1::150]])), None
    yield "starved", op.read(file("starved", lines[:4])), None
    for name, items, categories, roles, leaders, n in (
        ("seven_items", 7, 7, (), 0, 300),
        ("two_items", 2, 5, (), 20, 200),
        ("binary", 6, 2, ("a", "b"), 40, 400),
        ("many_groups", 4, 5, ("a", "b", "c", "d", "e", "f"), 60, 900),
        ("constant", 3, 5, ("a", "b"), 10, 60),
        ("ten_items", 10, 4, ("a",), 30, 500),
    ):
        random = np.random.default_rng([items, n])
        level = random.normal(size=(n, 1)) + 0.5 * random.normal(size=(leaders or 1, 1))[random.integers(leaders or 1, size=n)]
        given = np.clip(np.round((categories + 1) / 2 + level + random.normal(size=(n, items))), 1, categories).astype(int)
        if name == "constant":
            given[:, 1] = 3
        header = [*(["role"] if roles else []), *(["leader"] if leaders else []), *(f"i{i}" for i in range(items))]
        rows = [",".join(header)]
        leader = random.integers(max(leaders, 1), size=n)
        for person in range(n):
            hole = random.random(items) < 0.05
            keys = [*([roles[person % len(roles)]] if roles else []), *([f"l{leader[person]}"] if leaders else [])]
            rows.append(",".join([*keys, *("" if out else str(value) for value, out in zip(given[person], hole, strict=True))]))
        path = file(name, rows)
        from importlib import import_module

        for place in ("instrument", "survey.instrument"):
            try:
                plain = import_module(f"omstilling_psychometrics.{place}").plain_instrument
            except ModuleNotFoundError:
                continue
        instrument = plain(tuple(range(1, categories + 1)), tuple(f"i{i}" for i in range(items)), roles=roles)
        yield name, op.read(path, instrument=instrument), None


def outputs() -> Iterator[tuple[str, str]]:
    """(name of a file, its content)."""
    with tempfile.TemporaryDirectory() as place:
        for name, answers, by in surveys(Path(place)):
            released = answers.released(op.Disclosure(), by=by) if by else answers.released(op.Disclosure())
            names = ["items", "reliability", "cfa", "invariance", "role_comparison"] if by else None
            found = op.validate(released, *([names] if names else []), rng=1, **({"by": by} if by else {}))
            rows = sorted(found.rows, key=lambda row: json.dumps([row[key] for key in KEYS], default=str))
            yield f"{name}.json", "\n".join(json.dumps(row, ensure_ascii=False, default=str) for row in rows)
            for language in ("da", "en"):
                page = Path(place) / f"{name}.html"
                found.write_report(page, language)
                yield f"{name}.{language}.html", page.read_text(encoding="utf-8")
            print(name, len(found.rows), file=sys.stderr, flush=True)
    frame = op.verify().to_frame()
    yield "verify.csv", frame.sort_values(["domain", "quantity", "method", "aspect", "peer", "place"]).to_csv(index=False)


KEYS = ("analysis", "role", "group", "quantity", "item", "category", "method")


def few_draws() -> None:
    """What is compared is equality, not how well an interval covers."""
    for module in list(sys.modules.values()):
        if (getattr(module, "__name__", "") or "").startswith("omstilling_psychometrics") and hasattr(module, "DRAWS"):
            module.DRAWS = 20


def main(what: str, folder: Path) -> None:
    import pkgutil
    from importlib import import_module

    for module in pkgutil.walk_packages(op.__path__, "omstilling_psychometrics."):
        if "__main__" not in module.name:
            import_module(module.name)
    few_draws()
    folder.mkdir(parents=True, exist_ok=True)
    different = []
    for name, content in outputs():
        path = folder / name
        if what == "write":
            path.write_text(content, encoding="utf-8")
        elif path.read_text(encoding="utf-8") != content:
            different.append(name)
            (folder / f"{name}.new").write_text(content, encoding="utf-8")
    print("different: " + (", ".join(different) or "nothing"))
    sys.exit(bool(different))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
