"""The tables of a store. Times are seconds since 1970 in UTC; columns are called as in the JSON of a person.

No table has room for a picture, an embedding or a name.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
)

from mien.vocabulary import EMOTIONS, GENDERS, RACES

VERSION: Final = 1
"""Of the tables; see `mien.audience.migrate`."""

metadata: Final = MetaData()


def _doubles(prefix: str, labels: Iterable[str]) -> list[Column[Any]]:
    return [Column(f"{prefix}_{label}", Double) for label in labels]


store: Final = Table(
    "mien_store",
    metadata,
    Column("version", Integer, nullable=False),
    Column("created_at", Double, nullable=False),
)
"""One row: the version of the tables."""

sources: Final = Table(
    "sources",
    metadata,
    Column("source_id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("is_live", Boolean, nullable=False),
)
"""Cameras, streams and files, by the name that may be shown."""

sessions: Final = Table(
    "sessions",
    metadata,
    Column("session_id", Integer, primary_key=True),
    Column("source_id", Integer, ForeignKey("sources.source_id"), nullable=False, index=True),
    Column("began_at", Double, nullable=False),
    Column("last_at", Double, nullable=False),
    Column("ended_at", Double),
    Column("mien_version", Text, nullable=False),
    Column("attributes", Text, nullable=False),
    Column("networks", Text, nullable=False),
    Column("return_s", Double, nullable=False),
    Column("revisit_s", Double),
    Column("thresholds", Text),
    Column("clock_steps", Integer, nullable=False, default=0),
    Column("lost_samples", Integer, nullable=False, default=0),
)
"""One run of `watch` on one source. `ended_at` stays empty where the process was killed. People who come back within
`return_s` go on with their visit; within `revisit_s` they are the same visitor, which is empty where nobody is known
again. `thresholds` are those of the network that told people apart, as in its card."""

observed: Final = Table(
    "observed",
    metadata,
    Column("session_id", ForeignKey("sessions.session_id", ondelete="CASCADE"), primary_key=True),
    Column("minute", Integer, primary_key=True, autoincrement=False),
    Column("watched_s", Double, nullable=False),
    sqlite_with_rowid=False,
)
"""Seconds of each minute (since 1970) in which frames came: without it an hour without people and one without a camera
would look alike."""

visits: Final = Table(
    "visits",
    metadata,
    Column("session_id", ForeignKey("sessions.session_id", ondelete="CASCADE"), primary_key=True),
    Column("track_id", Integer, primary_key=True, autoincrement=False),
    Column("began_at", Double, nullable=False),
    Column("last_at", Double, nullable=False),
    Column("ended", Boolean, nullable=False),
    Column("seen_s", Double, nullable=False),
    Column("attention_s", Double),
    Column("returns", Integer, nullable=False),
    Column("settled", Boolean, nullable=False),
    Column("quality", Double),
    Column("age", Double),
    Column("age_low", Double),
    Column("age_high", Double),
    Column("age_group", Text),
    Column("gender", Text),
    *_doubles("gender", GENDERS),
    Column("race", Text),
    *_doubles("race", RACES),
    *_doubles("emotion", EMOTIONS),
    Column("visitor", Integer),
    Column("compared", Integer),
    Column("match_threshold", Double),
    Column("best_similarity", Double),
    Column("own_similarity", Double),
    Column("other_similarity", Double),
    Index("visits_began_at", "began_at"),
)
"""A person's stay in view, returns within `sessions.return_s` merged into it. Labels may be `unsure`; `emotion_*` are
shares of the time. `visitor` numbers people within a session, and the columns after it are the evidence for how many
they are; see `mien.audience.returns`."""

samples: Final = Table(
    "samples",
    metadata,
    Column("session_id", Integer, primary_key=True),
    Column("track_id", Integer, primary_key=True, autoincrement=False),
    Column("second", Integer, primary_key=True, autoincrement=False),
    Column("seen_s", Double, nullable=False),
    Column("attention_s", Double),
    Column("yaw", Double),
    Column("pitch", Double),
    Column("roll", Double),
    Column("emotion", Text),
    *_doubles("emotion", EMOTIONS),
    ForeignKeyConstraint(
        ["session_id", "track_id"],
        ["visits.session_id", "visits.track_id"],
        ondelete="CASCADE",
        onupdate="CASCADE",
    ),
    sqlite_with_rowid=False,
)
"""One second (since 1970) of a visit: how much of it in view, how much with the head toward the camera, the mean pose,
and the expression at its end with the mean of its probabilities."""
