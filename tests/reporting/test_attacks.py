"""Ways in which withheld answers were once got back from what was written. Each is tried on what is written without a policy,
where it succeeds, and on what is written by default."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from itertools import combinations_with_replacement, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.optimize import brentq, linprog

from omstilling_psychometrics.reporting.validation import Validation, validate
from omstilling_psychometrics.survey.checksum import counts_sha256
from omstilling_psychometrics.survey.disclosure import Disclosure
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns
from omstilling_psychometrics.survey.reading import read
from omstilling_psychometrics.topics.reliability.analysis import reliability
from omstilling_psychometrics.topics.reliability.numerics.alpha_comparison import feldt_woodruff_salih

CATEGORIES = (1, 2, 3)
INSTRUMENT = plain_instrument(CATEGORIES, ("a", "b", "c"), non_answers=("dk",), roles=("team", "self", "boss"))
pytestmark = pytest.mark.usefixtures("few_draws")


def survey(boss: list[list[int]], *, teams: int = 20, seed: int = 3, **more: list[str]) -> ResponsePatterns:
    """Teams of four about leaders, the leaders, and the bosses whose answers are given."""
    random = np.random.default_rng(seed)
    leader = [*np.repeat(np.arange(teams), 4), *range(teams), *range(len(boss))]
    n = len(leader) - len(boss)
    theta = random.normal(size=n)[:, None]
    answers = np.clip(np.round(2 + theta + 0.7 * random.normal(size=(n, 3))), 1, 3).astype(int)
    answers = np.concatenate([answers, np.array(boss, dtype=int).reshape(-1, 3)])
    keys = {
        "role": Key.of(["team"] * 4 * teams + ["self"] * teams + ["boss"] * len(boss), INSTRUMENT.role_keys),
        "leader": Key.of([f"l{one:02}" for one in leader]),
        **{name: Key.of(values) for name, values in more.items()},
    }
    return ResponsePatterns.count(INSTRUMENT, answers, keys)


def written(answers: ResponsePatterns, *names: str, by: str | None = None, **policy: Any) -> Validation:
    return validate(answers, names, rng=1, by=by, **policy)


def find(found: Validation, **wanted: Any) -> list[dict[str, Any]]:
    return [row for row in found.rows if all(row[name] == value for name, value in wanted.items())]


def told(found: Validation) -> list[dict[str, Any]]:
    return [row for row in found.rows if row["note"] != "suppressed"]


BOSSES = [[1, 1, 1], [3, 3, 2], [2, 3, 3], [1, 2, 1]]
OTHERS = [[3, 3, 2], [1, 1, 2], [2, 2, 2], [3, 2, 3]]


def alphas(found: Validation) -> dict[str, tuple[float, int]]:
    """alpha and n of every role, as `reliability` writes them where thirty or more answered."""
    rows = [row for row in reliability(found.answers).rows() if (row["quantity"], row["method"]) == ("alpha", "listwise")]
    return {row["role"]: (row["estimate"], row["n"]) for row in rows}


def alpha_of_the_third(found: Validation) -> list[float]:
    """alpha of a third role of four people, from the test that all alphas are equal and the alphas of the two others."""
    (equal,) = find(found, quantity="alpha_equality", method="feldt_woodruff_salih")
    known = alphas(found)
    (team, n_team), (self, n_self) = known["team"], known["self"]

    def excess(third: float) -> float:
        test = feldt_woodruff_salih(np.array([team, self, third]), np.array([n_team, n_self, 4.0]), np.full(3, 3.0))
        return test.statistic - float(equal["statistic"])

    grid = [*np.linspace(-8, 0.99, 400)]
    signs = [excess(one) for one in grid]
    return [
        brentq(excess, low, high, xtol=1e-13)
        for low, high, one, other in zip(grid, grid[1:], signs, signs[1:], strict=False)
        if one * other < 0
    ]


def test_no_alpha_is_got_back_from_the_test_of_equality() -> None:
    answers = []
    for bosses in (BOSSES, OTHERS):
        exact = written(survey(bosses, teams=40), "alpha_comparison", disclosure=Disclosure.none())
        assert min(abs(one - alphas(exact)["boss"][0]) for one in alpha_of_the_third(exact)) < 1e-9
        found = written(survey(bosses, teams=40), "alpha_comparison")
        answers.append((alpha_of_the_third(found), alphas(exact)["boss"][0]))
        (equal,) = find(found, quantity="alpha_equality", method="feldt_woodruff_salih")
        both, n = (np.array(one, dtype=float) for one in zip(*alphas(found).values(), strict=True))
        # The equation has no unknown in it: it is that of the two roles.
        assert equal["df"] == 1
        assert equal["statistic"] == pytest.approx(feldt_woodruff_salih(both, n, np.full(2, 3.0)).statistic, rel=1e-9)
    (one, truth), (other, another) = answers
    assert one == other
    assert abs(truth - another) > 0.1


def test_no_answers_are_got_back_from_likelihood_ratios() -> None:
    """Every pair of complete answers that two bosses can have given is tried against the likelihood ratios of `dif`."""

    def ratios(found: Validation) -> tuple[float | None, ...]:
        rows = [row for row in found.rows if row["quantity"] in ("uniform", "total") and row["method"] is None]
        return tuple(row["statistic"] for row in rows)

    instrument = plain_instrument(CATEGORIES, ("a", "b"), roles=("team", "self", "boss"))
    random = np.random.default_rng(8)
    others = np.clip(np.round(2 + random.normal(size=(90, 1)) + 0.8 * random.normal(size=(90, 2))), 1, 3).astype(int)

    def two(bosses: Sequence[Sequence[int]]) -> ResponsePatterns:
        answers = np.concatenate([others, np.array(bosses, dtype=int).reshape(-1, 2)])
        roles = Key.of(["team"] * 60 + ["self"] * 30 + ["boss"] * len(bosses), instrument.role_keys)
        return ResponsePatterns.count(instrument, answers, {"role": roles})

    pairs = list(combinations_with_replacement(product(CATEGORIES, repeat=2), 2))
    tried = {pair: ratios(written(two(pair), "dif", disclosure=Disclosure.none())) for pair in pairs}
    truth = ((1, 3), (2, 1))
    open_one = ratios(written(two(truth), "dif", disclosure=Disclosure.none()))
    assert [pair for pair, found in tried.items() if found == open_one] == [truth]
    default = {pair: ratios(written(two(pair), "dif")) for pair in (truth, ((3, 3), (1, 1)), ())}
    assert len({*default.values()}) == 1
    assert None not in default[()]
    assert not {*default.values()} & {*tried.values()}


def test_the_mean_of_a_withheld_cell_is_no_difference_of_what_is_written() -> None:
    """Of a role in a group: its difference from another role, and the total less the other groups."""
    part = ["x"] * 40 + ["y"] * 40 + ["x"] * 10 + ["y"] * 10 + ["x", "y", "y", "y"]
    answers = survey(BOSSES, part=part)
    truth = float(np.mean(BOSSES[1:]))

    def differences(found: Validation) -> list[float]:
        rows = find(found, quantity="mean_difference", method="team~boss", group="y")
        means = find(found, quantity="score_mean", role="team", group="y")
        return [mean["estimate"] - row["estimate"] for mean in means for row in rows if row["estimate"] is not None]

    exact = written(answers, "role_comparison", by="part", disclosure=Disclosure.none())
    assert differences(exact) == [pytest.approx(truth, abs=1e-9)]
    found = written(answers, "items", "role_comparison", by="part")
    assert differences(found) == []
    assert not any("boss" in (row["role"], *str(row["method"]).split("~")) for row in told(found))

    few = ["x"] * 77 + ["y"] * 3 + ["x"] * 10 + ["y"] * 10
    found = written(survey([], part=few), "items", by="part")
    cell = find(found, role="team", group="y")
    assert cell
    assert {row["note"] for row in cell} == {"suppressed"}
    total = sum(row["n"] for row in find(found, role="team", quantity="scale_mean") if row["n"] is not None)
    assert total == found.answers.select(role="team").n == 77
    assert found.answers.first_line == "totals_of_groups"


def test_no_checksum_gives_answers_back() -> None:
    """All answers that two people can have given are tried against the checksum of the counts."""
    found = {}
    for name, policy in (("open", Disclosure.none()), ("default", Disclosure())):
        content = written(survey(BOSSES[:2]), "items", disclosure=policy)
        written_sha = content.origin["counts"]["sha256"]
        pairs = product(product(CATEGORIES, repeat=3), repeat=2)
        found[name] = [pair for pair in pairs if counts_sha256(survey([list(one) for one in pair])) == written_sha]
        assert all(file["sha256"] is None for file in content.origin["files"])
    assert [list(one) for one in found["open"][0]] == BOSSES[:2]
    assert found["default"] == []


def between(found: Validation) -> float:
    """Sum of squares of the means of three leaders of four answers each about the mean of all, by the analysis of variance."""
    (sd,) = find(found, quantity="scale_sd", role="team")
    (anova,) = find(found, quantity="icc1", role="team", method="anova")
    within = 11 * sd["estimate"] ** 2 / (9 + 2 * anova["statistic"])
    return float(2 * anova["statistic"] * within / 4)


def leader_means(found: Validation, median: float) -> list[float]:
    """Means of three leaders: from the mean of all, the spread between them, and their median."""
    (mean,) = find(found, quantity="scale_mean", role="team")
    rest = (3 * mean["estimate"] - median) / 2
    half = between(found) - (median - mean["estimate"]) ** 2 - 2 * (rest - mean["estimate"]) ** 2
    step = math.sqrt(half / 2)
    return [rest - step, median, rest + step]


def test_no_leader_is_told_where_there_are_three(tmp_path: Path) -> None:
    """Their mean and their spread are written, and with the median all three were known. Without it, every one of them may
    have had almost any mean."""
    answers = survey([], teams=3, seed=5)
    parts = [part for _, part in answers.select(role="team").split("leader")]
    means = sorted(float(np.average(part.values().mean(axis=1), weights=part.table()[1])) for part in parts)
    exact = written(answers, "items", "multilevel", disclosure=Disclosure.none())
    assert leader_means(exact, means[1]) == pytest.approx(means)
    found = written(answers, "items", "multilevel")
    about = {f"{row['quantity']} {row['method']}" for row in told(found) if not row["quantity"].startswith("answers_per")}
    assert not [one for one in about if re.search("median|quantile|minimum|maximum", one)]
    (mean,) = find(found, quantity="scale_mean", role="team")
    radius = math.sqrt(2 / 3 * between(found))
    angles = np.linspace(0, 2, 30)[:, None] + 2 * math.pi / 3 * np.arange(3)
    turned = np.sort(mean["estimate"] + radius * np.cos(angles), axis=1)
    assert (np.ptp(turned, axis=0) > 0.15).all()
    found.write_report(tmp_path / "r.html", "en")
    page = (tmp_path / "r.html").read_text(encoding="utf-8").replace("\xa0", " ")
    assert not re.search(r"n = \d+ leaders", page)
    assert "leader-values" not in page


def axis(page: str) -> list[str]:
    """What stands below the drawing of leaders' means."""
    (drawing,) = re.findall(r'<svg[^>]*aria-labelledby="leader-values-.*?</svg>', page, re.DOTALL)
    ticks = re.findall(r'text-anchor: middle[^"]*" x="[\d.]+" y="[\d.]+">([^<]*)<', drawing)
    return ticks[:5]


