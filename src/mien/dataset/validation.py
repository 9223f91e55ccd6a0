"""What the networks confuse, from a labelled sample or from the networks' cards."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.dataset.quantities import CLASSES
from mien.dataset.settings import Settings
from mien.errors import DatasetError
from mien.evaluate import metrics
from mien.evaluate.labels import Labels
from mien.evaluate.manifest import read_manifest
from mien.evaluate.runner import Outcome, run
from mien.models import registry
from mien.models.card import ModelCard
from mien.vocabulary import RACES, age_group

_WANTED: Final = ("age", "gender", "race", "emotion")
_RECALL: Final = "recall of "


@dataclass(frozen=True, kw_only=True)
class Confusion:
    """How often the true classes of an attribute were taken for each.

    Attributes:
        counts: (k, k), rows true and columns predicted.
        source: where they are from.
    """

    counts: NDArray[np.int64]
    source: str


def of_labelled(
    path: Path,
    settings: Settings,
    *,
    images: Path | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[dict[str, Confusion], list[str]]:
    """Run the networks over a labelled sample, as the data set was run.

    Of several faces in a picture the largest is the labelled one. Pictures without a face count for nothing.

    Args:
        path: CSV or Parquet file, as `mien evaluate` reads it.
        settings: of the run.
        images: folder that its paths are relative to.
        progress: called with pictures done and pictures in all.

    Returns:
        Attribute → confusion, and what the reader should know.

    Raises:
        DatasetError: the file cannot be read or has no labels, or no image can be read.
    """
    manifest = read_manifest(path, wanted=_WANTED, images=images)
    outcomes = run(
        manifest, settings.profiler().analyze, crops=settings.crops, progress=lambda done: progress(done, len(manifest))
    )
    found, notes = {}, []
    if manifest.race_labels != RACES:
        notes.append(
            f"{path.name}: its races are {', '.join(manifest.race_labels)}, not the networks' seven, so they correct "
            "nothing"
        )
    for attribute, labels in CLASSES.items():
        if attribute == "race" and manifest.race_labels != RACES:
            continue
        pairs = [pair for outcome in outcomes if (pair := _pair(outcome, attribute)) is not None]
        if pairs:
            truth, predicted = np.array(pairs).T
            counts = metrics.confusion_matrix(truth, predicted, len(labels))
            found[attribute] = Confusion(counts=counts, source=f"{path.name}, {len(pairs):,} faces")
    if not found:
        raise DatasetError(f"{path}: no labelled picture shows a face, so it says nothing of what is confused")
    return found, notes


def of_cards(models: Mapping[str, Mapping[str, str]]) -> dict[str, Confusion]:
    """What the cards of a run's networks say; of several sets measured, the largest.

    A card tells all counts, or, of two classes, the recall of each, from which they follow.

    Args:
        models: name → version and sha256, as the run's manifest has them.

    Returns:
        Attribute → confusion, for those that cards tell of and whose networks are the installed ones.
    """
    found: dict[str, Confusion] = {}
    for name, known in models.items():
        card = registry.card(name)
        if card.sha256 == known["sha256"]:
            found |= {attribute: best for attribute in CLASSES if (best := _of_card(card, attribute)) is not None}
    return found


def _of_card(card: ModelCard, attribute: str) -> Confusion | None:
    told = [one for one in card.confusions if one.of == attribute and one.labels == CLASSES[attribute]]
    if told:
        best = max(told, key=lambda one: one.n)
        return Confusion(counts=np.array(best.counts, np.int64), source=f"the card of {card.name}, {best.data}")
    labels = CLASSES[attribute]
    if len(labels) != 2:
        return None
    sets: dict[str, dict[str, tuple[float, int]]] = {}
    for one in card.metrics:
        if one.of == attribute and one.name.startswith(_RECALL):
            sets.setdefault(one.data, {})[one.name.removeprefix(_RECALL)] = (one.value, one.n)
    whole = {data: recalls for data, recalls in sets.items() if set(recalls) == set(labels)}
    if not whole:
        return None
    data, recalls = max(whole.items(), key=lambda item: sum(n for _, n in item[1].values()))
    counts = _from_recalls([recalls[label] for label in labels])
    return Confusion(counts=counts, source=f"the card of {card.name}, {data}")


def _from_recalls(recalls: Sequence[tuple[float, int]]) -> NDArray[np.int64]:
    """(2, 2) counts from the recall and the number of each of two classes."""
    hits = [round(recall * n) for recall, n in recalls]
    (_, first), (_, second) = recalls
    return np.array([[hits[0], first - hits[0]], [second - hits[1], hits[1]]], np.int64)


def _pair(outcome: Outcome, attribute: str) -> tuple[int, int] | None:
    """Places of the true and the predicted class."""
    truth = _truth(outcome.labels, attribute)
    if outcome.face is None or truth is None:
        return None
    face: Any = outcome.face[0]
    if attribute == "age_group":
        predicted = face.age_group
    else:
        value = getattr(face, attribute)
        predicted = None if value is None else max(value.probabilities, key=value.probabilities.__getitem__)
    labels = CLASSES[attribute]
    return None if predicted is None else (labels.index(truth), labels.index(predicted))


def _truth(labels: Labels, attribute: str) -> str | None:
    if attribute == "age_group":
        return None if labels.age is None else age_group(labels.age)
    word: str | None = getattr(labels, attribute)
    return word
