"""Recipe `embedding`: a compact face embedding distilled from SFace.

The student has no labels, only what the teacher says of views of the same faces: its embedding, and its last feature
map (Romero et al. 2015, "FitNets"), in the few coordinates that the embedding rests on. The student's last layer begins
as the teacher's own in those coordinates. LAG is held back: verification is measured on its pairs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from mien.errors import InputError
from mien.geometry.align import TEMPLATES
from mien.media.atomic import write_bytes
from mien.models import registry, weights
from mien.models.card import Metric, ModelCard, TrainingData
from mien.models.session import Session
from mien.train.augment import GENTLE, Augmentation
from mien.train.crops import plain_views
from mien.train.curves import draw_curves
from mien.train.embedding_measure import held_back, mean_interval, verification
from mien.train.embedding_network import EmbeddingNetwork, loss
from mien.train.export import export
from mien.train.foundation import continue_with, digest, load_network
from mien.train.identity_card import with_identity
from mien.train.labels import columns
from mien.train.loop import Batch, Schedule, fit
from mien.train.network import build_trunk, normalise, parameters
from mien.train.pack import Pack
from mien.train.recipe import aligned, card_facts, crop_detector
from mien.train.recipes import Run
from mien.train.sface_teacher import SIDE, Basis, Teacher, fit_basis
from mien.train.unfold import is_folded, settle
from mien.train.views import Views, make_views

HEADS: Final = ("embedding",)
TEMPLATE: Final = "arcface"
MARGIN: Final = 16
SETS: Final = ("utkface", "fairface", "rafdb")
"""Their training parts are learned from."""
_TERMS: Final = {
    "utkface": ("UTKFace", "non-commercial research"),
    "fairface": ("FairFace", "CC BY 4.0"),
    "rafdb": ("RAF-DB", "non-commercial research"),
}
_PARITY: Final = 5e-2  # allowed difference of the file to PyTorch in an embedding whose length is about 10
_SAMPLE: Final = 512  # views, to take statistics of
_BASIS_EVERY: Final = 60  # every 60th image of the first two sets: some 800 faces, 40,000 places


@dataclass(frozen=True, kw_only=True)
class Config:
    """Everything that can be changed about the recipe."""

    stem: int = 32
    stages: tuple[tuple[int, int], ...] = ((64, 2), (128, 2), (256, 1))
    channels: int = 64
    """Coordinates of the teacher's feature map."""
    map_weight: float = 0.2
    """Of the loss on the feature map."""
    augmentation: Augmentation = field(default_factory=lambda: Augmentation(flip=0.0))
    """Of the views; without mirroring, which comes later and for free."""
    gentle: bool = True
    """One more view of every image, close to those in use, see `GENTLE`."""
    seed: int = 5
    """Of the views."""
    flip: float = 0.3
    """Chance of mirroring a view and its feature map; the embedding is taken as the same, which it nearly is."""
    foundation: str = ""
    """Folder, or ONNX file, of an earlier run with the same stem and stages, whose network this one begins with: a warm
    restart (Loshchilov and Hutter 2017, "SGDR")."""
    schedule: Schedule = field(default_factory=lambda: Schedule(epochs=8, learning_rate=2e-3, weight_decay=0.02))

    @property
    def views(self) -> tuple[Augmentation, ...]:
        """How each image is looked at."""
        return (self.augmentation, replace(GENTLE, flip=0.0)) if self.gentle else (self.augmentation,)

    def __post_init__(self) -> None:
        if self.channels < 1:
            raise InputError(f"channels must be at least 1, got {self.channels}")
        if self.map_weight < 0:
            raise InputError(f"map_weight must be at least 0, got {self.map_weight}")
        if not 0 <= self.flip <= 1:
            raise InputError(f"flip must be from 0 to 1, got {self.flip}")


def prepare(run: Run, config: Config) -> tuple[dict[str, Pack], dict[str, tuple[Views, ...]], Basis, Teacher]:
    """Crops, the views of every set, and the teacher."""
    card = registry.card("sface")
    teacher = Teacher(weights.find(card, progress=run.bar("fetching sface")))
    detector = crop_detector()
    packs = {
        name: aligned(
            run,
            run.data / f"{name}.parquet",
            detector,
            template=TEMPLATES[TEMPLATE],
            margin=MARGIN,
            grey=False,
        )
        for name in (*SETS, "lag")
    }
    basis = _basis(run, packs, teacher, config.channels)
    views = {}
    for name in SETS:
        train = np.array(columns(run.data / f"{name}.parquet", ("split",))["split"]) == "train"
        rows = np.flatnonzero(train & packs[name].readable)
        views[name] = tuple(
            make_views(
                packs[name],
                rows,
                strengths,
                teacher,
                basis,
                seed=config.seed + number,
                progress=run.bar(f"SFace looks at {name}, view {number + 1} of {len(config.views)}"),
            )
            for number, strengths in enumerate(config.views)
        )
    return packs, views, basis, teacher