def test_no_edge_of_a_drawing_is_the_mean_of_a_leader(tmp_path: Path) -> None:
    """The first edge of a histogram was the least mean of a leader."""
    edges = []
    for least in ([1, 1, 2], [2, 2, 2]):
        rows = np.tile([[2, 2, 3], [3, 3, 3], [2, 3, 3]], (20, 1))
        rows[::10] = least
        answers = ResponsePatterns.count(INSTRUMENT, rows, {"leader": Key.of([f"l{row % 10}" for row in range(60)])})
        written(answers, "multilevel").write_report(tmp_path / "r.html", "en")
        edges.append(axis((tmp_path / "r.html").read_text(encoding="utf-8")))
    assert edges[0] == edges[1] == ["1.0", "1.5", "2.0", "2.5", "3.0"]


def test_few_leaders_have_no_distribution(tmp_path: Path) -> None:
    """Median, quartiles and ends of the axis gave the means of three leaders, and the least of any number."""
    pages = {}
    for teams in (9, 10):
        target = tmp_path / f"{teams}.html"
        written(survey([], teams=teams, seed=5), "multilevel").write_report(target, "en")
        pages[teams] = target.read_text(encoding="utf-8")
    # Four answers each: of ten leaders only what depends on how many they are.
    drawn = {teams: set(re.findall(r"[^;>]*n = \d+ leaders", page.replace("\xa0", " "))) for teams, page in pages.items()}
    assert drawn == {9: set(), 10: {"ICC(k), n = 10 leaders"}}


