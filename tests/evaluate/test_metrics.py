import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.evaluate import metrics
from mien.evaluate.report import AgeErrors, Classification, Figure

# Ten cats, six dogs, four birds. Rows are true.
ANIMALS = np.array([[8, 1, 1], [2, 4, 0], [0, 2, 2]])


def test_confusion_matrix():
    truth = np.repeat([0, 0, 0, 1, 1, 2, 2], [8, 1, 1, 2, 4, 2, 2])
    predicted = np.repeat([0, 1, 2, 0, 1, 1, 2], [8, 1, 1, 2, 4, 2, 2])
    np.testing.assert_array_equal(metrics.confusion_matrix(truth, predicted, 3), ANIMALS)
    np.testing.assert_array_equal(metrics.confusion_matrix(np.array([]), np.array([]), 2), np.zeros((2, 2)))


@pytest.mark.parametrize(
    ("figure", "wanted"),
    [
        (metrics.accuracy, 14 / 20),
        (metrics.precision, [8 / 10, 4 / 7, 2 / 3]),
        (metrics.recall, [8 / 10, 4 / 6, 2 / 4]),
        (metrics.f1, [16 / 20, 8 / 13, 4 / 7]),
        (metrics.within_one, 19 / 20),
    ],
)
def test_figures_by_hand(figure, wanted):
    np.testing.assert_allclose(figure(ANIMALS), wanted, rtol=1e-15)
    both = figure(np.stack([ANIMALS, 2 * ANIMALS]))  # of many matrices at once
    np.testing.assert_allclose(both, [figure(ANIMALS)] * 2)


@pytest.mark.parametrize(
    ("figure", "wanted"),
    [
        (metrics.precision, (8 / 10 + 4 / 7 + 2 / 3) / 3),
        (metrics.recall, (8 / 10 + 4 / 6 + 2 / 4) / 3),
        (metrics.f1, (16 / 20 + 8 / 13 + 4 / 7) / 3),
    ],
)
def test_macro_figures_by_hand(figure, wanted):
    assert metrics.macro(ANIMALS, figure) == pytest.approx(wanted, rel=1e-15)


def test_what_is_divided_by_nothing_is_nan():
    never_predicted = np.array([[3, 0], [1, 0]])
    np.testing.assert_array_equal(metrics.precision(never_predicted), [0.75, np.nan])
    np.testing.assert_allclose(metrics.f1(never_predicted), [6 / 7, 0])
    never_true = np.array([[3, 1], [0, 0]])
    np.testing.assert_array_equal(metrics.recall(never_true), [0.75, np.nan])
    absent = np.array([[4, 0], [0, 0]])
    np.testing.assert_array_equal(metrics.f1(absent), [1, np.nan])
    nothing = np.zeros((2, 2), int)
    assert np.isnan(metrics.accuracy(nothing))
    assert np.isnan(metrics.macro(nothing, metrics.f1))


def test_macro_figures_are_over_the_classes_that_occur():
    never_true = np.array([[3, 1], [0, 0]])
    assert metrics.macro(never_true, metrics.recall) == 0.75
    assert metrics.macro(never_true, metrics.f1) == pytest.approx(6 / 7)
    never_predicted = np.array([[3, 0], [1, 0]])
    assert metrics.macro(never_predicted, metrics.precision) == 0.375  # a class that occurs and is never found counts 0


matrices = st.lists(st.integers(0, 20), min_size=16, max_size=16).map(lambda cells: np.array(cells).reshape(4, 4))


@given(matrices.filter(lambda matrix: (matrix.sum(0) > 0).all() and (matrix.sum(1) > 0).all()))
@settings(deadline=None)
def test_f1_is_the_harmonic_mean_and_accuracy_the_weighted_recall(matrix):
    precision, recall = metrics.precision(matrix), metrics.recall(matrix)
    harmonic = np.divide(2 * precision * recall, precision + recall, out=np.zeros(4), where=precision + recall > 0)
    np.testing.assert_allclose(metrics.f1(matrix), harmonic)
    assert metrics.accuracy(matrix) == pytest.approx((recall * matrix.sum(1)).sum() / matrix.sum())


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        # Newcombe (1998), "Two-sided confidence intervals for the single proportion", table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_interval_against_published_numbers(hits, n, low, high):
    assert metrics.wilson(hits, n) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
@settings(deadline=None)
def test_wilson_interval_solves_its_equation_and_mirrors(sample):
    hits, n = sample
    low, high = metrics.wilson(hits, n)
    assert 0 <= low <= hits / n <= high <= 1 or low == pytest.approx(hits / n) or high == pytest.approx(hits / n)
    for end in (low, high):
        if 1e-9 < end < 1 - 1e-9:  # |p - end| = z √(end (1 - end) / n)
            assert (hits / n - end) ** 2 == pytest.approx(metrics.Z95**2 * end * (1 - end) / n, rel=1e-6, abs=1e-12)
    assert metrics.wilson(n - hits, n) == pytest.approx((1 - high, 1 - low))


def test_bootstrap_of_a_mean_is_near_the_normal_interval_and_repeats():
    values = np.random.default_rng(3).normal(5, 2, 400)
    low, high = metrics.bootstrap_mean(values)
    half = metrics.Z95 * values.std() / np.sqrt(len(values))
    assert low == pytest.approx(values.mean() - half, abs=0.1 * half)
    assert high == pytest.approx(values.mean() + half, abs=0.1 * half)
    assert metrics.bootstrap_mean(values) == (low, high)


