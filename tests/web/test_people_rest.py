"""`/api/v1/people` and `/api/v1/search`: enrolled, listed, found, renamed, merged and forgotten by programs."""

import base64
import io
import json
import os
import threading
from urllib.parse import quote

import jsonschema
import numpy as np
import pytest
from PIL import Image

from mien.errors import OtherModelError
from mien.gallery.gallery import Gallery
from mien.gallery.records import ModelId, NewTemplate
from mien.live import networks
from mien.web.app import create_app
from mien.web.services import services_of
from mien.web.settings import Settings

URL = "/api/v1/people"
TWINS = {"allow_lookalikes": "true"}
"""Drawn faces are all much alike."""


@pytest.fixture
def place(tmp_path):
    return tmp_path / "people.db"


@pytest.fixture
def asked(client, place):
    """The client of a server with a gallery in which nobody is."""
    return client(gallery=str(place), requests_per_s=1e6, burst=10**6)


@pytest.fixture(scope="session")
def photo(draw_person, encode):
    """`photo(seed, shot)`: the JPEG of a drawn person."""
    return lambda seed, shot=0: encode(draw_person(seed, shot), "JPEG", quality=95)


@pytest.fixture(scope="session")
def two_people(draw_person, encode):
    return encode(np.hstack([draw_person(2), draw_person(5)]), "JPEG", quality=95)


def enrol(client, name, *photos, **fields):
    images = [(io.BytesIO(data), f"{place}.jpg") for place, data in enumerate(photos)]
    return client.post(URL, data={"name": name, "consent": "form", "images": images, **TWINS, **fields})


def statuses(answer):
    return [outcome["status"] for outcome in answer.json["outcomes"]]


def names(client):
    return [person["name"] for person in client.get(URL).json["people"]]


@pytest.fixture
def described(asked):
    """`described(answer, "Person")`: the answer is as OpenAPI has it."""
    components = asked.get("/api/v1/openapi.json").json["components"]

    def check(answer, name):
        jsonschema.validate(answer.json, {"$ref": f"#/components/schemas/{name}", "components": components})

    return check


def test_without_a_gallery_the_remedy_is_told(shared_client, one_face):
    for answer in (
        shared_client.get(URL),
        enrol(shared_client, "Ada", one_face),
        shared_client.get(f"{URL}/Ada"),
        shared_client.patch(f"{URL}/Ada", json={"name": "Eve"}),
        shared_client.delete(f"{URL}/Ada"),
        shared_client.post(f"{URL}/Ada/merge", json={"into": "Eve"}),
        shared_client.get(f"{URL}/Ada/crop"),
        shared_client.post("/api/v1/search", data=one_face, content_type="image/jpeg"),
        shared_client.get("/people"),
    ):
        assert (answer.status_code, answer.json["got"]) == (404, "this server has no gallery of people")
        assert answer.json["remedy"] == "start it with mien serve --gallery people.db"


def test_a_gallery_that_is_not_there_is_made(asked, place, described):
    assert place.exists()
    answer = asked.get(URL)
    assert answer.json == {"gallery": "people.db", "model": None, "people": []}
    described(answer, "People")


def test_somebody_is_enrolled_and_shown(asked, photo, place, described):
    answer = enrol(asked, " Ada  Lovelace ", photo(2), notes="her notes", keep_crops="1")
    assert answer.status_code == 201
    described(answer, "Enrolment")
    person = answer.json["person"]
    assert (person["name"], person["consent"], person["notes"]) == ("Ada Lovelace", "form", "her notes")
    assert (person["templates"], person["crops"]) == (1, 1)
    assert answer.json["outcomes"] == [{"photo": "0.jpg", "status": "enrolled", "reason": None}]
    assert answer.headers["Location"] == f"{URL}/{person['id']}"
    shown = asked.get(answer.headers["Location"])
    described(shown, "PersonWithTemplates")
    assert shown.json["person"] == person
    (template,) = shown.json["templates"]
    assert (template["photo"], template["has_crop"]) == ("0.jpg", True)
    listed = asked.get(URL)
    described(listed, "People")
    assert listed.json["people"] == [person]
    with Gallery(place) as opened:  # for other programs too
        assert [one.to_dict() for one in opened.people()] == [person]
        assert listed.json["model"] == {"name": opened.model.name, "sha256": opened.model.sha256}


