"""`Records`: what is in a store, as a report needs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.face import UNSURE
from mien.models.thresholds import Thresholds
from mien.vocabulary import EMOTIONS

QUARTER_S: Final = 900
LABELS: Final = (*EMOTIONS, UNSURE)
"""Of samples; those of which the expression was not read are unsure."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Session:
    """One run.

    Attributes:
        source: its name.
        is_live: whether that is a camera or stream.
        began_at: seconds since 1970.
        last_at: the same.
        state: `ended`, `running`, or `killed` where nobody ended it.
        mien_version: that watched.
        attributes: that were found out.
        networks: name and version of each.
        return_s: see `schema.sessions`.
        revisit_s: the same.
        thresholds: of the network that told people apart; None where none did.
        clock_steps: how often the computer's clock was set.
        lost_samples: seconds of people that could not be written.
    """

    source: str
    is_live: bool
    began_at: float
    last_at: float
    state: str
    mien_version: str
    attributes: tuple[str, ...]
    networks: tuple[str, ...]
    return_s: float
    revisit_s: float | None
    thresholds: Thresholds | None
    clock_steps: int
    lost_samples: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Visits:
    """Columns of `schema.visits`; NaN and None where a value is not known.

    Attributes:
        session: (n,) place of the session.
        track_id: (n,) number within it.
        began_at: (n,) seconds since 1970.
        seen_s: (n,).
        attention_s: (n,).
        age_group: (n,) texts.
        gender: (n,) texts.
        emotion: (n, 7) shares of the time.
        compared: (n,) and the three after it: see `mien.audience.returns.Evidence`.
        best_similarity: (n,).
        own_similarity: (n,).
        other_similarity: (n,).
    """

    session: NDArray[np.int64]
    track_id: NDArray[np.int64]
    began_at: Floats
    seen_s: Floats
    attention_s: Floats
    age_group: NDArray[np.object_]
    gender: NDArray[np.object_]
    emotion: Floats
    compared: Floats
    best_similarity: Floats
    own_similarity: Floats
    other_similarity: Floats

    def __len__(self) -> int:
        return len(self.began_at)


@dataclass(frozen=True, kw_only=True, eq=False)
class Expressions:
    """Samples summed up: one row for every visit, quarter of an hour and label.

    Attributes:
        visit: (m,) its place.
        quarter: (m,) since 1970.
        label: (m,) place in `LABELS`.
        seen_s: (m,) seconds in view.
        attention_s: (m,) of that, with the head toward the camera.
    """

    visit: NDArray[np.int64]
    quarter: NDArray[np.int64]
    label: NDArray[np.int64]
    seen_s: Floats
    attention_s: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class Records:
    """What is in a store of the time and the sources asked for.

    Attributes:
        name: of the store.
        read_at: when it was read.
        sessions: in order.
        visits: by their time.
        expressions: of them.
        minute: (k,) since 1970, in which somebody watched.
        watched_s: (k,) seconds of it.
    """

    name: str
    read_at: float
    sessions: tuple[Session, ...]
    visits: Visits
    expressions: Expressions
    minute: NDArray[np.int64]
    watched_s: Floats
