"""What the cards of the published networks say alike, and how their figures are taken."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from torch import nn

from mien import __version__
from mien.evaluate.classification import Classification
from mien.evaluate.manifest import read_manifest
from mien.evaluate.picture import draw_confusion
from mien.evaluate.report import Section, rounded
from mien.evaluate.runner import run as run_over
from mien.evaluate.tasks import evaluate
from mien.media.atomic import make_folder, write_bytes
from mien.media.images import read_image
from mien.models.card import ModelCard, Packaged
from mien.models.session import Session
from mien.pipeline import Detect, Stage, check_stages, run_stages
from mien.preprocess.preparation import Preparation
from mien.quality import Quality
from mien.train.file_facts import latency_of
from mien.train.layer_table import parameters
from mien.train.measure import Measured, measured
from mien.train.paper_crops import face_finder
from mien.train.recipe import LICENCE
from mien.train.recipes import Run

_BATCH: Final = 64  # faces a run


def published_facts(
    onnx: Path, network: nn.Module, preparation: Preparation, inputs: Mapping[str, NDArray[np.float32]]
) -> dict[str, Any]:
    """The file and its speed, where it comes from, terms and input.

    Args:
        onnx: the file.
        network: that it holds.
        preparation: of its pictures.
        inputs: of one face.
    """
    content = onnx.read_bytes()
    return {
        "version": __version__,
        "file": onnx.name,
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "sources": (Packaged(file=onnx.name),),
        "licence": LICENCE,
        "parameters": parameters(network),
        "latency": latency_of(Session(onnx), inputs),
        "input": preparation.to_input(),
    }


def file_answers(session: Session, inputs: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    """Every output for any number of faces.

    Args:
        session: of the file.
        inputs: name → one row a face, at least one.
    """
    count = len(next(iter(inputs.values())))
    parts = [
        session.run({name: values[start : start + _BATCH] for name, values in inputs.items()})
        for start in range(0, count, _BATCH)
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def measured_in_use(
    run: Run,
    task: str,
    file: Path,
    split: str,
    stages: Sequence[Stage],
    *,
    face: str,
    title: str,
    wanted: Sequence[str],
    renamed: Mapping[str, str] | None = None,
) -> Measured:
    """What a card says of one set, taken from the stored images on, through detector and stages.

    Args:
        run: of the recipe.
        task: a key of `mien.evaluate.tasks.TASKS`.
        file: of the set.
        split: of the set.
        stages: behind the detector.
        face: how faces are found, out of `mien.train.paper_crops.FACES`.
        title: what to call the set and way.
        wanted: its columns of labels.
        renamed: column → its name in this file.
    """
    chain = check_stages([Detect(face_finder(face)), Quality(), *stages])
    manifest = read_manifest(file, wanted=wanted, renamed=renamed, split=split)
    bar = run.bar(f"measuring on {title}")
    results = run_over(
        manifest,
        lambda source: run_stages(chain, read_image(source)),
        crops=True,
        progress=lambda done: bar(done, len(manifest)),
    )
    write_evaluation(run.out, title, evaluate(task, manifest, results, crops=True))
    return measured(task, manifest, results, title)


def write_evaluation(folder: Path, title: str, sections: Iterable[Section]) -> None:
    """Write every figure as JSON, and a picture of each confusion matrix, into the folder `evaluation` of a run.

    Args:
        folder: of the run.
        title: what was measured on, of which the files' names are made.
        sections: the figures, such as those of a report.
    """
    target = folder / "evaluation"
    make_folder(target)
    name = re.sub(r"\W+", "-", title).strip("-").lower()
    told = list(sections)
    figures = {section.name: rounded(dataclasses.asdict(section)) for section in told}  # type: ignore[call-overload]
    write_bytes(target / f"{name}.json", (json.dumps({"data": title, **figures}, indent=1) + "\n").encode())
    for section in told:
        if isinstance(section, Classification):
            draw_confusion(section, target / f"{name}-{section.name}.png", data=title)


def write_card(card: ModelCard, folder: Path) -> Path:
    """Write the card into a run's folder, as `NAME.json`."""
    path = folder / f"{card.name}.json"
    write_bytes(path, card.to_json().encode())
    return path
