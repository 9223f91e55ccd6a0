"""Recipe `identity`: an embedding that learns to tell labelled people apart, beginning where Mien's own stands.

From a folder of folders or a labelled table, with the triplet loss or a softmax with a margin. Some of the people are
held back, and what is told of the result is told of them: how often two photos of one person match, where it started
and where it ended. There is no call for thousands of people: with a few hundred, a small learning rate and frozen
normalisation keep what the network knows.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mien.errors import DatasetError, InputError, UnknownNameError
from mien.geometry.align import TEMPLATES
from mien.media.atomic import write_bytes
from mien.models import registry, weights
from mien.models.session import Session
from mien.train.augment import GENTLE, Augmentation, augment, centre
from mien.train.curves import draw_curves
from mien.train.embedding import MARGIN, TEMPLATE
from mien.train.embedding_network import embed
from mien.train.export import export
from mien.train.foundation import digest
from mien.train.identity_crops import PeopleCrops, read_crops
from mien.train.identity_losses import LOSSES, margin_softmax, triplet
from mien.train.identity_measure import Apart
from mien.train.identity_network import IdentityNetwork
from mien.train.identity_result import embed_with, result_card
from mien.train.loop import Batch, Loss, Schedule, fit
from mien.train.network import normalise
from mien.train.recipes import Run
from mien.train.sface_teacher import SIDE

_PARITY: Final = 5e-2  # allowed difference of the file to PyTorch in an embedding whose length is about 10
_LEAST_PEOPLE: Final = 4  # with two photos: two to learn from and two held back


@dataclass(frozen=True, kw_only=True)
class Config:
    """Everything that can be changed about the recipe."""

    loss: str = "triplet"
    """triplet (Schroff et al. 2015), arcface (Deng et al. 2019) or cosface (Wang et al. 2018)."""
    margin: float = 0.0
    """Of the loss; 0 for the one of its paper."""
    scale: float = 32.0
    """Of the cosines in a softmax."""
    start: str = ""
    """ONNX file to begin with, of a `mien train embedding` or an earlier `mien train identity`; empty for Mien's."""
    dimensions: int = 0
    """Of the embedding; 0 for as many as the network that it begins with gives."""
    photos: int = 4
    """Of a person in a batch; the schedule's batch counts people."""
    crops: bool = False
    """Photos are one face cut out already."""
    person_column: str = ""
    """Of a labelled table; empty for `identity`."""
    held_back: float = 0.25
    """Share of the people that nothing is learned from."""
    augmentation: Augmentation = field(default_factory=lambda: GENTLE)
    schedule: Schedule = field(
        default_factory=lambda: Schedule(epochs=12, batch=16, learning_rate=3e-4, weight_decay=0.02, average=0.99)
    )

    def __post_init__(self) -> None:
        if self.loss not in LOSSES:
            raise UnknownNameError("loss", self.loss, LOSSES)
        if self.dimensions < 0:
            raise InputError(f"dimensions must be at least 0, got {self.dimensions}")
        if self.photos < 2:
            raise InputError(f"photos must be at least 2, got {self.photos}")
        if not 0 < self.held_back < 1:
            raise InputError(f"held_back must be above 0 and below 1, got {self.held_back}")
        for name in ("margin", "scale"):
            if not getattr(self, name) >= 0:
                raise InputError(f"{name} must be at least 0, got {getattr(self, name)}")


class WithClasses(nn.Module):
    """The network, and one vector for each person, learned with it; it begins as the mean of that person's faces."""

    def __init__(self, network: IdentityNetwork, classes: NDArray[np.float32]) -> None:
        super().__init__()
        self.network = network
        self.classes = nn.Parameter(torch.from_numpy(classes))

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """What the network gives, and `classes` (people, dimensions)."""
        return {**self.network(x), "classes": self.classes}


class Data:
    """Photos by person.

    Args:
        crops: of everybody.
        people: those learned from.
        photos: of each person in a batch; those who have fewer are seen in several views.
        augmentation: of the views.
    """

    def __init__(self, crops: PeopleCrops, people: NDArray[np.int64], photos: int, augmentation: Augmentation) -> None:
        self._crops, self._augmentation, self._photos = crops.crops, augmentation, photos
        self._of = [np.flatnonzero(crops.people == person) for person in people.tolist()]

    def __len__(self) -> int:
        return len(self._of)

    def make_batch(self, drawn: NDArray[np.intp], random: np.random.Generator) -> Batch:
        """Views of some people, and the places of these people."""
        rows, places = [], []
        for place in dict.fromkeys(drawn.tolist()):
            own = self._of[place]
            rows += random.choice(own, self._photos, replace=len(own) < self._photos).tolist()
            places += [place] * self._photos
        views = [augment(np.asarray(self._crops[row]), SIDE, self._augmentation, random) for row in rows]
        return {"crops": normalise(torch.from_numpy(np.stack(views))), "people": torch.tensor(places)}