def test_more_photos_of_somebody_known(asked, photo):
    enrol(asked, "Ada", photo(2))
    again = enrol(asked, "ADA", photo(2, 1), consent="second form")
    assert (again.status_code, statuses(again)) == (200, ["enrolled"])
    person = again.json["person"]
    assert (person["name"], person["templates"], person["consent"]) == ("Ada", 2, "second form")
    known = enrol(asked, "Ada", photo(2))
    assert (known.status_code, statuses(known)) == (200, ["known"])
    assert known.json["person"]["templates"] == 2


def test_json_with_names_does_the_same(asked, photo):
    images = [{"name": "ada.jpg", "data": base64.b64encode(photo(2)).decode()}, base64.b64encode(photo(2, 1)).decode()]
    answer = asked.post(URL, json={"name": "Ada", "consent": "form", "keep_crops": True, "images": images})
    assert answer.status_code == 201
    assert [outcome["photo"] for outcome in answer.json["outcomes"]] == ["ada.jpg", "picture 2"]
    assert answer.json["person"]["crops"] == 2


@pytest.mark.parametrize("consent", [None, "", "   "])
def test_without_consent_nothing_is_kept(asked, photo, consent):
    data = {"name": "Ada", "images": [(io.BytesIO(photo(2)), "a.jpg")]}
    answer = asked.post(URL, data=data if consent is None else {**data, "consent": consent})
    assert answer.status_code == 422
    assert answer.json["got"] == "pictures of somebody without a consent; nothing was kept"
    assert names(asked) == []


def test_each_photo_is_refused_with_its_reason(asked, photo, two_people, nobody, described):
    good = photo(2)
    answer = enrol(asked, "Ada", nobody, two_people, good, good, b"no picture", b"")
    assert answer.status_code == 201
    assert statuses(answer) == ["refused", "refused", "enrolled", "refused", "error", "error"]
    reasons = [outcome["reason"] for outcome in answer.json["outcomes"]]
    assert reasons[0] == "no face found"
    assert reasons[1] == "2 faces; crop it to one, or take the largest"
    assert reasons[3] == "nearly the same picture as 2.jpg (similarity 1.000)"
    assert reasons[4].startswith("not a picture; it begins with b'no pictu'")
    assert reasons[5] == "empty (0 bytes); copy or download it again"
    described(answer, "Enrolment")


def test_where_no_photo_serves_nobody_is_added(asked, nobody, two_people, described):
    answer = enrol(asked, "Ada", nobody, two_people)
    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
    assert answer.json["got"] == "2 pictures, none of which can be enrolled"
    assert (answer.json["person"], statuses(answer)) == (None, ["refused", "refused"])
    described(answer, "Problem")
    one = enrol(asked, "Ada", nobody)
    assert (one.status_code, one.json["got"]) == (422, "no face found")
    assert names(asked) == []


def test_of_several_faces_the_largest_may_be_taken(asked, two_people):
    answer = enrol(asked, "Ada", two_people, largest="yes")
    assert (answer.status_code, statuses(answer)) == (201, ["enrolled"])


def test_poor_pictures_are_refused_unless_they_are_allowed(asked, draw_person, encode):
    small = encode(np.asarray(Image.fromarray(draw_person(2)).resize((44, 44)).resize((300, 300))))
    answer = enrol(asked, "Ada", small)
    assert answer.status_code == 422
    assert answer.json["got"].startswith("poor picture: ")
    assert enrol(asked, "Ada", small, least_quality="0").status_code == 201


def test_one_face_has_one_name(asked, photo):
    enrol(asked, "Ada", photo(2))
    same = enrol(asked, "Eve", photo(2), allow_lookalikes="false")
    assert (same.status_code, same.json["got"]) == (422, "the same photo is enrolled as 'Ada'; one face, one name")
    alike = enrol(asked, "Eve", photo(2, 1), allow_lookalikes="false")
    assert alike.status_code == 422
    assert alike.json["got"].startswith("looks like 'Ada' (similarity 0.9")
    assert alike.json["got"].endswith("; use that name, or allow lookalikes")
    assert names(asked) == ["Ada"]


