from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import mien
from mien.cli.main import cli
from mien.errors import InputError, ModelError, UnknownNameError, WeightsNotFoundError
from mien.models import registry, trained, weights
from mien.models.card import ModelCard, Packaged
from mien.pipeline import DEFAULT_ATTRIBUTES, Profiler
from mien.preprocess.preparation import Preparation
from mien.profiles import PROFILES, find_profile

UNSURE = {"limit": 0.2, "aim": 0.9, "most": 0.2}
CALIBRATION = {
    "paper-emotion": {"temperature": {"emotion": 1.0}, "unsure": {"emotion": UNSURE}},
    "emotrack": {"temperature": {"emotion": 1.0}, "unsure": {"emotion": UNSURE}},
    "paper-age-gender": {
        "temperature": {"gender": 1.0},
        "unsure": {"gender": UNSURE},
        "age_reach": {"years": 9.5, "coverage": 0.8},
    },
}
PICTURES = {
    "nobody": [],
    "one": [(160, 120, 120)],
    "many": [(80, 70, 90), (240, 70, 90), (80, 180, 90), (240, 180, 90)],
}


def network(name: str, size: int) -> bytes:
    """A network whose answers follow the pictures' mean, and of EmoTrack the largest of the points."""
    onnx = pytest.importorskip("onnx")
    helper, floats = onnx.helper, onnx.TensorProto.FLOAT
    nodes = [helper.make_node("ReduceMean", ["pictures"], ["mean"], axes=[1, 2, 3], keepdims=0)]
    inputs = [helper.make_tensor_value_info("pictures", floats, ["n", size, size, 1])]
    constants = {"column": np.array([-1, 1])}
    nodes.append(helper.make_node("Reshape", ["mean", "column"], ["light"]))
    if name == "emotrack":
        inputs.append(helper.make_tensor_value_info("points", floats, ["n", 136]))
        nodes.append(helper.make_node("ReduceMax", ["points"], ["shape"], axes=[1], keepdims=1))
        nodes.append(helper.make_node("Add", ["light", "shape"], ["seen"]))
    if name == "paper-age-gender":
        constants["years"] = np.array(80, np.float32)
        nodes.append(helper.make_node("Mul", ["light", "years"], ["age"]))
        nodes.append(helper.make_node("Identity", ["light"], ["gender"]))
        outputs = {"age": 1, "gender": 1}
    else:
        constants["directions"] = np.arange(7, dtype=np.float32)[None]
        nodes.append(helper.make_node("MatMul", ["seen" if name == "emotrack" else "light", "directions"], ["logits"]))
        nodes.append(helper.make_node("Softmax", ["logits"], ["emotion"], axis=1))
        outputs = {"emotion": 7}
    graph = helper.make_graph(
        nodes,
        name,
        inputs,
        [helper.make_tensor_value_info(output, floats, ["n", width]) for output, width in outputs.items()],
        [onnx.numpy_helper.from_array(values, key) for key, values in constants.items()],
    )
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 13)])
    onnx.checker.check_model(model)
    return model.SerializeToString()


def put(folder: Path, tiny_network, name: str, size: int) -> Path:
    """The network and its card as `mien train` leaves them; the card's path."""
    data = network(name, size)
    card = dataclasses.replace(
        tiny_network("emotion", {"emotion": np.zeros(7)})[1],
        name=name,
        file=f"{name}.onnx",
        sha256=hashlib.sha256(data).hexdigest(),
        bytes=len(data),
        sources=(Packaged(file=f"{name}.onnx"),),
        input=Preparation(size=size).to_input(),
        calibration=CALIBRATION[name],
    )
    (folder / card.file).write_bytes(data)
    (folder / f"{name}.json").write_text(card.to_json(), encoding="utf-8")
    return folder / f"{name}.json"


@pytest.fixture
def empty_cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def bare(tmp_path, monkeypatch, empty_cache) -> None:
    """An installation that carries none of the published networks."""
    folder = tmp_path / "installation" / "weights"
    folder.mkdir(parents=True)
    for path in weights.packaged_folder().iterdir():
        if path.stem not in trained.ON_DEMAND:
            (folder / path.name).symlink_to(path)
    import importlib.resources

    files = importlib.resources.files
    monkeypatch.setattr(importlib.resources, "files", lambda name: folder.parent if name == "mien" else files(name))


@pytest.fixture
def published(bare, tmp_path, tiny_network) -> None:
    """The same with stand-ins for all three, put there by `trained.install`."""
    out = tmp_path / "out"
    out.mkdir()
    for name, size in (("paper-emotion", 48), ("paper-age-gender", 128), ("emotrack", 48)):
        trained.install(put(out, tiny_network, name, size))


