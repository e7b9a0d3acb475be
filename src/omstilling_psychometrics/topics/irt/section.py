"""Item response models: how the answers depend on what is measured, and how precisely they measure it."""

from __future__ import annotations

from ...present import rows as find
from ...present.blocks import Block, Details, Finding, Heading, Paragraph, Plot, Plots
from ...present.drawing import draw
from ...present.item_direction import opposed
from ...present.rows import Row, Unit
from ...present.tables import Column, Line, estimate_and_interval, table
from ...present.view import View
from .analysis_role import FittedRole
from .plot_curves import (
    GRID_OF_THETA,
    ErrorCurve,
    Persons,
    category_curves_height,
    draw_category_curves,
    draw_information,
    draw_item_person_map,
    item_person_height,
    placed,
)
from .plot_information import draw_item_information, item_information_height

MAIN = "graded"
_FIT = ("c2_rmsea", "c2_cfi", "q3_star", "marginal_reliability", "empirical_reliability")
_COMPARED = ("log_likelihood", "aic", "bic")


def build(view: View) -> list[Block]:
    wording, rows = view.wording, view.of("irt")
    main = find.where(rows, method=MAIN)
    models = _models(view, rows)
    items = find.distinct(find.where(main, quantity="discrimination"), "item")
    lines: list[Line] = [(wording.item(item), {"item": item}) for item in items]
    return [
        Paragraph(text=wording.text("irt_text")),
        Plots(plots=[_category_curves(view, unit, fitted) for unit, fitted in models.items()]),
        Heading(text=wording.text("irt_precision_heading")),
        *_information(view, main, models),
        Plots(plots=[_item_information(view, unit, fitted) for unit, fitted in models.items()]),
        Plots(plots=[plot for unit, fitted in models.items() if (plot := _map(view, unit, fitted))]),
        Heading(text=wording.text("irt_parameters_heading")),
        table(
            view,
            find.where(main, quantity="discrimination"),
            caption=wording.text("irt_discrimination_caption"),
            key_heading=wording.column("item"),
            lines=lines,
            columns=estimate_and_interval(view, wording.symbol("discrimination")),
        ),
        _difficulties(view, main, lines),
        Heading(text=wording.text("irt_fit_heading")),
        _fit(view, rows),
        _item_fit(view, main, lines),
        Details(summary=wording.text("irt_pairs_caption"), blocks=[_pairs(view, main)]),
        _likelihoods(view, rows),
        Details(summary=wording.text("irt_scores_caption"), blocks=[_scores(view, main)]),
    ]


def _models(view: View, rows: list[Row]) -> dict[Unit, FittedRole]:
    """The models that have estimates."""
    models = {unit: view.model("irt", unit) for unit in find.units(rows)}
    return {unit: model for unit, model in models.items() if isinstance(model, FittedRole) and model.usable}


def _category_curves(view: View, unit: Unit, fitted: FittedRole) -> Plot:
    wording = view.wording
    words = "; ".join(
        f"{wording.item(fitted.names[item])}: a = {wording.decimal(fitted.items[item, 0], 2)}" for item in fitted.varying
    )
    return draw(
        f"category-curves-{unit[0]}-{unit[1]}",
        lambda figure: draw_category_curves(figure, fitted, wording),
        height=category_curves_height(len(fitted.varying)),
        title=wording.text("irt_curves_plot", unit=view.unit(unit)),
        description=words,
    )


def _item_information(view: View, unit: Unit, fitted: FittedRole) -> Plot:
    wording, information = view.wording, fitted.item_information(GRID_OF_THETA)
    words = "; ".join(
        f"{wording.item(fitted.names[item])}: I({wording.decimal(GRID_OF_THETA[information[item].argmax()], 1)}) = "
        f"{wording.decimal(information[item].max(), 2)}"
        for item in fitted.varying
    )
    return draw(
        f"item-information-{unit[0]}-{unit[1]}",
        lambda figure: draw_item_information(figure, fitted, wording),
        height=item_information_height(len(fitted.varying)),
        title=wording.text("irt_item_information_plot", unit=view.unit(unit)),
        description=words,
    )