def test_bootstrap_in_steps_draws_as_many_resamples(monkeypatch):
    values = np.random.default_rng(3).normal(5, 2, 50)
    whole = metrics.bootstrap_mean(values)
    monkeypatch.setattr(metrics, "_NUMBERS_AT_ONCE", 50 * 700)  # 700 + 700 + 600 resamples from the same stream
    assert metrics.bootstrap_mean(values) == pytest.approx(whole, rel=1e-12)


def test_bootstrap_of_equal_values_is_that_value():
    assert metrics.bootstrap_mean(np.full(9, 2.5)) == (2.5, 2.5)


def test_bootstrap_of_a_confusion_matrix_is_near_wilsons_interval():
    (interval,) = metrics.bootstrap_confusion(50 * ANIMALS, metrics.accuracy)
    assert interval == pytest.approx(metrics.wilson(700, 1000), abs=0.003)


def test_bootstrap_of_a_confusion_matrix_is_drawing_samples_again():
    """Against drawing the samples themselves, one by one."""
    truth, predicted = (np.repeat(places, ANIMALS.ravel()) for places in np.indices((3, 3)).reshape(2, 9))
    random = np.random.default_rng(8)
    drawn = [random.integers(20, size=20) for _ in range(4000)]
    f1 = np.array([metrics.f1(metrics.confusion_matrix(truth[i], predicted[i], 3))[0] for i in drawn])
    interval = metrics.bootstrap_confusion(ANIMALS, metrics.f1)[0]
    assert interval == pytest.approx(tuple(np.percentile(f1, [2.5, 97.5])), abs=0.03)


def test_figure():
    assert Figure.proportion(np.int64(81), 263).value == pytest.approx(81 / 263)
    assert Figure.proportion(0, 0) == Figure(value=None, n=0)
    assert Figure.mean(np.array([])) == Figure(value=None, n=0)
    mean = Figure.mean(np.array([1.0, 3.0]))
    assert (mean.value, mean.n, mean.low, mean.high) == (2, 2, 1, 3)
    assert Figure.of_confusion(np.zeros((2, 2), int), metrics.f1) == (Figure(value=None, n=0),) * 2


def test_classification_by_hand():
    truth, predicted = (np.repeat(places, ANIMALS.ravel()) for places in np.indices((3, 3)).reshape(2, 9))
    report = Classification.of("animal", ("cat", "dog", "bird"), truth, predicted, not_found=5, ordered=True)
    assert (report.n, report.not_found, report.confusion) == (20, 5, ((8, 1, 1), (2, 4, 0), (0, 2, 2)))
    assert (report.accuracy.value, report.accuracy.n) == (0.7, 20)
    assert (report.accuracy.low, report.accuracy.high) == metrics.wilson(14, 20)
    assert (report.accuracy_not_found_wrong.value, report.accuracy_not_found_wrong.n) == (14 / 25, 25)
    assert (report.within_one.value, report.within_one.n) == (0.95, 20)
    assert report.macro_f1.value == pytest.approx((16 / 20 + 8 / 13 + 4 / 7) / 3)
    assert report.macro_f1.low < report.macro_f1.value < report.macro_f1.high
    dog = report.classes[1]
    assert (dog.label, dog.n, dog.predicted) == ("dog", 6, 7)
    assert (dog.precision.value, dog.precision.n) == (4 / 7, 7)
    assert (dog.recall.value, dog.recall.n) == (4 / 6, 6)
    assert dog.f1.value == pytest.approx(8 / 13)
    assert dog.f1.low < dog.f1.value < dog.f1.high


def test_classification_of_nothing_has_no_values():
    report = Classification.of("animal", ("cat", "dog"), np.array([], int), np.array([], int), not_found=2)
    assert (report.n, report.accuracy.value, report.macro_f1.value) == (0, None, None)
    assert (report.accuracy_not_found_wrong.value, report.accuracy_not_found_wrong.n) == (0, 2)
    assert report.within_one is None
    assert [one.f1.value for one in report.classes] == [None, None]


def test_age_errors_by_hand():
    report = AgeErrors.of(
        np.array([20.0, 30, 40, 50]),
        np.array([25.0, 30, 29, 51]),
        np.array([[20, 30], [31, 35], [20, 39], [45, 55]]),
        not_found=1,
        stated_coverage=0.8,
    )
    assert (report.n, report.not_found, report.stated_coverage) == (4, 1, 0.8)
    assert report.mae.value == (5 + 0 + 11 + 1) / 4
    assert report.bias.value == (5 + 0 - 11 + 1) / 4
    assert (report.within_5.value, report.within_10.value) == (0.75, 0.75)
    assert report.coverage.value == 0.5  # the first is at its interval's very end
    assert report.interval_width.value == (10 + 4 + 19 + 10) / 4
    without = AgeErrors.of(np.array([20.0]), np.array([10.0]), None, not_found=0, stated_coverage=None)
    assert (without.within_5.value, without.within_10.value) == (0, 1)
    assert without.coverage is without.interval_width is None
