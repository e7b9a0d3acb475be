"""The pages of the documentation that come with the package, for `omstilling help`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .errors import OmstillingError, UsageError, suggestion

# In a wheel the pages stand beside the rooms; in a checkout in the folder `docs` of the repository.
_FOLDERS = (Path(__file__).parents[1] / "docs", Path(__file__).parents[3] / "docs")

# In the order in which they are needed; folders hold pages of one kind. The wheel holds these and no others.
PAGES = ("tutorial", "codebook", "instrument-file", "study", "disclosure", "conventions", "for-r-users", "verification")
FOLDERS = ("howto", "methods", "studies")


@dataclass(frozen=True)
class Page:
    """One page: its name ('codebook', 'methods/omega'), its first heading, and its text in Markdown."""

    name: str
    title: str
    text: str


def pages() -> tuple[Page, ...]:
    """Every page. Raises OmstillingError where the installation has none."""
    for folder in _FOLDERS:
        if (folder / f"{PAGES[0]}.md").is_file():
            return tuple(_page(folder, name) for name in (*PAGES, *_within(folder)))
    raise OmstillingError("this installation holds no pages. Install the package again, from its wheel or a checkout.")


def page(name: str) -> Page:
    """A page by its name, with or without its folder. Raises UsageError for a page that there is not."""
    known = {name.name: name for name in pages()}
    wanted = name.casefold().removeprefix("docs/").removesuffix(".md").replace(" ", "-").replace("_", "-")
    named = [name for name in known if name.replace("_", "-") == wanted] or [
        name for name in known if name.rpartition("/")[2].replace("_", "-") == wanted
    ]
    if not named:
        raise UsageError(f"there is no page {name!r}.{suggestion(wanted, known)} `omstilling help` lists the pages.")
    return known[named[0]]


def _within(folder: Path) -> list[str]:
    return [
        path.relative_to(folder).with_suffix("").as_posix()
        for topic in FOLDERS
        for path in sorted((folder / topic).glob("*.md"))
    ]


def _page(folder: Path, name: str) -> Page:
    text = (folder / f"{name}.md").read_text(encoding="utf-8")
    title = next((line[2:].strip() for line in text.splitlines() if line.startswith("# ")), name)
    return Page(name, title, text)