@pytest.mark.parametrize("name", ["AC/DC", "😀👩‍🚀", "Ж/../x?#&%", "ada crop"])
def test_names_of_any_kind_can_be_asked_for(asked, photo, name):
    person = enrol(asked, name, photo(2), keep_crops="true").json["person"]
    assert person["name"] == name
    where = f"{URL}/{quote(name, safe='')}"
    assert asked.get(where).json["person"] == person
    assert asked.get(f"{where}/crop").mimetype == "image/jpeg"
    assert asked.delete(where).json["person_id"] == person["id"]
    assert names(asked) == []


@pytest.mark.parametrize(
    ("name", "got"),
    [
        ("x" * 10_000, "has 10,000 characters, the limit is 200"),
        ("", "a person's name must not be empty"),
        ("  ", "a person's name must not be empty"),
        ("p_0123456789ab", "is written as ids are"),
        ("a\x00b", "has the character '\\x00', which cannot be shown"),
        ("a\u202eb", "has the character '\\u202e', which cannot be shown"),
    ],
)
def test_names_that_cannot_be_used(asked, photo, name, got):
    answer = enrol(asked, name, photo(2))
    assert answer.status_code == 422
    assert got in answer.json["got"]
    assert len(answer.json["got"]) < 200
    assert names(asked) == []
    if name.strip():
        enrol(asked, "Ada", photo(2))
        renamed = asked.patch(f"{URL}/Ada", json={"name": name})
        assert (renamed.status_code, got in renamed.json["got"]) == (422, True)


@pytest.mark.parametrize(
    ("fields", "got"),
    [
        ({"largest": "perhaps"}, "largest='perhaps'"),
        ({"least_quality": "2"}, "least_quality must be from 0 to 1, got 2.0"),
        ({"least_quality": "good"}, "least_quality='good'"),
        ({"consent": "x" * 10_001}, "consent has 10,001 characters, the limit is 10,000"),
        ({"notes": "x" * 10_001}, "notes has 10,001 characters, the limit is 10,000"),
    ],
)
def test_parameters_that_cannot_be_used(asked, photo, fields, got):
    answer = enrol(asked, "Ada", photo(2), **fields)
    assert (answer.status_code, answer.json["got"]) == (422, got)
    assert names(asked) == []


def test_bad_base64_spoils_the_request(asked, photo):
    images = [base64.b64encode(photo(2)).decode(), "!"]
    answer = asked.post(URL, json={"name": "Ada", "consent": "form", "images": images})
    assert answer.status_code == 422
    assert answer.json["got"].startswith("a picture that is not base64: ")
    assert names(asked) == []


def test_uploads_are_limited(client, place, photo):
    small = client(gallery=str(place), max_images=1, max_image_bytes=1000, max_request_bytes=200_000)
    answer = enrol(small, "Ada", photo(2))
    assert answer.status_code == 422
    assert answer.json["got"] == "more than 1,000 bytes, the limit"
    assert enrol(small, "Ada", photo(2), photo(5)).status_code in (413, 422)
    assert enrol(small, "Ada", bytes(300_000)).status_code == 413
    assert small.patch(f"{URL}/Ada", data=b"{" + b" " * 200_001, content_type="application/json").status_code == 413
    assert names(small) == []


def test_search_tells_names_and_evidence(asked, photo, two_people, described):
    enrol(asked, "Ada", photo(2))
    enrol(asked, "Eve", photo(5))
    answer = asked.post("/api/v1/search?fmr=0.1", data=two_people, content_type="image/jpeg")
    assert answer.status_code == 200
    described(answer, "Found")
    (image,) = answer.json["images"]
    assert (image["status"], image["width"], image["height"]) == ("ok", 600, 300)
    faces = sorted(image["faces"], key=lambda face: face["box"][0])
    assert [face["identity"] for face in faces] == ["Ada", "Eve"]
    match = faces[0]["match"]
    assert match["identity"] == "Ada"
    assert [candidate["name"] for candidate in match["candidates"]] == ["Ada", "Eve"]
    decision = match["decision"]
    assert (decision["fmr"], decision["gallery_size"], decision["reason"]) == (0.1, 2, "")
    assert decision["similarity"] >= decision["threshold"]
    assert decision["margin"] == pytest.approx(decision["similarity"] - match["candidates"][1]["similarity"], abs=1e-5)
    assert faces[0]["embedding"] is None