def patterns_possible(found: Validation, role: str) -> dict[str, tuple[float, float]]:
    """Least and greatest number of each pattern of answered items, given n of items and pairs, complete rows and the patterns
    that are written."""
    patterns = ["".join(one) for one in product("01", repeat=3)]
    lines, values = [], []

    def equals(inside: Callable[[str], bool], value: float) -> None:
        lines.append([float(inside(one)) for one in patterns])
        values.append(value)

    own = [row for row in told(found) if row["role"] == role]
    named = {row["item"]: row["estimate"] for row in own if row["quantity"] == "pattern_count"}
    for pattern, count in named.items():
        equals(lambda one, pattern=pattern: one == pattern if pattern != "other" else one not in named, count)
    for row in own:
        if row["quantity"] in ("mean", "pearson"):
            places = [INSTRUMENT.item_keys.index(item) for item in row["item"].split("~")]
            equals(lambda one, places=places: all(one[place] == "1" for place in places), row["n"])
    return {pattern: ends(lines, values, place) for place, pattern in enumerate(patterns)}


def ends(lines: list[list[float]], values: list[float], place: int) -> tuple[float, float]:
    aim = np.eye(8)[place]
    both = [linprog(sign * aim, A_eq=lines or None, b_eq=values or None, bounds=(0, 50)) for sign in (1, -1)]
    assert all(one.success for one in both)
    return both[0].fun, -both[1].fun


