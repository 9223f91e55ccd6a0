"""Streams of faces that move, with exact truth: what trackers are measured and tested on.

`make_scene` lays out who is where at any time; nothing of it needs a picture. `perturbed` gives detections as a
detector would make them, faults included; `mien.live.synthetic_frames` paints frames for a real one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.errors import InputError, UnknownNameError
from mien.faces import Faces
from mien.live.mot import MotFrame

KINDS: Final = ("crossing", "bars", "leaving", "pan", "crowd")
WIDTH, HEIGHT, FPS, SECONDS = 640, 360, 25.0, 12.0
LEAST_VISIBLE: Final = 0.5  # share of a face that must be in sight for it to count in the truth
_ASPECT: Final = 0.78  # width by height of YuNet's boxes on frontal faces
_FACE_PX: Final = (48.0, 80.0)
_CROWD_PX: Final = (28.0, 52.0)
_CROWD: Final = 10
_SAMPLES_PER_S: Final = 50.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Walk:
    """Where one person's face is, over time.

    Attributes:
        person: 1 or more.
        times_s: (k,) rising.
        centres: (k, 2) pixels in the world, whose origin is the first picture's.
        heights: (k,) pixels of the face's box.
        depth: distance; the nearer face hides the farther.
    """

    person: int
    times_s: NDArray[np.float64]
    centres: NDArray[np.float64]
    heights: NDArray[np.float64]
    depth: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Scene:
    """A stream to be, of `WIDTH` × `HEIGHT` pixels.

    Attributes:
        kind: one of `KINDS`.
        seed: what it was made of.
        fps: frames a second.
        frames: their number.
        walks: of the people.
        bars: (n, 2) left and right edge of upright bars before everybody, in pixels of the world.
        pan: (k, 2) the camera's place at the times of the walks, in pixels.
    """

    kind: str
    seed: int
    fps: float
    frames: int
    walks: tuple[Walk, ...]
    bars: NDArray[np.float64]
    pan: NDArray[np.float64]

    def time_s(self, index: int) -> float:
        """Of a frame, counted from 0."""
        return index / self.fps

    def camera(self, time_s: float) -> NDArray[np.float64]:
        """(2,) world pixels of the picture's top left corner."""
        times = self.walks[0].times_s
        return np.array([np.interp(time_s, times, self.pan[:, axis]) for axis in (0, 1)])

    def boxes(self, time_s: float) -> NDArray[np.float32]:
        """(people, 4) boxes in the picture, whether in view or not, in the order of the walks."""
        rows = []
        for walk in self.walks:
            x, y = (np.interp(time_s, walk.times_s, walk.centres[:, axis]) for axis in (0, 1))
            height = np.interp(time_s, walk.times_s, walk.heights)
            half = np.array([height * _ASPECT, height]) / 2
            centre = np.array([x, y]) - self.camera(time_s)
            rows.append(np.concatenate([centre - half, centre + half]))
        return np.array(rows, np.float32).reshape(-1, 4)

    def visible(self, time_s: float) -> NDArray[np.float64]:
        """(people,) share of each face that is in the picture and neither behind another nor behind a bar."""
        owner = np.zeros((HEIGHT, WIDTH), np.uint8)
        boxes = self.boxes(time_s)
        for row in np.argsort([-walk.depth for walk in self.walks], kind="stable"):
            _ellipse(owner, boxes[row], int(row) + 1)
        for left, right in self.bars - self.camera(time_s)[0]:
            owner[:, max(0, round(left)) : max(0, round(right))] = 0
        area = np.pi / 4 * (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
        counts = np.bincount(owner.ravel(), minlength=len(boxes) + 1)[1:]
        return np.minimum(counts / area, 1.0)

    def truth(self, index: int) -> MotFrame:
        """A frame's people; hidden ones do not count (`conf` 0), those out of the picture are not there."""
        time_s = self.time_s(index)
        boxes, visible = self.boxes(time_s), self.visible(time_s)
        x, y = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
        inside = (x >= 0) & (x <= WIDTH) & (y >= 0) & (y <= HEIGHT)
        return MotFrame.of(
            (walk.person, box, float(share >= LEAST_VISIBLE))
            for walk, box, share, there in zip(self.walks, boxes, visible, inside, strict=True)
            if there
        )


def make_scene(kind: str, seed: int, *, fps: float = FPS, seconds: float = SECONDS) -> Scene:
    """A scene; the same for the same kind and seed, at any frame rate.

    Args:
        kind: `crossing` (three people who pass each other), `bars` (who pass behind bars), `leaving` (who leave the
            picture and return), `pan` (a camera that swings), `crowd` (ten people, all of it but the leaving).
        seed: of the random numbers.
        fps: frames a second.
        seconds: length.

    Raises:
        UnknownNameError: there is no such kind.
        InputError: `fps` or `seconds` is not positive.
    """
    if kind not in KINDS:
        raise UnknownNameError("kind of scene", kind, KINDS)
    if fps <= 0 or seconds <= 0:
        raise InputError(f"fps and seconds must be positive, got {fps} and {seconds}")
    rng = np.random.default_rng([KINDS.index(kind), seed])
    times = np.arange(0, seconds + 1, 1 / _SAMPLES_PER_S)
    count = _CROWD if kind == "crowd" else 3
    walks = tuple(_walk(kind, person, count, times, rng) for person in range(1, count + 1))
    bars = np.empty((0, 2))
    if kind in ("bars", "crowd"):
        left = np.array([0.3, 0.65]) * WIDTH + rng.uniform(-30, 30, 2)
        bars = np.stack([left, left + rng.uniform(50, 80, 2)], axis=1)
    pan = np.zeros((len(times), 2))
    if kind == "pan":
        swing, period = rng.uniform(60, 120), rng.uniform(2.5, 4.5)
        pan[:, 0] = swing * np.sin(2 * np.pi * times / period)
        pan[:, 1] = swing / 4 * np.sin(2 * np.pi * times / period * 0.7)
    return Scene(kind=kind, seed=seed, fps=fps, frames=int(seconds * fps), walks=walks, bars=bars, pan=pan)


def perturbed(
    scene: Scene,
    index: int,
    rng: np.random.Generator,
    *,
    missed: float = 0.1,
    false: float = 0.1,
    jitter: float = 0.03,
    dimensions: int | None = None,
) -> Faces:
    """Detections of a frame as a fair detector makes them.

    Args:
        scene: whose faces are found, with scores that fall with the share in sight.
        index: of the frame, from 0.
        rng: of the faults.
        missed: share of faces in sight that are not found.
        false: number of false detections a frame, on average.
        jitter: standard deviation of box edges, in face heights.
        dimensions: of the embeddings that the faces come with, near a direction of each person's own; None for none.
    """
    time_s = scene.time_s(index)
    boxes, visible = scene.boxes(time_s), scene.visible(time_s)
    found = np.flatnonzero((visible >= LEAST_VISIBLE / 2) & (rng.random(len(boxes)) >= missed))
    boxes, scores = boxes[found], np.clip(visible[found] * 1.2 + rng.normal(0, 0.03, len(found)), 0.3, 0.95)
    heights = (boxes[:, 3] - boxes[:, 1])[:, None]
    boxes = boxes + rng.normal(0, jitter, boxes.shape) * heights
    wrong = int(rng.poisson(false))
    corner = rng.uniform([0, 0], [WIDTH, HEIGHT], (wrong, 2))
    height = rng.uniform(*_FACE_PX, (wrong, 1))
    boxes = np.concatenate([boxes, np.hstack([corner, corner + height * [_ASPECT, 1]])])
    scores = np.concatenate([scores, rng.uniform(0.3, 0.75, wrong)])
    embedding = None
    if dimensions is not None:
        own = np.array([_direction(scene, walk.person, dimensions) for walk in scene.walks])[found]
        looks = np.concatenate([own, rng.normal(size=(wrong, dimensions)) / np.sqrt(dimensions)])
        looks = looks + rng.normal(size=looks.shape) * 0.5 / np.sqrt(dimensions)
        embedding = looks / np.linalg.norm(looks, axis=1, keepdims=True)
    return Faces(boxes=boxes, scores=scores.astype(np.float32), keypoints=keypoints_in(boxes), embedding=embedding)


def keypoints_in(boxes: NDArray[Any]) -> NDArray[np.float32]:
    """(n, 5, 2) keypoints of an upright face in each box."""
    places = np.array([[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.8], [0.65, 0.8]])
    boxes = np.asarray(boxes, np.float64).reshape(-1, 4)
    sides = (boxes[:, 2:] - boxes[:, :2])[:, None]
    return (boxes[:, None, :2] + places * sides).astype(np.float32)


def _walk(kind: str, person: int, count: int, times: NDArray[np.float64], rng: np.random.Generator) -> Walk:
    """A way through the scene: to and fro in x at a lane's height, swaying."""
    low, high = _CROWD_PX if kind == "crowd" else _FACE_PX
    height = rng.uniform(low, high)
    speed = rng.uniform(1.0, 2.2) * height  # pixels a second; slow enough that three people stay in view for long
    beyond = height * 2.5 if kind == "leaving" else -height
    path = rng.uniform(0, 2 * (WIDTH + 2 * beyond)) + (speed if person % 2 else -speed) * times
    x = _to_and_fro(path, WIDTH + 2 * beyond) - beyond
    sway, bob = rng.uniform(0.1, 0.5, 2) * height
    pace, phase = rng.uniform(0.2, 0.6, 2), rng.uniform(0, 2 * np.pi, 2)
    x = x + sway * np.sin(2 * np.pi * pace[0] * times + phase[0])
    lane = HEIGHT * (0.5 if kind != "crowd" else 0.2 + 0.6 * (person - 1) / (count - 1))
    y = lane + rng.uniform(-0.4, 0.4) * height + bob * np.sin(2 * np.pi * pace[1] * times + phase[1])
    growth = 1 + rng.uniform(0, 0.15) * np.sin(2 * np.pi * times / rng.uniform(4, 9))
    return Walk(
        person=person,
        times_s=times,
        centres=np.stack([x, y], axis=1),
        heights=height * growth,
        depth=1000 / height,
    )


def _to_and_fro(path: NDArray[np.float64], length: float) -> NDArray[np.float64]:
    """A way along a line folded to 0..length."""
    return length - np.abs(path % (2 * length) - length)


def _direction(scene: Scene, person: int, dimensions: int) -> NDArray[np.float64]:
    looks = np.random.default_rng([scene.seed, person]).normal(size=dimensions)
    direction: NDArray[np.float64] = looks / np.linalg.norm(looks)
    return direction


def _ellipse(canvas: NDArray[np.uint8], box: NDArray[np.float32], value: int) -> None:
    centre, half = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]) / 2
    place = (tuple(int(v) for v in np.round(centre)), tuple(int(v) for v in np.round(half)))
    cv2.ellipse(canvas, *place, 0, 0, 360, value, -1)
