"""Recipe `facenet`: the lesson's embedding of 512 numbers, by triplets of anchor, positive and negative.

Schroff et al. (2015), "FaceNet: a unified embedding for face recognition and clustering": two photos of one person
shall be nearer, by squared distance of embeddings of length 1, than photos of any two people, by a margin of 0.2; the
negatives are semi-hard. The recipe `identity` does all of it; the embedding begins as Mien's own, turned into more
dimensions. `mien.identity.similarity.distances` gives the distance of two faces.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mien.train import identity
from mien.train.recipes import Run


@dataclass(frozen=True, kw_only=True)
class Config(identity.Config):
    """As of `identity`, with the lesson's dimensions."""

    dimensions: int = 512


def run(run: Run, config: Config) -> Path:
    """Train, export, measure; the card's path."""
    return identity.run(run, config)