def test_patterns_of_withheld_people_are_open_and_those_of_released_ones_are_not_claimed_to_be() -> None:
    rows = np.array([[1, 2, 3]] * 30 + [[-1, 2, 3]] * 6 + [[1, -1, 3]] * 3 + [[1, 2, -1]] * 2 + [[-1, -1, 2]] * 4)
    roles = Key.of(["team"] * 41 + ["boss"] * 4, INSTRUMENT.role_keys)
    answers = ResponsePatterns.count(INSTRUMENT, rows, {"role": roles})
    names = ("items", "missingness", "correlation")
    found = written(answers, *names)
    counts = {row["item"]: row["estimate"] for row in find(found, role="team", quantity="pattern_count")}
    assert counts == {"111": 30.0, "011": 6.0, "other": 5.0}
    # Joined they are, and got back they are: the page on disclosure promises nothing else.
    assert patterns_possible(found, "team")["101"] == pytest.approx((3, 3))
    assert "keeps no secret" in (Path(__file__).parents[2] / "docs/disclosure.md").read_text(encoding="utf-8")
    assert patterns_possible(written(answers, *names, disclosure=Disclosure.none()), "boss")["001"] == pytest.approx((4, 4))
    assert set(patterns_possible(found, "boss").values()) == {(0, 50)}


