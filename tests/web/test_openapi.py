import json
import re

import jsonschema
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from mien.web.openapi import description
from mien.web.settings import Settings

URL = "/api/v1/analyze"


@pytest.fixture(scope="module")
def document(shared_client):
    return shared_client.get("/api/v1/openapi.json").json


def schema(document, name):
    return {"$ref": f"#/components/schemas/{name}", "components": document["components"]}


@pytest.mark.parametrize("token", [None, "a token that is long enough"])
def test_the_document_is_openapi_3_1(token):
    document = json.loads(json.dumps(description(Settings(token=token))))
    assert document["openapi"] == "3.1.0"
    validate(document, cls=OpenAPIV31SpecValidator)
    assert ("security" in document) == (token is not None)


def test_it_names_every_route_for_programs(shared_client, document):
    rules = {
        re.sub(r"<(?:job_|path:)?(\w+)>", r"{\1}", rule.rule) for rule in shared_client.application.url_map.iter_rules()
    }
    rules = {rule for rule in rules if rule.startswith("/api/v1/")}
    assert rules | {"/healthz", "/metrics"} == set(document["paths"])


@pytest.mark.parametrize(
    "query", ["", "?attributes=", "?attributes=quality", "?detector=haar", "?attributes=age,gender,race,emotion"]
)
def test_answers_are_as_described(shared_client, document, one_face, query):
    answer = shared_client.post(URL + query, data=one_face, content_type="image/png").json
    assert answer["images"][0]["faces"]
    jsonschema.validate(answer, schema(document, "Answer"))


def test_answers_with_landmarks_and_pose_are_as_described(client, document, one_face, tiny_networks):
    answer = client().post(URL + "?attributes=landmarks,pose,embedding", data=one_face, content_type="image/png").json
    (face,) = answer["images"][0]["faces"]
    assert face["landmarks"] is not None
    assert face["measures"] is not None
    assert face["embedding"] is not None
    jsonschema.validate(answer, schema(document, "Answer"))


@pytest.mark.parametrize(
    ("data", "content_type"),
    [(b"x", "image/png"), (b"x", "text/plain"), (b"{", "application/json"), (b"", "image/png")],
)
def test_problems_are_as_described(shared_client, document, data, content_type):
    answer = shared_client.post(URL, data=data, content_type=content_type)
    jsonschema.validate(answer.json, schema(document, "Problem"))
    assert str(answer.status_code) in document["paths"][URL]["post"]["responses"]


def test_the_schema_refuses_what_is_not_a_face(document):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"box": [0, 0, 1]}, schema(document, "Face"))


def test_limits_told_are_the_servers(client):
    text = client(max_images=7, max_pixels=3_000_000).get("/api/v1/openapi.json").json["paths"][URL]["post"]
    assert "at most 7 pictures of 3 megapixels" in text["description"]
