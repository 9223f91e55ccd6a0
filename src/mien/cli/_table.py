"""Results as a table for people to read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from rich.table import Table
from rich.text import Text

from mien.cli._console import output_console
from mien.face import UNSURE, Distribution, Face
from mien.media.atomic import output_errors
from mien.media.result import Result
from mien.media.sinks import Sink

_NOTES: Final = {"no_face": "no face", "error": "could not be read"}


class TableSink(Sink):
    """Collects the results and prints them as a table on standard output, if any picture could be read."""

    def __init__(self) -> None:
        self._results: list[Result] = []

    def write(self, result: Result) -> None:
        """Keep the result for the table."""
        self._results.append(result)

    def finish(self) -> None:
        """Print the table."""
        if any(result.status != "error" for result in self._results):
            with output_errors("standard output"):
                output_console().print(results_table(self._results))

    def discard(self) -> None:
        """Nothing is printed."""


def results_table(results: Sequence[Result]) -> Table:
    """One row a face, and one for a picture without faces or that was not read; columns without values are left out."""
    faces = [face for result in results for face in result.faces]
    cells = {title: cell for title, cell in CELLS.items() if any(cell(face) is not None for face in faces)}
    table = Table("file", "#", *cells)
    for result in results:
        if not len(result.faces):
            table.add_row(Text(result.path, overflow="fold"), "", Text(_NOTES[result.status], style="yellow"))
        for number, face in enumerate(result.faces, start=1):
            path = Text(result.path if number == 1 else "", overflow="fold")
            table.add_row(path, str(number), *(cell(face) for cell in cells.values()))
    return table


def _age(face: Face) -> str | None:
    if face.age is None:
        return None
    interval = "" if face.age_interval is None else " ({:.0f}–{:.0f})".format(*face.age_interval)
    return f"{face.age:.0f}{interval}"


def _quality(face: Face) -> str | None:
    if face.quality is None:
        return None
    return " ".join([f"{face.quality:.2f}", *(face.quality_reasons or ())])


def _labelled(value: Distribution | None) -> str | None:
    if value is None or value.label == UNSURE:
        return None if value is None else UNSURE
    return f"{value.label.replace('_', ' ')} {value.confidence * 100:.0f} %"


def _pose(face: Face) -> str | None:
    if face.pose is None:
        return None
    return UNSURE if "pose" in face.unsure else " ".join(f"{angle:+.0f}°" for angle in face.pose)


def _measured(face: Face, value: float | None) -> str | None:
    """What stands for a measure of the landmarks."""
    if value is None:
        return None
    return UNSURE if "landmarks" in face.unsure else f"{value * 100:.0f} %"


CELLS: Final[Mapping[str, Callable[[Face], str | None]]] = {
    "age": _age,
    "gender": lambda face: _labelled(face.gender),
    "race": lambda face: _labelled(face.race),
    "emotion": lambda face: _labelled(face.emotion),
    "yaw, pitch, roll": _pose,
    "eyes open": lambda face: _measured(face, face.eyes_open),
    "mouth open": lambda face: _measured(face, face.mouth_open),
    "smile": lambda face: _measured(face, face.smile),
    "quality": _quality,
}
"""Title of a column → what stands in it for a face; None where that is not known."""
