"""Cut-offs made for the data: a planted residual correlation is seen, none leaves them quiet."""

from functools import partial

import numpy as np
import pytest
from joblib import parallel_config

import made_up
import omstilling_psychometrics.topics.factor.analysis_dynamic_cutoffs as module
from declared import refuse_other_rows, refuse_rows_without_words
from omstilling_psychometrics.core.errors import UsageError
from omstilling_psychometrics.core.vocabulary import vocabulary
from omstilling_psychometrics.reference import load_case
from omstilling_psychometrics.survey.codes import BLANK
from omstilling_psychometrics.topics.factor.analysis import cfa
from omstilling_psychometrics.topics.factor.analysis_dynamic_cutoffs import battery, dynamic_cutoffs
from omstilling_psychometrics.topics.factor.numerics.dynamic_cutoffs import Population

FEW = 20


answers = partial(made_up.answers, items="q")


LOADING = 0.7
PAIR = ((1, 3),)
CUTS = np.tile([-1.5, -0.8, 0.2, 1.0], (5, 1))


def one_factor(n, rng, pairs=()):
    """Answers of one factor, with residual correlations of .30 between the pairs."""
    population = Population(loadings=np.full(5, LOADING), thresholds=CUTS, leader_share=0.0, leader_variances=np.zeros(5))
    return population.draw(pairs, np.full(n, -1), rng)


def exact(pairs):
    """40,000 answers: the standard error of RMSEA is .002, a sixth of every difference below, so that no seed decides."""
    return answers(one_factor(40_000, np.random.default_rng(1), pairs))


def test_the_population_lies_where_theory_puts_it():
    """Without sampling error: one factor keeps the limit of level 0; a residual correlation of .30 passes it, and reaches
    level 1 if samples are drawn with the pair free; loadings that were fitted to it put level 1 beyond it."""
    quiet = dynamic_cutoffs(exact(()), rng=1, replications=FEW, loadings="pair_free")
    fitted = dynamic_cutoffs(exact(PAIR), rng=1, replications=FEW)
    freed = dynamic_cutoffs(exact(PAIR), rng=1, replications=FEW, loadings="pair_free")
    for index, larger_is_worse in (("rmsea_robust", True), ("cfi_robust", False), ("srmr", True)):
        method = f"WLSMV/{index}"
        sign = 1 if larger_is_worse else -1
        level = quiet.get("dynamic_level", method=method)
        assert level.estimate == 0
        assert level.confidence_interval()[0] == 0
        observed, limit = (
            sign * quiet.value(quantity, method=method, **where)
            for quantity, where in (("dynamic_observed", {}), ("dynamic_cutoff", {"category": 1}))
        )
        assert observed < limit
        passed = fitted.get("dynamic_level", method=method)
        assert (passed.estimate, passed.note) == (0, "misfit_below_level_one")
        assert passed.confidence_interval() == (0, 1)  # level 1 is not excluded: no verdict of a good fit
        # Level 1 drawn with the pair free has the observed index in the middle of its samples, not at their edge.
        first = freed.get("dynamic_cutoff", method=method, category=1)
        assert sign * freed.value("dynamic_observed", method=method) == pytest.approx(sign * first.estimate, rel=0.06)
        lenient = fitted.value("dynamic_cutoff", method=method, category=1)
        assert sign * lenient > sign * first.estimate
    assert freed.settings["loadings"] == "pair_free"


@pytest.mark.proves("dynamic_cutoff", "dynamic_sensitivity", "dynamic_observed", "dynamic_level", "dynamic_replications")
def test_cutoffs_by_hand_from_samples_that_are_known(monkeypatch):
    """SRMR of a hundred samples per level. Quantiles interpolate: that of .95 of 1 … 100 is 95.05, that of .05 is 5.95, and
    that of .20 of twenty 0 and eighty from .121 on lies four fifths of the way between these."""
    steps = np.arange(1, 101) / 1000
    levels = [steps, 0.1 + steps, np.where(steps > 0.02, 0.1 + steps, 0.0)]  # four of five are found in the last
    monkeypatch.setattr(module.Design, "simulate", lambda *_, **__: [{"srmr": one} for one in levels])
    monkeypatch.setattr(module, "LARGER_IS_WORSE", {"srmr": True})
    case = load_case("lq2002_lead")
    result = dynamic_cutoffs(case, rng=1, estimator="ML", cluster=None, replications=100)
    assert result.value("dynamic_replications") == 100
    assert result.value("dynamic_observed") == pytest.approx(cfa(case, estimator="ML", cluster=None).value("srmr"), rel=1e-12)
    expected = {0: (0.09505, 0.95), 1: (0.10595, 0.95), 2: (0.0968, 0.80)}
    for category, (value, found) in expected.items():
        assert result.value("dynamic_cutoff", category=category) == pytest.approx(value, rel=1e-9)
        assert result.value("dynamic_sensitivity", category=category) == found
    # SRMR .074 reaches neither level, nor the limit of level 0; of samples with less than half as much, both.
    assert result.value("dynamic_observed") == pytest.approx(0.0745, abs=5e-5)
    assert result.value("dynamic_level") == 0
    monkeypatch.setattr(module.Design, "simulate", lambda *_, **__: [{"srmr": one / 2.5} for one in levels])
    assert dynamic_cutoffs(case, rng=1, estimator="ML", cluster=None).value("dynamic_level") == 2


