"""`/models`: the cards of all networks."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, render_template

from mien.models.card import Metric, ModelCard
from mien.models.weights import Status

blueprint = Blueprint("models", __name__)


@dataclass(frozen=True)
class _Entry:
    """A card as the page shows it."""

    card: ModelCard
    status: Status

    @property
    def metrics(self) -> list[tuple[str, list[Metric]]]:
        """By what they were measured on."""
        groups: dict[str, list[Metric]] = {}
        for metric in self.card.metrics:
            groups.setdefault(metric.data, []).append(metric)
        return list(groups.items())


@blueprint.get("/models")
def page() -> str:
    """The cards as a page."""
    from mien.models import registry, weights

    entries = [_Entry(card, weights.status(card)) for card in registry.cards()]
    return render_template("models.html", entries=entries, missing=registry.missing())
