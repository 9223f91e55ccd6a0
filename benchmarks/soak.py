"""Whether memory stays flat over hours: a video watched again and again.

    python benchmarks/soak.py VIDEO [--frames N] [--latest]

Prints the resident memory every 1,000 frames. The people of every round are new ones, as in front of a camera in a
shop, so that what is kept of people is put to the test too. Exit status 1 where memory grows by more than 5 % from the
3,000th frame on, by which time all pools have filled.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from mien.frames import Frame
from mien.live.engine import Engine
from mien.live.networks import load_networks
from mien.media.source import FALLBACK_FPS, Source
from mien.media.sources import open_source

EVERY = 1000  # frames between two lines
SETTLED = 3000  # frames
MOST_GROWTH = 0.05


class Loop(Source):
    """A video that begins anew at its end, in time that goes on.

    Args:
        path: of the video.
        frames: after which it is over.
    """

    def __init__(self, path: Path, frames: int) -> None:
        super().__init__(f"{path}, again and again", is_live=False)
        self._path, self.frame_count = path, frames
        self._index = 0
        self._shift_s = self._last_s = 0.0
        self.open()

    @property
    def is_open(self) -> bool:
        """Whether `read` can be called."""
        return self._source.is_open

    def open(self) -> None:
        """From the start of the video again; frames and time are counted on."""
        self._source = open_source(self._path)
        self.fps = self._source.fps or FALLBACK_FPS

    def read(self) -> Frame | None:
        """The next frame."""
        if self._index == self.frame_count:
            return None
        frame = self._source.read()
        if frame is None:
            self._source.close()
            self._shift_s = self._last_s + 1 / (self.fps or FALLBACK_FPS)
            self.open()
            return self.read()
        self._last_s = self._shift_s + frame.time_s
        self._index += 1
        return Frame(image=frame.image, index=self._index - 1, time_s=self._last_s, source=self.name)

    def close(self) -> None:
        """Let go of the file."""
        self._source.close()


def resident_mb() -> float:
    """Memory of this process that is resident now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 1e6


def main() -> int:
    """Watch and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", type=Path)
    parser.add_argument("--frames", type=int, default=20_000)
    parser.add_argument("--latest", action="store_true", help="at its own pace, as a camera")
    options = parser.parse_args()
    settled_mb, people, began_s = 0.0, 0, time.monotonic()
    with Engine(Loop(options.video, options.frames), load_networks(), latest=options.latest or None) as engine:
        for number, frame in enumerate(engine, start=1):
            people += sum(event.kind == "appeared" and not event.details["returned"] for event in frame.events)
            if number % EVERY == 0:
                now_mb = resident_mb()
                rate = number / (time.monotonic() - began_s)
                print(f"{number:7,} frames  {people:5} people  {now_mb:7.1f} MB  {rate:6.1f} frames/s", flush=True)
                if number == SETTLED:
                    settled_mb = now_mb
    if not settled_mb:
        print(f"too few frames to tell; {SETTLED} at least", file=sys.stderr)
        return 2
    growth = resident_mb() / settled_mb - 1
    print(f"from the {SETTLED:,}th frame on: {growth:+.1%}")
    return 0 if growth <= MOST_GROWTH else 1


if __name__ == "__main__":
    sys.exit(main())
