"""Recipe `demographics`: apparent age, gender and race from UTKFace and FairFace together.

Each image trains the heads that it has labels for. UTKFace gives exact ages and five race words, FairFace age ranges
and seven race words; one age head and one race head learn from both. SFace helps in three ways: the trunk can begin as
that of the embedding distilled from it (`foundation`), a fourth head, thrown away after training, predicts its
embedding of the same face (feature distillation, Romero et al. 2015, "FitNets"), and classifiers on its embeddings give
soft labels (`mien.train.probe`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from mien.geometry.align import TEMPLATES
from mien.media.atomic import write_bytes
from mien.models import registry
from mien.models.age import median_age
from mien.models.card import ModelCard, TrainingData
from mien.models.cropped import CroppedFaceDetector
from mien.models.session import Session
from mien.train.augment import Augmentation
from mien.train.crops import Crops, predict
from mien.train.demographics_card import completed
from mien.train.export import export
from mien.train.foundation import begin_with, load_foundation
from mien.train.labels import ages, columns, indices
from mien.train.loop import Batch, Schedule
from mien.train.losses import AGE_BINS, age_loss, grouped_cross_entropy, labelled_cross_entropy, soft_cross_entropy
from mien.train.network import FaceNetwork, parameters
from mien.train.pack import Pack, Progress
from mien.train.phases import Phased, is_finished, trained
from mien.train.probe import cross_fitted, together
from mien.train.recipe import aligned, card_facts, crop_detector, identity
from mien.train.recipes import Run
from mien.train.teacher import DIMENSIONS, embeddings
from mien.vocabulary import FAIRFACE_AGE_GROUPS, FAIRFACE_AGE_STARTS, GENDERS, RACE5_OF_RACE7, RACES, RACES5

TEMPLATE: Final = "head"
MARGIN: Final = 16
HEADS: Final = ("age", "gender", "race")

_RACE5 = {name: index for index, name in enumerate(RACES5)}
_RACE7 = {name: index for index, name in enumerate(RACES)}
_AGE_GROUPS = {name: index for index, name in enumerate(FAIRFACE_AGE_GROUPS)} | {"more than 70": 8}
_GENDER = {name: index for index, name in enumerate(GENDERS)}


@dataclass(frozen=True, kw_only=True)
class Config(Phased):
    """Everything that can be changed about the recipe."""

    size: int = 112
    stem: int = 32
    stages: tuple[tuple[int, int], ...] = ((64, 2), (128, 2), (256, 1))
    dropout: float = 0.2
    smoothing: float = 0.05
    foundation: str = ""
    """Folder of a training of the same stem and stages, as of `mien train embedding`, or its ONNX file: whose trunk
    this begins with."""
    teacher: float = 2.0
    """Weight of the distillation of SFace's embedding; 0 goes without SFace, and so without its soft labels."""
    probe: float = 0.0
    """Weight of the soft labels from SFace's embeddings; 0 goes without them."""
    balance: float = 0.35
    """Rarer age groups are drawn more often: weight = share ** −balance."""
    schedule: Schedule = field(default_factory=lambda: Schedule(epochs=24))
    finish: Schedule = field(default_factory=lambda: Schedule(epochs=5, learning_rate=5e-4, warmup=0.2, seed=2))
    fold: Schedule = field(default_factory=lambda: Schedule(epochs=5, learning_rate=8e-4, warmup=0.2, seed=3))


@dataclass(frozen=True, kw_only=True)
class Labels:
    """What is known of every image; −1 where it is not.

    Attributes:
        low, high: (n,) first and last whole year of the age; equal where it is exact.
        gender: (n,) index in `GENDERS`.
        race5, race7: (n,) index in `RACES5` or `RACES`.
        train: (n,) bool; trained on.
        validation: (n,) bool; calibrated and measured on.
    """

    low: NDArray[np.int64]
    high: NDArray[np.int64]
    gender: NDArray[np.int64]
    race5: NDArray[np.int64]
    race7: NDArray[np.int64]
    train: NDArray[np.bool_]
    validation: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.low)


def utkface_labels(parquet: Path) -> Labels:
    """Labels of UTKFace's Parquet file."""
    rows = columns(parquet, ("age", "gender", "race", "split"))
    age = np.minimum(ages(rows["age"]), AGE_BINS - 1)
    return Labels(
        low=age,
        high=age,
        gender=indices(rows["gender"], _GENDER),
        race5=indices(rows["race"], _RACE5),
        race7=np.full(len(age), -1),
        train=np.array(rows["split"]) == "train",
        validation=np.array(rows["split"]) == "val",
    )


def fairface_labels(parquet: Path) -> Labels:
    """Labels of FairFace's Parquet file."""
    rows = columns(parquet, ("age_group", "gender", "race7", "split"))
    group = indices(rows["age_group"], _AGE_GROUPS)
    starts = np.array([*FAIRFACE_AGE_STARTS, AGE_BINS])
    return Labels(
        low=np.where(group < 0, -1, starts[group]),
        high=np.where(group < 0, -1, starts[group + 1] - 1),
        gender=indices(rows["gender"], _GENDER),
        race5=np.full(len(group), -1),
        race7=indices(rows["race7"], _RACE7),
        train=np.array(rows["split"]) == "train",
        validation=np.array(rows["split"]) == "val",
    )


