"""One-Euro filter: smooth at rest, prompt in motion.

Casiez, Roussel and Vogel (2012), "1 € filter: a simple speed-based low-pass filter for noisy input in interactive
systems", algorithms 1 and 2: a first-order low-pass filter whose cutoff grows with the speed of the signal. Everything
is in seconds, so frames may come at any rate and be missing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.errors import InputError

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class OneEuroSettings:
    """How much is smoothed.

    Attributes:
        min_cutoff_hz: cutoff at rest; lower is steadier. The paper starts from 1 Hz (section "Tuning").
        beta: Hz that the cutoff grows by for every unit a second; higher follows motion more closely.
        derivative_cutoff_hz: cutoff of the speed; 1 Hz as in the paper.
    """

    min_cutoff_hz: float = 1.0
    beta: float = 0.0
    derivative_cutoff_hz: float = 1.0

    def __post_init__(self) -> None:
        for name in ("min_cutoff_hz", "derivative_cutoff_hz"):
            if not 0 < getattr(self, name) < math.inf:
                raise InputError(f"{name} must be above 0 Hz, got {getattr(self, name)}; 1.0 is the usual start")
        if not 0 <= self.beta < math.inf:
            raise InputError(f"beta must be 0 or more, got {self.beta}; 0 smooths motion as much as rest")


class OneEuroFilter:
    """Filters arrays of one shape, each number on its own.

    Args:
        settings: how much is smoothed.
        period: numbers are angles that repeat after so many units, such as 360 for degrees; they are unwrapped before
            filtering and come back within ± half of it. None for numbers that do not repeat.
    """

    def __init__(self, settings: OneEuroSettings, *, period: float | None = None) -> None:
        self._settings, self._period = settings, period
        self._value: Floats | None = None
        self._speed: Floats | None = None
        self._time_s = -math.inf

    @property
    def value(self) -> Floats | None:
        """What the last call returned; None before the first."""
        return None if self._value is None else self._wrapped(self._value)

    def __call__(self, values: NDArray[Any], time_s: float, *, scale: float = 1.0) -> Floats:
        """The filtered values; the first come back as they are.

        Args:
            values: an array of the same shape at every call.
            time_s: of the values; at the time of the last call again, these are not new and change nothing.
            scale: units that the speed is measured in, such as the height of a face in pixels: the same `beta` then
                suits near and far faces.

        Raises:
            InputError: the time runs backward, or `scale` is not above 0.
        """
        given = np.asarray(values, np.float64)
        if time_s < self._time_s:
            raise InputError(
                f"time runs backward, from {self._time_s} s to {time_s} s; start anew where a stream starts anew"
            )
        if not scale > 0:
            raise InputError(f"scale must be above 0, got {scale}")
        if self._value is None or self._speed is None:
            self._value, self._speed, self._time_s = given, np.zeros_like(given), time_s
            return self._wrapped(given)
        interval_s = time_s - self._time_s
        if interval_s > 0:
            step = self._nearest(given - self._value)
            smoothing = self._settings
            share = _share(np.float64(smoothing.derivative_cutoff_hz), interval_s)
            self._speed = self._speed + share * (step / interval_s - self._speed)
            cutoff_hz = smoothing.min_cutoff_hz + smoothing.beta * np.abs(self._speed) / scale
            self._value = self._value + _share(cutoff_hz, interval_s) * step
            self._time_s = time_s
        return self._wrapped(self._value)

    def _nearest(self, step: Floats) -> Floats:
        """The shortest way round."""
        return step if self._period is None else step - self._period * np.round(step / self._period)

    def _wrapped(self, values: Floats) -> Floats:
        return self._nearest(values).copy()


def _share(cutoff_hz: Any, interval_s: float) -> Any:
    """Share of a new value in the result, 0–1: α = 1 / (1 + τ / T) with τ = 1 / (2π f)."""
    return 1 / (1 + 1 / (2 * math.pi * cutoff_hz * interval_s))
