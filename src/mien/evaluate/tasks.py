"""The tasks that can be evaluated: which columns each reads, what it asks of the predictor, and how it is scored."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien import __version__
from mien.errors import PipelineError
from mien.evaluate.age_errors import AgeErrors
from mien.evaluate.classification import Classification
from mien.evaluate.images import Images
from mien.evaluate.labels import Labels
from mien.evaluate.manifest import Manifest
from mien.evaluate.pose_errors import PoseErrors
from mien.evaluate.report import Report, Section
from mien.evaluate.runner import UNREADABLE, Outcome
from mien.face import to_race5
from mien.faces import Faces
from mien.vocabulary import EMOTIONS, FAIRFACE_AGE_GROUPS, GENDERS, RACES, RACES5, fairface_age_group

_ANGLES: Final = ("yaw", "pitch", "roll")


@dataclass(frozen=True, kw_only=True)
class Task:
    """One row of the table of tasks.

    Attributes:
        columns: label column → the attribute of `Faces` that is measured against it.
        score: from the outcomes of readable samples and the manifest's race labels to the report's sections, leaving
            out attributes that no sample is labelled with.
    """

    columns: Mapping[str, str]
    score: Callable[[Sequence[Outcome], tuple[str, ...]], tuple[Section, ...]]

    def attributes(self, manifest: Manifest) -> tuple[str, ...]:
        """What the predictor must give for this manifest, in the order of the columns."""
        used = [attribute for column, attribute in self.columns.items() if manifest.labelled(column)]
        return tuple(dict.fromkeys(used))


def evaluate(
    task: str, manifest: Manifest, outcomes: Sequence[Outcome], *, crops: bool, detector: str | None = None
) -> Report:
    """The report of a run.

    Images without a face are left out of every figure but `accuracy_not_found_wrong` and the detection rate, and
    unreadable images out of all figures. Classes are scored by the highest probability, also where the model calls
    itself unsure.

    Args:
        task: a key of `TASKS`.
        manifest: that was run over.
        outcomes: of `run`.
        crops: as given to `run`.
        detector: its name, for the record.

    Raises:
        PipelineError: the predictor did not give an attribute that the manifest has labels for.
    """
    readable = [outcome for outcome in outcomes if outcome.status != UNREADABLE]
    return Report(
        version=__version__,
        task=task,
        data=manifest.path.name,
        input="crops" if crops else "photos",
        detector=detector,
        split=manifest.split,
        rows=manifest.rows,
        selected=manifest.selected,
        images=Images.of(outcomes, crops=crops),
        skipped=manifest.skipped,
        sections=TASKS[task].score(readable, manifest.race_labels),
    )


@dataclass(frozen=True)
class _Labelled:
    """The samples that have a label of one kind: those with a face, and how many are without."""

    truth: list[Any]
    faces: Faces
    not_found: int

    def __bool__(self) -> bool:
        return bool(self.truth) or self.not_found > 0

    def column(self, name: str, width: int) -> NDArray[np.float32]:
        """(n, width) of an attribute."""
        column = getattr(self.faces, name)
        if column is None and self.truth:
            raise PipelineError(f"the manifest has labels for {name}, but the predictor gives none; add that attribute")
        return np.empty((0, width), np.float32) if column is None else np.reshape(column, (-1, width))


def _labelled(outcomes: Sequence[Outcome], label: Callable[[Outcome], Any]) -> _Labelled:
    known = [(value, outcome.face) for outcome in outcomes if (value := label(outcome)) is not None]
    with_face = [(value, face) for value, face in known if face is not None]
    return _Labelled(
        [value for value, _ in with_face], Faces.merge([face for _, face in with_face]), len(known) - len(with_face)
    )


def _score_demographics(outcomes: Sequence[Outcome], race_labels: tuple[str, ...]) -> tuple[Section, ...]:
    sections: list[Section] = []
    if years := _labelled(outcomes, lambda outcome: outcome.labels.age):
        sections.append(
            AgeErrors.of(
                np.array(years.truth, np.float64),
                years.column("age", 1)[:, 0],
                years.faces.age_interval,
                not_found=years.not_found,
                stated_coverage=years.faces.age_coverage,
            )
        )
    if groups := _labelled(outcomes, lambda outcome: outcome.labels.age_range):
        predicted = [fairface_age_group(age) for age in groups.column("age", 1)[:, 0].tolist()]
        sections.append(_classification("age_group", FAIRFACE_AGE_GROUPS, groups, np.array(predicted), ordered=True))
    if genders := _labelled(outcomes, lambda outcome: outcome.labels.gender):
        probabilities = genders.column("gender", len(GENDERS))
        sections.append(_classification("gender", GENDERS, genders, probabilities.argmax(1)))
    if races := _labelled(outcomes, lambda outcome: outcome.labels.race):
        probabilities = races.column("race", len(RACES))
        if race_labels == RACES5:
            probabilities = to_race5(probabilities)
        sections.append(_classification("race", race_labels, races, probabilities.argmax(1)))
    return tuple(sections)


def _score_emotion(outcomes: Sequence[Outcome], race_labels: tuple[str, ...]) -> tuple[Section, ...]:
    emotions = _labelled(outcomes, lambda outcome: outcome.labels.emotion)
    predicted = emotions.column("emotion", len(EMOTIONS)).argmax(1)
    return (_classification("emotion", EMOTIONS, emotions, predicted),) if emotions else ()


def _score_pose(outcomes: Sequence[Outcome], race_labels: tuple[str, ...]) -> tuple[Section, ...]:
    poses = _labelled(outcomes, lambda outcome: _angles(outcome.labels))
    if not poses:
        return ()
    truth = np.array(poses.truth, np.float64).reshape(-1, len(_ANGLES))
    predicted = poses.column("pose", len(_ANGLES))
    return (PoseErrors.of(truth, predicted, unsure=poses.faces.unsure.get("pose"), not_found=poses.not_found),)


def _angles(labels: Labels) -> tuple[float, ...] | None:
    """Yaw, pitch and roll, NaN where one is not labelled; `None` where none is."""
    angles = [getattr(labels, name) for name in _ANGLES]
    if all(angle is None for angle in angles):
        return None
    return tuple(math.nan if angle is None else angle for angle in angles)


def _classification(
    name: str, labels: tuple[str, ...], known: _Labelled, predicted: NDArray[Any], *, ordered: bool = False
) -> Classification:
    truth = np.array([labels.index(label) for label in known.truth], np.int64)
    return Classification.of(name, labels, truth, predicted, not_found=known.not_found, ordered=ordered)


TASKS: Final[Mapping[str, Task]] = MappingProxyType(
    {
        "demographics": Task(
            columns={"age": "age", "age_group": "age", "gender": "gender", "race": "race"}, score=_score_demographics
        ),
        "emotion": Task(columns={"emotion": "emotion"}, score=_score_emotion),
        "pose": Task(columns=dict.fromkeys(_ANGLES, "pose"), score=_score_pose),
    }
)
