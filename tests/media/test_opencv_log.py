import os
import subprocess
import sys

import pytest

OPEN_A_TEXT = """
import sys
from mien.errors import VideoError
from mien.media.opencv_log import quieten_opencv
if sys.argv[1] == "quiet":
    quieten_opencv()
from mien.media.sources import open_source
try:
    open_source(sys.argv[2])
except VideoError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("how", "level", "noisy"), [("quiet", None, False), ("loud", None, True), ("quiet", "32", True)]
)
def test_what_opencv_says_past_python(tmp_path, how, level, noisy):
    path = tmp_path / "a.mp4"
    path.write_text("no video\n" * 100)
    environment = {name: value for name, value in os.environ.items() if name != "OPENCV_FFMPEG_LOGLEVEL"}
    if level is not None:
        environment["OPENCV_FFMPEG_LOGLEVEL"] = level
    done = subprocess.run(
        [sys.executable, "-c", OPEN_A_TEXT, how, path], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.splitlines()[-1].startswith(f"{path}: not a video")
    assert bool(done.stderr) is noisy
