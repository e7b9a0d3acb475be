"""The survey that is drawn has the structure and the shares that its parameters say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import ndtr

from omstilling_psychometrics.core.errors import UsageError
from omstilling_psychometrics.simulation import TRUTH, Survey, draw_team, simulate
from omstilling_psychometrics.simulation.answering import REFUSAL, VED_IKKE, Sheets, fill_in, graded, team_size_probabilities
from omstilling_psychometrics.simulation.streams import Stream, negative_binomial
from omstilling_psychometrics.simulation.truth import SELF, SUPERIOR, TEAM
from omstilling_psychometrics.survey.codes import BLANK, NOT_SHOWN

SELVES, SUPERIORS = 1, 2


@pytest.fixture(scope="module")
def survey() -> Survey:
    return simulate()


def sheets(n: int, *, role: str = TEAM, form_b: bool = False, focal: bool = False, offered: bool = True) -> Sheets:
    stream = Stream.component(99)
    position = stream.normal(n)
    own = TRUTH.role(role)
    return Sheets(
        role=role, theta=own.mean + own.sd * position, position=position, ved_ikke=stream.normal(n), refusal=stream.normal(n),
        form_b=np.full(n, form_b), focal=np.full(n, focal), offered=np.full(n, offered),
    )  # fmt: skip


def close(share: float, expected: float, n: int) -> bool:
    """Within four standard errors of a binomial share."""
    return abs(share - expected) < 4 * np.sqrt(expected * (1 - expected) / n)


# ---------------------------------------------------------------- streams


def test_uniform_numbers_come_from_raw_bits_that_numpy_promises_to_keep() -> None:
    raw = [int(value) for value in np.random.PCG64(np.random.SeedSequence(1, spawn_key=(0,))).random_raw(3)]
    assert raw == [12894911395248688958, 3215922745726220339, 11900336460650645987]
    drawn = Stream.component(1, 0).uniform(3)
    assert drawn.tolist() == [((value >> 12) + 0.5) / 2**52 for value in raw]


def test_uniform_numbers_never_reach_the_ends() -> None:
    class Ends:
        def random_raw(self, n: int) -> np.ndarray:
            return np.array([0, 2**64 - 1], dtype=np.uint64)

    low, high = Stream(Ends()).uniform(2)  # type: ignore[arg-type]
    assert 0 < low < high < 1


def test_negative_binomial_is_the_textbook_one() -> None:
    # size 1 is geometric: P(x) = p (1 - p)^x with p = 1 / (1 + mean).
    mass = negative_binomial(1.0, 3.0, 6)
    np.testing.assert_allclose(mass[:-1], 0.25 * 0.75 ** np.arange(6), rtol=1e-12)
    assert mass.sum() == pytest.approx(1, abs=1e-12)


def test_category_follows_its_probabilities() -> None:
    drawn = Stream.component(3).category((0.2, 0.5, 0.3), 100_000)
    for category, share in enumerate((0.2, 0.5, 0.3)):
        assert close(float((drawn == category).mean()), share, 100_000)


# ---------------------------------------------------------------- answering


def test_thresholds_are_the_probits_of_the_cumulative_shares() -> None:
    n = 200_000
    answers = graded(TRUTH, sheets(n), Stream.component(5))
    for j in range(5):
        for step, threshold in enumerate(TRUTH.thresholds[j], start=1):
            assert close(float((answers[:, j] <= step).mean()), float(ndtr(threshold)), n)


@pytest.mark.parametrize(
    ("changed", "item", "shift"),
    [({"form_b": True}, "vaerdi", 0.30), ({"focal": True}, "forklare", 0.30)],
    ids=["form B", "group that finds an item harder"],
)
def test_what_is_only_shifted(changed: dict[str, bool], item: str, shift: float) -> None:
    n = 200_000
    answers = graded(TRUTH, sheets(n, **changed), Stream.component(6))
    for j, key in enumerate(TRUTH.items):
        expected = float(ndtr(TRUTH.thresholds[j][2] + (shift if key == item else 0)))
        assert close(float((answers[:, j] <= 3).mean()), expected, n)


def test_self_ratings_have_their_mean_and_an_easier_item() -> None:
    n = 200_000
    answers = graded(TRUTH, sheets(n, role=SELF), Stream.component(7))
    for j, key in enumerate(TRUTH.items):
        loading = TRUTH.loadings[j]
        threshold = TRUTH.thresholds[j][3] - (0.35 if key == "itsikkerhed" else 0)
        z = (threshold - loading * 0.35) / np.sqrt(loading**2 * 0.64 + 1 - loading**2)
        assert close(float((answers[:, j] <= 4).mean()), float(ndtr(z)), n)


@pytest.mark.parametrize(
    ("role", "form_b", "item", "loading"), [(SUPERIOR, False, "kompetencer", 0.62), (TEAM, True, "kultur", 0.60)]
)
def test_a_loading_that_differs(role: str, form_b: bool, item: str, loading: float) -> None:
    # With two categories that split at 0 the share of equal halves is 1/2 + asin(rho)/pi, rho = loading * loading.
    truth = replace(TRUTH, thresholds=((-9.0, -8.0, 0.0, 9.0),) * 5, residual_correlation=0.0)
    n = 400_000
    who = replace(sheets(n, role=role, form_b=form_b), theta=sheets(n).theta)
    answers = graded(truth, who, Stream.component(8)) > 3
    if form_b:
        answers[:, TRUTH.items.index("vaerdi")] = True  # its thresholds are shifted, so halves are no halves
    at = TRUTH.items.index(item)
    other = TRUTH.items.index("itsikkerhed")
    same = float((answers[:, at] == answers[:, other]).mean())
    assert close(same, 0.5 + np.arcsin(loading * 0.62) / np.pi, n)


def test_reasons_have_the_marginal_rates_of_their_probits() -> None:
    truth = replace(TRUTH, blank=0.0, break_off=0.0, straight_lining=0.0, refusal_intercept=-50.0)
    n = 200_000
    codes, careless = fill_in(truth, sheets(n), Stream.component(9))
    assert not careless.any()
    for j, intercept in enumerate(truth.ved_ikke_intercepts):
        assert close(float((codes[:, j] == VED_IKKE).mean()), float(ndtr(intercept / np.hypot(1, 1.2))), n)
    reason = (codes == VED_IKKE).any(axis=1)
    assert close(float(reason.mean()), 0.21, n) or 0.19 < reason.mean() < 0.22
    # Whoever says 'ved ikke' stands lower on the construct.
    assert sheets(n).theta[reason].mean() < -0.2


def test_refusing_must_be_offered() -> None:
    n = 50_000
    offered, _ = fill_in(TRUTH, sheets(n), Stream.component(10))
    withheld, _ = fill_in(TRUTH, sheets(n, offered=False), Stream.component(10))
    assert 0.006 < (offered == REFUSAL).mean() < 0.010
    assert not (withheld == REFUSAL).any()
    answered_instead = offered == REFUSAL
    assert (withheld[answered_instead] > 0).all()
    np.testing.assert_array_equal(withheld[~answered_instead], offered[~answered_instead])


def test_who_breaks_off_leaves_all_that_follows_blank() -> None:
    truth = replace(TRUTH, blank=0.0, break_off=1.0, straight_lining=0.0)
    codes, _ = fill_in(truth, sheets(20_000), Stream.component(11))
    blank = codes == BLANK
    assert not blank[:, 0].any()
    assert blank[:, -1].all()
    assert (np.diff(blank.astype(int), axis=1) >= 0).all()


def test_careless_lines() -> None:
    n = 100_000
    codes, careless = fill_in(TRUTH, sheets(n), Stream.component(12))
    assert close(float(careless.mean()), 0.03, n)
    assert (codes[careless] == codes[careless][:, :1]).all()
    for category, share in ((3, 0.40), (4, 0.35), (5, 0.25)):
        assert close(float((codes[careless][:, 0] == category).mean()), share, int(careless.sum()))


def test_complete_answers_know_no_reasons() -> None:
    codes, careless = fill_in(TRUTH, sheets(10_000, focal=True), Stream.component(13), complete=True)
    assert codes.min() == 1
    assert not careless.any()
    np.testing.assert_array_equal(codes, graded(TRUTH, sheets(10_000), Stream.component(13)))


# ---------------------------------------------------------------- structure


def test_numbers_of_organisations_leaders_and_teams(survey: Survey) -> None:
    chosen = survey.organisation < TRUTH.organisations
    first = survey.wave == 0
    assert set(survey.organisation) == set(range(48))
    assert set(survey.leader[chosen]) == set(range(800))
    team = np.bincount(survey.leader[chosen & first & (survey.role == 0)], minlength=800)
    assert team.min() >= 2
    assert team.max() <= 45
    mass = team_size_probabilities(TRUTH)
    assert close(float((team < 5).mean()), float(mass[:3].sum()), 800)
    assert not chosen[(survey.answers == NOT_SHOWN).any(axis=1)].any()
    assert (survey.answers[~chosen] == NOT_SHOWN).all()


def test_every_leader_and_respondent_belongs_to_one_organisation(survey: Survey) -> None:
    for key in (survey.leader, survey.role * 100_000 + survey.respondent):
        pairs = np.unique(np.column_stack([key, survey.organisation]), axis=0)
        assert len(pairs) == len(np.unique(key))


def test_one_record_per_respondent_leader_wave_and_role(survey: Survey) -> None:
    records = np.column_stack([survey.role, survey.wave, survey.leader, survey.respondent])
    assert len(np.unique(records, axis=0)) == survey.n


def test_leaders_rate_themselves_and_superiors_rate_several(survey: Survey) -> None:
    chosen = (survey.organisation < TRUTH.organisations) & (survey.wave == 0)
    selves = chosen & (survey.role == SELVES)
    np.testing.assert_array_equal(survey.leader[selves], survey.respondent[selves])
    assert close(float(selves.sum() / 800), TRUTH.self_response, 800)
    superior = survey.respondent[chosen & (survey.role == SUPERIORS)]
    rated = np.bincount(superior)
    rated = rated[rated > 0]
    assert rated.sum() == 800
    assert rated.max() <= 6
    assert close(float((rated > 1).mean()), TRUTH.several_leaders_share, len(rated))


def test_who_comes_back(survey: Survey) -> None:
    chosen = survey.organisation < TRUTH.organisations
    leaders = [set(survey.leader[chosen & (survey.wave == wave)]) for wave in (0, 1)]
    assert leaders[1] < leaders[0]
    assert close(len(leaders[1]) / 800, TRUTH.leaders_return, 800)
    people = [set(survey.respondent[chosen & (survey.role == 0) & (survey.wave == wave)]) for wave in (0, 1)]
    back = len(people[0] & people[1]) / len(people[0])
    # Respondents come back leader by leader, so the share varies with the leaders: design effect about 5.
    assert abs(back - TRUTH.respondents_return) < 4 * np.sqrt(5 * 0.45 * 0.55 / len(people[0]))


def test_background_stays_with_the_person(survey: Survey) -> None:
    person = survey.role * 100_000 + survey.respondent
    for codes in survey.background.values():
        assert len(np.unique(np.column_stack([person, codes]), axis=0)) == len(np.unique(person))


def test_form_b_only_in_the_second_wave_and_at_random_there(survey: Survey) -> None:
    assert not survey.form_b[survey.wave == 0].any()
    team = survey.form_b[(survey.wave == 1) & (survey.role == 0)]
    assert close(float(team.mean()), TRUTH.form_b_share, len(team))


def test_five_organisations_did_not_offer_the_refusal(survey: Survey) -> None:
    refused = (survey.answers == REFUSAL).any(axis=1)
    never = [place for place in range(40) if not refused[survey.organisation == place].any()]
    expected = set(np.argsort(Stream.component(1, 0, 1).uniform(40))[:5])
    assert expected <= set(never)


def test_streams_of_components_do_not_touch_each_other() -> None:
    other = simulate(truth=replace(TRUTH, self_response=0.5, duplicate_share=0.2, not_shown_leaders=20))
    ours = simulate()
    for wave in (0, 1):
        team, theirs = ((one.role == 0) & (one.wave == wave) & (one.organisation < 40) for one in (ours, other))
        np.testing.assert_array_equal(ours.answers[team], other.answers[theirs])


# ---------------------------------------------------------------- teams for studies


def test_draw_team_has_the_teams_asked_for() -> None:
    drawn = draw_team(leaders=4, team_size=(1, 5, 0, 3), rng=1)
    assert drawn.n == 9
    assert drawn.roles == (TEAM,)
    assert drawn.clusters("leader").counts.sum(axis=1).tolist() == [1, 5, 3]
    assert draw_team(leaders=30, team_size=7, rng=1).n == 210
    assert draw_team(leaders=30, rng=1) == draw_team(leaders=30, rng=1)
    rng = np.random.default_rng(4)
    assert draw_team(leaders=30, rng=rng) != draw_team(leaders=30, rng=rng)
    assert draw_team(leaders=50, complete=True, rng=1).patterns.min() == 1
    short = np.random.Generator(np.random.MT19937(4))  # raw output of 32 bits
    assert set(np.unique(draw_team(leaders=50, complete=True, rng=short).patterns)) == {1, 2, 3, 4, 5}


@pytest.mark.parametrize("size", [(1, 2), -1, [[1]]])
def test_draw_team_refuses_other_sizes(size: object) -> None:
    with pytest.raises(UsageError, match="team_size"):
        draw_team(leaders=3, team_size=size, rng=1)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="leaders"):
        draw_team(leaders=0, rng=1)