def test_two_planted_pairs_reach_level_one_and_none_reaches_none():
    """n = 2,000 and two residual correlations of .30: the population RMSEA (.16) is more than ten standard errors beyond the
    cut-off of level 1 (.08); for one factor it lies some twenty below it. Neither depends on a seed."""
    quiet = dynamic_cutoffs(answers(one_factor(2000, np.random.default_rng(1))), rng=1, replications=FEW)
    found = dynamic_cutoffs(answers(one_factor(2000, np.random.default_rng(2), ((0, 2), (1, 3)))), rng=1, replications=FEW)
    for index in ("rmsea_robust", "rmsea_scaled", "cfi_robust", "srmr"):
        method = f"WLSMV/{index}"
        assert quiet.value("dynamic_level", method=method) == 0
        assert found.value("dynamic_level", method=method) >= 1
    assert found.value("dynamic_replications", method="WLSMV") == FEW
    refuse_rows_without_words(found.statistics)
    cutoffs = found.find("dynamic_cutoff", method="WLSMV/srmr")
    assert [one.category for one in cutoffs] == [0, 1, 2]
    assert cutoffs[0].estimate < cutoffs[1].estimate < cutoffs[2].estimate
    assert cutoffs[2].note.startswith("residual_correlations_drawn: ")
    keys = [(one.quantity, one.item, one.category, one.method) for one in found.statistics]
    assert len(keys) == len(set(keys))
    declared = dynamic_cutoffs(answers(np.empty((0, 5), dtype=int)), rng=1, replications=FEW).statistics
    drawn = ("dynamic_cutoff", "dynamic_sensitivity", "dynamic_observed")
    further = [(quantity, row.method) for quantity in drawn for row in declared]
    refuse_other_rows(found.statistics, declared, [("dynamic_replications", "WLSMV"), *further])


def test_the_battery_draws_fewer_samples_of_many_answers_and_says_how_many(monkeypatch):
    monkeypatch.setattr(module, "BATTERY_REPLICATIONS", 30)
    monkeypatch.setattr(module, "_FEWEST", 20)
    case = answers(one_factor(400, np.random.default_rng(1)))
    assert battery(case, rng=1).value("dynamic_replications", method="WLSMV") == 30
    monkeypatch.setattr(module, "_BATTERY_ANSWERS", 400 * 25)
    assert battery(case, rng=1).value("dynamic_replications", method="WLSMV") == 25
    monkeypatch.setattr(module, "_BATTERY_ANSWERS", 400)
    assert battery(case, rng=1).value("dynamic_replications", method="WLSMV") == 20


def test_holes_leaders_and_workers_without_effect_on_the_numbers():
    rng = np.random.default_rng(2)
    rows = one_factor(240, rng)[:, :4]
    rows[rng.random(rows.shape) < 0.05] = BLANK
    case = answers(rows, leader=rng.integers(0, 60, 240))
    seen = []
    first = dynamic_cutoffs(case, rng=3, replications=20, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (40, 40)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    with parallel_config(backend="threading"):
        again = dynamic_cutoffs(case, rng=3, replications=20, jobs=2)
    assert first.to_frame().equals(again.to_frame())
    assert first.get("dynamic_cutoff", method="WLSMV/rmsea_scaled", category=0).cluster == "leader"


def test_small_samples_have_no_cutoff_and_no_verdict():
    case = answers(one_factor(70, np.random.default_rng(6))[:, :4])
    result = dynamic_cutoffs(case, rng=1, replications=20, estimator="ML")
    row = result.get("dynamic_cutoff", method="ML/rmsea", category=1)
    assert np.isnan(row.estimate)
    assert row.note.startswith("no_cutoff")
    assert result.get("dynamic_sensitivity", method="ML/rmsea", category=1).estimate < 0.5
    assert result.get("dynamic_level", method="ML/rmsea").note == "no_cutoff"


@pytest.mark.parametrize(
    "rows", [np.empty((0, 5), dtype=int), [[3, 3, 3, 3, 3]] * 4, one_factor(100, np.random.default_rng(1))[:, :3]]
)
def test_what_cannot_be_fitted_is_a_null_row_with_its_reason(rows):
    result = dynamic_cutoffs(answers(rows), rng=1, replications=20)
    assert {one.method for one in result.statistics} >= {"WLSMV/cfi_robust", "WLSMV/rmsea_robust", "WLSMV/srmr"}
    for row in result.statistics:
        assert np.isnan(row.estimate)
        assert vocabulary("da").note(row.note)


def test_options_are_refused_when_they_make_no_sense():
    with pytest.raises(UsageError, match="replications is 5"):
        dynamic_cutoffs(load_case("datCat"), rng=1, replications=5)
    with pytest.raises(UsageError, match="loadings is 'true'"):
        dynamic_cutoffs(load_case("datCat"), rng=1, loadings="true")
    with pytest.raises(UsageError, match="estimator is 'GLS'"):
        dynamic_cutoffs(load_case("datCat"), rng=1, estimator="GLS")
