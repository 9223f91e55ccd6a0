"""`Stream`: what a session is told by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from mien.audience.visitors import REVISIT_S, Visitors
from mien.errors import InputError
from mien.live.networks import Networks
from mien.live.settings import LiveSettings
from mien.live.tracker_config import TrackerConfig
from mien.media.source import Source
from mien.models import embedding, registry


@dataclass(frozen=True, kw_only=True)
class Stream:
    """A source and how it is watched.

    Attributes:
        source: its name, as it may be shown.
        is_live: whether frames come at their own pace.
        attributes: that are found out.
        networks: name and version of each.
        return_s: seconds out of view after which a stay has ended; the tracker's `remember_s`.
        began_at: when the first frame was, of recorded video, in seconds since 1970; None for the present time.
    """

    source: str
    is_live: bool
    attributes: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    return_s: float = TrackerConfig.remember_s
    began_at: float | None = None

    @classmethod
    def of(
        cls, source: Source, networks: Networks, settings: LiveSettings | None = None, *, began_at: float | None = None
    ) -> Self:
        """Of what an `Engine` is made of.

        Raises:
            InputError: `began_at` is given for a camera or stream, whose frames are of now.
        """
        if began_at is not None and source.is_live:
            raise InputError(f"{source.name} is live; when it was recorded can be told of files only")
        return cls(
            source=source.name,
            is_live=source.is_live,
            attributes=networks.attributes,
            networks=networks_of(networks),
            return_s=(settings or LiveSettings()).tracker.remember_s,
            began_at=began_at,
        )


def networks_of(networks: Networks) -> tuple[str, ...]:
    """Name and version of each."""
    names = (networks.embedding if name == embedding.NAME else name for name in networks.readers)
    return tuple(f"{name} {registry.card(name).version}" for name in names if name in registry.OWN)


def visitors_of(networks: Networks, *, revisit_s: float = REVISIT_S) -> Visitors | None:
    """Knows visitors again by the networks' embedding; None where they have none, and nobody is known again."""
    return None if networks.thresholds is None else Visitors(networks.thresholds, revisit_s=revisit_s)
