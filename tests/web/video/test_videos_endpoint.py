import io
import json
import time

import jsonschema
import pytest
from prometheus_client.parser import text_string_to_metric_families

from mien.media.video_file import VideoFile
from mien.web.services import services_of
from mien.web.upload_deadline import READ
from mien.web.video import jobs as jobs_module
from mien.web.video import process as process_module
from mien.web.video.order import CLIP, RESULTS

URL = "/api/v1/videos"
PATIENCE_S = 120
TOKEN = "the right token, long enough"


@pytest.fixture
def asked(client):
    """`asked(**settings)`: a client whose clips all end with the test."""
    made = []

    def make(**settings):
        one = client(**settings)
        made.append(one)
        return one

    yield make
    for one in made:
        shared = services_of(one.application)
        shared.closing.set()
        wait_until(lambda shared=shared: not shared.videos._jobs)


def wait_until(true):
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def send(client, path, query="", **options):
    return client.post(URL + query, **{"data": path.read_bytes(), "content_type": "video/mp4"} | options)


def state(client, clip):
    return client.get(f"{URL}/{clip['id']}").json


def reach(client, clip, *wanted):
    """The clip once its status is one of those wanted."""
    wait_until(lambda: state(client, clip)["status"] in wanted)
    return state(client, clip)


def folder_of(client):
    return services_of(client.application).videos.folder.make()


def is_empty(folder):
    return [path.name for path in folder.iterdir()] == [".lock"]


def measured(client):
    """Sample → value, of all that is counted."""
    families = text_string_to_metric_families(client.get("/metrics").text)
    return {(s.name, *s.labels.values()): s.value for family in families for s in family.samples}


def schema(client, name):
    components = client.get("/api/v1/openapi.json").json["components"]
    return {"$ref": f"#/components/schemas/{name}", "components": components}


def test_a_clip_from_beginning_to_end(asked, film):
    client = asked()
    answer = send(client, film, "?attributes=age,emotion&name=walk.mp4")
    assert answer.status_code == 202
    clip = answer.json
    jsonschema.validate(clip, schema(client, "Clip"))
    assert (clip["name"], clip["results"], clip["problem"]) == ("walk.mp4", {}, None)
    assert answer.headers["Location"] == f"{URL}/{clip['id']}"
    done = reach(client, clip, "done", "failed")
    jsonschema.validate(done, schema(client, "Clip"))
    assert done["progress"] == {
        "share": 1.0,
        "time_s": pytest.approx(0.52, abs=0.001),
        "duration_s": pytest.approx(0.56, abs=0.001),
        "frames": 14,
        "people": 1,
    }
    assert list(done["results"]) == list(RESULTS)
    got = {name: client.get(path) for name, path in done["results"].items()}
    assert [one.mimetype for one in got.values()] == [
        "video/webm",
        "application/json",
        "text/csv",
        "application/x-ndjson",
    ]
    assert got["people.json"].headers["Content-Disposition"] == "inline; filename=walk-people.json"
    jsonschema.validate(got["people.json"].json, schema(client, "ClipResult"))
    assert len(got["people.json"].json["people"]) == 1
    part = client.get(done["results"]["video.webm"], headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.data) == (206, b"\x1a\x45\xdf\xa3")
    assert client.delete(f"{URL}/{clip['id']}").status_code == 204
    gone = client.get(f"{URL}/{clip['id']}")
    assert gone.status_code == 404
    jsonschema.validate(gone.json, schema(client, "Problem"))
    assert "kept for 15 minutes" in gone.json["remedy"]
    wait_until(lambda: is_empty(folder_of(client)))
    values = measured(client)
    assert [values["mien_clips_total", "done"], values["mien_clip_frames_total",]] == [1, 14]
    assert [values["mien_clips_busy",], values["mien_clip_seconds_count",]] == [0, 1]


def test_the_clip_itself_is_deleted_once_it_is_looked_at(asked, film):
    client = asked()
    clip = send(client, film).json
    (folder,) = (path for path in folder_of(client).iterdir() if path.is_dir())
    reach(client, clip, "done")
    assert {path.name for path in folder.iterdir()} == {*RESULTS, "stderr.txt"}


