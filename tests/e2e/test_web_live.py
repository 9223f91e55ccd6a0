"""The Live page in a real browser, whose camera shows a face that moves: who is told, and all that can go wrong."""

from __future__ import annotations

import io
import math
import os
import re
import shutil
import time
from importlib.resources import files
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

import mien
from mien import samples

PATIENCE_MS = 120_000  # a busy machine is no failure
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "chrome")
WIDTH, HEIGHT, FRAMES = 640, 480, 150
SIZES = {"desktop": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
FOLDER = os.environ.get("MIEN_SCREENSHOTS")
CAMERA_OFF = "document.getElementById('video').srcObject === null"
# Keeps the cameras that were opened, so that it can be seen whether they were let go of.
OPENED = """
window.opened = [];
const open = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
if (open) {
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const stream = await open(wanted);
    opened.push(...stream.getVideoTracks());
    return stream;
  };
}
"""


@pytest.fixture(scope="module")
def axe():
    pytest.importorskip("axe_playwright_python")
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def portrait(draw_person):
    """A public-domain portrait where it is on this machine; a drawn face, for which nothing is fetched, otherwise."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MIEN_OFFLINE", "1")
        try:
            return mien.read_image(samples.fetch("astronaut"))[:300, 80:380]
        except mien.DownloadError:
            return draw_person(2)


@pytest.fixture(scope="module")
def clip(tmp_path_factory, portrait):
    """What the camera shows: the portrait, which sways so slowly that a busy machine can follow it."""
    path = tmp_path_factory.mktemp("camera") / "face.mjpeg"
    with path.open("wb") as file:
        for number in range(FRAMES):
            turn = 2 * math.pi * number / FRAMES
            picture = np.full((HEIGHT, WIDTH, 3), (90, 110, 140), np.uint8)
            x, y = round(170 + 50 * math.sin(turn)), round(90 + 20 * math.cos(turn))
            picture[y : y + 300, x : x + 300] = portrait
            file.write(cv2.imencode(".jpg", picture[..., ::-1])[1].tobytes())
    return path


@pytest.fixture(scope="module")
def cinema(browser, clip):
    """A browser with that camera; the one of the other tests keeps its own."""
    arguments = ("--no-sandbox", "--disable-dev-shm-usage", "--use-fake-device-for-media-stream")
    path = next(filter(None, map(shutil.which, CHROMIUMS)))
    started = browser.browser_type.launch(
        executable_path=path, args=[*arguments, f"--use-file-for-fake-video-capture={clip}"]
    )
    yield started
    started.close()


@pytest.fixture
def live(cinema, server):
    """`live(url, script=, path=, …)`: the page in a window that may use the camera, in which no script may fail."""
    contexts, failures = [], []

    def open_one(url=server.url, *, script=OPENED, path="/live", permissions=("camera",), **options):
        context = cinema.new_context(permissions=list(permissions), **options)
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        context.on("weberror", lambda error: failures.append(str(error.error)))
        context.add_init_script(script)
        page = context.new_page()
        page.goto(url + path)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert failures == []


def start(page):
    """Start, and wait for somebody in view."""
    page.get_by_role("button", name="Start").click()
    page.locator(".person").wait_for()


def drawn(page):
    """How many pixels of the overlay are drawn on."""
    return page.evaluate(
        """() => {
          const canvas = document.getElementById("overlay");
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          return data.filter((value, at) => at % 4 === 3 && value > 0).length;
        }"""
    )


def wait_until(page, condition):
    """Until a condition in the page, or a function here, is true; the page's policy forbids Playwright's own way."""
    holds = condition if callable(condition) else lambda: page.evaluate(condition)
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while not holds():
        assert time.monotonic() < deadline, condition
        page.wait_for_timeout(50)


def test_a_person_keeps_the_id(live):
    page = live()
    assert "nothing is recorded" in page.locator("#invitation").inner_text()
    start(page)
    assert page.locator("#state").inner_text() == "Live"
    # Every card that there is in the next five seconds, looked at as often as the screen is drawn.
    names = page.evaluate(
        """async () => {
          const names = new Set();
          const end = performance.now() + 5000;
          while (performance.now() < end) {
            for (const title of document.querySelectorAll(".person h3 span:first-child")) names.add(title.textContent);
            await new Promise(requestAnimationFrame);
          }
          return [...names];
        }"""
    )
    assert len(names) == 1
    (number,) = re.fullmatch(r"Person (\d+)", names[0]).groups()
    assert page.locator("#count").inner_text() == "1 person"
    wait_until(page, "document.querySelector('.person .who')?.textContent.includes('–')")
    assert drawn(page) > 1000
    assert page.locator(".person .bars .track").count() == 7
    assert page.locator("#rows .chip").inner_text() == f"#{number}"
    assert re.fullmatch(
        rf"Person {number}: mostly \w+, \d+ %", page.locator("#rows canvas").get_attribute("aria-label")
    )
    assert re.fullmatch(r"\d+", page.locator("#rate").inner_text())
    for name in ("trip", "inference"):
        assert re.fullmatch(r"\d+ ms", page.locator(f"#{name}").inner_text())


def test_boxes_are_where_the_face_is(live):
    """The box on the overlay is about the face, though the picture is shown as in a mirror."""
    page = live()
    start(page)
    page.get_by_text("labels", exact=True).click()
    page.get_by_text("head pose", exact=True).click()
    assert page.locator("#view").get_attribute("class") == "view mirrored"
    middles = page.evaluate(
        """async () => {
          const [video, overlay] = ["video", "overlay"].map((id) => document.getElementById(id));
          const context = new OffscreenCanvas(640, 480).getContext("2d");
          const middle = (data, width, belongs) => {
            let [low, high] = [Infinity, -Infinity];
            for (let at = 0; at < data.length; at += 4) {
              if (!belongs(data.subarray(at, at + 4))) continue;
              const x = (at / 4) % width;
              [low, high] = [Math.min(low, x), Math.max(high, x)];
            }
            return (low + high) / 2 / width;
          };
          const wall = [90, 110, 140];
          const portrait = (pixel) => wall.reduce((sum, value, at) => sum + Math.abs(pixel[at] - value), 0) > 60;
          const line = (pixel) => pixel[3] > 200;
          const middles = [];
          while (middles.length < 15) {
            await new Promise((done) => video.requestVideoFrameCallback(done));
            context.setTransform(-1, 0, 0, 1, 640, 0);
            context.drawImage(video, 0, 0);
            const picture = context.getImageData(0, 0, 640, 480).data;
            const lines = overlay.getContext("2d").getImageData(0, 0, overlay.width, overlay.height).data;
            const found = middle(lines, overlay.width, line);
            if (Number.isFinite(found)) middles.push([middle(picture, 640, portrait), found]);
          }
          return middles;
        }"""
    )
    apart = [abs(picture - box) for picture, box in middles]
    assert np.median(apart) < 0.12  # of the width; the face is not quite in the middle of its portrait


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_it_looks_well_to_everyone(live, axe, tmp_path, size, scheme):
    """axe-core finds nothing to object to, and `make screenshots` keeps the picture."""
    page = live(viewport=SIZES[size], color_scheme=scheme, reduced_motion="reduce")
    assert objections(page, axe) == []
    start(page)
    wait_until(page, "document.querySelector('.person .who')?.textContent.includes('–')")
    wait_until(page, "!document.getElementById('figures').hidden")
    page.wait_for_timeout(6000 if FOLDER else 0)  # until profile and timeline look like something
    data = page.screenshot()
    assert objections(page, axe) == []
    picture = np.asarray(Image.open(io.BytesIO(data)).convert("L"))
    paper = np.median(picture[:, :12])  # the left margin
    assert paper > 200 if scheme == "light" else paper < 60
    folder = Path(FOLDER or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"live-running-{size}-{scheme}.png").write_bytes(data)


def objections(page, axe):
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [(one["id"], node["target"]) for one in found["violations"] for node in one["nodes"]]


def test_people_are_moved_on_between_results(live):
    """Two results a tenth of a second apart, ten pixels to the right: what is drawn after the second one."""
    boxes = live().evaluate(
        """async () => {
          const { Glide } = await import("/static/glide.js");
          const glide = new Glide();
          const person = (left) => (
            { track_id: 1, box: [left, 0, left + 10, 20], keypoints: [[left + 5, 10]], landmarks: null }
          );
          const at = (now) => {
            const [{ box, keypoints }] = glide.at(now);
            return [...box, ...keypoints[0]].map((value) => Math.round(value * 10) / 10);
          };
          glide.take([person(0)], 1000);
          const first = at(1000);
          glide.take([person(10)], 1100);
          const second = at(2100); // so late that nothing of the way is left
          glide.take([], 2200);
          return { first, second, gone: glide.at(2200) };
        }"""
    )
    assert boxes["first"] == [0, 0, 10, 20, 5, 10]
    # On by 60 % of 0.1 pixels a millisecond for 150 milliseconds, and no further.
    assert boxes["second"] == [19, 0, 29, 20, 24, 10]
    assert boxes["gone"] == []


def test_toggles(live):
    page = live()
    start(page)
    for name in ("labels", "head pose"):
        page.get_by_text(name, exact=True).click()
    wait_until(page, "document.querySelector('.person .who')?.textContent.includes('–')")
    page.wait_for_timeout(300)
    boxes = drawn(page)
    page.get_by_text("landmarks", exact=True).click()
    wait_until(page, lambda: drawn(page) > 1.1 * boxes)
    for name in ("landmarks", "boxes"):
        page.get_by_text(name, exact=True).click()
    wait_until(page, lambda: drawn(page) == 0)
    page.get_by_text("expression bars", exact=True).click()
    wait_until(page, lambda: drawn(page) > 1000)
    page.get_by_text("perceived race").click()
    wait_until(page, "document.querySelector('.person .who')?.textContent.split('·').length === 3")
    for name in ("perceived race", "gender", "apparent age", "perceived expression"):
        page.get_by_text(name, exact=True).click()
    wait_until(page, "document.querySelector('.person .who')?.textContent === ''")
    wait_until(page, "document.querySelector('.person .bars').hidden")


def test_by_keyboard_alone(live):
    page = live()
    page.locator("body").press("Tab")
    while page.evaluate("document.activeElement.id") != "start":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator(".person").wait_for()
    while page.evaluate("document.activeElement.value") != "boxes":
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert not page.evaluate("document.activeElement.checked")
    while page.evaluate("document.activeElement.id") != "start":
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    assert page.locator("#state").inner_text() == "Off"


def test_stop_lets_go_of_the_camera(live):
    page = live()
    start(page)
    assert page.locator("#cameras option").inner_text().endswith("face.mjpeg")
    assert page.evaluate("opened.map(({ readyState }) => readyState)") == ["live"]
    page.get_by_role("button", name="Stop").click()
    assert page.evaluate("opened.map(({ readyState }) => readyState)") == ["ended"]
    assert page.evaluate(CAMERA_OFF)
    assert page.locator("#state").inner_text() == "Off"
    assert page.locator(".person").count() == 0
    assert page.locator("#timeline").is_hidden()
    start(page)
    assert page.locator("#state").inner_text() == "Live"


def test_a_camera_that_is_refused(live):
    page = live(permissions=())
    page.get_by_role("button", name="Start").click()
    assert page.get_by_role("alert").inner_text().startswith("The camera was refused. Allow it")
    assert page.locator("#state").inner_text() == "Off"
    page.context.grant_permissions(["camera"])
    start(page)
    assert page.get_by_role("alert").count() == 0


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("NotFoundError", "No camera was found."),
        ("NotReadableError", "The camera is in use by another program."),
        ("OverconstrainedError", "The camera cannot do what was asked."),
        ("TypeError", "The camera cannot be opened (TypeError)."),
    ],
)
def test_a_camera_that_cannot_be_opened(live, name, told):
    throwing = f"async () => {{ throw new DOMException('', '{name}'); }}"
    page = live(script=f"if (navigator.mediaDevices) navigator.mediaDevices.getUserMedia = {throwing}")
    page.get_by_role("button", name="Start").click()
    assert page.get_by_role("alert").inner_text().startswith(told)
    assert page.get_by_role("button", name="Start").is_enabled()


def test_a_page_that_browsers_give_no_camera(live):
    page = live(script="Object.defineProperty(navigator, 'mediaDevices', {value: undefined})")
    page.get_by_role("button", name="Start").click()
    assert "over HTTPS or from this very computer only" in page.get_by_role("alert").inner_text()


def test_a_camera_that_is_taken_away(live):
    page = live()
    start(page)
    page.evaluate("opened[0].dispatchEvent(new Event('ended'))")
    assert page.get_by_role("alert").inner_text() == "The camera was taken away or switched off."
    assert page.evaluate(CAMERA_OFF)


def test_a_page_that_nobody_sees_sends_nothing(live):
    counting = """
      window.sent = 0;
      const send = WebSocket.prototype.send;
      WebSocket.prototype.send = function (data) { sent += 1; return send.call(this, data); };
      window.turn = (hidden) => {
        Object.defineProperty(document, "hidden", {value: hidden, configurable: true});
        document.dispatchEvent(new Event("visibilitychange"));
      };
    """
    page = live(script=counting)
    start(page)
    page.evaluate("turn(true)")
    assert page.locator("#state").inner_text() == "Paused"
    page.wait_for_timeout(1000)  # what was under way
    sent = page.evaluate("sent")
    page.wait_for_timeout(1000)
    assert page.evaluate("sent") == sent
    page.evaluate("turn(false)")
    wait_until(page, "document.getElementById('state').textContent === 'Live'")
    page.locator(".person h3").filter(has_text="Person 1").wait_for()  # known again, after having been away


def test_the_server_stops_and_comes_back(live, serve):
    with serve() as first:
        page = live(first.url)
        start(page)
        first.stop()
    wait_until(page, "document.getElementById('state').textContent === 'Reconnecting'")
    assert "Trying again in" in page.locator("#note").inner_text()
    assert page.locator(".person").count() == 0
    assert not page.evaluate(CAMERA_OFF)
    with serve("--port", first.url.rpartition(":")[2]):
        page.locator(".person").wait_for()
        assert page.locator("#state").inner_text() == "Live"
        assert page.locator("#note").is_hidden()


def test_a_server_with_another_token(live, serve):
    with serve("--token", "the first token, long enough") as first:
        page = live(first.address, path="")
        page.wait_for_url("**/live")
        start(page)
        first.stop()
    with serve("--port", first.url.rpartition(":")[2], "--token", "another token, long enough"):
        page.get_by_role("alert").wait_for()
        assert page.get_by_role("alert").inner_text().startswith("This browser is not let in any more")
        assert page.evaluate(CAMERA_OFF)


def test_without_websockets(live):
    blocked = """
      const Socket = WebSocket;
      window.WebSocket = class extends Socket {
        constructor() {
          super(location.origin.replace("http", "ws") + "/nowhere");
        }
      };
    """
    page = live(script=blocked)
    start(page)
    assert "blocks WebSockets" in page.locator("#note").inner_text()
    assert page.locator("#state").inner_text() == "Live"
    wait_until(page, "document.querySelector('.person .who')?.textContent !== ''")
    assert page.locator("#timeline").is_hidden()


def test_a_phone(live):
    page = live(viewport={"width": 360, "height": 740}, has_touch=True)
    start(page)
    page.get_by_text("landmarks", exact=True).click()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    for element in ("#start", "#camera", "#view", "#figures", ".person"):
        box = page.locator(element).first.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360
    assert page.locator("#start").bounding_box()["height"] >= 44


def test_a_source_on_the_server(live, serve, film):
    with serve("--source", str(film), "--source", "0") as server:
        page = live(server.url)
        assert page.locator("#camera optgroup").last.locator("option").all_inner_texts() == ["walk.mp4", "camera 0"]
        start(page)
        assert page.evaluate("opened.length") == 0
        assert page.locator("#remote").is_visible()
        assert page.evaluate("[remote.width, remote.height]") == [320, 240]
        wait_until(page, "!document.getElementById('figures').hidden")
        assert page.locator("#trip").is_hidden()
        page.locator("#camera").select_option("camera 0")
        page.locator("#note").filter(has_text="camera 0").wait_for()
        assert page.locator("#state").inner_text() == "Reconnecting"
        page.locator("#camera").select_option(index=0)
        page.locator(".person h3").filter(has_text="Person 1").wait_for()
        assert page.evaluate("opened.length") == 1
        told = server.stop()
    assert told == "Ctrl-C stops the server.\n"


def test_the_server_stops_with_sessions_open(live, serve):
    with serve() as server:
        pages = [live(server.url) for _ in range(2)]
        for page in pages:
            start(page)
        assert server.stop() == "Ctrl-C stops the server.\n"
        assert server.process.returncode == 0


def test_people_of_the_gallery_are_named(live, serve, portrait, tmp_path):
    """Whoever is enrolled is named while the page is open, and unknown again when forgotten."""
    place = tmp_path / "people.db"
    with serve("--gallery", str(place)) as server, mien.Gallery(place) as gallery:
        page = live(server.url)
        assert "compared with the people of this server" in page.locator("#invitation").inner_text()
        start(page)
        who = page.locator(".person .who")
        who.filter(has_text="unknown").wait_for()
        assert "empty gallery" in who.inner_text()
        gallery.enrol("Ada Lovelace", portrait)
        who.filter(has_text="Ada Lovelace").wait_for()
        assert re.search(r"Ada Lovelace similarity 0\.\d\d · ", who.inner_text())
        assert page.locator(".person h3").inner_text().startswith("Person ")
        if FOLDER:
            Path(FOLDER).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=Path(FOLDER) / "live-named.png")
        page.get_by_text("labels", exact=True).click()
        wait_until(page, "!document.querySelector('input[value=labels]').checked")
        assert "Ada Lovelace" in who.inner_text()  # labels are drawn, cards are told
        gallery.forget("Ada Lovelace")
        who.filter(has_text="unknown").wait_for()
        page.get_by_role("button", name="Stop").click()


def test_labels_tell_who_it_is(live):
    lines = live().evaluate(
        """async () => {
          const { lines } = await import("/static/words.js");
          const face = { track_id: 4, age: { years: 33.6, interval: null }, identity: null };
          return [
            face,
            { ...face, match: { identity: null } },
            { ...face, identity: "Ada", match: { identity: "Ada" } },
            { ...face, identity: "Ada" },
          ].map((one) => lines(one, 0));
        }"""
    )
    assert lines == [["#4 · 34"], ["unknown · #4 · 34"], ["Ada · #4 · 34"], ["Ada · #4 · 34"]]
