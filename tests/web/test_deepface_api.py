"""`/represent`, `/verify` and `/analyze` in DeepFace's JSON."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

TOKEN = "a token of forty characters or so, here"


@pytest.fixture(scope="module")
def photo(draw_person, encode):
    """`photo(person, shot)`: the bytes of a PNG."""
    return lambda *person: encode(draw_person(*person))


@pytest.fixture(scope="module")
def folder(tmp_path_factory, draw_person):
    """What the examples of DeepFace's README name, and a secret beside it."""
    made = tmp_path_factory.mktemp("server") / "images"
    made.mkdir()
    for name, person in (("img1", (1, 0)), ("img2", (1, 1)), ("img3", (2, 0))):
        Image.fromarray(draw_person(*person)).save(made / f"{name}.jpg", quality=95)
    Image.fromarray(draw_person(3)).save(made.parent / "secret.jpg")
    return made


@pytest.fixture
def api(client):
    return client(deepface_api=True)


def text(data):
    return base64.b64encode(data).decode()


def test_it_is_there_only_where_it_is_asked_for(client, photo):
    asked = client()
    for path in ("/represent", "/verify", "/analyze"):
        assert asked.post(path, json={"img": text(photo(1))}).status_code == 404


def test_represent(api, photo):
    answer = api.post("/represent", json={"img": text(photo(1)), "model_name": "Facenet", "max_faces": 1})
    assert answer.status_code == 200
    (face,) = answer.json["results"]
    assert set(face) == {"embedding", "facial_area", "face_confidence"}
    assert len(face["embedding"]) == 128
    assert len(face["facial_area"]["left_eye"]) == 2


def test_verify(api, photo):
    body = {"img1": text(photo(1)), "img2": f"data:image/png;base64,{text(photo(1, 1))}", "detector_backend": "mtcnn"}
    found = api.post("/verify", json=body | {"distance_metric": "euclidean"}).json
    assert (found["verified"], found["model"], found["detector_backend"]) == (True, "VGG-Face", "mtcnn")
    assert found["similarity_metric"] == "euclidean"
    assert set(found["facial_areas"]) == {"img1", "img2"}


def test_analyze(api, photo):
    (face,) = api.post("/analyze", json={"img": text(photo(1)), "actions": ["age", "gender"]}).json["results"]
    assert face["dominant_gender"] in ("Man", "Woman")
    assert "emotion" not in face
    (whole,) = api.post("/analyze", json={"img": text(photo(1))}).json["results"]
    assert {"age", "gender", "race", "emotion", "region", "face_confidence"} <= set(whole)


def test_forms_with_files(api, photo):
    form = {"img": (io.BytesIO(photo(1)), "a.png"), "actions": '["age", "gender"]', "align": "false"}
    answer = api.post("/analyze", data=form, content_type="multipart/form-data")
    (face,) = answer.json["results"]
    assert {"age", "dominant_gender"} <= set(face)
    assert "race" not in face
    form = {f"img{n}": (io.BytesIO(photo(1)), "a.png") for n in (1, 2)} | {"model_name": "Facenet"}
    answer = api.post("/verify", data=form, content_type="multipart/form-data")
    assert (answer.json["verified"], answer.json["model"]) == (True, "Facenet")
    answer = api.post("/represent", data={"img": text(photo(1)), "enforce_detection": "no"})
    assert len(answer.json["results"]) == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/represent", '{"model_name":"Facenet", "img":"img1.jpg"}'),
        ("/verify", '{"img1":"img1.jpg", "img2":"img3.jpg"}'),
        ("/analyze", '{"img": "img2.jpg", "actions": ["age", "gender"]}'),
    ],
)
def test_examples_of_the_readme(client, folder, path, body):
    """`curl -d` sends JSON under the content type of a form."""
    asked = client(deepface_api=True, deepface_images=str(folder))
    answer = asked.post(path, data=body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    "name",
    ["../secret.jpg", "/etc/passwd", "img1.jpg/../../secret.jpg", "no.jpg", "a\0b", ".", "x" * 5000, "~/a.jpg"],
)
def test_no_other_file_is_read_and_nothing_is_told_of_it(client, folder, name):
    asked = client(deepface_api=True, deepface_images=str(folder))
    answer = asked.post("/represent", json={"img": name})
    assert answer.status_code == 400
    assert answer.json == {"exception": "'img': no such picture in the server's folder, or it is too large"}


