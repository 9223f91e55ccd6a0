"""Every example of DeepFace's README, as it stands there but for the import, on photos in the public domain."""

import shutil
import sys

import pandas as pd
import pytest

from mien.compat import deepface as DeepFace  # noqa: N812
from mien.errors import InputError, SourceLostError
from mien.media import camera
from mien.media.video_reader import FFMPEG, VideoReader

MODELS = """
models = [
    "VGG-Face", "Facenet", "Facenet512", "OpenFace", "DeepFace",
    "DeepID", "ArcFace", "Dlib", "SFace", "GhostFaceNet",
    "Buffalo_L",
]
"""
BACKENDS = """
backends = [
    'opencv', 'ssd', 'dlib', 'mtcnn', 'fastmtcnn',
    'retinaface', 'mediapipe', 'yolov8n', 'yolov8m',
    'yolov8l', 'yolov11n', 'yolov11s', 'yolov11m',
    'yolov11l', 'yolov12n', 'yolov12s', 'yolov12m',
    'yolov12l', 'yunet', 'centerface',
]
detector = backends[3]
align = True
"""


@pytest.fixture
def run(portraits, tmp_path, monkeypatch):
    """`run(example)`: its names, after it ran in a folder with the files that the examples name."""
    shots = {"img": "obama", "img1": "obama", "img2": "obama2", "img4": "astronaut", "target": "obama2"}
    for name, photo in shots.items():
        shutil.copy(portraits[photo], tmp_path / f"{name}.jpg")
    for folder in ("C:/my_db", "my_db", "C:/database/Alice", "dataset"):
        (tmp_path / folder).mkdir(parents=True)
        for name in ("img1", "img2"):
            shutil.copy(tmp_path / f"{name}.jpg", tmp_path / folder)
    monkeypatch.chdir(tmp_path)

    def example(text):
        names = {"DeepFace": DeepFace, "List": list, "pd": pd}
        exec(compile(text, "example", "exec"), names)
        return names

    return example


def test_face_verification(run):
    names = run('result: dict = DeepFace.verify(img1_path = "img1.jpg", img2_path = "img2.jpg")')
    assert names["result"]["verified"] in (True, False)
    assert 0 < names["result"]["distance"] < 1


def test_face_recognition(run):
    names = run('dfs: List[pd.DataFrame] = DeepFace.find(img_path = "img1.jpg", db_path = "C:/my_db")')
    (table,) = names["dfs"]
    assert table["identity"].iloc[0] == "C:/my_db/img1.jpg"


def test_register_and_search(run, postgres_url, monkeypatch):
    monkeypatch.setenv("DEEPFACE_POSTGRES_URI", postgres_url)  # as the original wants it, too
    names = run(
        """
# register an image into the database
DeepFace.register(img = "img1.jpg")

# perform exact search
dfs: List[pd.DataFrame] = DeepFace.search(img = "target.jpg")
exact = dfs

# perform approximate nearest neighbor search
dfs: List[pd.DataFrame] = DeepFace.search(img = "target.jpg", search_method = "ann")
"""
    )
    for (table,) in (names["exact"], names["dfs"]):
        assert "img_name" in table.columns
    (table,) = DeepFace.search("target.jpg", similarity_search=True)
    assert list(table["img_name"]) == ["img1.jpg"]


def test_facial_attribute_analysis(run):
    names = run(
        """
objs: List[dict] = DeepFace.analyze(
  img_path = "img4.jpg", actions = ['age', 'gender', 'race', 'emotion']
)
"""
    )
    (face,) = names["objs"]
    assert face["dominant_emotion"] == "happy"
    assert {"age", "dominant_gender", "dominant_race"} <= set(face)


@pytest.fixture
def webcam(portraits, tmp_path, monkeypatch, film):
    """Camera 0, which shows a short film."""
    if sys.platform != "linux":
        pytest.skip("cameras are files on Linux only")
    devices = tmp_path / "dev"
    devices.mkdir()
    (devices / "video0").touch()
    monkeypatch.setattr(camera, "_DEVICES", devices)
    monkeypatch.setattr(camera, "VideoReader", lambda *_: VideoReader(str(film), FFMPEG, {}))
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)


def test_real_time_analysis(run, webcam, tmp_path, monkeypatch):
    from mien.compat import stream
    from mien.live.backoff import Backoff

    real = stream.Engine
    monkeypatch.setattr(  # a camera that is unplugged is waited for, for ever
        stream, "Engine", lambda *given, **options: real(*given, backoff=Backoff(attempts=1), **options)
    )
    with pytest.raises(SourceLostError):  # after its last picture
        run('DeepFace.stream(db_path = "C:/database")')
    assert (tmp_path / "mien-stream.mp4").stat().st_size > 1000


def test_embeddings(run):
    names = run('embedding_objs: List[dict] = DeepFace.represent(img_path = "img.jpg")')
    (face,) = names["embedding_objs"]
    assert len(face["embedding"]) == 128


def test_face_recognition_models(run):
    names = run(
        MODELS
        + """
result = DeepFace.verify(
  img1_path = "img1.jpg", img2_path = "img2.jpg", model_name = models[0]
)

dfs = DeepFace.find(
  img_path = "img1.jpg", db_path = "C:/my_db", model_name = models[1]
)

embeddings = DeepFace.represent(
  img_path = "img.jpg", model_name = models[2]
)
"""
    )
    assert names["result"]["model"] == "VGG-Face"
    assert len(names["dfs"][0]) >= 1
    assert len(names["embeddings"]) == 1


def test_face_detection_and_alignment(run):
    names = run(
        BACKENDS
        + """
obj = DeepFace.verify(
  img1_path = "img1.jpg", img2_path = "img2.jpg", detector_backend = detector, align = align
)

dfs = DeepFace.find(
  img_path = "img.jpg", db_path = "my_db", detector_backend = detector, align = align
)

embedding_objs = DeepFace.represent(
  img_path = "img.jpg", detector_backend = detector, align = align
)

demographies = DeepFace.analyze(
  img_path = "img4.jpg", detector_backend = detector, align = align
)

face_objs = DeepFace.extract_faces(
  img_path = "img.jpg", detector_backend = detector, align = align
)
"""
    )
    assert names["obj"]["detector_backend"] == "mtcnn"
    assert names["face_objs"][0]["face"].max() <= 1
    assert len(names["demographies"]) == 1


def test_face_anti_spoofing_is_refused(run):
    with pytest.raises(InputError, match="Mien has no network that tells a face from a picture of one"):
        run(
            """
# anti spoofing test in face detection
face_objs = DeepFace.extract_faces(img_path="dataset/img1.jpg", anti_spoofing = True)
assert all(face_obj["is_real"] is True for face_obj in face_objs)
"""
        )
    with pytest.raises(InputError, match="anti_spoofing"):
        run('DeepFace.stream(db_path = "C:/database", anti_spoofing = True)')


def test_similarity(run):
    names = run(
        """
metrics = ["cosine", "euclidean", "euclidean_l2", "angular"]

result = DeepFace.verify(
  img1_path = "img1.jpg", img2_path = "img2.jpg", distance_metric = metrics[1]
)

dfs = DeepFace.find(
  img_path = "img1.jpg", db_path = "C:/my_db", distance_metric = metrics[2]
)
"""
    )
    assert names["result"]["similarity_metric"] == "euclidean"
    assert names["dfs"][0]["distance"].iloc[0] == pytest.approx(0, abs=1e-3)
