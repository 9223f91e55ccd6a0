"""axe-core finds nothing to object to, on any page, at any size, light or dark."""

from __future__ import annotations

from importlib.resources import files

import cv2
import pytest
from PIL import Image

SIZES = {"desktop": (1280, 900), "phone": (360, 740)}


@pytest.fixture(scope="module")
def axe():
    pytest.importorskip("axe_playwright_python")
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def guarded(serve):
    with serve("--token", "a token that is long enough") as server:
        yield server


@pytest.fixture(scope="module")
def photo(tmp_path_factory, draw_faces):
    path = tmp_path_factory.mktemp("photo") / "photo.png"
    Image.fromarray(draw_faces(400, 800, [(200, 200, 200), (600, 200, 180)])).save(path)
    return path


@pytest.fixture(scope="module")
def clip(tmp_path_factory, draw_faces):
    path = tmp_path_factory.mktemp("clip") / "clip.webm"
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"VP80"), 25.0, (480, 240))
    for _ in range(20):
        writer.write(draw_faces(240, 480, [(120, 120, 140), (360, 120, 140)])[..., ::-1])
    writer.release()
    return path


def objections(page, axe):
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [(one["id"], node["target"]) for one in found["violations"] for node in one["nodes"]]


@pytest.fixture
def check(axe):
    """`check(page)`: nothing to object to, in any size and scheme."""

    def check(page):
        for size, (width, height) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                assert objections(page, axe) == [], (page.url, size, scheme)

    return check


def test_photo(server, open_page, check, photo):
    page = open_page(f"{server.url}/photo")
    check(page)
    page.set_input_files("#file", photo)
    page.locator("#people tbody tr").nth(1).wait_for()
    check(page)
    page.get_by_role("button", name="Take a picture").click()
    page.locator("#camera-problem").wait_for()
    check(page)


def test_video(server, open_page, check, photo, clip):
    page = open_page(f"{server.url}/video")
    check(page)
    page.set_input_files("#file", clip)
    page.locator("#work").wait_for()
    check(page)
    page.locator("#strips svg").nth(1).wait_for()
    check(page)
    page.set_input_files("#file", photo)
    page.locator("#problem").wait_for()
    check(page)


@pytest.mark.parametrize("path", ["/live", "/models", "/api", "/nowhere"])
def test_pages_to_be_read(server, open_page, check, path):
    page = open_page(server.url + path)
    for summary in page.locator("summary").all():
        summary.click()
    check(page)


def test_enter(guarded, open_page, check):
    page = open_page(f"{guarded.url}/enter")
    check(page)
    page.get_by_label("Token").fill("wrong")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    check(page)


def test_axe_would_object(server, open_page, axe):
    page = open_page(f"{server.url}/photo")
    page.evaluate("document.querySelector('nav').insertAdjacentHTML('beforeend', '<a href=/photo></a>')")
    assert [name for name, _ in objections(page, axe)] == ["link-name"]
