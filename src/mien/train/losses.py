"""Losses over what each image has labels for. Logits are (n, classes); a label of −1 means that there is none."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

AGE_BINS = 101
"""Whole years 0–100; older ages count as 100."""


def soft_cross_entropy(logits: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
    """Cross entropy with probabilities as labels, mean over the images.

    Args:
        logits: (n, c).
        target: (n, c), rows summing to 1.
        weight: (n,), or None for all alike.
    """
    losses = -(target * functional.log_softmax(logits, 1)).sum(1)
    if weight is None:
        return losses.mean()
    return (losses * weight).sum() / weight.sum().clamp(min=1e-6)


def labelled_cross_entropy(logits: Tensor, labels: Tensor, *, smoothing: float) -> Tensor:
    """Cross entropy with label smoothing (Szegedy et al. 2016) over the labelled images; 0 where there are none.

    Args:
        logits: (n, c).
        labels: (n,) int, −1 for none.
        smoothing: probability spread over all classes.
    """
    known = labels >= 0
    if not known.any():
        return logits.sum() * 0
    return functional.cross_entropy(logits[known], labels[known], label_smoothing=smoothing)


def grouped_cross_entropy(logits: Tensor, labels: Tensor, groups: Sequence[int], *, smoothing: float) -> Tensor:
    """The same where a label names a group of the classes: a group's probability is its classes' sum.

    It lets one seven-class race head learn from UTKFace's five words too.

    Args:
        logits: (n, c).
        labels: (n,) int group, −1 for none.
        groups: for each class, its group.
        smoothing: probability spread over all groups.
    """
    known = labels >= 0
    if not known.any():
        return logits.sum() * 0
    log_p = functional.log_softmax(logits[known], 1)
    index = torch.tensor(groups)
    grouped = torch.stack([log_p[:, index == group].logsumexp(1) for group in range(max(groups) + 1)], dim=1)
    return functional.nll_loss(grouped, labels[known]) * (1 - smoothing) - smoothing * grouped.mean()


def age_loss(logits: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """Age as a distribution over whole years, from exact ages and from ranges alike.

    Exact ages: cross entropy with a Gaussian around the age, wider for older people as labels are less sure there, and
    the absolute error of the expected age (Gao et al. 2018, "Age estimation using expectation of label distribution
    learning"). Ranges: −log of the probability inside the range, and how far the expected age lies outside it.

    Args:
        logits: (n, `AGE_BINS`).
        low: (n,) first whole year of the label; −1 for none.
        high: (n,) last whole year of the label; equal to `low` for an exact age.
    """
    known = low >= 0
    if not known.any():
        return logits.sum() * 0
    logits, low, high = logits[known], low[known].float(), high[known].float()
    years = torch.arange(AGE_BINS, dtype=torch.float32)
    log_p = functional.log_softmax(logits, 1)
    expected = (log_p.exp() * years).sum(1)

    sigma = (1.5 + 0.04 * low)[:, None]
    gaussian = functional.softmax(-((years - low[:, None]) ** 2) / (2 * sigma**2), 1)
    exact = -(gaussian * log_p).sum(1)
    inside = (years >= low[:, None]) & (years <= high[:, None])
    ranged = -log_p.masked_fill(~inside, -torch.inf).logsumexp(1)
    outside = (low - expected).clamp(min=0) + (expected - high - 1).clamp(min=0)
    is_exact = low == high
    distance = torch.where(is_exact, (expected - low).abs(), outside)
    return (torch.where(is_exact, exact, ranged) + 0.15 * distance).mean()
