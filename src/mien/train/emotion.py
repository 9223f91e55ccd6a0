"""Recipe `emotion`: perceived expression in seven classes, from FER+ and RAF-DB.

FER+'s ten annotators' votes are soft labels (Barsoum et al. 2016, "Training deep networks for facial expression
recognition with crowd-sourced label distribution", their cross-entropy loss); RAF-DB's are hard ones with label
smoothing. Crops are grey: FER+ has no colour, and colour tells little of an expression.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mien.geometry.align import TEMPLATES
from mien.media.atomic import write_bytes
from mien.models.card import ModelCard, TrainingData
from mien.train.augment import Augmentation
from mien.train.crops import Crops, predict
from mien.train.emotion_card import completed
from mien.train.export import export
from mien.train.foundation import begin_with, load_foundation
from mien.train.labels import columns, indices
from mien.train.loop import Batch, Schedule
from mien.train.losses import soft_cross_entropy
from mien.train.network import FaceNetwork, parameters
from mien.train.pack import Pack
from mien.train.phases import Phased, trained
from mien.train.recipe import aligned, card_facts, crop_detector, identity
from mien.train.recipes import Run
from mien.vocabulary import EMOTIONS

TEMPLATE: Final = "face"
MARGIN: Final = 12
HEADS: Final = ("emotion",)

_VOTES = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
"""FER+'s words in the order of `EMOTIONS`."""
_OTHER_VOTES = ("contempt", "unknown", "NF")


@dataclass(frozen=True, kw_only=True)
class Config(Phased):
    """Everything that can be changed about the recipe."""

    size: int = 96
    stem: int = 32
    stages: tuple[tuple[int, int], ...] = ((64, 2), (128, 2), (256, 1))
    dropout: float = 0.3
    foundation: str = ""
    """Folder of a training of the same stem and stages, as of `mien train embedding`, or its ONNX file: whose trunk
    this begins with."""
    smoothing: float = 0.1
    """Of RAF-DB's hard labels."""
    balance: float = 0.35
    """Rarer expressions are drawn more often: weight = share ** −balance."""
    augmentation: Augmentation = field(default_factory=lambda: Augmentation(zoom=0.1, erase=0.25))
    schedule: Schedule = field(default_factory=lambda: Schedule(epochs=8, learning_rate=1.5e-3))
    finish: Schedule = field(default_factory=lambda: Schedule(epochs=2, learning_rate=5e-4, warmup=0.2, seed=2))
    fold: Schedule = field(default_factory=lambda: Schedule(epochs=3, learning_rate=8e-4, warmup=0.2, seed=3))


@dataclass(frozen=True, kw_only=True)
class Labels:
    """What is known of every image.

    Attributes:
        target: (n, 7) probabilities over `EMOTIONS`; rows of zeros where none of the seven is meant.
        majority: (n,) index in `EMOTIONS` of the label to be measured against, −1 where there is none or a tie.
        train: (n,) bool; trained on.
        validation: (n,) bool; calibrated and measured on.
    """

    target: NDArray[np.float32]
    majority: NDArray[np.int64]
    train: NDArray[np.bool_]
    validation: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.target)


def ferplus_labels(parquet: Path) -> Labels:
    """FER+'s votes as probabilities, single votes taken as noise; PublicTest is the validation set.

    Images that most annotators found to be no face, unknown or contempt are not trained on.
    """
    rows = columns(parquet, (*(f"fp_{word}" for word in (*_VOTES, *_OTHER_VOTES)), "usage"))
    votes = np.stack([np.array(rows[f"fp_{word}"], np.float32) for word in (*_VOTES, *_OTHER_VOTES)], axis=1)
    best = votes.argmax(1)
    ours = best < len(EMOTIONS)
    tied = (votes == votes.max(1, keepdims=True)).sum(1) > 1
    kept = np.where(votes[:, : len(EMOTIONS)] > 1, votes[:, : len(EMOTIONS)], 0)
    kept[~ours] = 0
    total = kept.sum(1, keepdims=True)
    target = np.divide(kept, total, out=np.zeros_like(kept), where=total > 0)
    return Labels(
        target=target,
        majority=np.where(ours & ~tied, best, -1),
        train=np.array(rows["usage"]) == "Training",
        validation=np.array(rows["usage"]) == "PublicTest",
    )


def rafdb_labels(parquet: Path, smoothing: float) -> Labels:
    """RAF-DB's single labels, smoothed."""
    rows = columns(parquet, ("emotion", "split"))
    label = indices(rows["emotion"], {name: i for i, name in enumerate(EMOTIONS)})
    target = np.eye(len(EMOTIONS), dtype=np.float32)[label] * (1 - smoothing) + smoothing / len(EMOTIONS)
    target[label < 0] = 0
    split = np.array(rows["split"])
    return Labels(target=target.astype(np.float32), majority=label, train=split == "train", validation=split == "val")


