from __future__ import annotations

import io
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

import mien
from mien.errors import InputError, MienError, PipelineError, UnknownNameError
from mien.faces import Faces
from mien.pipeline import ATTRIBUTES, DEFAULT_ATTRIBUTES, Profiler, check_stages
from mien.quality import Quality


def test_the_public_names_are_these() -> None:
    assert mien.__all__ == sorted(mien.__all__)
    names = ["Face", "Faces", "Gallery", "ImageLimits", "MienError", "Profiler", "Threads", "analyze"]
    names += ["read_image", "verify", "watch"]
    assert mien.__all__ == names
    assert all(getattr(mien, name) is not None for name in mien.__all__)
    with pytest.raises(AttributeError, match="analyse"):
        mien.analyse  # noqa: B018


def test_importing_mien_loads_neither_opencv_nor_onnx_runtime() -> None:
    script = "import sys, mien; print([m for m in ('cv2', 'onnxruntime', 'PIL', 'numpy', 'torch') if m in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", script], text=True).strip() == "[]"


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (900, 1), (37, 53), (480, 640)])
def test_nobody_in_view_is_no_faces(shape: tuple[int, int]) -> None:
    faces = mien.analyze(np.full((*shape, 3), 200, np.uint8))
    assert len(faces) == 0
    assert faces.to_dicts() == []


def test_a_crop_always_has_one_face_with_everything_in_it() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (48, 48), np.uint8)
    faces = Profiler(crops=True).analyze(noise)
    assert len(faces) == 1
    face = faces[0]
    assert face.score == 0
    assert face.age is not None
    assert face.age_interval is not None
    assert 0 <= face.age_interval[0] <= face.age <= face.age_interval[1]
    for value in (face.gender, face.race, face.race5, face.emotion):
        assert value is not None
        assert sum(value.probabilities.values()) == pytest.approx(1, abs=1e-4)
    assert face.landmarks is None
    assert face.embedding is None
    assert face.identity is None


def test_landmarks_and_embedding_are_not_given_unless_asked_for() -> None:
    assert set(DEFAULT_ATTRIBUTES) < set(ATTRIBUTES)
    assert not {"landmarks", "embedding"} & set(DEFAULT_ATTRIBUTES)
    assert Profiler().attributes == DEFAULT_ATTRIBUTES


@pytest.mark.parametrize(
    "asked",
    [("age",), ("emotion",), ("gender", "quality"), (), ("pose",), ("landmarks",), ("embedding",), ATTRIBUTES],
)
@pytest.mark.parametrize("crops", [True, False])
def test_only_what_was_asked_for_is_given(tiny_networks, asked: tuple[str, ...], crops: bool) -> None:
    faces = Profiler(attributes=asked, crops=crops).analyze(np.zeros((64, 64, 3), np.uint8))
    assert len(faces) == crops
    given = {name for name in ATTRIBUTES if getattr(faces, name) is not None}
    assert given == set(asked)
    assert (faces.age_interval is not None) == ("age" in asked)
    assert set(faces.unsure) <= set(asked)
    assert {"pose", "landmarks"} & set(asked) <= set(faces.unsure)


def test_a_network_is_loaded_once_for_all_that_it_gives(tiny_networks) -> None:
    assert [type(stage).__name__ for stage in Profiler(attributes=("pose", "landmarks", "embedding")).stages] == [
        "Detect",
        "Landmarks",
        "Embedding",
    ]


