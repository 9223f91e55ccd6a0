"""The example from a folder to a figure is run as a user would run it."""

import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np

SCRIPT = Path(__file__).parents[2] / "examples" / "folder_to_figure.py"


def test_from_a_folder_to_a_figure(tmp_path, pictures, finished_run):
    shutil.copytree(finished_run, tmp_path / "results")  # so that it goes on, and need not begin
    (tmp_path / "results" / "files" / "000000003.parquet").unlink()
    figure = tmp_path / "figure.png"
    result = subprocess.run(
        [sys.executable, SCRIPT, pictures, tmp_path / "results", figure],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout == "8 people in 10 pictures; 3 not read\n"
    image = cv2.imread(str(figure))
    assert image.shape[1] > 2 * image.shape[0]
    assert (image == np.array([0x75, 0x6E, 0x0B])).all(2).any()  # dots of corrected shares
