"""`POST /api/v1/verify`: whether two pictures show one person; no gallery is needed."""

import io
import json

import jsonschema
import numpy as np
import pytest

from mien.identity.verify import verify

URL = "/api/v1/verify"


@pytest.fixture(scope="module")
def pictures(draw_person, encode):
    arrays = {
        "ada": draw_person(2),
        "again": draw_person(2, 1),
        "eve": draw_person(5),
        "both": np.hstack([draw_person(2), draw_person(5)]),
    }
    return arrays, {name: encode(array) for name, array in arrays.items()}


def post(client, *files, **fields):
    images = [(io.BytesIO(data), f"{place}.png") for place, data in enumerate(files)]
    return client.post(URL, data={"images": images, **fields})


def test_two_pictures_of_one_person_as_from_python(shared_client, pictures):
    arrays, files = pictures
    answer = post(shared_client, files["ada"], files["again"], fmr="0.01")
    assert answer.status_code == 200
    wanted = verify(arrays["ada"], arrays["again"], fmr=0.01).to_dict()
    assert answer.json == {"names": {"a": "0.png", "b": "1.png"}, **json.loads(json.dumps(wanted))}
    assert answer.json["decision"] == "same"
    document = shared_client.get("/api/v1/openapi.json").json
    schema = {"$ref": "#/components/schemas/Verification", "components": document["components"]}
    jsonschema.validate(answer.json, schema)


def test_every_face_against_every_face_or_the_largest_alone(shared_client, pictures):
    _, files = pictures
    assert len(post(shared_client, files["both"], files["ada"]).json["pairs"]) == 2
    largest = post(shared_client, files["both"], files["ada"], largest="true").json
    assert (len(largest["pairs"]), len(largest["a"])) == (1, 1)


@pytest.mark.parametrize(
    ("second", "fields", "status", "got"),
    [
        (None, {}, 422, "one picture"),
        (b"x", {}, 422, "the second picture: not a picture; it begins with b'x'"),
        (b"", {}, 422, "the second picture: empty (0 bytes); copy or download it again"),
        ("nobody", {}, 422, "no face found in the second picture, so there is nobody to compare"),
        ("ada", {"fmr": "0"}, 422, "a false-match rate must be above 0 and below 1, got 0.0"),
        ("ada", {"fmr": "much"}, 422, "fmr='much'"),
        ("ada", {"largest": "maybe"}, 422, "largest='maybe'"),
    ],
)
def test_what_cannot_be_compared(shared_client, pictures, nobody, second, fields, status, got):
    _, files = pictures
    given = {"nobody": nobody, **files}.get(second, second)
    answer = post(shared_client, *[files["ada"], *([] if given is None else [given])], **fields)
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    assert answer.json["got"].startswith(got)


def test_three_pictures_and_one_too_large(shared_client, client, pictures):
    _, files = pictures
    three = post(shared_client, *[files["ada"]] * 3)
    assert (three.status_code, three.json["got"], three.json["wanted"]) == (
        422,
        "3 pictures in one request",
        "at most 2",
    )
    small = post(client(max_pixels=1000), files["ada"], files["eve"])
    assert small.status_code == 413
    assert small.json["got"].startswith("the first picture: 300 × 300 = 90,000 pixels, and the limit is 1,000")
