"""Correction of shares: it recovers a truth that counting misses."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.dataset.prevalence import correct, solve
from mien.dataset.settings import Settings
from mien.dataset.summary import summarize
from mien.dataset.validation import Confusion, of_cards, of_labelled
from mien.errors import DatasetError
from mien.vocabulary import EMOTIONS, RACES

RATES = np.array([[0.85, 0.15], [0.10, 0.90]])


def confused(truth, rates, draw):
    """Predicted labels of people of these true classes."""
    return np.array([draw.choice(len(rates), p=rates[one]) for one in truth])


def sample(shares, rates, size, draw):
    """Shares of predicted labels, and the confusion matrix of a labelled sample of equal classes."""
    predicted = confused(draw.choice(len(shares), size=size, p=shares), rates, draw)
    confusion = np.array([draw.multinomial(400, row) for row in rates])
    return np.bincount(predicted, minlength=len(shares)) / size, confusion


def test_a_rare_class_that_counting_makes_common():
    draw, truth = np.random.default_rng(0), np.array([0.05, 0.95])
    naive, confusion = sample(truth, RATES, 5000, draw)
    found = correct(naive, 5000, confusion, labels=("female", "male"), source="a sample")
    assert naive[0] > 0.12  # more than twice the truth
    assert found.shares[0] == pytest.approx(0.05, abs=0.03)
    assert found.low[0] <= 0.05 <= found.high[0] < naive[0]
    assert sum(found.shares) == pytest.approx(1)


def test_a_class_that_is_not_found_may_still_be_there():
    """Fewer are taken for it than one in ten of the others: its share is none, and how many it may be is told."""
    confusion = np.array([[340, 60], [40, 360]])
    found = correct(np.array([0.09, 0.91]), 200, confusion, labels=("female", "male"), source="a sample")
    assert (found.shares[0], found.low[0]) == (pytest.approx(0, abs=1e-6), pytest.approx(0, abs=1e-6))
    assert 0.02 < found.high[0] < 0.1


def test_seven_classes():
    draw = np.random.default_rng(1)
    rates = np.full((7, 7), 0.05) + np.eye(7) * 0.65
    truth = np.array([0.02, 0.03, 0.05, 0.1, 0.1, 0.2, 0.5])
    naive, confusion = sample(truth, rates, 20_000, draw)
    found = correct(naive, 20_000, confusion, labels=EMOTIONS, source="a sample")
    assert np.abs(naive - truth).max() > 0.1
    assert np.abs(np.array(found.shares) - truth).max() < 0.035
    assert all(low <= one <= high for low, one, high in zip(found.low, truth, found.high, strict=True))


def test_the_interval_holds_the_truth_in_95_of_100_cases():
    draw, truth, rounds = np.random.default_rng(2), np.array([0.3, 0.7]), 200
    held = 0
    for _ in range(rounds):
        naive, confusion = sample(truth, RATES, 300, draw)
        found = correct(naive, 300, confusion, labels=("a", "b"), source="", resamples=300)
        held += found.low[0] <= 0.3 <= found.high[0]
    assert 0.90 <= held / rounds <= 0.99


def test_rogan_and_gladen():
    """(q + specificity - 1) / (sensitivity + specificity - 1), cut off at 0 and 1."""
    for seen in (0.05, 0.1, 0.3, 0.85, 0.9):
        expected = np.clip((seen + 0.9 - 1) / (0.85 + 0.9 - 1), 0, 1)
        [[found, rest]] = solve(RATES[None], np.array([[seen, 1 - seen]]))
        assert found == pytest.approx(expected, abs=1e-4)
        assert rest == pytest.approx(1 - expected, abs=1e-4)


@given(
    st.lists(st.floats(0.01, 1), min_size=4, max_size=4),
    st.lists(st.lists(st.floats(0.01, 0.3), min_size=4, max_size=4), min_size=4, max_size=4),
)
def test_what_was_confused_is_solved_back(weights, noise):
    rates = np.array(noise) + np.eye(4)
    rates /= rates.sum(1, keepdims=True)
    truth = np.array(weights) / sum(weights)
    np.testing.assert_allclose(solve(rates[None], (truth @ rates)[None])[0], truth, atol=1e-6)


@given(st.lists(st.floats(0.001, 1), min_size=3, max_size=3))
def test_the_solution_is_a_distribution_and_of_greatest_likelihood(weights):
    rates = np.array([[0.7, 0.2, 0.1], [0.25, 0.6, 0.15], [0.2, 0.2, 0.6]])
    seen = np.array(weights) / sum(weights)
    [found] = solve(rates[None], seen[None])
    assert found.min() >= 0
    assert found.sum() == pytest.approx(1)

    def likelihood(shares):
        return (seen * np.log(shares @ rates)).sum()

    grid = np.array([[a, b, 20 - a - b] for a in range(21) for b in range(21 - a)]) / 20
    assert likelihood(found) >= max(likelihood(one) for one in grid) - 1e-6


@pytest.mark.parametrize(
    ("confusion", "message"),
    [
        ([[5, 1], [0, 0]], "nobody labelled male, so shares cannot be corrected; label some of each"),
        ([[5, 5], [5, 5]], "predictions do not tell female, male apart"),
    ],
)
def test_samples_that_say_too_little(confusion, message):
    with pytest.raises(DatasetError, match=message):
        correct(np.array([0.5, 0.5]), 100, np.array(confusion), labels=("female", "male"), source="x.csv")


def test_a_data_set_with_known_truth(made_run):
    """1,500 people, one in twenty of them a woman; of ten, the network takes one for the other."""
    draw = np.random.default_rng(3)
    truth = draw.random(1500) < 0.05
    taken = np.where(draw.random(1500) < 0.1, ~truth, truth)
    out = made_run([[{"gender": "female" if one else "male"}] for one in taken], part_size=500)
    counts = np.array([[180, 20], [20, 180]])
    summary = summarize(out, confusions={"gender": Confusion(counts=counts, source="200 of each")})
    naive, corrected = summary.classes["gender"].figures[0], summary.corrected["gender"]
    assert naive.value > 0.12
    assert naive.low > truth.mean()  # counting is sure, and wrong
    assert corrected.low[0] <= truth.mean() <= corrected.high[0]
    assert corrected.shares[0] == pytest.approx(truth.mean(), abs=0.03)


def test_what_cannot_be_corrected_is_noted(made_run):
    out = made_run([[{"gender": "female"}]] * 20)
    counts = np.array([[10, 0], [0, 0]])
    summary = summarize(out, confusions={"gender": Confusion(counts=counts, source="few.csv")})
    assert summary.corrected == {}
    assert "gender is not corrected: few.csv has nobody labelled male" in summary.notes[-1]


def test_cards_of_the_installed_networks_tell_what_gender_is_confused():
    found = of_cards(Settings.of().models())
    counts = found["gender"].counts
    assert counts.shape == (2, 2)
    assert (np.diag(counts) / counts.sum(1) > 0.8).all()
    assert "the card of demographics" in found["gender"].source


def test_cards_of_other_networks_tell_nothing():
    assert of_cards({"demographics": {"version": "0", "sha256": "0" * 64}}) == {}


def test_a_labelled_sample_is_run_as_the_data_set_was(tmp_path, pictures):
    rows = ["a.png,female,30,White,happy", "b.png,male,8,Black,sad", "c.png,male,8,Black,sad", "h.jpg,male,,,"]
    (tmp_path / "labelled.csv").write_text("\n".join(["path,gender,age,race,emotion", *rows]))
    found, notes = of_labelled(tmp_path / "labelled.csv", Settings.of(), images=pictures)
    assert found["gender"].counts.sum() == 2  # nobody is in c.png, and h.jpg cannot be read
    assert found["gender"].counts.sum(1).tolist() == [1, 1]
    assert found["age_group"].counts.sum(1).tolist() == [1, 0, 1, 0, 0]
    assert found["emotion"].counts.sum(1).tolist() == [int(one in ("happy", "sad")) for one in EMOTIONS]
    assert found["gender"].source == "labelled.csv, 2 faces"
    if "race" in found:
        assert found["race"].counts.shape == (len(RACES),) * 2
    else:
        assert "not the networks' seven" in notes[0]
