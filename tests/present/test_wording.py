"""Words and numbers of one language."""

from __future__ import annotations

import math

import pytest

from omstilling_psychometrics.present.wording import Wording, clean, plain
from omstilling_psychometrics.survey.instrument import load_instrument, plain_instrument

DANISH, ENGLISH = Wording("da", load_instrument()), Wording("en", load_instrument())


@pytest.mark.parametrize(
    ("quantity", "value", "danish", "english"),
    [
        ("alpha", 0.84371, "0,844", "0.844"),
        ("mean", 3.666, "3,67", "3.67"),
        ("rate", 0.0123, "1,2\u00a0%", "1.2%"),
        ("pattern_count", 12345.0, "12.345", "12,345"),
        ("log_likelihood", -12345.678, "-12.345,7", "-12,345.7"),
        ("alpha", -0.0001, "0,000", "0.000"),
        ("alpha", math.nan, "–", "–"),
        ("alpha", None, "–", "–"),
        ("chi2_scaled", 50.129, "50,13", "50.13"),
    ],
)
def test_numbers(quantity: str, value: float | None, danish: str, english: str) -> None:
    assert DANISH.number(quantity, value) == danish
    assert ENGLISH.number(quantity, value) == english


def test_p_values_by_one_rule() -> None:
    assert [ENGLISH.p_value(value) for value in (0.0004, 0.001, 0.13149, 1.0)] == ["< 0.001", "0.001", "0.131", "1.000"]
    assert DANISH.p_value(0.0) == "< 0,001"


def test_intervals() -> None:
    assert DANISH.interval("alpha", 0.8, 0.9) == "[0,800; 0,900]"
    assert DANISH.interval("alpha", None, 0.9) == ""
    assert DANISH.interval("rate", 0.0, 0.051) == "[0,0\u00a0%; 5,1\u00a0%]"


def test_labels() -> None:
    assert DANISH.item("kompetencer~forklare") == "holder kompetencer opdaterede ~ kan forklare hvorfor"
    assert DANISH.item("11011") == "11011"
    assert DANISH.role("all") == "alle"
    assert DANISH.unit("leder", "2024") == "leder · 2024"
    assert DANISH.method("listwise/feldt") == "fuldstændige besvarelser, Feldts interval, uafhængige svar"
    assert ENGLISH.method("ved_ikke") == "don't know"
    assert DANISH.category(5) == "5 Helt enig"
    assert Wording("en").item("kompetencer") == "kompetencer"


def test_a_note_of_another_version_is_shown_as_it_is() -> None:
    assert ENGLISH.note("suppressed") == "suppressed"
    assert ENGLISH.note("from_the_future: 3") == "from_the_future: 3"


def test_a_note_calls_items_and_roles_as_everywhere() -> None:
    assert ENGLISH.note("group_too_small: overordnet 6 < 100").endswith(": superior 6 < 100")
    assert DANISH.note("heywood: kultur (leder), vaerdi").endswith(
        ": skaber en nysgerrig kultur (leder), skaber værdi for borgerne"
    )
    several = ENGLISH.note("heywood: kultur; items_run_the_other_way: vaerdi, kultur")
    assert several.count("creates a curious culture") == 2
    assert "vaerdi" not in several
    assert DANISH.note("clusters_do_not_exceed_moments: 4 <= 30").endswith(": 4 ≤ 30")
    # A part of a word, a number, and what is set to a value are no keys.
    plain_words = Wording("en", plain_instrument((1, 2, 3), ("n", "50", "draws")))
    assert plain_words.note("rare_missing_patterns: n = 1").endswith(": n = 1")
    assert plain_words.note("few_clusters: 4 < 50").endswith(": 4 < 50")


def test_an_interval_that_is_not_known_is_left_out() -> None:
    figures = {"alpha": "0.80", "low": ENGLISH.decimal(None, 2), "high": ENGLISH.decimal(math.nan, 2), "n": 76}
    assert ENGLISH.text("reliability_finding", **figures) == "Coefficient alpha is 0.80, from 76 complete answers."


def test_characters_that_a_page_cannot_hold() -> None:
    assert clean("a\x00b\u202ec\ud800") == "a b c "
    assert plain("item scalability H_i and H^T") == "item scalability H\u1d62 and H\u1d40"


def test_groups_that_are_compared_keep_their_names() -> None:
    """'f' is also what the interval of an intraclass correlation is called."""
    assert ENGLISH.method("leder~medarbejder") == "leader \N{EN DASH} employee"
    assert ENGLISH.method("partial/f~m").endswith(", f \N{EN DASH} m")
    assert ENGLISH.method("anova/f").endswith(", F interval, normal scores")


def test_names_are_listed_as_in_a_sentence() -> None:
    assert [ENGLISH.listed(["a", "b", "c"]), DANISH.listed(["a", "b"]), ENGLISH.listed(["a"])] == ["a, b and c", "a og b", "a"]


def test_a_wave_and_a_form_are_called_so_wherever_a_group_is_named() -> None:
    words = {by: Wording("da", load_instrument(), by) for by in (None, "form", "wave", "sector")}
    assert {by: one.unit("medarbejder", "B") for by, one in words.items()} == {
        None: "medarbejder · B",
        "form": "medarbejder · skema B",
        "wave": "medarbejder · runde B",
        "sector": "medarbejder · B",
    }
    assert words["form"].unit("medarbejder", None) == "medarbejder"
