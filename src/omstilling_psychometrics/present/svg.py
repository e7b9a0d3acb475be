"""A figure as SVG for a page: the same input gives the same bytes, and several can stand in one document."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from .style import look
from .wording import clean

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_ID = re.compile(r' id="([^"]*)"')
_REFERENCE = re.compile(r'(url\(#|href="#)([^")]*)')
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_TAG = re.compile(r"<[^>]*>")
_LONG_DECIMAL = re.compile(r"(\d\.\d\d)\d+")
_NO_ROTATION = re.compile(r' transform="rotate\(-0 [^)]*\)"')
_FONT_FAMILY = re.compile(r"""(font(?:-family)?:[^;"]*?)\s*(?:'[^']*'|DejaVu Sans)(?:,\s*(?:'[^']*'|[\w -]+))*(?=[;"])""")


def new_figure(width: float, height: float) -> Figure:
    """An empty figure (inches) that belongs to no window."""
    from matplotlib.figure import Figure

    with look():
        return Figure(figsize=(width, height))


def to_svg(figure: Figure, *, key: str, title: str, description: str) -> str:
    """The figure as an <svg> element with role, title and description; ids carry `key` so that they are unique in a page."""
    buffer = io.StringIO()
    with look():
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = _CONTROLS.sub(" ", buffer.getvalue())
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
    text = re.sub(r"\s*<!--.*?-->", "", text, flags=re.DOTALL)
    used = {name for _, name in _REFERENCE.findall(text)}
    defined: set[str] = set()

    def own_id(match: re.Match[str]) -> str:
        # What nothing refers to needs no id, and what is defined twice is the same thing twice.
        if match[1] not in used or match[1] in defined:
            return ""
        defined.add(match[1])
        return f' id="{key}-{match[1]}"'

    text = _ID.sub(own_id, text)
    text = _REFERENCE.sub(lambda match: f"{match[1]}{key}-{match[2]}", text)
    text = _FONT_FAMILY.sub(r"\1 sans-serif", text)
    text = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", text, flags=re.DOTALL)  # the page's own style says it once
    # Coordinates only: what is written on the figure is a number to be read.
    text = _TAG.sub(lambda tag: _LONG_DECIMAL.sub(r"\1", tag[0]), text)
    text = _NO_ROTATION.sub("", text).replace("; font-family: sans-serif", "").replace("font-family: sans-serif; ", "")
    head, body = text.split(">", 1)
    width, height = (float(points) for points in re.findall(r'(?:width|height)="([\d.]+)pt"', head))
    open_tag = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" role="img"'
        f' aria-labelledby={quoteattr(f"{key}-title {key}-desc")} viewBox="0 0 {width:g} {height:g}"'
        f' width="{width * 4 / 3:.0f}" height="{height * 4 / 3:.0f}">'
        f'<title id="{key}-title">{escape(clean(title))}</title><desc id="{key}-desc">{escape(clean(description))}</desc>'
    )
    return open_tag + re.sub(r"\s*\n\s*", "\n", body).strip()