def test_links_do_not_lead_out_of_the_folder(client, folder):
    (folder / "link.jpg").symlink_to(folder.parent / "secret.jpg")
    asked = client(deepface_api=True, deepface_images=str(folder))
    assert asked.post("/represent", json={"img": "link.jpg"}).status_code == 400


@pytest.mark.parametrize(
    ("path", "body", "key", "message"),
    [
        ("/represent", {"img": "img1.jpg"}, "exception", "this server reads no files of its own"),
        ("/represent", {"img": "http://127.0.0.1/a.jpg"}, "exception", "this server fetches none"),
        ("/represent", {}, "exception", "'img' is not in the request"),
        ("/represent", {"img": 7}, "exception", "'img' is not in the request"),
        ("/verify", {"img1": "PHOTO"}, "exception", "'img2' is not in the request"),
        ("/represent", {"img": "WALL"}, "error", "Exception while representing: no face found"),
        ("/analyze", {"img": "PHOTO", "actions": ["agee"]}, "error", "Exception while analyzing: unknown action"),
        ("/analyze", {"img": "PHOTO", "actions": 7}, "error", "must be a list of words"),
        ("/analyze", {"img": "PHOTO", "anti_spoofing": True}, "error", "anti_spoofing: Mien has no network"),
        ("/analyze", {"img": "PHOTO", "align": "perhaps"}, "error", "align must be true or false"),
        ("/represent", {"img": "PHOTO", "max_faces": "two"}, "error", "max_faces must be a whole number"),
        ("/represent", {"img": "PHOTO", "model_name": ["a"]}, "error", "model_name must be text"),
        ("/verify", {"img1": "PHOTO", "img2": "PHOTO", "model_name": "VGG"}, "error", "unknown model_name 'VGG'"),
        ("/analyze", {"img": "data:image/png;base64,eA=="}, "exception", "not a picture"),
    ],
)
def test_what_cannot_be_answered(api, photo, encode, path, body, key, message):
    pictures = {"PHOTO": text(photo(1)), "WALL": text(encode(np.full((90, 90, 3), 128, np.uint8)))}
    body = {name: pictures.get(value, value) if isinstance(value, str) else value for name, value in body.items()}
    answer = api.post(path, json=body)
    assert (answer.status_code, answer.mimetype) == (400, "application/json")
    assert list(answer.json) == [key]
    assert message in answer.json[key]


@pytest.mark.parametrize("body", [b"[1]", b"\xff\xfe", b"7", b"&".join([b"a=b"] * 200)])
def test_bodies_that_cannot_be_read(api, body):
    answer = api.post("/represent", data=body, content_type="application/json", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")


def test_the_token_the_limits_and_the_methods_are_those_of_the_server(client, photo):
    body = json.dumps({"img": text(photo(1))})
    asked = client(deepface_api=True, token=TOKEN)
    refused = asked.post("/represent", data=body, headers={"Accept": "*/*"})
    assert (refused.status_code, refused.mimetype) == (401, "application/problem+json")
    let_in = asked.post("/represent", data=body, headers={"Authorization": f"Bearer {TOKEN}"})
    assert let_in.status_code == 200
    small = client(deepface_api=True, max_pixels=1000)
    assert "the limit is 1,000" in small.post("/represent", data=body).json["exception"]
    slow = client(deepface_api=True, requests_per_s=0.01, burst=1)
    assert [slow.post("/represent", data=body).status_code for _ in range(2)] == [200, 429]
    assert small.get("/verify").status_code == 405
    busy = client(deepface_api=True, uploads=1)
    with busy.application.extensions["mien"].uploads.turn():
        assert busy.post("/represent", data=body).status_code == 503


def test_a_folder_without_the_api_is_a_mistake():
    from mien.errors import InputError
    from mien.web.settings import Settings

    with pytest.raises(InputError, match="deepface_images is for the requests of deepface_api"):
        Settings(deepface_images="photos")
