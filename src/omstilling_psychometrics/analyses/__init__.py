"""One module per question of the field: ResponsePatterns in, Result out.

Every module here that is listed in ANALYSES has a function `battery(patterns, *, rng)` that computes all the rows which
`omstilling analyse` and the report promise for that analysis; the functions researchers call take further options.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """module: where the battery is; compares: it compares groups with each other (by role, or by `--by`) instead of
    describing each by itself."""

    module: str
    compares: bool = False


ANALYSES: dict[str, Analysis] = {
    "items": Analysis(module="items"),
    "missingness": Analysis(module="missingness"),
    "reliability": Analysis(module="reliability"),
    "mokken": Analysis(module="mokken"),
    "multilevel": Analysis(module="multilevel"),
}
