"""One part of a run: its pictures are read and profiled, and its two tables written.

The table of files is written last, so that a part is done when that is there, and not before.
"""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from mien.dataset.arrow import arrow, opened, to_bytes
from mien.dataset.columns import KEPT, faces_columns, files_columns, schema
from mien.dataset.counts import Counts
from mien.dataset.place import Place, open_place
from mien.dataset.plan import part_name, read_part
from mien.dataset.settings import Settings
from mien.dataset.source import NO_FILE, Input
from mien.dataset.source_parquet import pictures
from mien.errors import DatasetError, ImageError, MissingExtraError
from mien.media.address import scheme_of
from mien.media.images import ImageSource, read_image
from mien.media.result import Result

FILES: Final = "files"
FACES: Final = "faces"
_RUN: Final = "mien.run"
_COUNTS: Final = "mien.counts"
_WEB: Final = ("http", "https", "ftp")  # what comes from there differs from day to day, and asks for consent
_AHEAD: Final = 8  # files fetched from afar while one is profiled; object stores take some 50 ms for each

Tick = Callable[[], None]


@dataclass(frozen=True, kw_only=True)
class Order:
    """What a worker must know; it travels to other processes and machines.

    Attributes:
        run: identifies the run; parts of another are not taken for parts of this one.
        settings: of the networks.
        out: folder of the run.
        root: what the pictures' paths are relative to.
        table: the Parquet file that holds the pictures.
        image: its column; None where the pictures are files.
        keep: columns that go along.
    """

    run: str
    settings: Settings
    out: str
    root: str
    table: str
    image: str | None
    keep: tuple[str, ...]


class PartProfiler:
    """Loads the networks once and then does one part after the other.

    Args:
        order: what is to be done with every part.

    Raises:
        ModelError: a network's weights are missing or not what its card says.
    """

    def __init__(self, order: Order) -> None:
        self._order = order
        self._out, self._root = open_place(order.out), open_place(order.root)
        self._profiler = order.settings.profiler()

    def __call__(self, part: int, *, refused: Mapping[int, str], tick: Tick) -> Counts:
        """Do a part; done a second time it gives the same files.

        Args:
            part: its number.
            refused: places in it of pictures that are not to be read, and why.
            tick: called after every picture.

        Raises:
            DatasetError: the list, or the file that holds the pictures, cannot be read.
            OutputError: the tables cannot be written.
        """
        numbers, inputs = read_part(self._out, part)
        files: list[dict[str, Any]] = []
        faces: list[dict[str, Any]] = []
        for place, source in enumerate(self._sources(inputs)):
            one = inputs[place]
            result = self._result(one, ImageError(refused[place]) if place in refused else source)
            kept = {KEPT + name: cell for name, cell in zip(self._order.keep, one.kept, strict=True)}
            files.append({"input": numbers[place], **_file(result), **kept})
            faces += ({"input": numbers[place], "path": result.path, **row, **kept} for row in self._rows(result))
            tick()
        return write_tables(
            self._out,
            part,
            run=self._order.run,
            attributes=self._order.settings.attributes,
            keep=self._order.keep,
            files=files,
            faces=faces,
        )

    def _sources(self, inputs: Sequence[Input]) -> Iterator[ImageSource | ImageError]:
        if self._order.image is not None:
            rows = [one.row or 0 for one in inputs]
            empty = ImageError("the table's cell is empty")
            return (data or empty for data in pictures(open_place(self._order.table), self._order.image, rows))
        return ahead(self._read, inputs)

    def _read(self, one: Input) -> ImageSource | ImageError:
        if one.row == NO_FILE:
            return ImageError("the table names no file")
        if scheme_of(one.name) in _WEB:
            return ImageError("an address on the web, not a file; download it first")
        try:
            return self._root.child(one.name).picture(max_bytes=self._order.settings.max_bytes)
        except ImageError as error:
            return error
        except (DatasetError, MissingExtraError) as error:  # of an address that fsspec does not know
            return ImageError(str(error))

    def _result(self, one: Input, source: ImageSource | ImageError) -> Result:
        try:
            if isinstance(source, ImageError):
                raise source
            image = read_image(source, limits=self._order.settings.limits)
        except ImageError as error:
            return Result.failed(one.name, _without_place(error, source))
        return Result.read(one.name, self._profiler.analyze(image), width=image.shape[1], height=image.shape[0])

    def _rows(self, result: Result) -> Iterator[dict[str, Any]]:
        faces = result.faces
        for number, row in enumerate(faces.to_rows()):
            row |= {"face": number + 1}
            for name in ("landmarks", "embedding"):
                if (values := getattr(faces, name)) is not None:
                    row[name] = values[number].ravel()
            yield row


def write_tables(
    out: Place,
    part: int,
    *,
    run: str,
    attributes: Sequence[str],
    keep: Sequence[str],
    files: Sequence[Mapping[str, Any]],
    faces: Sequence[Mapping[str, Any]],
) -> Counts:
    """Write a part's tables, the one that says that it is done last.

    Args:
        out: folder of the run.
        part: its number.
        run: identifies the run.
        attributes: that were asked for.
        keep: columns that go along.
        files: one row a picture, in order.
        faces: one row a face, in order.

    Raises:
        OutputError: they cannot be written.
    """
    counts = Counts()
    for row in files:
        counts += Counts(**{row["status"]: 1}, faces=row["faces"])
    told = {_RUN: run, _COUNTS: json.dumps(counts.to_dict())}
    tables = ((FACES, faces, faces_columns(attributes, keep)), (FILES, files, files_columns(keep)))
    for name, rows, columns in tables:
        table = arrow().Table.from_pylist(list(rows), schema=schema(columns))
        out.child(name).child(part_name(part)).write(to_bytes(table, told=told))
    return counts


def ahead(
    read: Callable[[Input], ImageSource | ImageError], inputs: Iterable[Input]
) -> Iterator[ImageSource | ImageError]:
    """What `read` makes of every input, in order, the next ones being read meanwhile."""
    with ThreadPoolExecutor(max_workers=_AHEAD) as pool:
        waiting: deque[Future[ImageSource | ImageError]] = deque()
        for one in inputs:
            waiting.append(pool.submit(read, one))
            if len(waiting) > _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def finished(out: Place, part: int, run: str) -> Counts | None:
    """How a part fared; None where it is not done, is damaged, or is one of another run.

    Args:
        out: folder of the run.
        part: its number.
        run: identifies the run.
    """
    try:
        for table in (FACES, FILES):
            with opened(out.child(table).child(part_name(part))) as file:
                told = file.metadata.metadata or {}
                if told.get(_RUN.encode()) != run.encode():
                    return None
    except DatasetError:
        return None  # it is written anew
    return Counts.from_dict(json.loads(told[_COUNTS.encode()]))


def _file(result: Result) -> dict[str, Any]:
    row = {name: getattr(result, name) for name in ("path", "status", "reason", "width", "height")}
    return {**row, "faces": len(result.faces)}


def _without_place(error: ImageError, source: Any) -> ImageError:
    """The reason without the name that it begins with: the table has that in a column of its own."""
    name = os.fspath(source) if isinstance(source, os.PathLike) else "the bytes"
    return ImageError(str(error).removeprefix(f"{name}: "))
