"""Item response models beside mirt.

mirt's EM cycles stop by the change of the parameters. Where it had not quite arrived (partial credit on four data sets) the
log-likelihoods are compared, ours being the higher ones, and not what follows from the parameters.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any

import numpy as np

from ...analysis.by_role import Clustering
from ...core.results import Statistic
from ...reference.comparison import COUNT, HEIGHT, PARAMETER, STANDARD_ERROR, TAIL, Case, Comparison, Pair, Pairs, Tolerance
from ...survey.patterns import ResponsePatterns
from .analysis import irt
from .analysis_groups import irt_groups
from .analysis_role import fit_role
from .numerics.models import PCM
from .numerics.person_fit import zh
from .result import IrtResult

# On these mirt reaches the maximum of the partial credit model to all digits that are compared.
_ARRIVED = {
    "graded": None,
    "gpcm": ("bfi_N", "datCat", "datCat_mis", "lq2002_lead", "lq2002_lead_mis", "msq_pos"),
}
# Functions of the parameters, whose error (below 1e-4) they take over.
_DERIVED = Tolerance("function of parameters", 1e-4)
# Of what sums over answers the errors of single parameters cancel.
_SUMMED = Tolerance("function of parameters, summed over answers", 1e-5)
_RESIDUAL = Tolerance("residual of a pair", 1e-5, absolute=True)
_INDEX = Tolerance("reliability, index of fit", 1e-6, absolute=True)
_DERIVED_P = Tolerance("tail of a function of parameters", 1e-2)
_CURVE = Tolerance("curve", 1e-4, absolute=True)
_STANDARDISED = Tolerance("standardised value", 1e-3, absolute=True)
# mirt fits its baseline model only roughly.
_AGAINST_BASELINE = Tolerance("mirt's baseline", 4e-5, absolute=True)
# multipleGroup stopped at a change of 1e-6 in an EM cycle: up to 5e-4 from its own maximum in a slope above 3.
_GROUPS = Tolerance("multipleGroup's stopping rule", 1e-3, absolute=True)

_POINTS = np.arange(-3, 3.5, 0.5)
_COUNTERPARTS = {"a": "discrimination", "d": "intercept", "b": "difficulty"}


def _model(case: Case, model: str, **options: Any) -> IrtResult:
    result: IrtResult = case.run(irt, model=model, cluster=None, **options)
    return result


def _partial_credit_height(patterns: ResponsePatterns) -> float:
    """The fit alone: nothing else of this model is compared."""
    fit = fit_role(patterns, PCM, Clustering(key=None)).fit
    return math.nan if fit is None else fit.log_likelihood


def _partial_credit(case: Case, stored: Any) -> Iterator[Pair]:
    yield "", case.run(_partial_credit_height), stored


def _parameters(result: IrtResult, item: str) -> dict[str, Statistic]:
    """mirt's names of an item's parameters: a, d1 ... and b1 ..."""
    rows = {"a": result.get("discrimination", item=item), "a1": result.get("discrimination", item=item)}
    rows |= {f"d{row.category}": row for row in result.find("intercept", item=item)}
    return rows | {f"b{row.category}": row for row in result.find("difficulty", item=item)}


def _coefficients(model: str, letter: str, aspect: str, *, skip: tuple[str, ...] = (), **options: Any) -> Pairs:
    """Slopes (a), intercepts (d) or difficulties (b), from coef(printSE = TRUE)."""

    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        result = _model(case, model, **options)
        for item in case.items:
            ours, theirs = _parameters(result, item), stored[item]
            for column, name in enumerate(theirs["cols"]):
                if name in ours and name.startswith(letter) and name not in skip:
                    row = theirs["values"][0 if aspect == "estimate" else 1]
                    yield f"{item} {name}", getattr(ours[name], aspect), row[column]

    return pairs


def _only(model: str, letter: str, aspect: str, name: str) -> Pairs:
    """One parameter of every item."""
    coefficients = _coefficients(model, letter, aspect)

    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        return (pair for pair in coefficients(case, stored) if pair[0].endswith(f" {name}"))

    return pairs


def _number(model: str, quantity: str, *, field: str | None = None, aspect: str = "estimate") -> Pairs:
    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        value = stored[0] if isinstance(stored, list) else stored
        yield "", getattr(_model(case, model).get(quantity), aspect), value if field is None else value[field]

    return pairs


def _of_items(model: str, quantity: str, aspect: str, field: str) -> Pairs:
    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        for row in stored:
            yield row["item"], getattr(_model(case, model).get(quantity, item=row["item"]), aspect), row[field]

    return pairs


def _of_pairs(model: str, quantity: str, aspect: str, *, lower: bool) -> Pairs:
    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        for (i, first), (j, second) in combinations(enumerate(case.items), 2):
            ours = _model(case, model).get(quantity, item=f"{first}~{second}")
            yield f"{first}~{second}", getattr(ours, aspect), stored["values"][j if lower else i][i if lower else j]

    return pairs


def _largest(model: str) -> Pairs:
    """The largest Q3 less the mean of all."""

    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        above = [value for i, row in enumerate(stored["values"]) for value in row[i + 1 :]]
        yield "", _model(case, model).value("q3_star"), max(above) - sum(above) / len(above)

    return pairs


def _information(model: str) -> Pairs:
    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        for row in stored:
            yield f"theta {row['theta']}", _model(case, model).value("information", category=float(row["theta"])), row["info"]

    return pairs


def _curve(compute: Callable[[IrtResult], Any], model: str) -> Pairs:
    """Arrays over the points of theta, points first."""

    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        theirs = np.array(stored["values"] if isinstance(stored, dict) else stored, dtype=float).ravel()
        for place, (ours, value) in enumerate(zip(np.ravel(compute(_model(case, model))), theirs, strict=True)):
            yield f"point {place + 1}", ours, value

    return pairs


def _item_information(result: IrtResult) -> Any:
    return result.model().item_information(_POINTS).T


def _expected_sum(result: IrtResult) -> Any:
    return result.model().expected_scores(_POINTS).sum(axis=0)


def _first_item(result: IrtResult) -> Any:
    return result.model().category_curves(_POINTS)[0].T


def _score_table(model: str, quantity: str, field: str) -> Pairs:
    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        for row in stored:
            score = row["Sum.Scores"]
            yield f"sum {score}", _model(case, model).value(quantity, category=score), row[field]

    return pairs


def _scores(model: str, kind: str) -> Pairs:
    """Of the first respondents, whose answers are among the stored values."""

    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        fitted = _model(case, model).model()
        rows = case.stored("irt", f"irt/{model}/responses_first20").value
        answers = np.array([[row[item] for item in case.items] for row in rows], dtype=float)
        ours = dict(fitted.scores(answers))
        if kind == "zh":
            codes = np.nan_to_num(answers - case.patterns.instrument.categories[0] + 1).astype(np.int64)
            ours["zh"] = zh(fitted.kind, fitted.items, codes, ours["eap"].to_numpy())
        column = 1 if kind == "eap_sd" else 0
        theirs = [row[column] for row in stored["values"]] if isinstance(stored, dict) else stored
        for place, (a, b) in enumerate(zip(ours[kind], theirs, strict=True), start=1):
            yield f"row {place}", a, b

    return pairs


def _in_groups(invariance: str, quantity: str) -> Pairs:
    def pairs(case: Case, stored: Any) -> Iterator[Pair]:
        result = case.run(irt_groups, by="group", invariance=invariance, cluster=None)
        if quantity in ("log_likelihood", "aic"):
            yield "", result.value(quantity), stored["logLik" if quantity == "log_likelihood" else "AIC"]
            return
        for group, values in stored["coef"].items():
            if quantity in ("latent_mean", "latent_variance"):
                theirs = values["means"]["F1"] if quantity == "latent_mean" else values["cov"]["values"][0][0]
                yield group, result.value(quantity, group=group), theirs
                continue
            for item, row in zip(values["items"]["rows"], values["items"]["values"], strict=True):
                wanted = row[:1] if quantity == "discrimination" else row[1:]
                for ours, theirs in zip(result.find(quantity, group=group, item=item), wanted, strict=True):
                    yield f"{group} {item}", ours.estimate, theirs

    return pairs


def _of_model(model: str) -> tuple[Comparison, ...]:
    """Everything of one of the two models; what mirt has of one only is stored for that one only."""
    path, arrived = f"irt/{model}", _ARRIVED[model]

    def one(name: str, quantity: str, tolerance: Tolerance, pairs: Any, peer: str, **more: Any) -> Comparison:
        more = {"datasets": arrived, **more}
        return Comparison(
            domain="irt", path=f"{path}/{name}", quantity=quantity, method=model, tolerance=tolerance, pairs=pairs,
            peer=f"mirt::{peer}", **more,
        )  # fmt: skip

    rows = [
        one("logLik", "log_likelihood", HEIGHT, _number(model, "log_likelihood"), "mirt", datasets=None),
        one("AIC", "aic", HEIGHT, _number(model, "aic"), "mirt", datasets=None),
        one("BIC", "bic", HEIGHT, _number(model, "bic"), "mirt", datasets=None),
    ]
    for letter, name in (("a", "coef_slope_int"), ("d", "coef_slope_int"), ("b", "coef_IRT")):
        quantity = _COUNTERPARTS[letter]
        rows.append(one(name, quantity, PARAMETER, _coefficients(model, letter, "estimate"), "mirt"))
        skip = ("b1",) if model == "gpcm" else ()
        errors = _coefficients(model, letter, "std_error", skip=skip)
        rows.append(one(name, quantity, STANDARD_ERROR, errors, "mirt", aspect="std_error"))
    if model == "graded":
        for letter in ("a", "d"):
            errors = _coefficients(model, letter, "std_error", standard_errors="sandwich")
            rows.append(
                one(
                    "coef_se_sandwich",
                    _COUNTERPARTS[letter],
                    STANDARD_ERROR,
                    errors,
                    "mirt(SE.type='sandwich')",
                    aspect="std_error",
                )
            )
    else:
        rows.append(
            one(
                "coef_IRT", "difficulty", STANDARD_ERROR, _only(model, "b", "std_error", "b1"), "coef(IRTpars)",
                aspect="std_error",
                error="the standard error of the first difficulty of partial credit items, and of that one only, is another "
                "one; a parametric bootstrap gives ours.",
            )
        )  # fmt: skip
    rows += [
        one("marginal_rxx", "marginal_reliability", _INDEX, _number(model, "marginal_reliability"), "marginal_rxx"),
        one(
            "empirical_rxx", "empirical_reliability", _INDEX, _number(model, "empirical_reliability", field="F1"),
            "empirical_rxx",
        ),
        one("testinfo", "information", _CURVE, _information(model), "testinfo"),
        one("iteminfo", "item_information", _CURVE, _curve(_item_information, model), "iteminfo"),
        one("expected_test", "expected_scores", _CURVE, _curve(_expected_sum, model), "expected.test"),
        one("probtrace_i1", "category_curves", _CURVE, _curve(_first_item, model), "probtrace"),
        one("EAPsum_table", "eap_sum", PARAMETER, _score_table(model, "eap_sum", "F1"), "fscores(method='EAPsum')"),
        one("EAPsum_table", "eap_sum_sd", PARAMETER, _score_table(model, "eap_sum_sd", "SE_F1"), "fscores(method='EAPsum')"),
        one("fscores_EAP", "eap", PARAMETER, _scores(model, "eap"), "fscores(method='EAP')"),
        one("fscores_EAP", "eap_sd", PARAMETER, _scores(model, "eap_sd"), "fscores(method='EAP')"),
        one("fscores_WLE", "wle", PARAMETER, _scores(model, "wle"), "fscores(method='WLE')"),
        one("personfit_Zh20", "zh", PARAMETER, _scores(model, "zh"), "personfit"),
        one("Q3", "q3", _RESIDUAL, _of_pairs(model, "q3", "estimate", lower=False), "residuals(type='Q3')"),
        one("Q3", "q3_star", _RESIDUAL, _largest(model), "residuals(type='Q3')"),
        one(
            "LDX2", "pair_residual", _RESIDUAL, _of_pairs(model, "pair_residual", "estimate", lower=False),
            "residuals(type='LD')",
        ),
        one(
            "LDX2", "pair_residual", _SUMMED, _of_pairs(model, "pair_residual", "statistic", lower=True),
            "residuals(type='LD')", aspect="statistic",
        ),
    ]  # fmt: skip
    for quantity in ("infit", "outfit"):
        rows.append(one("infit", quantity, PARAMETER, _of_items(model, quantity, "estimate", quantity), "itemfit"))
        standardised = _of_items(model, quantity, "statistic", f"z.{quantity}")
        rows.append(one("infit", quantity, _STANDARDISED, standardised, "itemfit", aspect="statistic"))
    return tuple(rows)


_C2_ERROR = (
    "C2 of partial credit items: a division is left out in the derivatives of the expected score; enumerating every answer "
    "pattern gives ours."
)

COMPARISONS = (
    *_of_model("graded"),
    *(
        Comparison(
            domain="irt", path="irt/graded/complete_cases/C2", quantity=quantity, method="graded", aspect=aspect,
            peer="mirt::M2(type='C2')", tolerance=tolerance, pairs=_number("graded", quantity, field=field, aspect=aspect),
        )
        for quantity, aspect, field, tolerance in (
            ("c2", "statistic", "M2", _SUMMED),
            ("c2", "df", "df", COUNT),
            ("c2", "p_value", "p", TAIL),
            ("c2_rmsea", "estimate", "RMSEA", _INDEX),
            ("c2_cfi", "estimate", "CFI", _AGAINST_BASELINE),
            ("c2_tli", "estimate", "TLI", _AGAINST_BASELINE),
        )
    ),
    *(
        Comparison(
            domain="irt", path="irt/graded/complete_cases/S_X2", quantity="s_x2", method="graded", aspect=aspect,
            peer="mirt::itemfit", tolerance=tolerance, pairs=_of_items("graded", "s_x2", aspect, field),
        )
        for aspect, field, tolerance in (
            ("statistic", "S_X2", _DERIVED), ("df", "df.S_X2", COUNT), ("p_value", "p.S_X2", _DERIVED_P),
        )
    ),
    *_of_model("gpcm"),
    Comparison(
        domain="irt", path="irt/gpcm/complete_cases/C2", quantity="c2", method="gpcm", aspect="statistic",
        peer="mirt::M2(type='C2')", tolerance=_DERIVED, error=_C2_ERROR,
        pairs=_number("gpcm", "c2", field="M2", aspect="statistic"),
    ),
    Comparison(
        domain="irt", path="irt/rsm_grsm/PCM_logLik", quantity="log_likelihood", method="pcm", peer="mirt::mirt('Rasch')",
        tolerance=HEIGHT, pairs=_partial_credit, datasets=("sim1_complete", "bfi_A", "datCat", "lq2002_lead"),
    ),
    *(
        Comparison(
            domain="irt", path=f"irt_multigroup/{invariance}", quantity=quantity, method=f"graded/{invariance}",
            peer="mirt::multipleGroup", tolerance=HEIGHT if quantity in ("log_likelihood", "aic") else _GROUPS,
            pairs=_in_groups(invariance, quantity),
        )
        for invariance in ("configural", "metric", "scalar")
        for quantity in ("log_likelihood", "aic", "discrimination", "intercept", "latent_mean", "latent_variance")
    ),
)  # fmt: skip
