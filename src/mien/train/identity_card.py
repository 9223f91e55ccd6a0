"""What an embedding's card says of telling people apart: its calibration, and how well it does, and for whom.

The threshold of a false-match rate is that of strangers in UTKFace's and FairFace's validation parts, every face with
every other. Both sets have some people twice: of two faces that SFace takes for one beyond all doubt the second is left
out. So are small children, who look alike to these networks (four in five of UTKFace's most similar strangers are two
of them); how often they are confused is told by group. Pairs of one person are LAG's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.evaluate.by_person import share_of_different
from mien.evaluate.figure import Figure
from mien.evaluate.labelled_pairs import AllPairs
from mien.identity.calibration import Calibration
from mien.identity.calibration_fit import TooFewPairsError, fit
from mien.models.card import Metric, ModelCard
from mien.models.measured import GroupFigure
from mien.models.session import Session
from mien.train.embedding_measure import HeldBack
from mien.train.labels import columns
from mien.train.pack import Pack
from mien.train.recipes import Run
from mien.train.sface_teacher import SIDE
from mien.train.validation import file_outputs
from mien.vocabulary import FAIRFACE_AGE_GROUPS, fairface_age_group

ONE_FOR_SURE: Final = 0.75
"""SFace's similarity of two faces that are one: of LAG's 7.3 million pairs of strangers five are above, misnamed."""
FMRS: Final = (1e-2, 1e-3, 1e-4)
GROUP_FMR: Final = 1e-3
LEAST_GROUP: Final = 30  # people, as `mien.audit.audit.MIN_GROUP`
_DIGITS: Final = 4
_STRANGERS: Final = "UTKFace and FairFace val, from 3 years"
_SETS: Final[Mapping[str, tuple[str, ...]]] = {
    "utkface": ("age", "gender", "race"),
    "fairface": ("age_group", "gender", "race7"),
}
_AGES: Final = {"more than 70": FAIRFACE_AGE_GROUPS[-1]}
_NAMES: Final = {"utkface": "UTKFace val", "fairface": "FairFace val"}


@dataclass(frozen=True, kw_only=True)
class Strangers:
    """Faces of different people, and what is known of them.

    Attributes:
        places: (n,) of those kept, in the order of the validation parts.
        data: n sets' names.
        labels: n times what the set says: age (group), gender, race.
        small_child: (n,) bool, below 3 years.
    """

    places: NDArray[np.intp]
    data: tuple[str, ...]
    labels: tuple[Mapping[str, str], ...]
    small_child: NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class IdentityFacts:
    """A part of a card."""

    calibration: Calibration
    metrics: tuple[Metric, ...]
    groups: tuple[GroupFigure, ...]


def with_identity(
    run: Run, card: ModelCard, held: HeldBack, faces: NDArray[np.float32], lag: Pack, session: Session
) -> ModelCard:
    """The card with all that, or with none of it where the sets are too small for a calibration, which is noted.

    Args:
        run: says where the sets are.
        card: of the network, with its other figures.
        held: the validation parts, and what SFace says of them.
        faces: (n, d) what the network says of them, of L2 norm 1.
        lag: crops of LAG.
        session: the network.

    Raises:
        DatasetError: LAG's file lacks a column.
    """
    labels = columns(run.data / "lag.parquet", ("identity", "group"))
    rows = np.flatnonzero(lag.readable)
    vectors = file_outputs(session, lag, rows, SIDE)["embedding"]
    try:
        facts = identity_facts(
            strangers(run.data, held.rows, held.teacher),
            faces,
            vectors / np.linalg.norm(vectors, axis=1, keepdims=True),
            [labels["identity"][row] for row in rows.tolist()],
            np.array([labels["group"][row] == "adult" for row in rows.tolist()]),
            model=card.name,
            sha256=card.sha256,
        )
    except TooFewPairsError as error:
        run.note(f"the card gets no calibration: {error}")
        return card
    return replace(
        card,
        calibration={**card.calibration, **facts.calibration.to_card()},
        metrics=(*card.metrics, *facts.metrics),
        groups=(*card.groups, *facts.groups),
    )


def strangers(data: Path, rows: Mapping[str, NDArray[np.intp]], teacher: NDArray[np.float32]) -> Strangers:
    """The faces of the validation parts, each person once.

    Args:
        data: folder of the data sets' Parquet files.
        rows: set → rows of its validation part.
        teacher: (n, 128) SFace's embeddings of all of them, set after set.
    """
    kept = np.flatnonzero(~np.triu(teacher @ teacher.T >= ONE_FOR_SURE, 1).any(0))
    labels, names = [], []
    for name, wanted in rows.items():
        values = columns(data / f"{name}.parquet", _SETS[name])
        for row in wanted.tolist():
            age, gender, race = (values[column][row] for column in _SETS[name])
            group = FAIRFACE_AGE_GROUPS[fairface_age_group(age)] if name == "utkface" else _AGES.get(age, age)
            labels.append({"age_group": group, "gender": _word(gender), "race": _word(race)})
            names.append(name)
    return Strangers(
        places=kept,
        data=tuple(names[place] for place in kept),
        labels=tuple(labels[place] for place in kept),
        small_child=np.array([labels[place]["age_group"] == FAIRFACE_AGE_GROUPS[0] for place in kept]),
    )


def identity_facts(
    known: Strangers,
    faces: NDArray[np.float32],
    lag: NDArray[np.float32],
    people: Sequence[str],
    adult: NDArray[np.bool_],
    *,
    model: str,
    sha256: str,
) -> IdentityFacts:
    """Calibration, true-accept rates at its thresholds, and false-match rates by group.

    Args:
        known: the strangers.
        faces: (n, d) embeddings of all faces of the validation parts.
        lag: (m, d) of LAG.
        people: whom each shows.
        adult: (m,) bool; the others are young.
        model: name of the network.
        sha256: of its file.
    """
    own = faces[known.places]
    grown = AllPairs(own[~known.small_child], np.flatnonzero(~known.small_child))
    names = np.asarray(people)
    pairs = {"LAG adults": adult, "LAG young": ~adult, "LAG": np.ones(len(lag), bool)}
    of_one = {kind: AllPairs(lag[chosen], names[chosen]) for kind, chosen in pairs.items()}
    calibration = fit(
        grown.different,
        of_one["LAG adults"].same,
        model=model,
        sha256=sha256,
        data=f"strangers of {_STRANGERS}; pairs of one person of LAG, both adult",
    )
    thresholds = {fmr: calibration.threshold(fmr) for fmr in FMRS if fmr >= calibration.thresholds.fmr[-1]}
    metrics: list[Metric] = []
    for fmr, threshold in thresholds.items():
        for kind, one in of_one.items():
            metrics += _metric(f"tar_at_fmr_{fmr:g}", f"{kind}, all pairs; threshold of strangers", one.tar(threshold))
        others = of_one["LAG"].fmr(threshold)
        metrics += _metric(f"fmr_of_threshold_{fmr:g}", "LAG, all pairs of strangers", others)
    groups = _groups(known, own, calibration.threshold(GROUP_FMR))
    return IdentityFacts(calibration=calibration, metrics=tuple(metrics), groups=tuple(groups))


def _groups(known: Strangers, embeddings: NDArray[np.float32], threshold: float) -> Iterator[GroupFigure]:
    """How often two strangers of one group are taken for one person, at the threshold of all."""
    data = np.array(known.data)
    for name, title in _NAMES.items():
        for by in ("gender", "race", "age_group"):
            words = np.array([label[by] for label in known.labels])
            counted = (data == name) & ((by == "age_group") | ~known.small_child)
            for word in _ordered(by, words[counted]):
                group = embeddings[counted & (words == word)]
                figure = _fmr(group, threshold)
                known_figure = len(group) >= LEAST_GROUP and figure.value is not None
                yield GroupFigure(
                    name="fmr",
                    of=f"embedding at FMR {GROUP_FMR:g}",
                    data=title,
                    by=by,
                    group=word,
                    n=len(group),
                    value=_short(figure.value) if known_figure else None,
                    interval=(_short(figure.low), _short(figure.high)) if known_figure else None,
                )


def _fmr(embeddings: NDArray[np.float32], threshold: float) -> Figure:
    """Of all pairs, with an interval by people."""
    a, b = np.nonzero(np.triu(embeddings @ embeddings.T >= threshold, 1))
    return share_of_different(a, b, np.ones(len(embeddings), np.int64))


def _ordered(by: str, words: NDArray[Any]) -> list[str]:
    """The groups in their usual order."""
    there = set(words.tolist())
    return [word for word in FAIRFACE_AGE_GROUPS if word in there] if by == "age_group" else sorted(there)


def _metric(name: str, data: str, figure: Figure) -> list[Metric]:
    """None where there are no such pairs."""
    if figure.value is None:
        return []
    interval = (_short(figure.low), _short(figure.high))
    return [Metric(name=name, of="embedding", data=data, value=_short(figure.value), interval=interval, n=figure.n)]


def _short(value: float | None) -> float:
    assert value is not None
    return float(f"{value:.{_DIGITS}g}")


def _word(label: Any) -> str:
    return str(label).strip().lower().replace(" ", "_")
