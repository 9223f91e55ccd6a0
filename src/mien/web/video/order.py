"""`Order`: what is to be done with a clip, as it is handed to the process that does it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Self

CLIP: Final = "clip"
"""The file that came, whatever it is."""
VIDEO: Final = "video.webm"
PEOPLE: Final = "people.json"
FRAMES: Final = "frames.csv"
EVENTS: Final = "events.jsonl"
RESULTS: Final = {
    VIDEO: "The clip with boxes and labels, VP8 without sound.",
    PEOPLE: "Everyone who was seen: profile, when in view, expressions over time.",
    FRAMES: "One row a person and frame.",
    EVENTS: "One line when a person appears, is known, changes or leaves.",
}
"""Files that are made, by name."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is to be done.

    Attributes:
        folder: for all files; its owner removes it.
        name: of the clip, as the client gave it; only ever told back.
        attributes: to find out.
        detector: that finds the faces.
        profile: name of the networks.
        blur: whether no face may be recognised in the video that is made.
        max_s: seconds of the clip; longer ones are refused where they say so, and cut where they do not.
        max_pixels: of a frame.
        timeout_s: the clip is cut where the work has taken so long.
    """

    folder: Path
    name: str | None
    attributes: tuple[str, ...]
    detector: str
    profile: str
    blur: bool
    max_s: float
    max_pixels: int
    timeout_s: float

    @property
    def source(self) -> Path:
        """The clip."""
        return self.folder / CLIP

    def to_json(self) -> str:
        """In one line."""
        return json.dumps(asdict(self) | {"folder": str(self.folder)})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What `to_json` made."""
        members = json.loads(text)
        return cls(**members | {"folder": Path(members["folder"]), "attributes": tuple(members["attributes"])})
