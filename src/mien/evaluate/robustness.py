"""Temporal robustness: does a face keep its labels when its picture is shifted, compressed or scaled a little?

In a video every frame differs a little from the one before, and a label that flips between them is seen to flicker. All
stages run anew on each changed picture, the detector too, as they would on the next frame.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.errors import InputError
from mien.evaluate.figure import Figure
from mien.evaluate.metrics import wilson
from mien.evaluate.perturb import PERTURBATIONS, Perturbation
from mien.faces import Faces
from mien.geometry.boxes import area, iou
from mien.pipeline import Stage, run_stages

LABELS: Final = ("gender", "race", "emotion")
SAME_FACE: Final = 0.5  # least IoU of a face's moved box with the one found in the changed picture; PASCAL VOC's
ALL: Final = "all"


@dataclass(frozen=True, kw_only=True)
class Change:
    """What one kind of change does.

    Attributes:
        name: of the perturbation; `"all"` for all together.
        pictures: changed pictures a face.
        faces: faces seen in the unchanged pictures.
        lost: mean over faces of the share of changed pictures in which the face was not found again.
        flips: attribute → mean over faces of the share of changed pictures, of those in which the face was found again,
            in which its most probable label is another one.
        age_change: mean absolute change of age over the same pictures, years; `None` without ages.
    """

    name: str
    pictures: int
    faces: int
    lost: Figure
    flips: Mapping[str, Figure]
    age_change: Figure | None


@dataclass(frozen=True, kw_only=True)
class Robustness:
    """Flip rates on the largest face of each picture.

    Attributes:
        name: `"robustness"`.
        images: pictures looked at.
        faces: of those, how many had a face.
        changes: one a kind of change, and last all together.
    """

    name: str = "robustness"
    images: int
    faces: int
    changes: tuple[Change, ...]


def flip_rates(
    stages: Sequence[Stage],
    images: Iterable[NDArray[np.uint8]],
    *,
    perturbations: Sequence[Perturbation] = PERTURBATIONS,
    progress: Callable[[int], None] = lambda done: None,
) -> Robustness:
    """How often small changes of a picture change what is said of its largest face.

    The intervals take the faces as the sample, not the changed pictures, of which those of one face are much alike.

    Args:
        stages: from the detector on, as `Profiler(…).stages`.
        images: (h, w, 3) uint8 RGB each; taken one at a time.
        perturbations: at least one.
        progress: called with the number of pictures done.

    Raises:
        InputError: there are no perturbations.
    """
    if not perturbations:
        raise InputError("flip_rates() needs at least one perturbation; leave the argument out for the usual ones")
    seen: list[list[_Again | None]] = []
    done = 0
    for done, image in enumerate(images, start=1):
        face = _largest(run_stages(stages, image))
        if face is not None:
            seen.append([_again(stages, image, face, change) for change in perturbations])
        progress(done)
    kinds = dict.fromkeys(change.name for change in perturbations)
    places = {kind: [i for i, change in enumerate(perturbations) if change.name == kind] for kind in kinds}
    places[ALL] = list(range(len(perturbations)))
    labels = list(next((again.flipped for face in seen for again in face if again is not None), ()))
    return Robustness(
        images=done,
        faces=len(seen),
        changes=tuple(
            _change(name, labels, [[face[i] for i in chosen] for face in seen]) for name, chosen in places.items()
        ),
    )


@dataclass(frozen=True)
class _Again:
    """A face in a changed picture: which labels are others, and by how many years its age is another."""

    flipped: Mapping[str, bool]
    years: float | None


def _largest(faces: Faces) -> Faces | None:
    return faces[[int(np.argmax(area(faces.boxes)))]] if len(faces) else None


def _again(stages: Sequence[Stage], image: NDArray[np.uint8], face: Faces, change: Perturbation) -> _Again | None:
    """`None` where the face is not found in the changed picture."""
    others = run_stages(stages, change.apply(image))
    if len(others) == 0:
        return None
    overlap = iou(change.move(face.boxes), others.boxes)[0]
    if overlap.max() < SAME_FACE:
        return None
    other = others[[int(overlap.argmax())]]
    labels = {name: (getattr(face, name), getattr(other, name)) for name in LABELS}
    return _Again(
        flipped={
            name: bool(before.argmax() != after.argmax())
            for name, (before, after) in labels.items()
            if before is not None and after is not None
        },
        years=None if face.age is None or other.age is None else abs(float(other.age[0] - face.age[0])),
    )


def _change(name: str, labels: Sequence[str], faces: Sequence[Sequence[_Again | None]]) -> Change:
    """The figures of one kind of change; `faces` has a row a face with an entry a changed picture."""
    found = [[again for again in face if again is not None] for face in faces]
    there = [face for face in found if face]
    years = [[again.years for again in face if again.years is not None] for face in there]
    ages = [np.mean(of_face) for of_face in years if of_face]
    return Change(
        name=name,
        pictures=len(faces[0]) if faces else 0,
        faces=len(faces),
        lost=_share(1 - len(kept) / len(face) for kept, face in zip(found, faces, strict=True)),
        flips={label: _share(np.mean([again.flipped[label] for again in face]) for face in there) for label in labels},
        age_change=Figure.mean(np.array(ages)) if ages else None,
    )


def _share(shares: Iterable[Any]) -> Figure:
    """Mean over faces of values 0 to 1, with Wilson's interval: also where not one face flips."""
    values = [float(share) for share in shares]
    if not values:
        return Figure(value=None, n=0)
    low, high = wilson(sum(values), len(values))
    return Figure(value=sum(values) / len(values), n=len(values), low=low, high=high)
