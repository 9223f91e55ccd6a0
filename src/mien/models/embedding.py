"""Embeddings of aligned faces: vectors whose cosine tells whether two faces are one person.

The network that `mien train embedding` makes is a small one taught by SFace (`mien.models.sface`), which can be chosen
by name in its place. Embeddings of one network mean nothing to the other.

Input: `crops` (n, 112, 112, 3) uint8 RGB in the template `arcface`; scaling is part of the graph.
Output: `embedding` (n, 128) of any length; here it is brought to length 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.errors import InputError, ModelError, UnknownNameError
from mien.faces import Faces
from mien.geometry.align import align
from mien.models import registry, sface
from mien.models.card import ModelCard
from mien.models.crop_template import crop_template
from mien.models.session import Session, Threads

if TYPE_CHECKING:
    from mien.pipeline import Stage

NAME: Final = "embedding"
NAMES: Final = (NAME, sface.CARD.name)
"""The networks to choose from, the default first."""
DIMENSIONS: Final = 128


class Embedding:
    """The pipeline's stage.

    Args:
        session: the network.
        card: its card; `input.template` names the template, and `calibration` may hold the table of
            `mien.models.thresholds`.

    Raises:
        ModelError: the card names an unknown template.
    """

    requires: Final = frozenset({"keypoints"})
    provides: Final = frozenset({"embedding"})

    def __init__(self, session: Session, card: ModelCard) -> None:
        self._session = session
        self._name = card.name
        self._template = crop_template(card)

    def __call__(self, image: NDArray[np.uint8], faces: Faces) -> Faces:
        """The faces with their embedding; one run for all of them, none for nobody.

        Raises:
            ModelError: the network gives no `DIMENSIONS` numbers a face, or none that have a direction.
        """
        if len(faces) == 0:
            return faces.replace(embedding=np.empty((0, DIMENSIONS)))
        assert faces.keypoints is not None  # the pipeline checks `requires` when it is built
        out = self._session.run({"crops": align(image, faces.keypoints, self._template)})["embedding"]
        if out.shape != (len(faces), DIMENSIONS):
            raise ModelError(
                f"model {self._name} gave embeddings {out.shape} for {len(faces)} faces, wanted "
                f"({len(faces)}, {DIMENSIONS}); run `mien models verify`"
            )
        return faces.replace(embedding=self._normalised(out))

    def _normalised(self, embeddings: NDArray[Any]) -> NDArray[np.float32]:
        lengths = np.linalg.norm(embeddings, axis=1, keepdims=True)
        if not ((lengths > 0) & np.isfinite(lengths)).all():
            raise ModelError(
                f"model {self._name} gave an embedding of zeros, NaN or infinity; run `mien models verify`"
            )
        return np.asarray(embeddings / lengths, np.float32)


class SFaceEmbedding:
    """The pipeline's stage with SFace: slower and larger, and what the default was taught by.

    Args:
        session: the network of `mien.models.sface.CARD`.
    """

    requires: Final = frozenset({"keypoints"})
    provides: Final = frozenset({"embedding"})

    def __init__(self, session: Session) -> None:
        self._session = session

    def __call__(self, image: NDArray[np.uint8], faces: Faces) -> Faces:
        """The faces with their embedding; one run for each, as the network's input is fixed to one face."""
        if len(faces) == 0:
            return faces.replace(embedding=np.empty((0, sface.DIMENSIONS)))
        assert faces.keypoints is not None  # the pipeline checks `requires` when it is built
        return faces.replace(embedding=sface.embed(self._session, image, faces.keypoints))


def check_name(name: str) -> None:
    """Refuse what is not one of `NAMES`.

    Raises:
        InputError: it is no text.
        UnknownNameError: there is no such embedding; the nearest names are suggested.
    """
    if not isinstance(name, str):
        raise InputError(f"embedding must be a name, got {name!r}; known: {', '.join(NAMES)}")
    if name not in NAMES:
        raise UnknownNameError("embedding", name, NAMES)


def embedding_stage(name: str, threads: Threads | None = None) -> Stage:
    """The stage of that name, its network found, verified and loaded.

    Args:
        name: one of `NAMES`.
        threads: explicit thread counts.

    Raises:
        InputError: `name` is no text.
        UnknownNameError: there is no such embedding.
        ModelError: the network's file is missing, wrong or cannot be fetched.
    """
    check_name(name)
    session = registry.session(name, threads)
    return SFaceEmbedding(session) if name == sface.CARD.name else Embedding(session, registry.card(name))
