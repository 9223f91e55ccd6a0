"""The figures of the landmark network's card: against its teacher, and against itself on changed pictures."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.evaluate.metrics import bootstrap_mean, wilson
from mien.faces import Faces
from mien.geometry.face_pose import from_6d, from_landmarks
from mien.geometry.landmark_subsets import OUTER_EYE_CORNERS
from mien.geometry.pose import from_matrix
from mien.media.images import read_image
from mien.models.card import Metric
from mien.models.landmarks import LEAST_PRESENCE, POSE_SOURCES
from mien.pipeline import Stage, run_stages
from mien.train.crops import plain_views
from mien.train.face_landmarker import Labels
from mien.train.labels import columns
from mien.train.landmark_crops import LabelledCrops, carried, turned
from mien.train.landmark_measure import ANGLES, Predict, differences, distances, errors, predicted
from mien.train.landmark_views import about_middle, warped
from mien.train.pack import Progress

_CONSISTENT_ON: Final = 500  # faces of each set that are mirrored and turned
_TURN_DEG: Final = 20.0
_YAW_RANGES_DEG: Final = ((0, 30), (30, 60), (60, 90))
_LEAST: Final = 30  # faces that a figure is made from
_WORKERS: Final = 2


@dataclass(frozen=True, kw_only=True)
class HeldBack:
    """The part of a set that is not trained on.

    Attributes:
        name: of the set.
        parquet: its file.
        crops: of the whole set.
        labels: of the whole set.
        rows: that are not trained on and can be decoded.
    """

    name: str
    parquet: Path
    crops: LabelledCrops
    labels: Labels
    rows: NDArray[np.intp]

    @property
    def faces(self) -> NDArray[np.intp]:
        """Rows with a face that the teacher found."""
        return self.rows[self.crops.found[self.rows]]

    @property
    def data(self) -> str:
        """What a card calls it."""
        return f"{self.name}, rows not trained on"


def better_pose(predict: Predict, sets: Sequence[HeldBack], size: int) -> str:
    """Where the pose shall come from: the one of `POSE_SOURCES` with the smaller mean error."""
    apart: dict[str, list[NDArray[np.float64]]] = {source: [] for source in POSE_SOURCES}
    for one in sets:
        out = predicted(predict, one.crops.pack, one.faces, size)
        truth = from_matrix(one.crops.rotations[one.faces])
        for source, found in (("rotation", from_6d(out["rotation"])), ("landmarks", from_landmarks(out["landmarks"]))):
            apart[source].append(np.abs(differences(from_matrix(found), truth)))
    return min(apart, key=lambda source: float(np.concatenate(apart[source]).mean()))


def against_teacher(
    stages: Sequence[Stage], one: HeldBack, *, progress: Progress = lambda done, total: None
) -> Iterator[Metric]:
    """Errors of the whole way from the stored image on, for faces that the teacher found.

    Args:
        stages: that find one face in every picture and its landmarks and pose.
        one: the set.
        progress: called with faces done and faces in all.
    """
    encoded = columns(one.parquet, ("image",))["image"]

    def analyse(row: int) -> Faces:
        return run_stages(stages, read_image(encoded[row]))

    landmarks, poses = [], []
    with ThreadPoolExecutor(_WORKERS) as pool:
        for done, faces in enumerate(pool.map(analyse, one.faces.tolist()), start=1):
            assert faces.landmarks is not None
            assert faces.pose is not None
            landmarks.append(faces.landmarks[0])
            poses.append(faces.pose[0])
            progress(done, len(one.faces))
    truth_pose = from_matrix(one.labels.rotations[one.faces])
    found = errors(np.stack(landmarks), np.stack(poses), one.labels.landmarks[one.faces], truth_pose)
    for of, values in (
        ("478 landmarks", found.all_points),
        ("68 landmarks", found.points_68),
        ("5 landmarks", found.points_5),
        ("478 landmarks, by the eyes' distance in space", found.in_space),
    ):
        yield from _mean("nme", of, values, one.data)
    for column, angle in enumerate(ANGLES):
        yield from _mean("mae", angle, np.abs(found.angles[:, column]), one.data)
    for low, high in _YAW_RANGES_DEG:
        inside = (np.abs(truth_pose[:, 0]) >= low) & (np.abs(truth_pose[:, 0]) < high)
        of = f"{low} to {high}° of yaw"
        yield from _mean(
            "nme", f"478 landmarks, by the eyes' distance in space, {of}", found.in_space[inside], one.data
        )
        for column, angle in enumerate(ANGLES):
            yield from _mean("mae", f"{angle}, {of}", np.abs(found.angles[inside, column]), one.data)


def presence(predict: Predict, one: HeldBack, size: int) -> Iterator[Metric]:
    """How well the network tells which faces its teacher finds, from packed crops."""
    said = predicted(predict, one.crops.pack, one.rows, size)["presence"][:, 0] >= LEAST_PRESENCE
    found = one.crops.found[one.rows]
    yield from _share("accuracy", "presence", said == found, one.data)
    yield from _share("recall of faces", "presence", said[found], one.data)
    yield from _share("recall of faces that the teacher does not find", "presence", ~said[~found], one.data)


def against_itself(predict: Predict, one: HeldBack, *, size: int, mirror: NDArray[np.intp]) -> Iterator[Metric]:
    """The network's answers on mirrored and turned crops against its answers on the same ones unchanged.

    Args:
        predict: the exported network.
        one: the set.
        size: side of the network's crops in pixels.
        mirror: see `mien.train.landmark_shape.mirror_points`.
    """
    pack, rows = one.crops.pack, one.faces[:_CONSISTENT_ON]
    plain = predict(plain_views(pack, rows, size))
    side = pack.crops.shape[1]
    turn = about_middle(side, size, 1.0, math.radians(_TURN_DEG))
    flip = about_middle(side, size, 1.0, 0.0)
    flip[0] *= -1
    flip[0, 2] += size
    margin = (side - size) / 2
    changes: tuple[tuple[str, NDArray[np.float64], Any], ...] = (
        ("mirrored", flip, mirror),
        (f"turned by {_TURN_DEG:g}°", turn, slice(None)),
    )
    for what, transform, points in changes:
        changed = predict(np.stack([warped(np.asarray(pack.crops[row]), transform, size) for row in rows]))
        transforms = np.broadcast_to(transform, (len(rows), 2, 3))
        wanted = carried(plain["landmarks"] + np.array([margin, margin, 0]), transforms)[:, points]
        corners = wanted[:, OUTER_EYE_CORNERS[0], :2] - wanted[:, OUTER_EYE_CORNERS[1], :2]
        apart = distances(changed["landmarks"], wanted) / np.linalg.norm(corners, axis=1)
        yield from _mean("nme to itself", f"478 landmarks, {what}", apart, one.data)
        pose = from_matrix(turned(from_6d(plain["rotation"]), transforms))
        angles = np.abs(differences(from_matrix(from_6d(changed["rotation"])), pose))
        for column, angle in enumerate(ANGLES):
            yield from _mean("mae to itself", f"{angle}, {what}", angles[:, column], one.data)


def _mean(name: str, of: str, values: NDArray[np.float64], data: str) -> Iterator[Metric]:
    if len(values) < _LEAST:
        return
    low, high = bootstrap_mean(values)
    interval = (round(low, 4), round(high, 4))
    yield Metric(name=name, of=of, data=data, value=round(float(values.mean()), 4), interval=interval, n=len(values))


def _share(name: str, of: str, right: NDArray[np.bool_], data: str) -> Iterator[Metric]:
    if len(right) < _LEAST:
        return
    low, high = wilson(int(right.sum()), len(right))
    interval = (round(low, 4), round(high, 4))
    yield Metric(name=name, of=of, data=data, value=round(float(right.mean()), 4), interval=interval, n=len(right))
