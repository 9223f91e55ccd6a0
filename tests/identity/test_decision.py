import json
import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mien.errors import InputError
from mien.identity.decision import decide, rate_of_any, rate_of_one
from mien.quality import LEAST_QUALITY


@pytest.fixture
def search(calibration):
    """`search(similarities, …)`: a decision over people called a, b, c …"""

    def run(*similarities, gallery_size=100, **options):
        people = [chr(ord("a") + place) for place in range(len(similarities))]
        return decide(np.array(similarities), people, calibration=calibration, gallery_size=gallery_size, **options)

    return run


def test_somebody_sure_is_named_with_the_evidence(search):
    found = search(0.9, 0.3)
    assert (found.person, found.reason, found.second) == ("a", "", "b")
    assert found.similarity == pytest.approx(0.9)
    assert found.margin == pytest.approx(0.6)
    assert found.threshold == pytest.approx(0.2 + 0.1 * 3.7190, abs=1e-3)  # 1e-4, of 0.01 over 100 templates
    assert found.false_match_rate < 1e-9
    assert found.probability == pytest.approx(1 / (1 + math.exp(-10)))
    assert json.loads(json.dumps(found.to_dict()))["gallery_size"] == 100


@pytest.mark.parametrize(
    ("similarities", "options", "reason"),
    [
        ((), {}, "empty gallery"),
        ((), {"gallery_size": 0}, "empty gallery"),
        ((0.5,), {}, "too far"),
        ((0.57, 0.1), {}, "too far"),
        ((0.7, 0.69), {}, "too close to a second person"),
        ((1.0, 1.0), {}, "too close to a second person"),
        ((0.9, 0.3), {"quality": LEAST_QUALITY / 2}, "poor picture"),
        ((0.9, 0.3), {"quality": math.nan}, "poor picture"),
        ((0.9, 0.3), {"margin": 0.7}, "too close to a second person"),
        ((0.9, 0.3), {"margin": 0.5, "quality": LEAST_QUALITY}, ""),
        ((0.9, 0.9), {"margin": 0}, ""),
        ((0.9,), {"gallery_size": 1}, ""),
    ],
)
def test_unknown_is_said_with_the_reason(search, similarities, options, reason):
    found = search(*similarities, **options)
    assert found.reason == reason
    assert (found.person is None) == bool(reason)


def test_the_margin_is_where_ten_times_more_strangers_are(search, calibration):
    found = search(0.7, 0.69)
    assert calibration.fmr(0.7 - found.least_margin) == pytest.approx(10 * calibration.fmr(0.7), rel=1e-6)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 10_000), st.integers(1, 10_000))
def test_a_larger_gallery_asks_for_more(search, one, other):
    small, large = sorted((one, other))
    assert search(0.5, gallery_size=small).threshold <= search(0.5, gallery_size=large).threshold


def test_the_share_of_strangers_that_are_named_is_what_was_asked_for(calibration):
    random = np.random.default_rng(0)
    named = 0
    for _ in range(4000):
        best = random.normal(0.2, 0.1, 50).max()  # strangers as the calibration has them, fifty templates
        decision = decide(np.array([best]), ["a"], calibration=calibration, gallery_size=50, fmr=0.1)
        named += decision.person is not None
    assert named / 4000 == pytest.approx(0.1, abs=0.02)


def test_a_gallery_too_large_for_the_calibration_is_refused_with_how_large_it_may_be(search):
    search(0.9, gallery_size=99_000)
    with pytest.raises(
        InputError, match=r"1,000,000 templates needs a false-match rate of 1e-08.* enough for 100,000 t"
    ):
        search(0.9, gallery_size=1_000_000)
    assert search(0.9, gallery_size=1_000_000, fmr=0.5).person == "a"


def test_thresholds_beyond_what_was_counted_say_so(search):
    assert not search(0.9, gallery_size=100).extrapolated
    assert search(0.9, gallery_size=1000).extrapolated


@pytest.mark.parametrize(
    ("similarities", "people", "options", "told"),
    [
        ([0.5], ["a", "b"], {}, "one for each of 2 people"),
        ([[0.5]], ["a"], {}, "must be"),
        ([0.5], ["a"], {"gallery_size": 0}, "at least the 1 people"),
        ([0.3, 0.5], ["a", "b"], {}, "the best first"),
        ([math.nan], ["a"], {}, "cosines from -1 to 1"),
        ([1.5], ["a"], {}, "cosines from -1 to 1"),
        ([0.5], ["a"], {"margin": -0.1}, "margin must be"),
        ([0.5], ["a"], {"margin": math.nan}, "margin must be"),
        ([0.5], ["a"], {"fmr": 0}, "above 0 and below 1"),
    ],
)
def test_what_does_not_fit_is_refused(calibration, similarities, people, options, told):
    with pytest.raises(InputError, match=told):
        decide(np.array(similarities), people, **{"calibration": calibration, "gallery_size": 9, **options})


@given(st.floats(1e-12, 0.5), st.integers(1, 1_000_000))
def test_rates_of_one_and_of_any_are_each_others_inverse(fmr, comparisons):
    assert rate_of_any(rate_of_one(fmr, comparisons), comparisons) == pytest.approx(fmr, rel=1e-9)


def test_everybody_matches_where_everybody_matches():
    assert rate_of_any(1.0, 3) == 1.0
    assert rate_of_any(0.001, 1) == pytest.approx(0.001)
