"""How well tracks agree with the truth.

MOTA and id switches: Bernardin and Stiefelhagen (2008), "Evaluating multiple object tracking performance: the CLEAR
MOT metrics". IDF1: Ristani et al. (2016), "Performance measures and a data set for multi-target, multi-camera
tracking". Boxes of the truth that do not count are taken out as the MOT Challenge does: with them go the tracks' boxes
that are matched to them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.geometry.boxes import iou
from mien.live.association import assign
from mien.live.mot import MotFrame

LEAST_IOU: Final = 0.5  # of a box with its true one; the MOT Challenge's
_KEPT: Final = -1.0  # cost of going on with the pair of the last frame: less than that of any other


@dataclass(frozen=True, kw_only=True)
class MotScores:
    """Counts over one or more streams, which can be added, and the figures made of them.

    Attributes:
        boxes: in the truth, of those that count.
        found: boxes of the tracks that count.
        matches: of the two, frame by frame.
        id_switches: how often a person's box went from one track's to another's.
        identity_matches: of the two, when each person is given one track for all the time, the best one.
        people: ids in the truth.
        tracks: ids in the tracks.
        unique_error: absolute difference between the two, of each stream.
    """

    boxes: int = 0
    found: int = 0
    matches: int = 0
    id_switches: int = 0
    identity_matches: int = 0
    people: int = 0
    tracks: int = 0
    unique_error: int = 0

    def __add__(self, other: MotScores) -> MotScores:
        return MotScores(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)})

    @property
    def misses(self) -> int:
        """Boxes of the truth that no track has."""
        return self.boxes - self.matches

    @property
    def false_positives(self) -> int:
        """Boxes of tracks where there is nobody."""
        return self.found - self.matches

    @property
    def mota(self) -> float | None:
        """1 − (misses + false positives + id switches) / boxes, at most 1; None without boxes."""
        wrong = self.misses + self.false_positives + self.id_switches
        return 1 - wrong / self.boxes if self.boxes else None

    @property
    def idf1(self) -> float | None:
        """2 identity matches / (boxes + found), 0–1; None without either."""
        total = self.boxes + self.found
        return 2 * self.identity_matches / total if total else None

    @property
    def unique_count_error(self) -> float | None:
        """Absolute difference of the numbers of ids, by the number of people; None without people."""
        return self.unique_error / self.people if self.people else None


def mot_scores(truth: Mapping[int, MotFrame], tracks: Mapping[int, MotFrame]) -> MotScores:
    """Compares the tracks of one stream with the truth.

    Args:
        truth: frame → boxes; those with `conf` 0 do not count.
        tracks: frame → boxes; a frame that is not there is one without boxes.
    """
    nobody = MotFrame.of([])
    last: dict[int, int] = {}
    together: Counter[tuple[int, int]] = Counter()
    people: Counter[int] = Counter()
    found: Counter[int] = Counter()
    matches = switches = 0
    for number in sorted({*truth, *tracks}):
        true, seen = _counting(truth.get(number, nobody), tracks.get(number, nobody))
        people.update(true.ids.tolist())
        found.update(seen.ids.tolist())
        overlap = iou(true.boxes, seen.boxes)
        for row, column in np.argwhere(overlap >= LEAST_IOU):
            together[int(true.ids[row]), int(seen.ids[column])] += 1
        for row, column in _pairs(true.ids, seen.ids, overlap, last):
            person, track = int(true.ids[row]), int(seen.ids[column])
            switches += last.get(person, track) != track
            last[person] = track
            matches += 1
    return MotScores(
        boxes=people.total(),
        found=found.total(),
        matches=matches,
        id_switches=switches,
        identity_matches=_identity_matches(list(people), list(found), together),
        people=len(people),
        tracks=len(found),
        unique_error=abs(len(people) - len(found)),
    )


def _counting(true: MotFrame, seen: MotFrame) -> tuple[MotFrame, MotFrame]:
    """Both without the boxes that do not count."""
    overlap = iou(true.boxes, seen.boxes)
    rows, columns = assign(np.where(overlap >= LEAST_IOU, 1 - overlap, np.inf), 1.0)
    spared = columns[true.conf[rows] == 0]
    return true[true.conf > 0], seen[~np.isin(np.arange(len(seen)), spared)]


def _pairs(
    people: NDArray[np.int64], tracks: NDArray[np.int64], overlap: NDArray[np.float32], last: Mapping[int, int]
) -> list[tuple[int, int]]:
    """Rows and columns of the boxes that match; a pair of before goes on where it still can."""
    cost = np.where(overlap >= LEAST_IOU, 1 - overlap, np.inf)
    for row, person in enumerate(people.tolist()):
        for column in np.flatnonzero(tracks == last.get(person, -1)):
            if overlap[row, column] >= LEAST_IOU:
                cost[row, column] += _KEPT * len(people)
    rows, columns = assign(cost, 1.0)
    return list(zip(rows.tolist(), columns.tolist(), strict=True))


def _identity_matches(people: Sequence[int], tracks: Sequence[int], together: Counter[tuple[int, int]]) -> int:
    """Boxes that agree in the one-to-one assignment of people to tracks for which most do."""
    shared = np.array([[together[person, track] for track in tracks] for person in people], np.float64)
    shared = shared.reshape(len(people), len(tracks))
    rows, columns = assign(-shared, 0.0)
    return int(shared[rows, columns].sum())
