"""The two-level models in the report: what the tables print is what op.two_level gives."""

import re
from collections.abc import Callable

import omstilling_psychometrics as op
from omstilling_psychometrics.reference import load_case
from omstilling_psychometrics.survey.disclosure import Disclosure


def cells(page: str, caption: str) -> dict[str, list[str]]:
    """Texts of the cells of each line of a table, by its first cell."""
    body = page.split(f"{caption}</span></caption>", 1)[1].split("<tbody>", 1)[1].split("</tbody>", 1)[0]
    lines = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", line, re.DOTALL) for line in body.split("</tr>") if "<t" in line]
    return {line[0]: line[1:] for line in lines if len(line) > 1}


def test_answers_as_numbers_have_tables_of_reliability_and_of_fit(make_page: Callable[..., str]) -> None:
    answers = load_case("sim1_complete")
    result = op.two_level(answers)
    page = make_page(answers, names=("two_level",), language="en", disclosure=Disclosure.none())
    reliability = cells(page, "The same of answers as numbers")
    for quantity, name in (("omega_between", "omega between leaders"), ("omega_two_level", "omega of both levels")):
        for place, kind in ((0, "equal"), (2, "free")):
            assert reliability[name][place] == f"{result.value(quantity, method=f'continuous/{kind}'):.2f}"
    fit = cells(page, "Fit of one factor at each level, answers as numbers")
    for level in ("within", "between"):
        method, line = f"continuous/free/{level}_leaders", fit[f"fit {level} leaders"]
        assert line[0] == f"{result.get('chi2_scaled', method=method).statistic:.3f}"
        assert line[1] == "5"
        assert line[-1] == f"{result.value('srmr', method=method):.3f}"
