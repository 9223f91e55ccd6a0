from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch", reason="training needs the extra mien[train]")

from mien.train.losses import (  # noqa: E402
    AGE_BINS,
    age_loss,
    grouped_cross_entropy,
    labelled_cross_entropy,
    soft_cross_entropy,
)


def logits_of(probabilities: list[list[float]]) -> torch.Tensor:
    return torch.tensor(probabilities).log()


def test_soft_cross_entropy_is_the_mean_over_images() -> None:
    logits = logits_of([[0.5, 0.5], [0.25, 0.75]])
    target = torch.tensor([[1.0, 0.0], [0.5, 0.5]])
    wanted = (math.log(2) + 0.5 * (math.log(4) + math.log(4 / 3))) / 2
    assert soft_cross_entropy(logits, target).item() == pytest.approx(wanted, abs=1e-6)


def test_unlabelled_images_do_not_count() -> None:
    logits = logits_of([[0.5, 0.5], [0.1, 0.9]])
    alone = labelled_cross_entropy(logits[:1], torch.tensor([1]), smoothing=0.0)
    both = labelled_cross_entropy(logits, torch.tensor([1, -1]), smoothing=0.0)
    assert both.item() == pytest.approx(alone.item()) == pytest.approx(math.log(2))


@pytest.mark.parametrize("loss", [labelled_cross_entropy, lambda x, y, **k: grouped_cross_entropy(x, y, [0, 1], **k)])
def test_a_batch_without_labels_costs_nothing_and_can_be_differentiated(loss) -> None:
    logits = torch.zeros((3, 2), requires_grad=True)
    value = loss(logits, torch.tensor([-1, -1, -1]), smoothing=0.1)
    value.backward()
    assert value.item() == 0
    assert torch.equal(logits.grad, torch.zeros(3, 2))


def test_a_group_has_the_probability_of_its_classes_together() -> None:
    logits = logits_of([[0.2, 0.3, 0.5]])
    value = grouped_cross_entropy(logits, torch.tensor([0]), [0, 0, 1], smoothing=0.0)
    assert value.item() == pytest.approx(-math.log(0.5), abs=1e-6)


def test_groups_of_one_are_plain_cross_entropy() -> None:
    logits = torch.randn(6, 4, generator=torch.Generator().manual_seed(1))
    labels = torch.tensor([0, 1, 2, 3, -1, 2])
    grouped = grouped_cross_entropy(logits, labels, [0, 1, 2, 3], smoothing=0.1)
    assert grouped.item() == pytest.approx(labelled_cross_entropy(logits, labels, smoothing=0.1).item(), abs=1e-6)


def test_age_range_asks_only_that_the_age_lies_inside() -> None:
    inside = torch.full((1, AGE_BINS), -30.0)
    inside[0, 25] = 30.0
    low, high = torch.tensor([20]), torch.tensor([29])
    assert age_loss(inside, low, high).item() == pytest.approx(0, abs=1e-4)
    below = inside.roll(-15, dims=1)  # age 10
    assert age_loss(below, low, high).item() == pytest.approx(60 - math.log(10) + 0.15 * 10, abs=0.01)


def test_exact_age_is_cheapest_at_the_age_itself() -> None:
    years = torch.arange(AGE_BINS, dtype=torch.float32)
    age = torch.tensor([40])
    costs = [
        age_loss((-((years - guess) ** 2) / 20)[None], age, age).item() for guess in (30.0, 36.0, 40.0, 44.0, 50.0)
    ]
    assert min(costs) == costs[2]
    assert costs[0] > costs[1]
    assert costs[4] > costs[3]