def test_a_stranger_is_unknown(asked, photo):
    enrol(asked, "Ada", photo(8))
    images = (io.BytesIO(photo(11)), "who.jpg")
    answer = asked.post("/api/v1/search", data={"images": images, "fmr": "1e-4", "top": "1"})
    (face,) = answer.json["images"][0]["faces"]
    assert (face["identity"], face["match"]["identity"], face["match"]["decision"]["person"]) == (None, None, None)
    assert face["match"]["decision"]["reason"] == "too far"
    assert [candidate["name"] for candidate in face["match"]["candidates"]] == ["Ada"]


def test_search_in_an_empty_gallery_and_of_nobody(asked, photo, nobody, described):
    images = [(io.BytesIO(data), "x.jpg") for data in (photo(2), nobody, b"x")]
    answer = asked.post("/api/v1/search", data={"images": images})
    assert [image["status"] for image in answer.json["images"]] == ["ok", "no_face", "error"]
    (face,) = answer.json["images"][0]["faces"]
    assert (face["match"]["decision"]["reason"], face["match"]["candidates"]) == ("empty gallery", [])
    described(answer, "Found")


@pytest.mark.parametrize(
    ("query", "got"),
    [
        ("fmr=0", "a false-match rate must be above 0 and below 1, got 0.0"),
        ("fmr=nan", "fmr='nan'"),
        ("top=0", "top='0'"),
        ("top=1.5", "top='1.5'"),
        ("top=101", "top='101'"),
        ("margin=3", "margin must be a difference of cosines from 0 to 2, got 3.0"),
    ],
)
def test_numbers_out_of_range(asked, photo, query, got):
    enrol(asked, "Ada", photo(2))
    enrol(asked, "Eve", photo(5))
    answer = asked.post(f"/api/v1/search?{query}", data=photo(2), content_type="image/jpeg")
    assert answer.status_code == 422
    assert answer.json["got"].startswith(got)


def test_search_without_a_picture_that_can_be_read(asked):
    answer = asked.post("/api/v1/search", data=b"x", content_type="image/jpeg")
    assert (answer.status_code, answer.json["images"][0]["status"]) == (422, "error")
    assert asked.post("/api/v1/search", data=b"x", content_type="text/plain").status_code == 415


def test_renaming(asked, photo, described):
    person = enrol(asked, "Ada", photo(2)).json["person"]
    enrol(asked, "Eve", photo(5))
    answer = asked.patch(f"{URL}/ada", json={"name": "Ada Lovelace", "notes": "of the engine"})
    assert answer.status_code == 200
    described(answer, "Person")
    assert answer.json == person | {"name": "Ada Lovelace", "notes": "of the engine"}
    taken = asked.patch(f"{URL}/{person['id']}", json={"name": "EVE", "notes": "gone"})
    assert (taken.status_code, taken.json["got"]) == (409, "'EVE' is somebody else's name")
    assert taken.json["remedy"] == "if both are one person, merge them"
    assert asked.get(f"{URL}/{person['id']}").json["person"] == answer.json  # nothing of it was done
    described(taken, "Problem")


@pytest.mark.parametrize(
    ("body", "kind", "status", "got"),
    [
        (b"{}", "application/json", 422, "nothing that is to be changed"),
        (b'{"notes": ""}', "application/json", 422, "nothing that is to be changed"),
        (b'{"name": 3}', "application/json", 422, "name='3'"),
        (b'{"nome": "x"}', "application/json", 422, "JSON with the member 'nome'"),
        (b"[]", "application/json", 422, "JSON without an object"),
        (b"{", "application/json", 400, "a body that is not JSON"),
        (b'{"name": "\\ud800"}', "application/json", 422, "the name '\\ud800' has the character '\\ud800'"),
        (b"name=x", "application/x-www-form-urlencoded", 415, "the content type application/x-www-form-urlencoded"),
    ],
)
def test_changes_that_cannot_be_made(asked, photo, body, kind, status, got):
    enrol(asked, "Ada", photo(2))
    answer = asked.patch(f"{URL}/Ada", data=body, content_type=kind)
    assert answer.status_code == status
    assert answer.json["got"].startswith(got)
    assert names(asked) == ["Ada"]


