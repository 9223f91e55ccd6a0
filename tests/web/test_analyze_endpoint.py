import base64
import io
import json

import numpy as np
import pytest

from mien.pipeline import ATTRIBUTES, DEFAULT_ATTRIBUTES, Profiler
from mien.web import upload_deadline

URL = "/api/v1/analyze"


def post(client, data, content_type, query=""):
    return client.post(URL + query, data=data, content_type=content_type)


def form(*files, **fields):
    return {"images": [(io.BytesIO(data), name) for data, name in files], **fields}


def as_json(images, **members):
    return json.dumps({"images": images, **members})


def text(data):
    return base64.b64encode(data).decode()


def test_raw_bytes_give_what_the_profiler_gives(shared_client, one_face, drawn_face):
    answer = post(shared_client, one_face, "image/png").json
    assert answer["attributes"] == list(DEFAULT_ATTRIBUTES)
    assert answer["detector"] == "yunet"
    assert answer["elapsed_ms"] > 0
    (image,) = answer["images"]
    assert {name: image[name] for name in ("name", "status", "reason", "width", "height")} == {
        "name": None,
        "status": "ok",
        "reason": None,
        "width": 400,
        "height": 400,
    }
    assert image["faces"] == json.loads(json.dumps(Profiler().analyze(drawn_face).to_dicts()))


def test_the_order_of_the_members_is_the_designs(shared_client, one_face):
    face = json.loads(post(shared_client, one_face, "image/png").data)["images"][0]["faces"][0]
    assert list(face)[:6] == ["box", "score", "keypoints", "track_id", "quality", "age"]


def test_a_form_with_many_pictures_of_which_one_is_bad(shared_client, one_face, nobody):
    data = form((one_face, "one.png"), (b"not a picture", "two.jpg"), (nobody, "three.png"), (b"", "four.png"))
    answer = post(shared_client, data, "multipart/form-data")
    assert answer.status_code == 200
    told = [(image["name"], image["status"], len(image["faces"])) for image in answer.json["images"]]
    assert told == [
        ("one.png", "ok", 1),
        ("two.jpg", "error", 0),
        ("three.png", "no_face", 0),
        ("four.png", "error", 0),
    ]
    reasons = [image["reason"] for image in answer.json["images"]]
    assert reasons[1].startswith("not a picture; it begins with b'not a pi'")
    assert reasons[3].startswith("empty (0 bytes)")


@pytest.mark.parametrize("wrap", [text, lambda data: f"data:image/png;base64,{text(data)}"], ids=["base64", "data URL"])
def test_json(shared_client, one_face, wrap):
    body = as_json([wrap(one_face), {"name": "two.png", "data": wrap(one_face)}, "%%%", 7], attributes=["quality"])
    images = post(shared_client, body, "application/json").json["images"]
    assert [(image["name"], image["status"]) for image in images] == [
        (None, "ok"),
        ("two.png", "ok"),
        (None, "error"),
        (None, "error"),
    ]
    assert images[2]["reason"].startswith("not base64: ")
    assert images[3]["reason"].startswith("neither base64 nor an object")
    assert images[0]["faces"] == images[1]["faces"]
    assert images[0]["faces"][0]["age"] is None


@pytest.mark.parametrize(
    ("query", "attributes"),
    [
        ("?attributes=quality", ["quality"]),
        ("?attributes=emotion,%20age,age", ["age", "emotion"]),
        ("?attributes=", []),
        ("", list(DEFAULT_ATTRIBUTES)),
    ],
)
def test_the_attributes_asked_for_are_computed_and_no_others(shared_client, one_face, query, attributes):
    answer = post(shared_client, one_face, "image/png", query).json
    assert answer["attributes"] == attributes
    (face,) = answer["images"][0]["faces"]
    assert [name for name in ATTRIBUTES if face[name] is not None] == attributes


