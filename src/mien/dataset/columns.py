"""The columns of a run's tables: type, unit and meaning of each. The tables and the codebook are made from these."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from mien.dataset.arrow import arrow
from mien.faces import row_names
from mien.geometry.landmark_subsets import COUNT
from mien.quality import REASONS
from mien.vocabulary import AGE_GROUPS, EMOTIONS, GENDERS, RACES

KEPT: Final = "input_"
"""Before the name of a column that goes along from the data set's own table."""
_NEVER: Final = frozenset({"track_id", "identity"})
"""Columns of a face that no data set has: they are those of videos and galleries."""

Type = Literal["text", "whole", "number", "vector"]


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a table.

    Attributes:
        name: in the table.
        type: of its values; a vector is a list of numbers, all of one length.
        unit: of its values; empty for words and counts.
        meaning: in a sentence.
        values: the words that there may be, where these are few.
    """

    name: str
    type: Type
    meaning: str
    unit: str = ""
    values: tuple[str, ...] = ()


_INPUT: Final = Column(name="input", type="whole", meaning="place of the picture in the data set, counted from 0")
_PATH: Final = Column(name="path", type="text", meaning="of the picture, as the data set has it, or its row there")

_FILES: Final = (
    _INPUT,
    _PATH,
    Column(
        name="status",
        type="text",
        meaning="whether people were found, nobody was, or the file could not be read",
        values=("ok", "no_face", "error"),
    ),
    Column(name="reason", type="text", meaning="why it could not be read"),
    Column(name="width", type="whole", unit="px", meaning="of the picture"),
    Column(name="height", type="whole", unit="px", meaning="of the picture"),
    Column(name="faces", type="whole", meaning="people found in it"),
)

_UNSURE: Final = "; unsure where calibration or quality says that it should not be relied on"
_MEASURE: Final = "measured on the landmarks; empty unless landmarks were asked for"
_FACE: Final[Mapping[str, tuple[Type, str, str, tuple[str, ...]]]] = {
    "x1": ("number", "px", "left edge of the face's box", ()),
    "y1": ("number", "px", "upper edge of the face's box", ()),
    "x2": ("number", "px", "right edge of the face's box, exclusive", ()),
    "y2": ("number", "px", "lower edge of the face's box, exclusive", ()),
    "score": ("number", "0-1", "how sure the detector is that this is a face", ()),
    "quality": ("number", "0-1", "how far the face can be relied on", ()),
    "quality_reasons": ("text", "", "what speaks against it, separated by spaces", REASONS),
    "age": ("number", "years", "apparent age: the median of what is likely", ()),
    "age_low": ("number", "years", "lower end of the age interval", ()),
    "age_high": (
        "number",
        "years",
        "upper end of the age interval; the network's card tells how often it holds",
        (),
    ),
    "age_group": ("text", "", "of the apparent age", AGE_GROUPS),
    "gender": ("text", "", "apparent gender" + _UNSURE, (*GENDERS, "unsure")),
    "emotion": ("text", "", "perceived expression" + _UNSURE, (*EMOTIONS, "unsure")),
    "race": ("text", "", "apparent race in FairFace's seven classes" + _UNSURE, (*RACES, "unsure")),
    "yaw_deg": ("number", "degrees", "head turned; + is the nose toward the picture's right", ()),
    "pitch_deg": ("number", "degrees", "head tilted; + is the nose up", ()),
    "roll_deg": ("number", "degrees", "head leaning; + is clockwise in the picture", ()),
    "eyes_open": ("number", "0-1", f"mean of both eyes, {_MEASURE}", ()),
    "left_eye_open": ("number", "0-1", f"the eye on the picture's left, {_MEASURE}", ()),
    "right_eye_open": ("number", "0-1", f"the eye on the picture's right, {_MEASURE}", ()),
    "mouth_open": ("number", "0-1", _MEASURE, ()),
    "smile": ("number", "0-1", f"by the shape of the mouth, {_MEASURE}", ()),
    "facing": ("number", "0-1", "1 with the head toward the camera, 0 with it turned away", ()),
    "unsure": ("text", "", "attributes that should not be relied on, separated by spaces", ()),
}


def files_columns(keep: Sequence[str]) -> tuple[Column, ...]:
    """Of the table of pictures; `keep` are columns of the data set's own table."""
    kept = (Column(name=KEPT + name, type="text", meaning=f"column {name} of the data set's table") for name in keep)
    return (*_FILES, *kept)


def faces_columns(attributes: Sequence[str], keep: Sequence[str]) -> tuple[Column, ...]:
    """Of the table of faces, in the order of `Face.to_row`; vectors only where they were asked for."""
    number = Column(name="face", type="whole", meaning="the person's number in the picture, from 1; best score first")
    columns = [_INPUT, _PATH, number, *(_face(name) for name in row_names() if name not in _NEVER)]
    if "landmarks" in attributes:
        meaning = f"{COUNT} landmarks one after the other, each x, y and depth"
        columns.append(Column(name="landmarks", type="vector", unit="px", meaning=meaning))
    if "embedding" in attributes:
        meaning = "of length 1; the cosine of two tells how alike two faces are"
        columns.append(Column(name="embedding", type="vector", meaning=meaning))
    return (*columns, *files_columns(keep)[len(_FILES) :])


def schema(columns: Sequence[Column]) -> Any:
    """The pyarrow schema of a table."""
    pyarrow = arrow()
    types = {
        "text": pyarrow.string(),
        "whole": pyarrow.int64(),
        "number": pyarrow.float64(),
        "vector": pyarrow.list_(pyarrow.float32()),
    }
    return pyarrow.schema([(column.name, types[column.type]) for column in columns])


def codebook(attributes: Sequence[str], keep: Sequence[str]) -> str:
    """Every column of both tables with type, unit, meaning and values, as the text of a CSV file."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("table", "column", "type", "unit", "meaning", "values"))
    for table, columns in (("files", files_columns(keep)), ("faces", faces_columns(attributes, keep))):
        writer.writerows(_line(table, column) for column in columns)
    return text.getvalue()


def _line(table: str, column: Column) -> tuple[str, ...]:
    return table, column.name, column.type, column.unit, column.meaning, " | ".join(column.values)


def _face(name: str) -> Column:
    if name in _FACE:
        kind, unit, meaning, values = _FACE[name]
        return Column(name=name, type=kind, unit=unit, meaning=meaning, values=values)
    attribute, _, label = name.partition("_")
    return Column(name=name, type="number", unit="0-1", meaning=f"probability that the {attribute} is {label}")
