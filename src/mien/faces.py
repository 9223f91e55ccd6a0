"""`Faces`: what is known of the faces in one picture, as arrays with one row a face; `Face`: a read-only row.

Shapes and units are in the attributes' documentation; what was not computed is `None`, never 0 or an empty string.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, NamedTuple, Self, overload

import numpy as np
from numpy.typing import NDArray

from mien.errors import MissingExtraError, ShapeError
from mien.vocabulary import EMOTIONS, GENDERS, RACE5_OF_RACE7, RACES, RACES5, age_group

if TYPE_CHECKING:
    import pandas

UNSURE = "unsure"


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


def _array(*shape: int | str, dtype: Any = np.float32) -> dict[str, Any]:
    """What an array field must be like; a string in `shape` stands for any number."""
    return {"shape": shape, "dtype": dtype}


@dataclass(frozen=True, kw_only=True, eq=False)
class Faces:
    """All faces of one picture. Immutable: `faces.replace(age=…)` makes another one.

    Attributes:
        boxes: (n, 4) float32 pixels x1 y1 x2 y2, x2 and y2 exclusive; may reach beyond the picture.
        scores: (n,) float32 detector score 0–1.
        keypoints: (n, 5, 2) pixels: image-left eye, image-right eye, nose tip, image-left and image-right mouth corner.
        track_id: (n,) positive int, stable while a person is in view.
        quality: (n,) 0–1.
        quality_reasons: n tuples out of `small blurred dark overexposed turned cut`.
        age: (n,) apparent age in years.
        age_interval: (n, 2) years, low and high.
        age_coverage: how often the true age lies in such an interval, 0–1, as measured.
        gender: (n, 2) probabilities over `GENDERS`.
        emotion: (n, 7) probabilities over `EMOTIONS`: perceived expression.
        race: (n, 7) probabilities over `RACES`.
        unsure: attribute → (n,) bool, true where its label should not be relied on.
        pose: (n, 3) degrees: yaw, pitch, roll.
        landmarks: (n, 478, 3) pixels.
        embedding: (n, d) float32, L2 norm 1.
        identity: n names, or `None` for a face that is nobody known.

    Raises:
        ShapeError: an array does not fit the others; its name, shape and what was wanted are told.
    """

    boxes: NDArray[np.float32] = field(metadata=_array("n", 4))
    scores: NDArray[np.float32] = field(metadata=_array("n"))
    keypoints: NDArray[np.float32] | None = field(default=None, metadata=_array("n", 5, 2))
    track_id: NDArray[np.int64] | None = field(default=None, metadata=_array("n", dtype=np.int64))
    quality: NDArray[np.float32] | None = field(default=None, metadata=_array("n"))
    quality_reasons: tuple[tuple[str, ...], ...] | None = None
    age: NDArray[np.float32] | None = field(default=None, metadata=_array("n"))
    age_interval: NDArray[np.float32] | None = field(default=None, metadata=_array("n", 2))
    age_coverage: float | None = None
    gender: NDArray[np.float32] | None = field(default=None, metadata=_array("n", len(GENDERS)))
    emotion: NDArray[np.float32] | None = field(default=None, metadata=_array("n", len(EMOTIONS)))
    race: NDArray[np.float32] | None = field(default=None, metadata=_array("n", len(RACES)))
    unsure: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    pose: NDArray[np.float32] | None = field(default=None, metadata=_array("n", 3))
    landmarks: NDArray[np.float32] | None = field(default=None, metadata=_array("n", 478, 3))
    embedding: NDArray[np.float32] | None = field(default=None, metadata=_array("n", "d"))
    identity: tuple[str | None, ...] | None = None

    def __post_init__(self) -> None:
        count = len(self.boxes) if np.iterable(self.boxes) else 1
        for name, shape, dtype in _ARRAYS:
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, _validated(name, value, shape, dtype, count))
        for name in _TUPLES:
            value = getattr(self, name)
            if value is not None and len(value) != count:
                raise ShapeError(f"{name} must have one entry a face: got {len(value)} for {count} boxes")
        unsure = {
            name: _validated(f"unsure[{name!r}]", flags, ("n",), np.bool_, count) for name, flags in self.unsure.items()
        }
        object.__setattr__(self, "unsure", unsure)

    @classmethod
    def empty(cls) -> Faces:
        """Nobody in view."""
        return cls(
            boxes=np.empty((0, 4), np.float32),
            scores=np.empty(0, np.float32),
            keypoints=np.empty((0, 5, 2), np.float32),
        )

    @classmethod
    def merge(cls, parts: Sequence[Faces]) -> Faces:
        """The faces of all parts in one; a column must be there in every part that has faces, or in none.

        Raises:
            ShapeError: some parts have a column and others do not.
        """
        parts = [part for part in parts if len(part)]
        if not parts:
            return cls.empty()
        if len({part.age_coverage for part in parts}) > 1:
            raise ShapeError("parts to merge state different age_coverage; run them with the same models")
        if len({frozenset(part.unsure) for part in parts}) > 1:
            raise ShapeError("parts to merge have different unsure columns; run them with the same models")
        values: dict[str, Any] = {"age_coverage": parts[0].age_coverage}
        for name in (*_ARRAY_NAMES, *_TUPLES):
            columns = [getattr(part, name) for part in parts]
            present = [column for column in columns if column is not None]
            if present and len(present) < len(columns):
                raise ShapeError(f"{name} is missing in {len(columns) - len(present)} of {len(columns)} parts to merge")
            if name in _ARRAY_NAMES and len(widths := {column.shape[1:] for column in present}) > 1:
                raise ShapeError(f"{name} has rows of shapes {sorted(widths)}; run the parts with the same models")
            if present:
                values[name] = sum(present, ()) if name in _TUPLES else np.concatenate(present)
        values["unsure"] = {name: np.concatenate([part.unsure[name] for part in parts]) for name in parts[0].unsure}
        return cls(**values)

    def replace(self, **columns: Any) -> Self:
        """The same faces with some columns changed."""
        return replace(self, **columns)

    def __len__(self) -> int:
        return len(self.boxes)

    def __iter__(self) -> Iterator[Face]:
        return (Face(self, index) for index in range(len(self)))

    @overload
    def __getitem__(self, index: int | np.integer[Any]) -> Face: ...
    @overload
    def __getitem__(self, index: slice | Sequence[int] | NDArray[Any]) -> Self: ...

    def __getitem__(self, index: int | np.integer[Any] | slice | Sequence[int] | NDArray[Any]) -> Face | Self:
        """A `Face` for an int; `Faces` for a slice, a list of ints or a boolean mask."""
        if isinstance(index, (int, np.integer)):
            if not -len(self) <= index < len(self):
                raise IndexError(f"face {index} of {len(self)}")
            return Face(self, int(index) % len(self))
        selector = index if isinstance(index, slice) else np.asarray(index)
        if isinstance(selector, np.ndarray) and selector.size == 0:
            selector = selector.astype(np.intp)  # an empty list would be float
        rows = np.arange(len(self))[selector]
        changed: dict[str, Any] = {
            name: column[rows] for name in _ARRAY_NAMES if (column := getattr(self, name)) is not None
        }
        for name in _TUPLES:
            if (entries := getattr(self, name)) is not None:
                changed[name] = tuple(entries[row] for row in rows)
        changed["unsure"] = {name: flags[rows] for name, flags in self.unsure.items()}
        return replace(self, **changed)

    def __repr__(self) -> str:
        known = [name for name in (*_ARRAY_NAMES, *_TUPLES) if getattr(self, name) is not None]
        return f"Faces({len(self)}: {', '.join(known)})"

    def to_dicts(self) -> list[dict[str, Any]]:
        """One JSON-ready dictionary a face, laid out as the design's section 5."""
        return [face.to_dict() for face in self]

    def to_rows(self) -> list[dict[str, Any]]:
        """One flat dictionary a face, for tables: the same values under names such as `age_low` and `gender_female`."""
        return [face.to_row() for face in self]

    def to_pandas(self) -> pandas.DataFrame:
        """One row a face, the columns of `to_rows`; they are there too where nobody is in view.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        try:
            import pandas
        except ImportError as error:
            raise MissingExtraError("pandas", "data", "Faces.to_pandas()") from error
        return pandas.DataFrame(self.to_rows(), columns=row_names())

    def draw(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """A copy of the picture with a box and a label on every face.

        Args:
            image: (h, w, 3) uint8 RGB.
        """
        from mien.media.draw import draw_faces

        return draw_faces(image, self)


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
    def embedding(self) -> NDArray[np.float32] | None:
        """(d,) with L2 norm 1."""
        return self._array("embedding")

    @property
    def identity(self) -> str | None:
        """The name of the person in a gallery."""
        names = self._faces.identity
        return None if names is None else names[self._index]

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
        return row

    def __repr__(self) -> str:
        x1, y1, x2, y2 = (round(float(v)) for v in self.box)
        parts = [f"box=({x1}, {y1}, {x2}, {y2})", f"score={self.score:.2f}"]
        if self.age is not None:
            parts.append(f"age={self.age:.0f}")
        parts += [f"{name}={value}" for name in ("gender", "emotion", "race") if (value := getattr(self, name))]
        return f"Face({', '.join(parts)})"


def row_names() -> list[str]:
    """The names in `Face.to_row`, in order: the header of a table of faces."""
    anybody = Faces(boxes=np.zeros((1, 4), np.float32), scores=np.zeros(1, np.float32))
    return list(anybody[0].to_row())


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


_ARRAYS = tuple((f.name, f.metadata["shape"], f.metadata["dtype"]) for f in fields(Faces) if f.metadata)
_ARRAY_NAMES = tuple(name for name, _, _ in _ARRAYS)
_TUPLES = ("quality_reasons", "identity")


def _validated(name: str, value: Any, shape: tuple[int | str, ...], dtype: Any, count: int) -> NDArray[Any]:
    try:
        array = np.asarray(value, dtype)
    except (TypeError, ValueError) as error:
        raise ShapeError(f"{name} must be an array of {np.dtype(dtype)}: {error}") from error
    wanted = tuple(count if side == "n" else side for side in shape)
    fits = array.ndim == len(wanted) and all(
        isinstance(want, str) or side == want for side, want in zip(array.shape, wanted, strict=True)
    )
    if not fits:
        text = ", ".join(str(side) for side in shape) + ("," if len(shape) == 1 else "")
        remedy = f"; wrap one face as {name}[None]" if array.ndim == len(wanted) - 1 else f" with n = {count}"
        raise ShapeError(f"{name} must be ({text}), got {array.shape}{remedy}")
    if array.flags.writeable:
        array = array.view()
        array.flags.writeable = False
    return array


def _rounded(values: Any, digits: int) -> Any:
    """As plain numbers; adding 0 makes −0 a 0, which reads better in JSON."""
    return None if values is None else (np.round(np.asarray(values, np.float64), digits) + 0.0).tolist()
