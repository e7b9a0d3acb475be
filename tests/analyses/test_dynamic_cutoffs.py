"""Cut-offs made for the data: a planted residual correlation is seen, none leaves them quiet."""

import numpy as np
import pytest
from joblib import parallel_config

from omstilling_psychometrics.analyses.dynamic_cutoffs import dynamic_cutoffs
from omstilling_psychometrics.errors import UsageError
from omstilling_psychometrics.instrument import plain_instrument
from omstilling_psychometrics.reference import load_case
from omstilling_psychometrics.responses.patterns import BLANK, Key, ResponsePatterns
from omstilling_psychometrics.vocabulary import vocabulary

FEW = 20


def answers(rows, leader=None):
    rows = np.asarray(rows)
    instrument = plain_instrument((1, 2, 3, 4, 5), tuple(f"q{item + 1}" for item in range(rows.shape[1])))
    keys = {} if leader is None else {"leader": Key.of([f"l{one}" for one in leader])}
    return ResponsePatterns.count(instrument, rows, keys)


def one_factor(n, rng):
    latent = 0.7 * rng.standard_normal((n, 1)) + np.sqrt(0.51) * rng.standard_normal((n, 5))
    return 1 + (latent[:, :, None] > np.array([-1.5, -0.8, 0.2, 1.0])).sum(axis=2)


def planted(n, rng):
    """A residual correlation of .30 between the second and the fourth item."""
    extra = rng.standard_normal((n, 1))
    errors = rng.standard_normal((n, 5))
    errors[:, [1, 3]] = np.sqrt(0.3) * extra + np.sqrt(0.7) * errors[:, [1, 3]]
    latent = 0.7 * rng.standard_normal((n, 1)) + np.sqrt(0.51) * errors
    return 1 + (latent[:, :, None] > np.array([-1.5, -0.8, 0.2, 1.0])).sum(axis=2)


def test_a_planted_residual_correlation_is_reached_and_none_is_not():
    rng = np.random.default_rng(3)
    quiet = dynamic_cutoffs(answers(one_factor(2000, rng)), rng=1, replications=FEW)
    found = dynamic_cutoffs(answers(planted(2000, rng)), rng=1, replications=FEW)
    for index in ("rmsea_robust", "rmsea_scaled", "cfi_robust", "srmr"):
        method = f"WLSMV/{index}"
        assert quiet.value("dynamic_level", method=method) == 0
        assert quiet.get("dynamic_level", method=method).note is None
        assert found.value("dynamic_level", method=method) >= 1
    words = vocabulary("en")
    for one in found.statistics:
        assert one.quantity in words.quantities
        assert all(part in words.methods for part in one.method.split("/"))
        assert one.note is None or words.note(one.note)
    cutoffs = found.find("dynamic_cutoff", method="WLSMV/srmr")
    assert [one.category for one in cutoffs] == [0, 1, 2]
    assert cutoffs[0].estimate < cutoffs[1].estimate < cutoffs[2].estimate
    assert cutoffs[2].note.startswith("residual_correlations_drawn: ")
    keys = [(one.quantity, one.item, one.category, one.method) for one in found.statistics]
    assert len(keys) == len(set(keys))


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
    (row,) = result.statistics
    assert np.isnan(row.estimate)
    assert vocabulary("da").note(row.note)


def test_options_are_refused_when_they_make_no_sense():
    with pytest.raises(UsageError, match="replications is 5"):
        dynamic_cutoffs(load_case("datCat"), rng=1, replications=5)
    with pytest.raises(UsageError, match="estimator is 'GLS'"):
        dynamic_cutoffs(load_case("datCat"), rng=1, estimator="GLS")
