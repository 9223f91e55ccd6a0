"""The Photo page in a real browser: every way in, what is shown, every way out, and what is said when it goes wrong."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest
from PIL import Image

from mien.geometry.pose import to_matrix
from mien.media.draw import COLOURS
from mien.media.sinks import columns

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module")
def files(tmp_path_factory, draw_faces):
    """Pictures of one person, of two, of nobody, and what is no picture."""
    folder = tmp_path_factory.mktemp("photos")
    Image.fromarray(draw_faces(400, 400, [(200, 200, 200)])).save(folder / "one.png")
    Image.fromarray(draw_faces(400, 800, [(200, 200, 200), (600, 200, 180)])).save(folder / "two.jpg", quality=95)
    Image.fromarray(np.full((300, 300, 3), 128, np.uint8)).save(folder / "nobody.png")
    (folder / "text.png").write_bytes(b"no picture at all")
    return folder


@pytest.fixture(scope="module")
def page_with_scripts(server, browser):
    """A page on which scripts of ours can be called."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{server.url}/photo")
    yield page
    context.close()


def choose(page, path):
    page.set_input_files("#file", path)


def rows(page, count):
    """The table's rows as texts; there are to be that many."""
    page.locator("#people tbody tr, #problem:not([hidden])").first.wait_for()
    assert page.locator("#problem:not([hidden])").all_inner_texts() == []
    table = page.locator("#people tbody tr")
    assert table.count() == count
    return [row.locator("th, td").all_inner_texts() for row in table.all()]


def status(page, *, contains):
    page.locator("#status", has_text=contains).wait_for()
    return page.locator("#status").inner_text()


def drop(page, path, kind):
    """What the browser does when a file is dropped on the page or pasted into it."""
    script = """([kind, name, bytes]) => {
        const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(bytes)], name, {type: "image/png"}));
        const options = {bubbles: true, cancelable: true, dataTransfer: data, clipboardData: data};
        for (const one of kind === "drop" ? ["dragenter", "dragover", "drop"] : ["paste"]) {
            const Kind = kind === "drop" ? DragEvent : ClipboardEvent;
            document.body.dispatchEvent(new Kind(one, options));
        }
    }"""
    page.evaluate(script, [kind, path.name, list(path.read_bytes())])


def test_by_mouse(server, open_page, files):
    page = open_page(f"{server.url}/photo")
    with page.expect_file_chooser() as chooser:
        page.get_by_text("Choose a photo").click()
    chooser.value.set_files(files / "two.jpg")
    told = rows(page, 2)
    assert [row[0] for row in told] == ["1", "2"]
    assert page.locator("#people thead th").all_inner_texts() == [
        "#",
        "Apparent age",
        "Gender",
        "Perceived expression",
        "Quality",
    ]
    assert status(page, contains="found").startswith("2 people found in ")
    pixels = "document.querySelector('#overlay').getContext('2d').getImageData(0, 0, 2000, 2000).data"
    assert page.evaluate(f"{pixels}.some(Boolean)")


def test_by_keyboard_alone(server, open_page, files):
    page = open_page(f"{server.url}/photo")
    page.on("filechooser", lambda chooser: None)  # from now on: a key may be faster than the request for its event
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "choose"
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(files / "one.png")
    rows(page, 1)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "take"
    for _ in range(5):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.value") == "race"
    page.keyboard.press("Space")
    page.locator("#people thead th", has_text="Perceived race").wait_for()


@pytest.mark.parametrize("kind", ["drop", "paste"])
def test_dropped_and_pasted(server, open_page, files, kind):
    page = open_page(f"{server.url}/photo")
    drop(page, files / "one.png", kind)
    rows(page, 1)
    assert page.locator("#picture").get_attribute("alt") == "The photo one.png"


def test_taken_with_the_camera(server, open_page):
    page = open_page(f"{server.url}/photo", permissions=["camera"])
    page.get_by_role("button", name="Take a picture").click()
    page.locator("#shoot:enabled").click()
    assert status(page, contains="No face")  # Chromium's own camera shows a clock
    assert not page.locator("#camera").is_visible()
    assert page.evaluate("document.querySelector('#video').srcObject === null")


def test_the_camera_is_refused(server, open_page):
    page = open_page(f"{server.url}/photo")
    page.get_by_role("button", name="Take a picture").click()
    page.locator("#camera-problem", has_text="The camera was refused. Allow it").wait_for()
    assert page.locator("#shoot").is_disabled()
    page.keyboard.press("Escape")
    page.locator("#camera").wait_for(state="hidden")


def test_what_can_be_downloaded(server, open_page, files):
    page = open_page(f"{server.url}/photo")
    choose(page, files / "two.jpg")
    rows(page, 2)
    got = {}
    for kind in ("JSON", "CSV", "PNG"):
        with page.expect_download() as download:
            page.get_by_role("button", name=kind).click()
        assert download.value.suggested_filename == f"two-mien.{kind.lower()}"
        with open(download.value.path(), "rb") as stream:  # noqa: PTH123
            got[kind] = stream.read()
    image = json.loads(got["JSON"])
    assert (image["name"], image["width"], image["height"], len(image["faces"])) == ("two.jpg", 800, 400, 2)
    reader = csv.DictReader(io.StringIO(got["CSV"].decode()))
    table = list(reader)
    assert tuple(reader.fieldnames) == columns()
    assert [row["face"] for row in table] == ["1", "2"]
    for row, face in zip(table, image["faces"], strict=True):
        assert [float(row[name]) for name in ("x1", "y1", "x2", "y2")] == face["box"]
        assert float(row["age_low"]) == face["age"]["interval"][0]
        assert float(row["emotion_happy"]) == face["emotion"]["probabilities"]["happy"]
        assert (row["gender"], row["race"], row["yaw_deg"]) == (face["gender"]["label"], "", "")
    drawn = np.asarray(Image.open(io.BytesIO(got["PNG"])).convert("RGB"), int)
    plain = np.asarray(Image.open(files / "two.jpg"), int)
    assert drawn.shape == plain.shape
    changed = np.abs(drawn - plain).max(axis=2) > 30
    assert 0.01 < changed.mean() < 0.4