def test_as_a_form(asked, film):
    client = asked()
    form = {"video": (io.BytesIO(film.read_bytes()), "holiday.mov"), "attributes": "emotion", "blur": "true"}
    clip = client.post(URL, data=form).json
    assert clip["name"] == "holiday.mov"
    done = reach(client, clip, "done", "failed")
    told = client.get(done["results"]["people.json"]).json
    assert told["attributes"] == ["emotion"]
    assert told["people"][0]["age"] is None
    name = client.get(done["results"]["frames.csv"]).headers["Content-Disposition"]
    assert name == "inline; filename=holiday-frames.csv"


def test_large_clips_never_lie_in_memory(asked, long_film, monkeypatch):
    """A form's file goes to the folder as it comes, not to Werkzeug's own."""
    client = asked()
    seen = []
    begin = jobs_module.Jobs.submit

    def submit(self, job, order):
        seen.append((job.folder / CLIP).stat().st_size)
        begin(self, job, order)

    monkeypatch.setattr(jobs_module.Jobs, "submit", submit)
    monkeypatch.setattr("werkzeug.formparser.default_stream_factory", None)
    with long_film.open("rb") as stream:
        client.post(URL, data={"video": (stream, "long.mp4")})
    assert seen == [long_film.stat().st_size]


@pytest.mark.parametrize(
    ("query", "options", "status", "got"),
    [
        ("", {"data": b""}, 422, "an empty file, not a video"),
        ("", {"data": b"Dear Ada,\n"}, 422, "text, not a video"),
        ("", {"data": b"\xff\xd8\xff\xe0"}, 422, "a picture, not a video"),
        ("", {"data": b"#EXTM3U\n/etc/passwd\n"}, 422, "a playlist, which only names videos, not a video"),
        ("", {"content_type": "text/plain"}, 415, "the content type text/plain"),
        ("", {"content_type": ""}, 415, "the content type none"),
        ("?attributes=age,height", {}, 422, "attribute 'height'"),
        ("?detector=none", {}, 422, "detector 'none'"),
        ("?blur=maybe", {}, 422, "blur='maybe'"),
        ("", {"data": {"blur": "1"}, "content_type": "multipart/form-data"}, 422, "a form without a clip"),
    ],
)
def test_what_is_no_clip(asked, film, query, options, status, got):
    client = asked()
    answer = send(client, film, query, **options)
    assert (answer.status_code, answer.json["got"]) == (status, got)
    jsonschema.validate(answer.json, schema(client, "Problem"))
    assert str(status) in client.get("/api/v1/openapi.json").json["paths"][URL]["post"]["responses"]
    assert is_empty(folder_of(client))
    assert measured(client)["mien_clips_busy",] == 0


def test_several_clips_in_one_form(asked, film):
    client = asked()
    form = {"a": (io.BytesIO(film.read_bytes()), "a.mp4"), "b": (io.BytesIO(film.read_bytes()), "b.mp4")}
    answer = client.post(URL, data=form)
    assert (answer.status_code, answer.json["got"]) == (422, "several clips in one request")
    assert is_empty(folder_of(client))


@pytest.mark.parametrize("kind", ["video/mp4", "multipart/form-data"])
@pytest.mark.parametrize("stated", [True, False])
def test_too_many_bytes(asked, kind, stated):
    client = asked(max_video_bytes=200_000)
    data = bytes(400_000)
    if kind == "multipart/form-data":
        boundary = b"--b\r\nContent-Disposition: form-data; name=v; filename=v\r\n\r\n"
        data, kind = boundary + data + b"\r\n--b--\r\n", f"{kind}; boundary=b"
    options = {"data": data} if stated else {"input_stream": io.BytesIO(data)}
    if not stated:
        options["environ_overrides"] = {"wsgi.input_terminated": True}
    answer = client.post(URL, content_type=kind, **options)
    assert (answer.status_code, answer.json["wanted"]) == (413, "at most 0.2 MB")
    assert is_empty(folder_of(client))


