"""The folder of synthetic data: `write_synthetic` rewrites it byte for byte."""

from __future__ import annotations

import json
from contextlib import ExitStack
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from ..core.files import atomic_path, require_writable
from .export import raw_text, tidy, write_sav
from .jsontext import json_text
from .survey import Survey, simulate
from .truth import ROLES, TRUTH

FILES = ("answers.csv", "raw_export.csv", "raw_export.sav", "raw_export.toml", "truth.json", "README.md")


def population_values() -> dict[str, Any]:
    """Population values of the estimands, as `python -m omstilling_psychometrics.simulation.population` left them.

    They are the true values that estimates from synthetic answers are held against, drawn once and shipped with the package.

    Returns
    -------
    dict
        `values`: a row per population, role, quantity, item, category and method, with its Monte Carlo error and, where there
        is one, the value by quadrature (`exact`).

    See Also
    --------
    draw_team : Draw answers from such a population.
    verify : Hold the package against other software instead.

    Examples
    --------
    >>> import omstilling_psychometrics as op
    >>> op.population_values()["draws"]
    10000000
    """
    text = resources.files(__package__).joinpath("population.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def truth_json(survey: Survey) -> str:
    """Every parameter, what was drawn, and the population values, as JSON with a row per population value."""
    names = survey.names()
    planted = [[names[key][row] for key in ("role", "wave", "leader", "respondent")] for row in np.flatnonzero(survey.careless)]
    head = {
        "synthetic": True,
        "model": (
            "Normal-ogive graded model: y*_j = loading_j theta + sqrt(1 - loading_j^2) e_j; the answer is 1 + the number of "
            "thresholds below y*_j. Latent responses are standardised among employees in the first wave on form A. What a "
            "logistic model estimates is therefore pseudo-true."
        ),
        "seed": survey.seed,
        "parameters": survey.truth.to_dict(),
        "records": {
            role: {str(1 + wave): int(((survey.role == code) & (survey.wave == wave)).sum()) for wave in (0, 1)}
            for code, role in enumerate(ROLES)
        },
        "straight_lining": {"columns": ["role", "wave", "leader", "respondent"], "records": planted},
    }
    if survey.truth == TRUTH:
        head["population"] = population_values()
    return json_text(head)


def write_synthetic(folder: str | Path, *, seed: int = 1) -> None:
    """Write the synthetic survey of a seed to an existing folder: FILES. Raises DataError where it cannot be written."""
    for name in FILES:
        require_writable(Path(folder, name))
    survey = simulate(seed)
    contents = {
        "answers.csv": tidy(survey).encode("utf-8"),
        "raw_export.csv": raw_text(survey),
        "truth.json": truth_json(survey).encode("utf-8"),
    }
    for name in ("raw_export.toml", "README.md"):
        contents[name] = resources.files(__package__).joinpath("files", name).read_bytes()
    with ExitStack() as stack:  # every file appears when all of them are written
        for name, content in contents.items():
            stack.enter_context(atomic_path(Path(folder, name))).write_bytes(content)
        write_sav(survey, stack.enter_context(atomic_path(Path(folder, "raw_export.sav"))))
