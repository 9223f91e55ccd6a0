"""The Video page in a real browser: in, how far it is, what is shown, out; cancelled, closed, refused; and the end."""

from __future__ import annotations

import csv
import io
import json
import re
import signal
import socket
import time
import urllib.request

import cv2
import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families

from mien.faces import row_names

PATIENCE_S = 120
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}


def write(path, frames, codec, fps=25.0):
    height, width = frames[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*codec), fps, (width, height))
    for frame in frames:
        writer.write(frame[..., ::-1])
    writer.release()
    return path


@pytest.fixture(scope="module")
def clips(tmp_path_factory, draw_faces):
    """Clips of two people, one of whom goes and comes back, of nobody for four minutes, of an hour; and none."""
    folder = tmp_path_factory.mktemp("clips")
    both = draw_faces(240, 480, [(120, 120, 140), (360, 120, 140)])
    one = draw_faces(240, 480, [(120, 120, 140)])
    write(folder / "two.webm", [both] * 20 + [one] * 30 + [both] * 25, "VP80")
    blank = np.full((48, 64, 3), 90, np.uint8)
    write(folder / "long.mp4", [np.full((120, 160, 3), 90, np.uint8)] * 6000, "mp4v")
    write(folder / "hour.webm", [blank] * 361, "VP80", fps=0.1)
    write(folder / "hour.mp4", [blank] * 361, "mp4v", fps=0.1)
    write(folder / "nobody.webm", [blank] * 10, "VP80")
    (folder / "broken.mp4").write_bytes(b"\0\0\0\x0cftypisom" + bytes(100))
    (folder / "letter.mp4").write_bytes(b"Dear Ada,\n")
    return folder


@pytest.fixture(scope="module")
def own_server(serve):
    """One at whose clips nobody else is."""
    with serve() as running:
        yield running


def wait_until(true):
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def until(page, expression, argument=None):
    """Playwright's own waiting is for pages that allow `eval`."""
    wait_until(lambda: page.evaluate(expression, argument))


def busy(server):
    """Clips that the server is at."""
    with urllib.request.urlopen(f"{server.url}/metrics", timeout=PATIENCE_S) as answer:
        families = text_string_to_metric_families(answer.read().decode())
    return next(family.samples[0].value for family in families if family.name == "mien_clips_busy")


def choose(page, path):
    page.set_input_files("#file", path)


def done(page):
    page.locator("#result:not([hidden]), #problem:not([hidden])").first.wait_for()
    assert page.locator("#problem:not([hidden])").all_inner_texts() == []
    return page.locator("#found").inner_text()


def problem(page):
    page.locator("#problem").wait_for()
    assert not page.locator("#work").is_visible()
    assert not page.locator("#result").is_visible()
    return page.locator("#problem").inner_text()


def working(page):
    page.locator("#stage", has_text="Looking at the clip").wait_for()


def test_by_mouse(server, open_page, clips):
    page = open_page(f"{server.url}/video")
    with page.expect_file_chooser() as chooser:
        page.get_by_text("Choose a clip").click()
    chooser.value.set_files(clips / "two.webm")
    page.get_by_role("heading", name="two.webm").wait_for()
    assert done(page) == "2 people seen in 3.0 s of video."
    assert not page.locator("#work").is_visible()
    assert page.locator("#people thead th").all_inner_texts() == [
        "#",
        "In view",
        "Apparent age",
        "Gender",
        "Mostly looks",
    ]
    assert page.locator("#people tbody tr").count() == 2
    strips = page.locator("#strips svg")
    assert strips.count() == 2
    assert strips.nth(0).locator("polygon").count() >= 7
    told = [strip.get_attribute("aria-label") for strip in strips.all()]
    assert sorted(label.count(" to ") for label in told) == [1, 2]  # one of them was away for a while
    page.evaluate("document.getElementById('video').play()")
    until(page, "document.getElementById('video').ended")
    assert page.evaluate("[video.videoWidth, video.videoHeight, Math.round(video.duration)]") == [480, 240, 3]
    assert page.evaluate("document.getElementById('playhead').style.left") == "100%"


def test_by_keyboard_alone(server, open_page, clips):
    page = open_page(f"{server.url}/video")
    page.on("filechooser", lambda chooser: None)  # from now on: a key may be faster than the request for its event
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # past the navigation
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "choose"
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(clips / "two.webm")
    done(page)
    while page.evaluate("document.activeElement.className") != "moment":
        page.keyboard.press("Tab")
    for _ in range(2):
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") != "BODY"