def test_a_clip_that_breaks_off(asked, film):
    client = asked()
    answer = client.post(
        URL,
        input_stream=io.BytesIO(film.read_bytes()[:1000]),
        environ_overrides={"CONTENT_LENGTH": str(film.stat().st_size)},
        content_type="video/mp4",
    )
    assert (answer.status_code, answer.json["got"]) == (400, "a clip that did not come whole")
    assert is_empty(folder_of(client))


def test_a_clip_has_more_time_to_come_than_a_picture(asked, film):
    lifted = []
    send(asked(), film, environ_overrides={READ: lambda: lifted.append(True)})
    assert lifted == [True]


def test_a_clip_that_comes_too_slowly(asked, film):
    answer = send(asked(video_upload_timeout_s=1e-9), film)
    assert (answer.status_code, answer.json["remedy"]) == (408, "send a smaller one, or over a faster connection")


def test_a_full_disk(asked, film, monkeypatch, caplog):
    client = asked()
    usage = jobs_module.shutil.disk_usage("/")
    monkeypatch.setattr(jobs_module.shutil, "disk_usage", lambda path: usage._replace(free=200_000_000))
    answer = send(client, film)
    assert (answer.status_code, answer.json["got"]) == (507, "a clip for which there is no room on the server's disk")
    assert "only 200 MB are left in " in caplog.text
    jsonschema.validate(answer.json, schema(client, "Problem"))


def test_a_video_that_cannot_be_read_fails_with_the_reason(asked, tmp_path):
    client = asked()
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"\0\0\0\x0cftypisom" + bytes(50))
    clip = send(client, broken).json
    failed = reach(client, clip, "failed", "done")
    assert failed["status"] == "failed"
    assert failed["problem"] == {
        "got": "not a video that can be read",
        "remedy": "copy it again, or convert it to MP4 with FFmpeg",
    }
    jsonschema.validate(failed, schema(client, "Clip"))
    answer = client.get(f"{URL}/{clip['id']}/people.json")
    assert (answer.status_code, answer.json["got"]) == (404, "'people.json', of a clip whose status is failed")
    assert measured(client)["mien_clips_total", "failed"] == 1


def test_a_clip_that_is_too_long(asked, film):
    client = asked(max_video_s=0.5)
    failed = reach(client, send(client, film).json, "failed", "done")
    assert failed["problem"] == {
        "got": "0.56 seconds long, wanted at most 0.5 seconds",
        "remedy": "cut out the part that matters",
    }


def test_no_process_can_be_started(asked, film, monkeypatch, caplog):
    client = asked()
    monkeypatch.setattr(process_module.sys, "executable", "/no/such/python")
    failed = reach(client, send(client, film).json, "failed", "done")
    assert failed["problem"]["got"] == "a clip that this server cannot look at now"
    assert "/no/such/python" in caplog.text


def test_turns(asked, film, long_film):
    """One is looked at, others wait in their order; one more is told to come back; one that is cancelled makes room."""
    client = asked(videos=1, videos_waiting=2)
    first, second, third = (send(client, path).json for path in (long_film, film, film))
    wait_until(lambda: state(client, first)["progress"]["share"])
    assert [state(client, clip)["status"] for clip in (first, second, third)] == ["working", "waiting", "waiting"]
    assert [state(client, clip)["before"] for clip in (first, second, third)] == [0, 1, 2]
    assert 0 < state(client, first)["progress"]["share"] < 1
    refused = send(client, film)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "10")
    assert client.delete(f"{URL}/{first['id']}").status_code == 204
    reach(client, second, "done")
    reach(client, third, "done")
    assert measured(client)["mien_clips_total", "cancelled"] == 1
    assert sum(path.is_dir() for path in folder_of(client).iterdir()) == 2


def test_one_that_waits_can_be_cancelled(asked, film, long_film):
    client = asked()
    first, second = send(client, long_film).json, send(client, film).json
    client.delete(f"{URL}/{second['id']}")
    wait_until(lambda: sum(path.is_dir() for path in folder_of(client).iterdir()) == 1)
    assert state(client, first)["status"] == "working"