def test_merging(asked, photo, described):
    ada = enrol(asked, "Ada", photo(2)).json["person"]
    enrol(asked, "A. Lovelace", photo(2, 1), notes="the other one")
    answer = asked.post(f"{URL}/A. Lovelace/merge", json={"into": "ada"})
    assert answer.status_code == 200
    described(answer, "Person")
    assert answer.json == ada | {"templates": 2, "notes": "the other one"}
    assert names(asked) == ["Ada"]
    for into, status, got in (
        ("Ada", 409, "'Ada' and 'Ada' are the same person already"),
        ("Ade", 404, "nobody is called 'Ade' in people.db"),
        ("\ud800", 422, "the name '\\ud800' has the character '\\ud800', which cannot be shown"),
        (None, 422, "nobody to merge with"),
    ):
        refused = asked.post(f"{URL}/Ada/merge", data=json.dumps({"into": into}), content_type="application/json")
        assert (refused.status_code, refused.json["got"]) == (status, got)


def test_forgetting_gives_the_receipt(asked, photo, place, described):
    person = enrol(asked, "Ada", photo(2), photo(2, 1), keep_crops="1").json["person"]
    answer = asked.delete(f"{URL}/{person['id']}")
    assert answer.status_code == 200
    described(answer, "Receipt")
    receipt = answer.json
    assert (receipt["gallery"], receipt["person_id"], receipt["name"]) == ("people.db", person["id"], "Ada")
    assert (receipt["templates"], receipt["crops"]) == (person["templates"], person["crops"])
    assert person["templates"] >= 1
    with Gallery(place) as opened:
        assert opened.people() == []
        assert opened.store.forgotten() == {person["id"]: receipt["forgotten_at"]}
    assert asked.delete(f"{URL}/{person['id']}").status_code == 404


def test_the_crop_of_the_best_picture_is_shown(asked, photo):
    enrol(asked, "Ada", photo(2), keep_crops="1")
    answer = asked.get(f"{URL}/Ada/crop")
    assert (answer.status_code, answer.mimetype, answer.headers["Cache-Control"]) == (200, "image/jpeg", "no-store")
    assert max(Image.open(io.BytesIO(answer.data)).size) <= 288
    enrol(asked, "Eve", photo(5))
    none = asked.get(f"{URL}/Eve/crop")
    assert (none.status_code, none.json["got"]) == (404, "no picture of 'Eve' was kept")


def test_nobody_of_that_name(asked, photo):
    enrol(asked, "Eve", photo(5))
    near = asked.get(f"{URL}/Evi")
    assert (near.status_code, near.json["got"]) == (404, "nobody is called 'Evi' in people.db")
    assert near.json["remedy"] == "did you mean 'Eve'?"
    far = asked.get(f"{URL}/Zoe")
    assert (far.status_code, far.json["remedy"]) == (404, "GET /api/v1/people lists everybody")
    long = asked.get(f"{URL}/{'x' * 10_000}")
    assert (long.status_code, len(long.json["got"]) < 200) == (422, True)
    assert asked.get(f"{URL}/a%00b").status_code == 422


def test_what_changes_the_gallery_is_guarded_as_all_else(client, place, photo):
    guarded = client(gallery=str(place), token="a token that is long enough")
    let_in = {"Authorization": "Bearer a token that is long enough"}
    calls = [("GET", URL), ("POST", URL), ("PATCH", f"{URL}/Ada"), ("DELETE", f"{URL}/Ada")]
    calls += [("POST", f"{URL}/Ada/merge"), ("GET", f"{URL}/Ada/crop"), ("POST", "/api/v1/search")]
    for method, path in calls:
        assert guarded.open(path, method=method).status_code == 401, (method, path)
        elsewhere = {**let_in, "Origin": "https://evil.example"}
        if method != "GET":
            assert guarded.open(path, method=method, headers=elsewhere).status_code == 403, (method, path)
    assert guarded.get(URL, headers=let_in).json["people"] == []
    assert guarded.get("/people", headers={"Accept": "text/html"}).status_code == 303


