"""Recipe `landmarks`: 478 landmarks, head rotation and presence, distilled from MediaPipe's Face Landmarker.

The teacher's answers on UTKFace, FairFace and RAF-DB are the labels; people's own labels of these sets are not used.
Faces that the teacher does not find, most of them turned further than it can see, and pictures of no face teach the
network when to say that it is unsure.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mien.errors import InputError
from mien.geometry.align import TEMPLATES
from mien.geometry.face_pose import from_6d
from mien.geometry.pose import from_matrix
from mien.media.atomic import write_bytes
from mien.models.card import Metric, ModelCard, TrainingData
from mien.models.landmarks import LEAST_PRESENCE, Landmarks
from mien.models.session import Session
from mien.pipeline import Detect, check_stages
from mien.train.augment import Augmentation
from mien.train.export import export
from mien.train.face_landmarker import label
from mien.train.labels import columns
from mien.train.landmark_card import HeldBack, against_itself, against_teacher, better_pose, presence
from mien.train.landmark_crops import LabelledCrops, labelled, pack_keypoints
from mien.train.landmark_data import SHAPES_FROM, TEMPLATE, Data, Units, shape_basis
from mien.train.landmark_install import MEDIAPIPE
from mien.train.landmark_loss import loss
from mien.train.landmark_measure import ANGLES, Outputs, errors, predicted
from mien.train.landmark_network import HEADS, InPixels, LandmarkNetwork
from mien.train.landmark_shape import mean_face, mirror_points
from mien.train.landmark_worker import POINTS
from mien.train.loop import Schedule
from mien.train.network import normalise, parameters
from mien.train.phases import Phased, trained
from mien.train.recipe import aligned, card_facts, crop_detector
from mien.train.recipes import Run

MARGIN: Final = 16
SETS: Final = ("utkface", "fairface", "rafdb")
STRETCHED: Final = ("rafdb",)
"""Sets whose pictures were brought to a square without keeping their proportions; no mean face is made of them."""

HELD_BACK: Final = "lag"
"""A set of which nothing is trained on; measured on where its file is there."""

_TOLERANCE_PX: Final = 0.25  # the exported file against PyTorch; two parts in a thousand of the crop's side
_VALIDATE_EVERY: Final = 4  # rows of the validation splits that are measured on after an epoch; at the end all are


@dataclass(frozen=True, kw_only=True)
class Config(Phased):
    """Everything that can be changed about the recipe."""

    python: str = ""
    """An interpreter that has MediaPipe; empty for one in a virtual environment that the recipe makes."""
    size: int = 112
    stem: int = 24
    stages: tuple[tuple[int, int], ...] = ((64, 1), (128, 2), (160, 1))
    narrow: int = 32
    shapes: int = 128
    """Shapes that landmarks are sums of."""
    balance: float = 0.35
    """Heads turned further are drawn more often: weight = share ** −balance."""
    faceless: float = 0.06
    """Share of the views that show no face."""
    augmentation: Augmentation = field(
        default_factory=lambda: Augmentation(turn_deg=12.0, zoom=0.1, shift=0.04, erase=0.3, light=0.6, shrink=0.3)
    )
    schedule: Schedule = field(default_factory=lambda: Schedule(epochs=9))
    finish: Schedule = field(default_factory=lambda: Schedule(epochs=2, learning_rate=4e-4, warmup=0.1, seed=2))
    fold: Schedule = field(default_factory=lambda: Schedule(epochs=0, learning_rate=4e-4, warmup=0.1, seed=3))
    """Of no use here: only probabilities over classes can be folded."""

    def __post_init__(self) -> None:
        if not 1 <= self.shapes <= POINTS * 3:
            raise InputError(f"shapes must be from 1 to {POINTS * 3}, got {self.shapes}")
        if not 0 <= self.faceless < 1:
            raise InputError(f"faceless must be from 0 to below 1, got {self.faceless}")
        if self.fold.epochs:
            raise InputError(f"fold.epochs must be 0, got {self.fold.epochs}; landmarks are no classes to be folded")


def build(config: Config, mean: NDArray[np.float32], components: NDArray[np.float32]) -> LandmarkNetwork:
    """The untrained network.

    Args:
        config: its size.
        mean: (478 · 3,) in the network's units.
        components: (config.shapes, 478 · 3).
    """
    return LandmarkNetwork(
        size=config.size,
        stem=config.stem,
        stages=config.stages,
        narrow=config.narrow,
        mean=mean,
        components=components,
    )


def run(run: Run, config: Config) -> Path:
    """Ask the teacher, train, export, measure; the card's path."""
    build(config, np.zeros(POINTS * 3, np.float32), np.zeros((config.shapes, POINTS * 3), np.float32))
    sets = [_set(run, name, config) for name in SETS]
    if (run.data / f"{HELD_BACK}.parquet").is_file():
        sets.append(_set(run, HELD_BACK, config))
    learnt = {one.name: one for one in sets if one.name in SETS}
    crops = [one.crops for one in learnt.values()]
    mean = _mean_face([one.crops for name, one in learnt.items() if name not in STRETCHED])
    run.out.mkdir(parents=True, exist_ok=True)
    np.save(run.out / "mean_face.npy", mean)
    mirror = mirror_points(mean)
    train = [np.setdiff1d(np.flatnonzero(one.crops.pack.readable), one.rows) for one in learnt.values()]
    data = Data(
        crops,
        train,
        mirror_points=mirror,
        size=config.size,
        balance=config.balance,
        faceless=config.faceless,
    )
    mean_shape, components = shape_basis(
        crops,
        config.shapes,
        size=config.size,
        mirror_points=mirror,
        strengths=config.augmentation,
        seed=config.schedule.seed,
    )
    units = Units.at(config.size)

    def validate(network: nn.Module) -> dict[str, float]:
        figures: dict[str, float] = {}
        for one in sets:
            figures |= _figures(network, one.crops, one.rows[::_VALIDATE_EVERY], units, prefix=one.name)
        return figures

    network = trained(
        run,
        config.phases,
        identity=_identity(config, sets),
        build=lambda: build(config, mean_shape, components),
        data=data,
        heads=(),
        loss=loss,
        validate=validate,
        title=f"landmarks, {sum(map(len, train)):,} images",
    )
    onnx = run.out / "landmarks.onnx"
    in_pixels = InPixels(network, size=units.size, unit=units.unit)
    difference = export(
        in_pixels, onnx, heads=HEADS, size=config.size, grey=False, half=True, softmax=False, tolerance=_TOLERANCE_PX
    )
    session = Session(onnx)
    epochs = sum(phase.schedule.epochs for phase in config.phases)
    card = ModelCard(
        name="landmarks",
        task="landmarks",
        **card_facts(onnx, template=TEMPLATE, size=config.size),
        reference="mien train landmarks; Face Landmarker (Kartynnik et al. 2019, Grishchenko et al. 2020) as teacher",
        description=(
            f"478 landmarks in MediaPipe's topology, head rotation and presence of a face; "
            f"{parameters(network) / 1e6:.2f} M parameters, {epochs} epochs, largest difference of the file to PyTorch "
            f"{difference:.1g} px."
        ),
        limits=(
            "As good as its teacher at best: figures are distances to the teacher's answers, not to people's. Points "
            "of a hidden side of the face, irises of small faces and depth are guesses. The teacher finds few heads "
            "turned beyond 60°, and hardly any beyond 75°: presence is low there."
        ),
        outputs={
            "landmarks": "n x 478 x 3 crop pixels, z in the same scale, smaller nearer to the camera",
            "rotation": "n x 6: the first two columns of the rotation from head to camera axes, to be orthonormalised",
            "presence": "n x 1 probability that the teacher would find a face here",
        },
        training_data=_training_data(dict(zip(learnt, train, strict=True))),
    )

    def predict(pictures: NDArray[np.uint8]) -> Outputs:
        return session.run({"crops": pictures})

    card = dataclasses.replace(card, calibration={"pose": better_pose(predict, sets, config.size)})
    stages = check_stages([Detect(crop_detector()), Landmarks(session, card)])
    metrics: list[Metric] = []
    for one in sets:
        metrics += against_teacher(stages, one, progress=run.bar(f"measuring on {one.name}"))
        metrics += presence(predict, one, config.size)
        metrics += against_itself(predict, one, size=config.size, mirror=mirror)
    path = run.out / "landmarks.json"
    write_bytes(path, dataclasses.replace(card, metrics=tuple(metrics)).to_json().encode())
    return path


