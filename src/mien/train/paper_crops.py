"""Pictures for the published networks: faces cut out in one of three ways, augmented, then prepared as published."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mien.errors import UnknownNameError
from mien.geometry.align import BOX_IN_HAAR_SQUARE, TEMPLATES
from mien.models import detectors
from mien.models.cropped import CANVAS_PX, CROP_SCORE_THRESHOLD, PADDING, CroppedFaceDetector
from mien.models.detectors import Detector
from mien.models.session import Threads
from mien.preprocess.preparation import TEMPLATE, Preparation
from mien.train.augment import Augmentation, augment
from mien.train.crops import plain_views
from mien.train.pack import Pack, pack
from mien.train.recipe import note_unusable
from mien.train.recipes import Run
from mien.train.whole_picture import WholePicture

WHOLE: Final = "whole"
FACES: Final = (WHOLE, "haar", "yunet")
"""How a face is cut out: the picture as it is, the cascade's square, or aligned by YuNet's keypoints."""
MARGIN_SHARE: Final = 0.125
"""Of the side: pixels around the template that augmentation may shift into the picture."""
PUBLISHED: Final = Augmentation(
    turn_deg=5.0, zoom=0.05, shift=0.03, shrink=0, blur=0, jpeg=0, light=0, colour=0, grey=0, noise=0, erase=0
)
"""Mirrored, turned, scaled and shifted a little, and nothing else: what the frameworks of the paper's time offered."""


def check_face(face: str) -> None:
    """Makes sure that there is such a way of cutting a face out.

    Raises:
        UnknownNameError: there is not.
    """
    if face not in FACES:
        raise UnknownNameError("face", face, FACES)


def face_finder(face: str) -> Detector:
    """What finds exactly one face in each of a data set's pictures; where a detector finds none, the whole is taken."""
    if face == WHOLE:
        return WholePicture()
    found = detectors.load(face, long_side=CANVAS_PX, threads=Threads(), score_threshold=CROP_SCORE_THRESHOLD)
    return CroppedFaceDetector(found, whole=BOX_IN_HAAR_SQUARE)


def cut_out(run: Run, file: Path, face: str, preparation: Preparation) -> Pack:
    """The squares of a set with a margin, and a note of the images that cannot be used as they should."""
    name = (
        face if face == WHOLE else f"{detectors.card(face).sha256} {CROP_SCORE_THRESHOLD} {PADDING} {CANVAS_PX} square"
    )
    crops = pack(
        file,
        run.packs,
        detector=face_finder(face),
        found_by=name,
        template=TEMPLATES[TEMPLATE].resized(preparation.size),
        margin=margin(preparation.size),
        grey=not preparation.colour,
        progress=run.bar(f"cutting faces out of {file.stem}, {face}"),
    )
    note_unusable(run, file, crops)
    return crops


def margin(size: int) -> int:
    """Pixels around a picture of that size."""
    return round(size * MARGIN_SHARE)


class PaperCrops:
    """Training pictures of one set.

    Args:
        pack: of the set.
        preparation: of the pictures.
    """

    def __init__(self, pack: Pack, preparation: Preparation) -> None:
        self._pack, self._preparation = pack, preparation

    def random_views(
        self, rows: NDArray[np.intp], strengths: Augmentation, random: np.random.Generator, *, mirrored: Any = None
    ) -> Tensor:
        """Augmented network input (len(rows), channels, size, size).

        Args:
            rows: of the pack.
            strengths: of the augmentation.
            random: source of every choice.
            mirrored: (len(rows),) bool, which to mirror beforehand; None for none.
        """
        views = []
        for place, row in enumerate(rows.tolist()):
            crop = np.asarray(self._pack.crops[row])
            if mirrored is not None and mirrored[place]:
                crop = np.ascontiguousarray(crop[:, ::-1])
            views.append(augment(crop, self._preparation.size, strengths, random))
        return as_tensor(self._preparation.crops(np.stack(views)))

    def plain(self, rows: NDArray[np.intp]) -> NDArray[np.float32]:
        """The pictures as in use: (len(rows), size, size, channels)."""
        return self._preparation.crops(plain_views(self._pack, rows, self._preparation.size))


def as_tensor(pictures: NDArray[np.float32]) -> Tensor:
    """(n, h, w, channels) as PyTorch has it: (n, channels, h, w)."""
    return torch.from_numpy(np.ascontiguousarray(pictures.transpose(0, 3, 1, 2)))
