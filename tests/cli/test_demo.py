import hashlib
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from mien import samples
from mien.media.images import read_image


@pytest.fixture
def sample(tmp_path, drawn_face, monkeypatch):
    """A drawn face in the cache in the place of the astronaut."""
    path = tmp_path / "cache" / "samples" / "astronaut.png"
    path.parent.mkdir(parents=True)
    Image.fromarray(drawn_face).save(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    monkeypatch.setattr(samples, "SAMPLES", {"astronaut": replace(samples.SAMPLES["astronaut"], sha256=digest)})
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("MIEN_OFFLINE", "1")
    return path


def test_the_demo_prints_a_table_and_says_where_the_picture_is(mien, sample, tmp_path, drawn_face):
    out = tmp_path / "new"
    done = mien("demo", "--out", out)
    assert done.exit_code == 0
    for title in ("file", "age", "gender", "race", "emotion", "quality"):
        assert f" {title} " in done.stdout
    assert done.stderr == f"annotated photo: {out / 'mien-demo.png'}\n"
    drawn = read_image(out / "mien-demo.png")
    assert drawn.shape == drawn_face.shape
    assert (drawn != drawn_face).any()


def test_the_demo_as_json(mien, sample, tmp_path):
    done = mien("demo", "--out", tmp_path, "--json")
    (face,) = json.loads(done.stdout)["faces"]
    np.testing.assert_allclose(sum(face["gender"]["probabilities"].values()), 1, atol=0.001)
    low, high = face["age"]["interval"]
    assert low < face["age"]["years"] < high


def test_without_the_sample_the_remedy_is_told(mien, sample, tmp_path):
    sample.unlink()
    done = mien("demo", "--out", tmp_path)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("mien: error: astronaut.png is not on this machine and downloads are forbidden")
    assert done.stderr.endswith("or profile a photo of your own: mien analyze YOUR_PHOTO\n")
    assert not (tmp_path / "mien-demo.png").exists()


def test_an_output_folder_that_cannot_be_made(mien, sample, tmp_path):
    (tmp_path / "file").touch()
    done = mien("demo", "--out", tmp_path / "file" / "out")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "file/out: " in done.stderr
