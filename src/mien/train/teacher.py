"""SFace's embeddings of every image of a set, as targets for distillation."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.models.session import Session
from mien.models.sface import embed_crops
from mien.train.pack import Pack, Progress

DIMENSIONS: Final = 128
_BATCH = 64
_WORKERS = 2


def embeddings(pack: Pack, session: Session, *, progress: Progress = lambda done, total: None) -> NDArray[np.float32]:
    """Unit embeddings of all crops, made once and kept in the pack's folder.

    Args:
        pack: crops in the template `arcface`, without margin, RGB.
        session: SFace's network.
        progress: called with images done and images in all.

    Returns:
        (n, 128) float32, L2 norm 1.
    """
    path = pack.folder / "sface.npy"
    if path.exists():
        return np.asarray(np.load(path), np.float32)
    total = len(pack.crops)

    def embed(start: int) -> NDArray[np.float32]:
        return embed_crops(session, np.asarray(pack.crops[start : start + _BATCH]))

    parts = []
    with ThreadPoolExecutor(_WORKERS) as pool:
        for part in pool.map(embed, range(0, total, _BATCH)):
            parts.append(part)
            progress(min(len(parts) * _BATCH, total), total)
    unit = np.concatenate(parts)
    unfinished = path.with_suffix(".part.npy")
    np.save(unfinished, unit)
    unfinished.replace(path)
    return unit
