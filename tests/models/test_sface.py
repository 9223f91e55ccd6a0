from __future__ import annotations

import cv2
import numpy as np
import pytest

from mien.geometry.align import TEMPLATES
from mien.models import registry, sface, weights
from mien.models.thresholds import Thresholds


@pytest.fixture(scope="module")
def path():
    status = weights.status(sface.CARD)
    if not status.verified:
        pytest.skip(f"sface.onnx is {status.state}; `mien models pull sface` fetches it")
    return status.path


@pytest.fixture(scope="module")
def session(path):
    return registry.session("sface")


@pytest.fixture(scope="module")
def picture(draw_faces):
    """Two drawn faces, large and small, and their keypoints."""
    faces = np.array([(150, 160, 180), (420, 200, 80)], np.float32)
    in_face = np.array([[-0.15, -0.1], [0.15, -0.1], [0, 0.12], [-0.12, 0.26], [0.12, 0.26]], np.float32)
    keypoints = faces[:, None, :2] + faces[:, None, 2:] * in_face
    # A turn by 12 degrees, so that alignment has something to do.
    matrix = cv2.getRotationMatrix2D((300, 200), 12, 1.0)
    image = np.asarray(cv2.warpAffine(draw_faces(400, 600, faces.tolist()), matrix, (600, 400)), np.uint8)
    return image, cv2.transform(keypoints, matrix).astype(np.float32)


def test_the_card_is_that_of_the_official_file():
    assert sface.CARD.sha256.startswith("0ba9fbfa")
    assert sface.CARD.bytes == 38_696_353
    assert sface.CARD.file == "sface.onnx"
    assert not sface.CARD.installed


def test_the_card_tells_what_a_threshold_stands_for():
    """OpenCV's threshold of 0.363 lets one pair of strangers in forty pass."""
    thresholds = Thresholds.of_card(sface.CARD)
    assert thresholds.rate(0.363) == pytest.approx(0.0253, abs=1e-4)
    assert thresholds.threshold(1e-4) == pytest.approx(0.5612, abs=1e-4)


def test_embeddings_agree_with_opencv(path, session, picture):
    image, keypoints = picture
    embeddings = sface.embed(session, image, keypoints)
    assert embeddings.shape == (2, 128)
    assert embeddings.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, rtol=1e-6)
    reference = cv2.FaceRecognizerSF.create(str(path), "")
    bgr = np.ascontiguousarray(image[..., ::-1])
    for embedding, points in zip(embeddings, keypoints, strict=True):
        row = np.concatenate([[0, 0, 1, 1], points.ravel(), [1]]).astype(np.float32)[None]
        wanted = reference.feature(reference.alignCrop(bgr, row)).ravel()
        assert embedding @ wanted / np.linalg.norm(wanted) > 0.9999
    assert embeddings[0] @ embeddings[1] < 0.99  # they are not all the same


def test_no_faces_no_embeddings(session, picture):
    assert sface.embed(session, picture[0], np.empty((0, 5, 2), np.float32)).shape == (0, 128)


def test_the_crop_is_not_shifted(session):
    """A picture that is a crop already, its keypoints those of the template, is run as it is."""
    image = np.random.default_rng(0).integers(0, 256, (112, 112, 3), dtype=np.uint8)
    embedding = sface.embed(session, image, TEMPLATES["arcface"].points[None])
    direct = session.run({session.inputs[0]: image.transpose(2, 0, 1)[None].astype(np.float32)})["fc1"]
    np.testing.assert_allclose(embedding, direct / np.linalg.norm(direct), atol=1e-5)


def test_crops_that_are_aligned_already_are_run_as_they_are(path, session, picture):
    image, keypoints = picture
    reference = cv2.FaceRecognizerSF.create(str(path), "")
    bgr = np.ascontiguousarray(image[..., ::-1])
    rows = [np.concatenate([[0, 0, 1, 1], points.ravel(), [1]]).astype(np.float32)[None] for points in keypoints]
    crops = [reference.alignCrop(bgr, row) for row in rows]
    wanted = np.concatenate([reference.feature(crop) for crop in crops])
    embeddings = sface.embed_crops(session, np.stack(crops)[..., ::-1])
    np.testing.assert_allclose(embeddings, wanted / np.linalg.norm(wanted, axis=1, keepdims=True), atol=1e-5)
    assert sface.embed_crops(session, np.empty((0, 112, 112, 3), np.uint8)).shape == (0, 128)
