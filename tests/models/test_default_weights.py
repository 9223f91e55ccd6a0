"""The networks that come with the package: the default ones stay small together."""

from __future__ import annotations

from mien.models import registry
from mien.models.card import ModelCard
from mien.models.weights import packaged_folder

MOST_BYTES = 20_000_000


def test_the_default_weights_are_at_most_20_mb() -> None:
    assert sum((packaged_folder() / f"{name}.onnx").stat().st_size for name in registry.OWN) <= MOST_BYTES


def test_every_packaged_file_has_its_card_and_its_size_told() -> None:
    cards: dict[str, ModelCard] = {card.file: card for card in registry.cards()}
    for path in packaged_folder().glob("*.onnx"):
        assert cards[path.name].bytes == path.stat().st_size