def _information(view: View, rows: list[Row], models: dict[Unit, FittedRole]) -> list[Plot]:
    """The standard errors of all units, in words those of the rows."""
    wording = view.wording
    known = [row for row in find.where(rows, quantity="information") if row["estimate"]]
    if not known or not models:
        return []
    curves = [ErrorCurve.of(fitted, view.unit(unit), view.level) for unit, fitted in models.items()]
    return [
        draw(
            "irt-standard-error",
            lambda figure: draw_information(figure, curves, wording),
            height=3.0,
            title=wording.text("irt_information_plot"),
            description="; ".join(_error_in_words(view, row) for row in known),
        )
    ]


def _error_in_words(view: View, row: Row) -> str:
    wording, unit = view.wording, (row["role"], row["group"])
    return f"{view.unit(unit)}, θ = {wording.decimal(row['category'], 1)}: {wording.decimal(row['estimate'] ** -0.5, 2)}"


def _map(view: View, unit: Unit, fitted: FittedRole) -> Plot | None:
    """In words the rows' difficulties, which the table has too."""
    wording, items = view.wording, placed(fitted)
    if not items:
        return None
    steps = find.where(find.of(view.of("irt"), unit), quantity="difficulty", method=MAIN)
    words = "; ".join(
        f"{wording.item(row['item'])} {row['category']}: {wording.decimal(row['estimate'], 2)}"
        for row in steps
        if row["estimate"] is not None
    )
    persons = Persons(theta=fitted.eap[0], counts=fitted.data.table.counts)
    least = max(1, view.disclosure.minimum_respondents)
    return draw(
        f"item-person-map-{unit[0]}-{unit[1]}",
        lambda figure: draw_item_person_map(figure, fitted, persons, wording, minimum=least),
        height=item_person_height(len(items)),
        title=wording.text("irt_map_plot", unit=view.unit(unit)),
        description=words,
    )


def _difficulties(view: View, rows: list[Row], lines: list[Line]) -> Block:
    wording = view.wording
    steps = find.where(rows, quantity="difficulty")
    columns = [Column(f"b{category}", "estimate", {"category": category}) for category in find.distinct(steps, "category")]
    return table(
        view,
        steps,
        caption=wording.text("irt_difficulty_caption"),
        key_heading=wording.column("item"),
        lines=lines,
        columns=columns,
        side_by_side=False,
    )


def _fit(view: View, rows: list[Row]) -> Block:
    wording = view.wording
    lines: list[Line] = [(wording.quantity(quantity), {"quantity": quantity, "method": MAIN}) for quantity in _FIT]
    test: list[Line] = [
        (f"{wording.quantity('c2')} ({wording.method(method)})", {"quantity": "c2", "method": method})
        for method in (f"{MAIN}/cluster", MAIN)
    ]
    known = {(row["quantity"], row["method"]) for row in rows}
    return table(
        view,
        rows,
        caption=wording.text("irt_fit_caption"),
        key_heading=wording.column("quantity"),
        lines=[line for line in (*test, *lines) if (line[1]["quantity"], line[1]["method"]) in known],
        columns=[
            Column(wording.column("estimate")),
            Column(wording.column("df"), "df"),
            Column(wording.column("p_value"), "p_value"),
        ],
        side_by_side=False,
        remark=_fit_remark(view, rows),
    )


def _fit_remark(view: View, rows: list[Row]) -> str:
    """How to read Q3*, with the mean that the residual correlations have here."""
    wording, k, means = view.wording, len(view.answers.items), []
    residuals = find.where(rows, quantity="q3", method=MAIN)
    for unit in find.units(residuals):
        known = [row["estimate"] for row in find.of(residuals, unit) if row["estimate"] is not None]
        # Turned items have residual correlations of the other sign, of which no mean says anything.
        if len(known) > 1 and not opposed(view, unit):
            means.append(sum(known) / len(known))
    sentences = [wording.text("irt_fit_remark")]
    if means:
        ends = dict.fromkeys(wording.decimal(one, 2) for one in (min(means), max(means)))
        mean = wording.text("from_to", low=next(iter(ends)), high=next(reversed(ends))) if len(ends) > 1 else next(iter(ends))
        sentences.append(wording.text("irt_fit_remark_mean", k=wording.count(k), mean=mean))
    return " ".join(sentences)