def _basis(run: Run, packs: Mapping[str, Pack], teacher: Teacher, channels: int) -> Basis:
    """Fitted once and kept beside the packs."""
    first = [packs[name] for name in ("utkface", "fairface")]
    path = run.packs / f"sface-basis-{'-'.join(pack.folder.name for pack in first)}-{_BASIS_EVERY}-{channels}.npz"
    if not path.exists():
        sample = [plain_views(pack, np.arange(0, len(pack.crops), _BASIS_EVERY), SIDE) for pack in first]
        fit_basis(teacher, np.concatenate(sample), channels).save(path)
    return Basis.load(path)


class Data:
    """Views of several sets, numbered through.

    Args:
        views: of each set.
        flip: chance of mirroring.
    """

    def __init__(self, views: Sequence[Views], flip: float) -> None:
        self._views, self._flip = views, flip
        self._starts = np.cumsum([0, *(len(one.crops) for one in views)])

    def __len__(self) -> int:
        return int(self._starts[-1])

    def make_batch(self, drawn: NDArray[np.intp], random: np.random.Generator) -> Batch:
        """Views and the teacher's answers."""
        which = np.searchsorted(self._starts, drawn, side="right") - 1
        rows = [(self._views[one], view - self._starts[one]) for one, view in zip(which, drawn, strict=True)]
        crops = np.stack([views.crops[row] for views, row in rows])
        maps = np.stack([views.maps[row] for views, row in rows])
        mirrored = random.random(len(drawn)) < self._flip
        crops[mirrored], maps[mirrored] = crops[mirrored, :, ::-1], maps[mirrored, ..., ::-1]
        return {
            "crops": normalise(torch.from_numpy(crops)),
            "embedding": torch.from_numpy(np.stack([views.embeddings[row] for views, row in rows])).float(),
            "map": torch.from_numpy(maps).float(),
        }


def run(run: Run, config: Config) -> Path:
    """Distil, export, measure; the card's path."""
    build_trunk(channels=3, stem=config.stem, stages=config.stages)  # wrong settings are told before hours are spent
    foundation = load_network(Path(config.foundation)) if config.foundation else None
    packs, views, basis, teacher = prepare(run, config)
    held = held_back(run, packs, teacher)
    data = Data([view for several in views.values() for view in several], config.flip)
    torch.manual_seed(config.schedule.seed)
    network = EmbeddingNetwork(stem=config.stem, stages=config.stages, basis=basis)
    settings = {name: value for name, value in asdict(config).items() if name != "schedule"}
    if foundation is not None:
        continue_with(network, foundation)
        if is_folded(network):
            settle(network, data.make_batch(np.arange(min(_SAMPLE, len(data))), np.random.default_rng(0))["crops"])
        settings["foundation"] = digest(foundation)  # what it is counts, not where it lies
    trained, history = fit(
        network,
        identity={"recipe": "embedding", **settings, "basis": basis.digest},
        weights=np.ones(len(data)),
        make_batch=data.make_batch,
        loss=partial(loss, map_weight=config.map_weight),
        validate=held.figures,
        schedule=config.schedule,
        folder=run.out,
        report=lambda epoch, step, steps, figures: run.report(f"epoch {epoch + 1}", step, steps, figures),
    )
    draw_curves(history, run.out / "curves.png", title=f"embedding, {len(data):,} views")
    onnx = run.out / "embedding.onnx"
    difference = export(trained, onnx, heads=HEADS, size=SIDE, grey=False, half=True, softmax=False, tolerance=_PARITY)
    vectors = Session(onnx).run({"crops": held.crops})["embedding"]
    embeddings = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    card = ModelCard(
        name="embedding",
        task="embedding",
        **card_facts(onnx, template=TEMPLATE, size=SIDE),
        reference="mien train embedding; taught by SFace (Zhong et al. 2021), feature maps after Romero et al. 2015",
        description=(
            f"Face embedding of {basis.dimensions} dimensions whose cosine similarity tells whether two faces are one "
            f"person, distilled from SFace; {parameters(network) / 1e6:.2f} M parameters, {config.schedule.epochs} "
            f"epochs, largest difference of the file to PyTorch {difference:.1g}."
        ),
        limits=(
            "Weaker than its teacher. Children, relatives and people far apart in age are confused the most; the "
            "stated false-match rates are of pairs drawn at random, and are higher among people of one age, gender "
            "and race. Its embeddings cannot be compared with those of another network."
        ),
        outputs={"embedding": f"(n, {basis.dimensions}), not normalised"},
        training_data=(
            *(
                TrainingData(
                    name=f"{_TERMS[name][0]}, training part", images=len(views[name][0].crops), terms=_TERMS[name][1]
                )
                for name in SETS
            ),
            TrainingData(name="SFace's answers for the same images", images=0, terms="Apache-2.0"),
        ),
    )
    cosines = (embeddings * held.teacher).sum(1)
    agreement = Metric(
        name="mean_cosine_to_sface",
        of="embedding",
        data="utkface and fairface val",
        value=round(float(cosines.mean()), 4),
        interval=mean_interval(cosines),
        n=len(cosines),
    )
    card = replace(card, metrics=(agreement, *verification(run, onnx, card)))
    card = with_identity(run, card, held, embeddings, packs["lag"], Session(onnx))
    path = run.out / "embedding.json"
    write_bytes(path, card.to_json().encode())
    return path