class Data:
    """Crops and labels of several sets as one."""

    def __init__(self, packs: Sequence[Pack], labels: Sequence[Labels], config: Config) -> None:
        self._crops, self._balance = Crops(packs, config.size), config.balance
        self._target = np.concatenate([one.target for one in labels])
        self._set = np.repeat(np.arange(len(labels)), [len(one) for one in labels])
        usable = np.concatenate([one.train & pack.readable for one, pack in zip(labels, packs, strict=True)])
        self.rows = np.flatnonzero(usable & (self._target.sum(1) > 0))

    def count(self, which: int) -> int:
        """Training images of one set."""
        return int((self._set[self.rows] == which).sum())

    def weights(self) -> NDArray[np.float64]:
        """How often each training image is drawn: rarer expressions of its set more often."""
        label = self._target[self.rows].argmax(1) + len(EMOTIONS) * self._set[self.rows]
        share = np.bincount(label) / np.bincount(self._set[self.rows])[np.arange(label.max() + 1) // len(EMOTIONS)]
        return np.asarray(share[label] ** -self._balance, np.float64)

    def make_batch(self, drawn: NDArray[np.intp], random: np.random.Generator, strengths: Augmentation) -> Batch:
        """Augmented crops and their soft labels."""
        rows = self.rows[drawn]
        return {
            "crops": self._crops.random_views(rows, strengths, random),
            "target": torch.from_numpy(self._target[rows]),
        }

    def mirrored_mean(self, network: nn.Module) -> dict[str, NDArray[np.float32]]:
        """Probabilities averaged over each training image and its mirror image."""
        return self._crops.mirrored_mean(network, self.rows)


def build(config: Config, foundation: dict[str, Tensor] | None = None) -> FaceNetwork:
    """The untrained network, with the foundation's trunk where there is one."""
    network = FaceNetwork(
        channels=1,
        stem=config.stem,
        stages=config.stages,
        heads={"emotion": len(EMOTIONS)},
        dropout=config.dropout,
    )
    if foundation is not None:
        begin_with(network.trunk, foundation)
    return network


def loss(outputs: dict[str, Tensor], batch: Batch) -> tuple[Tensor, dict[str, float]]:
    """Cross entropy with the annotators' shares."""
    return soft_cross_entropy(outputs["emotion"], batch["target"]), {}


def validate(network: nn.Module, pack: Pack, labels: Labels, config: Config, *, prefix: str) -> dict[str, float]:
    """Figures on the images of a set that are not trained on, from the packed crops."""
    rows = np.flatnonzero(labels.validation & pack.readable & (labels.majority >= 0))
    right = predict(network, pack, rows, config.size)["emotion"].argmax(1) == labels.majority[rows]
    recalls = [right[labels.majority[rows] == label].mean() for label in np.unique(labels.majority[rows])]
    return {f"{prefix}_accuracy": float(right.mean()), f"{prefix}_macro_recall": float(np.mean(recalls))}


def run(run: Run, config: Config) -> Path:
    """Train, export, measure; the card's path."""
    foundation = load_foundation(Path(config.foundation)) if config.foundation else None
    build(config, foundation)  # settings that make no network are told before hours are spent
    files = {name: run.data / f"{name}.parquet" for name in ("ferplus", "rafdb")}
    labels = {"ferplus": ferplus_labels(files["ferplus"]), "rafdb": rafdb_labels(files["rafdb"], config.smoothing)}
    detector = crop_detector()
    packs = {
        name: aligned(run, file, detector, template=TEMPLATES[TEMPLATE].resized(config.size), margin=MARGIN, grey=True)
        for name, file in files.items()
    }
    data = Data([*packs.values()], [*labels.values()], config)

    def validate_all(network: nn.Module) -> dict[str, float]:
        figures: dict[str, float] = {}
        for name in files:
            figures |= validate(network, packs[name], labels[name], config, prefix=name)
        return figures

    network = trained(
        run,
        config.phases,
        identity=identity("emotion", config, packs, foundation=foundation),
        build=lambda: build(config, foundation),
        data=data,
        heads=HEADS,
        loss=loss,
        validate=validate_all,
        title=f"emotion, {len(data.rows):,} images",
    )
    onnx = run.out / "emotion.onnx"
    difference = export(network, onnx, heads=HEADS, size=config.size, grey=True, half=True)
    epochs = sum(phase.schedule.epochs for phase in config.phases)
    card = ModelCard(
        name="emotion",
        task="emotion",
        **card_facts(onnx, template=TEMPLATE, size=config.size),
        reference="mien train emotion; residual network after He et al. 2016, soft labels after Barsoum et al. 2016",
        description=(
            f"Perceived expression in seven classes, from grey; {parameters(network) / 1e6:.2f} M parameters, "
            f"{epochs} epochs, largest difference of the file to PyTorch {difference:.1g}."
        ),
        limits=(
            "What an expression looks like to annotators, not what somebody feels. Disgust and fear are rare in the "
            "data and the least reliable; contempt is not among the classes. Never for decisions about a person."
        ),
        outputs={"emotion": "probabilities: " + ", ".join(EMOTIONS)},
        training_data=(
            TrainingData(
                name="FER+, Training part",
                images=data.count(0),
                terms="labels MIT, images (FER2013) for research",
            ),
            TrainingData(name="RAF-DB, training part", images=data.count(1), terms="non-commercial research"),
        ),
    )
    card = completed(run, card, onnx, packs=packs, labels=labels, size=config.size, detector=detector)
    path = run.out / "emotion.json"
    write_bytes(path, card.to_json().encode())
    return path