def split(crops: PeopleCrops, share: float, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The people to learn from, who have two photos or more, and those held back.

    Raises:
        DatasetError: there are too few.
    """
    count = np.bincount(crops.people)
    shuffled = np.random.default_rng(seed).permutation(len(count))
    held = min(max(2, round(share * len(count))), len(count) - 2)
    back, learned = shuffled[: max(held, 0)], shuffled[max(held, 0) :]
    learned = learned[count[learned] > 1]
    if len(learned) < 2 or (count[back] > 1).sum() < 1 or len(back) < 2:
        raise DatasetError(
            f"{len(count)} people, {int((count > 1).sum())} of them with two photos of a face or more, are too few: "
            f"{_LEAST_PEOPLE} are the least, and some hundreds are wanted"
        )
    return np.sort(learned), np.sort(back)


def run(run: Run, config: Config) -> Path:
    """Train, export, measure; the card's path."""
    start_file = Path(config.start) if config.start else weights.find(registry.card("embedding"))
    network = IdentityNetwork.from_file(start_file)
    if config.dimensions:
        network.widen(config.dimensions, seed=config.schedule.seed)
    template = TEMPLATES[TEMPLATE].padded(MARGIN)
    crops = read_crops(run, template=template, cut_out=config.crops, person_column=config.person_column)
    learned, back = split(crops, config.held_back, config.schedule.seed)
    rows = crops.of(back)
    held, whose = centre(np.asarray(crops.crops[rows]), SIDE), crops.people[rows]
    start = Apart.of(embed(network.eval(), held), whose)
    data = Data(crops, learned, config.photos, config.augmentation)
    module, loss = _task(network, config, crops, learned)
    settings = {name: value for name, value in asdict(config).items() if name not in ("schedule", "start")}

    def validate(trained: nn.Module) -> dict[str, float]:
        now = Apart.of(embed(trained, held), whose)
        return {"auc": now.auc, "tar": now.tar.value or 0.0}

    trained, history = fit(
        module,
        identity={"recipe": "identity", **settings, "start": digest(network.state_dict()), "people": crops.key},
        weights=np.ones(len(data)),
        make_batch=data.make_batch,
        loss=loss,
        validate=validate,
        schedule=config.schedule,
        folder=run.out,
        report=lambda epoch, step, steps, figures: run.report(f"epoch {epoch + 1}", step, steps, figures),
    )
    draw_curves(history, run.out / "curves.png", title=f"identity, {config.loss}, {len(learned):,} people")
    onnx = run.out / "embedding.onnx"
    inner = trained.network if isinstance(trained, WithClasses) else trained
    export(inner, onnx, heads=("embedding",), size=SIDE, grey=False, half=True, softmax=False, tolerance=_PARITY)
    end = Apart.of(embed_with(Session(onnx), held), whose)
    run.note(f"AUC over {len(back):,} people held back: {start.auc:.4f} at the start, {end.auc:.4f} at the end")
    card = result_card(
        run,
        onnx,
        start=start,
        end=end,
        loss=f"{config.loss}, margin {_margin(config):g}",
        images=len(crops.of(learned)),
        people=len(learned),
        held_back=len(back),
    )
    path = run.out / "embedding.json"
    write_bytes(path, card.to_json().encode())
    return path


def _margin(config: Config) -> float:
    return config.margin or LOSSES[config.loss]


def _task(
    network: IdentityNetwork, config: Config, crops: PeopleCrops, learned: NDArray[np.int64]
) -> tuple[nn.Module, Loss]:
    """What is trained, and by which loss."""
    margin = _margin(config)
    if config.loss == "triplet":
        return network, lambda outputs, batch: triplet(outputs["embedding"], batch["people"], margin=margin)
    rows = crops.of(learned)
    faces = embed(network.eval(), centre(np.asarray(crops.crops[rows]), SIDE))
    means = np.stack([faces[crops.people[rows] == person].mean(0) for person in learned.tolist()])

    def loss(outputs: dict[str, Tensor], batch: Batch) -> tuple[Tensor, dict[str, float]]:
        angular = config.loss == "arcface"
        return margin_softmax(
            outputs["embedding"],
            outputs["classes"],
            batch["people"],
            margin=margin,
            scale=config.scale,
            angular=angular,
        )

    return WithClasses(network, means), loss