def test_parameters_in_the_body_are_stronger(shared_client, one_face):
    data = form((one_face, "one.png"), attributes="quality", detector="haar")
    answer = post(shared_client, data, "multipart/form-data", "?attributes=age&detector=yunet").json
    assert (answer["attributes"], answer["detector"]) == (["quality"], "haar")


@pytest.mark.parametrize(
    ("data", "content_type", "query", "status", "got", "remedy"),
    [
        (b"x", "text/plain", "", 415, "the content type text/plain", "see /api"),
        (b"x", None, "", 415, "the content type none", "see /api"),
        (b"", "image/png", "", 422, "a request without a picture", "curl -F"),
        (b"", "image/png", "?attributes=agee", 422, "a request without a picture", "curl -F"),
        (b"x", "image/png", "?attributes=agee", 422, "attribute 'agee'", "did you mean age"),
        (b"x", "image/png", "?detector=mtcnn", 422, "detector 'mtcnn'", "leave detector out"),
        (b"{", "application/json", "", 400, "a body that is not JSON", "see /api"),
        (b"\xff", "application/json", "", 400, "a body that is not JSON", "see /api"),
        (b"[" * 100_000, "application/json", "", 400, "a body that is not JSON", "see /api"),
        (b"[]", "application/json", "", 422, "JSON without a list of images", "see /api"),
        (b'{"images": "x"}', "application/json", "", 422, "JSON without a list of images", "see /api"),
        (b'{"images": []}', "application/json", "", 422, "a request without a picture", "curl -F"),
        (b'{"images": ["eA=="], "attribute": 1}', "application/json", "", 422, "with the member 'attribute'", "leave"),
        (b'{"images": ["eA=="], "attributes": 1}', "application/json", "", 422, "attributes=1", "write them"),
        (b'{"images": ["eA=="], "attributes": [1]}', "application/json", "", 422, "attributes=[1]", "write them"),
        (b'{"images": ["eA=="], "detector": []}', "application/json", "", 422, "detector '[]'", "leave detector out"),
        (b"x", "image/png", "", 422, "not a picture", "send JPEG"),
        (b"--a\r\n\r\nx", "multipart/form-data; boundary=b", "", 422, "a request without a picture", "curl -F"),
        (b"x", "multipart/form-data", "", 422, "a request without a picture", "curl -F"),
    ],
)
def test_bad_requests_are_told_what_came_and_what_to_do(shared_client, data, content_type, query, status, got, remedy):
    answer = post(shared_client, data, content_type, query)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert answer.json["status"] == status
    assert got in answer.json["got"]
    assert answer.json["remedy"].startswith(remedy)
    assert answer.json["detail"].startswith(answer.json["got"])


@pytest.mark.parametrize(("method", "status"), [("GET", 405), ("PUT", 405), ("DELETE", 405)])
def test_another_method(shared_client, method, status):
    answer = shared_client.open(URL, method=method)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert "POST" in answer.headers["Allow"]
    assert "POST" in answer.json["wanted"]


def test_200_megapixels_in_a_small_file(shared_client, encode):
    large = encode(np.zeros((10_000, 20_000, 3), np.uint8), compress_level=1)
    answer = post(shared_client, large, "image/png")
    assert answer.status_code == 413
    assert answer.json["got"] == "20,000 × 10,000 = 200,000,000 pixels, and the limit is 50,000,000"
    assert answer.json["remedy"] == "make it smaller"


def test_a_picture_of_too_many_bytes_spoils_no_other(client, one_face, nobody):
    limit = len(one_face) - 1
    assert len(nobody) < limit
    asked = client(max_image_bytes=limit)
    images = post(asked, form((one_face, "one.png"), (nobody, "two.png")), "multipart/form-data").json["images"]
    assert [image["status"] for image in images] == ["error", "no_face"]
    assert images[0]["reason"] == f"more than {limit:,} bytes, the limit"


def test_a_request_of_too_many_bytes_is_not_read(client):
    answer = post(client(max_request_bytes=1000), b"x" * 1001, "image/png")
    assert (answer.status_code, answer.json["wanted"]) == (413, "at most 1,000 bytes")


