"""What the recipe `embedding` is measured by: the teacher's answers on held-back faces, and LAG's pairs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from mien.evaluate import runner
from mien.evaluate.figure import Figure
from mien.evaluate.pairs import Pairs, read_pairs
from mien.evaluate.roc import auc, roc
from mien.evaluate.runner import Outcome
from mien.evaluate.verification import Verification
from mien.evaluate.verify import evaluate_pairs
from mien.faces import Faces
from mien.media.images import read_image
from mien.models import registry
from mien.models.card import Metric, ModelCard
from mien.models.embedding import Embedding, SFaceEmbedding
from mien.models.session import Session
from mien.pipeline import Detect, Stage, check_stages, run_stages
from mien.train.crops import plain_views
from mien.train.embedding_network import embed
from mien.train.labels import columns
from mien.train.pack import Pack
from mien.train.recipe import crop_detector
from mien.train.recipes import Run
from mien.train.sface_teacher import SIDE, Teacher


@dataclass(frozen=True, kw_only=True)
class HeldBack:
    """What the network is measured on after every epoch: faces with the teacher's answer, and LAG's pairs.

    Attributes:
        rows: set → rows of its validation split.
        crops: (n, 112, 112, 3) faces of those, set after set.
        teacher: (n, 128) what SFace says of them.
        lag: (m, 112, 112, 3) LAG's faces.
        pairs: (k, 2) indices in `lag`.
        same: (k,) bool.
    """

    rows: Mapping[str, NDArray[np.intp]]
    crops: NDArray[np.uint8]
    teacher: NDArray[np.float32]
    lag: NDArray[np.uint8]
    pairs: NDArray[np.intp]
    same: NDArray[np.bool_]

    def figures(self, network: nn.Module) -> dict[str, float]:
        """Mean cosine to the teacher, and the area under the ROC curve of LAG's pairs."""
        faces, lag = embed(network, self.crops), embed(network, self.lag)
        similarities = (lag[self.pairs[:, 0]] * lag[self.pairs[:, 1]]).sum(1)
        return {
            "val_cosine": float((faces * self.teacher).sum(1).mean()),
            "lag_auc": float(auc(roc(similarities, self.same))),
        }


def held_back(run: Run, packs: Mapping[str, Pack], teacher: Teacher) -> HeldBack:
    """The validation splits of UTKFace and FairFace, and LAG."""
    rows = {}
    for name in ("utkface", "fairface"):
        split = np.array(columns(run.data / f"{name}.parquet", ("split",))["split"])
        rows[name] = np.flatnonzero((split == "val") & packs[name].readable)
    faces = np.concatenate([plain_views(packs[name], own, SIDE) for name, own in rows.items()])
    known = columns(run.data / "lag.parquet", ("path", "identity", "group"))  # all that is read of it later
    place = {path: row for row, path in enumerate(known["path"])}
    pairs = read_pairs(run.data / "lag_pairs.csv", manifest=run.data / "lag.parquet")
    seen = np.array([place[name] for name in pairs.names])
    return HeldBack(
        rows=rows,
        crops=faces,
        teacher=np.stack([teacher.look(crop)[0] for crop in faces]),
        lag=plain_views(packs["lag"], seen, SIDE),
        pairs=np.stack([pairs.a, pairs.b], axis=1),
        same=pairs.same,
    )


def mean_interval(values: NDArray[Any]) -> tuple[float, float]:
    """95 % confidence interval of a mean."""
    figure = Figure.mean(values)
    assert figure.low is not None
    assert figure.high is not None
    return round(figure.low, 4), round(figure.high, 4)


def verification(run: Run, onnx: Path, card: ModelCard) -> Iterator[Metric]:
    """LAG's pairs end to end, with the new network and with its teacher."""
    pairs = read_pairs(run.data / "lag_pairs.csv", manifest=run.data / "lag.parquet")
    stages: dict[str, Stage] = {
        "embedding": Embedding(Session(onnx), card),
        "sface": SFaceEmbedding(registry.session("sface")),
    }
    for name, stage in stages.items():
        report = evaluate_pairs(pairs, _outcomes(run, pairs, stage, name), model=name, crops=True)
        (section,) = report.sections
        assert isinstance(section, Verification)
        figures = {"auc": section.auc, "eer": section.eer} | {
            f"tar_at_fmr_{t.fmr:g}": t.tar for t in section.tar_at_fmr
        }
        for kind, figure in figures.items():
            if figure.value is not None and figure.low is not None and figure.high is not None:
                yield Metric(
                    name=kind if name == "embedding" else f"sface_{kind}",
                    of="embedding",
                    data="LAG pairs, young against adult",
                    value=round(figure.value, 4),
                    interval=(round(figure.low, 4), round(figure.high, 4)),
                    n=section.n,
                )


def _outcomes(run: Run, pairs: Pairs, stage: Stage, name: str) -> list[Outcome]:
    stages = check_stages([Detect(crop_detector()), stage])

    def predict(source: Path | bytes) -> Faces:
        return run_stages(stages, read_image(source))

    bar = run.bar(f"measuring {name} on LAG")
    return runner.run(pairs, predict, crops=True, progress=lambda done: bar(done, len(pairs)))
