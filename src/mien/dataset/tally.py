"""Moments of a run's results, or of two side by side, read part by part in memory that does not grow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.dataset.arrow import opened
from mien.dataset.columns import KEPT
from mien.dataset.manifest import Manifest
from mien.dataset.moments import Floats, Moments
from mien.dataset.part import FACES, FILES, finished
from mien.dataset.place import Place
from mien.dataset.plan import part_name
from mien.dataset.quantities import CLASSES, READ, classes_of, of_faces, quantities
from mien.errors import DatasetError, UnknownNameError

FILE: Final = "file"
STATUSES: Final = ("ok", "no_face", "error")


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Some consecutive pictures and their faces.

    Attributes:
        files: (pictures, 4): `FILE`, and which of `STATUSES` each has.
        faces: (faces, quantities).
        picture: (faces,) the picture that each is in, counted from 0 in this piece.
        groups: (faces,) group of each face; empty where none were asked for.
    """

    files: Floats
    faces: Floats
    picture: NDArray[np.int64]
    groups: NDArray[Any]

    def totals(self, group: str | None = None) -> Floats:
        """(pictures, 4 + quantities) of the faces of a group, or of all."""
        chosen = slice(None) if group is None else self.groups == group
        summed = np.zeros((len(self.files), self.faces.shape[1]))
        np.add.at(summed, self.picture[chosen], self.faces[chosen])
        return np.concatenate([self.files, summed], axis=1)


def names() -> tuple[str, ...]:
    """Of what a run is summed up by."""
    return (FILE, *(f"status={status}" for status in STATUSES), *quantities())


def tally(out: Place, manifest: Manifest) -> Moments:
    """Of all pictures that are done.

    Raises:
        DatasetError: a part is damaged, or none is done.
    """
    moments = Moments.none(names())
    for piece in pieces(out, manifest):
        moments = moments.plus(piece.totals())
    if moments.pictures == 0:
        raise DatasetError(f"{out.text}: no part is done yet; run `mien dataset` to its end")
    return moments


def tally_groups(out: Place, manifest: Manifest, by: str, groups: tuple[str, str]) -> Moments:
    """Of two groups of faces, side by side; names begin with `a.` and `b.`.

    Args:
        out: folder of the run.
        manifest: of the run.
        by: an attribute with classes, or a column that was kept; `input_gender` where both have that name.
        groups: words in that column.

    Raises:
        UnknownNameError: there is no such column.
        DatasetError: nobody is in one of the groups.
    """
    both = Moments.none((*(f"a.{name}" for name in names()), *(f"b.{name}" for name in names())))
    seen = dict[str, int]()
    for piece in pieces(out, manifest, by=by):
        both = both.plus(np.concatenate([piece.totals(group) for group in groups], axis=1))
        for word, count in zip(*np.unique(piece.groups, return_counts=True), strict=True):
            seen[str(word)] = seen.get(str(word), 0) + int(count)
    for group in groups:
        if group not in seen:
            there = ", ".join(f"{word} ({count:,})" for word, count in sorted(seen.items())[:20] if word)
            raise DatasetError(f"{out.text}: nobody has {by} {group!r}; there are {there or 'none'}")
    return both


def tally_pair(a: tuple[Place, Manifest], b: tuple[Place, Manifest]) -> Moments:
    """Of two runs over the same pictures, side by side and picture by picture; names begin with `a.` and `b.`.

    Raises:
        DatasetError: a part is damaged or not done.
    """
    for out, manifest in (a, b):
        if manifest.counts is None:
            raise DatasetError(f"{out.text} is not finished; give the `mien dataset` that began it again")
    both = Moments.none((*(f"a.{name}" for name in names()), *(f"b.{name}" for name in names())))
    rests = [np.empty((0, len(names()))) for _ in range(2)]
    streams = [(piece.totals() for piece in pieces(*run)) for run in (a, b)]
    while True:
        for i, stream in enumerate(streams):
            if not len(rests[i]) and (more := next(stream, None)) is not None:
                rests[i] = more
        count = min(map(len, rests))
        if count == 0:
            return both
        both = both.plus(np.concatenate([rest[:count] for rest in rests], axis=1))
        rests = [rest[count:] for rest in rests]


def pieces(out: Place, manifest: Manifest, *, by: str | None = None) -> Iterator[Piece]:
    """The parts that are done, in order.

    Args:
        out: folder of the run.
        manifest: of the run.
        by: what to tell faces apart by, as for `tally_groups`.

    Raises:
        UnknownNameError: there is no such column.
        DatasetError: a part is damaged.
    """
    kept = None if by is None or by in CLASSES else _kept_column(by, manifest.keep)
    for part in range(manifest.plan.parts):
        if finished(out, part, manifest.run) is None:
            if manifest.counts is not None:
                raise DatasetError(
                    f"{out.text}: part {part} is damaged or gone; give the `mien dataset` that made it again"
                )
            continue
        yield _piece(out, part, by, kept)


def _kept_column(by: str, keep: Sequence[str]) -> str:
    """The column of the results that is called `by` there or in the data set's own table."""
    kept = {KEPT + name: KEPT + name for name in keep} | {name: KEPT + name for name in keep}
    if by not in kept:
        raise UnknownNameError("column to tell people apart by", by, (*CLASSES, *(KEPT + name for name in keep)))
    return kept[by]


def _piece(out: Place, part: int, by: str | None, kept: str | None) -> Piece:
    with opened(out.child(FILES).child(part_name(part))) as file:
        files = file.read(columns=["input", "status"])
    with opened(out.child(FACES).child(part_name(part))) as file:
        faces = file.read(columns=[*READ, *([] if kept is None else [kept])])
    status = np.array(files["status"].to_pylist(), object)
    inputs = files["input"].to_numpy()
    columns = [np.ones(len(files)), *((status == one).astype(float) for one in STATUSES)]
    return Piece(
        files=np.stack(columns, axis=1),
        faces=of_faces(faces),
        picture=np.searchsorted(inputs, faces["input"].to_numpy()),
        groups=_groups(faces, by, kept),
    )


def _groups(faces: Any, by: str | None, kept: str | None) -> NDArray[Any]:
    if by is None:
        return np.empty(0, object)
    if kept is None:
        words: Sequence[str] = (*CLASSES[by], "")
        return np.array(words, object)[classes_of(faces, by)]
    return np.array(faces[kept].to_pylist(), object)
