"""What an ONNX file says of packed validation crops."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.models.session import Session
from mien.train.crops import plain_views
from mien.train.pack import Pack

_BATCH: Final = 64  # crops a run; thousands at once would take gigabytes


def file_outputs(session: Session, pack: Pack, rows: NDArray[np.intp], size: int) -> dict[str, NDArray[np.float32]]:
    """Every output for some crops, as in use: without margin, and grey crops as colour with three equal channels.

    Args:
        session: of the file, with the input `crops`.
        pack: of the set.
        rows: of the pack, at least one.
        size: side of the network's input in pixels.

    Returns:
        Output → (len(rows), …).
    """
    parts: dict[str, list[NDArray[np.float32]]] = {}
    for start in range(0, len(rows), _BATCH):
        crops = plain_views(pack, rows[start : start + _BATCH], size)
        crops = np.broadcast_to(crops, (*crops.shape[:3], 3))
        for name, values in session.run({"crops": np.ascontiguousarray(crops)}).items():
            parts.setdefault(name, []).append(values)
    return {name: np.concatenate(values) for name, values in parts.items()}