def test_the_default_profile_is_what_is_taken_without_one() -> None:
    assert Profiler().attributes == PROFILES["default"].usual == DEFAULT_ATTRIBUTES
    assert find_profile("default").attributes == mien.pipeline.ATTRIBUTES


@pytest.mark.parametrize("name", ["papers", 7, None])
def test_a_profile_that_there_is_not_is_told(name: object) -> None:
    with pytest.raises(InputError, match=r"unknown profile 'papers'; did you mean paper|profile must be one of the"):
        Profiler(profile=name)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_tells_what_it_says(published, draw_faces, name: str) -> None:
    way = PROFILES[name]
    told = tuple(attribute for attribute in way.attributes if attribute != "embedding")
    profiler = Profiler(profile=name, attributes=told)
    for places in PICTURES.values():
        image = draw_faces(240, 320, places)
        faces = profiler.analyze(image)
        assert len(faces) == len(places)
        for attribute in told:
            assert getattr(faces, attribute) is not None
        for attribute in set(mien.pipeline.ATTRIBUTES) - set(told):
            assert getattr(faces, attribute) is None
        assert faces.to_dicts() == profiler.analyze(image).to_dicts()
    assert set(way.usual) <= set(way.attributes)


def test_the_papers_chain_is_haar_grey_equalised_and_its_networks(published, drawn_face) -> None:
    (face,) = mien.analyze(drawn_face, profile="paper")
    (by_default,) = mien.analyze(drawn_face, detector="haar")
    assert np.array_equal(face.box, by_default.box)
    light = {size: float(Preparation(size=size).faces(drawn_face, face.keypoints[None]).mean()) for size in (48, 128)}
    assert face.age == pytest.approx(80 * light[128], abs=0.01)
    assert face.age_interval == pytest.approx((face.age - 9.5, face.age + 9.5))
    assert face.gender.probabilities["female"] == pytest.approx(light[128], abs=1e-4)
    logits = light[48] * np.arange(7)
    wanted = np.exp(logits) / np.exp(logits).sum()
    assert list(face.emotion.probabilities.values()) == pytest.approx(wanted, abs=1e-4)
    assert (face.race, face.pose) == (None, None)
    plain = float(Preparation(size=48, equalise=False).faces(drawn_face, face.keypoints[None]).mean())
    assert abs(plain - light[48]) > 0.02  # it is equalised


def test_emotrack_sees_landmarks(published, drawn_face) -> None:
    profiler = Profiler(profile="emotrack", attributes=("emotion", "landmarks"))
    faces = profiler.analyze(drawn_face)
    stage = profiler.stages[-1]
    moved = stage(drawn_face, faces.replace(landmarks=faces.landmarks * 3 + 40))
    assert moved.emotion == pytest.approx(faces.emotion, abs=1e-3)  # where and how large the face is does not count
    bent = faces.landmarks.copy()
    bent[:, :200] += 20
    assert not np.allclose(stage(drawn_face, faces.replace(landmarks=bent)).emotion, faces.emotion, atol=1e-3)


def test_a_crop_without_a_face_is_the_cascades_square(published) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (48, 48, 3), np.uint8)
    (face,) = Profiler(profile="paper", attributes=("emotion",), crops=True).analyze(noise)
    assert face.score == 0
    light = float(Preparation(size=48).crops(noise[None]).mean())
    assert face.emotion.probabilities["neutral"] == pytest.approx(
        np.exp(6 * light) / np.exp(light * np.arange(7)).sum(), abs=1e-4
    )


@pytest.mark.parametrize(("asked", "told"), [(("pose",), "it"), (("race", "pose"), "them")])
def test_what_a_profile_does_not_tell_is_refused(published, asked: tuple, told: str) -> None:
    with pytest.raises(
        InputError, match=rf"profile paper does not tell {', '.join(asked)}, only age, gender, .*; leave {told} out"
    ):
        mien.analyze(np.zeros((64, 64, 3), np.uint8), attributes=asked, profile="paper")


def test_networks_that_are_not_there_come_with_the_remedy(bare, tmp_path) -> None:
    with pytest.raises(
        WeightsNotFoundError, match=r"network paper-age-gender is not in this installation; make it: mien"
    ):
        Profiler(profile="paper")
    with pytest.raises(WeightsNotFoundError, match="mien train emotrack --data DIR --out DIR --install"):
        find_profile("emotrack").check_installed()
    with pytest.raises(UnknownNameError, match="did you mean paper-emotion"):
        registry.card("paper-emotions")
    served = CliRunner().invoke(cli, ["serve", "--port", "0", "--profile", "paper"])
    assert served.exit_code == 2
    assert "paper-age-gender is not in this installation" in served.stderr