def test_dropped(server, open_page, clips):
    page = open_page(f"{server.url}/video")
    script = """bytes => {
        const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(bytes)], "dropped.webm", {type: "video/webm"}));
        for (const kind of ["dragenter", "dragover", "drop"])
            document.body.dispatchEvent(new DragEvent(kind, {bubbles: true, cancelable: true, dataTransfer: data}));
    }"""
    page.evaluate(script, list((clips / "nobody.webm").read_bytes()))
    assert done(page).startswith("No face was found.")
    assert not page.locator("#people").is_visible()
    assert not page.locator("#stays").is_visible()
    assert page.locator("#video").is_visible()


def test_what_can_be_downloaded_until_it_is_deleted(server, open_page, clips):
    page = open_page(f"{server.url}/video")
    choose(page, clips / "two.webm")
    done(page)
    got = {}
    for kind in ("Video", "JSON", "CSV", "Events"):
        with page.expect_download() as download:
            page.locator(".downloads").get_by_text(kind).click()
        with open(download.value.path(), "rb") as stream:  # noqa: PTH123
            got[download.value.suggested_filename] = stream.read()
    assert list(got) == ["two-video.webm", "two-people.json", "two-frames.csv", "two-events.jsonl"]
    assert got["two-video.webm"].startswith(b"\x1a\x45\xdf\xa3")
    assert len(json.loads(got["two-people.json"])["people"]) == 2
    assert csv.DictReader(io.StringIO(got["two-frames.csv"].decode())).fieldnames == ["frame", "time_s", *row_names()]
    assert json.loads(got["two-events.jsonl"].splitlines()[0])["event"] == "appeared"
    address = page.locator("#video").get_attribute("src")
    page.get_by_role("button", name="Delete now").click()
    assert not page.locator("#result").is_visible()
    assert page.evaluate("document.activeElement.id") == "choose"
    until(page, "url => fetch(url).then(answer => answer.status === 404)", address)


def test_what_is_asked_for_is_told(server, open_page, clips):
    page = open_page(f"{server.url}/video")
    page.locator(".toggle", has_text="perceived expression").click()
    page.locator(".toggle", has_text="head pose").click()
    page.locator(".toggle", has_text="faces blurred").click()
    choose(page, clips / "two.webm")
    done(page)
    titles = page.locator("#people thead th").all_inner_texts()
    assert "Facing the camera" in titles
    assert "Mostly looks" not in titles
    assert not page.locator("#legend").is_visible()
    assert page.locator("#strips polygon").count() == 0
    assert not page.get_by_role("button", name="Look again").is_visible()
    page.locator(".toggle", has_text="perceived expression").click()
    page.get_by_role("button", name="Look again").click()
    page.locator("#result").wait_for(state="hidden")
    done(page)
    assert "Mostly looks" in page.locator("#people thead th").all_inner_texts()


def test_cancelled_half_way(own_server, open_page, clips):
    page = open_page(f"{own_server.url}/video")
    choose(page, clips / "long.mp4")
    working(page)
    until(page, "document.getElementById('bar').value > 0")
    assert "people so far" in page.locator("#figures").inner_text()
    assert busy(own_server) == 1
    page.get_by_role("button", name="Cancel").click()
    assert not page.locator("#work").is_visible()
    assert page.evaluate("document.activeElement.id") == "choose"
    wait_until(lambda: busy(own_server) == 0)


def test_the_page_is_left_or_closed_half_way(own_server, open_page, clips):
    page = open_page(f"{own_server.url}/video")
    choose(page, clips / "long.mp4")
    working(page)
    page.goto(f"{own_server.url}/api")
    wait_until(lambda: busy(own_server) == 0)
    page.goto(f"{own_server.url}/video")
    choose(page, clips / "long.mp4")
    working(page)
    page.close(run_before_unload=True)
    wait_until(lambda: busy(own_server) == 0)


def test_one_waits_for_the_other_until_another_clip_takes_its_place(own_server, open_page, clips):
    first, second = (open_page(f"{own_server.url}/video") for _ in range(2))
    choose(first, clips / "long.mp4")
    working(first)
    choose(second, clips / "nobody.webm")
    second.locator("#figures", has_text="1 clip is looked at first").wait_for()
    choose(first, clips / "nobody.webm")
    done(first)
    done(second)
    assert first.locator("#work-title").text_content() == "nobody.webm"
    assert busy(own_server) == 0


