from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs the extra mien[train]")

from mien.models.demographics import age_interval
from mien.models.temperature import temper
from mien.train.calibrate import Labelled, fit_tail, fit_temperature


def drawn(n: int, classes: int, temperature: float, seed: int = 1) -> Labelled:
    """Labels drawn from true probabilities, which are shown at another temperature."""
    random = np.random.default_rng(seed)
    true = random.dirichlet(np.full(classes, 0.5), n)
    labels = (true.cumsum(1) < random.random((n, 1))).sum(1)
    return Labelled(probabilities=temper(true, 1 / temperature), labels=labels)


@pytest.mark.parametrize("temperature", [0.6, 1.0, 1.8])
def test_the_temperature_of_a_model_is_found(temperature: float) -> None:
    sets = [drawn(6000, 7, temperature), drawn(6000, 2, temperature, seed=2)]
    assert fit_temperature(sets) == pytest.approx(temperature, rel=0.05)


def test_images_without_a_label_are_of_no_effect() -> None:
    one = drawn(500, 7, 1.5)
    labels = np.where(np.arange(500) < 400, one.labels, -1)
    some = Labelled(probabilities=one.probabilities, labels=labels)
    first = Labelled(probabilities=one.probabilities[:400], labels=one.labels[:400])
    assert fit_temperature([some]) == fit_temperature([first])


def test_groups_of_classes_find_it_too() -> None:
    one = drawn(8000, 4, 1.5)
    groups = (0, 1, 1, 0)
    grouped = Labelled(probabilities=one.probabilities, labels=np.array(groups)[one.labels], groups=groups)
    assert fit_temperature([grouped]) == pytest.approx(1.5, rel=0.1)


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.95])
def test_the_tail_holds_the_share_asked_for_and_hardly_more(coverage: float) -> None:
    random = np.random.default_rng(4)
    ages = random.uniform(15, 80, 3000)
    # Distributions too narrow for their errors: the tail must make up for it.
    years = np.arange(101)
    centres = ages + random.normal(0, 8, 3000)
    p = np.exp(-((years - centres[:, None]) ** 2) / (2 * 5.0**2))
    p /= p.sum(1, keepdims=True)
    tail = fit_tail(ages[::2], p[::2], coverage)
    for part in (slice(0, None, 2), slice(1, None, 2)):
        bounds = age_interval(p[part], tail)
        held = ((bounds[:, 0] <= ages[part]) & (ages[part] <= bounds[:, 1])).mean()
        assert held == pytest.approx(coverage, abs=0.04)
