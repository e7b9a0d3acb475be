"""Rooms and topics of the package, what they import from each other, and the drawing of it.

    python tests/architecture.py        draws docs/architecture.svg anew

Arrows that follow from others are left out: where the report imports topics and topics import present, that the report
imports present goes without saying.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import TopologicalSorter
from html import escape
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "omstilling_psychometrics"
DRAWING = ROOT / "docs" / "architecture.svg"

Arrows = dict[str, set[str]]

# A box, a gap for an arrow that passes, what is between boxes, and the margin of the page.
_WIDTH, _HEIGHT, _GAP, _ACROSS, _DOWN, _MARGIN = 116, 30, 8, 22, 42, 24

# Result.plot and ResponsePatterns.scores, inside the function: the only imports that go up.
UPWARD = {("core/results.py", "present"), ("survey/patterns.py", "reporting")}


def place(path: Path) -> str:
    """Where a module is, below the package."""
    return path.relative_to(PACKAGE).as_posix()


def imports(path: Path) -> list[tuple[str, str]]:
    """(kind, name) of every import but those for annotations only: ('ours', 'topics.irt.numerics') or ('library', top name)."""
    found = []
    folder = list(path.relative_to(PACKAGE).parts[:-1])
    for node in _statements(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [("library", alias.name.split(".")[0]) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.append(("library", (node.module or "").split(".")[0]))
        elif isinstance(node, ast.ImportFrom):
            base = folder[: len(folder) - node.level + 1] + (node.module or "").split(".")
            found += [("ours", ".".join(part for part in (*base, alias.name) if part)) for alias in node.names]
    return found


def _statements(node: ast.AST) -> Iterator[ast.stmt]:
    """Every statement within, but for what only type checkers read."""
    skipped = isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    for field in ("orelse",) if skipped else ("body", "orelse", "handlers", "finalbody", "cases"):
        for inside in getattr(node, field, ()):
            yield inside
            yield from _statements(inside)


@cache
def arrows() -> tuple[Arrows, Arrows]:
    """What each room imports, and what each topic does."""
    rooms: Arrows = {path.parent.name: set() for path in PACKAGE.glob("*/__init__.py")}
    topics: Arrows = {path.parent.name: set() for path in PACKAGE.glob("topics/*/__init__.py")}
    for path in sorted(PACKAGE.rglob("*.py")):
        here = place(path).split("/")
        if len(here) == 1:
            continue
        targets = [name.split(".") for kind, name in imports(path) if kind == "ours"]
        targets = [target for target in targets if (place(path), target[0]) not in UPWARD]
        rooms[here[0]] |= {target[0] for target in targets} - {here[0]}
        if here[0] == "topics" and len(here) > 2:
            topics[here[1]] |= {target[1] for target in targets if target[0] == "topics"} - {here[1]}
    return rooms, topics


def levels(every: Arrows) -> dict[str, int]:
    """How many are below each, at the longest; raises graphlib.CycleError where some import each other in a circle."""
    found: dict[str, int] = {}
    for name in TopologicalSorter(every).static_order():
        found[name] = 1 + max((found[one] for one in every.get(name, ())), default=-1)
    return found


def reduced(every: Arrows) -> Arrows:
    """The arrows that do not follow from others."""
    below: Arrows = {}
    for name in TopologicalSorter(every).static_order():
        targets = every.get(name, set())
        below[name] = targets.union(*(below[one] for one in targets))
    return {
        name: {one for one in targets if not any(one in below[other] for other in targets)} for name, targets in every.items()
    }


# ---------------------------------------------------------------- the drawing


def _stepwise(every: Arrows) -> tuple[Arrows, dict[str, int]]:
    """Arrows that lead one level down each: of longer ones a gap is kept free in every row that they cross. And the levels."""
    level = levels(every)
    steps: Arrows = {name: set() for name in level}
    for name, target in sorted((name, target) for name, targets in every.items() for target in targets):
        above = name
        for number in range(level[name] - 1, level[target], -1):
            gap = f"{name} to {target}, {number}"
            level[gap] = number
            steps[above].add(gap)
            steps[gap] = set()
            above = gap
        steps[above].add(target)
    return steps, level


def _rows(steps: Arrows, level: Mapping[str, int]) -> list[list[str]]:
    """Names by level, the lowest first, each above the middle of what it points at where that can be."""
    rows: list[list[str]] = []
    for number in range(max(level.values()) + 1):
        below = {name: position for position, name in enumerate(rows[-1])} if rows else {}
        own = sorted(name for name, one in level.items() if one == number)
        rows.append(sorted(own, key=lambda name: _middle([below[one] for one in steps[name]])))
    return rows


def _middle(places: list[int]) -> float:
    return sum(places) / len(places) if places else 0.0


def _wide(name: str) -> int:
    return _GAP if " to " in name else _WIDTH


def _panel(title: str, every: Arrows, left: float, height: float) -> tuple[str, float]:
    """Boxes and arrows of one panel as SVG, and its width."""
    steps, level = _stepwise(every)
    rows = _rows(steps, level)
    widths = [sum(_wide(name) + _ACROSS for name in row) - _ACROSS for row in rows]
    middle, top = {}, {}
    for number, (row, width) in enumerate(zip(rows, widths, strict=True)):
        x = left + (max(widths) - width) / 2
        for name in row:
            middle[name], top[name] = x + _wide(name) / 2, height - _MARGIN - _HEIGHT - number * (_HEIGHT + _DOWN)
            x += _wide(name) + _ACROSS
    lines = [f'<text x="{left:g}" y="{_MARGIN + 6}" class="title">{escape(title)}</text>']
    for name, target in sorted((name, target) for name, targets in every.items() for target in targets):
        x, y = middle[name], top[name] + _HEIGHT
        way, step = f"M{x:g} {y:g}", name
        while step != target:
            step = next(one for one in steps[step] if one == target or one.startswith(f"{name} to {target}, "))
            to_x, to_y, bend = middle[step], top[step] - 7 * (step == target), _DOWN * 0.6
            way += f"C{x:g} {y + bend:g} {to_x:g} {to_y - bend:g} {to_x:g} {to_y:g}"
            x, y = to_x, to_y + _HEIGHT
            way += f"V{y:g}" if step != target else ""
        lines.append(f'<path d="{way}"/>')
    for name in sorted(every):
        x, y = middle[name], top[name]
        lines.append(f'<rect x="{x - _WIDTH / 2:g}" y="{y:g}" width="{_WIDTH}" height="{_HEIGHT}" rx="4"/>')
        lines.append(f'<text x="{x:g}" y="{y + 20:g}" text-anchor="middle">{escape(name)}</text>')
    return "\n".join(lines), max(widths)


def drawing(rooms: Arrows, topics: Arrows) -> str:
    """Rooms on the left, topics on the right; an arrow leads from what imports to what is imported."""
    rooms, topics = reduced(rooms), reduced(topics)
    tallest = 1 + max(*levels(rooms).values(), *levels(topics).values())
    height = 2 * _MARGIN + 20 + tallest * (_HEIGHT + _DOWN) - _DOWN
    left, first = _panel("rooms", rooms, _MARGIN, height)
    right, second = _panel("inside topics", topics, first + 4 * _MARGIN, height)
    width = first + second + 5 * _MARGIN
    said = "; ".join(
        f"{name} imports {', '.join(sorted(targets))}"
        for every in (rooms, topics)
        for name, targets in every.items()
        if targets
    )
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img" aria-labelledby="title desc">
<title id="title">Rooms and topics of the package, and what imports what</title>
<desc id="desc">{escape(said)}</desc>
<style>text{{font:13px sans-serif;fill:#1b1b1b}}.title{{font-weight:bold}}rect{{fill:#eef3f8;stroke:#33658a}}path{{fill:none;stroke:#5f6b76;marker-end:url(#head)}}</style>
<defs><marker id="head" viewBox="0 0 8 8" refX="1" refY="4" markerWidth="7" markerHeight="7" orient="auto"><polygon points="0,0 8,4 0,8" fill="#5f6b76"/></marker></defs>
<rect x="0" y="0" width="{width:g}" height="{height:g}" style="fill:#fff;stroke:none"/>
{left}
{right}
</svg>
"""  # noqa: E501


def drawn() -> str:
    """The drawing of the package as it is."""
    return drawing(*arrows())


if __name__ == "__main__":
    DRAWING.write_text(drawn(), encoding="utf-8")