def test_a_clip_that_nobody_asks_for_is_given_up(asked, long_film):
    client = asked(video_abandoned_s=0.5)
    send(client, long_film)
    wait_until(lambda: is_empty(folder_of(client)))
    assert measured(client)["mien_clips_total", "cancelled"] == 1


def test_a_result_that_nobody_asks_for_is_deleted(asked, film):
    client = asked(video_keep_s=1.0)
    clip = send(client, film).json
    assert reach(client, clip, "done")["kept_s"] == 1.0
    wait_until(lambda: is_empty(folder_of(client)))
    assert client.get(f"{URL}/{clip['id']}").status_code == 404


def test_the_oldest_result_makes_room(asked, film):
    client = asked(videos_kept=1)
    first = send(client, film).json
    reach(client, first, "done")
    second = send(client, film).json
    assert client.get(f"{URL}/{first['id']}").status_code == 404
    reach(client, second, "done")
    assert sum(path.is_dir() for path in folder_of(client).iterdir()) == 1


def test_all_is_deleted_when_the_server_stops(asked, film, long_film):
    client = asked()
    done = send(client, film).json
    reach(client, done, "done")
    working = send(client, long_film).json
    wait_until(lambda: state(client, working)["progress"]["frames"] > 0)
    services_of(client.application).closing.set()
    answer = client.get(f"{URL}/{done['id']}")
    assert (answer.status_code, answer.json["got"]) == (503, "a request about clips while the server stops")
    assert send(client, film).status_code == 503
    wait_until(lambda: is_empty(folder_of(client)))


def test_ids_are_long_and_all_different(asked, film):
    client = asked(videos_waiting=6)
    ids = {send(client, film).json["id"] for _ in range(5)}
    assert len(ids) == 5
    assert {len(one) for one in ids} == {24}


def test_nothing_but_results_is_given(asked, film):
    client = asked()
    clip = send(client, film).json
    reach(client, clip, "done")
    for name in ("clip", "stderr.txt", "..", "../../.lock", "%2e%2e%2f.lock", "VIDEO.WEBM"):
        assert client.get(f"{URL}/{clip['id']}/{name}").status_code == 404, name


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/id"), ("DELETE", "/id"), ("GET", "/id/video.webm"), ("POST", "")]
)
def test_without_the_token_there_is_nothing(asked, method, path):
    assert asked(token=TOKEN).open(URL + path, method=method).status_code == 401


def test_another_page_can_neither_send_nor_delete(asked, film):
    client = asked()
    clip = send(client, film).json
    evil = {"Origin": "http://evil.example"}
    assert send(client, film, headers=evil).status_code == 403
    assert client.delete(f"{URL}/{clip['id']}", headers=evil).status_code == 403
    assert state(client, clip)["status"] in ("waiting", "working", "done")


def test_clips_too_fast(asked):
    client = asked(requests_per_s=0.001, burst=1)
    answers = [client.post(URL, data=b"", content_type="video/mp4") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [422, 429]


def test_a_name_is_only_told_back(asked, film):
    client = asked()
    name = '../../<script>"\r\nSet-Cookie: a=b.mp4'
    clip = client.post(URL, query_string={"name": name}, data=film.read_bytes(), content_type="video/mp4").json
    assert clip["name"] == '../../<script>"Set-Cookie: a=b.mp4'
    done = reach(client, clip, "done")
    answer = client.get(done["results"]["events.jsonl"])
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Content-Disposition"] == 'inline; filename="<script>\\"Set-Cookie: a=b-events.jsonl"'
    assert json.loads(answer.text.splitlines()[0])["event"] == "appeared"


def test_the_drawn_video_plays_from_the_network(asked, film, tmp_path):
    client = asked()
    done = reach(client, send(client, film).json, "done")
    copy = tmp_path / "copy.webm"
    copy.write_bytes(client.get(done["results"]["video.webm"]).data)
    assert VideoFile(copy).size == (320, 240)
