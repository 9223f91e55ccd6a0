"""Who of those lost somebody in view is: by looks, place and size.

Three kinds of evidence are added, in nats (natural logarithms of odds):

- looks: minus the logarithm of the false-match rate that the similarity stands for, by the table of the network's card;
- place: how much likelier the face is where it is if it is that of the person, whom the filter expects somewhere, than
  if it is anybody's, who may be anywhere in the picture;
- size: the same for the size of the face.

A second after somebody was lost place and size tell as much as the looks do; after some ten the filter expects the
person anywhere, and they tell nothing. They never tell more against somebody than `ELSEWHERE`: films are cut, and
people leave by one side and come in by another. For strangers the odds of place and size are one on average, so that
they leave the rate of false matches what the looks make it.

It must also be clear who it is: where two of those lost are about as likely, a further look may tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.live.kalman import Floats, Motion
from mien.live.track_record import TrackRecord
from mien.live.tracker_config import TrackerConfig

ELSEWHERE: Final = 0.1  # least odds of place and size
SIZE_NATS: Final = 2.0  # the sizes of a picture's faces are spread over so much of their logarithm: from 1 to 7
SIZE_NOISE: Final = 0.15  # in the logarithm; a face that is turned has a narrower box


def recognise(
    record: TrackRecord,
    lost: Sequence[TrackRecord],
    motion: Motion,
    picture: tuple[int, int] | None,
    config: TrackerConfig,
) -> int | None:
    """Row of the one of those lost who a person in view is.

    Args:
        record: of the person in view, whose embedding is known.
        lost: one or more, whose embeddings are known.
        motion: of those lost, as predicted for this frame.
        picture: height and width in pixels; None where they are not known, and then the looks alone tell.
        config: settings.

    Returns:
        None where it is nobody of them, or not clear who.
    """
    similarity = np.array([other.embedding for other in lost]) @ record.embedding
    evidence = -np.log([config.rates.rate(float(value)) for value in similarity])
    if picture is not None:
        evidence = evidence + np.maximum(_place_and_size(record.box, motion, picture), np.log(ELSEWHERE))
    best = int(evidence.argmax())
    clear = record.is_clear and lost[best].is_clear
    needed = -np.log(config.come_back_fmr if clear else config.unclear_fmr)
    others = np.logaddexp.reduce(np.delete(evidence, best), initial=-np.inf)
    known = similarity[best] >= config.least_similarity and evidence[best] >= needed
    return best if known and evidence[best] - others >= config.lead else None


def _place_and_size(box: NDArray[np.float32], motion: Motion, picture: tuple[int, int]) -> Floats:
    """(n,) nats for the face in this box (4,) being that of each person whom the filter follows."""
    height, width = picture
    size = np.log((box[2:] - box[:2]).prod()) / 2
    centre_variance = motion.covariance[:, :2, 0, 0].max(1)
    size_variance = motion.covariance[:, 2, 0, 0] + SIZE_NOISE**2
    off = ((motion.mean[:, :2, 0] - (box[:2] + box[2:]) / 2) ** 2).sum(1) / centre_variance
    place = np.log(height * width / (2 * np.pi * centre_variance)) - off / 2
    as_large = np.log(SIZE_NATS / np.sqrt(2 * np.pi * size_variance))
    return np.asarray(place + as_large - (motion.mean[:, 2, 0] - size) ** 2 / size_variance / 2, np.float64)
