"""`Job`: one clip, from its upload to the deletion of what was made of it."""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from mien.web.video.order import RESULTS, Order
from mien.web.video.process import Failure
from mien.web.video.progress import Progress

ID_BYTES: Final = 18
"""Of an id: 144 bits, so that whoever knows one was told it."""
State = Literal["uploading", "waiting", "working", "done", "failed"]
BUSY: Final = ("uploading", "waiting", "working")


@dataclass(kw_only=True, eq=False)
class Job:
    """Shared by the thread that sees it through and the requests that ask for it; every change is one assignment.

    Attributes:
        folder: of its own, for the clip and the results.
        id: that nobody guesses.
        state: where it is.
        order: what is to be done; None while the clip is uploaded.
        progress: of the work.
        problem: why there is no result; None where nothing is wrong.
        asked_s: when a client asked for it last, on the monotonic clock.
        dropped: set when nobody wants it any more.
    """

    folder: Path
    id: str = field(default_factory=lambda: secrets.token_urlsafe(ID_BYTES))
    state: State = "uploading"
    order: Order | None = None
    progress: Progress = field(default_factory=Progress)
    problem: Failure | None = None
    asked_s: float = field(default_factory=time.monotonic)
    dropped: threading.Event = field(default_factory=threading.Event)

    def ask(self) -> None:
        """A client asks for it."""
        self.asked_s = time.monotonic()

    def result(self, name: str) -> Path | None:
        """One of the files of `RESULTS`; None where there is none of that name, or not yet."""
        return self.folder / name if self.state == "done" and name in RESULTS else None

    def to_dict(self, *, before: int, kept_s: float) -> dict[str, Any]:
        """JSON-ready.

        Args:
            before: clips that are looked at first.
            kept_s: how long it is kept when nobody asks for it.
        """
        state, progress, problem = self.state, self.progress, self.problem
        return {
            "id": self.id,
            "name": None if self.order is None else self.order.name,
            "status": state,
            "before": before,
            "progress": progress.to_dict() | ({"share": 1.0} if state == "done" else {}),
            "problem": None if problem is None else {"got": problem.got, "remedy": problem.remedy},
            "results": {name: f"/api/v1/videos/{self.id}/{name}" for name in RESULTS if state == "done"},
            "kept_s": kept_s,
        }