def test_too_many_pictures(client, nobody):
    asked = client(max_images=2)
    answer = post(asked, as_json([text(nobody)] * 3), "application/json")
    assert (answer.status_code, answer.json["got"]) == (422, "3 pictures in one request")
    assert post(asked, form(*[(nobody, "a.png")] * 30), "multipart/form-data").status_code == 413


def test_when_no_picture_can_be_read_each_has_its_reason(shared_client):
    answer = post(shared_client, form((b"a", "a.png"), (b"", "b.png")), "multipart/form-data")
    assert (answer.status_code, answer.json["got"]) == (422, "2 pictures, none of which can be read")
    assert [image["name"] for image in answer.json["images"]] == ["a.png", "b.png"]


def test_when_time_is_up_the_remaining_pictures_are_left(client, nobody):
    answer = post(client(analysis_timeout_s=1e-9), nobody, "image/png")
    assert answer.status_code == 422
    assert answer.json["got"].startswith("not looked at: the request took 1e-09 s")


def test_a_name_is_shown_and_nothing_else(shared_client, nobody, tmp_path):
    name = "../../etc/passwd<script>"
    images = post(shared_client, form((nobody, name)), "multipart/form-data").json["images"]
    assert images[0]["name"] == name


def test_large_uploads_are_never_written_to_a_disk(shared_client, encode, monkeypatch):
    def refuse(*args, **options):
        raise AssertionError("a temporary file")

    monkeypatch.setattr("werkzeug.formparser.SpooledTemporaryFile", refuse)
    noise = encode(np.random.default_rng(0).integers(0, 256, (600, 600, 3), np.uint8))
    assert len(noise) > 1_000_000
    head = b'--b\r\nContent-Disposition: form-data; name="images"; filename="noise.png"\r\n\r\n'
    body = head + noise + b"\r\n--b--\r\n"
    answer = post(shared_client, body, "multipart/form-data; boundary=b", "?attributes=quality")
    assert answer.json["images"][0]["status"] == "no_face"


def test_a_server_that_is_busy_says_when_to_come_back(client, nobody):
    asked = client(uploads=1)
    shared = asked.application.extensions["mien"]
    with shared.uploads.turn():
        answer = post(asked, nobody, "image/png")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert post(asked, nobody, "image/png").status_code == 200


def test_networks_that_are_missing_are_told_without_paths(client, nobody, tmp_path, monkeypatch):
    import importlib.resources

    monkeypatch.setattr(importlib.resources, "files", lambda name: tmp_path)
    answer = post(client(), nobody, "image/png", "?attributes=age")
    assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
    assert "mien models verify" in answer.json["remedy"]
    assert str(tmp_path) not in answer.text


def test_the_deadline_stops_a_body_that_never_comes():
    """Over a real pair of sockets: nothing is sent, and the read ends."""
    import socket

    ours, theirs = socket.socketpair()
    read = []

    def app(environ, start_response):
        read.append(ours.recv(1))
        read.append(environ[upload_deadline.TIMED_OUT])
        return []

    with ours, theirs:
        upload_deadline.UploadDeadline(app, 0.01)({"gunicorn.socket": ours, "CONTENT_LENGTH": "5"}, None)
    assert read == [b"", True]


def test_the_deadline_does_not_touch_a_body_that_came():
    """Its clock stops when the body is read, though the answer takes longer."""
    import socket
    import threading

    ours, theirs = socket.socketpair()
    before = set(threading.enumerate())

    def app(environ, start_response):
        (clock,) = set(threading.enumerate()) - before
        environ[upload_deadline.READ]()
        clock.join(60)
        return [clock.is_alive(), environ.get(upload_deadline.TIMED_OUT)]

    with ours, theirs:
        environ = {"gunicorn.socket": ours, "CONTENT_LENGTH": "5"}
        assert upload_deadline.UploadDeadline(app, 3600)(environ, None) == [False, None]
        theirs.send(b"later")
        assert ours.recv(5) == b"later"
