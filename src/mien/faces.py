"""`Faces`: what is known of the faces in one picture, as arrays with one row a face.

Shapes and units are in the attributes' documentation; what was not computed is `None`, never 0 or an empty string.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Self, overload

import numpy as np
from numpy.typing import NDArray

from mien.errors import MissingExtraError, ShapeError, UnknownNameError
from mien.face import Face
from mien.face_columns import array_column, names, reasons, track_ids
from mien.vocabulary import EMOTIONS, GENDERS, RACES

if TYPE_CHECKING:
    import pandas


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
        quality_reasons: n tuples out of `small blurred dark overexposed turned cut covered flat`.
        age: (n,) apparent age in years.
        age_interval: (n, 2) years, low and high.
        age_coverage: how often the true age lies in such an interval, 0–1, as measured.
        gender: (n, 2) probabilities over `GENDERS`.
        emotion: (n, 7) probabilities over `EMOTIONS`: perceived expression.
        race: (n, 7) probabilities over `RACES`.
        unsure: attribute → (n,) bool, true where its label should not be relied on.
        pose: (n, 3) degrees: yaw, pitch, roll, in the signs of `mien.geometry.pose`.
        landmarks: (n, 478, 3) pixels, z in the same scale and negative toward the camera; which is which is told by
            `mien.geometry.landmark_subsets`.
        embedding: (n, d) float32, L2 norm 1.
        identity: n names, or `None` for a face that is nobody known.

    Raises:
        ShapeError: an array does not fit the others, or holds what its column cannot; its name, shape and what was
            wanted are told.
        UnknownNameError: a key of `unsure` is no attribute.
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
        self._check(self.__dict__)

    def _check(self, changed: Container[str]) -> None:
        """Brings the columns that are new into shape."""
        count = len(self.boxes) if np.iterable(self.boxes) else 1
        for name, checked in (("track_id", track_ids), ("quality_reasons", reasons), ("identity", names)):
            value = getattr(self, name)
            if name in changed and value is not None:
                object.__setattr__(self, name, checked(value, count))
        for name, shape, dtype in _ARRAYS:
            value = getattr(self, name)
            if name in changed and value is not None:
                object.__setattr__(self, name, array_column(name, value, shape, dtype, count))
        if "unsure" not in changed:
            return
        for name in self.unsure:
            if name not in _ATTRIBUTES:
                raise UnknownNameError("attribute in unsure", str(name), _ATTRIBUTES)
        unsure = {
            name: array_column(f"unsure[{name!r}]", flags, ("n",), np.bool_, count)
            for name, flags in self.unsure.items()
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

        Where no part has faces, the columns are those of the first.

        Raises:
            ShapeError: some parts have a column and others do not.
        """
        nobody = parts[0] if parts else cls.empty()
        parts = [part for part in parts if len(part)]
        if not parts:
            return nobody
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
        """The same faces with some columns changed; the others are not checked again, which a stream has no time for.

        Raises:
            ShapeError: a column does not fit the faces.
            TypeError: there is no such column.
        """
        if unknown := sorted(columns.keys() - self.__dict__.keys()):
            raise TypeError(f"Faces has no column {', '.join(unknown)}")
        made = self._made(columns)
        made._check(self.__dict__ if "boxes" in columns else columns)
        return made

    def _made(self, columns: Mapping[str, Any]) -> Self:
        """A copy with these columns, unchecked."""
        made = object.__new__(type(self))
        made.__dict__.update({**self.__dict__, **columns})
        return made

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
        if isinstance(index, np.ndarray) and index.ndim == 0:
            index = index[()]
        if isinstance(index, (int, np.integer)):
            if not -len(self) <= index < len(self):
                raise IndexError(f"face {index} of {len(self)}")
            return Face(self, int(index) % len(self))
        selector = index if isinstance(index, slice) else np.asarray(index)
        if isinstance(selector, np.ndarray) and selector.size == 0:
            selector = selector.astype(np.intp)  # an empty list would be float
        rows = np.arange(len(self))[selector]
        changed: dict[str, Any] = {
            name: _rows(column, rows) for name in _ARRAY_NAMES if (column := getattr(self, name)) is not None
        }
        for name in _TUPLES:
            if (entries := getattr(self, name)) is not None:
                changed[name] = tuple(entries[row] for row in rows)
        changed["unsure"] = {name: _rows(flags, rows) for name, flags in self.unsure.items()}
        return self._made(changed)

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


def _rows(column: NDArray[Any], rows: NDArray[np.intp]) -> NDArray[Any]:
    """Some rows of a column that was checked; a copy that cannot be written to."""
    chosen = column[rows]
    chosen.flags.writeable = False
    return chosen


def row_names() -> list[str]:
    """The names in `Face.to_row`, in order: the header of a table of faces."""
    anybody = Faces(boxes=np.zeros((1, 4), np.float32), scores=np.zeros(1, np.float32))
    return list(anybody[0].to_row())


_ARRAYS = tuple((f.name, f.metadata["shape"], f.metadata["dtype"]) for f in fields(Faces) if f.metadata)
_ARRAY_NAMES = tuple(name for name, _, _ in _ARRAYS)
_TUPLES = ("quality_reasons", "identity")
_ATTRIBUTES = ("age", "gender", "emotion", "race", "quality", "pose", "landmarks", "embedding", "identity")
