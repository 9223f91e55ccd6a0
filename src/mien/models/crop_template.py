"""The template that a network's faces are aligned to, as its card names it."""

from __future__ import annotations

from mien.errors import ModelError
from mien.geometry.align import TEMPLATES, Template
from mien.models.card import ModelCard


def crop_template(card: ModelCard) -> Template:
    """The template `input.template` of the card at the size `input.size`, in pixels.

    Raises:
        ModelError: the card names no template that there is, or no size.
    """
    name, size = card.input.get("template"), card.input.get("size")
    if name not in TEMPLATES:
        raise ModelError(f"card {card.name}: input.template must be one of {', '.join(TEMPLATES)}, got {name!r}")
    if not isinstance(size, int) or size < 1:
        raise ModelError(f"card {card.name}: input.size must be a whole number of pixels, got {size!r}")
    return TEMPLATES[name].resized(size)
