"""A Kalman filter over face boxes, for any number of them at once and any time between frames.

A box is four numbers, each with a speed of its own: centre x and y in pixels, log size (the square root of the area)
and log aspect (width by height). Logarithms keep boxes positive however long they are only predicted, and make their
noise relative, as the centre's is by counting in sizes: a face twice as large may move twice as far.

A speed is an Ornstein-Uhlenbeck process: it forgets itself within `memory_s` and comes back to rest. Position is its
integral. Both have closed forms for any time step (Gillespie 1996, "Exact numerical simulation of the
Ornstein-Uhlenbeck process and its integral"), so one step of 0.2 s is the same as five of 0.04 s, and the frame rate
is no parameter. Unlike constant speed (Wojke et al. 2017, DeepSORT) a face that is hidden comes to a halt instead of
flying off. The four numbers do not mix, so that the filter is four small ones of position and speed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# How fast faces move, by one standard deviation: sizes a second for the centre, natural logarithms a second for size
# and aspect. Tuned on synthetic scenes of seeds 0 and 1, as `MEMORY_S` is.
SPEEDS: Final = (1.5, 1.5, 0.25, 0.3)
MEMORY_S: Final = (1.5, 1.5, 0.5, 0.3)
# The centre's speed where nothing is known of it: a passer-by at 1.4 m/s moves some 7 face sizes a second.
FIRST_SPEED: Final = 4.0
# What a detector's box is off by: sizes for the centre, logarithms for size and aspect. 1/20 of the size and 0.1 for
# the aspect are DeepSORT's (Wojke et al. 2017, and its published code).
MEASUREMENT: Final = (0.05, 0.05, 0.05, 0.1)
_CENTRE: Final = slice(0, 2)
_SIZE: Final = 2
_ASPECT: Final = 3
_LEAST_SIDE_PX: Final = 1e-3  # boxes of no area have no logarithm


@dataclass(frozen=True, kw_only=True, eq=False)
class Motion:
    """What the filter knows of n boxes.

    Attributes:
        mean: (n, 4, 2) value and speed a second of centre x, centre y, log size and log aspect.
        covariance: (n, 4, 2, 2) of value and speed.
    """

    mean: Floats
    covariance: Floats

    def __len__(self) -> int:
        return len(self.mean)

    def __getitem__(self, rows: NDArray[Any] | list[int]) -> Motion:
        chosen = np.asarray(rows, np.intp) if len(rows) == 0 else np.asarray(rows)
        return Motion(mean=self.mean[chosen], covariance=self.covariance[chosen])

    @property
    def boxes(self) -> NDArray[np.float32]:
        """(n, 4) pixels."""
        size, aspect = np.exp(self.mean[:, _SIZE, 0]), np.exp(self.mean[:, _ASPECT, 0] / 2)
        half = np.stack([size * aspect, size / aspect], axis=1) / 2
        centre = self.mean[:, _CENTRE, 0]
        return np.concatenate([centre - half, centre + half], axis=1).astype(np.float32)

    @property
    def spread(self) -> Floats:
        """(n,) standard deviation of the centre, in sizes of the box; the larger of x and y."""
        deviation: Floats = np.sqrt(self.covariance[:, _CENTRE, 0, 0].max(1, initial=0)) / np.exp(
            self.mean[:, _SIZE, 0]
        )
        return deviation


def join(*parts: Motion) -> Motion:
    """All boxes in one."""
    return Motion(
        mean=np.concatenate([part.mean for part in parts]),
        covariance=np.concatenate([part.covariance for part in parts]),
    )


def start(boxes: NDArray[Any]) -> Motion:
    """Boxes seen for the first time: where they are is measured, how they move is not known.

    Args:
        boxes: (n, 4) pixels.
    """
    values = _values(boxes)
    mean = np.stack([values, np.zeros_like(values)], axis=2)
    covariance = np.zeros((*values.shape, 2, 2))
    covariance[..., 0, 0] = (_scales(mean) * MEASUREMENT) ** 2
    covariance[..., 1, 1] = (_scales(mean) * (FIRST_SPEED, FIRST_SPEED, *SPEEDS[_SIZE:])) ** 2
    return Motion(mean=mean, covariance=covariance)


def predict(motion: Motion, dt: float) -> Motion:
    """The boxes `dt` seconds later."""
    memory, speed = np.array(MEMORY_S), _scales(motion.mean) * SPEEDS
    kept = np.exp(-dt / memory)
    travel = memory * (1 - kept)
    step = np.zeros((4, 2, 2))
    step[:, 0, 0], step[:, 0, 1], step[:, 1, 1] = 1, travel, kept
    noise = np.empty_like(motion.covariance)
    noise[..., 0, 0] = speed**2 * memory * (2 * dt - 3 * memory + memory * kept * (4 - kept))
    noise[..., 0, 1] = noise[..., 1, 0] = speed**2 * memory * (1 - kept) ** 2
    noise[..., 1, 1] = speed**2 * (1 - kept**2)
    return Motion(
        mean=(step @ motion.mean[..., None])[..., 0],
        covariance=step @ motion.covariance @ step.swapaxes(1, 2) + noise,
    )


def correct(motion: Motion, boxes: NDArray[Any]) -> Motion:
    """The boxes after they were seen, box i of the filter at `boxes[i]`.

    Args:
        motion: as predicted for the time of the detections.
        boxes: (n, 4) pixels.
    """
    noise = (_scales(motion.mean) * MEASUREMENT) ** 2
    gain = motion.covariance[..., 0] / (motion.covariance[..., 0, 0] + noise)[..., None]
    surprise = _values(boxes) - motion.mean[..., 0]
    return Motion(
        mean=motion.mean + gain * surprise[..., None],
        covariance=motion.covariance - gain[..., :, None] * motion.covariance[..., 0, None, :],
    )


def transform(motion: Motion, matrix: NDArray[Any]) -> Motion:
    """The boxes in the next picture's coordinates, after the camera has moved.

    Args:
        motion: n boxes.
        matrix: (2, 3) that takes points of the last picture to this one; its scale changes sizes, its rotation turns
            speeds. Both directions' variances are taken as equal, which they are but for what rounding makes of them.
    """
    linear, shift = np.asarray(matrix, np.float64)[:, :2], np.asarray(matrix, np.float64)[:, 2]
    scale = np.sqrt(abs(np.linalg.det(linear)))
    mean, covariance = motion.mean.copy(), motion.covariance.copy()
    mean[:, _CENTRE] = linear @ motion.mean[:, _CENTRE]
    mean[:, _CENTRE, 0] += shift
    mean[:, _SIZE, 0] += np.log(scale)
    covariance[:, _CENTRE] *= scale**2
    return Motion(mean=mean, covariance=covariance)


def _values(boxes: NDArray[Any]) -> Floats:
    """(n, 4) centre x, centre y, log size and log aspect of boxes."""
    boxes = np.asarray(boxes, np.float64)
    width, height = np.maximum(boxes[:, 2:] - boxes[:, :2], _LEAST_SIDE_PX).T
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    return np.column_stack([centre, np.log(width * height) / 2, np.log(width / height)])


def _scales(mean: Floats) -> Floats:
    """(n, 4) what relative noise is multiplied by: pixels of the size for the centre, 1 for logarithms."""
    scales = np.ones(mean.shape[:2])
    scales[:, _CENTRE] = np.exp(mean[:, _SIZE, 0])[:, None]
    return scales
