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
    "correlation": Analysis(module="correlation"),
    "reliability": Analysis(module="reliability"),
    "dimensionality": Analysis(module="dimensionality"),
    "efa": Analysis(module="efa"),
    "cfa": Analysis(module="cfa"),
    "dynamic_cutoffs": Analysis(module="dynamic_cutoffs"),
    "irt": Analysis(module="irt"),
    "mokken": Analysis(module="mokken"),
    "multilevel": Analysis(module="multilevel"),
    "role_comparison": Analysis(module="role_comparison"),
    "alpha_comparison": Analysis(module="alpha_comparison", compares=True),
    "invariance": Analysis(module="invariance", compares=True),
    "dif": Analysis(module="dif", compares=True),
}
