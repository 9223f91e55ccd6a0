"""Which models exist: the cards in the model families' files, and the JSON cards beside the packaged weights."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from mien.errors import UnknownNameError, WeightsNotFoundError
from mien.models import detectors, trained, weights
from mien.models.card import ModelCard

if TYPE_CHECKING:
    from mien.models.download import Progress
    from mien.models.session import Session, Threads

OWN: Final = ("demographics", "embedding", "emotion", "landmarks")
"""The networks that this project trains; every installation has their cards and weights."""


def cards() -> tuple[ModelCard, ...]:
    """The cards of all models: detectors, networks trained by this project, then those of others.

    Those that are `missing()` are left out.

    Raises:
        ModelError: a JSON card beside the packaged weights cannot be read.
    """
    return tuple(_cards())


def missing() -> dict[str, str]:
    """Those of `OWN` whose card is not in the package → what is wrong, and the remedy."""
    paths = {name: weights.packaged_folder() / f"{name}.json" for name in OWN}
    return {
        name: f"{path}, the card of model {name}, is missing; {weights.REINSTALL} mien"
        for name, path in paths.items()
        if not path.is_file()
    }


def card(name: str) -> ModelCard:
    """The card of that name.

    Raises:
        UnknownNameError: there is none; the nearest names are suggested.
        WeightsNotFoundError: it is one of `OWN` or of `trained.ON_DEMAND`, and the installation lacks it.
        ModelError: a JSON card beside the packaged weights cannot be read.
    """
    if name in (problems := missing()):
        raise WeightsNotFoundError(problems[name])
    known = {card.name: card for card in (*trained.cards(), *_cards())}
    if name not in known and name in trained.ON_DEMAND:
        raise WeightsNotFoundError(trained.how_to_make(name))
    if name not in known:
        raise UnknownNameError("model", name, dict.fromkeys([*known, *OWN, *trained.ON_DEMAND]))
    return known[name]


def session(name: str, threads: Threads | None = None, *, progress: Progress | None = None) -> Session:
    """The network of that name, found, verified and loaded; fetched first if it is not on this machine.

    Args:
        name: of the model.
        threads: explicit thread counts.
        progress: called with bytes done and bytes in all while a download runs.

    Raises:
        UnknownNameError: there is no such model.
        ModelError: its file is missing, wrong or cannot be fetched.
    """
    from mien.models.session import Session

    return Session(weights.find(card(name), progress=progress), threads)


def _cards() -> Iterator[ModelCard]:
    for name in detectors.names():
        yield detectors.card(name)
    for path in sorted(weights.packaged_folder().glob("*.json")):
        yield ModelCard.read(path)
    yield importlib.import_module("mien.models.sface").CARD
