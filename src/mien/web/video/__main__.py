"""`python -m mien.web.video`: does the work on one clip, in a process of its own, for `mien.web.video.process`.

The order comes as the first line of standard input; progress and the end go out as lines of JSON. When standard input
is closed whoever gave the order is gone, and the process ends at once with all that it made.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, NoReturn

from mien.web.video.containers import FFMPEG_NAMES
from mien.web.video.order import Order

_NICENESS: Final = 10
"""Live sessions come first; on Linux this is a tenth of the time where both want all."""
_MEMORY_BYTES: Final = 4_000_000_000
"""Of address space: five times what a clip of 4K takes; a file that makes FFmpeg want more fails by itself."""
REFUSED: Final = 2
"""Exit status where the clip cannot be looked at; why has been told."""


def main() -> None:
    """Do it."""
    order = Order.from_json(sys.stdin.readline())
    threading.Thread(target=_end_with_parent, args=(order.folder,), daemon=True).start()
    _restrain()
    from mien.errors import InputError, MienError
    from mien.media.opencv_log import quieten_opencv
    from mien.web.video.work import profile_clip

    quieten_opencv()
    try:
        profile_clip(order, lambda progress: _tell(asdict(progress)))
    except InputError as error:
        got, _, remedy = str(error).rpartition("; ")
        _tell({"got": got or remedy, "remedy": remedy if got else "send another clip"})
        raise SystemExit(REFUSED) from error
    except MienError as error:
        _tell({"fault": str(error)})
        raise SystemExit(REFUSED) from error


def _restrain() -> None:
    """Less of everything than the server gets."""
    os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = f"format_whitelist;{FFMPEG_NAMES}|protocol_whitelist;file"
    if sys.platform != "win32":
        os.nice(_NICENESS)
    if sys.platform == "linux":  # elsewhere the limit is refused, or not kept
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        if hard == resource.RLIM_INFINITY or hard > _MEMORY_BYTES:
            resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, hard))


def _end_with_parent(folder: Path) -> NoReturn:
    sys.stdin.read()
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)  # wherever the other threads are


def _tell(members: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(members) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