def _set(run: Run, name: str, config: Config) -> HeldBack:
    file = run.data / f"{name}.parquet"
    labels = label(file, run.packs, python=config.python, progress=run.bar(f"asking the Face Landmarker, {name}"))
    detector = crop_detector()
    template = TEMPLATES[TEMPLATE].resized(config.size)
    pack = aligned(run, file, detector, template=template, margin=MARGIN, grey=False)
    keypoints = pack_keypoints(file, pack, detector, progress=run.bar(f"keypoints of {name}"))
    crops = labelled(pack, labels, keypoints, template.padded(MARGIN))
    run.note(f"{file.name}: the teacher finds a face in {int(crops.found.sum())} of {len(crops.found)} images")
    held_back = np.ones(len(crops.found), bool)
    if name != HELD_BACK:
        held_back = np.array(columns(file, ("split",))["split"]) != "train"
    return HeldBack(name=name, parquet=file, crops=crops, labels=labels, rows=np.flatnonzero(held_back & pack.readable))


def _mean_face(crops: list[LabelledCrops]) -> NDArray[np.float32]:
    landmarks, rotations = [], []
    for one in crops:
        rows = np.flatnonzero(one.found)[: SHAPES_FROM // len(crops)]
        landmarks.append(one.landmarks[rows])
        rotations.append(one.rotations[rows])
    return mean_face(np.concatenate(landmarks), np.concatenate(rotations))


def _identity(config: Config, sets: Sequence[HeldBack]) -> dict[str, object]:
    """What the result depends on beside its phases; which Python asked the teacher is not of it."""
    other = {setting.name for setting in dataclasses.fields(Phased)} | {"python"}
    settings = {name: value for name, value in dataclasses.asdict(config).items() if name not in other}
    packs = [one.crops.pack.folder.name for one in sets]
    return {"recipe": "landmarks", **settings, "packs": packs, "teacher": MEDIAPIPE}


def _figures(
    network: nn.Module, crops: LabelledCrops, rows: NDArray[np.intp], units: Units, *, prefix: str
) -> dict[str, float]:
    in_pixels = InPixels(network, size=units.size, unit=units.unit).eval()

    def predict(pictures: NDArray[np.uint8]) -> Outputs:
        with torch.inference_mode():
            outputs: dict[str, Tensor] = in_pixels(normalise(torch.from_numpy(pictures)))
        return {name: values.numpy() for name, values in outputs.items()}

    out = predicted(predict, crops.pack, rows, units.size)
    found = crops.found[rows]
    truth = crops.landmarks[rows][found] - np.array([MARGIN, MARGIN, 0], np.float32)
    pose = from_matrix(from_6d(out["rotation"][found]))
    apart = errors(out["landmarks"][found], pose, truth, from_matrix(crops.rotations[rows][found]))
    figures = {"nme": float(apart.all_points.mean()), "nme_in_space": float(apart.in_space.mean())}
    figures |= {name: float(np.abs(apart.angles[:, column]).mean()) for column, name in enumerate(ANGLES)}
    figures["presence"] = float(((out["presence"][:, 0] >= LEAST_PRESENCE) == found).mean())
    return {f"{prefix}_{name}": value for name, value in figures.items()}


def _training_data(train: Mapping[str, NDArray[np.intp]]) -> tuple[TrainingData, ...]:
    terms = {
        "utkface": ("UTKFace", "non-commercial research"),
        "fairface": ("FairFace", "CC BY 4.0"),
        "rafdb": ("RAF-DB", "non-commercial research"),
    }
    images = (
        TrainingData(name=f"{title}, training part, images alone", images=len(train[name]), terms=text)
        for name, (title, text) in terms.items()
    )
    answers = TrainingData(
        name="answers of MediaPipe's Face Landmarker on the same images", images=0, terms="Apache-2.0"
    )
    return (*images, answers)