def test_landmarks_of_a_photo_lie_on_the_faces(tiny_networks, draw_faces) -> None:
    faces = Profiler(attributes=("pose", "landmarks")).analyze(draw_faces(240, 320, [(80, 70, 90), (240, 170, 110)]))
    assert len(faces) == 2
    middle = faces.landmarks[:, :, :2].mean(1)
    assert (np.abs(middle - (faces.boxes[:, :2] + faces.boxes[:, 2:]) / 2) < 20).all()
    assert faces.pose[:, :2] == pytest.approx(np.array([[10, 5]] * 2), abs=1.5)  # roll by the detector's keypoints
    assert np.abs(faces.pose[:, 2] + 3).max() < 6


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"attributes": ["age", "gendre"]}, "unknown attribute 'gendre'; did you mean gender"),
        ({"detector": "yunett"}, "unknown detector 'yunett'; did you mean yunet"),
        ({"attributes": ["height"]}, f"unknown attribute 'height'; known: {', '.join(ATTRIBUTES)}"),
        ({"embedding": "sfac"}, "unknown embedding 'sfac'; did you mean sface"),
    ],
)
def test_unknown_names_are_told_with_the_nearest(settings: dict, message: str) -> None:
    with pytest.raises(UnknownNameError, match=message):
        Profiler(**settings)
    assert issubclass(UnknownNameError, MienError)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"attributes": "age"}, r"""attributes must be a list of names, got 'age'; write \["age"\]"""),
        ({"attributes": 5}, r"attributes must be a list of names, got 5; write \['age', 'gender'"),
        ({"attributes": [1]}, f"attributes must be names, got 1; known: {', '.join(ATTRIBUTES)}"),
        ({"embedding": 7}, "embedding must be a name, got 7; known: embedding, sface"),
        ({"detector": 5}, "detector must be one of the names haar, yunet, got 5"),
        ({"detector": ["yunet"]}, r"detector must be one of the names haar, yunet, got \['yunet'\]"),
        ({"threads": 4}, r"threads must be Threads, got 4; write threads=Threads\(intra_op=4\)"),
        ({"limits": 10}, r"limits must be ImageLimits, got 10; write limits=ImageLimits\(max_pixels=10\)"),
        ({"long_side": "640"}, "long_side must be a whole number of pixels, got '640'"),
        ({"long_side": float("nan")}, "long_side must be a whole number of pixels, got nan"),
        ({"long_side": 8, "crops": True}, "long_side must be at least 32 pixels, got 8"),
    ],
)
def test_settings_of_another_type_are_told_with_the_remedy(settings: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Profiler(**settings)


@pytest.mark.parametrize("settings", [{"attributes": "age"}, {"detector": 5}, {"detector": ["yunet"]}])
def test_the_function_refuses_the_same(settings: dict) -> None:
    with pytest.raises(InputError, match="must be"):
        mien.analyze(np.zeros((9, 9, 3), np.uint8), **settings)


@pytest.mark.parametrize("name", ["max_pixels", "max_bytes"])
@pytest.mark.parametrize("limit", [-1, 0, 1e6, float("nan"), "9"])
def test_limits_are_whole_numbers(name: str, limit: object) -> None:
    with pytest.raises(InputError, match=rf"limits\.{name} must be a whole number of 1 or more, got {limit!r}"):
        mien.ImageLimits(**{name: limit})


def test_a_stage_that_misses_what_it_requires_is_refused() -> None:
    with pytest.raises(PipelineError, match="Quality requires keypoints, which no stage before it provides"):
        check_stages([Quality()])


@pytest.mark.parametrize("crops", [True, False])
@pytest.mark.parametrize("detector", ["yunet", "haar"])
def test_eight_threads_give_the_numbers_of_one(draw_faces, detector: str, crops: bool) -> None:
    profiler = Profiler(crops=crops, detector=detector)
    random = np.random.default_rng(7)
    images = [random.integers(0, 256, (60 + 5 * k, 70, 3), np.uint8) for k in range(4)]
    images += [
        draw_faces(200 + 10 * k, 320, [(80 + 5 * k, 100, 120), (230, 90, 90 + 5 * k)][: 1 + k]) for k in range(4)
    ]
    alone = [profiler.analyze(image) for image in images]
    assert [len(faces) for faces in alone] == ([1] * 8 if crops else [0, 0, 0, 0, 1, 2, 2, 2])
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(profiler.analyze, images * 3))
    for index, faces in enumerate(together):
        for name in ("boxes", "scores", "keypoints", "age", "age_interval", "gender", "race", "emotion", "quality"):
            assert np.array_equal(getattr(faces, name), getattr(alone[index % 8], name)), name


def test_input_is_left_as_it_was_and_kinds_of_input_agree() -> None:
    image = np.random.default_rng(2).integers(0, 256, (64, 64, 3), np.uint8)
    before = image.copy()
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    file.seek(0)
    profiler = Profiler(crops=True)
    results = [profiler.analyze(source) for source in (image, Image.fromarray(image), file.getvalue(), file)]
    assert np.array_equal(image, before)
    assert all(result.to_dicts() == results[0].to_dicts() for result in results)


@pytest.mark.parametrize("name", ["demographics", "emotion"])
@pytest.mark.parametrize("count", [1, 3])
def test_a_batch_gives_the_numbers_of_single_faces(name: str, count: int) -> None:
    from mien.models import registry

    session = registry.session(name)
    size = registry.card(name).input["size"]
    crops = np.random.default_rng(count).integers(0, 256, (count, size, size, 3), np.uint8)
    together = session.run({"crops": crops})
    for row in range(count):
        single = session.run({"crops": crops[row : row + 1]})
        for output, values in single.items():
            assert values.dtype == np.float32
            assert values[0] == pytest.approx(together[output][row], abs=1e-5)


def test_merged_faces_keep_their_profiles() -> None:
    profiler = Profiler(crops=True)
    parts = [profiler.analyze(np.full((50, 50, 3), value, np.uint8)) for value in (40, 200)]
    merged = Faces.merge(parts)
    assert merged.to_dicts() == [part.to_dicts()[0] for part in parts]
