"""One look for all plots: sizes, colours that colour-blind readers can tell apart, settings that take labels as they are."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure, SubFigure

    from .wording import Wording

# Inches. A figure as wide as a column of text; its 9 point letters stay readable on a phone.
WIDTH = 5.2
ROW = 0.42

INK = "#1f2933"
MUTED = "#5f6b76"
GRID = "#d9dee3"

# Okabe & Ito (2008), in the order that keeps neighbours apart in grey print too; each with a marker of its own.
SERIES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
MARKERS = ("o", "s", "D", "^", "v", "P", "X")

# Categories from disagreement to agreement: brown over grey to blue, dark at both ends.
_SCALE_ENDS = ("#8c510a", "#dfa355", "#e4e6e8", "#7fb0d6", "#1f5c99")

# Ways of not answering: greys with hatching, so that they never look like a category.
REASON_FILLS = (("#9aa5b1", "//"), ("#6b7785", "--"), ("#d3d9df", ""), ("#b7c0c9", "\\\\"), ("#e4e7eb", "xx"))

_RC: dict[Any, Any] = {
    "font.family": ["DejaVu Sans"],
    "font.size": 9.5,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 9.5,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "axes.formatter.use_locale": False,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "hatch.linewidth": 0.5,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "lines.linewidth": 1.5,
    "text.color": INK,
    "text.parse_math": False,  # a '$' in an item is a '$'
    "text.usetex": False,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.fonttype": "none",
    "svg.hashsalt": "omstilling_psychometrics",
    "path.simplify": True,
}


@contextmanager
def look() -> Iterator[None]:
    """The settings of all plots, for the time of a block."""
    import matplotlib as mpl

    with mpl.rc_context(_RC), warnings.catch_warnings():
        # Labels may hold letters that the measuring font lacks; the reader's own fonts draw them.
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from")
        yield


def category_colours(c: int) -> list[str]:
    """c colours from the lowest to the highest category."""
    from matplotlib.colors import LinearSegmentedColormap, to_hex

    scale = LinearSegmentedColormap.from_list("categories", _SCALE_ENDS)
    return [to_hex(scale(position / max(1, c - 1))) for position in range(c)]


def readable_on(colour: str) -> str:
    """Dark or white, whichever stands out more on a colour (relative luminance as WCAG 2 defines it)."""
    from matplotlib.colors import to_rgb

    linear = [channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4 for channel in to_rgb(colour)]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return INK if luminance > 0.26 else "white"


def wrapped(label: str, width: int = 22, lines: int = 2) -> list[str]:
    """A label over a few lines, cut with an ellipsis where it is longer."""
    import textwrap

    parts = textwrap.wrap(label, width=width) or [""]
    if len(parts) > lines:
        parts = parts[:lines]
        parts[-1] = parts[-1][: width - 1].rstrip() + "…"
    return parts


def label_margin(labels: Sequence[str], width: int = 22) -> float:
    """Inches that the longest line of the labels takes on the left."""
    longest = max((len(line) for label in labels for line in wrapped(label, width)), default=0)
    return 0.16 + 0.077 * max(4, longest)


def size_in_inches(figure: Figure | SubFigure) -> tuple[float, float]:
    """Width and height of a figure or of a part of one."""
    dpi = figure.dpi
    return figure.bbox.width / dpi, figure.bbox.height / dpi


def margins(
    figure: Figure | SubFigure,
    *,
    left: float = 0.75,
    right: float = 0.2,
    top: float = 0.35,
    bottom: float = 0.5,
    wspace: float = 0.25,
    hspace: float = 0.35,
) -> None:
    """Room around the panels in inches. Fixed, since the reader's fonts decide how wide text really is."""
    width, height = size_in_inches(figure)
    figure.subplots_adjust(
        left=left / width, right=1 - right / width, top=1 - top / height, bottom=bottom / height, wspace=wspace, hspace=hspace
    )


def rows_on_y(ax: Axes, labels: Sequence[str], width: int = 22) -> None:
    """Labels from top to bottom at 0, 1, 2, …, with light lines between the rows."""
    ax.set_yticks([])
    ax.set_ylim(len(labels) - 0.5, -0.5)
    ax.spines["left"].set_visible(False)
    for place, label in enumerate(labels):
        lines = wrapped(label, width)
        for number, line in enumerate(lines):
            # One text per line: several in one would be aligned by the measuring font instead of the reader's.
            ax.annotate(
                line,
                (0, place),
                xycoords=ax.get_yaxis_transform(),
                xytext=(-6, 5.5 * (len(lines) - 1) - 11 * number),
                textcoords="offset points",
                ha="right",
                va="center",
                fontsize=9,
                annotation_clip=False,
            )
    for edge in range(len(labels) - 1):
        ax.axhline(edge + 0.5, color=GRID, linewidth=0.6, zorder=0)


def legend_above(ax: Axes, columns: int, *, figure: Figure | SubFigure | None = None) -> None:
    """The legend above the panel, or at the top of the whole figure where labels on the left leave it more room. Samples of
    lines are long enough to tell dashes from dots without colour."""
    handles, labels = ax.get_legend_handles_labels()
    dashed = any(line.get_linestyle() not in ("None", "-") for line in ax.get_lines() if line.get_label() in labels)
    room = {
        "ncols": columns,
        "columnspacing": 0.9,
        "handlelength": 3.2 if dashed else 1.1,
        "handletextpad": 0.4,
        "borderaxespad": 0.2,
    }
    if figure is None:
        ax.legend(handles, labels, loc="lower left", bbox_to_anchor=(0, 1), **room)
    else:
        width, _ = size_in_inches(figure)
        figure.legend(handles, labels, loc="upper left", bbox_to_anchor=(0.1 / width, 1), borderpad=0.1, **room)


# More decimals than this are no labels of an axis.
_MOST_DECIMALS = 6


def number_axis(axis: Axis, wording: Wording, *, shares: bool = False) -> None:
    """Tick labels in the reader's language, as percentages or plain, with as many decimals as the ticks need."""
    from matplotlib.ticker import FuncFormatter

    unit = 100 if shares else 1

    def label(value: float, _: object) -> str:
        ticks = unit * axis.get_majorticklocs()
        digits = (d for d in range(_MOST_DECIMALS) if all(abs(round(tick, d) - tick) < 1e-9 for tick in ticks))
        shown = (wording.share if shares else wording.decimal)(value, next(digits, _MOST_DECIMALS))
        return shown.replace("-", "\N{MINUS SIGN}")

    axis.set_major_formatter(FuncFormatter(label))
