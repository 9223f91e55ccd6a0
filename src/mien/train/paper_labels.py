"""Labels that the published networks are trained on, checked before hours are spent."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.errors import DatasetError, UnknownNameError
from mien.train.calibrate import AIMS, SET_ON, Labelled, fit_temperature, fit_unsure
from mien.train.emotion import Labels, ferplus_labels, rafdb_labels
from mien.train.labels import columns, indices
from mien.train.paper_training import check_classes
from mien.vocabulary import EMOTIONS


@dataclass(frozen=True, kw_only=True)
class ExpressionSet:
    """A set of pictures with one kind of labels.

    Attributes:
        file: its Parquet file.
        title: what it is called.
        trained_on: the part that is trained on.
        terms: what its owners allow.
        measures: labels to measure on in use: what to call them, columns, and their names in the file.
        read: its labels.
    """

    file: str
    title: str
    trained_on: str
    terms: str
    measures: tuple[tuple[str, tuple[str, ...], Mapping[str, str]], ...]
    read: Callable[[Path], Labels]


def _fer2013(parquet: Path) -> Labels:
    """FER2013's own single labels; PublicTest is the validation set."""
    rows = columns(parquet, ("fer2013_label", "usage"))
    label = indices(rows["fer2013_label"], {name: i for i, name in enumerate(EMOTIONS)})
    target = np.eye(len(EMOTIONS), dtype=np.float32)[label]
    target[label < 0] = 0
    usage = np.array(rows["usage"])
    return Labels(target=target, majority=label, train=usage == "Training", validation=usage == "PublicTest")


_FER_MEASURES: Final[tuple[tuple[str, tuple[str, ...], Mapping[str, str]], ...]] = (
    ("FER2013 PublicTest", ("emotion",), {"emotion": "fer2013_label"}),
    ("FER+ PublicTest", ("emotion",), {}),
)
EXPRESSION_SETS: Final[Mapping[str, ExpressionSet]] = MappingProxyType(
    {
        "fer2013": ExpressionSet(
            file="ferplus.parquet",
            title="FER2013",
            trained_on="FER2013, Training part, its own labels",
            terms="research",
            measures=_FER_MEASURES,
            read=_fer2013,
        ),
        "ferplus": ExpressionSet(
            file="ferplus.parquet",
            title="FER+",
            trained_on="FER+, Training part",
            terms="labels MIT, images (FER2013) for research",
            measures=_FER_MEASURES,
            read=ferplus_labels,
        ),
        "rafdb": ExpressionSet(
            file="rafdb.parquet",
            title="RAF-DB",
            trained_on="RAF-DB, training part",
            terms="non-commercial research",
            measures=(("RAF-DB val", ("emotion",), {}),),
            read=lambda parquet: rafdb_labels(parquet, 0.0),
        ),
    }
)


def check_expressions(name: str) -> str:
    """The name, if there is such a set of labels.

    Raises:
        UnknownNameError: there is not; the nearest are suggested.
    """
    if name not in EXPRESSION_SETS:
        raise UnknownNameError("labels", name, EXPRESSION_SETS)
    return name


def expression_labels(folder: Path, name: str) -> Labels:
    """The labels of a set, of which both parts hold two classes or more.

    Args:
        folder: of the data sets' Parquet files.
        name: out of `EXPRESSION_SETS`.

    Raises:
        DatasetError: the file or a column is missing, a label is outside the vocabulary, or a part has no images or
            images of one class only.
    """
    one = EXPRESSION_SETS[name]
    labels = one.read(folder / one.file)
    file = Path(one.file)
    check_classes(np.where(labels.train, labels.majority, -1), EMOTIONS, file, part="train on")
    check_classes(np.where(labels.validation, labels.majority, -1), EMOTIONS, file, part="measure on")
    return labels


def calibrated_emotion(
    answers: NDArray[np.float32], truth: NDArray[np.int64], rows: NDArray[np.intp]
) -> dict[str, Any]:
    """What is set on validation images: the temperature and when the label is unsure.

    Args:
        answers: (n, 7) probabilities.
        truth: (n,) places in `EMOTIONS`, −1 for none.
        rows: (n,) of the set; those with an even number are set on.
    """
    chosen = (rows % 2 == SET_ON) & (truth >= 0)
    if not chosen.any():
        raise DatasetError("no validation image with an even row number has a label to calibrate on; add some")
    sets = [Labelled(probabilities=answers[chosen], labels=truth[chosen])]
    temperature = fit_temperature(sets)
    rule = fit_unsure(sets, temperature, AIMS["emotion"])
    return {"temperature": {"emotion": temperature}, "unsure": {"emotion": dataclasses.asdict(rule)}}