def test_many_clients_at_once(asked, photo):
    """Some enrol one person, others somebody else; all are searched meanwhile."""
    app = asked.application
    jobs = [("Ada", 2, 0), ("Eve", 5, 0), ("Ada", 2, 1), ("Zoe", 20, 0), ("Kim", 11, 0)]
    told = {}

    def work(job):
        name, seed, shot = job
        client = app.test_client()
        found = client.post("/api/v1/search", data=photo(seed, shot), content_type="image/jpeg")
        told[job] = enrol(client, name, photo(seed, shot)).status_code, found.status_code

    threads = [threading.Thread(target=work, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert sorted(told.values()) == [(200, 200)] + [(201, 200)] * 4
    people = {person["name"]: person["templates"] for person in asked.get(URL).json["people"]}
    assert people == {"Ada": 2, "Eve": 1, "Kim": 1, "Zoe": 1}


@pytest.mark.skipif(os.name == "nt", reason="permissions")
def test_a_gallery_that_becomes_read_only(asked, place, photo, monkeypatch):
    enrol(asked, "Ada", photo(2))
    gallery = asked.application.extensions["mien"].gallery
    gallery.close()
    place.chmod(0o444)
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)  # root may write in spite of that
    try:
        assert names(asked) == ["Ada"]
        found = asked.post("/api/v1/search", data=photo(2), content_type="image/jpeg")
        assert found.json["images"][0]["faces"][0]["identity"] == "Ada"
        for answer in (enrol(asked, "Eve", photo(5)), asked.delete(f"{URL}/Ada")):
            assert (answer.status_code, answer.json["got"]) == (503, "people.db: read-only")
            assert answer.json["remedy"].startswith("copy it to where it can be written")
            assert str(place.parent) not in answer.text
    finally:
        monkeypatch.undo()
        gallery.close()
        place.chmod(0o644)
    assert names(asked) == ["Ada"]


def test_a_gallery_that_is_gone_or_damaged_is_told(asked, place, photo):
    enrol(asked, "Ada", photo(2))
    asked.application.extensions["mien"].gallery.close()
    for path in place.parent.iterdir():
        path.unlink()
    place.write_bytes(b"not a database" * 1000)
    answer = asked.get(URL)
    assert answer.status_code == 503
    assert answer.json["got"].startswith("people.db is no gallery, not even an SQLite file")


def of_another_network(place):
    with Gallery(place) as opened, opened.store.database.writing():
        template = NewTemplate(vector=np.eye(1, 128, dtype=np.float32)[0], quality=1.0, photo="a", photo_sha256="a")
        opened.store.add_template(opened.store.add_person("Ada"), template, ModelId("sface", "0" * 64))


def test_another_networks_gallery_is_refused_at_the_start(place):
    of_another_network(place)
    with pytest.raises(OtherModelError, match=r"holds templates of sface 00000000.*mien gallery re-embed"):
        create_app(Settings(gallery=str(place)))


def test_a_gallery_is_used_with_its_own_network(place, monkeypatch):
    with Gallery(place, embedding="sface") as opened, opened.store.database.writing():
        template = NewTemplate(vector=np.eye(1, 128, dtype=np.float32)[0], quality=1.0, photo="a", photo_sha256="a")
        opened.store.add_template(opened.store.add_person("Ada"), template, opened.model)
    shared = services_of(create_app(Settings(gallery=str(place))))
    assert shared.gallery.model.name == "sface"
    monkeypatch.setattr(networks, "load_networks", lambda told, **options: options["embedding"])
    assert shared.profilers.live() == "sface"
    assert services_of(create_app(Settings())).profilers.live() == "embedding"


def test_a_gallery_that_becomes_another_networks(asked, place, photo):
    of_another_network(place)
    for answer in (
        enrol(asked, "Eve", photo(5)),
        asked.post("/api/v1/search", data=photo(2), content_type="image/jpeg"),
    ):
        assert answer.status_code == 503
        assert answer.json["got"].startswith("people.db holds templates of sface 00000000, and embedding ")


def test_a_gallery_in_postgresql(client, postgres_url, photo):
    asked = client(gallery=postgres_url)
    answer = enrol(asked, "Ada", photo(2))
    assert answer.status_code == 201
    found = asked.post("/api/v1/search", data=photo(2), content_type="image/jpeg").json
    assert found["images"][0]["faces"][0]["identity"] == "Ada"
    assert found["gallery"] == postgres_url.partition("?")[0].rpartition("/")[2]
    receipt = asked.delete(f"{URL}/Ada").json
    assert receipt["left"].startswith("the server's write-ahead log")
    asked.application.extensions["mien"].gallery.close()
