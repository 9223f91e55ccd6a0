"""Networks that someone trained on this machine: put beside the cache by `mien train … --install`, found by name."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from mien.errors import ModelError, OutputError
from mien.media.atomic import make_folder, write_bytes
from mien.models import weights
from mien.models.card import ModelCard

ON_DEMAND: Final = ("emotrack", "paper-age-gender", "paper-emotion")
"""Networks of profiles beside the default one; an installation need not carry them."""


def folder() -> Path:
    """Where their cards lie; the files are in the cache, as downloaded ones are."""
    return weights.cache_folder() / "trained"


def cards() -> tuple[ModelCard, ...]:
    """Of the networks put there.

    Raises:
        ModelError: one cannot be read.
    """
    return tuple(ModelCard.read(path) for path in sorted(folder().glob("*.json")))


def install(card: Path) -> ModelCard:
    """Put a trained network where Mien finds it by name; one of that name that was there is replaced.

    Args:
        card: of the network; its file lies beside it.

    Raises:
        ModelError: the card cannot be read, the file is not the card's, or Mien's own package has a network of that
            name, which always comes first.
        OutputError: the cache cannot be written to.
    """
    read = ModelCard.read(card)
    check_installable(read.name)
    target = weights.cached_path(read, weights.cache_folder())
    make_folder(target.parent)
    make_folder(folder())
    try:
        shutil.copyfile(card.parent / read.file, target)
    except OSError as error:
        raise OutputError(
            f"{target} cannot be written ({error.strerror}); give rights there, or set MIEN_CACHE"
        ) from error
    weights.find(read)  # checks what was copied
    write_bytes(folder() / f"{read.name}.json", card.read_bytes())
    return read


def check_installable(name: str) -> None:
    """Make sure that a network of that name can be put there, before hours go into training it.

    Raises:
        ModelError: Mien's own package has a network of that name, which always comes first.
    """
    place = weights.packaged_folder()
    if (place / f"{name}.json").is_file():
        raise ModelError(
            f"the installation has a network {name} of its own; train without --install, and to use yours copy its two "
            f"files over those in {place}"
        )


def how_to_make(name: str) -> str:
    """The remedy for one of `ON_DEMAND` that this installation lacks."""
    return (
        f"the network {name} is not in this installation; make it: "
        f"mien train {name} --data DIR --out DIR --install (docs/training.md says what DIR must hold)"
    )
