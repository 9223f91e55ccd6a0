from __future__ import annotations

import numpy as np
import pytest

from mien.errors import InputError, ModelError, UnknownNameError
from mien.faces import Faces
from mien.geometry.align import TEMPLATES, align
from mien.models import embedding, registry, sface, weights

CARD = {"input": {"template": "arcface", "size": 112}}


@pytest.fixture
def make_session():
    """A session of a network that embeds a crop as the means of its first 128 pixels' channels, scaled."""
    onnx = pytest.importorskip("onnx")
    from mien.models.session import Session

    def make(*, dimensions=embedding.DIMENSIONS, factor=3.0):
        helper, kind = onnx.helper, onnx.TensorProto
        nodes = [
            helper.make_node("Cast", ["crops"], ["numbers"], to=kind.FLOAT),
            helper.make_node("ReduceMean", ["numbers"], ["grey"], axes=[3], keepdims=0),
            helper.make_node("Reshape", ["grey", "flat"], ["pixels"]),
            helper.make_node("Slice", ["pixels", "start", "end", "axis"], ["first"]),
            helper.make_node("Mul", ["first", "factor"], ["embedding"]),
        ]
        constants = [
            helper.make_tensor("flat", kind.INT64, [2], [0, -1]),
            helper.make_tensor("start", kind.INT64, [1], [0]),
            helper.make_tensor("end", kind.INT64, [1], [dimensions]),
            helper.make_tensor("axis", kind.INT64, [1], [1]),
            helper.make_tensor("factor", kind.FLOAT, [], [factor]),
        ]
        graph = helper.make_graph(
            nodes,
            "first pixels",
            [helper.make_tensor_value_info("crops", kind.UINT8, ["n", 112, 112, 3])],
            [helper.make_tensor_value_info("embedding", kind.FLOAT, ["n", dimensions])],
            constants,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
        return Session(model.SerializeToString())

    return make


@pytest.fixture
def picture():
    """A picture of noise with two faces' keypoints in it."""
    image = np.random.default_rng(5).integers(0, 256, (300, 400, 3), np.uint8)
    small = TEMPLATES["arcface"].points + np.float32([30, 40])
    return image, np.stack([small, 1.5 * small + np.float32([100, 0])])


def faces_at(keypoints):
    n = len(keypoints)
    return Faces(boxes=np.tile([0, 0, 9, 9], (n, 1)), scores=np.ones(n), keypoints=keypoints)


def test_one_run_for_all_faces_and_length_one(make_session, make_card, picture):
    image, keypoints = picture
    stage = embedding.Embedding(make_session(), make_card("url", **CARD))
    faces = stage(image, faces_at(keypoints))
    crops = align(image, keypoints, TEMPLATES["arcface"])
    wanted = crops.reshape(2, -1, 3).mean(2)[:, :128]
    wanted /= np.linalg.norm(wanted, axis=1, keepdims=True)
    assert faces.embedding.dtype == np.float32
    np.testing.assert_allclose(faces.embedding, wanted, rtol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(faces.embedding, axis=1), 1, rtol=1e-6)
    assert stage.requires == {"keypoints"}
    assert stage.provides == {"embedding"}


def test_nobody_has_no_embedding(make_session, make_card, picture):
    stage = embedding.Embedding(make_session(), make_card("url", **CARD))
    assert stage(picture[0], Faces.empty()).embedding.shape == (0, 128)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dimensions": 64}, r"model tiny gave embeddings \(2, 64\) for 2 faces, wanted \(2, 128\)"),
        ({"factor": 0.0}, "model tiny gave an embedding of zeros, NaN or infinity"),
        ({"factor": float("nan")}, "model tiny gave an embedding of zeros, NaN or infinity"),
        ({"factor": 3e38}, "model tiny gave an embedding of zeros, NaN or infinity"),
    ],
)
def test_an_output_that_is_no_embedding(make_session, make_card, picture, options, message):
    stage = embedding.Embedding(make_session(**options), make_card("url", **CARD))
    with pytest.raises(ModelError, match=message):
        stage(picture[0], faces_at(picture[1]))


def test_a_card_without_a_template(make_session, make_card):
    with pytest.raises(ModelError, match=r"card tiny: input.template must be one of arcface"):
        embedding.Embedding(make_session(), make_card("url", input={"size": 112}))


def test_names():
    assert embedding.NAMES == ("embedding", "sface")
    with pytest.raises(UnknownNameError, match="unknown embedding 'sfaces'; did you mean sface"):
        embedding.embedding_stage("sfaces")
    with pytest.raises(InputError, match="embedding must be a name, got None; known: embedding, sface"):
        embedding.check_name(None)


def test_sface_by_name(picture):
    if not weights.status(sface.CARD).verified:
        pytest.skip("`mien models pull sface` fetches it")
    image, keypoints = picture
    stage = embedding.embedding_stage("sface")
    faces = stage(image, faces_at(keypoints))
    np.testing.assert_array_equal(faces.embedding, sface.embed(registry.session("sface"), image, keypoints))
    assert stage(image, Faces.empty()).embedding.shape == (0, 128)
    assert (stage.requires, stage.provides) == ({"keypoints"}, {"embedding"})