class Data:
    """Crops, labels and teacher embeddings of several sets as one.

    Args:
        packs: crops of each set.
        labels: of each set.
        teacher: (n, 128) unit embeddings of all images in order, or None.
        config: for size, balance and probe.
    """

    def __init__(
        self, packs: Sequence[Pack], labels: Sequence[Labels], teacher: NDArray[np.float32] | None, config: Config
    ) -> None:
        self._crops = Crops(packs, config.size)
        self._teacher, self._balance = teacher, config.balance
        self._probe: dict[str, NDArray[np.float32]] = {}
        names = ("low", "high", "gender", "race5", "race7")
        self._labels = {name: np.concatenate([getattr(one, name) for one in labels]) for name in names}
        usable = np.concatenate([one.train & pack.readable for one, pack in zip(labels, packs, strict=True)])
        self.rows = np.flatnonzero(usable)

    def ask_probe(self, config: Config, progress: Progress) -> None:
        """Soft labels of the training images, from classifiers on the teacher's embeddings of the others."""
        assert self._teacher is not None

        def loss(logits: dict[str, Tensor], drawn: NDArray[np.intp]) -> Tensor:
            rows = self.rows[drawn]
            batch = {name: torch.from_numpy(values[rows]) for name, values in self._labels.items()}
            return sum(_labelled(logits, batch, smoothing=0.0).values(), torch.zeros(()))

        heads = {"age": AGE_BINS, "gender": len(GENDERS), "race": len(RACES)}
        self._probe = cross_fitted(self._teacher[self.rows], heads, loss, seed=config.schedule.seed, progress=progress)

    def weights(self) -> NDArray[np.float64]:
        """How often each training image is drawn: rarer age groups more often."""
        groups = np.searchsorted(FAIRFACE_AGE_STARTS, self._labels["low"][self.rows], side="right")
        share = np.bincount(groups) / len(groups)
        return np.asarray(share[groups] ** -self._balance, np.float64)

    def make_batch(self, drawn: NDArray[np.intp], random: np.random.Generator, strengths: Augmentation) -> Batch:
        """Augmented crops and their labels."""
        rows = self.rows[drawn]
        batch = {name: torch.from_numpy(values[rows]) for name, values in self._labels.items()}
        batch["crops"] = self._crops.random_views(rows, strengths, random)
        if self._teacher is not None:
            batch["teacher"] = torch.from_numpy(self._teacher[rows])
        return batch | {f"probe {head}": torch.from_numpy(soft[drawn]) for head, soft in self._probe.items()}

    def mirrored_mean(self, network: nn.Module) -> dict[str, NDArray[np.float32]]:
        """Probabilities averaged over each training image and its mirror image, and those with the probe's."""
        own = self._crops.mirrored_mean(network, self.rows)
        return together([{head: own[head] for head in self._probe}, self._probe]) if self._probe else own


def build(config: Config, foundation: dict[str, Tensor] | None = None) -> FaceNetwork:
    """The untrained network, with the foundation's trunk where there is one."""
    heads = {"age": AGE_BINS, "gender": len(GENDERS), "race": len(RACES)}
    if config.teacher > 0:
        heads["teacher"] = DIMENSIONS
    network = FaceNetwork(channels=3, stem=config.stem, stages=config.stages, heads=heads, dropout=config.dropout)
    if foundation is not None:
        begin_with(network.trunk, foundation)
    return network


def loss(outputs: dict[str, Tensor], batch: Batch, config: Config) -> tuple[Tensor, dict[str, float]]:
    """Sum of the heads' losses, and each of them."""
    parts = _labelled(outputs, batch, smoothing=config.smoothing)
    if "teacher" in batch:
        distance = 1 - functional.cosine_similarity(outputs["teacher"], batch["teacher"])
        parts["teacher"] = config.teacher * distance.mean()
    for head in HEADS:
        if f"probe {head}" in batch:
            parts[f"probe {head}"] = config.probe * soft_cross_entropy(outputs[head], batch[f"probe {head}"])
    return sum(parts.values(), torch.zeros(())), {name: part.item() for name, part in parts.items()}


def _labelled(outputs: dict[str, Tensor], batch: Batch, *, smoothing: float) -> dict[str, Tensor]:
    return {
        "age": age_loss(outputs["age"], batch["low"], batch["high"]),
        "gender": labelled_cross_entropy(outputs["gender"], batch["gender"], smoothing=smoothing),
        "race7": labelled_cross_entropy(outputs["race"], batch["race7"], smoothing=smoothing),
        "race5": grouped_cross_entropy(outputs["race"], batch["race5"], RACE5_OF_RACE7, smoothing=smoothing),
    }


