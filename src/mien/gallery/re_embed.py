"""Bringing a gallery over to another network, from the crops that were kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.errors import GalleryError
from mien.gallery import crops
from mien.gallery.records import ModelId
from mien.gallery.store import Store
from mien.models.embedding import embedding_stage
from mien.models.session import Threads
from mien.pipeline import Stage


@dataclass(frozen=True, kw_only=True)
class ReEmbedded:
    """What was done.

    Attributes:
        model: that the templates are of now.
        templates: how many.
        dropped: templates without a crop that were removed.
    """

    model: ModelId
    templates: int
    dropped: int

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


def re_embed(
    store: Store,
    embedding: str,
    *,
    drop: bool = False,
    threads: Threads | None = None,
    progress: Callable[[], None] | None = None,
) -> ReEmbedded:
    """Replaces every template's vector by another network's, all in one step.

    Args:
        store: of the gallery.
        embedding: name of the network.
        drop: removes templates without a crop; else these are an error.
        threads: of the network.
        progress: called after each template.

    Raises:
        UnknownNameError: there is no such network.
        GalleryError: templates without a crop are there and `drop` is not set; nothing was changed.
    """
    stage = embedding_stage(embedding, threads)
    model = ModelId.of(embedding)
    vectors: dict[int, NDArray[np.float32]] = {}
    without: set[int] = set()
    _read(store, store.template_numbers(), stage, vectors, without, progress)
    with store.database.writing():
        numbers = store.template_numbers()
        # Those that were enrolled meanwhile, by others.
        _read(store, [n for n in numbers if n not in vectors and n not in without], stage, vectors, without, progress)
        dropped = [number for number in numbers if number in without]
        if dropped and not drop:
            raise GalleryError(
                f"{len(dropped):,} of {len(numbers):,} templates in {store.database.place} have no crop to embed anew; "
                "drop these with --drop and enrol their photos again, or enrol all into a new gallery"
            )
        store.remove_templates(dropped)
        kept = {number: vectors[number] for number in numbers if number in vectors}
        store.replace_vectors(kept, model)
    store.database.erase()  # of the templates that were dropped
    return ReEmbedded(model=model, templates=len(kept), dropped=len(dropped))


def _read(
    store: Store,
    numbers: Sequence[int],
    stage: Stage,
    vectors: dict[int, NDArray[np.float32]],
    without: set[int],
    progress: Callable[[], None] | None,
) -> None:
    for number in numbers:
        crop = store.crop(number)
        if crop is None:
            without.add(number)
        else:
            vectors[number] = crops.embed(crop, stage)
        if progress is not None:
            progress()