def test_what_a_browser_records_states_no_length(server, open_page, clips, draw_faces):
    page = open_page(f"{server.url}/video")
    script = """async pixels => {
        const canvas = Object.assign(document.createElement("canvas"), {width: 320, height: 240});
        const context = canvas.getContext("2d");
        const picture = new ImageData(new Uint8ClampedArray(pixels), 320);
        const recorder = new MediaRecorder(canvas.captureStream(25), {mimeType: "video/webm;codecs=vp8"});
        const parts = [];
        recorder.ondataavailable = (event) => parts.push(event.data);
        const stopped = new Promise((done) => (recorder.onstop = done));
        recorder.start();
        for (let step = 0; step < 40; step += 1) {
            context.putImageData(picture, 0, 0);
            await new Promise((done) => setTimeout(done, 40));
        }
        recorder.stop();
        await stopped;
        const data = new DataTransfer();
        data.items.add(new File(parts, "recorded.webm", {type: "video/webm"}));
        document.getElementById("file").files = data.files;
        document.getElementById("file").dispatchEvent(new Event("change"));
    }"""
    face = draw_faces(240, 320, [(160, 120, 140)])
    page.evaluate(script, np.dstack([face, np.full(face.shape[:2], 255)]).ravel().tolist())
    assert done(page).startswith("1 person seen in ")


def test_what_is_refused(server, open_page, clips):
    page = open_page(f"{server.url}/video")
    for name, told in {
        "letter.mp4": "This cannot be read as a video: text, not a video. MP4, MOV, WebM, MKV, AVI,",
        "broken.mp4": "Not a video that can be read. Copy it again, or convert it to MP4 with FFmpeg.",
        "hour.webm": "This clip is too long: 60:",  # the browser can tell
        "hour.mp4": "1 hour long, wanted at most 5 minutes. Cut out the part that matters.",  # the server can
    }.items():
        choose(page, clips / name)
        page.locator("#work-title", has_text=name).wait_for(state="attached")
        assert problem(page).startswith(told)
    choose(page, clips / "nobody.webm")
    done(page)


def test_too_large(serve, open_page, clips):
    with serve("--max-video-bytes", 1000) as server:
        page = open_page(f"{server.url}/video")
        choose(page, clips / "two.webm")
        assert re.fullmatch(r"This clip is too large: 0\.0\d+ MB\. The server takes up to 0\.001 MB\.", problem(page))


def test_the_server_has_gone(serve, open_page, clips):
    with serve() as mortal:
        page = open_page(f"{mortal.url}/video")
        choose(page, clips / "long.mp4")
        working(page)
        mortal.stop()
        assert problem(page).startswith("The server does not answer. Is mien serve still running?")
        assert page.get_by_role("button", name="Try again").is_visible()


def test_an_upload_that_breaks_off_leaves_its_place(own_server, clips):
    data = (clips / "long.mp4").read_bytes()
    head = f"POST /api/v1/videos HTTP/1.1\r\nHost: localhost\r\nContent-Type: video/mp4\r\nContent-Length: {len(data)}"
    host, port = own_server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=PATIENCE_S) as client:
        client.sendall(head.encode() + b"\r\n\r\n" + data[:1000])
        wait_until(lambda: busy(own_server) == 1)
    wait_until(lambda: busy(own_server) == 0)


def ask(server, path, **options):
    request = urllib.request.Request(server.url + path, **options)
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
        return json.load(answer)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_server_that_stops_half_way_leaves_nothing_behind(serve, clips, tmp_path, number):
    with serve(env={"TMPDIR": str(tmp_path)}) as mortal:
        for name, status in (("nobody.webm", "done"), ("long.mp4", "working")):
            sent = {"data": (clips / name).read_bytes(), "headers": {"Content-Type": "video/mp4"}}
            clip = ask(mortal, "/api/v1/videos", **sent)
            path = f"/api/v1/videos/{clip['id']}"
            wait_until(lambda path=path, status=status: ask(mortal, path)["status"] == status)
        wait_until(lambda: ask(mortal, path)["progress"]["frames"] > 0)
        assert len(list(tmp_path.glob("mien-uploads-*/*/*"))) >= 10  # results, and a clip with what is made of it
        told = mortal.stop(number)
        wait_until(lambda: list(tmp_path.glob("mien-uploads-*")) == [])
    assert told == "Ctrl-C stops the server.\n"


def test_nothing_is_wider_than_a_phone(server, open_page, clips):
    page = open_page(f"{server.url}/video", **PHONE)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 360
    choose(page, clips / "two.webm")
    done(page)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 360