def validate(network: nn.Module, pack: Pack, labels: Labels, config: Config, *, prefix: str) -> dict[str, float]:
    """Figures on the images of a set that are not trained on, from the packed crops."""
    labelled = (labels.low >= 0) & (labels.gender >= 0) & (np.maximum(labels.race5, labels.race7) >= 0)
    rows = np.flatnonzero(labels.validation & pack.readable & labelled)
    p = predict(network, pack, rows, config.size)
    age = median_age(p["age"])
    low, high = labels.low[rows], labels.high[rows]
    figures = {"gender": float((p["gender"].argmax(1) == labels.gender[rows]).mean())}
    if (low == high).all():
        membership = np.eye(len(RACES5))[list(RACE5_OF_RACE7)]
        figures["age_mae"] = float(np.abs(age - low).mean())
        figures["race"] = float(((p["race"] @ membership).argmax(1) == labels.race5[rows]).mean())
    else:
        figures["age_group"] = float(((age >= low) & (age < high + 1)).mean())
        figures["race"] = float((p["race"].argmax(1) == labels.race7[rows]).mean())
    return {f"{prefix}_{name}": value for name, value in figures.items()}


def run(run: Run, config: Config) -> Path:
    """Train, export, calibrate, measure; the card's path."""
    foundation = load_foundation(Path(config.foundation)) if config.foundation else None
    build(config, foundation)  # settings that make no network are told before hours are spent
    files = {name: run.data / f"{name}.parquet" for name in ("utkface", "fairface")}
    labels = {"utkface": utkface_labels(files["utkface"]), "fairface": fairface_labels(files["fairface"])}
    # Fetched before hours are spent, if it is not on this machine yet.
    session = registry.session("sface", progress=run.bar("fetching sface")) if config.teacher > 0 else None
    detector = crop_detector()
    packs = {
        name: aligned(run, file, detector, template=TEMPLATES[TEMPLATE].resized(config.size), margin=MARGIN, grey=False)
        for name, file in files.items()
    }
    teacher = None if session is None else _teacher(run, files, detector, session)
    data = Data([*packs.values()], [*labels.values()], teacher, config)
    if config.probe > 0 and teacher is not None and not is_finished(run, config.phases):
        data.ask_probe(config, run.bar("soft labels from SFace's embeddings"))

    def validate_all(network: nn.Module) -> dict[str, float]:
        figures: dict[str, float] = {}
        for name in files:
            figures |= validate(network, packs[name], labels[name], config, prefix=name)
        return figures

    network = trained(
        run,
        config.phases,
        identity=identity("demographics", config, packs, foundation=foundation),
        build=lambda: build(config, foundation),
        data=data,
        heads=HEADS,
        loss=partial(loss, config=config),
        validate=validate_all,
        title=f"demographics, {len(data.rows):,} images",
    )
    onnx = run.out / "demographics.onnx"
    difference = export(network, onnx, heads=HEADS, size=config.size, grey=False, half=True)
    epochs = sum(phase.schedule.epochs for phase in config.phases)
    card = ModelCard(
        name="demographics",
        task="demographics",
        **card_facts(onnx, template=TEMPLATE, size=config.size),
        reference="mien train demographics; residual network after He et al. 2016, age after Gao et al. 2018",
        description=(
            f"Apparent age as a distribution, gender and race of a face; {parameters(network) / 1e6:.2f} M parameters, "
            f"{epochs} epochs, largest difference of the file to PyTorch {difference:.1g}."
        ),
        limits=(
            "Estimates of appearance, not of who somebody is. Weaker on small, dark, turned or covered faces, on "
            "people over 70 and where a race label is a mixture. Never for decisions about a person."
        ),
        outputs={
            "age": "probabilities of whole years 0-100",
            "gender": "probabilities: " + ", ".join(GENDERS),
            "race": "probabilities: " + ", ".join(RACES),
        },
        training_data=_training_data(packs, labels, teacher is not None),
    )
    card = completed(run, card, onnx, packs=packs, labels=labels, size=config.size, detector=detector)
    path = run.out / "demographics.json"
    write_bytes(path, card.to_json().encode())
    return path


def _teacher(run: Run, files: dict[str, Path], detector: CroppedFaceDetector, session: Session) -> NDArray[np.float32]:
    parts = []
    for name, file in files.items():
        crops = aligned(run, file, detector, template=TEMPLATES["arcface"], margin=0, grey=False)
        parts.append(embeddings(crops, session, progress=run.bar(f"embedding {name}")))
    return np.concatenate(parts)


def _training_data(packs: dict[str, Pack], labels: dict[str, Labels], teacher: bool) -> tuple[TrainingData, ...]:
    terms = {"utkface": ("UTKFace", "non-commercial research"), "fairface": ("FairFace", "CC BY 4.0")}
    sets = [
        TrainingData(
            name=f"{terms[name][0]}, training part",
            images=int((labels[name].train & packs[name].readable).sum()),
            terms=terms[name][1],
        )
        for name in packs
    ]
    if teacher:
        sets.append(TrainingData(name="SFace's embeddings of the same images", images=0, terms="Apache-2.0"))
    return tuple(sets)
