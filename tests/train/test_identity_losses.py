import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="training needs the extra mien[train]")

from mien.train.identity_losses import margin_softmax, triplet  # noqa: E402


def on_a_circle(*degrees):
    angles = torch.deg2rad(torch.tensor(degrees, dtype=torch.float32))
    return torch.stack([angles.cos(), angles.sin()], dim=1)


def by_hand(embeddings, people, margin):
    """Schroff's loss, one pair after the other."""
    unit = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    distance = ((unit[:, None] - unit[None]) ** 2).sum(-1)
    found = []
    for a in range(len(people)):
        for p in range(len(people)):
            if a == p or people[a] != people[p]:
                continue
            strangers = [distance[a, n] for n in range(len(people)) if people[n] != people[a]]
            beyond = [d for d in strangers if d > distance[a, p]]
            negative = min(beyond) if beyond else max(strangers)
            found.append(max(0.0, distance[a, p] - negative + margin))
    return np.mean(found)


@given(st.integers(0, 10_000), st.integers(2, 4), st.floats(0, 1))
def test_the_triplet_loss_is_the_one_done_by_hand(seed, people, margin):
    random = np.random.default_rng(seed)
    embeddings, whose = (
        random.normal(size=(9, 3)),
        np.concatenate([np.arange(people), random.integers(0, people, 9)])[:9],
    )
    loss, _ = triplet(torch.from_numpy(embeddings), torch.from_numpy(whose), margin=margin)
    assert float(loss) == pytest.approx(by_hand(embeddings, whose, margin), abs=1e-6)


def test_the_negative_is_semi_hard():
    # From 0°, the photo of the same person is at 60° (d² = 1), strangers at 30°, 90° and 180°: 90° is the one (d² = 2).
    loss, told = triplet(on_a_circle(0, 60, 30, 90, 180), torch.tensor([0, 0, 1, 2, 3]), margin=1.5)
    # From 60°, the others are at 30° and 30° and 120°: 30° is nearer than the pair, so 120° (d² = 3).
    assert float(loss) == pytest.approx(((1 - 2 + 1.5) + max(0, 1 - 3 + 1.5)) / 2, abs=1e-5)
    assert told["active"] == 0.5


def test_people_far_enough_apart_have_no_loss_and_no_slope():
    embeddings = on_a_circle(0, 1, 180, 181).requires_grad_()
    loss, told = triplet(embeddings, torch.tensor([0, 0, 1, 1]), margin=0.2)
    loss.backward()
    assert (loss.item(), told["active"]) == (0, 0)
    assert float(embeddings.grad.abs().max()) == 0


@pytest.mark.parametrize("people", [[0, 0, 0], [0, 1, 2]])
def test_a_batch_without_triplets_has_no_loss(people):
    embeddings = on_a_circle(0, 50, 100).requires_grad_()
    loss, _ = triplet(embeddings, torch.tensor(people), margin=0.2)
    loss.backward()
    assert loss.item() == 0
    assert torch.isfinite(embeddings.grad).all()


def softmax_loss(angle_deg, margin, angular, rival_deg=90, scale=8.0):
    """Of one photo at an angle to its person, and a rival at another."""
    classes = on_a_circle(0, rival_deg)
    loss, _ = margin_softmax(
        3 * on_a_circle(angle_deg), 5 * classes, torch.tensor([0]), margin=margin, scale=scale, angular=angular
    )
    return float(loss)


@pytest.mark.parametrize(("angular", "margin"), [(True, 0.5), (False, 0.35), (True, 0.0), (False, 0.0)])
def test_the_margin_is_taken_off_the_right_person(angular, margin):
    theta = math.radians(30)
    right = math.cos(theta + margin) if angular else math.cos(theta) - margin
    rival = math.cos(math.radians(60))
    expected = -math.log(math.exp(8 * right) / (math.exp(8 * right) + math.exp(8 * rival)))
    assert softmax_loss(30, margin, angular) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("angular", [True, False])
def test_the_further_from_the_person_the_more_loss(angular):
    losses = [softmax_loss(angle, 0.5, angular, rival_deg=180) for angle in range(-170, -5, 5)]
    assert losses == sorted(losses, reverse=True)


@pytest.mark.parametrize("angular", [True, False])
def test_slopes_stay_finite_at_the_person_and_opposite(angular):
    embeddings = on_a_circle(0, 180).requires_grad_()
    classes = on_a_circle(0, 90).requires_grad_()
    loss, told = margin_softmax(embeddings, classes, torch.tensor([0, 0]), margin=0.5, scale=32, angular=angular)
    loss.backward()
    assert torch.isfinite(embeddings.grad).all()
    assert torch.isfinite(classes.grad).all()
    assert told["nearest"] == 0.5