def test_few_answers_have_few_digits() -> None:
    rows = told(written(survey([], teams=7), "items", "reliability", "role_comparison"))
    few = [row for row in rows if row["n"] is not None and row["n"] < 30]
    assert {row["role"] for row in few if row["n"] > 0} >= {"team", "self"}
    for row in few:
        for name in ("estimate", "std_error", "conf_low", "conf_high", "statistic", "p_value"):
            assert row[name] is None or row[name] == float(f"{row[name]:.3g}")
    exact = written(survey([], teams=7), "items", disclosure=Disclosure.none()).rows
    assert any(row["estimate"] != float(f"{row['estimate']:.3g}") for row in exact if row["estimate"] is not None)


def test_the_synthetic_survey_loses_rare_patterns_and_nothing_else() -> None:
    answers = read(Path(__file__).parents[2] / "data/synthetic/answers.csv")
    rows = [written(answers, "items", "missingness", disclosure=policy).rows for policy in (Disclosure.none(), Disclosure())]
    exact, released = ([row for row in one if row["quantity"] != "pattern_count"] for one in rows)
    assert exact == released
    patterns = [sum(row["quantity"] == "pattern_count" for row in one) for one in rows]
    assert patterns[0] - patterns[1] == 25 - 2  # as the page on disclosure says


def test_who_answered_twice_is_told_of_enough_people_in_both_waves(tmp_path: Path) -> None:
    """Within a value of `by`, who has a score in two waves is in each of them: eleven of them, and twelve are needed."""
    random = np.random.default_rng(2)
    people = [*range(40), *range(40), *range(40, 80), *range(40, 51)]
    wave = ["1"] * 40 + ["2"] * 40 + ["1"] * 40 + ["2"] * 11
    keys = {
        "respondent": Key.of([f"p{one}" for one in people]),
        "wave": Key.of(wave),
        "part": Key.of(["x"] * 80 + ["y"] * 51),
    }
    answers = ResponsePatterns.count(INSTRUMENT, random.integers(1, 4, (131, 3)), keys)
    for policy, told_of in ((Disclosure(), {"x", "y"}), (Disclosure(minimum_respondents=12), {"x"})):
        found = written(answers, "retest", by="part", disclosure=policy)
        assert {row["group"] for row in told(found)} == told_of
        assert all(row["n"] is None for row in find(found, note="suppressed"))
        assert {row["group"] for row in find(found, analysis="retest")} == {"x", "y"}


def test_rows_read_and_withheld_stand_in_their_lines_alone(tmp_path: Path) -> None:
    """Answers on the file told how many rows were read, and a share of them, so that one withheld person more moved them."""
    pages = []
    for bosses in (BOSSES, BOSSES[:3]):
        rows = [f"team,{1 + one % 3},{1 + one % 2},{3 - one % 3}" for one in range(90)] + ["team,1,1,"] * 2
        rows += [f"boss,{','.join(map(str, one))}" for one in bosses]
        (tmp_path / "a.csv").write_text("\n".join(["role,a,b,c", *rows]), encoding="utf-8")
        written(read(tmp_path / "a.csv", instrument=INSTRUMENT), "items").write_report(tmp_path / "r.html", "en")
        pages.append((tmp_path / "r.html").read_text(encoding="utf-8").splitlines())
    changed = [one for one, other in zip(*pages, strict=True) if one != other]
    assert [re.sub("<[^>]*>", " ", one).split() for one in changed] == [
        ["read", "96"], ["−", "withheld:", "too", "few", "respondents", "or", "leaders", "4"],
        ["read", "96"], ["−", "withheld:", "too", "few", "respondents", "or", "leaders", "4"],
    ]  # fmt: skip