def test_nobody_and_no_picture(server, open_page, files):
    page = open_page(f"{server.url}/photo")
    choose(page, files / "nobody.png")
    assert "No face was found." in status(page, contains="No face")
    assert not page.locator("#people").is_visible()
    choose(page, files / "text.png")
    page.locator("#problem", has_text="This cannot be read as a photo: not a picture").wait_for()
    assert not page.locator("#status").is_visible()
    assert not page.locator("#result").is_visible()
    choose(page, files / "one.png")
    page.locator("#problem").wait_for(state="hidden")
    rows(page, 1)


def test_what_is_too_large_for_the_server_is_shrunk_before_it_is_sent(serve, open_page, files):
    with serve("--max-pixels", 100_000) as small:
        page = open_page(f"{small.url}/photo")
        choose(page, files / "two.jpg")
        rows(page, 2)
        assert "Shrunk to 447 × 223 pixels" in status(page, contains="found")


def test_the_server_has_gone(serve, open_page, files):
    with serve() as mortal:
        page = open_page(f"{mortal.url}/photo")
        mortal.stop()
        choose(page, files / "one.png")
        page.locator("#problem", has_text="The server does not answer. Is mien serve still running?").wait_for()
        assert page.get_by_role("button", name="Try again").is_visible()


def test_a_row_and_its_box_are_shown_together(server, open_page, files):
    page = open_page(f"{server.url}/photo")
    choose(page, files / "two.jpg")
    rows(page, 2)
    picture = page.locator("#picture").bounding_box()
    left_face = (picture["x"] + picture["width"] * 0.25, picture["y"] + picture["height"] * 0.5)
    page.mouse.move(*left_face)
    shown = page.locator("#people tbody tr.shown")
    assert shown.count() == 1
    row = int(shown.locator("th").inner_text()) - 1
    with page.expect_download() as download:
        page.get_by_role("button", name="JSON").click()
    with open(download.value.path(), "rb") as stream:  # noqa: PTH123
        assert json.load(stream)["faces"][row]["box"][0] < 400


@pytest.mark.parametrize("name", ["photo", "models", "api", "nowhere"])
def test_nothing_is_wider_than_a_phone(server, open_page, files, name):
    page = open_page(f"{server.url}/{name}", **PHONE)
    if name == "photo":
        choose(page, files / "two.jpg")
        rows(page, 2)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 360


def test_the_address_printed_lets_in_and_the_token_leaves_the_address_bar(serve, open_page):
    with serve("--token", "a token that is long enough") as guarded:
        page = open_page(guarded.address)
        page.wait_for_url("**/live")
        assert page.get_by_role("heading", name="Live").is_visible()
        assert page.evaluate("document.cookie") == ""  # scripts cannot read it
        stranger = open_page(f"{guarded.url}/photo")
        assert stranger.url.endswith("/enter")
        stranger.get_by_label("Token").fill("a wrong token, as long as it gets")
        stranger.keyboard.press("Enter")
        stranger.get_by_role("alert").filter(has_text="a wrong token").wait_for()


@pytest.mark.parametrize("pose", [(0, 0, 0), (40, 0, 0), (0, 25, 0), (0, 0, 30), (-35, 20, -50), (80, -40, 10)])
def test_scripts_turn_heads_as_python_does(page_with_scripts, pose):
    yaw, pitch, roll = pose
    axes = page_with_scripts.evaluate(
        "pose => import('/static/overlay.js').then(overlay => overlay.headAxes(pose))",
        {"yaw": yaw, "pitch": pitch, "roll": roll},
    )
    head = np.array([[1, 0, 0], [0, -1, 0], [0, 0, -1]])  # image right, up, ahead of the nose
    wanted = (to_matrix(np.array([pose])) @ head.T)[0].T[:, :2]
    np.testing.assert_allclose(axes, wanted, atol=1e-9)


def test_scripts_colour_people_as_python_does(page_with_scripts):
    colours = page_with_scripts.evaluate("import('/static/overlay.js').then(overlay => overlay.COLOURS)")
    assert colours == [f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in COLOURS]


PERSON = {
    "box": [0, 0, 10, 10],
    "track_id": 3,
    "age": {"years": 24.4, "interval": [8.0, 60.2]},
    "gender": {"label": "unsure", "probabilities": {"female": 0.55, "male": 0.45}},
    "emotion": {"label": "happy", "probabilities": {"happy": 0.834, "sad": 0.166}},
    "race": {"label": "east_asian", "probabilities": {"east_asian": 0.9, "white": 0.1}},
    "unsure": ["gender"],
}


@pytest.mark.parametrize(
    ("face", "wanted"),
    [
        (PERSON, ["#3 · 24 (8–60) · gender unsure", "happy 83 %", "east asian"]),
        (PERSON | {"unsure": ["gender", "age"]}, ["#3 · age unsure · gender unsure", "happy 83 %", "east asian"]),
        ({"box": [0, 0, 10, 10], "track_id": None, "age": None, "unsure": []}, ["#8"]),
    ],
)
def test_what_is_written_beside_a_face(page_with_scripts, face, wanted):
    script = "face => import('/static/words.js').then(words => words.lines(face, 7))"
    assert page_with_scripts.evaluate(script, face) == wanted