def test_a_trained_network_is_found_by_name_until_another_takes_its_place(bare, tmp_path, tiny_network) -> None:
    path = put(tmp_path, tiny_network, "paper-emotion", 48)
    assert trained.install(path) == registry.card("paper-emotion")
    assert weights.status(registry.card("paper-emotion")).state == "verified"
    assert registry.session("paper-emotion").inputs == ("pictures",)
    assert "paper-emotion" not in [card.name for card in registry.cards()]
    listed = json.loads(CliRunner().invoke(cli, ["models", "list", "--json"]).stdout)
    assert [row["where"] for row in listed if row["name"] == "paper-emotion"] == ["cache"]
    again = dataclasses.replace(ModelCard.read(path), description="Trained anew.")
    path.write_text(again.to_json(), encoding="utf-8")
    trained.install(path)
    assert registry.card("paper-emotion").description == "Trained anew."


def test_a_network_of_the_packages_own_is_not_replaced(bare, tmp_path, tiny_network) -> None:
    path = put(tmp_path, tiny_network, "paper-emotion", 48)
    card = dataclasses.replace(ModelCard.read(path), name="emotion")
    path.write_text(card.to_json(), encoding="utf-8")
    with pytest.raises(ModelError, match="the installation has a network emotion of its own"):
        trained.install(path)


def test_that_it_cannot_be_installed_is_told_before_hours_of_training(tmp_path) -> None:
    pytest.importorskip("torch")
    (tmp_path / "data").mkdir()
    places = ["--data", str(tmp_path / "data"), "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(cli, ["train", "paper-emotion", *places, "--install"])
    assert done.exit_code == 2
    assert "the installation has a network paper-emotion of its own; train without --install" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_file_that_is_not_the_cards_is_not_kept(bare, empty_cache, tmp_path, tiny_network) -> None:
    path = put(tmp_path, tiny_network, "paper-emotion", 48)
    (tmp_path / "paper-emotion.onnx").write_bytes(b"something else")
    with pytest.raises(ModelError, match="wanted sha256"):
        trained.install(path)
    with pytest.raises(WeightsNotFoundError):
        registry.card("paper-emotion")


def test_the_command_line_takes_a_profile(published, draw_faces, tmp_path) -> None:
    from PIL import Image

    photo = tmp_path / "photo.png"
    Image.fromarray(draw_faces(240, 320, PICTURES["one"])).save(photo)
    done = CliRunner().invoke(cli, ["analyze", str(photo), "--profile", "paper", "--json"])
    assert done.exit_code == 0, done.stderr
    (face,) = json.loads(done.stdout)["faces"]
    assert face["age"]["coverage"] == 0.8
    assert (face["race"], face["pose"]) == (None, None)
    manifest = tmp_path / "people.csv"
    manifest.write_text("path,age,gender,race\nphoto.png,40,female,white\n", encoding="utf-8")
    figures = tmp_path / "figures.json"
    done = CliRunner().invoke(
        cli, ["evaluate", str(manifest), "--task", "demographics", "--profile", "paper", "--json", str(figures)]
    )
    assert done.exit_code == 0, done.stderr
    report = json.loads(figures.read_text())
    assert report["detector"] == "haar"
    assert list(report["attributes"]) == ["age", "age_group", "gender"]
    groups = {group["label"]: group["n"] for group in report["attributes"]["age"]["groups"]}
    assert groups == {"child": 0, "teenager": 0, "young adult": 0, "middle-aged": 1, "senior": 0}
    refused = CliRunner().invoke(cli, ["evaluate", str(manifest), "--task", "pose", "--profile", "paper"])
    assert refused.exit_code == 2
    assert "profile paper does not tell pose" in refused.stderr


def test_the_web_app_serves_a_profile(published, draw_faces) -> None:
    pytest.importorskip("flask")
    import cv2

    from mien.web.app import create_app
    from mien.web.services import services_of
    from mien.web.settings import Settings

    app = create_app(Settings(profile="paper"))
    photo = cv2.imencode(".png", draw_faces(240, 320, PICTURES["one"])[..., ::-1])[1].tobytes()
    answer = app.test_client().post("/api/v1/analyze", data=photo, content_type="image/png").get_json()
    assert (answer["detector"], answer["attributes"]) == ("haar", ["age", "gender", "emotion", "quality"])
    (face,) = answer["images"][0]["faces"]
    assert face["age"]["years"] > 0
    asked = app.test_client().post("/api/v1/analyze?attributes=pose,age", data=photo, content_type="image/png")
    assert asked.get_json()["attributes"] == ["age"]
    networks = services_of(app).profilers.live()
    assert list(networks.readers) == ["quality", "demographics", "emotion", "embedding"]
    services_of(app).profilers.warm_up()
    assert services_of(app).profilers.state == "ready"
