"""What all recipes share: aligned crops, what a result depends on, and what a card says of the file."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from mien import __version__
from mien.geometry.align import Template
from mien.models import detectors
from mien.models.card import Packaged
from mien.models.cropped import CANVAS_PX, CROP_SCORE_THRESHOLD, PADDING, CroppedFaceDetector
from mien.models.session import Session, Threads
from mien.train.file_facts import latency, stored_parameters
from mien.train.foundation import digest
from mien.train.pack import Pack, pack
from mien.train.phases import Phased
from mien.train.recipes import Run

_DETECTOR = "yunet"
LICENCE = "MIT; from data for non-commercial research"


def crop_detector() -> CroppedFaceDetector:
    """The detector that cuts data sets' faces, the one that is used on them later."""
    return CroppedFaceDetector(
        detectors.load(_DETECTOR, long_side=CANVAS_PX, threads=Threads(), score_threshold=CROP_SCORE_THRESHOLD)
    )


def aligned(
    run: Run, file: Path, detector: CroppedFaceDetector, *, template: Template, margin: int, grey: bool
) -> Pack:
    """Crops of a set, with a note of the images that could not be used as they should."""
    crops = pack(
        file,
        run.packs,
        detector=detector,
        found_by=f"{detectors.card(_DETECTOR).sha256} {CROP_SCORE_THRESHOLD} {PADDING} {CANVAS_PX}",
        template=template,
        margin=margin,
        grey=grey,
        progress=run.bar(f"aligning {file.stem} to {template.name}"),
    )
    note_unusable(run, file, crops)
    return crops


def note_unusable(run: Run, file: Path, crops: Pack) -> None:
    """Tell of the images of a set that cannot be decoded, and of those in which no face was found."""
    broken = np.flatnonzero(~crops.readable)
    if len(broken):
        rows = ", ".join(map(str, broken[:5])) + (", …" if len(broken) > 5 else "")
        run.note(f"{file.name}: {len(broken)} images cannot be decoded and are left out: rows {rows}")
    whole = int((crops.readable & ~crops.found).sum())
    run.note(f"{file.name}: no face found in {whole} of {len(crops.found)} images; those are taken whole")


def identity(
    recipe: str, config: Phased, packs: Mapping[str, Pack], *, foundation: dict[str, Tensor] | None
) -> dict[str, object]:
    """What the result of a recipe depends on beside its phases: its settings and its data.

    Args:
        recipe: its name.
        config: its settings.
        packs: its sets, whose folders' names tell their content.
        foundation: the weights that its trunk begins with, which count in place of where they lie.
    """
    phased = {setting.name for setting in dataclasses.fields(Phased)}
    settings = {name: value for name, value in dataclasses.asdict(config).items() if name not in phased}
    settings["foundation"] = digest(foundation) if foundation is not None else ""
    return {"recipe": recipe, **settings, "packs": [pack.folder.name for pack in packs.values()]}


def card_facts(onnx: Path, *, template: str, size: int) -> dict[str, Any]:
    """What the cards of all our networks say alike: the file and its speed, where it comes from, terms and input."""
    content = onnx.read_bytes()
    return {
        "version": __version__,
        "file": onnx.name,
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "sources": (Packaged(file=onnx.name),),
        "licence": LICENCE,
        "parameters": stored_parameters(onnx),
        "latency": latency(Session(onnx), size),
        "input": {"name": "crops", "type": f"uint8 RGB, n x {size} x {size} x 3", "template": template, "size": size},
    }
