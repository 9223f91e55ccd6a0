"""`Face`: a read-only row of a `Faces`, and the values that it gives.

What was not computed is `None`, never 0 or an empty string.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.face_measures import Measures, measure
from mien.vocabulary import EMOTIONS, GENDERS, RACE5_OF_RACE7, RACES, RACES5, age_group

if TYPE_CHECKING:
    from mien.faces import Faces

UNSURE = "unsure"
UNKNOWN = "unknown"
"""Who somebody is whom a gallery does not know."""


class Pose(NamedTuple):
    """Head pose in degrees: yaw + = nose toward image right, pitch + = nose up, roll + = head clockwise."""

    yaw: float
    pitch: float
    roll: float


@dataclass(frozen=True)
class Distribution:
    """Probabilities over a fixed set of labels.

    Attributes:
        probabilities: label → probability, 0–1, summing to 1.
        label: the most probable label, or `"unsure"` where the model's calibration says so.
    """

    probabilities: Mapping[str, float]
    label: str

    @classmethod
    def of(cls, labels: Sequence[str], values: NDArray[Any], *, sure: bool = True) -> Distribution:
        """A row of probabilities in the order of `labels`."""
        probabilities = {label: float(value) for label, value in zip(labels, values, strict=True)}
        return cls(probabilities, max(probabilities, key=probabilities.__getitem__) if sure else UNSURE)

    @property
    def confidence(self) -> float:
        """Probability of the most probable label."""
        return max(self.probabilities.values())

    def to_dict(self) -> dict[str, Any]:
        """As in the JSON of a face."""
        return {"label": self.label, "probabilities": {k: round(v, 4) for k, v in self.probabilities.items()}}

    def __str__(self) -> str:
        return self.label


class Face:
    """One row of a `Faces`; reads through to its arrays and cannot be changed."""

    __slots__ = ("_faces", "_index")

    def __init__(self, faces: Faces, index: int) -> None:
        self._faces, self._index = faces, index

    def _value(self, name: str) -> Any:
        column = getattr(self._faces, name)
        return None if column is None else column[self._index]

    def _array(self, name: str) -> NDArray[np.float32] | None:
        row: NDArray[np.float32] | None = self._value(name)
        return row

    def _number(self, name: str) -> float | None:
        value = self._value(name)
        return None if value is None else float(value)

    def _measure(self, name: str) -> float | None:
        measures = self.measures  # computed anew every time
        value: float | None = None if measures is None else getattr(measures, name)
        return value

    def _distribution(self, name: str, labels: Sequence[str]) -> Distribution | None:
        row = self._value(name)
        if row is None:
            return None
        flags = self._faces.unsure.get(name)
        return Distribution.of(labels, row, sure=flags is None or not flags[self._index])

    @property
    def box(self) -> NDArray[np.float32]:
        """(4,) pixels x1 y1 x2 y2."""
        row: NDArray[np.float32] = self._faces.boxes[self._index]
        return row

    @property
    def score(self) -> float:
        """Detector score 0–1."""
        return float(self._faces.scores[self._index])

    @property
    def keypoints(self) -> NDArray[np.float32] | None:
        """(5, 2) pixels."""
        return self._array("keypoints")

    @property
    def track_id(self) -> int | None:
        """Positive number, stable while the person is in view."""
        value = self._value("track_id")
        return None if value is None else int(value)

    @property
    def quality(self) -> float | None:
        """0–1."""
        return self._number("quality")

    @property
    def quality_reasons(self) -> tuple[str, ...] | None:
        """Why the quality is not better."""
        reasons = self._faces.quality_reasons
        return None if reasons is None else reasons[self._index]

    @property
    def age(self) -> float | None:
        """Apparent age in years."""
        return self._number("age")

    @property
    def age_interval(self) -> tuple[float, float] | None:
        """Years, low and high; how often it holds is `faces.age_coverage`."""
        value = self._value("age_interval")
        return None if value is None else (float(value[0]), float(value[1]))

    @property
    def age_group(self) -> str | None:
        """child, teenager, young adult, middle-aged or senior."""
        return None if self.age is None else age_group(self.age)

    @property
    def gender(self) -> Distribution | None:
        """Over female and male."""
        return self._distribution("gender", GENDERS)

    @property
    def emotion(self) -> Distribution | None:
        """Perceived expression."""
        return self._distribution("emotion", EMOTIONS)

    @property
    def race(self) -> Distribution | None:
        """Over FairFace's seven."""
        return self._distribution("race", RACES)

    @property
    def race5(self) -> Distribution | None:
        """The same, summed to UTKFace's five."""
        row = self._value("race")
        if row is None:
            return None
        flags = self._faces.unsure.get("race")
        return Distribution.of(RACES5, to_race5(row), sure=flags is None or not flags[self._index])

    @property
    def pose(self) -> Pose | None:
        """Degrees."""
        value = self._value("pose")
        return None if value is None else Pose(*(float(angle) for angle in value))

    @property
    def landmarks(self) -> NDArray[np.float32] | None:
        """(478, 3) pixels."""
        return self._array("landmarks")

    @property
    def measures(self) -> Measures | None:
        """Of eyes, mouth and head, 0–1; None where neither landmarks nor pose are known."""
        return measure(self.landmarks, self._value("pose"))

    @property
    def eyes_open(self) -> float | None:
        """0 closed to 1 open, mean of both eyes; `measures` has each."""
        return self._measure("eyes_open")

    @property
    def mouth_open(self) -> float | None:
        """0 closed to 1 open."""
        return self._measure("mouth_open")

    @property
    def smile(self) -> float | None:
        """0–1, by the shape of the mouth."""
        return self._measure("smile")

    @property
    def facing(self) -> float | None:
        """0–1, how much the head is toward the camera, wherever the eyes look."""
        return self._measure("facing")

    @property
    def embedding(self) -> NDArray[np.float32] | None:
        """(d,) with L2 norm 1."""
        return self._array("embedding")

    @property
    def identity(self) -> str | None:
        """The name of the person in a gallery."""
        names = self._faces.identity
        return None if names is None else names[self._index]

    @property
    def who(self) -> str | None:
        """The same in words: `"unknown"` for a face that is nobody known; None where no gallery was asked."""
        return None if self._faces.identity is None else self.identity or UNKNOWN

    @property
    def unsure(self) -> tuple[str, ...]:
        """The attributes that should not be relied on."""
        return tuple(name for name, flags in self._faces.unsure.items() if flags[self._index])

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, laid out as the design's section 5."""
        quality = None
        if self.quality is not None:
            quality = {"score": round(self.quality, 3), "reasons": list(self.quality_reasons or ())}
        age = None
        if self.age is not None:
            age = {
                "years": round(self.age, 1),
                "interval": None if self.age_interval is None else _rounded(self.age_interval, 1),
                "coverage": self._faces.age_coverage,
                "group": self.age_group,
            }
        measures = self.measures
        return {
            "box": _rounded(self.box, 1),
            "score": round(self.score, 4),
            "keypoints": _rounded(self.keypoints, 1),
            "track_id": self.track_id,
            "quality": quality,
            "age": age,
            **{
                name: None if (value := getattr(self, name)) is None else value.to_dict()
                for name in ("gender", "emotion", "race")
            },
            "pose": None if self.pose is None else dict(zip(Pose._fields, _rounded(self.pose, 1), strict=True)),
            "landmarks": _rounded(self.landmarks, 1),
            "embedding": _rounded(self.embedding, 6),
            "identity": self.identity,
            "measures": None if measures is None else {k: _rounded(v, 3) for k, v in measures._asdict().items()},
            "unsure": list(self.unsure),
        }

    def to_row(self) -> dict[str, Any]:
        """Flat, for tables; columns of what was not computed are there and `None`."""
        row: dict[str, Any] = dict(zip(("x1", "y1", "x2", "y2"), _rounded(self.box, 1), strict=True))
        row |= {"score": round(self.score, 4), "track_id": self.track_id}
        reasons = self.quality_reasons
        row |= {
            "quality": None if self.quality is None else round(self.quality, 3),
            "quality_reasons": None if reasons is None else " ".join(reasons),
            "age": None if self.age is None else round(self.age, 1),
        }
        low, high = (None, None) if self.age_interval is None else _rounded(self.age_interval, 1)
        row |= {"age_low": low, "age_high": high, "age_group": self.age_group}
        for name, labels in (("gender", GENDERS), ("emotion", EMOTIONS), ("race", RACES)):
            value: Distribution | None = getattr(self, name)
            row[name] = None if value is None else value.label
            for label in labels:
                row[f"{name}_{label}"] = None if value is None else round(value.probabilities[label], 4)
        for angle in Pose._fields:
            row[f"{angle}_deg"] = None if self.pose is None else _rounded(getattr(self.pose, angle), 1)
        row["identity"] = self.identity
        row |= dict.fromkeys(Measures._fields)
        if (measures := self.measures) is not None:
            row |= {name: _rounded(value, 3) for name, value in measures._asdict().items()}
        row["unsure"] = " ".join(self.unsure)
        return row

    def __repr__(self) -> str:
        x1, y1, x2, y2 = (round(float(v)) for v in self.box)
        parts = [f"box=({x1}, {y1}, {x2}, {y2})", f"score={self.score:.2f}"]
        if self.age is not None:
            parts.append(f"age={self.age:.0f}")
        parts += [f"{name}={value}" for name in ("gender", "emotion", "race") if (value := getattr(self, name))]
        return f"Face({', '.join(parts)})"


def to_race5(race: NDArray[Any]) -> NDArray[np.float32]:
    """FairFace's seven probabilities summed to UTKFace's five.

    Args:
        race: (…, 7).

    Returns:
        (…, 5).
    """
    membership = np.zeros((len(RACES), len(RACES5)), np.float32)
    membership[np.arange(len(RACES)), RACE5_OF_RACE7] = 1
    return np.asarray(race, np.float32) @ membership


def _rounded(values: Any, digits: int) -> Any:
    """As plain numbers; adding 0 makes −0 a 0, which reads better in JSON."""
    return None if values is None else (np.round(np.asarray(values, np.float64), digits) + 0.0).tolist()
