"""Fused against single frames where the truth is known: labelled faces, each seen many times as a camera might."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

import mien
from mien.evaluate.labels import Labels
from mien.evaluate.manifest import read_manifest
from mien.evaluate.metrics import bootstrap_mean
from mien.face import Face
from mien.faces import Faces
from mien.live.fusion import Fusion
from mien.live.fusion_config import FusionConfig
from mien.live.track import Track, TrackState
from mien.vocabulary import FAIRFACE_AGE_GROUPS, RACES5, fairface_age_group

VIEWS_HZ = 5.0  # how often the views of a track are taken to follow each other
SEED = 0


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One measure of one data set.

    Attributes:
        data: which set.
        name: of the measure.
        n: people.
        per_frame: mean over people of the mean over their frames.
        fused: mean over people of the fused value after the last frame.
        difference: fused − per frame, and its 95 % interval by the bootstrap over people.
    """

    data: str
    name: str
    n: int
    per_frame: float
    fused: float
    difference: tuple[float, float, float]


def view(image: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    """The picture as another frame might show it: shifted, turned, nearer or farther, in other light, blurred, JPEG."""
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), random.normal(0, 4), np.exp(random.normal(0, 0.05)))
    matrix[:, 2] += random.normal(0, 0.02, 2) * [width, height]
    made = cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    light = (np.arange(256) / 255) ** np.exp(random.normal(0, 0.3))
    light = (light - 0.5) * np.exp(random.normal(0, 0.15)) + 0.5 + random.normal(0, 0.06)
    made = cv2.LUT(made, np.clip(light * 255, 0, 255).astype(np.uint8))
    scale = random.uniform(0.3, 1)
    made = cv2.resize(made, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    if random.random() < 0.3:
        made = cv2.GaussianBlur(made, (0, 0), random.uniform(0.5, 1.6))
    encoded = cv2.imencode(".jpg", made, [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(25, 95))])[1]
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_UNCHANGED), np.uint8)


@dataclass(frozen=True, kw_only=True)
class Person:
    """One labelled image, seen as several frames; `labels.race` is one of five races or of seven."""

    labels: Labels
    five_races: bool
    frames: list[Faces]


def people_of(path: Path, wanted: tuple[str, ...], *, people: int, views: int) -> Iterator[Person]:
    """People spread evenly over the validation split."""
    manifest = read_manifest(path, wanted=wanted, split="val")
    chosen = set(np.linspace(0, len(manifest) - 1, min(people, len(manifest))).round().astype(int).tolist())
    attributes = ("emotion", "quality") if "emotion" in wanted else ("age", "gender", "race", "quality")
    profiler, random = mien.Profiler(attributes=attributes, crops=True), np.random.default_rng(SEED)
    for index, sample in enumerate(manifest):
        if index in chosen and sample.source is not None:
            image = mien.read_image(sample.source)
            frames = [profiler.analyze(view(image, random)) for _ in range(views)]
            yield Person(labels=sample.labels, five_races=manifest.race_labels == RACES5, frames=frames)


def fuse(frames: list[Faces], config: FusionConfig) -> Face:
    """The one person of these frames."""
    fusion = Fusion(config)
    for index, faces in enumerate(frames):
        time_s = index / VIEWS_HZ
        assert faces.keypoints is not None
        fusion.place([_track(faces, time_s)], time_s)
        fusion.add([1], faces, time_s)
    return fusion.faces([1], time_s)[0]


def compare(data: str, people: list[Person], config: FusionConfig) -> list[Comparison]:
    """All measures that the labels allow."""
    fused = [(person, fuse(person.frames, config)) for person in people]
    measures: dict[str, Measure] = {
        "gender, accuracy": _is("gender", "gender"),
        "race, accuracy": _is("race", "race5" if people[0].five_races else "race"),
        "emotion, accuracy": _is("emotion", "emotion"),
        "age group of nine, accuracy": _age_group,
        "age, mean absolute error in years": _age_error,
        "age interval holds the age": _covered,
        "age interval, width in years": _width,
    }
    rows = []
    for name, measure in measures.items():
        values = [
            (np.mean([measure(person.labels, faces[0]) for faces in person.frames]), told)
            for person, whole in fused
            if (told := measure(person.labels, whole)) is not None
        ]
        if values:
            single, together = np.array(values, np.float64).T
            interval = bootstrap_mean(together - single)
            rows.append(
                Comparison(
                    data=data,
                    name=name,
                    n=len(values),
                    per_frame=float(single.mean()),
                    fused=float(together.mean()),
                    difference=(float((together - single).mean()), *interval),
                )
            )
    return rows


def shared_parts(people: list[Person]) -> dict[str, float]:
    """Share of the variance that all frames of a person have in common: the correlations of `FusionConfig`.

    Of the log-odds of gender among people of one gender, and of the error of the age.
    """
    parts = {}
    for gender in ("female", "male"):
        odds = [
            [_log_odds(faces) for faces in person.frames]
            for person in people
            if person.labels.gender == gender and person.frames[0].gender is not None
        ]
        if odds:
            parts[f"log-odds of gender, {gender}"] = _shared_part(np.array(odds))
    errors = [
        [faces[0].age - person.labels.age for faces in person.frames]
        for person in people
        if person.labels.age is not None and person.frames[0].age is not None
    ]
    if errors:
        parts["error of the age"] = _shared_part(np.array(errors))
    return parts


def _shared_part(values: NDArray[np.float64]) -> float:
    """One minus the variance within people (n, frames) over that in all."""
    return float(1 - values.var(1, ddof=1).mean() / values.var())


def _log_odds(faces: Faces) -> float:
    assert faces.gender is not None
    low, high = np.log(np.maximum(faces.gender[0], 1e-4))
    return float(high - low)


def _track(faces: Faces, time_s: float) -> Track:
    assert faces.keypoints is not None
    return Track(
        track_id=1,
        state=TrackState.CONFIRMED,
        box=faces.boxes[0],
        keypoints=faces.keypoints[0],
        score=float(faces.scores[0]),
        detection=0,
        first_s=0.0,
        last_s=time_s,
        hits=1,
    )


Measure = Callable[[Labels, Face], float | None]


def _is(truth_name: str, told_name: str) -> Measure:
    def measure(labels: Labels, face: Face) -> float | None:
        truth, told = getattr(labels, truth_name), getattr(face, told_name)
        return None if truth is None or told is None else float(told.label == truth)

    return measure


def _age_group(labels: Labels, face: Face) -> float | None:
    if labels.age_group is None or face.age is None:
        return None
    return float(FAIRFACE_AGE_GROUPS[fairface_age_group(face.age)] == labels.age_group)


def _age_error(labels: Labels, face: Face) -> float | None:
    return None if labels.age is None or face.age is None else abs(face.age - labels.age)


def _covered(labels: Labels, face: Face) -> float | None:
    if labels.age is None or face.age_interval is None:
        return None
    low, high = face.age_interval
    return float(low <= labels.age <= high)


def _width(labels: Labels, face: Face) -> float | None:
    if labels.age is None or face.age_interval is None:
        return None
    return face.age_interval[1] - face.age_interval[0]