def _item_fit(view: View, rows: list[Row], lines: list[Line]) -> Block:
    wording = view.wording
    return table(
        view,
        rows,
        caption=wording.text("irt_item_fit_caption"),
        key_heading=wording.column("item"),
        lines=lines,
        columns=[
            Column(wording.quantity("s_x2"), "statistic", {"quantity": "s_x2"}),
            Column(wording.column("df"), "df", {"quantity": "s_x2"}),
            Column(wording.column("p_value"), "p_value", {"quantity": "s_x2"}),
            Column(wording.quantity("infit"), "estimate", {"quantity": "infit"}),
            Column(wording.quantity("outfit"), "estimate", {"quantity": "outfit"}),
        ],
        side_by_side=False,
        remark=wording.text("irt_item_fit_remark"),
    )


def _pairs(view: View, rows: list[Row]) -> Block:
    wording = view.wording
    shown = [row for row in rows if row["quantity"] in ("q3", "pair_residual")]
    return table(
        view,
        shown,
        caption=wording.text("irt_pairs_caption"),
        key_heading=wording.text("pair_heading"),
        lines=[(wording.item(item), {"item": item}) for item in find.distinct(shown, "item")],
        columns=[
            *estimate_and_interval(view, wording.symbol("q3"), quantity="q3"),
            Column(wording.symbol("pair_residual"), "estimate", {"quantity": "pair_residual"}),
        ],
        side_by_side=False,
        remark=wording.text("irt_pairs_remark"),
    )


def _likelihoods(view: View, rows: list[Row]) -> Block:
    wording = view.wording
    shown = [row for row in rows if row["quantity"] in _COMPARED]
    return table(
        view,
        shown,
        caption=wording.text("irt_models_caption"),
        key_heading=wording.text("model_heading"),
        lines=[(wording.method(method), {"method": method}) for method in find.distinct(shown, "method")],
        columns=[Column(wording.quantity(quantity), "estimate", {"quantity": quantity}) for quantity in _COMPARED],
        side_by_side=False,
    )


def _scores(view: View, rows: list[Row]) -> Block:
    wording = view.wording
    shown = [row for row in rows if row["quantity"] in ("eap_sum", "eap_sum_sd")]
    return table(
        view,
        shown,
        caption=wording.text("irt_scores_caption"),
        key_heading=wording.text("sum_heading"),
        lines=[(wording.count(value), {"category": value}) for value in find.distinct(shown, "category")],
        columns=[
            Column(wording.symbol("eap_sum"), "estimate", {"quantity": "eap_sum"}),
            Column(wording.symbol("sd"), "estimate", {"quantity": "eap_sum_sd"}),
        ],
    )


def findings(view: View) -> list[Finding]:
    wording, rows, all_findings = view.wording, find.where(view.of("irt"), method=MAIN), []
    for unit in find.units(rows):
        shown = find.of(rows, unit)
        reliability = find.one(shown, quantity="marginal_reliability")
        points = [row for row in find.where(shown, quantity="information") if row["estimate"]]
        if reliability is None or reliability["estimate"] is None or not points:
            continue
        best = max(points, key=lambda row: row["estimate"])
        highest = max(points, key=lambda row: row["category"])
        text = wording.text(
            "irt_finding",
            reliability=wording.decimal(reliability["estimate"], 2),
            best=wording.decimal(best["category"], 1),
            error=wording.decimal(best["estimate"] ** -0.5, 2),
            high=wording.decimal(highest["category"], 0),
            high_error=wording.decimal(highest["estimate"] ** -0.5, 2),
        )
        all_findings.append(Finding(unit=view.unit_title(unit), text=text, anchor="irt"))
    return all_findings
