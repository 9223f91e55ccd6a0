import numpy as np
import pytest

from mien.errors import DatasetError
from mien.identity.calibration import Calibration
from mien.identity.calibration_fit import TooFewPairsError, fit

FACTS = {"model": "embedding", "sha256": "0" * 64, "data": "made up"}


@pytest.fixture(scope="module")
def similarities():
    random = np.random.default_rng(3)
    return random.normal(0.1, 0.1, 200_000).clip(-1, 1), random.normal(0.6, 0.1, 2000).clip(-1, 1)


def test_rates_hold_on_strangers_that_were_not_seen(similarities):
    different, same = similarities
    found = fit(different, same, **FACTS)
    fresh = np.random.default_rng(4).normal(0.1, 0.1, 2_000_000)
    for fmr in (1e-2, 1e-3, 1e-4):
        assert (fresh >= found.threshold(fmr)).mean() == pytest.approx(fmr, rel=0.4)
    assert (found.kind(2e-4), found.kind(1e-5)) == ("measured", "extrapolated")
    assert (fresh >= found.threshold(1e-5)).mean() == pytest.approx(1e-5, rel=0.9)
    assert (found.different, found.same) == (200_000, 2000)
    assert found.probability(0.35) == pytest.approx(0.5, abs=0.05)  # the middle between the means
    assert Calibration.from_json(found.to_json()) == found


def test_strangers_alone_will_do(similarities):
    found = fit(similarities[0], **FACTS)
    assert (found.same, found.logistic) == (0, None)
    assert found.threshold(1e-3) == pytest.approx(0.1 + 0.1 * 3.09, abs=0.02)


def test_few_pairs_tell_few_rates(similarities):
    found = fit(similarities[0][:300], **FACTS)
    assert found.kind(0.1) == "measured"
    assert found.kind(0.05) == "extrapolated"
    with pytest.raises(Exception, match="cannot be told from 300 pairs"):
        found.threshold(1e-5)


@pytest.mark.parametrize("different", [np.empty(0), np.linspace(0, 1, 59), np.full(1000, 0.3)])
def test_too_few_or_equal_pairs_are_refused(different):
    with pytest.raises(TooFewPairsError, match="tell no false-match rate"):
        fit(different, **FACTS)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_similarities_that_are_no_numbers_are_refused(similarities, value):
    different, same = similarities
    for wrong in ((np.append(different, value), same), (different, np.append(same, value))):
        with pytest.raises(DatasetError, match="NaN or infinity"):
            fit(*wrong, **FACTS)


def test_pairs_of_one_kind_alone_are_refused(similarities):
    different, same = similarities
    with pytest.raises(TooFewPairsError):
        fit(np.empty(0), same, **FACTS)
    with pytest.raises(DatasetError, match="the wrong way round"):
        fit(same, different, **FACTS)
