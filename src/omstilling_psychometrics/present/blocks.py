"""What a section of the report is made of; the template has one way to print each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal, Protocol

from markupsafe import Markup

from ..core.criteria import State as State

Scope = Literal["col", "colgroup", "row", "rowgroup"]


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One cell. scope: it heads a column ('col', 'colgroup') or a row ('row', 'rowgroup'). marks: letters of footnotes.

    state: a verdict; code: a checksum or the like, which may break anywhere; detail: a
    smaller line below; anchor: what the text leads to.
    """

    text: str
    scope: Scope | None = None
    number: bool = False
    marks: tuple[str, ...] = ()
    columns: int = 1
    rows: int = 1
    state: State | None = None
    starts_group: bool = False
    code: bool = False
    detail: str = ""
    anchor: str = ""

    @property
    def plain(self) -> bool:
        """Nothing but a figure: most cells of the long lists."""
        return self.number and not (self.scope or self.marks or self.starts_group or self.state or self.detail or self.anchor)


@dataclass(frozen=True, kw_only=True)
class Table:
    """head and body by rows; notes: (letter, text) printed below; stacks: on a narrow screen each cell stands on a line of its
    own, behind the name of its column."""

    kind: ClassVar[str] = "table"
    caption: str
    head: Sequence[Sequence[Cell]]
    body: Sequence[Sequence[Cell]]
    notes: Sequence[tuple[str, str]] = ()
    remark: str = ""
    wide: bool = False
    stacks: bool = False

    @property
    def names(self) -> list[str]:
        """What stands above each column, from the outermost heading inwards."""
        grid: list[list[str]] = []
        for place, line in enumerate(self.head):
            if len(grid) <= place:
                grid.append([])
            column = 0
            for cell in line:
                while column < len(grid[place]) and grid[place][column]:
                    column += 1
                for below in range(place, place + cell.rows):
                    while len(grid) <= below:
                        grid.append([])
                    row = grid[below]
                    row.extend([""] * (column + cell.columns - len(row)))
                    row[column : column + cell.columns] = [cell.text or " "] * cell.columns
        columns = max(map(len, grid), default=0)
        padded = [[*line, *[""] * (columns - len(line))] for line in grid]
        return [", ".join(dict.fromkeys(name for name in column if name.strip())) for column in zip(*padded, strict=True)]


@dataclass(frozen=True, kw_only=True)
class Paragraph:
    kind: ClassVar[str] = "paragraph"
    text: str
    tone: Literal["plain", "lead", "caution", "quote", "remark"] = "plain"


@dataclass(frozen=True, kw_only=True)
class Bullets:
    kind: ClassVar[str] = "bullets"
    texts: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Heading:
    kind: ClassVar[str] = "heading"
    text: str
    key: str = ""


class Picture(Protocol):
    """A drawing that is made when it is asked for, in the form that is asked for; width, height: inches."""

    @property
    def width(self) -> float: ...

    @property
    def height(self) -> float: ...

    def svg(self) -> Markup: ...

    def png(self) -> bytes: ...


@dataclass(frozen=True, kw_only=True)
class Plot:
    """description: what it shows, in words, for those who do not see it."""

    kind: ClassVar[str] = "plot"
    picture: Picture
    caption: str
    description: str


@dataclass(frozen=True, kw_only=True)
class Plots:
    """Plots of the same kind, one per role, side by side where there is room."""

    kind: ClassVar[str] = "plots"
    plots: Sequence[Plot]


@dataclass(frozen=True, kw_only=True)
class Details:
    """Blocks behind a line that opens them. printed: they are part of the printed document."""

    kind: ClassVar[str] = "details"
    summary: str
    blocks: Sequence[Block]
    printed: bool = True


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One sentence with its figures about a unit (a role); anchor: the section with the evidence, if it is another;
    verdict: the answer that the state is, in place of its own name."""

    unit: str
    text: str
    anchor: str = ""
    state: State | None = None
    verdict: str = ""


@dataclass(frozen=True, kw_only=True)
class Findings:
    """Findings about one thing, one per unit. about: what they are about, for those who hear a link without its sentence;
    boxed: they are answers, and stand out."""

    kind: ClassVar[str] = "findings"
    about: str
    findings: Sequence[Finding]
    boxed: bool = False


@dataclass(frozen=True, kw_only=True)
class Links:
    """Where more is to be read: (title, anchor) of each."""

    kind: ClassVar[str] = "links"
    text: str
    links: Sequence[tuple[str, str]]


Block = Table | Paragraph | Bullets | Heading | Plot | Plots | Findings | Links | Details


@dataclass(frozen=True, kw_only=True)
class Section:
    """One chapter: its anchor, its title and the question it answers."""

    key: str
    title: str
    question: str = ""
    blocks: Sequence[Block] = field(default_factory=tuple)
